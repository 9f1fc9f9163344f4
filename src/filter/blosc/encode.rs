//! Writing of chunks of Blosc 1 and 2.

use super::chunk::{
    BITSHUFFLED, EXTENDED, EXTENDED_LEN, HEADER_LEN, Header, MAX_STREAMS, MIN_STREAM, ONE_STREAM, SHUFFLED,
    STORED,
};
use super::compressor::Compressor;
use super::pipeline;
use crate::filter::deflate;
use crate::{Error, Result};

/// How chunks are made.
pub(super) struct Encoder {
    pub(super) compressor: Compressor,
    /// 0 (stored as it is) to 9.
    pub(super) level: u32,
    /// Number of the filter, in the pipeline of Blosc 2.
    pub(super) filter: u8,
    /// Whether chunks are those of Blosc 2.
    pub(super) extended: bool,
}

/// The most bytes of a chunk, whose stored length is signed.
const MAX_LEN: usize = i32::MAX as usize - EXTENDED_LEN;
/// Bytes of a stream in memory that suit the codecs without entropy coding.
const STREAM_LEN: usize = 32 << 10;
/// Bytes of a block that is one stream, and the most of one that is several.
const BLOCK_LEN: usize = 512 << 10;

impl Encoder {
    /// Appends `input`, elements of `typesize` bytes, as a chunk, and gives its header.
    pub(super) fn encode(&self, typesize: usize, input: &[u8], output: &mut Vec<u8>) -> Result<Header> {
        let typesize = if (1..=255).contains(&typesize) { typesize } else { 1 };
        if input.len() > MAX_LEN {
            return Err(Error::limit("Blosc chunks have at most 2 GiB"));
        }
        let start = output.len();
        let mut header = self.header(typesize, input.len());
        header.put(self.compressor, output);
        if self.level == 0 || !self.encode_blocks(&header, input, start, output)? {
            output.truncate(start.saturating_add(header.header_len()));
            header.flags |= STORED;
            output.extend_from_slice(input);
        }
        header.stored = output.len().saturating_sub(start);
        let mut finished = Vec::with_capacity(EXTENDED_LEN);
        header.put(self.compressor, &mut finished);
        if let Some(place) = output.get_mut(start..).and_then(|chunk| chunk.get_mut(..finished.len())) {
            place.copy_from_slice(&finished);
        }
        Ok(header)
    }

    fn header(&self, typesize: usize, len: usize) -> Header {
        let splits =
            self.compressor.likes_streams() && typesize <= MAX_STREAMS && len / MIN_STREAM >= typesize;
        let wanted = if splits { STREAM_LEN.saturating_mul(typesize).min(BLOCK_LEN) } else { BLOCK_LEN };
        // Whole groups of eight elements, which bit planes want.
        let group = typesize.saturating_mul(8);
        let block = wanted.checked_div(group).unwrap_or(0).max(1).saturating_mul(group).min(len);
        // A block that is no whole number of elements cannot be split.
        let splits = splits && block.is_multiple_of(typesize);
        let mut flags = if splits { 0 } else { ONE_STREAM };
        flags |= match self.filter {
            _ if self.extended => EXTENDED,
            pipeline::SHUFFLE => SHUFFLED,
            pipeline::BITSHUFFLE => BITSHUFFLED,
            _ => 0,
        };
        Header::new(flags, typesize, len, block, [0, 0, 0, 0, 0, self.filter])
    }

    /// Appends where the blocks start, and the blocks; `false` if that would be no gain.
    fn encode_blocks(
        &self,
        header: &Header,
        input: &[u8],
        start: usize,
        output: &mut Vec<u8>,
    ) -> Result<bool> {
        let count = input.len().div_ceil(header.block.max(1));
        let starts_at = output.len();
        output.resize(starts_at.saturating_add(count.saturating_mul(4)), 0);
        let (mut state, mut block, mut spare) = (deflate::State::default(), Vec::new(), Vec::new());
        let first = input.get(..header.block).unwrap_or_default();
        for (nth, from) in input.chunks(header.block.max(1)).enumerate() {
            let block_at = output.len().saturating_sub(start) as u32;
            let place = starts_at.saturating_add(nth.saturating_mul(4));
            put_at(output, place, block_at);
            block.clear();
            block.extend_from_slice(from);
            pipeline::apply(header, &mut block, &mut spare, (nth > 0).then_some(first));
            let streams = header.streams(block.len());
            let stream_len = block.len().checked_div(streams).unwrap_or(0).max(1);
            for stream in block.chunks(stream_len) {
                self.encode_stream(stream, &mut state, output)?;
            }
            if output.len().saturating_sub(start) >= input.len().saturating_add(HEADER_LEN) {
                return Ok(false);
            }
        }
        Ok(!input.is_empty())
    }

    fn encode_stream(&self, stream: &[u8], state: &mut deflate::State, output: &mut Vec<u8>) -> Result<()> {
        let len_at = output.len();
        output.extend([0; 4]);
        if self.extended && stream.iter().all(|byte| *byte == 0) {
            return Ok(());
        }
        let mut len = self.compressor.encode(state, self.level, stream, output)?;
        if len >= stream.len() {
            output.truncate(len_at.saturating_add(4));
            output.extend_from_slice(stream);
            len = stream.len();
        }
        put_at(output, len_at, len as u32);
        Ok(())
    }
}

fn put_at(output: &mut [u8], at: usize, number: u32) {
    if let Some(place) = output.get_mut(at..).and_then(|rest| rest.first_chunk_mut()) {
        *place = number.to_le_bytes();
    }
}
