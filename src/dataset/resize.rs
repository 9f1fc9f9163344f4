//! Changing the shape of a dataset.

use super::Dataset;
use super::state::{Chunked, State, Storage};
use crate::chunk::grid::Axis;
use crate::extents::Extents;
use crate::file::Shared;
use crate::format::message::dataspace::{Dataspace, Extent as Space};
use crate::object::header;
use crate::store::{Rank, Space as StoreSpace};
use crate::{Error, Result};

impl Dataset {
    /// Changes the current sizes, within the maximum ones.
    ///
    /// Elements that come into being have the fill value; those beyond the new shape are lost.
    ///
    /// # Errors
    /// `Usage` if a size is above its maximum, the dataset is not chunked, or the file is open for
    /// reading only.
    pub fn resize(&self, shape: impl Into<Extents>) -> Result<()> {
        let dims: Vec<u64> = shape.into().dims().iter().map(|&dim| dim as u64).collect();
        self.state.resize(&self.shared, &dims).map_err(|error| error.with_path(&*self.path))
    }
}

impl State {
    fn resize(self: &std::sync::Arc<Self>, shared: &Shared, dims: &[u64]) -> Result<()> {
        let mut inner = self.write_lock()?;
        let Space::Simple { dims: old, max_dims } = &inner.space.extent else {
            return Err(Error::usage("a dataset without dimensions cannot be resized"));
        };
        if dims.len() != old.len() {
            return Err(Error::usage(format!(
                "a shape of {} dimensions for one of {}",
                dims.len(),
                old.len()
            )));
        }
        let max = max_dims.as_ref().unwrap_or(old);
        if dims.iter().zip(max).any(|(dim, max)| dim > max) {
            return Err(Error::usage(format!("the shape {dims:?} is above the maximum {max:?}")));
        }
        if dims == old {
            return Ok(());
        }
        let shrinks = dims.iter().zip(old).any(|(new, old)| new < old);
        let space = Dataspace {
            version: inner.space.version,
            extent: Space::Simple { dims: dims.to_vec(), max_dims: max_dims.clone() },
        };
        let Storage::Chunked(chunked) = &mut inner.storage else {
            return Err(Error::usage("only a chunked dataset can be resized"));
        };
        shared.mark_dirty(self.address, self);
        if shrinks {
            // What is cut off must not come back when the dataset grows again.
            self.reset_cut_chunks(shared, chunked, dims)?;
            shared.edit(|store| {
                for chunk in chunked.index.remove_outside(store, dims)? {
                    store.free(StoreSpace::Raw, chunk.address, chunk.size);
                }
                Ok(())
            })?;
            chunked.cache().retain(|_| false);
        }
        if chunked.index.keeps_space() {
            self.fill_new_chunks(shared, chunked, dims)?;
        }
        let rank = if shrinks { Rank::Unlinking } else { Rank::Linking };
        shared.edit(|store| header::update(store, self.address, rank, |header| header.set(&space, 0)))?;
        chunked.grid.dims = dims.to_vec();
        inner.space = space;
        Ok(())
    }

    /// Puts the fill value into the chunks that come into being where their space is there already.
    fn fill_new_chunks(&self, shared: &Shared, chunked: &mut Chunked, dims: &[u64]) -> Result<()> {
        // One slab an axis: beyond the old chunks in this one, within them in those before.
        let mut slab: Vec<Axis> = dims.iter().map(|&dim| Axis::whole(dim)).collect();
        for (at, (&new, &old)) in dims.iter().zip(&chunked.grid.dims.clone()).enumerate() {
            let chunk = chunked.grid.chunk.get(at).copied().unwrap_or(1).max(1);
            let covered = old.div_ceil(chunk).saturating_mul(chunk).min(new);
            if covered < new {
                let len = new - covered;
                slab[at] = Axis { start: covered, stride: len, count: 1, block: len };
                self.fill_existing(shared, chunked, &slab)?;
            }
            slab[at] = Axis::whole(covered);
        }
        Ok(())
    }

    /// Puts the fill value into the elements beyond `dims` of chunks that lie partly within it.
    fn reset_cut_chunks(&self, shared: &Shared, chunked: &mut Chunked, dims: &[u64]) -> Result<()> {
        let old = chunked.grid.dims.clone();
        for (axis, (&new, &old_dim)) in dims.iter().zip(&old).enumerate() {
            let chunk = chunked.grid.chunk.get(axis).copied().unwrap_or(1).max(1);
            if new >= old_dim || new % chunk == 0 {
                continue;
            }
            // The elements between the new end and the end of its chunk, or the old end.
            let end = (new / chunk + 1).saturating_mul(chunk).min(old_dim);
            // Along the others, all of the chunks that stay: their corners are cut off too.
            let slab: Vec<Axis> = (old.iter().zip(dims).zip(&chunked.grid.chunk).enumerate())
                .map(|(at, ((&old, &kept), &chunk))| {
                    if at == axis {
                        Axis { start: new, stride: end - new, count: 1, block: end - new }
                    } else {
                        Axis::whole(kept.div_ceil(chunk.max(1)).saturating_mul(chunk).min(old))
                    }
                })
                .collect();
            self.fill_existing(shared, chunked, &slab)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]
    use crate::{AllocationTime, Extent, Extents, File};

    /// Whatever the index, what was cut off has the fill value when it comes back.
    #[test]
    fn what_was_cut_off_does_not_come_back() {
        let limits: [[Option<usize>; 2]; 4] =
            [[Some(20), Some(12)], [None, Some(12)], [Some(20), None], [None, None]];
        for early in [false, true] {
            for max in limits {
                let file = File::in_memory().unwrap();
                let shape = [Extent { dim: 10, max: max[0] }, Extent { dim: 11, max: max[1] }];
                let builder = file.new_dataset::<i32>().shape(shape.into_iter().collect::<Extents>());
                let time = early.then_some(AllocationTime::Early);
                let builder = builder.chunk((4, 3)).fill_value(7).alloc_time(time);
                let dataset = builder.create("data").unwrap();
                let ramp: Vec<i32> = (0..110).collect();
                dataset.write_raw(&ramp).unwrap();
                for (shape, rows, columns) in [((5, 2), 5, 2), ((20, 12), 20, 12)] {
                    dataset.resize(shape).unwrap();
                    file.flush().unwrap();
                    let read = dataset.read_raw::<i32>().unwrap();
                    for (at, value) in read.iter().enumerate() {
                        let (row, column) = (at / columns, at % columns);
                        let kept = row < 5 && column < 2;
                        assert_eq!(
                            *value,
                            if kept { (row * 11 + column) as i32 } else { 7 },
                            "{early} {max:?} {at}"
                        );
                    }
                    assert_eq!(read.len(), rows * columns);
                }
            }
        }
    }
}
