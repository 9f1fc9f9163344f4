//! Where the chunks of a dataset are: six kinds of index behind one interface.
//!
//! A changed array or version 2 B-tree is written by [`ChunkIndex::flush`]; until then the changes are in
//! memory. After it, [`ChunkIndex::layout`] says what the layout message must hold.

mod btree_v1;
mod btree_v2;
mod changes;
mod extensible_array;
mod extensible_write;
mod fixed_array;
mod implicit;
mod linear;
mod shape;
mod single;
#[cfg(test)]
mod tests;

use crate::format::chunk_index::ChunkElement;
use crate::format::message::layout::ChunkIndexLayout;
use crate::format::{extensible_array as ea, fixed_array as fa};
use crate::store::Store;
use crate::tree::btree_v2::TreeParams;
use crate::{Error, Result};

use btree_v1::BTreeV1;
use btree_v2::BTreeV2;
use extensible_array::ExtensibleArray;
use fixed_array::FixedArray;
use implicit::Implicit;
use linear::{ElementArray, Numbering};
pub(crate) use shape::IndexShape;
use single::Single;

/// Where a chunk is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ChunkRecord {
    pub(crate) address: u64,
    /// Stored size in bytes, after the filters.
    pub(crate) size: u64,
    /// Bit i: filter i of the pipeline was not applied.
    pub(crate) filter_mask: u32,
}

/// Called with a chunk's coordinates, in chunks, and where it is.
pub(crate) type ChunkVisitor<'a> = &'a mut dyn FnMut(&[u64], ChunkRecord) -> Result<()>;

/// The chunk index of one dataset.
#[derive(Debug)]
pub(crate) struct ChunkIndex {
    kind: Kind,
    shape: IndexShape,
    /// The index as it was opened, for its parameters.
    layout: ChunkIndexLayout,
}

#[derive(Debug)]
enum Kind {
    BTreeV1(BTreeV1),
    Single(Single),
    Implicit(Implicit, Numbering),
    FixedArray(FixedArray, Numbering),
    ExtensibleArray(ExtensibleArray, Numbering),
    BTreeV2(BTreeV2),
}

impl ChunkIndex {
    /// The index that a layout message describes. Nothing is read yet.
    pub(crate) fn open(store: &Store, layout: ChunkIndexLayout, shape: IndexShape) -> Result<Self> {
        let kind = match layout {
            ChunkIndexLayout::BTreeV1 { address } => {
                Kind::BTreeV1(BTreeV1::new(address, &shape.chunk_dims, shape.chunk_bytes, shape.btree_k)?)
            }
            ChunkIndexLayout::Single { address, filtered } => {
                Kind::Single(Single::open(address, filtered, shape.chunk_bytes))
            }
            ChunkIndexLayout::Implicit { address } => {
                let (numbering, total) = shape.bounded_numbering()?;
                Kind::Implicit(Implicit::open(address, total, shape.chunk_bytes), numbering)
            }
            ChunkIndexLayout::FixedArray { page_bits, address } => {
                let (numbering, total) = shape.bounded_numbering()?;
                let geometry = fa::Geometry::new(shape.element(store.widths()), total, page_bits);
                Kind::FixedArray(FixedArray::new(address, geometry), numbering)
            }
            ChunkIndexLayout::ExtensibleArray { parameters, address } => {
                let geometry = ea::Geometry::new(shape.element(store.widths()), parameters)
                    .map_err(|error| error.in_structure("Data layout message"))?;
                Kind::ExtensibleArray(ExtensibleArray::new(address, geometry), shape.numbering()?)
            }
            ChunkIndexLayout::BTreeV2 { node_size, split_percent, merge_percent, address } => {
                let params = TreeParams { node_size, split_percent, merge_percent };
                Kind::BTreeV2(BTreeV2::new(store, address, &shape, params)?)
            }
        };
        Ok(Self { kind, shape, layout })
    }

    /// The index that the C library would choose for a new dataset.
    ///
    /// The space of the chunks of an implicit index is allocated, and the caller has to fill it;
    /// every other index is empty, and in the file with the first flush of a chunk.
    pub(crate) fn create(store: &mut Store, shape: IndexShape, early: bool) -> Result<Self> {
        let mut index = Self::open(store, shape.choose(early), shape)?;
        if let Kind::Implicit(implicit, numbering) = &mut index.kind {
            *implicit = Implicit::create(store, numbering.total().unwrap_or(0), index.shape.chunk_bytes)?;
        }
        Ok(index)
    }

    /// The chunk at these coordinates (in chunks), if it exists.
    pub(crate) fn lookup(&self, store: &Store, scaled: &[u64]) -> Result<Option<ChunkRecord>> {
        self.check_rank(scaled)?;
        match &self.kind {
            Kind::BTreeV1(tree) => tree.lookup(store, scaled),
            Kind::Single(single) => Ok(single.get(scaled)),
            Kind::Implicit(array, numbering) => lookup_in(array, numbering, store, scaled),
            Kind::FixedArray(array, numbering) => lookup_in(array, numbering, store, scaled),
            Kind::ExtensibleArray(array, numbering) => lookup_in(array, numbering, store, scaled),
            Kind::BTreeV2(tree) => tree.lookup(store, scaled),
        }
    }

    /// Visits every chunk whose coordinates are from `low` to below `high` in each dimension, in no
    /// particular order, looking at little else.
    pub(crate) fn collect_in(
        &self,
        store: &Store,
        low: &[u64],
        high: &[u64],
        visit: ChunkVisitor<'_>,
    ) -> Result<()> {
        self.check_rank(low)?;
        self.check_rank(high)?;
        match &self.kind {
            Kind::BTreeV1(tree) => tree.visit_box(store, low, high, visit),
            Kind::Single(single) => {
                let origin = vec![0; low.len()];
                let inside = low.iter().zip(high).all(|(&low, &high)| low == 0 && high > 0);
                match single.get(&origin) {
                    Some(chunk) if inside => visit(&origin, chunk),
                    _ => Ok(()),
                }
            }
            Kind::Implicit(array, numbering) => numbering.visit_box(array, store, low, high, visit),
            Kind::FixedArray(array, numbering) => numbering.visit_box(array, store, low, high, visit),
            Kind::ExtensibleArray(array, numbering) => numbering.visit_box(array, store, low, high, visit),
            Kind::BTreeV2(tree) => tree.visit_box(store, low, high, visit),
        }
    }

    /// Visits every chunk, in no particular order.
    pub(crate) fn for_each(&self, store: &Store, visit: ChunkVisitor<'_>) -> Result<()> {
        let rank = self.shape.dims.len();
        self.collect_in(store, &vec![0; rank], &vec![u64::MAX; rank], visit)
    }

    /// Adds a chunk, or says where it is now.
    pub(crate) fn insert(&mut self, store: &mut Store, scaled: &[u64], chunk: ChunkRecord) -> Result<()> {
        self.check_rank(scaled)?;
        if !self.shape.filtered && (chunk.size != self.shape.chunk_bytes || chunk.filter_mask != 0) {
            return Err(Error::usage("a chunk without filters has the size of its shape"));
        }
        self.set(store, scaled, Some(chunk))
    }

    /// Takes a chunk out of the index and returns where it was; its space is the caller's to free. The
    /// chunks of an implicit index stay.
    #[cfg(test)]
    pub(crate) fn remove(&mut self, store: &mut Store, scaled: &[u64]) -> Result<Option<ChunkRecord>> {
        if self.keeps_space() {
            return Ok(None);
        }
        let chunk = self.lookup(store, scaled)?;
        if chunk.is_some() {
            self.set(store, scaled, None)?;
        }
        Ok(chunk)
    }

    /// Takes every chunk that is wholly outside the shape `dims` out of the index, and returns where
    /// they were; their space is the caller's to free.
    pub(crate) fn remove_outside(&mut self, store: &mut Store, dims: &[u64]) -> Result<Vec<ChunkRecord>> {
        self.check_rank(dims)?;
        if self.keeps_space() {
            return Ok(Vec::new());
        }
        let rank = dims.len();
        let counts: Vec<u64> = dims
            .iter()
            .zip(&self.shape.chunk_dims)
            .map(|(dim, chunk)| dim.div_ceil((*chunk).max(1)))
            .collect();
        let (mut low, mut high) = (vec![0; rank], vec![u64::MAX; rank]);
        let mut outside = Vec::new();
        // One box a dimension: beyond the shape in this one, within it in those before.
        for dimension in 0..rank {
            let (Some(from), Some(to), Some(&count)) =
                (low.get_mut(dimension), high.get_mut(dimension), counts.get(dimension))
            else {
                break;
            };
            *from = count;
            let mut found = Vec::new();
            *to = u64::MAX;
            self.collect_in(store, &low, &high, &mut |scaled, chunk| {
                found.push((scaled.to_vec(), chunk));
                Ok(())
            })?;
            for (scaled, chunk) in found {
                self.set(store, &scaled, None)?;
                outside.push(chunk);
            }
            if let (Some(from), Some(to)) = (low.get_mut(dimension), high.get_mut(dimension)) {
                (*from, *to) = (0, count);
            }
        }
        Ok(outside)
    }

    fn set(&mut self, store: &mut Store, scaled: &[u64], chunk: Option<ChunkRecord>) -> Result<()> {
        match &mut self.kind {
            Kind::BTreeV1(_) => Err(Error::unsupported("changing chunks indexed by a version 1 B-tree")),
            Kind::Single(single) if scaled.iter().all(|&at| at == 0) => {
                single.set(chunk);
                Ok(())
            }
            Kind::Single(_) => Err(outside_shape()),
            Kind::Implicit(array, numbering) => set_in(array, numbering, store, scaled, chunk),
            Kind::FixedArray(array, numbering) => set_in(array, numbering, store, scaled, chunk),
            Kind::ExtensibleArray(array, numbering) => set_in(array, numbering, store, scaled, chunk),
            Kind::BTreeV2(tree) => {
                tree.set(scaled, chunk);
                Ok(())
            }
        }
    }

    /// Writes what changed. To be called before every commit, and then [`layout`](Self::layout)
    /// compared with the layout message.
    ///
    /// # Errors
    /// Those of the store; what changed is then still to be written.
    pub(crate) fn flush(&mut self, store: &mut Store) -> Result<()> {
        match &mut self.kind {
            Kind::BTreeV1(_) | Kind::Single(_) | Kind::Implicit(..) => Ok(()),
            Kind::FixedArray(array, _) => array.flush(store),
            Kind::ExtensibleArray(array, _) => array.flush(store),
            Kind::BTreeV2(tree) => tree.flush(store),
        }
    }

    /// Whether the space of a chunk stays, with what it holds, when the chunk is cut off: when the
    /// dataset grows again, the caller has to fill it.
    pub(crate) fn keeps_space(&self) -> bool {
        matches!(self.kind, Kind::Implicit(..))
    }

    /// What the layout message must say of the index, as of the last flush.
    pub(crate) fn layout(&self) -> ChunkIndexLayout {
        let mut layout = self.layout;
        match (&mut layout, &self.kind) {
            (ChunkIndexLayout::Single { address, filtered }, Kind::Single(single)) => {
                *address = single.address();
                *filtered = self.shape.filtered.then(|| single.filtered());
            }
            (ChunkIndexLayout::Implicit { address }, Kind::Implicit(implicit, _)) => {
                *address = implicit.address()
            }
            (ChunkIndexLayout::FixedArray { address, .. }, Kind::FixedArray(array, _)) => {
                *address = array.address()
            }
            (ChunkIndexLayout::ExtensibleArray { address, .. }, Kind::ExtensibleArray(array, _)) => {
                *address = array.address();
            }
            (ChunkIndexLayout::BTreeV2 { address, .. }, Kind::BTreeV2(tree)) => *address = tree.address(),
            _ => {}
        }
        layout
    }

    /// Bytes of the index in the file, as of the last flush; the chunks do not count.
    pub(crate) fn file_size(&self, store: &Store) -> Result<u64> {
        match &self.kind {
            Kind::BTreeV1(tree) => tree.file_size(store),
            Kind::Single(_) | Kind::Implicit(..) => Ok(0),
            Kind::FixedArray(array, _) => array.file_size(store),
            Kind::ExtensibleArray(array, _) => array.file_size(store),
            Kind::BTreeV2(tree) => tree.file_size(store),
        }
    }

    /// Frees the index and returns its chunks, whose space is the caller's to free.
    pub(crate) fn delete(mut self, store: &mut Store) -> Result<Vec<ChunkRecord>> {
        let mut chunks = Vec::new();
        self.for_each(store, &mut |_, chunk| {
            chunks.push(chunk);
            Ok(())
        })?;
        match &mut self.kind {
            Kind::BTreeV1(tree) => tree.delete(store)?,
            Kind::Single(_) | Kind::Implicit(..) => {}
            Kind::FixedArray(array, _) => array.delete(store)?,
            Kind::ExtensibleArray(array, _) => array.delete(store)?,
            Kind::BTreeV2(tree) => tree.delete(store)?,
        }
        Ok(chunks)
    }

    fn check_rank(&self, coordinates: &[u64]) -> Result<()> {
        match coordinates.len() == self.shape.dims.len() {
            true => Ok(()),
            false => Err(Error::usage("chunk coordinates of another rank than the dataset's")),
        }
    }
}

fn lookup_in(
    array: &impl ElementArray,
    numbering: &Numbering,
    store: &Store,
    scaled: &[u64],
) -> Result<Option<ChunkRecord>> {
    match numbering.number(scaled) {
        None => Ok(None),
        Some(number) => Ok(numbering.record(array.get(store, number)?)),
    }
}

fn set_in(
    array: &mut impl ElementArray,
    numbering: &Numbering,
    store: &Store,
    scaled: &[u64],
    chunk: Option<ChunkRecord>,
) -> Result<()> {
    let number = numbering.number(scaled).ok_or_else(outside_shape)?;
    array.set(store, number, chunk.map_or(ChunkElement::ABSENT, |chunk| numbering.element(chunk)))
}

/// Whether the chunk is in the box from `low` to below `high`.
fn inside(scaled: &[u64], low: &[u64], high: &[u64]) -> bool {
    scaled.iter().zip(low.iter().zip(high)).all(|(at, (low, high))| low <= at && at < high)
}

fn outside_shape() -> Error {
    Error::usage("the chunk is outside the dataset's maximum shape")
}
