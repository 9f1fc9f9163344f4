//! Values as bytes without copying: with `storage/mmap.rs` the only unsafe code of the crate.
#![allow(unsafe_code)]

use std::alloc::{Layout, alloc_zeroed};
use std::fmt;
use std::marker::PhantomData;
use std::ptr::NonNull;

use crate::{Error, Result};

/// Types without padding for which every pattern of bits is a valid value.
///
/// # Safety
/// Both must be true of every implementor.
unsafe trait AnyBits: Copy + 'static {}

macro_rules! any_bits {
    ($($ty:ty),* $(,)?) => {$(
        // SAFETY: a primitive number has no padding and no invalid pattern of bits.
        unsafe impl AnyBits for $ty {}
    )*};
}
any_bits!(i8, i16, i32, i64, i128, isize, u8, u16, u32, u64, u128, usize, f32, f64);

// SAFETY: a transparent wrapper of a u16.
#[cfg(feature = "half")]
unsafe impl AnyBits for half::f16 {}

// SAFETY: a transparent wrapper of a u16.
#[cfg(feature = "half")]
unsafe impl AnyBits for half::bf16 {}

// SAFETY: `Complex` is `repr(C)` and consists of two values of the same such type, so it has no
// padding of its own.
#[cfg(feature = "num-complex")]
unsafe impl<T: AnyBits> AnyBits for num_complex::Complex<T> {}

/// Proof that the bytes of a `T` are its memory image: without padding, every pattern valid.
///
/// It cannot be made outside this crate, so that [`H5Type`](crate::H5Type) is safe to implement.
#[doc(hidden)]
pub struct Plain<T>(PhantomData<fn() -> T>);

impl<T> Clone for Plain<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Plain<T> {}

impl<T> fmt::Debug for Plain<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Plain")
    }
}

macro_rules! plain {
    ($($ty:ty),* $(,)?) => {$(
        impl Plain<$ty> {
            /// The proof for this type, which the bound checks.
            pub(crate) fn new() -> Self {
                fn check<T: AnyBits>() -> Plain<T> {
                    Plain(PhantomData)
                }
                check::<$ty>()
            }
        }
    )*};
}
plain!(i8, i16, i32, i64, i128, isize, u8, u16, u32, u64, u128, usize, f32, f64);
#[cfg(feature = "half")]
plain!(half::f16, half::bf16);
#[cfg(feature = "num-complex")]
plain!(num_complex::Complex<f32>, num_complex::Complex<f64>);

impl<T> Plain<T> {
    /// The proof for arrays, which have no padding between elements.
    pub(crate) fn array<const N: usize>(self) -> Plain<[T; N]> {
        Plain(PhantomData)
    }

    /// The bytes of the values.
    pub(crate) fn bytes(self, values: &[T]) -> &[u8] {
        // SAFETY: `self` proves that all bytes of a T are initialised; the length is that of the
        // borrowed slice, and a u8 has no alignment.
        unsafe { std::slice::from_raw_parts(values.as_ptr().cast(), size_of_val(values)) }
    }

    /// The bytes of the values, to be overwritten.
    pub(crate) fn bytes_mut(self, values: &mut [T]) -> &mut [u8] {
        // SAFETY: as in `bytes`, and whatever is written is a valid T, which `self` proves too.
        unsafe { std::slice::from_raw_parts_mut(values.as_mut_ptr().cast(), size_of_val(values)) }
    }

    /// `len` zeros, as memory that the allocator knows to be zero: large blocks come from the
    /// operating system and are not written to before the data is.
    ///
    /// # Errors
    /// `Limit` if there is not so much memory.
    pub(crate) fn zeros(self, len: usize) -> Result<Vec<T>> {
        let refuse = || Error::limit(format!("no memory for {len} elements of {} bytes", size_of::<T>()));
        let layout = Layout::array::<T>(len).map_err(|_| refuse())?;
        let start = if layout.size() == 0 {
            NonNull::dangling()
        } else {
            // SAFETY: the layout's size is not zero.
            NonNull::new(unsafe { alloc_zeroed(layout) }.cast::<T>()).ok_or_else(refuse)?
        };
        // SAFETY: the block comes from the global allocator with the layout of an array of `len`
        // T (or nothing was to be allocated), and `self` proves that zeros are valid values.
        Ok(unsafe { Vec::from_raw_parts(start.as_ptr(), len, len) })
    }
}

/// The bytes of booleans, which are 0 and 1.
pub(crate) fn bool_bytes(values: &[bool]) -> &[u8] {
    // SAFETY: a bool is one initialised byte.
    unsafe { std::slice::from_raw_parts(values.as_ptr().cast(), values.len()) }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn values_and_bytes_are_the_same_memory() {
        let mut values = Plain::<u16>::new().zeros(3).unwrap();
        let bytes = Plain::<u16>::new().bytes_mut(&mut values);
        bytes.copy_from_slice(&[1, 1, 2, 2, 3, 3]);
        assert_eq!(values, [0x0101, 0x0202, 0x0303]);
        assert_eq!(Plain::<u16>::new().bytes(&values), [1, 1, 2, 2, 3, 3]);
        assert_eq!(bool_bytes(&[true, false]), [1, 0]);
    }

    #[test]
    fn no_memory_is_an_error() {
        assert_eq!(Plain::<f64>::new().zeros(0).unwrap(), Vec::<f64>::new());
        assert!(Plain::<f64>::new().zeros(usize::MAX / 8).is_err());
        assert!(Plain::<[f64; 2]>::zeros(Plain::<f64>::new().array(), usize::MAX).is_err());
        assert_eq!(Plain::<u8>::new().array::<0>().zeros(4).unwrap().len(), 4);
    }
}
