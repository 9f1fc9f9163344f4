//! Version 1 B-tree nodes ("TREE"): of old-style groups and of chunked data. Specification III.A.1.

use std::sync::Arc;

use super::fields::{Field, Signature, tag};
use super::{Address, Reader, Structure, Widths, Writer};
use crate::Result;

/// The keys of one of the two kinds of version 1 B-tree.
pub(crate) trait Key: Sized + Send + Sync + 'static {
    /// The node type.
    const TYPE: u8;
    /// The name of the nodes in error messages.
    const NAME: &'static str;
    /// What decoding a key needs.
    type Shape: Sync;

    fn encoded_len(shape: &Self::Shape, widths: Widths) -> usize;
    fn decode(r: &mut Reader<'_>, shape: &Self::Shape) -> Result<Self>;
    fn encode(&self, w: &mut Writer, shape: &Self::Shape);
}

/// Key of a group's B-tree (type 0): the name that it stands for, as an offset in the local heap.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct GroupKey {
    pub(crate) name_offset: u64,
}

impl Key for GroupKey {
    const TYPE: u8 = 0;
    const NAME: &'static str = "Version 1 B-tree of a group";
    type Shape = ();

    fn encoded_len((): &(), widths: Widths) -> usize {
        usize::from(widths.length)
    }

    fn decode(r: &mut Reader<'_>, (): &()) -> Result<Self> {
        Ok(Self { name_offset: r.length()? })
    }

    fn encode(&self, w: &mut Writer, (): &()) {
        w.length(self.name_offset);
    }
}

/// What the offsets of the chunks of one dataset are multiples of: the sizes of a chunk, in elements,
/// then that of an element, in bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ChunkSteps(Arc<[u64]>);

impl ChunkSteps {
    pub(crate) fn new(chunk_dims: &[u64], element_size: u64) -> Self {
        Self(chunk_dims.iter().copied().chain([element_size]).collect())
    }
}

/// Key of a chunk B-tree (type 1): the chunk behind it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ChunkKey {
    /// Stored size of the chunk in bytes.
    pub(crate) size: u32,
    /// Bit i: filter i of the pipeline was not applied.
    pub(crate) filter_mask: u32,
    /// Where the chunk starts in the dataset, in elements; then the offset in the element, 0. All are on
    /// chunk boundaries.
    pub(crate) offsets: Box<[u64]>,
}

impl Key for ChunkKey {
    const TYPE: u8 = 1;
    const NAME: &'static str = "Version 1 B-tree of chunks";
    /// A key has as many offsets as there are steps.
    type Shape = ChunkSteps;

    fn encoded_len(steps: &ChunkSteps, _: Widths) -> usize {
        8_usize.saturating_add(8_usize.saturating_mul(steps.0.len()))
    }

    fn decode(r: &mut Reader<'_>, steps: &ChunkSteps) -> Result<Self> {
        let size = r.u32()?;
        let filter_mask = r.u32()?;
        let mut offset = |step: &u64| match r.u64()? {
            offset if offset.checked_rem(*step) == Some(0) => Ok(offset),
            _ => Err(r.error("chunk offset", "a chunk does not start on a chunk boundary")),
        };
        let offsets = steps.0.iter().map(&mut offset).collect::<Result<_>>()?;
        Ok(Self { size, filter_mask, offsets })
    }

    fn encode(&self, w: &mut Writer, steps: &ChunkSteps) {
        w.u32(self.size);
        w.u32(self.filter_mask);
        for &offset in &self.offsets {
            w.u64(offset);
        }
        if self.offsets.len() != steps.0.len() {
            w.overflow("chunk offset");
        }
    }
}

/// What the bytes of a node do not tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NodeShape<S> {
    pub(crate) key: S,
    /// How many children the node has room for: twice the K of its kind.
    pub(crate) capacity: u16,
}

/// A node of a version 1 B-tree. Specification III.A.1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Node<K> {
    /// 0 for a leaf, whose children are symbol-table nodes or chunks.
    pub(crate) level: u8,
    pub(crate) left: Address,
    pub(crate) right: Address,
    /// One more than there are children, or none: child i is between keys i and i + 1.
    pub(crate) keys: Vec<K>,
    pub(crate) children: Vec<Address>,
}

impl<K: Key> Node<K> {
    /// The bytes of a node in the file, used or not.
    pub(crate) fn encoded_len(shape: &NodeShape<K::Shape>, widths: Widths) -> usize {
        let offset = usize::from(widths.offset);
        let key = K::encoded_len(&shape.key, widths);
        let pairs = key.saturating_add(offset).saturating_mul(usize::from(shape.capacity));
        pairs.saturating_add(key).saturating_add(offset.saturating_mul(2)).saturating_add(8)
    }
}

impl<K: Key> Structure for Node<K> {
    const NAME: &'static str = K::NAME;
    type Context = NodeShape<K::Shape>;

    fn size_hint(shape: &Self::Context, widths: Widths) -> usize {
        Self::encoded_len(shape, widths)
    }

    fn decode(r: &mut Reader<'_>, shape: &Self::Context) -> Result<Self> {
        Signature::<{ tag(b"TREE") }>::decode(r)?;
        match r.u8()? {
            found if found == K::TYPE => {}
            other => return Err(r.error("node type", format!("the type is {other}, not {}", K::TYPE))),
        }
        let level = r.u8()?;
        let count = r.u16()?;
        if count > shape.capacity {
            let message = format!("{count} entries in a node for {}", shape.capacity);
            return Err(r.error("entries used", message));
        }
        let left = r.file_address()?;
        let right = r.file_address()?;
        let mut keys = Vec::new();
        let mut children = Vec::new();
        for _ in 0..count {
            keys.push(K::decode(r, &shape.key)?);
            children.push(r.file_address()?);
        }
        if count > 0 {
            keys.push(K::decode(r, &shape.key)?);
        }
        r.skip(Self::encoded_len(shape, r.widths()).saturating_sub(r.position()))?;
        Ok(Self { level, left, right, keys, children })
    }

    fn encode(&self, w: &mut Writer, shape: &Self::Context) {
        Signature::<{ tag(b"TREE") }>.encode(w);
        w.u8(K::TYPE);
        w.u8(self.level);
        match u16::try_from(self.children.len()) {
            Ok(count) if count <= shape.capacity => w.u16(count),
            _ => w.overflow("entries used"),
        }
        let expected = if self.children.is_empty() { 0 } else { self.children.len().saturating_add(1) };
        if self.keys.len() != expected {
            w.overflow("key");
        }
        w.file_address(self.left);
        w.file_address(self.right);
        for (key, child) in self.keys.iter().zip(&self.children) {
            key.encode(w, &shape.key);
            w.file_address(*child);
        }
        if let Some(last) = self.keys.last() {
            last.encode(w, &shape.key);
        }
        w.zeros_to(Self::encoded_len(shape, w.widths()));
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]
    use super::*;
    use crate::format::testing::{decode, hex, structure_tests};
    use proptest::collection::vec;
    use proptest::prelude::*;

    fn nodes<K: Key + std::fmt::Debug + Clone>(
        key: impl Strategy<Value = K> + Clone,
    ) -> impl Strategy<Value = Node<K>> {
        let address = || (0..60_000_u64).prop_map(Address::new);
        (any::<u8>(), address(), 1..=4_usize).prop_flat_map(move |(level, left, count)| {
            (vec(key.clone(), count + 1), vec(address(), count)).prop_map(move |(keys, children)| Node {
                level,
                left,
                right: Address::UNDEFINED,
                keys,
                children,
            })
        })
    }

    fn group_nodes() -> impl Strategy<Value = Node<GroupKey>> {
        nodes((0..60_000_u64).prop_map(|name_offset| GroupKey { name_offset }))
    }

    fn chunk_nodes() -> impl Strategy<Value = Node<ChunkKey>> {
        nodes((any::<u32>(), any::<u32>(), vec(any::<u64>(), 3)).prop_map(|(size, filter_mask, offsets)| {
            ChunkKey { size, filter_mask, offsets: offsets.iter().map(|offset| offset & !3).collect() }
        }))
    }

    /// From groups-few-earliest.h5 (K 16) and chunks-btree1-earliest.h5 (K 32), cut as if their
    /// capacities were 4 and 9: how many unused entries follow depends on K only.
    const GROUP: &str = "\
        5452454500000100ffffffffffffffffffffffffffffffff0000000000000000e80900000000000010000000\
        0000000000000000000000000000000000000000000000000000000000000000000000000000000000000000\
        0000000000000000";
    const CHUNKS: &str = "\
        5452454501000900ffffffffffffffffffffffffffffffff4000000000000000000000000000000000000000\
        000000000000000000000000b00f000000000000400000000000000000000000000000000400000000000000\
        0000000000000000f00f00000000000040000000000000000000000000000000080000000000000000000000\
        0000000030100000000000004000000000000000040000000000000000000000000000000000000000000000\
        70100000000000004000000000000000040000000000000004000000000000000000000000000000b0100000\
        000000004000000000000000040000000000000008000000000000000000000000000000f010000000000000\
        4000000000000000080000000000000000000000000000000000000000000000301100000000000040000000\
        0000000008000000000000000400000000000000000000000000000070110000000000004000000000000000\
        080000000000000008000000000000000000000000000000b011000000000000000000000000000008000000\
        000000000c000000000000000400000000000000";

    structure_tests! {
        group: Node<GroupKey>, context = NodeShape { key: (), capacity: 4 }, values = group_nodes(),
        real = [GROUP], checksum = false
    }
    structure_tests! {
        chunks: Node<ChunkKey>, context = NodeShape { key: steps(), capacity: 9 }, values = chunk_nodes(),
        real = [CHUNKS], checksum = false
    }

    /// Those of the real nodes.
    fn steps() -> ChunkSteps {
        ChunkSteps::new(&[4, 4], 4)
    }

    #[test]
    fn keys_lie_on_chunk_boundaries() {
        for (dims, element_size) in [([8, 4], 4), ([4, 3], 4), ([0, 4], 4)] {
            let shape = NodeShape { key: ChunkSteps::new(&dims, element_size), capacity: 9 };
            assert!(decode::<Node<ChunkKey>>(&hex(CHUNKS), &shape, Widths::default()).is_err(), "{dims:?}");
        }
    }

    #[test]
    fn a_node_of_the_other_kind_and_one_too_full_are_errors() {
        let shape = NodeShape { key: steps(), capacity: 64 };
        assert!(decode::<Node<ChunkKey>>(&hex(GROUP), &shape, Widths::default()).is_err());
        let shape = NodeShape { key: (), capacity: 0 };
        assert!(decode::<Node<GroupKey>>(&hex(GROUP), &shape, Widths::default()).is_err());
    }
}
