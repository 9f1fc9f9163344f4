//! Writing the data of a dataset.

use std::sync::{Arc, RwLockWriteGuard};

use super::state::{self, Inner, State, Storage};
use super::transfer::{self, Pieces};
use super::unwritten::Unwritten;
use crate::chunk::cache::CachedChunk;
use crate::file::Shared;
use crate::format::Address;
use crate::format::message::layout::{ChunkedLayout, Layout, LayoutStorage};
use crate::object::header;
use crate::selection::Resolved;
use crate::store::{Rank, RawData, Space, Store};
use crate::{Error, Result};

impl State {
    /// Writes the selected elements, which are in the file's form, from `memory`.
    pub(crate) fn write(self: &Arc<Self>, shared: &Shared, resolved: &Resolved, memory: &[u8]) -> Result<()> {
        let mut inner = self.write_lock()?;
        state::check_selection(resolved, &inner)?;
        let Some(pieces) = Pieces::whole(resolved, inner.dims()) else { return Ok(()) };
        match &mut inner.storage {
            Storage::Compact(data) => {
                let mut changed = data.clone();
                transfer::gather(&pieces, memory, &mut changed, self.element_size())?;
                let layout = Layout {
                    version: inner.layout_version,
                    storage: LayoutStorage::Compact { data: changed.clone() },
                    old_dims: inner.old_dims.clone(),
                };
                shared.edit(|store| set_layout(store, self.address, &layout))?;
                inner.storage = Storage::Compact(changed);
                Ok(())
            }
            Storage::Contiguous { .. } => {
                let (address, size) = self.allocate_contiguous(shared, &mut inner, &pieces)?;
                let raw = shared.read()?.raw();
                transfer::write_stored(&raw, (address, size), &pieces, memory, self.element_size())
            }
            Storage::Chunked(chunked) => {
                // Changes in the cache that can never be stored would fail every flush.
                chunked.pipeline.check_encodes()?;
                // Whatever happens, what was inserted so far is written by the next flush.
                shared.mark_dirty(self.address, self);
                self.write_chunks(shared, chunked, resolved, memory)
            }
            Storage::External { .. } => Err(Error::unsupported("writing raw data in external files")),
            Storage::Virtual(_) => Err(Error::unsupported("writing through a virtual dataset")),
        }
    }

    /// Where contiguous data is; it is allocated, and filled where `pieces` do not write, if it
    /// was not yet.
    fn allocate_contiguous(&self, shared: &Shared, inner: &mut Inner, pieces: &Pieces) -> Result<(u64, u64)> {
        let Storage::Contiguous { address, size } = &inner.storage else {
            return Err(Error::usage("the data is not contiguous"));
        };
        if let Some(address) = address {
            return Ok((*address, *size));
        }
        let size = *size;
        let partly = pieces.covered().saturating_mul(self.element_size() as u64) < size;
        if partly && !shared.has_made(self.address) && self.fill_pattern.is_some() {
            Unwritten::new(shared)?.add(size)?;
        }
        let address = shared.write()?.allocate(Space::Raw, size)?;
        if partly {
            self.fill_range(&shared.read()?.raw(), address, size)?;
        }
        let layout = Layout {
            version: inner.layout_version,
            storage: LayoutStorage::Contiguous { address: Address::new(address), size },
            old_dims: inner.old_dims.clone(),
        };
        shared.edit(|store| set_layout(store, self.address, &layout))?;
        inner.storage = Storage::Contiguous { address: Some(address), size };
        Ok((address, size))
    }

    /// Fills new raw data with the fill value. Zeros are written, too: the space may have held
    /// something else.
    fn fill_range(&self, raw: &RawData, address: u64, size: u64) -> Result<()> {
        if raw.is_past_storage(address) && self.fill_pattern.is_none() {
            // Nothing is there yet, and what is beyond the end of the storage reads as zeros.
            return Ok(());
        }
        let element = self.element_size().max(1);
        let block = ((1 << 20) / element).max(1) * element;
        let mut bytes = vec![0; block.min(usize::try_from(size).unwrap_or(usize::MAX))];
        if let Some(pattern) = &self.fill_pattern {
            transfer::fill(&mut bytes, pattern);
        }
        let mut done = 0;
        while done < size {
            let len = (bytes.len() as u64).min(size - done);
            raw.write_at(address.saturating_add(done), &bytes[..len as usize])?;
            done += len;
        }
        Ok(())
    }

    /// Writes the dirty chunks and the index, and brings the layout in the header up to date.
    pub(crate) fn write_dirty(&self, shared: &Shared) -> Result<()> {
        let Ok(mut inner) = self.write_lock() else { return Ok(()) };
        self.write_dirty_locked(shared, &mut inner)
    }

    pub(super) fn write_dirty_locked(
        &self,
        shared: &Shared,
        inner: &mut RwLockWriteGuard<'_, Inner>,
    ) -> Result<()> {
        let version = inner.layout_version;
        let Storage::Chunked(chunked) = &mut inner.storage else { return Ok(()) };
        let dirty = chunked.cache().take_dirty();
        let stored = self.store_dirty(shared, chunked, &dirty);
        for chunk in dirty {
            chunked.cache().put_back(CachedChunk { dirty: stored.is_err(), ..chunk });
        }
        stored?;
        shared.edit(|store| {
            chunked.index.flush(store)?;
            let index = chunked.index.layout();
            if index != chunked.layout.index {
                let layout = ChunkedLayout { index, ..chunked.layout.clone() };
                let storage = LayoutStorage::Chunked(layout.clone());
                set_layout(store, self.address, &Layout { version, storage, old_dims: Vec::new() })?;
                chunked.layout = layout;
            }
            Ok(())
        })
    }

    /// Allocates all space of a new dataset, and fills it.
    pub(crate) fn allocate_all(self: &Arc<Self>, shared: &Shared) -> Result<()> {
        let mut inner = self.write_lock()?;
        let resolved = Resolved::new(&crate::Selection::All, inner.dims())?;
        match &mut inner.storage {
            Storage::Contiguous { .. } => {
                self.allocate_contiguous(shared, &mut inner, &Pieces::Points(Vec::new())).map(drop)
            }
            Storage::Chunked(chunked) => {
                shared.mark_dirty(self.address, self);
                self.fill_all_chunks(shared, chunked, &resolved)
            }
            _ => Ok(()),
        }
    }
}

/// Puts a layout into the header at `address`.
fn set_layout(store: &mut Store, address: u64, layout: &Layout) -> Result<()> {
    header::update(store, address, Rank::Linking, |header| header.set(layout, 0))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::sync::Arc;

    use crate::storage::{MemoryStorage, WriteAt};
    use crate::{ErrorKind, File, FilterInfo};

    /// A write into a part of a chunk stays in the cache: that it can never be stored has to be said at once.
    #[test]
    fn a_mandatory_filter_that_cannot_be_applied_refuses_the_write_alone() {
        let memory = Arc::new(MemoryStorage::default());
        let file = File::with_options().create_storage(memory.clone() as Arc<dyn WriteAt>).unwrap();
        let builder = |flags, id| {
            let filter = FilterInfo { id, name: None, flags, parameters: vec![2, 1, 8, 8] };
            file.new_dataset::<u16>().shape((16, 16)).chunk((8, 8)).filter(filter)
        };
        let unknown = builder(0, 31_999).create("mandatory").unwrap();
        let optional = builder(1, 31_999).create("optional").unwrap();
        #[cfg(feature = "jpegls")]
        {
            use crate::filter::id::JPEG_LS;
            assert_eq!(builder(0, JPEG_LS).create("none").unwrap_err().kind(), ErrorKind::Unsupported);
            builder(1, JPEG_LS).create("jpegls").unwrap().write_slice_raw(&[7_u16; 6], (2..4, 1..4)).unwrap();
        }
        assert_eq!(
            unknown.write_slice_raw(&[7_u16; 6], (2..4, 1..4)).unwrap_err().kind(),
            ErrorKind::Unsupported
        );
        optional.write_slice_raw(&[7_u16; 6], (2..4, 1..4)).unwrap();
        file.close().unwrap();
        let file = File::from_bytes(memory.to_vec()).unwrap();
        assert!(
            file.dataset("mandatory").unwrap().read_raw::<u16>().unwrap().iter().all(|value| *value == 0)
        );
        let mut names = vec!["optional"];
        if cfg!(feature = "jpegls") {
            names.push("jpegls");
        }
        for name in names {
            let read = file.dataset(name).unwrap().read_raw::<u16>().unwrap();
            assert_eq!(read.iter().filter(|value| **value == 7).count(), 6, "{name}");
        }
    }
}
