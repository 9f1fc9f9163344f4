//! LZF, filter 32000 of the registry of The HDF Group, which h5py brought.
//!
//! Parameters: revision of the filter (4), version of LZF (0x0105), size of a chunk in memory;
//! reading needs none of them. A chunk is a sequence of
//! - `000nnnnn`: the n + 1 bytes that follow, as they are;
//! - `lllooooo oooooooo`, l from 1 to 6: l + 2 bytes from o + 1 bytes back;
//! - `111ooooo llllllll oooooooo`: l + 9 bytes from o + 1 bytes back.
//!
//! 300 zero bytes are `01 00 00 e0 ff 00 e0 17 00 01 00 00` as h5py writes them: two zeros, 264 and
//! 32 bytes from 1 back, and two zeros.

use super::codec::Coder;
use crate::{Error, Result};

/// The filter, whose parameters do not matter.
pub(super) struct Lzf;

impl Coder for Lzf {
    fn decode(&self, input: &[u8], output: &mut [u8], _: u64) -> Result<u64> {
        decode(input, output)
    }

    fn encode(&self, input: &[u8], output: &mut Vec<u8>) -> Result<()> {
        encode(input, output);
        Ok(())
    }
}

const MAX_LITERALS: usize = 32;
const MIN_MATCH: usize = 3;
const MAX_MATCH: usize = 264;
const MAX_DISTANCE: usize = 1 << 13;

/// Decompresses a chunk, whose first bytes go to `output`, and tells how long it is.
fn decode(input: &[u8], output: &mut [u8]) -> Result<u64> {
    let short = || Error::format("an LZF chunk is truncated");
    let mut done = 0_usize;
    let mut rest = input;
    while let Some((control, tail)) = rest.split_first() {
        let control = usize::from(*control);
        rest = tail;
        if control < MAX_LITERALS {
            let (literals, tail) = rest.split_at_checked(control.saturating_add(1)).ok_or_else(short)?;
            rest = tail;
            let to = output.get_mut(done..).unwrap_or_default();
            to.iter_mut().zip(literals).for_each(|(to, from)| *to = *from);
            done = done.saturating_add(literals.len());
            continue;
        }
        let mut len = (control >> 5).saturating_add(2);
        if control >> 5 == 7 {
            let (more, tail) = rest.split_first().ok_or_else(short)?;
            rest = tail;
            len = len.saturating_add(usize::from(*more));
        }
        let (low, tail) = rest.split_first().ok_or_else(short)?;
        rest = tail;
        let distance = ((control & 0x1f) << 8 | usize::from(*low)).saturating_add(1);
        if !repeat(output, done, distance, len) {
            return Err(Error::format("an LZF chunk refers to bytes before its start"));
        }
        done = done.saturating_add(len);
    }
    Ok(done as u64)
}

/// Appends the compressed `input` to `output`.
fn encode(input: &[u8], output: &mut Vec<u8>) {
    // For each hash of three bytes, one more than where they were last; 0 for nowhere.
    let mut seen = vec![0_usize; 1 << 13];
    let (mut at, mut literals_from) = (0, 0);
    while let Some(key) = input.get(at..).and_then(|rest| rest.first_chunk::<MIN_MATCH>()) {
        let [a, b, c] = key.map(u32::from);
        let hash = (a << 16 | b << 8 | c).wrapping_mul(0x9e37_79b1) >> 19;
        let next = at.saturating_add(1);
        let last = seen.get_mut(hash as usize).map_or(0, |slot| std::mem::replace(slot, next));
        let found = last.checked_sub(1).filter(|from| at.saturating_sub(*from) <= MAX_DISTANCE);
        let len = found.map_or(0, |from| common(input, from, at, MAX_MATCH));
        if len < MIN_MATCH {
            at = next;
            continue;
        }
        put_literals(input.get(literals_from..at).unwrap_or_default(), output);
        let offset = next.saturating_sub(last).saturating_sub(1);
        let (code, high) = (len.saturating_sub(2), (offset >> 8) as u8);
        if code < 7 {
            output.extend([(code << 5) as u8 | high, offset as u8]);
        } else {
            output.extend([7 << 5 | high, code.saturating_sub(7) as u8, offset as u8]);
        }
        at = at.saturating_add(len);
        literals_from = at;
    }
    put_literals(input.get(literals_from..).unwrap_or_default(), output);
}

/// How many bytes, at most `max`, are the same from `from` and from `at` on.
pub(super) fn common(input: &[u8], from: usize, at: usize, max: usize) -> usize {
    let (from, at) = (input.get(from..).unwrap_or_default(), input.get(at..).unwrap_or_default());
    from.iter().zip(at).take(max).take_while(|(a, b)| a == b).count()
}

/// Repeats `len` bytes from `distance` bytes back at `done`, as far as `output` goes; `false` if
/// that is before its start.
pub(super) fn repeat(output: &mut [u8], done: usize, distance: usize, len: usize) -> bool {
    let Some(from) = done.checked_sub(distance) else { return false };
    if let Some((past, free)) = output.split_at_mut_checked(done) {
        let pattern = past.get(from..).unwrap_or_default();
        let free_len = len.min(free.len());
        let free = free.get_mut(..free_len).unwrap_or_default();
        match pattern {
            [byte] => free.fill(*byte),
            _ => free.chunks_mut(distance.max(1)).for_each(|to| {
                to.iter_mut().zip(pattern).for_each(|(to, from)| *to = *from);
            }),
        }
    }
    true
}

fn put_literals(literals: &[u8], output: &mut Vec<u8>) {
    for run in literals.chunks(MAX_LITERALS) {
        output.push(run.len().saturating_sub(1) as u8);
        output.extend_from_slice(run);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]
    use super::*;
    use crate::format::testing::hex;
    use proptest::prelude::*;

    fn decoded(input: &[u8], len: usize) -> Result<Vec<u8>> {
        let mut output = vec![0xee; len];
        assert_eq!(decode(input, &mut output)?, len as u64);
        Ok(output)
    }

    #[test]
    fn chunks_of_h5py() {
        assert_eq!(decoded(&hex("010000e0ff00e01700010000"), 300).unwrap(), [0; 300]);
        let pattern: Vec<u8> = (0..300_u16).flat_map(|i| (i % 7 * 3).to_le_bytes()).collect();
        let chunk = hex("0e00000300060009000c000f00120000e0ff0de1ff09e22e13010f00");
        assert_eq!(decoded(&chunk, 600).unwrap(), pattern);
        let text =
            hex("1f74686520717569636b2062726f776e20666f78206a756d7073206f7665722074201e086c617a7920646f67
             3b600de0042c016f78");
        let sentence = b"the quick brown fox jumps over the lazy dog; the quick brown fox";
        assert_eq!(decoded(&text, 64).unwrap(), sentence);
        // The first bytes of a longer chunk, and its length.
        let mut output = [0; 40];
        assert_eq!(decode(&text, &mut output).unwrap(), 64);
        assert_eq!(output, sentence[..40]);
    }

    #[test]
    fn hostile_chunks_are_errors() {
        let text = hex("0374686520203f");
        assert!(decode(&text, &mut [0; 9]).is_err(), "64 bytes back of 4");
        for cut in ["03746865", "037468652020", "0374686520e0ff", "0374686520e0"] {
            assert!(decode(&hex(cut), &mut [0; 300]).is_err());
        }
    }

    proptest! {
        #[test]
        fn round_trip(
            parts in prop::collection::vec((any::<u8>(), 0_usize..700, any::<bool>()), 0..20),
        ) {
            let mut data = Vec::new();
            for (seed, len, noise) in parts {
                let noisy = |i: usize| (i.wrapping_mul(2_654_435_761) >> 9) as u8;
                data.extend((0..len).map(|i| if noise { noisy(i + usize::from(seed)) } else { seed }));
            }
            let mut packed = Vec::new();
            encode(&data, &mut packed);
            prop_assert_eq!(decoded(&packed, data.len()).unwrap(), data);
        }

        #[test]
        fn any_bytes_are_a_result_or_an_error(input in prop::collection::vec(any::<u8>(), 0..60)) {
            let _ = decode(&input, &mut [0; 100]);
        }
    }
}
