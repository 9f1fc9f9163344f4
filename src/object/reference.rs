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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]
    use super::*;
    use crate::format::message::datatype::CharacterSet;
    use crate::format::message::link::Link;
    use crate::object::group::{GroupOptions, create_group};
    use crate::object::testing::{fixture, object};

    fn count(store: &Store, address: u64) -> u32 {
        header::load(store, address).unwrap().reference_count(store).unwrap()
    }

    fn link(store: &mut Store, group: u64, name: &str, target: u64) {
        let link = Link {
            name: name.as_bytes().to_vec(),
            charset: CharacterSet::Ascii,
            creation_order: None,
            target: LinkTarget::Hard(target),
        };
        links::insert(store, group, link).unwrap();
    }

    #[test]
    fn an_object_lives_as_long_as_a_link_leads_to_it() {
        let mut store = Store::for_tests();
        let group = |store: &mut Store| create_group(store, &GroupOptions::default()).unwrap();
        let (parent, child, kept) = (group(&mut store), group(&mut store), group(&mut store));
        link(&mut store, parent, "child", child);
        link(&mut store, parent, "kept", kept);
        increment(&mut store, kept).unwrap();
        link(&mut store, child, "kept", kept);
        increment(&mut store, kept).unwrap();
        // A third link from elsewhere; and the group leads to itself.
        increment(&mut store, parent).unwrap();
        link(&mut store, parent, "self", parent);
        assert_eq!((count(&store, parent), count(&store, kept)), (2, 3));

        decrement(&mut store, parent, &mut |_, _| Ok(())).unwrap();
        assert_eq!(count(&store, parent), 1, "its own link keeps it, as in the C library");
        decrement(&mut store, parent, &mut |_, _| Ok(())).unwrap();
        assert_eq!(count(&store, kept), 1, "the deleted groups' links are gone");
    }

    #[test]
    fn datasets_of_a_deleted_group_are_handed_to_the_caller() {
        for name in ["walk-earliest", "walk-latest"] {
            let (mut store, root) = fixture(name);
            let links = links::list(&store, root, links::ListOrder::ByName).unwrap();
            let group = object(&store, root, &String::from_utf8(links[0].name.clone()).unwrap());
            let mut datasets = Vec::new();
            decrement(&mut store, group, &mut |_, header| {
                datasets.push(header.address());
                Ok(())
            })
            .unwrap();
            datasets.dedup();
            assert_eq!(datasets.len(), 50, "{name}");
        }
    }
}
