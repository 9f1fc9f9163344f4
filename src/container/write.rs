//! Writing elements.

use std::borrow::Cow;
use std::collections::HashSet;
use std::sync::Arc;

use super::objects::{self, ObjectsMut};
use super::{ArrayData, Container, DataElements, Source};
use crate::dataset::State;
use crate::file::Shared;
use crate::format::message::datatype::Datatype;
use crate::selection::{IntoSelection, Resolved, Selection};
use crate::types::{H5Write, HeapId};
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
                if !self.datatype().has_variable_length() {
                    return state.write(&self.shared, resolved, &bytes);
                }
                let _replacing = state.replacing();
                let old = self.owned_by(state, resolved);
                state.write(&self.shared, resolved, &bytes)?;
                match old.is_empty() {
                    true => Ok(()),
                    false => self.edit(|store| {
                        objects::release(store, &old);
                        Ok(())
                    }),
                }
            }
        }
    }
}

impl Container {
    /// The objects of the global heap that only the selected elements refer to. What cannot be read can be
    /// overwritten, too, and then owns none.
    fn owned_by(&self, state: &Arc<State>, resolved: &Resolved) -> HashSet<HeapId> {
        let datatype = self.datatype();
        let read = || {
            let old = state.stored_elements(&self.shared, resolved)?;
            let store = self.store()?;
            let mut ids = objects::owned(&store, datatype, &old);
            // Elements of a chunk that were never written share the objects of the fill value.
            if let Some(fill) = state.fill_pattern() {
                let shared = objects::owned(&store, datatype, fill);
                ids.retain(|id| !shared.contains(id));
            }
            Ok(ids)
        };
        let read: Result<_> = read();
        read.unwrap_or_default()
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::sync::Arc;

    use crate::File;
    use crate::storage::MemoryStorage;

    fn words(round: usize, count: usize) -> Vec<String> {
        (0..count).map(|at| format!("{round} {at} {}", "w".repeat(at % 90))).collect()
    }

    /// The size of the file after each of some rounds that change it.
    fn sizes(file: &File, mut change: impl FnMut(usize)) -> Vec<u64> {
        let sizes = (0..12).map(|round| {
            change(round);
            file.flush().unwrap();
            file.size().unwrap()
        });
        sizes.collect()
    }

    #[test]
    fn overwritten_text_gives_its_space_back() {
        let file = File::in_memory().unwrap();
        let whole = file.new_dataset::<String>().shape(2000).create("whole").unwrap();
        let chunks = file.new_dataset::<String>().shape(2000).chunk(300).deflate(1).create("chunks").unwrap();
        let attr = file.new_attr::<String>().shape(50).create("attr").unwrap();
        let other = file.attr("attr").unwrap();
        let sizes = sizes(&file, |round| {
            whole.write(&words(round, 2000)).unwrap();
            chunks.write_slice(&words(round, 700), 100..800).unwrap();
            attr.write_slice(&words(round, 20), 5..25).unwrap();
            assert_eq!(other.read_slice_raw::<String>(5..25).unwrap(), words(round, 20));
        });
        assert!(sizes[11] < sizes[0] * 3, "{sizes:?}");
        assert_eq!(whole.read_raw::<String>().unwrap(), words(11, 2000));
        let expected = [vec![String::new(); 100], words(11, 700), vec![String::new(); 1200]].concat();
        assert_eq!(chunks.read_raw::<String>().unwrap(), expected);
        let again = File::from_bytes(file.to_bytes().unwrap()).unwrap();
        assert_eq!(again.dataset("chunks").unwrap().read_raw::<String>().unwrap(), expected);
        assert_eq!(again.attr("attr").unwrap().read_slice_raw::<String>(5..25).unwrap(), words(11, 20));
    }

    #[test]
    fn overwritten_sequences_give_back_what_they_lead_to() {
        let file = File::in_memory().unwrap();
        let nested = file.new_dataset::<Vec<Vec<u16>>>().shape(40).create("nested").unwrap();
        let values = |round: usize| -> Vec<Vec<Vec<u16>>> {
            (0..40).map(|at| vec![vec![round as u16; 50 + at]; 1 + at % 4]).collect()
        };
        let sizes = sizes(&file, |round| nested.write_raw(&values(round)).unwrap());
        assert!(sizes[11] < sizes[0] * 3, "{sizes:?}");
        assert_eq!(nested.read_raw::<Vec<Vec<u16>>>().unwrap(), values(11));
    }

    /// In a dataset that the C library made, since this crate makes none with such a fill value.
    #[test]
    fn the_fill_value_outlives_the_elements_that_had_it() {
        let path = format!("{}/testdata/fixtures/fill-latest.h5", env!("CARGO_MANIFEST_DIR"));
        let storage = Arc::new(MemoryStorage::new(std::fs::read(path).unwrap()));
        let file = File::with_options().open_rw_storage(storage.clone()).unwrap();
        let data = file.dataset("vlen string user").unwrap();
        let fill = || format!("{:?}", data.fill_value_elements().unwrap().unwrap().values().next());
        let expected = fill();
        assert!(expected.contains("Text("), "{expected}");
        let unwritten = data.read_raw::<String>().unwrap()[0].clone();
        for round in 0..3 {
            data.write_slice(&words(round, 1), 1..2).unwrap();
            file.flush().unwrap();
        }
        assert_eq!(data.read_raw::<String>().unwrap(), [unwritten.clone(), words(2, 1).remove(0), unwritten]);
        assert_eq!(fill(), expected);
        file.unlink("vlen string user").unwrap();
        assert!(data.fill_value_elements().is_err() && data.read_raw::<String>().is_err());
    }

    #[test]
    fn an_attribute_of_a_deleted_object_is_not_read() {
        let file = File::in_memory().unwrap();
        let group = file.create_group("group").unwrap();
        let attr = group.new_attr::<String>().create("name").unwrap();
        attr.write_scalar(&"x".to_owned()).unwrap();
        file.unlink("group").unwrap();
        assert!(attr.read_scalar::<String>().is_err());
    }
}
