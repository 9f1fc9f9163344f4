//! The superblock, versions 0 to 3. Specification II.A.

use super::fields::{Field, Reserved};
use super::symbol_table_node::SymbolTableEntry;
use super::{Address, Reader, Structure, Widths, Writer};
use crate::Result;

/// The first eight bytes of every HDF5 file (after a user block).
pub(crate) const FORMAT_SIGNATURE: [u8; 8] = *b"\x89HDF\r\n\x1a\n";

/// Where the file's other structures are, and how wide its addresses and lengths are.
///
/// It states the widths that it itself uses; those of the reader and writer do not matter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Superblock {
    pub(crate) widths: Widths,
    /// File consistency flags; see the constants.
    pub(crate) flags: u32,
    /// Where address 0 of this file is in the storage, as the file says.
    pub(crate) base: u64,
    /// The end-of-file address.
    pub(crate) end: u64,
    pub(crate) revision: Revision,
}

/// What differs between versions 0 and 1, and 2 and 3.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Revision {
    /// Versions 0 and 1.
    Old(OldSuperblock),
    /// Versions 2 and 3.
    New {
        /// 2 or 3.
        version: u8,
        /// The superblock extension, an object header.
        extension: Address,
        /// The root group's object header.
        root: Address,
    },
}

/// The fields that only versions 0 and 1 have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OldSuperblock {
    /// Half the capacity of a symbol-table node.
    pub(crate) group_leaf_k: u16,
    /// Half the capacity of a group's B-tree node.
    pub(crate) group_internal_k: u16,
    /// Half the capacity of a chunk B-tree's node, which version 1 states; version 0 means 32.
    pub(crate) chunk_internal_k: Option<u16>,
    /// The global free-space index; always undefined.
    pub(crate) free_space: Address,
    /// The driver information block.
    pub(crate) driver_info: Address,
    pub(crate) root: SymbolTableEntry,
    pub(crate) reserved: (Reserved<1>, Reserved<1>, Reserved<2>),
}

impl Superblock {
    /// Flag: the file is open for writing, or was not closed.
    pub(crate) const OPEN_FOR_WRITING: u32 = 0x01;
    /// Flag: the file is open for single-writer/multiple-reader access.
    pub(crate) const OPEN_FOR_SWMR: u32 = 0x04;
    /// These two, and one that says that the file was closed.
    const KNOWN_FLAGS: u32 = 0x07;
    /// Half the capacity of a chunk B-tree's node where no message and no field states it.
    pub(crate) const DEFAULT_CHUNK_K: u16 = 32;
    /// No superblock is longer: version 1 with 8-byte widths.
    pub(crate) const MAX_LEN: usize = 100;

    /// 0 to 3.
    pub(crate) fn version(&self) -> u8 {
        match &self.revision {
            Revision::Old(old) => u8::from(old.chunk_internal_k.is_some()),
            Revision::New { version, .. } => *version,
        }
    }

    /// The address of the root group's object header.
    pub(crate) fn root(&self) -> Address {
        match &self.revision {
            Revision::Old(old) => old.root.header,
            Revision::New { root, .. } => *root,
        }
    }

    /// The address of the superblock extension, an object header.
    pub(crate) fn extension(&self) -> Address {
        match &self.revision {
            Revision::Old(_) => Address::UNDEFINED,
            Revision::New { extension, .. } => *extension,
        }
    }
}

impl Structure for Superblock {
    const NAME: &'static str = "Superblock";
    type Context = ();

    fn size_hint((): &(), _: Widths) -> usize {
        Self::MAX_LEN
    }

    fn decode(r: &mut Reader<'_>, (): &()) -> Result<Self> {
        if r.array()? != FORMAT_SIGNATURE {
            return Err(r.error("signature", "this is not an HDF5 file"));
        }
        match r.u8()? {
            version @ 0..=1 => decode_old(r, version),
            version @ 2..=3 => decode_new(r, version),
            version => Err(r.unsupported("version", format!("superblock version {version}"))),
        }
    }

    fn encode(&self, w: &mut Writer, (): &()) {
        w.set_widths(self.widths);
        w.bytes(&FORMAT_SIGNATURE);
        w.u8(self.version());
        match &self.revision {
            Revision::Old(old) => encode_old(self, old, w),
            Revision::New { extension, root, .. } => {
                w.u8(self.widths.offset);
                w.u8(self.widths.length);
                w.uint(u64::from(self.flags), 1, "file consistency flags");
                w.file_address(Address::new(self.base));
                w.file_address(*extension);
                w.file_address(Address::new(self.end));
                w.file_address(*root);
                w.checksum();
            }
        }
    }
}

fn decode_widths(r: &mut Reader<'_>) -> Result<Widths> {
    let widths = Widths { offset: r.u8()?, length: r.u8()? };
    for (width, field) in [(widths.offset, "size of offsets"), (widths.length, "size of lengths")] {
        match width {
            2 | 4 | 8 => {}
            16 | 32 => return Err(r.unsupported(field, format!("{width} bytes"))),
            _ => return Err(r.error(field, format!("{width} bytes"))),
        }
    }
    r.set_widths(widths);
    Ok(widths)
}

fn check_flags(r: &Reader<'_>, flags: u32) -> Result<()> {
    if flags & !Superblock::KNOWN_FLAGS == 0 {
        return Ok(());
    }
    Err(r.error("file consistency flags", format!("the flags are {flags:#x}")))
}

fn decode_old(r: &mut Reader<'_>, version: u8) -> Result<Superblock> {
    for field in ["version of the free-space index", "version of the root symbol table"] {
        match r.u8()? {
            0 => {}
            other => return Err(r.unsupported(field, format!("version {other}"))),
        }
    }
    let reserved_1 = Reserved::decode(r)?;
    match r.u8()? {
        0 => {}
        other => return Err(r.unsupported("version of shared headers", format!("version {other}"))),
    }
    let widths = decode_widths(r)?;
    let reserved_2 = Reserved::decode(r)?;
    let group_leaf_k = r.u16()?;
    let group_internal_k = r.u16()?;
    if group_leaf_k == 0 || group_internal_k == 0 {
        return Err(r.error("group node K", "a group node cannot be empty"));
    }
    let flags = r.u32()?;
    check_flags(r, flags)?;
    let (chunk_internal_k, reserved_3) = match version {
        0 => (None, Reserved::default()),
        _ => (Some(r.u16()?), Reserved::decode(r)?),
    };
    let base = r.file_address()?.require("base address")?;
    let free_space = r.file_address()?;
    if free_space.is_defined() {
        // It was never used, and in the C library it stands for the extension of later versions.
        return Err(r.error("address of the free-space index", "the address is defined"));
    }
    let end = r.file_address()?.require("end-of-file address")?;
    let driver_info = r.file_address()?;
    let root = SymbolTableEntry::decode(r)?;
    let revision = Revision::Old(OldSuperblock {
        group_leaf_k,
        group_internal_k,
        chunk_internal_k,
        free_space,
        driver_info,
        root,
        reserved: (reserved_1, reserved_2, reserved_3),
    });
    Ok(Superblock { widths, flags, base, end, revision })
}

fn decode_new(r: &mut Reader<'_>, version: u8) -> Result<Superblock> {
    let widths = decode_widths(r)?;
    let flags = u32::from(r.u8()?);
    check_flags(r, flags)?;
    let base = r.file_address()?.require("base address")?;
    let extension = r.file_address()?;
    let end = r.file_address()?.require("end-of-file address")?;
    let root = r.file_address()?;
    r.checksum()?;
    Ok(Superblock { widths, flags, base, end, revision: Revision::New { version, extension, root } })
}

fn encode_old(superblock: &Superblock, old: &OldSuperblock, w: &mut Writer) {
    let (reserved_1, reserved_2, reserved_3) = &old.reserved;
    w.u8(0);
    w.u8(0);
    reserved_1.encode(w);
    w.u8(0);
    w.u8(superblock.widths.offset);
    w.u8(superblock.widths.length);
    reserved_2.encode(w);
    w.u16(old.group_leaf_k);
    w.u16(old.group_internal_k);
    w.u32(superblock.flags);
    if let Some(k) = old.chunk_internal_k {
        w.u16(k);
        reserved_3.encode(w);
    }
    w.file_address(Address::new(superblock.base));
    w.file_address(old.free_space);
    w.file_address(Address::new(superblock.end));
    w.file_address(old.driver_info);
    old.root.encode(w);
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]
    use super::*;
    use crate::format::symbol_table_node::tests::entries;
    use crate::format::testing::{self, structure_tests};
    use proptest::prelude::*;

    fn superblocks() -> impl Strategy<Value = Superblock> {
        let address = || (0..60_000_u64).prop_map(Address::new);
        let new = (2_u8..=3, address(), address()).prop_map(|(version, extension, root)| Revision::New {
            version,
            extension,
            root,
        });
        let old = (1_u16.., 1_u16.., any::<Option<u16>>(), address(), entries()).prop_map(
            |(group_leaf_k, group_internal_k, chunk_internal_k, driver_info, root)| {
                Revision::Old(OldSuperblock {
                    group_leaf_k,
                    group_internal_k,
                    chunk_internal_k,
                    free_space: Address::UNDEFINED,
                    driver_info,
                    root,
                    reserved: Default::default(),
                })
            },
        );
        let widths = prop::sample::select(testing::all_widths().collect::<Vec<_>>());
        (widths, 0_u32..8, 0..60_000_u64, 0..60_000_u64, prop_oneof![old, new]).prop_map(
            |(widths, flags, base, end, revision)| Superblock { widths, flags, base, end, revision },
        )
    }

    structure_tests! {
        old: Superblock, context = (), values = superblocks(), real = [V0, V1], checksum = false
    }
    structure_tests! {
        new: Superblock, context = (), values = superblocks(), real = [V2, V3], checksum = true
    }

    /// From superblock0.h5, superblock1.h5, superblock2.h5 and superblock3-v110.h5.
    const V0: &str = "\
        894844460d0a1a0a000000000008080004001000000000000000000000000000ffffffffffffffff70390000\
        00000000ffffffffffffffff0000000000000000600000000000000001000000000000008800000000000000\
        a802000000000000";
    const V1: &str = "\
        894844460d0a1a0a01000000000808000200080000000000400000000000000000000000ffffffffffffffff\
        904a000000000000ffffffffffffffff0000000000000000640000000000000001000000000000008c000000\
        00000000ac01000000000000";
    const V2: &str = "\
        894844460d0a1a0a020808000000000000000000ffffffffffffffff70340000000000003000000000000000\
        dad1d1ee";
    const V3: &str = "\
        894844460d0a1a0a030808000000000000000000ffffffffffffffff00280000000000003000000000000000\
        c8d2e791";

    #[test]
    fn the_superblock_states_its_own_widths() {
        let bytes = std::fs::read("testdata/fixtures/sizes24-v18.h5").unwrap();
        let superblock: Superblock = testing::decode(&bytes, &(), Widths::default()).unwrap();
        assert_eq!(superblock.widths, Widths { offset: 2, length: 4 });
        assert_eq!(superblock.end, bytes.len() as u64);
        assert_eq!(superblock.version(), 2);
    }
}
