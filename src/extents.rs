//! Shapes: current and maximum sizes.

use std::ops::{Deref, RangeFrom, RangeInclusive};

use crate::{Error, Result};

/// The current and the maximum size of one dimension, in elements.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Extent {
    /// The current size.
    pub dim: usize,
    /// The maximum size; `None` is unlimited.
    pub max: Option<usize>,
}

impl Extent {
    /// A dimension of size `dim` that may grow to `max`, or without bound.
    pub fn new(dim: usize, max: Option<usize>) -> Self {
        Self { dim, max }
    }

    /// A dimension that cannot grow.
    pub fn fixed(dim: usize) -> Self {
        Self { dim, max: Some(dim) }
    }

    /// A dimension that can grow without bound.
    pub fn resizable(dim: usize) -> Self {
        Self { dim, max: None }
    }

    /// Whether the size can change.
    pub fn is_resizable(&self) -> bool {
        self.max != Some(self.dim)
    }

    /// Whether the size cannot change.
    pub fn is_fixed(&self) -> bool {
        !self.is_resizable()
    }

    /// Whether the size can grow without bound.
    pub fn is_unlimited(&self) -> bool {
        self.max.is_none()
    }

    /// Whether the size is not above its maximum.
    pub fn is_valid(&self) -> bool {
        self.max.is_none_or(|max| self.dim <= max)
    }
}

impl From<usize> for Extent {
    fn from(dim: usize) -> Self {
        Self::fixed(dim)
    }
}

impl From<(usize, Option<usize>)> for Extent {
    fn from((dim, max): (usize, Option<usize>)) -> Self {
        Self { dim, max }
    }
}

/// `n..` is `n` elements now, without bound.
impl From<RangeFrom<usize>> for Extent {
    fn from(range: RangeFrom<usize>) -> Self {
        Self::resizable(range.start)
    }
}

/// `n..=m` is `n` elements now, at most `m`.
impl From<RangeInclusive<usize>> for Extent {
    fn from(range: RangeInclusive<usize>) -> Self {
        Self { dim: *range.start(), max: Some(*range.end()) }
    }
}

/// The extents of an array: those of each dimension.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct SimpleExtents(Vec<Extent>);

impl SimpleExtents {
    /// Extents, one for each dimension.
    pub fn new<T: Into<Extent>>(extents: impl IntoIterator<Item = T>) -> Self {
        Self(extents.into_iter().map(Into::into).collect())
    }

    /// Dimensions that cannot change.
    pub fn fixed<T: Into<Extent>>(extents: impl IntoIterator<Item = T>) -> Self {
        Self::new(extents.into_iter().map(|extent| Extent::fixed(extent.into().dim)))
    }

    /// Dimensions that can all grow without bound.
    pub fn resizable<T: Into<Extent>>(extents: impl IntoIterator<Item = T>) -> Self {
        Self::new(extents.into_iter().map(|extent| Extent::resizable(extent.into().dim)))
    }

    /// The number of dimensions.
    pub fn ndim(&self) -> usize {
        self.0.len()
    }

    /// The current sizes.
    pub fn dims(&self) -> Vec<usize> {
        self.iter().map(|extent| extent.dim).collect()
    }

    /// The maximum sizes; `None` is unlimited.
    pub fn maxdims(&self) -> Vec<Option<usize>> {
        self.iter().map(|extent| extent.max).collect()
    }

    /// The number of elements.
    pub fn size(&self) -> usize {
        self.iter().try_fold(1_usize, |n, extent| n.checked_mul(extent.dim)).unwrap_or(usize::MAX)
    }
}

impl Deref for SimpleExtents {
    type Target = [Extent];

    fn deref(&self) -> &[Extent] {
        &self.0
    }
}

impl FromIterator<Extent> for SimpleExtents {
    fn from_iter<I: IntoIterator<Item = Extent>>(extents: I) -> Self {
        Self::new(extents)
    }
}

/// The extents of a dataspace: null, one element, or an array.
///
/// ```
/// use hdfive::Extents;
///
/// let fixed: Extents = (4, 80, 80, 3).into();
/// let growing: Extents = (0.., 80, 80, 3).into();
/// assert_eq!(fixed.dims(), [4, 80, 80, 3]);
/// assert!(growing.is_resizable());
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Extents {
    /// No element.
    Null,
    /// One element, without dimensions.
    Scalar,
    /// An array.
    Simple(SimpleExtents),
}

impl Extents {
    /// Anything that converts into extents.
    pub fn new(extents: impl Into<Self>) -> Self {
        extents.into()
    }

    /// A shape that cannot change.
    pub fn fixed(dims: &[usize]) -> Self {
        Self::from_iter(dims.iter().map(|&dim| Extent::fixed(dim)))
    }

    /// The same sizes, with every dimension able to grow without bound.
    #[must_use]
    pub fn resizable(self) -> Self {
        match self {
            Self::Simple(extents) => Self::Simple(SimpleExtents::resizable(extents.0)),
            other => other,
        }
    }

    fn simple(&self) -> &[Extent] {
        match self {
            Self::Simple(extents) => extents,
            _ => &[],
        }
    }

    /// The current sizes; none for scalar and null.
    pub fn dims(&self) -> Vec<usize> {
        self.simple().iter().map(|extent| extent.dim).collect()
    }

    /// The maximum sizes; `None` is unlimited.
    pub fn maxdims(&self) -> Vec<Option<usize>> {
        self.simple().iter().map(|extent| extent.max).collect()
    }

    /// The number of dimensions.
    pub fn ndim(&self) -> usize {
        self.simple().len()
    }

    /// The number of elements.
    pub fn size(&self) -> usize {
        match self {
            Self::Null => 0,
            Self::Scalar => 1,
            Self::Simple(extents) => extents.size(),
        }
    }

    /// Whether any dimension can change.
    pub fn is_resizable(&self) -> bool {
        self.simple().iter().any(Extent::is_resizable)
    }

    /// Whether any dimension can grow without bound.
    pub fn is_unlimited(&self) -> bool {
        self.simple().iter().any(Extent::is_unlimited)
    }

    /// Whether there is no element and no shape.
    pub fn is_null(&self) -> bool {
        *self == Self::Null
    }

    /// Whether this is an array.
    pub fn is_simple(&self) -> bool {
        matches!(self, Self::Simple(_))
    }

    /// Each dimension; none for scalar and null.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Extent> {
        self.simple().iter()
    }

    /// Whether this is one element without dimensions.
    pub fn is_scalar(&self) -> bool {
        *self == Self::Scalar
    }

    /// Checks what the format demands: at most 32 dimensions, none above its maximum.
    pub(crate) fn check(&self) -> Result<()> {
        let extents = self.simple();
        if extents.len() > 32 {
            return Err(Error::usage("a dataspace has at most 32 dimensions"));
        }
        match extents.iter().find(|extent| !extent.is_valid()) {
            Some(extent) => Err(Error::usage(format!(
                "the size {} is above its maximum {}",
                extent.dim,
                extent.max.unwrap_or(0)
            ))),
            None => Ok(()),
        }
    }
}

impl FromIterator<Extent> for Extents {
    fn from_iter<I: IntoIterator<Item = Extent>>(extents: I) -> Self {
        let extents: Vec<_> = extents.into_iter().collect();
        if extents.is_empty() { Self::Scalar } else { Self::Simple(SimpleExtents(extents)) }
    }
}

impl From<()> for Extents {
    fn from((): ()) -> Self {
        Self::Scalar
    }
}

impl From<Vec<usize>> for Extents {
    fn from(dims: Vec<usize>) -> Self {
        Self::fixed(&dims)
    }
}

impl From<&Vec<usize>> for Extents {
    fn from(dims: &Vec<usize>) -> Self {
        Self::fixed(dims)
    }
}

impl From<&[usize]> for Extents {
    fn from(dims: &[usize]) -> Self {
        Self::fixed(dims)
    }
}

impl<const N: usize> From<[usize; N]> for Extents {
    fn from(dims: [usize; N]) -> Self {
        Self::fixed(&dims)
    }
}

impl<const N: usize> From<&[usize; N]> for Extents {
    fn from(dims: &[usize; N]) -> Self {
        Self::fixed(dims)
    }
}

impl From<Vec<Extent>> for Extents {
    fn from(extents: Vec<Extent>) -> Self {
        extents.into_iter().collect()
    }
}

impl From<SimpleExtents> for Extents {
    fn from(extents: SimpleExtents) -> Self {
        extents.0.into()
    }
}

impl From<&Self> for Extents {
    fn from(extents: &Self) -> Self {
        extents.clone()
    }
}

macro_rules! single {
    ($($ty:ty),*) => {$(
        impl From<$ty> for Extents {
            fn from(extent: $ty) -> Self {
                Self::Simple(SimpleExtents(vec![extent.into()]))
            }
        }
    )*};
}
single!(usize, Extent, RangeFrom<usize>, RangeInclusive<usize>);

macro_rules! tuples {
    ($($name:ident)*) => {
        impl<$($name: Into<Extent>),*> From<($($name,)*)> for Extents {
            fn from(extents: ($($name,)*)) -> Self {
                #[allow(non_snake_case)]
                let ($($name,)*) = extents;
                Self::Simple(SimpleExtents(vec![$($name.into()),*]))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[expect(clippy::reversed_empty_ranges, reason = "that they are refused is tested")]
    fn shapes_come_from_what_people_write() {
        assert_eq!(Extents::from(5), Extents::fixed(&[5]));
        assert_eq!(Extents::from(()), Extents::Scalar);
        assert_eq!(Extents::from([0_usize; 0]), Extents::Scalar);
        let extents = Extents::from((3.., 2..=4, 5));
        assert_eq!(extents.maxdims(), [None, Some(4), Some(5)]);
        assert_eq!(extents.size(), 30);
        assert!(extents.check().is_ok());
        assert!(Extents::from(5..=4).check().is_err());
        assert_eq!(Extents::Null.size(), 0);
    }
}
