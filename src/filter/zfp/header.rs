//! The parameters in a file: versions, and ZFP's header.

use zfp_rs::{ZfpBitStream, ZfpConfig, ZfpFieldMetadata, ZfpHeaderMask};

use super::{Parameters, bad};
use crate::format::message::datatype::ByteOrder;
use crate::{Error, Result};

/// Plug-in 1.1.1 with ZFP 1.0.1, whose codec is 5.
const VERSIONS: u32 = 0x1010_5111;
/// The last codec whose streams are known.
const CODEC: u32 = 5;
/// The magic bytes, as a little-endian word.
const MAGIC: u32 = u32::from_le_bytes([b'z', b'f', b'p', CODEC as u8]);

/// The codec that a writer of these versions used.
fn codec(versions: u32) -> u32 {
    // Of three digits before plug-in 1.1, and of four since.
    let zfp = match versions >> 16 {
        short @ 0..0x100 => short << 4,
        version => version,
    };
    match zfp {
        0..0x500 => 4,
        0x500..0x1000 => 5,
        _ => versions >> 12 & 0xf,
    }
}

/// Pairs of words as the words of a bit stream, zeros behind them.
fn stream(words: impl Iterator<Item = u32>) -> ZfpBitStream {
    let words: Vec<u32> = words.collect();
    let pair = |pair: &[u32]| match *pair {
        [low, high] => u64::from(high) << 32 | u64::from(low),
        [low] => u64::from(low),
        _ => 0,
    };
    ZfpBitStream::from_words(words.chunks(2).map(pair).collect())
}

pub(super) fn decode(parameters: &[u32]) -> Result<Parameters> {
    let (&versions, header) = parameters.split_first().ok_or_else(|| bad("no parameters"))?;
    let order = match header.first() {
        Some(&MAGIC) => ByteOrder::Little,
        Some(word) if word.swap_bytes() == MAGIC => ByteOrder::Big,
        _ => return Err(bad("parameters without the header of a known ZFP codec")),
    };
    let codec = codec(versions);
    if codec > CODEC {
        return Err(Error::unsupported(format!("streams of ZFP codec {codec}")).in_structure("ZFP filter"));
    }
    let swap = |word: &u32| if order == ByteOrder::Big { word.swap_bytes() } else { *word };
    let bits = stream(header.iter().map(swap)).read_header(ZfpHeaderMask::FULL);
    let bits = bits.map_err(|error| bad(error.to_string()))?;
    match (bits.config, bits.metadata) {
        (Some(config), Some(metadata)) if bits.bits_read <= header.len().saturating_mul(32) => {
            Ok(Parameters { config, metadata, order })
        }
        _ => Err(bad("truncated parameters")),
    }
}

pub(super) fn encode(config: &ZfpConfig, metadata: &ZfpFieldMetadata) -> Result<Vec<u32>> {
    let mut stream = ZfpBitStream::from_words(vec![0; 3]);
    let bits = stream.write_header(config, metadata, ZfpHeaderMask::FULL);
    let bits = bits.map_err(|error| Error::usage(format!("ZFP: {error}")))?;
    let words = stream.into_words();
    let halves = words.iter().flat_map(|&word| [word as u32, (word >> 32) as u32]);
    Ok([VERSIONS].into_iter().chain(halves.take(bits.div_ceil(32))).collect())
}
