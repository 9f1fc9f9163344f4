//! Scale-offset, filter 6. Specification IV.A.2.l; notes: format-spec-notes/filters.md.
//!
//! Twenty parameters: scale type (0 decimal digits of floats, 2 integers), scale factor (digits,
//! or bits, 0 for as many as needed), number of elements, class (0 integer, 1 float), size, sign,
//! byte order (1 big), whether there is a fill value, and from parameter 8 on the fill value, the
//! low 32 bits first.
//!
//! A chunk is the number of bits per element (4 bytes), the size of the minimum, 8 (1 byte), the
//! minimum (8 bytes), 8 zero bytes, and the distance of each element from the minimum as a bit
//! string; all ones is the fill value. The int32 values `7 9 8`, with fill value 0 and so 2 bits
//! each, are `02 00 00 00 08 07 00 00 00 00 00 00 00`, eight times `00`, and `24` (00 10 01).

mod pack;

use super::bits::{BitReader, check_len, low_bits};
use super::codec::Coder;
use crate::{Error, Result};

/// The parameters, understood.
#[derive(Debug, Clone, Copy)]
pub(super) struct Parameters {
    number: Number,
    /// Bytes of an element: 1, 2, 4 or 8.
    size: usize,
    count: u64,
    big_endian: bool,
    fill: Option<u64>,
}

#[derive(Debug, Clone, Copy)]
enum Number {
    /// `bits` is 0 where every chunk chooses for itself.
    Integer {
        signed: bool,
        bits: u32,
    },
    Float {
        digits: i32,
    },
}

/// Where the bit string starts.
const HEADER: usize = 21;

impl Parameters {
    pub(super) fn new(parameters: &[u32]) -> Result<Self> {
        let bad = |what: &'static str| Error::format(what).in_structure("Scale-offset filter");
        let [scale, factor, count, class, size, sign, order, has_fill, fill @ ..] = parameters else {
            return Err(bad("too few parameters"));
        };
        let [low, high, ..] = fill else { return Err(bad("too few parameters")) };
        if parameters.len() != 20 {
            return Err(bad("20 parameters are needed"));
        }
        let bits = size.saturating_mul(8);
        let number = match (class, scale, size) {
            (0, 2, 1 | 2 | 4 | 8) if *factor as i32 <= 0 => Number::Integer { signed: *sign == 1, bits: 0 },
            (0, 2, 1 | 2 | 4 | 8) if *factor <= bits => Number::Integer { signed: *sign == 1, bits: *factor },
            (0, 2, 1 | 2 | 4 | 8) => return Err(bad("more bits than an element has")),
            (1, 0, 4 | 8) => Number::Float { digits: *factor as i32 },
            (1, 1, _) => return Err(Error::unsupported("the E-scaling method, which no library implements")),
            _ => return Err(bad("invalid class, scale type or size")),
        };
        let fill_bits = (u64::from(*high) << 32 | u64::from(*low)) & low_bits(bits);
        Ok(Self {
            number,
            size: *size as usize,
            count: u64::from(*count),
            big_endian: *order == 1,
            fill: (*has_fill == 1).then_some(fill_bits),
        })
    }

    /// Bits of an element.
    fn width(&self) -> u32 {
        (self.size as u32).saturating_mul(8)
    }

    /// Turns a distance from the minimum into the bits of an element.
    fn unscaler(&self, minimum: u64) -> impl Fn(u64) -> u64 + use<> {
        let (number, size) = (self.number, self.size);
        let digits = if let Number::Float { digits } = number { digits } else { 0 };
        let (single, double) = (10_f32.powf(digits as f32), 10_f64.powf(f64::from(digits)));
        move |code| match (number, size) {
            (Number::Integer { .. }, _) => code.wrapping_add(minimum),
            (Number::Float { .. }, 4) => {
                u64::from((code as i32 as f32 / single + f32::from_bits(minimum as u32)).to_bits())
            }
            (Number::Float { .. }, _) => (code as i64 as f64 / double + f64::from_bits(minimum)).to_bits(),
        }
    }

    /// The bits of an element, as a number.
    fn get(&self, from: &[u8]) -> u64 {
        let mut bytes = [0; 8];
        for (to, byte) in bytes.iter_mut().zip(from) {
            *to = *byte;
        }
        if self.big_endian {
            bytes.iter_mut().zip(from.iter().rev()).for_each(|(to, byte)| *to = *byte);
        }
        u64::from_le_bytes(bytes)
    }

    fn put(&self, value: u64, to: &mut [u8]) {
        to.iter_mut().zip(value.to_le_bytes()).for_each(|(to, byte)| *to = byte);
        if self.big_endian {
            to.reverse();
        }
    }
}

impl Coder for Parameters {
    /// All bits of integers were asked for.
    fn is_identity(&self) -> bool {
        matches!(self.number, Number::Integer { bits, .. } if bits == self.width())
    }

    fn decode(&self, input: &[u8], output: &mut [u8], _: u64) -> Result<u64> {
        check_len(self.count, self.size, output.len())?;
        let short = || Error::format("a scale-offset chunk is truncated");
        let (header, packed) = input.split_at_checked(HEADER).ok_or_else(short)?;
        let (bits, header) = header.split_first_chunk::<4>().ok_or_else(short)?;
        let (minimum_size, header) = header.split_first().ok_or_else(short)?;
        let minimum = header.first_chunk::<8>().ok_or_else(short)?;
        let bits = u32::from_le_bytes(*bits);
        let minimum = u64::from_le_bytes(*minimum) & low_bits(u32::from(*minimum_size).saturating_mul(8));
        if bits > self.width() {
            return Err(Error::format("a scale-offset chunk has more bits than its elements"));
        }
        if self.count.saturating_mul(u64::from(bits)).div_ceil(8) > packed.len() as u64 {
            return Err(short());
        }
        if bits == self.width() {
            for (to, from) in output.chunks_exact_mut(self.size).zip(packed.chunks_exact(self.size)) {
                to.copy_from_slice(from);
                if self.big_endian {
                    to.reverse();
                }
            }
            return Ok(output.len() as u64);
        }
        let mut packed = BitReader::new(packed);
        let unscale = self.unscaler(minimum);
        let fill_code = low_bits(bits);
        for to in output.chunks_exact_mut(self.size) {
            let code = packed.read(bits).ok_or_else(short)?;
            let value = match self.fill {
                Some(fill) if code == fill_code => fill,
                _ => unscale(code),
            };
            self.put(value, to);
        }
        Ok(output.len() as u64)
    }

    /// Values that the parameters cannot tell apart from others (not a number, more bits than the
    /// parameters allow) are an error.
    fn encode(&self, input: &[u8], output: &mut Vec<u8>) -> Result<()> {
        check_len(self.count, self.size, input.len())?;
        let values = input.chunks_exact(self.size).map(|from| self.get(from));
        match (self.number, self.size) {
            (Number::Integer { signed, bits }, _) => {
                let plan = self.plan_integers(values.clone(), signed, bits)?;
                self.pack(&plan, values, output, |value| {
                    if self.fill == Some(value) { u64::MAX } else { value.wrapping_sub(plan.minimum) }
                });
            }
            (Number::Float { digits }, 4) => {
                let scale = pack::single::Scale::new(self.fill, digits);
                let plan = scale.plan(values.clone())?;
                self.pack(&plan, values, output, |value| scale.code(value, plan.minimum));
            }
            (Number::Float { digits }, _) => {
                let scale = pack::double::Scale::new(self.fill, digits);
                let plan = scale.plan(values.clone())?;
                self.pack(&plan, values, output, |value| scale.code(value, plan.minimum));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]
    use super::*;
    use crate::filter::tests::check_chunk;
    use proptest::prelude::*;

    /// Name, first ten parameters, chunk, values written, values read, of the C library.
    const REAL: &[(&str, [u32; 10], &str, &str, &str)] = &[
        (
            "i32",
            [2, 0, 3, 0, 4, 1, 0, 1, 0, 0],
            "02000000080700000000000000000000000000000024",
            "070000000900000008000000",
            "070000000900000008000000",
        ),
        (
            "i16be neg fill",
            [2, 0, 5, 0, 2, 1, 1, 1, 65531, 0],
            "0900000008d4feffffffffffff0000000000000000007fe7a00fa0",
            "fed4fffb0011fed400c8",
            "fed4fffb0011fed400c8",
        ),
        (
            "u8 wide",
            [2, 0, 3, 0, 1, 0, 0, 1, 0, 0],
            "08000000080300000000000000000000000000000000ff03",
            "00ff03",
            "00ff03",
        ),
        (
            "u8 254",
            [2, 0, 4, 0, 1, 0, 0, 1, 0, 0],
            "08000000080100000000000000000000000000000001fe0300",
            "01fe0300",
            "01fe0300",
        ),
        (
            "i64",
            [2, 0, 3, 0, 8, 1, 0, 1, 0, 0],
            "290000000800f05a2b17ffffff00000000000000000000000000746a5288001d1a94a200a0",
            "00f05a2b17ffffff0010a5d4e80000000500000000000000",
            "00f05a2b17ffffff0010a5d4e80000000500000000000000",
        ),
        (
            "u16 all fill",
            [2, 0, 4, 0, 2, 0, 0, 1, 9, 0],
            "010000000800000000000000000000000000000000f0",
            "0900090009000900",
            "0900090009000900",
        ),
        (
            "u32 bits 5",
            [2, 5, 3, 0, 4, 0, 0, 1, 0, 0],
            "05000000086400000000000000000000000000000002ba",
            "640000006e00000081000000",
            "640000006e00000081000000",
        ),
        ("i8 full bits asked", [2, 8, 3, 0, 1, 1, 0, 1, 0, 0], "01fe03", "01fe03", "01fe03"),
        (
            "f32 d2",
            [0, 2, 5, 1, 4, 0, 0, 1, 0, 0],
            "1100000008000060c000000000000000000000000000ed8000004ddffffc3ff0",
            "0000a03f000060c0fdf62d400000000000007a44",
            "0000a03f000060c07a142e400000000000007a44",
        ),
        (
            "f64be d3",
            [0, 3, 5, 1, 8, 0, 1, 1, 0, 0],
            "1b000000080000000000000cc0000000000000000000024fe0000000000c257ffffffbebdd58",
            "3ff3c083126e978dc00c0000000000004005bedfa43fe5c93f3a36e2eb1c432d40f86a0000000000",
            "3ff3c28f5c28f5c4c00c0000000000004005be76c8b43958000000000000000040f86a0000000000",
        ),
        (
            "f32 wide",
            [0, 2, 3, 1, 4, 0, 0, 1, 0, 0],
            "200000000800000000000000000000000000000000caf24971caf249f100000000",
            "caf24971caf249f100000000",
            "caf24971caf249f100000000",
        ),
        (
            "f64 const",
            [0, 2, 4, 1, 8, 0, 0, 1, 0, 0],
            "01000000080000000000001640000000000000000000",
            "0000000000001640000000000000164000000000000016400000000000001640",
            "0000000000001640000000000000164000000000000016400000000000001640",
        ),
        (
            "f64 fill",
            [0, 1, 4, 1, 8, 0, 0, 1, 0, 3220176896],
            "06000000080000000000000440000000000000000003fff000",
            "0000000000000440000000000000f0bf000000000000f0bf0000000000001d40",
            "0000000000000440000000000000f0bf000000000000f0bf3333333333331d40",
        ),
    ];

    fn parameters(first: &[u32]) -> Vec<u32> {
        let mut all = first.to_vec();
        all.resize(20, 0);
        all
    }

    #[test]
    fn chunks_of_the_c_library() {
        for (name, first, chunk, written, read) in REAL {
            let filter = Parameters::new(&parameters(first)).unwrap();
            check_chunk(&filter, name, [chunk, written, read]);
        }
    }

    #[test]
    fn what_cannot_be_stored_is_an_error() {
        let floats = Parameters::new(&parameters(&[0, 2, 2, 1, 4])).unwrap();
        let input: Vec<u8> = [1.0, f32::NAN].into_iter().flat_map(f32::to_le_bytes).collect();
        assert!(floats.encode(&input, &mut Vec::new()).is_err());
        let bits = Parameters::new(&parameters(&[2, 3, 2, 0, 1])).unwrap();
        assert!(bits.encode(&[0, 7], &mut Vec::new()).is_ok());
        assert!(bits.encode(&[0, 8], &mut Vec::new()).is_err());
        assert!(bits.encode(&[0, 8, 9], &mut Vec::new()).is_err(), "three elements instead of two");
    }

    #[test]
    fn hostile_parameters_and_headers_are_errors() {
        let good = parameters(&[2, 0, 4, 0, 4]);
        assert!(Parameters::new(&good[..19]).is_err());
        for (at, value) in [(0, 0), (1, 33), (3, 2), (4, 3), (4, 0)] {
            let mut bad = good.clone();
            bad[at] = value;
            assert!(Parameters::new(&bad).is_err(), "parameter {at} is {value}");
        }
        let filter = Parameters::new(&good).unwrap();
        let mut output = [0; 16];
        let mut chunk = vec![0; 64];
        assert!(filter.decode(&chunk, &mut output, 0).is_ok());
        chunk[0] = 33;
        assert!(filter.decode(&chunk, &mut output, 0).is_err());
        assert!(filter.decode(&chunk, &mut output[..15], 0).is_err());
    }

    proptest! {
        #[test]
        fn integers_round_trip(
            values in prop::collection::vec(prop_oneof![any::<u64>(), 0..200_u64], 1..50),
            size in prop::sample::select(vec![1_usize, 2, 4, 8]),
            sign in 0..2_u32,
            order in 0..2_u32,
            fill in 0..2_u32,
        ) {
            let first = [2, 0, values.len() as u32, 0, size as u32, sign, order, fill, 17];
            let filter = Parameters::new(&parameters(&first)).unwrap();
            let input: Vec<u8> = values.iter().flat_map(|v| v.to_le_bytes().into_iter().take(size)).collect();
            let mut packed = Vec::new();
            filter.encode(&input, &mut packed).unwrap();
            let mut output = vec![0; input.len()];
            filter.decode(&packed, &mut output, 0).unwrap();
            prop_assert_eq!(output, input);
        }

        #[test]
        fn any_bytes_are_a_result_or_an_error(
            first in prop::collection::vec(prop_oneof![0..9_u32, any::<u32>()], 20),
            chunk in prop::collection::vec(any::<u8>(), 0..80),
            len in 0..64_usize,
        ) {
            if let Ok(filter) = Parameters::new(&first) {
                let _ = filter.decode(&chunk, &mut vec![0; len], 0);
                let _ = filter.encode(&chunk, &mut Vec::new());
            }
        }
    }
}
