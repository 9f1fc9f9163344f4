//! Selections along each dimension.

use std::ops::{Range, RangeFrom, RangeFull, RangeInclusive, RangeTo, RangeToInclusive};

use super::Selection;

/// What is selected along one dimension. Negative positions count from the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SliceOrIndex {
    /// One position; the dimension is dropped from the result.
    Index(isize),
    /// Blocks from `start` up to, and not including, `end`.
    SliceTo {
        /// First position.
        start: isize,
        /// Distance between the starts of two blocks.
        step: usize,
        /// Position after the last; `None` is the end of the dimension.
        end: Option<isize>,
        /// Positions in each block.
        block: usize,
    },
    /// A number of blocks.
    SliceCount {
        /// First position.
        start: usize,
        /// Distance between the starts of two blocks.
        step: usize,
        /// Number of blocks.
        count: usize,
        /// Positions in each block.
        block: usize,
    },
}

impl SliceOrIndex {
    const fn slice(start: isize, end: Option<isize>) -> Self {
        Self::SliceTo { start, step: 1, end, block: 1 }
    }

    /// The same slice with another step; an index stays as it is.
    #[must_use]
    pub fn with_step(self, new: usize) -> Self {
        match self {
            Self::Index(_) => self,
            Self::SliceTo { start, end, block, .. } => Self::SliceTo { start, step: new, end, block },
            Self::SliceCount { start, count, block, .. } => {
                Self::SliceCount { start, step: new, count, block }
            }
        }
    }

    /// The same slice with another block size; an index stays as it is.
    #[must_use]
    pub fn with_block(self, new: usize) -> Self {
        match self {
            Self::Index(_) => self,
            Self::SliceTo { start, step, end, .. } => Self::SliceTo { start, step, end, block: new },
            Self::SliceCount { start, step, count, .. } => {
                Self::SliceCount { start, step, count, block: new }
            }
        }
    }

    /// Whether this is a single position.
    pub fn is_index(self) -> bool {
        matches!(self, Self::Index(_))
    }
}

/// A regular pattern: what is selected along each dimension.
///
/// Dimensions after the last one given are selected whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hyperslab(Vec<SliceOrIndex>);

impl Hyperslab {
    /// Anything that converts into a hyperslab.
    pub fn new(hyperslab: impl Into<Self>) -> Self {
        hyperslab.into()
    }

    /// The slices, one a dimension.
    pub fn slices(&self) -> &[SliceOrIndex] {
        &self.0
    }
}

impl From<Vec<SliceOrIndex>> for Hyperslab {
    fn from(slices: Vec<SliceOrIndex>) -> Self {
        Self(slices)
    }
}

impl From<RangeFull> for SliceOrIndex {
    fn from(_: RangeFull) -> Self {
        Self::slice(0, None)
    }
}

/// Positions of this type; one that does not fit `isize` is past every extent, and refused there.
macro_rules! positions {
    ($($ty:ty),*) => {$(
        impl From<$ty> for SliceOrIndex {
            fn from(index: $ty) -> Self {
                Self::Index(saturate(index))
            }
        }
        impl From<Range<$ty>> for SliceOrIndex {
            fn from(range: Range<$ty>) -> Self {
                Self::slice(saturate(range.start), Some(saturate(range.end)))
            }
        }
        impl From<RangeFrom<$ty>> for SliceOrIndex {
            fn from(range: RangeFrom<$ty>) -> Self {
                Self::slice(saturate(range.start), None)
            }
        }
        impl From<RangeTo<$ty>> for SliceOrIndex {
            fn from(range: RangeTo<$ty>) -> Self {
                Self::slice(0, Some(saturate(range.end)))
            }
        }
        impl From<RangeInclusive<$ty>> for SliceOrIndex {
            fn from(range: RangeInclusive<$ty>) -> Self {
                Self::slice(saturate(*range.start()), after(saturate(*range.end())))
            }
        }
        impl From<RangeToInclusive<$ty>> for SliceOrIndex {
            fn from(range: RangeToInclusive<$ty>) -> Self {
                Self::slice(0, after(saturate(range.end)))
            }
        }
        selections! { $ty, Range<$ty>, RangeFrom<$ty>, RangeTo<$ty>, RangeInclusive<$ty>, RangeToInclusive<$ty> }
    )*};
}

/// The end of a range that includes `last`; the last position of all is followed by no position.
fn after(last: isize) -> Option<isize> {
    if last == -1 { None } else { Some(last.saturating_add(1)) }
}

fn saturate<T: TryInto<isize>>(position: T) -> isize {
    position.try_into().unwrap_or(isize::MAX)
}

macro_rules! selections {
    ($($ty:ty),*) => {$(
        impl From<$ty> for Hyperslab {
            fn from(slice: $ty) -> Self {
                Self(vec![slice.into()])
            }
        }
        impl From<$ty> for Selection {
            fn from(slice: $ty) -> Self {
                Self::Hyperslab(slice.into())
            }
        }
    )*};
}

positions!(usize, isize, i32);
selections!(SliceOrIndex);

macro_rules! tuples {
    ($($name:ident)*) => {
        impl<$($name: Into<SliceOrIndex>),*> From<($($name,)*)> for Hyperslab {
            fn from(slices: ($($name,)*)) -> Self {
                #[allow(non_snake_case)]
                let ($($name,)*) = slices;
                Self(vec![$($name.into()),*])
            }
        }
        impl<$($name: Into<SliceOrIndex>),*> From<($($name,)*)> for Selection {
            fn from(slices: ($($name,)*)) -> Self {
                Self::Hyperslab(slices.into())
            }
        }
    };
}
tuples!(A);
tuples!(A B);
tuples!(A B C);
tuples!(A B C D);
tuples!(A B C D E);
tuples!(A B C D E F);
tuples!(A B C D E F G);
tuples!(A B C D E F G H);

/// What `ndarray::s![]` makes; a negative step or a new axis is an error.
#[cfg(feature = "ndarray")]
impl<T, In, Out> TryFrom<ndarray::SliceInfo<T, In, Out>> for Selection
where
    T: AsRef<[ndarray::SliceInfoElem]>,
    In: ndarray::Dimension,
    Out: ndarray::Dimension,
{
    type Error = crate::Error;

    fn try_from(info: ndarray::SliceInfo<T, In, Out>) -> crate::Result<Self> {
        use crate::Error;
        let elements: &[ndarray::SliceInfoElem] = info.as_ref();
        let slices = elements.iter().map(|element| match *element {
            ndarray::SliceInfoElem::Index(index) => Ok(SliceOrIndex::Index(index)),
            ndarray::SliceInfoElem::Slice { start, end, step } => usize::try_from(step)
                .map(|step| SliceOrIndex::slice(start, end).with_step(step))
                .map_err(|_| Error::usage("a selection cannot have a negative step")),
            ndarray::SliceInfoElem::NewAxis => Err(Error::usage("a selection cannot add a dimension")),
        });
        Ok(Self::Hyperslab(Hyperslab(slices.collect::<crate::Result<_>>()?)))
    }
}
