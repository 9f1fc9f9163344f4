//! SPERR, filter 32028 of the registry of The HDF Group: wavelet coefficients of floats, the highest bits
//! first. It is only read.
//!
//! | parameter | contents |
//! |---|---|
//! | 0 | bits 0 and 1: 2 for planes, 3 for volumes; bit 4: 32-bit floats, else 64-bit; bits 6 to 9: what its writer takes for missing; bits 10 to 15: version of the chunks |
//! | 1 | bit 31: the dimensions in reverse; below, the writer's measure of quality |
//! | 2.. | the dimensions above 1 of a chunk, the first one the fastest |
//!
//! A chunk of version 1 starts with a byte: 0, or with missing elements 1 (they are not-a-number) or 2 (they
//! are the number that follows), and a [mask](mask) of them. In version 0 there is no such byte. Then, of a
//! volume, a header of 18 bytes and the length of the rest; then a block (see [block]). A 9 × 9 plane of
//! ones is `00`, `81`, `51 00 00 00 00 00 00 00` and `00 00 00 00 00 00 f0 3f`.

mod block;
mod mask;
mod set;
mod speck;
mod wavelet;

use self::set::Shape;
use super::codec::{Coder, decode_whole};
use crate::{Error, Result};

fn bad(what: &'static str) -> Error {
    Error::format(what).in_structure("SPERR filter")
}

fn unsupported(what: &'static str) -> Error {
    Error::unsupported(what).in_structure("SPERR filter")
}

/// The filter with its parameters.
#[derive(Debug)]
pub(super) struct Parameters {
    /// Whether elements have 32 bits.
    single: bool,
    /// Whether chunks tell which elements are missing.
    tells_missing: bool,
    shape: Shape,
    /// The fastest first; 1 where there is none.
    dims: [u32; 3],
}

/// Elements of a block along a dimension of a volume.
const MAX_EDGE: u32 = 65_535;

impl Parameters {
    pub(super) fn new(parameters: &[u32]) -> Result<Self> {
        let [what, quality, dims @ ..] = parameters else {
            return Err(bad("too few parameters"));
        };
        let (shape, mut dims) = match (what & 3, dims) {
            (2, &[x, y]) => (Shape::Plane, [x, y, 1]),
            (3, &[x, y, z]) => (Shape::Volume, [x, y, z]),
            _ => return Err(bad("parameters that describe neither a plane nor a volume")),
        };
        if quality >> 31 == 1 {
            dims.reverse();
            if shape == Shape::Plane {
                dims.rotate_left(1);
            }
        }
        let version = (what >> 10) & 63;
        if version > 1 {
            return Err(unsupported("chunks of a later version"));
        }
        if dims.contains(&0) || shape == Shape::Volume && dims.iter().any(|dim| *dim > MAX_EDGE) {
            return Err(bad("dimensions out of range"));
        }
        Ok(Self { single: what & 16 != 0, tells_missing: version > 0, shape, dims })
    }

    /// The bytes of an element.
    fn element_len(&self) -> usize {
        if self.single { 4 } else { 8 }
    }

    /// How many elements a chunk has.
    fn count(&self) -> Result<u32> {
        let count = self.dims.iter().try_fold(1_u32, |count, dim| count.checked_mul(*dim));
        count.ok_or_else(|| Error::limit("a chunk has too many elements").in_structure("SPERR filter"))
    }

    /// Decodes a chunk to `output`, which has the length of its elements.
    fn decode_elements(&self, input: &[u8], output: &mut [u8]) -> Result<()> {
        let (missing, mut rest) = if self.tells_missing { mask::read(input, self)? } else { (None, input) };
        if self.shape == Shape::Volume {
            rest = self.volume(rest)?;
        }
        let values = block::decode(rest, self.shape, self.dims)?;
        let len = self.element_len();
        for (to, value) in output.chunks_exact_mut(len).zip(&values) {
            if self.single {
                to.copy_from_slice(&(*value as f32).to_le_bytes());
            } else {
                to.copy_from_slice(&value.to_le_bytes());
            }
        }
        if let Some(missing) = missing {
            missing.fill(output);
        }
        Ok(())
    }

    /// What stands behind the header of a volume.
    fn volume<'a>(&self, input: &'a [u8]) -> Result<&'a [u8]> {
        const VOLUME: u8 = 0x40;
        const SINGLE: u8 = 0x20;
        let truncated = || bad("a chunk is truncated");
        let ([_version, flags], rest) = input.split_first_chunk().ok_or_else(truncated)?;
        let (dims, rest) = rest.split_at_checked(12).ok_or_else(truncated)?;
        let dims = dims.as_chunks().0.iter().map(|dim| u32::from_le_bytes(*dim));
        let known = VOLUME | SINGLE;
        if flags & VOLUME == 0 || !dims.eq(self.dims) {
            return Err(bad("a chunk of other dimensions"));
        }
        if flags & !known != 0 {
            return Err(unsupported("parts of a volume"));
        }
        let (len, rest) = rest.split_first_chunk().ok_or_else(truncated)?;
        if u32::from_le_bytes(*len) as usize != rest.len() {
            return Err(bad("a chunk of another length"));
        }
        Ok(rest)
    }
}

impl Coder for Parameters {
    fn encodes(&self) -> bool {
        false
    }

    fn decode(&self, input: &[u8], output: &mut [u8], limit: u64) -> Result<u64> {
        let total = u64::from(self.count()?).saturating_mul(self.element_len() as u64);
        decode_whole(total, output, limit, |output| self.decode_elements(input, output))
    }

    fn encode(&self, _: &[u8], _: &mut Vec<u8>) -> Result<()> {
        Err(unsupported("SPERR is not written"))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]
    use super::*;
    use crate::ErrorKind;
    use crate::format::testing::hex;

    const PLANE: [u32; 4] = [0x402, 0, 9, 9];
    const ONES: &str = "0081 5100000000000000 000000000000f03f";

    fn decoded(parameters: &[u32], stored: &str) -> Result<Vec<u8>> {
        let mut output = vec![0; 648];
        let len =
            Parameters::new(parameters)?.decode(&hex(&stored.replace(' ', "")), &mut output, 1 << 16)?;
        output.truncate(usize::try_from(len).unwrap());
        Ok(output)
    }

    #[test]
    fn the_example_of_the_description_decodes() {
        assert_eq!(decoded(&PLANE, ONES).unwrap(), 1_f64.to_le_bytes().repeat(81));
        // In the first version there was no byte for missing elements, and floats may have 32 bits.
        assert_eq!(decoded(&[0x012, 0, 9, 9], &ONES[2..]).unwrap(), 1_f32.to_le_bytes().repeat(81));
        let volume = "00 0040 090000000900000001000000 11000000";
        let ones = format!("{volume}{}", &ONES[2..]);
        assert_eq!(decoded(&[0x403, 0, 9, 9, 1], &ones).unwrap(), 1_f64.to_le_bytes().repeat(81));
        assert_eq!(decoded(&[0x403, 0, 9, 1, 9], &ones).unwrap_err().kind(), ErrorKind::Format);
    }

    #[test]
    fn missing_elements_get_their_value() {
        // Bits of the mask: 38, ones are unusual, words 0, 1 (all ones) and 0 0.
        let mask = "26000000 04";
        let output = decoded(&PLANE, &format!("01 {mask} {}", &ONES[2..])).unwrap();
        let values: Vec<f64> = output.as_chunks().0.iter().map(|bytes| f64::from_le_bytes(*bytes)).collect();
        assert!(values[32..64].iter().all(|value| value.to_bits() == 0x7ff8_0000_0000_0001));
        assert!(values[..32].iter().chain(&values[64..]).all(|value| *value == 1.0));
        let output = decoded(&PLANE, &format!("02 0000000000000840 {mask} {}", &ONES[2..])).unwrap();
        assert_eq!(output[32 * 8..33 * 8], 3_f64.to_le_bytes());
        for short in ["24000000 04", "20000000", "ffffffff 04"] {
            let error = decoded(&PLANE, &format!("01 {short} {}", &ONES[2..])).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Format, "{short}");
        }
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        for (parameters, kind) in [
            (&[][..], ErrorKind::Format),
            (&[0x402, 0, 9], ErrorKind::Format),
            (&[0x403, 0, 9, 9], ErrorKind::Format),
            (&[0x401, 0, 9], ErrorKind::Format),
            (&[0x402, 0, 0, 9], ErrorKind::Format),
            (&[0x403, 0, 9, 9, 65_536], ErrorKind::Format),
            (&[0x802, 0, 9, 9], ErrorKind::Unsupported),
        ] {
            assert_eq!(Parameters::new(parameters).unwrap_err().kind(), kind, "{parameters:x?}");
        }
        let many = Parameters::new(&[0x402, 0, u32::MAX, u32::MAX]).unwrap();
        assert_eq!(many.decode(&[], &mut [0; 8], u64::MAX).unwrap_err().kind(), ErrorKind::Limit);
        let zero = "0080 0000000000000000 0000000000000000 00 0000000000000000";
        let planes = "0080 0000000000000000 000000000000f03f 41 0000000000000000";
        let longer = format!("{ONES}00");
        for stored in [zero, planes, &longer, "03", "00", ""] {
            assert_eq!(decoded(&PLANE, stored).unwrap_err().kind(), ErrorKind::Format, "{stored}");
        }
        let parts = "00 0050 090000000900000009000000 11000000";
        let mut output = vec![0; 9 * 9 * 9 * 8];
        let volume = Parameters::new(&[0x403, 0, 9, 9, 9]).unwrap();
        let error = volume.decode(&hex(&parts.replace(' ', "")), &mut output, 0).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported);
    }
}
