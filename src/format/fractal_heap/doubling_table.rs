//! The geometry of a fractal heap's address space.

use crate::{Error, Result};

/// How the heap's own address space is cut into blocks: rows of `width` blocks, where the first
/// two rows have blocks of the starting size and each later row twice that of the row before.
///
/// Specification III.G. A block above `max_direct` is an indirect block, a table of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DoublingTable {
    /// Blocks in a row, a power of two.
    pub(crate) width: u16,
    /// Bytes of a block of the first row, a power of two.
    pub(crate) start_block: u64,
    /// Bytes of the largest direct block, a power of two.
    pub(crate) max_direct: u64,
    /// The heap's address space has two to this power bytes.
    pub(crate) max_bits: u16,
    /// Rows of the root indirect block when it is made.
    pub(crate) start_rows: u16,
}

/// The largest direct block that the reference library allows.
const MAX_DIRECT_LIMIT: u64 = 1 << 31;

impl DoublingTable {
    /// The same table, if its numbers make sense.
    pub(crate) fn checked(self) -> Result<Self> {
        let powers = self.width.is_power_of_two()
            && self.start_block.is_power_of_two()
            && self.max_direct.is_power_of_two();
        let ordered = self.start_block <= self.max_direct && self.max_direct <= MAX_DIRECT_LIMIT;
        let bits = (self.first_row_bits()..=64).contains(&u32::from(self.max_bits));
        if powers && ordered && bits && self.max_direct.ilog2() <= u32::from(self.max_bits) {
            return Ok(self);
        }
        Err(Error::format("the parameters of the heap contradict each other").in_field("doubling table"))
    }

    /// Binary logarithm of the bytes that the first row covers.
    fn first_row_bits(&self) -> u32 {
        let bits = |value: u64| value.checked_ilog2().unwrap_or(0);
        bits(self.start_block).saturating_add(bits(u64::from(self.width)))
    }

    /// Bytes of a heap offset, in block prefixes, ids and free-space sections.
    pub(crate) fn offset_width(&self) -> usize {
        usize::from(self.max_bits).div_ceil(8)
    }

    /// Bytes that fit a length up to the largest direct block, as ids count them.
    pub(crate) fn max_direct_width(&self) -> usize {
        (self.max_direct.checked_ilog2().unwrap_or(0) as usize).div_ceil(8)
    }

    /// Bytes of each block in a row.
    pub(crate) fn row_size(&self, row: u16) -> u64 {
        self.start_block.saturating_mul(power_of_two(row.saturating_sub(1)))
    }

    /// Where a row begins, relative to its indirect block; also what the rows before it cover.
    pub(crate) fn row_offset(&self, row: u16) -> u64 {
        match row.checked_sub(1) {
            None => 0,
            Some(above) => {
                self.start_block.saturating_mul(u64::from(self.width)).saturating_mul(power_of_two(above))
            }
        }
    }

    /// How many rows, from the first, have direct blocks.
    pub(crate) fn max_direct_rows(&self) -> u16 {
        let bits = |value: u64| value.checked_ilog2().unwrap_or(0) as u16;
        bits(self.max_direct).saturating_sub(bits(self.start_block)).saturating_add(2)
    }

    /// The most rows a root indirect block can have.
    pub(crate) fn max_root_rows(&self) -> u16 {
        self.max_bits.saturating_sub(self.first_row_bits() as u16).saturating_add(1)
    }

    /// Rows of the indirect block that covers `size` bytes.
    pub(crate) fn rows_covering(&self, size: u64) -> Result<u16> {
        let bits = size.checked_ilog2().unwrap_or(0);
        match bits.checked_sub(self.first_row_bits()) {
            Some(rows) => Ok((rows as u16).saturating_add(1)),
            None => Err(Error::format("an indirect block would have no rows").in_field("doubling table")),
        }
    }

    /// The row of the smallest blocks that hold `size` bytes each.
    pub(crate) fn row_for(&self, size: u64) -> u16 {
        let blocks = size.div_ceil(self.start_block).checked_next_power_of_two().unwrap_or(u64::MAX);
        match blocks.checked_ilog2().unwrap_or(0) {
            0 => 0,
            bits => (bits as u16).saturating_add(1),
        }
    }

    /// Row and column of the block that holds `offset`, counted from its indirect block's begin.
    pub(crate) fn locate(&self, offset: u64) -> (u16, u16) {
        let first_row = self.row_offset(1);
        let row = match offset.checked_div(first_row).and_then(u64::checked_ilog2) {
            None => 0,
            Some(bits) => (bits as u16).saturating_add(1),
        };
        let within = offset.saturating_sub(self.row_offset(row));
        (row, within.checked_div(self.row_size(row)).unwrap_or(0) as u16)
    }

    /// Index, in an indirect block, of the entry in this row and column.
    pub(crate) fn entry(&self, row: u16, column: u16) -> usize {
        usize::from(row).saturating_mul(usize::from(self.width)).saturating_add(usize::from(column))
    }

    /// Row and column of an entry of an indirect block.
    pub(crate) fn row_and_column(&self, entry: usize) -> (u16, u16) {
        let width = usize::from(self.width);
        let row = entry.checked_div(width).and_then(|row| u16::try_from(row).ok());
        (row.unwrap_or(u16::MAX), entry.checked_rem(width).unwrap_or(0) as u16)
    }

    /// Where an entry's block begins, relative to its indirect block.
    pub(crate) fn entry_offset(&self, entry: usize) -> u64 {
        let (row, column) = self.row_and_column(entry);
        self.row_offset(row).saturating_add(self.row_size(row).saturating_mul(u64::from(column)))
    }
}

/// Two to this power, or the largest number if that is more than 64 bits hold.
fn power_of_two(exponent: u16) -> u64 {
    1_u64.checked_shl(u32::from(exponent)).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]
    use super::*;
    use proptest::prelude::*;

    /// The table of every link heap that the reference library makes.
    fn links() -> DoublingTable {
        DoublingTable { width: 4, start_block: 512, max_direct: 65536, max_bits: 32, start_rows: 1 }
    }

    #[test]
    fn rows_of_a_link_heap() {
        let table = links().checked().unwrap();
        let sizes: Vec<u64> = (0..5).map(|row| table.row_size(row)).collect();
        assert_eq!(sizes, [512, 512, 1024, 2048, 4096]);
        let offsets: Vec<u64> = (0..5).map(|row| table.row_offset(row)).collect();
        assert_eq!(offsets, [0, 2048, 4096, 8192, 16384]);
        assert_eq!((table.max_direct_rows(), table.max_root_rows()), (9, 22));
        assert_eq!(table.rows_covering(131_072).unwrap(), 7);
        assert!(table.rows_covering(1024).is_err());
        assert_eq!([1, 512, 513, 1024, 1025, 65536].map(|size| table.row_for(size)), [0, 0, 2, 2, 3, 8]);
        assert_eq!((table.offset_width(), table.max_direct_width()), (4, 2));
    }

    #[test]
    fn contradictions_are_errors() {
        for table in [
            DoublingTable { width: 0, ..links() },
            DoublingTable { width: 3, ..links() },
            DoublingTable { start_block: 0, ..links() },
            DoublingTable { max_direct: 256, ..links() },
            DoublingTable { max_direct: 1 << 40, ..links() },
            DoublingTable { max_bits: 10, ..links() },
            DoublingTable { max_bits: 65, ..links() },
        ] {
            assert!(table.checked().is_err());
        }
    }

    proptest! {
        #[test]
        fn an_offset_lies_in_the_block_that_is_located(offset in 0..1_u64 << 32) {
            let table = links();
            let (row, column) = table.locate(offset);
            prop_assert!(column < table.width);
            let start = table.entry_offset(table.entry(row, column));
            prop_assert!(start <= offset && offset < start + table.row_size(row));
            prop_assert_eq!(table.row_and_column(table.entry(row, column)), (row, column));
        }
    }
}
