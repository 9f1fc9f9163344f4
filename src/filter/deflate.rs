//! Deflate, filter 1: the zlib format (RFC 1950, 1951). Specification IV.A.2.l.
//!
//! Parameter 0 is the level, 0 to 9. A chunk is one zlib stream: `00 00 00 00 00` is stored as
//! `78 9c 63 60 00 02 00 00 05 00 01` or another stream with that content; bytes after the stream
//! do not matter.

use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress, Status};

use crate::{Error, Result};

/// The state of both directions, kept from chunk to chunk because making it costs more than a
/// small chunk.
#[derive(Default)]
pub(super) struct State {
    inflate: Option<Decompress>,
    deflate: Option<(u32, Compress)>,
}

/// zlib counts what is left of a buffer in 32 bits, so longer buffers go piece by piece.
const PIECE: usize = 1 << 30;

/// The level, from the filter's parameters.
pub(super) fn level(parameters: &[u32]) -> Result<u32> {
    match parameters {
        [level @ 0..=9] => Ok(*level),
        _ => Err(Error::format("the deflate filter wants one parameter, the level from 0 to 9")),
    }
}

/// Inflates a whole stream, whose first bytes go to `output`, and tells how long it is; a stream
/// longer than `limit` is an error.
pub(super) fn decode(state: &mut State, input: &[u8], output: &mut [u8], limit: u64) -> Result<u64> {
    let inflate = state.inflate.get_or_insert_with(|| Decompress::new(true));
    inflate.reset(true);
    let mut excess = Vec::new();
    loop {
        let (consumed, produced) = (inflate.total_in(), inflate.total_out());
        if produced > limit {
            return Err(Error::limit("a deflated chunk is larger than the limit for chunks"));
        }
        let (piece, last) = piece_of(input, consumed);
        let mut free = output.get_mut(produced as usize..).unwrap_or_default();
        if free.is_empty() {
            excess.resize(32 << 10, 0);
            free = &mut excess;
        }
        let len = free.len().min(PIECE);
        let flush = if last { FlushDecompress::Finish } else { FlushDecompress::None };
        let status = inflate
            .decompress(piece, free.get_mut(..len).unwrap_or_default(), flush)
            .map_err(|error| Error::format(format!("invalid deflate stream: {error}")))?;
        if status == Status::StreamEnd {
            return Ok(inflate.total_out());
        }
        if (consumed, produced) == (inflate.total_in(), inflate.total_out()) {
            return Err(Error::format("the deflate stream ends early"));
        }
    }
}

/// Appends the deflated `input` to `output`.
pub(super) fn encode(state: &mut State, level: u32, input: &[u8], output: &mut Vec<u8>) -> Result<()> {
    // Level 1 of the encoder gives up on data that zlib's level 1 still compresses; its level 2
    // compresses as zlib's level 1 does, and is faster.
    let level = if level == 1 { 2 } else { level };
    let deflate = match &mut state.deflate {
        Some((made_for, deflate)) if *made_for == level => {
            deflate.reset();
            deflate
        }
        slot => &mut slot.insert((level, Compress::new(Compression::new(level), true))).1,
    };
    output.reserve(input.len().saturating_add(input.len() >> 10).saturating_add(64));
    loop {
        let (piece, last) = piece_of(input, deflate.total_in());
        let flush = if last { FlushCompress::Finish } else { FlushCompress::None };
        let status = deflate
            .compress_vec(piece, output, flush)
            .map_err(|error| Error::usage(format!("deflate failed: {error}")))?;
        if status == Status::StreamEnd {
            return Ok(());
        }
        output.reserve(64 << 10);
    }
}

/// The next piece of `input` after `consumed` bytes, and whether it is the last.
fn piece_of(input: &[u8], consumed: u64) -> (&[u8], bool) {
    let rest = input.get(consumed as usize..).unwrap_or_default();
    rest.get(..PIECE).map_or((rest, true), |piece| (piece, rest.len() == piece.len()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]
    use super::*;
    use crate::ErrorKind;
    use crate::format::testing::hex;

    fn inflated(input: &[u8], len: usize, limit: u64) -> Result<(u64, Vec<u8>)> {
        let mut output = vec![0xee; len];
        let total = decode(&mut State::default(), input, &mut output, limit)?;
        Ok((total, output))
    }

    #[test]
    fn streams_of_zlib_are_read_and_what_follows_them_is_ignored() {
        let real = hex("78 9c 63 60 00 02 00 00 05 00 01");
        assert_eq!(inflated(&real, 5, 100).unwrap(), (5, vec![0; 5]));
        let mut trailed = real.clone();
        trailed.extend(b"junk");
        assert_eq!(inflated(&trailed, 5, 100).unwrap(), (5, vec![0; 5]));
        // Longer than asked for: the first bytes, and the true length.
        assert_eq!(inflated(&real, 3, 100).unwrap(), (5, vec![0; 3]));
        assert_eq!(inflated(&real, 0, 100).unwrap().0, 5);
        assert_eq!(inflated(&real, 6, 100).unwrap().0, 5);
    }

    #[test]
    fn truncation_damage_and_bombs_are_errors() {
        let mut stream = Vec::new();
        let data: Vec<u8> = (0..5000_u32).map(|i| ((i * i) >> 7) as u8).collect();
        encode(&mut State::default(), 6, &data, &mut stream).unwrap();
        for len in 0..stream.len() {
            assert_eq!(inflated(&stream[..len], 5000, 9000).unwrap_err().kind(), ErrorKind::Format);
        }
        for at in 0..stream.len() {
            let mut bad = stream.clone();
            bad[at] ^= 0x24;
            if let Ok((total, output)) = inflated(&bad, 5000, 9000) {
                assert_eq!((total, &output), (5000, &data), "byte {at} flipped");
            }
        }
        let mut bomb = Vec::new();
        encode(&mut State::default(), 9, &vec![0; 50 << 20], &mut bomb).unwrap();
        assert_eq!(inflated(&bomb, 5000, 1 << 20).unwrap_err().kind(), ErrorKind::Limit);
    }

    #[test]
    fn all_levels_and_a_reused_state_round_trip() {
        let mut state = State::default();
        for level in (0..=9).chain([4, 4, 0, 1]) {
            for len in [0, 1, 1000, 100_000_usize] {
                let data: Vec<u8> = (0..len).map(|i| (i.wrapping_mul(2_654_435_761) >> 11) as u8).collect();
                let mut stream = Vec::new();
                encode(&mut state, level, &data, &mut stream).unwrap();
                let mut output = vec![0; len];
                assert_eq!(decode(&mut state, &stream, &mut output, 1 << 20).unwrap(), len as u64);
                assert_eq!(output, data);
            }
        }
    }

    #[test]
    fn the_parameter_is_a_level() {
        assert_eq!(level(&[9]).unwrap(), 9);
        for bad in [&[][..], &[10], &[1, 1]] {
            assert!(level(bad).is_err());
        }
    }
}
