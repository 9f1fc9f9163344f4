//! Writing of the lines and blocks of a szip chunk.

use super::{Parameters, REST_OF_SEGMENT, SEGMENT, triangle};
use crate::filter::bits::{BitWriter, low_bits};
use crate::{Error, Result};

impl Parameters {
    /// Appends the coded elements of `source` to `output`.
    pub(super) fn encode_lines(&self, source: &[u8], output: &mut Vec<u8>) -> Result<()> {
        let mut coded = BitWriter::new(output);
        for line in source.chunks(self.line.saturating_mul(self.bytes)) {
            let mut numbers: Vec<u64> = line.chunks_exact(self.bytes).map(|from| self.get(from)).collect();
            if numbers.iter().any(|value| *value > self.max()) {
                return Err(Error::usage("an element has more bits than the szip filter codes"));
            }
            let fill = if self.predict { numbers.last().copied().unwrap_or(0) } else { 0 };
            numbers.resize(self.blocks.saturating_mul(self.block), fill);
            if self.predict {
                self.predict(&mut numbers);
            }
            self.encode_line(&numbers, &mut coded);
        }
        coded.pad();
        Ok(())
    }

    fn get(&self, from: &[u8]) -> u64 {
        let place = |value: u64, byte: &u8| value << 8 | u64::from(*byte);
        if self.big_endian { from.iter().fold(0, place) } else { from.iter().rev().fold(0, place) }
    }

    fn predict(&self, line: &mut [u64]) {
        let max = self.max();
        let mut values = line.iter_mut();
        let Some(mut last) = values.next().map(|first| *first) else { return };
        for value in values {
            let (now, room) = (*value, last.min(max.saturating_sub(last)));
            let distance = now.abs_diff(last);
            *value = match distance {
                _ if distance > room => room.saturating_add(distance),
                _ if now >= last => distance.saturating_mul(2),
                _ => distance.saturating_mul(2).saturating_sub(1),
            };
            last = now;
        }
    }

    fn encode_line(&self, line: &[u64], coded: &mut BitWriter<'_>) {
        let blocks: Vec<&[u64]> = line.chunks_exact(self.block).collect();
        let mut nth = 0_usize;
        while let Some(block) = blocks.get(nth) {
            let first = if self.predict && nth == 0 { block.first().copied() } else { None };
            let numbers = block.get(usize::from(first.is_some())..).unwrap_or_default();
            if numbers.iter().any(|number| *number != 0) {
                self.encode_block(block, numbers, first, coded);
                nth = nth.saturating_add(1);
                continue;
            }
            let left = SEGMENT.saturating_sub(nth % SEGMENT);
            let rest = blocks.get(nth..).unwrap_or_default();
            let zero = |block: &&&[u64]| block.iter().all(|number| *number == 0);
            let run = rest.iter().take(left).skip(1).take_while(zero).count().saturating_add(1);
            coded.write(0, self.code_bits().saturating_add(1));
            if let Some(first) = first {
                coded.write(first, self.bits);
            }
            let zeros = match run {
                _ if run < REST_OF_SEGMENT => run.saturating_sub(1),
                _ if run == left.min(rest.len()) => REST_OF_SEGMENT.saturating_sub(1),
                _ => run,
            };
            coded.unary(zeros as u64);
            nth = nth.saturating_add(run);
        }
    }

    /// Writes a block the shortest of the ways.
    fn encode_block(&self, block: &[u64], numbers: &[u64], first: Option<u64>, coded: &mut BitWriter<'_>) {
        let code_bits = self.code_bits();
        let first_bits = if first.is_some() { u64::from(self.bits) } else { 0 };
        let split_bits = |low: u32| {
            let parts =
                numbers.iter().map(|number| number.wrapping_shr(low).saturating_add(u64::from(low) + 1));
            parts.fold(first_bits, u64::saturating_add)
        };
        let most_low = (low_bits(code_bits) as u32).saturating_sub(1).min(self.bits);
        let (split, low) = (0..most_low).map(|low| (split_bits(low), low)).min().unwrap_or((u64::MAX, 0));
        let pairs = block.chunks_exact(2).enumerate().map(|(nth, pair)| {
            let [a, b] = *pair else { return 0 };
            let a = if nth == 0 && first.is_some() { 0 } else { a };
            triangle(a.saturating_add(b)).saturating_add(b)
        });
        let paired = pairs
            .clone()
            .fold(first_bits.saturating_add(1), |sum, n| sum.saturating_add(n).saturating_add(1));
        let pairable = pairs.clone().all(|number| number <= 90);
        let plain = u64::from(self.bits).saturating_mul(block.len() as u64);
        if plain <= split && (plain <= paired || !pairable) {
            coded.write(u64::MAX, code_bits);
            return block.iter().for_each(|number| coded.write(*number, self.bits));
        }
        let use_pairs = pairable && paired < split;
        if use_pairs {
            coded.write(1, code_bits.saturating_add(1));
        } else {
            coded.write(u64::from(low).saturating_add(1), code_bits);
        }
        if let Some(first) = first {
            coded.write(first, self.bits);
        }
        if use_pairs {
            return pairs.for_each(|number| coded.unary(number));
        }
        numbers.iter().for_each(|number| coded.unary(number.wrapping_shr(low)));
        numbers.iter().for_each(|number| coded.write(*number, low));
    }
}
