//! Storing whole chunks: gathered and filtered in parallel, put in their places in order.

use std::sync::{Mutex, PoisonError};

use super::read_chunks::{Buffers, with_buffers};
use super::state::{Chunked, State};
use super::transfer::{self, Pieces};
use crate::chunk::cache::CachedChunk;
use crate::chunk::grid::Grid;
use crate::chunk::index::{ChunkIndex, ChunkRecord};
use crate::file::Shared;
use crate::filter::Pipeline;
use crate::store::{RawData, Space};
use crate::{Result, parallel};

/// Bytes of chunks to hold before they are written.
pub(super) const IN_FLIGHT: usize = 16 << 20;
/// Bytes of chunks that are worth a task of their own.
const GROUP: usize = 256 << 10;

/// A chunk to be stored.
pub(super) struct Pending<'m> {
    /// Coordinates in chunks.
    pub(super) scaled: Vec<u64>,
    /// Where it is now.
    pub(super) record: Option<ChunkRecord>,
    pub(super) content: Content<'m>,
    /// What was in memory of this chunk, and in no file: it must not be lost if the storing fails.
    pub(super) unsaved: Option<Vec<u8>>,
}

/// The bytes of a chunk to be stored.
pub(super) enum Content<'m> {
    /// The [`unsaved`](Pending::unsaved) ones.
    Unsaved,
    Owned(Vec<u8>),
    Borrowed(&'m [u8]),
    /// These elements of memory; what is outside the dataset has the fill value.
    Gathered {
        pieces: Pieces,
        memory: &'m [u8],
    },
}

/// Chunks side by side in the pending ones, as they are to be stored.
struct Encoded<'p> {
    chunks: &'p [Pending<'p>],
    /// The stored bytes of those that are not borrowed, one after the other.
    buffer: Vec<u8>,
    parts: Vec<Part<'p>>,
}

/// One of them.
struct Part<'p> {
    /// Its stored bytes, if they are memory of the caller; else they are in the buffer.
    borrowed: Option<&'p [u8]>,
    len: usize,
    filter_mask: u32,
    /// Whether it has no filters.
    plain: bool,
}

/// What encoding a chunk depends on.
struct Encoder<'a> {
    pipeline: &'a Pipeline,
    grid: &'a Grid,
    plain_partial: bool,
    chunk_bytes: usize,
    element_size: usize,
    fill_pattern: Option<&'a [u8]>,
    /// Buffers that were written.
    spare: Mutex<Vec<Vec<u8>>>,
}

impl Chunked {
    /// Takes out of the cache what is in memory of a chunk, and gives it if it is in no file.
    pub(super) fn take_unsaved(&self, scaled: &[u64]) -> Option<Vec<u8>> {
        self.cache().remove(scaled).filter(|chunk| chunk.dirty).map(|chunk| chunk.bytes)
    }

    /// Keeps, for another try, what chunks that were not stored had in memory.
    pub(super) fn keep_unsaved(&self, chunks: Vec<Pending<'_>>) {
        let mut cache = self.cache();
        for Pending { scaled, unsaved, .. } in chunks {
            if let Some(bytes) = unsaved {
                cache.put_back(CachedChunk { scaled, bytes, dirty: true });
            }
        }
    }
}

impl State {
    /// Filters chunks in parallel, puts each in its place, tells the index, and takes it out of `pending`.
    ///
    /// # Errors
    /// Those of filters and store; the chunks that are not stored are left in `pending`.
    pub(super) fn store_chunks(
        &self,
        shared: &Shared,
        chunked: &mut Chunked,
        pending: &mut Vec<Pending<'_>>,
    ) -> Result<()> {
        let plain_partial = chunked.leaves_partial_unfiltered();
        let Chunked { pipeline, grid, index, chunk_bytes, .. } = chunked;
        let chunk_bytes = *chunk_bytes;
        let encoder = Encoder {
            pipeline,
            grid,
            plain_partial,
            chunk_bytes,
            element_size: self.element_size(),
            fill_pattern: self.fill_pattern.as_deref(),
            spare: Mutex::default(),
        };
        let group = (GROUP / chunk_bytes.max(1)).clamp(1, 256);
        let ahead = (IN_FLIGHT / chunk_bytes.max(1) / group).max(parallel::threads());
        if pipeline.is_empty() {
            store_plain(shared, index, &encoder, pending, group)?;
            pending.clear();
            return Ok(());
        }
        let groups: Vec<&[Pending<'_>]> = pending.chunks(group).collect();
        let mut stored = 0;
        let result = parallel::in_order(
            groups,
            ahead,
            |chunks| with_buffers(|buffers| encoder.encode(chunks, buffers)),
            |encoded| {
                place(shared, index, &encoded)?;
                stored += encoded.chunks.len();
                encoder.recycle(encoded.buffer);
                Ok(())
            },
        );
        pending.drain(..stored);
        result
    }
}

impl Encoder<'_> {
    fn encode<'p>(&self, chunks: &'p [Pending<'p>], buffers: &mut Buffers) -> Result<Encoded<'p>> {
        let mut buffer = self.spare.lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or_default();
        let mut parts = Vec::with_capacity(chunks.len());
        for chunk in chunks {
            let plain =
                self.pipeline.is_empty() || (self.plain_partial && self.grid.is_partial(&chunk.scaled));
            // A masked filter is no filter: a partial chunk of a filtered dataset has all of them so.
            let mut part = Part { borrowed: None, len: self.chunk_bytes, filter_mask: 0, plain };
            let bytes = match &chunk.content {
                Content::Unsaved => chunk.unsaved.as_deref().unwrap_or_default(),
                Content::Owned(bytes) => bytes,
                Content::Borrowed(bytes) => bytes,
                Content::Gathered { pieces, memory } if plain => {
                    let before = buffer.len();
                    buffer.resize(before + self.chunk_bytes, 0);
                    self.gather(pieces, memory, &mut buffer[before..])?;
                    parts.push(part);
                    continue;
                }
                Content::Gathered { pieces, memory } => {
                    buffers.gathered.resize(self.chunk_bytes, 0);
                    self.gather(pieces, memory, &mut buffers.gathered)?;
                    &[]
                }
            };
            if plain {
                part.borrowed = Some(bytes);
            } else {
                let gathered = matches!(chunk.content, Content::Gathered { .. });
                let bytes = if gathered { &buffers.gathered[..] } else { bytes };
                let (stored, filter_mask) = self.pipeline.encode(bytes, &mut buffers.filter)?;
                buffer.extend_from_slice(stored);
                (part.len, part.filter_mask) = (stored.len(), filter_mask);
            }
            parts.push(part);
        }
        Ok(Encoded { chunks, buffer, parts })
    }

    fn gather(&self, pieces: &Pieces, memory: &[u8], chunk: &mut [u8]) -> Result<()> {
        if pieces.covered() < self.grid.chunk_len() {
            transfer::fill(chunk, self.fill_pattern.unwrap_or(&[0]));
        }
        transfer::gather(pieces, memory, chunk, self.element_size)
    }

    fn recycle(&self, mut buffer: Vec<u8>) {
        buffer.clear();
        self.spare.lock().unwrap_or_else(PoisonError::into_inner).push(buffer);
    }
}

/// Stores chunks that have no filters: their places are known before, so that each thread writes what it
/// has just gathered.
fn store_plain(
    shared: &Shared,
    index: &mut ChunkIndex,
    encoder: &Encoder<'_>,
    pending: &[Pending<'_>],
    group: usize,
) -> Result<()> {
    let sizes = pending.iter().map(|chunk| (chunk, encoder.chunk_bytes as u64, 0, true));
    let (records, raw) = allocate(shared, sizes)?;
    let groups: Vec<_> = pending.chunks(group).zip(records.chunks(group)).collect();
    parallel::try_for_each(groups, |(chunks, records)| {
        let encoded = with_buffers(|buffers| encoder.encode(chunks, buffers))?;
        write(&raw, &encoded, records)?;
        encoder.recycle(encoded.buffer);
        Ok(())
    })?;
    drop(raw);
    tell(shared, index, pending, &records)
}

/// Finds a place for each chunk, writes those side by side in one go, tells the index where they are,
/// and frees where they were.
fn place(shared: &Shared, index: &mut ChunkIndex, encoded: &Encoded<'_>) -> Result<()> {
    let parts = encoded.chunks.iter().zip(&encoded.parts);
    let sizes = parts.map(|(chunk, part)| (chunk, part.len as u64, part.filter_mask, part.plain));
    let (records, raw) = allocate(shared, sizes)?;
    write(&raw, encoded, &records)?;
    // Space is used again at once only if no bytes are on their way.
    drop(raw);
    tell(shared, index, encoded.chunks, &records)
}

/// Where chunks go, each given with its size, its filter mask, and whether it has no filters: those are
/// overwritten, the others only if no commit knows them.
fn allocate<'p>(
    shared: &Shared,
    chunks: impl Iterator<Item = (&'p Pending<'p>, u64, u32, bool)>,
) -> Result<(Vec<ChunkRecord>, RawData)> {
    let mut store = shared.write()?;
    let mut records = Vec::with_capacity(chunks.size_hint().0);
    for (chunk, size, filter_mask, plain) in chunks {
        let again = chunk.record.filter(|old| old.size == size && (plain || store.is_new(old.address)));
        let address = match again {
            Some(record) => record.address,
            None => store.allocate(Space::Raw, size)?,
        };
        records.push(ChunkRecord { address, size, filter_mask });
    }
    Ok((records, store.raw()))
}

/// Writes chunks, those side by side in one go.
fn write(raw: &RawData, encoded: &Encoded<'_>, records: &[ChunkRecord]) -> Result<()> {
    let Encoded { buffer, parts, .. } = encoded;
    // What of the buffer is to be written next, and where to.
    let (mut run, mut at) = (0..0, 0);
    for (record, part) in records.iter().zip(parts) {
        if let Some(bytes) = part.borrowed {
            raw.write_at(record.address, bytes)?;
        } else if at + run.len() as u64 == record.address {
            run.end += part.len;
        } else {
            raw.write_at(at, &buffer[run.clone()])?;
            (run, at) = (run.end..run.end + part.len, record.address);
        }
    }
    raw.write_at(at, &buffer[run])
}

/// Tells the index where chunks are now, and frees where they were.
fn tell(
    shared: &Shared,
    index: &mut ChunkIndex,
    chunks: &[Pending<'_>],
    records: &[ChunkRecord],
) -> Result<()> {
    shared.edit(|store| {
        for (chunk, &record) in chunks.iter().zip(records) {
            if chunk.record == Some(record) {
                continue;
            }
            index.insert(store, &chunk.scaled, record)?;
            if let Some(old) = chunk.record.filter(|old| old.address != record.address) {
                store.free(Space::Raw, old.address, old.size);
            }
        }
        Ok(())
    })
}
