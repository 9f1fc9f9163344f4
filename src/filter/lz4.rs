//! LZ4, filter 32004 of the registry of The HDF Group.
//!
//! Parameter 0, where there is one, is the size of a block in memory; 0 and none stand for 1 GiB.
//! A chunk is its length in memory (8 bytes), that of a block (4 bytes), and of each block its
//! stored length (4 bytes) and an LZ4 block; numbers are big-endian. A block as long as in memory
//! is stored as it is, and the last block may be shorter than the others. Four bytes `01` are
//! `00 00 00 00 00 00 00 04 00 00 00 04 00 00 00 04 01 01 01 01`.

use super::codec::{Coder, decode_whole};
use crate::{Error, Result};

/// The filter with its parameters.
pub(super) struct Lz4 {
    block: usize,
}

/// Bytes of a block when the parameters do not tell.
const DEFAULT_BLOCK: u32 = 1 << 30;

fn bad(what: &'static str) -> Error {
    Error::format(what).in_structure("LZ4 filter")
}

impl Lz4 {
    pub(super) fn new(parameters: &[u32]) -> Self {
        let block = parameters.first().copied().filter(|size| *size > 0).unwrap_or(DEFAULT_BLOCK);
        Self { block: block.min(DEFAULT_BLOCK) as usize }
    }
}

impl Coder for Lz4 {
    fn decode(&self, input: &[u8], output: &mut [u8], limit: u64) -> Result<u64> {
        let truncated = || bad("a chunk is truncated");
        let (total, rest) = input.split_first_chunk::<8>().ok_or_else(truncated)?;
        let (block, mut rest) = rest.split_first_chunk::<4>().ok_or_else(truncated)?;
        let (total, block) = (u64::from_be_bytes(*total), u32::from_be_bytes(*block) as usize);
        if block == 0 && total > 0 {
            return Err(bad("blocks of no bytes"));
        }
        decode_whole(total, output, limit, |output| {
            for to in output.chunks_mut(block.max(1)) {
                let (len, tail) = rest.split_first_chunk::<4>().ok_or_else(truncated)?;
                let len = u32::from_be_bytes(*len) as usize;
                let (stored, tail) = tail.split_at_checked(len).ok_or_else(truncated)?;
                rest = tail;
                if stored.len() == to.len() {
                    to.copy_from_slice(stored);
                } else {
                    decode_block(stored, to)?;
                }
            }
            Ok(())
        })
    }

    fn encode(&self, input: &[u8], output: &mut Vec<u8>) -> Result<()> {
        let block = self.block.min(input.len());
        output.extend((input.len() as u64).to_be_bytes());
        output.extend((block as u32).to_be_bytes());
        for from in input.chunks(block.max(1)) {
            let len_at = output.len();
            output.extend([0; 4]);
            let mut len = encode_block(from, output);
            if len >= from.len() {
                output.truncate(len_at.saturating_add(4));
                output.extend_from_slice(from);
                len = from.len();
            }
            if let Some(place) = output.get_mut(len_at..).and_then(|rest| rest.first_chunk_mut()) {
                *place = (len as u32).to_be_bytes();
            }
        }
        Ok(())
    }
}

/// Decompresses an LZ4 block, which must fill `output`.
pub(super) fn decode_block(input: &[u8], output: &mut [u8]) -> Result<()> {
    match lz4_flex::block::decompress_into(input, output) {
        Ok(len) if len == output.len() => Ok(()),
        Ok(_) => Err(Error::format("an LZ4 block is shorter than it should be")),
        Err(error) => Err(Error::format(format!("invalid LZ4 block: {error}"))),
    }
}

/// Appends `input` as an LZ4 block, and tells its length.
pub(super) fn encode_block(input: &[u8], output: &mut Vec<u8>) -> usize {
    let block = lz4_flex::block::compress(input);
    output.extend_from_slice(&block);
    block.len()
}
