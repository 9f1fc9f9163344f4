//! Strings with a bounded length or of one encoding, and sequences, under the names that users
//! of the C binding know.

use std::fmt;
use std::ops::Deref;
use std::str::FromStr;

use super::text::{ascii, utf8};
use super::{H5Type, Heap, REFERENCE_SIZE, fill_image, native, wrong_image};
use crate::format::message::datatype::{CharacterSet, Datatype};
use crate::{Error, Result};

/// The text of a NUL-padded image.
fn unpadded(image: &[u8]) -> &[u8] {
    let end = image.iter().rposition(|&byte| byte != 0).map_or(0, |last| last.saturating_add(1));
    image.get(..end).unwrap_or_default()
}

/// What all text types have: `Deref<Target = str>`, comparison, printing and conversions.
macro_rules! text_type {
    ([$($params:tt)*] $name:ty) => {
        impl $($params)* Deref for $name {
            type Target = str;

            fn deref(&self) -> &str {
                self.as_str()
            }
        }

        impl $($params)* AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                self.as_str()
            }
        }

        impl $($params)* AsRef<[u8]> for $name {
            fn as_ref(&self) -> &[u8] {
                self.as_str().as_bytes()
            }
        }

        impl $($params)* fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self.as_str(), f)
            }
        }

        impl $($params)* fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(self.as_str(), f)
            }
        }

        impl $($params)* PartialEq<str> for $name {
            fn eq(&self, other: &str) -> bool {
                self.as_str() == other
            }
        }

        impl $($params)* PartialEq<&str> for $name {
            fn eq(&self, other: &&str) -> bool {
                self.as_str() == *other
            }
        }

        impl $($params)* PartialEq<String> for $name {
            fn eq(&self, other: &String) -> bool {
                self.as_str() == other
            }
        }

        impl $($params)* FromStr for $name {
            type Err = Error;

            fn from_str(text: &str) -> Result<Self> {
                Self::check(text).map(Self::holding)
            }
        }

        impl $($params)* TryFrom<&str> for $name {
            type Error = Error;

            fn try_from(text: &str) -> Result<Self> {
                text.parse()
            }
        }

        impl $($params)* From<$name> for String {
            fn from(text: $name) -> Self {
                text.as_str().to_owned()
            }
        }
    };
}

fn check_len(text: &str, len: usize) -> Result<&str> {
    if text.len() > len {
        return Err(Error::usage(format!("a string of {} bytes does not fit into {len}", text.len())));
    }
    if text.ends_with('\0') {
        return Err(Error::usage("a string that ends in NUL cannot be told from a shorter one"));
    }
    Ok(text)
}

fn check_nul(text: &str) -> Result<&str> {
    if text.contains('\0') {
        return Err(Error::usage("a variable-length string ends at its first NUL"));
    }
    Ok(text)
}

macro_rules! fixed_text {
    ($(#[$doc:meta])* $name:ident, $charset:expr, $decode:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name<const N: usize>([u8; N]);

        text_type!([<const N: usize>] $name<N>);

        impl<const N: usize> $name<N> {
            /// The empty text.
            pub const fn new() -> Self {
                Self([0; N])
            }

            /// The largest number of bytes.
            pub const fn capacity() -> usize {
                N
            }

            /// Text that was checked to fit.
            fn holding(text: &str) -> Self {
                let mut bytes = [0; N];
                bytes.iter_mut().zip(text.bytes()).for_each(|(to, from)| *to = from);
                Self(bytes)
            }

            /// The text.
            pub fn as_str(&self) -> &str {
                // Only checked text comes in.
                utf8(unpadded(&self.0)).unwrap_or_default()
            }
        }

        impl<const N: usize> Default for $name<N> {
            fn default() -> Self {
                Self::new()
            }
        }

        impl<const N: usize> H5Type for $name<N> {
            const SIZE: usize = N;

            fn datatype() -> Datatype {
                native::fixed_string(N, $charset)
            }

            fn decode(image: &[u8], _: &Heap) -> Result<Self> {
                let text = $decode(unpadded(image))?;
                if text.len() > N { Err(wrong_image(N, image.len())) } else { Ok(Self::holding(text)) }
            }

            fn encode(&self, image: &mut [u8], _: &mut Heap) -> Result<()> {
                fill_image(image, &self.0)
            }
        }
    };
}

fixed_text! {
    /// ASCII text of at most `N` bytes, stored as a string of the fixed size `N`.
    FixedAscii, CharacterSet::Ascii, ascii
}
fixed_text! {
    /// UTF-8 text of at most `N` bytes, stored as a string of the fixed size `N`.
    FixedUnicode, CharacterSet::Utf8, utf8
}

impl<const N: usize> FixedAscii<N> {
    /// The text of ASCII bytes.
    ///
    /// # Errors
    /// `TypeMismatch` if they are not ASCII, `Usage` if they do not fit.
    pub fn from_ascii<B: AsRef<[u8]> + ?Sized>(bytes: &B) -> Result<Self> {
        ascii(bytes.as_ref())?.parse()
    }

    fn check(text: &str) -> Result<&str> {
        ascii(text.as_bytes())?;
        check_len(text, N)
    }
}

impl<const N: usize> FixedUnicode<N> {
    fn check(text: &str) -> Result<&str> {
        check_len(text, N)
    }
}

macro_rules! var_len_text {
    ($(#[$doc:meta])* $name:ident, $charset:expr, $decode:ident) => {
        $(#[$doc])*
        #[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Box<str>);

        text_type!([] $name);

        impl $name {
            /// The empty text.
            pub fn new() -> Self {
                Self::default()
            }

            /// Text that was checked.
            fn holding(text: &str) -> Self {
                Self(text.into())
            }

            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl H5Type for $name {
            const SIZE: usize = REFERENCE_SIZE;
            const ALIGN: usize = align_of::<u64>();

            fn datatype() -> Datatype {
                native::string($charset)
            }

            fn decode(image: &[u8], heap: &Heap) -> Result<Self> {
                $decode(heap.get(image, 1)?).map(|text| Self(text.into()))
            }

            fn encode(&self, image: &mut [u8], heap: &mut Heap) -> Result<()> {
                heap.put(image, self.0.len(), self.0.as_bytes())
            }
        }
    };
}

var_len_text! {
    /// ASCII text, stored as a variable-length string.
    VarLenAscii, CharacterSet::Ascii, ascii
}
var_len_text! {
    /// UTF-8 text, stored as a variable-length string; [`String`] does as well.
    VarLenUnicode, CharacterSet::Utf8, utf8
}

impl VarLenAscii {
    /// The text of ASCII bytes.
    ///
    /// # Errors
    /// `TypeMismatch` if they are not ASCII, `Usage` if one is NUL.
    pub fn from_ascii<B: AsRef<[u8]> + ?Sized>(bytes: &B) -> Result<Self> {
        ascii(bytes.as_ref())?.parse()
    }

    fn check(text: &str) -> Result<&str> {
        ascii(text.as_bytes())?;
        check_nul(text)
    }
}

impl VarLenUnicode {
    fn check(text: &str) -> Result<&str> {
        check_nul(text)
    }
}

/// A variable-length sequence; [`Vec`] does as well.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VarLenArray<T>(Vec<T>);

impl<T: Clone> VarLenArray<T> {
    /// A sequence with these elements.
    pub fn from_slice(values: &[T]) -> Self {
        Self(values.to_vec())
    }
}

impl<T> VarLenArray<T> {
    /// The elements.
    pub fn as_slice(&self) -> &[T] {
        &self.0
    }
}

impl<T: Clone> From<&[T]> for VarLenArray<T> {
    fn from(values: &[T]) -> Self {
        Self::from_slice(values)
    }
}

impl<T, const N: usize> From<[T; N]> for VarLenArray<T> {
    fn from(values: [T; N]) -> Self {
        Self(values.into())
    }
}

impl<T: PartialEq> PartialEq<[T]> for VarLenArray<T> {
    fn eq(&self, other: &[T]) -> bool {
        self.0 == other
    }
}

impl<T: PartialEq, const N: usize> PartialEq<[T; N]> for VarLenArray<T> {
    fn eq(&self, other: &[T; N]) -> bool {
        self.0 == other
    }
}

impl<T> Deref for VarLenArray<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.0
    }
}

impl<T> From<Vec<T>> for VarLenArray<T> {
    fn from(values: Vec<T>) -> Self {
        Self(values)
    }
}

impl<T> From<VarLenArray<T>> for Vec<T> {
    fn from(values: VarLenArray<T>) -> Self {
        values.0
    }
}

impl<T: H5Type> H5Type for VarLenArray<T> {
    const SIZE: usize = REFERENCE_SIZE;
    const ALIGN: usize = align_of::<u64>();

    fn datatype() -> Datatype {
        <Vec<T> as H5Type>::datatype()
    }

    fn decode(image: &[u8], heap: &Heap) -> Result<Self> {
        Vec::decode(image, heap).map(Self)
    }

    fn encode(&self, image: &mut [u8], heap: &mut Heap) -> Result<()> {
        H5Type::encode(&self.0, image, heap)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::types::sequence::{decode_all, encode_images};

    fn round_trip<T: H5Type + PartialEq + fmt::Debug>(value: T) -> Vec<u8> {
        assert_eq!(T::datatype().size as usize, <T as H5Type>::SIZE);
        let mut heap = Heap::new();
        let images = encode_images(std::slice::from_ref(&value), &mut heap).unwrap();
        assert_eq!(decode_all::<T>(&images, 1, &heap).unwrap(), [value]);
        images
    }

    #[test]
    fn text_survives_its_image() {
        assert_eq!(round_trip(FixedAscii::<5>::from_str("abc").unwrap()), b"abc\0\0");
        assert_eq!(round_trip(FixedUnicode::<4>::from_str("öß").unwrap()), "öß".as_bytes());
        round_trip(VarLenAscii::from_str("abc").unwrap());
        round_trip(VarLenUnicode::from_str("größer").unwrap());
        round_trip(VarLenArray::from_slice(&[1_u8, 2]));
        round_trip(VarLenArray::<FixedAscii<2>>::default());
    }

    #[test]
    fn text_that_would_change_is_refused() {
        assert!(FixedAscii::<2>::from_str("abc").is_err());
        assert!(FixedAscii::<9>::from_str("ö").is_err());
        assert!(FixedUnicode::<9>::from_str("a\0").is_err());
        assert_eq!(FixedUnicode::<9>::from_str("a\0b").unwrap().len(), 3);
        assert!(VarLenUnicode::from_str("a\0b").is_err());
        assert!(FixedAscii::<2>::decode("ö".as_bytes(), &Heap::new()).is_err());
    }

    #[test]
    fn text_compares_and_prints_as_str() {
        let text: VarLenUnicode = "ab".parse().unwrap();
        assert!(text == *"ab" && text.starts_with('a'));
        assert_eq!(format!("{text} {text:?}"), "ab \"ab\"");
        assert_eq!(String::from(text), "ab");
    }
}
