//! Links in dense storage.

use crate::format::btree_v2::{LinkName, LinkOrder};
use crate::format::message::link::Link;
use crate::format::{Reader, Structure, encode};
use crate::heap::fractal::{FractalHeap, HeapParams};
use crate::object::dense::{Dense, Kind};
use crate::store::Store;
use crate::{Error, Result};

/// Open dense storage of a group's links.
pub(super) type DenseLinks = Dense<LinkKind>;

/// What is particular to links.
pub(super) struct LinkKind;

/// Bytes of the heap ids of links.
const ID: usize = 7;

impl Kind for LinkKind {
    type Item = Link;
    type Index = u64;
    type NameRecord = LinkName;
    type OrderRecord = LinkOrder;
    const HEAP: HeapParams = HeapParams::LINKS;

    fn name(link: &Link) -> &[u8] {
        &link.name
    }

    fn order(link: &Link) -> u64 {
        link.creation_order.unwrap_or(0)
    }

    fn encode(link: &Link, store: &Store) -> Result<Vec<u8>> {
        encode(link, &(), store.widths())
    }

    fn fetch(store: &Store, heap: &FractalHeap, record: &LinkName) -> Result<Link> {
        let body = heap.get(store, &record.id)?;
        Link::decode(&mut Reader::new(&body, heap.header_address(), store.widths(), Link::NAME), &())
    }

    fn name_record(_: &Link, hash: u32, id: &[u8]) -> Result<LinkName> {
        Ok(LinkName { hash, id: heap_id(id)? })
    }

    fn order_record(link: &Link, id: &[u8]) -> Result<LinkOrder> {
        Ok(LinkOrder { order: Self::order(link), id: heap_id(id)? })
    }

    fn hash(record: &LinkName) -> u32 {
        record.hash
    }

    fn heap_id(record: &LinkName) -> Option<&[u8]> {
        Some(&record.id)
    }

    fn order_of(record: &LinkOrder) -> u64 {
        record.order
    }
}

fn heap_id(id: &[u8]) -> Result<[u8; ID]> {
    id.try_into().map_err(|_| Error::format(format!("heap ids of links have {ID} bytes, not {}", id.len())))
}
