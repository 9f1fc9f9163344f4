//! BloscLZ, the codec that Blosc brought.
//!
//! A stream is a sequence of
//! - `000nnnnn`: the n + 1 bytes that follow, as they are;
//! - `lllooooo oooooooo`, l from 1 to 6: l + 2 bytes from o + 1 bytes back;
//! - `111ooooo` and bytes up to the first that is not 255: their sum + 9 bytes, from as far back as
//!   the o of the byte above and the next byte say.
//!
//! An o of all ones means 8192 and the big-endian number in the next two bytes. The first byte's
//! upper bits do not count: a stream starts with bytes as they are. It ends with such, too.

use crate::filter::lzf::{common, repeat};
use crate::{Error, Result};

const MAX_LITERALS: usize = 32;
/// What o is at most, and what it stands for if it is.
const FAR: usize = (1 << 13) - 1;
const MAX_DISTANCE: usize = FAR + (1 << 16);
const MIN_MATCH: usize = 4;
/// From farther away, fewer bytes than this are not worth it.
const MIN_FAR_MATCH: usize = 6;
/// The last bytes are stored as they are.
const TAIL: usize = 4;

/// Decompresses a stream, whose first bytes go to `output`, and tells how long it is.
pub(super) fn decode(input: &[u8], output: &mut [u8]) -> Result<u64> {
    let short = || Error::format("a BloscLZ stream is truncated");
    let (mut done, mut rest) = (0_usize, input);
    let mut take = |count: usize| {
        let (taken, tail) = rest.split_at_checked(count)?;
        rest = tail;
        Some(taken)
    };
    let mut first = true;
    while let Some([control]) = take(1) {
        let control = usize::from(*control) & if first { 0x1f } else { 0xff };
        first = false;
        if control < MAX_LITERALS {
            let literals = take(control.saturating_add(1)).ok_or_else(short)?;
            let to = output.get_mut(done..).unwrap_or_default();
            to.iter_mut().zip(literals).for_each(|(to, from)| *to = *from);
            done = done.saturating_add(literals.len());
            continue;
        }
        let mut byte =
            || take(1).and_then(|byte| byte.first()).map(|byte| usize::from(*byte)).ok_or_else(short);
        let mut len = (control >> 5).saturating_add(2);
        if control >> 5 == 7 {
            loop {
                let more = byte()?;
                len = len.saturating_add(more);
                if more != 255 {
                    break;
                }
            }
        }
        let mut offset = (control & 0x1f) << 8 | byte()?;
        if offset == FAR {
            offset = offset.saturating_add(byte()? << 8 | byte()?);
        }
        if !repeat(output, done, offset.saturating_add(1), len) {
            return Err(Error::format("a BloscLZ stream refers to bytes before its start"));
        }
        done = done.saturating_add(len);
        if done > output.len() {
            return Err(Error::format("a BloscLZ stream is longer than its block"));
        }
    }
    Ok(done as u64)
}

/// Appends the compressed `input` to `output`.
pub(super) fn encode(input: &[u8], output: &mut Vec<u8>) {
    const HASH_BITS: u32 = 13;
    // For each hash of four bytes, one more than where they were last; 0 for nowhere.
    let mut seen = vec![0_usize; 1 << HASH_BITS];
    let (mut at, mut literals_from) = (1, 0);
    let matchable = input.get(..input.len().saturating_sub(TAIL)).unwrap_or_default();
    while let Some(key) = matchable.get(at..).and_then(|rest| rest.first_chunk::<MIN_MATCH>()) {
        let hash = u32::from_le_bytes(*key).wrapping_mul(0x9e37_79b1).wrapping_shr(32 - HASH_BITS);
        let next = at.saturating_add(1);
        let last = seen.get_mut(hash as usize).map_or(0, |slot| std::mem::replace(slot, next));
        let found = last.checked_sub(1).filter(|from| at.saturating_sub(*from) <= MAX_DISTANCE);
        let len = found.map_or(0, |from| common(matchable, from, at, usize::MAX));
        let offset = next.saturating_sub(last).saturating_sub(1);
        if len < if offset < FAR { MIN_MATCH } else { MIN_FAR_MATCH } {
            // The longer nothing is found, the wider the steps.
            at = next.saturating_add(at.saturating_sub(literals_from) >> 6);
            continue;
        }
        put_literals(input.get(literals_from..at).unwrap_or_default(), output);
        put_match(offset, len, output);
        at = at.saturating_add(len);
        literals_from = at;
    }
    put_literals(input.get(literals_from..).unwrap_or_default(), output);
}

fn put_literals(bytes: &[u8], output: &mut Vec<u8>) {
    for run in bytes.chunks(MAX_LITERALS) {
        output.push(run.len().saturating_sub(1) as u8);
        output.extend_from_slice(run);
    }
}

fn put_match(offset: usize, len: usize, output: &mut Vec<u8>) {
    let near = offset.min(FAR);
    let (code, high) = (len.saturating_sub(2), (near >> 8) as u8);
    output.push((code.min(7) << 5) as u8 | high);
    if let Some(mut more) = code.checked_sub(7) {
        while more >= 255 {
            output.push(255);
            more = more.saturating_sub(255);
        }
        output.push(more as u8);
    }
    output.push(near as u8);
    if near == FAR {
        output.extend((offset.saturating_sub(FAR) as u16).to_be_bytes());
    }
}
