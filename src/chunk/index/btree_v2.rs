//! The version 2 B-tree index, of datasets with several unlimited dimensions.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::ops::{Bound, ControlFlow};

use super::{ChunkRecord, ChunkVisitor, IndexShape, inside};
use crate::format::btree_v2::{BTreeHeader, Chunk, ChunkShape, FilteredChunk, Record};
use crate::format::chunk_index::size_width;
use crate::format::{Address, Structure};
use crate::store::Store;
use crate::tree::btree_v2::{BTree, TreeParams};
use crate::{Error, Result};

/// Chunks by their coordinates; `None` for those that were removed.
type Changed = BTreeMap<Box<[u64]>, Option<ChunkRecord>>;

/// How many records can be copied to a new tree in the time of changing one in an old tree.
const REBUILD: u64 = 64;

/// How many records can be looked at in the time of one search.
const SEARCH: u64 = 32;

/// A version 2 B-tree of chunks, and what of it changed since the last flush.
#[derive(Debug)]
pub(super) struct BTreeV2 {
    /// Of the header; undefined where there is no chunk. It moves with every change.
    address: Address,
    changed: Changed,
    /// What a tree of ours would have.
    shape: ChunkShape,
    params: TreeParams,
    filtered: bool,
    /// Bytes of a chunk before its filters.
    chunk_bytes: u64,
}

/// What the two kinds of record have in common.
trait TreeRecord: Record<Params = ChunkShape> {
    fn new(scaled: &[u64], chunk: ChunkRecord) -> Self;
    fn scaled(&self) -> &[u64];
    /// Where the chunk is; `chunk_bytes` is the size of one without filters.
    fn chunk(&self, chunk_bytes: u64) -> Result<ChunkRecord>;

    fn compare_to(&self, scaled: &[u64]) -> Ordering {
        self.scaled().cmp(scaled)
    }
}

impl TreeRecord for Chunk {
    fn new(scaled: &[u64], chunk: ChunkRecord) -> Self {
        Self { address: Address::new(chunk.address), scaled: scaled.into() }
    }
    fn scaled(&self) -> &[u64] {
        &self.scaled
    }
    fn chunk(&self, chunk_bytes: u64) -> Result<ChunkRecord> {
        Ok(ChunkRecord { address: self.address.require("Chunk record")?, size: chunk_bytes, filter_mask: 0 })
    }
}

impl TreeRecord for FilteredChunk {
    fn new(scaled: &[u64], chunk: ChunkRecord) -> Self {
        let ChunkRecord { address, size, filter_mask } = chunk;
        Self { address: Address::new(address), size, filter_mask, scaled: scaled.into() }
    }
    fn scaled(&self) -> &[u64] {
        &self.scaled
    }
    fn chunk(&self, _: u64) -> Result<ChunkRecord> {
        let address = self.address.require("Chunk record")?;
        Ok(ChunkRecord { address, size: self.size, filter_mask: self.filter_mask })
    }
}

impl BTreeV2 {
    pub(super) fn new(
        store: &Store,
        address: Address,
        index: &IndexShape,
        params: TreeParams,
    ) -> Result<Self> {
        let rank = u8::try_from(index.dims.len()).map_err(|_| Error::format("the rank is out of range"))?;
        let size_width = size_width(index.chunk_bytes, index.layout_version, store.widths());
        Ok(Self {
            address,
            changed: Changed::new(),
            shape: ChunkShape { rank, size_width },
            params,
            filtered: index.filtered,
            chunk_bytes: index.chunk_bytes,
        })
    }

    pub(super) fn address(&self) -> Address {
        self.address
    }

    /// The tree, if there is one, and the shape of its records: the header says how wide sizes are.
    fn open<R: TreeRecord>(&self, store: &Store) -> Result<Option<(BTree<R>, ChunkShape)>> {
        let Some(address) = self.address.get() else { return Ok(None) };
        let mut shape = self.shape;
        if self.filtered {
            let header = store.fetch::<BTreeHeader>(address, &())?;
            let others = R::size(&ChunkShape { size_width: 0, ..shape }, store.widths());
            match usize::from(header.record_size).checked_sub(others) {
                Some(width @ 1..=8) => shape.size_width = width as u8,
                _ => {
                    let message = "the record size does not suit the dataset";
                    return Err(Error::format(message).in_structure(BTreeHeader::NAME).at(address));
                }
            }
        }
        Ok(Some((BTree::open(store, address, shape)?, shape)))
    }

    pub(super) fn lookup(&self, store: &Store, scaled: &[u64]) -> Result<Option<ChunkRecord>> {
        match (self.changed.get(scaled), self.filtered) {
            (Some(&changed), _) => Ok(changed),
            (None, true) => self.lookup_as::<FilteredChunk>(store, scaled),
            (None, false) => self.lookup_as::<Chunk>(store, scaled),
        }
    }

    fn lookup_as<R: TreeRecord>(&self, store: &Store, scaled: &[u64]) -> Result<Option<ChunkRecord>> {
        let Some((tree, _)) = self.open::<R>(store)? else { return Ok(None) };
        let found = tree.find(store, |_, record| Ok(record.compare_to(scaled)))?;
        found.map(|record| record.chunk(self.chunk_bytes)).transpose()
    }

    pub(super) fn visit_box(
        &self,
        store: &Store,
        low: &[u64],
        high: &[u64],
        visit: ChunkVisitor<'_>,
    ) -> Result<()> {
        if low.iter().zip(high).any(|(low, high)| low >= high) {
            return Ok(());
        }
        // In the order of coordinates, a box lies between its first corner and its last.
        let last: Vec<u64> = high.iter().map(|high| high.saturating_sub(1)).collect();
        let between = (Bound::Included(low), Bound::Included(last.as_slice()));
        for (scaled, chunk) in self.changed.range::<[u64], _>(between) {
            if let Some(chunk) = chunk.filter(|_| inside(scaled, low, high)) {
                visit(scaled, chunk)?;
            }
        }
        let mut unchanged = |scaled: &[u64], chunk| match self.changed.contains_key(scaled) {
            true => Ok(()),
            false => visit(scaled, chunk),
        };
        match self.filtered {
            true => self.visit_box_as::<FilteredChunk>(store, low, high, &mut unchanged),
            false => self.visit_box_as::<Chunk>(store, low, high, &mut unchanged),
        }
    }

    /// Visits a box in as many searches as it has rows (all coordinates but the last fixed), or in
    /// one where there are so many rows that looking at all in between is less work.
    fn visit_box_as<R: TreeRecord>(
        &self,
        store: &Store,
        low: &[u64],
        high: &[u64],
        visit: ChunkVisitor<'_>,
    ) -> Result<()> {
        let Some((tree, _)) = self.open::<R>(store)? else { return Ok(()) };
        let outer = low.len().saturating_sub(1);
        let extents = low.iter().zip(high).take(outer).map(|(low, high)| high.saturating_sub(*low));
        let rows = extents.fold(1_u64, u64::saturating_mul);
        let mut first = low.to_vec();
        let mut last: Vec<u64> = high.iter().map(|high| high.saturating_sub(1)).collect();
        if rows.saturating_mul(SEARCH) > tree.len() {
            return self.visit_between(&tree, store, &first, &last, &mut |scaled, chunk| {
                if inside(scaled, low, high) { visit(scaled, chunk) } else { Ok(()) }
            });
        }
        loop {
            for (last, first) in last.iter_mut().zip(&first).take(outer) {
                *last = *first;
            }
            self.visit_between(&tree, store, &first, &last, visit)?;
            if !advance(first.iter_mut().zip(low.iter().zip(high)).take(outer)) {
                return Ok(());
            }
        }
    }

    /// Visits the records from `first` to `last`, in the order of the tree.
    fn visit_between<R: TreeRecord>(
        &self,
        tree: &BTree<R>,
        store: &Store,
        first: &[u64],
        last: &[u64],
        visit: ChunkVisitor<'_>,
    ) -> Result<()> {
        let position = |record: &R| match (record.compare_to(first), record.compare_to(last)) {
            (Ordering::Less, _) => Ordering::Less,
            (_, Ordering::Greater) => Ordering::Greater,
            _ => Ordering::Equal,
        };
        tree.range(store, position, |record| {
            visit(record.scaled(), record.chunk(self.chunk_bytes)?).map(ControlFlow::Continue)
        })
    }

    /// Changes a chunk, in memory until the next flush.
    pub(super) fn set(&mut self, scaled: &[u64], chunk: Option<ChunkRecord>) {
        self.changed.insert(scaled.into(), chunk);
    }

    /// Writes what changed.
    pub(super) fn flush(&mut self, store: &mut Store) -> Result<()> {
        match (self.changed.is_empty(), self.filtered) {
            (true, _) => Ok(()),
            (false, true) => self.flush_as::<FilteredChunk>(store),
            (false, false) => self.flush_as::<Chunk>(store),
        }
    }

    fn flush_as<R: TreeRecord>(&mut self, store: &mut Store) -> Result<()> {
        let tree = match self.open::<R>(store)? {
            Some((tree, _)) if (self.changed.len() as u64).saturating_mul(REBUILD) < tree.len() => {
                Some(change(store, tree, &self.changed)?)
            }
            old => self.rebuild(store, old)?,
        };
        self.address = tree.map(|tree| tree.header_address()).into();
        self.changed.clear();
        Ok(())
    }

    /// Makes a new tree of what is in the old one and what changed.
    fn rebuild<R: TreeRecord>(
        &self,
        store: &mut Store,
        old: Option<(BTree<R>, ChunkShape)>,
    ) -> Result<Option<BTree<R>>> {
        let mut shape = self.shape;
        let mut records = Vec::new();
        if let Some((old, old_shape)) = old {
            shape = old_shape;
            old.for_each(store, |record| {
                if !self.changed.contains_key(record.scaled()) {
                    records.push(record.clone());
                }
                Ok(())
            })?;
            old.delete(store)?;
        }
        let changed = self.changed.iter();
        records.extend(changed.filter_map(|(scaled, chunk)| chunk.map(|chunk| R::new(scaled, chunk))));
        records.sort_by(|a, b| a.scaled().cmp(b.scaled()));
        match records.is_empty() {
            true => Ok(None),
            false => BTree::build(store, shape, self.params, records).map(Some),
        }
    }

    /// Frees the tree. The chunks are the caller's.
    pub(super) fn delete(&mut self, store: &mut Store) -> Result<()> {
        match self.filtered {
            true => self.delete_as::<FilteredChunk>(store),
            false => self.delete_as::<Chunk>(store),
        }
    }

    /// Bytes of the tree in the file.
    pub(super) fn file_size(&self, store: &Store) -> Result<u64> {
        match self.filtered {
            true => self.open::<FilteredChunk>(store)?.map_or(Ok(0), |(tree, _)| tree.file_size(store)),
            false => self.open::<Chunk>(store)?.map_or(Ok(0), |(tree, _)| tree.file_size(store)),
        }
    }

    fn delete_as<R: TreeRecord>(&mut self, store: &mut Store) -> Result<()> {
        if let Some((tree, _)) = self.open::<R>(store)? {
            tree.delete(store)?;
        }
        self.address = Address::UNDEFINED;
        self.changed.clear();
        Ok(())
    }
}

/// Changes records one by one.
fn change<R: TreeRecord>(store: &mut Store, mut tree: BTree<R>, changed: &Changed) -> Result<BTree<R>> {
    for (scaled, chunk) in changed {
        let compare = |_: &Store, record: &R| Ok(record.compare_to(scaled));
        match chunk.map(|chunk| R::new(scaled, chunk)) {
            None => drop(tree.remove(store, compare)?),
            Some(new) => {
                if !tree.update(store, compare, |old| *old = new.clone())? {
                    tree.insert(store, new, compare)?;
                }
            }
        }
    }
    Ok(tree)
}

/// Steps to the next row; false after the last. The items are a coordinate and its bounds.
fn advance<'a>(coordinates: impl DoubleEndedIterator<Item = (&'a mut u64, (&'a u64, &'a u64))>) -> bool {
    for (at, (&low, &high)) in coordinates.rev() {
        *at = at.saturating_add(1);
        if *at < high {
            return true;
        }
        *at = low;
    }
    false
}
