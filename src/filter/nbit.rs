//! N-bit, filter 5. Specification IV.A.2.l; notes: format-spec-notes/filters.md.
//!
//! Parameters: their number, whether all bits are significant (then chunks stay as they are), the
//! number of elements, and a description of the datatype, which is one of
//! - 1 (number), size, byte order (1 big), precision, bit offset;
//! - 2 (array), size, description of its elements;
//! - 3 (compound), size, number of members, and of each its offset and description;
//! - 4 (anything else), size.
//!
//! A chunk is a bit string of the significant bits of all numbers, the most significant first, and
//! of the bytes of anything else. Numbers of 3 bits at offset 9, `00 06 00 0e` in little-endian
//! bytes, are `7c`: 011, 111, and two bits to fill the byte.

use super::bits::{BitReader, BitWriter, check_len};
use super::codec::Coder;
use crate::{Error, Result};

/// The parameters, understood.
#[derive(Debug)]
pub(super) struct Parameters {
    /// Whether all bits are significant.
    identity: bool,
    count: u64,
    element: Kind,
}

/// Where an element's significant bits are.
#[derive(Debug)]
enum Kind {
    Number {
        size: usize,
        big_endian: bool,
        /// First significant bit, and the first behind the last, from the least significant.
        bits: std::ops::Range<u64>,
    },
    Array {
        size: usize,
        element: Box<Kind>,
    },
    Compound {
        size: usize,
        members: Vec<(usize, Kind)>,
    },
    Opaque {
        size: usize,
    },
}

/// How deep arrays and compounds may nest.
const MAX_DEPTH: u32 = 64;

fn bad(what: &'static str) -> Error {
    Error::format(what).in_structure("N-bit filter")
}

impl Parameters {
    pub(super) fn new(parameters: &[u32]) -> Result<Self> {
        let [number, identity, count, description @ ..] = parameters else {
            return Err(bad("too few parameters"));
        };
        if *number as usize != parameters.len() {
            return Err(bad("the first parameter is not the number of parameters"));
        }
        let identity = *identity != 0;
        // What is not packed need not be described: the C library leaves off what no one asks for.
        let element = match identity {
            true => Kind::Opaque { size: 1 },
            false => Kind::parse(&mut description.iter().copied(), MAX_DEPTH)?,
        };
        Ok(Self { identity, count: u64::from(*count), element })
    }
}

impl Coder for Parameters {
    fn is_identity(&self) -> bool {
        self.identity
    }

    /// Insignificant bits become 0.
    fn decode(&self, input: &[u8], output: &mut [u8], _: u64) -> Result<u64> {
        check_len(self.count, self.element.size(), output.len())?;
        output.fill(0);
        let mut packed = BitReader::new(input);
        for element in output.chunks_exact_mut(self.element.size()) {
            self.element.unpack(&mut packed, element).ok_or_else(|| bad("a chunk is truncated"))?;
        }
        Ok(output.len() as u64)
    }

    fn encode(&self, input: &[u8], output: &mut Vec<u8>) -> Result<()> {
        check_len(self.count, self.element.size(), input.len())?;
        let mut packed = BitWriter::new(output);
        for element in input.chunks_exact(self.element.size()) {
            self.element.pack(element, &mut packed);
        }
        packed.finish();
        Ok(())
    }
}

impl Kind {
    fn parse(parameters: &mut impl Iterator<Item = u32>, depth: u32) -> Result<Self> {
        let depth = depth.checked_sub(1).ok_or_else(|| Error::limit("datatypes nest too deep for n-bit"))?;
        let mut next = || parameters.next().ok_or_else(|| bad("too few parameters"));
        let (class, size) = (next()?, next()? as usize);
        if size == 0 {
            return Err(bad("a size of 0"));
        }
        match class {
            1 => {
                let (order, precision, offset) = (next()?, next()?, next()?);
                let end = u64::from(offset).saturating_add(u64::from(precision));
                if order > 1 || end > (size as u64).saturating_mul(8) {
                    return Err(bad("invalid byte order, precision or offset"));
                }
                Ok(Self::Number { size, big_endian: order == 1, bits: u64::from(offset)..end })
            }
            2 => {
                let element = Box::new(Self::parse(parameters, depth)?);
                if element.size() > size {
                    return Err(bad("array elements larger than the array"));
                }
                Ok(Self::Array { size, element })
            }
            3 => {
                let (count, mut members, mut used) = (next()?, Vec::<(usize, Self)>::new(), 0_usize);
                for _ in 0..count {
                    let offset = parameters.next().ok_or_else(|| bad("too few parameters"))? as usize;
                    if members.last().is_some_and(|(_, member)| member.misleads()) {
                        return Err(Error::unsupported(
                            "n-bit compounds that go on behind an array of arrays or compounds: \
                             the C library loses their members",
                        ));
                    }
                    let member = Self::parse(parameters, depth)?;
                    used = used.saturating_add(member.size());
                    if used > size || offset.saturating_add(member.size()) > size {
                        return Err(bad("compound members outside their compound"));
                    }
                    members.push((offset, member));
                }
                Ok(Self::Compound { size, members })
            }
            4 => Ok(Self::Opaque { size }),
            _ => Err(bad("unknown datatype class")),
        }
    }

    /// Whether the C library, behind an element of this kind, goes back to an earlier parameter and
    /// so takes the next member for another one, whose bits it then stores instead.
    fn misleads(&self) -> bool {
        match self {
            Self::Array { element, .. } => matches!(**element, Self::Array { .. } | Self::Compound { .. }),
            Self::Compound { members, .. } => members.last().is_some_and(|(_, member)| member.misleads()),
            Self::Number { .. } | Self::Opaque { .. } => false,
        }
    }

    /// Never 0.
    fn size(&self) -> usize {
        match self {
            Self::Number { size, .. }
            | Self::Array { size, .. }
            | Self::Compound { size, .. }
            | Self::Opaque { size } => *size,
        }
    }

    fn unpack(&self, packed: &mut BitReader<'_>, to: &mut [u8]) -> Option<()> {
        match self {
            Self::Number { size, big_endian, bits } => {
                for (place, count, shift) in number_bytes(*size, *big_endian, bits) {
                    *to.get_mut(place)? = (packed.read(count)? as u8).wrapping_shl(shift);
                }
            }
            Self::Array { element, .. } => {
                for part in to.chunks_exact_mut(element.size()) {
                    element.unpack(packed, part)?;
                }
            }
            Self::Compound { members, .. } => {
                for (offset, member) in members {
                    let (_, rest) = to.split_at_mut_checked(*offset)?;
                    member.unpack(packed, rest.get_mut(..member.size())?)?;
                }
            }
            Self::Opaque { .. } => {
                for byte in to {
                    *byte = packed.read(8)? as u8;
                }
            }
        }
        Some(())
    }

    fn pack(&self, from: &[u8], packed: &mut BitWriter<'_>) {
        match self {
            Self::Number { size, big_endian, bits } => {
                for (place, count, shift) in number_bytes(*size, *big_endian, bits) {
                    let byte = from.get(place).copied().unwrap_or(0);
                    packed.write(u64::from(byte.wrapping_shr(shift)), count);
                }
            }
            Self::Array { element, .. } => {
                from.chunks_exact(element.size()).for_each(|part| element.pack(part, packed));
            }
            Self::Compound { members, .. } => {
                for (offset, member) in members {
                    let part = from.get(*offset..).and_then(|rest| rest.get(..member.size()));
                    member.pack(part.unwrap_or_default(), packed);
                }
            }
            Self::Opaque { .. } => from.iter().for_each(|byte| packed.write(u64::from(*byte), 8)),
        }
    }
}

/// The bytes of a number that have significant bits, the most significant byte first: where each
/// lies, how many of its bits are significant and from which bit on.
fn number_bytes(
    size: usize,
    big_endian: bool,
    bits: &std::ops::Range<u64>,
) -> impl Iterator<Item = (usize, u32, u32)> + use<> {
    let (start, end) = (bits.start, bits.end);
    (start / 8..end.div_ceil(8)).rev().map(move |byte| {
        let first_bit = byte.saturating_mul(8);
        let low = start.max(first_bit).saturating_sub(first_bit);
        let high = end.saturating_sub(first_bit).min(8);
        let place =
            if big_endian { size.saturating_sub(1).saturating_sub(byte as usize) } else { byte as usize };
        (place, high.saturating_sub(low) as u32, low as u32)
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]
    use super::*;
    use crate::filter::tests::check_chunk;
    use proptest::prelude::*;

    /// Name, parameters, chunk, elements written, elements read, of the C library.
    const REAL: &[(&str, &[u32], &str, &str, &str)] = &[
        (
            "17 bits at 4, little",
            &[8, 0, 3, 1, 4, 0, 17, 4],
            "f617b46a5fa7e0",
            "f8c2becf931aed15f5d3ef2d",
            "f0c21e00901a0d00f0d30f00",
        ),
        (
            "17 bits at 4, big",
            &[8, 0, 3, 1, 4, 1, 17, 4],
            "ecf9b1b4a44180",
            "059d9f3c36ec6d2ec75220cd",
            "001d9f30000c6d20001220c0",
        ),
        (
            "3 bits inside a byte",
            &[8, 0, 5, 1, 2, 0, 3, 9],
            "7cae",
            "240786de399208950e0f",
            "0006000e00020004000e",
        ),
        (
            "16 bits at 0, big",
            &[8, 0, 2, 1, 4, 1, 16, 0],
            "18180b5500",
            "90d0181807290b55",
            "0000181800000b55",
        ),
        (
            "40 bits at 24",
            &[8, 0, 2, 1, 8, 0, 40, 24],
            "9f08c9e26e43c929217a00",
            "3b68e16ee2c9089f1a1ba37a2129c943",
            "0000006ee2c9089f0000007a2129c943",
        ),
        ("bytes, not described", &[3, 1, 1], "46a6e428", "46a6e428", "46a6e428"),
        ("all bits", &[8, 1, 2, 1, 4, 0, 32, 0], "46a6e42832b300b1", "46a6e42832b300b1", "46a6e42832b300b1"),
        ("20-bit float", &[8, 0, 2, 1, 4, 0, 20, 7], "81a7f0bc8100", "893f0dbcff405e08", "803f0d0480405e00"),
        (
            "array",
            &[10, 0, 3, 2, 3, 1, 1, 0, 5, 1],
            "2398e727f968",
            "089c191d9d92be73db",
            "081c181c1c123e321a",
        ),
        (
            "compound with text, arrays and gaps",
            &[
                39, 0, 3, 3, 20, 5, 0, 1, 2, 1, 11, 2, 3, 4, 3, 7, 2, 3, 1, 1, 0, 5, 1, 10, 1, 4, 0, 9, 20,
                14, 2, 6, 2, 3, 1, 1, 0, 5, 1,
            ],
            "6bfc7502a24306bebde4aa85b964ac1b5eed0e00973680de4a7b41182848e6aa7e60",
            "ed7f48e3a815498410998c6b50a33d6e2fe594aa616e38964ac13e2ceeefe2bc0ecdb9c149eecdf4a06e44c94f68c14858c5ea51943007a695287ea6",
            "0d7c00e3a81500041018000050033c2e2e24142a016c00964ac1002c2e2e0000000d3800082e0c34006c00c94f680008180400009010062614283e26",
        ),
        (
            "array of compounds",
            &[
                31, 0, 1, 2, 40, 3, 20, 4, 0, 1, 2, 1, 11, 2, 3, 4, 3, 7, 2, 3, 1, 1, 0, 5, 1, 10, 1, 4, 0,
                9, 20,
            ],
            "41b641b32feff599d04d32c7967970",
            "28363bb20d9987de3bbfef4ac19a52f073a76100b9d2b0134cb134f96d5ea2f1c505644c32f7a623",
            "083400b20d99001e3a3e0000c01a00000000000019d000134cb100382c1e0000c005000000000000",
        ),
    ];

    #[test]
    fn chunks_of_the_c_library() {
        for (name, parameters, chunk, written, read) in REAL {
            let filter = Parameters::new(parameters).unwrap();
            check_chunk(&filter, name, [chunk, written, read]);
        }
    }

    #[test]
    fn hostile_parameters_are_errors() {
        let bad: &[&[u32]] = &[
            &[],
            &[3, 0, 1],
            &[7, 0, 3, 1, 4, 0, 17, 4],
            &[8, 0, 3, 1, 4, 2, 17, 4],
            &[8, 0, 3, 1, 4, 0, 30, 4],
            &[8, 0, 3, 1, 0, 0, 0, 0],
            &[7, 0, 3, 2, 4, 4, 5],
            &[6, 0, 3, 3, 4, 1],
            &[9, 0, 3, 3, 4, 1, 1, 4, 4],
            &[5, 0, 3, 9, 4],
        ];
        for parameters in bad {
            assert!(Parameters::new(parameters).is_err(), "{parameters:?}");
        }
        // A number behind an array of arrays: the C library stores a part of the array twice instead.
        let lossy = [20, 0, 1, 3, 8, 2, 0, 2, 6, 2, 3, 1, 1, 0, 5, 1, 6, 4, 2, 0];
        assert_eq!(Parameters::new(&lossy).unwrap_err().kind(), crate::ErrorKind::Unsupported);
        let mut deep = vec![0, 0, 1];
        deep.extend([2, 4].repeat(10_000));
        deep.extend([4, 4]);
        deep[0] = deep.len() as u32;
        assert_eq!(Parameters::new(&deep).unwrap_err().kind(), crate::ErrorKind::Limit);
        let filter = Parameters::new(&[8, 0, u32::MAX, 1, 4, 0, 1, 0]).unwrap();
        assert!(filter.decode(&[0; 8], &mut [0; 8], 0).is_err(), "another size than the chunk's");
    }

    proptest! {
        #[test]
        fn numbers_round_trip(
            bytes in prop::collection::vec(any::<u8>(), 48),
            size in prop::sample::select(vec![1_u32, 2, 3, 4, 8, 16]),
            bits in (any::<prop::sample::Index>(), any::<prop::sample::Index>()),
            order in 0..2_u32,
        ) {
            let offset = bits.0.index(size as usize * 8) as u32;
            let precision = bits.1.index((size * 8 - offset) as usize) as u32 + 1;
            let filter = Parameters::new(&[8, 0, 48 / size, 1, size, order, precision, offset]).unwrap();
            let pass = |input: &[u8]| {
                let (mut packed, mut output) = (Vec::new(), vec![0; 48]);
                filter.encode(input, &mut packed).unwrap();
                filter.decode(&packed, &mut output, 0).unwrap();
                output
            };
            let once = pass(&bytes);
            prop_assert_eq!(&pass(&once), &once);
            for (nth, (before, after)) in bytes.iter().zip(&once).enumerate() {
                let at = nth as u32 % size;
                let byte = if order == 1 { size - 1 - at } else { at };
                let mask = (0..8).filter(|bit| (offset..offset + precision).contains(&(byte * 8 + bit)));
                let mask = mask.fold(0_u8, |mask, bit| mask | 1 << bit);
                prop_assert_eq!(before & mask, *after);
            }
        }

        #[test]
        fn any_parameters_are_a_result_or_an_error(
            mut parameters in prop::collection::vec(0..9_u32, 3..24),
            chunk in prop::collection::vec(any::<u8>(), 0..40),
            len in 0..40_usize,
        ) {
            parameters[0] = parameters.len() as u32;
            if let Ok(filter) = Parameters::new(&parameters) {
                let _ = filter.decode(&chunk, &mut vec![0; len], 0);
                let _ = filter.encode(&chunk, &mut Vec::new());
            }
        }
    }
}
