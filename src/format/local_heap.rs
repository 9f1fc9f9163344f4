//! Local heaps: the names of an old-style group's links. Specification III.D.

use super::fields::{Length, Reserved, Signature, Version, tag};
use super::{Address, Reader, Structure, Widths, Writer};
use crate::Result;

on_disk! {
    /// Local heap header, "HEAP". Specification III.D.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub(crate) struct LocalHeap as "Local heap" {
        pub(crate) _signature: Signature<{ tag(b"HEAP") }>,
        pub(crate) _version: Version<0>,
        pub(crate) reserved: Reserved<3>,
        /// Bytes of the data segment.
        pub(crate) segment_len: Length,
        /// Offset of the first free block in the data segment; 1 if there is none.
        pub(crate) free_list: Length,
        pub(crate) segment: Address,
    }
}

impl LocalHeap {
    /// The offset of the first free block, if there is none.
    pub(crate) const NO_FREE_BLOCK: u64 = 1;
}

/// What the header says of a data segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SegmentShape {
    pub(crate) len: usize,
    /// Offset of the first free block.
    pub(crate) free_list: u64,
}

/// The data segment of a local heap: NUL-terminated names among free blocks, which lie within it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DataSegment {
    pub(crate) bytes: Vec<u8>,
}

impl Structure for DataSegment {
    const NAME: &'static str = "Local heap data segment";
    type Context = SegmentShape;

    fn size_hint(shape: &SegmentShape, _: Widths) -> usize {
        shape.len
    }

    fn decode(r: &mut Reader<'_>, shape: &SegmentShape) -> Result<Self> {
        let segment = Self { bytes: r.bytes(shape.len)?.to_vec() };
        match segment.has_free_list(shape.free_list, r.widths()) {
            true => Ok(segment),
            false => Err(r.error("free list", "the free blocks are not within the heap")),
        }
    }

    fn encode(&self, w: &mut Writer, shape: &SegmentShape) {
        if self.bytes.len() != shape.len {
            w.overflow("data segment");
        }
        w.bytes(&self.bytes);
    }
}

impl DataSegment {
    /// Whether the free blocks from the one at `first` on lie within the segment, and end.
    fn has_free_list(&self, first: u64, widths: Widths) -> bool {
        let field = usize::from(widths.length);
        // Each block has at least room for the two fields that describe it.
        let most = self.bytes.len().checked_div(field).unwrap_or(0);
        let mut block = first;
        for _ in 0..=most {
            if block == LocalHeap::NO_FREE_BLOCK {
                return true;
            }
            let Some(bytes) = usize::try_from(block).ok().and_then(|at| self.bytes.get(at..)) else {
                return false;
            };
            let mut r = Reader::new(bytes, block, widths, Self::NAME);
            let (Ok(next), Ok(len)) = (r.length(), r.length()) else { return false };
            if next == 0 || len > bytes.len() as u64 {
                return false;
            }
            block = next;
        }
        false
    }

    /// The text that starts at `offset`, without its terminating NUL.
    pub(crate) fn text(&self, offset: u64) -> Option<&[u8]> {
        let rest = self.bytes.get(usize::try_from(offset).ok()?..)?;
        let len = rest.iter().position(|&byte| byte == 0)?;
        rest.get(..len)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]
    use super::*;
    use crate::format::testing::{decode, structure_tests};
    use proptest::prelude::*;

    fn heaps() -> impl Strategy<Value = LocalHeap> {
        (0..60_000_u64, 0..60_000_u64, 0..60_000_u64).prop_map(|(len, free, segment)| LocalHeap {
            _signature: Signature,
            _version: Version,
            reserved: Reserved::default(),
            segment_len: Length(len),
            free_list: Length(free),
            segment: Address::new(segment),
        })
    }

    /// From groups-few-earliest.h5.
    const HEAP: &str = "484541500000000058000000000000002000000000000000c802000000000000";

    structure_tests! {
        heap: LocalHeap, context = (), values = heaps(), real = [HEAP], checksum = false
    }

    #[test]
    fn a_segment_whose_free_list_leaves_it_is_refused() {
        let bytes = [[0; 8], 1_u64.to_le_bytes(), 16_u64.to_le_bytes()].concat();
        let segment = |free_list| {
            let shape = SegmentShape { len: bytes.len(), free_list };
            decode::<DataSegment>(&bytes, &shape, Widths::default())
        };
        assert_eq!(segment(8).unwrap().bytes, bytes);
        assert!(segment(1).is_ok() && segment(16).is_err());
    }

    #[test]
    fn free_blocks_lie_within_the_segment() {
        let segment = |next: u64, len: u64| {
            let blocks =
                [[0; 8], next.to_le_bytes(), len.to_le_bytes(), 1_u64.to_le_bytes(), 16_u64.to_le_bytes()];
            DataSegment { bytes: blocks.concat() }
        };
        let good = |segment: DataSegment, first| segment.has_free_list(first, Widths::default());
        assert!(good(segment(1, 16), 1));
        assert!(good(segment(1, 32), 8));
        assert!(good(segment(24, 16), 8));
        assert!(!good(segment(1, 33), 8), "a block too long");
        assert!(!good(segment(0, 16), 8), "no next block at the start");
        assert!(!good(segment(40, 16), 8), "the next block is past the end");
        assert!(!good(segment(8, 16), 8), "a cycle");
        assert!(!good(segment(1, 16), 33));
        assert!(!good(segment(1, 16), u64::MAX));
    }

    #[test]
    fn text_ends_at_its_nul_and_inside_the_segment() {
        let segment = DataSegment { bytes: b"\0\0ships\0open".to_vec() };
        assert_eq!(segment.text(2), Some(&b"ships"[..]));
        assert_eq!(segment.text(0), Some(&b""[..]));
        assert_eq!(segment.text(8), None, "without a NUL");
        assert_eq!(segment.text(12), None);
        assert_eq!(segment.text(u64::MAX), None);
    }
}
