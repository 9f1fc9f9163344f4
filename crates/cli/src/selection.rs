//! Parts of datasets: boxes that fill them, and the selections to read them by.

use hdfive::{Hyperslab, Selection, SliceOrIndex};

/// Boxes of a shape, one after the other, that fill a larger one.
pub(crate) struct Tiles {
    dims: Vec<u64>,
    shape: Vec<u64>,
    next: Option<Vec<u64>>,
}

impl Tiles {
    /// Whole rows, planes and so on, as far as they have no more than this number of bytes.
    pub(crate) fn new(dims: &[u64], element: u64, bytes: u64) -> Self {
        let mut used = element.max(1);
        let mut shape: Vec<u64> = dims
            .iter()
            .rev()
            .map(|&dim| {
                let size = dim.min((bytes / used).max(1)).max(1);
                used = used.saturating_mul(size);
                size
            })
            .collect();
        shape.reverse();
        let next = (!dims.contains(&0)).then(|| vec![0; dims.len()]);
        Self { dims: dims.to_vec(), shape, next }
    }
}

impl Iterator for Tiles {
    /// Where a box starts, and its shape.
    type Item = (Vec<u64>, Vec<u64>);

    fn next(&mut self) -> Option<Self::Item> {
        let origin = self.next.take()?;
        let room = self.dims.iter().zip(&origin).map(|(dim, at)| dim - at);
        let count: Vec<u64> = room.zip(&self.shape).map(|(room, &size)| room.min(size)).collect();
        let mut following = origin.clone();
        for (dim, at) in following.iter_mut().enumerate().rev() {
            *at += count[dim];
            if *at < self.dims[dim] {
                self.next = Some(following);
                break;
            }
            *at = 0;
        }
        Some((origin, count))
    }
}

/// Hyperslabs, one after the other in the order of elements, that fill one of this start, stride, count and
/// block in each dimension; of no more than this number of bytes, unless an element has more.
pub(crate) fn pieces(
    slab: &[[u64; 4]],
    element: u64,
    bytes: u64,
) -> impl Iterator<Item = Vec<[u64; 4]>> + use<> {
    // Blocks, and elements in a block, are two dimensions of which a box has a part.
    let dims: Vec<u64> = slab.iter().flat_map(|&[_, _, count, block]| [count, block]).collect();
    let slab = slab.to_vec();
    Tiles::new(&dims, element, bytes).map(move |(origin, shape)| {
        let axes = slab.iter().zip(origin.chunks_exact(2).zip(shape.chunks_exact(2)));
        let piece = axes.map(|(&[start, stride, ..], (origin, shape))| {
            let at = origin[0].saturating_mul(stride).saturating_add(origin[1]);
            [start.saturating_add(at), stride, shape[0], shape[1]]
        });
        piece.collect()
    })
}

/// `count` elements from `origin` on, along each dimension.
pub(crate) fn selection(origin: &[u64], count: &[u64]) -> Selection {
    if origin.is_empty() {
        return Selection::All;
    }
    let slab: Vec<_> = origin.iter().zip(count).map(|(&start, &count)| [start, 1, count, 1]).collect();
    hyperslab(&slab)
}

/// The hyperslab of this start, stride, count and block in each dimension.
pub(crate) fn hyperslab(slab: &[[u64; 4]]) -> Selection {
    let slices = slab.iter().map(|&[start, stride, count, block]| SliceOrIndex::SliceCount {
        start: start as usize,
        // A single block overlaps no other, whatever the stride.
        step: if count == 1 { stride.max(block) } else { stride } as usize,
        count: count as usize,
        block: block as usize,
    });
    Selection::Hyperslab(Hyperslab::new(slices.collect::<Vec<_>>()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_follow_each_other() {
        let coordinates = |slab: &[[u64; 4]]| {
            let axis = |&[start, stride, count, block]: &[u64; 4]| -> Vec<u64> {
                (0..count).flat_map(|at| (0..block).map(move |inner| start + at * stride + inner)).collect()
            };
            let axes: Vec<_> = slab.iter().map(axis).collect();
            let [rows, columns] = axes.as_slice() else { panic!() };
            rows.iter().flat_map(|row| columns.iter().map(move |column| (*row, *column))).collect::<Vec<_>>()
        };
        let slab = [[1, 4, 3, 2], [2, 5, 4, 3]];
        for bytes in [1, 2, 3, 4, 7, 12, 13, 24, 30, 72] {
            let pieces: Vec<_> = pieces(&slab, 1, bytes).collect();
            let all: Vec<_> = pieces.iter().flat_map(|piece| coordinates(piece)).collect();
            assert_eq!(all, coordinates(&slab), "{bytes}");
            assert!(pieces.iter().all(|piece| coordinates(piece).len() as u64 <= bytes));
        }
        assert_eq!(super::pieces(&[], 8, 1).collect::<Vec<_>>(), [Vec::<[u64; 4]>::new()]);
    }
}
