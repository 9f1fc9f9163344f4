//! Link message (0x0006). Specification IV.A.2.g.

use super::datatype::CharacterSet;

/// A link of a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Link {
    /// The name, as stored; a name that is not UTF-8 is kept.
    pub(crate) name: Vec<u8>,
    pub(crate) charset: CharacterSet,
    /// Position in the order of creation, where the group tracks it.
    pub(crate) creation_order: Option<u64>,
    pub(crate) target: LinkTarget,
}

/// What a link leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum LinkTarget {
    /// An object of this file: the address of its header.
    Hard(u64),
    /// A path in this file.
    Soft(Vec<u8>),
    /// A path in another file.
    External {
        /// Bits 4 to 7 the version, the rest flags; both 0 so far.
        flags: u8,
        file: Vec<u8>,
        path: Vec<u8>,
    },
    /// A link class of the user's, 65 to 255 (64 is `External`), with its data.
    User { class: u8, data: Vec<u8> },
}
