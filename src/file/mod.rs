//! Files.

mod describe;
mod drivers;
mod onion;
mod options;
mod settings;
mod shared;

pub use describe::{FileInfo, SpaceStrategy};
pub use options::{FileBuilder, OpenMode};
pub use settings::LibraryVersion;
pub(crate) use settings::now;
pub(crate) use shared::Shared;

use std::fmt;
use std::ops::Deref;
use std::path::Path;
use std::sync::Arc;

use crate::storage::{MemoryStorage, ReadAt, WriteAt};
use crate::{Group, Result};

/// An HDF5 file, and its root group, whose methods it has.
///
/// Handles are cheap to clone and can be used from many threads at once. A file that is open for
/// writing can be read, too. What was changed is on disk, whole, when [`flush`](Self::flush) or
/// [`close`](Self::close) returns; the last handle to go flushes as well, but cannot report an
/// error.
///
/// ```
/// use hdfive::File;
///
/// # fn main() -> hdfive::Result<()> {
/// # let dir = tempfile::tempdir().unwrap();
/// # let path = dir.path().join("ships.h5");
/// let file = File::create(&path)?;
/// let ships = file.create_group("ships")?;
/// let data = ships.new_dataset::<u8>().shape((2, 80, 80, 3)).create("data")?;
/// data.write_slice_raw(&[7; 80 * 80 * 3], 1)?;
/// file.close()?;
///
/// let file = File::open(&path)?;
/// let image: Vec<u8> = file.dataset("ships/data")?.read_slice_raw(1)?;
/// assert_eq!(image, [7; 80 * 80 * 3]);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct File(Group);

impl File {
    pub(crate) fn from_shared(shared: Arc<Shared>) -> Result<Self> {
        Ok(Self(Group::root(shared)?))
    }

    /// Opens a file to read it.
    ///
    /// # Errors
    /// `Io` if it cannot be opened, `Format` if it is not an HDF5 file or is damaged.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        Self::open_as(path, OpenMode::Read)
    }

    /// Opens a file to read and change it.
    ///
    /// # Errors
    /// As [`open`](Self::open), and `Unsupported` if the file is of a kind that cannot be changed.
    pub fn open_rw(path: impl AsRef<Path>) -> Result<Self> {
        Self::open_as(path, OpenMode::ReadWrite)
    }

    /// Creates a file, or empties the one that is there.
    ///
    /// # Errors
    /// `Io` if it cannot be created.
    pub fn create(path: impl AsRef<Path>) -> Result<Self> {
        Self::open_as(path, OpenMode::Create)
    }

    /// Creates a file that must not be there yet.
    ///
    /// # Errors
    /// `Io` if it is there, or cannot be created.
    pub fn create_excl(path: impl AsRef<Path>) -> Result<Self> {
        Self::open_as(path, OpenMode::CreateExcl)
    }

    /// Opens a file to read and change it, or creates it.
    ///
    /// # Errors
    /// As [`open_rw`](Self::open_rw) and [`create`](Self::create).
    pub fn append(path: impl AsRef<Path>) -> Result<Self> {
        Self::open_as(path, OpenMode::Append)
    }

    /// Opens a file in the given mode.
    ///
    /// # Errors
    /// Those of the method named like the mode.
    pub fn open_as(path: impl AsRef<Path>, mode: OpenMode) -> Result<Self> {
        FileBuilder::new().open_as(path, mode)
    }

    /// How to open or create a file, with options.
    pub fn with_options() -> FileBuilder {
        FileBuilder::new()
    }

    /// Opens a file whose bytes are in memory, to read it.
    ///
    /// # Errors
    /// `Format` if it is not an HDF5 file or is damaged.
    pub fn from_bytes(bytes: impl Into<Vec<u8>>) -> Result<Self> {
        Self::open_storage(Arc::new(bytes.into()))
    }

    /// Creates a file in memory; [`to_bytes`](Self::to_bytes) gives its bytes.
    ///
    /// # Errors
    /// `Limit` if memory runs out.
    pub fn in_memory() -> Result<Self> {
        Self::create_storage(Arc::new(MemoryStorage::default()))
    }

    /// Opens the file that `storage` holds, to read it.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn open_storage(storage: Arc<dyn ReadAt>) -> Result<Self> {
        FileBuilder::new().open_storage(storage)
    }

    /// Creates a file in `storage`, whatever it held.
    ///
    /// # Errors
    /// As [`create`](Self::create).
    pub fn create_storage(storage: Arc<dyn WriteAt>) -> Result<Self> {
        FileBuilder::new().create_storage(storage)
    }

    /// Makes all changes so far durable: after this returns, they survive the death of the process
    /// (and, with [`Durability::Data`](crate::Durability) or more, that of the machine).
    ///
    /// # Errors
    /// `Io` if the storage fails; the file is then as after the flush before, or as after this one.
    pub fn flush(&self) -> Result<()> {
        self.shared().flush()
    }

    /// Flushes, and closes the file: every other handle to it, or to an object in it, is then of
    /// no more use, and says so.
    ///
    /// # Errors
    /// Those of [`flush`](Self::flush); the file is then still open.
    pub fn close(self) -> Result<()> {
        self.shared().close()
    }

    /// The bytes of the file as they are now, flushed.
    ///
    /// # Errors
    /// Those of [`flush`](Self::flush), and `Limit` if the file is larger than memory.
    pub fn to_bytes(&self) -> Result<Vec<u8>> {
        self.flush()?;
        self.shared().to_bytes()
    }

    /// The length of the file up to its end-of-file address, user block included, in bytes.
    ///
    /// # Errors
    /// `Usage` if the file is closed.
    pub fn size(&self) -> Result<u64> {
        self.shared().size()
    }

    /// Whether the file was opened only to read it.
    pub fn is_read_only(&self) -> bool {
        !self.shared().read().is_ok_and(|store| store.writable())
    }

    /// The size of the user block (0 once the file is closed), the bytes before the HDF5 data that belong to the user.
    pub fn userblock(&self) -> u64 {
        self.shared().read().map_or(0, |store| store.userblock())
    }
}

impl Deref for File {
    type Target = Group;

    fn deref(&self) -> &Group {
        &self.0
    }
}

impl fmt::Debug for File {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("File").field("path", &self.filename()).finish_non_exhaustive()
    }
}
