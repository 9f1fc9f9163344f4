//! From a selection to runs: which elements that lie side by side in the file go to which that
//! lie side by side in memory.
//!
//! Positions are in elements, in row-major order. A [`Slab`] is taken from a *box*: the whole
//! dataset when it lies in one piece, or one chunk of it.

use crate::{Error, Result};

/// What is selected along one dimension: `count` blocks of `block` positions, `stride` apart.
///
/// Blocks do not overlap: `stride >= block` where `count > 1`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Axis {
    pub(crate) start: u64,
    pub(crate) stride: u64,
    pub(crate) count: u64,
    pub(crate) block: u64,
}

impl Axis {
    /// All of a dimension.
    pub(crate) fn whole(dim: u64) -> Self {
        Self { start: 0, stride: dim.max(1), count: u64::from(dim > 0), block: dim }
    }

    /// The number of selected positions.
    pub(crate) fn len(&self) -> u64 {
        self.count.saturating_mul(self.block)
    }

    /// The position after the last selected one; the start, if there is none.
    pub(crate) fn end(&self) -> u64 {
        match self.count.checked_sub(1) {
            Some(last) => {
                self.start.saturating_add(last.saturating_mul(self.stride)).saturating_add(self.block)
            }
            None => self.start,
        }
    }

    /// How many selected positions are below `position`.
    pub(crate) fn rank(&self, position: u64) -> u64 {
        let Some(distance) = position.checked_sub(self.start) else { return 0 };
        let blocks = distance.checked_div(self.stride).unwrap_or(0);
        if blocks >= self.count {
            return self.len();
        }
        let within = distance.saturating_sub(blocks.saturating_mul(self.stride)).min(self.block);
        blocks.saturating_mul(self.block).saturating_add(within)
    }

    /// The selected position after `rank` others.
    pub(crate) fn position(&self, rank: u64) -> u64 {
        let block = rank.checked_div(self.block).unwrap_or(0);
        let within = rank.checked_rem(self.block).unwrap_or(0);
        self.start.saturating_add(block.saturating_mul(self.stride)).saturating_add(within)
    }
}

/// The part of a slab that lies in one box.
#[derive(Debug, Clone)]
pub(crate) struct Part {
    dims: Vec<PartAxis>,
}

/// One dimension of a part.
#[derive(Debug, Clone, Copy)]
struct PartAxis {
    axis: Axis,
    /// First position of the box, in the dataset.
    origin: u64,
    /// Selected positions in the box: these ranks of the axis.
    first: u64,
    last: u64,
    /// Elements from one position to the next, in the box and in memory.
    box_stride: u64,
    memory_stride: u64,
}

/// Elements side by side in the box and in memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Run {
    /// First element, in the box.
    pub(crate) source: u64,
    /// First element, in memory.
    pub(crate) memory: u64,
    /// Number of elements.
    pub(crate) len: u64,
}

impl Part {
    /// The part of `slab` in the box of shape `shape` at `origin`, or `None` if there is none.
    ///
    /// Memory holds the selected elements densely, as for `memory_dims`, which are the lengths of
    /// the slab's axes.
    pub(crate) fn new(slab: &[Axis], origin: &[u64], shape: &[u64]) -> Option<Self> {
        let mut dims = Vec::with_capacity(slab.len());
        let (mut box_stride, mut memory_stride) = (1_u64, 1_u64);
        for ((axis, &origin), &len) in slab.iter().zip(origin).zip(shape).rev() {
            let (first, last) = (axis.rank(origin), axis.rank(origin.saturating_add(len)));
            if first == last {
                return None;
            }
            dims.push(PartAxis { axis: *axis, origin, first, last, box_stride, memory_stride });
            box_stride = box_stride.saturating_mul(len);
            memory_stride = memory_stride.saturating_mul(axis.len());
        }
        dims.reverse();
        Some(Self { dims })
    }

    /// The number of selected elements in the box.
    pub(crate) fn len(&self) -> u64 {
        self.dims.iter().map(|dim| dim.last.saturating_sub(dim.first)).product()
    }

    /// The first run in the order of the box.
    pub(crate) fn first_run(&self) -> Option<Run> {
        let mut first = None;
        // The error only ends the walk.
        let _ = self.for_each_run(|run| match first.replace(run) {
            None => Ok(()),
            Some(run) => {
                first = Some(run);
                Err(Error::usage(""))
            }
        });
        first
    }

    /// The run that is the whole part, if one is.
    pub(crate) fn single_run(&self) -> Option<Run> {
        self.first_run().filter(|run| run.len == self.len())
    }

    /// The range of memory, in elements, that holds the part and, of parts with the same range of
    /// positions along the first dimension of more than one, all others.
    pub(crate) fn band(&self) -> std::ops::Range<u64> {
        let mut start = 0_u64;
        for dim in &self.dims {
            start = start.saturating_add(dim.first.saturating_mul(dim.memory_stride));
            if dim.axis.len() > 1 {
                let len = dim.last.saturating_sub(dim.first).saturating_mul(dim.memory_stride);
                return start..start.saturating_add(len);
            }
        }
        start..start.saturating_add(1)
    }

    /// Calls `visit` with each run, in the order of the box; runs are as long as they can be
    /// without looking at more than the trailing dimensions that are dense in both.
    pub(crate) fn for_each_run(&self, mut visit: impl FnMut(Run) -> Result<()>) -> Result<()> {
        // Trailing dimensions that are selected without a gap, and fill both box and memory, fold
        // into one run; so does, last, the one dimension before them.
        let mut run_len = 1_u64;
        let mut outer = self.dims.len();
        while let Some(dim) = outer.checked_sub(1).and_then(|at| self.dims.get(at)) {
            let dense = dim.axis.count == 1 && dim.box_stride == run_len && dim.memory_stride == run_len;
            if !dense {
                break;
            }
            run_len = run_len.saturating_mul(dim.last.saturating_sub(dim.first));
            outer = outer.saturating_sub(1);
        }
        let inner = self.dims.get(outer..).unwrap_or_default();
        let (source, memory) =
            inner.iter().fold((0_u64, 0_u64), |(source, memory), dim| dim.offset(dim.first, source, memory));
        let outer = self.dims.get(..outer).unwrap_or_default();
        visit_outer(outer, source, memory, run_len, &mut visit)
    }
}

impl PartAxis {
    /// Adds what position number `rank` contributes to the two offsets.
    fn offset(&self, rank: u64, source: u64, memory: u64) -> (u64, u64) {
        let position = self.axis.position(rank).saturating_sub(self.origin);
        (
            source.saturating_add(position.saturating_mul(self.box_stride)),
            memory.saturating_add(rank.saturating_mul(self.memory_stride)),
        )
    }
}

fn visit_outer(
    dims: &[PartAxis],
    source: u64,
    memory: u64,
    run_len: u64,
    visit: &mut impl FnMut(Run) -> Result<()>,
) -> Result<()> {
    let Some((dim, inner)) = dims.split_first() else {
        return visit(Run { source, memory, len: run_len });
    };
    // Blocks of the innermost dimension are runs of their own when nothing lies between elements.
    let step = if inner.is_empty() && dim.box_stride == run_len && dim.memory_stride == run_len {
        None
    } else {
        Some(1)
    };
    let mut rank = dim.first;
    while rank < dim.last {
        let in_block = dim.axis.block.saturating_sub(rank.checked_rem(dim.axis.block).unwrap_or(0));
        let taken = step.unwrap_or(in_block).min(dim.last.saturating_sub(rank)).max(1);
        let (source, memory) = dim.offset(rank, source, memory);
        visit_outer(inner, source, memory, run_len.saturating_mul(taken), visit)?;
        rank = rank.saturating_add(taken);
    }
    Ok(())
}

/// The chunks of a dataset, and which of them a slab concerns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Grid {
    pub(crate) dims: Vec<u64>,
    pub(crate) chunk: Vec<u64>,
}

impl Grid {
    /// The first element of a chunk.
    pub(crate) fn origin(&self, scaled: &[u64]) -> Vec<u64> {
        scaled.iter().zip(&self.chunk).map(|(&at, &len)| at.saturating_mul(len)).collect()
    }

    /// The number of elements of a chunk.
    pub(crate) fn chunk_len(&self) -> u64 {
        self.chunk.iter().product()
    }

    /// Whether a part of the chunk lies outside the dataset.
    pub(crate) fn is_partial(&self, scaled: &[u64]) -> bool {
        let ends = self.origin(scaled).into_iter().zip(&self.chunk).map(|(at, &len)| at.saturating_add(len));
        ends.zip(&self.dims).any(|(end, &dim)| end > dim)
    }

    /// The number of elements of the chunk that lie inside the dataset.
    pub(crate) fn valid_len(&self, scaled: &[u64]) -> u64 {
        let origin = self.origin(scaled);
        let ends = origin.iter().zip(&self.chunk).zip(&self.dims);
        ends.map(|((&at, &len), &dim)| dim.saturating_sub(at).min(len)).product()
    }

    /// The part of `slab` in the chunk.
    pub(crate) fn part(&self, slab: &[Axis], scaled: &[u64]) -> Option<Part> {
        Part::new(slab, &self.origin(scaled), &self.chunk)
    }

    /// The lowest and the highest (exclusive) chunk coordinates that `slab` can concern, or `None`
    /// if it selects nothing.
    ///
    /// # Errors
    /// `Format` if a chunk has no size.
    pub(crate) fn bounds(&self, slab: &[Axis]) -> Result<Option<(Vec<u64>, Vec<u64>)>> {
        let mut low = Vec::with_capacity(slab.len());
        let mut high = Vec::with_capacity(slab.len());
        for (axis, &chunk) in slab.iter().zip(&self.chunk) {
            if axis.len() == 0 {
                return Ok(None);
            }
            let first = axis.start.checked_div(chunk);
            low.push(first.ok_or_else(|| Error::format("a chunk has no size"))?);
            high.push(axis.end().div_ceil(chunk.max(1)));
        }
        Ok(Some((low, high)))
    }

    /// Calls `visit` with the coordinates of every chunk that `slab` concerns, in row-major order.
    ///
    /// # Errors
    /// Those of `visit`.
    pub(crate) fn for_each_chunk(
        &self,
        slab: &[Axis],
        mut visit: impl FnMut(&[u64]) -> Result<()>,
    ) -> Result<()> {
        let Some((low, high)) = self.bounds(slab)? else { return Ok(()) };
        let mut scaled = low.clone();
        loop {
            visit(&scaled)?;
            let mut carried = true;
            for (at, ((low, high), (axis, chunk))) in
                scaled.iter_mut().zip(low.iter().zip(&high).zip(slab.iter().zip(&self.chunk))).rev()
            {
                *at = next_chunk(axis, *chunk, *at);
                if *at < *high {
                    carried = false;
                    break;
                }
                *at = *low;
            }
            if carried {
                return Ok(());
            }
        }
    }
}

/// The next chunk along one dimension that has a selected position; strides skip chunks.
fn next_chunk(axis: &Axis, chunk: u64, at: u64) -> u64 {
    let end = at.saturating_add(1).saturating_mul(chunk);
    let rank = axis.rank(end);
    if rank >= axis.len() { u64::MAX } else { axis.position(rank).checked_div(chunk).unwrap_or(u64::MAX) }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]
    use super::*;
    use proptest::prelude::*;

    fn positions(axis: &Axis) -> Vec<u64> {
        (0..axis.count).flat_map(|n| (0..axis.block).map(move |b| axis.start + n * axis.stride + b)).collect()
    }

    /// A dimension of 1 to 12, a chunk size, and an axis within it.
    fn axis() -> impl Strategy<Value = (u64, u64, Axis)> {
        (1..13_u64, 1..6_u64, 0..12_u64, 1..5_u64, 1..4_u64, 0..5_u64).prop_map(
            |(dim, chunk, start, stride, block, count)| {
                let block = block.min(stride);
                let start = start.min(dim);
                let room = (dim - start).checked_sub(block).map_or(0, |room| room / stride + 1);
                (dim, chunk.min(dim), Axis { start, stride, count: count.min(room), block })
            },
        )
    }

    proptest! {
        /// Chunk by chunk, the runs visit each selected element once, at its place.
        #[test]
        fn runs_are_what_a_naive_loop_finds(axes in proptest::collection::vec(axis(), 1..4)) {
            let slab: Vec<Axis> = axes.iter().map(|axis| axis.2).collect();
            let grid = Grid {
                dims: axes.iter().map(|axis| axis.0).collect(),
                chunk: axes.iter().map(|axis| axis.1).collect(),
            };
            let mut expected = vec![vec![]];
            for axis in &slab {
                let next = positions(axis);
                expected = expected.iter().flat_map(|head: &Vec<u64>| {
                    next.iter().map(move |&at| [head.clone(), vec![at]].concat())
                }).collect();
            }
            let mut found = vec![None; expected.len()];
            grid.for_each_chunk(&slab, |scaled| {
                let part = grid.part(&slab, scaled).unwrap();
                let (origin, mut seen) = (grid.origin(scaled), 0);
                part.for_each_run(|run| {
                    for n in 0..run.len {
                        let mut rest = run.source + n;
                        let mut place = vec![0; origin.len()];
                        for at in (0..origin.len()).rev() {
                            place[at] = origin[at] + rest % grid.chunk[at];
                            rest /= grid.chunk[at];
                        }
                        assert_eq!(found[(run.memory + n) as usize].replace(place), None);
                    }
                    seen += run.len;
                    Ok(())
                })?;
                assert_eq!(seen, part.len());
                Ok(())
            }).unwrap();
            let found: Vec<_> = found.into_iter().map(Option::unwrap).collect();
            prop_assert_eq!(found, expected);
        }
    }

    fn runs(slab: &[Axis], shape: &[u64]) -> Vec<Run> {
        let mut runs = Vec::new();
        let part = Part::new(slab, &vec![0; shape.len()], shape).unwrap();
        part.for_each_run(|run| {
            runs.push(run);
            Ok(())
        })
        .unwrap();
        runs
    }

    #[test]
    fn dense_selections_are_one_run() {
        let whole = [Axis::whole(4), Axis::whole(5), Axis::whole(6)];
        assert_eq!(runs(&whole, &[4, 5, 6]), [Run { source: 0, memory: 0, len: 120 }]);
        let rows = [Axis { start: 1, stride: 2, count: 1, block: 2 }, Axis::whole(5), Axis::whole(6)];
        assert_eq!(runs(&rows, &[4, 5, 6]), [Run { source: 30, memory: 0, len: 60 }]);
        let blocks = [Axis { start: 0, stride: 3, count: 2, block: 2 }, Axis::whole(5)];
        let expected = [Run { source: 0, memory: 0, len: 10 }, Run { source: 15, memory: 10, len: 10 }];
        assert_eq!(runs(&blocks, &[6, 5]), expected);
    }

    #[test]
    fn a_stride_skips_chunks_without_looking_at_them() {
        let grid = Grid { dims: vec![1 << 40], chunk: vec![10] };
        let mut visited = Vec::new();
        let axis = Axis { start: 5, stride: 1 << 38, count: 3, block: 1 };
        grid.for_each_chunk(&[axis], |scaled| {
            visited.push(scaled[0]);
            Ok(())
        })
        .unwrap();
        assert_eq!(visited, [0, ((1_u64 << 38) + 5) / 10, ((1_u64 << 39) + 5) / 10]);
    }

    #[test]
    fn a_scalar_is_one_run() {
        assert_eq!(runs(&[], &[]), [Run { source: 0, memory: 0, len: 1 }]);
    }
}
