//! Space: where new things go, and when what was freed may be used again.

use std::collections::VecDeque;
use std::sync::Arc;

use super::Space;
use super::free_list::{FreeList, Ranges};
use super::raw::Pin;
use crate::{Error, Result};

/// What a device writes whole or not at all.
pub(super) const SECTOR: u64 = 512;
/// The first block that metadata is aggregated in; each further one of a transaction is twice
/// as long, up to the last.
const FIRST_BLOCK: u64 = 4 << 10;
const LAST_BLOCK: u64 = 256 << 10;

/// Something freed that may still be in use.
struct Freed {
    space: Space,
    start: u64,
    end: u64,
}

/// The file's space.
pub(super) struct SpaceManager {
    /// The base address's place in its sector.
    shift: u64,
    /// What lies below (the superblock) is never free, whatever a damaged file says.
    floor: u64,
    /// No address may reach this.
    limit: u64,
    /// Objects of at least so many bytes start at multiples of so many.
    alignment: (u64, u64),
    /// Everything from here on is not allocated.
    end: u64,
    /// The end-of-file address of the last commit.
    committed_end: u64,
    /// Free now. Metadata (anchors too) and raw data are apart, so the gaps inside a new metadata
    /// block hold nothing and a commit may write over them.
    metadata: FreeList,
    raw: FreeList,
    /// The rest of the block in which metadata is aggregated.
    block: (u64, u64),
    next_block: u64,
    /// Space below `committed_end` that was free at the last commit and has been allocated since.
    fresh: Ranges,
    /// Blocks of metadata that were made at the end of the file since the last commit.
    fresh_blocks: Ranges,
    /// Freed since the last commit; readers who may look at it hold `pin` or one before it.
    freed: Vec<Freed>,
    pin: Arc<Pin>,
    /// Freed by earlier transactions, the oldest first, with the pin of readers of that time.
    held: VecDeque<(Arc<Pin>, Vec<Freed>)>,
}

impl SpaceManager {
    /// The space of a file that has its superblock below `floor` and ends at `end`, with its first
    /// address at `base` and addresses of `offset_width` bytes.
    pub(super) fn new(floor: u64, end: u64, base: u64, offset_width: u8, alignment: (u64, u64)) -> Self {
        // All ones is the undefined address; nor does any system have longer files.
        let bits = u32::from(offset_width).saturating_mul(8);
        let limit = 1_u64.checked_shl(bits).map_or(i64::MAX as u64, |limit| limit.saturating_sub(1));
        Self {
            shift: base.checked_rem(SECTOR).unwrap_or(0),
            floor,
            limit: limit.saturating_sub(base),
            alignment,
            end,
            committed_end: end,
            metadata: FreeList::default(),
            raw: FreeList::default(),
            block: (end, end),
            next_block: FIRST_BLOCK,
            fresh: Ranges::default(),
            fresh_blocks: Ranges::default(),
            freed: Vec::new(),
            pin: Arc::new(Pin),
            held: VecDeque::new(),
        }
    }

    pub(super) fn end(&self) -> u64 {
        self.end
    }

    pub(super) fn committed_end(&self) -> u64 {
        self.committed_end
    }

    pub(super) fn pin(&self) -> Arc<Pin> {
        self.pin.clone()
    }

    /// Whether something that may be in use was given back since the last commit.
    pub(super) fn has_freed(&self) -> bool {
        !self.freed.is_empty()
    }

    /// Whether `address` was free at the last commit.
    pub(super) fn is_new(&self, address: u64) -> bool {
        address >= self.committed_end || self.fresh.containing(address).is_some()
    }

    /// Whether both addresses are in one stretch of space that only metadata of this
    /// transaction uses.
    pub(super) fn same_new_block(&self, first: u64, last: u64) -> bool {
        self.fresh_blocks.containing(first).is_some_and(|(_, end)| last < end)
    }

    /// Where, from `start` on, something of `len` bytes may begin.
    fn place(&self, space: Space, start: u64, len: u64) -> Option<u64> {
        let mut at = start;
        if space == Space::Raw {
            // Elements are aligned in a map if their number of bytes is a multiple of their size;
            // compressed chunks of odd lengths stay packed.
            let natural = [8, 4, 2].into_iter().find(|align| len.is_multiple_of(*align));
            at = at.checked_next_multiple_of(natural.unwrap_or(1))?;
        }
        let (threshold, alignment) = self.alignment;
        if alignment > 1 && len >= threshold {
            at = at.checked_next_multiple_of(alignment)?;
        }
        if space == Space::Anchor && len <= SECTOR {
            let in_sector = at.checked_add(self.shift)?.checked_rem(SECTOR)?;
            if in_sector.checked_add(len)? > SECTOR {
                at = at.checked_add(SECTOR.checked_sub(in_sector)?)?;
            }
        }
        Some(at)
    }

    /// Space that was free at the last commit.
    pub(super) fn allocate(&mut self, space: Space, len: u64) -> Result<u64> {
        let len = len.max(1);
        let mut list = std::mem::take(self.list(space));
        let found = list.take(len, |start| self.place(space, start, len));
        *self.list(space) = list;
        if let Some(start) = found {
            let end = start.saturating_add(len);
            if start < self.committed_end {
                self.fresh.insert(start, end.min(self.committed_end));
            }
            return Ok(start);
        }
        let at = match space {
            Space::Raw => self.append(space, len, 0).map(|(_, at)| at),
            Space::Anchor | Space::Metadata => self.aggregate(space, len),
        };
        at.ok_or_else(|| Error::limit("the file is too large for the width of its addresses"))
    }

    fn list(&mut self, space: Space) -> &mut FreeList {
        match space {
            Space::Raw => &mut self.raw,
            Space::Anchor | Space::Metadata => &mut self.metadata,
        }
    }

    /// Space at the end of the file for `len` bytes, and for `block` bytes in all. What is skipped
    /// to place them is free. Gives where the space begins, and where the bytes do.
    fn append(&mut self, space: Space, len: u64, block: u64) -> Option<(u64, u64)> {
        let start = self.end;
        let at = self.place(space, start, len)?;
        let end = at.checked_add(len)?.max(start.checked_add(block)?);
        if end >= self.limit {
            return None;
        }
        self.end = end;
        self.list(space).insert(start, at);
        Some((start, at))
    }

    /// Metadata: from the current block, which grows while it is the last thing in the file.
    fn aggregate(&mut self, space: Space, len: u64) -> Option<u64> {
        let (start, end) = self.block;
        let at = self.place(space, start, len)?;
        let needed = at.checked_add(len)?;
        if needed > end && end != self.end {
            self.metadata.insert(start, end);
            let (start, at) = self.append(space, len, self.next_block)?;
            self.fresh_blocks.insert(start, self.end);
            self.block = (at.checked_add(len)?, self.end);
            self.next_block = self.next_block.saturating_mul(2).min(LAST_BLOCK);
            return Some(at);
        }
        if needed > end {
            let grown = end.checked_add(self.next_block)?.max(needed);
            if grown >= self.limit {
                return None;
            }
            self.next_block = self.next_block.saturating_mul(2).min(LAST_BLOCK);
            self.fresh_blocks.insert(end, grown);
            (self.end, self.block.1) = (grown, grown);
        }
        self.metadata.insert(start, at);
        self.block.0 = needed;
        Some(at)
    }

    /// Gives space back. What was in use at the last commit is reused after the next one at the
    /// earliest, and never while somebody may still read it.
    pub(super) fn free(&mut self, space: Space, start: u64, len: u64) {
        let end = start.saturating_add(len.max(1)).min(self.end);
        let start = start.max(self.floor);
        if start >= end {
            return;
        }
        if self.is_new(start) && self.held.is_empty() && Arc::get_mut(&mut self.pin).is_some() {
            self.list(space).insert(start, end);
        } else {
            self.freed.push(Freed { space, start, end });
        }
    }

    /// Before a commit: returns what is left of the block, and gives the end-of-file address to be
    /// committed, without free space that is new at its end.
    pub(super) fn seal(&mut self) -> u64 {
        let (start, end) = std::mem::take(&mut self.block);
        self.metadata.insert(start, end);
        self.cut_tail(self.committed_end);
        self.fresh_blocks.truncate(self.end);
        self.block = (self.end, self.end);
        self.end
    }

    /// Lowers the end while what is before it is free, but not below `floor`.
    fn cut_tail(&mut self, floor: u64) {
        let cut = |list: &mut FreeList, end| list.take_tail(end, floor);
        while let Some(end) = cut(&mut self.metadata, self.end).or_else(|| cut(&mut self.raw, self.end)) {
            self.end = end;
        }
    }

    /// After a commit: what it freed becomes usable, as far as nobody reads it any more. Gives the
    /// end-of-file address, lower if the end of the file is free now.
    pub(super) fn committed(&mut self) -> u64 {
        self.fresh.clear();
        self.fresh_blocks.clear();
        self.next_block = FIRST_BLOCK;
        let freed = std::mem::take(&mut self.freed);
        self.held.push_back((std::mem::replace(&mut self.pin, Arc::new(Pin)), freed));
        while let Some((pin, _)) = self.held.front_mut()
            && Arc::get_mut(pin).is_some()
        {
            for Freed { space, start, end } in self.held.pop_front().map(|(_, f)| f).unwrap_or_default() {
                self.list(space).insert(start, end);
            }
        }
        self.cut_tail(0);
        self.committed_end = self.end;
        self.block = (self.end, self.end);
        self.end
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]
    use super::*;
    use proptest::prelude::*;

    fn manager() -> SpaceManager {
        SpaceManager::new(48, 48, 0, 8, (1, 1))
    }

    fn kinds() -> impl Strategy<Value = Space> {
        prop_oneof![Just(Space::Anchor), Just(Space::Metadata), Just(Space::Raw)]
    }

    #[derive(Debug, Clone)]
    enum Step {
        Allocate(Space, u64),
        Free(usize),
        Commit,
        Pin,
        Unpin,
    }

    fn steps() -> impl Strategy<Value = Vec<Step>> {
        let step = prop_oneof![
            6 => (kinds(), 1..3000_u64).prop_map(|(space, len)| Step::Allocate(space, len)),
            3 => any::<prop::sample::Index>().prop_map(|index| Step::Free(index.index(1000))),
            1 => Just(Step::Commit),
            1 => Just(Step::Pin),
            1 => Just(Step::Unpin),
        ];
        prop::collection::vec(step, 0..120)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(128))]
        #[test]
        fn nothing_is_given_away_twice_or_too_soon(steps in steps(), base in 0..3_u64) {
            let mut space = SpaceManager::new(48, 48, base * 100, 8, (2000, 64));
            let mut live: Vec<(Space, u64, u64)> = Vec::new();
            // In use at the last commit, and not to be reused before the next.
            let mut protected: Vec<(u64, u64)> = Vec::new();
            let mut pins = Vec::<(Arc<Pin>, Vec<(u64, u64)>)>::new();
            for step in steps {
                match step {
                    Step::Allocate(kind, len) => {
                        let at = space.allocate(kind, len).unwrap();
                        prop_assert!(at >= 48 && at + len <= space.end() && space.is_new(at));
                        let clear = |&(start, end): &(u64, u64)| end <= at || start >= at + len;
                        prop_assert!(live.iter().all(|&(_, start, end)| clear(&(start, end))));
                        prop_assert!(protected.iter().all(clear));
                        prop_assert!(pins.iter().all(|(_, used)| used.iter().all(clear)));
                        if kind == Space::Anchor && len <= SECTOR {
                            let first = (at + base * 100) / SECTOR;
                            prop_assert_eq!(first, (at + base * 100 + len - 1) / SECTOR);
                        }
                        if len >= 2000 {
                            prop_assert_eq!(at % 64, 0);
                        }
                        live.push((kind, at, at + len));
                    }
                    Step::Free(index) if !live.is_empty() => {
                        let (kind, start, end) = live.swap_remove(index % live.len());
                        space.free(kind, start, end - start);
                    }
                    Step::Free(_) => {}
                    Step::Commit => {
                        let end = space.seal();
                        prop_assert!(live.iter().all(|live| live.2 <= end));
                        let end = space.committed();
                        prop_assert!(live.iter().all(|live| live.2 <= end));
                        protected = live.iter().map(|live| (live.1, live.2)).collect();
                    }
                    Step::Pin => pins.push((space.pin(), live.iter().map(|live| (live.1, live.2)).collect())),
                    Step::Unpin => drop(pins.pop()),
                }
            }
        }
    }

    #[test]
    fn metadata_and_raw_data_are_aggregated_apart() {
        let mut space = manager();
        let metadata: Vec<u64> = (0..8)
            .map(|_| {
                space.allocate(Space::Raw, 1000).unwrap();
                space.allocate(Space::Metadata, 100).unwrap()
            })
            .collect();
        assert!(metadata.windows(2).all(|pair| pair[1] == pair[0] + 100), "{metadata:?}");
    }

    #[test]
    fn an_empty_transaction_leaves_the_end_alone() {
        let mut space = manager();
        let at = space.allocate(Space::Metadata, 100).unwrap();
        let raw = space.allocate(Space::Raw, 5000).unwrap();
        space.free(Space::Raw, raw, 5000);
        space.free(Space::Metadata, at, 100);
        assert_eq!(space.seal(), 48);
        assert_eq!(space.committed(), 48);
    }

    #[test]
    fn what_was_committed_is_free_after_the_next_commit_and_shrinks_the_file() {
        let mut space = manager();
        let at = space.allocate(Space::Raw, 5000).unwrap();
        assert_eq!(space.seal(), 48 + 5000);
        space.committed();
        space.free(Space::Raw, at, 5000);
        assert_eq!(space.seal(), 48 + 5000, "in use until the commit is done");
        assert_eq!(space.committed(), 48);
    }

    #[test]
    fn narrow_addresses_bound_the_file() {
        let mut space = SpaceManager::new(48, 48, 0, 2, (1, 1));
        assert!(space.allocate(Space::Raw, 60_000).is_ok());
        assert!(space.allocate(Space::Raw, 6000).is_err());
        assert!(space.allocate(Space::Metadata, 100).is_ok());
    }
}
