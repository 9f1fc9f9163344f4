//! What all handles of one open file share.

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, RwLock, RwLockReadGuard, RwLockWriteGuard, Weak};

use super::settings::Settings;
use crate::dataset::State;
use crate::external::Family;
use crate::storage::ReadAt;
use crate::store::Store;
use crate::{Error, Result};

/// An open file: its store, and the state of the datasets in use.
///
/// Locks are taken in this order: `turn`, a dataset's `replacing` and its state, `datasets`, the store.
pub(crate) struct Shared {
    store: RwLock<Store>,
    datasets: Mutex<Datasets>,
    turn: RwLock<()>,
    /// The whole storage, user block included.
    storage: RwLock<Option<Arc<dyn ReadAt>>>,
    closed: AtomicBool,
    pub(crate) path: PathBuf,
    /// The same, whatever the current folder is later; empty without a path.
    pub(crate) origin: PathBuf,
    pub(crate) settings: Settings,
    /// The other files that this one leads to, and those that lead to it.
    pub(crate) family: Arc<Family>,
}

/// Datasets by the address of their header, so that all handles of one see one state.
#[derive(Default)]
struct Datasets {
    open: HashMap<u64, Weak<State>>,
    /// Those with chunks not yet written live until the next flush, whatever their handles do.
    dirty: HashMap<u64, Arc<State>>,
    /// Large ones that were made since the file was opened, so that their shape is what somebody wants,
    /// not damage.
    made: HashSet<u64>,
}

impl Shared {
    pub(crate) fn new(
        store: Store,
        storage: Arc<dyn ReadAt>,
        path: PathBuf,
        settings: Settings,
        family: Arc<Family>,
    ) -> Arc<Self> {
        Arc::new(Self {
            store: RwLock::new(store),
            datasets: Mutex::default(),
            turn: RwLock::default(),
            storage: RwLock::new(Some(storage)),
            closed: AtomicBool::new(false),
            origin: std::path::absolute(&path).unwrap_or_default(),
            path,
            settings,
            family,
        })
    }

    /// The store, shared with other readers.
    pub(crate) fn read(&self) -> Result<RwLockReadGuard<'_, Store>> {
        let store = self.store.read().unwrap_or_else(|poison| poison.into_inner());
        self.check_open()?;
        Ok(store)
    }

    fn check_open(&self) -> Result<()> {
        if self.closed.load(Ordering::Acquire) { Err(Error::usage("the file is closed")) } else { Ok(()) }
    }

    /// The store, to change it.
    pub(crate) fn write(&self) -> Result<RwLockWriteGuard<'_, Store>> {
        let store = self.store.write().unwrap_or_else(|poison| {
            // A panic interrupted a change.
            let mut store = poison.into_inner();
            store.refuse_changes();
            store
        });
        self.check_open()?;
        if store.writable() { Ok(store) } else { Err(Error::usage("the file is open for reading only")) }
    }

    /// Changes the store, all or nothing.
    pub(crate) fn edit<R>(&self, change: impl FnOnce(&mut Store) -> Result<R>) -> Result<R> {
        self.write()?.edit(change)
    }

    /// To be held while a dataset's data changes: the bytes, the dataset's state and the store
    /// change one after the other, and no commit may come between.
    pub(crate) fn turn(&self) -> RwLockReadGuard<'_, ()> {
        self.turn.read().unwrap_or_else(|poison| poison.into_inner())
    }

    /// To be held by what no change of a dataset's data may interrupt.
    pub(crate) fn alone(&self) -> RwLockWriteGuard<'_, ()> {
        self.turn.write().unwrap_or_else(|poison| poison.into_inner())
    }

    fn datasets(&self) -> MutexGuard<'_, Datasets> {
        self.datasets.lock().unwrap_or_else(|poison| poison.into_inner())
    }

    /// The state of the dataset at `address`, made by `open` if no handle has it.
    pub(crate) fn dataset(&self, address: u64, open: impl FnOnce() -> Result<State>) -> Result<Arc<State>> {
        let mut datasets = self.datasets();
        if let Some(state) = datasets.open.get(&address).and_then(Weak::upgrade) {
            return Ok(state);
        }
        let state = Arc::new(open()?);
        datasets.open.insert(address, Arc::downgrade(&state));
        Ok(state)
    }

    /// Notes that a large dataset was made at `address`.
    pub(crate) fn note_made(&self, address: u64) {
        self.datasets().made.insert(address);
    }

    /// Whether the dataset at `address` is large and was made since the file was opened.
    pub(crate) fn has_made(&self, address: u64) -> bool {
        self.datasets().made.contains(&address)
    }

    /// Keeps `state`, which has unwritten chunks, until the next flush.
    pub(crate) fn mark_dirty(&self, address: u64, state: &Arc<State>) {
        self.datasets().dirty.entry(address).or_insert_with(|| state.clone());
    }

    /// Forgets the dataset at `address`, which is deleted.
    pub(crate) fn forget(&self, address: u64) {
        let mut datasets = self.datasets();
        datasets.dirty.remove(&address);
        datasets.made.remove(&address);
        let state = datasets.open.remove(&address).and_then(|state| state.upgrade());
        drop(datasets);
        if let Some(state) = state {
            state.mark_deleted();
        }
    }

    /// Writes every dirty chunk and index.
    pub(crate) fn write_dirty(&self) -> Result<()> {
        let dirty = std::mem::take(&mut self.datasets().dirty);
        let mut result = Ok(());
        for (address, state) in dirty {
            if let Err(error) = state.write_dirty(self) {
                // What could not be written stays dirty, for another try.
                self.mark_dirty(address, &state);
                result = Err(error);
            }
        }
        result
    }

    /// Writes all that changed, and commits.
    pub(crate) fn flush(&self) -> Result<()> {
        let _turn = self.alone();
        if !self.read()?.writable() {
            return Ok(());
        }
        self.write_dirty()?;
        self.datasets().open.retain(|_, state| state.strong_count() > 0);
        self.write()?.commit()
    }

    /// Flushes, and lets go of the storage; every further use is an error.
    pub(crate) fn close(&self) -> Result<()> {
        let _turn = self.alone();
        let writable = self.read()?.writable();
        if writable {
            self.write_dirty()?;
        }
        // Nothing comes between the commit and the end.
        let mut store = self.store.write().unwrap_or_else(|poison| poison.into_inner());
        self.check_open()?;
        if writable {
            store.commit_last()?;
        }
        self.closed.store(true, Ordering::Release);
        *store = Store::closed();
        *self.storage.write().unwrap_or_else(|poison| poison.into_inner()) = None;
        Ok(())
    }

    pub(crate) fn size(&self) -> Result<u64> {
        let store = self.read()?;
        Ok(store.userblock().saturating_add(store.end()))
    }

    /// The bytes of the storage, user block included.
    pub(crate) fn to_bytes(&self) -> Result<Vec<u8>> {
        let store = self.read()?;
        if store.volume() < store.end() {
            return Err(Error::unsupported("the bytes, as one, of a file with parts in several files"));
        }
        let len = store.userblock().saturating_add(store.end());
        let limit = || Error::limit(format!("no memory for {len} bytes"));
        let mut bytes = Vec::new();
        let size = usize::try_from(len).map_err(|_| limit())?;
        bytes.try_reserve_exact(size).map_err(|_| limit())?;
        bytes.resize(size, 0);
        if let Some(storage) = &*self.storage.read().unwrap_or_else(|poison| poison.into_inner()) {
            storage.read_at(0, &mut bytes)?;
        }
        Ok(bytes)
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        // A handle cannot report an error when it goes; `close` and `flush` do.
        let _ = self.flush();
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use crate::storage::MemoryStorage;
    use crate::{ErrorKind, File};
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::sync::Arc;

    #[test]
    fn what_a_panic_interrupted_is_not_committed() {
        let storage = Arc::new(MemoryStorage::default());
        let file = File::create_storage(storage.clone()).unwrap();
        file.create_group("kept").unwrap();
        file.flush().unwrap();
        let shared = file.shared().clone();
        let interrupted = catch_unwind(AssertUnwindSafe(|| {
            let _: crate::Result<()> = shared.edit(|_| panic!("half-way"));
        }));
        assert!(interrupted.is_err());
        assert_eq!(file.create_group("lost").unwrap_err().kind(), ErrorKind::Usage);
        assert!(file.flush().is_err());
        drop((file, shared));
        let file = File::from_bytes(storage.to_vec()).unwrap();
        assert_eq!(file.member_names().unwrap(), ["kept"]);
    }
}
