//! Link info (0x0002) and attribute info (0x0015) messages: where the links or attributes are
//! that are not in the header itself. Specification IV.A.2.c and IV.A.2.v.

use super::MessageBody;
use crate::Result;
use crate::format::fields::Field;
use crate::format::{Address, Reader, Structure, Writer};

/// The two messages have one layout; they differ in the width of the creation index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct DenseInfo<I> {
    /// The creation index of the next link or attribute, if creation order is tracked.
    pub(crate) next_creation: Option<I>,
    /// The fractal heap of what is stored densely; undefined if nothing is.
    pub(crate) heap: Address,
    /// The version 2 B-tree that finds by name; undefined if nothing is stored densely.
    pub(crate) name_index: Address,
    /// The version 2 B-tree in creation order. `Some` if creation order is indexed, and then
    /// undefined if nothing is stored densely.
    pub(crate) order_index: Option<Address>,
}

/// Where a group's links are.
pub(crate) type LinkInfo = DenseInfo<u64>;

/// Where an object's attributes are.
pub(crate) type AttributeInfo = DenseInfo<u16>;

/// The creation index of one of the two messages.
pub(crate) trait CreationIndex: Field + Copy + Default + Send + Sync + 'static {
    const NAME: &'static str;
    const TYPE: u16;
}

impl CreationIndex for u64 {
    const NAME: &'static str = "Link info message";
    const TYPE: u16 = 0x0002;
}

impl CreationIndex for u16 {
    const NAME: &'static str = "Attribute info message";
    const TYPE: u16 = 0x0015;
}

const TRACKED: u8 = 0x01;
const INDEXED: u8 = 0x02;

impl<I: CreationIndex> DenseInfo<I> {
    /// Nothing stored densely yet.
    pub(crate) fn empty(tracked: bool, indexed: bool) -> Self {
        Self {
            next_creation: tracked.then(I::default),
            heap: Address::UNDEFINED,
            name_index: Address::UNDEFINED,
            order_index: indexed.then_some(Address::UNDEFINED),
        }
    }
}

impl<I: CreationIndex> Structure for DenseInfo<I> {
    const NAME: &'static str = I::NAME;
    type Context = ();

    fn decode(r: &mut Reader<'_>, (): &()) -> Result<Self> {
        let version = r.u8()?;
        if version != 0 {
            return Err(r.unsupported("version", format!("version {version}")));
        }
        let flags = r.flags(TRACKED | INDEXED)?;
        Ok(Self {
            next_creation: if flags & TRACKED != 0 { Some(I::decode(r)?) } else { None },
            heap: r.file_address()?,
            name_index: r.file_address()?,
            order_index: if flags & INDEXED != 0 { Some(r.file_address()?) } else { None },
        })
    }

    fn encode(&self, w: &mut Writer, (): &()) {
        let tracked = if self.next_creation.is_some() { TRACKED } else { 0 };
        let indexed = if self.order_index.is_some() { INDEXED } else { 0 };
        w.u8(0);
        w.u8(tracked | indexed);
        if let Some(next) = &self.next_creation {
            next.encode(w);
        }
        w.file_address(self.heap);
        w.file_address(self.name_index);
        if let Some(address) = self.order_index {
            w.file_address(address);
        }
    }
}

impl<I: CreationIndex> MessageBody for DenseInfo<I> {
    const TYPE: u16 = I::TYPE;
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]
    use super::*;
    use crate::format::testing::{addresses, structure_tests};
    use proptest::prelude::*;

    fn infos<I: CreationIndex + Arbitrary>() -> impl Strategy<Value = DenseInfo<I>> {
        (any::<Option<I>>(), addresses(), addresses(), prop::option::of(addresses())).prop_map(
            |(next_creation, heap, name_index, order_index)| DenseInfo {
                next_creation,
                heap,
                name_index,
                order_index,
            },
        )
    }

    structure_tests! {
        link_info: LinkInfo, context = (), values = infos(),
        real = [
            "000024130000000000007b07000000000000",
            "0000a0440000000000003245000000000000000000000000",
            "00030100000000000000ffffffffffffffffffffffffffffffffffffffffffffffff",
        ],
        checksum = false
    }

    structure_tests! {
        attribute_info: AttributeInfo, context = (), values = infos(),
        real = [
            "00030100ffffffffffffffffffffffffffffffffffffffffffffffff",
            "0000ffffffffffffffffffffffffffffffff",
            "00010200ffffffffffffffffffffffffffffffff",
        ],
        checksum = false
    }
}
