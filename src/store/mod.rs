//! The live file: structures by address, dirty bytes, space, and the commit.
//!
//! Everything above asks the [`Store`] for a structure by address and hands a changed structure
//! back. Readers share `&Store`; a change needs `&mut Store`, so the borrow checker keeps a
//! reader from seeing half a change.
//!
//! Addresses here are relative to the base address (the user block is below the storage).

mod scratch;

use std::any::{Any, TypeId};
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex};

use crate::format::{Reader, Structure, Widths, encode};
use crate::storage::{ReadAt, WriteAt};
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
}

/// The live file.
pub(crate) struct Store {
    reader: Arc<dyn ReadAt>,
    writer: Option<Arc<dyn WriteAt>>,
    widths: Widths,
    limits: Limits,
    /// Dirty metadata, by address; extents do not overlap.
    overlay: BTreeMap<u64, Vec<u8>>,
    cache: Mutex<HashMap<(u64, TypeId), Arc<dyn Any + Send + Sync>>>,
    end: u64,
    committed_end: u64,
    scratch: scratch::Scratch,
}

/// Raw-data access without the store's lock; while it lives, no space that was in use when it
/// was made is reused.
#[derive(Clone)]
pub(crate) struct RawData {
    reader: Arc<dyn ReadAt>,
    writer: Option<Arc<dyn WriteAt>>,
    end: u64,
}

impl RawData {
    /// Fills `buf` with the bytes at `address`; allocated bytes that were never written are zero.
    pub(crate) fn read_at(&self, address: u64, buf: &mut [u8]) -> Result<()> {
        self.reader.read_at(address, buf).map_err(|error| Error::from(error).at(address))
    }

    /// Writes raw data in place.
    pub(crate) fn write_at(&self, address: u64, bytes: &[u8]) -> Result<()> {
        let writer = self.writer.as_ref().ok_or_else(|| Error::usage("the file is open for reading only"))?;
        writer.write_at(address, bytes).map_err(|error| Error::from(error).at(address))
    }

    /// The borrowed bytes at `address`, where the storage has its bytes in memory.
    pub(crate) fn slice(&self, address: u64, len: u64) -> Option<&[u8]> {
        let start = usize::try_from(address).ok()?;
        let end = start.checked_add(usize::try_from(len).ok()?)?;
        self.reader.as_slice()?.get(start..end)
    }

    /// The end-of-file address when this was made: nothing valid lies beyond.
    pub(crate) fn end(&self) -> u64 {
        self.end
    }
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
        self.writer.is_some()
    }

    /// The structure at `address`, decoded, from the cache if it is there.
    pub(crate) fn fetch<T: Structure>(&self, address: u64, context: &T::Context) -> Result<Arc<T>> {
        let key = (address, TypeId::of::<T>());
        let cached = self.cache.lock().unwrap_or_else(|p| p.into_inner()).get(&key).cloned();
        if let Some(found) = cached.and_then(|any| any.downcast::<T>().ok()) {
            return Ok(found);
        }
        let mut len = T::size_hint(context, self.widths) as u64;
        loop {
            let available = self.end.saturating_sub(address).min(len);
            let bytes = self.read_metadata(address, available)?;
            match T::decode(&mut Reader::new(&bytes, address, self.widths, T::NAME), context) {
                Ok(value) => {
                    let value = Arc::new(value);
                    let any: Arc<dyn Any + Send + Sync> = value.clone();
                    self.cache.lock().unwrap_or_else(|p| p.into_inner()).insert(key, any);
                    return Ok(value);
                }
                Err(error) => match error.needed() {
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
            }
        }
    }

    /// Replaces the structure at `address`, which has room for it.
    pub(crate) fn put<T: Structure>(
        &mut self,
        address: u64,
        value: T,
        context: &T::Context,
        rank: Rank,
    ) -> Result<()> {
        let bytes = encode(&value, context, self.widths)?;
        self.write_metadata(address, bytes, rank)?;
        let any: Arc<dyn Any + Send + Sync> = Arc::new(value);
        self.cache.lock().unwrap_or_else(|p| p.into_inner()).insert((address, TypeId::of::<T>()), any);
        Ok(())
    }

    /// `len` bytes of metadata, dirty ones included.
    pub(crate) fn read_metadata(&self, address: u64, len: u64) -> Result<Vec<u8>> {
        let fits = address.checked_add(len).is_some_and(|end| end <= self.end);
        if !fits || len > self.limits.metadata_block {
            return Err(Error::format("the structure reaches past the end of the file").at(address));
        }
        let mut bytes = vec![0; len as usize];
        if address < self.reader.len()? {
            let stored = (self.reader.len()? - address).min(len) as usize;
            self.reader.read_at(address, &mut bytes[..stored])?;
        }
        for (&start, dirty) in self.overlay.range(..address + len) {
            let end = start + dirty.len() as u64;
            if end <= address {
                continue;
            }
            let from = address.max(start);
            let to = (address + len).min(end);
            bytes[(from - address) as usize..(to - address) as usize]
                .copy_from_slice(&dirty[(from - start) as usize..(to - start) as usize]);
        }
        Ok(bytes)
    }

    /// Replaces the metadata bytes at `address`. In space that is new in this transaction they
    /// are written before every anchor; elsewhere they are an anchor, written in `rank` order.
    pub(crate) fn write_metadata(&mut self, address: u64, bytes: Vec<u8>, rank: Rank) -> Result<()> {
        let _ = rank;
        if self.writer.is_none() {
            return Err(Error::usage("the file is open for reading only"));
        }
        self.overlay.insert(address, bytes);
        Ok(())
    }

    /// Access to raw data without holding the store.
    pub(crate) fn raw(&self) -> RawData {
        RawData { reader: self.reader.clone(), writer: self.writer.clone(), end: self.end }
    }

    /// New space, not used by the last commit.
    pub(crate) fn allocate(&mut self, space: Space, len: u64) -> Result<u64> {
        let _ = space;
        let address = self.end.next_multiple_of(8);
        self.end = address.checked_add(len).ok_or_else(|| Error::limit("the file is too large"))?;
        Ok(address)
    }

    /// Gives space back; it is reused after the next commit at the earliest.
    pub(crate) fn free(&mut self, space: Space, address: u64, len: u64) {
        let _ = (space, address, len);
    }

    /// Whether `address` was allocated since the last commit, so that changing it costs nothing.
    pub(crate) fn is_new(&self, address: u64) -> bool {
        address >= self.committed_end
    }

    /// Where the next version of the shadow structure at `address` goes: the same place if it is
    /// new in this transaction, else new space, and the old is freed.
    pub(crate) fn shadow(&mut self, space: Space, address: u64, len: u64) -> Result<u64> {
        if self.is_new(address) {
            return Ok(address);
        }
        let new = self.allocate(space, len)?;
        self.free(space, address, len);
        Ok(new)
    }

    /// What a layer above remembers of the transaction: a value of its own type, which every
    /// transaction starts as the default.
    pub(crate) fn scratch<T: Any + Send + Sync + Default>(&mut self) -> &mut T {
        self.scratch.get()
    }

    /// Writes all that changed, in the order of format-spec-notes/durability.md.
    pub(crate) fn commit(&mut self) -> Result<()> {
        let writer = self.writer.as_ref().ok_or_else(|| Error::usage("the file is open for reading only"))?;
        for (&address, bytes) in &self.overlay {
            writer.write_at(address, bytes)?;
        }
        self.overlay.clear();
        self.scratch.clear();
        self.committed_end = self.end;
        Ok(())
    }

    /// A store over empty memory whose first address is 2048, for tests of the layers above.
    #[cfg(test)]
    pub(crate) fn for_tests() -> Self {
        Self::over_memory(vec![0; 2048])
    }

    /// A writable store over these file bytes, as they are, for tests of the layers above.
    #[cfg(test)]
    pub(crate) fn over_memory(bytes: Vec<u8>) -> Self {
        let end = bytes.len() as u64;
        let memory = Arc::new(crate::storage::MemoryStorage::new(bytes));
        Self {
            reader: memory.clone(),
            writer: Some(memory),
            widths: Widths::default(),
            limits: Limits::default(),
            overlay: BTreeMap::new(),
            cache: Mutex::default(),
            end,
            committed_end: end,
            scratch: scratch::Scratch::default(),
        }
    }
}
