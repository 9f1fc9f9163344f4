//! Creating groups, and telling what kind of object a header belongs to.

use crate::format::message::Message;
use crate::format::message::dataspace::Dataspace;
use crate::format::message::datatype::Datatype;
use crate::format::message::dense_info::LinkInfo;
use crate::format::message::group::{GroupInfo, PhaseChange};
use crate::object::header::{self, Header, HeaderOptions, flags};
use crate::object::{CreationOrder, links};
use crate::store::Store;
use crate::{Error, Result};

/// The kinds of object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Kind {
    Group,
    Dataset,
    NamedDatatype,
}

/// What kind of object is at `address`.
pub(crate) fn kind(store: &Store, address: u64) -> Result<Kind> {
    kind_of(&*header::load(store, address)?)
}

/// What kind of object has this header.
pub(crate) fn kind_of(header: &Header) -> Result<Kind> {
    if links::is_group(header) {
        Ok(Kind::Group)
    } else if header.has::<Datatype>() {
        Ok(if header.has::<Dataspace>() { Kind::Dataset } else { Kind::NamedDatatype })
    } else {
        Err(Error::format("the object is neither group nor dataset nor datatype").at(header.address()))
    }
}

/// How a new group keeps its links.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct GroupOptions {
    pub(crate) header: HeaderOptions,
    pub(crate) link_order: CreationOrder,
    /// When links move between the header and a heap, if not as usual.
    pub(crate) link_phase_change: Option<PhaseChange>,
}

/// Bytes for links that a new group's header keeps free: four with names of eight letters, as the
/// C library estimates.
const LINK_RESERVE: usize = 4 * 23;

/// Creates an empty group, to which one link will lead; returns its address.
pub(crate) fn create_group(store: &mut Store, options: &GroupOptions) -> Result<u64> {
    let info = LinkInfo::empty(options.link_order.is_tracked(), options.link_order.is_indexed());
    let group_info = GroupInfo { phase_change: options.link_phase_change, estimate: None };
    let widths = store.widths();
    let messages = vec![
        Message::new(&info, widths)?,
        Message { flags: flags::CONSTANT, ..Message::new(&group_info, widths)? },
    ];
    let mut options = options.header;
    if options.reserve == 0 {
        options.reserve = LINK_RESERVE;
    }
    header::create(store, messages, &options)
}
