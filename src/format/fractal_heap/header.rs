//! Fractal heap header, "FRHP".

use super::{DoublingTable, IdShape};
use crate::Result;
use crate::format::fields::{Field, Signature, Version, tag};
use crate::format::{Address, Reader, Structure, Writer};

/// The heap's header, whose address every block repeats. Specification III.G; notes:
/// format-spec-notes/fractal-heap.md.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct HeapHeader {
    /// Bytes of every id of the heap.
    pub(crate) id_length: u16,
    /// See the constants; unknown bits are kept.
    pub(crate) flags: u8,
    /// Larger objects are huge.
    pub(crate) max_managed: u32,
    /// The last id given to a huge object.
    pub(crate) next_huge_id: u64,
    /// Version 2 B-tree of the huge objects.
    pub(crate) huge_tree: Address,
    /// Bytes free in all blocks the heap's size covers, made or not.
    pub(crate) managed_free: u64,
    /// Free-space manager of the managed blocks.
    pub(crate) free_space: Address,
    /// Bytes of heap address space that the root block covers.
    pub(crate) managed_size: u64,
    /// Bytes of the direct blocks that exist.
    pub(crate) managed_allocated: u64,
    /// Where, in the heap's address space, the next direct block goes.
    pub(crate) iterator_offset: u64,
    pub(crate) managed_count: u64,
    /// Bytes of the huge objects.
    pub(crate) huge_size: u64,
    pub(crate) huge_count: u64,
    /// Bytes of the tiny objects.
    pub(crate) tiny_size: u64,
    pub(crate) tiny_count: u64,
    pub(crate) table: DoublingTable,
    /// Undefined in a heap without managed objects.
    pub(crate) root: Address,
    /// Rows of the root indirect block; 0 if the root is a direct block.
    pub(crate) root_rows: u16,
    pub(crate) filters: Option<HeapFilters>,
}

/// What a header holds only if direct blocks and huge objects are filtered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct HeapFilters {
    /// Bytes of the root direct block after the filters.
    pub(crate) root_size: u64,
    pub(crate) root_mask: u32,
    /// An encoded filter pipeline message.
    pub(crate) pipeline: Vec<u8>,
}

impl HeapHeader {
    /// Flag: ids of huge objects have wrapped around.
    pub(crate) const HUGE_IDS_WRAPPED: u8 = 0x01;
    /// Flag: direct blocks have a checksum.
    pub(crate) const CHECKSUMMED: u8 = 0x02;

    /// The header of a heap without objects.
    pub(crate) fn empty(table: DoublingTable, id_length: u16, max_managed: u32) -> Self {
        Self {
            id_length,
            flags: Self::CHECKSUMMED,
            max_managed,
            next_huge_id: 0,
            huge_tree: Address::UNDEFINED,
            managed_free: 0,
            free_space: Address::UNDEFINED,
            managed_size: 0,
            managed_allocated: 0,
            iterator_offset: 0,
            managed_count: 0,
            huge_size: 0,
            huge_count: 0,
            tiny_size: 0,
            tiny_count: 0,
            table,
            root: Address::UNDEFINED,
            root_rows: 0,
            filters: None,
        }
    }

    /// Whether direct blocks have a checksum.
    pub(crate) fn checksummed(&self) -> bool {
        self.flags & Self::CHECKSUMMED != 0
    }

    /// How ids of this heap are laid out.
    pub(crate) fn id_shape(&self) -> IdShape {
        let length = super::super::btree_v2::bytes_for(u64::from(self.max_managed));
        IdShape {
            length: self.id_length,
            offset_width: self.table.offset_width() as u8,
            length_width: (self.table.max_direct_width() as u8).min(length),
            filtered: self.filters.is_some(),
        }
    }

    fn decode_filters(r: &mut Reader<'_>, length: u16) -> Result<Option<HeapFilters>> {
        if length == 0 {
            return Ok(None);
        }
        let (root_size, root_mask) = (r.length()?, r.u32()?);
        Ok(Some(HeapFilters { root_size, root_mask, pipeline: r.bytes(usize::from(length))?.to_vec() }))
    }

    fn encode_filters(&self, w: &mut Writer) {
        if let Some(filters) = &self.filters {
            w.length(filters.root_size);
            w.u32(filters.root_mask);
            w.bytes(&filters.pipeline);
        }
    }
}

/// The largest id that the reference library makes.
const MAX_ID_LENGTH: u16 = 4097;

impl Structure for HeapHeader {
    const NAME: &'static str = "fractal heap header";
    type Context = ();

    fn decode(r: &mut Reader<'_>, (): &()) -> Result<Self> {
        Signature::<{ tag(b"FRHP") }>::decode(r)?;
        Version::<0>::decode(r)?;
        let id_length = r.u16()?;
        let filter_length = r.u16()?;
        let mut header = Self {
            flags: r.u8()?,
            max_managed: r.u32()?,
            next_huge_id: r.length()?,
            huge_tree: r.file_address()?,
            managed_free: r.length()?,
            free_space: r.file_address()?,
            managed_size: r.length()?,
            managed_allocated: r.length()?,
            iterator_offset: r.length()?,
            managed_count: r.length()?,
            huge_size: r.length()?,
            huge_count: r.length()?,
            tiny_size: r.length()?,
            tiny_count: r.length()?,
            table: DoublingTable {
                width: r.u16()?,
                start_block: r.length()?,
                max_direct: r.length()?,
                max_bits: r.u16()?,
                start_rows: r.u16()?,
            },
            root: r.file_address()?,
            root_rows: r.u16()?,
            id_length,
            filters: None,
        };
        header.filters = Self::decode_filters(r, filter_length)?;
        r.checksum()?;
        let shape = header.id_shape();
        header.table =
            header.table.checked().map_err(|error| error.in_structure(Self::NAME).at(r.address()))?;
        if header.root_rows > header.table.max_root_rows() {
            return Err(r.error("rows in root", "the root block has more rows than the heap"));
        }
        if !(shape.min_length()..=MAX_ID_LENGTH).contains(&header.id_length) {
            return Err(r.error("id length", "ids of this length do not suit the heap"));
        }
        Ok(header)
    }

    fn encode(&self, w: &mut Writer, (): &()) {
        Signature::<{ tag(b"FRHP") }>.encode(w);
        Version::<0>.encode(w);
        w.u16(self.id_length);
        let filter_length = self.filters.as_ref().map_or(0, |filters| filters.pipeline.len() as u64);
        w.uint(filter_length, 2, "filter length");
        w.u8(self.flags);
        w.u32(self.max_managed);
        w.length(self.next_huge_id);
        w.file_address(self.huge_tree);
        w.length(self.managed_free);
        w.file_address(self.free_space);
        for length in [
            self.managed_size,
            self.managed_allocated,
            self.iterator_offset,
            self.managed_count,
            self.huge_size,
            self.huge_count,
            self.tiny_size,
            self.tiny_count,
        ] {
            w.length(length);
        }
        w.u16(self.table.width);
        w.length(self.table.start_block);
        w.length(self.table.max_direct);
        w.u16(self.table.max_bits);
        w.u16(self.table.start_rows);
        w.file_address(self.root);
        w.u16(self.root_rows);
        self.encode_filters(w);
        w.checksum();
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]
    use super::*;
    use crate::format::testing::structure_tests;
    use proptest::prelude::*;

    fn headers() -> impl Strategy<Value = HeapHeader> {
        let table =
            DoublingTable { width: 4, start_block: 512, max_direct: 4096, max_bits: 40, start_rows: 1 };
        let filters = proptest::option::of((any::<u64>(), any::<u32>(), vec_of_bytes()));
        (any::<[u64; 12]>(), 8..100_u16, any::<u32>(), any::<u8>(), 0..5_u16, filters).prop_map(
            move |(n, id_length, max_managed, flags, root_rows, filters)| HeapHeader {
                flags,
                next_huge_id: n[0],
                huge_tree: Address::new(n[1]),
                managed_free: n[2],
                free_space: Address::new(n[3]),
                managed_size: n[4],
                managed_allocated: n[5],
                iterator_offset: n[6],
                managed_count: n[7],
                huge_size: n[8],
                huge_count: n[9],
                tiny_size: n[10],
                root: Address::new(n[11]),
                root_rows,
                filters: filters.map(|(root_size, root_mask, pipeline)| HeapFilters {
                    root_size,
                    root_mask,
                    pipeline,
                }),
                ..HeapHeader::empty(table.clone(), id_length, max_managed)
            },
        )
    }

    fn vec_of_bytes() -> impl Strategy<Value = Vec<u8>> {
        proptest::collection::vec(any::<u8>(), 1..20)
    }

    /// By libhdf5.
    const SMALL: &str = "
46524850000700000002001000000000000000000000ffffffffffffffffc900000000000000bd020000000000000002
000000000000000200000000000000000000000000000c00000000000000000000000000000000000000000000000000
00000000000000000000000000000400000200000000000000000100000000002000010029070000000000000000d387
7a4a";
    const LARGE: &str = "
465248500007000000020010000001000000000000005c04000000000000236f0000000000000a020000000000000080
000000000000001400000000000000500000000000004700000000000000332300000000000001000000000000000000
000000000000000000000000000004000002000000000000000001000000000020000100d3060000000000000500bf29
a16b";

    structure_tests! { header: HeapHeader, context = (), values = headers(), real = [SMALL, LARGE], checksum = true }
}
