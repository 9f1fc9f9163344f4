//! Elements at equal distances, which need not touch: those of a compound's member.

use super::kernels::copy_swapped;
use crate::{Error, Result};

/// Elements to convert.
#[derive(Clone, Copy)]
pub(crate) struct Source<'a> {
    bytes: &'a [u8],
    stride: usize,
}

/// Room for converted elements.
pub(crate) struct Target<'a> {
    bytes: &'a mut [u8],
    stride: usize,
}

fn short() -> Error {
    Error::usage("the buffer is too small for the elements")
}

/// The bytes that `count` elements span.
fn span(count: usize, stride: usize, size: usize) -> Option<usize> {
    match count.checked_sub(1) {
        None => Some(0),
        Some(gaps) => gaps.checked_mul(stride)?.checked_add(size),
    }
}

impl<'a> Source<'a> {
    /// `stride` is at least the size of an element, and not 0.
    pub(crate) fn new(bytes: &'a [u8], stride: usize) -> Self {
        Self { bytes, stride }
    }

    /// The member at `offset` of each element.
    pub(crate) fn member(self, offset: usize) -> Self {
        Self { bytes: self.bytes.get(offset..).unwrap_or_default(), ..self }
    }

    /// The bytes of `count` elements of `size` bytes, if nothing is between them.
    pub(crate) fn contiguous(self, count: usize, size: usize) -> Option<&'a [u8]> {
        if self.stride == size || count == 1 { self.bytes.get(..count.checked_mul(size)?) } else { None }
    }

    /// The elements.
    pub(crate) fn elements(self, count: usize, size: usize) -> Result<impl Iterator<Item = &'a [u8]>> {
        let len = span(count, self.stride, size).ok_or_else(short)?;
        let spanned = self.bytes.get(..len).ok_or_else(short)?;
        Ok(spanned.chunks(self.stride).filter_map(move |chunk| chunk.get(..size)))
    }

    /// The elements from number `first` on.
    pub(crate) fn skip(self, first: usize) -> Self {
        self.member(first.saturating_mul(self.stride))
    }
}

impl<'a> Target<'a> {
    /// `stride` is at least the size of an element, and not 0.
    pub(crate) fn new(bytes: &'a mut [u8], stride: usize) -> Self {
        Self { bytes, stride }
    }

    /// The member at `offset` of each element.
    pub(crate) fn member(&mut self, offset: usize) -> Target<'_> {
        Target { bytes: self.bytes.get_mut(offset..).unwrap_or_default(), stride: self.stride }
    }

    /// Room for `count` elements of `size` bytes, if nothing is between them.
    pub(crate) fn contiguous(&mut self, count: usize, size: usize) -> Option<&mut [u8]> {
        if self.stride == size || count == 1 { self.bytes.get_mut(..count.checked_mul(size)?) } else { None }
    }

    /// The elements.
    pub(crate) fn elements(&mut self, count: usize, size: usize) -> Result<impl Iterator<Item = &mut [u8]>> {
        let len = span(count, self.stride, size).ok_or_else(short)?;
        let spanned = self.bytes.get_mut(..len).ok_or_else(short)?;
        Ok(spanned.chunks_mut(self.stride).filter_map(move |chunk| chunk.get_mut(..size)))
    }

    /// The elements from number `first` on.
    pub(crate) fn skip(&mut self, first: usize) -> Target<'_> {
        self.member(first.saturating_mul(self.stride))
    }
}

/// Copies elements of `size` bytes, reversing the bytes of each if `swap` is set.
pub(crate) fn transfer(
    from: Source<'_>,
    to: &mut Target<'_>,
    count: usize,
    size: usize,
    swap: bool,
) -> Result<()> {
    if let (Some(from), Some(to)) = (from.contiguous(count, size), to.contiguous(count, size)) {
        if swap {
            copy_swapped(from, to, size);
        } else {
            to.copy_from_slice(from);
        }
        return Ok(());
    }
    let pairs = from.elements(count, size)?.zip(to.elements(count, size)?);
    match size {
        1 => copy_each::<1>(pairs, false),
        2 => copy_each::<2>(pairs, swap),
        4 => copy_each::<4>(pairs, swap),
        8 => copy_each::<8>(pairs, swap),
        _ => pairs.for_each(|(from, to)| {
            to.copy_from_slice(from);
            if swap {
                to.reverse();
            }
        }),
    }
    Ok(())
}

/// Copies elements whose size the compiler knows.
fn copy_each<'a, const N: usize>(pairs: impl Iterator<Item = (&'a [u8], &'a mut [u8])>, swap: bool) {
    for (from, to) in pairs {
        if let (Some(from), Some(to)) = (from.first_chunk::<N>(), to.first_chunk_mut::<N>()) {
            *to = *from;
            if swap {
                to.reverse();
            }
        }
    }
}
