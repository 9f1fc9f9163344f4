//! A block: the coefficients of a wavelet transformation, and corrections.
//!
//! It starts with a byte of flags and two numbers of 8 bytes. Bit 0 says that all elements are the same:
//! how many there are, and their value. Otherwise the numbers are the mean, which the transformation
//! left out, and the quantum of the coefficients, both floats; the coefficients follow (see [speck]),
//! and perhaps, for what was too far off, corrections coded like the coefficients of a line.

use super::set::{Shape, elements};
use super::speck::{self, Coefficients};
use super::{bad, wavelet};
use crate::Result;
use crate::filter::codec::zeros;

/// What the quantum of the coefficients is to that of the corrections.
const CORRECTIONS: f64 = 1.5;
const CONSTANT: u8 = 1;

/// Decodes a block of these dimensions, of a plane or a volume.
pub(super) fn decode(input: &[u8], shape: Shape, dims: [u32; 3]) -> Result<Vec<f64>> {
    let truncated = || bad("a chunk is truncated");
    let (flags, rest) = input.split_first().ok_or_else(truncated)?;
    let (first, rest) = rest.split_first_chunk::<8>().ok_or_else(truncated)?;
    let (second, rest) = rest.split_first_chunk::<8>().ok_or_else(truncated)?;
    let (mean, quantum) = (f64::from_le_bytes(*first), f64::from_le_bytes(*second));
    let count = elements(dims);
    if flags & CONSTANT != 0 {
        if u64::from_le_bytes(*first) != count as u64 || !rest.is_empty() {
            return Err(bad("a constant chunk of another length"));
        }
        let mut values = zeros(count)?;
        values.fill(quantum);
        return Ok(values);
    }
    if quantum.is_nan() || quantum <= 0.0 {
        return Err(bad("a quantum that is not positive"));
    }
    let (stream, rest) = speck::Stream::new(rest)?;
    let Coefficients { sizes, positive } = stream.decode(shape, dims)?;
    let signed = |at: usize, size: f64| if positive.get(at) { size } else { -size };
    let mut values: Vec<f64> =
        sizes.into_iter().enumerate().map(|(at, size)| signed(at, quantum * size as f64)).collect();
    wavelet::invert(&mut values, shape, dims);
    if !rest.is_empty() {
        let (stream, rest) = speck::Stream::new(rest)?;
        if stream.is_truncated() || !rest.is_empty() {
            return Err(bad("corrections of another length"));
        }
        correct(&mut values, &stream, quantum / CORRECTIONS)?;
    }
    values.iter_mut().for_each(|value| *value += mean);
    Ok(values)
}

/// Adds the corrections, whose quantum is `quantum`.
fn correct(values: &mut [f64], stream: &speck::Stream<'_>, quantum: f64) -> Result<()> {
    let line = [u32::try_from(values.len()).unwrap_or(u32::MAX), 1, 1];
    let Coefficients { sizes, positive } = stream.decode(Shape::Line, line)?;
    for (at, (value, size)) in values.iter_mut().zip(sizes).enumerate() {
        let size = match size {
            0 => continue,
            1 => 1.1,
            size => size as f64 - 0.25,
        };
        *value += size * if positive.get(at) { quantum } else { -quantum };
    }
    Ok(())
}
