//! The pointer that stands in place of a message which is shared. Specification IV.A.2,
//! "Shared Message"; notes: format-spec-notes/messages.md.

use crate::Result;
use crate::format::{Address, Reader, Structure, Writer};

/// A message that is here, or a pointer to where it is shared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum MaybeShared<T> {
    Here(T),
    Shared(SharedPointer),
}

impl<T: Structure<Context = ()>> MaybeShared<T> {
    /// Decodes either, as a flag elsewhere says.
    pub(crate) fn decode(r: &mut Reader<'_>, shared: bool) -> Result<Self> {
        if shared {
            SharedPointer::decode(r, &()).map(Self::Shared)
        } else {
            T::decode(r, &()).map(Self::Here)
        }
    }

    /// The bytes of either; what does not fit is reported to `w`, which is otherwise unchanged.
    pub(crate) fn to_bytes(&self, w: &mut Writer) -> Vec<u8> {
        match self {
            Self::Here(value) => w.nested_bytes(value, &()),
            Self::Shared(pointer) => w.nested_bytes(pointer, &()),
        }
    }
}

/// Where a shared message is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SharedPointer {
    /// Version, 1 to 3.
    pub(crate) version: u8,
    pub(crate) target: SharedTarget,
}

/// The places of shared messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SharedTarget {
    /// In the header of a committed datatype at this address.
    Header(u64),
    /// In the fractal heap of the file's shared messages, with this heap ID (version 3 only).
    Heap([u8; 8]),
}

impl SharedPointer {
    /// A pointer to a committed datatype, as the C library writes it.
    #[cfg(test)]
    pub(crate) fn to_header(address: u64) -> Self {
        Self { version: 2, target: SharedTarget::Header(address) }
    }

    /// The address of the committed datatype's header.
    pub(crate) fn header(&self) -> Option<u64> {
        match self.target {
            SharedTarget::Header(address) => Some(address),
            SharedTarget::Heap(_) => None,
        }
    }
}

const IN_HEAP: u8 = 1;
const COMMITTED: u8 = 2;

impl Structure for SharedPointer {
    const NAME: &'static str = "Shared message";
    type Context = ();

    fn decode(r: &mut Reader<'_>, (): &()) -> Result<Self> {
        let version = r.u8()?;
        let kind = r.u8()?;
        let target = match (version, kind) {
            (1, _) => {
                // What was a symbol-table entry: a name offset (a length), then the address.
                r.skip(6)?;
                r.length()?;
                SharedTarget::Header(r.file_address()?.require(Self::NAME)?)
            }
            (3, IN_HEAP) => SharedTarget::Heap(r.array()?),
            (2, _) | (3, COMMITTED) => SharedTarget::Header(r.file_address()?.require(Self::NAME)?),
            (3, _) => return Err(r.unsupported("type", format!("shared message type {kind}"))),
            _ => return Err(r.unsupported("version", format!("version {version}"))),
        };
        Ok(Self { version, target })
    }

    fn encode(&self, w: &mut Writer, (): &()) {
        w.u8(self.version);
        match (self.version, self.target) {
            (1, SharedTarget::Header(address)) => {
                w.zeros(7);
                w.length(0);
                w.file_address(Address::new(address));
            }
            (_, SharedTarget::Header(address)) => {
                w.u8(COMMITTED);
                w.file_address(Address::new(address));
            }
            (_, SharedTarget::Heap(id)) => {
                if self.version < 3 {
                    w.overflow("type");
                }
                w.u8(IN_HEAP);
                w.bytes(&id);
            }
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]
    use super::*;
    use crate::format::testing::structure_tests;
    use proptest::prelude::*;

    /// Any pointer.
    pub(crate) fn pointers() -> impl Strategy<Value = SharedPointer> {
        prop_oneof![
            (1..=3_u8, prop_oneof![0..60_000_u64, 0..u64::MAX]).prop_map(|(version, address)| {
                SharedPointer { version, target: SharedTarget::Header(address) }
            }),
            any::<[u8; 8]>().prop_map(|id| SharedPointer { version: 3, target: SharedTarget::Heap(id) }),
        ]
    }

    structure_tests! {
        shared_pointer: SharedPointer, context = (), values = pointers(),
        real = ["0202732c000000000000", "03010044000000002e00"], checksum = false
    }
}
