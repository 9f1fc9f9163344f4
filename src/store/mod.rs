//! The live file: structures by address, dirty bytes, space, and the commit.
//!
//! Everything above asks the [`Store`] for a structure by address and hands a changed structure
//! back. Readers share `&Store`; a change needs `&mut Store`, so the borrow checker keeps a
//! reader from seeing half a change.
//!
//! Addresses here are relative to the base address (the user block is below the storage).
#![warn(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]

mod cache;
mod change;
mod commit;
mod deleted;
mod file_space;
mod free_list;
mod open;
mod overlay;
mod raw;
mod record;
#[cfg(fuzzing)]
pub(crate) use record::Record as CommitRecord;
mod scratch;
mod space;
mod tail;
#[cfg(test)]
mod tests;

pub use commit::Durability;
pub(crate) use open::{CreateOptions, Members, OpenOptions};
pub(crate) use raw::RawData;

use std::any::Any;
use std::borrow::Cow;
use std::sync::Arc;

use self::cache::Cache;
use self::overlay::Overlay;
use self::raw::Home;
use self::space::SpaceManager;
use crate::format::superblock::{Revision, Superblock};
use crate::format::{Address, Reader, Structure, Widths};
use crate::{Error, Limits, Result};

/// What a piece of the file is for; each kind is aggregated on its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Space {
    /// Object headers' first chunks and index headers: they never move, so a piece of at most
    /// 512 bytes is placed inside one sector and its rewrite is atomic.
    Anchor,
    /// Every other metadata: B-tree and heap blocks, header continuations.
    Metadata,
    /// Chunks and contiguous data.
    Raw,
}

/// When, within a commit, the rewrite of an anchor happens relative to the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Rank {
    /// What is about to be led to: index and heap headers that gained entries, reference counts
    /// that went up.
    Linked,
    /// What leads to something more: a new link, a larger extent.
    Linking,
    /// What leads to something less: a link removed, a smaller extent.
    Unlinking,
    /// What is no longer led to: reference counts that went down.
    Released,
    /// What says that others, of the ranks before, are now to be read where they belong.
    Settling,
}

/// The live file.
pub(crate) struct Store {
    home: Arc<Home>,
    /// Where address 0 is in the storage.
    base: u64,
    widths: Widths,
    limits: Limits,
    durability: Durability,
    /// Dirty metadata; in a file that is only read, what an interrupted commit's record says.
    overlay: Overlay,
    cache: Cache,
    space: SpaceManager,
    /// The superblock as it shall be, but for its end-of-file address; tests have none.
    superblock: Option<Superblock>,
    /// The superblock's bytes in the file.
    stored_superblock: Option<Vec<u8>>,
    /// Whether the storage is longer than the file, and nothing was allocated there yet.
    tail: bool,
    /// Where the file names its free space, until that is forgotten.
    persisted: Option<file_space::Place>,
    /// The metadata cache image of a file that is open for writing, until its first change is committed.
    image: Option<file_space::Image>,
    scratch: scratch::Scratch,
    deletions: deleted::Deletions,
    /// How many changes were asked for since the file was opened.
    changes: u64,
    /// Whether a commit has failed so late that only opening the file again tells what it holds, or
    /// a change has failed half-way, so that it must not be committed.
    poisoned: bool,
}

impl Store {
    pub(crate) fn widths(&self) -> Widths {
        self.widths
    }

    pub(crate) fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Whether changes are possible.
    pub(crate) fn writable(&self) -> bool {
        self.home.writable()
    }

    /// Bytes before the HDF5 data.
    pub(crate) fn userblock(&self) -> u64 {
        self.base
    }

    /// The end of all allocated space.
    pub(crate) fn end(&self) -> u64 {
        self.space.end()
    }

    /// How many bytes the file has: it cannot hold more of anything.
    pub(crate) fn volume(&self) -> u64 {
        self.home.volume()
    }

    /// Whether the range is inside the file.
    pub(crate) fn holds(&self, address: u64, len: u64) -> bool {
        self.home.check(address, len).is_ok()
    }

    /// The superblock; stores over test bytes may have none.
    pub(crate) fn superblock(&self) -> Option<&Superblock> {
        self.superblock.as_ref()
    }

    /// The address of the root group's object header.
    pub(crate) fn root(&self) -> Result<u64> {
        let root = self.superblock.as_ref().map_or(Address::UNDEFINED, Superblock::root);
        root.require("root group")
    }

    /// Names the superblock extension of a file that has a new superblock, and no extension yet.
    pub(crate) fn set_extension(&mut self, address: u64) {
        if let Some(Superblock { revision: Revision::New { extension, .. }, .. }) = &mut self.superblock {
            *extension = Address::new(address);
        }
    }

    /// Names the root group of a new file.
    pub(crate) fn set_root(&mut self, address: u64) {
        match &mut self.superblock {
            Some(Superblock { revision: Revision::New { root, .. }, .. }) => *root = Address::new(address),
            Some(Superblock { revision: Revision::Old(old), .. }) => old.root.header = Address::new(address),
            None => {}
        }
    }

    /// The structure at `address`, decoded, from the cache if it is there.
    pub(crate) fn fetch<T: Structure>(&self, address: u64, context: &T::Context) -> Result<Arc<T>> {
        // What waits to be encoded is only there, so that it can change where it is.
        if let Some(value) = self.overlay.pending_value(address)
            && let Ok(found) = value.downcast()
        {
            return Ok(found);
        }
        if let Some(found) = self.cache.get(address) {
            return Ok(found);
        }
        let decode = |bytes: &[u8], settled: bool| {
            let mut r = Reader::new(bytes, address, self.widths, T::NAME);
            let value = Arc::new(T::decode(&mut r, context)?);
            let len = r.position() as u64;
            // The cache would not notice changes of what waits to be encoded.
            if settled || self.overlay.is_empty() || !self.overlay.touches(address, len) {
                self.cache.insert(address, len, value.clone());
            }
            Ok(value)
        };
        // What is dirty is mostly a whole structure.
        if let Some(bytes) = self.overlay.covering(address)? {
            match decode(&bytes, matches!(bytes, Cow::Borrowed(_))) {
                Err(error) if Error::needed(&error).is_some() => {}
                result => return result,
            }
        }
        let mut len = T::size_hint(context, self.widths) as u64;
        loop {
            let available = self.home.room(address).min(len);
            match decode(&self.bytes(address, available)?, false) {
                Err(error) => match Error::needed(&error) {
                    Some(needed) if needed > len && available == len => {
                        if needed > self.limits.metadata_block {
                            return Err(Error::limit("the structure is too large")
                                .in_structure(T::NAME)
                                .at(address));
                        }
                        len = needed.max(len.saturating_mul(2));
                    }
                    _ => return Err(error),
                },
                result => return result,
            }
        }
    }

    /// `len` bytes of metadata, dirty ones included.
    pub(crate) fn read_metadata(&self, address: u64, len: u64) -> Result<Vec<u8>> {
        self.bytes(address, len).map(Cow::into_owned)
    }

    fn bytes(&self, address: u64, len: u64) -> Result<Cow<'_, [u8]>> {
        self.home.check(address, len)?;
        if len > self.limits.metadata_block {
            return Err(Error::limit("the structure is too large").at(address));
        }
        if !self.overlay.is_empty() && self.overlay.touches(address, len) {
            let mut bytes = self.stored_bytes(address, len)?.into_owned();
            self.overlay.apply(address, &mut bytes)?;
            return Ok(Cow::Owned(bytes));
        }
        self.stored_bytes(address, len)
    }

    /// Bytes of the storage, whatever is dirty.
    fn stored_bytes(&self, address: u64, len: u64) -> Result<Cow<'_, [u8]>> {
        if let Some(bytes) = self.home.slice(address, len) {
            return Ok(Cow::Borrowed(bytes));
        }
        let len = usize::try_from(len).map_err(|_| Error::limit("the structure is too large").at(address))?;
        let mut bytes = vec![0; len];
        self.home.read(address, &mut bytes)?;
        Ok(Cow::Owned(bytes))
    }

    /// Access to raw data without holding the store.
    pub(crate) fn raw(&self) -> RawData {
        RawData::new(self.home.clone(), self.space.pin())
    }

    /// Notes that the object at `address` is deleted.
    pub(crate) fn note_deletion(&mut self, address: u64) {
        self.deletions.add(address);
    }

    /// How many objects were deleted, for [`is_deleted`](Self::is_deleted).
    pub(crate) fn deletions(&self) -> u64 {
        self.deletions.count()
    }

    /// Whether the object that was at `address` when there were `deletions` is deleted.
    pub(crate) fn is_deleted(&self, address: u64, deletions: u64) -> bool {
        self.deletions.contains(address, deletions)
    }

    /// Whether `address` was allocated since the last commit, so that changing it costs nothing.
    pub(crate) fn is_new(&self, address: u64) -> bool {
        self.space.is_new(address)
    }

    /// What a layer above remembers of the transaction: a value of its own type, which every
    /// transaction starts as the default.
    pub(crate) fn scratch<T: Any + Send + Sync + Default>(&mut self) -> &mut T {
        self.scratch.get()
    }

    /// Has `finish` called before the transaction is committed, to put what is in the scratch only.
    /// It must be repeatable, since a commit that fails can be tried again.
    pub(crate) fn before_commit(&mut self, finish: fn(&mut Self) -> Result<()>) {
        self.scratch.before_commit(finish);
    }
}

impl Store {
    /// What is left of a store when its file is closed: nothing can be read or written.
    pub(crate) fn closed() -> Self {
        Self::bare(Home::empty())
    }

    /// A store without a superblock, with the default widths.
    fn bare(home: Home) -> Self {
        let (limits, widths) = (Limits::default(), Widths::default());
        let end = home.stored();
        home.set_end(end);
        Self {
            home: Arc::new(home),
            base: 0,
            widths,
            durability: Durability::default(),
            overlay: Overlay::new(widths),
            cache: Cache::new(limits.metadata_cache),
            space: SpaceManager::new(0, end, 0, widths.offset, (1, 1)),
            limits,
            superblock: None,
            stored_superblock: None,
            tail: false,
            persisted: None,
            image: None,
            scratch: scratch::Scratch::default(),
            deletions: deleted::Deletions::default(),
            changes: 0,
            poisoned: false,
        }
    }
}

#[cfg(test)]
impl Store {
    /// A store over empty memory whose first address is 2048, for tests of the layers above.
    pub(crate) fn for_tests() -> Self {
        Self::over_memory(vec![0; 2048])
    }

    /// A writable store over these file bytes, as they are, for tests of the layers above. They need
    /// not be a whole file.
    #[expect(clippy::unwrap_used, reason = "memory does not fail")]
    pub(crate) fn over_memory(bytes: Vec<u8>) -> Self {
        let memory = Arc::new(crate::storage::MemoryStorage::new(bytes));
        match Self::open_rw(memory.clone(), &OpenOptions::default()) {
            Ok(store) => store,
            Err(_) => Self::bare(Home::new(memory.clone(), Some(memory), 0).unwrap()),
        }
    }
}
