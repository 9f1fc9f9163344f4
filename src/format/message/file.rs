//! Messages of the superblock extension: shared message table (0x000F), B-tree 'K' values
//! (0x0013), driver info (0x0014), file space info (0x0017). Specification IV.A.2.p, t, u and x.

use super::MessageBody;
use crate::Result;
use crate::format::fields::{Length, Version};
use crate::format::{Address, Reader, Structure, Writer};

on_disk! {
    /// Where the file's shared messages are indexed. Specification IV.A.2.p.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub(crate) struct SharedMessageTable as "Shared message table message" {
        _version: Version<0>,
        /// The [master table](crate::format::shared_table::MasterTable).
        pub(crate) address: Address,
        /// Number of indexes in it.
        pub(crate) indexes: u8,
    }
}

impl MessageBody for SharedMessageTable {
    const TYPE: u16 = 0x000F;
}

on_disk! {
    /// How many entries version 1 B-trees and symbol-table nodes have: half the most that a node
    /// holds. Specification IV.A.2.t.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub(crate) struct BTreeK as "B-tree 'K' values message" {
        _version: Version<0>,
        /// Nodes of chunk B-trees.
        pub(crate) chunk: u16,
        /// Nodes of group B-trees.
        pub(crate) group_internal: u16,
        /// Symbol-table nodes.
        pub(crate) group_leaf: u16,
    }
}

#[cfg(test)]
impl BTreeK {
    pub(crate) fn new(chunk: u16, group_internal: u16, group_leaf: u16) -> Self {
        Self { _version: Version, chunk, group_internal, group_leaf }
    }
}

impl MessageBody for BTreeK {
    const TYPE: u16 = 0x0013;
}

/// What a file driver needs to open the file again. Specification IV.A.2.u.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DriverInfo {
    /// Which driver, in ASCII: "NCSAmult" or "NCSAfami".
    pub(crate) driver: [u8; 8],
    pub(crate) data: Vec<u8>,
}

impl Structure for DriverInfo {
    const NAME: &'static str = "Driver info message";
    type Context = ();

    fn decode(r: &mut Reader<'_>, (): &()) -> Result<Self> {
        let version = r.u8()?;
        if version != 0 {
            return Err(r.unsupported("version", format!("version {version}")));
        }
        let driver = r.array()?;
        let len = r.u16()?;
        Ok(Self { driver, data: r.bytes(len.into())?.to_vec() })
    }

    fn encode(&self, w: &mut Writer, (): &()) {
        w.u8(0);
        w.bytes(&self.driver);
        w.uint(self.data.len() as u64, 2, "driver information size");
        w.bytes(&self.data);
    }
}

impl MessageBody for DriverInfo {
    const TYPE: u16 = 0x0014;
}

/// How the file's space is managed. Specification IV.A.2.x.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FileSpaceInfo {
    /// Message version: 0 (HDF5 1.10.0 only) or 1.
    pub(crate) version: u8,
    pub(crate) strategy: FileSpaceStrategy,
    /// The smallest free section that is tracked.
    pub(crate) threshold: u64,
    /// Size of a page of the paged strategy. Version 0 does not store it.
    pub(crate) page_size: u64,
    /// The smallest free section at the end of a page that is tracked.
    pub(crate) page_end_threshold: u16,
    /// The end of the file before the free-space managers themselves were written.
    pub(crate) end_of_file: Address,
    /// If free space is kept when the file is closed: the headers of the free-space managers, for
    /// superblock, B-trees, raw data, global heaps, local heaps, object headers. Version 1 has a
    /// second six, for large pieces in the paged strategy. Else empty.
    pub(crate) managers: Vec<Address>,
}

/// Who hands out space.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FileSpaceStrategy {
    /// Free-space managers, then aggregators.
    Aggregate,
    /// Free-space managers over pages of one size.
    Page,
    /// Aggregators only.
    AggregateOnly,
    /// The end of the file only.
    None,
}

const V0_MANAGERS: usize = 6;
const V1_MANAGERS: usize = 12;
const DEFAULT_PAGE_SIZE: u64 = 4096;

impl FileSpaceInfo {
    /// Whether free space is kept when the file is closed.
    pub(crate) fn persists(&self) -> bool {
        !self.managers.is_empty()
    }
}

impl Structure for FileSpaceInfo {
    const NAME: &'static str = "File space info message";
    type Context = ();

    fn decode(r: &mut Reader<'_>, (): &()) -> Result<Self> {
        match r.u8()? {
            0 => {
                let (strategy, managers) = match r.u8()? {
                    1 => (FileSpaceStrategy::Aggregate, V0_MANAGERS),
                    2 => (FileSpaceStrategy::Aggregate, 0),
                    3 => (FileSpaceStrategy::AggregateOnly, 0),
                    4 => (FileSpaceStrategy::None, 0),
                    code => return Err(r.unsupported("strategy", format!("strategy {code}"))),
                };
                Ok(Self {
                    version: 0,
                    strategy,
                    threshold: r.length()?,
                    page_size: DEFAULT_PAGE_SIZE,
                    page_end_threshold: 0,
                    end_of_file: Address::UNDEFINED,
                    managers: (0..managers).map(|_| r.file_address()).collect::<Result<_>>()?,
                })
            }
            1 => {
                let strategy = match r.u8()? {
                    0 => FileSpaceStrategy::Aggregate,
                    1 => FileSpaceStrategy::Page,
                    2 => FileSpaceStrategy::AggregateOnly,
                    3 => FileSpaceStrategy::None,
                    code => return Err(r.unsupported("strategy", format!("strategy {code}"))),
                };
                let managers = if r.u8()? == 0 { 0 } else { V1_MANAGERS };
                Ok(Self {
                    version: 1,
                    strategy,
                    threshold: r.length()?,
                    page_size: r.length()?,
                    page_end_threshold: r.u16()?,
                    end_of_file: r.file_address()?,
                    managers: (0..managers).map(|_| r.file_address()).collect::<Result<_>>()?,
                })
            }
            version => Err(r.unsupported("version", format!("version {version}"))),
        }
    }

    fn encode(&self, w: &mut Writer, (): &()) {
        let expected = if self.version == 0 { V0_MANAGERS } else { V1_MANAGERS };
        if self.persists() && self.managers.len() != expected {
            w.overflow("free-space manager addresses");
        }
        w.u8(self.version);
        if self.version == 0 {
            w.u8(match (self.strategy, self.persists()) {
                (FileSpaceStrategy::Aggregate, true) => 1,
                (FileSpaceStrategy::Aggregate, false) => 2,
                (FileSpaceStrategy::AggregateOnly, false) => 3,
                (FileSpaceStrategy::None, false) => 4,
                _ => return w.overflow("strategy"),
            });
            w.length(self.threshold);
        } else {
            w.u8(match self.strategy {
                FileSpaceStrategy::Aggregate => 0,
                FileSpaceStrategy::Page => 1,
                FileSpaceStrategy::AggregateOnly => 2,
                FileSpaceStrategy::None => 3,
            });
            w.u8(u8::from(self.persists()));
            w.length(self.threshold);
            w.length(self.page_size);
            w.u16(self.page_end_threshold);
            w.file_address(self.end_of_file);
        }
        self.managers.iter().for_each(|&address| w.file_address(address));
    }
}

impl MessageBody for FileSpaceInfo {
    const TYPE: u16 = 0x0017;
}

on_disk! {
    /// Where the metadata cache image is. Message 0x0018.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub(crate) struct CacheImageLocation as "Metadata cache image message" {
        pub(crate) _version: Version<0>,
        pub(crate) address: Address,
        pub(crate) length: Length,
    }
}

impl MessageBody for CacheImageLocation {
    const TYPE: u16 = 0x0018;
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]
    use super::*;
    use crate::format::testing::{addresses, structure_tests};
    use proptest::prelude::*;

    fn space_infos() -> impl Strategy<Value = FileSpaceInfo> {
        let numbers = (0..4_u8, 0..60_000_u64, any::<u32>(), any::<u16>());
        (any::<[bool; 2]>(), numbers, addresses(), prop::collection::vec(addresses(), 12)).prop_map(
            |([old, persists], (strategy, threshold, page_size, page_end_threshold), end, mut managers)| {
                let strategy = match strategy {
                    _ if old && persists => FileSpaceStrategy::Aggregate,
                    0 => FileSpaceStrategy::Aggregate,
                    1 if !old => FileSpaceStrategy::Page,
                    1 | 2 => FileSpaceStrategy::AggregateOnly,
                    _ => FileSpaceStrategy::None,
                };
                managers.truncate(if persists { if old { 6 } else { 12 } } else { 0 });
                FileSpaceInfo {
                    version: u8::from(!old),
                    strategy,
                    threshold,
                    page_size: if old { 4096 } else { page_size.into() },
                    page_end_threshold: if old { 0 } else { page_end_threshold },
                    end_of_file: if old { Address::UNDEFINED } else { end },
                    managers,
                }
            },
        )
    }

    structure_tests! {
        file_space_info: FileSpaceInfo, context = (), values = space_infos(),
        real = [
            "010200010000000000000000100000000000000000ffffffffffffffff",
            "010100010000000000000000100000000000000000ffffffffffffffff",
            "010001010000000000000000100000000000000000d23d000000000000 e406000000000000 ffffffffffffffff
             3631000000000000 ffffffffffffffff ffffffffffffffff ffffffffffffffff ffffffffffffffff
             ffffffffffffffff ffffffffffffffff ffffffffffffffff ffffffffffffffff ffffffffffffffff",
        ],
        checksum = false
    }

    structure_tests! {
        btree_k: BTreeK, context = (),
        values = any::<(u16, u16, u16)>().prop_map(|(chunk, internal, leaf)| BTreeK::new(chunk, internal, leaf)),
        real = ["00050008000200"], checksum = false
    }

    structure_tests! {
        shared_message_table: SharedMessageTable, context = (),
        values = (addresses(), any::<u8>())
            .prop_map(|(address, indexes)| SharedMessageTable { _version: Version, address, indexes }),
        real = ["00610000000000000002"], checksum = false
    }

    structure_tests! {
        driver_info: DriverInfo, context = (),
        values = (any::<[u8; 8]>(), prop::collection::vec(any::<u8>(), 0..40))
            .prop_map(|(driver, data)| DriverInfo { driver, data }),
        real = ["004e43534166616d6908000010000000000000"], checksum = false
    }
}
