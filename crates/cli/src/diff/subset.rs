//! Hyperslabs of two datasets: what the C tool reads at once of them, and where it says that elements are.

use super::state::Pair;
use crate::errors::Result;
use crate::subset::Subset;

/// Bytes in memory that the C tool reads at once of what it compares in parts.
pub(super) const STRIP_BYTES: u64 = 32 << 20;

/// A hyperslab of a dataset: start, stride, count and block of each dimension.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Slab(Vec<[u64; 4]>);

impl Slab {
    /// The hyperslab of a dataset of this rank.
    ///
    /// # Errors
    /// That blocks overlap.
    pub(super) fn of(subset: &Subset, rank: usize) -> Result<Self> {
        let [start, stride, count, block] = subset.properties(rank)?;
        Ok(Self((0..rank).map(|dim| [start[dim], stride[dim], count[dim], block[dim]]).collect()))
    }

    /// The position, after the start, that the C tool gives for the element at `index` of the hyperslab
    /// in a dataset of this shape: dimension by dimension from the last, a stride for each element; what
    /// is beyond the last dimension that is needed goes to that dimension.
    pub(super) fn offset(&self, index: u64, dims: &[u64]) -> u64 {
        let (mut offset, mut rest) = (0_u64, index);
        let (mut beyond, mut last_stride) = (0, 0_u64);
        let (mut weight, mut size, mut previous) = (1_u64, 1_u64, 1_u64);
        for (&[_, stride, count, block], &dim) in self.0.iter().zip(dims).rev() {
            if index == 0 {
                return 0;
            }
            weight = weight.wrapping_mul(previous);
            let elements = count.wrapping_mul(block).max(1);
            beyond = rest / elements;
            last_stride = stride;
            offset = offset.wrapping_add((rest % elements).wrapping_mul(stride).wrapping_mul(weight));
            if beyond == 0 {
                return offset;
            }
            rest = beyond.wrapping_mul(size);
            size = size.wrapping_mul(dim);
            previous = dim;
        }
        offset.wrapping_add(beyond.wrapping_mul(last_stride).wrapping_mul(weight))
    }
}

/// The hyperslabs of two datasets of one shape that the C tool compares one after the other until it has
/// had as many elements as the first subset has; where only that is given, it compares all that there is
/// room for from its start with what the second dataset starts with.
pub(super) struct Strips<'s> {
    dims: &'s [u64],
    slabs: Pair<Option<&'s Slab>>,
    /// The blocks of both, unless the dataset ends before.
    block: Vec<u64>,
    starts: Pair<Vec<u64>>,
    /// Elements that are still to come.
    left: u64,
}

/// The number of elements of a hyperslab.
pub(super) fn len(slab: &[[u64; 4]]) -> u64 {
    slab.iter().fold(1, |len, &[_, _, count, block]| len.saturating_mul(count).saturating_mul(block))
}

/// Whether a hyperslab is one: no block overlaps another, and all are within a dataset of this shape.
pub(super) fn is_within(slab: &[[u64; 4]], dims: &[u64]) -> bool {
    slab.iter().zip(dims).all(|(&[start, stride, count, block], &dim)| {
        let last = count.saturating_sub(1).checked_mul(stride);
        let end = last.and_then(|last| last.checked_add(start)?.checked_add(block));
        stride > 0 && (count <= 1 || stride >= block) && end.is_some_and(|end| end <= dim)
    })
}

impl<'s> Strips<'s> {
    /// Of elements of `size` bytes in memory.
    pub(super) fn new(dims: &'s [u64], first: &'s Slab, second: Option<&'s Slab>, size: u64) -> Self {
        let mut used = size.max(1);
        let axes = first.0.iter().zip(dims).rev().map(|(&[_, _, count, block], &dim)| {
            let room = (STRIP_BYTES / used).max(1);
            let wanted = if second.is_some() { block.saturating_mul(count) } else { dim };
            let size = wanted.min(room);
            used = used.saturating_mul(size.max(1));
            if second.is_some() { block.min(size) } else { size }
        });
        let mut block: Vec<_> = axes.collect();
        block.reverse();
        let starts = |slab: &Slab| slab.0.iter().map(|axis| axis[0]).collect();
        let starts = [starts(first), second.map_or_else(|| vec![0; dims.len()], starts)];
        Self { dims, slabs: [Some(first), second], block, starts, left: len(&first.0) }
    }

    /// The hyperslab that is next on a side.
    fn next_slab(&self, side: usize) -> Vec<[u64; 4]> {
        let axis = |dim: usize| {
            let start = self.starts[side][dim];
            // A start beyond the end is an error of reading.
            let size = self.dims[dim].wrapping_sub(start).min(self.block[dim]);
            match self.slabs[side].map(|slab| slab.0[dim]) {
                Some([_, stride, count, _]) => [start, stride, count, size],
                None => [start, 1, size, 1],
            }
        };
        (0..self.dims.len()).map(axis).collect()
    }

    /// Moves a side on along a dimension; true if that is at its end.
    fn advance(&mut self, side: usize, dim: usize, slab: &[[u64; 4]]) -> bool {
        let [_, stride, count, size] = slab[dim];
        let start = &mut self.starts[side][dim];
        *start = start.saturating_add(match self.slabs[side].map(|slab| slab.0[dim]) {
            Some([_, _, _, block]) if size < block => stride,
            Some(_) => size,
            None => count,
        });
        let ends = *start >= self.dims[dim];
        if ends {
            *start = 0;
        }
        ends
    }
}

impl Iterator for Strips<'_> {
    type Item = Pair<Vec<[u64; 4]>>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.left == 0 {
            return None;
        }
        let slabs = [self.next_slab(0), self.next_slab(1)];
        self.left = self.left.saturating_sub(len(&slabs[0]).max(1));
        for dim in (0..self.dims.len()).rev() {
            let ends = self.advance(0, dim, &slabs[0]);
            self.advance(1, dim, &slabs[1]);
            if !ends {
                break;
            }
        }
        Some(slabs)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slab(text: &str, rank: usize) -> Slab {
        Slab::of(&Subset::split(text).1.unwrap(), rank).unwrap()
    }

    #[test]
    fn positions_are_counted_in_strides() {
        let slab = slab("x[2;3;4]", 1);
        assert_eq!(slab, Slab(vec![[2, 3, 4, 1]]));
        assert_eq!((0..4).map(|index| slab.offset(index, &[20])).collect::<Vec<_>>(), [0, 3, 6, 9]);
    }

    #[test]
    fn hyperslabs_are_within_the_dataset() {
        for (axis, within) in [
            ([0, 1, 4, 1], true),
            ([2, 1, 1, 2], true),
            ([0, 2, 2, 2], true),
            ([0, 1, 2, 2], false),
            ([0, 0, 1, 1], false),
            ([3, 1, 1, 2], false),
            ([0, u64::MAX, 3, 1], false),
        ] {
            assert_eq!(is_within(&[axis], &[4]), within, "{axis:?}");
        }
    }

    #[test]
    fn strips_are_those_of_c() {
        let strips = |first: &str, second: Option<&str>, dims: &[u64]| {
            let first = slab(first, dims.len());
            let second = second.map(|second| slab(second, dims.len()));
            Strips::new(dims, &first, second.as_ref(), 4).collect::<Vec<_>>()
        };
        // Both given: all at once.
        let both = strips("[1,1;3,3;2,2;2,2]", Some("[0,0;4,4;2,2;4,4]"), &[10, 10]);
        assert_eq!(both, [[vec![[1, 3, 2, 2]; 2], vec![[0, 4, 2, 2]; 2]]]);
        // The second starts at the beginning; the first goes to the end.
        assert_eq!(strips("[3]", None, &[10]), [[vec![[3, 1, 1, 7]], vec![[0, 1, 10, 1]]]]);
        // A block beyond the end is begun again and again.
        let beyond = strips("[5;;1;10]", Some("[0;;1;10]"), &[10]);
        let starts: Vec<_> = beyond.iter().map(|strip| (strip[0][0], strip[1][0])).collect();
        let expected =
            [([5, 1, 1, 5], [0, 1, 1, 10]), ([6, 1, 1, 4], [0, 1, 1, 10]), ([7, 1, 1, 3], [0, 1, 1, 10])];
        assert_eq!(starts, expected);
    }
}
