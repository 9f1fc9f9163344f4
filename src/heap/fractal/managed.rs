//! Managed objects: those in direct blocks.

use super::blocks::Place;
use super::space::FreeSpace;
use super::*;

impl FractalHeap {
    pub(super) fn get_managed(&self, store: &Store, offset: u64, length: u64) -> Result<Vec<u8>> {
        let place = self.place_of(offset)?;
        let range = self.range_in(store, &place, offset, length)?;
        let block = self.direct_block(store, &place)?;
        match block.data.get(range) {
            Some(object) if !object.is_empty() => Ok(object.to_vec()),
            _ => Err(self.error("an object reaches past its block")),
        }
    }

    /// Where an object is in the data of its block.
    fn range_in(
        &self,
        store: &Store,
        place: &Place,
        offset: u64,
        length: u64,
    ) -> Result<std::ops::Range<usize>> {
        let start =
            offset.checked_sub(place.offset).and_then(|start| start.checked_sub(self.overhead(store)));
        let start = start.and_then(|start| usize::try_from(start).ok());
        let start = start.ok_or_else(|| self.error("an object begins inside the prefix of its block"))?;
        let end = usize::try_from(length).ok().and_then(|length| start.checked_add(length));
        Ok(start..end.ok_or_else(|| self.error("an object reaches past its block"))?)
    }

    pub(super) fn insert_managed(&mut self, store: &mut Store, object: &[u8]) -> Result<HeapId> {
        let length = object.len() as u64;
        let offset = self.with_space(store, |heap, store, notes, space| {
            if let Some(offset) = space.take(length, notes) {
                let place = heap.place_of(offset)?;
                heap.write_object(store, &place, offset, object)?;
                return Ok(offset);
            }
            let place = match space.take_block(length, heap, heap.overhead(store))? {
                Some(offset) => heap.place_of(offset)?,
                None => heap.next_place(store, space, length)?,
            };
            let offset = heap.insert_into_new_block(store, space, &place, object)?;
            notes.new_blocks.insert(place.offset);
            Ok(offset)
        })?;
        self.header.managed_count = self.header.managed_count.saturating_add(1);
        self.header.managed_free = self.header.managed_free.saturating_sub(length);
        Ok(HeapId::Managed { offset, length })
    }

    /// Writes an object into the block at `place`, which exists.
    fn write_object(&mut self, store: &mut Store, place: &Place, offset: u64, object: &[u8]) -> Result<()> {
        let range = self.range_in(store, place, offset, object.len() as u64)?;
        let write = |block: &mut DirectBlock| match block.data.get_mut(range.clone()) {
            Some(to) => {
                to.copy_from_slice(object);
                true
            }
            None => false,
        };
        let outside = |heap: &Self| heap.error("free space reaches past its block");
        if let Some(address) = self.direct_entry(store, place)?.address.get()
            && store.is_new(address)
        {
            let written = store.modify(address, &self.direct_context(place), Rank::Linked, write)?;
            return if written { Ok(()) } else { Err(outside(self)) };
        }
        let mut block = DirectBlock::clone(&*self.direct_block(store, place)?);
        if !write(&mut block) {
            return Err(outside(self));
        }
        self.put_direct(store, place, block)
    }

    /// Makes the block at `place` with the object as its first.
    fn insert_into_new_block(
        &mut self,
        store: &mut Store,
        space: &mut FreeSpace,
        place: &Place,
        object: &[u8],
    ) -> Result<u64> {
        if self.direct_entry(store, place)?.address.is_defined() {
            return Err(self.error("there is a block where the next one is to be made"));
        }
        let mut block = DirectBlock::empty(&self.direct_context(place), store.widths());
        match block.data.get_mut(..object.len()) {
            Some(to) => to.copy_from_slice(object),
            None => return Err(self.error("an object does not fit its block")),
        }
        self.put_direct(store, place, block)?;
        self.header.managed_allocated = self.header.managed_allocated.saturating_add(place.size);
        let offset = place.offset.saturating_add(self.overhead(store));
        let used = offset.saturating_add(object.len() as u64);
        let end = place.offset.saturating_add(place.size);
        space.add(used, end.saturating_sub(used));
        Ok(offset)
    }

    /// The place of the next direct block that has room for `length` bytes; moves the iterator
    /// behind it. Blocks that are passed over because they are too small become free space.
    fn next_place(&mut self, store: &mut Store, space: &mut FreeSpace, length: u64) -> Result<Place> {
        let overhead = self.overhead(store);
        let needed = length.saturating_add(overhead);
        let table = self.table().clone();
        let row = table.row_for(needed);
        if row >= table.max_direct_rows() {
            return Err(self.error("an object does not fit the largest block"));
        }
        if self.header.root_rows == 0 {
            let start = table.start_block;
            if !self.header.root.is_defined() && row == 0 {
                self.header.managed_size = start;
                self.header.managed_free = start.saturating_sub(overhead);
                return Ok(Place { steps: Vec::new(), offset: 0, size: start });
            }
            let first = if table.start_rows == 0 { table.max_root_rows() } else { table.start_rows };
            let used = if self.header.root.is_defined() { start } else { 0 };
            self.extend_root(store, first.max(row.saturating_add(1)), overhead)?;
            self.header.iterator_offset = used;
        }
        loop {
            if self.header.iterator_offset >= self.header.managed_size {
                self.double_root(store, row, overhead)?;
            }
            let place = self.place_of(self.header.iterator_offset)?;
            if place.offset != self.header.iterator_offset {
                return Err(self.error("the next block would begin inside another"));
            }
            let passed = self.entries_to_pass(&place, row)?;
            if passed == 0 {
                self.header.iterator_offset = place.offset.saturating_add(place.size);
                return Ok(place);
            }
            self.pass(space, &place, passed)?;
        }
    }

    /// How many blocks of the innermost indirect block of `place` come before its first in
    /// `row`, or its end.
    fn entries_to_pass(&self, place: &Place, row: u16) -> Result<usize> {
        let Some(step) = place.steps.last() else {
            return Err(self.error("the root is no indirect block"));
        };
        let target = self.table().entry(row.min(step.rows), 0);
        Ok(target.saturating_sub(step.entry))
    }

    /// Moves the iterator over blocks that are not made, which become free space.
    fn pass(&mut self, space: &mut FreeSpace, place: &Place, count: usize) -> Result<()> {
        let Some(step) = place.steps.last() else {
            return Err(self.error("the root is no indirect block"));
        };
        let (row, column) = self.table().row_and_column(step.entry);
        let entries = u16::try_from(count).map_err(|_| self.error("a row is too wide"))?;
        space.add_blocks(step.offset, row, column, entries);
        let end = self.table().entry_offset(step.entry.saturating_add(count));
        self.header.iterator_offset = step.offset.saturating_add(end);
        Ok(())
    }

    fn double_root(&mut self, store: &mut Store, row: u16, overhead: u64) -> Result<()> {
        let (rows, max) = (self.header.root_rows, self.table().max_root_rows());
        if rows >= max {
            return Err(Error::limit("the heap is full").in_structure(HeapHeader::NAME).at(self.address));
        }
        let needed = if rows < self.table().max_direct_rows() { row.saturating_add(1) } else { 0 };
        self.extend_root(store, rows.saturating_mul(2).min(max).max(needed), overhead)
    }

    /// Gives the root so many rows, with all that the header says of them.
    fn extend_root(&mut self, store: &mut Store, rows: u16, overhead: u64) -> Result<()> {
        let totals = space::RowTotals::new(self.table(), overhead)?;
        let (old_rows, had_root) = (self.header.root_rows, self.header.root.is_defined());
        self.grow_root(store, rows)?;
        let mut free = totals.free(old_rows..rows);
        if old_rows == 0 && had_root {
            free = free.saturating_sub(self.table().start_block.saturating_sub(overhead));
        }
        self.header.managed_size = self.table().row_offset(rows);
        self.header.managed_free = self.header.managed_free.saturating_add(free);
        Ok(())
    }

    pub(super) fn remove_managed(&mut self, store: &mut Store, offset: u64, length: u64) -> Result<()> {
        // The object must be where the id says before its space is given back.
        self.get_managed(store, offset, length)?;
        let place = self.place_of(offset)?;
        let count = self.less(self.header.managed_count, 1)?;
        self.with_space(store, |heap, _, notes, space| {
            if space.overlaps(offset, length) {
                return Err(heap.error("an object was removed already"));
            }
            if notes.new_blocks.contains(&place.offset) {
                space.add_merged(offset, length, notes);
            } else {
                notes.freed.insert(offset, length);
                space.add(offset, length);
            }
            Ok(())
        })?;
        self.header.managed_count = count;
        self.header.managed_free = self.header.managed_free.saturating_add(length);
        Ok(())
    }
}
