//! The links of a group, however it stores them: as messages in its header (compact), in a fractal
//! heap with B-trees (dense), or, in old files, as a symbol table.
//!
//! Reference counts are for the caller: see [`crate::object::reference`].

mod dense;
mod symbol_table;
#[cfg(test)]
mod tests;

use std::ops::ControlFlow;

use crate::format::encode;
use crate::format::message::MessageBody;
use crate::format::message::dense_info::LinkInfo;
use crate::format::message::group::{GroupInfo, PhaseChange, SymbolTable};
use crate::format::message::link::Link;
use crate::object::CreationOrder;
use crate::object::dense::{Vacancy as DensePlace, exists, forget};
use crate::object::header::{self, Header, load, load_owned};
use crate::store::{Rank, Store};
use crate::{Error, Result};
use dense::DenseLinks;
use symbol_table::OldGroup;

/// In which order links or attributes are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum ListOrder {
    /// By the bytes of their names.
    ByName,
    /// As they were created, where that is tracked.
    ByCreation,
}

/// How a group stores its links.
enum Links {
    Compact(LinkInfo),
    Dense(LinkInfo),
    Old(SymbolTable),
}

impl Links {
    fn of(store: &Store, header: &Header) -> Result<Self> {
        if let Some(info) = header.find::<LinkInfo>(store)? {
            return Ok(if info.heap.is_defined() { Self::Dense(info) } else { Self::Compact(info) });
        }
        match header.find::<SymbolTable>(store)? {
            Some(table) => Ok(Self::Old(table)),
            None => Err(Error::type_mismatch("the object is not a group").at(header.address())),
        }
    }
}

/// Whether the object with this header is a group.
pub(crate) fn is_group(header: &Header) -> bool {
    header.has::<LinkInfo>() || header.has::<SymbolTable>()
}

/// The link called `name`.
pub(crate) fn get(store: &Store, group: u64, name: &[u8]) -> Result<Option<Link>> {
    let header = load(store, group)?;
    match Links::of(store, &header)? {
        Links::Compact(_) => Ok(compact_find(store, &header, name)?.map(|(_, link)| link)),
        Links::Dense(info) => DenseLinks::open(store, &info)?.get(store, name),
        Links::Old(table) => OldGroup::open(store, &table)?.get(name),
    }
}

/// The link of this name and which of the header's messages it is.
fn compact_find(store: &Store, header: &Header, name: &[u8]) -> Result<Option<(usize, Link)>> {
    for (at, message) in header.messages().iter().enumerate() {
        if message.kind == Link::TYPE {
            let link: Link = header.decode(store, message)?;
            if link.name == name {
                return Ok(Some((at, link)));
            }
        }
    }
    Ok(None)
}

/// How many links the group has.
pub(crate) fn count(store: &Store, group: u64) -> Result<u64> {
    let header = load(store, group)?;
    match Links::of(store, &header)? {
        Links::Compact(_) => Ok(header.of::<Link>().count() as u64),
        Links::Dense(info) => Ok(DenseLinks::open(store, &info)?.count()),
        Links::Old(table) => OldGroup::open(store, &table)?.count(),
    }
}

/// Bytes in the file of what indexes the links of the group with this header, and of the heap that
/// they are in.
pub(crate) fn file_size(store: &Store, header: &Header) -> Result<(u64, u64)> {
    match Links::of(store, header)? {
        Links::Compact(_) => Ok((0, 0)),
        Links::Dense(info) => DenseLinks::open(store, &info)?.file_size(store),
        Links::Old(table) => symbol_table::file_size(store, &table),
    }
}

/// Whether the group keeps the order in which its links are created.
pub(crate) fn creation_order(store: &Store, group: u64) -> Result<CreationOrder> {
    let header = load(store, group)?;
    Ok(match header.find::<LinkInfo>(store)? {
        Some(info) if info.order_index.is_some() => CreationOrder::Indexed,
        Some(info) if info.next_creation.is_some() => CreationOrder::Tracked,
        _ => CreationOrder::Untracked,
    })
}

/// Calls `visit` with every link, in no particular order, holding one at a time in memory.
pub(crate) fn for_each(
    store: &Store,
    group: u64,
    visit: &mut dyn FnMut(Link) -> Result<ControlFlow<()>>,
) -> Result<()> {
    let header = load(store, group)?;
    match Links::of(store, &header)? {
        Links::Compact(_) => {
            for message in header.of::<Link>() {
                if visit(header.decode(store, message)?)?.is_break() {
                    break;
                }
            }
            Ok(())
        }
        Links::Dense(info) => DenseLinks::open(store, &info)?.for_each(store, visit),
        Links::Old(table) => OldGroup::open(store, &table)?.for_each(visit),
    }
}

/// All links, in the order in which they are stored: what the C library calls native.
pub(crate) fn stored(store: &Store, group: u64) -> Result<Vec<Link>> {
    let mut links = Vec::new();
    for_each(store, group, &mut |link| {
        links.push(link);
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(links)
}

/// All links, in the order asked for.
///
/// # Errors
/// `Usage` if the order is that of creation and the group does not keep it.
pub(crate) fn list(store: &Store, group: u64, order: ListOrder) -> Result<Vec<Link>> {
    let mut links = stored(store, group)?;
    match order {
        ListOrder::ByName => links.sort_unstable_by(|a, b| a.name.cmp(&b.name)),
        ListOrder::ByCreation => {
            if links.iter().any(|link| link.creation_order.is_none()) {
                let message = "the group does not keep the order in which its links were created";
                return Err(Error::usage(message).at(group));
            }
            links.sort_by_key(|link| link.creation_order);
        }
    }
    Ok(links)
}

/// Adds a link; its creation order is set here.
///
/// # Errors
/// `Usage` if there is a link of that name already, or if the name cannot be one.
pub(crate) fn insert(store: &mut Store, group: u64, link: Link) -> Result<()> {
    vacancy(store, group, &link.name)?.fill(store, link)
}

/// A group's place for a link of a name that none has. The group does not change before it is used.
pub(crate) struct Vacancy {
    header: Header,
    place: Place,
}

enum Place {
    Compact(LinkInfo),
    Dense(LinkInfo, Box<DenseLinks>, DensePlace),
    Old(SymbolTable),
}

/// The place in the group for a link called `name`.
///
/// # Errors
/// `Usage` if there is a link of that name already, or if the name cannot be one.
pub(crate) fn vacancy(store: &Store, group: u64, name: &[u8]) -> Result<Vacancy> {
    check_name(name)?;
    let header = load_owned(store, group)?;
    let place = match Links::of(store, &header)? {
        Links::Compact(info) => compact_find(store, &header, name)?.is_none().then_some(Place::Compact(info)),
        Links::Dense(info) => {
            let dense = DenseLinks::open(store, &info)?;
            let vacancy = dense.vacancy(store, name)?;
            vacancy.map(|vacancy| Place::Dense(info, Box::new(dense), vacancy))
        }
        Links::Old(table) => OldGroup::open(store, &table)?.get(name)?.is_none().then_some(Place::Old(table)),
    };
    Ok(Vacancy { place: place.ok_or_else(|| exists(name))?, header })
}

impl Vacancy {
    /// Adds the link, which has the name that the place is for.
    pub(crate) fn fill(self, store: &mut Store, mut link: Link) -> Result<()> {
        let Self { mut header, place } = self;
        let group = header.address();
        match place {
            Place::Old(table) => {
                convert(store, &header, &table)?;
                insert(store, group, link)
            }
            Place::Dense(mut info, mut dense, vacancy) => {
                let before = info;
                link.creation_order = next_order(&mut info, group)?;
                dense.insert_at(store, vacancy, &link)?;
                dense.update_info(&mut info);
                if info == before {
                    return Ok(());
                }
                header.set(&info, 0)?;
                header::write(store, header, Rank::Linking)
            }
            Place::Compact(mut info) => {
                let before = info;
                link.creation_order = next_order(&mut info, group)?;
                let max_compact = phase_change(store, &header)?.max_compact;
                let len = encode(&link, &(), store.widths())?.len();
                if header.of::<Link>().count() < usize::from(max_compact) && header.fits(len) {
                    if info != before {
                        header.set(&info, 0)?;
                    }
                    header.push(&link, 0)?;
                    return header::write(store, header, Rank::Linking);
                }
                let mut dense = DenseLinks::create(store, info.order_index.is_some())?;
                for link in header.find_all::<Link>(store)? {
                    dense.insert(store, &link)?;
                }
                dense.insert(store, &link)?;
                dense.update_info(&mut info);
                header.remove::<Link>();
                header.set(&info, 0)?;
                header::write(store, header, Rank::Linking)
            }
        }
    }
}

/// The position in the order of creation of a new link, where the group keeps that.
fn next_order(info: &mut LinkInfo, group: u64) -> Result<Option<u64>> {
    let order = info.next_creation;
    if let Some(next) = &mut info.next_creation {
        *next = next
            .checked_add(1)
            .ok_or_else(|| Error::limit("the group's creation order is used up").at(group))?;
    }
    Ok(order)
}

/// Removes the link called `name` and returns it.
pub(crate) fn remove(store: &mut Store, group: u64, name: &[u8]) -> Result<Link> {
    let header = load(store, group)?;
    match Links::of(store, &header)? {
        Links::Old(table) => {
            OldGroup::open(store, &table)?.get(name)?.ok_or_else(|| not_found(name))?;
            convert(store, &header, &table)?;
            remove(store, group, name)
        }
        Links::Compact(mut info) => {
            let (at, link) = compact_find(store, &header, name)?.ok_or_else(|| not_found(name))?;
            let is_last = header.of::<Link>().count() == 1;
            header::update(store, group, Rank::Unlinking, |header| {
                if is_last && info.next_creation.is_some() {
                    info.next_creation = Some(0);
                    header.set(&info, 0)?;
                }
                header.remove_at(at);
                Ok(())
            })?;
            Ok(link)
        }
        Links::Dense(info) => dense_remove(store, &header, info, name),
    }
}

fn dense_remove(store: &mut Store, header: &Header, mut info: LinkInfo, name: &[u8]) -> Result<Link> {
    let group = header.address();
    let before = info;
    let mut dense = DenseLinks::open(store, &info)?;
    let link = dense.remove(store, name)?.ok_or_else(|| not_found(name))?;
    if dense.count() == 0 {
        info.next_creation = info.next_creation.map(|_| 0);
    }
    if dense.count() < u64::from(phase_change(store, header)?.min_dense) {
        let mut links = dense.items(store)?;
        if all_fit(store, header, &links)? {
            links.sort_by(|a, b| (a.creation_order, &a.name).cmp(&(b.creation_order, &b.name)));
            dense.delete(store)?;
            forget(&mut info);
            header::update(store, group, Rank::Unlinking, |header| {
                header.set(&info, 0)?;
                links.iter().try_for_each(|link| header.push(link, 0))
            })?;
            return Ok(link);
        }
    }
    dense.update_info(&mut info);
    if info != before {
        header::update(store, group, Rank::Unlinking, |header| header.set(&info, 0))?;
    }
    Ok(link)
}

/// Whether the header can hold each of these links.
fn all_fit(store: &Store, header: &Header, links: &[Link]) -> Result<bool> {
    let bodies = links.iter().map(|link| encode(link, &(), store.widths()));
    Ok(bodies.collect::<Result<Vec<_>>>()?.iter().all(|body| header.fits(body.len())))
}

/// Turns a group of the old format into one of the new, as the C library does for links that the
/// old format cannot hold: so every group can be edited, by us and by others.
fn convert(store: &mut Store, header: &Header, table: &SymbolTable) -> Result<()> {
    let mut links = Vec::new();
    OldGroup::open(store, table)?.for_each(&mut |link| {
        links.push(link);
        Ok(ControlFlow::Continue(()))
    })?;
    let mut info = LinkInfo::empty(false, false);
    if links.len() > usize::from(PhaseChange::default().max_compact) || !all_fit(store, header, &links)? {
        let mut dense = DenseLinks::create(store, false)?;
        links.iter().try_for_each(|link| dense.insert(store, link))?;
        dense.update_info(&mut info);
        links.clear();
    }
    symbol_table::delete(store, table)?;
    header::update(store, header.address(), Rank::Linking, |header| {
        header.remove::<SymbolTable>();
        header.push(&info, 0)?;
        header.push(&GroupInfo::default(), header::flags::CONSTANT)?;
        links.iter().try_for_each(|link| header.push(link, 0))
    })
}

/// Frees what the group with this header stores its links in, apart from the header.
pub(super) fn delete_storage(store: &mut Store, header: &Header) -> Result<()> {
    match Links::of(store, header)? {
        Links::Compact(_) => Ok(()),
        Links::Dense(info) => DenseLinks::open(store, &info)?.delete(store),
        Links::Old(table) => symbol_table::delete(store, &table),
    }
}

fn check_name(name: &[u8]) -> Result<()> {
    let reason = match name {
        b"" => "it is empty",
        b"." => "it stands for the group itself",
        _ if name.contains(&b'/') => "it contains a slash",
        _ if name.contains(&0) => "it contains a NUL",
        _ => return Ok(()),
    };
    Err(Error::usage(format!("\"{}\" cannot name a link: {reason}", name.escape_ascii())))
}

/// When the group's links move between the header and a heap.
fn phase_change(store: &Store, header: &Header) -> Result<PhaseChange> {
    let info = header.find::<GroupInfo>(store)?;
    Ok(info.and_then(|info| info.phase_change).unwrap_or_default())
}

#[cold]
fn not_found(name: &[u8]) -> Error {
    Error::not_found(format!("there is no link called \"{}\"", String::from_utf8_lossy(name)))
}
