//! Decoded structures by address, bounded in bytes.

use std::any::{Any, TypeId};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, RwLock};

/// A decoded structure, whatever its type.
pub(super) type Shared = Arc<dyn Any + Send + Sync>;

/// The address, and the type. `None` is below every type, so ranges of addresses can be named.
type Key = (u64, Option<TypeId>);

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
}

#[derive(Default)]
struct Inner {
    entries: BTreeMap<Key, Entry>,
    weight: usize,
    /// Where the search for something to evict goes on: entries that were not used since the hand
    /// last passed go (the "clock" approximation of least-recently-used).
    hand: u64,
}

/// Decoded structures by address and type. Structures at different addresses do not overlap.
pub(super) struct Cache {
    inner: RwLock<Inner>,
    budget: usize,
}

impl Cache {
    /// A cache of about `budget` bytes.
    pub(super) fn new(budget: usize) -> Self {
        Self { inner: RwLock::default(), budget }
    }

    /// The structure at `address`, if it is cached.
    pub(super) fn get<T: Any + Send + Sync>(&self, address: u64) -> Option<Arc<T>> {
        let inner = self.inner.read().unwrap_or_else(|poison| poison.into_inner());
        let entry = inner.entries.get(&(address, Some(TypeId::of::<T>())))?;
        if !entry.used.load(Ordering::Relaxed) {
            entry.used.store(true, Ordering::Relaxed);
        }
        Arc::clone(&entry.value).downcast().ok()
    }

    /// Adds the structure at `address`, which takes `len` bytes on disk.
    pub(super) fn insert<T: Any + Send + Sync>(&self, address: u64, len: u64, value: Arc<T>) {
        let entry = Entry { value, len, used: AtomicBool::new(false) };
        let weight = entry.weight();
        if weight > self.budget {
            return;
        }
        let mut inner = self.inner.write().unwrap_or_else(|poison| poison.into_inner());
        let inner = &mut *inner;
        inner.weight = inner.weight.saturating_add(weight);
        if let Some(old) = inner.entries.insert((address, Some(TypeId::of::<T>())), entry) {
            inner.weight = inner.weight.saturating_sub(old.weight());
        }
        while inner.weight > self.budget && inner.evict() {}
    }

    /// Forgets what overlaps the `len` bytes at `start`.
    pub(super) fn invalidate(&mut self, start: u64, len: u64) {
        let inner = self.inner.get_mut().unwrap_or_else(|poison| poison.into_inner());
        let covering = inner.entries.range(..(start, None)).next_back();
        let before = covering.filter(|(key, entry)| key.0.saturating_add(entry.len) > start);
        let from = before.map_or(start, |(key, _)| key.0);
        let end = start.saturating_add(len.max(1));
        while let Some((&key, _)) = inner.entries.range((from, None)..(end, None)).next() {
            inner.remove(&key);
        }
    }
}

impl Inner {
    fn remove(&mut self, key: &Key) {
        if let Some(old) = self.entries.remove(key) {
            self.weight = self.weight.saturating_sub(old.weight());
        }
    }

    /// Moves the hand one entry on; `false` if there is none.
    fn evict(&mut self) -> bool {
        let next = self.entries.range((self.hand, None)..).next().or_else(|| self.entries.iter().next());
        let Some((&key, entry)) = next else { return false };
        self.hand = key.0.saturating_add(1);
        if !entry.used.swap(false, Ordering::Relaxed) {
            self.remove(&key);
        }
        true
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]
    use super::*;

    #[test]
    fn types_at_one_address_are_apart() {
        let mut cache = Cache::new(10_000);
        cache.insert(8, 4, Arc::new(1_u32));
        cache.insert(8, 4, Arc::new(2_u64));
        assert_eq!((*cache.get::<u32>(8).unwrap(), *cache.get::<u64>(8).unwrap()), (1, 2));
        cache.invalidate(8, 1);
        assert!(cache.get::<u32>(8).is_none() && cache.get::<u64>(8).is_none());
        assert_eq!(cache.inner.get_mut().unwrap().weight, 0);
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
