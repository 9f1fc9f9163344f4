//! External data files message (0x0007). Specification IV.A.2.h.

use super::MessageBody;
use crate::Result;
use crate::format::fields::{Field, MaxLength};
use crate::format::{Address, Reader, Structure, Writer};

/// The files outside that hold a dataset's raw data, one piece after the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ExternalFiles {
    /// The local heap of the file names.
    pub(crate) heap: Address,
    pub(crate) slots: Vec<ExternalSlot>,
}

/// One piece of the raw data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ExternalSlot {
    /// Where in the heap the file's name is.
    pub(crate) name: u64,
    /// Where in the file the piece starts.
    pub(crate) offset: u64,
    /// Bytes reserved there; [`MaxLength::UNLIMITED`] is without bound.
    pub(crate) size: MaxLength,
}

impl Structure for ExternalFiles {
    const NAME: &'static str = "External data files message";
    type Context = ();

    fn decode(r: &mut Reader<'_>, (): &()) -> Result<Self> {
        let version = r.u8()?;
        if version != 1 {
            return Err(r.unsupported("version", format!("version {version}")));
        }
        r.skip(3)?;
        let (allocated, used) = (r.u16()?, r.u16()?);
        if used > allocated {
            return Err(r.error("used slots", "more slots are used than allocated"));
        }
        let heap = r.file_address()?;
        let slots = (0..used)
            .map(|_| Ok(ExternalSlot { name: r.length()?, offset: r.length()?, size: MaxLength::decode(r)? }))
            .collect::<Result<_>>()?;
        Ok(Self { heap, slots })
    }

    fn encode(&self, w: &mut Writer, (): &()) {
        let count = self.slots.len() as u64;
        w.u8(1);
        w.zeros(3);
        w.uint(count, 2, "allocated slots");
        w.uint(count, 2, "used slots");
        w.file_address(self.heap);
        for slot in &self.slots {
            w.length(slot.name);
            w.length(slot.offset);
            slot.size.encode(w);
        }
    }
}

impl MessageBody for ExternalFiles {
    const TYPE: u16 = 0x0007;
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]
    use super::*;
    use crate::format::testing::{addresses, structure_tests};
    use proptest::prelude::*;

    fn files() -> impl Strategy<Value = ExternalFiles> {
        let size = prop_oneof![Just(MaxLength::UNLIMITED), (0..60_000_u64).prop_map(MaxLength)];
        let slot = (0..60_000_u64, any::<u32>(), size);
        (addresses(), prop::collection::vec(slot, 0..4)).prop_map(|(heap, slots)| ExternalFiles {
            heap,
            slots: slots
                .into_iter()
                .map(|(name, offset, size)| ExternalSlot { name, offset: offset.into(), size })
                .collect(),
        })
    }

    structure_tests! {
        external_files: ExternalFiles, context = (), values = files(),
        real = [
            "0100000002000200bf01000000000000 0800000000000000 0000000000000000 5000000000000000
             1800000000000000 0400000000000000 5000000000000000",
            "01000000010001001303000000000000 0800000000000000 0800000000000000 ffffffffffffffff",
        ],
        checksum = false
    }
}
