//! Reading virtual datasets: each mapping's share of the selection from its source.

use std::ops::Range;
use std::sync::Arc;

use super::read::convert_parts;
use super::state::Storage;
use super::unwritten::Unwritten;
use super::virtual_map::{Numbered, Wanted};
use super::virtual_sources::{Source, VirtualData, VirtualView, nested};
use super::{Dataset, State, transfer};
use crate::chunk::grid::Axis;
use crate::file::Shared;
use crate::format::message::datatype::Datatype;
use crate::format::selection::Pattern;
use crate::selection::{Resolved, Selection};
use crate::types::{Heap, Plain, Plan};
use crate::{Error, Result};

/// Bytes to read from a source at once.
const BATCH: u64 = 32 << 20;
/// Single elements to read from a source at once.
const POINTS: u64 = 1 << 14;
/// How many of the sources that a read concerns may be missing.
const MAX_MISSING: u32 = 1 << 18;

/// A read of a virtual dataset.
pub(super) struct VirtualRead<'a> {
    pub(super) state: &'a State,
    pub(super) shared: &'a Arc<Shared>,
    /// The file of whoever reads, which may have come here from another virtual dataset.
    pub(super) home: &'a Arc<Shared>,
    pub(super) dims: Vec<u64>,
    pub(super) request: &'a Resolved,
    /// From elements of the virtual dataset to memory, and the type there.
    pub(super) plan: &'a Plan,
    pub(super) memory: &'a Datatype,
}

/// Where the elements go: images, and their variable-length parts if these are wanted, too.
pub(super) struct Memory<'a> {
    pub(super) out: &'a mut [u8],
    pub(super) heap: Option<&'a mut Heap>,
}

impl VirtualRead<'_> {
    pub(super) fn run(&self, data: &VirtualData, memory: &mut Memory<'_>) -> Result<()> {
        let bytes = |elements: u64| elements.saturating_mul(self.plan.target_size() as u64);
        nested(self.state, || {
            let held = || held(data, self.shared, &self.dims, self.request).map(bytes);
            Unwritten::check(self.shared, bytes(self.request.len()), held)?;
            self.fill(memory)?;
            data.mappings.iter().try_for_each(|mapping| self.mapping(mapping, memory))
        })
    }

    /// Makes every element the fill value.
    fn fill(&self, memory: &mut Memory<'_>) -> Result<()> {
        let mut element = vec![0; self.plan.target_size()];
        let zeros = vec![0; self.plan.source_size()];
        let value = self.state.fill_pattern.as_deref().unwrap_or(&zeros);
        let Some(heap) = memory.heap.as_deref_mut() else {
            self.plan.run(value, &mut element)?;
            transfer::fill(memory.out, &element);
            return Ok(());
        };
        let before = heap.len();
        convert_parts((self.shared, self.home), self.plan, (value, &mut element), heap)?;
        // All elements have the one part in common until they become values.
        let others = (memory.out.len().checked_div(element.len()).unwrap_or(0) as u64).saturating_sub(1);
        heap.charge(heap.len().saturating_sub(before).saturating_mul(others))?;
        transfer::fill(memory.out, &element);
        Ok(())
    }

    fn mapping(&self, mapping: &Source, memory: &mut Memory<'_>) -> Result<()> {
        if let Some((dim, pattern)) = mapping.numbered()? {
            let mut missing = Missing::default();
            for block in blocks(self.request, dim, pattern) {
                let target = Numbered::new(&mapping.block(dim, block), &self.dims, 0)?;
                let wanted = target.wanted(self.request)?;
                if wanted.is_empty() {
                    continue;
                }
                match mapping.open(self.shared, block)? {
                    Some(source) => self.copy(mapping, &source, (0, target.len()), &wanted, memory)?,
                    None => missing.add()?,
                }
            }
            return Ok(());
        }
        let unlimited = super::virtual_map::unlimited(&mapping.target);
        let Some((dim, pattern)) = unlimited else {
            let target = Numbered::new(&mapping.target, &self.dims, 0)?;
            let wanted = target.wanted(self.request)?;
            if !wanted.is_empty()
                && let Some(source) = mapping.open(self.shared, 0)?
            {
                self.copy(mapping, &source, (0, target.len()), &wanted, memory)?;
            }
            return Ok(());
        };
        let Some(source) = mapping.open(self.shared, 0)? else { return Ok(()) };
        let mut slices = mapping.source_slices(&source)?;
        if self.shared.family.builder().view() == VirtualView::FirstMissing {
            let extent = self.dims.get(dim).copied().unwrap_or(0);
            slices = slices.min(super::virtual_map::slices(pattern, extent));
        }
        let target = Numbered::new(&mapping.target, &self.dims, slices)?;
        let wanted = target.wanted(self.request)?;
        self.copy(mapping, &source, (slices, target.len()), &wanted, memory)
    }

    /// Copies the wanted ones of the `len` elements of a source.
    fn copy(
        &self,
        mapping: &Source,
        source: &Dataset,
        (slices, len): (u64, u64),
        wanted: &[Wanted],
        memory: &mut Memory<'_>,
    ) -> Result<()> {
        let named = |error: Error| error.with_path(source.name());
        if wanted.is_empty() {
            return Ok(());
        }
        let dims: Vec<u64> = source.shape().iter().map(|&dim| dim as u64).collect();
        let elements = Numbered::new(&mapping.source, &dims, slices).map_err(named)?;
        if elements.ends(dims.len()).iter().zip(&dims).any(|(end, dim)| end > dim) {
            return Err(named(Error::format("a mapping selects elements that its source has not")));
        }
        if len != elements.len() {
            return Err(named(Error::format(
                "the two sides of a mapping differ in their number of elements",
            )));
        }
        let converted;
        let plan = if *source.datatype() == *self.state.datatype {
            self.plan
        } else {
            converted = Plan::compile(source.datatype(), self.memory)?;
            &converted
        };
        let copy = Copy { source, elements: &elements, plan, memory: self.memory, home: self.home };
        let Memory { out, heap } = memory;
        let elsewhere = !Arc::ptr_eq(&source.shared, self.home);
        if elsewhere && self.memory.has_object_references() {
            // They would lead into the file that is read, not into that of the source.
            let message =
                "addresses of objects in another file, from a virtual dataset; StdReference tells both";
            return Err(named(Error::unsupported(message)));
        }
        if source.datatype().has_variable_length() || plan.needs_heap() {
            return match heap {
                Some(heap) => copy.points(wanted, out, Some(heap)),
                None if elsewhere || plan.needs_heap() => {
                    Err(Error::unsupported("the stored form of data of variable length in a virtual dataset"))
                }
                None => copy.run(wanted, out),
            }
            .map_err(named);
        }
        copy.run(wanted, out).map_err(named)
    }
}

/// How many elements of a virtual dataset its sources hold that are there and concern the request, at
/// most.
fn held(data: &VirtualData, shared: &Arc<Shared>, dims: &[u64], request: &Resolved) -> Result<u64> {
    let (mut held, mut missing) = (0_u64, Missing::default());
    let mut add = |mapping: &Source, block: u64, mapped: u64| {
        match mapping.open(shared, block)? {
            Some(source) => held = held.saturating_add(source.state.held_len(&source.shared)?.min(mapped)),
            None => missing.add()?,
        }
        Ok::<_, Error>(())
    };
    for mapping in &data.mappings {
        match mapping.numbered()? {
            None => add(mapping, 0, mapping.target.selected(dims))?,
            Some((dim, pattern)) => blocks(request, dim, pattern)
                .try_for_each(|block| add(mapping, block, mapping.block(dim, block).selected(dims)))?,
        }
    }
    Ok(held)
}

impl State {
    /// How many elements are in files that are there, at most, whatever has a place for more.
    fn held_len(&self, shared: &Arc<Shared>) -> Result<u64> {
        let inner = self.read_lock()?;
        match &inner.storage {
            Storage::Virtual(data) => {
                let (data, dims) = (data.clone(), inner.dims().to_vec());
                drop(inner);
                let whole = Resolved::new(&Selection::All, &dims)?;
                nested(self, || held(&data, shared, &dims, &whole))
            }
            Storage::External { data, .. } => Ok(data.held(shared) / self.element_size().max(1) as u64),
            Storage::Chunked(_) => {
                drop(inner);
                self.stored_len(shared)
            }
            // What is in one piece may be said to reach beyond the end of the file.
            Storage::Compact(_) | Storage::Contiguous { .. } => {
                drop(inner);
                let most = shared.read()?.volume() / self.element_size().max(1) as u64;
                Ok(self.stored_len(shared)?.min(most))
            }
        }
    }
}

/// The numbered sources of one mapping that are not there, which an extent could promise without end.
#[derive(Default)]
struct Missing(u32);

impl Missing {
    fn add(&mut self) -> Result<()> {
        self.0 = self.0.saturating_add(1);
        if self.0 <= MAX_MISSING {
            return Ok(());
        }
        Err(Error::limit("too many sources of a virtual dataset are missing"))
    }
}

/// Which of the blocks along `dim` may concern the request.
fn blocks(request: &Resolved, dim: usize, pattern: Pattern) -> Range<u64> {
    let (low, high) = bounds(request, dim);
    let first = low.saturating_sub(pattern.start) / pattern.stride.max(1);
    first..high.saturating_sub(pattern.start).div_ceil(pattern.stride.max(1))
}

/// The first position along `dim` that is selected, and that after the last.
fn bounds(request: &Resolved, dim: usize) -> (u64, u64) {
    match request {
        Resolved::Slab { axes, .. } => match axes.get(dim).filter(|axis| axis.len() > 0) {
            Some(axis) => (axis.start, axis.end()),
            None => (0, 0),
        },
        Resolved::Points { rank, coordinates } => {
            let along = || coordinates.iter().skip(dim).step_by((*rank).max(1)).copied();
            (along().min().unwrap_or(0), along().max().map_or(0, |at| at.saturating_add(1)))
        }
    }
}

/// A copy from one source.
struct Copy<'a> {
    source: &'a Dataset,
    elements: &'a Numbered,
    plan: &'a Plan,
    memory: &'a Datatype,
    home: &'a Arc<Shared>,
}

/// The rows of a source: what one position of the first dimension of more than one holds.
struct Rows {
    axes: Vec<Axis>,
    dim: usize,
    /// Elements of a row.
    len: u64,
    count: u64,
}

impl Rows {
    /// `None` if the selection is no regular pattern.
    fn new(elements: &Numbered) -> Option<Self> {
        let Numbered::Lines(lines) = elements else { return None };
        let regular = |line: &super::virtual_map::Line| line.axis.count <= 1 || line.len == line.axis.len();
        if !lines.iter().all(regular) {
            return None;
        }
        let axes = lines.iter().map(|line| {
            if line.axis.count <= 1 {
                Axis { block: line.len, stride: line.len.max(1), ..line.axis }
            } else {
                line.axis
            }
        });
        let dim = lines.iter().position(|line| line.len > 1).unwrap_or(0);
        let count = lines.get(dim).map_or(1, |line| line.len);
        let len = lines.iter().skip(dim + 1).fold(1_u64, |len, line| len.saturating_mul(line.len));
        Some(Self { axes: axes.collect(), dim, len, count })
    }

    /// A selection of the rows from `first` to `end`, or a few more, and its range.
    fn select(&self, first: u64, end: u64) -> (Resolved, u64, u64) {
        let (mut axes, mut range) = (self.axes.clone(), (first, end));
        if let Some(axis) = axes.get_mut(self.dim) {
            if axis.count == 1 {
                let len = end - first;
                *axis = Axis { start: axis.start + first, stride: len.max(1), count: 1, block: len };
            } else {
                // Blocks are taken whole.
                let block = axis.block.max(1);
                let (low, high) = (first / block, end.div_ceil(block));
                axis.start += low * axis.stride;
                axis.count = high - low;
                range = (low * block, high * block);
            }
        } else {
            range = (0, 1);
        }
        let kept = vec![true; axes.len()];
        (Resolved::Slab { axes, kept }, range.0, range.1)
    }
}

impl Copy<'_> {
    fn run(&self, wanted: &[Wanted], out: &mut [u8]) -> Result<()> {
        match Rows::new(self.elements) {
            Some(rows) => self.rows(&rows, wanted, out),
            None => self.points(wanted, out, None),
        }
    }

    fn read(&self, selection: &Resolved, out: &mut [u8]) -> Result<()> {
        self.source.state.read(&self.source.shared, selection, out, self.plan, self.memory)
    }

    /// Reads rows of the source, as many as there is room for, and takes what is wanted.
    fn rows(&self, rows: &Rows, wanted: &[Wanted], out: &mut [u8]) -> Result<()> {
        let size = self.plan.target_size();
        let row_bytes = rows.len.saturating_mul(self.plan.target_size().max(self.plan.source_size()) as u64);
        let batch = (BATCH / row_bytes.max(1)).max(1);
        let limit = self.source.shared.read()?.limits().read;
        let (mut at, mut done) = (0, 0);
        while let Some(&Wanted { ordinal, .. }) = wanted.get(at) {
            let first = (ordinal + done) / rows.len.max(1);
            let before = first.saturating_add(batch).saturating_mul(rows.len);
            let reach = wanted[at..].iter().take_while(|run| run.ordinal < before).last();
            let reach = reach.map_or(ordinal, |run| run.ordinal + run.len - 1);
            let end = (reach / rows.len.max(1) + 1).min(first + batch).min(rows.count);
            let (selection, first, end) = rows.select(first, end);
            let (low, high) = (first * rows.len, end * rows.len);
            let bytes = (high - low).saturating_mul(size as u64);
            let bytes = usize::try_from(bytes).ok().filter(|&bytes| bytes as u64 <= limit);
            let bytes =
                bytes.ok_or_else(|| Error::limit("a row of a source is larger than a read may be"))?;
            let run = wanted[at];
            if run.ordinal == low && run.len == high - low && done == 0 {
                self.read(&selection, part(out, run.memory, run.len, size)?)?;
                at += 1;
                continue;
            }
            let mut buffer = Plain::<u8>::new().zeros(bytes)?;
            self.read(&selection, &mut buffer)?;
            while let Some(run) = wanted.get(at).filter(|run| run.ordinal + done < high) {
                let len = (run.len - done).min(high - run.ordinal - done);
                let from = part(&mut buffer, run.ordinal + done - low, len, size)?;
                part(out, run.memory + done, len, size)?.copy_from_slice(from);
                done += len;
                if done < run.len {
                    break;
                }
                (at, done) = (at + 1, 0);
            }
        }
        Ok(())
    }

    /// Reads the wanted elements one by one, many at a time.
    fn points(&self, wanted: &[Wanted], out: &mut [u8], mut heap: Option<&mut Heap>) -> Result<()> {
        let size = self.plan.target_size();
        let rank = self.source.ndim();
        let mut batch: Vec<(u64, u64)> = Vec::new();
        let mut flush = |batch: &mut Vec<(u64, u64)>| {
            let mut coordinates = Vec::with_capacity(batch.len() * rank);
            batch.iter().for_each(|&(ordinal, _)| self.elements.locate(ordinal, &mut coordinates));
            let mut buffer = vec![0; batch.len() * size];
            let selection = Resolved::Points { rank, coordinates };
            match heap.as_deref_mut() {
                Some(heap) => self.source.state.read_variable(
                    (&self.source.shared, self.home),
                    &selection,
                    &mut buffer,
                    heap,
                    (self.plan, self.memory),
                )?,
                None => self.read(&selection, &mut buffer)?,
            }
            for (&(_, memory), from) in batch.iter().zip(buffer.chunks_exact(size)) {
                part(out, memory, 1, size)?.copy_from_slice(from);
            }
            batch.clear();
            Ok::<_, Error>(())
        };
        for run in wanted {
            for n in 0..run.len {
                batch.push((run.ordinal + n, run.memory + n));
                if batch.len() as u64 == POINTS {
                    flush(&mut batch)?;
                }
            }
        }
        if batch.is_empty() { Ok(()) } else { flush(&mut batch) }
    }
}

/// `len` elements of `size` bytes, `first` elements into `bytes`.
fn part(bytes: &mut [u8], first: u64, len: u64, size: usize) -> Result<&mut [u8]> {
    let start = usize::try_from(first).ok().and_then(|first| first.checked_mul(size));
    let len = usize::try_from(len).ok().and_then(|len| len.checked_mul(size));
    let range = start.zip(len).and_then(|(start, len)| Some(start..start.checked_add(len)?));
    let part = range.and_then(|range| bytes.get_mut(range));
    part.ok_or_else(|| Error::usage("the buffer is too short for the selection"))
}
