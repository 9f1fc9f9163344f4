//! Version 2 B-trees in the live file.
//!
//! Header and nodes are shadows: what a transaction changes first moves to new space, and its
//! parent with it, up to the header. So [`BTree::header_address`] may change with every change,
//! and whoever stores that address stores the new one.
//!
//! Whoever edits a tree after us relies on two things that the file does not state: every node
//! but the root has at least [`min_records`](BTree::min_records), and none has more than fit.

mod build;
mod insert;
mod nodes;
mod remove;
#[cfg(test)]
mod tests;

use std::cmp::Ordering;
use std::ops::ControlFlow;
use std::sync::Arc;

use crate::format::btree_v2::{BTreeHeader, Child, Geometry, Node, NodeContext, Record};
use crate::format::fields::Length;
use crate::format::{Structure, Widths};
use crate::store::{Rank, Space, Store};
use crate::{Error, Result};

/// What is chosen when a tree is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TreeParams {
    pub(crate) node_size: u32,
    pub(crate) split_percent: u8,
    pub(crate) merge_percent: u8,
}

impl TreeParams {
    /// The reference library's, for links, attributes, shared messages and huge heap objects.
    pub(crate) const METADATA: Self = Self { node_size: 512, split_percent: 100, merge_percent: 40 };
    /// The reference library's, for chunk indexes.
    pub(crate) const CHUNKS: Self = Self { node_size: 2048, ..Self::METADATA };
}

/// An open version 2 B-tree.
///
/// Comparison functions say how a record stands to the one that is sought: `Less` if it comes
/// before. They may be called in any order; the store they are given is the tree's.
#[derive(Debug, Clone)]
pub(crate) struct BTree<R: Record> {
    address: u64,
    header: BTreeHeader,
    params: R::Params,
    geometry: Arc<Geometry>,
}

/// A step on the way from the root to a record: a node, and which child or record of it.
#[derive(Debug, Clone, Copy)]
struct Step {
    node: Child,
    index: usize,
}

/// Where a record that is not in the tree would be, as long as the tree does not change.
pub(crate) struct Vacancy(Path);

/// The way to a record, or to where it would be inserted in a leaf.
struct Path {
    /// From the root down.
    steps: Vec<Step>,
    /// Whether the last step's index is that of the record.
    found: bool,
}

fn header_size(widths: Widths) -> u64 {
    u64::from(widths.offset).saturating_add(u64::from(widths.length)).saturating_add(22)
}

impl<R: Record> BTree<R> {
    /// Opens the tree whose header is at `address`.
    ///
    /// # Errors
    /// `Format` if the header is damaged or that of another kind of tree.
    pub(crate) fn open(store: &Store, address: u64, params: R::Params) -> Result<Self> {
        let header = store.fetch::<BTreeHeader>(address, &())?;
        Self::from_header(store, address, BTreeHeader::clone(&header), params)
            .map_err(|error| error.in_structure(BTreeHeader::NAME).at(address))
    }

    fn from_header(store: &Store, address: u64, header: BTreeHeader, params: R::Params) -> Result<Self> {
        if header.record_type != R::TYPE {
            let found = header.record_type;
            return Err(
                Error::format(format!("the record type is {found}, not {}", R::TYPE)).in_field("type")
            );
        }
        if usize::from(header.record_size) != R::size(&params, store.widths()) {
            return Err(
                Error::format("the record size does not suit the record type").in_field("record size")
            );
        }
        if u32::from(header.depth) > store.limits().depth {
            return Err(Error::limit("the tree is too deep").in_field("depth"));
        }
        let total = header.total_records.0;
        // Each record takes its own bytes of the file, so this also bounds every walk.
        if total.checked_mul(u64::from(header.record_size)).is_none_or(|size| size > store.volume()) {
            return Err(
                Error::format("there are more records than the file has room for").in_field("total records")
            );
        }
        let geometry = Geometry::new(store.widths(), header.node_size, header.record_size, header.depth)?;
        let empty = !header.root.is_defined();
        let fits = header.root_records <= geometry.max_records(header.depth);
        if empty != (total == 0) || !fits || u64::from(header.root_records) > total {
            return Err(Error::format("the root does not agree with the number of records").in_field("root"));
        }
        Ok(Self { address, header, params, geometry: Arc::new(geometry) })
    }

    /// Makes an empty tree.
    pub(crate) fn create(store: &mut Store, params: R::Params, tree: TreeParams) -> Result<Self> {
        let record_size = u16::try_from(R::size(&params, store.widths()))
            .map_err(|_| Error::limit("the record is too large").in_structure(BTreeHeader::NAME))?;
        let TreeParams { node_size, split_percent, merge_percent } = tree;
        let header = BTreeHeader::empty(R::TYPE, node_size, record_size, split_percent, merge_percent);
        let address = store.allocate(Space::Metadata, header_size(store.widths()))?;
        let tree = Self::from_header(store, address, header, params)?;
        store.put(address, tree.header.clone(), &(), Rank::Linked)?;
        Ok(tree)
    }

    /// Frees the whole tree.
    pub(crate) fn delete(self, store: &mut Store) -> Result<()> {
        if let Some(root) = self.root() {
            self.free_below(store, root, self.header.depth)?;
        }
        let size = header_size(store.widths());
        store.free(Space::Metadata, self.address, size);
        Ok(())
    }

    fn free_below(&self, store: &mut Store, child: Child, depth: u16) -> Result<()> {
        if let Some(below) = depth.checked_sub(1) {
            let node = self.node(store, child, depth)?;
            node.children.iter().try_for_each(|&child| self.free_below(store, child, below))?;
        }
        store.free(Space::Metadata, child.address, u64::from(self.geometry.node_size()));
        Ok(())
    }

    /// Where the header is now.
    pub(crate) fn header_address(&self) -> u64 {
        self.address
    }

    /// How many records there are.
    pub(crate) fn len(&self) -> u64 {
        self.header.total_records.0
    }

    /// Bytes of header and nodes in the file.
    pub(crate) fn file_size(&self, store: &Store) -> Result<u64> {
        let nodes = match self.root() {
            Some(root) => self.nodes_from(store, root, self.header.depth)?,
            None => 0,
        };
        let node_size = u64::from(self.geometry.node_size());
        Ok(header_size(store.widths()).saturating_add(nodes.saturating_mul(node_size)))
    }

    /// How many nodes there are from this one down.
    fn nodes_from(&self, store: &Store, child: Child, depth: u16) -> Result<u64> {
        let Some(below) = depth.checked_sub(1) else { return Ok(1) };
        let node = self.node(store, child, depth)?;
        if below == 0 {
            return Ok((node.children.len() as u64).saturating_add(1));
        }
        node.children
            .iter()
            .try_fold(1_u64, |count, &child| Ok(count.saturating_add(self.nodes_from(store, child, below)?)))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The record that `compare` finds equal.
    pub(crate) fn find(
        &self,
        store: &Store,
        mut compare: impl FnMut(&Store, &R) -> Result<Ordering>,
    ) -> Result<Option<R>> {
        let path = self.seek(store, &mut compare)?;
        match path.steps.last() {
            Some(step) if path.found => {
                let depth = self.depth_of(path.steps.len());
                Ok(self.node(store, step.node, depth)?.records.get(step.index).cloned())
            }
            _ => Ok(None),
        }
    }

    /// Calls `visit` with every record, in order.
    pub(crate) fn for_each(&self, store: &Store, mut visit: impl FnMut(&R) -> Result<()>) -> Result<()> {
        self.range(store, |_| Ordering::Equal, |record| visit(record).map(ControlFlow::Continue))
    }

    /// Calls `visit` with every record that `position` finds neither before (`Less`) nor behind
    /// (`Greater`) a range, in order, until it says `Break`.
    pub(crate) fn range(
        &self,
        store: &Store,
        mut position: impl FnMut(&R) -> Ordering,
        mut visit: impl FnMut(&R) -> Result<ControlFlow<()>>,
    ) -> Result<()> {
        match self.root() {
            None => Ok(()),
            Some(root) => self.walk(store, root, self.header.depth, &mut position, &mut visit).map(drop),
        }
    }

    fn walk(
        &self,
        store: &Store,
        child: Child,
        depth: u16,
        position: &mut dyn FnMut(&R) -> Ordering,
        visit: &mut dyn FnMut(&R) -> Result<ControlFlow<()>>,
    ) -> Result<ControlFlow<()>> {
        let node = self.node(store, child, depth)?;
        let first = node.records.partition_point(|record| position(record).is_lt());
        let mut children = node.children.iter().skip(first);
        let mut records = node.records.iter().skip(first);
        loop {
            if let (Some(&below), Some(depth)) = (children.next(), depth.checked_sub(1))
                && self.walk(store, below, depth, position, visit)?.is_break()
            {
                return Ok(ControlFlow::Break(()));
            }
            match records.next() {
                None => return Ok(ControlFlow::Continue(())),
                Some(record) => {
                    if position(record).is_gt() || visit(record)?.is_break() {
                        return Ok(ControlFlow::Break(()));
                    }
                }
            }
        }
    }

    /// Changes the record that `compare` finds equal, which keeps its place in the order;
    /// returns whether there is one.
    pub(crate) fn update(
        &mut self,
        store: &mut Store,
        mut compare: impl FnMut(&Store, &R) -> Result<Ordering>,
        change: impl FnOnce(&mut R),
    ) -> Result<bool> {
        let path = self.seek(store, &mut compare)?;
        let Some(step) = path.steps.last().copied().filter(|_| path.found) else {
            return Ok(false);
        };
        let depth = self.depth_of(path.steps.len());
        let mut change = Some(change);
        let child = self.modify(store, step.node, depth, |node| {
            if let (Some(record), Some(change)) = (node.records.get_mut(step.index), change.take()) {
                change(record);
            }
        })?;
        self.replace_upwards(store, path.steps.split_last().map_or(&[], |(_, above)| above), child)?;
        Ok(true)
    }
}
