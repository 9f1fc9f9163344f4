//! The extensible-array index: lookup and iteration. Writing is in `extensible_write`.

use std::collections::HashSet;
use std::ops::Range;
use std::sync::Arc;

use super::changes::{Changes, absent_elements, owned_by};
use super::linear::ElementArray;
use crate::format::chunk_index::{ChunkElement, ElementPage};
use crate::format::extensible_array::{DataBlock, Geometry, Header, IndexBlock, Place, SuperBlock};
use crate::format::{Address, Structure, encode};
use crate::store::Store;
use crate::{Error, Result};

/// An extensible array, and what of it changed since the last flush.
///
/// The header is an anchor. The index block, the super blocks and each data block with its pages
/// are shadows.
#[derive(Debug)]
pub(super) struct ExtensibleArray {
    /// Of the header; undefined before the first flush.
    pub(super) address: Address,
    /// What the dataset asks for; the header, where there is one, is believed.
    expected: Geometry,
    /// By index of the unit's first element. A unit is the index block, a data block, or a page.
    pub(super) changed: Changes,
    /// One more than the highest index set since the array was opened.
    pub(super) used: u64,
}

/// The stored array.
pub(super) struct Stored {
    /// Of the header.
    address: Address,
    pub(super) header: Arc<Header>,
    pub(super) geometry: Geometry,
    pub(super) index: Option<(u64, Arc<IndexBlock>)>,
}

/// A run of elements that are together in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Unit {
    /// Index of the first element.
    pub(super) start: u64,
    /// Number of elements.
    pub(super) count: u64,
    pub(super) place: UnitPlace,
}

/// Where a unit is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum UnitPlace {
    /// The index block.
    Index,
    /// A data block that the index block leads to.
    Direct { level: u32, block: u64 },
    /// A data block, or a page of it, that a super block leads to.
    Super { level: u32, block: u64, page: Option<u64> },
}

impl Unit {
    /// The unit that the element of that index is in, and the element's number in it.
    pub(super) fn of(geometry: &Geometry, index: u64) -> Result<(Self, usize)> {
        let outside = || Error::usage("the chunk number is beyond what the extensible array can hold");
        let (count, within, place) = match geometry.place(index).ok_or_else(outside)? {
            Place::Index { element } => (geometry.index_elements(), element, UnitPlace::Index),
            Place::Direct { level, block, element } => {
                (geometry.block_elements(level), element, UnitPlace::Direct { level, block })
            }
            Place::Super { level, block, element } if geometry.pages(level) == 0 => {
                (geometry.block_elements(level), element, UnitPlace::Super { level, block, page: None })
            }
            Place::Super { level, block, element } => {
                let count = geometry.page_elements();
                let page = element.checked_div(count);
                (count, element.checked_rem(count).unwrap_or(0), UnitPlace::Super { level, block, page })
            }
        };
        let unit = Self { start: index.saturating_sub(within), count, place };
        Ok((unit, usize::try_from(within).unwrap_or(usize::MAX)))
    }

    /// The index after the last element.
    fn end(&self) -> u64 {
        self.start.saturating_add(self.count)
    }
}

/// Elements as they are in the file.
enum Loaded {
    Index(Arc<IndexBlock>),
    Block(Arc<DataBlock>),
    Page(Arc<ElementPage>),
}

impl Loaded {
    fn elements(&self) -> &[ChunkElement] {
        match self {
            Self::Index(block) => &block.elements,
            Self::Block(block) => &block.elements,
            Self::Page(page) => &page.elements,
        }
    }
}

/// What was found where a unit should be.
enum Found {
    /// The unit, and its address.
    Here(u64, Loaded),
    /// Nothing is in the file before the element of this index.
    Absent { until: u64 },
}

impl Stored {
    /// The super block of that level, if it exists.
    pub(super) fn super_block(&self, store: &Store, level: u32) -> Result<Option<(u64, Arc<SuperBlock>)>> {
        let slot = level.saturating_sub(self.geometry.direct_levels());
        let address = self.index.as_ref().and_then(|(_, index)| index.super_blocks.get(slot as usize)?.get());
        let Some(address) = address else { return Ok(None) };
        let block = store.fetch::<SuperBlock>(address, &(self.geometry, level))?;
        owned_by::<SuperBlock>(block.header, self.address, address)?;
        Ok(Some((address, block)))
    }

    /// The data block at `address`, of a super block's size.
    pub(super) fn data_block(&self, store: &Store, level: u32, address: u64) -> Result<Arc<DataBlock>> {
        let block = store.fetch::<DataBlock>(address, &(self.geometry, level))?;
        owned_by::<DataBlock>(block.header, self.address, address)?;
        Ok(block)
    }

    /// The elements of a unit in the file.
    fn find(&self, store: &Store, unit: &Unit) -> Result<Found> {
        let Some((index_address, index)) = &self.index else { return Ok(Found::Absent { until: u64::MAX }) };
        match unit.place {
            UnitPlace::Index => Ok(Found::Here(*index_address, Loaded::Index(index.clone()))),
            UnitPlace::Direct { level, block } => {
                match usize::try_from(block).ok().and_then(|block| index.data_blocks.get(block)?.get()) {
                    None => Ok(Found::Absent { until: unit.end() }),
                    Some(at) => Ok(Found::Here(at, Loaded::Block(self.data_block(store, level, at)?))),
                }
            }
            UnitPlace::Super { level, block, page } => self.find_in_super(store, unit, level, block, page),
        }
    }

    fn find_in_super(
        &self,
        store: &Store,
        unit: &Unit,
        level: u32,
        block: u64,
        page: Option<u64>,
    ) -> Result<Found> {
        let Some((_, parent)) = self.super_block(store, level)? else {
            return Ok(Found::Absent { until: self.geometry.super_block_start(level.saturating_add(1)) });
        };
        let Some(at) = usize::try_from(block).ok().and_then(|block| parent.data_blocks.get(block)?.get())
        else {
            let blocks = block.saturating_add(1).saturating_mul(self.geometry.block_elements(level));
            return Ok(Found::Absent {
                until: self.geometry.super_block_start(level).saturating_add(blocks),
            });
        };
        let data_block = self.data_block(store, level, at)?;
        let Some(page) = page else { return Ok(Found::Here(at, Loaded::Block(data_block))) };
        let bit = block.saturating_mul(self.geometry.pages(level)).saturating_add(page);
        if !parent.pages.get(bit) {
            return Ok(Found::Absent { until: unit.end() });
        }
        let at = at.saturating_add(self.geometry.page_offset(level, page, store.widths()));
        Ok(Found::Here(at, Loaded::Page(store.fetch::<ElementPage>(at, &self.geometry.page())?)))
    }
}

impl ExtensibleArray {
    pub(super) fn new(address: Address, expected: Geometry) -> Self {
        Self { address, expected, changed: Changes::default(), used: 0 }
    }

    pub(super) fn address(&self) -> Address {
        self.address
    }

    /// Bytes of header and blocks in the file, as the header counts them.
    pub(super) fn file_size(&self, store: &Store) -> Result<u64> {
        let Some(stored) = self.stored(store)? else { return Ok(0) };
        let (header, widths) = (&*stored.header, store.widths());
        let index = stored.index.as_ref().map_or(0, |_| stored.geometry.index_block_len(widths));
        Ok((encode(header, &(), widths)?.len() as u64)
            .saturating_add(index)
            .saturating_add(header.super_block_bytes.0)
            .saturating_add(header.data_block_bytes.0))
    }

    pub(super) fn stored(&self, store: &Store) -> Result<Option<Stored>> {
        let Some(address) = self.address.get() else { return Ok(None) };
        let header = store.fetch::<Header>(address, &())?;
        let geometry = header.geometry(store.widths()).map_err(|error| error.at(address))?;
        if geometry.shape().client_id() != self.expected.shape().client_id() {
            let message = "the array does not suit the dataset's filters";
            return Err(Error::format(message).in_structure(Header::NAME).at(address));
        }
        let index = match header.index_block.get() {
            None => None,
            Some(at) => {
                let block = store.fetch::<IndexBlock>(at, &geometry)?;
                owned_by::<IndexBlock>(block.header, self.address, at)?;
                Some((at, block))
            }
        };
        Ok(Some(Stored { address: self.address, header, geometry, index }))
    }

    pub(super) fn geometry(&self, stored: Option<&Stored>) -> Geometry {
        stored.map_or(self.expected, |stored| stored.geometry)
    }

    /// What the file holds of a unit.
    fn find(store: &Store, stored: Option<&Stored>, unit: &Unit) -> Result<Found> {
        match stored {
            None => Ok(Found::Absent { until: u64::MAX }),
            // What lies beyond the highest index set counts as absent, whatever the blocks say.
            Some(stored) if unit.start >= stored.header.used.0 => Ok(Found::Absent { until: u64::MAX }),
            Some(stored) => stored.find(store, unit),
        }
    }
}

impl ElementArray for ExtensibleArray {
    fn get(&self, store: &Store, index: u64) -> Result<ChunkElement> {
        let stored = self.stored(store)?;
        let (unit, within) = Unit::of(&self.geometry(stored.as_ref()), index)?;
        if let Some(elements) = self.changed.get(unit.start) {
            return Ok(elements.get(within).copied().unwrap_or(ChunkElement::ABSENT));
        }
        match Self::find(store, stored.as_ref(), &unit)? {
            Found::Here(_, loaded) => {
                Ok(loaded.elements().get(within).copied().unwrap_or(ChunkElement::ABSENT))
            }
            Found::Absent { .. } => Ok(ChunkElement::ABSENT),
        }
    }

    fn visit(
        &self,
        store: &Store,
        range: Range<u64>,
        visit: &mut dyn FnMut(u64, ChunkElement) -> Result<()>,
    ) -> Result<()> {
        let stored = self.stored(store)?;
        let geometry = self.geometry(stored.as_ref());
        let used = stored.as_ref().map_or(0, |stored| stored.header.used.0).max(self.used);
        let end = range.end.min(used).min(geometry.capacity());
        let mut seen = HashSet::new();
        let mut next = range.start;
        while next < end {
            let (unit, within) = Unit::of(&geometry, next)?;
            let loaded;
            let elements = match self.changed.get(unit.start) {
                Some(elements) => elements,
                None => match Self::find(store, stored.as_ref(), &unit)? {
                    Found::Absent { until } => {
                        // Changes may be where the file has nothing.
                        let changed = self.changed.next(unit.start).unwrap_or(u64::MAX);
                        next = until.min(changed).max(unit.end());
                        continue;
                    }
                    Found::Here(at, found) => {
                        if !seen.insert(at) {
                            let message = "two pointers lead to one block";
                            return Err(Error::format(message).in_structure(Header::NAME).at(at));
                        }
                        loaded = found;
                        loaded.elements()
                    }
                },
            };
            for (index, element) in (next..end).zip(elements.iter().skip(within)) {
                if element.address.is_defined() {
                    visit(index, *element)?;
                }
            }
            next = unit.end();
        }
        Ok(())
    }

    fn set(&mut self, store: &Store, index: u64, element: ChunkElement) -> Result<()> {
        let stored = self.stored(store)?;
        let (unit, within) = Unit::of(&self.geometry(stored.as_ref()), index)?;
        if !self.changed.has(unit.start) {
            let elements = match Self::find(store, stored.as_ref(), &unit)? {
                Found::Here(_, loaded) => loaded.elements().to_vec(),
                Found::Absent { .. } if !element.address.is_defined() => return Ok(()),
                Found::Absent { .. } => absent_elements(store, unit.count)?,
            };
            self.changed.insert(unit.start, elements);
        }
        if element.address.is_defined() {
            self.used = self.used.max(index.saturating_add(1));
        }
        self.changed.set(unit.start, within, element)
    }
}
