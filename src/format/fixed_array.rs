//! The fixed array: the chunk index of datasets whose size is bounded. Specification VII.C.

use super::chunk_index::{ChunkElement, ElementShape, PageBitmap, PageContext, block_overhead};
use super::fields::{Checksum, Length, Signature, Version, tag};
use super::{Address, Reader, Structure, Widths, Writer};
use crate::Result;

on_disk! {
    /// Fixed array header, "FAHD". Specification VII.C.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub(crate) struct Header as "Fixed array header" {
        pub(crate) _signature: Signature<{ tag(b"FAHD") }>,
        pub(crate) _version: Version<0>,
        pub(crate) client_id: u8,
        pub(crate) entry_size: u8,
        pub(crate) page_bits: u8,
        pub(crate) entries: Length,
        pub(crate) data_block: Address,
        pub(crate) _checksum: Checksum,
    }
}

/// The lengths and places within a data block, which the file does not store.
///
/// Lengths saturate: what does not fit 64 bits is in no file, so reading it fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Geometry {
    pub(crate) shape: ElementShape,
    /// Number of elements.
    pub(crate) entries: u64,
    page_bits: u8,
}

impl Geometry {
    pub(crate) fn new(shape: ElementShape, entries: u64, page_bits: u8) -> Self {
        Self { shape, entries, page_bits }
    }

    /// From a header, whose fields it checks.
    pub(crate) fn from_header(header: &Header, widths: Widths) -> Result<Self> {
        let shape = ElementShape::from_header(header.client_id, header.entry_size, widths)
            .map_err(|error| error.in_structure(Header::NAME))?;
        Ok(Self::new(shape, header.entries.0, header.page_bits))
    }

    /// The header of an array of this geometry.
    pub(crate) fn header(self, data_block: Address, widths: Widths) -> Header {
        Header {
            _signature: Signature,
            _version: Version,
            client_id: self.shape.client_id(),
            entry_size: self.shape.len(widths),
            page_bits: self.page_bits,
            entries: Length(self.entries),
            data_block,
            _checksum: Checksum,
        }
    }

    /// Elements in every page but the last.
    pub(crate) fn page_entries(self) -> u64 {
        1_u64.checked_shl(u32::from(self.page_bits)).unwrap_or(u64::MAX)
    }

    /// Whether the elements are in pages behind the data block and not in it.
    pub(crate) fn is_paged(self) -> bool {
        self.entries > self.page_entries()
    }

    /// Number of pages; 0 if not paged.
    pub(crate) fn pages(self) -> u64 {
        if self.is_paged() { self.entries.div_ceil(self.page_entries()) } else { 0 }
    }

    /// Bytes of the page bitmap; 0 if not paged.
    pub(crate) fn bitmap_len(self) -> u64 {
        self.pages().div_ceil(8)
    }

    /// The shape of a page; the last one is shorter than the others.
    pub(crate) fn page(self, page: u64) -> PageContext {
        let before = page.saturating_mul(self.page_entries());
        let count = self.entries.saturating_sub(before).min(self.page_entries());
        PageContext { shape: self.shape, count }
    }

    /// Where a page starts, counted from the start of the data block.
    pub(crate) fn page_offset(self, page: u64, widths: Widths) -> u64 {
        let full = PageContext { shape: self.shape, count: self.page_entries() };
        self.block_len(widths).saturating_add(page.saturating_mul(full.len(widths)))
    }

    /// Bytes of the data block itself: with its elements, or with its bitmap but not the pages.
    pub(crate) fn block_len(self, widths: Widths) -> u64 {
        let body = match self.is_paged() {
            true => self.bitmap_len(),
            false => self.shape.len_of(self.entries, widths),
        };
        body.saturating_add(block_overhead(widths))
    }

    /// Bytes of the data block with all its pages, which are allocated together.
    pub(crate) fn allocated_len(self, widths: Widths) -> u64 {
        match self.pages().checked_sub(1) {
            None => self.block_len(widths),
            Some(last) => self.page_offset(last, widths).saturating_add(self.page(last).len(widths)),
        }
    }
}

/// Fixed array data block, "FADB", without the pages that may follow it. Specification VII.C.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DataBlock {
    /// Address of the array's header.
    pub(crate) header: Address,
    pub(crate) body: DataBlockBody,
}

/// What a data block holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum DataBlockBody {
    Elements(Vec<ChunkElement>),
    /// The elements are in pages.
    Pages(PageBitmap),
}

const TAG: u32 = tag(b"FADB");

impl Structure for DataBlock {
    const NAME: &'static str = "Fixed array data block";
    type Context = Geometry;

    fn size_hint(context: &Geometry, widths: Widths) -> usize {
        usize::try_from(context.block_len(widths)).unwrap_or(usize::MAX)
    }

    fn decode(r: &mut Reader<'_>, geometry: &Geometry) -> Result<Self> {
        let header = geometry.shape.decode_prefix::<TAG>(r)?;
        let body = if geometry.is_paged() {
            DataBlockBody::Pages(PageBitmap::decode(r, geometry.bitmap_len())?)
        } else {
            DataBlockBody::Elements(geometry.shape.decode(r, geometry.entries)?)
        };
        r.checksum()?;
        Ok(Self { header, body })
    }

    fn encode(&self, w: &mut Writer, geometry: &Geometry) {
        geometry.shape.encode_prefix::<TAG>(w, self.header);
        match &self.body {
            DataBlockBody::Elements(elements) => geometry.shape.encode(w, elements),
            DataBlockBody::Pages(bitmap) => bitmap.encode(w),
        }
        w.checksum();
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]
    use super::super::chunk_index::tests::{FILTERED_2, addresses, elements};
    use super::*;
    use crate::format::testing::{hex, structure_tests};
    use proptest::prelude::*;

    const PLAIN_4: Geometry = Geometry { shape: ElementShape::UNFILTERED, entries: 4, page_bits: 10 };
    const FILTERED_4: Geometry = Geometry { shape: FILTERED_2, entries: 4, page_bits: 10 };
    const PAGED: Geometry = Geometry { shape: FILTERED_2, entries: 2050, page_bits: 10 };

    fn headers() -> impl Strategy<Value = Header> {
        (0_u8..2, any::<u8>(), any::<u8>(), 0_u64..0xffff, addresses()).prop_map(
            |(client_id, entry_size, page_bits, entries, data_block)| Header {
                _signature: Signature,
                _version: Version,
                client_id,
                entry_size,
                page_bits,
                entries: Length(entries),
                data_block,
                _checksum: Checksum,
            },
        )
    }

    structure_tests! { header: Header, context = (), values = headers(),
    real = ["464148440000080a0400000000000000eb01000000000000c954e7dc", "4641484400010e0a0400000000000000eb010000000000002dc2ae58"], checksum = true }
    structure_tests! { plain_block: DataBlock, context = PLAIN_4,
    values = (addresses(), elements(ElementShape::UNFILTERED, 4)).prop_map(|(header, elements)| DataBlock {
        header, body: DataBlockBody::Elements(elements) }),
    real = ["464144420000cf010000000000000008000000000000040800000000000008080000000000000c08000000000000fdaee8cc"], checksum = true }
    structure_tests! { filtered_block: DataBlock, context = FILTERED_4,
    values = (addresses(), elements(FILTERED_2, 4)).prop_map(|(header, elements)| DataBlock {
        header, body: DataBlockBody::Elements(elements) }),
    real = ["464144420001cf0100000000000000080000000000000c00000000000c080000000000000c000000000018080000000000000c000000000024080000000000000c0000000000d4d0c797"], checksum = true }
    structure_tests! { paged_block: DataBlock, context = PAGED,
    values = (addresses(), 0_u64..3).prop_map(|(header, page)| {
        let mut bitmap = PageBitmap::empty(1);
        bitmap.set(page);
        DataBlock { header, body: DataBlockBody::Pages(bitmap) } }),
    real = ["464144420001cf01000000000000e095dbf5d6"], checksum = true }

    /// The last page of 2050 elements of 1024 to a page has two.
    #[test]
    fn pages_of_a_real_block() {
        let widths = Widths::default();
        assert_eq!(PAGED.pages(), 3);
        assert_eq!(PAGED.page(2).count, 2);
        assert_eq!(PAGED.block_len(widths), 19);
        assert_eq!(PAGED.page_offset(2, widths), 19 + 2 * (1024 * 14 + 4));
        assert_eq!(PAGED.allocated_len(widths), 19 + 2050 * 14 + 3 * 4);
    }

    #[test]
    fn hostile_geometry_is_an_error_and_not_an_allocation() {
        for (entries, page_bits) in [(u64::MAX, 255), (u64::MAX, 0), (1 << 60, 10), (1 << 40, 63)] {
            let geometry = Geometry::new(ElementShape::UNFILTERED, entries, page_bits);
            let bytes = hex(
                "464144420000cf010000000000000008000000000000040800000000000008080000000000000c08000000000000fdaee8cc",
            );
            let mut r = Reader::new(&bytes, 0, Widths::default(), "");
            assert!(DataBlock::decode(&mut r, &geometry).is_err());
            let _ = (geometry.allocated_len(Widths::default()), geometry.page(u64::MAX));
        }
    }
}
