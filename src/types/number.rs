//! Numbers and booleans as elements.

use super::{H5Type, Heap, Plain, bytes, fill_image, image_array, native};
use crate::format::message::datatype::Datatype;
use crate::{Error, Result};

/// Types whose bytes are their image.
macro_rules! plain_types {
    ($($ty:ty => $datatype:expr),* $(,)?) => {$(
        impl H5Type for $ty {
            const SIZE: usize = size_of::<$ty>();
            const ALIGN: usize = align_of::<$ty>();

            fn datatype() -> Datatype {
                $datatype
            }

            fn decode(image: &[u8], _: &Heap) -> Result<Self> {
                image_array(image).map(Self::from_ne_bytes)
            }

            fn encode(&self, image: &mut [u8], _: &mut Heap) -> Result<()> {
                fill_image(image, &self.to_ne_bytes())
            }

            fn plain() -> Option<Plain<Self>> {
                Some(Plain::<$ty>::new())
            }
        }
    )*};
}

plain_types! {
    i8 => native::integer(1, true),
    i16 => native::integer(2, true),
    i32 => native::integer(4, true),
    i64 => native::integer(8, true),
    i128 => native::integer(16, true),
    isize => native::integer(size_of::<isize>(), true),
    u8 => native::integer(1, false),
    u16 => native::integer(2, false),
    u32 => native::integer(4, false),
    u64 => native::integer(8, false),
    u128 => native::integer(16, false),
    usize => native::integer(size_of::<usize>(), false),
    f32 => Datatype::float32(native::NATIVE),
    f64 => Datatype::float64(native::NATIVE),
}

#[cfg(feature = "half")]
plain_types! {
    half::f16 => Datatype::float16(native::NATIVE),
    half::bf16 => Datatype::bfloat16(native::NATIVE),
}

#[cfg(feature = "num-complex")]
macro_rules! complex_types {
    ($($ty:ty),*) => {$(
        /// Stored as h5py does, as a compound of `r` and `i`.
        impl H5Type for num_complex::Complex<$ty> {
            const SIZE: usize = size_of::<Self>();
            const ALIGN: usize = align_of::<Self>();

            fn datatype() -> Datatype {
                native::packed(["r", "i"].map(|name| (name.to_owned(), <$ty>::datatype())))
            }

            fn decode(image: &[u8], heap: &Heap) -> Result<Self> {
                let (re, im) = image.split_at_checked(size_of::<$ty>()).unwrap_or_default();
                Ok(Self::new(H5Type::decode(re, heap)?, H5Type::decode(im, heap)?))
            }

            fn encode(&self, image: &mut [u8], heap: &mut Heap) -> Result<()> {
                let (re, im) = image.split_at_mut_checked(size_of::<$ty>()).unwrap_or_default();
                H5Type::encode(&self.re, re, heap)?;
                H5Type::encode(&self.im, im, heap)
            }

            fn plain() -> Option<Plain<Self>> {
                Some(Plain::<Self>::new())
            }
        }
    )*};
}
#[cfg(feature = "num-complex")]
complex_types!(f32, f64);

/// Stored as h5py does, as an enumeration of `FALSE` and `TRUE`.
impl H5Type for bool {
    const SIZE: usize = 1;

    fn datatype() -> Datatype {
        Datatype::boolean()
    }

    fn decode(image: &[u8], _: &Heap) -> Result<Self> {
        match image_array(image)? {
            [0] => Ok(false),
            [1] => Ok(true),
            [other] => Err(Error::type_mismatch(format!("{other} is no boolean"))),
        }
    }

    fn encode(&self, image: &mut [u8], _: &mut Heap) -> Result<()> {
        fill_image(image, &[u8::from(*self)])
    }

    fn images(values: &[Self]) -> Option<&[u8]> {
        Some(bytes::bool_bytes(values))
    }

    fn decode_into(values: &mut Vec<Self>, images: &[u8], heap: &Heap) -> Result<()> {
        // One pass that vectorizes; the first that is no boolean is looked for only if there is one.
        if images.iter().fold(0, |all, byte| all | byte) > 1 {
            return images.chunks(1).try_for_each(|image| Self::decode(image, heap).map(drop));
        }
        values.extend(images.iter().map(|&byte| byte == 1));
        Ok(())
    }
}
