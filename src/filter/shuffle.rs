//! Shuffle, filter 2. Specification IV.A.2.l, "Filter pipeline message".
//!
//! Parameter 0 is the size of an element in bytes. The first bytes of all elements are stored
//! first, then all the second bytes, and so on; bytes after the last whole element stay last.
//! Two elements of 3 bytes, `a0 a1 a2 b0 b1 b2`, are stored as `a0 b0 a1 b1 a2 b2`.
//!
//! Elements of 4 and 8 bytes are joined in tiles that are transposed in registers: one byte at a
//! time, this would take half as long as the inflating before it.

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
    size <= 1 || len < size.saturating_mul(2)
}

/// Brings the bytes of each element together again; both slices are of one length.
pub(super) fn decode(size: usize, input: &[u8], output: &mut [u8]) {
    if is_identity(size, input.len()) {
        output.copy_from_slice(input);
        return;
    }
    let (whole, rest) = input.split_at(whole_len(size, input.len()));
    let (elements, output_rest) = output.split_at_mut(whole.len());
    output_rest.copy_from_slice(rest);
    decode_part(size, whole, 0, elements);
}

/// Brings the bytes of some elements together, from number `first` on, of whole elements only.
pub(super) fn decode_part(size: usize, input: &[u8], first: usize, elements: &mut [u8]) {
    let done = match size {
        2 => join_pairs(input, first, elements),
        4 => join_fours(input, first, elements),
        8 => join_eights(input, first, elements),
        _ => 0,
    };
    let count = input.len().checked_div(size).unwrap_or(0).max(1);
    for (at, plane) in input.chunks_exact(count).enumerate() {
        let column = elements.get_mut(done.saturating_mul(size).saturating_add(at)..).unwrap_or_default();
        let plane = plane.get(first.saturating_add(done)..).unwrap_or_default();
        column.iter_mut().step_by(size.max(1)).zip(plane).for_each(|(to, from)| *to = *from);
    }
}

/// Appends the shuffled `input` to `output`.
pub(super) fn encode(size: usize, input: &[u8], output: &mut Vec<u8>) {
    if is_identity(size, input.len()) {
        output.extend_from_slice(input);
        return;
    }
    let start = output.len();
    output.resize(start.saturating_add(input.len()), 0);
    let (whole, rest) = input.split_at(whole_len(size, input.len()));
    let (planes, output_rest) = output.get_mut(start..).unwrap_or_default().split_at_mut(whole.len());
    output_rest.copy_from_slice(rest);
    let done = match size {
        4 => split_fours(whole, planes),
        8 => split_eights(whole, planes),
        _ => 0,
    };
    let count = whole.len().checked_div(size).unwrap_or(0).max(1);
    for (at, plane) in planes.chunks_exact_mut(count).enumerate() {
        let column = whole.get(done.saturating_mul(size).saturating_add(at)..).unwrap_or_default();
        let plane = plane.get_mut(done..).unwrap_or_default();
        plane.iter_mut().zip(column.iter().step_by(size)).for_each(|(to, from)| *to = *from);
    }
}

/// How many of `len` bytes are those of whole elements.
fn whole_len(size: usize, len: usize) -> usize {
    len.checked_div(size).unwrap_or(0).saturating_mul(size)
}

fn join_pairs(planes: &[u8], first: usize, elements: &mut [u8]) -> usize {
    let (low, high) = planes.split_at(planes.len() / 2);
    let (low, high) = (low.get(first..).unwrap_or_default(), high.get(first..).unwrap_or_default());
    let (elements, _) = elements.as_chunks_mut::<2>();
    for ((to, low), high) in elements.iter_mut().zip(low).zip(high) {
        *to = [*low, *high];
    }
    elements.len()
}

/// Joins tiles of eight elements, and tells how many elements that were.
fn join_fours(planes: &[u8], first: usize, elements: &mut [u8]) -> usize {
    let Some(planes) = split::<4>(planes, first) else { return 0 };
    let (words, _) = elements.as_chunks_mut::<8>();
    let (tiles, _) = words.as_chunks_mut::<4>();
    for (tile, rows) in tiles.iter_mut().zip(rows_of_four(planes)) {
        *tile = join_quads(rows).map(u64::to_le_bytes);
    }
    tiles.len().saturating_mul(8)
}

/// Joins tiles of eight elements, and tells how many elements that were.
fn join_eights(planes: &[u8], first: usize, elements: &mut [u8]) -> usize {
    let Some([a, b, c, d, e, f, g, h]) = split::<8>(planes, first) else { return 0 };
    let (words, _) = elements.as_chunks_mut::<8>();
    let (tiles, _) = words.as_chunks_mut::<8>();
    let rows = rows_of_four([a, b, c, d]).zip(rows_of_four([e, f, g, h]));
    for (tile, ([a, b, c, d], [e, f, g, h])) in tiles.iter_mut().zip(rows) {
        *tile = transpose_octets([a, b, c, d, e, f, g, h]).map(u64::to_le_bytes);
    }
    tiles.len().saturating_mul(8)
}

/// Splits tiles of eight elements, and tells how many elements that were.
fn split_fours(elements: &[u8], planes: &mut [u8]) -> usize {
    let Some([a, b, c, d]) = split_mut::<4>(planes) else { return 0 };
    let (words, _) = elements.as_chunks::<8>();
    let (tiles, _) = words.as_chunks::<4>();
    for ((((tile, a), b), c), d) in tiles.iter().zip(a).zip(b).zip(c).zip(d) {
        [*a, *b, *c, *d] = split_quads(tile.map(u64::from_le_bytes)).map(u64::to_le_bytes);
    }
    tiles.len().saturating_mul(8)
}

/// Splits tiles of eight elements, and tells how many elements that were.
fn split_eights(elements: &[u8], planes: &mut [u8]) -> usize {
    let Some([a, b, c, d, e, f, g, h]) = split_mut::<8>(planes) else { return 0 };
    let (words, _) = elements.as_chunks::<8>();
    let (tiles, _) = words.as_chunks::<8>();
    let rows = a.iter_mut().zip(b).zip(c).zip(d).zip(e).zip(f).zip(g).zip(h);
    for (tile, (((((((a, b), c), d), e), f), g), h)) in tiles.iter().zip(rows) {
        [*a, *b, *c, *d, *e, *f, *g, *h] =
            transpose_octets(tile.map(u64::from_le_bytes)).map(u64::to_le_bytes);
    }
    tiles.len().saturating_mul(8)
}

/// N planes to be written, each as rows of eight bytes.
fn split_mut<const N: usize>(bytes: &mut [u8]) -> Option<[&mut [[u8; 8]]; N]> {
    let count = bytes.len().checked_div(N)?.max(1);
    let planes: Vec<_> = bytes.chunks_exact_mut(count).map(|plane| plane.as_chunks_mut::<8>().0).collect();
    planes.try_into().ok()
}

/// N planes from element `first` on, each as rows of eight bytes.
fn split<const N: usize>(bytes: &[u8], first: usize) -> Option<[&[[u8; 8]]; N]> {
    let mut planes = bytes.chunks_exact(bytes.len().checked_div(N)?.max(1));
    let mut split = [&[][..]; N];
    for slot in &mut split {
        *slot = planes.next()?.get(first..)?.as_chunks::<8>().0;
    }
    Some(split)
}

#[inline]
fn rows_of_four([a, b, c, d]: [&[[u8; 8]]; 4]) -> impl Iterator<Item = [u64; 4]> {
    let rows = a.iter().zip(b).zip(c).zip(d);
    rows.map(|(((a, b), c), d)| [a, b, c, d].map(|row| u64::from_le_bytes(*row)))
}

const LOW_4: u64 = 0x0000_0000_ffff_ffff;
const LOW_2: u64 = 0x0000_ffff_0000_ffff;
const LOW_1: u64 = 0x00ff_00ff_00ff_00ff;

/// Eight bytes of each of four planes to eight elements of four bytes.
#[inline]
fn join_quads(rows: [u64; 4]) -> [u64; 4] {
    let [a, b, c, d] = transpose_quads(rows);
    let ((a, b), (c, d)) = (exchange(a, b, 32, LOW_4), exchange(c, d, 32, LOW_4));
    [a, c, b, d]
}

/// Four words, which are eight elements of four bytes, to eight bytes of each of four planes.
#[inline]
fn split_quads([a, c, b, d]: [u64; 4]) -> [u64; 4] {
    let ((a, b), (c, d)) = (exchange(a, b, 32, LOW_4), exchange(c, d, 32, LOW_4));
    transpose_quads([a, b, c, d])
}

/// Transposes the two squares of 4 by 4 bytes that lie side by side in four rows.
#[inline]
fn transpose_quads([a, b, c, d]: [u64; 4]) -> [u64; 4] {
    let ((a, c), (b, d)) = (exchange(a, c, 16, LOW_2), exchange(b, d, 16, LOW_2));
    let ((a, b), (c, d)) = (exchange(a, b, 8, LOW_1), exchange(c, d, 8, LOW_1));
    [a, b, c, d]
}

/// Transposes a square of 8 by 8 bytes.
#[inline]
fn transpose_octets([a, b, c, d, e, f, g, h]: [u64; 8]) -> [u64; 8] {
    let ((a, e), (b, f)) = (exchange(a, e, 32, LOW_4), exchange(b, f, 32, LOW_4));
    let ((c, g), (d, h)) = (exchange(c, g, 32, LOW_4), exchange(d, h, 32, LOW_4));
    let [a, b, c, d] = transpose_quads([a, b, c, d]);
    let [e, f, g, h] = transpose_quads([e, f, g, h]);
    [a, b, c, d, e, f, g, h]
}

/// Exchanges the high parts of `x` with the low parts of `y`.
#[inline]
fn exchange(x: u64, y: u64, bits: u32, low: u64) -> (u64, u64) {
    let (down, up) = (x.wrapping_shr(bits) & low, (y & low).wrapping_shl(bits));
    (x & low | up, down | y & !low)
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
                let count = len / size;
                for (first, end) in [(0, count / 2), (count / 3, count), (count, count)] {
                    let mut part = vec![0; (end - first) * size];
                    decode_part(size, &expected[..count * size], first, &mut part);
                    assert_eq!(
                        part,
                        input[first * size..end * size],
                        "{first}..{end} of {count}, size {size}"
                    );
                }
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
