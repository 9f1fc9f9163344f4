//! Szip, filter 4: the adaptive entropy coding of CCSDS 121.0-B. Specification IV.A.2.l; notes:
//! format-spec-notes/filters.md.
//!
//! Four parameters: options (bit 2 entropy coding alone, bit 3 little-endian, bit 4 big-endian,
//! bit 5 prediction from the neighbour), elements a block, bits an element, elements a line.
//!
//! A chunk is its length in memory (4 bytes) and a bit string of lines, each filled up to whole
//! blocks. With prediction, a line starts with its first element as it is; all others become small
//! numbers where they are near to the one before. A block is a code of 3, 4 or 5 bits (elements of
//! up to 8, 16, 32 bits) and its numbers: code 0 and a bit 0, a run of zero blocks; code 0 and a bit
//! 1, pairs in unary; all ones, as they are; otherwise code - 1 is how many low bits are split off
//! and stand behind the unary high parts of the block. Elements of 32 or 64 bits are shuffled, and
//! their bytes are the elements. Eight bytes `0` in one block of 8, without prediction, are
//! `08 00 00 00` and `08` (000, 0, 1 for a run of one, and three bits to fill the byte).

mod decode;
mod encode;

use super::bits::low_bits;
use super::codec::{Coder, decode_whole, zeros};
use super::shuffle;
use crate::{Error, Result};

const BIG_ENDIAN: u32 = 16;
const PREDICT: u32 = 32;

/// Zero runs end with a segment of so many blocks.
const SEGMENT: usize = 64;
/// The run length that stands for "to the end of the segment".
const REST_OF_SEGMENT: usize = 5;

/// The parameters, understood.
#[derive(Debug, Clone, Copy)]
pub(super) struct Parameters {
    predict: bool,
    big_endian: bool,
    /// Bytes of the elements that are shuffled; 1 for none.
    shuffled: usize,
    /// Bits of a coded element, at most 32, and its bytes.
    bits: u32,
    bytes: usize,
    block: usize,
    line: usize,
    /// Blocks of a line.
    blocks: usize,
}

fn bad(what: &'static str) -> Error {
    Error::format(what).in_structure("Szip filter")
}

impl Parameters {
    pub(super) fn new(parameters: &[u32]) -> Result<Self> {
        let [options, block, bits, line] = *parameters else {
            return Err(bad("four parameters are needed"));
        };
        let (shuffled, bits) = match bits {
            32 => (4, 8),
            64 => (8, 8),
            1..32 => (1, bits),
            _ => return Err(bad("invalid bits of an element")),
        };
        if !block.is_multiple_of(2) || !(2..=64).contains(&block) {
            return Err(bad("invalid elements of a block"));
        }
        let blocks = line.div_ceil(block) as usize;
        if !(1..=4096).contains(&blocks) {
            return Err(bad("invalid elements of a line"));
        }
        Ok(Self {
            predict: options & PREDICT != 0,
            big_endian: options & BIG_ENDIAN != 0,
            shuffled,
            bits,
            bytes: if bits > 16 { 4 } else { bits.div_ceil(8) as usize },
            block: block as usize,
            line: line as usize,
            blocks,
        })
    }

    /// Bits of the code in front of each block; its largest value says "as they are".
    fn code_bits(&self) -> u32 {
        match self.bits {
            0..=8 => 3,
            9..=16 => 4,
            _ => 5,
        }
    }

    fn max(&self) -> u64 {
        low_bits(self.bits)
    }
}

impl Coder for Parameters {
    fn decode(&self, input: &[u8], output: &mut [u8], limit: u64) -> Result<u64> {
        let (len, coded) = input.split_first_chunk::<4>().ok_or_else(|| bad("a chunk is truncated"))?;
        decode_whole(u64::from(u32::from_le_bytes(*len)), output, limit, |output| {
            if self.shuffled <= 1 {
                return self.decode_lines(coded, output);
            }
            let mut planes = zeros(output.len())?;
            self.decode_lines(coded, &mut planes)?;
            shuffle::decode(self.shuffled, &planes, output);
            Ok(())
        })
    }

    fn encode(&self, input: &[u8], output: &mut Vec<u8>) -> Result<()> {
        let len = u32::try_from(input.len()).map_err(|_| Error::limit("szip chunks have at most 4 GiB"))?;
        if !input.len().is_multiple_of(self.bytes.saturating_mul(self.shuffled)) {
            return Err(Error::usage("a szip chunk of no whole elements"));
        }
        output.extend_from_slice(&len.to_le_bytes());
        let mut planes = Vec::new();
        if self.shuffled > 1 {
            shuffle::encode(self.shuffled, input, &mut planes);
        }
        let source = if self.shuffled > 1 { &planes } else { input };
        self.encode_lines(source, output)
    }
}

/// The sum of the numbers up to `n`, or more than any sum that counts.
fn triangle(n: u64) -> u64 {
    n.saturating_mul(n.saturating_add(1)) / 2
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]
    use super::*;
    use crate::format::testing::hex;
    use proptest::prelude::*;

    /// Name, parameters, chunk and elements of the C library.
    const REAL: &[(&str, [u32; 4], &str, &str)] = &[
        (
            "u8 nn",
            [169, 8, 8, 40],
            "28000000204349a95a982a6b3a521af51093e9",
            "0200000102030302030405050604060506050607060807070a090a0b0b0a0a0b0c0d0d0d0d0d0c0d",
        ),
        (
            "u8 ec, lines of 10",
            [141, 4, 8, 10],
            "280000004a4b34ac720b832684356d043d9a89b552344f88a4b355d328e0",
            "02030504060807060802080802040506060004000801040704060407050504030504070504070103",
        ),
        (
            "i16 nn, lines of 11",
            [169, 4, 16, 11],
            "42000000203e81a089e08ae080fa4c9253e2370407c14514f2489800",
            "e803eb03eb03ec03e903eb03eb03eb03e803e903ea03e903eb03eb03e803e603e403e103e103de03de03df03e003e003de03e103e003e203e203e103e203e503e703",
        ),
        (
            "u16 big nn",
            [177, 8, 16, 32],
            "4000000040000aaafdb6d9155576db6d9155576db6d9155576db6d80",
            "00000007000e0015001c0023002a00310038003f0046004d0054005b0062006900700077007e0085008c0093009a00a100a800af00b600bd00c400cb00d200d9",
        ),
        (
            "i32 nn",
            [169, 8, 32, 24],
            "60000000801a92261cb2d5557c2329d2b6bff90a22527292b7700022e080010002",
            "00000000010000000400000009000000100000001900000024000000310000004000000051000000640000007900000090000000a9000000c4000000e10000000001000021010000440100006901000090010000b9010000e401000011020000",
        ),
        (
            "f64 ec",
            [141, 8, 64, 24],
            "c000000002040810207fc7c7c7c7c7c7c7c7f8f8f8f8f8f8f8f8ff1f1f1f1f1f1f1f195557ffffffffff2aaaffffffffffe5555ffffffffff0",
            "000000000000f83f000000000000f83f000000000000f83f000000000000f83f000000000000f83f000000000000f83f000000000000f83f000000000000f83f000000000000f83f000000000000f83f000000000000f83f000000000000f83f000000000000f83f000000000000f83f000000000000f83f000000000000f83f000000000000f83f000000000000f83f000000000000f83f000000000000f83f000000000000f83f000000000000f83f000000000000f83f000000000000f83f",
        ),
        (
            "zeros and noise",
            [169, 4, 8, 200],
            "c80000000000000007cbf262057971753fbfa8fd3f93d775c5c1f92ed85cf78f47582ca877204c03fe000002",
            "00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000971bc4c9685c32fb2b7e2ec99a281c1805dbd561194773897d9e9ea0000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000",
        ),
        (
            "small",
            [141, 16, 8, 64],
            "400000002a49a5a9724b9a67d34b34af9294accca7",
            "01010202020001020100010102010000020201000002000102000200000000010001020100020001020101000000000201020102010100020002000201020000",
        ),
    ];

    fn round_trip(filter: &Parameters, input: &[u8]) -> Vec<u8> {
        let (mut coded, mut output) = (Vec::new(), vec![0xee; input.len()]);
        filter.encode(input, &mut coded).unwrap();
        filter.decode(&coded, &mut output, 0).unwrap();
        output
    }

    #[test]
    fn chunks_of_the_c_library() {
        for (name, parameters, chunk, elements) in REAL {
            let filter = Parameters::new(parameters).unwrap();
            let (chunk, elements) = (hex(chunk), hex(elements));
            let mut output = vec![0xee; elements.len()];
            filter.decode(&chunk, &mut output, 0).unwrap();
            assert_eq!(output, elements, "decode {name}");
            // Behind a filter whose result has no fixed length, nobody knows how long the chunk is.
            let (mut longer, mut shorter) = (vec![0; elements.len() + 9], vec![0; elements.len() - 9]);
            assert_eq!(filter.decode(&chunk, &mut longer, 0).unwrap(), elements.len() as u64);
            assert_eq!(filter.decode(&chunk, &mut shorter, 1 << 16).unwrap(), elements.len() as u64);
            assert!(longer.starts_with(&elements) && elements.starts_with(&shorter), "part {name}");
            assert_eq!(round_trip(&filter, &elements), elements, "encode {name}");
            let mut coded = Vec::new();
            filter.encode(&elements, &mut coded).unwrap();
            assert!(coded.len() <= chunk.len() + 1, "{name}: {} bytes for {}", coded.len(), chunk.len());
            for len in 0..chunk.len() / 2 {
                assert!(filter.decode(&chunk[..len], &mut output, 0).is_err(), "{name} cut to {len}");
            }
        }
    }

    #[test]
    fn example_of_the_head_of_this_file() {
        let mut coded = Vec::new();
        Parameters::new(&[4, 8, 8, 8]).unwrap().encode(&[0; 8], &mut coded).unwrap();
        assert_eq!(coded, [8, 0, 0, 0, 8]);
    }

    #[test]
    fn hostile_parameters_are_errors() {
        for bad in
            [[32, 7, 8, 8], [32, 0, 8, 8], [32, 66, 8, 8], [32, 8, 0, 8], [32, 8, 65, 8], [32, 8, 8, 0]]
        {
            assert!(Parameters::new(&bad).is_err(), "{bad:?}");
        }
        assert!(Parameters::new(&[32, 2, 8, 9000]).is_err());
        assert!(Parameters::new(&[32, 8, 8]).is_err());
    }

    proptest! {
        #[test]
        fn elements_round_trip(
            parts in prop::collection::vec((any::<u32>(), 0_u32..300, 1_usize..200), 1..8),
            bits in prop::sample::select(vec![1_u32, 5, 8, 9, 12, 16, 17, 24, 32, 64]),
            block in prop::sample::select(vec![2_u32, 4, 8, 16, 32]),
            line in 1_u32..400,
            options in prop::sample::select(vec![4_u32 | 8, 4 | 16, 32 | 8, 32 | 16]),
        ) {
            let Ok(filter) = Parameters::new(&[options, block, bits, line]) else { return Ok(()) };
            let size = if bits > 32 { 8 } else { filter.bytes.max(filter.shuffled) };
            let mut input = Vec::new();
            for (seed, step, count) in parts {
                for i in 0..count as u32 {
                    let value = u64::from(seed.wrapping_add(i.wrapping_mul(i).wrapping_mul(step) >> 5)) & low_bits(bits);
                    let bytes = value.to_le_bytes();
                    if options & BIG_ENDIAN != 0 {
                        input.extend(bytes[..size].iter().rev());
                    } else {
                        input.extend(&bytes[..size]);
                    }
                }
            }
            prop_assert_eq!(round_trip(&filter, &input), input);
        }

        #[test]
        fn any_bytes_are_a_result_or_an_error(
            mut chunk in prop::collection::vec(any::<u8>(), 4..80),
            bits in 1_u32..=32,
            line in 1_u32..100,
            options in prop::sample::select(vec![4_u32, 32]),
        ) {
            chunk[..4].copy_from_slice(&[120, 0, 0, 0]);
            let _ = Parameters::new(&[options, 8, bits, line]).unwrap().decode(&chunk, &mut [0; 120], 0);
        }
    }
}
