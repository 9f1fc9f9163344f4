//! The elements of a mapping of a virtual dataset, numbered in the order in which those of the two
//! sides belong together.

use crate::chunk::grid::Axis;
use crate::format::selection::{Pattern, Selection, UNLIMITED};
use crate::selection::Resolved;
use crate::{Error, Result};

/// The most pieces of one mapping in one read.
const MAX_RUNS: usize = 1 << 24;

/// Selected positions along one dimension: the first `len` of an axis.
#[derive(Debug, Clone, Copy)]
pub(super) struct Line {
    pub(super) axis: Axis,
    pub(super) len: u64,
}

/// Elements side by side along the last dimension.
#[derive(Debug, Clone)]
pub(super) struct Strip {
    start: Vec<u64>,
    len: u64,
    ordinal: u64,
}

/// Selected elements of one side; an element's number is its *ordinal*.
#[derive(Debug, Clone)]
pub(super) enum Numbered {
    Lines(Vec<Line>),
    Strips(Vec<Strip>),
}

/// Elements with successive ordinals that go side by side to memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Wanted {
    pub(super) ordinal: u64,
    pub(super) memory: u64,
    pub(super) len: u64,
}

/// The dimension along which a selection is unlimited, and its pattern.
pub(super) fn unlimited(selection: &Selection) -> Option<(usize, Pattern)> {
    let Selection::Regular { axes, .. } = selection else { return None };
    let found = axes.iter().enumerate().find(|(_, axis)| axis.count == UNLIMITED || axis.block == UNLIMITED);
    found.map(|(at, &axis)| (at, axis))
}

/// How many positions of an unlimited pattern lie below `extent`.
pub(super) fn slices(pattern: Pattern, extent: u64) -> u64 {
    let room = extent.saturating_sub(pattern.start);
    if pattern.block == UNLIMITED || pattern.stride <= pattern.block {
        return room;
    }
    let blocks = room / pattern.stride.max(1);
    blocks
        .saturating_mul(pattern.block)
        .saturating_add((room - blocks * pattern.stride.max(1)).min(pattern.block))
}

/// The extent at which an unlimited pattern has `count` positions; with the gap behind them, if
/// `gap`.
pub(super) fn extent_of(pattern: Pattern, count: u64, gap: bool) -> u64 {
    let Pattern { start, stride, block, .. } = pattern;
    if count == 0 {
        return if gap { start } else { 0 };
    }
    if block == UNLIMITED || stride <= block {
        return start.saturating_add(count);
    }
    let (whole, rest) = (count / block.max(1), count % block.max(1));
    let at = |blocks: u64| start.saturating_add(blocks.saturating_mul(stride));
    match rest {
        0 if gap => at(whole),
        0 => at(whole - 1).saturating_add(block),
        rest => at(whole).saturating_add(rest),
    }
}

impl Line {
    /// A pattern, `slices` positions of it if it is unlimited.
    fn new(pattern: Pattern, slices: u64) -> Result<Self> {
        let Pattern { start, stride, count, block } = pattern;
        let endless = count == UNLIMITED || block == UNLIMITED;
        let block = if block == UNLIMITED { slices } else { block };
        let count = if count == UNLIMITED { slices.div_ceil(block.max(1)) } else { count };
        if count > 1 && (stride < block || stride == 0) {
            return Err(Error::format("the blocks of a mapping overlap"));
        }
        // Blocks that touch are one.
        let axis = if count > 1 && stride == block {
            let len = count.saturating_mul(block);
            Axis { start, stride: len, count: 1, block: len }
        } else {
            // What one block has for a stride says nothing.
            Axis { start, stride: if count > 1 { stride } else { block.max(1) }, count, block }
        };
        Ok(Self { axis, len: if endless { axis.len().min(slices) } else { axis.len() } })
    }

    fn rank(&self, position: u64) -> u64 {
        self.axis.rank(position).min(self.len)
    }

    fn end(&self) -> u64 {
        match self.len.checked_sub(1) {
            Some(last) => self.axis.position(last).saturating_add(1),
            None => 0,
        }
    }
}

/// Part of a dimension that both a mapping and a request select.
struct Segment {
    rank: u64,
    memory: u64,
    len: u64,
}

fn segments(line: &Line, axis: &Axis) -> Result<Vec<Segment>> {
    let (mut found, mut at) = (Vec::new(), 0);
    loop {
        let rank = line.rank(at);
        if rank >= line.len {
            return Ok(found);
        }
        at = line.axis.position(rank);
        let memory = axis.rank(at);
        if memory >= axis.len() {
            return Ok(found);
        }
        let other = axis.position(memory);
        if other == at {
            let in_block = |rank: u64, block: u64| block - rank % block.max(1);
            let len = in_block(rank, line.axis.block).min(line.len - rank);
            let len = len.min(in_block(memory, axis.block)).max(1);
            found.push(Segment { rank, memory, len });
            check_number(found.len())?;
            at = at.saturating_add(len);
        } else {
            at = other;
        }
    }
}

fn check_number(runs: usize) -> Result<()> {
    if runs < MAX_RUNS { Ok(()) } else { Err(Error::limit("a virtual dataset is read in too many pieces")) }
}

/// Adds a run, or makes the last one longer.
fn push(runs: &mut Vec<Wanted>, run: Wanted) -> Result<()> {
    match runs.last_mut() {
        Some(last) if last.ordinal + last.len == run.ordinal && last.memory + last.len == run.memory => {
            last.len += run.len;
            Ok(())
        }
        _ => {
            runs.push(run);
            check_number(runs.len())
        }
    }
}

impl Numbered {
    /// What `selection` selects from an array of shape `dims`, `slices` along the unlimited dimension.
    pub(super) fn new(selection: &Selection, dims: &[u64], slices: u64) -> Result<Self> {
        let rank = |rank: usize| {
            if rank == dims.len() { Ok(()) } else { Err(Error::format("a mapping of another rank")) }
        };
        Ok(match selection {
            Selection::None => Self::Strips(Vec::new()),
            Selection::All => {
                Self::Lines(dims.iter().map(|&dim| Line { axis: Axis::whole(dim), len: dim }).collect())
            }
            Selection::Regular { axes, .. } => {
                rank(axes.len())?;
                Self::Lines(axes.iter().map(|&axis| Line::new(axis, slices)).collect::<Result<_>>()?)
            }
            Selection::Points { rank: of, coordinates, .. } => {
                rank(*of)?;
                let points = coordinates.chunks_exact((*of).max(1)).enumerate();
                Self::Strips(
                    points
                        .map(|(at, point)| Strip { start: point.to_vec(), len: 1, ordinal: at as u64 })
                        .collect(),
                )
            }
            Selection::Blocks { rank: of, corners, .. } => {
                rank(*of)?;
                Self::blocks(*of, corners)?
            }
        })
    }

    /// The union of blocks, in the order of the array.
    fn blocks(rank: usize, corners: &[u64]) -> Result<Self> {
        let mut strips = Vec::new();
        for block in corners.chunks_exact(rank.saturating_mul(2).max(1)) {
            let (low, high) = block.split_at(rank);
            if low.iter().zip(high).any(|(low, high)| low > high || *high == u64::MAX) {
                return Err(Error::format("a block of a mapping ends before it starts"));
            }
            let Some(last) = rank.checked_sub(1) else { continue };
            let mut at = low.to_vec();
            'rows: loop {
                strips.push(Strip { start: at.clone(), len: high[last] - low[last] + 1, ordinal: 0 });
                check_number(strips.len())?;
                for dim in (0..last).rev() {
                    if at[dim] < high[dim] {
                        at[dim] += 1;
                        continue 'rows;
                    }
                    at[dim] = low[dim];
                }
                break;
            }
        }
        strips.sort_by(|a, b| a.start.cmp(&b.start));
        let mut merged: Vec<Strip> = Vec::new();
        for mut strip in strips {
            let last = rank.saturating_sub(1);
            if let Some(before) =
                merged.last_mut().filter(|before| before.start[..last] == strip.start[..last])
            {
                let end = before.start[last].saturating_add(before.len);
                if strip.start[last] <= end {
                    let new_end = strip.start[last].saturating_add(strip.len).max(end);
                    before.len = new_end - before.start[last];
                    continue;
                }
            }
            strip.ordinal = merged.last().map_or(0, |before| before.ordinal.saturating_add(before.len));
            merged.push(strip);
        }
        Ok(Self::Strips(merged))
    }

    /// The number of elements.
    pub(super) fn len(&self) -> u64 {
        match self {
            Self::Lines(lines) => lines.iter().fold(1, |n: u64, line| n.saturating_mul(line.len)),
            Self::Strips(strips) => strips.last().map_or(0, |last| last.ordinal.saturating_add(last.len)),
        }
    }

    /// The position after the last selected one, along each dimension.
    pub(super) fn ends(&self, rank: usize) -> Vec<u64> {
        match self {
            Self::Lines(lines) => lines.iter().map(Line::end).collect(),
            Self::Strips(strips) => (0..rank)
                .map(|dim| {
                    let end = |strip: &Strip| {
                        strip.start[dim].saturating_add(if dim + 1 == rank { strip.len } else { 1 })
                    };
                    strips.iter().map(end).max().unwrap_or(0)
                })
                .collect(),
        }
    }

    /// The elements that `request` selects, too, by their ordinals.
    pub(super) fn wanted(&self, request: &Resolved) -> Result<Vec<Wanted>> {
        let mut runs = Vec::new();
        match (self, request) {
            (Self::Lines(lines), Resolved::Slab { axes, .. }) => {
                let each = lines.iter().zip(axes).map(|(line, axis)| segments(line, axis));
                let each = each.collect::<Result<Vec<_>>>()?;
                product(lines, axes, &each, 0, 0, &mut runs)?;
            }
            (Self::Strips(strips), Resolved::Slab { axes, .. }) => {
                for strip in strips {
                    wanted_of_strip(strip, axes, &mut runs)?;
                }
            }
            (_, Resolved::Points { rank, coordinates }) => {
                let index = Index::new(self);
                for (memory, point) in coordinates.chunks_exact((*rank).max(1)).enumerate() {
                    if let Some(ordinal) = index.find(point) {
                        push(&mut runs, Wanted { ordinal, memory: memory as u64, len: 1 })?;
                    }
                }
            }
        }
        runs.sort_by_key(|run| run.ordinal);
        Ok(runs)
    }

    /// Appends the coordinates of the element with this ordinal.
    pub(super) fn locate(&self, mut ordinal: u64, coordinates: &mut Vec<u64>) {
        match self {
            Self::Lines(lines) => {
                let start = coordinates.len();
                for line in lines.iter().rev() {
                    coordinates.push(line.axis.position(ordinal % line.len.max(1)));
                    ordinal /= line.len.max(1);
                }
                coordinates[start..].reverse();
            }
            Self::Strips(strips) => {
                let at = strips.partition_point(|strip| strip.ordinal <= ordinal).saturating_sub(1);
                let Some(strip) = strips.get(at) else { return };
                coordinates.extend(&strip.start);
                if let Some(last) = coordinates.last_mut() {
                    *last += ordinal - strip.ordinal;
                }
            }
        }
    }
}

/// To find the ordinals of single elements.
enum Index<'a> {
    Lines(&'a [Line]),
    /// In the order of their starts.
    Strips(Vec<&'a Strip>),
}

impl<'a> Index<'a> {
    fn new(elements: &'a Numbered) -> Self {
        match elements {
            Numbered::Lines(lines) => Self::Lines(lines),
            Numbered::Strips(strips) => {
                let mut sorted: Vec<&Strip> = strips.iter().collect();
                sorted.sort_by(|a, b| a.start.cmp(&b.start));
                Self::Strips(sorted)
            }
        }
    }

    fn find(&self, point: &[u64]) -> Option<u64> {
        match self {
            Self::Lines(lines) => lines.iter().zip(point).try_fold(0_u64, |ordinal, (line, &at)| {
                let rank = line.rank(at);
                let selected = rank < line.len && line.axis.position(rank) == at;
                selected.then(|| ordinal.saturating_mul(line.len).saturating_add(rank))
            }),
            Self::Strips(strips) => {
                let at = strips.partition_point(|strip| strip.start.as_slice() <= point);
                let strip = strips.get(at.checked_sub(1)?)?;
                let (last, outer) = point.split_last()?;
                let (start, outer_start) = strip.start.split_last()?;
                let within = last.checked_sub(*start).filter(|&within| within < strip.len)?;
                (outer == outer_start).then(|| strip.ordinal.saturating_add(within))
            }
        }
    }
}

/// Every combination of segments, the last dimension's fastest.
fn product(
    lines: &[Line],
    axes: &[Axis],
    segments: &[Vec<Segment>],
    ordinal: u64,
    memory: u64,
    runs: &mut Vec<Wanted>,
) -> Result<()> {
    let ([line, lines @ ..], [axis, axes @ ..], [first, rest @ ..]) = (lines, axes, segments) else {
        return push(runs, Wanted { ordinal, memory, len: 1 });
    };
    let (ordinal, memory) = (ordinal.saturating_mul(line.len), memory.saturating_mul(axis.len()));
    for segment in first {
        let at = (ordinal.saturating_add(segment.rank), memory.saturating_add(segment.memory));
        if rest.is_empty() {
            push(runs, Wanted { ordinal: at.0, memory: at.1, len: segment.len })?;
        } else {
            for n in 0..segment.len {
                product(lines, axes, rest, at.0.saturating_add(n), at.1.saturating_add(n), runs)?;
            }
        }
    }
    Ok(())
}

fn wanted_of_strip(strip: &Strip, axes: &[Axis], runs: &mut Vec<Wanted>) -> Result<()> {
    let mut memory = 0_u64;
    let (Some((last, outer)), Some((start, starts))) = (axes.split_last(), strip.start.split_last()) else {
        return Ok(());
    };
    for (axis, &at) in outer.iter().zip(starts) {
        let rank = axis.rank(at);
        if rank >= axis.len() || axis.position(rank) != at {
            return Ok(());
        }
        memory = memory.saturating_mul(axis.len()).saturating_add(rank);
    }
    let memory = memory.saturating_mul(last.len());
    let axis = Axis { start: *start, stride: strip.len, count: 1, block: strip.len };
    for segment in segments(&Line { axis, len: strip.len }, last)? {
        let ordinal = strip.ordinal.saturating_add(segment.rank);
        push(runs, Wanted { ordinal, memory: memory.saturating_add(segment.memory), len: segment.len })?;
    }
    Ok(())
}
