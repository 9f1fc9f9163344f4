//! Shared object header messages: the master table, "SMTB", and a list index, "SMLI".
//! Specification III.I; notes: format-spec-notes/messages.md.

use super::btree_v2::{Record, SharedMessage};
use super::fields::{Field, Signature, Version, tag};
use super::{Address, Reader, Structure, Widths, Writer};
use crate::Result;

/// The indexes of a file's shared messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct MasterTable {
    pub(crate) indexes: Vec<SharedIndex>,
}

/// One index of shared messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SharedIndex {
    /// How the index is stored now.
    pub(crate) kind: SharedIndexKind,
    /// Which messages: bit n is message type n.
    pub(crate) message_types: u16,
    /// The smallest message to share, in bytes.
    pub(crate) min_message_size: u32,
    /// With more messages than this, a list becomes a B-tree; the space of a list is for so many.
    pub(crate) list_max: u16,
    /// With fewer messages than this, a B-tree becomes a list.
    pub(crate) btree_min: u16,
    /// Number of messages in the index.
    pub(crate) messages: u16,
    /// The list or the B-tree.
    pub(crate) address: Address,
    /// The fractal heap of the messages.
    pub(crate) heap: Address,
}

/// How an index of shared messages is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SharedIndexKind {
    /// A [`SharedList`].
    List,
    /// A version 2 B-tree of type 7.
    BTree,
}

impl MasterTable {
    /// Bytes of one index, with 8-byte addresses at most.
    const INDEX_SIZE: usize = 30;
}

impl Structure for MasterTable {
    const NAME: &'static str = "Shared object header message table";
    /// The number of indexes, from the shared message table message.
    type Context = u8;

    fn size_hint(&indexes: &u8, _: Widths) -> usize {
        usize::from(indexes).saturating_mul(Self::INDEX_SIZE).saturating_add(8)
    }

    fn decode(r: &mut Reader<'_>, &indexes: &u8) -> Result<Self> {
        Signature::<{ tag(b"SMTB") }>::decode(r)?;
        let indexes = (0..indexes).map(|_| SharedIndex::decode(r)).collect::<Result<_>>()?;
        r.checksum()?;
        Ok(Self { indexes })
    }

    fn encode(&self, w: &mut Writer, &indexes: &u8) {
        if self.indexes.len() != usize::from(indexes) {
            w.overflow("number of indexes");
        }
        Signature::<{ tag(b"SMTB") }>.encode(w);
        self.indexes.iter().for_each(|index| index.encode(w));
        w.checksum();
    }
}

impl Field for SharedIndex {
    fn decode(r: &mut Reader<'_>) -> Result<Self> {
        Version::<0>::decode(r)?;
        let kind = match r.u8()? {
            0 => SharedIndexKind::List,
            1 => SharedIndexKind::BTree,
            code => return Err(r.unsupported("index type", format!("index type {code}"))),
        };
        Ok(Self {
            kind,
            message_types: r.u16()?,
            min_message_size: r.u32()?,
            list_max: r.u16()?,
            btree_min: r.u16()?,
            messages: r.u16()?,
            address: r.file_address()?,
            heap: r.file_address()?,
        })
    }

    fn encode(&self, w: &mut Writer) {
        Version::<0>.encode(w);
        w.u8(match self.kind {
            SharedIndexKind::List => 0,
            SharedIndexKind::BTree => 1,
        });
        w.u16(self.message_types);
        w.u32(self.min_message_size);
        w.u16(self.list_max);
        w.u16(self.btree_min);
        w.u16(self.messages);
        w.file_address(self.address);
        w.file_address(self.heap);
    }
}

/// An index of shared messages that is a list, in no order. The checksum follows the last record;
/// the space behind it, up to the list's maximum, is unused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SharedList {
    pub(crate) records: Vec<SharedMessage>,
}

impl Structure for SharedList {
    const NAME: &'static str = "Shared message record list";
    /// The number of records, from the master table.
    type Context = u16;

    fn size_hint(&records: &u16, widths: Widths) -> usize {
        usize::from(records).saturating_mul(SharedMessage::size(&(), widths)).saturating_add(8)
    }

    fn decode(r: &mut Reader<'_>, &records: &u16) -> Result<Self> {
        Signature::<{ tag(b"SMLI") }>::decode(r)?;
        let size = SharedMessage::size(&(), r.widths());
        let records = (0..records)
            .map(|_| SharedMessage::decode(&mut r.sub(size, Self::NAME)?, &()))
            .collect::<Result<_>>()?;
        r.checksum()?;
        Ok(Self { records })
    }

    fn encode(&self, w: &mut Writer, &records: &u16) {
        if self.records.len() != usize::from(records) {
            w.overflow("number of records");
        }
        Signature::<{ tag(b"SMLI") }>.encode(w);
        let size = SharedMessage::size(&(), w.widths());
        for record in &self.records {
            let end = w.position().saturating_add(size);
            record.encode(w, &());
            w.zeros_to(end);
        }
        w.checksum();
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]
    use super::*;
    use crate::format::btree_v2::SharedMessageLocation;
    use crate::format::testing::{addresses, structure_tests};
    use proptest::prelude::*;

    fn tables() -> impl Strategy<Value = MasterTable> {
        let index = (any::<bool>(), any::<(u16, u32, u16, u16, u16)>(), addresses(), addresses()).prop_map(
            |(list, (message_types, min_message_size, list_max, btree_min, messages), address, heap)| {
                SharedIndex {
                    kind: if list { SharedIndexKind::List } else { SharedIndexKind::BTree },
                    message_types,
                    min_message_size,
                    list_max,
                    btree_min,
                    messages,
                    address,
                    heap,
                }
            },
        );
        prop::collection::vec(index, 2).prop_map(|indexes| MasterTable { indexes })
    }

    structure_tests! {
        master_table: MasterTable, context = 2, values = tables(),
        real = [
            "534d5442 00000a0010000000c800640004004002000000000000900f000000000000
             000020181 0000000c80064000f005a1a000000000000aa27000000000000 cdb2c2ea",
        ],
        checksum = true
    }

    fn lists() -> impl Strategy<Value = SharedList> {
        let location = prop_oneof![
            any::<(u32, [u8; 8])>()
                .prop_map(|(references, id)| SharedMessageLocation::Heap { references, id }),
            (any::<(u8, u16)>(), addresses()).prop_map(|((message_type, index), address)| {
                SharedMessageLocation::Header { message_type, index, address }
            }),
        ];
        let record = (any::<u32>(), location).prop_map(|(hash, location)| SharedMessage { hash, location });
        prop::collection::vec(record, 4).prop_map(|records| SharedList { records })
    }

    structure_tests! {
        shared_list: SharedList, context = 4, values = lists(),
        real = [
            "534d4c49 00012b0d6b0e000000002a000000002400 009fde3629 0e00000000160000000014 00
             0017ff1bb305000000004e0000000014000 0d453ca91050000000062000000004300 d03f3427",
        ],
        checksum = true
    }
}
