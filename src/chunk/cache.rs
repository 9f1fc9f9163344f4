//! Decoded chunks in memory, bounded in bytes, the least recently used leaving first.

use std::collections::{BTreeMap, HashMap};

/// A chunk that left the cache, or is to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CachedChunk {
    /// Coordinates in chunks.
    pub(crate) scaled: Vec<u64>,
    /// The elements, without filters.
    pub(crate) bytes: Vec<u8>,
    /// Whether the file does not hold these bytes yet.
    pub(crate) dirty: bool,
}

#[derive(Debug)]
struct Entry {
    bytes: Vec<u8>,
    dirty: bool,
    /// When it was last used; the key in the order.
    used: u64,
}

/// Decoded chunks of one dataset.
///
/// Nothing is read or written here: what is dirty and has to leave is handed back.
#[derive(Debug, Default)]
pub(crate) struct ChunkCache {
    entries: HashMap<Box<[u64]>, Entry>,
    /// Which chunk was used when.
    order: BTreeMap<u64, Box<[u64]>>,
    clock: u64,
    bytes: usize,
    capacity: usize,
    dirty: usize,
}

impl ChunkCache {
    /// A cache of at most `capacity` bytes.
    pub(crate) fn new(capacity: usize) -> Self {
        Self { capacity, ..Self::default() }
    }

    /// Whether a chunk of `len` bytes can be kept at all.
    pub(crate) fn accepts(&self, len: usize) -> bool {
        len <= self.capacity
    }

    /// The bytes of a chunk, which is then the most recently used.
    pub(crate) fn get(&mut self, scaled: &[u64]) -> Option<&[u8]> {
        self.touch(scaled).map(|entry| entry.bytes.as_slice())
    }

    /// The bytes of a chunk, to be changed: it is then dirty.
    pub(crate) fn get_mut(&mut self, scaled: &[u64]) -> Option<&mut [u8]> {
        let mut became_dirty = false;
        if let Some(entry) = self.touch(scaled) {
            became_dirty = !std::mem::replace(&mut entry.dirty, true);
        }
        self.dirty = self.dirty.saturating_add(usize::from(became_dirty));
        self.entries.get_mut(scaled).map(|entry| entry.bytes.as_mut_slice())
    }

    fn touch(&mut self, scaled: &[u64]) -> Option<&mut Entry> {
        let entry = self.entries.get_mut(scaled)?;
        self.clock = self.clock.saturating_add(1);
        if let Some(key) = self.order.remove(&entry.used) {
            self.order.insert(self.clock, key);
        }
        entry.used = self.clock;
        Some(entry)
    }

    /// Keeps a chunk, in place of what was kept of it, and gives back every dirty chunk that had to leave
    /// for it. A chunk too large to keep leaves at once.
    #[must_use]
    pub(crate) fn insert(&mut self, scaled: &[u64], bytes: Vec<u8>, dirty: bool) -> Vec<CachedChunk> {
        self.remove(scaled);
        let chunk = CachedChunk { scaled: scaled.to_vec(), bytes, dirty };
        if !self.accepts(chunk.bytes.len()) {
            return if dirty { vec![chunk] } else { Vec::new() };
        }
        let mut evicted = Vec::new();
        let room = self.capacity.saturating_sub(chunk.bytes.len());
        while self.bytes > room
            && let Some(key) = self.order.first_key_value().map(|(_, key)| key.clone())
        {
            evicted.extend(self.remove(&key).filter(|chunk| chunk.dirty));
        }
        self.put_back(chunk);
        evicted
    }

    /// Keeps a chunk that was taken out, whatever room there is: a dirty one that could not be written
    /// must not be lost.
    pub(crate) fn put_back(&mut self, chunk: CachedChunk) {
        self.remove(&chunk.scaled);
        let CachedChunk { scaled, bytes, dirty } = chunk;
        self.clock = self.clock.saturating_add(1);
        self.bytes = self.bytes.saturating_add(bytes.len());
        self.dirty = self.dirty.saturating_add(usize::from(dirty));
        self.order.insert(self.clock, scaled.as_slice().into());
        self.entries.insert(scaled.into(), Entry { bytes, dirty, used: self.clock });
    }

    /// Takes a chunk out, dirty or not: it is then the caller's to write.
    pub(crate) fn remove(&mut self, scaled: &[u64]) -> Option<CachedChunk> {
        let Entry { bytes, dirty, used } = self.entries.remove(scaled)?;
        self.order.remove(&used);
        self.bytes = self.bytes.saturating_sub(bytes.len());
        self.dirty = self.dirty.saturating_sub(usize::from(dirty));
        Some(CachedChunk { scaled: scaled.to_vec(), bytes, dirty })
    }

    /// Drops every chunk that `keep` does not want, dirty or not.
    pub(crate) fn retain(&mut self, mut keep: impl FnMut(&[u64]) -> bool) {
        let gone: Vec<Box<[u64]>> = self.entries.keys().filter(|scaled| !keep(scaled)).cloned().collect();
        for scaled in gone {
            self.remove(&scaled);
        }
    }

    /// Takes all dirty chunks out, in row-major order: they are then the caller's to write, and to
    /// keep again as clean ones.
    pub(crate) fn take_dirty(&mut self) -> Vec<CachedChunk> {
        if self.dirty == 0 {
            return Vec::new();
        }
        let mut keys: Vec<Box<[u64]>> =
            self.entries.iter().filter(|(_, entry)| entry.dirty).map(|(scaled, _)| scaled.clone()).collect();
        keys.sort_unstable();
        keys.iter().filter_map(|scaled| self.remove(scaled)).collect()
    }

    /// Whether a chunk is dirty.
    pub(crate) fn is_dirty(&self) -> bool {
        self.dirty > 0
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]
    use super::*;
    use proptest::prelude::*;

    fn insert(cache: &mut ChunkCache, at: u64, len: usize, dirty: bool) -> Vec<CachedChunk> {
        cache.insert(&[at], vec![at as u8; len], dirty)
    }

    #[test]
    fn the_least_recently_used_leaves_first_and_the_dirty_are_handed_back() {
        let mut cache = ChunkCache::new(30);
        assert!(insert(&mut cache, 0, 10, true).is_empty());
        assert!(insert(&mut cache, 1, 10, false).is_empty());
        assert!(insert(&mut cache, 2, 10, true).is_empty());
        assert_eq!(cache.get(&[0]), Some(&[0; 10][..]));
        assert!(insert(&mut cache, 3, 10, false).is_empty(), "1 was clean");
        assert_eq!(cache.get(&[1]), None);
        let out = insert(&mut cache, 4, 20, false);
        assert_eq!(out.iter().map(|chunk| chunk.scaled[0]).collect::<Vec<_>>(), [2, 0]);
        assert!(!cache.is_dirty());
        assert_eq!(cache.bytes, 30);
    }

    #[test]
    fn a_chunk_too_large_leaves_at_once() {
        let mut cache = ChunkCache::new(30);
        assert!(!cache.accepts(31));
        assert!(insert(&mut cache, 0, 31, false).is_empty());
        assert_eq!(insert(&mut cache, 0, 31, true).len(), 1);
        assert_eq!(cache.get(&[0]), None);
    }

    #[test]
    fn what_is_put_back_stays_until_something_else_comes() {
        let mut cache = ChunkCache::new(10);
        assert!(insert(&mut cache, 0, 10, true).is_empty());
        cache.put_back(CachedChunk { scaled: vec![1], bytes: vec![1; 50], dirty: true });
        assert!(cache.get(&[0]).is_some() && cache.get(&[1]).is_some());
        let out = insert(&mut cache, 2, 10, false);
        assert_eq!(out.iter().map(|chunk| chunk.scaled[0]).collect::<Vec<_>>(), [0, 1]);
        assert_eq!((cache.bytes, cache.dirty), (10, 0));
    }

    #[test]
    fn dirty_chunks_are_taken_in_order_and_once() {
        let mut cache = ChunkCache::new(100);
        for at in [3, 1, 2] {
            insert(&mut cache, at, 5, at != 2);
        }
        cache.get_mut(&[2]).unwrap()[0] = 9;
        let dirty = cache.take_dirty();
        assert_eq!(dirty.iter().map(|chunk| chunk.scaled[0]).collect::<Vec<_>>(), [1, 2, 3]);
        assert_eq!(dirty[1].bytes[0], 9);
        assert!(cache.take_dirty().is_empty() && !cache.is_dirty());
    }

    #[test]
    fn chunks_outside_a_shape_are_dropped() {
        let mut cache = ChunkCache::new(100);
        for at in [3, 1, 2] {
            insert(&mut cache, at, 5, true);
        }
        cache.retain(|scaled| scaled[0] < 2);
        assert_eq!((cache.bytes, cache.dirty), (5, 1));
        assert_eq!((cache.get(&[1]).is_some(), cache.get(&[3]).is_some()), (true, false));
    }

    proptest! {
        /// The newest bytes of a chunk are in the cache, or were handed back last.
        #[test]
        fn nothing_dirty_is_lost(steps in proptest::collection::vec((0_u64..8, 0_u8..4, 1_usize..12), 0..200)) {
            let mut cache = ChunkCache::new(40);
            let (mut file, mut truth) = (HashMap::new(), HashMap::new());
            for (version, (at, action, len)) in steps.into_iter().enumerate() {
                let bytes = vec![version as u8; len];
                match action {
                    0 => for chunk in cache.take_dirty() { file.insert(chunk.scaled[0], chunk.bytes); },
                    1 => if let Some(kept) = cache.get_mut(&[at]) {
                        kept[0] = version as u8;
                        truth.insert(at, kept.to_vec());
                    },
                    _ => {
                        truth.insert(at, bytes.clone());
                        for chunk in cache.insert(&[at], bytes, true) { file.insert(chunk.scaled[0], chunk.bytes); }
                    }
                }
                prop_assert!(cache.bytes <= 40);
                prop_assert_eq!(cache.dirty, cache.entries.values().filter(|entry| entry.dirty).count());
                prop_assert_eq!(cache.order.len(), cache.entries.len());
                for (at, bytes) in &truth {
                    prop_assert_eq!(cache.get(&[*at]).or(file.get(at).map(Vec::as_slice)), Some(bytes.as_slice()));
                }
            }
        }
    }
}
