//! Writing the parts of a selection into their chunks.

use std::collections::HashSet;

use super::read_chunks::{self, Task, with_buffers};
use super::state::{Chunked, State};
use super::store_chunks::{Content, IN_FLIGHT, Pending};
use super::transfer::{self, Pieces};
use crate::Result;
use crate::chunk::cache::CachedChunk;
use crate::chunk::grid::Axis;
use crate::file::Shared;
use crate::format::message::fill_value::Fill;
use crate::selection::Resolved;

/// Chunks to write together, at most.
const BATCH: usize = 4096;

/// A write to many chunks.
struct Writer<'a, 'm> {
    state: &'a State,
    shared: &'a Shared,
    chunked: &'a mut Chunked,
    memory: &'m [u8],
    limit: u64,
    /// What is to be stored next.
    ready: Vec<Pending<'m>>,
    /// Chunks in `ready` that left the cache; until they are stored, the file has them as they were.
    leaving: HashSet<Vec<u64>>,
    /// Bytes of chunks that `ready` holds.
    held: usize,
}

impl State {
    pub(super) fn write_chunks(
        &self,
        shared: &Shared,
        chunked: &mut Chunked,
        resolved: &Resolved,
        memory: &[u8],
    ) -> Result<()> {
        let limit = shared.read()?.limits().chunk;
        chunked.check_size(limit)?;
        // The index changes while the chunks are walked, so the walk has its own description.
        let walk = chunked.grid.clone();
        let mut writer = Writer {
            state: self,
            shared,
            chunked,
            memory,
            limit,
            ready: Vec::new(),
            leaving: HashSet::new(),
            held: 0,
        };
        let written =
            read_chunks::for_each_chunk(&walk, resolved, |scaled, pieces| writer.write(scaled, pieces));
        let written = written.and_then(|()| writer.store());
        if written.is_err() {
            writer.chunked.keep_unsaved(writer.ready);
        }
        written
    }

    /// Puts the fill value into the elements of `slab` that lie in chunks that are stored.
    pub(super) fn fill_existing(&self, shared: &Shared, chunked: &mut Chunked, slab: &[Axis]) -> Result<()> {
        let size = self.element_size();
        // The C library does so even where the fill value is never to be written.
        let value = match &self.fill.value {
            Fill::Value(bytes) => Some(bytes.as_slice()),
            _ => None,
        };
        let limit = shared.read()?.limits().chunk;
        chunked.check_size(limit)?;
        let Some((low, high)) = chunked.grid.bounds(slab)? else { return Ok(()) };
        // From what the index holds: a damaged shape may have any number of chunks.
        let mut tasks = Vec::new();
        chunked.index.collect_in(&*shared.read()?, &low, &high, &mut |scaled, record| {
            if let Some(part) = chunked.grid.part(slab, scaled) {
                let (scaled, pieces) = (scaled.to_vec(), Pieces::Slab(part));
                tasks.push(Task { scaled, pieces, record: Some(record), cached: false });
            }
            Ok(())
        })?;
        for task in tasks {
            let mut bytes = self.load_chunk(shared, chunked, &task, limit)?;
            transfer::fill_pieces(&task.pieces, value, &mut bytes, size)?;
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
        let unsaved = chunked.take_unsaved(&task.scaled);
        let Task { scaled, record, .. } = task;
        let mut pending = vec![Pending { scaled, record, content: Content::Owned(bytes), unsaved }];
        let stored = self.store_chunks(shared, chunked, &mut pending);
        chunked.keep_unsaved(pending);
        stored
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
                read_chunks::decode_chunk(&raw, &chunked.pipeline, record, limit, &mut bytes, buffers)
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
        let filled = self.filled_chunk(chunked);
        let mut ready = Vec::new();
        read_chunks::for_each_chunk(&walk, resolved, |scaled, _| {
            let record = chunked.index.lookup(&*shared.read()?, scaled)?;
            let content = Content::Borrowed(&filled);
            ready.push(Pending { scaled: scaled.to_vec(), record, content, unsaved: None });
            if ready.len() >= batch { self.store_chunks(shared, chunked, &mut ready) } else { Ok(()) }
        })?;
        self.store_chunks(shared, chunked, &mut ready)
    }

    /// Writes chunks that were changed in memory.
    pub(super) fn store_dirty(
        &self,
        shared: &Shared,
        chunked: &mut Chunked,
        dirty: &[CachedChunk],
    ) -> Result<()> {
        let mut pending = Vec::with_capacity(dirty.len());
        for CachedChunk { scaled, bytes, .. } in dirty {
            let record = chunked.index.lookup(&*shared.read()?, scaled)?;
            let content = Content::Borrowed(bytes);
            pending.push(Pending { scaled: scaled.clone(), record, content, unsaved: None });
        }
        self.store_chunks(shared, chunked, &mut pending)
    }
}

impl Writer<'_, '_> {
    /// Writes the elements of `pieces` into their chunk.
    fn write(&mut self, scaled: &[u64], pieces: Pieces) -> Result<()> {
        if self.leaving.contains(scaled) {
            self.store()?;
        }
        let (state, size) = (self.state, self.state.element_size());
        let task = Task::new(&*self.shared.read()?, self.chunked, scaled, pieces)?;
        if task.pieces.covered() == self.chunked.grid.valid_len(scaled) {
            self.write_whole(task);
        } else if let Some(record) = task.record.filter(|_| state.writes_in_place(self.chunked, &task)) {
            let raw = self.shared.read()?.raw();
            let stored = (record.address, self.chunked.chunk_bytes as u64);
            transfer::write_stored(&raw, stored, &task.pieces, self.memory, size)?;
        } else {
            if let Some(bytes) = self.chunked.cache().get_mut(scaled) {
                return transfer::gather(&task.pieces, self.memory, bytes, size);
            }
            let mut bytes = state.load_chunk(self.shared, self.chunked, &task, self.limit)?;
            transfer::gather(&task.pieces, self.memory, &mut bytes, size)?;
            self.keep(scaled, bytes)?;
        }
        if self.ready.len() < BATCH && self.held < IN_FLIGHT { Ok(()) } else { self.store() }
    }

    fn write_whole(&mut self, task: Task) {
        let unsaved = self.chunked.take_unsaved(&task.scaled);
        let Task { scaled, pieces, record, .. } = task;
        let (len, size) = (self.chunked.grid.chunk_len(), self.state.element_size());
        let content = match transfer::borrowed(&pieces, self.memory, len, size) {
            Some(bytes) => Content::Borrowed(bytes),
            None => Content::Gathered { pieces, memory: self.memory },
        };
        self.ready.push(Pending { scaled, record, content, unsaved });
    }

    /// Keeps a chunk of which only a part is known to be final, and makes ready what has to leave for it.
    fn keep(&mut self, scaled: &[u64], bytes: Vec<u8>) -> Result<()> {
        let evicted = self.chunked.cache().insert(scaled, bytes, true);
        let first = self.ready.len();
        for CachedChunk { scaled, bytes, .. } in evicted {
            self.held = self.held.saturating_add(bytes.len());
            self.leaving.insert(scaled.clone());
            self.ready.push(Pending {
                scaled,
                record: None,
                content: Content::Unsaved,
                unsaved: Some(bytes),
            });
        }
        // All of them are in `ready` before anything can fail.
        for chunk in self.ready.iter_mut().skip(first) {
            chunk.record = self.chunked.index.lookup(&*self.shared.read()?, &chunk.scaled)?;
        }
        Ok(())
    }

    fn store(&mut self) -> Result<()> {
        self.state.store_chunks(self.shared, self.chunked, &mut self.ready)?;
        self.leaving.clear();
        self.held = 0;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]
    use std::sync::Arc;

    use crate::storage::testing::FaultStorage;
    use crate::storage::{MemoryStorage, WriteAt};
    use crate::{Dataset, ErrorKind, Extent, Extents, File, s};

    fn dataset(file: &File, deflate: bool, limited: bool) -> Dataset {
        let extent = Extent { dim: 40, max: limited.then_some(40) };
        let shape: Extents = [extent, extent].into_iter().collect();
        let builder = file.new_dataset::<i32>().shape(shape).chunk((8, 8));
        let builder = if deflate { builder.deflate(1) } else { builder };
        builder.create("data").unwrap()
    }

    /// Writes parts of chunks, some of which leave the cache, then whole chunks, then flushes; after an
    /// error the same again.
    fn workload(
        file: &File,
        data: &Dataset,
        truth: &mut [i32],
        mut failed: impl FnMut(crate::Error),
    ) -> bool {
        let mut version = 0;
        for step in 0..7 {
            let (rows, columns) = match step {
                0 => (0..40, 1..39),
                1 => (3..5, 0..40),
                2 => (8..16, 0..40),
                3 => (0..40, 5..6),
                4 => (0..40, 0..40),
                5 => (1..39, 1..39),
                _ => (0..0, 0..0),
            };
            loop {
                version += 1;
                let values = vec![version; rows.len() * columns.len()];
                let result = match step {
                    6 => file.flush(),
                    _ => data.write_slice_raw(&values, s![rows.clone(), columns.clone()]),
                };
                match result {
                    Ok(()) => break,
                    Err(error) if error.kind() == ErrorKind::Usage => {
                        // A change failed half-way; the file says so from then on.
                        failed(error);
                        return false;
                    }
                    Err(error) => failed(error),
                }
            }
            for row in rows {
                truth[row * 40 + columns.start..row * 40 + columns.end].fill(version);
            }
            match data.read_raw::<i32>() {
                Ok(read) => assert!(read == truth, "step {step}"),
                Err(error) => failed(error),
            }
        }
        true
    }

    /// Whatever operation fails, a write that says nothing is in the file after a flush that says nothing.
    #[test]
    fn a_fault_loses_nothing_that_was_written_before() {
        for (deflate, limited) in [(true, true), (true, false), (false, true), (false, false)] {
            let mut completed = 0;
            for failing in 0.. {
                let memory = Arc::new(MemoryStorage::default());
                let storage = Arc::new(FaultStorage::new(memory.clone()));
                let mut options = File::with_options();
                let limits = crate::Limits { chunk_cache: 600, ..crate::Limits::default() };
                let file =
                    options.limits(limits).create_storage(storage.clone() as Arc<dyn WriteAt>).unwrap();
                let data = dataset(&file, deflate, limited);
                file.flush().unwrap();
                let mut truth = vec![0; 1600];
                storage.fail_after(failing);
                let mut errors = 0;
                let whole = workload(&file, &data, &mut truth, |_| errors += 1);
                std::mem::forget(file);
                if whole {
                    completed += 1;
                    let read = File::from_bytes(memory.to_vec()).unwrap().dataset("data").unwrap();
                    assert!(read.read_raw::<i32>().unwrap() == truth, "{deflate} {limited} fault {failing}");
                }
                if errors == 0 {
                    break;
                }
            }
            assert!(completed > 20, "{deflate} {limited}: only {completed}");
        }
    }
}
