//! What can be written: slices, vectors and arrays of elements.

use std::borrow::Cow;

use crate::Result;
use crate::format::message::datatype::Datatype;
use crate::types::{H5Write, Heap, VarLenWrite, encode_all};

/// Elements in a shape, for writing: a slice, a vector, or an array or view of the `ndarray` crate,
/// borrowed or not.
pub trait ArrayData<'d> {
    /// The type of the elements.
    type Element: H5Write + 'd;

    /// The size of each dimension.
    fn shape(&self) -> Vec<usize>;

    /// The elements in row-major order.
    fn into_elements(self) -> DataElements<'d, Self::Element>;
}

/// The elements of an [`ArrayData`] in row-major order.
#[derive(Debug, Clone)]
pub struct DataElements<'d, T>(Values<'d, T>);

#[derive(Debug, Clone)]
enum Values<'d, T> {
    Slice(&'d [T]),
    Owned(Vec<T>),
    /// Those of an array that is not contiguous.
    Apart(Vec<&'d T>),
}

impl<'d, T> From<&'d [T]> for DataElements<'d, T> {
    fn from(elements: &'d [T]) -> Self {
        Self(Values::Slice(elements))
    }
}

impl<T> From<Vec<T>> for DataElements<'_, T> {
    fn from(elements: Vec<T>) -> Self {
        Self(Values::Owned(elements))
    }
}

impl<'d, T> From<Vec<&'d T>> for DataElements<'d, T> {
    fn from(elements: Vec<&'d T>) -> Self {
        Self(Values::Apart(elements))
    }
}

impl<T: H5Write> DataElements<'_, T> {
    /// The number of elements.
    pub fn len(&self) -> usize {
        match &self.0 {
            Values::Slice(elements) => elements.len(),
            Values::Owned(elements) => elements.len(),
            Values::Apart(elements) => elements.len(),
        }
    }

    /// Whether there is no element.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The elements as bytes of the type `datatype` of a file.
    pub(crate) fn encode(
        &self,
        datatype: &Datatype,
        objects: Option<&mut dyn VarLenWrite>,
    ) -> Result<Cow<'_, [u8]>> {
        match &self.0 {
            Values::Slice(elements) => encode_all(elements, datatype, objects),
            Values::Owned(elements) => encode_all(elements, datatype, objects),
            Values::Apart(elements) => {
                let elements: Vec<_> = elements.iter().map(|element| ByRef(*element)).collect();
                Ok(Cow::Owned(encode_all(&elements, datatype, objects)?.into_owned()))
            }
        }
    }
}

/// A borrowed element, written as itself.
struct ByRef<'d, T>(&'d T);

impl<T: H5Write> H5Write for ByRef<'_, T> {
    const SIZE: usize = T::SIZE;

    fn datatype() -> Datatype {
        T::datatype()
    }

    fn encode(&self, image: &mut [u8], heap: &mut Heap) -> Result<()> {
        self.0.encode(image, heap)
    }
}

/// Borrowed data that is a slice.
macro_rules! slices {
    ($([$($params:tt)*] $ty:ty),*) => {$(
        impl<'d, T: H5Write + 'd, $($params)*> ArrayData<'d> for &'d $ty {
            type Element = T;

            fn shape(&self) -> Vec<usize> {
                vec![self.len()]
            }

            fn into_elements(self) -> DataElements<'d, T> {
                let elements: &[T] = self;
                elements.into()
            }
        }
    )*};
}
slices!([] [T], [] Vec<T>, [] Box<[T]>, [const N: usize] [T; N]);

/// What is borrowed already can be borrowed once more.
impl<'d, A: ?Sized> ArrayData<'d> for &'d &A
where
    &'d A: ArrayData<'d>,
{
    type Element = <&'d A as ArrayData<'d>>::Element;

    fn shape(&self) -> Vec<usize> {
        let inner: &'d A = self;
        inner.shape()
    }

    fn into_elements(self) -> DataElements<'d, Self::Element> {
        let inner: &'d A = self;
        inner.into_elements()
    }
}

impl<'d, T: H5Write + 'd> ArrayData<'d> for Vec<T> {
    type Element = T;

    fn shape(&self) -> Vec<usize> {
        vec![self.len()]
    }

    fn into_elements(self) -> DataElements<'d, T> {
        self.into()
    }
}

impl<'d, T: H5Write + 'd, const N: usize> ArrayData<'d> for [T; N] {
    type Element = T;

    fn shape(&self) -> Vec<usize> {
        vec![N]
    }

    fn into_elements(self) -> DataElements<'d, T> {
        Vec::from(self).into()
    }
}

#[cfg(feature = "ndarray")]
mod arrays {
    use ndarray::{Array, ArrayBase, ArrayView, Data, Dimension};

    use super::{ArrayData, DataElements};
    use crate::types::H5Write;

    impl<'d, S, D> ArrayData<'d> for &'d ArrayBase<S, D>
    where
        S: Data,
        S::Elem: H5Write + 'd,
        D: Dimension,
    {
        type Element = S::Elem;

        fn shape(&self) -> Vec<usize> {
            ArrayBase::shape(self).to_vec()
        }

        fn into_elements(self) -> DataElements<'d, S::Elem> {
            match self.as_slice() {
                Some(elements) => elements.into(),
                None => self.iter().collect::<Vec<_>>().into(),
            }
        }
    }

    impl<'d, T: H5Write + 'd, D: Dimension> ArrayData<'d> for ArrayView<'d, T, D> {
        type Element = T;

        fn shape(&self) -> Vec<usize> {
            ArrayBase::shape(self).to_vec()
        }

        fn into_elements(self) -> DataElements<'d, T> {
            match self.to_slice() {
                Some(elements) => elements.into(),
                None => self.into_iter().collect::<Vec<_>>().into(),
            }
        }
    }

    impl<'d, T: H5Write + 'd, D: Dimension> ArrayData<'d> for Array<T, D> {
        type Element = T;

        fn shape(&self) -> Vec<usize> {
            ArrayBase::shape(self).to_vec()
        }

        fn into_elements(self) -> DataElements<'d, T> {
            // Those of the logical order, whatever the order in memory.
            self.into_iter().collect::<Vec<T>>().into()
        }
    }
}
