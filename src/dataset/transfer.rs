//! Runs between the bytes of a box (a chunk, or contiguous data) and memory.

use crate::chunk::grid::{Part, Run};
use crate::selection::Resolved;
use crate::store::RawData;
use crate::types::Plan;
use crate::{Error, Result};

/// Bytes to load at once when runs are short.
const WINDOW: u64 = 1 << 20;
/// Runs of at least this many bytes are worth a system call of their own.
const LONG_RUN: u64 = 16 << 10;

/// The selected elements in one box.
pub(crate) enum Pieces {
    Slab(Part),
    Points(Vec<Run>),
}

impl Pieces {
    /// What `resolved` selects from a box that is the whole dataset.
    pub(crate) fn whole(resolved: &Resolved, dims: &[u64]) -> Option<Self> {
        match resolved {
            Resolved::Slab { axes, .. } => Part::new(axes, &vec![0; dims.len()], dims).map(Self::Slab),
            Resolved::Points { rank, coordinates } => {
                let linear = |point: &[u64]| {
                    point
                        .iter()
                        .zip(dims)
                        .fold(0_u64, |at, (&x, &dim)| at.saturating_mul(dim).saturating_add(x))
                };
                let points = coordinates.chunks_exact(*rank);
                let runs = points.enumerate().map(|(memory, point)| Run {
                    source: linear(point),
                    memory: memory as u64,
                    len: 1,
                });
                Some(Self::Points(runs.collect()))
            }
        }
    }

    pub(crate) fn len(&self) -> u64 {
        match self {
            Self::Slab(part) => part.len(),
            Self::Points(runs) => runs.len() as u64,
        }
    }

    /// The number of elements of the box that are selected: a point that is given twice is one.
    pub(crate) fn covered(&self) -> u64 {
        match self {
            Self::Slab(part) => part.len(),
            Self::Points(runs) => {
                let mut elements: Vec<u64> = runs.iter().map(|run| run.source).collect();
                elements.sort_unstable();
                elements.dedup();
                elements.len() as u64
            }
        }
    }

    pub(crate) fn for_each_run(&self, mut visit: impl FnMut(Run) -> Result<()>) -> Result<()> {
        match self {
            Self::Slab(part) => part.for_each_run(visit),
            Self::Points(runs) => runs.iter().try_for_each(|&run| visit(run)),
        }
    }

    /// The run that is all there is, if one is.
    pub(crate) fn single_run(&self) -> Option<Run> {
        match self {
            Self::Slab(part) => part.single_run(),
            Self::Points(runs) => match runs[..] {
                [run] => Some(run),
                _ => None,
            },
        }
    }

    /// The average number of elements of a run, at least 1.
    fn run_len(&self) -> u64 {
        match self {
            Self::Slab(part) => part.first_run().map_or(1, |run| run.len),
            Self::Points(_) => 1,
        }
    }
}

/// `len` elements of `size` bytes, `first` elements into `bytes`.
pub(crate) fn part_of(bytes: &[u8], first: u64, len: u64, size: usize) -> Result<&[u8]> {
    range(first, len, size).and_then(|range| bytes.get(range)).ok_or_else(outside)
}

pub(crate) fn part_of_mut(bytes: &mut [u8], first: u64, len: u64, size: usize) -> Result<&mut [u8]> {
    range(first, len, size).and_then(|range| bytes.get_mut(range)).ok_or_else(outside)
}

fn range(first: u64, len: u64, size: usize) -> Option<std::ops::Range<usize>> {
    let start = usize::try_from(first).ok()?.checked_mul(size)?;
    Some(start..start.checked_add(usize::try_from(len).ok()?.checked_mul(size)?)?)
}

fn outside() -> Error {
    Error::format("the data ends before the selected elements")
}

/// Converts the selected elements of `source` into `out`. `memory_base` is the element at which
/// `out` starts.
pub(crate) fn scatter(
    pieces: &Pieces,
    source: &[u8],
    out: &mut [u8],
    memory_base: u64,
    plan: &Plan,
) -> Result<()> {
    let (from, to) = (plan.source_size(), plan.target_size());
    pieces.for_each_run(|run| {
        let source = part_of(source, run.source, run.len, from)?;
        plan.run(source, part_of_mut(out, run.memory.saturating_sub(memory_base), run.len, to)?)
    })
}

/// Puts the fill value (zeros without a pattern) where the selected elements go.
pub(crate) fn scatter_fill(
    pieces: &Pieces,
    pattern: Option<&[u8]>,
    out: &mut [u8],
    memory_base: u64,
    plan: &Plan,
) -> Result<()> {
    let to = plan.target_size();
    let mut element = vec![0; to];
    let zeros = vec![0; plan.source_size()];
    plan.run(pattern.unwrap_or(&zeros), &mut element)?;
    pieces.for_each_run(|run| {
        let out = part_of_mut(out, run.memory.saturating_sub(memory_base), run.len, to)?;
        fill(out, &element);
        Ok(())
    })
}

/// Puts the fill value (zeros without a pattern) into the selected elements of a box.
pub(crate) fn fill_pieces(
    pieces: &Pieces,
    pattern: Option<&[u8]>,
    target: &mut [u8],
    size: usize,
) -> Result<()> {
    pieces.for_each_run(|run| {
        let target = part_of_mut(target, run.source, run.len, size)?;
        match pattern {
            Some(pattern) => fill(target, pattern),
            None => target.fill(0),
        }
        Ok(())
    })
}

/// Repeats `element` over `out`.
pub(crate) fn fill(out: &mut [u8], element: &[u8]) {
    if element.iter().all(|&byte| byte == 0) {
        out.fill(0);
    } else {
        out.chunks_exact_mut(element.len()).for_each(|to| to.copy_from_slice(element));
    }
}

/// Copies the selected elements from memory into the bytes of a box.
pub(crate) fn gather(pieces: &Pieces, memory: &[u8], target: &mut [u8], size: usize) -> Result<()> {
    pieces.for_each_run(|run| {
        let from = part_of(memory, run.memory, run.len, size)?;
        part_of_mut(target, run.source, run.len, size)?.copy_from_slice(from);
        Ok(())
    })
}

/// The bytes in memory that are the box's, if the box is one run of memory.
pub(crate) fn borrowed<'m>(pieces: &Pieces, memory: &'m [u8], len: u64, size: usize) -> Option<&'m [u8]> {
    let run = pieces.single_run().filter(|run| run.len == len)?;
    part_of(memory, run.memory, run.len, size).ok()
}

/// Reads the selected elements of `box_bytes` bytes of stored data at `address` into `out`.
pub(crate) fn read_stored(
    raw: &RawData,
    (address, box_bytes): (u64, u64),
    pieces: &Pieces,
    out: &mut [u8],
    memory_base: u64,
    plan: &Plan,
) -> Result<()> {
    if let Some(source) = raw.slice(address, box_bytes) {
        return scatter(pieces, source, out, memory_base, plan);
    }
    let (from, to) = (plan.source_size(), plan.target_size());
    let size = from as u64;
    let long = plan.is_copy()
        && (pieces.run_len().saturating_mul(size) >= LONG_RUN || pieces.single_run().is_some());
    let mut window = Window::new(address, box_bytes, pieces.len().saturating_mul(size));
    pieces.for_each_run(|run| {
        let out = part_of_mut(out, run.memory.saturating_sub(memory_base), run.len, to)?;
        let start = run.source.saturating_mul(size);
        if long {
            return raw.read_at(address.saturating_add(start), out);
        }
        let elements = (WINDOW / size.max(1)).max(1);
        let mut done = 0;
        while done < run.len {
            let len = elements.min(run.len - done);
            let source = window.load(raw, start + done * size, len * size)?;
            plan.run(source, part_of_mut(out, done, len, to)?)?;
            done += len;
        }
        Ok(())
    })
}

/// Writes the selected elements from memory into stored data at `address`.
pub(crate) fn write_stored(
    raw: &RawData,
    (address, box_bytes): (u64, u64),
    pieces: &Pieces,
    memory: &[u8],
    size: usize,
) -> Result<()> {
    let bytes = size as u64;
    let long = pieces.run_len().saturating_mul(bytes) >= LONG_RUN
        || pieces.len().saturating_mul(bytes) < box_bytes / 64
        || pieces.single_run().is_some();
    let mut window = Window::new(address, box_bytes, pieces.len().saturating_mul(bytes));
    pieces.for_each_run(|run| {
        let from = part_of(memory, run.memory, run.len, size)?;
        let start = run.source.saturating_mul(bytes);
        if long || from.len() as u64 >= LONG_RUN {
            window.write_back(raw)?;
            window.bytes.clear();
            return raw.write_at(address.saturating_add(start), from);
        }
        window.load_mut(raw, start, from.len() as u64)?.copy_from_slice(from);
        Ok(())
    })?;
    window.write_back(raw)
}

/// A piece of stored data in memory, for many short runs.
struct Window {
    address: u64,
    box_bytes: u64,
    /// Offset of `bytes` in the box.
    start: u64,
    bytes: Vec<u8>,
    dirty: bool,
    /// Bytes to load at once: not many more than are wanted in all.
    size: u64,
}

impl Window {
    fn new(address: u64, box_bytes: u64, wanted: u64) -> Self {
        let size = wanted.saturating_mul(16).min(WINDOW);
        Self { address, box_bytes, start: 0, bytes: Vec::new(), dirty: false, size }
    }

    fn range(&self, start: u64, len: u64) -> Option<std::ops::Range<usize>> {
        let from = usize::try_from(start.checked_sub(self.start)?).ok()?;
        let range = from..from.checked_add(usize::try_from(len).ok()?)?;
        (range.end <= self.bytes.len()).then_some(range)
    }

    fn fetch(&mut self, raw: &RawData, start: u64, len: u64) -> Result<std::ops::Range<usize>> {
        if let Some(range) = self.range(start, len) {
            return Ok(range);
        }
        self.write_back(raw)?;
        let available = self.box_bytes.saturating_sub(start);
        if len > available {
            return Err(outside());
        }
        self.start = start;
        self.bytes.resize(available.min(self.size.max(len)) as usize, 0);
        raw.read_at(self.address.saturating_add(start), &mut self.bytes)?;
        self.range(start, len).ok_or_else(outside)
    }

    fn load(&mut self, raw: &RawData, start: u64, len: u64) -> Result<&[u8]> {
        let range = self.fetch(raw, start, len)?;
        self.bytes.get(range).ok_or_else(outside)
    }

    fn load_mut(&mut self, raw: &RawData, start: u64, len: u64) -> Result<&mut [u8]> {
        let range = self.fetch(raw, start, len)?;
        self.dirty = true;
        self.bytes.get_mut(range).ok_or_else(outside)
    }

    fn write_back(&mut self, raw: &RawData) -> Result<()> {
        if std::mem::take(&mut self.dirty) {
            raw.write_at(self.address.saturating_add(self.start), &self.bytes)?;
        }
        Ok(())
    }
}
