//! How a file is opened or created.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::drivers::Driver;
use super::settings::{LibraryVersion, Settings};
use super::{File, Shared};
use crate::dataset::VirtualView;
use crate::external::{ExternalLinks, Family};
use crate::object::extension::create_with_driver;
use crate::object::group::create_group;
use crate::storage::{FileStorage, ReadAt, WriteAt};
use crate::store::{CreateOptions, Durability, Members, OpenOptions as StoreOptions, Store};
use crate::{Error, Limits, Result};

/// What to do with a file that is there, or is not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OpenMode {
    /// Open it to read.
    Read,
    /// Open it to read and change.
    ReadWrite,
    /// Create it, or empty it.
    Create,
    /// Create it; fail if it is there.
    CreateExcl,
    /// Open it to read and change, or create it.
    Append,
}

/// How to open or create a file.
///
/// ```
/// use hdfive::{Durability, File};
///
/// # fn main() -> hdfive::Result<()> {
/// # let dir = tempfile::tempdir().unwrap();
/// let file = File::with_options()
///     .userblock(512)
///     .durability(Durability::Full)
///     .create(dir.path().join("precious.h5"))?;
/// assert_eq!(file.userblock(), 512);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct FileBuilder {
    create: CreateOptions,
    open: StoreOptions,
    settings: Settings,
    low: LibraryVersion,
    #[cfg(feature = "mmap")]
    mmap: bool,
    external_links: ExternalLinks,
    external_file_prefix: Option<PathBuf>,
    virtual_view: VirtualView,
    virtual_gap: u64,
    driver: Driver,
}

impl Default for FileBuilder {
    fn default() -> Self {
        Self::new()
    }
}

impl FileBuilder {
    /// The defaults.
    pub fn new() -> Self {
        Self {
            create: CreateOptions::default(),
            open: StoreOptions::default(),
            settings: Settings::default(),
            low: LibraryVersion::V110,
            #[cfg(feature = "mmap")]
            mmap: false,
            external_links: ExternalLinks::default(),
            external_file_prefix: None,
            virtual_view: VirtualView::default(),
            virtual_gap: 0,
            driver: Driver::Single,
        }
    }

    /// Leaves this many bytes to the user before the HDF5 data: 0, or a power of two from 512.
    pub fn userblock(&mut self, size: u64) -> &mut Self {
        self.create.userblock = size;
        self
    }

    /// Puts objects of at least `threshold` bytes at multiples of `alignment`.
    pub fn alignment(&mut self, threshold: u64, alignment: u64) -> &mut Self {
        self.open.alignment = (threshold, alignment);
        self
    }

    /// What a flush waits for; the default is [`Durability::Buffered`].
    pub fn durability(&mut self, durability: Durability) -> &mut Self {
        self.open.durability = durability;
        self
    }

    /// Bounds on memory and work for the file.
    pub fn limits(&mut self, limits: Limits) -> &mut Self {
        self.open.limits = limits;
        self
    }

    /// Reads through a memory map, when only reading. Another process that shortens the file
    /// while it is mapped makes this one fail, so the default is off.
    #[cfg(feature = "mmap")]
    pub fn mmap(&mut self, mmap: bool) -> &mut Self {
        self.mmap = mmap;
        self
    }

    /// The forms in which new objects are stored: none older than those of `low`, none newer than
    /// those of `high`; by default from 1.10 to the latest.
    ///
    /// Within the bounds, the oldest form that can hold the object is taken. Forms older than
    /// those of HDF5 1.10 are not written, so `high` is at least [`LibraryVersion::V110`].
    pub fn libver_bounds(&mut self, low: LibraryVersion, high: LibraryVersion) -> &mut Self {
        (self.low, self.settings.high) = (low, high);
        self
    }

    fn check_bounds(&self) -> Result<()> {
        if self.low > self.settings.high {
            return Err(Error::usage("the lower bound of library versions is above the upper"));
        }
        if self.settings.high < LibraryVersion::V110 {
            return Err(Error::unsupported("writing the forms of HDF5 1.8 and earlier"));
        }
        Ok(())
    }

    /// Whether new groups and objects remember the order in which links and attributes were made.
    pub fn track_order(&mut self, track: bool) -> &mut Self {
        self.settings.track_order = track;
        self
    }

    /// Whether new objects store the time of their creation and changes.
    pub fn track_times(&mut self, track: bool) -> &mut Self {
        self.settings.track_times = track;
        self
    }

    /// Whether other files that the file names are opened; the default is
    /// [`ExternalLinks::Follow`], as the C library has it. They are opened to read only.
    pub fn external_links(&mut self, links: ExternalLinks) -> &mut Self {
        self.external_links = links;
        self
    }

    /// The folder in which raw data in external files is looked for; `${ORIGIN}` at its start is
    /// that of the HDF5 file. The default is the current folder, as the C library has it. The
    /// environment variable `HDF5_EXTFILE_PREFIX` comes first.
    pub fn external_file_prefix(&mut self, folder: impl Into<PathBuf>) -> &mut Self {
        self.external_file_prefix = Some(folder.into());
        self
    }

    /// Writes objects in the newest form, as [`libver_bounds`](Self::libver_bounds) with the newest
    /// release does.
    pub fn libver_latest(&mut self) -> &mut Self {
        self.libver_bounds(LibraryVersion::LATEST, LibraryVersion::LATEST)
    }

    /// Sets options in a closure, where the C binding has a list of properties for the access.
    ///
    /// ```
    /// # fn main() -> hdfive::Result<()> {
    /// # let dir = tempfile::tempdir().unwrap();
    /// let file = hdfive::File::with_options()
    ///     .with_fapl(|p| p.libver_latest().alignment(1 << 16, 4096))
    ///     .with_fcpl(|p| p.userblock(512))
    ///     .create(dir.path().join("aligned.h5"))?;
    /// assert_eq!(file.userblock(), 512);
    /// # Ok(())
    /// # }
    /// ```
    pub fn with_fapl(&mut self, options: impl FnOnce(&mut Self) -> &mut Self) -> &mut Self {
        options(self)
    }

    /// Sets options in a closure, where the C binding has a list of properties for the creation.
    pub fn with_fcpl(&mut self, options: impl FnOnce(&mut Self) -> &mut Self) -> &mut Self {
        options(self)
    }

    /// How far virtual datasets with unlimited mappings reach.
    pub fn virtual_view(&mut self, view: VirtualView) -> &mut Self {
        self.virtual_view = view;
        self
    }

    /// How many datasets in a row may be missing among those that are numbered by `%b`, before the
    /// search for the last ends; the default is 0.
    pub fn virtual_gap(&mut self, datasets: u64) -> &mut Self {
        self.virtual_gap = datasets;
        self
    }

    /// Opens a file to read it.
    ///
    /// # Errors
    /// As [`File::open`].
    pub fn open(&self, path: impl AsRef<Path>) -> Result<File> {
        self.open_as(path, OpenMode::Read)
    }

    /// Opens a file to read and change it.
    ///
    /// # Errors
    /// As [`File::open_rw`].
    pub fn open_rw(&self, path: impl AsRef<Path>) -> Result<File> {
        self.open_as(path, OpenMode::ReadWrite)
    }

    /// Creates a file, or empties the one that is there.
    ///
    /// # Errors
    /// As [`File::create`].
    pub fn create(&self, path: impl AsRef<Path>) -> Result<File> {
        self.open_as(path, OpenMode::Create)
    }

    /// Creates a file that must not be there yet.
    ///
    /// # Errors
    /// As [`File::create_excl`].
    pub fn create_excl(&self, path: impl AsRef<Path>) -> Result<File> {
        self.open_as(path, OpenMode::CreateExcl)
    }

    /// Opens a file to read and change it, or creates it.
    ///
    /// # Errors
    /// As [`File::append`].
    pub fn append(&self, path: impl AsRef<Path>) -> Result<File> {
        self.open_as(path, OpenMode::Append)
    }
}

impl FileBuilder {
    /// Opens a file in the given mode.
    ///
    /// # Errors
    /// Those of the method named like the mode.
    pub fn open_as(&self, path: impl AsRef<Path>, mode: OpenMode) -> Result<File> {
        let path = path.as_ref();
        self.open_path(path, mode).map_err(|error| error.with_path(path.to_string_lossy()))
    }

    fn open_path(&self, path: &Path, mode: OpenMode) -> Result<File> {
        if mode != OpenMode::Read {
            // Before the file is emptied.
            self.check_bounds()?;
        }
        if !matches!(self.driver, Driver::Single) {
            return self.open_members(path, mode);
        }
        match mode {
            OpenMode::Read => self.open_reader(self.reader(path)?, path),
            OpenMode::ReadWrite => self.open_writer(Arc::new(FileStorage::open_rw(path)?), path),
            OpenMode::Create => self.create_writer(Arc::new(FileStorage::create(path)?), path),
            OpenMode::CreateExcl => self.create_writer(Arc::new(FileStorage::create_new(path)?), path),
            OpenMode::Append => match FileStorage::open_rw(path) {
                Ok(storage) => self.open_writer(Arc::new(storage), path),
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                    self.create_writer(Arc::new(FileStorage::create_new(path)?), path)
                }
                Err(error) => Err(error.into()),
            },
        }
    }

    fn reader(&self, path: &Path) -> Result<Arc<dyn ReadAt>> {
        #[cfg(feature = "mmap")]
        if self.mmap {
            return Ok(Arc::new(crate::storage::MmapStorage::open(path)?));
        }
        Ok(Arc::new(FileStorage::open(path)?))
    }

    /// Opens the file that `storage` holds, to read it.
    ///
    /// # Errors
    /// As [`File::open`].
    pub fn open_storage(&self, storage: Arc<dyn ReadAt>) -> Result<File> {
        self.open_reader(storage, Path::new(""))
    }

    /// Opens the file that `storage` holds, to read and change it.
    ///
    /// # Errors
    /// As [`File::open_rw`].
    pub fn open_rw_storage(&self, storage: Arc<dyn WriteAt>) -> Result<File> {
        self.check_bounds()?;
        self.open_writer(storage, Path::new(""))
    }

    /// Creates a file in `storage`, whatever it held.
    ///
    /// # Errors
    /// As [`File::create`].
    pub fn create_storage(&self, storage: Arc<dyn WriteAt>) -> Result<File> {
        self.check_bounds()?;
        self.create_writer(storage, Path::new(""))
    }

    pub(super) fn open_reader(&self, storage: Arc<dyn ReadAt>, path: &Path) -> Result<File> {
        self.share(Store::open(storage.clone(), &self.open)?, storage, path)
    }

    pub(super) fn open_writer(&self, storage: Arc<dyn WriteAt>, path: &Path) -> Result<File> {
        self.share(Store::open_rw(storage.clone(), &self.open)?, storage, path)
    }

    pub(super) fn create_writer(&self, storage: Arc<dyn WriteAt>, path: &Path) -> Result<File> {
        let mut store = Store::create(storage.clone(), &self.create, &self.open)?;
        if let Some(driver) = self.driver.info() {
            create_with_driver(&mut store, &driver)?;
        }
        let root = create_group(&mut store, &self.settings.group_options())?;
        store.set_root(root);
        // A file is a file from the start: an empty one is on disk before anything is in it.
        store.commit()?;
        self.share(store, storage, path)
    }

    fn share(&self, store: Store, storage: Arc<dyn ReadAt>, path: &Path) -> Result<File> {
        let family = Family::new(self.clone());
        let shared = Shared::new(store, storage, path.to_owned(), self.settings.clone(), family.clone());
        File::from_shared(family.enter(path, shared))
    }

    /// Opens a file to which another of `family` leads, to read it.
    pub(crate) fn open_in(&self, family: &Arc<Family>, path: &Path) -> Result<Arc<Shared>> {
        let (storage, members) = match self.leads_to_family(path) {
            true => self.family_reader(path)?,
            false => (self.reader(path)?, Members::One),
        };
        let store = Store::open(storage.clone(), &self.options_for(members))?;
        Ok(Shared::new(store, storage, path.to_owned(), self.settings.clone(), family.clone()))
    }

    pub(super) fn options_for(&self, members: Members) -> StoreOptions {
        StoreOptions { members, ..self.open.clone() }
    }

    pub(super) fn driver(&self) -> &Driver {
        &self.driver
    }

    pub(super) fn drive(&mut self, driver: Driver) -> &mut Self {
        self.open.members = driver.members();
        self.driver = driver;
        self
    }

    pub(crate) fn external_policy(&self) -> &ExternalLinks {
        &self.external_links
    }

    pub(crate) fn view(&self) -> VirtualView {
        self.virtual_view
    }

    pub(crate) fn gap(&self) -> u64 {
        self.virtual_gap
    }

    pub(crate) fn raw_data_prefix(&self) -> Option<&Path> {
        self.external_file_prefix.as_deref()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::datatype::ByteOrder;
    use crate::storage::MemoryStorage;
    use crate::{Datatype, ErrorKind};

    fn create(low: LibraryVersion, high: LibraryVersion) -> Result<File> {
        FileBuilder::new().libver_bounds(low, high).create_storage(Arc::new(MemoryStorage::default()))
    }

    #[test]
    fn bounds_are_kept_or_refused() {
        use LibraryVersion::{Earliest, V18, V110, V200};
        assert_eq!(create(Earliest, V18).unwrap_err().kind(), ErrorKind::Unsupported);
        assert_eq!(create(V200, V110).unwrap_err().kind(), ErrorKind::Usage);
        let complex = Datatype::complex(Datatype::float64(ByteOrder::Little)).unwrap();
        let make = |file: &File| file.new_dataset_builder().empty_as(&complex).create("z").map(drop);
        assert_eq!(make(&create(Earliest, V110).unwrap()).unwrap_err().kind(), ErrorKind::Usage);
        make(&create(V110, V200).unwrap()).unwrap();
    }
}
