//! Contiguous frames of Blosc 2: chunks with a header and an index.
//!
//! The header is in MessagePack, whose numbers are big-endian: an array of the text `b2frame\0`, the
//! lengths of header and frame, flags, the bytes in memory and of the stored chunks, the sizes of an
//! element, a block and a chunk, numbers of threads, whether there are trailing metadata, the
//! filters, and the metadata: their number and, of each, name, place in the frame and content.
//! All this has fixed places but for the last. Then come the chunks, one more with the places of
//! the chunks (8 bytes each, little-endian, behind the header; the top bit says that a chunk has
//! one value, which the low bits of the top byte name), and a trailer.

use super::b2nd::Shape;
use super::chunk::{Chunk, ZEROS, fill_special};
use super::compressor::Compressor;
use super::encode::Encoder;
use crate::filter::codec::decode_whole;
use crate::{Error, Result};

/// A stored frame.
pub(super) struct Frame<'a> {
    bytes: &'a [u8],
    header_len: usize,
    /// Bytes in memory, bytes of the stored chunks, and bytes of a chunk in memory.
    len: u64,
    stored: u64,
    chunk_len: usize,
    pub(super) typesize: usize,
    /// What the metadata say of dimensions.
    shape: Option<Shape>,
}

const SIGNATURE: &[u8] = b"b2frame\0";
/// How many times as long as their content frames may be, for chunks and blocks at the edges.
const MAX_PADDING: u64 = 64;
/// Where the metadata start, with `93 cd`.
const METADATA: usize = 0x57;

fn bad(what: &'static str) -> Error {
    Error::format(what).in_structure("Blosc 2 frame")
}

/// The big-endian number of N bytes behind the MessagePack type `tag` at `at`.
fn tagged<const N: usize>(bytes: &[u8], at: usize, tag: u8) -> Result<u64> {
    let rest = bytes.get(at..).unwrap_or_default();
    match rest.split_first() {
        Some((found, rest)) if *found == tag => {
            let bytes = rest.first_chunk::<N>().ok_or_else(|| bad("truncated"))?;
            Ok(bytes.iter().fold(0, |number, byte| number << 8 | u64::from(*byte)))
        }
        _ => Err(bad("a header of another form")),
    }
}

impl<'a> Frame<'a> {
    pub(super) fn parse(bytes: &'a [u8]) -> Result<Self> {
        if bytes.get(2..).is_none_or(|rest| !rest.starts_with(SIGNATURE)) {
            return Err(bad("no signature"));
        }
        let header_len = tagged::<4>(bytes, 0x0a, 0xd2)? as usize;
        let frame_len = usize::try_from(tagged::<8>(bytes, 0x0f, 0xcf)?).unwrap_or(usize::MAX);
        let bytes = bytes.get(..frame_len).ok_or_else(|| bad("truncated"))?;
        if let Some([_, frame_type]) = bytes.get(0x19..0x1b)
            && frame_type & 0xf != 0
        {
            return Err(Error::unsupported("Blosc 2 frames in several files"));
        }
        let header = bytes.get(..header_len).ok_or_else(|| bad("truncated"))?;
        let size = |at| tagged::<4>(header, at, 0xd2).map(|size| size as usize);
        Ok(Self {
            bytes,
            header_len,
            len: tagged::<8>(header, 0x1d, 0xd3)?,
            stored: tagged::<8>(header, 0x26, 0xd3)?,
            typesize: size(0x2f)?,
            chunk_len: size(0x39)?,
            shape: dimensions(header)?,
        })
    }

    /// Bytes of the frame's content.
    fn content_len(&self) -> Result<u64> {
        match &self.shape {
            Some(shape) => shape.len(self.typesize).ok_or_else(|| bad("too many elements")),
            None => Ok(self.len),
        }
    }

    /// Decodes the content, whose first bytes go to `output`, and tells its length.
    pub(super) fn decode(&self, output: &mut [u8], limit: u64) -> Result<u64> {
        let total = self.content_len()?;
        decode_whole(total, output, limit, |output| {
            let chunk_len = self.chunk_len.max(1);
            if self.len.max(self.chunk_len as u64) > total.saturating_mul(MAX_PADDING).saturating_add(1 << 20)
            {
                return Err(bad("more elements outside than inside"));
            }
            let places = self.places(self.len.div_ceil(chunk_len as u64))?;
            let Some(shape) = &self.shape else {
                for (to, place) in output.chunks_mut(chunk_len).zip(places) {
                    self.decode_chunk(place, to)?;
                }
                return Ok(());
            };
            if shape.chunk_len(self.typesize) != Some(self.chunk_len as u64) {
                return Err(bad("a chunk of another size than its dimensions say"));
            }
            if shape.chunks() != Some(places.len() as u64) {
                return Err(bad("another number of chunks than the dimensions say"));
            }
            if let ([place], true) = (&places[..], shape.is_plain()) {
                return self.decode_chunk(*place, output);
            }
            let mut chunk = vec![0; self.chunk_len];
            for (nth, place) in places.into_iter().enumerate() {
                self.decode_chunk(place, &mut chunk)?;
                shape.scatter(nth, self.typesize, &chunk, output).ok_or_else(|| bad("invalid dimensions"))?;
            }
            Ok(())
        })
    }

    /// Where the chunks are.
    fn places(&self, count: u64) -> Result<Vec<u64>> {
        let at = usize::try_from(self.stored).ok().and_then(|stored| stored.checked_add(self.header_len));
        let index = at.and_then(|at| self.bytes.get(at..)).ok_or_else(|| bad("no index of the chunks"))?;
        let index = Chunk::parse(index)?;
        if count.saturating_mul(8) > self.len.saturating_add(1024) {
            return Err(bad("too many chunks"));
        }
        if index.header.len as u64 != count.saturating_mul(8) {
            return Err(bad("an index of another length than its number of chunks"));
        }
        let mut places = vec![0; index.header.len];
        index.decode(&mut places)?;
        Ok(places.as_chunks().0.iter().map(|place| u64::from_le_bytes(*place)).collect())
    }

    fn decode_chunk(&self, place: u64, output: &mut [u8]) -> Result<()> {
        let [.., special] = place.to_le_bytes();
        if special & 0x80 != 0 {
            // No number is zeros, too.
            return fill_special((special & 7).max(ZEROS), self.typesize, &[], output);
        }
        let at = usize::try_from(place).ok().and_then(|place| place.checked_add(self.header_len));
        let chunk = at.and_then(|at| self.bytes.get(at..)).ok_or_else(|| bad("a chunk outside the frame"))?;
        let chunk = Chunk::parse(chunk)?;
        if chunk.header.len != output.len() {
            return Err(bad("a chunk of another length than the others"));
        }
        chunk.decode(output)
    }
}

/// What the metadata of a header say of dimensions.
fn dimensions(header: &[u8]) -> Result<Option<Shape>> {
    if tagged::<2>(header, METADATA, 0x93).is_err() {
        return Ok(None);
    }
    let count = tagged::<2>(header, METADATA.saturating_add(4), 0xde)?;
    let mut at = METADATA.saturating_add(7);
    for _ in 0..count {
        let [tag, ..] = *header.get(at..).unwrap_or_default() else { return Err(bad("truncated")) };
        let name_at = at.saturating_add(1);
        let name_end = name_at.saturating_add(usize::from(tag & 0x1f));
        let name = header.get(name_at..name_end).ok_or_else(|| bad("truncated"))?;
        let place = tagged::<4>(header, name_end, 0xd2)? as usize;
        at = name_end.saturating_add(5);
        if name == b"b2nd" || name == b"caterva" {
            let len = tagged::<4>(header, place, 0xc6)? as usize;
            let content = header.get(place.saturating_add(5)..).and_then(|rest| rest.get(..len));
            return Shape::parse(content.ok_or_else(|| bad("truncated"))?).map(Some);
        }
    }
    Ok(None)
}

/// Appends `input` as a frame of one chunk.
pub(super) fn encode(encoder: &Encoder, typesize: usize, input: &[u8], output: &mut Vec<u8>) -> Result<()> {
    let mut chunk = Vec::new();
    let header = encoder.encode(typesize, input, &mut chunk)?;
    let index = Encoder { compressor: Compressor::BloscLz, level: 0, filter: 0, extended: true };
    let mut places = Vec::new();
    index.encode(8, &0_u64.to_le_bytes(), &mut places)?;
    let mut trailer = vec![0x94, 1, 0x93, 0xcd, 0, 6, 0xde, 0, 0, 0xdc, 0, 0, 0xce, 0, 0, 0, 35, 0xd8, 0];
    trailer.resize(35, 0);
    const HEADER_LEN: usize = METADATA + 10;
    let parts = [chunk.len(), places.len(), trailer.len()];
    let frame_len = parts.iter().fold(HEADER_LEN, |sum, len| sum.saturating_add(*len));

    let sized = |tag: u8, number: usize| std::iter::once(tag).chain((number as u32).to_be_bytes());
    let long = |tag: u8, number: usize| std::iter::once(tag).chain((number as u64).to_be_bytes());
    output.extend([0x9e, 0xa8]);
    output.extend_from_slice(SIGNATURE);
    output.extend(sized(0xd2, HEADER_LEN));
    output.extend(long(0xcf, frame_len));
    // Version 2 of the format, places of 64 bits; contiguous; codec and level; reserved.
    let codec = encoder.compressor as u8 | (encoder.level as u8) << 4;
    output.extend([0xa4, 0x12, 0, codec, 0]);
    output.extend(long(0xd3, input.len()));
    output.extend(long(0xd3, chunk.len()));
    output.extend(sized(0xd2, typesize));
    output.extend(sized(0xd2, header.block));
    output.extend(sized(0xd2, input.len()));
    // One thread each way; no trailing metadata.
    output.extend([0xd1, 0, 1, 0xd1, 0, 1, 0xc2]);
    output.extend([0xd8, 6, 0, 0, 0, 0, 0, encoder.filter, encoder.compressor as u8, 0]);
    output.extend([0; 8]);
    output.extend([0x93, 0xcd, 0, 7, 0xde, 0, 0, 0xdc, 0, 0]);
    output.extend(chunk);
    output.extend(places);
    output.extend(trailer);
    Ok(())
}
