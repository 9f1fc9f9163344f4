//! Chunks of Blosc 1 and 2, as they are stored.
//!
//! The header is the version of the format (2 is Blosc 1, 3 to 5 are Blosc 2), that of the codec,
//! flags, the size of an element, and as numbers of 4 bytes the length in memory, that of a block
//! and the stored length. Flags: bit 0 shuffled bytes, bit 1 stored as it is, bit 2 shuffled bits,
//! bits 0 and 2 extended header, bit 4 blocks are one stream each, bits 5 to 7 the codec.
//!
//! The extended header of Blosc 2 follows: six filters, the codec again, its parameter, six
//! parameters of the filters, a reserved byte, and flags: bit 0 with dictionary, bits 4 to 6 the
//! chunk is all zeros (1), not-a-number (2), the value that follows (3) or undefined (4).
//!
//! Then comes where in the chunk each block starts (4 bytes each), and the blocks. A block is one
//! stream, or as many of the same length as an element has bytes. A stream is its length (4 bytes)
//! and its bytes, as they are if they are as many as in memory. In Blosc 2 a length of 0 stands for
//! zeros, and -n with a byte 1 for bytes n. Numbers are little-endian.

use super::compressor::Compressor;
use super::pipeline;
use crate::filter::deflate;
use crate::{Error, Result};

pub(super) const HEADER_LEN: usize = 16;
pub(super) const EXTENDED_LEN: usize = 32;

pub(super) const SHUFFLED: u8 = 1;
pub(super) const STORED: u8 = 2;
pub(super) const BITSHUFFLED: u8 = 4;
pub(super) const EXTENDED: u8 = SHUFFLED | BITSHUFFLED;
pub(super) const ONE_STREAM: u8 = 16;
const DICTIONARY: u8 = 1;

/// Special values.
pub(super) const ZEROS: u8 = 1;
const NAN: u8 = 2;
const VALUE: u8 = 3;
const UNDEFINED: u8 = 4;

pub(super) const VERSION_1: u8 = 2;
pub(super) const VERSION_2: u8 = 5;

/// Blocks of elements with more bytes are never split.
pub(super) const MAX_STREAMS: usize = 16;
/// Blosc 1 does not split blocks of fewer elements.
pub(super) const MIN_STREAM: usize = 128;

/// The header of a chunk.
#[derive(Debug, Clone)]
pub(super) struct Header {
    pub(super) flags: u8,
    pub(super) typesize: usize,
    /// Length of the chunk in memory, of a block in memory, and of the chunk as stored.
    pub(super) len: usize,
    pub(super) block: usize,
    pub(super) stored: usize,
    /// Whether the chunk is one of Blosc 2 with an extended header.
    pub(super) extended: bool,
    pub(super) filters: [u8; 6],
    pub(super) filters_meta: [u8; 6],
    flags2: u8,
}

/// A stored chunk.
pub(super) struct Chunk<'a> {
    pub(super) header: Header,
    bytes: &'a [u8],
}

fn bad(what: &'static str) -> Error {
    Error::format(what).in_structure("Blosc chunk")
}

fn number(bytes: &[u8], at: usize) -> Result<usize> {
    let bytes = bytes.get(at..).and_then(|rest| rest.first_chunk()).ok_or_else(|| bad("truncated"))?;
    Ok(u32::from_le_bytes(*bytes) as usize)
}

impl Header {
    pub(super) fn new(flags: u8, typesize: usize, len: usize, block: usize, filters: [u8; 6]) -> Self {
        let extended = flags & EXTENDED == EXTENDED;
        Self { flags, typesize, len, block, stored: 0, extended, filters, filters_meta: [0; 6], flags2: 0 }
    }

    fn parse(bytes: &[u8]) -> Result<Self> {
        let [version, _, flags, typesize, ..] = *bytes else { return Err(bad("truncated")) };
        if !(1..=VERSION_2).contains(&version) {
            return Err(Error::unsupported(format!("version {version} of the Blosc format")));
        }
        let (len, block, stored) = (number(bytes, 4)?, number(bytes, 8)?, number(bytes, 12)?);
        let extended = version > VERSION_1 && flags & EXTENDED == EXTENDED;
        let mut header =
            Self { extended, stored, ..Self::new(flags, usize::from(typesize), len, block, [0; 6]) };
        if extended {
            let extension = bytes.get(HEADER_LEN..EXTENDED_LEN).ok_or_else(|| bad("truncated"))?;
            let [a, b, c, d, e, f, _, _, u, v, w, x, y, z, _, flags2] = *extension else {
                return Err(bad("truncated"));
            };
            (header.filters, header.filters_meta) = ([a, b, c, d, e, f], [u, v, w, x, y, z]);
            header.flags2 = flags2;
        } else if flags & SHUFFLED != 0 {
            header.filters = [0, 0, 0, 0, 0, pipeline::SHUFFLE];
        } else if flags & BITSHUFFLED != 0 {
            header.filters = [0, 0, 0, 0, 0, pipeline::BITSHUFFLE];
        }
        if typesize == 0 || (block == 0 && len > 0) || stored < header.header_len() {
            return Err(bad("an invalid header"));
        }
        Ok(header)
    }

    pub(super) fn header_len(&self) -> usize {
        if self.extended { EXTENDED_LEN } else { HEADER_LEN }
    }

    pub(super) fn put(&self, compressor: Compressor, output: &mut Vec<u8>) {
        let codec = compressor as u8;
        let flags = self.flags | codec << 5;
        output.extend([if self.extended { VERSION_2 } else { VERSION_1 }, 1, flags, self.typesize as u8]);
        for number in [self.len, self.block, self.stored] {
            output.extend((number as u32).to_le_bytes());
        }
        if self.extended {
            output.extend(self.filters);
            output.extend([codec, 0]);
            output.extend(self.filters_meta);
            output.extend([0, self.flags2]);
        }
    }

    /// The number of streams that a block of `len` bytes has.
    pub(super) fn streams(&self, len: usize) -> usize {
        let whole = len == self.block;
        let splits = self.flags & ONE_STREAM == 0 && whole && self.flags2 & DICTIONARY == 0;
        let elements = self.block.checked_div(self.typesize).unwrap_or(0);
        let splits = splits && (self.extended || (self.typesize <= MAX_STREAMS && elements >= MIN_STREAM));
        if splits { self.typesize } else { 1 }
    }
}

impl<'a> Chunk<'a> {
    /// The chunk at the start of `bytes`.
    pub(super) fn parse(bytes: &'a [u8]) -> Result<Self> {
        let header = Header::parse(bytes)?;
        let bytes = bytes.get(..header.stored).ok_or_else(|| bad("truncated"))?;
        Ok(Self { header, bytes })
    }

    /// Decodes the chunk into `output`, which is as long as the header says.
    pub(super) fn decode(&self, output: &mut [u8]) -> Result<()> {
        let header = &self.header;
        let body = self.bytes.get(header.header_len()..).unwrap_or_default();
        let special = if header.extended { header.flags2 >> 4 & 7 } else { 0 };
        if special != 0 {
            return fill_special(special, header.typesize, body, output);
        }
        if header.flags & STORED != 0 {
            output.copy_from_slice(body.get(..output.len()).ok_or_else(|| bad("truncated"))?);
            return Ok(());
        }
        if header.extended && header.flags2 & DICTIONARY != 0 {
            return Err(Error::unsupported("Blosc 2 chunks with a dictionary"));
        }
        let compressor = Compressor::of_chunk(header.flags >> 5)?;
        let (mut state, mut spare) = (deflate::State::default(), Vec::new());
        let mut decode = |nth: usize, to: &mut [u8], first: Option<&[u8]>| {
            let start = number(body, nth.saturating_mul(4))?;
            let zeros = self.decode_block(start, compressor, &mut state, to)?;
            if zeros && !header.filters.contains(&pipeline::DELTA) {
                return Ok(());
            }
            pipeline::undo(header, to, &mut spare, first)
        };
        let (first, others) = output.split_at_mut(header.block.min(output.len()));
        if !first.is_empty() {
            decode(0, first, None)?;
        }
        for (nth, to) in others.chunks_mut(header.block.max(1)).enumerate() {
            decode(nth.saturating_add(1), to, Some(first))?;
        }
        Ok(())
    }

    /// Decodes the streams of a block, and tells whether all are zeros.
    fn decode_block(
        &self,
        start: usize,
        compressor: Compressor,
        state: &mut deflate::State,
        output: &mut [u8],
    ) -> Result<bool> {
        let truncated = || bad("a block is truncated");
        let streams = self.header.streams(output.len());
        if !output.len().is_multiple_of(streams) {
            return Err(bad("blocks of no whole elements"));
        }
        let stream_len = output.len().checked_div(streams).unwrap_or(0).max(1);
        let mut rest = self.bytes.get(start..).ok_or_else(truncated)?;
        let mut zeros = true;
        for to in output.chunks_mut(stream_len) {
            let (len, tail) = rest.split_first_chunk::<4>().ok_or_else(truncated)?;
            rest = tail;
            let len = i32::from_le_bytes(*len);
            if self.header.extended && len <= 0 {
                let value = u8::try_from(len.unsigned_abs()).map_err(|_| bad("an invalid run"))?;
                if value != 0 {
                    let (token, tail) = rest.split_first().ok_or_else(truncated)?;
                    rest = tail;
                    if token & 1 == 0 {
                        return Err(Error::unsupported("Blosc 2 streams with a codec of their own"));
                    }
                }
                to.fill(value);
                zeros &= value == 0;
                continue;
            }
            zeros = false;
            let len = usize::try_from(len).map_err(|_| bad("an invalid length of a stream"))?;
            let (stream, tail) = rest.split_at_checked(len).ok_or_else(truncated)?;
            rest = tail;
            if len == to.len() {
                to.copy_from_slice(stream);
            } else {
                compressor.decode(state, stream, to)?;
            }
        }
        Ok(zeros)
    }
}

/// Fills `output` with what the number of a special value stands for.
pub(super) fn fill_special(special: u8, typesize: usize, value: &[u8], output: &mut [u8]) -> Result<()> {
    let value = match (special, typesize) {
        (ZEROS | UNDEFINED, _) => &[0][..],
        (NAN, 4) => &0x7fc0_0000_u32.to_le_bytes(),
        (NAN, 8) => &0x7ff8_0000_0000_0000_u64.to_le_bytes(),
        (NAN, _) => return Err(bad("not-a-number of elements that are no floats")),
        (VALUE, _) if !value.is_empty() => value,
        _ => return Err(bad("an unknown special value")),
    };
    output.chunks_mut(value.len().max(1)).for_each(|to| {
        to.iter_mut().zip(value).for_each(|(to, from)| *to = *from);
    });
    Ok(())
}
