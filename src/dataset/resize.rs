//! Changing the shape of a dataset.

use super::Dataset;
use super::read_chunks::Task;
use super::state::{Chunked, State, Storage};
use super::transfer::Pieces;
use crate::chunk::grid::{Axis, Grid};
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
        let _turn = self.shared.turn();
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
            // Sizes that could not grow stay what the chunks are numbered by.
            extent: Space::Simple { dims: dims.to_vec(), max_dims: Some(max.clone()) },
        };
        if !matches!(inner.storage, Storage::Chunked(_)) {
            return Err(Error::usage("only a chunked dataset can be resized"));
        }
        shared.mark_dirty(self.address, self);
        if shrinks || inner.chunked().is_some_and(Chunked::leaves_partial_unfiltered) {
            // What becomes of a chunk is decided by what the file says of it.
            self.write_dirty_locked(shared, &mut inner)?;
        }
        let Storage::Chunked(chunked) = &mut inner.storage else { return Ok(()) };
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
        self.refilter_edges(shared, chunked, dims)?;
        if chunked.index.keeps_space() {
            self.fill_new_chunks(shared, chunked, dims)?;
        }
        let rank = if shrinks { Rank::Unlinking } else { Rank::Linking };
        shared.edit(|store| header::update(store, self.address, rank, |header| header.set(&space, 0)))?;
        chunked.grid.dims = dims.to_vec();
        inner.space = space;
        Ok(())
    }

    /// Filters chunks that no longer lie across the edge, and stores those plain that now do, where a
    /// dataset leaves partial chunks unfiltered.
    fn refilter_edges(&self, shared: &Shared, chunked: &mut Chunked, dims: &[u64]) -> Result<()> {
        if !chunked.leaves_partial_unfiltered() || chunked.pipeline.is_empty() {
            return Ok(());
        }
        let new = Grid { dims: dims.to_vec(), chunk: chunked.grid.chunk.clone() };
        let counts = |grid: &Grid| -> Vec<u64> {
            grid.dims.iter().zip(&grid.chunk).map(|(dim, &chunk)| dim.div_ceil(chunk.max(1))).collect()
        };
        let high: Vec<u64> =
            counts(&new).into_iter().zip(counts(&chunked.grid)).map(|(a, b)| a.min(b)).collect();
        let (limit, mut changed) = (shared.read()?.limits().chunk, Vec::new());
        chunked.index.collect_in(&*shared.read()?, &vec![0; high.len()], &high, &mut |scaled, record| {
            if chunked.grid.is_partial(scaled) != new.is_partial(scaled) {
                let (scaled, pieces) = (scaled.to_vec(), Pieces::Points(Vec::new()));
                changed.push(Task { scaled, pieces, record: Some(record), cached: false });
            }
            Ok(())
        })?;
        for task in changed {
            let bytes = self.load_chunk(shared, chunked, &task, limit)?;
            let old = std::mem::replace(&mut chunked.grid, new.clone());
            let stored = self.store_loaded(shared, chunked, task, bytes);
            chunked.grid = old;
            stored?;
        }
        Ok(())
    }

    /// Puts the fill value into the chunks that come into being where their space is there already.
    fn fill_new_chunks(&self, shared: &Shared, chunked: &mut Chunked, dims: &[u64]) -> Result<()> {
        // Whole chunks, as what of them lies outside the shape now may come into being later.
        let covered = |dims: &[u64]| -> Vec<u64> {
            let each = dims.iter().zip(&chunked.grid.chunk);
            each.map(|(dim, &chunk)| dim.div_ceil(chunk.max(1)).saturating_mul(chunk)).collect()
        };
        let (old, new) = (covered(&chunked.grid.dims), covered(dims));
        // One slab an axis: beyond the old chunks in this one, within them in those before.
        let mut slab: Vec<Axis> = new.iter().map(|&dim| Axis::whole(dim)).collect();
        for (at, (new, old)) in new.into_iter().zip(old).enumerate() {
            if old < new {
                let len = new - old;
                slab[at] = Axis { start: old, stride: len, count: 1, block: len };
                self.fill_existing(shared, chunked, &slab)?;
            }
            slab[at] = Axis::whole(old.min(new));
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
