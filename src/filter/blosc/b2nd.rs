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
    fn times(self, factor: usize) -> Option<Self> {
        let whole = self.whole.checked_mul(factor)?;
        Some(Self { whole, chunk: self.chunk.checked_mul(factor)?, block: self.block.checked_mul(factor)? })
    }

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
        let mut dims: Vec<Dim> = Vec::with_capacity(rank);
        for ((whole, chunk), block) in whole.into_iter().zip(chunk).zip(block) {
            let dim = Dim { whole, chunk, block };
            // A dimension that blocks cover lengthens the rows of the one before.
            let joined =
                dims.last().filter(|_| whole == chunk && whole == block).and_then(|last| last.times(whole));
            match (dims.last_mut(), joined) {
                (Some(last), Some(joined)) => *last = joined,
                _ => dims.push(dim),
            }
        }
        Ok(Self { dims })
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

    /// Whether the elements of a chunk are in the order of the whole, and are all of it.
    pub(super) fn is_plain(&self) -> bool {
        matches!(self.dims[..], [dim] if dim.chunk == dim.whole && dim.whole.is_multiple_of(dim.block))
    }

    /// Puts the elements of chunk `nth`, which `chunk` holds, to their places in `output`.
    pub(super) fn scatter(&self, nth: usize, typesize: usize, chunk: &[u8], output: &mut [u8]) -> Option<()> {
        let block_len = product(self.dims.iter().map(|dim| dim.block as u64).chain([typesize as u64]))?;
        let chunk_at = places(nth, self.dims.iter().map(|dim| dim.chunks()))?;
        for (nth, block) in chunk.chunks_exact(usize::try_from(block_len).ok()?).enumerate() {
            let block_at = places(nth, self.dims.iter().map(|dim| dim.blocks()))?;
            // Along each dimension, the first element in the whole and how many of the block are in it.
            let mut spans = Vec::with_capacity(self.dims.len());
            for ((dim, chunk), block) in self.dims.iter().zip(&chunk_at).zip(block_at) {
                let in_chunk = block.checked_mul(dim.block)?;
                let in_whole = chunk.checked_mul(dim.chunk)?.checked_add(in_chunk)?;
                let left = dim.chunk.saturating_sub(in_chunk).min(dim.whole.saturating_sub(in_whole));
                spans.push((in_whole, left.min(dim.block)));
            }
            self.scatter_block(&spans, typesize, block, output)?;
        }
        Some(())
    }

    fn scatter_block(
        &self,
        spans: &[(usize, usize)],
        typesize: usize,
        block: &[u8],
        output: &mut [u8],
    ) -> Option<()> {
        let ((last, outer), (&(first, count), outer_spans)) = (self.dims.split_last()?, spans.split_last()?);
        let row_len = last.block.checked_mul(typesize)?;
        let len = count.checked_mul(typesize)?;
        let mut row_at = vec![0_usize; outer.len()];
        for from in block.chunks_exact(row_len) {
            let inside = row_at.iter().zip(outer_spans).all(|(at, (_, count))| at < count);
            if inside && len > 0 {
                let mut element = 0_usize;
                for ((dim, at), (first, _)) in outer.iter().zip(&row_at).zip(outer_spans) {
                    element = element.checked_mul(dim.whole)?.checked_add(first.checked_add(*at)?)?;
                }
                let start = element.checked_mul(last.whole)?.checked_add(first)?.checked_mul(typesize)?;
                output.get_mut(start..start.checked_add(len)?)?.copy_from_slice(from.get(..len)?);
            }
            for (at, dim) in row_at.iter_mut().zip(outer).rev() {
                *at = at.saturating_add(1);
                if *at < dim.block {
                    break;
                }
                *at = 0;
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
