//! What all handles of one dataset share.

use std::sync::{Arc, Mutex, MutexGuard, RwLock, RwLockReadGuard, RwLockWriteGuard};

use super::external::ExternalData;
use super::virtual_sources::VirtualData;
use crate::chunk::cache::ChunkCache;
use crate::chunk::grid::Grid;
use crate::chunk::index::{ChunkIndex, IndexShape};
use crate::extents::{Extent, Extents};
use crate::filter::{FilterInfo, Pipeline};
use crate::format::message::dataspace::{Dataspace, Extent as Space};
use crate::format::message::datatype::Datatype;
use crate::format::message::external_files::ExternalFiles;
use crate::format::message::fill_value::{AllocationTime, Fill, FillTime, FillValue, OldFillValue};
use crate::format::message::filter_pipeline::FilterPipeline;
use crate::format::message::layout::{ChunkIndexLayout, ChunkedLayout, Layout, LayoutStorage};
use crate::object::extension;
use crate::object::header::{self, Header};
use crate::selection::Resolved;
use crate::store::Store;
use crate::{Error, Result};

/// An open dataset. Readers of its data share `inner`; a writer has it alone.
pub(crate) struct State {
    /// The address of the object's header.
    pub(super) address: u64,
    pub(crate) datatype: Arc<Datatype>,
    pub(super) fill: FillValue,
    /// One element of the fill value, if it is not all zeros.
    pub(super) fill_pattern: Option<Vec<u8>>,
    inner: RwLock<Inner>,
    pub(super) replacing: Mutex<()>,
}

/// What a write can change.
pub(crate) struct Inner {
    pub(super) space: Dataspace,
    /// Version of the layout message, and what else stays of it.
    pub(super) layout_version: u8,
    pub(super) old_dims: Vec<u32>,
    pub(super) storage: Storage,
    /// The object is deleted; its space may hold something else.
    deleted: bool,
}

/// Where the data is.
pub(crate) enum Storage {
    /// In the header.
    Compact(Vec<u8>),
    /// In one piece, once it is allocated.
    Contiguous {
        address: Option<u64>,
        size: u64,
    },
    Chunked(Box<Chunked>),
    /// In other files; `size` bytes in all.
    External {
        data: ExternalData,
        size: u64,
    },
    /// In other datasets.
    Virtual(Arc<VirtualData>),
}

/// Data in chunks.
pub(crate) struct Chunked {
    pub(super) grid: Grid,
    pub(super) layout: ChunkedLayout,
    pub(super) index: ChunkIndex,
    pub(super) pipeline: Pipeline,
    pub(super) filters: Vec<FilterInfo>,
    pub(super) chunk_bytes: usize,
    cache: Mutex<ChunkCache>,
}

impl Chunked {
    /// The decoded chunks in memory.
    pub(super) fn cache(&self) -> MutexGuard<'_, ChunkCache> {
        self.cache.lock().unwrap_or_else(|poison| poison.into_inner())
    }

    /// An error if a whole chunk is more than may be in memory.
    pub(super) fn check_size(&self, limit: u64) -> Result<()> {
        if self.chunk_bytes as u64 <= limit {
            return Ok(());
        }
        Err(Error::limit(format!("a chunk of {} bytes exceeds the limit", self.chunk_bytes)))
    }

    /// Whether the chunk is stored without filters: there are none, or it is partial and left plain.
    pub(super) fn is_unfiltered(&self, scaled: &[u64]) -> bool {
        self.pipeline.is_empty() || (self.leaves_partial_unfiltered() && self.grid.is_partial(scaled))
    }

    /// Whether chunks that lie partly outside the dataset are stored without filters.
    pub(super) fn leaves_partial_unfiltered(&self) -> bool {
        self.layout.flags & ChunkedLayout::DONT_FILTER_PARTIAL != 0
    }
}

impl State {
    pub(crate) fn open(store: &Store, address: u64) -> Result<Self> {
        let header = header::load(store, address)?;
        let datatype: Datatype = header.require(store)?;
        let space: Dataspace = header.require(store)?;
        let layout: Layout = header.require(store)?;
        let fill = fill_value(store, &header, &layout)?;
        let storage = storage(store, header.as_ref(), &datatype, &space, &layout)?;
        Self::new(address, datatype, space, fill, &layout, storage)
    }

    /// The state of the dataset that has these messages.
    pub(super) fn new(
        address: u64,
        datatype: Datatype,
        space: Dataspace,
        fill: FillValue,
        layout: &Layout,
        storage: Storage,
    ) -> Result<Self> {
        let fill_pattern = match &fill.value {
            Fill::Value(bytes) if bytes.len() != datatype.size as usize => {
                return Err(Error::format(format!(
                    "a fill value of {} bytes for elements of {}",
                    bytes.len(),
                    datatype.size
                ))
                .at(address));
            }
            // What is never written is not read either. The C library then leaves the caller's memory, and
            // new chunks, as they were; only parts of virtual datasets without a source have it always.
            Fill::Value(_)
                if fill.write_time == FillTime::Never && !matches!(storage, Storage::Virtual(_)) =>
            {
                None
            }
            Fill::Value(bytes) if bytes.iter().any(|&byte| byte != 0) => Some(bytes.clone()),
            _ => None,
        };
        let inner = Inner {
            space,
            layout_version: layout.version,
            old_dims: layout.old_dims.clone(),
            storage,
            deleted: false,
        };
        let (datatype, inner, replacing) = (Arc::new(datatype), RwLock::new(inner), Mutex::default());
        Ok(Self { address, datatype, fill, fill_pattern, inner, replacing })
    }

    /// The state, shared with other readers.
    pub(super) fn read_lock(&self) -> Result<RwLockReadGuard<'_, Inner>> {
        let inner = self.inner.read().unwrap_or_else(|poison| poison.into_inner());
        if inner.deleted { Err(deleted()) } else { Ok(inner) }
    }

    /// The state, to change it.
    pub(super) fn write_lock(&self) -> Result<RwLockWriteGuard<'_, Inner>> {
        let inner = self.inner.write().unwrap_or_else(|poison| poison.into_inner());
        if inner.deleted { Err(deleted()) } else { Ok(inner) }
    }

    /// Makes every further use through this state an error.
    pub(crate) fn mark_deleted(&self) {
        self.inner.write().unwrap_or_else(|poison| poison.into_inner()).deleted = true;
    }

    pub(crate) fn extents(&self) -> Extents {
        self.inner.read().unwrap_or_else(|poison| poison.into_inner()).extents()
    }

    /// One element of the fill value, if it is not all zeros.
    pub(crate) fn fill_pattern(&self) -> Option<&[u8]> {
        self.fill_pattern.as_deref()
    }

    /// Bytes of one element, as stored.
    pub(super) fn element_size(&self) -> usize {
        self.datatype.size as usize
    }
}

/// An error if another handle has cut off what is selected.
pub(super) fn check_selection(resolved: &Resolved, inner: &Inner) -> Result<()> {
    if resolved.fits(inner.dims()) {
        return Ok(());
    }
    Err(Error::usage(format!("the dataset has the shape {:?} meanwhile", inner.dims())))
}

fn deleted() -> Error {
    Error::not_found("the dataset is deleted")
}

impl Inner {
    pub(super) fn dims(&self) -> &[u64] {
        match &self.space.extent {
            Space::Simple { dims, .. } => dims,
            _ => &[],
        }
    }

    pub(super) fn extents(&self) -> Extents {
        extents(&self.space)
    }

    /// Changes the current sizes, in memory only.
    pub(super) fn set_dims(&mut self, new: Vec<u64>) {
        if let Space::Simple { dims, .. } = &mut self.space.extent {
            *dims = new;
        }
    }
}

/// The public form of a dataspace.
pub(crate) fn extents(space: &Dataspace) -> Extents {
    let size = |dim: u64| usize::try_from(dim).unwrap_or(usize::MAX);
    match &space.extent {
        Space::Null => Extents::Null,
        Space::Scalar => Extents::Scalar,
        Space::Simple { dims, max_dims } => {
            let max = |at: usize, dim: u64| match max_dims.as_ref().and_then(|max| max.get(at)) {
                Some(&Dataspace::UNLIMITED) => None,
                Some(&max) => Some(size(max)),
                None => Some(size(dim)),
            };
            let each = dims.iter().enumerate();
            Extents::Simple(each.map(|(at, &dim)| Extent { dim: size(dim), max: max(at, dim) }).collect())
        }
    }
}

/// The fill value, from the new message or the old. Without either it is undefined, as the C library
/// has it; space is then allocated when the layout's kind usually does that.
fn fill_value(store: &Store, header: &Header, layout: &Layout) -> Result<FillValue> {
    if let Some(fill) = header.find::<FillValue>(store)? {
        return Ok(fill);
    }
    let allocation = match layout.storage {
        LayoutStorage::Compact { .. } => AllocationTime::Early,
        LayoutStorage::Contiguous { .. } => AllocationTime::Late,
        _ => AllocationTime::Incremental,
    };
    let old = header.find::<OldFillValue>(store)?.map(FillValue::from);
    let fill = old.unwrap_or(FillValue { value: Fill::Undefined, ..FillValue::zeros() });
    Ok(FillValue { allocation, ..fill })
}

pub(super) fn storage(
    store: &Store,
    header: &Header,
    datatype: &Datatype,
    space: &Dataspace,
    layout: &Layout,
) -> Result<Storage> {
    if let Some(files) = header.find::<ExternalFiles>(store)? {
        let LayoutStorage::Contiguous { size, .. } = layout.storage else {
            return Err(
                Error::format("external files for data that is not in one piece").in_structure("Data layout")
            );
        };
        let data = ExternalData::open(store, &files)?;
        // The stored size stays when the extents change.
        let size = if size == 0 { data.size(byte_len(space, datatype)?) } else { size };
        return Ok(Storage::External { size, data });
    }
    Ok(match &layout.storage {
        LayoutStorage::Compact { data } => Storage::Compact(data.clone()),
        LayoutStorage::Contiguous { address, size } => {
            let needed = byte_len(space, datatype)?;
            // Old layouts do not store the size; new ones may store more than the dataspace needs.
            if address.is_defined() && *size != 0 && *size < needed {
                return Err(Error::format(format!("{size} bytes of data where {needed} are needed"))
                    .in_structure("Data layout"));
            }
            Storage::Contiguous { address: address.get(), size: needed.max(*size) }
        }
        LayoutStorage::Chunked(chunked) => {
            Storage::Chunked(Box::new(chunks(store, header, datatype, space, layout.version, chunked)?))
        }
        LayoutStorage::Virtual { heap, index } => {
            Storage::Virtual(Arc::new(VirtualData::open(store, heap.get(), *index)?))
        }
    })
}

fn chunks(
    store: &Store,
    header: &Header,
    datatype: &Datatype,
    space: &Dataspace,
    version: u8,
    layout: &ChunkedLayout,
) -> Result<Chunked> {
    let Space::Simple { dims, max_dims } = &space.extent else {
        return Err(Error::format("chunks without dimensions").in_structure("Data layout"));
    };
    if layout.chunk_dims.len() != dims.len() || layout.element_size != u64::from(datatype.size) {
        return Err(Error::format(format!(
            "chunks of shape {:?} and {} bytes an element, in a dataset of rank {} and {} bytes an element",
            layout.chunk_dims,
            layout.element_size,
            dims.len(),
            datatype.size
        ))
        .in_structure("Data layout"));
    }
    let chunk_bytes = match layout.chunk_bytes() {
        Some(0) | None => return Err(Error::format("a chunk has no size").in_structure("Data layout")),
        Some(bytes) => usize::try_from(bytes).unwrap_or(usize::MAX),
    };
    let filters = header.find::<FilterPipeline>(store)?.map_or_else(Vec::new, |pipeline| pipeline.filters);
    let mut shape = IndexShape::new(version, layout, dims, max_dims.as_deref(), !filters.is_empty())?;
    if matches!(layout.index, ChunkIndexLayout::BTreeV1 { .. }) {
        shape = shape.with_btree_k(extension::node_k(store)?.chunk);
    }
    let index = ChunkIndex::open(store, layout.index, shape)?;
    Ok(Chunked {
        grid: Grid { dims: dims.clone(), chunk: layout.chunk_dims.clone() },
        layout: layout.clone(),
        index,
        pipeline: Pipeline::new(&filters)?,
        filters,
        chunk_bytes,
        cache: Mutex::new(ChunkCache::new(store.limits().chunk_cache)),
    })
}

/// Bytes of all elements.
pub(super) fn byte_len(space: &Dataspace, datatype: &Datatype) -> Result<u64> {
    let size = u64::from(datatype.size);
    let len = match &space.extent {
        Space::Null => Some(0),
        Space::Scalar => Some(size),
        Space::Simple { dims, .. } => dims.iter().try_fold(size, |n, &dim| n.checked_mul(dim)),
    };
    len.ok_or_else(|| Error::format("the dataset is larger than a file can be").in_structure("Dataspace"))
}
