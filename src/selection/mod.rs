//! Which elements of a dataset a read or a write concerns.

mod macros;
mod points;
mod resolve;
mod slice;

pub use points::Points;
pub use slice::{Hyperslab, SliceOrIndex};

pub(crate) use resolve::Resolved;

/// A selection of elements: all of them, a regular pattern, or a list of points.
///
/// Functions that take a selection take whatever converts into one: `..`, a range, an index,
/// a tuple of these, [`s![…]`](crate::s), a [`Hyperslab`], a list of points.
///
/// ```
/// use hdfive::{s, Selection};
///
/// let rows = Selection::new(s![0..10; 2, .., 3]);
/// assert_eq!(rows.out_shape(&[20, 5, 4]).unwrap(), [5, 5]);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Selection {
    /// Every element.
    #[default]
    All,
    /// Regularly spaced blocks along each dimension.
    Hyperslab(Hyperslab),
    /// Single elements, in the order given.
    Points(Points),
}

/// What can be given as a selection: everything that converts into one, surely or perhaps.
pub trait IntoSelection {
    /// The selection.
    ///
    /// # Errors
    /// `Usage` if there is none, as for a slice of `ndarray` with a negative step.
    fn into_selection(self) -> crate::Result<Selection>;
}

impl<S> IntoSelection for S
where
    S: TryInto<Selection>,
    crate::Error: From<S::Error>,
{
    fn into_selection(self) -> crate::Result<Selection> {
        Ok(self.try_into()?)
    }
}

impl Selection {
    /// Anything that converts into a selection.
    pub fn new(selection: impl Into<Self>) -> Self {
        selection.into()
    }

    /// Anything that may convert into a selection.
    ///
    /// # Errors
    /// Those of the conversion.
    pub fn try_new<S: TryInto<Self>>(selection: S) -> Result<Self, S::Error> {
        selection.try_into()
    }

    /// The shape of what this selects from an array of shape `in_shape`: indexed dimensions are
    /// dropped; points give one dimension.
    ///
    /// # Errors
    /// `Usage` if the selection does not fit the shape.
    pub fn out_shape(&self, in_shape: impl AsRef<[usize]>) -> crate::Result<Vec<usize>> {
        let dims: Vec<u64> = in_shape.as_ref().iter().map(|&dim| dim as u64).collect();
        Ok(Resolved::new(self, &dims)?.out_shape().iter().map(|&dim| dim as usize).collect())
    }

    /// Whether every element is selected, whatever the shape.
    pub fn is_all(&self) -> bool {
        matches!(self, Self::All)
    }
}

impl From<Hyperslab> for Selection {
    fn from(hyperslab: Hyperslab) -> Self {
        Self::Hyperslab(hyperslab)
    }
}

impl From<Points> for Selection {
    fn from(points: Points) -> Self {
        Self::Points(points)
    }
}

impl From<&Self> for Selection {
    fn from(selection: &Self) -> Self {
        selection.clone()
    }
}

impl From<std::ops::RangeFull> for Selection {
    fn from(_: std::ops::RangeFull) -> Self {
        Self::All
    }
}

impl From<()> for Selection {
    fn from((): ()) -> Self {
        Self::All
    }
}

/// Points of a one-dimensional dataset.
impl From<Vec<usize>> for Selection {
    fn from(indices: Vec<usize>) -> Self {
        Self::Points(Points::one_dimensional(indices))
    }
}

/// Points of a one-dimensional dataset.
impl From<&[usize]> for Selection {
    fn from(indices: &[usize]) -> Self {
        indices.to_vec().into()
    }
}

/// Points of a one-dimensional dataset.
impl<const N: usize> From<[usize; N]> for Selection {
    fn from(indices: [usize; N]) -> Self {
        indices.to_vec().into()
    }
}
