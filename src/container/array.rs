//! Reading into arrays of the `ndarray` crate.

use ndarray::{Array, Array1, Array2, ArrayD, Dimension, IxDyn};

use super::Container;
use crate::selection::{IntoSelection, Selection};
use crate::types::H5Type;
use crate::{Error, Result};

impl Container {
    /// All elements, as an array.
    ///
    /// # Errors
    /// As [`read_raw`](Self::read_raw), and `Usage` if the number of dimensions is another.
    pub fn read<T: H5Type, D: Dimension>(&self) -> Result<Array<T, D>> {
        self.read_slice(Selection::All)
    }

    /// The selected elements, as an array; indexed dimensions are dropped.
    ///
    /// ```
    /// # fn main() -> hdfive::Result<()> {
    /// use hdfive::s;
    /// # let file = hdfive::File::in_memory()?;
    /// let data = ndarray::Array::from_shape_fn((4, 5), |(row, column)| (row * 10 + column) as i32);
    /// let dataset = file.new_dataset_builder().with_data(&data).create("table")?;
    /// assert_eq!(dataset.read_slice_1d::<i32, _>(s![2, 1..4])?, ndarray::arr1(&[21, 22, 23]));
    /// assert_eq!(dataset.read_2d::<i32>()?, data);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`read_slice_raw`](Self::read_slice_raw), and `Usage` if the number of dimensions is
    /// another.
    pub fn read_slice<T, S, D>(&self, selection: S) -> Result<Array<T, D>>
    where
        T: H5Type,
        S: IntoSelection,
        D: Dimension,
    {
        let selection = selection.into_selection()?;
        let resolved = self.resolve(&selection)?;
        let read = || {
            let shape: Vec<usize> = resolved.out_shape().iter().map(|&dim| dim as usize).collect();
            let rank = shape.len();
            let values = self.read_resolved::<T>(&resolved)?;
            let array = ArrayD::from_shape_vec(IxDyn(&shape), values)
                .map_err(|error| Error::limit(format!("no array of shape {shape:?}: {error}")))?;
            array.into_dimensionality::<D>().map_err(|_| {
                let wanted = D::NDIM.unwrap_or(rank);
                Error::usage(format!("a selection of {rank} dimensions is no array of {wanted}"))
            })
        };
        read().map_err(|error| self.locate(error))
    }

    /// All elements of a one-dimensional dataset.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub fn read_1d<T: H5Type>(&self) -> Result<Array1<T>> {
        self.read()
    }

    /// All elements of a two-dimensional dataset.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub fn read_2d<T: H5Type>(&self) -> Result<Array2<T>> {
        self.read()
    }

    /// All elements, as an array of whatever number of dimensions.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub fn read_dyn<T: H5Type>(&self) -> Result<ArrayD<T>> {
        self.read()
    }

    /// The selected elements, as an array of one dimension.
    ///
    /// # Errors
    /// As [`read_slice`](Self::read_slice).
    pub fn read_slice_1d<T: H5Type, S: IntoSelection>(&self, selection: S) -> Result<Array1<T>> {
        self.read_slice(selection)
    }

    /// The selected elements, as an array of two dimensions.
    ///
    /// # Errors
    /// As [`read_slice`](Self::read_slice).
    pub fn read_slice_2d<T: H5Type, S: IntoSelection>(&self, selection: S) -> Result<Array2<T>> {
        self.read_slice(selection)
    }
}
