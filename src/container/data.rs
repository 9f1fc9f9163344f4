//! What can be written: slices, vectors and arrays of elements.

use std::borrow::Cow;

use crate::types::H5Write;

/// Elements in a shape, for writing: a slice, a vector, or an array of the `ndarray` crate.
pub trait ArrayData {
    /// The type of the elements.
    type Element: H5Write + Clone;

    /// The size of each dimension.
    fn shape(&self) -> Vec<usize>;

    /// The elements in row-major order.
    fn elements(&self) -> Cow<'_, [Self::Element]>;
}

impl<T: H5Write + Clone> ArrayData for [T] {
    type Element = T;

    fn shape(&self) -> Vec<usize> {
        vec![self.len()]
    }

    fn elements(&self) -> Cow<'_, [T]> {
        Cow::Borrowed(self)
    }
}

impl<T: H5Write + Clone> ArrayData for Vec<T> {
    type Element = T;

    fn shape(&self) -> Vec<usize> {
        vec![self.len()]
    }

    fn elements(&self) -> Cow<'_, [T]> {
        Cow::Borrowed(self)
    }
}

impl<T: H5Write + Clone, const N: usize> ArrayData for [T; N] {
    type Element = T;

    fn shape(&self) -> Vec<usize> {
        vec![N]
    }

    fn elements(&self) -> Cow<'_, [T]> {
        Cow::Borrowed(self)
    }
}

impl<A: ArrayData + ?Sized> ArrayData for &A {
    type Element = A::Element;

    fn shape(&self) -> Vec<usize> {
        (**self).shape()
    }

    fn elements(&self) -> Cow<'_, [Self::Element]> {
        (**self).elements()
    }
}

#[cfg(feature = "ndarray")]
impl<S, D> ArrayData for ndarray::ArrayBase<S, D>
where
    S: ndarray::Data,
    S::Elem: H5Write + Clone,
    D: ndarray::Dimension,
{
    type Element = S::Elem;

    fn shape(&self) -> Vec<usize> {
        ndarray::ArrayBase::shape(self).to_vec()
    }

    fn elements(&self) -> Cow<'_, [S::Elem]> {
        match self.as_slice() {
            Some(elements) => Cow::Borrowed(elements),
            None => Cow::Owned(self.iter().cloned().collect()),
        }
    }
}
