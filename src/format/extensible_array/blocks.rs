//! The blocks of an extensible array: index block, super blocks, data blocks.

use super::Geometry;
use crate::Result;
use crate::format::chunk_index::{ChunkElement, PageBitmap};
use crate::format::fields::tag;
use crate::format::{Address, Reader, Structure, Widths, Writer};

const INDEX_BLOCK: u32 = tag(b"EAIB");
const SUPER_BLOCK: u32 = tag(b"EASB");
const DATA_BLOCK: u32 = tag(b"EADB");

/// Extensible array index block, "EAIB". Specification VII.D.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct IndexBlock {
    /// Address of the array's header.
    pub(crate) header: Address,
    pub(crate) elements: Vec<ChunkElement>,
    pub(crate) data_blocks: Vec<Address>,
    pub(crate) super_blocks: Vec<Address>,
}

impl Structure for IndexBlock {
    const NAME: &'static str = "Extensible array index block";
    type Context = Geometry;

    fn size_hint(geometry: &Geometry, widths: Widths) -> usize {
        usize::try_from(geometry.index_block_len(widths)).unwrap_or(usize::MAX)
    }

    fn decode(r: &mut Reader<'_>, geometry: &Geometry) -> Result<Self> {
        let header = geometry.shape().decode_prefix::<INDEX_BLOCK>(r)?;
        let elements = geometry.shape().decode(r, geometry.index_elements())?;
        let data_blocks = decode_addresses(r, geometry.direct_blocks())?;
        let super_blocks = decode_addresses(r, geometry.super_blocks())?;
        r.checksum()?;
        Ok(Self { header, elements, data_blocks, super_blocks })
    }

    fn encode(&self, w: &mut Writer, geometry: &Geometry) {
        geometry.shape().encode_prefix::<INDEX_BLOCK>(w, self.header);
        geometry.shape().encode(w, &self.elements);
        self.data_blocks.iter().chain(&self.super_blocks).for_each(|&address| w.file_address(address));
        w.checksum();
    }
}

/// Extensible array super block ("secondary block"), "EASB". Specification VII.D.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SuperBlock {
    /// Address of the array's header.
    pub(crate) header: Address,
    /// Number of the first element, not counting those in the index block.
    pub(crate) block_offset: u64,
    /// The pages of all its data blocks, in order; empty if they are not paged.
    pub(crate) pages: PageBitmap,
    pub(crate) data_blocks: Vec<Address>,
}

impl Structure for SuperBlock {
    const NAME: &'static str = "Extensible array secondary block";
    /// The geometry and the number of the super block.
    type Context = (Geometry, u32);

    fn size_hint((geometry, level): &Self::Context, widths: Widths) -> usize {
        usize::try_from(geometry.super_block_len(*level, widths)).unwrap_or(usize::MAX)
    }

    fn decode(r: &mut Reader<'_>, (geometry, level): &Self::Context) -> Result<Self> {
        let header = geometry.shape().decode_prefix::<SUPER_BLOCK>(r)?;
        let block_offset = r.uint(geometry.offset_width())?;
        let pages = PageBitmap::decode(r, geometry.bitmap_len(*level))?;
        let data_blocks = decode_addresses(r, geometry.blocks(*level))?;
        r.checksum()?;
        Ok(Self { header, block_offset, pages, data_blocks })
    }

    fn encode(&self, w: &mut Writer, (geometry, _): &Self::Context) {
        geometry.shape().encode_prefix::<SUPER_BLOCK>(w, self.header);
        w.uint(self.block_offset, geometry.offset_width(), "block offset");
        self.pages.encode(w);
        self.data_blocks.iter().for_each(|&address| w.file_address(address));
        w.checksum();
    }
}

/// Extensible array data block, "EADB", without the pages that may follow it. Specification VII.D.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DataBlock {
    /// Address of the array's header.
    pub(crate) header: Address,
    /// See [`Geometry::block_offset`].
    pub(crate) block_offset: u64,
    /// Empty if they are in pages.
    pub(crate) elements: Vec<ChunkElement>,
}

impl Structure for DataBlock {
    const NAME: &'static str = "Extensible array data block";
    /// The geometry and the number of the super block.
    type Context = (Geometry, u32);

    fn size_hint((geometry, level): &Self::Context, widths: Widths) -> usize {
        usize::try_from(geometry.data_block_len(*level, widths)).unwrap_or(usize::MAX)
    }

    fn decode(r: &mut Reader<'_>, (geometry, level): &Self::Context) -> Result<Self> {
        let header = geometry.shape().decode_prefix::<DATA_BLOCK>(r)?;
        let block_offset = r.uint(geometry.offset_width())?;
        let count = if geometry.pages(*level) == 0 { geometry.block_elements(*level) } else { 0 };
        let elements = geometry.shape().decode(r, count)?;
        r.checksum()?;
        Ok(Self { header, block_offset, elements })
    }

    fn encode(&self, w: &mut Writer, (geometry, _): &Self::Context) {
        geometry.shape().encode_prefix::<DATA_BLOCK>(w, self.header);
        w.uint(self.block_offset, geometry.offset_width(), "block offset");
        geometry.shape().encode(w, &self.elements);
        w.checksum();
    }
}

/// Reads `count` addresses, having checked that there are so many.
fn decode_addresses(r: &mut Reader<'_>, count: u64) -> Result<Vec<Address>> {
    let len = count.saturating_mul(u64::from(r.widths().offset));
    r.clone().skip(usize::try_from(len).unwrap_or(usize::MAX))?;
    (0..count).map(|_| r.file_address()).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]
    use super::super::{Header, Parameters};
    use super::*;
    use crate::format::chunk_index::ElementShape;
    use crate::format::chunk_index::tests::{FILTERED_2, addresses, elements};
    use crate::format::fields::Length;
    use crate::format::testing::{decode, hex, structure_tests};
    use proptest::collection::vec;
    use proptest::prelude::*;

    fn plain() -> Geometry {
        Geometry::new(ElementShape::UNFILTERED, Parameters::default()).unwrap()
    }

    fn filtered() -> Geometry {
        Geometry::new(FILTERED_2, Parameters::default()).unwrap()
    }

    fn headers() -> impl Strategy<Value = Header> {
        (vec(0_u64..0xffff, 6), addresses()).prop_map(|(counts, index_block)| Header {
            super_blocks: Length(counts[0]),
            super_block_bytes: Length(counts[1]),
            data_blocks: Length(counts[2]),
            data_block_bytes: Length(counts[3]),
            used: Length(counts[4]),
            realized: Length(counts[5]),
            index_block,
            ..Header::empty(&filtered(), Widths::default())
        })
    }

    fn index_blocks(geometry: Geometry) -> impl Strategy<Value = IndexBlock> {
        (addresses(), elements(geometry.shape(), 4), vec(addresses(), 6), vec(addresses(), 25)).prop_map(
            |(header, elements, data_blocks, super_blocks)| IndexBlock {
                header,
                elements,
                data_blocks,
                super_blocks,
            },
        )
    }

    fn super_blocks(level: u32) -> impl Strategy<Value = SuperBlock> {
        let count = plain().blocks(level) as usize;
        (addresses(), any::<u32>(), 0_u64..64, vec(addresses(), count)).prop_map(
            move |(header, offset, page, blocks)| {
                let mut pages = PageBitmap::empty(plain().bitmap_len(level) as usize);
                pages.set(page);
                SuperBlock { header, block_offset: offset.into(), pages, data_blocks: blocks }
            },
        )
    }

    fn data_blocks(geometry: Geometry) -> impl Strategy<Value = DataBlock> {
        (addresses(), any::<u32>(), elements(geometry.shape(), 16)).prop_map(|(header, offset, elements)| {
            DataBlock { header, block_offset: offset.into(), elements }
        })
    }

    structure_tests! { header: Header, context = (), values = headers(),
    real = ["45414844000008200410040a0000000000000000000000000000000000000000000000000000000000000000040000000000000004000000000000001702000000000000bf19aba1", "4541484400010e200410040a040000000000000018020000000000000a00000000000000fc9200000000000010a4000000000000740a0000000000001702000000000000aab2490b"], checksum = true }
    structure_tests! { plain_index_block: IndexBlock, context = plain(), values = index_blocks(plain()),
    real = ["454149420000cf010000000000000008000000000000ffffffffffffffffffffffffffffffffffffffffffffffff4103000000000000d703000000000000ed040000000000000306000000000000ffffffffffffffff001000000000000019070000000000004f07000000000000ffffffffffffffffffffffffffffffff4218000000000000ffffffffffffffffffffffffffffffffee20000000000000ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff30bd6a18"], checksum = true }
    structure_tests! { filtered_index_block: IndexBlock, context = filtered(), values = index_blocks(filtered()),
    real = ["454149420001cf010000000000000008000000000000090000000000ffffffffffffffff000000000000ffffffffffffffff000000000000ffffffffffffffff00000000000059030000000000004f0400000000000025060000000000000010000000000000ffffffffffffffffd6110000000000006c150000000000003819000000000000ffffffffffffffffffffffffffffffff8420000000000000ffffffffffffffffffffffffffffffff302f000000000000ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff1bd6ab3d"], checksum = true }
    structure_tests! { super_block: SuperBlock, context = (plain(), 4), values = super_blocks(4),
    real = ["454153420000cf01000000000000f00000001612000000000000fffffffffffffffffffffffffffffffffffffffffffffffffc4267c2"], checksum = true }
    structure_tests! { paged_super_block: SuperBlock, context = (plain(), 13), values = super_blocks(13),
    real = [], checksum = true }
    structure_tests! { plain_data_block: DataBlock, context = (plain(), 0), values = data_blocks(plain()),
    real = ["454144420000cf0100000000000000000000ffffffffffffffff0108000000000000ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffb5909a29"], checksum = true }
    structure_tests! { filtered_data_block: DataBlock, context = (filtered(), 0), values = data_blocks(filtered()),
    real = ["454144420001cf0100000000000000000000ffffffffffffffff0000000000000908000000000000090000000000ffffffffffffffff000000000000ffffffffffffffff000000000000ffffffffffffffff000000000000ffffffffffffffff000000000000ffffffffffffffff000000000000ffffffffffffffff000000000000ffffffffffffffff000000000000ffffffffffffffff000000000000ffffffffffffffff000000000000ffffffffffffffff000000000000ffffffffffffffff000000000000ffffffffffffffff000000000000ffffffffffffffff000000000000ffffffffffffffff000000000000fb913c43"], checksum = true }

    #[test]
    fn offsets_are_those_that_the_c_library_stores() {
        let block: DataBlock =
            decode(&hex("454144420000cf0100000000000070000000ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff0308000000000000ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff50d17a98"), &(plain(), 2), Widths::default()).unwrap();
        assert_eq!(block.block_offset, plain().block_offset(2, 2));
    }

    #[test]
    fn a_block_too_large_for_its_bytes_is_an_error_and_not_an_allocation() {
        let bytes = hex(
            "454153420000cf01000000000000f00000001612000000000000fffffffffffffffffffffffffffffffffffffffffffffffffc4267c2",
        );
        assert!(decode::<SuperBlock>(&bytes, &(plain(), 28), Widths::default()).is_err());
    }
}
