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
