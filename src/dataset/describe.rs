//! What a dataset says of itself: layout, chunks, filters, fill value.

use super::Dataset;
use super::state::{Chunked, State, Storage};
use crate::Result;
use crate::chunk::index::ChunkVisitor;
use crate::container::objects::Objects;
use crate::file::Shared;
use crate::filter::FilterInfo;
use crate::format::message::external_files::ExternalFiles;
use crate::format::message::fill_value::{AllocationTime, Fill, FillTime};
use crate::format::message::layout::{ChunkIndexLayout, Layout as LayoutMessage, LayoutStorage};
use crate::heap::global;
use crate::heap::local::{self, LocalNames};
use crate::store::Store;
use crate::types::Elements;
use crate::usage::MetadataSize;

/// How the data of a dataset is laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Layout {
    /// In the object's header.
    Compact,
    /// In one piece.
    Contiguous,
    /// In chunks.
    Chunked,
    /// In other datasets.
    Virtual,
}

/// How the chunks of a dataset are found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ChunkIndexType {
    /// A version 1 B-tree, which every release reads.
    BTreeV1,
    /// There is one chunk, which needs no index.
    Single,
    /// All chunks are there, one after the other.
    Implicit,
    /// A fixed array, of datasets that do not grow without bound.
    FixedArray,
    /// An extensible array, of datasets that grow in one dimension.
    ExtensibleArray,
    /// A version 2 B-tree, of datasets that grow in several dimensions.
    BTreeV2,
}

/// A chunk of a dataset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChunkInfo {
    /// Its first element.
    pub offset: Vec<u64>,
    /// Where it is in the file, relative to the end of the user block.
    pub address: u64,
    /// Its size as stored, in bytes.
    pub size: u64,
    /// Bit i: filter i was not applied.
    pub filter_mask: u32,
}

impl Dataset {
    /// How the data is laid out.
    ///
    /// # Errors
    /// `NotFound` if the dataset is deleted.
    pub fn layout(&self) -> Result<Layout> {
        Ok(match self.state.read_lock()?.storage {
            Storage::Compact(_) => Layout::Compact,
            Storage::Contiguous { .. } | Storage::External { .. } => Layout::Contiguous,
            Storage::Chunked(_) => Layout::Chunked,
            Storage::Virtual(_) => Layout::Virtual,
        })
    }

    /// The shape of the chunks, if there are any.
    pub fn chunk(&self) -> Option<Vec<usize>> {
        let inner = self.state.read_lock().ok()?;
        Some(inner.chunked()?.grid.chunk.iter().map(|&dim| dim as usize).collect())
    }

    /// How the chunks are found, if there are any.
    pub fn chunk_index(&self) -> Option<ChunkIndexType> {
        let inner = self.state.read_lock().ok()?;
        Some(match inner.chunked()?.layout.index {
            ChunkIndexLayout::BTreeV1 { .. } => ChunkIndexType::BTreeV1,
            ChunkIndexLayout::Single { .. } => ChunkIndexType::Single,
            ChunkIndexLayout::Implicit { .. } => ChunkIndexType::Implicit,
            ChunkIndexLayout::FixedArray { .. } => ChunkIndexType::FixedArray,
            ChunkIndexLayout::ExtensibleArray { .. } => ChunkIndexType::ExtensibleArray,
            ChunkIndexLayout::BTreeV2 { .. } => ChunkIndexType::BTreeV2,
        })
    }

    /// Whether the data is in chunks.
    pub fn is_chunked(&self) -> bool {
        self.chunk().is_some()
    }

    /// Whether the shape can change.
    pub fn is_resizable(&self) -> bool {
        self.is_chunked() && self.extents().is_resizable()
    }

    /// The filters, in the order of writing.
    pub fn filters(&self) -> Vec<FilterInfo> {
        let Ok(inner) = self.state.read_lock() else { return Vec::new() };
        inner.chunked().map_or_else(Vec::new, |chunked| chunked.filters.clone())
    }

    /// The bytes of one element of the fill value, as stored; `None` if there is none but zeros.
    pub fn fill_value_bytes(&self) -> Option<Vec<u8>> {
        match &self.state.fill.value {
            Fill::Value(bytes) => Some(bytes.clone()),
            Fill::Default | Fill::Undefined => None,
        }
    }

    /// The fill value with its variable-length parts; `None` if there is none but zeros.
    ///
    /// # Errors
    /// `Format` if a variable-length part is damaged.
    pub fn fill_value_elements(&self) -> Result<Option<Elements>> {
        let Some(bytes) = self.fill_value_bytes() else { return Ok(None) };
        let _turn = self.shared.turn();
        Elements::new(self.datatype(), bytes, 1, &Objects(&*self.store()?)).map(Some)
    }

    /// Whether elements that were never written are undefined.
    pub fn fill_is_undefined(&self) -> bool {
        self.state.fill.value == Fill::Undefined
    }

    /// When fill values are written.
    pub fn fill_time(&self) -> FillTime {
        self.state.fill.write_time
    }

    /// When space is allocated.
    pub fn alloc_time(&self) -> AllocationTime {
        self.state.fill.allocation
    }

    /// The address of contiguous data, relative to the end of the user block, once it is allocated.
    pub fn offset(&self) -> Option<u64> {
        match self.state.read_lock().ok()?.storage {
            Storage::Contiguous { address, .. } => address,
            _ => None,
        }
    }

    /// The address of the index of chunks, relative to the end of the user block; that of the chunk if
    /// there is only one. Nothing as long as there is none, and for other layouts.
    pub fn chunk_index_address(&self) -> Option<u64> {
        let inner = self.state.read_lock().ok()?;
        match inner.chunked()?.layout.index {
            ChunkIndexLayout::BTreeV1 { address }
            | ChunkIndexLayout::Single { address, .. }
            | ChunkIndexLayout::Implicit { address }
            | ChunkIndexLayout::FixedArray { address, .. }
            | ChunkIndexLayout::ExtensibleArray { address, .. }
            | ChunkIndexLayout::BTreeV2 { address, .. } => address.get(),
        }
    }

    /// The chunks that exist, in the order of their index; none for other layouts.
    ///
    /// With an implicit index, which has all chunks, those of the current shape.
    ///
    /// # Errors
    /// `Format` if the index is damaged.
    pub fn chunks(&self) -> Result<Vec<ChunkInfo>> {
        let mut chunks = Vec::new();
        self.write_pending()?;
        let inner = self.state.read_lock()?;
        if let Some(chunked) = inner.chunked() {
            let store = self.shared.read()?;
            visit_chunks(&store, chunked, &mut |scaled, chunk| {
                chunks.push(ChunkInfo {
                    offset: chunked.grid.origin(scaled),
                    address: chunk.address,
                    size: chunk.size,
                    filter_mask: chunk.filter_mask,
                });
                Ok(())
            })?;
        }
        Ok(chunks)
    }

    /// The number of chunks that exist; `None` for other layouts.
    ///
    /// # Errors
    /// As [`chunks`](Self::chunks).
    pub fn num_chunks(&self) -> Result<Option<usize>> {
        if self.is_chunked() { Ok(Some(self.chunks()?.len())) } else { Ok(None) }
    }

    /// The chunk at `index` among those that exist; [`chunks`](Self::chunks) gives all at once.
    ///
    /// # Errors
    /// As [`chunks`](Self::chunks).
    pub fn chunk_info(&self, index: usize) -> Result<Option<ChunkInfo>> {
        Ok(self.chunks()?.into_iter().nth(index))
    }

    /// The bytes that the raw data takes in the file, those of chunks beyond the current shape
    /// included, except with an implicit index.
    ///
    /// # Errors
    /// As [`chunks`](Self::chunks).
    pub fn storage_size(&self) -> Result<u64> {
        self.write_pending()?;
        let inner = self.state.read_lock()?;
        Ok(match &inner.storage {
            Storage::Compact(data) => data.len() as u64,
            Storage::Contiguous { address: Some(_), size } => *size,
            Storage::External { size, .. } => *size,
            Storage::Contiguous { address: None, .. } | Storage::Virtual(_) => 0,
            Storage::Chunked(chunked) => {
                let mut total = 0_u64;
                let store = self.shared.read()?;
                visit_chunks(&store, chunked, &mut |_, chunk| {
                    total = total.saturating_add(chunk.size);
                    Ok(())
                })?;
                total
            }
        })
    }

    /// How many elements the file holds, or has a place for; all others have the fill value. Of virtual
    /// datasets, how many have a source.
    ///
    /// # Errors
    /// As [`chunks`](Self::chunks).
    pub fn stored_len(&self) -> Result<u64> {
        self.write_pending()?;
        self.state.stored_len(&self.shared)
    }

    /// How much of the file is taken by what leads to the data: the index of chunks, the names of
    /// external files, the mappings of a virtual dataset; as of the last flush.
    ///
    /// # Errors
    /// `Format` if that is damaged.
    pub fn metadata_size(&self) -> Result<MetadataSize> {
        self.write_pending()?;
        let inner = self.state.read_lock()?;
        let store = self.store()?;
        let mut size = MetadataSize::default();
        match &inner.storage {
            Storage::Chunked(chunked) => size.index = chunked.index.file_size(&store)?,
            Storage::External { .. } => {
                let files = self.header(&store)?.require::<ExternalFiles>(&store)?;
                size.heap = local::file_size(&store, files.heap.require(LocalNames::NAME)?)?;
            }
            Storage::Virtual(_) => {
                let layout = self.header(&store)?.require::<LayoutMessage>(&store)?;
                if let LayoutStorage::Virtual { heap, index } = layout.storage
                    && let Some(heap) = heap.get()
                {
                    size.heap = global::read(&store, heap, index, |mappings| Ok(mappings.len() as u64))?;
                }
            }
            Storage::Compact(_) | Storage::Contiguous { .. } => {}
        }
        Ok(size)
    }

    /// Puts chunks that are only in memory into the file.
    fn write_pending(&self) -> Result<()> {
        let dirty = self.state.read_lock()?.chunked().is_some_and(|chunked| chunked.cache().is_dirty());
        if !dirty {
            return Ok(());
        }
        let _turn = self.shared.turn();
        self.state.write_dirty(&self.shared)
    }
}

impl State {
    /// How many elements the file holds, or has a place for, but for those that are only in memory.
    pub(super) fn stored_len(&self, shared: &Shared) -> Result<u64> {
        let inner = self.read_lock()?;
        let len = inner.dims().iter().copied().fold(1, u64::saturating_mul);
        let stored = match &inner.storage {
            Storage::Compact(_) | Storage::Contiguous { address: Some(_), .. } | Storage::External { .. } => {
                len
            }
            Storage::Contiguous { address: None, .. } => 0,
            Storage::Virtual(data) => data.mapped(inner.dims()),
            Storage::Chunked(chunked) => {
                let mut chunks = 0_u64;
                visit_chunks(&*shared.read()?, chunked, &mut |_, _| {
                    chunks = chunks.saturating_add(1);
                    Ok(())
                })?;
                chunks.saturating_mul(chunked.grid.chunk_len())
            }
        };
        Ok(stored.min(len))
    }
}

/// Visits the chunks that exist; with an implicit index, which has all chunks of the maximum shape,
/// those of the current one.
fn visit_chunks(store: &Store, chunked: &Chunked, visit: ChunkVisitor<'_>) -> Result<()> {
    let grid = &chunked.grid;
    let low = vec![0; grid.dims.len()];
    let counts = grid.dims.iter().zip(&grid.chunk).map(|(dim, &chunk)| dim.div_ceil(chunk.max(1)));
    let high: Vec<u64> = match chunked.layout.index {
        ChunkIndexLayout::Implicit { .. } => counts.collect(),
        _ => vec![u64::MAX; grid.dims.len()],
    };
    chunked.index.collect_in(store, &low, &high, visit)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use crate::{ErrorKind, File, Limits};

    #[test]
    fn what_was_never_written_is_not_read_without_end() {
        let limits = Limits { fill: 1 << 20, ..Limits::default() };
        let file = File::with_options()
            .limits(limits)
            .create_storage(std::sync::Arc::new(crate::storage::MemoryStorage::new(Vec::new())));
        let file = file.unwrap();
        let chunked =
            file.new_dataset::<i32>().shape((1 << 40..,)).chunk((1 << 16,)).create("chunked").unwrap();
        chunked.write_slice(&[1; 10], 5..15).unwrap();
        let plain = file.new_dataset::<i32>().shape((1 << 40,)).create("plain").unwrap();
        file.flush().unwrap();
        assert_eq!((chunked.stored_len().unwrap(), plain.stored_len().unwrap()), (1 << 16, 0));
        for dataset in [&chunked, &plain] {
            let error = dataset.read_slice_raw::<i32>(..1 << 30).err().unwrap();
            assert_eq!(error.kind(), ErrorKind::Limit, "{error}");
            assert_eq!(dataset.read_slice_raw::<i32>(..1 << 17).unwrap().len(), 1 << 17);
        }
    }
}
