//! Which elements of a chunk are missing.
//!
//! Behind the kind, and of kind 2 the number that stands for them, comes a string of bits, the lowest of a
//! byte first: how many bits it has (32), whether words of ones are usual rather than words of zeros (1), and
//! for each 32 elements 0 for a usual word, 1 0 for the other one, or 1 1 and the word.

use super::speck::Bits;
use super::{Parameters, bad};
use crate::Result;

/// The missing elements of a chunk.
pub(super) struct Missing {
    words: Vec<u32>,
    /// The bytes of each.
    value: Vec<u8>,
}

/// Reads what stands before the elements, and gives the rest, too.
pub(super) fn read<'a>(input: &'a [u8], parameters: &Parameters) -> Result<(Option<Missing>, &'a [u8])> {
    let truncated = || bad("a chunk is truncated");
    let (kind, rest) = input.split_first().ok_or_else(truncated)?;
    let (value, rest) = match kind {
        0 => return Ok((None, rest)),
        // The not-a-number with payload 1.
        1 if parameters.single => (0x7fc0_0001_u32.to_le_bytes().to_vec(), rest),
        1 => (0x7ff8_0000_0000_0001_u64.to_le_bytes().to_vec(), rest),
        2 => {
            let (value, rest) = rest.split_at_checked(parameters.element_len()).ok_or_else(truncated)?;
            (value.to_vec(), rest)
        }
        _ => return Err(bad("an unknown kind of missing elements")),
    };
    let count = rest.first_chunk().map(|count| u32::from_le_bytes(*count)).ok_or_else(truncated)?;
    let (coded, rest) = rest.split_at_checked(count.div_ceil(8) as usize).ok_or_else(truncated)?;
    let mut bits = Bits::new(coded.get(4..).ok_or_else(truncated)?, u64::from(count).saturating_sub(32));
    let usual = if bits.next() { u32::MAX } else { 0 };
    let mut words = Vec::new();
    // In memory, the writer's words have 64 bits.
    for _ in 0..parameters.count()?.div_ceil(64).saturating_mul(2) {
        words.push(if !bits.next() {
            usual
        } else if !bits.next() {
            !usual
        } else {
            (0..32).fold(0, |word, nth| word | u32::from(bits.next()).wrapping_shl(nth))
        });
        if bits.is_overrun() {
            return Err(bad("a mask is truncated"));
        }
    }
    Ok((Some(Missing { words, value }), rest))
}

impl Missing {
    /// Puts the value in the places of the missing elements.
    pub(super) fn fill(&self, output: &mut [u8]) {
        let flags =
            self.words.iter().flat_map(|word| (0..32).map(move |nth| word.wrapping_shr(nth) & 1 == 1));
        for (to, missing) in output.chunks_exact_mut(self.value.len().max(1)).zip(flags) {
            if missing {
                to.copy_from_slice(&self.value);
            }
        }
    }
}
