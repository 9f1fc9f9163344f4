//! The messages of object headers, one file each.

pub(crate) mod attribute;
pub(crate) mod dataspace;
pub(crate) mod datatype;
pub(crate) mod dense_info;
pub(crate) mod external_files;
pub(crate) mod file;
pub(crate) mod fill_value;
pub(crate) mod filter_pipeline;
pub(crate) mod group;
pub(crate) mod layout;
pub(crate) mod link;
pub(crate) mod object;
pub(crate) mod shared;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use crate::Result;
use crate::format::Structure;

/// A structure that is the body of an object-header message.
pub(crate) trait MessageBody: Structure<Context = ()> {
    /// The message type number of the specification.
    const TYPE: u16;
}

/// One message of an object header, its body as the bytes of the file, so that what is not
/// known is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Message {
    /// The message type number.
    pub(crate) kind: u16,
    /// Bit 0 constant, 1 shared, 2 do not share, 3 fail if unknown and writing, 4 mark if unknown,
    /// 5 was marked, 6 shareable, 7 always fail if unknown.
    pub(crate) flags: u8,
    /// Creation index, in version 2 headers that track attribute creation order.
    pub(crate) creation_index: Option<u16>,
    /// The body, without padding that is no part of it where that is known. Headers are copied
    /// whenever they change, their bodies are not.
    pub(crate) body: Arc<[u8]>,
}

impl Message {
    /// The flag of a message that someone did not know who changed the object.
    pub(crate) const WAS_UNKNOWN: u8 = 0x20;

    /// Whether the message may be out of date, since the object was changed without it.
    pub(crate) fn was_unknown(&self) -> bool {
        self.flags & Self::WAS_UNKNOWN != 0
    }

    /// A message with no flags.
    pub(crate) fn new<T: MessageBody>(body: &T, widths: crate::format::Widths) -> Result<Self> {
        let body = crate::format::encode(body, &(), widths)?.into();
        Ok(Self { kind: T::TYPE, flags: 0, creation_index: None, body })
    }

    /// Whether the body is a pointer to where the message is shared.
    pub(crate) fn is_shared(&self) -> bool {
        self.flags & 0x02 != 0
    }
}
