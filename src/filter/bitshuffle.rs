//! Bitshuffle, filter 32008 of the registry of The HDF Group: bit planes, compressed or not.
//!
//! Parameters: version (two numbers), size of an element, elements a block (0 for as many as have
//! about 8 KiB, at least 128), compression (0 none, 2 LZ4, 3 Zstandard), level of Zstandard.
//!
//! Blocks hold a multiple of 8 elements, as [bit planes](super::bitplanes); the last is the
//! shorter, and up to 7 elements after it stay as they are. Without compression a chunk is just
//! that. Else it is its length in memory (8 bytes), that of a block (4 bytes), and of each block
//! its stored length (4 bytes) and an LZ4 block or Zstandard frame; numbers are big-endian.

use super::codec::{Coder, decode_whole};
use super::{bitplanes, lz4, zstd};
use crate::{Error, Result};

/// The parameters, understood.
pub(super) struct Parameters {
    size: usize,
    /// Elements of a block, 0 for the default.
    block: usize,
    compression: Compression,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Compression {
    None,
    Lz4,
    Zstd,
}

/// A block has a multiple of so many elements.
const MULTIPLE: usize = 8;

fn bad(what: &'static str) -> Error {
    Error::format(what).in_structure("Bitshuffle filter")
}

impl Parameters {
    pub(super) fn new(parameters: &[u32]) -> Result<Self> {
        let [_, _, size, rest @ ..] = parameters else { return Err(bad("too few parameters")) };
        if *size == 0 {
            return Err(bad("elements of no bytes"));
        }
        let block = rest.first().copied().unwrap_or(0) as usize;
        if !block.is_multiple_of(MULTIPLE) {
            return Err(bad("the elements of a block are no multiple of 8"));
        }
        let compression = match rest.get(1) {
            None | Some(0) => Compression::None,
            Some(2) => Compression::Lz4,
            Some(3) => Compression::Zstd,
            Some(_) => return Err(bad("unknown compression")),
        };
        Ok(Self { size: *size as usize, block, compression })
    }

    /// Bytes of a block.
    fn block_len(&self) -> usize {
        let default = (8192_usize.checked_div(self.size).unwrap_or(0) / MULTIPLE).saturating_mul(MULTIPLE);
        let block = if self.block == 0 { default.max(128) } else { self.block };
        block.saturating_mul(self.size)
    }

    /// The bytes of whole groups of 8 elements, of a chunk of `len` bytes.
    fn shuffled_len(&self, len: usize) -> Result<usize> {
        if !len.is_multiple_of(self.size) {
            return Err(bad("a chunk of no whole elements"));
        }
        let group = self.size.saturating_mul(MULTIPLE);
        Ok(len.checked_div(group).unwrap_or(0).saturating_mul(group))
    }
}

impl Coder for Parameters {
    fn keeps_length(&self) -> bool {
        self.compression == Compression::None
    }

    fn decode(&self, input: &[u8], output: &mut [u8], limit: u64) -> Result<u64> {
        if self.compression == Compression::None {
            return decode_whole(input.len() as u64, output, limit, |output| {
                let shuffled = self.shuffled_len(input.len())?;
                let (blocks, rest) = output.split_at_mut_checked(shuffled).ok_or_else(|| bad("truncated"))?;
                let block = self.block_len();
                for (from, to) in input.chunks(block).zip(blocks.chunks_mut(block)) {
                    bitplanes::join(self.size, from.get(..to.len()).unwrap_or_default(), to);
                }
                rest.copy_from_slice(input.get(shuffled..).unwrap_or_default());
                Ok(())
            });
        }
        let truncated = || bad("a chunk is truncated");
        let (total, rest) = input.split_first_chunk::<8>().ok_or_else(truncated)?;
        let (block, mut rest) = rest.split_first_chunk::<4>().ok_or_else(truncated)?;
        let (total, block) = (u64::from_be_bytes(*total), u32::from_be_bytes(*block) as usize);
        if block == 0 || !block.is_multiple_of(self.size.saturating_mul(MULTIPLE)) {
            return Err(bad("blocks of no multiple of 8 elements"));
        }
        decode_whole(total, output, limit, |output| {
            let (blocks, tail) =
                output.split_at_mut_checked(self.shuffled_len(output.len())?).ok_or_else(truncated)?;
            let mut planes = vec![0; block.min(blocks.len())];
            for to in blocks.chunks_mut(block) {
                let (len, next) = rest.split_first_chunk::<4>().ok_or_else(truncated)?;
                let (stored, next) =
                    next.split_at_checked(u32::from_be_bytes(*len) as usize).ok_or_else(truncated)?;
                rest = next;
                let planes = planes.get_mut(..to.len()).ok_or_else(truncated)?;
                match self.compression {
                    Compression::Zstd => {
                        if zstd::decode(stored, planes, 0)? != planes.len() as u64 {
                            return Err(bad("a block is shorter than it should be"));
                        }
                    }
                    _ => lz4::decode_block(stored, planes)?,
                }
                bitplanes::join(self.size, planes, to);
            }
            tail.copy_from_slice(rest.get(..tail.len()).ok_or_else(truncated)?);
            Ok(())
        })
    }

    fn encode(&self, input: &[u8], output: &mut Vec<u8>) -> Result<()> {
        let block = self.block_len();
        let (blocks, tail) = input.split_at(self.shuffled_len(input.len())?);
        if self.compression != Compression::None {
            let block = u32::try_from(block).map_err(|_| Error::usage("a bitshuffle block over 4 GiB"))?;
            output.extend((input.len() as u64).to_be_bytes());
            output.extend(block.to_be_bytes());
        }
        let mut planes = vec![0; block.min(blocks.len())];
        for from in blocks.chunks(block) {
            let planes = planes.get_mut(..from.len()).unwrap_or_default();
            bitplanes::split(self.size, from, planes);
            if self.compression == Compression::None {
                output.extend_from_slice(planes);
                continue;
            }
            let len_at = output.len();
            output.extend([0; 4]);
            match self.compression {
                Compression::Zstd => zstd::encode(planes, output)?,
                _ => {
                    lz4::encode_block(planes, output);
                }
            }
            let len = output.len().saturating_sub(len_at).saturating_sub(4) as u32;
            if let Some(place) = output.get_mut(len_at..).and_then(|rest| rest.first_chunk_mut()) {
                *place = len.to_be_bytes();
            }
        }
        output.extend_from_slice(tail);
        Ok(())
    }
}
