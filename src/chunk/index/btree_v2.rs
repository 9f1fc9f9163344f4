//! The version 2 B-tree index, of datasets with several unlimited dimensions.

use std::cmp::Ordering;
use std::ops::ControlFlow;

use super::{ChunkRecord, ChunkVisitor, IndexShape};
use crate::format::Address;
use crate::format::btree_v2::{BTreeHeader, Chunk, ChunkShape, FilteredChunk, Record};
use crate::format::chunk_index::size_width;
use crate::store::Store;
use crate::tree::btree_v2::{BTree, TreeParams};
use crate::{Error, Result};

/// A version 2 B-tree of chunks, whose changes go to the store at once.
#[derive(Debug, Clone)]
pub(super) struct BTreeV2 {
    /// Of the header; undefined before the first chunk.
    address: Address,
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
        let shape = ChunkShape { rank, size_width };
        Ok(Self { address, shape, params, filtered: index.filtered, chunk_bytes: index.chunk_bytes })
    }

    pub(super) fn address(&self) -> Address {
        self.address
    }

    /// The tree, if there is one. Its header says how wide sizes are.
    fn open<R: TreeRecord>(&self, store: &Store) -> Result<Option<BTree<R>>> {
        let Some(address) = self.address.get() else { return Ok(None) };
        let mut shape = self.shape;
        if self.filtered {
            let header = store.fetch::<BTreeHeader>(address, &())?;
            let rest =
                usize::from(header.record_size).checked_sub(R::size(&with_width(shape, 0), store.widths()));
            match rest.and_then(|width| u8::try_from(width).ok()) {
                Some(width @ 1..=8) => shape.size_width = width,
                _ => {
                    let message = "the record size does not suit the dataset";
                    return Err(Error::format(message).in_structure("version 2 B-tree header").at(address));
                }
            }
        }
        BTree::open(store, address, shape).map(Some)
    }

    pub(super) fn lookup(&self, store: &Store, scaled: &[u64]) -> Result<Option<ChunkRecord>> {
        match self.filtered {
            true => self.lookup_as::<FilteredChunk>(store, scaled),
            false => self.lookup_as::<Chunk>(store, scaled),
        }
    }

    fn lookup_as<R: TreeRecord>(&self, store: &Store, scaled: &[u64]) -> Result<Option<ChunkRecord>> {
        let Some(tree) = self.open::<R>(store)? else { return Ok(None) };
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
        match self.filtered {
            true => self.visit_box_as::<FilteredChunk>(store, low, high, visit),
            false => self.visit_box_as::<Chunk>(store, low, high, visit),
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
        let Some(tree) = self.open::<R>(store)? else { return Ok(()) };
        let outer = low.len().saturating_sub(1);
        let extents = low.iter().zip(high).take(outer).map(|(low, high)| high.saturating_sub(*low));
        let rows = extents.fold(1_u64, u64::saturating_mul);
        let mut first = low.to_vec();
        let mut last: Vec<u64> = high.iter().map(|high| high.saturating_sub(1)).collect();
        if rows.saturating_mul(ROW_COST) > tree.len() {
            return self.visit_between(&tree, store, &first, &last, visit, |scaled| {
                scaled.iter().zip(low.iter().zip(high)).all(|(at, (low, high))| low <= at && at < high)
            });
        }
        loop {
            for (last, first) in last.iter_mut().zip(&first).take(outer) {
                *last = *first;
            }
            self.visit_between(&tree, store, &first, &last, visit, |_| true)?;
            let step = first.iter_mut().zip(low.iter().zip(high)).take(outer);
            if !advance(step) {
                return Ok(());
            }
        }
    }

    /// Visits the records from `first` to `last`, in the order of the tree, that are `wanted`.
    fn visit_between<R: TreeRecord>(
        &self,
        tree: &BTree<R>,
        store: &Store,
        first: &[u64],
        last: &[u64],
        visit: ChunkVisitor<'_>,
        wanted: impl Fn(&[u64]) -> bool,
    ) -> Result<()> {
        let position = |record: &R| match (record.compare_to(first), record.compare_to(last)) {
            (Ordering::Less, _) => Ordering::Less,
            (_, Ordering::Greater) => Ordering::Greater,
            _ => Ordering::Equal,
        };
        tree.range(store, position, |record| {
            if wanted(record.scaled()) {
                visit(record.scaled(), record.chunk(self.chunk_bytes)?)?;
            }
            Ok(ControlFlow::Continue(()))
        })
    }

    pub(super) fn set(
        &mut self,
        store: &mut Store,
        scaled: &[u64],
        chunk: Option<ChunkRecord>,
    ) -> Result<()> {
        match self.filtered {
            true => self.set_as::<FilteredChunk>(store, scaled, chunk),
            false => self.set_as::<Chunk>(store, scaled, chunk),
        }
    }

    fn set_as<R: TreeRecord>(
        &mut self,
        store: &mut Store,
        scaled: &[u64],
        chunk: Option<ChunkRecord>,
    ) -> Result<()> {
        let mut tree = match (self.open::<R>(store)?, chunk) {
            (Some(tree), _) => tree,
            (None, None) => return Ok(()),
            (None, Some(_)) => BTree::create(store, self.shape, self.params)?,
        };
        let compare = |_: &Store, record: &R| Ok(record.compare_to(scaled));
        match chunk {
            None => drop(tree.remove(store, compare)?),
            Some(chunk) => {
                let record = R::new(scaled, chunk);
                if !tree.update(store, compare, |old| *old = record.clone())? {
                    tree.insert(store, record, compare)?;
                }
            }
        }
        self.address = Address::new(tree.header_address());
        Ok(())
    }

    /// Frees the tree. The chunks are the caller's.
    pub(super) fn delete(&mut self, store: &mut Store) -> Result<()> {
        match self.filtered {
            true => self.delete_as::<FilteredChunk>(store),
            false => self.delete_as::<Chunk>(store),
        }
    }

    fn delete_as<R: TreeRecord>(&mut self, store: &mut Store) -> Result<()> {
        if let Some(tree) = self.open::<R>(store)? {
            tree.delete(store)?;
        }
        self.address = Address::UNDEFINED;
        Ok(())
    }
}

/// How many records can be looked at in the time of one search.
const ROW_COST: u64 = 32;

fn with_width(shape: ChunkShape, size_width: u8) -> ChunkShape {
    ChunkShape { size_width, ..shape }
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
