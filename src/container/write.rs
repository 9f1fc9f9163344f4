//! Writing elements.

use std::borrow::Cow;

use super::objects::ObjectsMut;
use super::{ArrayData, Container, DataElements, Source};
use crate::file::Shared;
use crate::format::message::datatype::Datatype;
use crate::selection::{IntoSelection, Resolved, Selection};
use crate::types::H5Write;
use crate::{Error, Result};

impl Container {
    /// Writes all elements, from an array of the same shape.
    ///
    /// # Errors
    /// `Usage` if the shape is another or the file is open for reading only, `TypeMismatch` if a
    /// value cannot be stored as the dataset's type.
    pub fn write<'d, A: ArrayData<'d>>(&self, data: A) -> Result<()> {
        self.write_slice(data, Selection::All)
    }

    /// Writes the selected elements, from an array of the selection's shape.
    ///
    /// # Errors
    /// As [`write`](Self::write), and `Usage` if the selection does not fit.
    pub fn write_slice<'d, A: ArrayData<'d>>(&self, data: A, selection: impl IntoSelection) -> Result<()> {
        let selection = selection.into_selection()?;
        let resolved = self.resolve(&selection)?;
        let (wanted, given) = (resolved.out_shape(), data.shape());
        if !wanted.iter().eq(given.iter().map(|&dim| dim as u64).collect::<Vec<_>>().iter()) {
            return Err(self.locate(Error::usage(format!(
                "an array of shape {given:?} for a selection of shape {wanted:?}"
            ))));
        }
        self.write_resolved(&resolved, &data.into_elements()).map_err(|error| self.locate(error))
    }

    /// Writes all elements, in row-major order; the shape of `values` does not matter.
    ///
    /// # Errors
    /// As [`write`](Self::write), but `Usage` only if the number of elements is another.
    pub fn write_raw<'d, A: ArrayData<'d>>(&self, values: A) -> Result<()> {
        self.write_slice_raw(values, Selection::All)
    }

    /// Writes the selected elements, in row-major order; the shape of `values` does not matter.
    ///
    /// # Errors
    /// As [`write_raw`](Self::write_raw), and `Usage` if the selection does not fit.
    pub fn write_slice_raw<'d, A: ArrayData<'d>>(
        &self,
        values: A,
        selection: impl IntoSelection,
    ) -> Result<()> {
        self.write_elements(&values.into_elements(), selection)
    }

    pub(crate) fn write_elements<T: H5Write>(
        &self,
        values: &DataElements<'_, T>,
        selection: impl IntoSelection,
    ) -> Result<()> {
        let selection = selection.into_selection()?;
        let resolved = self.resolve(&selection)?;
        if resolved.len() != values.len() as u64 {
            return Err(self.locate(Error::usage(format!(
                "{} values for a selection of {}",
                values.len(),
                resolved.len()
            ))));
        }
        self.write_resolved(&resolved, values).map_err(|error| self.locate(error))
    }

    /// Writes the only element.
    ///
    /// # Errors
    /// As [`write`](Self::write), and `Usage` if there is not exactly one element.
    pub fn write_scalar<T: H5Write>(&self, value: &T) -> Result<()> {
        if self.size() != 1 {
            return Err(self.locate(Error::usage(format!("{} elements are no scalar", self.size()))));
        }
        self.write_raw(std::slice::from_ref(value))
    }

    fn write_resolved<T: H5Write>(&self, resolved: &Resolved, values: &DataElements<'_, T>) -> Result<()> {
        let bytes = to_stored(&self.shared, self.datatype(), values)?;
        match &self.source {
            Source::Attribute(value) => value.write(self, resolved, &bytes),
            Source::Dataset(state) => {
                let _turn = self.shared.turn();
                state.write(&self.shared, resolved, &bytes)
            }
        }
    }
}

/// The values as elements of the type `datatype` of the file.
pub(crate) fn to_stored<'v, T: H5Write>(
    shared: &Shared,
    datatype: &Datatype,
    values: &'v DataElements<'_, T>,
) -> Result<Cow<'v, [u8]>> {
    if datatype.has_variable_length() {
        return shared.edit(|store| {
            let mut objects = ObjectsMut::new(store)?;
            let encoded = values.encode(datatype, Some(&mut objects));
            objects.finish()?;
            encoded
        });
    }
    // No global heap is needed, so the file stays free for others.
    drop(shared.write()?);
    values.encode(datatype, None)
}
