//! Blosc 2 frames whose elements have dimensions, "b2nd".
//!
//! The metadata are a MessagePack array: version, number of dimensions, and the sizes of the whole
//! (8 bytes each), of a chunk and of a block (4 bytes each). Chunks follow each other in row-major
//! order, blocks within their chunk and elements within their block, too; a chunk has whole blocks
//! and the whole has whole chunks, the elements outside being of no account.

use crate::{Error, Result};

/// The sizes along the dimensions.
#[derive(Debug)]
pub(super) struct Shape {
    dims: Vec<Dim>,
}

/// Sizes along one dimension, none of them 0.
#[derive(Debug, Clone, Copy, Default)]
struct Dim {
    whole: usize,
    chunk: usize,
    block: usize,
}

impl Dim {
    fn chunks(self) -> usize {
        self.whole.div_ceil(self.chunk.max(1))
    }

    fn blocks(self) -> usize {
        self.chunk.div_ceil(self.block.max(1))
    }
}

fn product(mut factors: impl Iterator<Item = u64>) -> Option<u64> {
    factors.try_fold(1, |product: u64, factor| product.checked_mul(factor))
}

impl Shape {
    pub(super) fn parse(bytes: &[u8]) -> Result<Self> {
        let bad = || Error::format("invalid dimensions").in_structure("Blosc 2 frame");
        let mut rest = bytes;
        let mut take = |count: usize| {
            let (taken, tail) = rest.split_at_checked(count)?;
            rest = tail;
            Some(taken)
        };
        let Some([_, _, rank]) = take(3) else { return Err(bad()) };
        let rank = usize::from(*rank);
        if !(1..=15).contains(&rank) {
            return Err(bad());
        }
        let mut sizes = |len: usize| -> Option<Vec<usize>> {
            take(1)?;
            let numbers = (0..rank).map(|_| {
                let (_, number) = take(len.checked_add(1)?)?.split_first()?;
                usize::try_from(number.iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte))).ok()
            });
            numbers.map(|size| size.filter(|size| *size > 0)).collect()
        };
        let whole = sizes(8).ok_or_else(bad)?;
        let chunk = sizes(4).ok_or_else(bad)?;
        let block = sizes(4).ok_or_else(bad)?;
        let dims = whole.into_iter().zip(chunk).zip(block);
        Ok(Self { dims: dims.map(|((whole, chunk), block)| Dim { whole, chunk, block }).collect() })
    }

    /// Bytes of the whole.
    pub(super) fn len(&self, typesize: usize) -> Option<u64> {
        product(self.dims.iter().map(|dim| dim.whole as u64).chain([typesize as u64]))
    }

    /// Number of chunks.
    pub(super) fn chunks(&self) -> Option<u64> {
        product(self.dims.iter().map(|dim| dim.chunks() as u64))
    }

    /// Bytes of a chunk, with all its blocks.
    pub(super) fn chunk_len(&self, typesize: usize) -> Option<u64> {
        let sizes = self.dims.iter().flat_map(|dim| [dim.blocks() as u64, dim.block as u64]);
        product(sizes.chain([typesize as u64]))
    }

    /// Puts the elements of chunk `nth`, which `chunk` holds, to their places in `output`.
    pub(super) fn scatter(&self, nth: usize, typesize: usize, chunk: &[u8], output: &mut [u8]) -> Option<()> {
        let (last, outer) = self.dims.split_last()?;
        let chunk_at = places(nth, self.dims.iter().map(|dim| dim.chunks()))?;
        let row_len = last.block.checked_mul(typesize)?;
        let rows = outer.iter().try_fold(1_usize, |rows, dim| rows.checked_mul(dim.block))?;
        for (row, from) in chunk.chunks_exact(row_len).enumerate() {
            let block_at = places(row.checked_div(rows)?, self.dims.iter().map(|dim| dim.blocks()))?;
            let row_at = places(row.checked_rem(rows)?, outer.iter().map(|dim| dim.block))?;
            // The first element of the row in the whole, and how many of its elements are in there.
            let (mut element, mut count) = (0_usize, 0_usize);
            let row_at = row_at.into_iter().chain([0]);
            for (((dim, chunk), block), row) in self.dims.iter().zip(&chunk_at).zip(&block_at).zip(row_at) {
                let in_chunk = block.checked_mul(dim.block)?.checked_add(row)?;
                let in_whole = chunk.checked_mul(dim.chunk)?.checked_add(in_chunk)?;
                let left = dim.chunk.saturating_sub(in_chunk).min(dim.whole.saturating_sub(in_whole));
                element = element.checked_mul(dim.whole)?.checked_add(in_whole)?;
                count = left;
                if left == 0 {
                    break;
                }
            }
            let len = count.min(last.block).checked_mul(typesize)?;
            if len > 0 {
                let start = element.checked_mul(typesize)?;
                output.get_mut(start..start.checked_add(len)?)?.copy_from_slice(from.get(..len)?);
            }
        }
        Some(())
    }
}

/// The place along each dimension of the item `nth` of a grid of these sizes in row-major order.
fn places(mut nth: usize, sizes: impl DoubleEndedIterator<Item = usize>) -> Option<Vec<usize>> {
    let mut places = Vec::new();
    for size in sizes.rev() {
        places.push(nth.checked_rem(size)?);
        nth = nth.checked_div(size)?;
    }
    places.reverse();
    Some(places)
}
