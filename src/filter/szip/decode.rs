//! Reading of the lines and blocks of a szip chunk.

use super::{Parameters, REST_OF_SEGMENT, SEGMENT, bad, triangle};
use crate::Result;
use crate::filter::bits::{BitReader, low_bits};

impl Parameters {
    /// Decodes lines until `output` is full.
    pub(super) fn decode_lines(&self, coded: &[u8], output: &mut [u8]) -> Result<()> {
        if !output.len().is_multiple_of(self.bytes) {
            return Err(bad("a chunk of no whole elements"));
        }
        let mut coded = BitReader::new(coded);
        let mut line = Vec::new();
        for target in output.chunks_mut(self.line.saturating_mul(self.bytes)) {
            line.clear();
            let wanted = target.len().checked_div(self.bytes).unwrap_or(0);
            self.decode_line(&mut coded, wanted, &mut line)
                .ok_or_else(|| bad("an invalid or truncated chunk"))?;
            if self.predict {
                self.undo_prediction(&mut line);
            }
            for (to, value) in target.chunks_exact_mut(self.bytes).zip(&line) {
                to.iter_mut().zip(value.to_le_bytes()).for_each(|(to, byte)| *to = byte);
                if self.big_endian {
                    to.reverse();
                }
            }
        }
        Ok(())
    }

    /// Reads the blocks of a line until `wanted` elements are there.
    fn decode_line(&self, coded: &mut BitReader<'_>, wanted: usize, line: &mut Vec<u64>) -> Option<()> {
        let mut nth = 0_usize;
        while line.len() < wanted {
            let first = self.predict && nth == 0;
            let rest = if first { self.block.saturating_sub(1) } else { self.block };
            let code = coded.read(self.code_bits())?;
            let pairs = code == 0 && coded.read(1)? == 1;
            if code == low_bits(self.code_bits()) {
                for _ in 0..self.block {
                    line.push(coded.read(self.bits)?);
                }
                nth = nth.checked_add(1)?;
                continue;
            }
            if first {
                line.push(coded.read(self.bits)?);
            }
            if code == 0 && !pairs {
                let left = self.blocks.checked_sub(nth)?;
                let run = match (coded.unary()? as usize).checked_add(1)? {
                    REST_OF_SEGMENT => left.min(SEGMENT.checked_sub(nth % SEGMENT)?),
                    run if run > REST_OF_SEGMENT => run.checked_sub(1)?,
                    run => run,
                };
                let until = nth.checked_add(run).filter(|until| *until <= self.blocks)?;
                line.resize(until.checked_mul(self.block)?, 0);
                nth = until;
                continue;
            }
            if pairs {
                self.decode_pairs(coded, first, line)?;
            } else {
                let low = u32::try_from(code).ok()?.checked_sub(1)?;
                let start = line.len();
                for _ in 0..rest {
                    line.push(u64::from(coded.unary()?).checked_shl(low)?);
                }
                for value in line.get_mut(start..)? {
                    *value |= coded.read(low)?;
                    if *value > self.max() {
                        return None;
                    }
                }
            }
            nth = nth.checked_add(1)?;
        }
        Some(())
    }

    /// A pair a, b is the number (a + b)(a + b + 1) / 2 + b; the first element of a line takes the
    /// place of the first a.
    fn decode_pairs(&self, coded: &mut BitReader<'_>, first: bool, line: &mut Vec<u64>) -> Option<()> {
        for pair in 0..self.block / 2 {
            let number = u64::from(coded.unary()?);
            let sum = (0..=12_u64).rev().find(|sum| triangle(*sum) <= number)?;
            let b = number.checked_sub(triangle(sum)).filter(|b| *b <= sum)?;
            if sum.saturating_sub(b).max(b) > self.max() {
                return None;
            }
            if !(first && pair == 0) {
                line.push(sum.checked_sub(b)?);
            }
            line.push(b);
        }
        Some(())
    }

    fn undo_prediction(&self, line: &mut [u64]) {
        let max = self.max();
        let mut values = line.iter_mut();
        let Some(mut last) = values.next().map(|first| *first) else { return };
        for value in values {
            let (number, room) = (*value, last.min(max.saturating_sub(last)));
            let half = number >> 1;
            last = match number {
                _ if number > room.saturating_mul(2) && room == last => number,
                _ if number > room.saturating_mul(2) => max.saturating_sub(number),
                _ if number & 1 == 0 => last.saturating_add(half),
                _ => last.saturating_sub(half).saturating_sub(1),
            };
            *value = last;
        }
    }
}
