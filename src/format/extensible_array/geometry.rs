//! Where an element of an extensible array is, and how long each block is.

use crate::format::Widths;
use crate::format::chunk_index::{ElementShape, PageContext, block_overhead};
use crate::{Error, Result};

/// The creation parameters, as the header and the layout message store them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Parameters {
    /// Bits of the greatest number of elements.
    pub(crate) max_bits: u8,
    /// Elements in the index block.
    pub(crate) index_elements: u8,
    /// Elements of the smallest data block; a power of two.
    pub(crate) min_elements: u8,
    /// Data blocks of the first super block that exists; a power of two.
    pub(crate) min_pointers: u8,
    /// Bits of the number of elements in a page of a data block.
    pub(crate) page_bits: u8,
}

impl Default for Parameters {
    /// Those of the C library.
    fn default() -> Self {
        Self { max_bits: 32, index_elements: 4, min_elements: 16, min_pointers: 4, page_bits: 10 }
    }
}

/// Sizes and places of all blocks, which the file does not store.
///
/// Super blocks are numbered from 0 as if all existed. [`Geometry::new`] sees to it that no
/// number of elements or blocks overflows; lengths in bytes saturate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Geometry {
    shape: ElementShape,
    parameters: Parameters,
}

/// Where an element is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// In the index block.
    Index { element: u64 },
    /// In a data block that the index block leads to.
    Direct {
        /// The super block that would own it.
        level: u32,
        /// Which of the index block's data blocks.
        block: u64,
        element: u64,
    },
    /// In a data block that a super block leads to.
    Super {
        level: u32,
        /// Which of the super block's data blocks.
        block: u64,
        element: u64,
    },
}

impl Geometry {
    pub(crate) fn new(shape: ElementShape, parameters: Parameters) -> Result<Self> {
        let Parameters { max_bits, min_elements, min_pointers, page_bits, .. } = parameters;
        let error = |field, message| Err(Error::format(message).in_field(field));
        if !min_elements.is_power_of_two() {
            return error("min_elements", "the smallest data block is no power of two");
        }
        if !min_pointers.is_power_of_two() || min_pointers == 1 {
            return error("min_pointers", "the smallest super block is no power of two from two on");
        }
        // 63 bits and more cannot be, since an element takes more than one byte.
        if max_bits > 62 || u32::from(max_bits) < min_elements.ilog2() {
            return error("max_bits", "the number of elements is out of range");
        }
        let geometry = Self { shape, parameters };
        if geometry.direct_levels() > geometry.levels() {
            return error("min_pointers", "there are more data blocks than elements");
        }
        // The index block has no page bitmap for the data blocks that it leads to.
        if page_bits > max_bits
            || geometry.page_elements() < geometry.block_elements(geometry.direct_levels())
        {
            return error("page_bits", "the page size is out of range");
        }
        Ok(geometry)
    }

    pub(crate) fn shape(&self) -> ElementShape {
        self.shape
    }

    pub(crate) fn parameters(&self) -> Parameters {
        self.parameters
    }

    /// Number of super blocks, those that do not exist counted too.
    pub(crate) fn levels(&self) -> u32 {
        u32::from(self.parameters.max_bits)
            .saturating_sub(self.parameters.min_elements.ilog2())
            .saturating_add(1)
    }

    /// Number of super blocks that do not exist.
    pub(crate) fn direct_levels(&self) -> u32 {
        self.parameters.min_pointers.ilog2().saturating_mul(2)
    }

    /// Data blocks that the index block leads to.
    pub(crate) fn direct_blocks(&self) -> u64 {
        u64::from(self.parameters.min_pointers).saturating_sub(1).saturating_mul(2)
    }

    /// Super blocks that the index block leads to.
    pub(crate) fn super_blocks(&self) -> u64 {
        u64::from(self.levels().saturating_sub(self.direct_levels()))
    }

    /// Elements in the index block.
    pub(crate) fn index_elements(&self) -> u64 {
        u64::from(self.parameters.index_elements)
    }

    /// One more than the highest index.
    pub(crate) fn capacity(&self) -> u64 {
        self.index_elements().saturating_add(self.first_element(self.levels()))
    }

    /// Data blocks of a super block.
    pub(crate) fn blocks(&self, level: u32) -> u64 {
        power(level >> 1)
    }

    /// Elements of each data block of a super block.
    pub(crate) fn block_elements(&self, level: u32) -> u64 {
        u64::from(self.parameters.min_elements).saturating_mul(power(level.saturating_add(1) >> 1))
    }

    /// The first element of a super block, not counting those in the index block.
    pub(crate) fn first_element(&self, level: u32) -> u64 {
        u64::from(self.parameters.min_elements).saturating_mul(power(level).saturating_sub(1))
    }

    /// The first data block of a super block, counting all data blocks.
    fn first_block(&self, level: u32) -> u64 {
        // Each pair of super blocks before has 2 * 2^i data blocks.
        let pairs = power(level >> 1).saturating_sub(1).saturating_mul(2);
        if level & 1 == 0 { pairs } else { pairs.saturating_add(self.blocks(level.saturating_sub(1))) }
    }

    /// Where the element of that index is, if the array can have it.
    pub(crate) fn place(&self, index: u64) -> Option<Place> {
        let Some(index) = index.checked_sub(self.index_elements()) else {
            return Some(Place::Index { element: index });
        };
        let quotient = index.checked_div(u64::from(self.parameters.min_elements))?;
        let level = quotient.checked_add(1)?.checked_ilog2()?;
        if level >= self.levels() {
            return None;
        }
        let within = index.checked_sub(self.first_element(level))?;
        let block = within.checked_div(self.block_elements(level))?;
        let element = within.checked_rem(self.block_elements(level))?;
        Some(if level < self.direct_levels() {
            Place::Direct { level, block: self.first_block(level).saturating_add(block), element }
        } else {
            Place::Super { level, block, element }
        })
    }

    /// The index of the first element of a super block.
    pub(crate) fn super_block_start(&self, level: u32) -> u64 {
        self.index_elements().saturating_add(self.first_element(level))
    }

    /// The offset that the C library stores in a data block; of direct ones it counts the
    /// blocks of the levels before as if they were of this one's size.
    pub(crate) fn block_offset(&self, level: u32, block: u64) -> u64 {
        self.first_element(level).saturating_add(block.saturating_mul(self.block_elements(level)))
    }

    /// Bytes of a stored block offset.
    pub(crate) fn offset_width(&self) -> usize {
        usize::from(self.parameters.max_bits.div_ceil(8))
    }

    /// Elements in a page.
    pub(crate) fn page_elements(&self) -> u64 {
        power(u32::from(self.parameters.page_bits))
    }

    /// Pages of each data block of a super block; 0 if they are not paged.
    pub(crate) fn pages(&self, level: u32) -> u64 {
        match self.block_elements(level) {
            elements if elements <= self.page_elements() => 0,
            elements => elements.checked_div(self.page_elements()).unwrap_or(0),
        }
    }

    /// Bytes of the page bitmap in a super block; each data block counts whole bytes, though its
    /// bits follow those of the data block before without a gap.
    pub(crate) fn bitmap_len(&self, level: u32) -> u64 {
        self.blocks(level).saturating_mul(self.pages(level).div_ceil(8))
    }

    /// The shape of a page.
    pub(crate) fn page(&self) -> PageContext {
        PageContext { shape: self.shape, count: self.page_elements() }
    }

    /// Where a page starts, counted from the start of its data block.
    pub(crate) fn page_offset(&self, level: u32, page: u64, widths: Widths) -> u64 {
        self.data_block_len(level, widths).saturating_add(page.saturating_mul(self.page().len(widths)))
    }

    /// Bytes of the index block.
    pub(crate) fn index_block_len(&self, widths: Widths) -> u64 {
        let addresses = self.direct_blocks().saturating_add(self.super_blocks());
        block_overhead(widths)
            .saturating_add(self.shape.len_of(self.index_elements(), widths))
            .saturating_add(addresses.saturating_mul(u64::from(widths.offset)))
    }

    /// Bytes of a super block.
    pub(crate) fn super_block_len(&self, level: u32, widths: Widths) -> u64 {
        block_overhead(widths)
            .saturating_add(self.offset_width() as u64)
            .saturating_add(self.bitmap_len(level))
            .saturating_add(self.blocks(level).saturating_mul(u64::from(widths.offset)))
    }

    /// Bytes of a data block without its pages.
    pub(crate) fn data_block_len(&self, level: u32, widths: Widths) -> u64 {
        let elements = if self.pages(level) == 0 { self.block_elements(level) } else { 0 };
        block_overhead(widths)
            .saturating_add(self.offset_width() as u64)
            .saturating_add(self.shape.len_of(elements, widths))
    }

    /// Bytes of a data block with all its pages, which are allocated together.
    pub(crate) fn data_block_allocated(&self, level: u32, widths: Widths) -> u64 {
        self.page_offset(level, self.pages(level), widths)
    }
}

/// Two to that power; saturates.
fn power(exponent: u32) -> u64 {
    1_u64.checked_shl(exponent).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_default_array_is_that_of_the_c_library() {
        let g = Geometry::new(ElementShape::UNFILTERED, Parameters::default()).unwrap();
        assert_eq!((g.levels(), g.direct_levels(), g.direct_blocks(), g.super_blocks()), (29, 4, 6, 25));
        assert_eq!(g.offset_width(), 4);
        assert_eq!((g.pages(12), g.pages(13)), (0, 2));
        assert_eq!(g.bitmap_len(13), 64);
        assert_eq!(g.index_block_len(Widths::default()), 18 + 4 * 8 + 31 * 8);
    }

    #[test]
    fn impossible_parameters_are_errors() {
        let good = Parameters::default();
        for bad in [
            Parameters { min_elements: 0, ..good },
            Parameters { min_elements: 24, ..good },
            Parameters { min_pointers: 0, ..good },
            Parameters { min_pointers: 1, ..good },
            Parameters { min_pointers: 6, ..good },
            Parameters { max_bits: 64, ..good },
            Parameters { max_bits: 3, ..good },
            Parameters { max_bits: 6, ..good },
            Parameters { page_bits: 33, ..good },
            Parameters { page_bits: 5, ..good },
        ] {
            assert!(Geometry::new(ElementShape::UNFILTERED, bad).is_err(), "{bad:?}");
        }
    }

    proptest! {
        /// Elements are numbered through all blocks without gap or overlap.
        #[test]
        fn places_follow_one_another(
            index_elements in 0_u8..9, min_log in 0_u32..5, pointers_log in 1_u32..4, start in 0_u64..3000,
        ) {
            let parameters = Parameters {
                max_bits: 40, index_elements, min_elements: 1 << min_log, min_pointers: 1 << pointers_log, page_bits: 12,
            };
            let g = Geometry::new(ElementShape::UNFILTERED, parameters).unwrap();
            let (mut level, mut block, mut element) = (0, 0, 0);
            for index in 0..start {
                let place = g.place(index).unwrap();
                if index < u64::from(index_elements) {
                    prop_assert_eq!(place, Place::Index { element: index });
                    continue;
                }
                let expected = if level < g.direct_levels() {
                    Place::Direct { level, block: g.first_block(level) + block, element }
                } else {
                    Place::Super { level, block, element }
                };
                prop_assert_eq!(place, expected, "{}", index);
                element += 1;
                if element == g.block_elements(level) { (element, block) = (0, block + 1); }
                if block == g.blocks(level) {
                    (block, level) = (0, level + 1);
                    prop_assert_eq!(g.super_block_start(level), index + 1);
                }
            }
            prop_assert!(g.place(g.capacity()).is_none());
            prop_assert!(g.place(g.capacity() - 1).is_some());
            prop_assert!(g.place(u64::MAX).is_none());
        }
    }
}
