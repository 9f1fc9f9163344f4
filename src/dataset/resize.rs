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
            let mut store = shared.write()?;
            for chunk in chunked.index.remove_outside(&mut store, dims)? {
                store.free(StoreSpace::Raw, chunk.address, chunk.size);
            }
            chunked.cache().retain(|_| false);
        }
        let rank = if shrinks { Rank::Unlinking } else { Rank::Linking };
        header::update(&mut *shared.write()?, self.address, rank, |header| header.set(&space, 0))?;
        chunked.grid.dims = dims.to_vec();
        inner.space = space;
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
            let slab: Vec<Axis> = (old.iter().zip(dims).enumerate())
                .map(|(at, (&old, &kept))| {
                    if at == axis {
                        Axis { start: new, stride: end - new, count: 1, block: end - new }
                    } else {
                        Axis::whole(old.min(kept))
                    }
                })
                .collect();
            self.fill_existing(shared, chunked, &slab)?;
        }
        Ok(())
    }
}
