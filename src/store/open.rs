//! Opening and creating: the superblock, and what an interrupted commit has left.

use std::sync::Arc;

use super::cache::Cache;
use super::commit::Durability;
use super::overlay::Overlay;
use super::raw::Home;
use super::record::Record;
use super::space::SpaceManager;
use super::{Rank, Store};
use crate::format::driver_info::{self, DriverBlock, family_member_size};
use crate::format::superblock::{FORMAT_SIGNATURE, Revision, Superblock};
use crate::format::{Address, Reader, Structure, Widths, encode};
use crate::storage::{ReadAt, SyncMode, WriteAt};
use crate::{Error, Limits, Result};

/// How a file is used, be it new or not.
#[derive(Debug, Clone)]
pub(crate) struct OpenOptions {
    pub(crate) limits: Limits,
    pub(crate) durability: Durability,
    /// Objects of at least so many bytes start at multiples of so many.
    pub(crate) alignment: (u64, u64),
    pub(crate) members: Members,
}

/// Of what the storage is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Members {
    #[default]
    One,
    /// Members of one size in bytes.
    Family(u64),
    /// Members for ranges of addresses.
    Multi,
    /// Whatever the file says, which is to be found out.
    Any,
}

impl Members {
    /// An error if the file was made by a driver for another kind, or for members of another size.
    pub(crate) fn check(self, driver: [u8; 8], data: &[u8]) -> Result<()> {
        let message = match (driver, self) {
            (driver_info::FAMILY, Self::Family(size)) => match family_member_size(data) {
                Some(told) if told != size => {
                    return Err(Error::usage(format!(
                        "the members of the family have {told} bytes, not {size}"
                    )));
                }
                _ => return Ok(()),
            },
            (_, Self::Any) => return Ok(()),
            (driver_info::FAMILY, Self::One | Self::Multi) => "the file is one of a family",
            (driver_info::MULTI, Self::One | Self::Family(_)) => "the file has parts in several files",
            _ => return Ok(()),
        };
        Err(Error::unsupported(message).in_structure(Superblock::NAME))
    }
}

/// The superblock and a driver information block of any sensible length.
const MAX_DRIVER_BLOCK: u64 = 1 << 16;

impl Default for OpenOptions {
    fn default() -> Self {
        Self {
            limits: Limits::default(),
            durability: Durability::default(),
            alignment: (1, 1),
            members: Members::One,
        }
    }
}

/// What a new file is like.
#[derive(Debug, Clone)]
pub(crate) struct CreateOptions {
    /// Bytes before the HDF5 data that are the user's: 0, or a power of two from 512.
    pub(crate) userblock: u64,
    pub(crate) widths: Widths,
    /// The superblock's version: 2, or 3 for what HDF5 1.10 and later read.
    pub(crate) superblock: u8,
}

impl Default for CreateOptions {
    fn default() -> Self {
        Self { userblock: 0, widths: Widths::default(), superblock: 3 }
    }
}

/// A superblock as it is in the file, and where that is.
struct Found {
    superblock: Superblock,
    bytes: Vec<u8>,
    /// The end-of-file address, relative to the base address.
    end: u64,
}

impl Store {
    /// Opens a file for reading.
    pub(crate) fn open(reader: Arc<dyn ReadAt>, options: &OpenOptions) -> Result<Self> {
        let base = find_signature(&*reader)?;
        Self::open_home(Home::new(reader, None, base)?, base, options)
    }

    /// Opens a file for reading and writing.
    pub(crate) fn open_rw(writer: Arc<dyn WriteAt>, options: &OpenOptions) -> Result<Self> {
        let base = find_signature(&writer)?;
        let home = Home::new(writer.clone(), Some(writer), base)?;
        let store = Self::open_home(home, base, options)?;
        let busy = Superblock::OPEN_FOR_WRITING | Superblock::OPEN_FOR_SWMR;
        match &store.superblock {
            Some(superblock) if superblock.version() >= 3 && superblock.flags & busy != 0 => {
                Err(Error::usage(
                    "the file is marked as open for writing: close it there, or clear the mark (h5clear -s) \
                     if its writer has died",
                ))
            }
            _ => Ok(store),
        }
    }

    fn open_home(home: Home, base: u64, options: &OpenOptions) -> Result<Self> {
        let mut found = Found::read(&home, base, options.members)?;
        let record = Record::find(&home, base, found.end, options.limits.metadata_block)?;
        let mut overlay = Overlay::new(found.superblock.widths);
        if let Some(record) = record {
            if home.writable() {
                replay(&home, &record, base, found.end)?;
            } else {
                for anchor in record.anchors {
                    let address = anchor.offset.saturating_sub(base);
                    overlay.write(address, anchor.bytes, Rank::Linked, false)?;
                }
            }
            found = Found::through(&home, &overlay, base, options.members)?;
        }
        let Found { superblock, bytes, end, .. } = found;
        home.set_end(end);
        let widths = superblock.widths;
        let floor = bytes.len() as u64;
        let mut store = Self {
            base,
            widths,
            limits: options.limits,
            durability: options.durability,
            overlay,
            cache: Cache::new(options.limits.metadata_cache),
            space: SpaceManager::new(floor, end, base, widths.offset, options.alignment),
            tail: home.writable() && home.stored() > end,
            home: Arc::new(home),
            superblock: Some(superblock),
            stored_superblock: Some(bytes),
            persisted: None,
            image: None,
            scratch: super::scratch::Scratch::default(),
            deletions: super::deleted::Deletions::default(),
            changes: 0,
            poisoned: false,
        };
        store.check_extension(options.members)?;
        Ok(store)
    }

    /// Makes a new file in `writer`, whatever it held; it becomes an HDF5 file with the first commit,
    /// before which [`set_root`](Self::set_root) must be called.
    pub(crate) fn create(
        writer: Arc<dyn WriteAt>,
        create: &CreateOptions,
        options: &OpenOptions,
    ) -> Result<Self> {
        let base = create.userblock;
        if base != 0 && (base < 512 || !base.is_power_of_two()) {
            return Err(Error::usage("the user block's size is 0, or a power of two from 512"));
        }
        let (threshold, alignment) = options.alignment;
        let superblock = Superblock {
            widths: create.widths,
            flags: 0,
            base,
            end: base,
            revision: Revision::New {
                version: create.superblock,
                extension: Address::UNDEFINED,
                root: Address::UNDEFINED,
            },
        };
        let floor = encode(&superblock, &(), create.widths)?.len() as u64;
        if !writer.is_empty()? {
            writer.set_len(0)?;
        }
        let home = Home::new(writer.clone(), Some(writer), base)?;
        home.set_end(floor);
        Ok(Self {
            base,
            widths: create.widths,
            limits: options.limits,
            durability: options.durability,
            overlay: Overlay::new(create.widths),
            cache: Cache::new(options.limits.metadata_cache),
            space: SpaceManager::new(floor, floor, base, create.widths.offset, (threshold, alignment)),
            tail: false,
            home: Arc::new(home),
            superblock: Some(superblock),
            stored_superblock: None,
            persisted: None,
            image: None,
            scratch: super::scratch::Scratch::default(),
            deletions: super::deleted::Deletions::default(),
            changes: 0,
            poisoned: false,
        })
    }
}

/// Where the superblock is: at 0, or at a power of two from 512.
fn find_signature(reader: &dyn ReadAt) -> Result<u64> {
    // The superblock is in the first of several files, if there is more than one.
    let len = reader.parts()?.first().map_or(0, |part| part.end);
    let mut offset = 0;
    let mut first = [0; 8];
    while len.saturating_sub(offset) >= FORMAT_SIGNATURE.len() as u64 {
        let mut found = [0; 8];
        reader.read_at(offset, &mut found)?;
        if found == FORMAT_SIGNATURE {
            return Ok(offset);
        }
        if offset == 0 {
            first = found;
        }
        offset = offset.saturating_mul(2).max(512);
    }
    Err(Error::format(match first {
        [0x0e, 0x03, 0x13, 0x01, ..] => "this is an HDF4 file, not an HDF5 file",
        [b'C', b'D', b'F', 1 | 2 | 5, ..] => "this is a netCDF-3 file, not an HDF5 file",
        [0x89, b'H', b'D', b'F', b'\n', ..] | [0x89, b'H', b'D', b'F', b'\r', b'\r', ..] => {
            "this was an HDF5 file until something converted its line ends, as if it were text"
        }
        _ if len == 0 => "the file is empty, not an HDF5 file",
        _ => "this is not an HDF5 file: it has no HDF5 signature",
    }))
}

impl Found {
    fn read(home: &Home, base: u64, members: Members) -> Result<Self> {
        Self::through(home, &Overlay::new(Widths::default()), base, members)
    }

    /// The superblock as it is under `overlay`.
    fn through(home: &Home, overlay: &Overlay, base: u64, members: Members) -> Result<Self> {
        let len = home.available(0).min(Superblock::MAX_LEN as u64);
        let mut bytes = vec![0; usize::try_from(len).unwrap_or(0)];
        home.read(0, &mut bytes)?;
        overlay.apply(0, &mut bytes)?;
        let mut r = Reader::new(&bytes, 0, Widths::default(), Superblock::NAME);
        let mut superblock = Superblock::decode(&mut r, &())?;
        let decoded = r.position();
        bytes.truncate(decoded);
        let wrong = |message: String| Error::format(message).in_structure(Superblock::NAME).at(0);
        let Some(end) = superblock.end.checked_sub(superblock.base) else {
            return Err(wrong("the end-of-file address is below the base address".into()));
        };
        if let Revision::Old(old) = &superblock.revision
            && let Some(address) = old.driver_info.get()
        {
            let len = home.available(address).min(MAX_DRIVER_BLOCK);
            let mut block = vec![0; usize::try_from(len).unwrap_or(0)];
            home.read(address, &mut block)?;
            let mut r = Reader::new(&block, address, superblock.widths, DriverBlock::NAME);
            let block = DriverBlock::decode(&mut r, &())?;
            members.check(block.driver, &block.data)?;
        }
        // A SWMR writer adds to the file without moving the end-of-file address.
        let growing = superblock.version() >= 3 && superblock.flags & Superblock::OPEN_FOR_SWMR != 0;
        // Nor does that address say where the parts in other files end.
        let elsewhere = matches!(members, Members::Multi | Members::Any);
        let end = if growing || elsewhere { end.max(home.stored()) } else { end };
        if home.stored() < end {
            let (is, should) = (home.stored().saturating_add(base), end.saturating_add(base));
            return Err(wrong(format!("the file is truncated: it has {is} of its {should} bytes")));
        }
        // Encoding what was decoded gives the stored bytes, except where the base address differs.
        superblock.base = base;
        superblock.end = end.saturating_add(base);
        Ok(Self { superblock, bytes, end })
    }
}

/// Finishes a commit that was interrupted after its record was whole.
fn replay(home: &Home, record: &Record, base: u64, end: u64) -> Result<()> {
    for anchor in &record.anchors {
        home.write(anchor.offset.saturating_sub(base), &anchor.bytes)?;
    }
    home.sync(SyncMode::Data)?;
    home.set_len(end)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]
    use super::*;
    use crate::storage::MemoryStorage;
    use crate::store::Space;

    fn message(bytes: Vec<u8>) -> String {
        Store::open(Arc::new(bytes), &OpenOptions::default()).err().unwrap().to_string()
    }

    /// A committed file whose root address names 64 bytes of 7.
    fn file(userblock: u64) -> Vec<u8> {
        let memory = Arc::new(MemoryStorage::default());
        let create = CreateOptions { userblock, ..CreateOptions::default() };
        let mut store = Store::create(memory.clone(), &create, &OpenOptions::default()).unwrap();
        let root = store.allocate(Space::Anchor, 64).unwrap();
        store.write_metadata(root, vec![7; 64], Rank::Linked).unwrap();
        store.set_root(root);
        store.commit().unwrap();
        memory.to_vec()
    }

    #[test]
    fn other_formats_are_named() {
        assert!(message(vec![0x0e, 0x03, 0x13, 0x01, 0, 0, 0, 0, 0]).contains("HDF4"));
        assert!(message(b"CDF\x02----------".to_vec()).contains("netCDF-3"));
        assert!(message(Vec::new()).contains("empty"));
        assert!(message(vec![1; 5000]).contains("not an HDF5 file"));
        assert!(message(vec![1; 3]).contains("not an HDF5 file"));
    }

    #[test]
    fn a_new_file_is_found_behind_its_user_block() {
        for userblock in [0, 512, 4096] {
            let bytes = file(userblock);
            let store = Store::open(Arc::new(bytes.clone()), &OpenOptions::default()).unwrap();
            assert_eq!(store.userblock(), userblock);
            assert_eq!(store.end() + userblock, bytes.len() as u64);
            assert_eq!(store.read_metadata(store.root().unwrap(), 64).unwrap(), [7; 64]);
            // The base address follows the superblock when something is put before the file, or
            // taken away.
            let moved = [vec![0; 8192], bytes[userblock as usize..].to_vec()].concat();
            let store = Store::open(Arc::new(moved), &OpenOptions::default()).unwrap();
            assert_eq!(store.userblock(), 8192);
            assert_eq!(store.read_metadata(store.root().unwrap(), 64).unwrap(), [7; 64]);
        }
    }

    #[test]
    fn a_short_file_is_truncated_and_a_long_one_is_not() {
        let bytes = file(0);
        for len in 48..bytes.len() {
            assert!(message(bytes[..len].to_vec()).contains("truncated"));
        }
        for len in 9..48 {
            let short = Store::open(Arc::new(bytes[..len].to_vec()), &OpenOptions::default());
            assert_eq!(short.err().unwrap().kind(), crate::ErrorKind::Format);
        }
        let long = [bytes, vec![0xff; 1000]].concat();
        let memory = Arc::new(MemoryStorage::new(long));
        let mut store = Store::open_rw(memory.clone(), &OpenOptions::default()).unwrap();
        let raw = store.allocate(Space::Raw, 600).unwrap();
        let mut buf = [1; 600];
        store.raw().read_at(raw, &mut buf).unwrap();
        assert_eq!(buf, [0; 600], "the bytes past the end are not the new object's");
        store.commit().unwrap();
        assert_eq!(memory.len().unwrap(), raw + 600);
    }

    #[test]
    fn a_file_marked_as_open_is_only_read() {
        let mut superblock: Superblock = {
            let bytes = file(0);
            Superblock::decode(&mut Reader::new(&bytes, 0, Widths::default(), "test"), &()).unwrap()
        };
        superblock.flags = Superblock::OPEN_FOR_WRITING;
        let mut bytes = file(0);
        bytes.splice(..48, encode(&superblock, &(), Widths::default()).unwrap());
        assert!(Store::open(Arc::new(bytes.clone()), &OpenOptions::default()).is_ok());
        let memory = Arc::new(MemoryStorage::new(bytes));
        let error = Store::open_rw(memory, &OpenOptions::default()).err().unwrap();
        assert_eq!(error.kind(), crate::ErrorKind::Usage);
    }

    #[test]
    fn user_blocks_of_other_sizes_are_refused() {
        for userblock in [1, 511, 513, 1000] {
            let create = CreateOptions { userblock, ..CreateOptions::default() };
            let memory = Arc::new(MemoryStorage::default());
            assert!(Store::create(memory, &create, &OpenOptions::default()).is_err());
        }
    }
}
