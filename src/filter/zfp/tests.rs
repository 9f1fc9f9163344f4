#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use proptest::prelude::*;

use super::super::FilterInfo;
use super::*;
use crate::ErrorKind;
use crate::format::testing::hex;

/// What H5Z-ZFP 1.1.1 with ZFP 1.0.1 made of a chunk, and read from that.
struct Chunk {
    parameters: &'static [u32],
    raw: &'static str,
    stored: &'static str,
    decoded: &'static str,
}

const CHUNKS: [Chunk; 5] = [
    // 32-bit integers, 9 bits each.
    Chunk {
        parameters: &[0x1010_5111, 0x0570_667a, 0x0000_0050, 0x0230_0000],
        raw: "00000000e803000030f8ffffb80b000060f0ffff70110100",
        stored: "000008bf0400b80a80",
        decoded: "80feffff8003000080f8ffff800d000000f0ffff00100100",
    },
    // Doubles of two dimensions, to 0.01.
    Chunk {
        parameters: &[0x1010_5111, 0x0570_667a, 0x1000_0027, 0xcac0_0000],
        raw: "000000000000f83f000000000000024000000000000009c00000000000005940fca9f1d24d62503f0000000000001c40",
        stored: "0d481814432110430048212058002c01a2144b10084d00664980214100000000001002",
        decoded: "000000000000f83f000000000000024000000000000009c000000000fcff5840000000000000543f00000000c0fe1b40",
    },
    // Floats that only reversible mode keeps.
    Chunk {
        parameters: &[0x1010_5111, 0x0570_667a, 0x0000_0042, 0x8800_0000],
        raw: "0000c07f0000807f000000800100000000005040",
        stored: "ff0b000090ff01000000000000000000890a2c5604",
        decoded: "0000c07f0000807f000000800100000000005040",
    },
    // 64-bit integers of three dimensions, expert mode.
    Chunk {
        parameters: &[0x1010_5111, 0x0570_667a, 0x0010_0019, 0xfff0_0010, 0xc095_801d, 0x0008_0d4e],
        raw: "48f4ffffffffffff30f8ffffffffffff18fcffffffffffff0000000000000000e803000000000000d007000000000000\
         b80b000000000000a00f000000000000",
        stored: "00000000000008200005261000001080021338",
        decoded: "40f4ffffffffffff20f8ffffffffffff20fcffffffffffff0000000000000000e003000000000000c007000000000000\
         c00b000000000000a00f000000000000",
    },
    // Floats of four dimensions, one of them 1, with 12 bit planes.
    Chunk {
        parameters: &[0x1010_5111, 0x0570_667a, 0x0010_001a, 0x80b0_0010],
        raw: "00000000abaaaa3eabaa2a3f0000803fabaaaa3f5555d53f0000004055551540",
        stored: "0371800014b840052e50810b54e000",
        decoded: "000000000000ac3e00002a3f0000803f0000ab3f0000d63f0000004000801540",
    },
];

fn decoded(parameters: &[u32], stored: &[u8], len: usize) -> Result<Vec<u8>> {
    let mut output = vec![0xee; len];
    let total = Parameters::new(parameters)?.decode(stored, &mut output, 1 << 16)?;
    assert_eq!(total, len as u64);
    Ok(output)
}

fn encoded(parameters: &[u32], raw: &[u8]) -> Result<Vec<u8>> {
    let mut output = Vec::new();
    Parameters::new(parameters)?.encode(raw, &mut output)?;
    Ok(output)
}

#[test]
fn chunks_of_the_c_library_decode_and_encode_to_the_same_bytes() {
    for chunk in CHUNKS {
        let (raw, stored) = (hex(chunk.raw), hex(chunk.stored));
        assert_eq!(decoded(chunk.parameters, &stored, raw.len()).unwrap(), hex(chunk.decoded));
        assert_eq!(encoded(chunk.parameters, &raw).unwrap(), stored);
    }
}

#[test]
fn a_big_endian_machine_swaps_words_and_elements() {
    let Chunk { parameters, raw, stored, decoded: expected } = &CHUNKS[1];
    let mut swapped: Vec<u32> = parameters.iter().map(|word| word.swap_bytes()).collect();
    swapped[0] = parameters[0];
    let swap = |text| hex(text).chunks(8).flat_map(|bytes| bytes.iter().rev().copied()).collect::<Vec<u8>>();
    assert_eq!(decoded(&swapped, &hex(stored), 48).unwrap(), swap(expected));
    assert_eq!(encoded(&swapped, &swap(raw)).unwrap(), hex(stored));
}

fn prepared(mode: ZfpMode, datatype: &Datatype, chunk: &[u64]) -> Result<Vec<u32>> {
    complete(&FilterInfo::zfp(mode).parameters, &Target { datatype, chunk, fill: None })
}

#[test]
fn modes_become_the_parameters_that_the_c_library_stores() {
    let double = Datatype::float64(ByteOrder::Little);
    let float = Datatype::float32(ByteOrder::Little);
    let integer = |size| Datatype::integer(size, true, ByteOrder::Little);
    let expert = ZfpMode::Expert { min_bits: 30, max_bits: 300, max_precision: 60, min_exponent: -5 };
    assert_eq!(prepared(ZfpMode::Rate(9.0), &integer(4), &[6]).unwrap(), CHUNKS[0].parameters);
    assert_eq!(prepared(ZfpMode::Accuracy(0.01), &double, &[2, 3]).unwrap(), CHUNKS[1].parameters);
    assert_eq!(prepared(ZfpMode::Reversible, &float, &[5]).unwrap(), CHUNKS[2].parameters);
    assert_eq!(prepared(expert, &integer(8), &[2, 2, 2]).unwrap(), CHUNKS[3].parameters);
    assert_eq!(prepared(ZfpMode::Precision(12), &float, &[2, 1, 2, 2]).unwrap(), CHUNKS[4].parameters);
    // The parameters of another dataset keep their mode.
    let target = Target { datatype: &double, chunk: &[7, 7], fill: None };
    let again = complete(CHUNKS[1].parameters, &target).unwrap();
    assert_eq!(again, prepared(ZfpMode::Accuracy(0.01), &double, &[7, 7]).unwrap());
}

#[test]
fn what_zfp_cannot_do_is_refused() {
    let little = ByteOrder::Little;
    let double = Datatype::float64(little);
    let kind = |mode, datatype: &Datatype, chunk: &[u64]| prepared(mode, datatype, chunk).unwrap_err().kind();
    let exact = ZfpMode::Reversible;
    for (mode, datatype, chunk) in [
        (exact, Datatype::integer(2, true, little), &[4][..]),
        (exact, Datatype::float64(ByteOrder::Big), &[4]),
        (exact, Datatype::boolean(), &[4]),
        (exact, double.clone(), &[1, 1]),
        (exact, double.clone(), &[2; 5]),
        (exact, double.clone(), &[1 << 20, 2, 2]),
        (ZfpMode::Rate(-1.0), double.clone(), &[4]),
        (ZfpMode::Rate(f64::NAN), double.clone(), &[4]),
        (ZfpMode::Precision(0), double.clone(), &[4]),
        (ZfpMode::Accuracy(f64::INFINITY), double.clone(), &[4]),
        (ZfpMode::Precision(20), Datatype::integer(4, false, little), &[4]),
    ] {
        assert_eq!(kind(mode, &datatype, chunk), ErrorKind::Usage, "{mode:?} {datatype:?} {chunk:?}");
    }
    assert!(prepared(exact, &Datatype::integer(4, false, little), &[4]).is_ok());
    let doubles =
        |value: f64| [1.0, value, 3.0, 4.0].into_iter().flat_map(f64::to_le_bytes).collect::<Vec<u8>>();
    let lossy = prepared(ZfpMode::Accuracy(0.1), &double, &[4]).unwrap();
    assert!(encoded(&lossy, &doubles(2.0)).is_ok());
    assert_eq!(encoded(&lossy, &doubles(f64::NAN)).unwrap_err().kind(), ErrorKind::Usage);
    assert_eq!(encoded(&lossy, &[0; 24]).unwrap_err().kind(), ErrorKind::Usage);
    let lossy = prepared(ZfpMode::Precision(20), &Datatype::integer(4, true, little), &[1, 2]).unwrap();
    assert!(encoded(&lossy, &[0, 0, 0, 0xc0, 0, 0, 0, 0]).is_err());
    assert!(encoded(&lossy, &[1, 0, 0, 0xc0, 0, 0, 0, 0]).is_ok());
}

#[test]
fn codecs_of_the_future_are_named() {
    let error = Parameters::new(&[0x1000_7110, 0x0570_667a, 0x0ff3, 0x02f0_0000]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert!(error.message().contains("codec 7"), "{error}");
    for old in [0x0235_0030, 0x0050_0090, 0x0540_0090] {
        assert!(Parameters::new(&[old, 0x0570_667a, 0x0ff3, 0x02f0_0000]).is_ok());
    }
    for bad in [&[][..], &[1], &[0x1010_5111, 0x0570_667a], &[0x1010_5111, 0x0570_667b, 0, 0]] {
        assert_eq!(Parameters::new(bad).unwrap_err().kind(), ErrorKind::Format);
    }
}

#[test]
fn little_that_would_decode_to_much_is_refused() {
    // 2^32 doubles: over the limit; 8000 of them at 64 bits a block, with one byte: truncated.
    let many = header::encode(
        &ZfpConfig::fixed_precision(8),
        &ZfpFieldMetadata { scalar_type: ZfpScalarType::F64, dims: [1 << 32, 0, 0, 0] },
    );
    let error = Parameters::new(&many.unwrap()).unwrap().decode(&[0; 100], &mut [0; 8], 1 << 30).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Limit);
    let rate = prepared(ZfpMode::Rate(16.0), &Datatype::float64(ByteOrder::Little), &[8000]).unwrap();
    assert_eq!(decoded(&rate, &[0], 64_000).unwrap_err().kind(), ErrorKind::Format);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn reversible_chunks_come_back(
        raw in prop::collection::vec(any::<u64>(), 120),
        dims in prop::sample::select(vec![vec![120], vec![10, 12], vec![5, 4, 6], vec![2, 5, 3, 4], vec![1, 40, 1, 3]]),
        float in any::<bool>(),
    ) {
        let little = ByteOrder::Little;
        let datatype = if float { Datatype::float64(little) } else { Datatype::integer(8, true, little) };
        let parameters = prepared(ZfpMode::Reversible, &datatype, &dims).unwrap();
        let raw: Vec<u8> = raw.into_iter().flat_map(u64::to_le_bytes).collect();
        prop_assert_eq!(decoded(&parameters, &encoded(&parameters, &raw).unwrap(), raw.len()).unwrap(), raw);
    }

    #[test]
    fn errors_stay_within_the_accuracy(
        values in prop::collection::vec(-1e6_f64..1e6, 60),
        exponent in -20_i32..10,
    ) {
        let bound = f64::from(exponent).exp2();
        let parameters = prepared(ZfpMode::Accuracy(bound), &Datatype::float64(ByteOrder::Little), &[5, 12]).unwrap();
        let raw: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        let again = decoded(&parameters, &encoded(&parameters, &raw).unwrap(), raw.len()).unwrap();
        for (value, bytes) in values.iter().zip(again.as_chunks().0) {
            prop_assert!((value - f64::from_le_bytes(*bytes)).abs() <= bound);
        }
    }

    #[test]
    fn damage_never_panics(
        which in 0..CHUNKS.len(),
        words in prop::collection::vec((any::<prop::sample::Index>(), any::<u32>()), 0..3),
        bytes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
        cut in any::<prop::sample::Index>(),
    ) {
        let mut parameters = CHUNKS[which].parameters.to_vec();
        for (at, word) in words {
            parameters[at.index(4)] ^= word;
        }
        let mut stored = hex(CHUNKS[which].stored);
        for (at, byte) in bytes {
            let at = at.index(stored.len());
            stored[at] = byte;
        }
        stored.truncate(cut.index(stored.len() + 1));
        if let Ok(parameters) = Parameters::new(&parameters) {
            let _ = parameters.decode(&stored, &mut [0; 100], 1 << 20);
            let _ = parameters.encode(&[7; 48], &mut Vec::new());
        }
    }
}
