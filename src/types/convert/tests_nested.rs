//! Conversions of strings, enumerations, compounds, arrays and bit fields.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::format::message::datatype::tests::datatypes;
use crate::format::message::datatype::{
    ByteOrder, CharacterSet, CompoundType, Member, StringPadding, StringType,
};
use crate::types::decode_all;
use crate::types::elements::memory_type;
use crate::{ErrorKind, FixedAscii, FixedUnicode, H5Type, Heap};

/// No global heap.
struct Nothing;

impl VarLenWrite for Nothing {
    fn write(&mut self, _: &[u8]) -> Result<HeapId> {
        Err(Error::format("there is no heap"))
    }
}

impl VarLenRead for Nothing {
    fn read(&self, _: HeapId, _: &mut dyn FnMut(&[u8]) -> Result<()>) -> Result<()> {
        Err(Error::format("there is no heap"))
    }
}

fn read<T: H5Type>(file: &Datatype, bytes: &[u8]) -> Result<Vec<T>> {
    let plan = Plan::compile(file, &T::datatype())?;
    decode_all(&plan, bytes, bytes.len() / file.size as usize, &Nothing)
}

fn write<T: crate::H5Write>(values: &[T], file: &Datatype) -> Result<Vec<u8>> {
    crate::types::encode_all(values, file, None).map(std::borrow::Cow::into_owned)
}

fn kind<T>(result: Result<T>) -> Option<ErrorKind> {
    result.err().map(|error| error.kind())
}

fn string(len: u32, padding: StringPadding, charset: CharacterSet) -> Datatype {
    Datatype::fixed_string(len, StringType { padding, charset })
}

const PADDINGS: [StringPadding; 3] =
    [StringPadding::NullTerminated, StringPadding::NullPadded, StringPadding::SpacePadded];

#[test]
fn fixed_strings_lose_their_padding() {
    // As the C library; what follows a NUL within NUL-padded text is text where it has no conversion.
    let bytes = b"ab\0\0\0\0ab    abcdefa\0c\0\0\0";
    let expected = [["ab", "ab    ", "abcdef", "a"], ["ab", "ab    ", "abcdef", "a\0c"]];
    for (padding, expected) in PADDINGS.into_iter().zip(expected) {
        let file = string(6, padding, CharacterSet::Ascii);
        assert_eq!(read::<String>(&file, bytes).unwrap(), expected);
        let fixed: Vec<FixedAscii<8>> = read(&file, bytes).unwrap();
        let cut = expected.map(|text| text.split('\0').next().unwrap());
        assert!(fixed.iter().map(|text| text.as_str()).eq(cut));
        let short: Vec<FixedAscii<2>> = read(&file, bytes).unwrap();
        assert!(short.iter().map(|text| text.as_str()).eq(["ab", "ab", "ab", "a"]));
    }
    let spaces = string(4, StringPadding::SpacePadded, CharacterSet::Utf8);
    assert_eq!(read::<String>(&spaces, b"ab      c   ").unwrap(), ["ab", "", "c"]);
    let raw: Vec<Vec<u8>> = read(&spaces, b"ab  \xff   ").unwrap();
    assert_eq!(raw, [b"ab".to_vec(), b"\xff".to_vec()]);
    assert_eq!(read::<[u8; 4]>(&spaces, b"ab  ").unwrap(), [*b"ab  "]);
    assert_eq!(kind(read::<String>(&spaces, b"a\xff  ")), Some(ErrorKind::TypeMismatch));
    assert_eq!(kind(read::<FixedAscii<9>>(&spaces, "ö  ".as_bytes())), Some(ErrorKind::TypeMismatch));
    assert_eq!(kind(read::<FixedAscii<1>>(&spaces, b"ab  ")), Some(ErrorKind::TypeMismatch));
    assert_eq!(kind(read::<i32>(&spaces, b"ab  ")), Some(ErrorKind::TypeMismatch));
}

#[test]
fn fixed_strings_hold_what_fits() {
    let utf8 = CharacterSet::Utf8;
    let expected: [&[u8]; 3] = [b"ab\0\0", b"ab\0\0", b"ab  "];
    for (padding, expected) in PADDINGS.into_iter().zip(expected) {
        let file = string(4, padding, utf8);
        assert_eq!(write(&["ab"], &file).unwrap(), expected);
        assert_eq!(write(&["ab".parse::<FixedUnicode<7>>().unwrap()], &file).unwrap(), expected);
        assert_eq!(kind(write(&["abcde"], &file)), Some(ErrorKind::TypeMismatch));
        let full = write(&["abcd"], &file);
        assert_eq!(full.is_err(), padding == StringPadding::NullTerminated);
        assert_eq!(write(&["a\0"], &file).is_ok(), padding == StringPadding::SpacePadded);
    }
    let ascii = string(4, StringPadding::NullPadded, CharacterSet::Ascii);
    assert_eq!(kind(write(&["ö"], &ascii)), Some(ErrorKind::TypeMismatch));
    assert_eq!(kind(write(&[1_u8], &ascii)), Some(ErrorKind::TypeMismatch));
    assert_eq!(kind(write(&[[97_u8; 4]], &ascii)), Some(ErrorKind::TypeMismatch));
}

fn enumeration(base: Datatype, members: &[(&str, &[u8])]) -> Datatype {
    let members = members.iter().map(|(name, value)| ((*name).to_owned(), value.to_vec())).collect();
    Datatype::enumeration(base, members).unwrap()
}

#[test]
fn enumerations_convert_by_name_and_to_numbers_by_value() {
    let wide = Datatype::integer(2, true, ByteOrder::Big);
    let a = enumeration(wide, &[("A", &[0, 1]), ("B", &[1, 44]), ("C", &[255, 254])]);
    let narrow = Datatype::integer(1, true, ByteOrder::Little);
    let b = enumeration(narrow.clone(), &[("C", &[7]), ("A", &[9]), ("B", &[255])]);
    let plan = Plan::compile(&a, &b).unwrap();
    let mut out = [0; 3];
    plan.run(&[0, 1, 1, 44, 255, 254], &mut out).unwrap();
    assert_eq!(out, [9, 255, 7]);
    assert_eq!(kind(plan.run(&[0, 5], &mut [0])), Some(ErrorKind::TypeMismatch));
    Plan::compile(&a, &narrow).unwrap().run(&[0, 1, 1, 44, 255, 254], &mut out).unwrap();
    assert_eq!(out, [1, 127, 254]);
    assert_eq!(kind(Plan::compile(&enumeration(narrow, &[("X", &[1])]), &a)), Some(ErrorKind::TypeMismatch));
}

#[test]
fn booleans_are_read_from_what_means_one() {
    let byte = Datatype::integer(1, false, ByteOrder::Little);
    let r = enumeration(byte.clone(), &[("FALSE", &[0]), ("TRUE", &[1]), ("NA", &[2])]);
    assert_eq!(read::<bool>(&r, &[1, 0]).unwrap(), [true, false]);
    assert_eq!(kind(read::<bool>(&r, &[2])), Some(ErrorKind::TypeMismatch));
    let bits = Datatype::bitfield(1, ByteOrder::Little);
    for file in [byte, bits, Datatype::integer(4, true, ByteOrder::Big)] {
        let size = file.size as usize;
        let element = |last: u8| [vec![0; size - 1], vec![last]].concat();
        assert_eq!(read::<bool>(&file, &[element(1), element(0)].concat()).unwrap(), [true, false]);
        assert_eq!(kind(read::<bool>(&file, &element(2))), Some(ErrorKind::TypeMismatch));
        assert_eq!(kind(read::<bool>(&file, &vec![0x80; size])), Some(ErrorKind::TypeMismatch));
    }
    assert_eq!(kind(read::<bool>(&Datatype::of::<f32>(), &[0; 4])), Some(ErrorKind::TypeMismatch));
    assert_eq!(write(&[true], &Datatype::of::<i16>()).unwrap(), 1_i16.to_ne_bytes());
}

#[test]
fn bit_fields_lose_no_bits() {
    let bits = Datatype::bitfield(2, ByteOrder::Little);
    assert_eq!(read::<u16>(&bits, &[0xff, 1]).unwrap(), [0x1ff]);
    assert_eq!(read::<u32>(&bits, &[0xff, 1]).unwrap(), [0x1ff]);
    assert_eq!(read::<u8>(&bits, &[5, 0]).unwrap(), [5]);
    assert_eq!(kind(read::<u8>(&bits, &[5, 1])), Some(ErrorKind::TypeMismatch));
    assert_eq!(kind(read::<f32>(&bits, &[5, 1])), Some(ErrorKind::TypeMismatch));
}

#[test]
fn compounds_are_gathered_by_name() {
    let members = vec![
        Member::new("x", 0, Datatype::integer(4, true, ByteOrder::Little)),
        Member::new("y", 4, Datatype::float64(ByteOrder::Big)),
        Member::new("z", 12, string(3, StringPadding::NullPadded, CharacterSet::Ascii)),
    ];
    let file = Datatype::compound(members, 15).unwrap();
    let element = [&300_i32.to_le_bytes()[..], &1.5_f64.to_be_bytes(), b"ab\0"].concat();
    let target = |name: &str, datatype: Datatype| Datatype::compound(vec![Member::new(name, 0, datatype)], 8);
    let plan = Plan::compile(&file, &target("x", Datatype::of::<i8>()).unwrap()).unwrap();
    let mut out = [9; 8];
    plan.run(&element, &mut out).unwrap();
    assert_eq!(out, [127, 0, 0, 0, 0, 0, 0, 0], "bytes of no member are zero");
    let missing = Plan::compile(&file, &target("w", Datatype::of::<i8>()).unwrap()).unwrap_err();
    assert!(missing.kind() == ErrorKind::TypeMismatch && missing.to_string().contains("\"w\""));
    let wrong = Plan::compile(&file, &target("z", Datatype::of::<i8>()).unwrap()).unwrap_err();
    assert!(wrong.kind() == ErrorKind::TypeMismatch && wrong.to_string().contains("member \"z\""));
    let members = vec![Member::new("x", u32::MAX, Datatype::of::<u16>())];
    let outside = Datatype::new(2, DatatypeClass::Compound(CompoundType { members }));
    let wanted = target("x", Datatype::of::<u8>()).unwrap();
    assert_eq!(kind(Plan::compile(&outside, &wanted)), Some(ErrorKind::Format));
}

proptest! {
    #[test]
    fn any_two_types_convert_or_are_refused(
        a in datatypes(), b in datatypes(), bytes in vec(any::<u8>(), 1..200), write: bool,
    ) {
        let (a, b) = if write { (memory_type(&a), b) } else { (a, memory_type(&b)) };
        for target in [&b, &a] {
            let plan = if write { Plan::compile_write(&a, target) } else { Plan::compile(&a, target) };
            let Ok(plan) = plan else { continue };
            if plan.target_size().max(plan.source_size()) > 1 << 20 {
                continue;
            }
            let element: Vec<u8> = bytes.iter().copied().cycle().take(plan.source_size()).collect();
            let mut out = vec![0; plan.target_size()];
            let (mut heap, nothing) = (Heap::new(), &mut Nothing);
            let context = &mut match write {
                true => Context::Write { heap: &heap, objects: nothing },
                false => Context::Read { objects: nothing, heap: &mut heap },
            };
            let _ = plan.run_with(&element, &mut out, context);
        }
    }
}

#[cfg(feature = "num-complex")]
#[test]
fn complex_numbers_have_three_forms() {
    use num_complex::Complex;
    let float = Datatype::float32(ByteOrder::Big);
    let value = [1.5_f32.to_be_bytes(), (-2.0_f32).to_be_bytes()].concat();
    let named = |a: &str, b: &str| {
        Datatype::compound(vec![Member::new(a, 0, float.clone()), Member::new(b, 4, float.clone())], 8)
            .unwrap()
    };
    let class = Datatype::complex(float.clone()).unwrap();
    for file in [class.clone(), named("r", "i"), named("real", "imag"), named("re", "im")] {
        assert_eq!(read::<Complex<f64>>(&file, &value).unwrap(), [Complex::new(1.5, -2.0)]);
        assert_eq!(write(&[Complex::new(1.5_f64, -2.0)], &file).unwrap(), value);
    }
    assert!(read::<Complex<f64>>(&named("r", "x"), &value).is_err());
    let plan = Plan::compile(&named("r", "i"), &class).unwrap();
    assert!(plan.is_copy(), "the bytes are the same");
}

#[test]
fn real_parts_convert_as_numbers() {
    let class = Datatype::complex(Datatype::float32(ByteOrder::Big)).unwrap();
    let value = [1.5_f32.to_be_bytes(), (-2.0_f32).to_be_bytes()].concat();
    assert_eq!(read::<f64>(&class, &value).unwrap(), [1.5]);
    assert_eq!(read::<i8>(&class, &value).unwrap(), [1]);
    assert_eq!(write(&[1.5_f64], &class).unwrap(), [&value[..4], &[0; 4]].concat());
    let wider = Datatype::complex(Datatype::float64(ByteOrder::Big)).unwrap();
    assert_eq!(kind(read::<[f32; 2]>(&wider, &[0; 16])), Some(ErrorKind::TypeMismatch));
    let native = Datatype::complex(Datatype::of::<f32>()).unwrap();
    assert_eq!(write(&[[1.0_f32, 2.0]], &native).unwrap(), [1.0_f32, 2.0].map(f32::to_ne_bytes).concat());
    let parts = [Member::new("r", 0, Datatype::of::<f32>()), Member::new("i", 4, Datatype::of::<f32>())];
    let compound = Datatype::compound(parts.to_vec(), 8).unwrap();
    assert_eq!(kind(Plan::compile(&compound, &Datatype::of::<f32>())), Some(ErrorKind::TypeMismatch));
}

#[test]
fn arrays_need_the_same_shape() {
    let pairs = Datatype::array(Datatype::integer(2, true, ByteOrder::Big), &[3, 2]).unwrap();
    let bytes: Vec<u8> = (0..24).collect();
    let values: Vec<[[i32; 2]; 3]> = read(&pairs, &bytes).unwrap();
    assert_eq!(values[1][2], [0x1415, 0x1617]);
    assert_eq!(write(&values, &pairs).unwrap(), bytes);
    assert_eq!(kind(read::<[[i32; 3]; 2]>(&pairs, &bytes)), Some(ErrorKind::TypeMismatch));
    assert_eq!(kind(read::<[i32; 6]>(&pairs, &bytes)), Some(ErrorKind::TypeMismatch));
    let nested = Datatype::array(Datatype::array(Datatype::of::<u8>(), &[2]).unwrap(), &[3]).unwrap();
    assert_eq!(read::<[[u8; 2]; 3]>(&nested, &[1, 2, 3, 4, 5, 6]).unwrap(), [[[1, 2], [3, 4], [5, 6]]]);
    let mut lying = pairs;
    lying.size = 11;
    assert_eq!(kind(read::<[[i32; 2]; 3]>(&lying, &bytes[..11])), Some(ErrorKind::Format));
}

#[test]
fn the_rest_is_bytes() {
    let opaque = Datatype::opaque(3, "note");
    assert_eq!(read::<[u8; 3]>(&opaque, &[1, 2, 3]).unwrap(), [[1, 2, 3]]);
    assert_eq!(read::<Vec<u8>>(&opaque, &[1, 2, 3]).unwrap(), [[1, 2, 3]]);
    assert_eq!(kind(read::<[u8; 2]>(&opaque, &[1, 2, 3])), Some(ErrorKind::TypeMismatch));
    assert_eq!(kind(Plan::compile(&opaque, &Datatype::opaque(3, "other"))), Some(ErrorKind::TypeMismatch));
    let reference = Datatype::object_reference();
    assert!(Plan::compile(&reference, &reference).unwrap().is_copy());
    assert_eq!(read::<[u8; 8]>(&reference, &[7; 8]).unwrap(), [[7; 8]]);
    assert_eq!(kind(Plan::compile(&reference, &Datatype::region_reference())), Some(ErrorKind::TypeMismatch));
    let error = Plan::compile(&reference, &Datatype::of::<f32>()).unwrap_err();
    assert!(error.to_string().contains("object reference does not convert to float32"), "{error}");
}
