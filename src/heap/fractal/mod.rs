//! Fractal heaps in the live file.
//!
//! Every block repeats the address of the heap's header, so the header is an anchor: it is
//! rewritten in place, before anything that leads into the heap. Blocks and free-space lists are
//! shadows. Whoever still reads through the old index and the new header must find what was
//! removed, so the bytes of a removed object are not used again before the next transaction.

mod blocks;
mod huge;
mod managed;
mod size;
mod space;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use crate::format::fractal_heap::{
    BlockContext, BlockEntry, BlockKind, DirectBlock, DoublingTable, HeapHeader, HeapId, IndirectBlock,
};
use crate::format::{Address, Reader, Structure, encode};
use crate::store::{Rank, Space, Store};
use crate::{Error, Result};

/// Undoes the filters of a heap: the encoded pipeline message, the filter mask, the filtered
/// bytes, and how many bytes are expected.
pub(crate) type Unfilter = fn(&Store, &[u8], u32, &[u8], usize) -> Result<Vec<u8>>;

/// What is chosen when a heap is made.
#[derive(Debug, Clone)]
pub(crate) struct HeapParams {
    pub(crate) table: DoublingTable,
    /// Bytes of an id.
    pub(crate) id_length: u16,
    /// Larger objects are huge.
    pub(crate) max_managed: u32,
}

impl HeapParams {
    /// The reference library's, for links.
    pub(crate) const LINKS: Self = Self {
        table: DoublingTable { width: 4, start_block: 512, max_direct: 65536, max_bits: 32, start_rows: 1 },
        id_length: 7,
        max_managed: 4096,
    };
    /// The reference library's, for attributes.
    pub(crate) const ATTRIBUTES: Self = Self {
        table: DoublingTable { width: 4, start_block: 1024, max_direct: 65536, max_bits: 40, start_rows: 1 },
        id_length: 8,
        max_managed: 4096,
    };
}

/// An open fractal heap.
#[derive(Clone)]
pub(crate) struct FractalHeap {
    address: u64,
    header: HeapHeader,
    unfilter: Option<Unfilter>,
}

impl FractalHeap {
    /// Opens the heap whose header is at `address`.
    pub(crate) fn open(store: &Store, address: u64) -> Result<Self> {
        let header = store.fetch::<HeapHeader>(address, &())?;
        Ok(Self { address, header: HeapHeader::clone(&header), unfilter: None })
    }

    /// The same heap, able to read filtered objects.
    pub(crate) fn with_unfilter(self, unfilter: Unfilter) -> Self {
        Self { unfilter: Some(unfilter), ..self }
    }

    /// Makes an empty heap.
    pub(crate) fn create(store: &mut Store, params: &HeapParams) -> Result<Self> {
        let table = params.table.clone().checked()?;
        let header = HeapHeader::empty(table, params.id_length, params.max_managed);
        let size = encode(&header, &(), store.widths())?.len() as u64;
        let address = store.allocate(Space::Anchor, size)?;
        let heap = Self { address, header, unfilter: None };
        heap.put_header(store)?;
        Ok(heap)
    }

    /// Frees the whole heap.
    pub(crate) fn delete(mut self, store: &mut Store) -> Result<()> {
        self.header.free_space = store.fetch::<HeapHeader>(self.address, &())?.free_space;
        self.delete_huge(store)?;
        self.delete_blocks(store)?;
        self.delete_space(store)?;
        let size = encode(&self.header, &(), store.widths())?.len() as u64;
        store.free(Space::Anchor, self.address, size);
        Ok(())
    }

    /// Where the header is; it stays there.
    pub(crate) fn header_address(&self) -> u64 {
        self.address
    }

    /// The object with this id.
    pub(crate) fn get(&self, store: &Store, id: &[u8]) -> Result<Vec<u8>> {
        match self.decode_id(store, id)? {
            HeapId::Managed { offset, length } => self.get_managed(store, offset, length),
            HeapId::Tiny(object) => Ok(object),
            huge => self.get_huge(store, &huge),
        }
    }

    /// Adds an object; returns its id.
    pub(crate) fn insert(&mut self, store: &mut Store, object: &[u8]) -> Result<Vec<u8>> {
        self.prepare(store)?;
        let shape = self.header.id_shape();
        let length = object.len() as u64;
        let id = if object.is_empty() {
            return Err(Error::usage("a heap object has at least one byte").in_structure(HeapHeader::NAME));
        } else if length > u64::from(self.header.max_managed) {
            self.insert_huge(store, object)?
        } else if length <= u64::from(shape.max_tiny()) {
            self.header.tiny_count = self.header.tiny_count.saturating_add(1);
            self.header.tiny_size = self.header.tiny_size.saturating_add(length);
            HeapId::Tiny(object.to_vec())
        } else {
            self.insert_managed(store, object)?
        };
        self.put_header(store)?;
        encode(&id, &shape, store.widths())
    }

    /// Removes the object with this id.
    pub(crate) fn remove(&mut self, store: &mut Store, id: &[u8]) -> Result<()> {
        self.prepare(store)?;
        match self.decode_id(store, id)? {
            HeapId::Managed { offset, length } => self.remove_managed(store, offset, length)?,
            HeapId::Tiny(object) => {
                self.header.tiny_count = self.less(self.header.tiny_count, 1)?;
                self.header.tiny_size = self.less(self.header.tiny_size, object.len() as u64)?;
            }
            huge => self.remove_huge(store, &huge)?,
        }
        self.put_header(store)
    }

    fn decode_id(&self, store: &Store, id: &[u8]) -> Result<HeapId> {
        let mut r = Reader::new(id, self.address, store.widths(), HeapId::NAME);
        HeapId::decode(&mut r, &self.header.id_shape())
    }

    fn put_header(&self, store: &mut Store) -> Result<()> {
        store.put(self.address, self.header.clone(), &(), Rank::Linked)
    }

    /// Before a change: what a commit puts into the header is taken over from there.
    fn prepare(&mut self, store: &Store) -> Result<()> {
        self.header.free_space = store.fetch::<HeapHeader>(self.address, &())?.free_space;
        match self.header.filters {
            None => Ok(()),
            Some(_) => Err(Error::unsupported("objects of a filtered heap cannot be changed")
                .in_structure(HeapHeader::NAME)
                .at(self.address)),
        }
    }

    /// A count or size of the header, less what is removed.
    fn less(&self, value: u64, removed: u64) -> Result<u64> {
        value.checked_sub(removed).ok_or_else(|| self.error("the heap does not count all its objects"))
    }

    #[cold]
    fn error(&self, message: &'static str) -> Error {
        Error::format(message).in_structure(HeapHeader::NAME).at(self.address)
    }

    /// The bytes of a filtered block or object as they were before the filters.
    fn undo_filters(&self, store: &Store, mask: u32, stored: &[u8], size: u64) -> Result<Vec<u8>> {
        let (Some(filters), Some(unfilter)) = (&self.header.filters, &self.unfilter) else {
            return Err(Error::unsupported("the heap is filtered")
                .in_structure(HeapHeader::NAME)
                .at(self.address));
        };
        let within = Some(size).filter(|&size| size <= store.limits().metadata_block);
        let size = within.and_then(|size| usize::try_from(size).ok()).ok_or_else(|| {
            Error::limit("a piece of the heap is too large").in_structure(HeapHeader::NAME).at(self.address)
        })?;
        unfilter(store, &filters.pipeline, mask, stored, size)
    }
}
