//! Elements of an array index that changed since the last flush.

use std::collections::BTreeMap;

use crate::format::chunk_index::ChunkElement;
use crate::format::{Address, Structure};
use crate::store::{Rank, Store};
use crate::{Error, Result};

/// The units (pages, blocks) of an array that have changed elements, with all their elements.
#[derive(Debug, Default)]
pub(super) struct Changes {
    units: BTreeMap<u64, Vec<ChunkElement>>,
    /// Whether a chunk was added or moved, and not only removed.
    added: bool,
}

impl Changes {
    pub(super) fn any(&self) -> bool {
        !self.units.is_empty()
    }

    pub(super) fn has(&self, unit: u64) -> bool {
        self.units.contains_key(&unit)
    }

    pub(super) fn get(&self, unit: u64) -> Option<&[ChunkElement]> {
        self.units.get(&unit).map(Vec::as_slice)
    }

    /// The first unit from this one on.
    pub(super) fn next(&self, unit: u64) -> Option<u64> {
        self.units.range(unit..).next().map(|(unit, _)| *unit)
    }

    /// Takes the unit's elements as they are, to be changed.
    pub(super) fn insert(&mut self, unit: u64, elements: Vec<ChunkElement>) {
        self.units.insert(unit, elements);
    }

    /// Changes an element of a unit that was inserted.
    pub(super) fn set(&mut self, unit: u64, within: usize, element: ChunkElement) -> Result<()> {
        match self.units.get_mut(&unit).and_then(|elements| elements.get_mut(within)) {
            None => Err(Error::usage("the chunk number is out of range")),
            Some(place) => {
                self.added |= element.address.is_defined();
                *place = element;
                Ok(())
            }
        }
    }

    /// The changed units, in order.
    pub(super) fn iter(&self) -> impl Iterator<Item = (u64, &[ChunkElement])> {
        self.units.iter().map(|(unit, elements)| (*unit, elements.as_slice()))
    }

    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    /// When the array's header is to be written: before the dataset leads to added chunks, or after it
    /// no longer leads to removed ones.
    pub(super) fn rank(&self) -> Rank {
        if self.added { Rank::Linked } else { Rank::Released }
    }
}

/// The elements of a unit that is not in the file yet.
pub(super) fn absent_elements(store: &Store, count: u64) -> Result<Vec<ChunkElement>> {
    let bytes = count.saturating_mul(size_of::<ChunkElement>() as u64);
    if bytes > store.limits().metadata_block {
        return Err(Error::limit("a block of the chunk index is too large"));
    }
    Ok(vec![ChunkElement::ABSENT; count as usize])
}

/// An error if a block at `at` names another header than the one that led to it.
pub(super) fn owned_by<T: Structure>(header: Address, expected: Address, at: u64) -> Result<()> {
    if header == expected {
        return Ok(());
    }
    let message = "the block belongs to another array";
    Err(Error::format(message).in_structure(T::NAME).in_field("header address").at(at))
}
