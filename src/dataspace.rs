//! Dataspaces as handles: extents, and what is selected of them.

use crate::extents::Extents;
use crate::selection::{IntoSelection, Resolved, Selection};
use crate::{Error, Result};

/// The extents of a dataset or an attribute, and a selection of their elements.
///
/// ```
/// use hdfive::{Dataspace, s};
///
/// # fn main() -> hdfive::Result<()> {
/// let space = Dataspace::try_new((4, 5))?;
/// assert_eq!(space.size(), 20);
/// assert_eq!(space.select(s![1.., 2])?.selection_size(), 3);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dataspace {
    extents: Extents,
    selection: Selection,
    selected: usize,
}

impl Dataspace {
    /// A dataspace of which all is selected.
    ///
    /// # Errors
    /// `Usage` if there are more than 32 dimensions, or one is above its maximum.
    pub fn try_new(extents: impl Into<Extents>) -> Result<Self> {
        let extents = extents.into();
        extents.check()?;
        Ok(Self::of(extents))
    }

    pub(crate) fn of(extents: Extents) -> Self {
        Self { selected: extents.size(), extents, selection: Selection::All }
    }

    /// The current and maximum sizes.
    ///
    /// # Errors
    /// None at present; the signature is that of the C binding.
    pub fn extents(&self) -> Result<Extents> {
        Ok(self.extents.clone())
    }

    /// The number of dimensions.
    pub fn ndim(&self) -> usize {
        self.extents.ndim()
    }

    /// The current size of each dimension.
    pub fn shape(&self) -> Vec<usize> {
        self.extents.dims()
    }

    /// The maximum size of each dimension; `None` is unlimited.
    pub fn maxdims(&self) -> Vec<Option<usize>> {
        self.extents.maxdims()
    }

    /// The number of elements.
    pub fn size(&self) -> usize {
        self.extents.size()
    }

    /// Whether any dimension can change.
    pub fn is_resizable(&self) -> bool {
        self.extents.is_resizable()
    }

    /// Whether there is no element and no shape.
    pub fn is_null(&self) -> bool {
        self.extents.is_null()
    }

    /// Whether this is one element without dimensions.
    pub fn is_scalar(&self) -> bool {
        self.extents.is_scalar()
    }

    /// Whether this is an array.
    pub fn is_simple(&self) -> bool {
        self.extents.is_simple()
    }

    /// The same extents with another selection.
    ///
    /// # Errors
    /// `Usage` if the selection does not fit the extents.
    pub fn select(&self, selection: impl IntoSelection) -> Result<Self> {
        let selection = selection.into_selection()?;
        let dims: Vec<u64> = self.shape().iter().map(|&dim| dim as u64).collect();
        let selected = Resolved::new(&selection, &dims)?.len();
        let selected =
            usize::try_from(selected).map_err(|_| Error::limit("the selection has too many elements"))?;
        Ok(Self { extents: self.extents.clone(), selection, selected })
    }

    /// What is selected.
    ///
    /// # Errors
    /// None at present; the signature is that of the C binding.
    pub fn get_selection(&self) -> Result<Selection> {
        Ok(self.selection.clone())
    }

    /// The number of elements that are selected.
    pub fn selection_size(&self) -> usize {
        self.selected
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Extent;

    #[test]
    fn extents_and_selections_are_told() {
        let space = Dataspace::try_new((3.., 4)).unwrap();
        assert_eq!((space.ndim(), space.shape(), space.maxdims()), (2, vec![3, 4], vec![None, Some(4)]));
        assert!(space.is_simple() && space.is_resizable() && !space.is_scalar() && !space.is_null());
        assert_eq!((space.size(), space.selection_size()), (12, 12));
        let rows = space.select((1.., ..)).unwrap();
        assert_eq!((rows.size(), rows.selection_size()), (12, 8));
        assert_eq!(rows.get_selection().unwrap(), Selection::new((1.., ..)));
        assert_eq!(space.select(3).unwrap_err().kind(), crate::ErrorKind::Usage);
        assert!(Dataspace::try_new(Extent::new(3, Some(2))).is_err());
        assert_eq!(Dataspace::try_new(()).unwrap().selection_size(), 1);
    }
}
