//! Shuffle, filter 2. Specification IV.A.2.l, "Filter pipeline message".
//!
//! Parameter 0 is the size of an element in bytes. The first bytes of all elements are stored
//! first, then all the second bytes, and so on; bytes after the last whole element stay last.
//! Two elements of 3 bytes, `a0 a1 a2 b0 b1 b2`, are stored as `a0 b0 a1 b1 a2 b2`.
//!
//! Elements whose size is a multiple of 4 go through in tiles that are transposed in registers:
//! with one byte at a time, this filter would take as long as the inflating it helps.

use crate::{Error, Result};

/// The size of an element, from the filter's parameters.
pub(super) fn element_size(parameters: &[u32]) -> Result<usize> {
    match parameters {
        [size] if *size > 0 => Ok(*size as usize),
        _ => Err(Error::format("the shuffle filter wants one parameter, the size of an element")),
    }
}

/// Whether shuffling `len` bytes changes nothing.
pub(super) fn is_identity(size: usize, len: usize) -> bool {
    size <= 1 || len / size <= 1
}

/// Brings the bytes of each element together again; both slices are of one length.
pub(super) fn decode(size: usize, input: &[u8], output: &mut [u8]) {
    let count = input.len().checked_div(size).unwrap_or(0);
    if is_identity(size, input.len()) {
        output.copy_from_slice(input);
        return;
    }
    let (whole, rest) = input.split_at(count.saturating_mul(size));
    let (elements, output_rest) = output.split_at_mut(whole.len());
    output_rest.copy_from_slice(rest);
    match size {
        2 => join_pairs(whole, elements),
        4 => join_quads(whole, elements),
        _ if size.is_multiple_of(8) => join_octets(size, whole, elements),
        _ => {
            for (at, plane) in whole.chunks_exact(count).enumerate() {
                let column = elements.iter_mut().skip(at).step_by(size);
                column.zip(plane).for_each(|(to, from)| *to = *from);
            }
        }
    }
}

/// Appends the shuffled `input` to `output`.
pub(super) fn encode(size: usize, input: &[u8], output: &mut Vec<u8>) {
    let count = input.len().checked_div(size).unwrap_or(0);
    if is_identity(size, input.len()) {
        output.extend_from_slice(input);
        return;
    }
    let (whole, rest) = input.split_at(count.saturating_mul(size));
    let start = output.len();
    if size == 4 || size.is_multiple_of(8) {
        output.resize(start.saturating_add(whole.len()), 0);
        let planes = output.get_mut(start..).unwrap_or_default();
        if size == 4 { part_quads(whole, planes) } else { part_octets(size, whole, planes) }
    } else {
        for at in 0..size {
            output.extend(whole.iter().skip(at).step_by(size));
        }
    }
    output.extend_from_slice(rest);
}

fn join_pairs(planes: &[u8], elements: &mut [u8]) {
    let (low, high) = planes.split_at(planes.len() / 2);
    let (elements, _) = elements.as_chunks_mut::<2>();
    for ((to, low), high) in elements.iter_mut().zip(low).zip(high) {
        *to = [*low, *high];
    }
}

/// Four planes to elements of 4 bytes, eight elements a tile.
fn join_quads(planes: &[u8], elements: &mut [u8]) {
    let Some([a, b, c, d]) = split_planes::<4>(planes) else { return };
    let ((a, a_rest), (b, b_rest)) = (a.as_chunks::<8>(), b.as_chunks::<8>());
    let ((c, c_rest), (d, d_rest)) = (c.as_chunks::<8>(), d.as_chunks::<8>());
    let (tiles, rest) = elements.as_chunks_mut::<32>();
    for ((((tile, a), b), c), d) in tiles.iter_mut().zip(a).zip(b).zip(c).zip(d) {
        let rows = transpose_quads([a, b, c, d].map(|plane| u64::from_le_bytes(*plane)));
        let [p, q, r, s] = rows;
        let (low, high) = (|x: u64, y: u64| x & LOW_4 | y << 32, |x: u64, y: u64| x >> 32 | y & !LOW_4);
        let words = [low(p, q), low(r, s), high(p, q), high(r, s)];
        let (parts, _) = tile.as_chunks_mut::<8>();
        for (part, word) in parts.iter_mut().zip(words) {
            *part = word.to_le_bytes();
        }
    }
    let (rest, _) = rest.as_chunks_mut::<4>();
    for ((((to, a), b), c), d) in rest.iter_mut().zip(a_rest).zip(b_rest).zip(c_rest).zip(d_rest) {
        *to = [*a, *b, *c, *d];
    }
}

/// The inverse of [`join_quads`].
fn part_quads(elements: &[u8], planes: &mut [u8]) {
    let Some([a, b, c, d]) = split_planes_mut::<4>(planes) else { return };
    let ((a, a_rest), (b, b_rest)) = (a.as_chunks_mut::<8>(), b.as_chunks_mut::<8>());
    let ((c, c_rest), (d, d_rest)) = (c.as_chunks_mut::<8>(), d.as_chunks_mut::<8>());
    let (tiles, rest) = elements.as_chunks::<32>();
    for ((((tile, a), b), c), d) in tiles.iter().zip(a).zip(b).zip(c).zip(d) {
        let (parts, _) = tile.as_chunks::<8>();
        let [p, q, r, s] = parts else { return };
        let [p, q, r, s] = [p, q, r, s].map(|part| u64::from_le_bytes(*part));
        let (low, high) = (|x: u64, y: u64| x & LOW_4 | y << 32, |x: u64, y: u64| x >> 32 | y & !LOW_4);
        let rows = transpose_quads([low(p, r), high(p, r), low(q, s), high(q, s)]);
        for (plane, row) in [a, b, c, d].into_iter().zip(rows) {
            *plane = row.to_le_bytes();
        }
    }
    let (rest, _) = rest.as_chunks::<4>();
    for ((((from, a), b), c), d) in rest.iter().zip(a_rest).zip(b_rest).zip(c_rest).zip(d_rest) {
        [*a, *b, *c, *d] = *from;
    }
}

/// Planes to elements of a multiple of 8 bytes: eight planes of eight elements a tile.
fn join_octets(size: usize, planes: &[u8], elements: &mut [u8]) {
    let count = planes.len().checked_div(size).unwrap_or(0);
    for (group, planes) in planes.chunks_exact(count.saturating_mul(8)).enumerate() {
        let Some(planes) = split_planes::<8>(planes) else { return };
        let mut tiles = planes.map(|plane| plane.as_chunks::<8>().0.iter());
        let at = group.saturating_mul(8);
        let mut columns =
            elements.chunks_exact_mut(size).map(|element| element.get_mut(at..).unwrap_or_default());
        for _ in 0..count / 8 {
            let rows = tiles.each_mut().map(|tile| tile.next().map_or(0, |row| u64::from_le_bytes(*row)));
            for (row, column) in transpose_octets(rows).into_iter().zip(&mut columns) {
                if let Some(to) = column.first_chunk_mut::<8>() {
                    *to = row.to_le_bytes();
                }
            }
        }
        for (nth, column) in columns.enumerate() {
            for (to, plane) in column.iter_mut().zip(&planes) {
                let (_, rest) = plane.as_chunks::<8>();
                *to = rest.get(nth).copied().unwrap_or(0);
            }
        }
    }
}

/// The inverse of [`join_octets`].
fn part_octets(size: usize, elements: &[u8], planes: &mut [u8]) {
    let count = planes.len().checked_div(size).unwrap_or(0);
    for (group, planes) in planes.chunks_exact_mut(count.saturating_mul(8)).enumerate() {
        let at = group.saturating_mul(8);
        let mut columns = elements.chunks_exact(size).map(|element| element.get(at..).unwrap_or_default());
        let Some(mut planes) = split_planes_mut::<8>(planes) else { return };
        for tile in 0..count / 8 {
            let mut rows = [0; 8];
            for (row, column) in rows.iter_mut().zip(&mut columns) {
                *row = column.first_chunk::<8>().map_or(0, |bytes| u64::from_le_bytes(*bytes));
            }
            for (plane, row) in planes.iter_mut().zip(transpose_octets(rows)) {
                if let Some(to) = plane.as_chunks_mut::<8>().0.get_mut(tile) {
                    *to = row.to_le_bytes();
                }
            }
        }
        for (nth, column) in columns.enumerate() {
            for (from, plane) in column.iter().zip(&mut planes) {
                if let Some(to) = plane.as_chunks_mut::<8>().1.get_mut(nth) {
                    *to = *from;
                }
            }
        }
    }
}

const LOW_4: u64 = 0x0000_0000_ffff_ffff;
const LOW_2: u64 = 0x0000_ffff_0000_ffff;
const LOW_1: u64 = 0x00ff_00ff_00ff_00ff;

/// Transposes the two squares of 4 by 4 bytes that lie side by side in four rows.
#[inline(always)]
fn transpose_quads([a, b, c, d]: [u64; 4]) -> [u64; 4] {
    let ((a, c), (b, d)) = (exchange(a, c, 16, LOW_2), exchange(b, d, 16, LOW_2));
    let ((a, b), (c, d)) = (exchange(a, b, 8, LOW_1), exchange(c, d, 8, LOW_1));
    [a, b, c, d]
}

/// Transposes a square of 8 by 8 bytes.
#[inline(always)]
fn transpose_octets([a, b, c, d, e, f, g, h]: [u64; 8]) -> [u64; 8] {
    let ((a, e), (b, f)) = (exchange(a, e, 32, LOW_4), exchange(b, f, 32, LOW_4));
    let ((c, g), (d, h)) = (exchange(c, g, 32, LOW_4), exchange(d, h, 32, LOW_4));
    let [a, b, c, d] = transpose_quads([a, b, c, d]);
    let [e, f, g, h] = transpose_quads([e, f, g, h]);
    [a, b, c, d, e, f, g, h]
}

/// Exchanges the high parts of `x` with the low parts of `y`.
#[inline(always)]
fn exchange(x: u64, y: u64, bits: u32, low: u64) -> (u64, u64) {
    let (down, up) = (x.wrapping_shr(bits) & low, (y & low).wrapping_shl(bits));
    (x & low | up, down | y & !low)
}

fn split_planes<const N: usize>(bytes: &[u8]) -> Option<[&[u8]; N]> {
    let mut planes = bytes.chunks_exact(bytes.len().checked_div(N)?.max(1));
    let mut split = [&[][..]; N];
    for slot in &mut split {
        *slot = planes.next()?;
    }
    Some(split)
}

fn split_planes_mut<const N: usize>(bytes: &mut [u8]) -> Option<[&mut [u8]; N]> {
    let mut planes = bytes.chunks_exact_mut(bytes.len().checked_div(N)?.max(1));
    let mut split = std::array::from_fn(|_| &mut [][..]);
    for slot in &mut split {
        *slot = planes.next()?;
    }
    Some(split)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]
    use super::*;

    /// The definition, one byte at a time.
    fn shuffled(size: usize, input: &[u8]) -> Vec<u8> {
        let count = input.len() / size;
        let mut planes: Vec<u8> =
            (0..size).flat_map(|at| (0..count).map(move |nth| input[nth * size + at])).collect();
        planes.extend(&input[count * size..]);
        planes
    }

    #[test]
    fn every_size_and_length_follows_the_definition() {
        let input: Vec<u8> = (0..700_u32).map(|i| (i * i / 3) as u8).collect();
        for size in (1..=17).chain([24, 40, 699, 700, 701]) {
            for len in (0..140).chain([699, 700]) {
                let expected = shuffled(size, &input[..len]);
                let mut encoded = vec![9];
                encode(size, &input[..len], &mut encoded);
                assert_eq!(encoded[1..], expected, "encode, size {size}, length {len}");
                let mut decoded = vec![0; len];
                decode(size, &expected, &mut decoded);
                assert_eq!(decoded, input[..len], "decode, size {size}, length {len}");
            }
        }
    }

    #[test]
    fn the_parameter_is_one_size_above_zero() {
        assert_eq!(element_size(&[4]).unwrap(), 4);
        for bad in [&[][..], &[0], &[4, 4]] {
            assert!(element_size(bad).is_err());
        }
    }
}
