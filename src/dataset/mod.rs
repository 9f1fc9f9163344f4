//! Datasets.

mod builder;
mod create;
mod describe;
mod external;
mod read;
mod read_chunks;
mod replaced;
mod resize;
mod state;
mod store_chunks;
pub(crate) mod transfer;
mod unwritten;
mod virtual_map;
mod virtual_read;
mod virtual_sources;
mod write;
mod write_chunks;

pub use builder::{DatasetBuilder, DatasetBuilderData, DatasetBuilderEmpty};
pub(crate) use create::dataspace;
pub use describe::{ChunkIndexType, ChunkInfo, Layout};
pub use external::ExternalFile;
pub(crate) use state::{State, extents};

pub use virtual_sources::{MappedSelection, VirtualMapping, VirtualView};

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use crate::Result;
use crate::chunk::index::ChunkIndex;
use crate::container::{Container, Source};
use crate::format::message::layout::LayoutStorage;
use crate::location::Location;
use crate::object::header::Header;
use crate::store::{Space, Store};
use state::Storage;

/// A dataset: elements of one type in an array of any number of dimensions.
///
/// It is read and written with the methods of [`Container`], whole or by a
/// [`Selection`](crate::Selection).
#[derive(Clone)]
pub struct Dataset {
    container: Container,
    state: Arc<State>,
}

impl Dataset {
    pub(crate) fn open(location: Location) -> Result<Self> {
        let state =
            location.shared.dataset(location.address, || State::open(&*location.store()?, location.address));
        let state = state.and_then(|state| {
            // It may be that of an object that took the place since.
            location.check(&*location.shared.read()?)?;
            state.update_virtual_extent(&location.shared)?;
            Ok(state)
        });
        let state = state.map_err(|error| error.with_path(&*location.path))?;
        Ok(Self::new(location, state))
    }

    fn new(location: Location, state: Arc<State>) -> Self {
        let source = Source::Dataset(state.clone());
        Self { container: Container::new(location, state.datatype.clone(), source), state }
    }
}

impl Deref for Dataset {
    type Target = Container;

    fn deref(&self) -> &Container {
        &self.container
    }
}

impl fmt::Debug for Dataset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Dataset")
            .field("path", &self.path)
            .field("shape", &self.shape())
            .finish_non_exhaustive()
    }
}

/// Frees what the dataset with this header stores outside it.
pub(crate) fn free_storage(store: &mut Store, header: &Header) -> Result<()> {
    let layout = header.require(store)?;
    let (datatype, space) = (header.require(store)?, header.require(store)?);
    match state::storage(store, header, &datatype, &space, &layout)? {
        Storage::Contiguous { address: Some(address), .. } => {
            let LayoutStorage::Contiguous { size, .. } = layout.storage else { return Ok(()) };
            store.free(Space::Raw, address, size);
        }
        Storage::Chunked(chunked) => {
            for chunk in ChunkIndex::delete(chunked.index, store)? {
                store.free(Space::Raw, chunk.address, chunk.size);
            }
        }
        // What is outside the file, or in a heap that others share, stays.
        Storage::Compact(_)
        | Storage::Contiguous { address: None, .. }
        | Storage::External { .. }
        | Storage::Virtual(_) => {}
    }
    Ok(())
}
