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
        step: stride as usize,
        count: count as usize,
        block: block as usize,
    });
    Selection::Hyperslab(Hyperslab::new(slices.collect::<Vec<_>>()))
}
