//! Attributes in dense storage.

use super::Entry;
use crate::format::btree_v2::{AttributeName, AttributeOrder};
use crate::format::message::attribute::Attribute;
use crate::format::{Reader, Structure, encode};
use crate::heap::fractal::{FractalHeap, HeapParams};
use crate::object::dense::{Dense, Kind};
use crate::object::header::flags;
use crate::object::shared;
use crate::store::Store;
use crate::{Error, Result};

/// Open dense storage of an object's attributes.
pub(super) type DenseAttributes = Dense<AttributeKind>;

/// What is particular to attributes.
pub(super) struct AttributeKind;

/// Bytes of the heap ids of attributes.
const ID: usize = 8;

impl Kind for AttributeKind {
    type Item = Entry;
    type Index = u16;
    type NameRecord = AttributeName;
    type OrderRecord = AttributeOrder;
    const HEAP: HeapParams = HeapParams::ATTRIBUTES;

    fn name(entry: &Entry) -> &[u8] {
        &entry.attribute.name
    }

    fn order(entry: &Entry) -> u64 {
        entry.creation.into()
    }

    fn encode(entry: &Entry, store: &Store) -> Result<Vec<u8>> {
        encode(&entry.attribute, &(), store.widths())
    }

    fn fetch(store: &Store, heap: &FractalHeap, record: &AttributeName) -> Result<Entry> {
        let attribute = if record.flags & flags::SHARED != 0 {
            shared::from_heap(store, &record.id)?
        } else {
            let body = heap.get(store, &record.id)?;
            let mut r = Reader::new(&body, heap.header_address(), store.widths(), Attribute::NAME);
            Attribute::decode(&mut r, &())?
        };
        Ok(Entry { attribute, creation: record.order })
    }

    fn name_record(entry: &Entry, hash: u32, id: &[u8]) -> Result<AttributeName> {
        Ok(AttributeName { id: heap_id(id)?, flags: 0, order: entry.creation, hash })
    }

    fn order_record(entry: &Entry, id: &[u8]) -> Result<AttributeOrder> {
        Ok(AttributeOrder { id: heap_id(id)?, flags: 0, order: entry.creation })
    }

    fn hash(record: &AttributeName) -> u32 {
        record.hash
    }

    fn heap_id(record: &AttributeName) -> Option<&[u8]> {
        (record.flags & flags::SHARED == 0).then_some(&record.id)
    }

    fn order_of(record: &AttributeOrder) -> u64 {
        record.order.into()
    }
}

fn heap_id(id: &[u8]) -> Result<[u8; ID]> {
    id.try_into()
        .map_err(|_| Error::format(format!("heap ids of attributes have {ID} bytes, not {}", id.len())))
}
