//! The version 1 B-tree index, of files that HDF5 1.8 and earlier can read: reading only.

use std::collections::HashSet;
use std::sync::Arc;

use super::{ChunkRecord, ChunkVisitor, inside};
use crate::format::Address;
use crate::format::btree_v1::{ChunkKey, ChunkSteps, Node, NodeShape};
use crate::store::{Space, Store};
use crate::{Error, Result};

const NAME: &str = "Version 1 B-tree of chunks";

/// A version 1 B-tree of chunks.
#[derive(Debug)]
pub(super) struct BTreeV1 {
    /// Of the root; undefined if there is no chunk.
    address: Address,
    chunk_dims: Vec<u64>,
    node: NodeShape<ChunkSteps>,
}

impl BTreeV1 {
    pub(super) fn new(address: Address, chunk_dims: &[u64], chunk_bytes: u64, k: u16) -> Result<Self> {
        let capacity = k.checked_mul(2).filter(|_| chunk_dims.iter().all(|&dim| dim > 0));
        let capacity = capacity.ok_or_else(|| Error::format("the chunk shape is out of range"))?;
        let elements = chunk_dims.iter().fold(1_u64, |elements, &dim| elements.saturating_mul(dim));
        let element_size = chunk_bytes.checked_div(elements).unwrap_or(0).max(1);
        let node = NodeShape { key: ChunkSteps::new(chunk_dims, element_size), capacity };
        Ok(Self { address, chunk_dims: chunk_dims.to_vec(), node })
    }

    fn fetch(&self, store: &Store, address: u64) -> Result<Arc<Node<ChunkKey>>> {
        store.fetch(address, &self.node)
    }

    /// A child, which must be one level below its parent.
    fn fetch_child(
        &self,
        store: &Store,
        parent: &Node<ChunkKey>,
        at: usize,
    ) -> Result<(u64, Arc<Node<ChunkKey>>)> {
        let address = parent.children.get(at).copied().unwrap_or_default().require(NAME)?;
        let child = self.fetch(store, address)?;
        match child.level.checked_add(1) == Some(parent.level) {
            true => Ok((address, child)),
            false => {
                Err(Error::format("a node is not one level below its parent").in_structure(NAME).at(address))
            }
        }
    }

    /// The chunk's coordinates, in chunks.
    fn scaled(&self, key: &ChunkKey, scaled: &mut Vec<u64>) {
        scaled.clear();
        let pairs = key.offsets.iter().zip(&self.chunk_dims);
        scaled.extend(pairs.map(|(&offset, &dim)| offset.checked_div(dim).unwrap_or(0)));
    }

    /// How the chunk that starts at `key` compares to the one at `scaled`.
    fn compare(&self, key: &ChunkKey, scaled: &[u64]) -> std::cmp::Ordering {
        let starts = scaled.iter().zip(&self.chunk_dims).map(|(&at, &dim)| at.saturating_mul(dim));
        key.offsets.iter().copied().take(self.chunk_dims.len()).cmp(starts)
    }

    pub(super) fn lookup(&self, store: &Store, scaled: &[u64]) -> Result<Option<ChunkRecord>> {
        let Some(root) = self.address.get() else { return Ok(None) };
        let mut node = self.fetch(store, root)?;
        loop {
            let keys = node.keys.get(..node.children.len()).unwrap_or_default();
            let after = keys.partition_point(|key| self.compare(key, scaled).is_le());
            let Some(at) = after.checked_sub(1) else { return Ok(None) };
            if node.level == 0 {
                return match (keys.get(at), node.children.get(at)) {
                    (Some(key), Some(&child)) if self.compare(key, scaled).is_eq() => {
                        record(store, key, child).map(Some)
                    }
                    _ => Ok(None),
                };
            }
            node = self.fetch_child(store, &node, at)?.1;
        }
    }

    pub(super) fn visit_box(
        &self,
        store: &Store,
        low: &[u64],
        high: &[u64],
        visit: ChunkVisitor<'_>,
    ) -> Result<()> {
        let Some(root) = self.address.get() else { return Ok(()) };
        if low.iter().zip(high).any(|(low, high)| low >= high) {
            return Ok(());
        }
        let mut walk = Walk { tree: self, store, low, high, seen: HashSet::from([root]), scaled: Vec::new() };
        let node = self.fetch(store, root)?;
        walk.node(&node, visit)
    }

    /// Bytes of a node in the file.
    fn node_len(&self, store: &Store) -> u64 {
        Node::<ChunkKey>::encoded_len(&self.node, store.widths()) as u64
    }

    /// The addresses of all nodes.
    fn nodes(&self, store: &Store) -> Result<Vec<u64>> {
        let Some(root) = self.address.get() else { return Ok(Vec::new()) };
        let mut seen = HashSet::from([root]);
        let mut nodes = vec![root];
        let mut next = 0_usize;
        while let Some(&address) = nodes.get(next) {
            next = next.saturating_add(1);
            let node = self.fetch(store, address)?;
            for at in 0..if node.level == 0 { 0 } else { node.children.len() } {
                let (child, _) = self.fetch_child(store, &node, at)?;
                if !seen.insert(child) {
                    return Err(twice(child));
                }
                nodes.push(child);
            }
        }
        Ok(nodes)
    }

    /// Bytes of all nodes in the file.
    pub(super) fn file_size(&self, store: &Store) -> Result<u64> {
        Ok(self.node_len(store).saturating_mul(self.nodes(store)?.len() as u64))
    }

    /// Frees the nodes. The chunks are the caller's.
    pub(super) fn delete(&mut self, store: &mut Store) -> Result<()> {
        let len = self.node_len(store);
        for address in self.nodes(store)? {
            store.free(Space::Metadata, address, len);
        }
        self.address = Address::UNDEFINED;
        Ok(())
    }
}

/// A walk over the chunks in a box.
struct Walk<'a> {
    tree: &'a BTreeV1,
    store: &'a Store,
    low: &'a [u64],
    high: &'a [u64],
    /// Nodes already met: in a tree, each once.
    seen: HashSet<u64>,
    scaled: Vec<u64>,
}

impl Walk<'_> {
    /// Visits what is below a node; the levels, which fall by one each time, bound the recursion.
    fn node(&mut self, node: &Node<ChunkKey>, visit: ChunkVisitor<'_>) -> Result<()> {
        for (at, (pair, &child)) in node.keys.windows(2).zip(&node.children).enumerate() {
            let [key, next] = pair else { continue };
            if node.level == 0 {
                let mut scaled = std::mem::take(&mut self.scaled);
                self.tree.scaled(key, &mut scaled);
                if inside(&scaled, self.low, self.high) {
                    visit(&scaled, record(self.store, key, child)?)?;
                }
                self.scaled = scaled;
            } else if self.concerns(key, next) {
                let (address, child) = self.tree.fetch_child(self.store, node, at)?;
                if !self.seen.insert(address) {
                    return Err(twice(address));
                }
                self.node(&child, visit)?;
            }
        }
        Ok(())
    }

    /// Whether chunks of the box may lie from `key` on and before `next`. In the dimensions up to the
    /// first in which the two keys differ, all chunks between them lie between the keys.
    fn concerns(&self, key: &ChunkKey, next: &ChunkKey) -> bool {
        let bounds = key.offsets.iter().zip(&next.offsets).zip(&self.tree.chunk_dims);
        for (((&from, &to), &dim), (&low, &high)) in bounds.zip(self.low.iter().zip(self.high)) {
            if to < low.saturating_mul(dim) || from >= high.saturating_mul(dim) {
                return false;
            }
            if from != to {
                break;
            }
        }
        true
    }
}

fn record(store: &Store, key: &ChunkKey, child: Address) -> Result<ChunkRecord> {
    let address = child.require(NAME)?;
    if !store.holds(address, key.size.into()) {
        return Err(Error::format("a chunk reaches past the end of the file").in_structure(NAME).at(address));
    }
    Ok(ChunkRecord { address, size: key.size.into(), filter_mask: key.filter_mask })
}

fn twice(address: u64) -> Error {
    Error::format("two pointers lead to one node").in_structure(NAME).at(address)
}
