//! Version 2 B-tree nodes: leaf, "BTLF", and internal, "BTIN".

use std::sync::Arc;

use super::{Geometry, Record};
use crate::Result;
use crate::format::fields::{Field, Signature, Version, tag};
use crate::format::{Address, Reader, Structure, Widths, Writer};

/// A leaf or internal node. Specification III.A.2; notes: format-spec-notes/btree-v2.md.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Node<R> {
    /// In ascending order.
    pub(crate) records: Vec<R>,
    /// Empty in a leaf, else one more than there are records: child i is below record i.
    pub(crate) children: Vec<Child>,
}

/// A pointer from an internal node to a node below it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Child {
    pub(crate) address: u64,
    /// Records in the child itself.
    pub(crate) records: u16,
    /// Records in the child and everything below it; not stored for leaves, where it is `records`.
    pub(crate) total: u64,
}

/// What a node does not say of itself: its pointer does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NodeContext<R: Record> {
    pub(crate) params: R::Params,
    pub(crate) geometry: Arc<Geometry>,
    /// 0 for a leaf.
    pub(crate) depth: u16,
    /// How many records to decode; encoding takes the node's own.
    pub(crate) records: u16,
}

type LeafSignature = Signature<{ tag(b"BTLF") }>;
type InternalSignature = Signature<{ tag(b"BTIN") }>;

impl<R: Record> Structure for Node<R> {
    const NAME: &'static str = "version 2 B-tree node";
    type Context = NodeContext<R>;

    fn size_hint(context: &Self::Context, widths: Widths) -> usize {
        usize::try_from(context.geometry.used_size(widths, context.depth, context.records)).unwrap_or(0)
    }

    fn decode(r: &mut Reader<'_>, context: &Self::Context) -> Result<Self> {
        let geometry = &context.geometry;
        if context.depth == 0 {
            LeafSignature::decode(r)?;
        } else {
            InternalSignature::decode(r)?;
        }
        Version::<0>::decode(r)?;
        let record_type = r.u8()?;
        if record_type != R::TYPE {
            return Err(r.error("type", format!("the record type is {record_type}, not {}", R::TYPE)));
        }
        if context.records > geometry.max_records(context.depth) {
            return Err(r.error("records", "there are more records than fit into the node"));
        }
        let size = R::size(&context.params, r.widths());
        if size != usize::from(geometry.record_size()) {
            return Err(r.error("record size", "the record size does not suit the record type"));
        }
        let mut records = Vec::with_capacity(usize::from(context.records));
        for _ in 0..context.records {
            records.push(R::decode(&mut r.sub(size, "version 2 B-tree record")?, &context.params)?);
        }
        let mut children = Vec::new();
        if context.depth > 0 {
            children.reserve_exact(usize::from(context.records).saturating_add(1));
            for _ in 0..=context.records {
                children.push(Child::decode(r, geometry, context.depth)?);
            }
        }
        r.checksum()?;
        Ok(Self { records, children })
    }

    fn encode(&self, w: &mut Writer, context: &Self::Context) {
        let geometry = &context.geometry;
        if context.depth == 0 {
            LeafSignature::default().encode(w);
        } else {
            InternalSignature::default().encode(w);
        }
        w.u8(0);
        w.u8(R::TYPE);
        if self.records.len() > usize::from(geometry.max_records(context.depth)) {
            w.overflow("records");
        }
        for record in &self.records {
            let end = w.position().saturating_add(usize::from(geometry.record_size()));
            record.encode(w, &context.params);
            w.zeros_to(end);
        }
        for child in &self.children {
            child.encode(w, geometry, context.depth);
        }
        w.checksum();
    }

    fn encoded_len(&self, context: &Self::Context, widths: Widths) -> Option<usize> {
        let records = u16::try_from(self.records.len()).ok()?;
        usize::try_from(context.geometry.used_size(widths, context.depth, records)).ok()
    }
}

impl Child {
    fn decode(r: &mut Reader<'_>, geometry: &Geometry, depth: u16) -> Result<Self> {
        let address = r.file_address()?.get();
        let address = address.ok_or_else(|| r.error("child", "the address is undefined"))?;
        let count = r.uint(geometry.count_width())?;
        let records =
            u16::try_from(count).ok().filter(|&n| n <= geometry.max_records(depth.saturating_sub(1)));
        let records =
            records.ok_or_else(|| r.error("child", "there are more records than fit into a node"))?;
        let total = match geometry.total_width(depth) {
            0 => u64::from(records),
            width => r.uint(width)?,
        };
        if total < u64::from(records) {
            return Err(r.error("child", "the total is less than the records of the node itself"));
        }
        Ok(Self { address, records, total })
    }

    fn encode(&self, w: &mut Writer, geometry: &Geometry, depth: u16) {
        w.file_address(Address::new(self.address));
        w.uint(u64::from(self.records), geometry.count_width(), "records in child");
        match geometry.total_width(depth) {
            0 if self.total == u64::from(self.records) => {}
            width => w.uint(self.total, width, "total records in child"),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]
    use super::super::*;
    use super::*;
    use crate::format::fields::Length;
    use crate::format::testing::{check_bytes, check_flips, check_value, decode, hex};
    use proptest::prelude::*;

    fn context<R: Record>(
        params: R::Params,
        node_size: u32,
        depth: u16,
        records: u16,
        widths: Widths,
    ) -> NodeContext<R> {
        let size = R::size(&params, widths) as u16;
        let geometry = Arc::new(Geometry::new(widths, node_size, size, depth).unwrap());
        NodeContext { params, geometry, depth, records }
    }

    fn check_real<R: Record>(
        params: R::Params,
        node_size: u32,
        depth: u16,
        records: u16,
        text: &str,
    ) -> Node<R> {
        let context = context::<R>(params, node_size, depth, records, Widths::default());
        let bytes = hex(text);
        assert_eq!(bytes.len(), Node::<R>::size_hint(&context, Widths::default()));
        check_bytes::<Node<R>>(&bytes, &context, Widths::default());
        check_flips::<Node<R>>(&bytes, &context, Widths::default());
        decode(&bytes, &context, Widths::default()).unwrap()
    }

    #[test]
    fn root_of_a_tree_of_depth_three() {
        let node = check_real::<LinkName>(
            (),
            512,
            3,
            3,
            "
4254494e00051f5cb95300fda800001e00defbf5a8005db608001f0032d4e7d6001f560d001f00277b00000000000015
d14b276b110000000000151c4e278d2000000000000b692a27cf3400000000000a072601ce9dfe",
        );
        assert_eq!(node.children.iter().map(|child| child.total).sum::<u64>() + 3, 60_000);
        let node = check_real::<LinkOrder>(
            (),
            512,
            3,
            4,
            "
4254494e0006fd3400000000000000614406001f00fb690000000000000054bb0c001f00f99e00000000000000473013
001f00ddba00000000000000a39516001f00275300000000000012fd3427bb06000000000012fd3427a9140000000000
12fd3427c720000000000009e31b27dd2e000000000011822f1ed6b922",
        );
        assert_eq!(node.records[0].order, 13_565);
        assert_eq!(node.children.iter().map(|child| child.total).sum::<u64>() + 4, 60_000);
    }

    #[test]
    fn leaves_of_attributes() {
        let node = check_real::<AttributeName>(
            (),
            512,
            0,
            12,
            "
42544c460008000a030000007c000009000000bb451714002a020000006c000007000000ef1750230086000000004400
00020000009c4aff3500ca000000004c000003000000ac69753d0016040000008500000a0000000ec67447009b040000
008d00000b000000337a0554004a000000003c000001000000961f9455006a010000005c000005000000e5caf87d0016
0000000034000000000000a3bd80bc00960200000074000008000000b88bcfc800160100000054000004000000c7192b
ec00c60100000064000006000000b590a9ff941e1ff8",
        );
        assert!(node.records.is_sorted_by(|a, b| a.compare(b).is_lt()));
        assert_eq!(node.records[0].order, 9);
        let node = check_real::<AttributeOrder>(
            (),
            512,
            0,
            12,
            "
42544c46000900160000000034000000000000004a000000003c0000010000000086000000004400000200000000ca00
0000004c00000300000000160100000054000004000000006a010000005c00000500000000c601000000640000060000
00002a020000006c00000700000000960200000074000008000000000a030000007c0000090000000016040000008500
000a000000009b040000008d00000b0000001afbee53",
        );
        assert!(node.records.is_sorted_by(|a, b| a.compare(b).is_lt()));
    }

    #[test]
    fn roots_of_chunk_indexes() {
        let node = check_real::<Chunk>(
            ChunkShape { rank: 2, size_width: 0 },
            2048,
            1,
            1,
            "
4254494e000a801a0000000000000400000000000000020000000000000000100000000000002a402d00000000000039
105b4088",
        );
        assert_eq!((&*node.records[0].scaled, node.records[0].address), (&[4, 2][..], Address::new(6784)));
        let node = check_real::<FilteredChunk>(
            ChunkShape { rank: 2, size_width: 8 },
            2048,
            1,
            1,
            "
4254494e000bdf3b0000000000000f000000000000000000000004000000000000000900000000000000403d00000000
000031404d0000000000003245ea5c0f",
        );
        assert_eq!((&*node.records[0].scaled, node.records[0].size), (&[4, 9][..], 15));
    }

    #[test]
    fn leaf_of_huge_objects_and_of_shared_messages() {
        let node = check_real::<HugeIndirect>(
            (),
            512,
            0,
            1,
            "42544c460001000800000000000033230000000000000100000000000000a7c3ea6a",
        );
        assert_eq!(node.records[0].length.0, 9011);
        let node = check_real::<SharedMessage>(
            (),
            512,
            1,
            1,
            "
4254494e000700329849850100000000440100000046004e150000000000000ff8560000000000000fa784392b",
        );
        assert!(node.records.is_sorted_by(|a, b| a.compare(b).is_lt()));
    }

    #[test]
    fn hostile_counts_are_errors() {
        let good = context::<LinkName>((), 512, 3, 3, Widths::default());
        for records in [2, 4, 23, u16::MAX] {
            let context = NodeContext { records, ..good.clone() };
            assert!(
                decode::<Node<LinkName>>(
                    &hex("
4254494e00051f5cb95300fda800001e00defbf5a8005db608001f0032d4e7d6001f560d001f00277b00000000000015
d14b276b110000000000151c4e278d2000000000000b692a27cf3400000000000a072601ce9dfe"),
                    &context,
                    Widths::default()
                )
                .is_err()
            );
        }
        let other = context::<LinkOrder>((), 512, 3, 3, Widths::default());
        assert!(
            decode::<Node<LinkOrder>>(
                &hex("
4254494e00051f5cb95300fda800001e00defbf5a8005db608001f0032d4e7d6001f560d001f00277b00000000000015
d14b276b110000000000151c4e278d2000000000000b692a27cf3400000000000a072601ce9dfe"),
                &other,
                Widths::default()
            )
            .is_err()
        );
    }

    proptest! {
        #[test]
        fn values_round_trip(hashes in proptest::collection::vec(any::<(u32, [u8; 7])>(), 0..20), depth in 0..3_u16) {
            let records: Vec<_> = hashes.iter().map(|&(hash, id)| LinkName { hash, id }).collect();
            let child = |n: usize| Child { address: n as u64, records: 7, total: if depth > 1 { 100 } else { 7 } };
            let count = if depth > 0 { records.len() + 1 } else { 0 };
            let node = Node { children: (0..count).map(child).collect(), records };
            let context = context::<LinkName>((), 512, depth, hashes.len() as u16, Widths::default());
            check_value(&node, &context);
        }

        #[test]
        fn rare_records_round_trip(n in any::<[u64; 4]>(), mask in any::<u32>(), id in any::<[u8; 8]>()) {
            fn check<R: Record<Params = ()>>(record: R) {
                let context = context::<R>((), 512, 0, 1, Widths::default());
                let node = Node { records: vec![record], children: Vec::new() };
                let bytes = crate::format::encode(&node, &context, Widths::default()).unwrap();
                assert_eq!(decode::<Node<R>>(&bytes, &context, Widths::default()).unwrap(), node);
            }
            let (address, length, memory_size, id_number) =
                (Address::new(n[0]), Length(n[1]), Length(n[2]), Length(n[3]));
            check(HugeFiltered { address, length, filter_mask: mask, memory_size, id: id_number });
            check(HugeDirect { address, length });
            check(HugeFilteredDirect { address, length, filter_mask: mask, memory_size });
            check(SharedMessage { hash: mask, location: SharedMessageLocation::Heap { references: 3, id } });
            check(SharedMessage {
                hash: mask,
                location: SharedMessageLocation::Header { message_type: 3, index: 2, address },
            });
        }
    }
}
