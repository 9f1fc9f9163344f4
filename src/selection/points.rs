//! Selections of single elements.

use crate::{Error, Result};

/// The coordinates of selected elements, in the order in which they are read or written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Points {
    rank: usize,
    coordinates: Vec<usize>,
}

impl Points {
    /// Points of rank `rank`, their coordinates one point after the other.
    ///
    /// # Errors
    /// `Usage` if the coordinates are no whole number of points.
    pub fn new(rank: usize, coordinates: Vec<usize>) -> Result<Self> {
        match coordinates.len().checked_rem(rank) {
            Some(0) => Ok(Self { rank, coordinates }),
            _ => Err(Error::usage(format!(
                "{} coordinates are no whole number of points of rank {rank}",
                coordinates.len()
            ))),
        }
    }

    pub(super) fn one_dimensional(coordinates: Vec<usize>) -> Self {
        Self { rank: 1, coordinates }
    }

    /// The number of coordinates of each point.
    pub fn rank(&self) -> usize {
        self.rank
    }

    /// The number of points.
    pub fn len(&self) -> usize {
        self.coordinates.len() / self.rank
    }

    /// Whether there is no point.
    pub fn is_empty(&self) -> bool {
        self.coordinates.is_empty()
    }

    /// The coordinates of each point.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &[usize]> {
        self.coordinates.chunks_exact(self.rank)
    }
}

impl<const N: usize> TryFrom<&[[usize; N]]> for Points {
    type Error = Error;

    fn try_from(points: &[[usize; N]]) -> Result<Self> {
        Self::new(N, points.as_flattened().to_vec())
    }
}

/// Each row is a point.
#[cfg(feature = "ndarray")]
impl TryFrom<&ndarray::Array2<usize>> for crate::Selection {
    type Error = Error;

    fn try_from(points: &ndarray::Array2<usize>) -> Result<Self> {
        Ok(Self::Points(Points::new(points.ncols(), points.iter().copied().collect())?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_are_whole() {
        assert!(Points::new(2, vec![1, 2, 3]).is_err());
        assert!(Points::new(0, vec![1]).is_err());
        let points = Points::new(2, vec![1, 2, 3, 4]).unwrap();
        assert_eq!(points.iter().collect::<Vec<_>>(), [[1, 2], [3, 4]]);
        assert_eq!(points.len(), 2);
    }
}
