//! What the fixed array and the extensible array share: elements, pages of them, page bitmaps.
//! Specification VII.C and VII.D; notes: format-spec-notes/chunk-indexes.md.

use super::fields::{Field, Signature, Version};
use super::{Address, Reader, Structure, Widths, Writer};
use crate::{Error, Result};

/// One element of an array index: where a chunk is.
///
/// `size` and `filter_mask` are stored for filtered chunks only; elsewhere they are zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ChunkElement {
    /// Undefined where there is no chunk.
    pub(crate) address: Address,
    /// Stored size in bytes.
    pub(crate) size: u64,
    pub(crate) filter_mask: u32,
}

impl ChunkElement {
    /// No chunk.
    pub(crate) const ABSENT: Self = Self { address: Address::UNDEFINED, size: 0, filter_mask: 0 };
}

/// How the elements of one index are encoded; the "client" of the array.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ElementShape {
    /// Bytes of the stored size, of filtered chunks.
    size_width: Option<u8>,
}

impl ElementShape {
    /// Elements that are an address only.
    pub(crate) const UNFILTERED: Self = Self { size_width: None };

    /// Elements of filtered chunks of `chunk_bytes` bytes before their filters, under a layout
    /// message of that version.
    pub(crate) fn filtered(chunk_bytes: u64, layout_version: u8, widths: Widths) -> Self {
        Self { size_width: Some(size_width(chunk_bytes, layout_version, widths)) }
    }

    /// From what an array header stores.
    pub(crate) fn from_header(client_id: u8, element_len: u8, widths: Widths) -> Result<Self> {
        let beyond_address = element_len.checked_sub(widths.offset);
        let size_width = match (client_id, beyond_address) {
            (0, Some(0)) => None,
            (1, Some(rest @ 5..=12)) => Some(rest.saturating_sub(4)),
            (0 | 1, _) => return Err(Error::format("the element size is wrong").in_field("entry_size")),
            _ => {
                return Err(
                    Error::unsupported(format!("an array of client {client_id}")).in_field("client_id")
                );
            }
        };
        Ok(Self { size_width })
    }

    /// The client identifier: 0, or 1 for filtered chunks.
    pub(crate) fn client_id(self) -> u8 {
        u8::from(self.size_width.is_some())
    }

    /// Bytes of one element.
    pub(crate) fn len(self, widths: Widths) -> u8 {
        widths.offset.saturating_add(self.size_width.map_or(0, |width| width.saturating_add(4)))
    }

    /// Bytes of `count` elements; saturates, as nothing so large is in a file.
    pub(crate) fn len_of(self, count: u64, widths: Widths) -> u64 {
        count.saturating_mul(u64::from(self.len(widths)))
    }

    /// Reads what every block of an array starts with, up to and with the address of the array's
    /// header, which is returned.
    pub(crate) fn decode_prefix<const TAG: u32>(self, r: &mut Reader<'_>) -> Result<Address> {
        Signature::<TAG>::decode(r)?;
        Version::<0>::decode(r)?;
        if r.u8()? != self.client_id() {
            return Err(r.error("client_id", "the block is of another client than its header"));
        }
        r.file_address()
    }

    /// Writes what every block of an array starts with.
    pub(crate) fn encode_prefix<const TAG: u32>(self, w: &mut Writer, header: Address) {
        Signature::<TAG>.encode(w);
        Version::<0>.encode(w);
        w.u8(self.client_id());
        w.file_address(header);
    }

    /// Reads `count` elements, having checked that there are so many.
    pub(crate) fn decode(self, r: &mut Reader<'_>, count: u64) -> Result<Vec<ChunkElement>> {
        let len = self.len_of(count, r.widths());
        // Fails here, before any allocation, if the bytes are not there.
        r.clone().skip(usize::try_from(len).unwrap_or(usize::MAX))?;
        let mut elements = Vec::with_capacity(usize::try_from(count).unwrap_or(0));
        for _ in 0..count {
            let address = r.file_address()?;
            let (size, filter_mask) = match self.size_width {
                None => (0, 0),
                Some(width) => (r.uint(usize::from(width))?, r.u32()?),
            };
            elements.push(ChunkElement { address, size, filter_mask });
        }
        Ok(elements)
    }

    /// Writes the elements.
    pub(crate) fn encode(self, w: &mut Writer, elements: &[ChunkElement]) {
        for element in elements {
            w.file_address(element.address);
            if let Some(width) = self.size_width {
                w.uint(element.size, usize::from(width), "chunk size");
                w.u32(element.filter_mask);
            }
        }
    }
}

/// Bytes of a block of an array around its body: the prefix and the checksum.
pub(crate) fn block_overhead(widths: Widths) -> u64 {
    10_u64.saturating_add(u64::from(widths.offset))
}

/// Bytes of the stored size of a filtered chunk, as the C library computes them: one more than
/// the unfiltered size needs, and the file's size of lengths under layout messages of version 5 on.
pub(crate) fn size_width(chunk_bytes: u64, layout_version: u8, widths: Widths) -> u8 {
    if layout_version >= 5 {
        return widths.length;
    }
    let log2 = chunk_bytes.checked_ilog2().unwrap_or(0);
    let width = log2.saturating_add(8).checked_div(8).unwrap_or(0).saturating_add(1);
    width.min(8) as u8
}

/// Which pages of a paged data block exist; the highest bit of a byte is its first page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PageBitmap(Vec<u8>);

impl PageBitmap {
    /// A bitmap of `len` bytes with no page set.
    pub(crate) fn empty(len: usize) -> Self {
        Self(vec![0; len])
    }

    pub(crate) fn decode(r: &mut Reader<'_>, len: u64) -> Result<Self> {
        Ok(Self(r.bytes(usize::try_from(len).unwrap_or(usize::MAX))?.to_vec()))
    }

    pub(crate) fn encode(&self, w: &mut Writer) {
        w.bytes(&self.0);
    }

    /// Whether the page was initialized; pages out of range were not.
    pub(crate) fn get(&self, page: u64) -> bool {
        usize::try_from(page >> 3)
            .ok()
            .and_then(|byte| self.0.get(byte))
            .is_some_and(|byte| byte & bit(page) != 0)
    }

    /// Marks the page as initialized.
    pub(crate) fn set(&mut self, page: u64) {
        if let Some(byte) = usize::try_from(page >> 3).ok().and_then(|byte| self.0.get_mut(byte)) {
            *byte |= bit(page);
        }
    }
}

fn bit(page: u64) -> u8 {
    0x80 >> (page & 7)
}

/// A page of a paged data block: elements and their checksum.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ElementPage {
    pub(crate) elements: Vec<ChunkElement>,
}

/// What tells how long a page is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PageContext {
    pub(crate) shape: ElementShape,
    /// Elements in the page.
    pub(crate) count: u64,
}

impl PageContext {
    /// Bytes of the page with its checksum; saturates.
    pub(crate) fn len(self, widths: Widths) -> u64 {
        self.shape.len_of(self.count, widths).saturating_add(4)
    }
}

impl Structure for ElementPage {
    const NAME: &'static str = "Data block page";
    type Context = PageContext;

    fn size_hint(context: &PageContext, widths: Widths) -> usize {
        usize::try_from(context.len(widths)).unwrap_or(usize::MAX)
    }

    fn decode(r: &mut Reader<'_>, context: &PageContext) -> Result<Self> {
        let elements = context.shape.decode(r, context.count)?;
        r.checksum()?;
        Ok(Self { elements })
    }

    fn encode(&self, w: &mut Writer, context: &PageContext) {
        context.shape.encode(w, &self.elements);
        w.checksum();
    }
}

#[cfg(test)]
pub(crate) mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]
    use super::*;
    use crate::format::testing::structure_tests;
    use proptest::prelude::*;

    pub(crate) const FILTERED_2: ElementShape = ElementShape { size_width: Some(2) };

    /// Addresses that every width of offsets can hold, and the undefined one.
    pub(crate) fn addresses() -> impl Strategy<Value = Address> {
        prop_oneof![3 => (0_u64..0xffff).prop_map(Address::new), 1 => Just(Address::UNDEFINED)]
    }

    pub(crate) fn elements(shape: ElementShape, count: usize) -> impl Strategy<Value = Vec<ChunkElement>> {
        let element =
            (addresses(), 0..=u64::from(u16::MAX), any::<u32>()).prop_map(move |(address, size, mask)| {
                match shape.size_width {
                    None => ChunkElement { address, size: 0, filter_mask: 0 },
                    Some(_) => ChunkElement { address, size, filter_mask: mask },
                }
            });
        proptest::collection::vec(element, count)
    }

    structure_tests! { page: ElementPage, context = PageContext { shape: FILTERED_2, count: 2 },
    values = elements(FILTERED_2, 2).prop_map(|elements| ElementPage { elements }),
    real = ["ffffffffffffffff00000000000012080000000000000900000000004c0b94fa"], checksum = true }

    #[test]
    fn widths_are_those_of_the_c_library() {
        for (bytes, width) in
            [(1, 2), (127, 2), (128, 2), (255, 2), (256, 3), (65536, 4), (1 << 32, 6), (u64::MAX, 8)]
        {
            assert_eq!(size_width(bytes, 4, Widths::default()), width, "{bytes}");
        }
        assert_eq!(size_width(4, 5, Widths { offset: 8, length: 4 }), 4);
    }

    #[test]
    fn shapes_from_headers() {
        let widths = Widths::default();
        assert_eq!(ElementShape::from_header(0, 8, widths).unwrap(), ElementShape::UNFILTERED);
        assert_eq!(ElementShape::from_header(1, 14, widths).unwrap(), FILTERED_2);
        for (client, len) in [(0, 9), (0, 7), (1, 8), (1, 12), (1, 21), (2, 8)] {
            assert!(ElementShape::from_header(client, len, widths).is_err(), "{client} {len}");
        }
    }

    #[test]
    fn the_first_page_is_the_highest_bit() {
        let mut bitmap = PageBitmap::empty(2);
        bitmap.set(0);
        bitmap.set(9);
        bitmap.set(99);
        assert_eq!(bitmap, PageBitmap(vec![0x80, 0x40]));
        assert!(bitmap.get(9) && !bitmap.get(8) && !bitmap.get(99));
    }
}
