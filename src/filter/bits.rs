//! Bit strings, the most significant bit first, as the n-bit and scale-offset filters store them.
#![expect(clippy::arithmetic_side_effects, reason = "bit counts stay under 64 and shifts under 64")]

use crate::{Error, Result};

/// Takes numbers out of a bit string.
pub(super) struct BitReader<'a> {
    bytes: std::slice::Iter<'a, u8>,
    /// Its low `held` bits are still to be read.
    held_bits: u64,
    held: u32,
}

impl<'a> BitReader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes: bytes.iter(), held_bits: 0, held: 0 }
    }

    /// The next `count` bits, at most 64, or nothing when so many are not left.
    pub(super) fn read(&mut self, count: u32) -> Option<u64> {
        if count > 32 {
            let high = self.read(count - 32)?;
            return Some(high << 32 | self.read(32)?);
        }
        while self.held < count {
            self.held_bits = self.held_bits << 8 | u64::from(*self.bytes.next()?);
            self.held += 8;
        }
        self.held -= count;
        Some(self.held_bits >> self.held & low_bits(count))
    }

    /// The number of zeros before the next one, which is read too.
    pub(super) fn unary(&mut self) -> Option<u32> {
        let mut zeros = 0_u32;
        loop {
            let window = self.held_bits & low_bits(self.held);
            if window != 0 {
                let more = window.leading_zeros() - (64 - self.held);
                self.held -= more + 1;
                return zeros.checked_add(more);
            }
            zeros = zeros.checked_add(self.held)?;
            self.held_bits = u64::from(*self.bytes.next()?);
            self.held = 8;
        }
    }
}

/// Puts numbers behind each other as a bit string.
pub(super) struct BitWriter<'a> {
    bytes: &'a mut Vec<u8>,
    /// Its low `held` bits, fewer than 8, are still to be written.
    held_bits: u64,
    held: u32,
}

impl<'a> BitWriter<'a> {
    /// Appends to `bytes`.
    pub(super) fn new(bytes: &'a mut Vec<u8>) -> Self {
        Self { bytes, held_bits: 0, held: 0 }
    }

    /// Appends the low `count` bits, at most 64, of `value`.
    pub(super) fn write(&mut self, value: u64, count: u32) {
        if count > 32 {
            self.write(value >> 32, count - 32);
            return self.write(value, 32);
        }
        self.held_bits = self.held_bits << count | value & low_bits(count);
        self.held += count;
        while self.held >= 8 {
            self.held -= 8;
            self.bytes.push((self.held_bits >> self.held) as u8);
        }
    }

    /// Appends so many zeros, and a one.
    pub(super) fn unary(&mut self, mut zeros: u64) {
        while zeros >= 32 {
            self.write(0, 32);
            zeros -= 32;
        }
        self.write(1, zeros as u32 + 1);
    }

    /// Fills the last byte, if it is begun, with zeros.
    pub(super) fn pad(self) {
        if self.held > 0 {
            self.finish();
        }
    }

    /// Fills the last byte with zeros. A bit string that ends with a byte gets one more, since the
    /// C library counts the byte that it would go on with.
    pub(super) fn finish(self) {
        self.bytes.push((self.held_bits << (8 - self.held)) as u8);
    }
}

/// A mask of the low `count` bits.
pub(super) fn low_bits(count: u32) -> u64 {
    if count >= 64 { u64::MAX } else { (1 << count) - 1 }
}

/// Checks that `count` elements of `size` bytes, as the parameters of a filter say, make a chunk.
pub(super) fn check_len(count: u64, size: usize, chunk_len: usize) -> Result<()> {
    if count.saturating_mul(size as u64) != chunk_len as u64 {
        return Err(Error::format("the parameters of a filter do not describe a chunk of this size"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn most_significant_bits_come_first() {
        let mut bytes = Vec::new();
        let mut w = BitWriter::new(&mut bytes);
        w.write(0b101, 3);
        w.write(0xffff_0000_0000_00ff, 12);
        w.finish();
        assert_eq!(bytes, [0b1010_0001, 0b1111_1110]);
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(numbers in prop::collection::vec((any::<u64>(), 0_u32..=64), 0..40)) {
            let mut bytes = Vec::new();
            let mut w = BitWriter::new(&mut bytes);
            for (value, count) in &numbers {
                w.write(*value, *count);
            }
            w.finish();
            let mut r = BitReader::new(&bytes);
            for (value, count) in &numbers {
                prop_assert_eq!(r.read(*count), Some(value & low_bits(*count)));
            }
            prop_assert_eq!(r.read(64), None);
        }
    }
}
