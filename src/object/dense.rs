//! Dense storage, of links and of attributes: a fractal heap with their messages, a version 2 B-tree
//! that finds them by the hash of their names, and perhaps one in the order of creation.

use std::cmp::Ordering;
use std::ops::ControlFlow;

use crate::filter::{Pipeline, Scratch};
use crate::format::btree_v2::Record;
use crate::format::checksum::lookup3;
use crate::format::message::dense_info::{CreationIndex, DenseInfo};
use crate::format::message::filter_pipeline::FilterPipeline;
use crate::format::{Address, Reader, Structure};
use crate::heap::fractal::{FractalHeap, HeapParams};
use crate::store::Store;
pub(super) use crate::tree::btree_v2::Vacancy;
use crate::tree::btree_v2::{BTree, TreeParams};
use crate::{Error, Result};

/// What links and attributes differ in.
pub(super) trait Kind {
    type Item;
    /// The creation index in the info message.
    type Index: CreationIndex;
    type NameRecord: Record<Params = ()>;
    type OrderRecord: Record<Params = ()>;
    const HEAP: HeapParams;

    fn name(item: &Self::Item) -> &[u8];
    /// The position in the order of creation.
    fn order(item: &Self::Item) -> u64;
    /// The message body that stands in the heap.
    fn encode(item: &Self::Item, store: &Store) -> Result<Vec<u8>>;
    /// The item that a record leads to.
    fn fetch(store: &Store, heap: &FractalHeap, record: &Self::NameRecord) -> Result<Self::Item>;
    fn name_record(item: &Self::Item, hash: u32, id: &[u8]) -> Result<Self::NameRecord>;
    fn order_record(item: &Self::Item, id: &[u8]) -> Result<Self::OrderRecord>;
    fn hash(record: &Self::NameRecord) -> u32;
    /// The heap id, if the message is in this heap and not shared.
    fn heap_id(record: &Self::NameRecord) -> Option<&[u8]>;
    fn order_of(record: &Self::OrderRecord) -> u64;
}

/// Open dense storage.
pub(super) struct Dense<K: Kind> {
    heap: FractalHeap,
    names: BTree<K::NameRecord>,
    order: Option<BTree<K::OrderRecord>>,
}

impl<K: Kind> Dense<K> {
    /// Opens the storage that an info message names.
    pub(super) fn open(store: &Store, info: &DenseInfo<K::Index>) -> Result<Self> {
        let heap = FractalHeap::open(store, info.heap.require("fractal heap")?)?.with_unfilter(undo_filters);
        let names = BTree::open(store, info.name_index.require("name index")?, ())?;
        let order = match info.order_index {
            Some(address) => Some(BTree::open(store, address.require("creation order index")?, ())?),
            None => None,
        };
        Ok(Self { heap, names, order })
    }

    /// Makes empty storage.
    pub(super) fn create(store: &mut Store, indexed: bool) -> Result<Self> {
        let heap = FractalHeap::create(store, &K::HEAP)?;
        let names = BTree::create(store, (), TreeParams::METADATA)?;
        let order = match indexed {
            true => Some(BTree::create(store, (), TreeParams::METADATA)?),
            false => None,
        };
        Ok(Self { heap, names, order })
    }

    /// Puts where this storage is now into its info message.
    pub(super) fn update_info(&self, info: &mut DenseInfo<K::Index>) {
        info.heap = Address::new(self.heap.header_address());
        info.name_index = Address::new(self.names.header_address());
        info.order_index = self.order.as_ref().map(|tree| Address::new(tree.header_address()));
    }

    /// How many items there are.
    pub(super) fn count(&self) -> u64 {
        self.names.len()
    }

    /// Bytes of the indexes and of the heap in the file.
    pub(super) fn file_size(&self, store: &Store) -> Result<(u64, u64)> {
        let mut index = self.names.file_size(store)?;
        if let Some(order) = &self.order {
            index = index.saturating_add(order.file_size(store)?);
        }
        Ok((index, self.heap.file_size(store)?))
    }

    /// The item called `name`.
    pub(super) fn get(&self, store: &Store, name: &[u8]) -> Result<Option<K::Item>> {
        let record = self.names.find(store, Self::by_name(&self.heap, name))?;
        record.map(|record| K::fetch(store, &self.heap, &record)).transpose()
    }

    /// Calls `visit` with every item, in the order of the hashes.
    pub(super) fn for_each(
        &self,
        store: &Store,
        visit: &mut dyn FnMut(K::Item) -> Result<ControlFlow<()>>,
    ) -> Result<()> {
        self.names.range(store, |_| Ordering::Equal, |record| visit(K::fetch(store, &self.heap, record)?))
    }

    /// All items.
    pub(super) fn items(&self, store: &Store) -> Result<Vec<K::Item>> {
        let mut items = Vec::new();
        self.for_each(store, &mut |item| {
            items.push(item);
            Ok(ControlFlow::Continue(()))
        })?;
        Ok(items)
    }

    /// Adds an item.
    ///
    /// # Errors
    /// `Usage` if there is one of that name.
    pub(super) fn insert(&mut self, store: &mut Store, item: &K::Item) -> Result<()> {
        let vacancy = self.vacancy(store, K::name(item))?.ok_or_else(|| exists(K::name(item)))?;
        self.insert_at(store, vacancy, item)
    }

    /// Where an item called `name` would be; none if there is one.
    pub(super) fn vacancy(&self, store: &Store, name: &[u8]) -> Result<Option<Vacancy>> {
        self.names.vacancy(store, Self::by_name(&self.heap, name))
    }

    /// Adds an item where none of its name was found.
    pub(super) fn insert_at(&mut self, store: &mut Store, vacancy: Vacancy, item: &K::Item) -> Result<()> {
        let body = K::encode(item, store)?;
        let id = self.heap.insert(store, &body)?;
        let record = K::name_record(item, lookup3(K::name(item)), &id)?;
        self.names.insert_at(store, vacancy, record)?;
        match &mut self.order {
            Some(tree) => tree.insert_ordered(store, K::order_record(item, &id)?),
            None => Ok(()),
        }
    }

    /// Removes the item called `name`, if there is one.
    pub(super) fn remove(&mut self, store: &mut Store, name: &[u8]) -> Result<Option<K::Item>> {
        let Some(record) = self.names.remove(store, Self::by_name(&self.heap, name))? else {
            return Ok(None);
        };
        let item = K::fetch(store, &self.heap, &record)?;
        if let Some(tree) = &mut self.order {
            let order = K::order(&item);
            tree.remove(store, |_, record| Ok(K::order_of(record).cmp(&order)))?;
        }
        if let Some(id) = K::heap_id(&record) {
            self.heap.remove(store, id)?;
        }
        Ok(Some(item))
    }

    /// Frees all of it.
    pub(super) fn delete(self, store: &mut Store) -> Result<()> {
        self.names.delete(store)?;
        if let Some(tree) = self.order {
            tree.delete(store)?;
        }
        self.heap.delete(store)
    }

    /// How a record stands to `name`: by the hashes, and by the names where those are equal.
    fn by_name<'a>(
        heap: &'a FractalHeap,
        name: &'a [u8],
    ) -> impl FnMut(&Store, &K::NameRecord) -> Result<Ordering> + 'a {
        let hash = lookup3(name);
        move |store, record| match K::hash(record).cmp(&hash) {
            Ordering::Equal => Ok(K::name(&K::fetch(store, heap, record)?).cmp(name)),
            unequal => Ok(unequal),
        }
    }
}

/// Undoes the filters of a heap, whose pipeline is an encoded message.
fn undo_filters(store: &Store, pipeline: &[u8], mask: u32, stored: &[u8], size: usize) -> Result<Vec<u8>> {
    let mut r = Reader::new(pipeline, 0, store.widths(), FilterPipeline::NAME);
    let pipeline = Pipeline::new(&FilterPipeline::decode(&mut r, &())?.filters)?;
    let mut plain = vec![0; size];
    pipeline.decode(stored, mask, store.limits().metadata_block, &mut plain, &mut Scratch::default())?;
    Ok(plain)
}

/// Makes an info message say that nothing is stored densely.
pub(super) fn forget<I: CreationIndex>(info: &mut DenseInfo<I>) {
    info.heap = Address::UNDEFINED;
    info.name_index = Address::UNDEFINED;
    info.order_index = info.order_index.map(|_| Address::UNDEFINED);
}

#[cold]
pub(super) fn exists(name: &[u8]) -> Error {
    Error::usage(format!("\"{}\" exists already", String::from_utf8_lossy(name)))
}
