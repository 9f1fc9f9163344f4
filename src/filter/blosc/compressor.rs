//! The codecs that compress the blocks of Blosc chunks.

use super::blosclz;
use crate::filter::{deflate, lz4, zstd};
use crate::{Error, Result};

/// A codec, by its number in the header of a chunk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Compressor {
    BloscLz = 0,
    Lz4 = 1,
    Snappy = 2,
    Zlib = 3,
    Zstd = 4,
}

impl Compressor {
    /// The codec of a chunk whose header has this number.
    pub(super) fn of_chunk(number: u8) -> Result<Self> {
        match number {
            0 => Ok(Self::BloscLz),
            1 => Ok(Self::Lz4),
            2 => Ok(Self::Snappy),
            3 => Ok(Self::Zlib),
            4 => Ok(Self::Zstd),
            _ => Err(Error::unsupported(format!("codec {number} of Blosc"))),
        }
    }

    /// The codec that a filter's parameters name: LZ4 has two numbers there, for two encoders.
    pub(super) fn of_parameter(number: u32) -> Result<Self> {
        match number {
            0 => Ok(Self::BloscLz),
            1 | 2 => Ok(Self::Lz4),
            3 => Ok(Self::Snappy),
            4 => Ok(Self::Zlib),
            5 => Ok(Self::Zstd),
            _ => Err(Error::unsupported(format!("codec {number} in the parameters of Blosc"))),
        }
    }

    /// Whether the codec gains from elements whose bytes are compressed separately.
    pub(super) fn likes_streams(self) -> bool {
        matches!(self, Self::BloscLz | Self::Lz4 | Self::Snappy)
    }

    /// Decompresses a stream, which must fill `output`.
    pub(super) fn decode(self, state: &mut deflate::State, input: &[u8], output: &mut [u8]) -> Result<()> {
        let wanted = output.len() as u64;
        let len = match self {
            Self::BloscLz => blosclz::decode(input, output)?,
            Self::Lz4 => return lz4::decode_block(input, output),
            Self::Snappy => {
                let bad = |error| Error::format(format!("invalid Snappy stream: {error}"));
                if snap::raw::decompress_len(input).map_err(bad)? != output.len() {
                    return Err(Error::format("a Snappy stream of another length than its block"));
                }
                snap::raw::Decoder::new().decompress(input, output).map_err(bad)? as u64
            }
            Self::Zlib => deflate::decode(state, input, output, wanted)?,
            Self::Zstd => zstd::decode(input, output, wanted)?,
        };
        if len != wanted {
            return Err(Error::format("a Blosc stream of another length than its block"));
        }
        Ok(())
    }

    /// Appends the compressed `input` to `output`, and tells its length.
    pub(super) fn encode(
        self,
        state: &mut deflate::State,
        level: u32,
        input: &[u8],
        output: &mut Vec<u8>,
    ) -> Result<usize> {
        let start = output.len();
        match self {
            Self::BloscLz => blosclz::encode(input, output),
            Self::Lz4 => {
                lz4::encode_block(input, output);
            }
            Self::Snappy => {
                let stream = snap::raw::Encoder::new().compress_vec(input);
                output.extend(stream.map_err(|error| Error::usage(format!("Snappy failed: {error}")))?);
            }
            Self::Zlib => deflate::encode(state, level, input, output)?,
            Self::Zstd => zstd::encode(input, output)?,
        }
        Ok(output.len().saturating_sub(start))
    }
}
