//! What every structure is tested for; used by `structure_tests!` at the foot of each file.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use super::{Reader, Structure, Widths, encode};
use crate::Result;

/// All nine pairs of widths.
pub(crate) fn all_widths() -> impl Iterator<Item = Widths> {
    [2, 4, 8].into_iter().flat_map(|offset| [2, 4, 8].map(move |length| Widths { offset, length }))
}

pub(crate) fn decode<T: Structure>(bytes: &[u8], context: &T::Context, widths: Widths) -> Result<T> {
    T::decode(&mut Reader::new(bytes, 0, widths, T::NAME), context)
}

/// decode(encode(x)) == x, decode reads all of it, and encode gives the same bytes again; a value
/// too large for its width must be refused by encode.
pub(crate) fn check_value<T: Structure + PartialEq + std::fmt::Debug>(value: &T, context: &T::Context) {
    for widths in all_widths() {
        let Ok(bytes) = encode(value, context, widths) else {
            assert_ne!(widths, Widths::default(), "the widest fields hold every value");
            continue;
        };
        if let Some(len) = value.encoded_len(context, widths) {
            assert_eq!(len, bytes.len(), "{widths:?}");
        }
        let mut r = Reader::new(&bytes, 0, widths, T::NAME);
        let decoded = T::decode(&mut r, context).unwrap();
        assert_eq!(&decoded, value, "{widths:?}");
        assert_eq!(r.remaining(), 0, "decode reads what encode writes, {widths:?}");
        assert_eq!(encode(&decoded, context, widths).unwrap(), bytes, "{widths:?}");
    }
}

/// encode(decode(bytes)) == bytes for bytes that the reference library wrote, and every
/// truncation of them is an error, and no damage to them a panic. What follows the structure may only be the padding of a
/// message in a version 1 object header.
pub(crate) fn check_bytes<T: Structure>(bytes: &[u8], context: &T::Context, widths: Widths) {
    let mut r = Reader::new(bytes, 0, widths, T::NAME);
    let value = T::decode(&mut r, context).unwrap();
    let (structure, padding) = bytes.split_at(r.position());
    assert!(padding.len() < 8 && padding.iter().all(|&byte| byte == 0), "decode leaves {padding:?}");
    let again = encode(&value, context, widths).unwrap();
    assert_eq!(again, structure, "encode(decode(bytes))");
    for len in 0..structure.len() {
        assert!(decode::<T>(&structure[..len], context, widths).is_err(), "truncated to {len} bytes");
    }
    for at in 0..structure.len() {
        for damage in [0x01, 0x10, 0x80, 0xff] {
            let mut damaged = structure.to_vec();
            damaged[at] ^= damage;
            // Another value or an error, but no panic in either direction.
            if let Ok(value) = decode::<T>(&damaged, context, widths) {
                let _ = encode(&value, context, widths);
            }
        }
    }
}

/// Every flipped byte is an error, for structures under a checksum.
pub(crate) fn check_flips<T: Structure>(bytes: &[u8], context: &T::Context, widths: Widths) {
    for at in 0..bytes.len() {
        let mut damaged = bytes.to_vec();
        damaged[at] ^= 0x41;
        assert!(decode::<T>(&damaged, context, widths).is_err(), "byte {at} flipped");
    }
}

/// Addresses: undefined, and such as fit into 2, 4 or only 8 bytes.
pub(crate) fn addresses() -> impl proptest::strategy::Strategy<Value = super::Address> {
    use super::Address;
    use proptest::prelude::*;
    prop_oneof![
        Just(Address::UNDEFINED),
        (0..60_000_u64).prop_map(Address::new),
        any::<u32>().prop_map(|address| Address::new(address.into())),
        (0..u64::MAX).prop_map(Address::new),
    ]
}

/// Bytes from hexadecimal text; white space is ignored.
pub(crate) fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<u32> = text.chars().filter_map(|c| c.to_digit(16)).collect();
    digits.chunks(2).map(|pair| (pair[0] * 16 + pair[1]) as u8).collect()
}

/// The tests of one structure: a proptest strategy of values, real bytes, and whether a checksum
/// covers them.
///
/// ```text
/// structure_tests! { header: Header, context = (), values = header_strategy(),
///                    real = ["42544844 …"], checksum = true }
/// ```
/// The real bytes use 8-byte offsets and lengths.
macro_rules! structure_tests {
    ($name:ident: $ty:ty, context = $context:expr, values = $values:expr,
     real = [$($real:expr),* $(,)?], checksum = $checksum:expr) => {
        mod $name {
            #[allow(unused_imports)]
            use super::*;

            proptest::proptest! {
                #![proptest_config(proptest::prelude::ProptestConfig::with_cases(64))]
                #[test]
                fn values_round_trip(value in $values) {
                    $crate::format::testing::check_value::<$ty>(&value, &$context);
                }
            }

            #[test]
            fn real_bytes_round_trip() {
                use $crate::format::{Widths, testing};
                let real: &[&str] = &[$($real),*];
                for text in real {
                    let bytes = testing::hex(text);
                    testing::check_bytes::<$ty>(&bytes, &$context, Widths::default());
                    if $checksum {
                        testing::check_flips::<$ty>(&bytes, &$context, Widths::default());
                    }
                }
            }
        }
    };
}
pub(crate) use structure_tests;
