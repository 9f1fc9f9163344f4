//! Writing the data of a dataset.

use std::borrow::Cow;
use std::convert::Infallible;
use std::sync::{Arc, RwLockWriteGuard};

use super::read::{self, Task, with_buffers};
use super::state::{Chunked, Inner, State, Storage};
use super::transfer::{self, Pieces};
use crate::chunk::cache::CachedChunk;
use crate::chunk::grid::Axis;
use crate::chunk::index::ChunkRecord;
use crate::file::Shared;
use crate::format::Address;
use crate::format::message::fill_value::FillTime;
use crate::format::message::layout::{ChunkedLayout, Layout, LayoutStorage};
use crate::object::header;
use crate::selection::Resolved;
use crate::store::{Rank, RawData, Space, Store};
use crate::{Error, Result, parallel};

/// Bytes of filtered chunks to hold before they are written.
const IN_FLIGHT: usize = 16 << 20;

/// A chunk to be written: its coordinates, where it is now, and its bytes.
struct Pending<'m> {
    scaled: Vec<u64>,
    record: Option<ChunkRecord>,
    bytes: Cow<'m, [u8]>,
}

impl Pending<'_> {
    fn of(shared: &Shared, chunked: &Chunked, chunk: CachedChunk) -> Result<Self> {
        let record = chunked.index.lookup(&*shared.read()?, &chunk.scaled)?;
        Ok(Self { scaled: chunk.scaled, record, bytes: Cow::Owned(chunk.bytes) })
    }
}

impl State {
    /// Writes the selected elements, which are in the file's form, from `memory`.
    pub(crate) fn write(self: &Arc<Self>, shared: &Shared, resolved: &Resolved, memory: &[u8]) -> Result<()> {
        let mut inner = self.write_lock()?;
        let Some(pieces) = Pieces::whole(resolved, inner.dims()) else { return Ok(()) };
        match &mut inner.storage {
            Storage::Compact(data) => {
                let mut changed = data.clone();
                transfer::gather(&pieces, memory, &mut changed, self.element_size())?;
                let layout = Layout {
                    version: inner.layout_version,
                    storage: LayoutStorage::Compact { data: changed.clone() },
                    old_dims: inner.old_dims.clone(),
                };
                set_layout(&mut *shared.write()?, self.address, &layout)?;
                inner.storage = Storage::Compact(changed);
                Ok(())
            }
            Storage::Contiguous { .. } => {
                let (address, size) = self.allocate_contiguous(shared, &mut inner, &pieces)?;
                let raw = shared.read()?.raw();
                transfer::write_stored(&raw, (address, size), &pieces, memory, self.element_size())
            }
            Storage::Chunked(chunked) => {
                // Whatever happens, what was inserted so far is written by the next flush.
                shared.mark_dirty(self.address, self);
                self.write_chunks(shared, chunked, resolved, memory)
            }
            Storage::Unsupported(what) => Err(Error::unsupported(*what)),
        }
    }

    /// Where contiguous data is; it is allocated, and filled where `pieces` do not write, if it
    /// was not yet.
    fn allocate_contiguous(&self, shared: &Shared, inner: &mut Inner, pieces: &Pieces) -> Result<(u64, u64)> {
        let Storage::Contiguous { address, size } = &inner.storage else {
            return Err(Error::usage("the data is not contiguous"));
        };
        if let Some(address) = address {
            return Ok((*address, *size));
        }
        let size = *size;
        let address = shared.write()?.allocate(Space::Raw, size)?;
        if pieces.len().saturating_mul(self.element_size() as u64) < size {
            self.fill_range(&shared.read()?.raw(), address, size)?;
        }
        let layout = Layout {
            version: inner.layout_version,
            storage: LayoutStorage::Contiguous { address: Address::new(address), size },
            old_dims: inner.old_dims.clone(),
        };
        set_layout(&mut *shared.write()?, self.address, &layout)?;
        inner.storage = Storage::Contiguous { address: Some(address), size };
        Ok((address, size))
    }

    /// Fills new raw data with the fill value. Zeros are written, too: the space may have held
    /// something else.
    fn fill_range(&self, raw: &RawData, address: u64, size: u64) -> Result<()> {
        if raw.is_past_storage(address)
            && (self.fill_pattern.is_none() || self.fill.write_time == FillTime::Never)
        {
            // Nothing is there yet, and what is beyond the end of the storage reads as zeros.
            return Ok(());
        }
        let element = self.element_size().max(1);
        let block = ((1 << 20) / element).max(1) * element;
        let mut bytes = vec![0; block.min(usize::try_from(size).unwrap_or(usize::MAX))];
        if let Some(pattern) = &self.fill_pattern {
            transfer::fill(&mut bytes, pattern);
        }
        let mut done = 0;
        while done < size {
            let len = (bytes.len() as u64).min(size - done);
            raw.write_at(address.saturating_add(done), &bytes[..len as usize])?;
            done += len;
        }
        Ok(())
    }

    fn write_chunks(
        &self,
        shared: &Shared,
        chunked: &mut Chunked,
        resolved: &Resolved,
        memory: &[u8],
    ) -> Result<()> {
        let size = self.element_size();
        let batch = (IN_FLIGHT / chunked.chunk_bytes.max(1)).clamp(1, 4096);
        let limit = shared.read()?.limits().chunk;
        // The index changes while the chunks are walked, so the walk has its own description.
        let walk = chunked.grid.clone();
        let mut ready: Vec<Pending<'_>> = Vec::new();
        read::for_each_chunk(&walk, resolved, |scaled, pieces| {
            let task = Task::new(&*shared.read()?, chunked, scaled, pieces)?;
            let whole = task.pieces.len() == walk.valid_len(scaled);
            if whole {
                let bytes = self.whole_chunk(chunked, &task, memory)?;
                chunked.cache().remove(scaled);
                ready.push(Pending { scaled: task.scaled, record: task.record, bytes });
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
                    ready.push(Pending::of(shared, chunked, chunk)?);
                }
            }
            if ready.len() >= batch {
                store_chunks(shared, chunked, std::mem::take(&mut ready))?;
            }
            Ok(())
        })?;
        store_chunks(shared, chunked, ready)
    }

    /// Puts the fill value into the elements of `slab` that lie in chunks that exist.
    pub(super) fn fill_existing(&self, shared: &Shared, chunked: &mut Chunked, slab: &[Axis]) -> Result<()> {
        let size = self.element_size();
        let limit = shared.read()?.limits().chunk;
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
            chunked.cache().remove(&task.scaled);
            let pending = Pending { scaled: task.scaled, record: task.record, bytes: Cow::Owned(bytes) };
            store_chunks(shared, chunked, vec![pending])?;
        }
        Ok(())
    }

    /// Whether a part of a chunk is written where it is stored.
    fn writes_in_place(&self, chunked: &Chunked, task: &Task) -> bool {
        !task.cached && chunked.is_unfiltered(&task.scaled)
    }

    /// The bytes of a chunk whose every element inside the dataset is written.
    fn whole_chunk<'m>(&self, chunked: &Chunked, task: &Task, memory: &'m [u8]) -> Result<Cow<'m, [u8]>> {
        let size = self.element_size();
        if let Some(bytes) = transfer::borrowed(&task.pieces, memory, chunked.grid.chunk_len(), size) {
            return Ok(Cow::Borrowed(bytes));
        }
        let mut bytes = self.filled_chunk(chunked);
        transfer::gather(&task.pieces, memory, &mut bytes, size)?;
        Ok(Cow::Owned(bytes))
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
        if chunked.chunk_bytes as u64 > limit {
            return Err(Error::limit(format!("a chunk of {} bytes exceeds the limit", chunked.chunk_bytes)));
        }
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

    /// Writes the dirty chunks and the index, and brings the layout in the header up to date.
    pub(crate) fn write_dirty(&self, shared: &Shared) -> Result<()> {
        let Ok(mut inner) = self.write_lock() else { return Ok(()) };
        self.write_dirty_locked(shared, &mut inner)
    }

    pub(super) fn write_dirty_locked(
        &self,
        shared: &Shared,
        inner: &mut RwLockWriteGuard<'_, Inner>,
    ) -> Result<()> {
        let version = inner.layout_version;
        let Storage::Chunked(chunked) = &mut inner.storage else { return Ok(()) };
        let dirty = chunked.cache().take_dirty();
        let stored = store_dirty(shared, chunked, &dirty);
        for chunk in dirty {
            // Nothing leaves: all were in the cache together.
            let dirty = stored.is_err();
            let Ok(()) = chunked.cache().insert::<Infallible>(&chunk.scaled, chunk.bytes, dirty, |_| Ok(()));
        }
        stored?;
        let mut store = shared.write()?;
        chunked.index.flush(&mut store)?;
        let index = chunked.index.layout();
        if index != chunked.layout.index {
            let layout = ChunkedLayout { index, ..chunked.layout.clone() };
            let storage = LayoutStorage::Chunked(layout.clone());
            set_layout(&mut store, self.address, &Layout { version, storage, old_dims: Vec::new() })?;
            chunked.layout = layout;
        }
        Ok(())
    }

    /// Allocates all space of a new dataset, and fills it.
    pub(crate) fn allocate_all(self: &Arc<Self>, shared: &Shared) -> Result<()> {
        let mut inner = self.write_lock()?;
        let resolved = Resolved::new(&crate::Selection::All, inner.dims())?;
        match &mut inner.storage {
            Storage::Contiguous { .. } => {
                self.allocate_contiguous(shared, &mut inner, &Pieces::Points(Vec::new())).map(drop)
            }
            Storage::Chunked(chunked) => {
                shared.mark_dirty(self.address, self);
                let mut ready = Vec::new();
                let batch = (IN_FLIGHT / chunked.chunk_bytes.max(1)).max(1);
                let walk = chunked.grid.clone();
                read::for_each_chunk(&walk, &resolved, |scaled, _| {
                    let record = chunked.index.lookup(&*shared.read()?, scaled)?;
                    let bytes = Cow::Owned(self.filled_chunk(chunked));
                    ready.push(Pending { scaled: scaled.to_vec(), record, bytes });
                    if ready.len() >= batch {
                        store_chunks(shared, chunked, std::mem::take(&mut ready))?;
                    }
                    Ok(())
                })?;
                store_chunks(shared, chunked, ready)
            }
            _ => Ok(()),
        }
    }
}

/// Writes chunks that were changed in memory.
fn store_dirty(shared: &Shared, chunked: &mut Chunked, dirty: &[CachedChunk]) -> Result<()> {
    for group in dirty.chunks((IN_FLIGHT / chunked.chunk_bytes.max(1)).max(1)) {
        let mut pending = Vec::with_capacity(group.len());
        for CachedChunk { scaled, bytes, .. } in group {
            let record = chunked.index.lookup(&*shared.read()?, scaled)?;
            pending.push(Pending { scaled: scaled.clone(), record, bytes: Cow::Borrowed(bytes) });
        }
        store_chunks(shared, chunked, pending)?;
    }
    Ok(())
}

/// Puts a layout into the header at `address`.
fn set_layout(store: &mut Store, address: u64, layout: &Layout) -> Result<()> {
    header::update(store, address, Rank::Linking, |header| header.set(layout, 0))
}

/// Filters chunks in parallel, puts each in its place, and tells the index.
fn store_chunks(shared: &Shared, chunked: &mut Chunked, pending: Vec<Pending<'_>>) -> Result<()> {
    if pending.is_empty() {
        return Ok(());
    }
    let description = &*chunked;
    let encoded = parallel::try_map(
        pending,
        || (),
        |(), chunk| {
            if description.is_unfiltered(&chunk.scaled) {
                return Ok((chunk, 0));
            }
            let (bytes, mask) = with_buffers(|buffers| {
                let (bytes, mask) = description.pipeline.encode(&chunk.bytes, &mut buffers.filter)?;
                Ok::<_, Error>((bytes.to_vec(), mask))
            })?;
            Ok((Pending { bytes: Cow::Owned(bytes), ..chunk }, mask))
        },
    )?;
    let mut placed = Vec::with_capacity(encoded.len());
    {
        let mut store = shared.write()?;
        for (chunk, mask) in encoded {
            let size = chunk.bytes.len() as u64;
            let in_place = |record: &ChunkRecord| {
                record.size == size && (chunked.is_unfiltered(&chunk.scaled) || store.is_new(record.address))
            };
            let address = match chunk.record.filter(in_place) {
                Some(record) => record.address,
                None => store.allocate(Space::Raw, size)?,
            };
            placed.push((chunk, ChunkRecord { address, size, filter_mask: mask }));
        }
    }
    write_placed(&shared.read()?.raw(), &placed)?;
    let mut store = shared.write()?;
    for (chunk, record) in placed {
        if chunk.record == Some(record) {
            continue;
        }
        chunked.index.insert(&mut store, &chunk.scaled, record)?;
        if let Some(old) = chunk.record.filter(|old| old.address != record.address) {
            store.free(Space::Raw, old.address, old.size);
        }
    }
    Ok(())
}

/// Writes chunks, those side by side in one go.
fn write_placed(raw: &RawData, placed: &[(Pending<'_>, ChunkRecord)]) -> Result<()> {
    const TOGETHER: usize = 1 << 20;
    let mut buffer: Vec<u8> = Vec::new();
    let mut start = 0;
    for (chunk, record) in placed {
        let follows = start + buffer.len() as u64 == record.address;
        if !buffer.is_empty() && (!follows || buffer.len() + chunk.bytes.len() > TOGETHER) {
            raw.write_at(start, &buffer)?;
            buffer.clear();
        }
        if chunk.bytes.len() >= TOGETHER / 2 {
            raw.write_at(record.address, &chunk.bytes)?;
            continue;
        }
        if buffer.is_empty() {
            start = record.address;
        }
        buffer.extend_from_slice(&chunk.bytes);
    }
    if buffer.is_empty() { Ok(()) } else { raw.write_at(start, &buffer) }
}
