//! The attributes of an object, however it stores them: as messages in its header (compact) or in a
//! fractal heap with B-trees (dense).

mod dense;
#[cfg(test)]
mod tests;

use std::ops::ControlFlow;

use crate::format::message::MessageBody;
use crate::format::message::attribute::Attribute;
use crate::format::message::dense_info::AttributeInfo;
use crate::format::message::shared::MaybeShared;
use crate::format::{Reader, Structure, encode};
use crate::object::dense::{exists, forget};
use crate::object::header::{self, Header, flags, load, load_owned};
use crate::object::links::ListOrder;
use crate::object::reference;
use crate::store::{Rank, Store};
use crate::{Error, Result};
use dense::DenseAttributes;

/// The creation index of attributes where none is tracked.
const UNTRACKED: u32 = u16::MAX as u32;

/// An attribute and its position in the order of creation, where that is tracked.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Entry {
    attribute: Attribute,
    creation: u32,
}

/// The attribute info of an object that stores its attributes densely.
fn dense_info(store: &Store, header: &Header) -> Result<Option<AttributeInfo>> {
    Ok(header.find::<AttributeInfo>(store)?.filter(|info| info.heap.is_defined()))
}

/// The attribute of this name and which of the header's messages it is.
fn compact_find(store: &Store, header: &Header, name: &[u8]) -> Result<Option<(usize, Attribute)>> {
    let Some(at) = compact_position(store, header, name)? else { return Ok(None) };
    let attribute = header.messages().get(at).map(|message| header.decode(store, message)).transpose()?;
    Ok(attribute.map(|attribute| (at, attribute)))
}

/// Which of the header's messages is the attribute of this name.
fn compact_position(store: &Store, header: &Header, name: &[u8]) -> Result<Option<usize>> {
    for (at, message) in header.messages().iter().enumerate() {
        if message.kind != Attribute::TYPE {
            continue;
        }
        let found = if message.is_shared() {
            header.decode::<Attribute>(store, message)?.name == name
        } else {
            let mut r = Reader::new(&message.body, header.address(), store.widths(), Attribute::NAME);
            Attribute::decode_name(&mut r)? == name
        };
        if found {
            return Ok(Some(at));
        }
    }
    Ok(None)
}

/// The attribute called `name`.
pub(crate) fn get(store: &Store, object: u64, name: &[u8]) -> Result<Option<Attribute>> {
    let header = load(store, object)?;
    match dense_info(store, &header)? {
        Some(info) => {
            let found = DenseAttributes::open(store, &info)?.get(store, name)?;
            Ok(found.map(|entry| entry.attribute))
        }
        None => Ok(compact_find(store, &header, name)?.map(|(_, attribute)| attribute)),
    }
}

/// How many attributes the object has.
pub(crate) fn count(store: &Store, object: u64) -> Result<u64> {
    let header = load(store, object)?;
    match dense_info(store, &header)? {
        Some(info) => Ok(DenseAttributes::open(store, &info)?.count()),
        None => Ok(header.of::<Attribute>().count() as u64),
    }
}

/// Bytes in the file of what indexes the attributes of the object with this header, and of the heap
/// that they are in.
pub(crate) fn file_size(store: &Store, header: &Header) -> Result<(u64, u64)> {
    match dense_info(store, header)? {
        Some(info) => DenseAttributes::open(store, &info)?.file_size(store),
        None => Ok((0, 0)),
    }
}

fn for_each(
    store: &Store,
    header: &Header,
    visit: &mut dyn FnMut(Entry) -> Result<ControlFlow<()>>,
) -> Result<()> {
    if let Some(info) = dense_info(store, header)? {
        return DenseAttributes::open(store, &info)?.for_each(store, visit);
    }
    for message in header.of::<Attribute>() {
        let attribute = header.decode(store, message)?;
        let creation = message.creation_index.map_or(UNTRACKED, u32::from);
        if visit(Entry { attribute, creation })?.is_break() {
            break;
        }
    }
    Ok(())
}

fn entries(store: &Store, header: &Header) -> Result<Vec<Entry>> {
    let mut entries = Vec::new();
    for_each(store, header, &mut |entry| {
        entries.push(entry);
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(entries)
}

/// All attributes, in the order asked for.
///
/// # Errors
/// `Usage` if the order is that of creation and the object does not keep it.
pub(crate) fn list(store: &Store, object: u64, order: ListOrder) -> Result<Vec<Attribute>> {
    let header = load(store, object)?;
    let mut entries = entries(store, &header)?;
    match order {
        ListOrder::ByName => entries.sort_unstable_by(|a, b| a.attribute.name.cmp(&b.attribute.name)),
        ListOrder::ByCreation if header.attribute_order().is_tracked() => {
            entries.sort_by_key(|entry| entry.creation);
        }
        ListOrder::ByCreation => {
            let message = "the object does not keep the order in which its attributes were created";
            return Err(Error::usage(message).at(object));
        }
    }
    Ok(entries.into_iter().map(|entry| entry.attribute).collect())
}

/// Adds an attribute; a committed datatype that it uses counts one more use.
///
/// # Errors
/// `Usage` if there is an attribute of that name already.
pub(crate) fn insert(store: &mut Store, object: u64, attribute: &Attribute) -> Result<()> {
    check_name(&attribute.name)?;
    let header = load_owned(store, object)?;
    if has(store, &header, &attribute.name)? {
        return Err(exists(&attribute.name));
    }
    if committed_datatype(attribute).is_none() {
        return insert_new(store, header, attribute, None);
    }
    with_use(store, attribute, |store| {
        // It may be the object itself that is used once more.
        let header = load_owned(store, object)?;
        insert_new(store, header, attribute, None)
    })
}

fn has(store: &Store, header: &Header, name: &[u8]) -> Result<bool> {
    match dense_info(store, header)? {
        Some(info) => Ok(DenseAttributes::open(store, &info)?.vacancy(store, name)?.is_none()),
        None => Ok(compact_position(store, header, name)?.is_some()),
    }
}

/// Adds an attribute, or gives the one of this name another type, shape and value.
pub(crate) fn replace(store: &mut Store, object: u64, attribute: &Attribute) -> Result<()> {
    let header = load(store, object)?;
    let Some(old) = find(store, &header, &attribute.name)? else {
        return insert(store, object, attribute);
    };
    with_use(store, attribute, |store| substitute(store, &header, &attribute.name, attribute))?;
    release(store, &old.attribute)
}

/// Gives the attribute called `old` the name `new`.
pub(crate) fn rename(store: &mut Store, object: u64, old: &[u8], new: &[u8]) -> Result<()> {
    check_name(new)?;
    let header = load(store, object)?;
    let Some(Entry { mut attribute, .. }) = find(store, &header, old)? else { return Err(not_found(old)) };
    if old == new {
        return Ok(());
    }
    if find(store, &header, new)?.is_some() {
        return Err(exists(new));
    }
    attribute.name = new.to_vec();
    substitute(store, &header, old, &attribute)
}

/// Removes the attribute called `name` and returns it.
pub(crate) fn remove(store: &mut Store, object: u64, name: &[u8]) -> Result<Attribute> {
    let header = load(store, object)?;
    let Entry { attribute, .. } = take(store, &header, name)?.ok_or_else(|| not_found(name))?;
    release(store, &attribute)?;
    Ok(attribute)
}

fn find(store: &Store, header: &Header, name: &[u8]) -> Result<Option<Entry>> {
    if let Some(info) = dense_info(store, header)? {
        return DenseAttributes::open(store, &info)?.get(store, name);
    }
    let found = compact_find(store, header, name)?;
    Ok(found.map(|(at, attribute)| {
        let index = header.messages().get(at).and_then(|message| message.creation_index);
        Entry { attribute, creation: index.map_or(UNTRACKED, u32::from) }
    }))
}

/// Stores an attribute that is not there, as the `creation`-th or as the next. The header is as it
/// was loaded.
fn insert_new(
    store: &mut Store,
    mut header: Header,
    attribute: &Attribute,
    creation: Option<u32>,
) -> Result<()> {
    let object = header.address();
    let order = header.attribute_order();
    let known = header.find::<AttributeInfo>(store)?;
    let mut info = known.unwrap_or_else(|| AttributeInfo::empty(order.is_tracked(), order.is_indexed()));
    let creation = match (&mut info.next_creation, creation) {
        (Some(_), Some(creation)) => creation,
        (Some(next), None) => {
            let index = *next;
            *next = next.checked_add(1).ok_or_else(|| {
                Error::limit("the creation order of the object's attributes is used up").at(object)
            })?;
            u32::from(index)
        }
        (None, _) => UNTRACKED,
    };
    let body = encode(attribute, &(), store.widths())?;
    let is_dense = info.heap.is_defined();
    let fits = header.fits(body.len());
    let count = header.of::<Attribute>().count();
    let has_room = header.version() == 1 || count < usize::from(header.phase_change().max_compact);
    if !is_dense && ((fits && has_room) || header.version() == 1) {
        if header.version() > 1 && known.as_ref() != Some(&info) {
            header.set(&info, flags::DONT_SHARE)?;
        }
        header.push_encoded_attribute(body, creation)?;
        return header::write(store, header, Rank::Linking);
    }
    let mut dense = if is_dense {
        DenseAttributes::open(store, &info)?
    } else {
        let mut dense = DenseAttributes::create(store, order.is_indexed())?;
        for entry in entries(store, &header)? {
            dense.insert(store, &entry)?;
        }
        dense
    };
    dense.insert(store, &Entry { attribute: attribute.clone(), creation })?;
    dense.update_info(&mut info);
    if known.as_ref() == Some(&info) {
        return Ok(());
    }
    header.remove::<Attribute>();
    header.set(&info, flags::DONT_SHARE)?;
    header::write(store, header, Rank::Linking)
}

/// Puts `attribute`, perhaps of another name, in the place of the one called `name`.
fn substitute(store: &mut Store, header: &Header, name: &[u8], attribute: &Attribute) -> Result<()> {
    let object = header.address();
    if let Some(mut info) = dense_info(store, header)? {
        let before = info;
        let mut dense = DenseAttributes::open(store, &info)?;
        let old = dense.remove(store, name)?.ok_or_else(|| not_found(name))?;
        dense.insert(store, &Entry { attribute: attribute.clone(), creation: old.creation })?;
        dense.update_info(&mut info);
        if info == before {
            return Ok(());
        }
        return header::update(store, object, Rank::Linking, |header| header.set(&info, flags::DONT_SHARE));
    }
    let (at, _) = compact_find(store, header, name)?.ok_or_else(|| not_found(name))?;
    let body = encode(attribute, &(), store.widths())?;
    if header.fits(body.len()) || header.version() == 1 {
        return header::update(store, object, Rank::Linking, |header| {
            let body = header.body(attribute)?;
            if let Some(message) = header.message_mut(at) {
                message.body = body;
                message.flags &= !flags::SHARED;
            }
            Ok(())
        });
    }
    let old = take(store, header, name)?.ok_or_else(|| not_found(name))?;
    let header = load_owned(store, object)?;
    insert_new(store, header, attribute, Some(old.creation))
}

/// Removes an attribute, if there is one of this name, without looking at its datatype.
fn take(store: &mut Store, header: &Header, name: &[u8]) -> Result<Option<Entry>> {
    let object = header.address();
    let Some(mut info) = dense_info(store, header)? else {
        let Some(entry) = find(store, header, name)? else { return Ok(None) };
        let Some((at, _)) = compact_find(store, header, name)? else { return Ok(None) };
        let is_last = header.of::<Attribute>().count() == 1;
        header::update(store, object, Rank::Unlinking, |header| {
            header.remove_at(at);
            if is_last {
                header.remove::<AttributeInfo>();
            }
            Ok(())
        })?;
        return Ok(Some(entry));
    };
    let before = info;
    let mut dense = DenseAttributes::open(store, &info)?;
    let Some(entry) = dense.remove(store, name)? else { return Ok(None) };
    let left = dense.count();
    if left == 0 {
        dense.delete(store)?;
        header::update(store, object, Rank::Unlinking, |header| {
            header.remove::<AttributeInfo>();
            Ok(())
        })?;
        return Ok(Some(entry));
    }
    if left < u64::from(header.phase_change().min_dense)
        && let Some(entries) = fitting(store, header, &dense)?
    {
        dense.delete(store)?;
        forget(&mut info);
        header::update(store, object, Rank::Unlinking, |header| {
            header.set(&info, flags::DONT_SHARE)?;
            entries.iter().try_for_each(|entry| header.push_attribute(&entry.attribute, entry.creation))
        })?;
        return Ok(Some(entry));
    }
    dense.update_info(&mut info);
    if info != before {
        header::update(store, object, Rank::Unlinking, |header| header.set(&info, flags::DONT_SHARE))?;
    }
    Ok(Some(entry))
}

/// All attributes, in the order for the header, if each fits there.
fn fitting(store: &Store, header: &Header, dense: &DenseAttributes) -> Result<Option<Vec<Entry>>> {
    let mut entries = dense.items(store)?;
    for entry in &entries {
        if !header.fits(encode(&entry.attribute, &(), store.widths())?.len()) {
            return Ok(None);
        }
    }
    entries.sort_by(|a, b| (a.creation, &a.attribute.name).cmp(&(b.creation, &b.attribute.name)));
    Ok(Some(entries))
}

/// The committed datatypes that the object's attributes use, one for each use.
pub(super) fn committed_datatypes(store: &Store, header: &Header) -> Result<Vec<u64>> {
    let mut datatypes = Vec::new();
    for_each(store, header, &mut |entry| {
        datatypes.extend(committed_datatype(&entry.attribute));
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(datatypes)
}

/// Frees what the object with this header stores its attributes in, apart from the header.
pub(super) fn delete_storage(store: &mut Store, header: &Header) -> Result<()> {
    match dense_info(store, header)? {
        Some(info) => DenseAttributes::open(store, &info)?.delete(store),
        None => Ok(()),
    }
}

fn committed_datatype(attribute: &Attribute) -> Option<u64> {
    match &attribute.datatype {
        MaybeShared::Here(_) => None,
        MaybeShared::Shared(pointer) => pointer.header(),
    }
}

/// Stores an attribute, and counts the use of its committed datatype if that succeeds.
fn with_use(
    store: &mut Store,
    attribute: &Attribute,
    change: impl FnOnce(&mut Store) -> Result<()>,
) -> Result<()> {
    if let Some(datatype) = committed_datatype(attribute) {
        reference::increment(store, datatype)?;
    }
    let result = change(store);
    if result.is_err() {
        release(store, attribute)?;
    }
    result
}

/// Counts one use less of the committed datatype of a removed attribute.
fn release(store: &mut Store, attribute: &Attribute) -> Result<()> {
    match committed_datatype(attribute) {
        None => Ok(()),
        // A committed datatype has no storage but its header.
        Some(datatype) => reference::decrement(store, datatype, &mut |_, _| Ok(())),
    }
}

fn check_name(name: &[u8]) -> Result<()> {
    if name.is_empty() || name.contains(&0) {
        return Err(Error::usage(format!("\"{}\" cannot name an attribute", name.escape_ascii())));
    }
    Ok(())
}

#[cold]
fn not_found(name: &[u8]) -> Error {
    Error::not_found(format!("there is no attribute called \"{}\"", String::from_utf8_lossy(name)))
}
