//! Zstandard, filter 32015 of the registry of The HDF Group.
//!
//! Parameter 0 is the level; reading does not need it, and writing knows one level, which
//! compresses like level 1 of the reference library. A chunk is one or more Zstandard frames (RFC
//! 8878); the first must tell its length, for readers that ask it how much memory they need.

use std::io::Read;

use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};
use ruzstd::encoding::{CompressionLevel, compress_to_vec};

use super::codec::Coder;
use crate::{Error, Result};

/// The filter, whose parameter does not matter.
pub(super) struct Zstd;

/// The largest window that a frame may ask for, unless chunks may be longer: the limit of the
/// reference library.
const MAX_WINDOW: u64 = 1 << 27;
/// Bytes that are decoded between two looks at how many there are.
const STEP: usize = 1 << 20;

fn bad(error: impl std::fmt::Display) -> Error {
    Error::format(format!("invalid Zstandard frame: {error}"))
}

impl Coder for Zstd {
    fn decode(&self, input: &[u8], output: &mut [u8], limit: u64) -> Result<u64> {
        decode(input, output, limit)
    }

    fn encode(&self, input: &[u8], output: &mut Vec<u8>) -> Result<()> {
        encode(input, output)
    }
}

/// Decompresses all frames, whose first bytes go to `output`, and tells how many bytes they have.
pub(super) fn decode(mut input: &[u8], output: &mut [u8], limit: u64) -> Result<u64> {
    let limit = limit.max(output.len() as u64);
    let mut total = 0_u64;
    while !input.is_empty() {
        // A decoder that is used again takes memory for the window at once, a new one as it fills.
        let mut decoder = FrameDecoder::new();
        decoder.set_max_window_size(MAX_WINDOW.max(limit));
        match decoder.init(&mut input) {
            Ok(()) => total = decode_frame(&mut decoder, &mut input, output, total, limit)?,
            Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame {
                length, ..
            })) => input = input.get(length as usize..).ok_or_else(|| bad("truncated"))?,
            Err(error) => return Err(bad(error)),
        }
    }
    Ok(total)
}

/// Decompresses a frame that follows `total` bytes, and tells how many there are with it.
fn decode_frame(
    decoder: &mut FrameDecoder,
    input: &mut &[u8],
    output: &mut [u8],
    mut total: u64,
    limit: u64,
) -> Result<u64> {
    let too_long = || Error::limit("a Zstandard chunk is larger than the limit for chunks");
    // At least so many bytes are decoded, some of which the decoder still holds as its window.
    let mut decoded = total;
    let mut excess = Vec::new();
    loop {
        decoder.decode_blocks(&mut *input, BlockDecodingStrategy::UptoBytes(STEP)).map_err(bad)?;
        while decoder.can_collect() > 0 {
            let free = usize::try_from(total).ok().and_then(|done| output.get_mut(done..));
            let to = match free {
                Some(free) if !free.is_empty() => free,
                _ => {
                    excess.resize(32 << 10, 0);
                    &mut excess
                }
            };
            let len = decoder.read(to).map_err(bad)?;
            total = total.saturating_add(len as u64);
            if total > limit {
                return Err(too_long());
            }
            if len == 0 {
                break;
            }
        }
        if decoder.is_finished() {
            break;
        }
        decoded = decoded.saturating_add(STEP as u64);
        if decoded > limit {
            return Err(too_long());
        }
    }
    let sums = (decoder.get_checksum_from_data(), decoder.get_calculated_checksum());
    if matches!(sums, (Some(stored), Some(calculated)) if stored != calculated) {
        return Err(Error::format("the checksum of a Zstandard frame does not match"));
    }
    Ok(total)
}

/// Appends `input` as one frame.
pub(super) fn encode(input: &[u8], output: &mut Vec<u8>) -> Result<()> {
    let frame = compress_to_vec(input, CompressionLevel::Fastest);
    // Signature, descriptor and window; the length is missing and belongs behind them.
    let Some(([a, b, c, d, descriptor, window], blocks)) = frame.split_first_chunk::<6>() else {
        return Err(Error::usage("Zstandard gave no frame"));
    };
    if descriptor & 0b1110_0011 != 0 {
        return Err(Error::usage("Zstandard gave a frame of another form than expected"));
    }
    output.extend([*a, *b, *c, *d, descriptor | 0b1100_0000, *window]);
    output.extend((input.len() as u64).to_le_bytes());
    output.extend_from_slice(blocks);
    Ok(())
}
