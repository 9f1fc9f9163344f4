//! The fixed-array index.

use std::ops::Range;
use std::sync::Arc;

use super::changes::{Changes, absent_elements, owned_by};
use super::linear::ElementArray;
use crate::format::chunk_index::{ChunkElement, ElementPage, PageBitmap};
use crate::format::fixed_array::{DataBlock, DataBlockBody, Geometry, Header};
use crate::format::{Address, Structure, encode};
use crate::store::{Rank, Space, Store};
use crate::{Error, Result};

/// A fixed array, and what of it changed since the last flush.
///
/// The header is an anchor. The data block with its pages is one shadow.
#[derive(Debug)]
pub(super) struct FixedArray {
    /// Of the header; undefined before the first flush.
    address: Address,
    /// What the dataset asks for; the header, where there is one, is believed about widths and pages.
    expected: Geometry,
    /// By number of the page; a block without pages counts as one page.
    changed: Changes,
}

/// Elements as they are in the file.
enum Loaded {
    Block(Arc<DataBlock>),
    Page(Arc<ElementPage>),
}

impl Loaded {
    fn elements(&self) -> &[ChunkElement] {
        match self {
            Self::Page(page) => &page.elements,
            Self::Block(block) => match &block.body {
                DataBlockBody::Elements(elements) => elements,
                DataBlockBody::Pages(_) => &[],
            },
        }
    }
}

/// The stored array.
struct Stored {
    header: Arc<Header>,
    geometry: Geometry,
    block: Option<(u64, Arc<DataBlock>)>,
}

impl FixedArray {
    pub(super) fn new(address: Address, expected: Geometry) -> Self {
        Self { address, expected, changed: Changes::default() }
    }

    pub(super) fn address(&self) -> Address {
        self.address
    }

    fn stored(&self, store: &Store) -> Result<Option<Stored>> {
        let Some(address) = self.address.get() else { return Ok(None) };
        let header = store.fetch::<Header>(address, &())?;
        let geometry = Geometry::from_header(&header, store.widths()).map_err(|error| error.at(address))?;
        if geometry.shape.client_id() != self.expected.shape.client_id()
            || geometry.entries != self.expected.entries
        {
            let message = "the array does not suit the dataset's shape and filters";
            return Err(Error::format(message).in_structure(Header::NAME).at(address));
        }
        let block = match header.data_block.get() {
            None => None,
            Some(at) => {
                let block = store.fetch::<DataBlock>(at, &geometry)?;
                owned_by::<DataBlock>(block.header, self.address, at)?;
                Some((at, block))
            }
        };
        Ok(Some(Stored { header, geometry, block }))
    }

    fn geometry(&self, stored: Option<&Stored>) -> Geometry {
        stored.map_or(self.expected, |stored| stored.geometry)
    }

    /// The elements of a page in the file, if they are there.
    fn load(store: &Store, stored: Option<&Stored>, page: u64) -> Result<Option<Loaded>> {
        let Some(stored) = stored else { return Ok(None) };
        let Some((address, block)) = &stored.block else { return Ok(None) };
        match &block.body {
            DataBlockBody::Elements(_) => Ok(Some(Loaded::Block(block.clone()))),
            DataBlockBody::Pages(bitmap) if !bitmap.get(page) => Ok(None),
            DataBlockBody::Pages(_) => {
                let at = address.saturating_add(stored.geometry.page_offset(page, store.widths()));
                store
                    .fetch::<ElementPage>(at, &stored.geometry.page(page))
                    .map(|page| Some(Loaded::Page(page)))
            }
        }
    }

    /// Writes what changed: the data block to new space if it is in the last commit, then the header.
    pub(super) fn flush(&mut self, store: &mut Store) -> Result<()> {
        if !self.changed.any() {
            return Ok(());
        }
        let rank = self.changed.rank();
        let stored = self.stored(store)?;
        let geometry = self.geometry(stored.as_ref());
        let widths = store.widths();
        let address = match self.address.get() {
            Some(address) => address,
            None => {
                let header = geometry.header(Address::UNDEFINED, widths);
                let len = encode(&header, &(), widths)?.len() as u64;
                store.allocate(Space::Anchor, len)?
            }
        };
        let old = stored.as_ref().and_then(|stored| stored.block.as_ref());
        let len = geometry.allocated_len(widths);
        let new = match old {
            None => store.allocate(Space::Metadata, len)?,
            Some((old, _)) => store.shadow(Space::Metadata, *old, len)?,
        };
        let body = if geometry.is_paged() {
            self.write_pages(store, geometry, old, new)?
        } else {
            DataBlockBody::Elements(self.changed.get(0).unwrap_or_default().to_vec())
        };
        if old.is_none_or(|(at, block)| *at != new || block.body != body) {
            store.put(new, DataBlock { header: Address::new(address), body }, &geometry, Rank::Linked)?;
        }
        let header = geometry.header(Address::new(new), widths);
        if stored.is_none_or(|stored| *stored.header != header) {
            store.put(address, header, &(), rank)?;
        }
        self.address = Address::new(address);
        self.changed.clear();
        Ok(())
    }

    /// Writes the changed pages behind the block at `new`, and copies the others if it moved.
    fn write_pages(
        &self,
        store: &mut Store,
        geometry: Geometry,
        old: Option<&(u64, Arc<DataBlock>)>,
        new: u64,
    ) -> Result<DataBlockBody> {
        let widths = store.widths();
        let mut bitmap = match old.map(|(_, block)| &block.body) {
            Some(DataBlockBody::Pages(bitmap)) => bitmap.clone(),
            _ if geometry.bitmap_len() > store.limits().metadata_block => {
                return Err(Error::limit("the array has too many pages").in_structure(DataBlock::NAME));
            }
            _ => PageBitmap::empty(geometry.bitmap_len() as usize),
        };
        if let Some((old, _)) = old.filter(|(old, _)| *old != new) {
            for page in (0..geometry.pages()).filter(|&page| bitmap.get(page) && !self.changed.has(page)) {
                let offset = geometry.page_offset(page, widths);
                let bytes =
                    store.read_metadata(old.saturating_add(offset), geometry.page(page).len(widths))?;
                store.write_metadata(new.saturating_add(offset), bytes, Rank::Linked)?;
            }
        }
        for (page, elements) in self.changed.iter() {
            bitmap.set(page);
            let at = new.saturating_add(geometry.page_offset(page, widths));
            let elements = elements.to_vec();
            store.put(at, ElementPage { elements }, &geometry.page(page), Rank::Linked)?;
        }
        Ok(DataBlockBody::Pages(bitmap))
    }

    /// Frees the array. The chunks are the caller's.
    pub(super) fn delete(&mut self, store: &mut Store) -> Result<()> {
        if let Some(stored) = self.stored(store)?
            && let Some(address) = self.address.get()
        {
            let widths = store.widths();
            if let Some((block, _)) = stored.block {
                store.free(Space::Metadata, block, stored.geometry.allocated_len(widths));
            }
            let len = encode(&*stored.header, &(), widths)?.len() as u64;
            store.free(Space::Anchor, address, len);
        }
        self.address = Address::UNDEFINED;
        self.changed.clear();
        Ok(())
    }
}

impl FixedArray {
    /// Bytes of header, data block and pages in the file.
    pub(super) fn file_size(&self, store: &Store) -> Result<u64> {
        let Some(stored) = self.stored(store)? else { return Ok(0) };
        let header = encode(&*stored.header, &(), store.widths())?.len() as u64;
        let block = stored.block.as_ref().map_or(0, |_| stored.geometry.allocated_len(store.widths()));
        Ok(header.saturating_add(block))
    }
}

impl ElementArray for FixedArray {
    fn get(&self, store: &Store, index: u64) -> Result<ChunkElement> {
        let stored = self.stored(store)?;
        let (page, within) = split(index, self.geometry(stored.as_ref()).page_entries());
        if let Some(elements) = self.changed.get(page) {
            return Ok(elements.get(within).copied().unwrap_or(ChunkElement::ABSENT));
        }
        let loaded = Self::load(store, stored.as_ref(), page)?;
        Ok(loaded.and_then(|loaded| loaded.elements().get(within).copied()).unwrap_or(ChunkElement::ABSENT))
    }

    fn visit(
        &self,
        store: &Store,
        range: Range<u64>,
        visit: &mut dyn FnMut(u64, ChunkElement) -> Result<()>,
    ) -> Result<()> {
        let stored = self.stored(store)?;
        let geometry = self.geometry(stored.as_ref());
        let end = range.end.min(geometry.entries);
        let in_file = stored.as_ref().is_some_and(|stored| stored.block.is_some());
        let mut next = range.start;
        while next < end {
            let (mut page, mut within) = split(next, geometry.page_entries());
            if !in_file {
                // Nothing but changes, which may be far apart.
                match self.changed.next(page) {
                    None => return Ok(()),
                    Some(changed) if changed > page => (page, within) = (changed, 0),
                    Some(_) => {}
                }
            }
            let loaded;
            let elements = match self.changed.get(page) {
                Some(elements) => elements,
                None => {
                    loaded = Self::load(store, stored.as_ref(), page)?;
                    loaded.as_ref().map_or(&[][..], Loaded::elements)
                }
            };
            next = page.saturating_mul(geometry.page_entries()).saturating_add(within as u64);
            for (index, element) in (next..end).zip(elements.iter().skip(within)) {
                if element.address.is_defined() {
                    visit(index, *element)?;
                }
            }
            next = page.saturating_add(1).saturating_mul(geometry.page_entries());
        }
        Ok(())
    }

    fn set(&mut self, store: &Store, index: u64, element: ChunkElement) -> Result<()> {
        let stored = self.stored(store)?;
        let geometry = self.geometry(stored.as_ref());
        let (page, within) = split(index, geometry.page_entries());
        if !self.changed.has(page) {
            let elements = match Self::load(store, stored.as_ref(), page)? {
                Some(loaded) => loaded.elements().to_vec(),
                None if !element.address.is_defined() => return Ok(()),
                None => absent_elements(store, geometry.page(page).count)?,
            };
            self.changed.insert(page, elements);
        }
        self.changed.set(page, within, element)
    }
}

/// The page of an element, and its number within.
fn split(index: u64, per_page: u64) -> (u64, usize) {
    let within = index.checked_rem(per_page).unwrap_or(0);
    (index.checked_div(per_page).unwrap_or(0), usize::try_from(within).unwrap_or(usize::MAX))
}
