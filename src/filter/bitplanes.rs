//! Elements as planes of bits: first the lowest bits of the first bytes of all elements, then
//! their second bits, and so on, as Bitshuffle and Blosc store them.
//!
//! Bit j of byte i of a plane belongs to element 8 i + j. Eight one-byte elements of which the
//! second is 3 are `02 02 00 00 00 00 00 00`.
//!
//! The bytes of elements are split or joined as in the shuffle filter, and between a plane of
//! bytes and its eight planes of bits go tiles of 64 elements, as eight words.

use super::shuffle;

/// Puts the bit planes of `input` into `output`, as long; the number of elements is a multiple of 8.
pub(super) fn split(size: usize, input: &[u8], output: &mut [u8]) {
    let Some(row) = row_len(size, input.len()) else { return };
    let mut planes = Vec::new();
    shuffle::encode(size, input, &mut planes);
    let plane_len = row.saturating_mul(8);
    for (plane, rows) in planes.chunks_exact(plane_len).zip(output.chunks_exact_mut(plane_len)) {
        let (octets, _) = plane.as_chunks::<8>();
        let (tiles, rest) = octets.as_chunks::<8>();
        let mut words = rows.chunks_exact_mut(row).map(|row| row.as_chunks_mut::<8>().0.iter_mut());
        let mut words: [_; 8] = std::array::from_fn(|_| words.next().unwrap_or_default());
        for tile in tiles {
            let tile = transpose_bytes(tile.map(|octet| transpose_bits(u64::from_le_bytes(octet))));
            for (words, word) in words.iter_mut().zip(tile) {
                if let Some(place) = words.next() {
                    *place = word.to_le_bytes();
                }
            }
        }
        let done = tiles.len().saturating_mul(8);
        for (nth, octet) in rest.iter().enumerate() {
            let bits = transpose_bits(u64::from_le_bytes(*octet)).to_le_bytes();
            let column = rows.get_mut(done.saturating_add(nth)..).unwrap_or_default();
            column.iter_mut().step_by(row).zip(bits).for_each(|(to, bits)| *to = bits);
        }
    }
}

/// Puts the elements whose bit planes are `input` into `output`, as long.
pub(super) fn join(size: usize, input: &[u8], output: &mut [u8]) {
    let Some(row) = row_len(size, input.len()) else { return };
    let mut planes = vec![0; input.len()];
    let plane_len = row.saturating_mul(8);
    for (rows, plane) in input.chunks_exact(plane_len).zip(planes.chunks_exact_mut(plane_len)) {
        let (octets, _) = plane.as_chunks_mut::<8>();
        let (tiles, rest) = octets.as_chunks_mut::<8>();
        let done = tiles.len().saturating_mul(8);
        let mut words = rows.chunks_exact(row).map(|row| row.as_chunks::<8>().0.iter());
        let mut words: [_; 8] = std::array::from_fn(|_| words.next().unwrap_or_default());
        for tile in tiles.iter_mut() {
            let rows =
                words.each_mut().map(|words| words.next().map_or(0, |bytes| u64::from_le_bytes(*bytes)));
            *tile = transpose_bytes(rows).map(|word| transpose_bits(word).to_le_bytes());
        }
        for (nth, octet) in rest.iter_mut().enumerate() {
            let mut bits = [0; 8];
            let column = rows.get(done.saturating_add(nth)..).unwrap_or_default();
            bits.iter_mut().zip(column.iter().step_by(row)).for_each(|(to, bits)| *to = *bits);
            *octet = transpose_bits(u64::from_le_bytes(bits)).to_le_bytes();
        }
    }
    shuffle::decode(size, &planes, output);
}

/// Bytes of a bit plane of `len` bytes of elements, unless there are none.
fn row_len(size: usize, len: usize) -> Option<usize> {
    len.checked_div(size.saturating_mul(8)).filter(|row| *row > 0)
}

/// Exchanges bit j of byte i with bit i of byte j.
fn transpose_bits(mut bits: u64) -> u64 {
    for (shift, mask) in [(7, 0x00aa_00aa_00aa_00aa), (14, 0x0000_cccc_0000_cccc), (28, 0xf0f0_f0f0)] {
        let differing = (bits ^ bits >> shift) & mask;
        bits ^= differing ^ differing << shift;
    }
    bits
}

/// Exchanges byte j of word i with byte i of word j.
fn transpose_bytes(words: [u64; 8]) -> [u64; 8] {
    fn exchange(low: &mut u64, high: &mut u64, shift: u32, mask: u64) {
        let differing = (low.wrapping_shr(shift) ^ *high) & mask;
        *high ^= differing;
        *low ^= differing.wrapping_shl(shift);
    }
    let [mut a, mut b, mut c, mut d, mut e, mut f, mut g, mut h] = words;
    for (low, high) in [(&mut a, &mut e), (&mut b, &mut f), (&mut c, &mut g), (&mut d, &mut h)] {
        exchange(low, high, 32, 0x0000_0000_ffff_ffff);
    }
    for (low, high) in [(&mut a, &mut c), (&mut b, &mut d), (&mut e, &mut g), (&mut f, &mut h)] {
        exchange(low, high, 16, 0x0000_ffff_0000_ffff);
    }
    for (low, high) in [(&mut a, &mut b), (&mut c, &mut d), (&mut e, &mut f), (&mut g, &mut h)] {
        exchange(low, high, 8, 0x00ff_00ff_00ff_00ff);
    }
    [a, b, c, d, e, f, g, h]
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]
    use super::*;

    #[test]
    fn planes_are_where_they_belong() {
        for (size, count) in [(1, 8), (2, 24), (3, 64), (4, 72), (8, 200), (12, 136)] {
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
