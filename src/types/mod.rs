//! Rust types as elements of datasets and attributes.
//!
//! Between the file and Rust values stands the *memory image*: one fixed-size record for each
//! element, laid out as [`H5Type::datatype`] says, in the native byte order. A variable-length
//! part is a reference of `REFERENCE_SIZE` bytes into a side [`Heap`]. The conversion between
//! the file's bytes and images knows only datatypes; [`H5Type`] knows only images.
#![warn(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]

pub(crate) mod bytes;
pub(crate) mod convert;
#[doc(hidden)]
pub mod derive;
mod describe;
mod descriptor;
mod elements;
mod fixed;
mod heap;
mod native;
mod number;
mod reference;
mod sequence;
mod text;
mod value;

#[doc(hidden)]
pub use bytes::Plain;
pub(crate) use convert::{Context, HeapId, Owned, Plan, VarLenRead, VarLenWrite};
pub use descriptor::{CompoundField, CompoundType, EnumMember, EnumType, FloatSize, IntSize, TypeDescriptor};
pub use elements::Elements;
pub(crate) use elements::{Image, decode_all, encode_all, fill_bytes, memory_type};
pub use fixed::{FixedAscii, FixedUnicode, VarLenArray, VarLenAscii, VarLenUnicode};
pub use heap::Heap;
pub(crate) use heap::REFERENCE_SIZE;
pub use reference::{ObjectReference, RegionReference, StdReference};
pub use value::Value;

use crate::format::message::datatype::Datatype;
use crate::{Error, Result};

/// A Rust type that datasets and attributes can be read into and written from.
///
/// Implemented for numbers, `bool`, strings, arrays, [`Vec`] and tuples of such types; derive it
/// for your own structs and enums:
///
/// ```
/// # fn main() -> hdfive::Result<()> {
/// # #[cfg(feature = "derive")] {
/// use hdfive::H5Type;
///
/// #[derive(H5Type, Clone, Debug, PartialEq)]
/// struct Ship {
///     length: f32,
///     name: String,
///     #[hdf5(rename = "class")]
///     kind: Kind,
/// }
///
/// #[derive(H5Type, Clone, Debug, PartialEq)]
/// #[repr(u8)]
/// enum Kind {
///     Tanker = 1,
///     Tug,
/// }
///
/// let ships = [
///     Ship { length: 330.0, name: "Nautica".to_owned(), kind: Kind::Tanker },
///     Ship { length: 24.5, name: "Möwe".to_owned(), kind: Kind::Tug },
/// ];
/// let file = hdfive::File::in_memory()?;
/// let dataset = file.new_dataset_builder().with_data(&ships).create("ships")?;
/// assert_eq!(dataset.read_raw::<Ship>()?, ships);
///
/// // Some of the members will do, and numbers may have another type.
/// #[derive(H5Type)]
/// struct Length {
///     length: f64,
/// }
/// assert_eq!(dataset.read_raw::<Length>()?[1].length, 24.5);
/// # }
/// # Ok(())
/// # }
/// ```
///
/// The stored type need not be the same: members of compound types are found by their names, and numbers are
/// converted to the bits that the C library makes of them. Those out of range become the nearest value in range;
/// but where nothing but the byte order of an integer differs, a change of sign is not noticed (-1 in big-endian
/// `i16` is 65535 as `u16`), and floats that are not the machine's have more such exceptions, all in
/// `format-spec-notes/conversions.md`. Fixed text is cut to a shorter [`FixedAscii`] or [`FixedUnicode`] when it is
/// read. What else does not fit is an error, never another value.
pub trait H5Type: Sized + 'static {
    /// Bytes of a memory image: the size of [`datatype`](H5Type::datatype).
    const SIZE: usize;

    /// The alignment of an image within that of a `#[repr(C)]` struct.
    #[doc(hidden)]
    const ALIGN: usize = 1;

    /// The type that a dataset made for this Rust type gets, in the native byte order.
    fn datatype() -> Datatype;

    /// A short description of [`datatype`](H5Type::datatype).
    fn type_descriptor() -> TypeDescriptor {
        TypeDescriptor::from(&Self::datatype())
    }

    /// The value of a memory image, which is of [`SIZE`](H5Type::SIZE) bytes.
    ///
    /// # Errors
    /// [`TypeMismatch`](crate::ErrorKind::TypeMismatch) if the image is no value of this type,
    /// as with a third value of a `bool`.
    fn decode(image: &[u8], heap: &Heap) -> Result<Self>;

    /// Writes the memory image, which is of [`SIZE`](H5Type::SIZE) bytes.
    ///
    /// # Errors
    /// If the value has no image.
    fn encode(&self, image: &mut [u8], heap: &mut Heap) -> Result<()>;

    /// Proof that the values' own bytes are their images, for types that this crate knows.
    #[doc(hidden)]
    fn plain() -> Option<Plain<Self>> {
        None
    }

    /// The values' own bytes, if they are their images.
    #[doc(hidden)]
    fn images(values: &[Self]) -> Option<&[u8]> {
        Self::plain().map(|plain| plain.bytes(values))
    }

    /// Appends the values of many images.
    #[doc(hidden)]
    fn decode_into(values: &mut Vec<Self>, images: &[u8], heap: &Heap) -> Result<()> {
        for image in images.chunks_exact(Self::SIZE.max(1)) {
            values.push(Self::decode(image, heap)?);
        }
        Ok(())
    }
}

/// A value that can be written: every [`H5Type`], and borrowed ones such as `&str`.
pub trait H5Write {
    /// Bytes of a memory image: the size of [`datatype`](H5Write::datatype).
    const SIZE: usize;

    /// The type that a dataset made for these values gets.
    fn datatype() -> Datatype;

    /// Writes the memory image.
    ///
    /// # Errors
    /// If the value has no image.
    fn encode(&self, image: &mut [u8], heap: &mut Heap) -> Result<()>;

    /// The values' own bytes, if they are their images.
    #[doc(hidden)]
    fn images(values: &[Self]) -> Option<&[u8]>
    where
        Self: Sized,
    {
        let _ = values;
        None
    }
}

impl<T: H5Type> H5Write for T {
    const SIZE: usize = <T as H5Type>::SIZE;

    fn datatype() -> Datatype {
        T::datatype()
    }

    fn encode(&self, image: &mut [u8], heap: &mut Heap) -> Result<()> {
        H5Type::encode(self, image, heap)
    }

    fn images(values: &[Self]) -> Option<&[u8]> {
        <T as H5Type>::images(values)
    }
}

/// The image as an array of its exact size.
pub(crate) fn image_array<const N: usize>(image: &[u8]) -> Result<[u8; N]> {
    image.try_into().map_err(|_| wrong_image(N, image.len()))
}

/// Fills the image, whose size must be that of `bytes`.
pub(crate) fn fill_image(image: &mut [u8], bytes: &[u8]) -> Result<()> {
    if image.len() != bytes.len() {
        return Err(wrong_image(bytes.len(), image.len()));
    }
    image.copy_from_slice(bytes);
    Ok(())
}

pub(crate) fn wrong_image(needed: usize, given: usize) -> Error {
    Error::usage(format!("a memory image of {needed} bytes was expected, not of {given}"))
}
