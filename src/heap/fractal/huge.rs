//! Huge objects: those on their own in the file.

use super::*;
use crate::format::btree_v2::{HugeDirect, HugeFiltered, HugeFilteredDirect, HugeIndirect, Record};
use crate::format::fields::Length;
use crate::tree::btree_v2::{BTree, TreeParams};

/// A piece of the file.
struct Piece {
    address: u64,
    length: u64,
    /// Filter mask and size in memory.
    filtered: Option<(u32, u64)>,
}

impl FractalHeap {
    pub(super) fn huge_tree<R: Record<Params = ()>>(&self, store: &Store) -> Result<BTree<R>> {
        let address = self.header.huge_tree.get();
        BTree::open(store, address.ok_or_else(|| self.error("there is no tree of huge objects"))?, ())
    }

    /// Where a huge object is.
    fn piece(&self, store: &Store, id: &HeapId) -> Result<Piece> {
        let missing = || self.error("there is no huge object with this id");
        let (address, length, filtered) = match *id {
            HeapId::HugeDirect { address, length } => (address, length, None),
            HeapId::HugeFiltered { address, length, filter_mask, memory_size } => {
                (address, length, Some((filter_mask, memory_size)))
            }
            HeapId::HugeIndirect { key } if self.header.filters.is_some() => {
                let tree = self.huge_tree::<HugeFiltered>(store)?;
                let found = tree.find(store, |_, record| Ok(record.id.0.cmp(&key)))?.ok_or_else(missing)?;
                (found.address, found.length.0, Some((found.filter_mask, found.memory_size.0)))
            }
            HeapId::HugeIndirect { key } => {
                let tree = self.huge_tree::<HugeIndirect>(store)?;
                let found = tree.find(store, |_, record| Ok(record.id.0.cmp(&key)))?.ok_or_else(missing)?;
                (found.address, found.length.0, None)
            }
            HeapId::Managed { .. } | HeapId::Tiny(_) => return Err(missing()),
        };
        Ok(Piece { address: address.require(HeapId::NAME)?, length, filtered })
    }

    pub(super) fn get_huge(&self, store: &Store, id: &HeapId) -> Result<Vec<u8>> {
        let piece = self.piece(store, id)?;
        if !store.holds(piece.address, piece.length) {
            return Err(self.error("a huge object reaches past the end of the file"));
        }
        let too_large = |length| length > store.limits().metadata_block;
        if too_large(piece.length) || piece.filtered.is_some_and(|(_, size)| too_large(size)) {
            return Err(Error::limit("a heap object is too large")
                .in_structure(HeapHeader::NAME)
                .at(piece.address));
        }
        let bytes = store.read_metadata(piece.address, piece.length)?;
        match piece.filtered {
            Some((mask, size)) => self.undo_filters(store, mask, &bytes, size),
            None => Ok(bytes),
        }
    }

    pub(super) fn insert_huge(&mut self, store: &mut Store, object: &[u8]) -> Result<HeapId> {
        let length = object.len() as u64;
        if length > store.limits().metadata_block {
            return Err(Error::limit("the object is too large").in_structure(HeapHeader::NAME));
        }
        let address = store.allocate(Space::Metadata, length)?;
        store.write_metadata(address, object.to_vec(), Rank::Linked)?;
        let place = (Address::new(address), Length(length));
        let id = if self.header.id_shape().huge_direct(store.widths()) {
            let record = HugeDirect { address: place.0, length: place.1 };
            self.record_huge(store, record)?;
            HeapId::HugeDirect { address: place.0, length }
        } else {
            let key = self.next_huge_key()?;
            self.record_huge(store, HugeIndirect { address: place.0, length: place.1, id: Length(key) })?;
            HeapId::HugeIndirect { key }
        };
        self.header.huge_count = self.header.huge_count.saturating_add(1);
        self.header.huge_size = self.header.huge_size.saturating_add(length);
        Ok(id)
    }

    fn next_huge_key(&mut self) -> Result<u64> {
        let width = u32::from(self.header.id_shape().huge_key_width());
        let last = 1_u64.checked_shl(width.saturating_mul(8)).unwrap_or(0).wrapping_sub(1);
        if self.header.flags & HeapHeader::HUGE_IDS_WRAPPED != 0 || self.header.next_huge_id >= last {
            return Err(Error::limit("the ids of huge objects are used up").in_structure(HeapHeader::NAME));
        }
        self.header.next_huge_id = self.header.next_huge_id.saturating_add(1);
        if self.header.next_huge_id == last {
            self.header.flags |= HeapHeader::HUGE_IDS_WRAPPED;
        }
        Ok(self.header.next_huge_id)
    }

    fn record_huge<R: Record<Params = ()>>(&mut self, store: &mut Store, record: R) -> Result<()> {
        let mut tree = match self.header.huge_tree.get() {
            Some(_) => self.huge_tree::<R>(store)?,
            None => BTree::create(store, (), TreeParams::METADATA)?,
        };
        tree.insert_ordered(store, record)?;
        self.header.huge_tree = Address::new(tree.header_address());
        Ok(())
    }

    pub(super) fn remove_huge(&mut self, store: &mut Store, id: &HeapId) -> Result<()> {
        let piece = self.piece(store, id)?;
        let found = match *id {
            HeapId::HugeIndirect { key } => {
                self.forget_huge::<HugeIndirect>(store, |record| record.id.0.cmp(&key))?
            }
            HeapId::HugeDirect { address, length } => self.forget_huge::<HugeDirect>(store, |record| {
                (record.address, record.length).cmp(&(address, Length(length)))
            })?,
            _ => false,
        };
        if !found {
            return Err(self.error("there is no huge object with this id"));
        }
        store.free(Space::Metadata, piece.address, piece.length);
        self.header.huge_count = self.less(self.header.huge_count, 1)?;
        self.header.huge_size = self.less(self.header.huge_size, piece.length)?;
        Ok(())
    }

    /// Removes a record; the tree goes with its last.
    fn forget_huge<R: Record<Params = ()>>(
        &mut self,
        store: &mut Store,
        compare: impl Fn(&R) -> std::cmp::Ordering,
    ) -> Result<bool> {
        let mut tree = self.huge_tree::<R>(store)?;
        let found = tree.remove(store, |_, record| Ok(compare(record)))?.is_some();
        self.header.huge_tree = Address::new(tree.header_address());
        if tree.is_empty() {
            tree.delete(store)?;
            self.header.huge_tree = Address::UNDEFINED;
            self.header.next_huge_id = 0;
            self.header.flags &= !HeapHeader::HUGE_IDS_WRAPPED;
        }
        Ok(found)
    }

    /// Frees all huge objects and their tree.
    pub(super) fn delete_huge(&mut self, store: &mut Store) -> Result<()> {
        if !self.header.huge_tree.is_defined() {
            return Ok(());
        }
        let direct = self.header.id_shape().huge_direct(store.widths());
        match (direct, self.header.filters.is_some()) {
            (false, false) => self.free_huge::<HugeIndirect>(store, |record| (record.address, record.length)),
            (false, true) => self.free_huge::<HugeFiltered>(store, |record| (record.address, record.length)),
            (true, false) => self.free_huge::<HugeDirect>(store, |record| (record.address, record.length)),
            (true, true) => {
                self.free_huge::<HugeFilteredDirect>(store, |record| (record.address, record.length))
            }
        }
    }

    fn free_huge<R: Record<Params = ()>>(
        &self,
        store: &mut Store,
        piece: impl Fn(&R) -> (Address, Length),
    ) -> Result<()> {
        let tree = self.huge_tree::<R>(store)?;
        let mut pieces = Vec::new();
        tree.for_each(store, |record| {
            pieces.push(piece(record));
            Ok(())
        })?;
        for (address, length) in pieces {
            store.free(Space::Metadata, address.require(HeapId::NAME)?, length.0);
        }
        tree.delete(store)
    }
}
