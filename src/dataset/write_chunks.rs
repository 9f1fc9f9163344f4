//! Writing chunks: gathered and filtered in parallel, put in their places in order.

use std::borrow::Cow;
use std::collections::HashSet;
use std::convert::Infallible;

use super::read::{self, Buffers, Task, with_buffers};
use super::state::{Chunked, State};
use super::transfer::{self, Pieces};
use crate::chunk::cache::CachedChunk;
use crate::chunk::grid::Axis;
use crate::chunk::index::ChunkRecord;
use crate::file::Shared;
use crate::selection::Resolved;
use crate::store::{RawData, Space};
use crate::{Result, parallel};

/// Bytes of filtered chunks to hold before they are written.
const IN_FLIGHT: usize = 16 << 20;

/// A chunk to be written: its coordinates, where it is now, and its bytes.
struct Pending<'m> {
    scaled: Vec<u64>,
    record: Option<ChunkRecord>,
    content: Content<'m>,
}

/// The bytes of a chunk to be written.
enum Content<'m> {
    /// All of it, in one piece.
    Bytes(Cow<'m, [u8]>),
    /// These elements of memory; what is outside the dataset has the fill value.
    Gathered { pieces: Pieces, memory: &'m [u8] },
}

impl Pending<'_> {
    fn of(shared: &Shared, chunked: &Chunked, chunk: CachedChunk) -> Result<Self> {
        let record = chunked.index.lookup(&*shared.read()?, &chunk.scaled)?;
        Ok(Self { scaled: chunk.scaled, record, content: Content::Bytes(Cow::Owned(chunk.bytes)) })
    }

    /// Calls `use_bytes` with the chunk's bytes, for which `buffer` is there.
    fn with_bytes<R>(
        &self,
        state: &State,
        chunked: &Chunked,
        buffer: &mut Vec<u8>,
        use_bytes: impl FnOnce(&[u8]) -> Result<R>,
    ) -> Result<R> {
        match &self.content {
            Content::Bytes(bytes) => use_bytes(bytes),
            Content::Gathered { pieces, memory } => {
                buffer.resize(chunked.chunk_bytes, 0);
                if pieces.covered() < chunked.grid.chunk_len() {
                    transfer::fill(buffer, state.fill_pattern.as_deref().unwrap_or(&[0]));
                }
                transfer::gather(pieces, memory, buffer, state.element_size())?;
                use_bytes(buffer)
            }
        }
    }
}

impl State {
    pub(super) fn write_chunks(
        &self,
        shared: &Shared,
        chunked: &mut Chunked,
        resolved: &Resolved,
        memory: &[u8],
    ) -> Result<()> {
        let size = self.element_size();
        let batch = (IN_FLIGHT / chunked.chunk_bytes.max(1)).clamp(1, 4096);
        let limit = shared.read()?.limits().chunk;
        chunked.check_size(limit)?;
        // The index changes while the chunks are walked, so the walk has its own description.
        let walk = chunked.grid.clone();
        let mut ready: Vec<Pending<'_>> = Vec::new();
        // Chunks in `ready` that left the cache; until they are stored, the file has them as they were.
        let mut leaving: HashSet<Vec<u64>> = HashSet::new();
        read::for_each_chunk(&walk, resolved, |scaled, pieces| {
            if leaving.contains(scaled) {
                leaving.clear();
                self.store_chunks(shared, chunked, std::mem::take(&mut ready))?;
            }
            let task = Task::new(&*shared.read()?, chunked, scaled, pieces)?;
            let whole = task.pieces.covered() == walk.valid_len(scaled);
            if whole {
                chunked.cache().remove(scaled);
                let content = match transfer::borrowed(&task.pieces, memory, walk.chunk_len(), size) {
                    Some(bytes) => Content::Bytes(Cow::Borrowed(bytes)),
                    None => Content::Gathered { pieces: task.pieces, memory },
                };
                ready.push(Pending { scaled: task.scaled, record: task.record, content });
            } else if let Some(record) = task.record.filter(|_| self.writes_in_place(chunked, &task)) {
                let raw = shared.read()?.raw();
                let stored = (record.address, chunked.chunk_bytes as u64);
                transfer::write_stored(&raw, stored, &task.pieces, memory, size)?;
            } else {
                if let Some(bytes) = chunked.cache().get_mut(scaled) {
                    return transfer::gather(&task.pieces, memory, bytes, size);
                }
                let mut bytes = self.load_chunk(shared, chunked, &task, limit)?;
                transfer::gather(&task.pieces, memory, &mut bytes, size)?;
                let mut evicted = Vec::new();
                let Ok(()) = chunked.cache().insert::<Infallible>(scaled, bytes, true, |chunk| {
                    evicted.push(chunk);
                    Ok(())
                });
                for chunk in evicted {
                    leaving.insert(chunk.scaled.clone());
                    ready.push(Pending::of(shared, chunked, chunk)?);
                }
            }
            if ready.len() >= batch {
                leaving.clear();
                self.store_chunks(shared, chunked, std::mem::take(&mut ready))?;
            }
            Ok(())
        })?;
        self.store_chunks(shared, chunked, ready)
    }

    /// Puts the fill value into the elements of `slab` that lie in chunks that exist.
    pub(super) fn fill_existing(&self, shared: &Shared, chunked: &mut Chunked, slab: &[Axis]) -> Result<()> {
        let size = self.element_size();
        let limit = shared.read()?.limits().chunk;
        chunked.check_size(limit)?;
        let mut tasks = Vec::new();
        chunked.grid.for_each_chunk(slab, |scaled| {
            if let Some(part) = chunked.grid.part(slab, scaled) {
                tasks.push(Task::new(&*shared.read()?, chunked, scaled, Pieces::Slab(part))?);
            }
            Ok(())
        })?;
        for task in tasks.into_iter().filter(|task| task.cached || task.record.is_some()) {
            let mut bytes = self.load_chunk(shared, chunked, &task, limit)?;
            transfer::fill_pieces(&task.pieces, self.fill_pattern.as_deref(), &mut bytes, size)?;
            self.store_loaded(shared, chunked, task, bytes)?;
        }
        Ok(())
    }

    /// Writes a whole chunk, in place of what is in memory of it.
    pub(super) fn store_loaded(
        &self,
        shared: &Shared,
        chunked: &mut Chunked,
        task: Task,
        bytes: Vec<u8>,
    ) -> Result<()> {
        chunked.cache().remove(&task.scaled);
        let content = Content::Bytes(Cow::Owned(bytes));
        self.store_chunks(
            shared,
            chunked,
            vec![Pending { scaled: task.scaled, record: task.record, content }],
        )
    }

    /// Whether a part of a chunk is written where it is stored.
    fn writes_in_place(&self, chunked: &Chunked, task: &Task) -> bool {
        !task.cached && chunked.is_unfiltered(&task.scaled)
    }

    /// A chunk of fill values.
    pub(super) fn filled_chunk(&self, chunked: &Chunked) -> Vec<u8> {
        let mut bytes = vec![0; chunked.chunk_bytes];
        if let Some(pattern) = &self.fill_pattern {
            transfer::fill(&mut bytes, pattern);
        }
        bytes
    }

    /// The present bytes of a chunk.
    pub(super) fn load_chunk(
        &self,
        shared: &Shared,
        chunked: &Chunked,
        task: &Task,
        limit: u64,
    ) -> Result<Vec<u8>> {
        if let Some(bytes) = chunked.cache().get(&task.scaled) {
            return Ok(bytes.to_vec());
        }
        chunked.check_size(limit)?;
        let Some(record) = &task.record else { return Ok(self.filled_chunk(chunked)) };
        let raw = shared.read()?.raw();
        let mut bytes = vec![0; chunked.chunk_bytes];
        if chunked.is_unfiltered(&task.scaled) {
            raw.read_at(record.address, &mut bytes)?;
        } else {
            with_buffers(|buffers| {
                read::decode_chunk(&raw, &chunked.pipeline, record, limit, &mut bytes, buffers)
            })?;
        }
        Ok(bytes)
    }

    /// Writes every chunk that `resolved` concerns, full of the fill value.
    pub(super) fn fill_all_chunks(
        &self,
        shared: &Shared,
        chunked: &mut Chunked,
        resolved: &Resolved,
    ) -> Result<()> {
        chunked.check_size(shared.read()?.limits().chunk)?;
        let batch = (IN_FLIGHT / chunked.chunk_bytes.max(1)).max(1);
        let walk = chunked.grid.clone();
        let mut ready = Vec::new();
        read::for_each_chunk(&walk, resolved, |scaled, _| {
            let record = chunked.index.lookup(&*shared.read()?, scaled)?;
            let content = Content::Bytes(Cow::Owned(self.filled_chunk(chunked)));
            ready.push(Pending { scaled: scaled.to_vec(), record, content });
            if ready.len() >= batch {
                self.store_chunks(shared, chunked, std::mem::take(&mut ready))?;
            }
            Ok(())
        })?;
        self.store_chunks(shared, chunked, ready)
    }

    /// Writes chunks that were changed in memory.
    pub(super) fn store_dirty(
        &self,
        shared: &Shared,
        chunked: &mut Chunked,
        dirty: &[CachedChunk],
    ) -> Result<()> {
        for group in dirty.chunks((IN_FLIGHT / chunked.chunk_bytes.max(1)).max(1)) {
            let mut pending = Vec::with_capacity(group.len());
            for CachedChunk { scaled, bytes, .. } in group {
                let record = chunked.index.lookup(&*shared.read()?, scaled)?;
                let content = Content::Bytes(Cow::Borrowed(bytes));
                pending.push(Pending { scaled: scaled.clone(), record, content });
            }
            self.store_chunks(shared, chunked, pending)?;
        }
        Ok(())
    }

    /// Filters chunks in parallel, puts each in its place, and tells the index.
    fn store_chunks(&self, shared: &Shared, chunked: &mut Chunked, pending: Vec<Pending<'_>>) -> Result<()> {
        if pending.is_empty() {
            return Ok(());
        }
        let (filtered, plain): (Vec<_>, Vec<_>) =
            pending.into_iter().partition(|chunk| !chunked.is_unfiltered(&chunk.scaled));
        self.store_filtered(shared, chunked, filtered)?;
        self.store_plain(shared, chunked, plain)
    }

    /// Writes chunks whose size is known beforehand: each thread gathers and writes.
    fn store_plain(&self, shared: &Shared, chunked: &mut Chunked, pending: Vec<Pending<'_>>) -> Result<()> {
        let size = chunked.chunk_bytes as u64;
        let mut placed = Vec::with_capacity(pending.len());
        {
            let mut store = shared.write()?;
            for chunk in pending {
                let address = match chunk.record {
                    Some(record) if record.size == size => record.address,
                    _ => store.allocate(Space::Raw, size)?,
                };
                placed.push((chunk, ChunkRecord { address, size, filter_mask: 0 }));
            }
        }
        let (raw, description) = (shared.read()?.raw(), &*chunked);
        // A masked filter is no filter: a partial chunk of a filtered dataset has all of them so.
        parallel::try_for_each(placed.iter().collect(), |(chunk, record)| {
            with_buffers(|buffers| {
                chunk.with_bytes(self, description, &mut buffers.gathered, |bytes| {
                    raw.write_at(record.address, bytes)
                })
            })
        })?;
        index_chunks(shared, chunked, placed)
    }

    /// Filters chunks in parallel, and writes those side by side in one go.
    fn store_filtered(
        &self,
        shared: &Shared,
        chunked: &mut Chunked,
        pending: Vec<Pending<'_>>,
    ) -> Result<()> {
        let description = &*chunked;
        let encoded = parallel::try_map(pending, |chunk| {
            let (bytes, mask) = with_buffers(|buffers| {
                let Buffers { gathered, filter, .. } = buffers;
                chunk.with_bytes(self, description, gathered, |bytes| {
                    let (bytes, mask) = description.pipeline.encode(bytes, filter)?;
                    Ok((bytes.to_vec(), mask))
                })
            })?;
            Ok((chunk, bytes, mask))
        })?;
        let mut placed = Vec::with_capacity(encoded.len());
        let mut bytes = Vec::with_capacity(encoded.len());
        {
            let mut store = shared.write()?;
            for (chunk, encoded, filter_mask) in encoded {
                let size = encoded.len() as u64;
                let again = chunk.record.filter(|old| old.size == size && store.is_new(old.address));
                let address = match again {
                    Some(record) => record.address,
                    None => store.allocate(Space::Raw, size)?,
                };
                placed.push((chunk, ChunkRecord { address, size, filter_mask }));
                bytes.push((address, encoded));
            }
        }
        write_placed(&shared.read()?.raw(), &bytes)?;
        index_chunks(shared, chunked, placed)
    }
}

/// Tells the index where chunks are now, and frees where they were.
fn index_chunks(
    shared: &Shared,
    chunked: &mut Chunked,
    placed: Vec<(Pending<'_>, ChunkRecord)>,
) -> Result<()> {
    shared.edit(|store| {
        for (chunk, record) in placed {
            if chunk.record == Some(record) {
                continue;
            }
            chunked.index.insert(store, &chunk.scaled, record)?;
            if let Some(old) = chunk.record.filter(|old| old.address != record.address) {
                store.free(Space::Raw, old.address, old.size);
            }
        }
        Ok(())
    })
}

/// Writes chunks, those side by side in one go.
fn write_placed(raw: &RawData, placed: &[(u64, Vec<u8>)]) -> Result<()> {
    const TOGETHER: usize = 1 << 20;
    let mut buffer: Vec<u8> = Vec::new();
    let mut start = 0;
    for (address, bytes) in placed {
        let follows = start + buffer.len() as u64 == *address;
        if !buffer.is_empty() && (!follows || buffer.len() + bytes.len() > TOGETHER) {
            raw.write_at(start, &buffer)?;
            buffer.clear();
        }
        if bytes.len() >= TOGETHER / 2 {
            raw.write_at(*address, bytes)?;
            continue;
        }
        if buffer.is_empty() {
            start = *address;
        }
        buffer.extend_from_slice(bytes);
    }
    if buffer.is_empty() { Ok(()) } else { raw.write_at(start, &buffer) }
}
