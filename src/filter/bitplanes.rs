//! Elements as planes of bits: first the lowest bits of the first bytes of all elements, then
//! their second bits, and so on, as Bitshuffle and Blosc store them.
//!
//! Bit j of byte i of a plane belongs to element 8 i + j. Eight one-byte elements of which the
//! second is 3 are `02 02 00 00 00 00 00 00`.

use super::shuffle;

/// Puts the bit planes of `input` into `output`, as long; the number of elements is a multiple of 8.
pub(super) fn split(size: usize, input: &[u8], output: &mut [u8]) {
    let Some(row) = row_len(size, input.len()) else { return };
    let mut planes = Vec::new();
    shuffle::encode(size, input, &mut planes);
    for (plane, rows) in
        planes.chunks_exact(row.saturating_mul(8)).zip(output.chunks_exact_mut(row.saturating_mul(8)))
    {
        for (at, octet) in plane.as_chunks::<8>().0.iter().enumerate() {
            let bits = transpose(u64::from_le_bytes(*octet)).to_le_bytes();
            let column = rows.get_mut(at..).unwrap_or_default();
            column.iter_mut().step_by(row).zip(bits).for_each(|(to, bits)| *to = bits);
        }
    }
}

/// Puts the elements whose bit planes are `input` into `output`, as long.
pub(super) fn join(size: usize, input: &[u8], output: &mut [u8]) {
    let Some(row) = row_len(size, input.len()) else { return };
    let mut planes = vec![0; input.len()];
    for (rows, plane) in
        input.chunks_exact(row.saturating_mul(8)).zip(planes.chunks_exact_mut(row.saturating_mul(8)))
    {
        let mut rows = rows.chunks_exact(row);
        let mut row = || rows.next().unwrap_or_default().iter();
        let low = row().zip(row()).zip(row().zip(row()));
        let high = row().zip(row()).zip(row().zip(row()));
        for (to, (((a, b), (c, d)), ((e, f), (g, h)))) in
            plane.as_chunks_mut::<8>().0.iter_mut().zip(low.zip(high))
        {
            let bits = [*a, *b, *c, *d, *e, *f, *g, *h];
            *to = transpose(u64::from_le_bytes(bits)).to_le_bytes();
        }
    }
    shuffle::decode(size, &planes, output);
}

/// Bytes of a bit plane of `len` bytes of elements, unless there are none.
fn row_len(size: usize, len: usize) -> Option<usize> {
    len.checked_div(size.saturating_mul(8)).filter(|row| *row > 0)
}

/// Exchanges bit j of byte i with bit i of byte j.
fn transpose(mut bits: u64) -> u64 {
    for (shift, mask) in [(7, 0x00aa_00aa_00aa_00aa), (14, 0x0000_cccc_0000_cccc), (28, 0xf0f0_f0f0)] {
        let differing = (bits ^ bits >> shift) & mask;
        bits ^= differing ^ differing << shift;
    }
    bits
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]
    use super::*;

    #[test]
    fn planes_are_where_they_belong() {
        for size in [1, 2, 3, 4, 8, 12] {
            let count = 24;
            let input: Vec<u8> = (0..size * count).map(|i| (i * 37 + i / 11) as u8).collect();
            let mut planes = vec![0; input.len()];
            split(size, &input, &mut planes);
            for element in 0..count {
                for bit in 0..size * 8 {
                    let expected = input[element * size + bit / 8] >> (bit % 8) & 1;
                    let byte = planes[bit * (count / 8) + element / 8];
                    assert_eq!(
                        byte >> (element % 8) & 1,
                        expected,
                        "size {size} element {element} bit {bit}"
                    );
                }
            }
            let mut output = vec![0; input.len()];
            join(size, &planes, &mut output);
            assert_eq!(output, input);
        }
    }
}
