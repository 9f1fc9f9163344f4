//! Group info (0x000A) and symbol table (0x0011) messages. Specification IV.A.2.k and IV.A.2.r.

use super::MessageBody;
use crate::Result;
use crate::format::{Address, Reader, Structure, Writer};

/// What does not change about a new-style group.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct GroupInfo {
    /// When links move between header and heap, where that is not as usual.
    pub(crate) phase_change: Option<PhaseChange>,
    /// How many links are expected, where that is not as usual.
    pub(crate) estimate: Option<LinkEstimate>,
}

/// When links or attributes move between the object header and a fractal heap.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PhaseChange {
    /// The most that are kept in the header.
    pub(crate) max_compact: u16,
    /// The fewest that are kept in the heap.
    pub(crate) min_dense: u16,
}

impl Default for PhaseChange {
    fn default() -> Self {
        Self { max_compact: 8, min_dense: 6 }
    }
}

/// For how many links a new group's header has room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct LinkEstimate {
    pub(crate) links: u16,
    pub(crate) name_length: u16,
}

impl Default for LinkEstimate {
    fn default() -> Self {
        Self { links: 4, name_length: 8 }
    }
}

const HAS_PHASE_CHANGE: u8 = 0x01;
const HAS_ESTIMATE: u8 = 0x02;

impl Structure for GroupInfo {
    const NAME: &'static str = "Group info message";
    type Context = ();

    fn decode(r: &mut Reader<'_>, (): &()) -> Result<Self> {
        let version = r.u8()?;
        if version != 0 {
            return Err(r.unsupported("version", format!("version {version}")));
        }
        let flags = r.flags(HAS_PHASE_CHANGE | HAS_ESTIMATE)?;
        let mut info = Self::default();
        if flags & HAS_PHASE_CHANGE != 0 {
            info.phase_change = Some(PhaseChange { max_compact: r.u16()?, min_dense: r.u16()? });
        }
        if flags & HAS_ESTIMATE != 0 {
            info.estimate = Some(LinkEstimate { links: r.u16()?, name_length: r.u16()? });
        }
        Ok(info)
    }

    fn encode(&self, w: &mut Writer, (): &()) {
        let phase_change = if self.phase_change.is_some() { HAS_PHASE_CHANGE } else { 0 };
        let estimate = if self.estimate.is_some() { HAS_ESTIMATE } else { 0 };
        w.u8(0);
        w.u8(phase_change | estimate);
        if let Some(PhaseChange { max_compact, min_dense }) = self.phase_change {
            w.u16(max_compact);
            w.u16(min_dense);
        }
        if let Some(LinkEstimate { links, name_length }) = self.estimate {
            w.u16(links);
            w.u16(name_length);
        }
    }
}

impl MessageBody for GroupInfo {
    const TYPE: u16 = 0x000A;
}

on_disk! {
    /// Where the links of an old-style group are. Specification IV.A.2.r.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub(crate) struct SymbolTable as "Symbol table message" {
        /// The version 1 B-tree.
        pub(crate) btree: Address,
        /// The local heap of the names.
        pub(crate) heap: Address,
    }
}

impl MessageBody for SymbolTable {
    const TYPE: u16 = 0x0011;
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]
    use super::*;
    use crate::format::testing::{addresses, structure_tests};
    use proptest::prelude::*;

    structure_tests! {
        group_info: GroupInfo, context = (),
        values = any::<(Option<(u16, u16)>, Option<(u16, u16)>)>().prop_map(|(phase, estimate)| GroupInfo {
            phase_change: phase.map(|(max_compact, min_dense)| PhaseChange { max_compact, min_dense }),
            estimate: estimate.map(|(links, name_length)| LinkEstimate { links, name_length }),
        }),
        real = ["0000", "0000000000000000", "00030c000a000a001400"], checksum = false
    }

    structure_tests! {
        symbol_table: SymbolTable, context = (),
        values = (addresses(), addresses()).prop_map(|(btree, heap)| SymbolTable { btree, heap }),
        real = ["8800000000000000a802000000000000"], checksum = false
    }
}
