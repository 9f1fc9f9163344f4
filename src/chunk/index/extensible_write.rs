//! Writing what changed of an extensible array.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::extensible_array::{ExtensibleArray, Stored, Unit, UnitPlace};
use crate::format::chunk_index::{ChunkElement, ElementPage, PageBitmap};
use crate::format::extensible_array::{DataBlock, Geometry, Header, IndexBlock, SuperBlock};
use crate::format::fields::Length;
use crate::format::{Address, Structure, Widths, encode};
use crate::store::{Rank, Space, Store};
use crate::{Error, Result};

/// A super block in the file, and its address, if it is there.
type StoredSuperBlock = Option<(u64, Arc<SuperBlock>)>;

/// One flush: the blocks above the data blocks, changed in memory and written at the end.
struct Flush<'a> {
    array: Address,
    stored: Option<&'a Stored>,
    geometry: Geometry,
    widths: Widths,
    header: Header,
    index: IndexBlock,
    /// By level; where each was, and what it becomes.
    super_blocks: BTreeMap<u32, (StoredSuperBlock, SuperBlock)>,
}

impl ExtensibleArray {
    /// Writes what changed: data blocks, super blocks and the index block to new space if they are in
    /// the last commit, then the header.
    pub(super) fn flush(&mut self, store: &mut Store) -> Result<()> {
        if !self.changed.any() {
            return Ok(());
        }
        let rank = self.changed.rank();
        let stored = self.stored(store)?;
        let geometry = self.geometry(stored.as_ref());
        let widths = store.widths();
        let (array, header) = match &stored {
            Some(stored) => (self.address, *stored.header),
            None => {
                let header = Header::empty(&geometry, widths);
                let len = encode(&header, &(), widths)?.len() as u64;
                (Address::new(store.allocate(Space::Anchor, len)?), header)
            }
        };
        let index = match stored.as_ref().and_then(|stored| stored.index.as_ref()) {
            Some((_, index)) => IndexBlock::clone(index),
            None => empty_index(array, &geometry),
        };
        let mut flush = Flush {
            array,
            stored: stored.as_ref(),
            geometry,
            widths,
            header,
            index,
            super_blocks: BTreeMap::new(),
        };
        for (start, elements) in self.changed.iter() {
            flush.write_unit(store, start, elements.to_vec())?;
        }
        flush.write_super_blocks(store)?;
        flush.write_index_and_header(store, self.used, rank)?;
        self.address = array;
        self.changed.clear();
        Ok(())
    }

    /// Frees the array. The chunks are the caller's.
    pub(super) fn delete(&mut self, store: &mut Store) -> Result<()> {
        if let Some(stored) = self.stored(store)?
            && let Some(address) = self.address.get()
        {
            let (geometry, widths) = (stored.geometry, store.widths());
            if let Some((at, index)) = &stored.index {
                for (slot, data_block) in index.data_blocks.iter().enumerate() {
                    free_data_block(store, &geometry, direct_level(&geometry, slot as u64), *data_block);
                }
                for level in geometry.direct_levels()..geometry.levels() {
                    if let Some((at, block)) = stored.super_block(store, level)? {
                        block.data_blocks.iter().for_each(|b| free_data_block(store, &geometry, level, *b));
                        store.free(Space::Metadata, at, geometry.super_block_len(level, widths));
                    }
                }
                store.free(Space::Metadata, *at, geometry.index_block_len(widths));
            }
            store.free(Space::Anchor, address, encode(&*stored.header, &(), widths)?.len() as u64);
        }
        self.address = Address::UNDEFINED;
        self.used = 0;
        self.changed.clear();
        Ok(())
    }
}

fn empty_index(array: Address, geometry: &Geometry) -> IndexBlock {
    IndexBlock {
        header: array,
        elements: vec![ChunkElement::ABSENT; geometry.index_elements() as usize],
        data_blocks: vec![Address::UNDEFINED; geometry.direct_blocks() as usize],
        super_blocks: vec![Address::UNDEFINED; geometry.super_blocks() as usize],
    }
}

/// The level of a data block that the index block leads to.
fn direct_level(geometry: &Geometry, slot: u64) -> u32 {
    let mut before = 0_u64;
    (0..geometry.direct_levels())
        .find(|&level| {
            before = before.saturating_add(geometry.blocks(level));
            slot < before
        })
        .unwrap_or(0)
}

fn free_data_block(store: &mut Store, geometry: &Geometry, level: u32, address: Address) {
    if let Some(address) = address.get() {
        let len = geometry.data_block_allocated(level, store.widths());
        store.free(Space::Metadata, address, len);
    }
}

fn add(counter: &mut Length, more: u64) {
    counter.0 = counter.0.saturating_add(more);
}

impl Flush<'_> {
    fn write_unit(&mut self, store: &mut Store, start: u64, elements: Vec<ChunkElement>) -> Result<()> {
        match Unit::of(&self.geometry, start)?.0.place {
            UnitPlace::Index => {
                self.index.elements = elements;
                Ok(())
            }
            UnitPlace::Direct { level, block } => {
                let slot = usize::try_from(block).unwrap_or(usize::MAX);
                let old = self.index.data_blocks.get(slot).copied().unwrap_or_default();
                let new = self.place_data_block(store, level, old)?;
                self.put_data_block(store, level, block, new, elements)?;
                if let Some(place) = self.index.data_blocks.get_mut(slot) {
                    *place = Address::new(new);
                }
                Ok(())
            }
            UnitPlace::Super { level, block, page } => {
                self.write_under_super(store, level, block, page, elements)
            }
        }
    }

    fn write_under_super(
        &mut self,
        store: &mut Store,
        level: u32,
        block: u64,
        page: Option<u64>,
        elements: Vec<ChunkElement>,
    ) -> Result<()> {
        self.load_super_block(store, level)?;
        let slot = usize::try_from(block).unwrap_or(usize::MAX);
        let old = self.parent(level)?.data_blocks.get(slot).copied().unwrap_or_default();
        let new = self.place_data_block(store, level, old)?;
        match page {
            None => self.put_data_block(store, level, block, new, elements)?,
            Some(page) => {
                if old.get() != Some(new) {
                    self.put_data_block(store, level, block, new, Vec::new())?;
                    self.copy_pages(store, level, block, old, new)?;
                }
                let at = new.saturating_add(self.geometry.page_offset(level, page, self.widths));
                store.put(at, ElementPage { elements }, &self.geometry.page(), Rank::Linked)?;
                let bit = block.saturating_mul(self.geometry.pages(level)).saturating_add(page);
                self.parent(level)?.pages.set(bit);
            }
        }
        if let Some(place) = self.parent(level)?.data_blocks.get_mut(slot) {
            *place = Address::new(new);
        }
        Ok(())
    }

    /// Brings a super block into memory, or makes it.
    fn load_super_block(&mut self, store: &Store, level: u32) -> Result<()> {
        if self.super_blocks.contains_key(&level) {
            return Ok(());
        }
        let old = self.stored.map_or(Ok(None), |stored| stored.super_block(store, level))?;
        let len = self.geometry.super_block_len(level, self.widths);
        let block = match &old {
            Some((_, block)) => SuperBlock::clone(block),
            None if len > store.limits().metadata_block => {
                return Err(Error::limit("the super block is too large").in_structure(SuperBlock::NAME));
            }
            None => SuperBlock {
                header: self.array,
                block_offset: self.geometry.first_element(level),
                pages: PageBitmap::empty(self.geometry.bitmap_len(level) as usize),
                data_blocks: vec![Address::UNDEFINED; self.geometry.blocks(level) as usize],
            },
        };
        self.super_blocks.insert(level, (old, block));
        Ok(())
    }

    fn parent(&mut self, level: u32) -> Result<&mut SuperBlock> {
        let block = self.super_blocks.get_mut(&level).map(|(_, block)| block);
        block.ok_or_else(|| Error::usage("the super block was not loaded"))
    }

    /// Where the next version of a data block goes.
    fn place_data_block(&mut self, store: &mut Store, level: u32, old: Address) -> Result<u64> {
        let len = self.geometry.data_block_allocated(level, self.widths);
        match old.get() {
            Some(old) => store.shadow(Space::Metadata, old, len),
            None => {
                add(&mut self.header.data_blocks, 1);
                add(&mut self.header.data_block_bytes, len);
                add(&mut self.header.realized, self.geometry.block_elements(level));
                store.allocate(Space::Metadata, len)
            }
        }
    }

    /// Writes a data block, whose elements are empty if it is paged.
    fn put_data_block(
        &self,
        store: &mut Store,
        level: u32,
        block: u64,
        at: u64,
        elements: Vec<ChunkElement>,
    ) -> Result<()> {
        let block_offset = self.geometry.block_offset(level, block);
        let block = DataBlock { header: self.array, block_offset, elements };
        store.put(at, block, &(self.geometry, level), Rank::Linked)
    }

    /// Copies the pages of a data block that moved.
    fn copy_pages(
        &mut self,
        store: &mut Store,
        level: u32,
        block: u64,
        old: Address,
        new: u64,
    ) -> Result<()> {
        let Some(old) = old.get() else { return Ok(()) };
        let (geometry, widths) = (self.geometry, self.widths);
        let first = block.saturating_mul(geometry.pages(level));
        for page in 0..geometry.pages(level) {
            if self.parent(level)?.pages.get(first.saturating_add(page)) {
                let offset = geometry.page_offset(level, page, widths);
                let bytes = store.read_metadata(old.saturating_add(offset), geometry.page().len(widths))?;
                store.write_metadata(new.saturating_add(offset), bytes, Rank::Linked)?;
            }
        }
        Ok(())
    }

    /// Writes the super blocks that changed.
    fn write_super_blocks(&mut self, store: &mut Store) -> Result<()> {
        for (level, (old, block)) in std::mem::take(&mut self.super_blocks) {
            if old.as_ref().is_some_and(|(_, old)| **old == block) {
                continue;
            }
            let len = self.geometry.super_block_len(level, self.widths);
            let new = match old {
                Some((old, _)) => store.shadow(Space::Metadata, old, len)?,
                None => {
                    add(&mut self.header.super_blocks, 1);
                    add(&mut self.header.super_block_bytes, len);
                    store.allocate(Space::Metadata, len)?
                }
            };
            store.put(new, block, &(self.geometry, level), Rank::Linked)?;
            let slot = level.saturating_sub(self.geometry.direct_levels());
            if let Some(place) = self.index.super_blocks.get_mut(slot as usize) {
                *place = Address::new(new);
            }
        }
        Ok(())
    }

    fn write_index_and_header(mut self, store: &mut Store, used: u64, rank: Rank) -> Result<()> {
        let old = self.stored.and_then(|stored| stored.index.as_ref());
        if old.is_none_or(|(_, old)| **old != self.index) {
            let len = self.geometry.index_block_len(self.widths);
            let new = match old {
                Some((old, _)) => store.shadow(Space::Metadata, *old, len)?,
                None => {
                    add(&mut self.header.realized, self.geometry.index_elements());
                    store.allocate(Space::Metadata, len)?
                }
            };
            store.put(new, self.index, &self.geometry, Rank::Linked)?;
            self.header.index_block = Address::new(new);
        }
        self.header.used.0 = self.header.used.0.max(used);
        if self.stored.is_none_or(|stored| *stored.header != self.header) {
            store.put(self.array.require(Header::NAME)?, self.header, &(), rank)?;
        }
        Ok(())
    }
}
