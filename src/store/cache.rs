//! Decoded structures by address, bounded in bytes.

use std::any::Any;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, RwLock};

/// A decoded structure, whatever its type.
pub(super) type Shared = Arc<dyn Any + Send + Sync>;

struct Entry {
    value: Shared,
    /// Bytes on disk.
    len: u64,
    /// Whether it was asked for since the hand last passed.
    used: AtomicBool,
}

impl Entry {
    /// Roughly the memory that it takes.
    fn weight(&self) -> usize {
        usize::try_from(self.len).unwrap_or(usize::MAX).saturating_mul(2).saturating_add(160)
    }

    /// Whether it reaches past `address`, before which it begins.
    fn reaches(&self, start: u64, address: u64) -> bool {
        start.saturating_add(self.len.max(1)) > address
    }
}

#[derive(Default)]
struct Inner {
    entries: BTreeMap<u64, Entry>,
    weight: usize,
    /// Where the search for something to evict goes on: entries that were not used since the hand
    /// last passed go (the "clock" approximation of least-recently-used).
    hand: u64,
}

/// Decoded structures, one at each address. Structures at different addresses do not overlap.
pub(super) struct Cache {
    inner: RwLock<Inner>,
    budget: usize,
}

impl Cache {
    /// A cache of about `budget` bytes.
    pub(super) fn new(budget: usize) -> Self {
        Self { inner: RwLock::default(), budget }
    }

    /// The structure at `address`, if it is cached and of this type.
    pub(super) fn get<T: Any + Send + Sync>(&self, address: u64) -> Option<Arc<T>> {
        let inner = self.inner.read().unwrap_or_else(|poison| poison.into_inner());
        let entry = inner.entries.get(&address)?;
        if !entry.used.load(Ordering::Relaxed) {
            entry.used.store(true, Ordering::Relaxed);
        }
        Arc::clone(&entry.value).downcast().ok()
    }

    /// Adds the structure at `address`, which takes `len` bytes on disk.
    pub(super) fn insert(&self, address: u64, len: u64, value: Shared) {
        let mut inner = self.inner.write().unwrap_or_else(|poison| poison.into_inner());
        inner.insert(address, Entry { value, len, used: AtomicBool::new(false) }, self.budget);
    }

    /// As [`insert`](Self::insert), in place of all that overlaps its bytes.
    pub(super) fn replace<T: Any + Send + Sync>(&mut self, address: u64, len: u64, value: Arc<T>) {
        let inner = self.inner.get_mut().unwrap_or_else(|poison| poison.into_inner());
        let mut before = inner.entries.range_mut(..address.saturating_add(len.max(1))).rev();
        // Mostly it is the new version of what is there.
        if let Some((&at, old)) = before.next()
            && (at, old.len) == (address, len)
            && before.next().is_none_or(|(&at, other)| !other.reaches(at, address))
        {
            old.value = value;
            return;
        }
        inner.invalidate(address, len);
        inner.insert(address, Entry { value, len, used: AtomicBool::new(false) }, self.budget);
    }

    /// Forgets what overlaps the `len` bytes at `start`.
    pub(super) fn invalidate(&mut self, start: u64, len: u64) {
        let inner = self.inner.get_mut().unwrap_or_else(|poison| poison.into_inner());
        inner.invalidate(start, len);
    }
}

impl Inner {
    fn insert(&mut self, address: u64, entry: Entry, budget: usize) {
        let weight = entry.weight();
        if weight > budget {
            return;
        }
        self.weight = self.weight.saturating_add(weight);
        if let Some(old) = self.entries.insert(address, entry) {
            self.weight = self.weight.saturating_sub(old.weight());
        }
        while self.weight > budget && self.evict() {}
    }

    /// Forgets what overlaps the `len` bytes at `start`.
    fn invalidate(&mut self, start: u64, len: u64) {
        let end = start.saturating_add(len.max(1));
        while let Some((&at, entry)) = self.entries.range(..end).next_back()
            && entry.reaches(at, start)
        {
            self.remove(at);
        }
    }

    fn remove(&mut self, address: u64) {
        if let Some(old) = self.entries.remove(&address) {
            self.weight = self.weight.saturating_sub(old.weight());
        }
    }

    /// Moves the hand one entry on; `false` if there is none.
    fn evict(&mut self) -> bool {
        let next = self.entries.range(self.hand..).next().or_else(|| self.entries.iter().next());
        let Some((&address, entry)) = next else { return false };
        self.hand = address.saturating_add(1);
        if !entry.used.swap(false, Ordering::Relaxed) {
            self.remove(address);
        }
        true
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]
    use super::*;

    #[test]
    fn a_structure_is_not_taken_for_one_of_another_type() {
        let mut cache = Cache::new(10_000);
        cache.insert(8, 4, Arc::new(1_u32));
        assert!(cache.get::<u64>(8).is_none());
        cache.replace(8, 4, Arc::new(2_u64));
        assert!(cache.get::<u32>(8).is_none() && *cache.get::<u64>(8).unwrap() == 2);
        cache.invalidate(8, 1);
        assert!(cache.get::<u64>(8).is_none());
        assert_eq!(cache.inner.get_mut().unwrap().weight, 0);
    }

    #[test]
    fn a_new_version_replaces_all_that_it_overlaps() {
        let mut cache = Cache::new(10_000);
        for (address, len) in [(0, 100), (90, 10), (100, 50), (160, 20), (200, 8)] {
            cache.insert(address, len, Arc::new(address));
        }
        cache.replace(100, 50, Arc::new(1_u64));
        assert_eq!((*cache.get::<u64>(100).unwrap(), *cache.get::<u64>(160).unwrap()), (1, 160));
        cache.replace(100, 100, Arc::new(2_u64));
        let there = [0, 90, 100, 160, 200].map(|address| cache.get::<u64>(address).is_some());
        assert_eq!(there, [true, true, true, false, true]);
        cache.replace(95, 10, Arc::new(3_u64));
        assert!(cache.get::<u64>(90).is_none() && cache.get::<u64>(100).is_none());
        let inner = cache.inner.get_mut().unwrap();
        assert_eq!(inner.weight, inner.entries.values().map(Entry::weight).sum::<usize>());
    }

    #[test]
    fn a_write_into_a_structure_forgets_it() {
        let mut cache = Cache::new(10_000);
        for address in [0, 100, 200] {
            cache.insert(address, 100, Arc::new(address));
        }
        cache.invalidate(199, 1);
        let there = [0, 100, 200].map(|address| cache.get::<u64>(address).is_some());
        assert_eq!(there, [true, false, true]);
    }

    #[test]
    fn it_stays_within_its_budget_and_keeps_what_is_used() {
        let cache = Cache::new(200 * 100);
        for address in 0..1000_u64 {
            cache.insert(address * 20, 20, Arc::new(address));
            assert!(cache.get::<u64>(0).is_some(), "used all the time");
            let inner = cache.inner.read().unwrap();
            assert!(inner.weight <= 200 * 100);
            assert_eq!(inner.weight, inner.entries.values().map(Entry::weight).sum::<usize>());
        }
        cache.insert(1 << 20, 1 << 20, Arc::new(0_u64));
        assert!(cache.get::<u64>(1 << 20).is_none(), "larger than the whole cache");
    }
}
