//! Stores for the tests of this layer.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use crate::format::Widths;
use crate::format::message::attribute::Attribute;
use crate::format::message::dataspace::Dataspace;
use crate::format::message::datatype::{ByteOrder, CharacterSet, Datatype};
use crate::format::message::shared::MaybeShared;
use crate::format::superblock::Superblock;
use crate::object::path::{self, Resolved};
use crate::store::Store;

/// A store over a copy of a fixture with 8-byte widths and no user block, and its root group.
pub(crate) fn fixture(name: &str) -> (Store, u64) {
    let bytes = std::fs::read(format!("testdata/fixtures/{name}.h5")).unwrap();
    let superblock: Superblock = crate::format::testing::decode(&bytes, &(), Widths::default()).unwrap();
    (Store::over_memory(bytes), superblock.root().get().unwrap())
}

/// The object at an absolute path.
pub(crate) fn object(store: &Store, root: u64, path: &str) -> u64 {
    match path::resolve(store, root, root, path.as_bytes()).unwrap() {
        Resolved::Object(address) => address,
        external => panic!("{path} leads to {external:?}"),
    }
}

/// A scalar attribute.
pub(crate) fn number(name: &str, value: i32) -> Attribute {
    Attribute {
        version: 3,
        name: name.as_bytes().to_vec(),
        charset: CharacterSet::Ascii,
        datatype: MaybeShared::Here(Datatype::integer(4, true, ByteOrder::Little)),
        dataspace: MaybeShared::Here(Dataspace::scalar()),
        data: value.to_le_bytes().to_vec(),
    }
}
