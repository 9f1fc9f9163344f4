//! Local heaps, read: the names of an old-style group.

use std::sync::Arc;

use crate::format::Structure;
use crate::format::local_heap::{DataSegment, LocalHeap, SegmentShape};
use crate::store::{Space, Store};
use crate::{Error, Result};

/// The text in a local heap.
pub(crate) struct LocalNames {
    address: u64,
    segment: Arc<DataSegment>,
}

impl LocalNames {
    pub(crate) const NAME: &str = LocalHeap::NAME;

    /// Opens the local heap at `address`.
    pub(crate) fn open(store: &Store, address: u64) -> Result<Self> {
        let (segment, shape) = segment(store, address)?;
        Ok(Self { address, segment: store.fetch(segment, &shape)? })
    }

    /// The text at `offset`, without its terminating NUL.
    pub(crate) fn text(&self, offset: u64) -> Result<&[u8]> {
        self.segment.text(offset).ok_or_else(|| {
            Error::format(format!("there is no text at offset {offset}"))
                .in_structure(LocalHeap::NAME)
                .at(self.address)
        })
    }
}

/// Frees the local heap at `address`.
pub(crate) fn delete(store: &mut Store, address: u64) -> Result<()> {
    let (segment, shape) = segment(store, address)?;
    let header = header_len(store, address)?;
    store.free(Space::Metadata, segment, shape.len as u64);
    store.free(Space::Metadata, address, header);
    Ok(())
}

/// Bytes of the local heap at `address` in the file.
pub(crate) fn file_size(store: &Store, address: u64) -> Result<u64> {
    let (_, shape) = segment(store, address)?;
    Ok(header_len(store, address)?.saturating_add(shape.len as u64))
}

/// Bytes that are allocated for the header at `address`: a multiple of 8.
fn header_len(store: &Store, address: u64) -> Result<u64> {
    let header = store.fetch::<LocalHeap>(address, &())?;
    let len = crate::format::encode(&*header, &(), store.widths())?.len() as u64;
    Ok(len.checked_next_multiple_of(8).unwrap_or(len))
}

/// Where the data segment is, and what the header says of it.
fn segment(store: &Store, address: u64) -> Result<(u64, SegmentShape)> {
    let heap = store.fetch::<LocalHeap>(address, &())?;
    if heap.segment_len.0 > store.limits().metadata_block {
        return Err(Error::limit("the data segment is too large").in_structure(LocalHeap::NAME).at(address));
    }
    let len = usize::try_from(heap.segment_len.0).unwrap_or(usize::MAX);
    let shape = SegmentShape { len, free_list: heap.free_list.0 };
    Ok((heap.segment.require(DataSegment::NAME)?, shape))
}
