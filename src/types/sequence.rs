//! Arrays, sequences and tuples as elements.

use super::{H5Type, H5Write, Heap, Plain, REFERENCE_SIZE, native, wrong_image};
use crate::format::message::datatype::Datatype;
use crate::{Error, Result};

/// Stored as an array.
impl<T: H5Type, const N: usize> H5Type for [T; N] {
    const SIZE: usize = <T as H5Type>::SIZE.saturating_mul(N);
    const ALIGN: usize = T::ALIGN;

    fn datatype() -> Datatype {
        native::array(T::datatype(), N)
    }

    fn decode(image: &[u8], heap: &Heap) -> Result<Self> {
        let values = decode_all::<T>(image, N, heap)?;
        values.try_into().map_err(|values: Vec<T>| wrong_image(N, values.len()))
    }

    fn encode(&self, image: &mut [u8], heap: &mut Heap) -> Result<()> {
        encode_all(self, image, heap)
    }

    fn plain() -> Option<Plain<Self>> {
        T::plain().map(Plain::array)
    }
}

/// Stored as a variable-length sequence.
impl<T: H5Type> H5Type for Vec<T> {
    const SIZE: usize = REFERENCE_SIZE;
    const ALIGN: usize = align_of::<u64>();

    fn datatype() -> Datatype {
        Datatype::var_len(T::datatype())
    }

    fn decode(image: &[u8], heap: &Heap) -> Result<Self> {
        let images = heap.get(image, <T as H5Type>::SIZE)?;
        let count = images.len().checked_div(<T as H5Type>::SIZE).unwrap_or(0);
        decode_all(images, count, heap)
    }

    fn encode(&self, image: &mut [u8], heap: &mut Heap) -> Result<()> {
        encode_sequence(self, image, heap)
    }
}

/// Written as a variable-length sequence.
impl<T: H5Write> H5Write for &[T] {
    const SIZE: usize = REFERENCE_SIZE;

    fn datatype() -> Datatype {
        Datatype::var_len(T::datatype())
    }

    fn encode(&self, image: &mut [u8], heap: &mut Heap) -> Result<()> {
        encode_sequence(self, image, heap)
    }
}

fn encode_sequence<T: H5Write>(values: &[T], image: &mut [u8], heap: &mut Heap) -> Result<()> {
    match T::images(values) {
        Some(images) => heap.put(image, values.len(), images),
        None => {
            let images = encode_images(values, heap)?;
            heap.put(image, values.len(), &images)
        }
    }
}

/// The images of all values, whose variable-length parts go to `heap`.
pub(crate) fn encode_images<T: H5Write>(values: &[T], heap: &mut Heap) -> Result<Vec<u8>> {
    let len = values.len().checked_mul(T::SIZE);
    let mut images =
        len.map(|len| vec![0; len]).ok_or_else(|| Error::limit("the values have too many bytes"))?;
    encode_all(values, &mut images, heap)?;
    Ok(images)
}

fn encode_all<T: H5Write>(values: &[T], images: &mut [u8], heap: &mut Heap) -> Result<()> {
    let size = T::SIZE;
    if values.len().checked_mul(size) != Some(images.len()) {
        return Err(wrong_image(values.len().saturating_mul(size), images.len()));
    }
    if let Some(bytes) = T::images(values) {
        images.copy_from_slice(bytes);
        return Ok(());
    }
    values
        .iter()
        .zip(images.chunks_exact_mut(size.max(1)))
        .try_for_each(|(value, image)| value.encode(image, heap))
}

/// The values of `count` images.
pub(crate) fn decode_all<T: H5Type>(images: &[u8], count: usize, heap: &Heap) -> Result<Vec<T>> {
    let size = <T as H5Type>::SIZE;
    if size == 0 || count.checked_mul(size) != Some(images.len()) {
        return Err(wrong_image(count.saturating_mul(size), images.len()));
    }
    if let Some(plain) = T::plain() {
        let mut values = plain.zeros(count)?;
        plain.bytes_mut(&mut values).copy_from_slice(images);
        return Ok(values);
    }
    let mut values = Vec::with_capacity(count);
    T::decode_into(&mut values, images, heap)?;
    Ok(values)
}

macro_rules! tuples {
    ($(($($index:tt $name:ident),+))*) => {$(
        /// Stored as a compound whose members are named by their positions.
        impl<$($name: H5Type),+> H5Type for ($($name,)+) {
            const SIZE: usize = 0_usize$(.saturating_add(<$name as H5Type>::SIZE))+;

            fn datatype() -> Datatype {
                native::packed([$((stringify!($index).to_owned(), $name::datatype())),+])
            }

            fn decode(image: &[u8], heap: &Heap) -> Result<Self> {
                let mut rest = image;
                Ok(($({
                    let (head, tail) = rest.split_at_checked(<$name as H5Type>::SIZE).unwrap_or_default();
                    rest = tail;
                    let _ = rest;
                    <$name as H5Type>::decode(head, heap)?
                },)+))
            }

            fn encode(&self, image: &mut [u8], heap: &mut Heap) -> Result<()> {
                let mut rest = image;
                $({
                    let (head, tail) =
                        std::mem::take(&mut rest).split_at_mut_checked(<$name as H5Type>::SIZE).unwrap_or_default();
                    rest = tail;
                    H5Type::encode(&self.$index, head, heap)?;
                })+
                let _ = rest;
                Ok(())
            }
        }
    )*};
}
tuples! {
    (0 A)
    (0 A, 1 B)
    (0 A, 1 B, 2 C)
    (0 A, 1 B, 2 C, 3 D)
    (0 A, 1 B, 2 C, 3 D, 4 E)
    (0 A, 1 B, 2 C, 3 D, 4 E, 5 F)
    (0 A, 1 B, 2 C, 3 D, 4 E, 5 F, 6 G)
    (0 A, 1 B, 2 C, 3 D, 4 E, 5 F, 6 G, 7 H)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]
    use std::fmt::Debug;

    use super::*;
    use crate::ErrorKind;

    fn round_trip<T: H5Type + PartialEq + Debug>(value: T) {
        assert_eq!(T::datatype().size as usize, <T as H5Type>::SIZE);
        let mut heap = Heap::new();
        let images = encode_images(std::slice::from_ref(&value), &mut heap).unwrap();
        assert_eq!(decode_all::<T>(&images, 1, &heap).unwrap(), [value]);
    }

    #[test]
    fn values_survive_their_images() {
        round_trip(-5_i8);
        round_trip(u128::MAX - 7);
        round_trip(1.5_f64);
        round_trip([true, false]);
        round_trip([[1_u16, 2, 3], [4, 5, 6]]);
        round_trip("größer".to_owned());
        round_trip(vec!["a".to_owned(), String::new()]);
        round_trip((1_u8, vec![vec![2.5_f32], vec![]], "x".to_owned(), [7_i64; 2]));
        #[cfg(feature = "num-complex")]
        round_trip(num_complex::Complex::new(1.0_f32, -2.0));
        #[cfg(feature = "half")]
        round_trip((half::f16::from_f32(0.5), half::bf16::from_f32(3.0)));
    }

    #[test]
    fn borrowed_values_have_the_images_of_owned_ones() {
        let mut heaps = [Heap::new(), Heap::new()];
        let borrowed = encode_images(&["ab", "c"], &mut heaps[0]).unwrap();
        let owned = encode_images(&["ab".to_owned(), "c".to_owned()], &mut heaps[1]).unwrap();
        assert_eq!(borrowed, owned);
        assert_eq!(<&str as H5Write>::datatype(), <String as H5Type>::datatype());
        let slices: &[&[u16]] = &[&[1, 2], &[]];
        let images = encode_images(slices, &mut heaps[0]).unwrap();
        assert_eq!(decode_all::<Vec<u16>>(&images, 2, &heaps[0]).unwrap(), [vec![1, 2], vec![]]);
    }

    #[test]
    fn images_that_are_no_values_are_refused() {
        let heap = Heap::new();
        assert_eq!(decode_all::<bool>(&[0, 1, 2], 3, &heap).unwrap_err().kind(), ErrorKind::TypeMismatch);
        assert_eq!(decode_all::<u32>(&[0; 7], 2, &heap).unwrap_err().kind(), ErrorKind::Usage);
        assert!(decode_all::<(u8, u16)>(&[0; 2], 1, &heap).is_err());
        assert!(<(u8, u16) as H5Type>::decode(&[0; 2], &heap).is_err());
        let mut heap = Heap::new();
        let mut image = [0; REFERENCE_SIZE];
        heap.put(&mut image, 1, &[0xff]).unwrap();
        assert_eq!(String::decode(&image, &heap).unwrap_err().kind(), ErrorKind::TypeMismatch);
    }
}
