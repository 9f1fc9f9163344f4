//! JPEG-LS (ITU-T T.87), filter 32018 of the registry of The HDF Group, which EUMETSAT brought with
//! FCIDECOMP. It is only read.
//!
//! The parameters are for its writer: bytes of an element, components, lines and samples a line of a chunk,
//! then the bits of a sample, the components again, the interleaving, the largest error, and five
//! thresholds, 0 for the usual ones. A chunk is a JPEG-LS image that says all of this itself. Its samples
//! become elements of one byte up to 8 bits and of two little-endian bytes above, component by component;
//! where the image interleaves them, pixel by pixel. A 4 × 2 image of 8-bit zeros is `ff d8`,
//! `ff f7 00 0b 08 00 02 00 04 01 01 11 00` (bits, lines, samples, components, and one component),
//! `ff da 00 08 01 01 00 00 00 00` (components, the one, error, interleaving), `fc`, `ff d9`.

mod bits;
mod image;
mod model;
mod scan;

use self::image::Reader;
use super::codec::{Coder, decode_whole};
use crate::{Error, Result};

/// The filter; what it needs to know is in each chunk.
pub(super) struct JpegLs;

fn bad(what: &'static str) -> Error {
    Error::format(what).in_structure("JPEG-LS filter")
}

fn unsupported(what: &'static str) -> Error {
    Error::unsupported(what).in_structure("JPEG-LS filter")
}

impl Coder for JpegLs {
    fn encodes(&self) -> bool {
        false
    }

    fn decode(&self, input: &[u8], output: &mut [u8], limit: u64) -> Result<u64> {
        let mut image = Reader::new(input)?;
        decode_whole(image.frame.len()?, output, limit, |output| image.read(output))
    }

    fn encode(&self, _: &[u8], _: &mut Vec<u8>) -> Result<()> {
        Err(unsupported("JPEG-LS is not written"))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]
    use super::*;
    use crate::ErrorKind;
    use crate::format::testing::hex;

    const START: &str = "ffd8 ";
    const FRAME: &str = "fff7000b 08 0002 0004 01 011100 ";
    const SCAN: &str = "ffda0008 01 0100 00 00 00 ";

    fn decoded(stored: &str) -> Result<Vec<u8>> {
        let mut output = vec![0; 8];
        let len = JpegLs.decode(&hex(&stored.replace(' ', "")), &mut output, 64)?;
        output.truncate(usize::try_from(len).unwrap());
        Ok(output)
    }

    #[test]
    fn flat_lines_are_runs() {
        // Runs of 1, 1, 1 and 1, then of 2 and a line's end: six bits, all ones.
        assert_eq!(decoded(&[START, FRAME, SCAN, "fc ffd9"].concat()).unwrap(), [0; 8]);
        let comment = "fffe0003 41 ffe8000a 6d726678 00 000000 ";
        assert_eq!(decoded(&[START, comment, FRAME, comment, SCAN, "fc"].concat()).unwrap(), [0; 8]);
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        use ErrorKind::{Format, Limit, Unsupported};
        let large = FRAME.replace("0002", "7000");
        for (parts, kind) in [
            (&["", FRAME, SCAN][..], Format),
            (&[START, SCAN], Format),
            (&[START, FRAME, "ffd9"], Format),
            (&[START, FRAME, FRAME], Format),
            (&[START, FRAME, SCAN], Format),
            (&[START, FRAME, SCAN, "f0"], Format),
            (&[START, FRAME, &SCAN.replace("01 0100", "01 0200"), "fc"], Format),
            (&[START, FRAME, &SCAN.replace("01 0100", "01 0101"), "fc"], Unsupported),
            (&[START, FRAME, &SCAN.replace(" 00 00 00", " 00 03 00"), "fc"], Format),
            (&[START, FRAME, &SCAN.replace(" 00 00 00", " 00 00 01"), "fc"], Unsupported),
            (&[START, &FRAME.replace("08 0002", "11 0002")], Format),
            (&[START, &FRAME.replace("0002", "0000")], Unsupported),
            (&[START, &FRAME.replace("011100", "012200")], Unsupported),
            (&[START, &FRAME.replace("01 011100", "02 011100")], Format),
            (&[START, &large, SCAN, "fc"], Limit),
            (&[START, "ffdd0004 0001", FRAME], Unsupported),
            (&[START, "ffe8000a 6d726678 01 000000", FRAME], Unsupported),
            (&[START, "fff80006 02 010203", FRAME], Unsupported),
            (&[START, "fff8000d 01 0100 0000 0000 0000 0000", FRAME, SCAN, "fc"], Format),
            (&[START, "fff8000d 01 00ff 0000 0002 0001 0000", FRAME, SCAN, "fc"], Format),
            (&[START, "ffc00002", FRAME], Format),
        ] {
            assert_eq!(decoded(&parts.concat()).unwrap_err().kind(), kind, "{parts:?}");
        }
    }
}
