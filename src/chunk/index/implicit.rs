//! The implicit index: all chunks of the maximum shape one after the other, allocated at once.

use std::ops::Range;

use super::linear::ElementArray;
use crate::format::Address;
use crate::format::chunk_index::ChunkElement;
use crate::store::{Space, Store};
use crate::{Error, Result};

/// An index that stores nothing: the number of a chunk tells its address.
#[derive(Debug)]
pub(super) struct Implicit {
    address: Address,
    chunks: u64,
    chunk_bytes: u64,
}

impl Implicit {
    /// An index of that many chunks whose first is at `address`.
    pub(super) fn open(address: Address, chunks: u64, chunk_bytes: u64) -> Self {
        Self { address, chunks, chunk_bytes }
    }

    /// Allocates the space of all chunks, which is as it was: the caller fills it.
    pub(super) fn create(store: &mut Store, chunks: u64, chunk_bytes: u64) -> Result<Self> {
        let len = chunks.checked_mul(chunk_bytes).ok_or_else(|| Error::limit("the dataset is too large"))?;
        let address =
            if len == 0 { Address::UNDEFINED } else { Address::new(store.allocate(Space::Raw, len)?) };
        Ok(Self { address, chunks, chunk_bytes })
    }

    pub(super) fn address(&self) -> Address {
        self.address
    }
}

impl ElementArray for Implicit {
    fn get(&self, _: &Store, index: u64) -> Result<ChunkElement> {
        let Some(base) = self.address.get().filter(|_| index < self.chunks) else {
            return Ok(ChunkElement::ABSENT);
        };
        let address = index.checked_mul(self.chunk_bytes).and_then(|offset| base.checked_add(offset));
        match address {
            Some(address) => Ok(ChunkElement { address: Address::new(address), ..ChunkElement::ABSENT }),
            None => Err(Error::format("the chunks reach past the end of the file").at(base)),
        }
    }

    fn visit(
        &self,
        store: &Store,
        range: Range<u64>,
        visit: &mut dyn FnMut(u64, ChunkElement) -> Result<()>,
    ) -> Result<()> {
        for index in range.start..range.end.min(self.chunks) {
            let element = self.get(store, index)?;
            let Some(address) = element.address.get() else { return Ok(()) };
            if !store.holds(address, self.chunk_bytes) {
                return Err(Error::format("the chunks reach past the end of the file").at(address));
            }
            visit(index, element)?;
        }
        Ok(())
    }

    fn set(&mut self, store: &Store, index: u64, element: ChunkElement) -> Result<()> {
        // The space of a removed chunk stays, so that it comes back when the dataset grows again.
        if !element.address.is_defined() || element == self.get(store, index)? {
            return Ok(());
        }
        Err(Error::usage("a chunk of an implicit index cannot move"))
    }
}
