//! Symbol-table nodes ("SNOD") and the entries in them. Specification III.B and III.C.

use super::fields::{Field, Reserved, Signature, Version, tag};
use super::{Address, Reader, Structure, Widths, Writer};
use crate::Result;

/// One link of an old-style group; also the superblock's entry of the root group. Specification III.C.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SymbolTableEntry {
    /// Where the name starts in the data segment of the group's local heap.
    pub(crate) name_offset: u64,
    /// The object header's address; undefined for a soft link.
    pub(crate) header: Address,
    pub(crate) cached: Cached,
    pub(crate) reserved: Reserved<4>,
}

/// What a symbol-table entry knows of its object without opening it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Cached {
    /// Type 0: nothing.
    Nothing,
    /// Type 1: the object is a group, with this B-tree and this local heap.
    Group { btree: Address, heap: Address },
    /// Type 2: the entry is a soft link; its value is at this offset of the group's local heap.
    SoftLink { value_offset: u32 },
}

const SCRATCH: usize = 16;

impl SymbolTableEntry {
    /// The bytes of one entry.
    pub(crate) fn encoded_len(widths: Widths) -> usize {
        let widths = usize::from(widths.offset).saturating_add(usize::from(widths.length));
        widths.saturating_add(8 + SCRATCH)
    }
}

impl Field for SymbolTableEntry {
    fn decode(r: &mut Reader<'_>) -> Result<Self> {
        // The specification says "size of offsets"; files have the size of lengths.
        let name_offset = r.length()?;
        let header = r.file_address()?;
        let cache_type = r.u32()?;
        let reserved = Reserved::decode(r)?;
        let mut scratch = r.sub(SCRATCH, "Symbol table entry")?;
        let cached = match cache_type {
            0 => Cached::Nothing,
            1 => Cached::Group { btree: scratch.file_address()?, heap: scratch.file_address()? },
            2 => Cached::SoftLink { value_offset: scratch.u32()? },
            other => return Err(r.error("cache type", format!("{other} is no cache type"))),
        };
        Ok(Self { name_offset, header, cached, reserved })
    }

    fn encode(&self, w: &mut Writer) {
        w.length(self.name_offset);
        w.file_address(self.header);
        w.u32(match self.cached {
            Cached::Nothing => 0,
            Cached::Group { .. } => 1,
            Cached::SoftLink { .. } => 2,
        });
        self.reserved.encode(w);
        let end = w.position().saturating_add(SCRATCH);
        match self.cached {
            Cached::Nothing => {}
            Cached::Group { btree, heap } => {
                w.file_address(btree);
                w.file_address(heap);
            }
            Cached::SoftLink { value_offset } => w.u32(value_offset),
        }
        w.zeros_to(end);
    }
}

/// A leaf of an old-style group: links in the order of their names. Specification III.B.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SymbolTableNode {
    pub(crate) entries: Vec<SymbolTableEntry>,
}

impl Structure for SymbolTableNode {
    const NAME: &'static str = "Symbol table node";
    /// How many entries the node has room for: twice the superblock's group leaf node K.
    type Context = u16;

    fn size_hint(capacity: &u16, widths: Widths) -> usize {
        SymbolTableEntry::encoded_len(widths).saturating_mul(usize::from(*capacity)).saturating_add(8)
    }

    fn decode(r: &mut Reader<'_>, capacity: &u16) -> Result<Self> {
        Signature::<{ tag(b"SNOD") }>::decode(r)?;
        Version::<1>::decode(r)?;
        Reserved::<1>::decode(r)?;
        let count = r.u16()?;
        if count > *capacity {
            return Err(r.error("number of symbols", format!("{count} symbols in a node for {capacity}")));
        }
        let entries = (0..count).map(|_| SymbolTableEntry::decode(r)).collect::<Result<_>>()?;
        let unused = usize::from(capacity.saturating_sub(count));
        r.skip(SymbolTableEntry::encoded_len(r.widths()).saturating_mul(unused))?;
        Ok(Self { entries })
    }

    fn encode(&self, w: &mut Writer, capacity: &u16) {
        Signature::<{ tag(b"SNOD") }>.encode(w);
        Version::<1>.encode(w);
        Reserved::<1>::default().encode(w);
        match u16::try_from(self.entries.len()) {
            Ok(count) if count <= *capacity => w.u16(count),
            _ => w.overflow("number of symbols"),
        }
        for entry in &self.entries {
            entry.encode(w);
        }
        w.zeros_to(Self::size_hint(capacity, w.widths()));
    }
}

#[cfg(test)]
pub(super) mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]
    use super::*;
    use crate::format::testing::structure_tests;
    use proptest::prelude::*;

    pub(crate) fn entries() -> impl Strategy<Value = SymbolTableEntry> {
        let address = || (0..60_000_u64).prop_map(Address::new);
        let cached = prop_oneof![
            Just(Cached::Nothing),
            (address(), address()).prop_map(|(btree, heap)| Cached::Group { btree, heap }),
            any::<u32>().prop_map(|value_offset| Cached::SoftLink { value_offset }),
        ];
        (0..60_000_u64, address(), cached).prop_map(|(name_offset, header, cached)| SymbolTableEntry {
            name_offset,
            header,
            cached,
            reserved: Reserved::default(),
        })
    }

    fn nodes() -> impl Strategy<Value = SymbolTableNode> {
        prop::collection::vec(entries(), 0..=8).prop_map(|entries| SymbolTableNode { entries })
    }

    structure_tests! {
        node: SymbolTableNode, context = 8, values = nodes(),
        real = [SNOD],
        checksum = false
    }

    /// From groups-few-earliest.h5.
    const SNOD: &str = "\
        534e4f4401000200080000000000000020030000000000000100000000000000480300000000000068050000\
        000000001000000000000000380f000000000000000000000000000000000000000000000000000000000000\
        0000000000000000000000000000000000000000000000000000000000000000000000000000000000000000\
        0000000000000000000000000000000000000000000000000000000000000000000000000000000000000000\
        0000000000000000000000000000000000000000000000000000000000000000000000000000000000000000\
        0000000000000000000000000000000000000000000000000000000000000000000000000000000000000000\
        0000000000000000000000000000000000000000000000000000000000000000000000000000000000000000\
        0000000000000000000000000000000000000000";
}
