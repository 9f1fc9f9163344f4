//! The global heap: elements of variable length, which raw data names by collection and index.
//!
//! Raw data keeps the address of a collection, so nothing is added to a committed collection: new
//! elements go to collections that are new in the transaction. What nothing refers to any more is taken
//! out of its collection by the commit, in place; a collection that becomes empty is freed.

use std::collections::BTreeMap;

use crate::format::global_heap::Collection;
use crate::store::{Rank, Space, Store};
use crate::{Error, ErrorKind, Result};

/// The largest collection that is shared by several elements.
const MAX_SHARED: u64 = 64 << 10;

/// Calls `visit` with the element `index` of the collection at `address`.
pub(crate) fn read<T>(
    store: &Store,
    address: u64,
    index: u32,
    visit: impl FnOnce(&[u8]) -> Result<T>,
) -> Result<T> {
    let collection = store.fetch::<Collection>(address, &())?;
    match u16::try_from(index).ok().and_then(|index| collection.get(index)) {
        Some(element) => visit(element),
        None => Err(Error::format(format!("there is no object {index}"))
            .in_structure("global heap collection")
            .at(address)),
    }
}

/// The objects that the transaction gave up, by collection.
#[derive(Default)]
struct Removed(BTreeMap<u64, Vec<u16>>);

/// Notes that the element, which nothing but the raw data just overwritten referred to, is not needed any
/// more. It can be read until the commit.
pub(crate) fn remove(store: &mut Store, address: u64, index: u32) {
    if let Ok(index) = u16::try_from(index) {
        store.scratch::<Removed>().0.entry(address).or_default().push(index);
        store.before_commit(remove_all);
    }
}

/// Takes the elements that were given up out of their collections.
fn remove_all(store: &mut Store) -> Result<()> {
    let removed = std::mem::take(&mut store.scratch::<Removed>().0);
    for (address, mut indexes) in removed {
        // What a damaged element named need not be a collection.
        let collection = match store.fetch::<Collection>(address, &()) {
            Err(error) if error.kind() != ErrorKind::Io => continue,
            collection => collection?,
        };
        let mut collection = Collection::clone(&collection);
        indexes.sort_unstable();
        if !collection.remove(&indexes, store.widths()) {
            continue;
        }
        // Nothing can be added to it any more.
        let open = &mut store.scratch::<OpenCollection>().0;
        *open = open.filter(|&open| open != address);
        if collection.is_empty() {
            store.free(Space::Metadata, address, collection.size());
        } else {
            store.put(address, collection, &(), Rank::Released)?;
        }
    }
    Ok(())
}

/// The collection of the transaction that has room left.
#[derive(Default)]
struct OpenCollection(Option<u64>);

/// Adds elements; what it was given can be read once it is [finished](Inserter::finish).
#[must_use = "elements are lost unless `finish` is called"]
pub(crate) struct Inserter {
    open: Option<(u64, Collection)>,
}

impl Inserter {
    /// Goes on with the collection that the transaction last added to.
    pub(crate) fn new(store: &mut Store) -> Result<Self> {
        let open = match store.scratch::<OpenCollection>().0.take() {
            Some(address) if store.is_new(address) => {
                Some((address, Collection::clone(&*store.fetch::<Collection>(address, &())?)))
            }
            _ => None,
        };
        Ok(Self { open })
    }

    /// Adds one element; returns its collection and index.
    pub(crate) fn insert(&mut self, store: &mut Store, element: &[u8]) -> Result<(u64, u32)> {
        let (widths, len) = (store.widths(), element.len() as u64);
        if let Some((address, open)) = self.open.as_mut().filter(|(_, open)| open.has_room_for(len, widths)) {
            return Ok((*address, u32::from(open.push(element, widths))));
        }
        // Small elements share collections, which grow with their number.
        let last = self.open.as_ref().map_or(0, |(_, open)| open.size());
        let mut collection = Collection::with_room_for(len, widths, last.saturating_mul(2).min(MAX_SHARED));
        let alone = collection.size() > MAX_SHARED;
        if collection.size() > store.limits().metadata_block {
            return Err(Error::limit("the element is too large").in_structure("global heap collection"));
        }
        let address = store.allocate(Space::Metadata, collection.size())?;
        let index = collection.push(element, widths);
        if alone {
            store.put(address, collection, &(), Rank::Linked)?;
        } else if let Some((full, collection)) = self.open.replace((address, collection)) {
            store.put(full, collection, &(), Rank::Linked)?;
        }
        Ok((address, u32::from(index)))
    }

    /// Puts what was added where reads find it.
    pub(crate) fn finish(self, store: &mut Store) -> Result<()> {
        if let Some((address, collection)) = self.open {
            store.put(address, collection, &(), Rank::Linked)?;
            store.scratch::<OpenCollection>().0 = Some(address);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]
    use super::*;
    use std::collections::BTreeSet;

    fn insert(store: &mut Store, element: &[u8]) -> Result<(u64, u32)> {
        let mut inserter = Inserter::new(store)?;
        let id = inserter.insert(store, element)?;
        inserter.finish(store)?;
        Ok(id)
    }

    fn get(store: &Store, (address, index): (u64, u32)) -> Vec<u8> {
        read(store, address, index, |element| Ok(element.to_vec())).unwrap()
    }

    #[test]
    fn elements_are_found_by_their_ids() {
        let mut store = Store::for_tests();
        let elements: Vec<Vec<u8>> =
            (0..20_000_usize).map(|n| n.to_string().repeat(n % 7).into_bytes()).collect();
        let mut inserter = Inserter::new(&mut store).unwrap();
        let ids: Vec<_> =
            elements.iter().map(|element| inserter.insert(&mut store, element).unwrap()).collect();
        inserter.finish(&mut store).unwrap();
        store.commit().unwrap();
        let store = Store::over_memory(store.read_metadata(0, store.end()).unwrap());
        for (element, &id) in elements.iter().zip(&ids) {
            assert_eq!(get(&store, id), *element);
        }
        let collections = ids.iter().map(|id| id.0).collect::<BTreeSet<_>>().len();
        assert!(collections < 25, "{collections}");
    }

    #[test]
    fn a_transaction_goes_on_with_its_collection_only() {
        let mut store = Store::for_tests();
        let first = insert(&mut store, b"one").unwrap();
        assert_eq!(insert(&mut store, b"two").unwrap(), (first.0, 2));
        let large = insert(&mut store, &[7; 100_000]).unwrap();
        assert_eq!(large.1, 1);
        assert_eq!(insert(&mut store, b"three").unwrap(), (first.0, 3), "the large element is alone");
        store.commit().unwrap();
        let next = insert(&mut store, b"four").unwrap();
        assert_ne!(next.0, first.0, "a committed collection stays as it is");
        assert_eq!([first, next].map(|id| get(&store, id)), [b"one".to_vec(), b"four".to_vec()]);
        assert_eq!(get(&store, large).len(), 100_000);
    }

    #[test]
    fn what_is_removed_is_there_until_the_commit() {
        let mut store = Store::for_tests();
        let ids = [&b"one"[..], b"two", b"three"].map(|element| insert(&mut store, element).unwrap());
        store.commit().unwrap();
        remove(&mut store, ids[1].0, ids[1].1);
        remove(&mut store, ids[1].0, ids[1].1);
        remove(&mut store, ids[1].0 + 8, 1);
        assert_eq!(get(&store, ids[1]), b"two");
        store.commit().unwrap();
        assert!(read(&store, ids[1].0, ids[1].1, |_| Ok(())).is_err());
        assert_eq!([ids[0], ids[2]].map(|id| get(&store, id)), [b"one".to_vec(), b"three".to_vec()]);
        let end = store.end();
        ids.iter().for_each(|id| remove(&mut store, id.0, id.1));
        store.commit().unwrap();
        assert!(read(&store, ids[0].0, ids[0].1, |_| Ok(())).is_err());
        assert!(store.end() < end, "the collection at the end of the file is free");
    }

    #[test]
    fn a_collection_of_the_transaction_can_lose_elements() {
        let mut store = Store::for_tests();
        let first = insert(&mut store, b"one").unwrap();
        let second = insert(&mut store, b"two").unwrap();
        remove(&mut store, first.0, first.1);
        store.commit().unwrap();
        assert!(read(&store, first.0, first.1, |_| Ok(())).is_err());
        assert_eq!(get(&store, second), b"two");
        let third = insert(&mut store, b"three").unwrap();
        assert_eq!([second, third].map(|id| get(&store, id)), [b"two".to_vec(), b"three".to_vec()]);
    }

    #[test]
    fn missing_elements_are_errors() {
        let mut store = Store::for_tests();
        let (address, index) = insert(&mut store, b"one").unwrap();
        for (address, index) in
            [(address, 0), (address, 2), (address, index + 65_536), (address + 8, 1), (1 << 40, 1)]
        {
            assert!(read(&store, address, index, |_| Ok(())).is_err());
        }
    }
}
