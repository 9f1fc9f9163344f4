//! What Blosc does to the bytes of a block beside compressing them.

use super::chunk::Header;
use crate::filter::{bitplanes, shuffle};
use crate::{Error, Result};

pub(super) const SHUFFLE: u8 = 1;
pub(super) const BITSHUFFLE: u8 = 2;
pub(super) const DELTA: u8 = 3;
pub(super) const TRUNCATE: u8 = 4;

/// Undoes the filters of `block`; `first` is the first block of the chunk, decoded, or `None` when
/// that is this one.
pub(super) fn undo(
    header: &Header,
    block: &mut [u8],
    spare: &mut Vec<u8>,
    first: Option<&[u8]>,
) -> Result<()> {
    for (nth, (filter, meta)) in header.filters.iter().zip(header.filters_meta).enumerate().rev() {
        spare.resize(block.len(), 0);
        match *filter {
            0 | TRUNCATE => continue,
            SHUFFLE => {
                let size = if meta == 0 { header.typesize } else { usize::from(meta) };
                shuffle::decode(size, block, spare);
            }
            BITSHUFFLE => {
                let planes = bitshuffled_len(header, block.len());
                spare.copy_from_slice(block);
                let (from, to) = (block.get(..planes), spare.get_mut(..planes));
                bitplanes::join(header.typesize, from.unwrap_or_default(), to.unwrap_or_default());
            }
            DELTA => {
                let earlier = header.filters.get(..nth).unwrap_or_default();
                if earlier.iter().any(|filter| !matches!(*filter, 0 | TRUNCATE)) {
                    return Err(Error::unsupported("Blosc 2 chunks with a filter in front of delta"));
                }
                undo_delta(header.typesize, block, first);
                continue;
            }
            other => return Err(Error::unsupported(format!("filter {other} of Blosc 2"))),
        }
        block.copy_from_slice(spare);
    }
    Ok(())
}

/// Applies the filters to `block`; `first` is the first block of the chunk as it was, or `None`
/// when that is this one.
pub(super) fn apply(header: &Header, block: &mut Vec<u8>, spare: &mut Vec<u8>, first: Option<&[u8]>) {
    for filter in header.filters {
        match filter {
            SHUFFLE => {
                spare.clear();
                shuffle::encode(header.typesize, block, spare);
            }
            BITSHUFFLE => {
                let planes = bitshuffled_len(header, block.len());
                spare.clone_from(block);
                let (from, to) = (block.get(..planes), spare.get_mut(..planes));
                bitplanes::split(header.typesize, from.unwrap_or_default(), to.unwrap_or_default());
            }
            DELTA => {
                apply_delta(header.typesize, block, first);
                continue;
            }
            _ => continue,
        }
        std::mem::swap(block, spare);
    }
}

/// How many of the bytes of a block are bit planes; the others stay as they are. Blosc 1 leaves
/// blocks alone whose number of elements is no multiple of 8.
fn bitshuffled_len(header: &Header, len: usize) -> usize {
    let group = header.typesize.saturating_mul(8);
    let planes = len.checked_div(group).unwrap_or(0).saturating_mul(group);
    let elements = len.checked_div(header.typesize).unwrap_or(0);
    if !header.extended && !elements.is_multiple_of(8) { 0 } else { planes }
}

/// The bytes that the delta filter takes together.
fn delta_width(typesize: usize) -> usize {
    match typesize {
        1 | 2 | 4 | 8 => typesize,
        _ if typesize.is_multiple_of(8) => 8,
        _ => 1,
    }
}

fn undo_delta(typesize: usize, block: &mut [u8], first: Option<&[u8]>) {
    if let Some(first) = first {
        block.iter_mut().zip(first).for_each(|(to, first)| *to ^= first);
        return;
    }
    let mut elements = block.chunks_exact_mut(delta_width(typesize));
    let Some(mut last) = elements.next() else { return };
    for element in elements {
        element.iter_mut().zip(&*last).for_each(|(to, last)| *to ^= last);
        last = element;
    }
}

fn apply_delta(typesize: usize, block: &mut [u8], first: Option<&[u8]>) {
    if let Some(first) = first {
        block.iter_mut().zip(first).for_each(|(to, first)| *to ^= first);
        return;
    }
    let mut elements = block.chunks_exact_mut(delta_width(typesize)).rev();
    let Some(mut next) = elements.next() else { return };
    for element in elements {
        next.iter_mut().zip(&*element).for_each(|(to, from)| *to ^= from);
        next = element;
    }
}
