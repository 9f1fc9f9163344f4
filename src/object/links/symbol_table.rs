//! Links of old-style groups: a version 1 B-tree over symbol-table nodes, names in a local heap.

use std::cmp::Ordering;
use std::collections::HashSet;
use std::ops::ControlFlow;

use crate::format::Structure;
use crate::format::btree_v1::{GroupKey, Node, NodeShape};
use crate::format::message::datatype::CharacterSet;
use crate::format::message::group::SymbolTable;
use crate::format::message::link::{Link, LinkTarget};
use crate::format::symbol_table_node::{Cached, SymbolTableEntry, SymbolTableNode};
use crate::heap::local::{self, LocalNames};
use crate::object::extension;
use crate::store::{Space, Store};
use crate::{Error, Result};

/// An old-style group's links.
pub(super) struct OldGroup<'a> {
    store: &'a Store,
    btree: u64,
    names: LocalNames,
    shape: NodeShape<()>,
    leaf_capacity: u16,
}

/// What is called with the address and the length of a node, and with a leaf's contents.
type Visit<'v> = dyn FnMut(u64, u64, Option<&SymbolTableNode>) -> Result<ControlFlow<()>> + 'v;

impl<'a> OldGroup<'a> {
    pub(super) fn open(store: &'a Store, table: &SymbolTable) -> Result<Self> {
        let names = LocalNames::open(store, table.heap.require(LocalNames::NAME)?)?;
        let btree = table.btree.require(<Node<GroupKey> as Structure>::NAME)?;
        let k = extension::node_k(store)?;
        Ok(Self {
            store,
            btree,
            names,
            shape: NodeShape { key: (), capacity: k.group_internal.saturating_mul(2) },
            leaf_capacity: k.group_leaf.saturating_mul(2),
        })
    }

    /// The link of this name, found by the halving that the C library does: in a damaged group, a
    /// link that it does not find is not found here.
    pub(super) fn get(&self, name: &[u8]) -> Result<Option<Link>> {
        let mut address = self.btree;
        let mut level = None;
        loop {
            let node = self.node(address, level)?;
            // Child i holds the names after key i up to and including key i + 1.
            let child = halve(node.children.len(), |at| {
                let key = |at: usize| {
                    let key = node.keys.get(at).ok_or_else(|| Error::format("a node has too few keys"))?;
                    self.names.text(key.name_offset)
                };
                let (left, right) = (key(at)?, key(at.saturating_add(1))?);
                Ok(if name <= left {
                    Ordering::Less
                } else if name > right {
                    Ordering::Greater
                } else {
                    Ordering::Equal
                })
            })?;
            let Some(&child) = child.and_then(|at| node.children.get(at)) else { return Ok(None) };
            address = child.require("child")?;
            match node.level.checked_sub(1) {
                Some(below) => level = Some(below),
                None => return self.get_in_leaf(address, name),
            }
        }
    }

    fn get_in_leaf(&self, address: u64, name: &[u8]) -> Result<Option<Link>> {
        let leaf = self.store.fetch::<SymbolTableNode>(address, &self.leaf_capacity)?;
        let entry =
            |at: usize| leaf.entries.get(at).ok_or_else(|| Error::format("a node has too few entries"));
        let found = halve(leaf.entries.len(), |at| Ok(name.cmp(self.names.text(entry(at)?.name_offset)?)))?;
        found.map(|at| self.link(entry(at)?)).transpose()
    }

    /// Calls `visit` with every link, in the order of the names.
    pub(super) fn for_each(&self, visit: &mut dyn FnMut(Link) -> Result<ControlFlow<()>>) -> Result<()> {
        self.walk(&mut |_, _, leaf| {
            for entry in leaf.map(|leaf| leaf.entries.as_slice()).unwrap_or_default() {
                if visit(self.link(entry)?)?.is_break() {
                    return Ok(ControlFlow::Break(()));
                }
            }
            Ok(ControlFlow::Continue(()))
        })
    }

    /// How many links there are.
    pub(super) fn count(&self) -> Result<u64> {
        let mut count = 0_u64;
        self.walk(&mut |_, _, leaf| {
            count = count.saturating_add(leaf.map_or(0, |leaf| leaf.entries.len() as u64));
            Ok(ControlFlow::Continue(()))
        })?;
        Ok(count)
    }

    /// The extents of all nodes, inner and leaf.
    fn extents(&self) -> Result<Vec<(u64, u64)>> {
        let mut extents = Vec::new();
        self.walk(&mut |address, len, _| {
            extents.push((address, len));
            Ok(ControlFlow::Continue(()))
        })?;
        Ok(extents)
    }

    /// Visits every node once, leaves (with their contents) in the order of the names.
    fn walk(&self, visit: &mut Visit<'_>) -> Result<()> {
        let widths = self.store.widths();
        let node_len = Node::<GroupKey>::encoded_len(&self.shape, widths) as u64;
        let leaf_len = SymbolTableNode::size_hint(&self.leaf_capacity, widths) as u64;
        let mut seen = HashSet::new();
        // The next on top: an address, and its level; none for a symbol-table node.
        let root = self.node(self.btree, None)?;
        let mut stack = vec![(self.btree, Some(root.level))];
        while let Some((address, level)) = stack.pop() {
            if !seen.insert(address) {
                return Err(Error::format("a node is in the tree twice")
                    .in_structure(<Node<GroupKey> as Structure>::NAME)
                    .at(address));
            }
            let flow = match level {
                None => {
                    let leaf = self.store.fetch::<SymbolTableNode>(address, &self.leaf_capacity)?;
                    visit(address, leaf_len, Some(&leaf))?
                }
                Some(level) => {
                    let node = self.node(address, Some(level))?;
                    for child in node.children.iter().rev() {
                        stack.push((child.require("child")?, level.checked_sub(1)));
                    }
                    visit(address, node_len, None)?
                }
            };
            if flow.is_break() {
                break;
            }
        }
        Ok(())
    }

    /// The B-tree node at `address`, whose level is known but for the root.
    fn node(&self, address: u64, level: Option<u8>) -> Result<std::sync::Arc<Node<GroupKey>>> {
        let node = self.store.fetch::<Node<GroupKey>>(address, &self.shape)?;
        match level {
            Some(level) if level != node.level => {
                Err(Error::format(format!("the node is at level {}, not {level}", node.level))
                    .in_structure(<Node<GroupKey> as Structure>::NAME)
                    .at(address))
            }
            _ => Ok(node),
        }
    }

    fn link(&self, entry: &SymbolTableEntry) -> Result<Link> {
        let target = match entry.cached {
            Cached::SoftLink { value_offset } => {
                LinkTarget::Soft(self.names.text(u64::from(value_offset))?.to_vec())
            }
            Cached::Nothing | Cached::Group { .. } => {
                LinkTarget::Hard(entry.header.require("Symbol table entry")?)
            }
        };
        Ok(Link {
            name: self.names.text(entry.name_offset)?.to_vec(),
            charset: CharacterSet::Ascii,
            creation_order: None,
            target,
        })
    }
}

/// The one of `count` places, in order, for which `compare` says equal, by halving.
fn halve(count: usize, mut compare: impl FnMut(usize) -> Result<Ordering>) -> Result<Option<usize>> {
    let (mut low, mut high) = (0, count);
    while low < high {
        let at = usize::midpoint(low, high);
        match compare(at)? {
            Ordering::Less => high = at,
            Ordering::Equal => return Ok(Some(at)),
            Ordering::Greater => low = at.saturating_add(1),
        }
    }
    Ok(None)
}

/// Bytes in the file of the B-tree with its leaves, and of the local heap.
pub(super) fn file_size(store: &Store, table: &SymbolTable) -> Result<(u64, u64)> {
    let extents = OldGroup::open(store, table)?.extents()?;
    let index = extents.iter().fold(0_u64, |size, (_, len)| size.saturating_add(*len));
    Ok((index, local::file_size(store, table.heap.require(LocalNames::NAME)?)?))
}

/// Frees the B-tree, its leaves and the local heap.
pub(super) fn delete(store: &mut Store, table: &SymbolTable) -> Result<()> {
    let extents = OldGroup::open(store, table)?.extents()?;
    for (address, len) in extents {
        store.free(Space::Metadata, address, len);
    }
    local::delete(store, table.heap.require(LocalNames::NAME)?)
}
