//! Blosc, filter 32001, and Blosc 2, filter 32026, of the registry of The HDF Group.
//!
//! Parameters of both: version of the filter, version of the format (in Blosc 2: bytes of a block,
//! 0), size of an element, bytes of a chunk in memory, level (0 to 9), shuffling (0 none, 1 bytes, 2
//! bits; in Blosc 2 also 3 delta), codec (0 BloscLZ, 1 LZ4, 2 LZ4 with more effort, 3 Snappy, 4
//! zlib, 5 Zstandard); in Blosc 2 there may follow the number of dimensions and the shape of a
//! chunk. Reading needs none of them.
//!
//! A chunk is a Blosc [chunk](chunk), or of Blosc 2 a [frame](frame) of one or more.

mod b2nd;
mod blosclz;
mod chunk;
mod compressor;
mod encode;
mod frame;
mod pipeline;

use super::codec::{Coder, decode_whole};
use crate::{Error, Result};
use chunk::Chunk;
use compressor::Compressor;
use encode::Encoder;
use frame::Frame;

/// Either filter with its parameters.
pub(super) struct Blosc {
    parameters: Vec<u32>,
    extended: bool,
}

impl Blosc {
    /// The filter of Blosc 1.
    pub(super) fn first(parameters: &[u32]) -> Self {
        Self { parameters: parameters.to_vec(), extended: false }
    }

    /// The filter of Blosc 2.
    pub(super) fn second(parameters: &[u32]) -> Self {
        Self { parameters: parameters.to_vec(), extended: true }
    }

    /// How the parameters want chunks to be made, and the size of an element.
    fn encoder(&self) -> Result<(Encoder, usize)> {
        let [_, _, size, _, rest @ ..] = &self.parameters[..] else {
            return Err(Error::usage("the Blosc filter wants at least four parameters"));
        };
        let level = rest.first().copied().unwrap_or(5);
        let filter = rest.get(1).copied().unwrap_or(1);
        let compressor = Compressor::of_parameter(rest.get(2).copied().unwrap_or(0))?;
        if level > 9 {
            return Err(Error::usage("the level of Blosc is 0 to 9"));
        }
        let filter = match (filter, self.extended) {
            (0..=2, _) | (3, true) => filter as u8,
            _ => return Err(Error::unsupported(format!("writing with filter {filter} of Blosc"))),
        };
        if self.extended && compressor == Compressor::Snappy {
            return Err(Error::unsupported("Blosc 2 has no Snappy"));
        }
        Ok((Encoder { compressor, level, filter, extended: self.extended }, *size as usize))
    }
}

impl Coder for Blosc {
    fn decode(&self, input: &[u8], output: &mut [u8], limit: u64) -> Result<u64> {
        if self.extended {
            return Frame::parse(input)?.decode(output, limit);
        }
        let chunk = Chunk::parse(input)?;
        decode_whole(chunk.header.len as u64, output, limit, |output| chunk.decode(output))
    }

    fn encode(&self, input: &[u8], output: &mut Vec<u8>) -> Result<()> {
        let (encoder, size) = self.encoder()?;
        if self.extended {
            return frame::encode(&encoder, size, input, output);
        }
        encoder.encode(size, input, output).map(|_| ())
    }
}
