//! The free space of a heap: bytes of direct blocks, and blocks that do not exist.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::*;
use crate::format::fields::Length;
use crate::format::free_space::{FreeSpaceHeader, RowSpan, Section, SectionContext, SectionList};

/// Section classes of a heap: single, first row, normal row, indirect.
const CLASSES: u16 = 4;

/// What happened in the transaction to heaps, by the address of their header.
#[derive(Default)]
pub(super) struct TransactionNotes(BTreeMap<u64, HeapNotes>);

/// What happened in the transaction to one heap.
#[derive(Default)]
pub(super) struct HeapNotes {
    /// Bytes that were removed and that the old index still leads to: offsets and lengths.
    pub(super) freed: BTreeMap<u64, u64>,
    /// Offsets of the direct blocks that the transaction made.
    pub(super) new_blocks: BTreeSet<u64>,
    /// The free space, which the file does not know before the commit.
    space: Option<FreeSpace>,
}

impl TransactionNotes {
    fn of(&mut self, heap: u64) -> &mut HeapNotes {
        self.0.entry(heap).or_default()
    }
}

impl FractalHeap {
    /// Runs `change` with the heap's free space and what else the transaction notes of it. If it
    /// fails, the free space is as before.
    pub(super) fn with_space<R>(
        &mut self,
        store: &mut Store,
        change: impl FnOnce(&mut Self, &mut Store, &mut HeapNotes, &mut FreeSpace) -> Result<R>,
    ) -> Result<R> {
        let mut notes = std::mem::take(store.scratch::<TransactionNotes>().of(self.address));
        let space = notes.space.take().map_or_else(|| FreeSpace::load(store, self), Ok);
        let result = space.and_then(|mut space| {
            let before = space.sections.clone();
            let result = change(self, store, &mut notes, &mut space);
            match &result {
                Ok(_) => space.changed = true,
                Err(_) => space.sections = before,
            }
            notes.space = Some(space);
            result
        });
        *store.scratch::<TransactionNotes>().of(self.address) = notes;
        store.before_commit(put_free_space);
        result
    }

    /// Frees what the file says of the free space.
    pub(super) fn delete_space(&self, store: &mut Store) -> Result<()> {
        let noted = store.scratch::<TransactionNotes>().0.remove(&self.address).and_then(|notes| notes.space);
        noted.map_or_else(|| FreeSpace::load(store, self), Ok)?.delete(store);
        Ok(())
    }
}

/// Puts the free space of every heap that changed in the transaction.
pub(super) fn put_free_space(store: &mut Store) -> Result<()> {
    let heaps: Vec<u64> = store.scratch::<TransactionNotes>().0.keys().copied().collect();
    for heap in heaps {
        let Some(mut space) = store.scratch::<TransactionNotes>().of(heap).space.take() else { continue };
        let result = if space.changed { space.save(store, heap) } else { Ok(()) };
        space.changed = result.is_err();
        store.scratch::<TransactionNotes>().of(heap).space = Some(space);
        result?;
    }
    Ok(())
}

impl HeapNotes {
    /// Whether none of these bytes was freed in the transaction.
    fn reusable(&self, section: &Section) -> bool {
        let end = section.offset.saturating_add(section.size);
        let last = self.freed.range(..end).next_back();
        last.is_none_or(|(&offset, &length)| offset.saturating_add(length) <= section.offset)
    }
}

/// For each row of an indirect block: what one of its blocks holds if it does not exist yet.
pub(super) struct RowTotals {
    width: u64,
    rows: Vec<Totals>,
}

#[derive(Clone, Copy, Default)]
struct Totals {
    /// Row sections that the reference library keeps for it.
    sections: u64,
    /// Sum of the sizes of these sections, each that of one block.
    section_space: u64,
    /// Bytes free in all its direct blocks.
    free: u64,
}

impl RowTotals {
    pub(super) fn new(table: &DoublingTable, overhead: u64) -> Result<Self> {
        let mut totals = Self { width: u64::from(table.width), rows: Vec::new() };
        for row in 0..table.max_root_rows() {
            let size = table.row_size(row);
            let of_row = if row < table.max_direct_rows() {
                let free = size.saturating_sub(overhead);
                Totals { sections: 1, section_space: free, free }
            } else {
                totals.child(table, table.rows_covering(size)?)
            };
            totals.rows.push(of_row);
        }
        Ok(totals)
    }

    /// An indirect block of so many rows.
    fn child(&self, table: &DoublingTable, rows: u16) -> Totals {
        let mut sum = Totals { free: self.free(0..rows), ..Totals::default() };
        for row in 0..rows {
            let (sections, space) = self.row_sections(table, row, self.width);
            sum.sections = sum.sections.saturating_add(sections);
            sum.section_space = sum.section_space.saturating_add(space);
        }
        sum
    }

    /// Bytes free in all direct blocks of these rows, were they made.
    pub(super) fn free(&self, rows: Range<u16>) -> u64 {
        let rows = self.rows.get(usize::from(rows.start)..usize::from(rows.end)).unwrap_or_default();
        rows.iter().fold(0, |sum, row| sum.saturating_add(row.free.saturating_mul(self.width)))
    }

    /// How many row sections `entries` blocks of a row take, and the sum of their sizes. A row
    /// of direct blocks is one section, whatever the number of its blocks.
    fn row_sections(&self, table: &DoublingTable, row: u16, entries: u64) -> (u64, u64) {
        let of_row = self.rows.get(usize::from(row)).copied().unwrap_or_default();
        let factor = if row < table.max_direct_rows() { 1 } else { entries };
        (of_row.sections.saturating_mul(factor), of_row.section_space.saturating_mul(factor))
    }

    /// How many row sections a span of blocks takes, and the sum of their sizes.
    fn span_sections(&self, table: &DoublingTable, span: &RowSpan) -> (u64, u64) {
        let start = table.entry(span.row, span.column);
        let end = start.saturating_add(usize::from(span.entries));
        let (mut sections, mut space, mut entry) = (0_u64, 0_u64, start);
        while entry < end {
            let (row, _) = table.row_and_column(entry);
            let next = table.entry(row.saturating_add(1), 0).min(end);
            let (more, size) = self.row_sections(table, row, next.saturating_sub(entry) as u64);
            (sections, space) = (sections.saturating_add(more), space.saturating_add(size));
            entry = next.max(entry.saturating_add(1));
        }
        (sections, space)
    }
}

/// The free space of one heap, loaded to be changed.
pub(super) struct FreeSpace {
    /// Address and contents of the manager's header, if there is one.
    header: Option<(u64, FreeSpaceHeader)>,
    sections: Vec<Section>,
    table: DoublingTable,
    overhead: u64,
    /// Whether the file does not say this yet.
    changed: bool,
}

impl FreeSpace {
    fn load(store: &Store, heap: &FractalHeap) -> Result<Self> {
        let (table, overhead) = (heap.table().clone(), heap.overhead(store));
        let mut space = Self { header: None, sections: Vec::new(), table, overhead, changed: false };
        if let Some(address) = heap.header.free_space.get() {
            let header = store.fetch::<FreeSpaceHeader>(address, &())?;
            if header.client != FreeSpaceHeader::HEAP {
                return Err(heap.error("the free space is not that of a heap"));
            }
            if let Some(list) = header.list.get().filter(|_| header.listed_sections.0 > 0) {
                let list = store.fetch::<SectionList>(list, &header.list_context(address))?;
                space.sections = list.sections().to_vec();
            }
            space.header = Some((address, FreeSpaceHeader::clone(&header)));
        }
        Ok(space)
    }

    /// Takes `length` bytes from the smallest piece that has as many; returns their offset.
    pub(super) fn take(&mut self, length: u64, notes: &HeapNotes) -> Option<u64> {
        let first = self.sections.partition_point(|section| section.size < length);
        let candidates = self.sections.iter().enumerate().skip(first);
        let fits = |section: &Section| section.class == Section::SINGLE && notes.reusable(section);
        let index = candidates.into_iter().find(|(_, section)| fits(section)).map(|(index, _)| index)?;
        let section = self.sections.remove(index);
        self.add(section.offset.saturating_add(length), section.size.saturating_sub(length));
        Some(section.offset)
    }

    /// Takes the smallest block with room for `length` bytes out of those that were passed over.
    pub(super) fn take_block(
        &mut self,
        length: u64,
        heap: &FractalHeap,
        overhead: u64,
    ) -> Result<Option<u64>> {
        let table = self.table.clone();
        let needed = table.row_for(length.saturating_add(overhead));
        let first_entry = |span: &RowSpan| {
            let (start, row) = (table.entry(span.row, span.column), table.entry(needed, 0));
            let end = start.saturating_add(usize::from(span.entries));
            let direct_end = end.min(table.entry(table.max_direct_rows(), 0));
            Some(start.max(row)).filter(|&entry| entry < direct_end)
        };
        let spans =
            self.sections.iter().enumerate().filter_map(|(index, section)| Some((index, section.rows?)));
        let best = spans
            .filter_map(|(index, span)| Some((first_entry(&span)?, index, span)))
            .min_by_key(|best| best.0);
        let Some((entry, index, span)) = best else {
            return Ok(None);
        };
        let offset = span.block_offset.saturating_add(table.entry_offset(entry));
        if heap.place_of(offset)?.offset != offset {
            return Err(heap.error("free blocks are outside the heap"));
        }
        self.sections.remove(index);
        let start = table.entry(span.row, span.column);
        let end = start.saturating_add(usize::from(span.entries));
        for range in [start..entry, entry.saturating_add(1)..end] {
            let (row, column) = table.row_and_column(range.start);
            self.add_blocks(span.block_offset, row, column, range.len() as u16);
        }
        Ok(Some(offset))
    }

    /// Adds bytes of a direct block.
    pub(super) fn add(&mut self, offset: u64, size: u64) {
        if size > 0 {
            self.insert(Section { size, offset, class: Section::SINGLE, rows: None });
        }
    }

    /// Adds bytes of a direct block, joined with the reusable pieces next to them. Pieces of
    /// different blocks never touch, since a block begins with its prefix.
    pub(super) fn add_merged(&mut self, mut offset: u64, mut size: u64, notes: &HeapNotes) {
        self.sections.retain(|section| {
            let end = section.offset.saturating_add(section.size);
            let next_to = end == offset || offset.saturating_add(size) == section.offset;
            if section.class != Section::SINGLE || !next_to || !notes.reusable(section) {
                return true;
            }
            offset = offset.min(section.offset);
            size = size.saturating_add(section.size);
            false
        });
        self.add(offset, size);
    }

    /// Adds blocks of the indirect block at `block_offset` that are passed over.
    pub(super) fn add_blocks(&mut self, block_offset: u64, row: u16, column: u16, entries: u16) {
        if entries == 0 {
            return;
        }
        // The section stands for the first row of direct blocks in the span.
        let direct = if row < self.table.max_direct_rows() { row } else { 0 };
        let offset = block_offset.saturating_add(self.table.entry_offset(self.table.entry(row, column)));
        self.insert(Section {
            size: self.table.row_size(direct).saturating_sub(self.overhead),
            offset,
            class: Section::FIRST_ROW,
            rows: Some(RowSpan { block_offset, row, column, entries }),
        });
    }

    fn insert(&mut self, section: Section) {
        let index = self.sections.partition_point(|other| *other < section);
        self.sections.insert(index, section);
    }

    /// Whether any of these bytes of direct blocks are free.
    pub(super) fn overlaps(&self, offset: u64, length: u64) -> bool {
        let end = offset.saturating_add(length);
        let overlaps =
            |section: &Section| section.offset < end && offset < section.offset.saturating_add(section.size);
        self.sections.iter().any(|section| section.class == Section::SINGLE && overlaps(section))
    }

    /// Puts the free space, and makes the header of `heap` lead to it.
    fn save(&mut self, store: &mut Store, heap: u64) -> Result<()> {
        let address = if self.sections.is_empty() {
            self.delete(store);
            Address::UNDEFINED
        } else {
            Address::new(self.put(store)?)
        };
        if store.fetch::<HeapHeader>(heap, &())?.free_space == address {
            return Ok(());
        }
        store.modify(heap, &(), Rank::Linked, |header: &mut HeapHeader| header.free_space = address)
    }

    /// Puts list and header, and gives the header's address.
    fn put(&mut self, store: &mut Store) -> Result<u64> {
        let (address, mut header) = self.header_to_change(store)?;
        let (implied, implied_space) = self.implied()?;
        let listed = self.sections.len() as u64;
        let space = self.sections.iter().fold(implied_space, |sum, section| sum.saturating_add(section.size));
        header.total_space = Length(space);
        header.listed_sections = Length(listed);
        header.implied_sections = Length(implied);
        header.total_sections = Length(listed.saturating_add(implied));
        let list = SectionList::new(self.sections.clone());
        let used = list.encoded_size(&header.list_context(address), store.widths());
        header.list_used = Length(used);
        Self::place_list(store, &mut header)?;
        let context = SectionContext { used, listed, ..header.list_context(address) };
        store.put(header.list.require(SectionList::NAME)?, list, &context, Rank::Linked)?;
        store.put(address, header.clone(), &(), Rank::Linked)?;
        self.header = Some((address, header));
        Ok(address)
    }

    /// The manager's header at its new address.
    fn header_to_change(&self, store: &mut Store) -> Result<(u64, FreeSpaceHeader)> {
        match &self.header {
            Some((old, header)) if store.is_new(*old) => Ok((*old, header.clone())),
            Some((old, header)) => {
                let size = encode(header, &(), store.widths())?.len() as u64;
                Ok((store.shadow(Space::Metadata, *old, size)?, header.clone()))
            }
            None => {
                let (bits, max) = (self.table.max_bits, self.table.max_direct);
                let header = FreeSpaceHeader::empty(FreeSpaceHeader::HEAP, CLASSES, bits, max);
                let size = encode(&header, &(), store.widths())?.len() as u64;
                Ok((store.allocate(Space::Metadata, size)?, header))
            }
        }
    }

    /// Finds a place for the list. It is allocated exactly: of a list with room to grow, the
    /// reference library takes the allocated size for that of the list.
    fn place_list(store: &mut Store, header: &mut FreeSpaceHeader) -> Result<()> {
        let (used, allocated) = (header.list_used.0, header.list_allocated.0);
        if let Some(old) = header.list.get() {
            if used == allocated {
                header.list = Address::new(store.shadow(Space::Metadata, old, allocated)?);
                return Ok(());
            }
            store.free(Space::Metadata, old, allocated);
        }
        header.list_allocated = Length(used);
        header.list = Address::new(store.allocate(Space::Metadata, used)?);
        Ok(())
    }

    /// How many sections follow from the spans beside those in the list, and their sizes.
    fn implied(&self) -> Result<(u64, u64)> {
        let spans: Vec<_> =
            self.sections.iter().filter_map(|section| Some((section.size, section.rows?))).collect();
        if spans.is_empty() {
            return Ok((0, 0));
        }
        let totals = RowTotals::new(&self.table, self.overhead)?;
        let (mut sections, mut space) = (0_u64, 0_u64);
        for (size, span) in spans {
            let (more, sizes) = totals.span_sections(&self.table, &span);
            sections = sections.saturating_add(more.saturating_sub(1));
            space = space.saturating_add(sizes.saturating_sub(size));
        }
        Ok((sections, space))
    }

    /// Frees the manager.
    fn delete(&mut self, store: &mut Store) {
        if let Some((address, header)) = self.header.take() {
            if let Some(list) = header.list.get() {
                store.free(Space::Metadata, list, header.list_allocated.0);
            }
            let size = encode(&header, &(), store.widths()).map_or(0, |bytes| bytes.len() as u64);
            store.free(Space::Metadata, address, size);
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]
    use super::*;

    /// A heap of links in which libhdf5 passed over the blocks 2 to 15 to make one of 4096 bytes:
    /// beside the sections of its list it counts 3, and 5172 bytes in all.
    #[test]
    fn sections_that_follow_from_a_span() {
        let mut space = FreeSpace {
            header: None,
            sections: Vec::new(),
            table: HeapParams::LINKS.table,
            overhead: 21,
            changed: false,
        };
        space.add_blocks(0, 0, 2, 14);
        let first = space.sections[0];
        assert_eq!((first.size, first.offset), (491, 1024));
        assert_eq!(space.implied().unwrap(), (3, 491 + 1003 + 2027));
    }

    /// The first indirect row of a link heap: each of its blocks has 7 rows of direct blocks.
    #[test]
    fn sections_that_follow_from_indirect_blocks() {
        let table = HeapParams::LINKS.table;
        let totals = RowTotals::new(&table, 21).unwrap();
        let span = RowSpan { block_offset: 0, row: 8, column: 3, entries: 3 };
        let (sections, space) = totals.span_sections(&table, &span);
        let child: u64 = [512, 512, 1024, 2048, 4096, 8192, 16384].iter().map(|size| size - 21).sum();
        assert_eq!((sections, space), (1 + 2 * 7, 65536 - 21 + 2 * child));
        assert_eq!(totals.free(0..9) + totals.free(9..10), totals.free(0..10));
        assert_eq!(totals.free(9..10), 4 * 4 * child);
    }
}
