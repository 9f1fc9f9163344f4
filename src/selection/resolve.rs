//! A selection applied to a shape: bounds checked, negative positions counted from the end.

use super::{Points, Selection, SliceOrIndex};
use crate::chunk::grid::Axis;
use crate::{Error, Result};

/// A selection within a known shape.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Resolved {
    /// One axis a dimension, and whether the dimension appears in the result; that of an index
    /// does not.
    Slab { axes: Vec<Axis>, kept: Vec<bool> },
    /// The coordinates of each point, `rank` numbers each.
    Points { rank: usize, coordinates: Vec<u64> },
}

impl Resolved {
    pub(crate) fn new(selection: &Selection, dims: &[u64]) -> Result<Self> {
        match selection {
            Selection::All => Ok(Self::Slab {
                axes: dims.iter().map(|&dim| Axis::whole(dim)).collect(),
                kept: vec![true; dims.len()],
            }),
            Selection::Hyperslab(hyperslab) => {
                let slices = hyperslab.slices();
                if slices.len() > dims.len() {
                    return Err(Error::usage(format!(
                        "a selection of {} dimensions from a dataspace of {}",
                        slices.len(),
                        dims.len()
                    )));
                }
                let given = slices.iter().zip(dims).map(|(&slice, &dim)| axis(slice, dim));
                let rest = dims.iter().skip(slices.len()).map(|&dim| Ok(Axis::whole(dim)));
                let kept = (0..dims.len()).map(|at| !slices.get(at).is_some_and(|slice| slice.is_index()));
                Ok(Self::Slab { axes: given.chain(rest).collect::<Result<_>>()?, kept: kept.collect() })
            }
            Selection::Points(points) => Self::points(points, dims),
        }
    }

    fn points(points: &Points, dims: &[u64]) -> Result<Self> {
        if points.rank() != dims.len() {
            return Err(Error::usage(format!(
                "points of rank {} in a dataspace of rank {}",
                points.rank(),
                dims.len()
            )));
        }
        for point in points.iter() {
            if point.iter().zip(dims).any(|(&at, &dim)| at as u64 >= dim) {
                return Err(Error::usage(format!("the point {point:?} is outside the shape {dims:?}")));
            }
        }
        let coordinates = points.iter().flatten().map(|&at| at as u64).collect();
        Ok(Self::Points { rank: points.rank(), coordinates })
    }

    /// The shape of the result.
    pub(crate) fn out_shape(&self) -> Vec<u64> {
        match self {
            Self::Slab { axes, kept } => {
                axes.iter().zip(kept).filter(|(_, kept)| **kept).map(|(axis, _)| axis.len()).collect()
            }
            Self::Points { .. } => vec![self.len()],
        }
    }

    /// Whether all that is selected lies within `dims`, which may have changed since.
    pub(crate) fn fits(&self, dims: &[u64]) -> bool {
        match self {
            Self::Slab { axes, .. } => {
                axes.len() == dims.len()
                    && axes.iter().zip(dims).all(|(axis, &dim)| axis.len() == 0 || axis.end() <= dim)
            }
            Self::Points { rank, coordinates } => coordinates
                .chunks_exact((*rank).max(1))
                .all(|point| point.iter().zip(dims).all(|(&at, &dim)| at < dim)),
        }
    }

    /// The number of selected elements.
    pub(crate) fn len(&self) -> u64 {
        match self {
            Self::Slab { axes, .. } => axes.iter().fold(1, |n: u64, axis| n.saturating_mul(axis.len())),
            Self::Points { rank, coordinates } => (coordinates.len() / rank.max(&1)) as u64,
        }
    }
}

fn axis(slice: SliceOrIndex, dim: u64) -> Result<Axis> {
    let outside = |what: String| Err(Error::usage(format!("{what} is outside a dimension of {dim}")));
    let position = |at: isize| match at {
        0.. => Some(at as u64),
        _ => dim.checked_sub(at.unsigned_abs() as u64),
    };
    match slice {
        SliceOrIndex::Index(index) => match position(index) {
            Some(start) if start < dim => Ok(Axis { start, stride: 1, count: 1, block: 1 }),
            _ => outside(format!("the index {index}")),
        },
        SliceOrIndex::SliceTo { start: from, step, end, block } => {
            let (start, end) = (position(from), end.map_or(Some(dim), position));
            let (Some(start), Some(end)) = (start, end) else {
                return outside(format!("the slice {slice:?}"));
            };
            if start > dim || end > dim {
                return outside(format!("the slice {slice:?}"));
            }
            let (step, block) = check_step(step, block)?;
            // Whole blocks only, as far as they go.
            let room = end.saturating_sub(start);
            let count = if room < block { 0 } else { (room - block) / step + 1 };
            Ok(merged(start, step, count, block))
        }
        SliceOrIndex::SliceCount { start, step, count, block } => {
            let (step, block) = check_step(step, block)?;
            let (start, count) = (start as u64, count as u64);
            let end = count
                .checked_sub(1)
                .map_or(Some(start), |last| last.checked_mul(step)?.checked_add(start)?.checked_add(block));
            match end {
                Some(end) if end <= dim => Ok(merged(start, step, count, block)),
                _ => outside(format!("the slice {slice:?}")),
            }
        }
    }
}

fn check_step(step: usize, block: usize) -> Result<(u64, u64)> {
    if step == 0 || block == 0 {
        return Err(Error::usage("the step and the block of a slice are at least 1"));
    }
    if block > step && step != 1 {
        return Err(Error::usage("the blocks of a slice overlap"));
    }
    // A step of 1 with larger blocks means blocks that touch.
    Ok((step.max(block) as u64, block as u64))
}

/// Blocks that touch are one block.
fn merged(start: u64, stride: u64, count: u64, block: u64) -> Axis {
    if stride == block && count > 0 {
        Axis { start, stride: count * block, count: 1, block: count * block }
    } else {
        Axis { start, stride, count, block }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::s;

    fn shape(selection: &Selection, dims: &[u64]) -> Option<Vec<u64>> {
        Resolved::new(selection, dims).ok().map(|resolved| resolved.out_shape())
    }

    #[test]
    fn indices_drop_dimensions_and_missing_ones_are_whole() {
        assert_eq!(shape(&s![1, ..], &[3, 4, 5]), Some(vec![4, 5]));
        assert_eq!(shape(&s![-1], &[3, 4]), Some(vec![4]));
        assert_eq!(shape(&Selection::All, &[]), Some(vec![]));
        assert_eq!(shape(&(0..2, 1).into(), &[3, 4]), Some(vec![2]));
    }

    #[test]
    #[expect(clippy::reversed_empty_ranges, reason = "the end of the range counts from the end")]
    fn negative_positions_count_from_the_end() {
        let Ok(Resolved::Slab { axes, .. }) = Resolved::new(&s![-3..-1, 1..=-1], &[10, 10]) else { panic!() };
        assert_eq!((axes[0].start, axes[0].len()), (7, 2));
        assert_eq!((axes[1].start, axes[1].len()), (1, 9));
    }

    #[test]
    #[expect(clippy::reversed_empty_ranges, reason = "that nothing is selected is tested")]
    fn steps_round_up_and_empty_slices_are_empty() {
        assert_eq!(shape(&s![0..10; 3], &[10]), Some(vec![4]));
        assert_eq!(shape(&s![5..5], &[10]), Some(vec![0]));
        assert_eq!(shape(&s![7..5], &[10]), Some(vec![0]));
        assert_eq!(shape(&s![..], &[0]), Some(vec![0]));
        assert_eq!(shape(&s![10..], &[10]), Some(vec![0]));
    }

    #[test]
    fn out_of_bounds_is_an_error() {
        assert_eq!(shape(&s![10], &[10]), None);
        assert_eq!(shape(&s![-11], &[10]), None);
        assert_eq!(shape(&s![..11], &[10]), None);
        assert_eq!(shape(&s![0, 0], &[10]), None);
        assert_eq!(shape(&s![0..4; 0], &[10]), None);
        assert_eq!(shape(&s![usize::MAX], &[10]), None);
    }

    #[test]
    fn points_keep_their_order() {
        let points = Points::new(2, vec![2, 1, 0, 0]).unwrap();
        assert_eq!(shape(&points.clone().into(), &[3, 2]), Some(vec![2]));
        assert_eq!(shape(&points.into(), &[2, 2]), None);
    }
}
