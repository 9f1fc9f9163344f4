//! Version 2 B-tree header, "BTHD".

use crate::format::Address;
use crate::format::fields::{Checksum, Length, Signature, Version, tag};

on_disk! {
    /// Version 2 B-tree header. Specification III.A.2; notes: format-spec-notes/btree-v2.md.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub(crate) struct BTreeHeader as "version 2 B-tree header" {
        _signature: Signature<{ tag(b"BTHD") }>,
        _version: Version<0>,
        /// Which kind of record, 1 to 11.
        pub(crate) record_type: u8,
        /// Bytes of every node.
        pub(crate) node_size: u32,
        pub(crate) record_size: u16,
        /// Levels of internal nodes; 0 if the root is a leaf.
        pub(crate) depth: u16,
        /// Percentage of a node's capacity at which it is split.
        pub(crate) split_percent: u8,
        /// Percentage of a node's capacity at which it is merged with a neighbour.
        pub(crate) merge_percent: u8,
        /// Undefined if there are no records.
        pub(crate) root: Address,
        /// Records in the root node itself.
        pub(crate) root_records: u16,
        /// Records in the whole tree.
        pub(crate) total_records: Length,
        _checksum: Checksum,
    }
}

impl BTreeHeader {
    /// The header of a tree without records.
    pub(crate) fn empty(
        record_type: u8,
        node_size: u32,
        record_size: u16,
        split_percent: u8,
        merge_percent: u8,
    ) -> Self {
        Self {
            _signature: Signature,
            _version: Version,
            record_type,
            node_size,
            record_size,
            depth: 0,
            split_percent,
            merge_percent,
            root: Address::UNDEFINED,
            root_records: 0,
            total_records: Length(0),
            _checksum: Checksum,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]
    use super::*;
    use crate::format::testing::structure_tests;
    use proptest::prelude::*;

    fn headers() -> impl Strategy<Value = BTreeHeader> {
        (any::<[u8; 3]>(), any::<u32>(), any::<[u16; 3]>(), any::<u64>(), any::<u64>()).prop_map(
            |(bytes, node_size, words, root, total)| BTreeHeader {
                depth: words[0],
                root: Address::new(root),
                root_records: words[1],
                total_records: Length(total),
                ..BTreeHeader::empty(bytes[0], node_size, words[2], bytes[1], bytes[2])
            },
        )
    }

    /// By libhdf5.
    const SMALL: &str = "
425448440005000200000b00000064280f030000000000000c000c00000000000000c02fab4a";
    const LARGE: &str = "
425448440005000200000b00030064282769110000000000030060ea00000000000099f67afc";

    structure_tests! { header: BTreeHeader, context = (), values = headers(), real = [SMALL, LARGE], checksum = true }
}
