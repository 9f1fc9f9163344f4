//! Reading data that is stored in chunks.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ops::Range;

use super::state::{Chunked, State};
use super::transfer::{self, Pieces};
use super::unwritten::Unwritten;
use crate::chunk::grid::{Grid, Run};
use crate::chunk::index::ChunkRecord;
use crate::file::Shared;
use crate::filter::{self, Pipeline};
use crate::selection::Resolved;
use crate::store::{RawData, Store};
use crate::types::Plan;
use crate::{Error, Result, parallel};

/// Chunks to look up before their data is read.
const BATCH: usize = 1 << 15;
/// Bytes of decoded chunks to hold when they cannot be decoded in place.
const IN_FLIGHT: usize = 32 << 20;

/// One chunk's share of a read or write.
pub(super) struct Task {
    pub(super) scaled: Vec<u64>,
    pub(super) pieces: Pieces,
    pub(super) record: Option<ChunkRecord>,
    /// Whether the decoded chunk was in memory when this was made.
    pub(super) cached: bool,
}

/// Buffers that a thread uses again and again.
#[derive(Default)]
pub(super) struct Buffers {
    stored: Vec<u8>,
    decoded: Vec<u8>,
    pub(super) gathered: Vec<u8>,
    pub(super) filter: filter::Scratch,
}

thread_local! {
    static BUFFERS: RefCell<Buffers> = RefCell::default();
}

/// Runs `work` with the thread's buffers.
pub(super) fn with_buffers<R>(work: impl FnOnce(&mut Buffers) -> R) -> R {
    BUFFERS.with(|buffers| match buffers.try_borrow_mut() {
        Ok(mut buffers) => work(&mut buffers),
        // A task that waits for others may be given another to do meanwhile.
        Err(_) => work(&mut Buffers::default()),
    })
}

impl State {
    /// Converts the selected elements into `out`.
    pub(super) fn read_chunks(
        &self,
        shared: &Shared,
        chunked: &Chunked,
        resolved: &Resolved,
        out: &mut [u8],
        plan: &Plan,
    ) -> Result<()> {
        let mut unwritten = Unwritten::new(shared)?;
        for_each_batch(shared, chunked, resolved, |tasks, raw| {
            for task in tasks.iter().filter(|task| task.record.is_none() && !task.cached) {
                unwritten.add(task.pieces.len().saturating_mul(plan.target_size() as u64))?;
            }
            let reader = Reader { state: self, chunked, raw, plan, limit: shared.read()?.limits().chunk };
            match bands(&tasks) {
                Some(bands) if bands.len() >= 2 * parallel::threads() || parallel::threads() == 1 => {
                    reader.read_bands(tasks, &bands, out)
                }
                _ => reader.read_apart(tasks, out),
            }
        })
    }
}

/// Calls `visit` with each chunk that `resolved` concerns, and what it selects of it.
pub(super) fn for_each_chunk(
    grid: &Grid,
    resolved: &Resolved,
    mut visit: impl FnMut(&[u64], Pieces) -> Result<()>,
) -> Result<()> {
    match resolved {
        Resolved::Slab { axes, .. } => grid.for_each_chunk(axes, |scaled| match grid.part(axes, scaled) {
            Some(part) => visit(scaled, Pieces::Slab(part)),
            None => Ok(()),
        }),
        Resolved::Points { rank, coordinates } => points_by_chunk(grid, *rank, coordinates)
            .into_iter()
            .try_for_each(|(scaled, runs)| visit(&scaled, Pieces::Points(runs))),
    }
}

/// Calls `work` with up to [`BATCH`] chunks at a time of those that `resolved` concerns.
fn for_each_batch(
    shared: &Shared,
    chunked: &Chunked,
    resolved: &Resolved,
    mut work: impl FnMut(Vec<Task>, &RawData) -> Result<()>,
) -> Result<()> {
    let mut pending: Vec<(Vec<u64>, Pieces)> = Vec::new();
    let mut finish = |pending: Vec<(Vec<u64>, Pieces)>| {
        let store = shared.read()?;
        let tasks = pending.into_iter().map(|(scaled, pieces)| Task::new(&store, chunked, &scaled, pieces));
        let tasks = tasks.collect::<Result<Vec<_>>>()?;
        let raw = store.raw();
        drop(store);
        work(tasks, &raw)
    };
    for_each_chunk(&chunked.grid, resolved, |scaled, pieces| {
        pending.push((scaled.to_vec(), pieces));
        if pending.len() < BATCH { Ok(()) } else { finish(std::mem::take(&mut pending)) }
    })?;
    if pending.is_empty() { Ok(()) } else { finish(pending) }
}

impl Task {
    /// Finds where a chunk is: in memory, in the file, or nowhere.
    pub(super) fn new(store: &Store, chunked: &Chunked, scaled: &[u64], pieces: Pieces) -> Result<Self> {
        let cached = chunked.cache().get(scaled).is_some();
        let record = chunked.index.lookup(store, scaled)?;
        Ok(Self { scaled: scaled.to_vec(), pieces, record, cached })
    }
}

/// The points by chunk, as runs of one element.
fn points_by_chunk(grid: &Grid, rank: usize, coordinates: &[u64]) -> BTreeMap<Vec<u64>, Vec<Run>> {
    let mut chunks: BTreeMap<Vec<u64>, Vec<Run>> = BTreeMap::new();
    for (memory, point) in coordinates.chunks_exact(rank.max(1)).enumerate() {
        let by_dim = || point.iter().zip(&grid.chunk);
        let scaled: Vec<u64> = by_dim().map(|(&at, &chunk)| at / chunk.max(1)).collect();
        let source = by_dim()
            .fold(0_u64, |sum, (&at, &chunk)| sum.saturating_mul(chunk).saturating_add(at % chunk.max(1)));
        let run = Run { source, memory: memory as u64, len: 1 };
        chunks.entry(scaled).or_default().push(run);
    }
    chunks
}

/// Groups of tasks whose shares of memory do not interleave, with the memory of each, in elements;
/// `None` where there is no such grouping.
fn bands(tasks: &[Task]) -> Option<Vec<(Range<usize>, Range<u64>)>> {
    let mut bands: Vec<(Range<usize>, Range<u64>)> = Vec::new();
    for (at, task) in tasks.iter().enumerate() {
        let Pieces::Slab(part) = &task.pieces else { return None };
        let memory = part.band();
        match bands.last_mut() {
            Some((tasks, last)) if *last == memory => tasks.end = at + 1,
            Some((_, last)) if memory.start < last.end => return None,
            _ => bands.push((at..at + 1, memory)),
        }
    }
    Some(bands)
}

/// What reading a batch of chunks needs.
struct Reader<'a> {
    state: &'a State,
    chunked: &'a Chunked,
    raw: &'a RawData,
    plan: &'a Plan,
    limit: u64,
}

impl Reader<'_> {
    /// Reads band after band, each on one thread, straight into its share of `out`.
    fn read_bands(
        &self,
        tasks: Vec<Task>,
        bands: &[(Range<usize>, Range<u64>)],
        out: &mut [u8],
    ) -> Result<()> {
        let size = self.plan.target_size() as u64;
        let mut rest = out;
        let mut position = 0;
        let mut work = Vec::with_capacity(bands.len());
        for (tasks, memory) in bands {
            let (start, end) = ((memory.start * size) as usize, (memory.end * size) as usize);
            let (_, tail) = rest.split_at_mut_checked(start - position).ok_or_else(short)?;
            let (band, tail) = tail.split_at_mut_checked(end - start).ok_or_else(short)?;
            work.push((tasks.clone(), memory.start, band));
            rest = tail;
            position = end;
        }
        parallel::try_for_each(work, |(range, base, out)| {
            let tasks = tasks.get(range).unwrap_or_default();
            tasks.iter().try_for_each(|task| self.read_task(task, out, base))
        })
    }

    /// Decodes chunks in parallel into memory of their own, and then copies them.
    fn read_apart(&self, tasks: Vec<Task>, out: &mut [u8]) -> Result<()> {
        let group = (IN_FLIGHT / self.chunked.chunk_bytes.max(1)).max(1);
        if group == 1 || tasks.len() == 1 {
            return tasks.iter().try_for_each(|task| self.read_task(task, out, 0));
        }
        let mut tasks = tasks.into_iter().peekable();
        while tasks.peek().is_some() {
            let group: Vec<Task> = tasks.by_ref().take(group).collect();
            let decoded = parallel::try_map(group, |task| {
                let bytes = match (task.cached, &task.record) {
                    (false, Some(record)) if !self.chunked.is_unfiltered(&task.scaled) => {
                        Some(with_buffers(|buffers| self.decode(record, buffers))?)
                    }
                    _ => None,
                };
                Ok((task, bytes))
            })?;
            for (task, bytes) in decoded {
                match bytes {
                    Some(bytes) => {
                        transfer::scatter(&task.pieces, &bytes, out, 0, self.plan)?;
                        self.keep(&task, bytes);
                    }
                    None => self.read_task(&task, out, 0)?,
                }
            }
        }
        Ok(())
    }

    /// Puts one chunk's selected elements into `out`, which starts at the element `base` of memory.
    fn read_task(&self, task: &Task, out: &mut [u8], base: u64) -> Result<()> {
        let Task { pieces, scaled, .. } = task;
        if task.cached
            && let Some(bytes) = self.chunked.cache().get(scaled)
        {
            return transfer::scatter(pieces, bytes, out, base, self.plan);
        }
        let Some(record) = &task.record else {
            return transfer::scatter_fill(pieces, self.state.fill_pattern.as_deref(), out, base, self.plan);
        };
        let chunk_bytes = self.chunked.chunk_bytes;
        if self.chunked.is_unfiltered(scaled) {
            if record.size < chunk_bytes as u64 {
                return Err(Error::format("a chunk is shorter than its shape").at(record.address));
            }
            let stored = (record.address, chunk_bytes as u64);
            return transfer::read_stored(self.raw, stored, pieces, out, base, self.plan);
        }
        with_buffers(|buffers| {
            if self.plan.is_copy()
                && let Some(run) = pieces.single_run()
                && run.len == self.chunked.grid.chunk_len()
            {
                // The whole chunk goes to one place, so it is decoded there.
                let start = (run.memory - base) as usize * self.plan.target_size();
                let out = out.get_mut(start..start + chunk_bytes).ok_or_else(short)?;
                return self.decode_into(record, out, buffers);
            }
            if pieces.len() < self.chunked.grid.valid_len(scaled) && self.chunked.cache().accepts(chunk_bytes)
            {
                let bytes = self.decode(record, buffers)?;
                transfer::scatter(pieces, &bytes, out, base, self.plan)?;
                self.keep(task, bytes);
                return Ok(());
            }
            let mut decoded = std::mem::take(&mut buffers.decoded);
            resize(&mut decoded, chunk_bytes, self.limit)?;
            let result =
                self.decode_and_scatter(record, pieces, &mut decoded[..chunk_bytes], (out, base), buffers);
            buffers.decoded = decoded;
            result
        })
    }

    /// Decodes a chunk, with the help of `decoded`, and puts its selected elements into `out`.
    fn decode_and_scatter(
        &self,
        record: &ChunkRecord,
        pieces: &Pieces,
        decoded: &mut [u8],
        (out, base): (&mut [u8], u64),
        buffers: &mut Buffers,
    ) -> Result<()> {
        if !self.plan.is_copy() {
            self.decode_into(record, decoded, buffers)?;
            return transfer::scatter(pieces, decoded, out, base, self.plan);
        }
        // Shuffled elements are joined where they go to, without a stop between.
        let (size, limit) = (self.plan.target_size(), self.limit);
        let decoded = with_stored(self.raw, record, limit, buffers, |stored, scratch| {
            let target = (decoded, size);
            self.chunked.pipeline.decode_shuffled(stored, record.filter_mask, limit, target, scratch)
        })?;
        pieces.for_each_run(|run| {
            let out = transfer::part_of_mut(out, run.memory.saturating_sub(base), run.len, size)?;
            decoded.copy(size, usize::try_from(run.source).unwrap_or(usize::MAX), out)
        })
    }

    /// Keeps a decoded chunk of which only a part was wanted. A reader cannot write, so nothing
    /// dirty may have to leave for it.
    fn keep(&self, task: &Task, bytes: Vec<u8>) {
        let mut cache = self.chunked.cache();
        if !cache.is_dirty() && task.pieces.len() < self.chunked.grid.valid_len(&task.scaled) {
            let evicted = cache.insert(&task.scaled, bytes, false);
            debug_assert!(evicted.is_empty(), "nothing was dirty");
        }
    }

    fn decode(&self, record: &ChunkRecord, buffers: &mut Buffers) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        resize(&mut bytes, self.chunked.chunk_bytes, self.limit)?;
        self.decode_into(record, &mut bytes, buffers)?;
        Ok(bytes)
    }

    fn decode_into(&self, record: &ChunkRecord, out: &mut [u8], buffers: &mut Buffers) -> Result<()> {
        decode_chunk(self.raw, &self.chunked.pipeline, record, self.limit, out, buffers)
    }
}

/// Loads a stored chunk and undoes its filters.
pub(super) fn decode_chunk(
    raw: &RawData,
    pipeline: &Pipeline,
    record: &ChunkRecord,
    limit: u64,
    out: &mut [u8],
    buffers: &mut Buffers,
) -> Result<()> {
    with_stored(raw, record, limit, buffers, |stored, scratch| {
        pipeline.decode(stored, record.filter_mask, limit, out, scratch)
    })
}

/// Runs `undo` with the bytes of a stored chunk.
fn with_stored<R>(
    raw: &RawData,
    record: &ChunkRecord,
    limit: u64,
    buffers: &mut Buffers,
    undo: impl FnOnce(&[u8], &mut filter::Scratch) -> Result<R>,
) -> Result<R> {
    let Buffers { stored, filter, .. } = buffers;
    if let Some(stored) = raw.slice(record.address, record.size) {
        return undo(stored, filter).map_err(|error| error.at(record.address));
    }
    if !raw.holds(record.address, record.size) {
        return Err(Error::format("a chunk reaches past the end of the file").at(record.address));
    }
    let len = usize::try_from(record.size).unwrap_or(usize::MAX);
    resize(stored, len, limit)?;
    raw.read_at(record.address, &mut stored[..len])?;
    undo(&stored[..len], filter).map_err(|error| error.at(record.address))
}

/// Makes `buffer` at least `len` bytes long.
fn resize(buffer: &mut Vec<u8>, len: usize, limit: u64) -> Result<()> {
    if len as u64 > limit {
        return Err(Error::limit(format!("a chunk of {len} bytes exceeds the limit")));
    }
    if buffer.len() < len {
        let more = len - buffer.len();
        buffer.try_reserve(more).map_err(|_| Error::limit(format!("no memory for {len} bytes")))?;
        buffer.resize(len, 0);
    }
    Ok(())
}

fn short() -> Error {
    Error::usage("the buffer is too short for the selection")
}
