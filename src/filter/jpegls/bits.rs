//! The bits of a scan: the highest of a byte first, and behind a byte `ff` only seven.

use super::bad;
use crate::Result;

/// Reads bits up to the next marker.
pub(super) struct Bits<'a> {
    bytes: &'a [u8],
    /// Bits read ahead, `count` of them, from the highest on.
    ahead: u64,
    count: u32,
    /// Whether the last byte was `ff`.
    stuffed: bool,
}

impl<'a> Bits<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, ahead: 0, count: 0, stuffed: false }
    }

    /// Reads ahead as much as there is room and data for.
    #[expect(clippy::arithmetic_side_effects, reason = "at most 64 bits are read ahead")]
    fn fill(&mut self) {
        while self.count <= 56 {
            let Some((&byte, rest)) = self.bytes.split_first() else { return };
            let bits = if self.stuffed {
                if byte >= 0x80 {
                    return; // A marker ends the scan.
                }
                7
            } else if byte == 0xff && rest.first().is_none_or(|next| *next >= 0x80) {
                return;
            } else {
                8
            };
            self.ahead |= u64::from(byte) << (64 - bits - self.count);
            self.count += bits;
            self.stuffed = byte == 0xff;
            self.bytes = rest;
        }
    }

    /// The next `count` bits, at most 32.
    #[expect(clippy::arithmetic_side_effects, reason = "0 < count <= self.count <= 64")]
    pub(super) fn read(&mut self, count: u32) -> Result<u32> {
        if count == 0 {
            return Ok(0);
        }
        if self.count < count {
            self.fill();
        }
        if self.count < count || count > 32 {
            return Err(bad("a chunk is truncated"));
        }
        let bits = (self.ahead >> (64 - count)) as u32;
        self.ahead <<= count;
        self.count -= count;
        Ok(bits)
    }

    /// How many zeros stand before the next one, which is read, too; more than `most` are an error.
    #[expect(clippy::arithmetic_side_effects, reason = "`most` is at most 64, and the sum below twice that")]
    pub(super) fn zeros(&mut self, most: u32) -> Result<u32> {
        let mut zeros = 0;
        while zeros <= most {
            if self.count == 0 {
                self.fill();
                if self.count == 0 {
                    return Err(bad("a chunk is truncated"));
                }
            }
            let here = self.ahead.leading_zeros().min(self.count);
            if here < self.count {
                zeros += here;
                self.ahead = self.ahead << here << 1;
                self.count -= here + 1;
                return if zeros > most { Err(bad("an invalid code")) } else { Ok(zeros) };
            }
            zeros += here;
            (self.ahead, self.count) = (0, 0);
        }
        Err(bad("an invalid code"))
    }

    /// What stands behind the scan, from the marker on.
    pub(super) fn rest(self) -> &'a [u8] {
        let marker = self.bytes.windows(2).position(|pair| matches!(pair, [0xff, next] if *next >= 0x80));
        marker.and_then(|at| self.bytes.get(at..)).unwrap_or_default()
    }
}
