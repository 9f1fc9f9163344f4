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

use super::bits::{BitReader, BitWriter, low_bits};
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

    /// Decodes a chunk into `output`, whose length the chunk must state.
    pub(super) fn decode(&self, input: &[u8], output: &mut [u8]) -> Result<()> {
        let (len, coded) = input.split_first_chunk::<4>().ok_or_else(|| bad("a chunk is truncated"))?;
        if u32::from_le_bytes(*len) as usize != output.len() {
            return Err(bad("a chunk of another length than the dataset's"));
        }
        if self.shuffled > 1 {
            let mut planes = vec![0; output.len()];
            self.decode_lines(coded, &mut planes)?;
            shuffle::decode(self.shuffled, &planes, output);
            return Ok(());
        }
        self.decode_lines(coded, output)
    }

    fn decode_lines(&self, coded: &[u8], output: &mut [u8]) -> Result<()> {
        if !output.len().is_multiple_of(self.bytes) {
            return Err(bad("a chunk of no whole elements"));
        }
        let mut coded = BitReader::new(coded);
        let mut line = Vec::new();
        for target in output.chunks_mut(self.line.saturating_mul(self.bytes)) {
            line.clear();
            let wanted = target.len().checked_div(self.bytes).unwrap_or(0);
            self.decode_line(&mut coded, wanted, &mut line)
                .ok_or_else(|| bad("an invalid or truncated chunk"))?;
            if self.predict {
                self.undo_prediction(&mut line);
            }
            for (to, value) in target.chunks_exact_mut(self.bytes).zip(&line) {
                to.iter_mut().zip(value.to_le_bytes()).for_each(|(to, byte)| *to = byte);
                if self.big_endian {
                    to.reverse();
                }
            }
        }
        Ok(())
    }

    /// Reads the blocks of a line until `wanted` elements are there.
    fn decode_line(&self, coded: &mut BitReader<'_>, wanted: usize, line: &mut Vec<u64>) -> Option<()> {
        let mut nth = 0_usize;
        while line.len() < wanted {
            let first = self.predict && nth == 0;
            let rest = if first { self.block.saturating_sub(1) } else { self.block };
            let code = coded.read(self.code_bits())?;
            let pairs = code == 0 && coded.read(1)? == 1;
            if code == low_bits(self.code_bits()) {
                for _ in 0..self.block {
                    line.push(coded.read(self.bits)?);
                }
                nth = nth.checked_add(1)?;
                continue;
            }
            if first {
                line.push(coded.read(self.bits)?);
            }
            if code == 0 && !pairs {
                let left = self.blocks.checked_sub(nth)?;
                let run = match (coded.unary()? as usize).checked_add(1)? {
                    REST_OF_SEGMENT => left.min(SEGMENT.checked_sub(nth % SEGMENT)?),
                    run if run > REST_OF_SEGMENT => run.checked_sub(1)?,
                    run => run,
                };
                let until = nth.checked_add(run).filter(|until| *until <= self.blocks)?;
                line.resize(until.checked_mul(self.block)?, 0);
                nth = until;
                continue;
            }
            if pairs {
                self.decode_pairs(coded, first, line)?;
            } else {
                let low = u32::try_from(code).ok()?.checked_sub(1)?;
                let start = line.len();
                for _ in 0..rest {
                    line.push(u64::from(coded.unary()?).checked_shl(low)?);
                }
                for value in line.get_mut(start..)? {
                    *value |= coded.read(low)?;
                    if *value > self.max() {
                        return None;
                    }
                }
            }
            nth = nth.checked_add(1)?;
        }
        Some(())
    }

    /// A pair a, b is the number (a + b)(a + b + 1) / 2 + b; the first element of a line takes the
    /// place of the first a.
    fn decode_pairs(&self, coded: &mut BitReader<'_>, first: bool, line: &mut Vec<u64>) -> Option<()> {
        for pair in 0..self.block / 2 {
            let number = u64::from(coded.unary()?);
            let sum = (0..=12_u64).rev().find(|sum| triangle(*sum) <= number)?;
            let b = number.checked_sub(triangle(sum)).filter(|b| *b <= sum)?;
            if sum.saturating_sub(b).max(b) > self.max() {
                return None;
            }
            if !(first && pair == 0) {
                line.push(sum.checked_sub(b)?);
            }
            line.push(b);
        }
        Some(())
    }

    fn undo_prediction(&self, line: &mut [u64]) {
        let max = self.max();
        let mut values = line.iter_mut();
        let Some(mut last) = values.next().map(|first| *first) else { return };
        for value in values {
            let (number, room) = (*value, last.min(max.saturating_sub(last)));
            let half = number >> 1;
            last = match number {
                _ if number > room.saturating_mul(2) && room == last => number,
                _ if number > room.saturating_mul(2) => max.saturating_sub(number),
                _ if number & 1 == 0 => last.saturating_add(half),
                _ => last.saturating_sub(half).saturating_sub(1),
            };
            *value = last;
        }
    }

    /// Appends the coded `input` to `output`.
    pub(super) fn encode(&self, input: &[u8], output: &mut Vec<u8>) -> Result<()> {
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
        let mut coded = BitWriter::new(output);
        for line in source.chunks(self.line.saturating_mul(self.bytes)) {
            let mut numbers: Vec<u64> = line.chunks_exact(self.bytes).map(|from| self.get(from)).collect();
            if numbers.iter().any(|value| *value > self.max()) {
                return Err(Error::usage("an element has more bits than the szip filter codes"));
            }
            let fill = if self.predict { numbers.last().copied().unwrap_or(0) } else { 0 };
            numbers.resize(self.blocks.saturating_mul(self.block), fill);
            if self.predict {
                self.predict(&mut numbers);
            }
            self.encode_line(&numbers, &mut coded);
        }
        coded.pad();
        Ok(())
    }

    fn get(&self, from: &[u8]) -> u64 {
        let place = |value: u64, byte: &u8| value << 8 | u64::from(*byte);
        if self.big_endian { from.iter().fold(0, place) } else { from.iter().rev().fold(0, place) }
    }

    fn predict(&self, line: &mut [u64]) {
        let max = self.max();
        let mut values = line.iter_mut();
        let Some(mut last) = values.next().map(|first| *first) else { return };
        for value in values {
            let (now, room) = (*value, last.min(max.saturating_sub(last)));
            let distance = now.abs_diff(last);
            *value = match distance {
                _ if distance > room => room.saturating_add(distance),
                _ if now >= last => distance.saturating_mul(2),
                _ => distance.saturating_mul(2).saturating_sub(1),
            };
            last = now;
        }
    }

    fn encode_line(&self, line: &[u64], coded: &mut BitWriter<'_>) {
        let blocks: Vec<&[u64]> = line.chunks_exact(self.block).collect();
        let mut nth = 0_usize;
        while let Some(block) = blocks.get(nth) {
            let first = if self.predict && nth == 0 { block.first().copied() } else { None };
            let numbers = block.get(usize::from(first.is_some())..).unwrap_or_default();
            if numbers.iter().any(|number| *number != 0) {
                self.encode_block(block, numbers, first, coded);
                nth = nth.saturating_add(1);
                continue;
            }
            let left = SEGMENT.saturating_sub(nth % SEGMENT);
            let rest = blocks.get(nth..).unwrap_or_default();
            let zero = |block: &&&[u64]| block.iter().all(|number| *number == 0);
            let run = rest.iter().take(left).skip(1).take_while(zero).count().saturating_add(1);
            coded.write(0, self.code_bits().saturating_add(1));
            if let Some(first) = first {
                coded.write(first, self.bits);
            }
            let zeros = match run {
                _ if run < REST_OF_SEGMENT => run.saturating_sub(1),
                _ if run == left.min(rest.len()) => REST_OF_SEGMENT.saturating_sub(1),
                _ => run,
            };
            coded.unary(zeros as u64);
            nth = nth.saturating_add(run);
        }
    }

    /// Writes a block the shortest of the ways.
    fn encode_block(&self, block: &[u64], numbers: &[u64], first: Option<u64>, coded: &mut BitWriter<'_>) {
        let code_bits = self.code_bits();
        let first_bits = if first.is_some() { u64::from(self.bits) } else { 0 };
        let split_bits = |low: u32| {
            let parts =
                numbers.iter().map(|number| number.wrapping_shr(low).saturating_add(u64::from(low) + 1));
            parts.fold(first_bits, u64::saturating_add)
        };
        let most_low = (low_bits(code_bits) as u32).saturating_sub(1).min(self.bits);
        let (split, low) = (0..most_low).map(|low| (split_bits(low), low)).min().unwrap_or((u64::MAX, 0));
        let pairs = block.chunks_exact(2).enumerate().map(|(nth, pair)| {
            let [a, b] = *pair else { return 0 };
            let a = if nth == 0 && first.is_some() { 0 } else { a };
            triangle(a.saturating_add(b)).saturating_add(b)
        });
        let paired = pairs
            .clone()
            .fold(first_bits.saturating_add(1), |sum, n| sum.saturating_add(n).saturating_add(1));
        let pairable = pairs.clone().all(|number| number <= 90);
        let plain = u64::from(self.bits).saturating_mul(block.len() as u64);
        if plain <= split && (plain <= paired || !pairable) {
            coded.write(u64::MAX, code_bits);
            return block.iter().for_each(|number| coded.write(*number, self.bits));
        }
        let use_pairs = pairable && paired < split;
        if use_pairs {
            coded.write(1, code_bits.saturating_add(1));
        } else {
            coded.write(u64::from(low).saturating_add(1), code_bits);
        }
        if let Some(first) = first {
            coded.write(first, self.bits);
        }
        if use_pairs {
            return pairs.for_each(|number| coded.unary(number));
        }
        numbers.iter().for_each(|number| coded.unary(number.wrapping_shr(low)));
        numbers.iter().for_each(|number| coded.write(*number, low));
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
        filter.decode(&coded, &mut output).unwrap();
        output
    }

    #[test]
    fn chunks_of_the_c_library() {
        for (name, parameters, chunk, elements) in REAL {
            let filter = Parameters::new(parameters).unwrap();
            let (chunk, elements) = (hex(chunk), hex(elements));
            let mut output = vec![0xee; elements.len()];
            filter.decode(&chunk, &mut output).unwrap();
            assert_eq!(output, elements, "decode {name}");
            assert_eq!(round_trip(&filter, &elements), elements, "encode {name}");
            let mut coded = Vec::new();
            filter.encode(&elements, &mut coded).unwrap();
            assert!(coded.len() <= chunk.len() + 1, "{name}: {} bytes for {}", coded.len(), chunk.len());
            for len in 0..chunk.len() / 2 {
                assert!(filter.decode(&chunk[..len], &mut output).is_err(), "{name} cut to {len}");
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
            let _ = Parameters::new(&[options, 8, bits, line]).unwrap().decode(&chunk, &mut [0; 120]);
        }
    }
}
