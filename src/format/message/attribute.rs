//! Attribute message (0x000C), versions 1 to 3. Specification IV.A.2.m.

use super::dataspace::Dataspace;
use super::datatype::{CharacterSet, Datatype};

/// An attribute: a small named dataset in an object's header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Attribute {
    /// Message version, 1 to 3.
    pub(crate) version: u8,
    /// The name, as stored; a name that is not UTF-8 is kept.
    pub(crate) name: Vec<u8>,
    pub(crate) charset: CharacterSet,
    pub(crate) datatype: MaybeShared<Datatype>,
    pub(crate) dataspace: MaybeShared<Dataspace>,
    /// The raw data.
    pub(crate) data: Vec<u8>,
}

/// A message that is here, or a pointer to where it is shared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum MaybeShared<T> {
    Here(T),
    /// The bytes of a shared message (Specification IV.A.2 "Shared Message").
    Shared(Vec<u8>),
}
