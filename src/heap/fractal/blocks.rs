//! Direct and indirect blocks: the way to them, and their new versions.

use super::*;

/// An indirect block on the way, and which of its entries leads on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Step {
    /// Where the block begins in the heap's address space.
    pub(super) offset: u64,
    pub(super) rows: u16,
    pub(super) entry: usize,
}

/// A direct block, existing or not, and the way to it from the root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    /// Empty if the direct block is the root.
    pub(super) steps: Vec<Step>,
    /// Where the block begins in the heap's address space.
    pub(super) offset: u64,
    pub(super) size: u64,
}

impl FractalHeap {
    pub(super) fn table(&self) -> &DoublingTable {
        &self.header.table
    }

    pub(super) fn direct_context(&self, place: &Place) -> BlockContext {
        let kind = BlockKind::Direct { size: place.size, checksummed: self.header.checksummed() };
        BlockContext { heap: self.address, offset: place.offset, table: self.table().clone(), kind }
    }

    pub(super) fn indirect_context(&self, offset: u64, rows: u16) -> BlockContext {
        let kind = BlockKind::Indirect { rows, filtered: self.header.filters.is_some() };
        BlockContext { heap: self.address, offset, table: self.table().clone(), kind }
    }

    /// Bytes of a direct block before its objects.
    pub(super) fn overhead(&self, store: &Store) -> u64 {
        let root = Place { steps: Vec::new(), offset: 0, size: self.table().start_block };
        self.direct_context(&root).prefix_size(store.widths()) as u64
    }

    /// The direct block to which `offset` of the heap's address space belongs.
    pub(super) fn place_of(&self, offset: u64) -> Result<Place> {
        let table = self.table();
        let (mut steps, mut base, mut rows) = (Vec::new(), 0_u64, self.header.root_rows);
        if rows == 0 {
            let size = table.start_block;
            return if offset < size { Ok(Place { steps, offset: 0, size }) } else { Err(self.outside()) };
        }
        loop {
            let (row, column) = table.locate(offset.saturating_sub(base));
            if row >= rows {
                return Err(self.outside());
            }
            let entry = table.entry(row, column);
            steps.push(Step { offset: base, rows, entry });
            base = base.saturating_add(table.entry_offset(entry));
            let size = table.row_size(row);
            if row < table.max_direct_rows() {
                return Ok(Place { steps, offset: base, size });
            }
            // Rows of an indirect block cover no more than one block of its own row, so this is less.
            rows = table.rows_covering(size)?;
            if rows > row {
                return Err(self.error("an indirect block has too many rows"));
            }
        }
    }

    #[cold]
    fn outside(&self) -> Error {
        self.error("an offset lies outside the heap")
    }

    /// What the parent says of a direct block.
    pub(super) fn direct_entry(&self, store: &Store, place: &Place) -> Result<BlockEntry> {
        let root_filter = self.header.filters.as_ref().map(|filters| (filters.root_size, filters.root_mask));
        let mut entry = BlockEntry { address: self.header.root, filtered: root_filter };
        for step in &place.steps {
            let Some(address) = entry.address.get() else {
                return Ok(BlockEntry::default());
            };
            let block =
                store.fetch::<IndirectBlock>(address, &self.indirect_context(step.offset, step.rows))?;
            entry = block.entries.get(step.entry).copied().unwrap_or_default();
        }
        Ok(entry)
    }

    /// The direct block at `place`, which exists.
    pub(super) fn direct_block(&self, store: &Store, place: &Place) -> Result<Arc<DirectBlock>> {
        let entry = self.direct_entry(store, place)?;
        let Some(address) = entry.address.get() else {
            return Err(self.error("an object is in a block that does not exist"));
        };
        let context = self.direct_context(place);
        let Some((size, mask)) = entry.filtered else {
            return store.fetch::<DirectBlock>(address, &context);
        };
        let stored = store.read_metadata(address, size)?;
        let bytes = self.undo_filters(store, mask, &stored, place.size)?;
        let mut r = Reader::new(&bytes, address, store.widths(), DirectBlock::NAME);
        DirectBlock::decode(&mut r, &context).map(Arc::new)
    }

    /// Puts `block`, the new version of the one at `place` or a new one, and makes its parents
    /// lead to it.
    pub(super) fn put_direct(&mut self, store: &mut Store, place: &Place, block: DirectBlock) -> Result<()> {
        let address = match self.direct_entry(store, place)?.address.get() {
            Some(old) => store.shadow(Space::Metadata, old, place.size)?,
            None => store.allocate(Space::Metadata, place.size)?,
        };
        store.put(address, block, &self.direct_context(place), Rank::Linked)?;
        self.attach(store, &place.steps, address)
    }

    /// Makes the last of `steps` lead to `child`, the one before it to its new version, and so
    /// on up to the header; indirect blocks that do not exist are made.
    fn attach(&mut self, store: &mut Store, steps: &[Step], mut child: u64) -> Result<()> {
        let mut addresses = vec![self.header.root.get()];
        for step in steps {
            let next = match addresses.last().copied().flatten() {
                None => None,
                Some(address) => {
                    let context = self.indirect_context(step.offset, step.rows);
                    let block = store.fetch::<IndirectBlock>(address, &context)?;
                    block.entries.get(step.entry).and_then(|entry| entry.address.get())
                }
            };
            addresses.push(next);
        }
        for (step, &address) in steps.iter().zip(&addresses).rev() {
            let context = self.indirect_context(step.offset, step.rows);
            let mut block = match address {
                Some(address) => IndirectBlock::clone(&*store.fetch::<IndirectBlock>(address, &context)?),
                None => IndirectBlock {
                    entries: vec![BlockEntry::default(); IndirectBlock::entry_count(&context)],
                },
            };
            let Some(entry) = block.entries.get_mut(step.entry) else {
                return Err(self.error("an indirect block has too few entries"));
            };
            if entry.address.get() == Some(child) {
                return Ok(());
            }
            entry.address = Address::new(child);
            let size = IndirectBlock::encoded_size(&context, store.widths());
            child = match address {
                Some(old) => store.shadow(Space::Metadata, old, size)?,
                None => store.allocate(Space::Metadata, size)?,
            };
            store.put(child, block, &context, Rank::Linked)?;
        }
        self.header.root = Address::new(child);
        Ok(())
    }

    /// Gives the root so many rows; if it is a direct block, that becomes the first of an
    /// indirect block.
    pub(super) fn grow_root(&mut self, store: &mut Store, rows: u16) -> Result<()> {
        let (widths, old_rows) = (store.widths(), self.header.root_rows);
        let context = self.indirect_context(0, rows);
        let old = self.header.root.get();
        let mut entries = match old {
            Some(address) if old_rows == 0 => {
                vec![BlockEntry { address: Address::new(address), filtered: None }]
            }
            Some(address) => {
                let old_context = self.indirect_context(0, old_rows);
                let block = store.fetch::<IndirectBlock>(address, &old_context)?;
                store.free(Space::Metadata, address, IndirectBlock::encoded_size(&old_context, widths));
                block.entries.clone()
            }
            None => Vec::new(),
        };
        entries.resize(IndirectBlock::entry_count(&context), BlockEntry::default());
        let address = store.allocate(Space::Metadata, IndirectBlock::encoded_size(&context, widths))?;
        store.put(address, IndirectBlock { entries }, &context, Rank::Linked)?;
        self.header.root = Address::new(address);
        self.header.root_rows = rows;
        Ok(())
    }

    /// Frees all blocks.
    pub(super) fn delete_blocks(&mut self, store: &mut Store) -> Result<()> {
        let Some(root) = self.header.root.get() else {
            return Ok(());
        };
        if self.header.root_rows == 0 {
            let filters = self.header.filters.as_ref();
            let size = filters.map_or(self.table().start_block, |filters| filters.root_size);
            store.free(Space::Metadata, root, size);
            return Ok(());
        }
        self.delete_below(store, root, 0, self.header.root_rows)
    }

    fn delete_below(&self, store: &mut Store, address: u64, offset: u64, rows: u16) -> Result<()> {
        let table = self.table();
        let context = self.indirect_context(offset, rows);
        let block = store.fetch::<IndirectBlock>(address, &context)?;
        for (index, entry) in block.entries.iter().enumerate() {
            let Some(child) = entry.address.get() else { continue };
            let (row, _) = table.row_and_column(index);
            let size = table.row_size(row);
            if row < table.max_direct_rows() {
                store.free(Space::Metadata, child, entry.filtered.map_or(size, |(size, _)| size));
                continue;
            }
            let below = table.rows_covering(size)?;
            if below > row {
                return Err(self.error("an indirect block has too many rows"));
            }
            self.delete_below(store, child, offset.saturating_add(table.entry_offset(index)), below)?;
        }
        store.free(Space::Metadata, address, IndirectBlock::encoded_size(&context, store.widths()));
        Ok(())
    }
}
