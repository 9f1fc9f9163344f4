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

/// The data segment of a local heap: NUL-terminated names among free blocks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DataSegment {
    pub(crate) bytes: Vec<u8>,
}

impl Structure for DataSegment {
    const NAME: &'static str = "Local heap data segment";
    /// The length that the heap's header states.
    type Context = usize;

    fn size_hint(len: &usize, _: Widths) -> usize {
        *len
    }

    fn decode(r: &mut Reader<'_>, len: &usize) -> Result<Self> {
        Ok(Self { bytes: r.bytes(*len)?.to_vec() })
    }

    fn encode(&self, w: &mut Writer, len: &usize) {
        if self.bytes.len() != *len {
            w.overflow("data segment");
        }
        w.bytes(&self.bytes);
    }
}

impl DataSegment {
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
    use crate::format::testing::structure_tests;
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
    fn text_ends_at_its_nul_and_inside_the_segment() {
        let segment = DataSegment { bytes: b"\0\0ships\0open".to_vec() };
        assert_eq!(segment.text(2), Some(&b"ships"[..]));
        assert_eq!(segment.text(0), Some(&b""[..]));
        assert_eq!(segment.text(8), None, "without a NUL");
        assert_eq!(segment.text(12), None);
        assert_eq!(segment.text(u64::MAX), None);
    }
}
