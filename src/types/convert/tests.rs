//! Conversions against what HDF5 2.0 makes of the same bytes, and properties of those that no
//! library has.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::format::message::datatype::{
    BitfieldType, ByteOrder, FloatType, IntegerType, Member, Normalization,
};
use crate::format::testing::hex;
use crate::types::native::NATIVE;

/// Rows of `source type | target type | source elements | target elements`, written by the C library
/// (testdata/make_conversions.py). Types are named as NumPy names them, or by their layout.
const TRUTH: &str = include_str!("truth.txt");

/// The end of the name of the `long double` of x86.
const X86_LONG_DOUBLE: &str = ",0,80,79,64,15,0,64,16383,n";

fn order(name: &str) -> ByteOrder {
    match name {
        ">" => ByteOrder::Big,
        "v" => ByteOrder::Vax,
        "<" => ByteOrder::Little,
        _ => NATIVE,
    }
}

/// `<i4`; or `i,size,order,offset,precision,low padding,high padding` (also u, b); or `f,size,order,offset,
/// precision,sign,exponent,its size,mantissa,its size,bias,normalization[,low padding,high padding]`.
fn datatype(name: &str) -> Datatype {
    let parts: Vec<&str> = name.split(',').collect();
    let number = |at: usize| parts[at].parse::<u16>().unwrap();
    let byte = |at: usize| parts[at].parse::<u8>().unwrap();
    match parts[0] {
        "b" => {
            let class = BitfieldType {
                order: order(parts[2]),
                bit_offset: number(3),
                precision: number(4),
                low_padding: parts[5] == "1",
                high_padding: parts[6] == "1",
            };
            Datatype::new(number(1).into(), DatatypeClass::Bitfield(class))
        }
        "i" | "u" => {
            let class = IntegerType {
                order: order(parts[2]),
                signed: parts[0] == "i",
                bit_offset: number(3),
                precision: number(4),
                low_padding: parts[5] == "1",
                high_padding: parts[6] == "1",
            };
            Datatype::new(number(1).into(), DatatypeClass::Integer(class))
        }
        "f" => {
            let class = FloatType {
                order: order(parts[2]),
                bit_offset: number(3),
                precision: number(4),
                low_padding: parts.get(12) == Some(&"1"),
                high_padding: parts.get(13) == Some(&"1"),
                internal_padding: false,
                normalization: if parts[11] == "n" { Normalization::None } else { Normalization::Implied },
                sign_location: byte(5),
                exponent_location: byte(6),
                exponent_size: byte(7),
                mantissa_location: byte(8),
                mantissa_size: byte(9),
                exponent_bias: number(10).into(),
            };
            Datatype::new(number(1).into(), DatatypeClass::Float(class))
        }
        _ => {
            let (kind, size) = name[name.len() - 2..].split_at(1);
            let (order, size) = (order(&name[..1]), size.parse().unwrap());
            match (kind, size) {
                ("f", 2) => Datatype::float16(order),
                ("f", 4) => Datatype::float32(order),
                ("f", _) => Datatype::float64(order),
                (kind, size) => Datatype::integer(size, kind == "i", order),
            }
        }
    }
}

fn convert(from: &Datatype, to: &Datatype, bytes: &[u8]) -> Vec<u8> {
    let plan = Plan::compile(from, to).unwrap();
    let mut out = vec![0xaa; bytes.len() / plan.source_size() * plan.target_size()];
    plan.run(bytes, &mut out).unwrap();
    out
}

/// The truth of a little-endian machine as this one has it: what matters to the C library is which types are
/// its own, so that on a big-endian machine all is the other way round.
fn here(row: &str) -> String {
    match NATIVE {
        ByteOrder::Little => row.to_owned(),
        _ => row
            .chars()
            .map(|c| {
                if c == '<' {
                    '>'
                } else if c == '>' {
                    '<'
                } else {
                    c
                }
            })
            .collect(),
    }
}

/// Elements in hexadecimal of a row, as [`here`].
fn elements(digits: &str, name: &str, datatype: &Datatype) -> Vec<u8> {
    let mut bytes = hex(digits);
    if NATIVE != ByteOrder::Little && !name.contains(",v,") {
        bytes.chunks_mut(datatype.size as usize).for_each(<[u8]>::reverse);
    }
    bytes
}

#[test]
fn numbers_convert_as_in_the_c_library() {
    let mut failures = Vec::new();
    // The `long double` of x86 is its own on no other machine.
    let is_known = |row: &&str| NATIVE == ByteOrder::Little || !row.contains(X86_LONG_DOUBLE);
    for row in TRUTH.lines().filter(is_known).map(here) {
        let columns: Vec<&str> = row.split(" | ").collect();
        let (from, to) = (datatype(columns[0]), datatype(columns[1]));
        let (bytes, expected) =
            (elements(columns[2], columns[0], &from), elements(columns[3], columns[1], &to));
        let found = convert(&from, &to, &bytes);
        let (a, b) = (from.size as usize, to.size as usize);
        for (at, (found, expected)) in found.chunks(b).zip(expected.chunks(b)).enumerate() {
            if found != expected {
                let source = &bytes[at * a..][..a];
                failures.push(format!(
                    "{} -> {}: {source:02x?} gives {found:02x?}, not {expected:02x?}",
                    columns[0], columns[1]
                ));
            }
        }
    }
    assert!(failures.is_empty(), "{} failures\n{}", failures.len(), failures.join("\n"));
}

/// What the processor's rules make of a value by way of its layout, whatever kernels there are.
fn exact<const N: usize>(from: &Datatype, to: &Datatype, bytes: &[u8]) -> [u8; N] {
    let (a, b) = (Layout::of(from).unwrap().unwrap(), Layout::of(to).unwrap().unwrap());
    let mut out = [0; N];
    b.store(a.load(bytes), &mut out);
    out
}

/// What the C library's rules make of it.
fn soft<const N: usize>(from: &Datatype, to: &Datatype, bytes: &[u8]) -> [u8; N] {
    let (a, b) = (Layout::of(from).unwrap().unwrap(), Layout::of(to).unwrap().unwrap());
    let mut out = [0; N];
    soft::conversion(&a, &b).unwrap()(&a, &b, bytes, &mut out).unwrap();
    out
}

fn run<const N: usize>(from: &Datatype, to: &Datatype, bytes: &[u8]) -> [u8; N] {
    convert(from, to, bytes).try_into().unwrap()
}

proptest! {
    #[test]
    fn layouts_agree_with_the_kernels(value: f64, single: f32, integer: i64) {
        let (double, float) = (Datatype::float64(NATIVE), Datatype::float32(NATIVE));
        let (long, int) = (Datatype::integer(8, true, NATIVE), Datatype::integer(4, false, NATIVE));
        let bytes = value.to_ne_bytes();
        prop_assert_eq!(exact::<4>(&double, &float, &bytes), run::<4>(&double, &float, &bytes));
        prop_assert_eq!(exact::<8>(&double, &long, &bytes), run::<8>(&double, &long, &bytes));
        prop_assert_eq!(exact::<4>(&double, &int, &bytes), run::<4>(&double, &int, &bytes));
        let bytes = single.to_ne_bytes();
        prop_assert_eq!(exact::<8>(&float, &double, &bytes), run::<8>(&float, &double, &bytes));
        let half = Datatype::float16(NATIVE);
        let found = exact::<2>(&float, &half, &bytes);
        prop_assert_eq!(found, run::<2>(&float, &half, &bytes));
        prop_assert_eq!(exact::<4>(&half, &float, &found), run::<4>(&half, &float, &found));
        let bytes = integer.to_ne_bytes();
        prop_assert_eq!(exact::<8>(&long, &double, &bytes), run::<8>(&long, &double, &bytes));
        prop_assert_eq!(exact::<4>(&long, &float, &bytes), run::<4>(&long, &float, &bytes));
        prop_assert_eq!(exact::<4>(&long, &int, &bytes), run::<4>(&long, &int, &bytes));
    }

    #[test]
    fn the_librarys_rules_agree_with_their_kernels(bits: u64, near in -3_i8..3) {
        use ByteOrder::{Big, Little};
        let edges = [f64::from(f32::MAX), f64::from(f32::MIN_POSITIVE), 9.3e18, 4.3e9, -0.5, 0.0];
        let near = f64::from(near).mul_add(f64::EPSILON, 1.0) * edges[bits as usize % edges.len()];
        let (double, float) = (Datatype::float64(Big), Datatype::float32(Little));
        let (long, word) = (Datatype::integer(8, true, Little), Datatype::integer(2, false, Little));
        for value in [f64::from_bits(bits), near, near * f64::from_bits(bits >> 12 | 0x3ff << 52)] {
            let bytes = value.to_be_bytes();
            prop_assert_eq!(soft::<4>(&double, &float, &bytes), run::<4>(&double, &float, &bytes));
            prop_assert_eq!(soft::<8>(&double, &long, &bytes), run::<8>(&double, &long, &bytes));
            prop_assert_eq!(soft::<2>(&double, &word, &bytes), run::<2>(&double, &word, &bytes));
            let single = (value as f32).to_le_bytes();
            prop_assert_eq!(soft::<8>(&float, &double, &single), run::<8>(&float, &double, &single));
        }
    }

    #[test]
    fn wider_layouts_keep_every_double(bits: u64) {
        let value = f64::from_bits(bits);
        prop_assume!(!value.is_nan());
        let double = Datatype::float64(ByteOrder::Little);
        for wide in ["f,16,>,0,128,127,112,15,0,112,16383,i", "f,16,<,0,80,79,64,15,0,64,16383,n"] {
            let wide = datatype(wide);
            let stored = exact::<16>(&double, &wide, &value.to_le_bytes());
            prop_assert_eq!(exact::<8>(&wide, &double, &stored), value.to_le_bytes());
        }
    }

    #[test]
    fn single_precision_is_rounded_to_nearest_even(bits in any::<u64>()) {
        let value = f64::from_bits(bits);
        prop_assume!(value.abs() <= f64::from(f32::MAX));
        let (double, float) = (Datatype::float64(ByteOrder::Little), Datatype::float32(ByteOrder::Big));
        prop_assert_eq!(exact::<4>(&double, &float, &value.to_le_bytes()), (value as f32).to_be_bytes());
    }

    #[test]
    fn hostile_number_types_are_errors_not_panics(
        size in 0_u32..40, offset in any::<u16>(), precision in any::<u16>(),
        places in any::<[u8; 5]>(), bias in any::<u32>(), vax: bool, explicit: bool, bytes in vec(any::<u8>(), 40),
    ) {
        let normalization = match (vax, explicit) {
            (_, true) => Normalization::None,
            (true, false) => Normalization::AlwaysSet,
            (false, false) => Normalization::Implied,
        };
        let class = FloatType {
            order: if vax { ByteOrder::Vax } else { ByteOrder::Big },
            bit_offset: offset % 70,
            precision: precision % 300,
            low_padding: true,
            high_padding: true,
            internal_padding: false,
            normalization,
            sign_location: places[0],
            exponent_location: places[1] % 64,
            exponent_size: places[2] % 40,
            mantissa_location: places[3] % 64,
            mantissa_size: places[4] % 130,
            exponent_bias: bias,
        };
        let hostile = Datatype::new(size, DatatypeClass::Float(class));
        let odd = DatatypeClass::Integer(IntegerType {
            order: ByteOrder::Big,
            signed: vax,
            bit_offset: offset % 70,
            precision: precision % 140,
            low_padding: true,
            high_padding: true,
        });
        let types = [Datatype::new(size, odd), Datatype::float64(ByteOrder::Little), Datatype::of::<i32>()];
        let pairs = types.iter().flat_map(|other| [(&hostile, other), (other, &hostile), (&types[0], other)]);
        for (from, to) in pairs {
            if let Ok(plan) = Plan::compile(from, to) {
                let mut out = vec![0; plan.target_size()];
                let _ = plan.run(&bytes[..plan.source_size()], &mut out);
            }
        }
    }
}

#[test]
fn not_a_number_stays_one_and_is_no_integer() {
    use ByteOrder::{Big, Little};
    let nan = f64::NAN.to_le_bytes();
    let double = Datatype::float64(Little);
    for integer in ["i1", "<u2", ">i4", "<u8", "i,4,<,3,20,0,0"] {
        assert!(convert(&double, &datatype(integer), &nan).iter().all(|&byte| byte == 0), "{integer}");
    }
    for name in ["<f2", ">f4", "f,16,<,0,80,79,64,15,0,64,16383,n", "f,1,<,0,8,7,2,5,0,2,15,i"] {
        let stored = convert(&double, &datatype(name), &nan);
        let back = run::<8>(&datatype(name), &Datatype::float64(Big), &stored);
        assert!(f64::from_be_bytes(back).is_nan(), "{name}");
    }
}

#[test]
fn elements_larger_than_a_block_and_with_gaps_convert() {
    let values: Vec<(i8, u32, f64)> = (0..700).map(|at| (at as i8, at * 1000, f64::from(at) / 4.0)).collect();
    let mut heap = crate::Heap::new();
    let images = crate::types::sequence::encode_images(&values, &mut heap).unwrap();
    let swapped: Vec<Member> = [("2", Datatype::float32(ByteOrder::Big)), ("0", datatype(">i2"))]
        .into_iter()
        .enumerate()
        .map(|(at, (name, datatype))| Member::new(name, at as u32 * 8 + 2, datatype))
        .collect();
    let target = Datatype::compound(swapped, 16).unwrap();
    let plan = Plan::compile(&Datatype::of::<(i8, u32, f64)>(), &target).unwrap();
    let mut out = vec![0xee; 700 * 16];
    plan.run(&images, &mut out).unwrap();
    for ((a, _, c), out) in values.iter().zip(out.chunks(16)) {
        let mut expected = [0; 16];
        expected[2..6].copy_from_slice(&(*c as f32).to_be_bytes());
        expected[10..12].copy_from_slice(&i16::from(*a).to_be_bytes());
        assert_eq!(out, expected);
    }
}
