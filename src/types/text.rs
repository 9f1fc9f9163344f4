//! `String` and what can be written as text.

use std::borrow::Cow;

use super::{H5Type, H5Write, Heap, REFERENCE_SIZE, native};
use crate::format::message::datatype::{CharacterSet, Datatype};
use crate::{Error, Result};

/// The text of stored bytes.
pub(crate) fn utf8(bytes: &[u8]) -> Result<&str> {
    std::str::from_utf8(bytes).map_err(|error| {
        Error::type_mismatch(format!(
            "a stored string is not UTF-8: byte {} of \"{}\"",
            error.valid_up_to(),
            bytes.get(..bytes.len().min(64)).unwrap_or_default().escape_ascii()
        ))
    })
}

/// The text of stored bytes that are ASCII.
pub(crate) fn ascii(bytes: &[u8]) -> Result<&str> {
    if bytes.is_ascii() { utf8(bytes) } else { Err(Error::type_mismatch("the string is not ASCII")) }
}

/// Stored as a variable-length UTF-8 string.
impl H5Type for String {
    const SIZE: usize = REFERENCE_SIZE;
    const ALIGN: usize = align_of::<u64>();

    fn datatype() -> Datatype {
        native::string(CharacterSet::Utf8)
    }

    fn decode(image: &[u8], heap: &Heap) -> Result<Self> {
        utf8(heap.get(image, 1)?).map(str::to_owned)
    }

    fn encode(&self, image: &mut [u8], heap: &mut Heap) -> Result<()> {
        heap.put(image, self.len(), self.as_bytes())
    }
}

macro_rules! borrowed_text {
    ($($ty:ty),*) => {$(
        impl H5Write for $ty {
            const SIZE: usize = REFERENCE_SIZE;

            fn datatype() -> Datatype {
                <String as H5Type>::datatype()
            }

            fn encode(&self, image: &mut [u8], heap: &mut Heap) -> Result<()> {
                heap.put(image, self.len(), self.as_bytes())
            }
        }
    )*};
}
borrowed_text!(&str, &String, Cow<'_, str>, Box<str>);
