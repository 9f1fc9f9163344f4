//! Fractal heap ids: what leads to an object.

use crate::Result;
use crate::format::{Address, Reader, Structure, Widths, Writer};

/// Where an object of a heap is, or the object itself. Specification III.G.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum HeapId {
    /// In a direct block.
    Managed {
        /// In the heap's own address space.
        offset: u64,
        length: u64,
    },
    /// On its own in the file; the heap's B-tree tells where.
    HugeIndirect { key: u64 },
    /// On its own in the file.
    HugeDirect { address: Address, length: u64 },
    /// On its own in the file, filtered.
    HugeFiltered {
        address: Address,
        /// Bytes in the file.
        length: u64,
        filter_mask: u32,
        /// Bytes in memory.
        memory_size: u64,
    },
    /// In the id.
    Tiny(Vec<u8>),
}

/// How the ids of one heap are laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct IdShape {
    /// Bytes of an id.
    pub(crate) length: u16,
    /// Bytes of a managed object's offset.
    pub(crate) offset_width: u8,
    /// Bytes of a managed object's length.
    pub(crate) length_width: u8,
    /// Whether the heap is filtered.
    pub(crate) filtered: bool,
}

const MANAGED: u8 = 0;
const HUGE: u8 = 1;
const TINY: u8 = 2;

/// Largest tiny object whose length fits into the first byte's four bits.
const SHORT_TINY: u16 = 16;

impl IdShape {
    /// Bytes that an id of a managed object needs.
    pub(crate) fn min_length(self) -> u16 {
        u16::from(self.offset_width).saturating_add(u16::from(self.length_width)).saturating_add(1)
    }

    /// Bytes of an id behind its first.
    fn payload(self) -> u16 {
        self.length.saturating_sub(1)
    }

    /// The largest object that goes into the id itself.
    pub(crate) fn max_tiny(self) -> u16 {
        match self.payload() {
            payload if payload <= SHORT_TINY => payload,
            payload if payload == SHORT_TINY.saturating_add(1) => SHORT_TINY,
            payload => payload.saturating_sub(1),
        }
    }

    fn long_tiny(self) -> bool {
        self.payload() > SHORT_TINY.saturating_add(1)
    }

    /// Whether ids have room for all that leads to a huge object.
    pub(crate) fn huge_direct(self, widths: Widths) -> bool {
        let (offset, length) = (u16::from(widths.offset), u16::from(widths.length));
        let plain = offset.saturating_add(length);
        let needed = if self.filtered { plain.saturating_add(length).saturating_add(4) } else { plain };
        needed <= self.payload()
    }

    /// Bytes of the key of a huge object in the heap's B-tree.
    pub(crate) fn huge_key_width(self) -> u8 {
        self.payload().min(8) as u8
    }
}

impl Structure for HeapId {
    const NAME: &'static str = "fractal heap id";
    type Context = IdShape;

    fn decode(r: &mut Reader<'_>, shape: &IdShape) -> Result<Self> {
        let mut r = r.sub(usize::from(shape.length), Self::NAME)?;
        let first = r.u8()?;
        if first & 0xc0 != 0 {
            return Err(r.error("version", format!("the version is {}, not 0", first >> 6)));
        }
        match (first >> 4) & 3 {
            MANAGED => {
                let offset = r.uint(usize::from(shape.offset_width))?;
                Ok(Self::Managed { offset, length: r.uint(usize::from(shape.length_width))? })
            }
            HUGE if !shape.huge_direct(r.widths()) => {
                Ok(Self::HugeIndirect { key: r.uint(usize::from(shape.huge_key_width()))? })
            }
            HUGE if shape.filtered => Ok(Self::HugeFiltered {
                address: r.file_address()?,
                length: r.length()?,
                filter_mask: r.u32()?,
                memory_size: r.length()?,
            }),
            HUGE => Ok(Self::HugeDirect { address: r.file_address()?, length: r.length()? }),
            TINY => {
                let mut length = usize::from(first & 0x0f);
                if shape.long_tiny() {
                    length = length.checked_shl(8).unwrap_or(0) | usize::from(r.u8()?);
                }
                let length = length.saturating_add(1);
                if length > usize::from(shape.max_tiny()) {
                    return Err(r.error("length", "the object is longer than its id"));
                }
                Ok(Self::Tiny(r.bytes(length)?.to_vec()))
            }
            other => Err(r.error("type", format!("the id type is {other}"))),
        }
    }

    fn encode(&self, w: &mut Writer, shape: &IdShape) {
        let end = w.position().saturating_add(usize::from(shape.length));
        match self {
            Self::Managed { offset, length } => {
                w.u8(MANAGED << 4);
                w.uint(*offset, usize::from(shape.offset_width), "offset");
                w.uint(*length, usize::from(shape.length_width), "length");
            }
            Self::HugeIndirect { key } => {
                w.u8(HUGE << 4);
                w.uint(*key, usize::from(shape.huge_key_width()), "key");
            }
            Self::HugeDirect { address, length } => {
                w.u8(HUGE << 4);
                w.file_address(*address);
                w.length(*length);
            }
            Self::HugeFiltered { address, length, filter_mask, memory_size } => {
                w.u8(HUGE << 4);
                w.file_address(*address);
                w.length(*length);
                w.u32(*filter_mask);
                w.length(*memory_size);
            }
            Self::Tiny(object) => {
                let length = object.len().wrapping_sub(1);
                if object.is_empty() || object.len() > usize::from(shape.max_tiny()) {
                    w.overflow("length");
                }
                if shape.long_tiny() {
                    w.u8(TINY << 4 | (length >> 8) as u8 & 0x0f);
                    w.u8(length as u8);
                } else {
                    w.u8(TINY << 4 | length as u8 & 0x0f);
                }
                w.bytes(object);
            }
        }
        if w.position() > end {
            w.overflow("id");
        }
        w.zeros_to(end);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]
    use super::*;
    use crate::format::encode;
    use crate::format::testing::{check_value, decode, hex, structure_tests};
    use proptest::prelude::*;

    const LINKS: IdShape = IdShape { length: 7, offset_width: 4, length_width: 2, filtered: false };
    const LONG: IdShape = IdShape { length: 30, offset_width: 5, length_width: 3, filtered: false };

    fn indirect() -> impl Strategy<Value = HeapId> {
        prop_oneof![
            (any::<u32>(), any::<u16>()).prop_map(|(offset, length)| HeapId::Managed {
                offset: offset.into(),
                length: length.into()
            }),
            (0..1_u64 << 48).prop_map(|key| HeapId::HugeIndirect { key }),
            proptest::collection::vec(any::<u8>(), 1..=6).prop_map(HeapId::Tiny),
        ]
    }

    fn direct() -> impl Strategy<Value = HeapId> {
        prop_oneof![
            (any::<u32>(), any::<u16>()).prop_map(|(address, length)| HeapId::HugeDirect {
                address: Address::new(address.into()),
                length: length.into()
            }),
            proptest::collection::vec(any::<u8>(), 1..=28).prop_map(HeapId::Tiny),
        ]
    }

    // The first is a link's id in a heap of libhdf5, the second that of its first huge link, the
    // third a tiny object.
    structure_tests! { with_keys: HeapId, context = LINKS, values = indirect().prop_filter("key", |id| {
        // With narrow addresses a huge id of seven bytes is direct.
        !matches!(id, HeapId::HugeIndirect { .. })
    }),
    real = ["00 15000000 1c00", "10 010000000000", "24 0102030405 00"], checksum = false }
    structure_tests! { with_addresses: HeapId, context = LONG, values = direct(),
    real = [], checksum = false }

    #[test]
    fn filtered_ids() {
        let shape = IdShape { filtered: true, ..LONG };
        let id = HeapId::HugeFiltered { address: Address::new(5), length: 7, filter_mask: 1, memory_size: 9 };
        check_value(&id, &shape);
    }

    #[test]
    fn tiny_lengths_at_the_edge_of_the_short_form() {
        for (length, max, long) in [(17, 16, false), (18, 16, false), (19, 17, true), (100, 98, true)] {
            let shape = IdShape { length, ..LINKS };
            assert_eq!((shape.max_tiny(), shape.long_tiny()), (max, long));
            check_value(&HeapId::Tiny(vec![7; usize::from(max)]), &shape);
            assert!(encode(&HeapId::Tiny(vec![7; usize::from(max) + 1]), &shape, Widths::default()).is_err());
        }
        assert!(encode(&HeapId::Tiny(vec![]), &LINKS, Widths::default()).is_err());
    }

    #[test]
    fn unknown_ids_are_errors() {
        for text in ["40 15000000 1c00", "30 15000000 1c00", "27 0102030405 06"] {
            assert!(decode::<HeapId>(&hex(text), &LINKS, Widths::default()).is_err());
        }
    }
}
