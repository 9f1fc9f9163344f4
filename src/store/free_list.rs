//! Sets of address ranges: what is new, and what is free.

use std::collections::{BTreeMap, BTreeSet};

/// Disjoint ranges of addresses; neighbours become one.
#[derive(Debug, Default)]
pub(super) struct Ranges(BTreeMap<u64, u64>);

impl Ranges {
    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    /// Removes everything from `end` on.
    pub(super) fn truncate(&mut self, end: u64) {
        while let Some((&start, &to)) = self.0.last_key_value().filter(|&(_, &to)| to > end) {
            self.0.remove(&start);
            self.insert(start, to.min(end));
        }
    }

    /// Adds `start..end`, merging what it overlaps or touches.
    pub(super) fn insert(&mut self, mut start: u64, mut end: u64) {
        if start >= end {
            return;
        }
        while let Some((&at, &to)) = self.0.range(..=end).next_back() {
            if to < start {
                break;
            }
            self.0.remove(&at);
            (start, end) = (start.min(at), end.max(to));
        }
        self.0.insert(start, end);
    }

    /// The range that `address` is in.
    pub(super) fn containing(&self, address: u64) -> Option<(u64, u64)> {
        let (&start, &end) = self.0.range(..=address).next_back()?;
        (address < end).then_some((start, end))
    }

    /// The parts of `start..end` that are in no range.
    fn gaps(&self, start: u64, end: u64) -> Vec<(u64, u64)> {
        let mut gaps = Vec::new();
        let mut at = self.containing(start).map_or(start, |(_, to)| to);
        for (&next, &to) in self.0.range(start..end.max(start)) {
            if next > at {
                gaps.push((at, next));
            }
            at = at.max(to);
        }
        if at < end {
            gaps.push((at, end));
        }
        gaps
    }
}

/// Free space, to be taken by best fit.
#[derive(Debug, Default)]
pub(super) struct FreeList {
    ranges: Ranges,
    by_len: BTreeSet<(u64, u64)>,
}

/// How many ranges that are long enough but awkwardly placed are tried before giving up.
const TRIES: usize = 16;

impl FreeList {
    /// Adds a range. What of it is free already (in a damaged file, two objects may claim the
    /// same space) does not become free twice.
    pub(super) fn insert(&mut self, start: u64, end: u64) {
        for (start, end) in self.ranges.gaps(start, end) {
            let before = start.checked_sub(1).and_then(|address| self.ranges.containing(address));
            let after = self.ranges.containing(end);
            for (start, end) in before.into_iter().chain(after) {
                self.by_len.remove(&(end.saturating_sub(start), start));
            }
            self.ranges.insert(start, end);
            if let Some((start, end)) = self.ranges.containing(start) {
                self.by_len.insert((end.saturating_sub(start), start));
            }
        }
    }

    /// Takes `len` bytes from the shortest range that has them; `place` moves a range's start to
    /// where they may begin.
    pub(super) fn take(&mut self, len: u64, place: impl Fn(u64) -> Option<u64>) -> Option<u64> {
        let candidates = self.by_len.range((len, 0)..).take(TRIES);
        let (range_start, range_end, start) = candidates
            .filter_map(|&(range_len, start)| Some((start, start.checked_add(range_len)?, place(start)?)))
            .find(|&(_, end, start)| start.checked_add(len).is_some_and(|needed| needed <= end))?;
        self.remove(range_start, range_end);
        self.insert(range_start, start);
        self.insert(start.saturating_add(len), range_end);
        Some(start)
    }

    /// Takes the range that ends at `end` out, but nothing below `floor`; gives the new end.
    pub(super) fn take_tail(&mut self, end: u64, floor: u64) -> Option<u64> {
        let (start, to) = self.ranges.containing(end.checked_sub(1)?)?;
        let cut = start.max(floor);
        if to != end || cut >= end {
            return None;
        }
        self.remove(start, end);
        self.insert(start, cut);
        Some(cut)
    }

    fn remove(&mut self, start: u64, end: u64) {
        self.ranges.0.remove(&start);
        self.by_len.remove(&(end.saturating_sub(start), start));
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(96))]
        /// Against a model: one flag a byte.
        #[test]
        fn what_is_taken_was_free_and_is_no_longer(
            steps in prop::collection::vec((any::<bool>(), 0..200_u64, 1..40_u64), 0..80),
        ) {
            let mut list = FreeList::default();
            let mut free = vec![false; 256];
            for (insert, start, len) in steps {
                if insert {
                    list.insert(start, start + len);
                    free[start as usize..(start + len) as usize].fill(true);
                } else {
                    let align = |start: u64| Some(start.next_multiple_of(4));
                    let Some(at) = list.take(len, align) else {
                        let fits = |at: &usize| free[*at..(*at + len as usize).min(256)].iter().all(|f| *f);
                        let room = (0..=256 - len as usize).step_by(4).find(fits);
                        // Ranges beyond those that are tried may have had room.
                        prop_assert!(room.is_none() || list.by_len.len() > TRIES);
                        continue;
                    };
                    prop_assert_eq!(at % 4, 0);
                    let taken = &mut free[at as usize..(at + len) as usize];
                    prop_assert!(taken.iter().all(|free| *free));
                    taken.fill(false);
                }
                let in_list: u64 = list.ranges.0.iter().map(|(start, end)| end - start).sum();
                prop_assert_eq!(in_list as usize, free.iter().filter(|free| **free).count());
                let lens: BTreeSet<_> = list.ranges.0.iter().map(|(start, end)| (end - start, *start)).collect();
                prop_assert_eq!(&lens, &list.by_len);
            }
        }
    }

    #[test]
    fn the_tail_is_taken_down_to_the_floor() {
        let mut list = FreeList::default();
        list.insert(100, 200);
        assert_eq!(list.take_tail(150, 0), None, "the range does not end there");
        assert_eq!(list.take_tail(200, 160), Some(160));
        assert_eq!(list.take_tail(160, 0), Some(100));
        assert_eq!(list.take_tail(100, 0), None);
    }

    #[test]
    fn the_shortest_sufficient_range_is_taken() {
        let mut list = FreeList::default();
        list.insert(0, 100);
        list.insert(200, 230);
        list.insert(300, 320);
        assert_eq!(list.take(25, Some), Some(200));
        assert_eq!(list.take(25, Some), Some(0));
    }
}
