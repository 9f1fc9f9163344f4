//! JPEG-LS (ITU-T T.87), filter 32018 of the registry of The HDF Group, which EUMETSAT brought with
//! FCIDECOMP. It is only read.
//!
//! The parameters are for its writer: bytes of an element, components, lines and samples a line of a chunk,
//! then the bits of a sample, the components again, the interleaving, the largest error, and five
//! thresholds, 0 for the usual ones. A chunk is a JPEG-LS image that says all of this itself. Its samples
//! become elements of one byte up to 8 bits and of two little-endian bytes above, component by component;
//! where the image interleaves them, pixel by pixel. A 4 × 2 image of 8-bit samples 7 is `ff d8`,
//! `ff f7 00 0b 08 00 02 00 04 01 01 11 00` (bits, lines, samples, components, and one component),
//! `ff da 00 08 01 01 00 00 00 00` (components, the one, error, interleaving), the coded samples, `ff d9`.

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
    fn decode(&self, input: &[u8], output: &mut [u8], limit: u64) -> Result<u64> {
        let mut image = Reader::new(input)?;
        decode_whole(image.frame.len()?, output, limit, |output| image.read(output))
    }

    fn encode(&self, _: &[u8], _: &mut Vec<u8>) -> Result<()> {
        Err(unsupported("JPEG-LS is not written"))
    }
}
