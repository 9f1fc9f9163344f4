//! Readers and writers that say which conversions they allow.

use super::{ArrayData, Container};
use crate::selection::{IntoSelection, Selection};
use crate::types::{H5Type, H5Write};
use crate::{Error, Result};

/// How far stored elements may differ from those in memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Conversion {
    /// Not at all: they are stored as a dataset made for them would store them.
    NoOp,
    /// As numbers of other sizes, byte orders and kinds.
    Hard,
    /// In every way in which elements are converted.
    #[default]
    Soft,
}

/// Reads a dataset or an attribute, with a bound on the conversions; see [`Container::as_reader`].
#[derive(Clone)]
pub struct Reader<'c> {
    container: &'c Container,
    conversion: Conversion,
}

/// Writes a dataset or an attribute, with a bound on the conversions; see [`Container::as_writer`].
#[derive(Clone)]
pub struct Writer<'c> {
    container: &'c Container,
    conversion: Conversion,
}

impl Container {
    /// A reader that can be told which conversions of elements it allows.
    ///
    /// ```
    /// # fn main() -> hdfive::Result<()> {
    /// # let file = hdfive::File::in_memory()?;
    /// let dataset = file.new_dataset_builder().with_data(&[1_i32, 2]).create("numbers")?;
    /// assert_eq!(dataset.as_reader().read_raw::<i64>()?, [1, 2]);
    /// assert_eq!(dataset.as_reader().no_convert().read_raw::<i32>()?, [1, 2]);
    /// assert!(dataset.as_reader().no_convert().read_raw::<i64>().is_err());
    /// # Ok(())
    /// # }
    /// ```
    pub fn as_reader(&self) -> Reader<'_> {
        Reader { container: self, conversion: Conversion::default() }
    }

    /// A writer that can be told which conversions of elements it allows.
    pub fn as_writer(&self) -> Writer<'_> {
        Writer { container: self, conversion: Conversion::default() }
    }

    /// An error if the elements are further from those of type `T` than `conversion` allows.
    fn check_conversion<T: H5Write>(&self, conversion: Conversion) -> Result<()> {
        let (stored, memory) = (self.datatype(), T::datatype());
        let good = match conversion {
            Conversion::Soft => return Ok(()),
            Conversion::Hard if stored.is_number() && memory.is_number() => true,
            Conversion::Hard | Conversion::NoOp => {
                *stored == memory.for_file(self.store()?.widths().offset).with_minimum_version()
            }
        };
        if good {
            return Ok(());
        }
        Err(self.locate(Error::type_mismatch(format!(
            "between {stored} and {memory} there is more to convert than is allowed"
        ))))
    }
}

/// What both have.
macro_rules! bounded {
    ($ty:ident) => {
        impl $ty<'_> {
            /// Allows conversions up to this one; at first all are allowed.
            #[must_use]
            pub fn conversion(mut self, conversion: Conversion) -> Self {
                self.conversion = conversion;
                self
            }

            /// Allows no conversion.
            #[must_use]
            pub fn no_convert(self) -> Self {
                self.conversion(Conversion::NoOp)
            }
        }
    };
}
bounded!(Reader);
bounded!(Writer);

impl Reader<'_> {
    /// As [`Container::read_raw`].
    ///
    /// # Errors
    /// As there, and `TypeMismatch` if the conversion is not allowed.
    pub fn read_raw<T: H5Type>(&self) -> Result<Vec<T>> {
        self.read_slice_raw(Selection::All)
    }

    /// As [`Container::read_slice_raw`].
    ///
    /// # Errors
    /// As there, and `TypeMismatch` if the conversion is not allowed.
    pub fn read_slice_raw<T: H5Type>(&self, selection: impl IntoSelection) -> Result<Vec<T>> {
        self.container.check_conversion::<T>(self.conversion)?;
        self.container.read_slice_raw(selection)
    }

    /// As [`Container::read_into_raw`].
    ///
    /// # Errors
    /// As there, and `TypeMismatch` if the conversion is not allowed.
    pub fn read_into_raw<T: H5Type>(&self, buffer: &mut [T]) -> Result<usize> {
        self.container.check_conversion::<T>(self.conversion)?;
        self.container.read_into_raw(buffer)
    }

    /// As [`Container::read_scalar`].
    ///
    /// # Errors
    /// As there, and `TypeMismatch` if the conversion is not allowed.
    pub fn read_scalar<T: H5Type>(&self) -> Result<T> {
        self.container.check_conversion::<T>(self.conversion)?;
        self.container.read_scalar()
    }
}

#[cfg(feature = "ndarray")]
impl Reader<'_> {
    /// As [`Container::read`].
    ///
    /// # Errors
    /// As there, and `TypeMismatch` if the conversion is not allowed.
    pub fn read<T: H5Type, D: ndarray::Dimension>(&self) -> Result<ndarray::Array<T, D>> {
        self.read_slice(Selection::All)
    }

    /// As [`Container::read_slice`].
    ///
    /// # Errors
    /// As there, and `TypeMismatch` if the conversion is not allowed.
    pub fn read_slice<T, S, D>(&self, selection: S) -> Result<ndarray::Array<T, D>>
    where
        T: H5Type,
        S: IntoSelection,
        D: ndarray::Dimension,
    {
        self.container.check_conversion::<T>(self.conversion)?;
        self.container.read_slice(selection)
    }

    /// As [`Container::read_1d`].
    ///
    /// # Errors
    /// As there, and `TypeMismatch` if the conversion is not allowed.
    pub fn read_1d<T: H5Type>(&self) -> Result<ndarray::Array1<T>> {
        self.read()
    }

    /// As [`Container::read_slice_1d`].
    ///
    /// # Errors
    /// As there, and `TypeMismatch` if the conversion is not allowed.
    pub fn read_slice_1d<T: H5Type, S: IntoSelection>(&self, selection: S) -> Result<ndarray::Array1<T>> {
        self.read_slice(selection)
    }

    /// As [`Container::read_2d`].
    ///
    /// # Errors
    /// As there, and `TypeMismatch` if the conversion is not allowed.
    pub fn read_2d<T: H5Type>(&self) -> Result<ndarray::Array2<T>> {
        self.read()
    }

    /// As [`Container::read_slice_2d`].
    ///
    /// # Errors
    /// As there, and `TypeMismatch` if the conversion is not allowed.
    pub fn read_slice_2d<T: H5Type, S: IntoSelection>(&self, selection: S) -> Result<ndarray::Array2<T>> {
        self.read_slice(selection)
    }

    /// As [`Container::read_dyn`].
    ///
    /// # Errors
    /// As there, and `TypeMismatch` if the conversion is not allowed.
    pub fn read_dyn<T: H5Type>(&self) -> Result<ndarray::ArrayD<T>> {
        self.read()
    }
}

impl Writer<'_> {
    /// As [`Container::write`].
    ///
    /// # Errors
    /// As there, and `TypeMismatch` if the conversion is not allowed.
    pub fn write<'d, A: ArrayData<'d>>(&self, data: A) -> Result<()> {
        self.write_slice(data, Selection::All)
    }

    /// As [`Container::write_slice`].
    ///
    /// # Errors
    /// As there, and `TypeMismatch` if the conversion is not allowed.
    pub fn write_slice<'d, A: ArrayData<'d>>(&self, data: A, selection: impl IntoSelection) -> Result<()> {
        self.container.check_conversion::<A::Element>(self.conversion)?;
        self.container.write_slice(data, selection)
    }

    /// As [`Container::write_raw`].
    ///
    /// # Errors
    /// As there, and `TypeMismatch` if the conversion is not allowed.
    pub fn write_raw<'d, A: ArrayData<'d>>(&self, values: A) -> Result<()> {
        self.container.check_conversion::<A::Element>(self.conversion)?;
        self.container.write_raw(values)
    }

    /// As [`Container::write_scalar`].
    ///
    /// # Errors
    /// As there, and `TypeMismatch` if the conversion is not allowed.
    pub fn write_scalar<T: H5Write>(&self, value: &T) -> Result<()> {
        self.container.check_conversion::<T>(self.conversion)?;
        self.container.write_scalar(value)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::Conversion;
    use crate::{ErrorKind, File};

    #[test]
    fn conversions_are_allowed_up_to_a_bound() {
        let file = File::in_memory().unwrap();
        let numbers = file.new_dataset_builder().with_data(&[1_i16, 2]).create("numbers").unwrap();
        let words = file.new_dataset_builder().with_data(&["a", "b"]).create("words").unwrap();
        let nested = file.new_dataset_builder().with_data(&[vec![1_u8], vec![]]).create("nested").unwrap();
        assert_eq!(numbers.as_reader().no_convert().read_raw::<i16>().unwrap(), [1, 2]);
        assert_eq!(words.as_reader().no_convert().read_raw::<String>().unwrap(), ["a", "b"]);
        assert_eq!(nested.as_reader().no_convert().read_raw::<Vec<u8>>().unwrap(), [vec![1], vec![]]);
        let hard = numbers.as_reader().conversion(Conversion::Hard);
        assert_eq!(hard.read_raw::<f64>().unwrap(), [1.0, 2.0]);
        let error = nested.as_reader().conversion(Conversion::Hard).read_raw::<Vec<u16>>().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TypeMismatch);
        assert_eq!(nested.as_reader().read_raw::<Vec<u16>>().unwrap(), [vec![1], vec![]]);
        assert!(numbers.as_writer().no_convert().write_raw(&[1_i64, 2]).is_err());
        numbers.as_writer().no_convert().write(&[3_i16, 4]).unwrap();
        numbers.as_writer().write_slice(&[5_i64], 1..).unwrap();
        assert_eq!(numbers.read_raw::<i16>().unwrap(), [3, 5]);
    }
}
