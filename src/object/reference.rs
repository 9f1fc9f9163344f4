//! How many links lead to an object, and what happens when none is left.

use std::collections::HashSet;
use std::ops::ControlFlow;

use crate::format::message::link::LinkTarget;
use crate::format::message::shared::SharedPointer;
use crate::format::{Reader, Structure};
use crate::object::header::{self, Header};
use crate::object::{attributes, links};
use crate::store::{Rank, Store};
use crate::{Error, Result};

/// Counts one more link to the object; before the link is added.
pub(crate) fn increment(store: &mut Store, address: u64) -> Result<()> {
    let count = header::load(store, address)?.reference_count(store)?;
    let count =
        count.checked_add(1).ok_or_else(|| Error::limit("too many links to an object").at(address))?;
    header::update(store, address, Rank::Linked, |header| header.set_reference_count(count))
}

/// Frees what a dataset stores outside its header.
pub(crate) type FreeDataset<'a> = &'a mut dyn FnMut(&mut Store, &Header) -> Result<()>;

/// Counts one link to the object less, after the link is removed; without a link left the object
/// is deleted, and with it, in a group, the links that it has.
pub(crate) fn decrement(store: &mut Store, address: u64, free_dataset: FreeDataset<'_>) -> Result<()> {
    let mut deleted = HashSet::new();
    let mut losing = vec![address];
    while let Some(address) = losing.pop() {
        if deleted.contains(&address) {
            continue;
        }
        let header = header::load(store, address)?;
        match header.reference_count(store)?.saturating_sub(1) {
            0 => {
                deleted.insert(address);
                delete(store, &header, &mut losing, free_dataset)?;
            }
            count => {
                header::update(store, address, Rank::Released, |header| header.set_reference_count(count))?
            }
        }
    }
    Ok(())
}

/// Frees an object; what it linked to is appended to `losing`.
fn delete(
    store: &mut Store,
    header: &Header,
    losing: &mut Vec<u64>,
    free_dataset: FreeDataset<'_>,
) -> Result<()> {
    let address = header.address();
    if links::is_group(header) {
        links::for_each(store, address, &mut |link| {
            if let LinkTarget::Hard(target) = link.target {
                losing.push(target);
            }
            Ok(ControlFlow::Continue(()))
        })?;
        links::delete_storage(store, header)?;
    } else {
        free_dataset(store, header)?;
    }
    losing.extend(attributes::committed_datatypes(store, header)?);
    attributes::delete_storage(store, header)?;
    for message in header.messages().iter().filter(|message| message.is_shared()) {
        let mut r = Reader::new(&message.body, address, store.widths(), SharedPointer::NAME);
        losing.extend(SharedPointer::decode(&mut r, &())?.header());
    }
    header::delete(store, address)
}
