//! Tests of the datatype codec, and the strategy of datatypes that other tests use.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use super::*;
use crate::format::testing::{check_bytes, decode, hex, structure_tests};
use crate::format::{Widths, encode};
use proptest::prelude::*;

fn orders() -> impl Strategy<Value = ByteOrder> {
    prop_oneof![Just(ByteOrder::Little), Just(ByteOrder::Big)]
}

fn strings() -> impl Strategy<Value = StringType> {
    let padding = [StringPadding::NullTerminated, StringPadding::NullPadded, StringPadding::SpacePadded];
    (0..3_usize, prop_oneof![Just(CharacterSet::Ascii), Just(CharacterSet::Utf8)])
        .prop_map(move |(at, charset)| StringType { padding: padding[at], charset })
}

fn integers() -> impl Strategy<Value = Datatype> {
    (1..=16_u32, orders(), any::<[bool; 3]>(), 0..8_u16).prop_map(|(size, order, flags, bit_offset)| {
        let [signed, low_padding, high_padding] = flags;
        let precision = size as u16 * 8 - bit_offset;
        let class = IntegerType { order, signed, bit_offset, precision, low_padding, high_padding };
        Datatype::new(size, DatatypeClass::Integer(class))
    })
}

fn floats() -> impl Strategy<Value = Datatype> {
    prop_oneof![
        orders().prop_map(Datatype::float16),
        orders().prop_map(Datatype::bfloat16),
        orders().prop_map(Datatype::float32),
        orders().prop_map(Datatype::float64),
        Just(Datatype::float64(ByteOrder::Vax)),
    ]
}

fn simple() -> impl Strategy<Value = Datatype> {
    let references = prop_oneof![
        Just(Datatype::object_reference()),
        Just(Datatype::region_reference()),
        Just(Datatype::new(18, DatatypeClass::Reference(ReferenceType::StandardObject))),
        Just(Datatype::new(18, DatatypeClass::Reference(ReferenceType::StandardRegion))),
        Just(Datatype::new(18, DatatypeClass::Reference(ReferenceType::StandardAttribute))),
    ];
    prop_oneof![
        integers(),
        floats(),
        (orders(), 1..64_u16)
            .prop_map(|(order, precision)| { Datatype::new(8, DatatypeClass::Time { order, precision }) }),
        (1..300_u32, strings()).prop_map(|(len, string)| Datatype::fixed_string(len, string)),
        strings().prop_map(Datatype::var_len_string),
        (1..9_u32, orders()).prop_map(|(size, order)| Datatype::bitfield(size, order)),
        (1..9_u32, "[a-z]{0,17}").prop_map(|(len, tag)| Datatype::opaque(len, tag)),
        references,
        floats().prop_map(|base| Datatype::complex(base).unwrap()),
        Just(Datatype::boolean()),
        (integers(), prop::collection::vec(("[^\0]{0,9}", any::<u64>()), 0..5)).prop_map(
            |(base, members)| {
                let value =
                    |value: u64| value.to_le_bytes().into_iter().cycle().take(base.size as usize).collect();
                let members = members.into_iter().map(|(name, number)| (name, value(number))).collect();
                Datatype::enumeration(base.clone(), members).unwrap()
            }
        ),
    ]
}

/// Any datatype, as this crate makes them.
pub(crate) fn datatypes() -> impl Strategy<Value = Datatype> {
    simple().prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            inner.clone().prop_map(Datatype::var_len),
            (inner.clone(), prop::collection::vec(1..4_u32, 1..4))
                .prop_map(|(base, dims)| Datatype::array(base, &dims).unwrap()),
            prop::collection::vec(("[^\0]{0,9}", inner, 0..9_u32), 1..4).prop_map(|members| {
                let mut end = 0;
                let members = members
                    .into_iter()
                    .map(|(name, datatype, gap)| {
                        let member = Member::new(name, end + gap, datatype);
                        end = member.offset + member.datatype.size;
                        member
                    })
                    .collect();
                Datatype::compound(members, end).unwrap()
            }),
        ]
    })
}

structure_tests! {
    datatype: Datatype, context = (), values = datatypes(),
    real = [
        // libver earliest: bool, enum, arr, cplx, f16, fix, nest, opaque, ref, reg, tag8, tagged,
        // time, vlarr, vlen, vlstr, big.
        "180200000100000010080000010000000000080046414c5345000000545255450000000000010000",
        "1803000002000000100900000200000000001000424c554500000000475245454e000000524544000000000001f40001
         0000000000000000",
        "2a00000018000000020000000200000003000000000000000100000011201f000400000000002000170800177f000000",
        "160200000800000072000000000000000000000000000000000000000000000000000000000000000000000000000000
         11201f000400000000002000170800177f00000069000000000000000400000000000000000000000000000000000000
         00000000000000000000000011201f000400000000002000170800177f000000",
        "11210f0002000000000010000a05000a0f00000000000000",
        "1311000007000000",
        "2604000020000000696e0000000000000000000026020000100000007800000000000000000000001008000001000000
         000008006c6f6e6765726e616d650000000000000800000011203f000800000000004000340b0034ff03000061727200
         00000000100000002a000000060000000100000003000000000000001008000002000000000010007300000000000000
         160000001301000003000000650000000000000019000000180200000100000010000000010000000000080041000000
         00000000420000000000000000010000",
        "1500000005000000",
        "1700000008000000",
        "170100000c000000",
        "150800000400000065786163746c7938",
        "15100000080000004e554d50593a3c4d385b75735d000000",
        "12000000040000002000000000000000",
        "290000001000000026010000020000006100000000000000000000002a00000002000000010000000200000000000000
         10000000010000000000080000000000",
        "190000001000000010010000040000000000200000000000",
        "190101001000000010000000010000000000080000000000",
        "160200002d01000061000000000000000000000000000000000000000000000000000000000000000000000000000000
         130100002c01000062000000000000002c01000000000000000000000000000000000000000000000000000000000000
         10000000010000000000080000000000",
        // libver v110: COMPLEX_IEEE_F32BE, arr, big, bits, bool, cplx, enum, int17, nest, vlarr.
        "5b0100000800000011211f000400000000002000170800177f000000",
        "3a0000001800000002020000000300000011201f000400000000002000170800177f000000",
        "360200002d01000061000000130100002c01000062002c01100000000100000000000800",
        "140100000200000000001000",
        "380200000100000010080000010000000000080046414c53450054525545000001",
        "360200000800000072000011201f000400000000002000170800177f00000069000411201f0004000000000020001708
         00177f000000",
        "3803000002000000100900000200000000001000424c554500475245454e005245440001f400010000",
        "100a00000400000004001100",
        "3604000020000000696e000036020000100000007800001008000001000000000008006c6f6e6765726e616d65000811
         203f000800000000004000340b0034ff03000061727200103a0000000600000001030000001008000002000000000010
         0073001613010000030000006500193802000001000000100000000100000000000800410042000001",
        "390000001000000036010000020000006100003a000000020000000102000000100000000100000000000800",
        // libver latest: nest, vlarr.
        "5604000020000000696e000056020000100000007800001008000001000000000008006c6f6e6765726e616d65000811
         203f000800000000004000340b0034ff03000061727200105a0000000600000001030000001008000002000000000010
         0073001613010000030000006500195802000001000000100000000100000000000800410042000001",
        "590000001000000056010000020000006100005a000000020000000102000000100000000100000000000800",
        // Brain float, FP8 E4M3, reference of HDF5 1.12, VAX F and D floats.
        "11200f000200000000001000070800077f000000",
        "1120070001000000000008000304000307000000",
        "4712000012000000",
        "31611f0004000000000020001708001781000000",
        "31613f000800000000004000340b003401040000",
    ],
    checksum = false
}

/// The bytes that HDF5 2.0 writes with the bounds v110 (or that it needs at least).
#[test]
fn made_types_are_written_as_the_c_library_writes_them() {
    use ByteOrder::{Big, Little};
    let utf8 = |padding| StringType { padding, charset: CharacterSet::Utf8 };
    let members = |names: &[(&str, &[u8])]| {
        names.iter().map(|(name, value)| ((*name).to_owned(), value.to_vec())).collect::<Vec<_>>()
    };
    let made = [
        (Datatype::integer(4, false, Big), "100100000400000000002000"),
        (Datatype::float32(Little), "11201f000400000000002000170800177f000000"),
        (Datatype::float16(Big), "11210f0002000000000010000a05000a0f000000"),
        (Datatype::bfloat16(Little), "11200f000200000000001000070800077f000000"),
        (Datatype::float64(Little), "11203f000800000000004000340b0034ff030000"),
        (Datatype::fixed_string(7, utf8(StringPadding::NullPadded)), "1311000007000000"),
        (
            Datatype::var_len_string(utf8(StringPadding::NullTerminated)),
            "1901010010000000 100000000100000000000800",
        ),
        (Datatype::var_len(Datatype::integer(4, false, Big)), "1900000010000000 100100000400000000002000"),
        (Datatype::boolean(), "3802000001000000 100800000100000000000800 46414c534500 5452554500 0001"),
        (
            Datatype::enumeration(
                Datatype::integer(2, true, Big),
                members(&[("BLUE", &[1, 0xf4]), ("GREEN", &[0, 1]), ("RED", &[0, 0])]),
            )
            .unwrap(),
            "3803000002000000 100900000200000000001000 424c554500 475245454e00 52454400 01f400010000",
        ),
        (
            Datatype::array(Datatype::float32(Little), &[2, 3]).unwrap(),
            "3a00000018000000 02 02000000 03000000 11201f000400000000002000170800177f000000",
        ),
        (
            Datatype::compound(
                vec![
                    Member::new("r", 0, Datatype::float32(Little)),
                    Member::new("i", 4, Datatype::float32(Little)),
                ],
                8,
            )
            .unwrap(),
            "3602000008000000 720000 11201f000400000000002000170800177f000000
             690004 11201f000400000000002000170800177f000000",
        ),
        (Datatype::opaque(8, "NUMPY:<M8[us]"), "1510000008000000 4e554d50593a3c4d385b75735d000000"),
        (Datatype::opaque(4, "exactly8"), "1508000004000000 65786163746c7938"),
        (Datatype::bitfield(2, Big), "140100000200000000001000"),
        (
            Datatype::complex(Datatype::float32(Big)).unwrap(),
            "5b01000008000000 11211f000400000000002000170800177f000000",
        ),
        (Datatype::object_reference(), "1700000008000000"),
        (Datatype::region_reference(), "170100000c000000"),
        (Datatype::new(18, DatatypeClass::Reference(ReferenceType::StandardObject)), "4712000012000000"),
    ];
    for (datatype, bytes) in made {
        assert_eq!(encode(&datatype, &(), Widths::default()).unwrap(), hex(bytes), "{datatype:?}");
    }
}

/// A file's own versions are kept; in another file the lowest do.
#[test]
fn versions_when_copied() {
    // Compound of a compound with an array, by HDF5 2.0 with "latest": version 5 throughout.
    let latest = hex(
        "5900000010000000 5601000002000000 6100 00 5a00000002000000 01 02000000 100000000100000000000800",
    );
    let datatype: Datatype = decode(&latest, &(), Widths::default()).unwrap();
    let copied = encode(&datatype.with_minimum_version(), &(), Widths::default()).unwrap();
    assert_eq!(
        copied,
        hex(
            "3900000010000000 3601000002000000 6100 00 3a00000002000000 01 02000000 100000000100000000000800"
        )
    );
}

/// Version 1 members with dimensions are arrays, and are written as such dimensions again.
#[test]
fn array_members_of_version_1() {
    let dims = "02 000000 00000000 00000000 02000000 03000000 00000000 00000000";
    let text = format!("1601000018000000 6100000000000000 00000000 {dims} 100800000400000000002000");
    check_bytes::<Datatype>(&hex(&text), &(), Widths::default());
    let datatype: Datatype = decode(&hex(&text), &(), Widths::default()).unwrap();
    let DatatypeClass::Compound(compound) = &datatype.class else { panic!("a compound") };
    let DatatypeClass::Array(array) = &compound.members[0].datatype.class else { panic!("an array") };
    assert_eq!((&array.dims[..], compound.members[0].datatype.size), (&[2, 3][..], 24));
    // In another file it is a version 3 compound of an array type.
    check_bytes::<Datatype>(
        &encode(&datatype.with_minimum_version(), &(), Widths::default()).unwrap(),
        &(),
        Widths::default(),
    );
}

#[test]
fn reserved_bits_are_kept() {
    check_bytes::<Datatype>(&hex("1008f0ff0400000000002000"), &(), Widths::default());
    check_bytes::<Datatype>(&hex("11601f000400000000002000170800177f000000"), &(), Widths::default());
}

#[test]
fn what_early_libraries_wrote_with_other_versions_is_read() {
    let array = "0000000c000000 01 000000 03000000 00000000 100800000400000000002000";
    let read = |version: &str| decode::<Datatype>(&hex(&format!("{version}{array}")), &(), Widths::default());
    let (old, new) = (read("1a").unwrap(), read("2a").unwrap());
    assert_eq!(old, new);
    assert_eq!(encode(&old, &(), Widths::default()).unwrap(), encode(&new, &(), Widths::default()).unwrap());
    let reference = decode::<Datatype>(&hex("1712000012000000"), &(), Widths::default()).unwrap();
    assert_eq!(reference.class, DatatypeClass::Reference(ReferenceType::StandardObject));
}

#[test]
fn hostile_datatypes_are_refused() {
    let sequences = "1900000010000000".repeat(100_000);
    let cases = [
        (&sequences[..], "nest too deep"),
        ("100800000000000000002000", "the size is 0"),
        ("100800000400000000002100", "significant bits"),
        ("1600000004000000", "without members"),
        ("3601000004000000 6100 04 100800000400000000002000", "reaches past"),
        ("3a00000018000000 02 ffffffff ffffffff 100800000400000000002000", "not that of the array"),
        ("3802000002000000 100800000100000000000800", "no integer type of its size"),
        ("1c00000004000000", "class 12"),
        ("6008000004000000", "version 6"),
        ("1704000008000000", "reference type 4"),
    ];
    for (bytes, message) in cases {
        let error = decode::<Datatype>(&hex(bytes), &(), Widths::default()).unwrap_err();
        assert!(error.to_string().contains(message), "{error}");
    }
}

/// Text that is not UTF-8 can be shown, but is not written back changed.
#[test]
fn names_that_are_not_utf8() {
    let bytes = hex("3601000004000000 e900 00 100800000400000000002000");
    let datatype: Datatype = decode(&bytes, &(), Widths::default()).unwrap();
    let DatatypeClass::Compound(compound) = &datatype.class else { panic!("a compound") };
    assert_eq!(compound.members[0].name, "\u{fffd}");
    assert!(encode(&datatype, &(), Widths::default()).is_err());
}
