//! Changes of what is in a file.

use std::sync::Arc;

use super::{Rank, Space, Store};
use crate::format::Structure;
use crate::{Error, ErrorKind, Result};

impl Store {
    /// Runs `change`, all or nothing: if it fails after something was changed, for a reason that is
    /// not the caller's request, what is dirty may contradict itself and is never committed.
    pub(crate) fn edit<R>(&mut self, change: impl FnOnce(&mut Self) -> Result<R>) -> Result<R> {
        let before = self.changes;
        let result = change(self);
        if let Err(error) = &result {
            // What the caller asked for wrongly is refused before anything changes but whole objects.
            let refused =
                matches!(error.kind(), ErrorKind::Usage | ErrorKind::NotFound | ErrorKind::TypeMismatch);
            self.poisoned |= !refused && self.changes != before;
        }
        result
    }

    /// Makes every further change and commit an error.
    pub(crate) fn refuse_changes(&mut self) {
        self.poisoned = true;
    }

    /// Called before everything that changes something.
    fn begin_change(&mut self) -> Result<()> {
        self.check_writable()?;
        if let Some(image) = self.image.take()
            && let Err(error) = self.dissolve_cache_image(image)
        {
            self.poisoned = true;
            return Err(error);
        }
        self.changes = self.changes.wrapping_add(1);
        Ok(())
    }

    pub(super) fn check_writable(&self) -> Result<()> {
        match (self.home.writable(), self.poisoned) {
            (true, false) => Ok(()),
            (true, true) => Err(Error::usage(
                "an earlier change failed half-way: open the file again, as of its last flush",
            )),
            (false, _) => Err(Error::usage("the file is open for reading only")),
        }
    }

    /// Replaces the structure at `address`, which has room for it.
    pub(crate) fn put<T: Structure>(
        &mut self,
        address: u64,
        value: T,
        context: &T::Context,
        rank: Rank,
    ) -> Result<()>
    where
        T::Context: Clone + Send + 'static,
    {
        self.begin_change()?;
        let new = self.space.is_new(address);
        let (len, value) = self.overlay.put(address, value, context, rank, new)?;
        self.home.check(address, len)?;
        match value {
            Some(value) => self.cache.replace(address, len, Arc::new(value)),
            None => self.cache.invalidate(address, len),
        }
        Ok(())
    }

    /// Changes the structure at `address`, in place if it waits to be encoded. `change` is all or
    /// nothing: what it leaves is the structure.
    pub(crate) fn modify<T: Structure + Clone, R>(
        &mut self,
        address: u64,
        context: &T::Context,
        rank: Rank,
        mut change: impl FnMut(&mut T) -> R,
    ) -> Result<R>
    where
        T::Context: Clone + Send + 'static,
    {
        self.check_writable()?;
        if let Some((len, result)) = self.overlay.modify(address, context, rank, &mut change) {
            self.changes = self.changes.wrapping_add(1);
            self.home.check(address, len)?;
            return Ok(result);
        }
        let mut value = T::clone(&*self.fetch::<T>(address, context)?);
        let result = change(&mut value);
        self.put(address, value, context, rank)?;
        Ok(result)
    }

    /// Replaces the metadata bytes at `address`. In space that is new in this transaction they
    /// are written before every anchor; elsewhere they are an anchor, written in `rank` order.
    pub(crate) fn write_metadata(&mut self, address: u64, bytes: Vec<u8>, rank: Rank) -> Result<()> {
        self.begin_change()?;
        let len = bytes.len() as u64;
        self.home.check(address, len)?;
        self.cache.invalidate(address, len);
        self.overlay.write(address, bytes, rank, self.space.is_new(address))
    }

    /// New space, not used by the last commit.
    pub(crate) fn allocate(&mut self, space: Space, len: u64) -> Result<u64> {
        self.begin_change()?;
        if self.tail {
            // What was there is not the file's, and must not show through in new space.
            self.home.set_len(self.space.committed_end())?;
            self.tail = false;
        }
        let address = self.space.allocate(space, len)?;
        self.home.set_end(self.space.end());
        Ok(address)
    }

    /// Gives space back; it is reused after the next commit at the earliest.
    pub(crate) fn free(&mut self, space: Space, address: u64, len: u64) {
        self.changes = self.changes.wrapping_add(1);
        self.overlay.remove(address, len);
        self.cache.invalidate(address, len);
        self.space.free(space, address, len);
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
}
