//! A file of the operating system, with positioned I/O: no seek, no lock around an access.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::Path;

use super::{ReadAt, SyncMode, WriteAt};

/// A file of the operating system.
///
/// What opens by path takes an advisory lock on the whole file (the C library takes the same one):
/// shared for reading, exclusive for writing, until the storage is dropped. Somebody else's lock
/// is an error of kind [`WouldBlock`](io::ErrorKind::WouldBlock). Where the file system has no
/// locks there is none.
#[derive(Debug)]
pub struct FileStorage {
    file: File,
    /// Where there is no positioned I/O, the file's one position is guarded.
    #[cfg(not(any(unix, windows)))]
    position: std::sync::Mutex<()>,
}

impl FileStorage {
    /// Storage in `file`, which must be open for what it shall be used for; takes no lock.
    pub fn new(file: File) -> Self {
        Self {
            file,
            #[cfg(not(any(unix, windows)))]
            position: std::sync::Mutex::new(()),
        }
    }

    /// Opens an existing file for reading.
    ///
    /// # Errors
    /// Those of the operating system; `WouldBlock` if somebody has it open for writing.
    pub fn open(path: impl AsRef<Path>) -> io::Result<Self> {
        let file = File::open(path)?;
        Self::lock_shared(&file)?;
        Ok(Self::new(file))
    }

    /// Opens an existing file for reading and writing.
    ///
    /// # Errors
    /// Those of the operating system; `WouldBlock` if somebody has it open.
    pub fn open_rw(path: impl AsRef<Path>) -> io::Result<Self> {
        Self::exclusive(OpenOptions::new().read(true).write(true), path.as_ref())
    }

    /// Creates a file, or empties an existing one.
    ///
    /// # Errors
    /// Those of the operating system; `WouldBlock` if somebody has it open, and it is untouched.
    pub fn create(path: impl AsRef<Path>) -> io::Result<Self> {
        let options = OpenOptions::new().read(true).write(true).create(true).truncate(false).clone();
        let storage = Self::exclusive(&options, path.as_ref())?;
        storage.file.set_len(0)?;
        Ok(storage)
    }

    /// Creates a file that must not exist yet.
    ///
    /// # Errors
    /// Those of the operating system; `AlreadyExists` if there is such a file.
    pub fn create_new(path: impl AsRef<Path>) -> io::Result<Self> {
        Self::exclusive(OpenOptions::new().read(true).write(true).create_new(true), path.as_ref())
    }

    fn exclusive(options: &OpenOptions, path: &Path) -> io::Result<Self> {
        let file = options.open(path)?;
        Self::lock_exclusive(&file)?;
        Ok(Self::new(file))
    }

    /// Takes the lock of a reader, which holds until `file` and its clones are closed.
    ///
    /// # Errors
    /// `WouldBlock` if somebody has it open for writing, and those of the operating system.
    pub fn lock_shared(file: &File) -> io::Result<()> {
        locked(file.try_lock_shared(), "the file is open for writing elsewhere")
    }

    /// Takes the lock of a writer, which holds until `file` and its clones are closed.
    ///
    /// # Errors
    /// `WouldBlock` if somebody has it open, and those of the operating system.
    pub fn lock_exclusive(file: &File) -> io::Result<()> {
        locked(file.try_lock(), "the file is open elsewhere")
    }
}

fn locked(result: Result<(), TryLockError>, held: &'static str) -> io::Result<()> {
    match result {
        Ok(()) => Ok(()),
        Err(TryLockError::WouldBlock) => Err(io::Error::new(io::ErrorKind::WouldBlock, held)),
        Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Unsupported => Ok(()),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

#[cfg(unix)]
impl FileStorage {
    fn read_exact_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<()> {
        std::os::unix::fs::FileExt::read_exact_at(&self.file, buf, offset)
    }

    fn write_all_at(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        std::os::unix::fs::FileExt::write_all_at(&self.file, bytes, offset)
    }
}

#[cfg(windows)]
impl FileStorage {
    fn read_exact_at(&self, mut offset: u64, mut buf: &mut [u8]) -> io::Result<()> {
        while !buf.is_empty() {
            match std::os::windows::fs::FileExt::seek_read(&self.file, buf, offset) {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(n) => {
                    buf = &mut buf[n..];
                    offset += n as u64;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    fn write_all_at(&self, mut offset: u64, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            match std::os::windows::fs::FileExt::seek_write(&self.file, bytes, offset) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(n) => {
                    bytes = &bytes[n..];
                    offset += n as u64;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

#[cfg(not(any(unix, windows)))]
impl FileStorage {
    fn read_exact_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<()> {
        use std::io::{Read, Seek};
        let _position = self.position.lock().unwrap_or_else(|poison| poison.into_inner());
        (&self.file).seek(io::SeekFrom::Start(offset))?;
        (&self.file).read_exact(buf)
    }

    fn write_all_at(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        use std::io::{Seek, Write};
        let _position = self.position.lock().unwrap_or_else(|poison| poison.into_inner());
        (&self.file).seek(io::SeekFrom::Start(offset))?;
        (&self.file).write_all(bytes)
    }
}

impl ReadAt for FileStorage {
    fn len(&self) -> io::Result<u64> {
        Ok(self.file.metadata()?.len())
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<()> {
        // Offsets that the operating system cannot express are past every file's end.
        if offset.checked_add(buf.len() as u64).is_none_or(|end| end > i64::MAX as u64) {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.read_exact_at(offset, buf)
    }
}

impl WriteAt for FileStorage {
    fn write_at(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        self.write_all_at(offset, bytes)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.file.set_len(len)
    }

    fn sync(&self, mode: SyncMode) -> io::Result<()> {
        match mode {
            SyncMode::Data => self.file.sync_data(),
            SyncMode::Full => self.file.sync_all(),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::conformance::{check_read_at, check_write_at};
    use super::*;

    #[test]
    fn files_are_conformant() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("file");
        let storage = FileStorage::create_new(&path).unwrap();
        check_write_at(&storage);
        drop(storage);
        let bytes = std::fs::read(&path).unwrap();
        check_read_at(&FileStorage::open(&path).unwrap(), &bytes);
    }

    #[test]
    fn a_writer_excludes_everybody_and_readers_exclude_writers() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("file");
        std::fs::write(&path, b"kept").unwrap();
        let would_block = |result: io::Result<FileStorage>| {
            assert_eq!(result.unwrap_err().kind(), io::ErrorKind::WouldBlock);
        };
        let writer = FileStorage::open_rw(&path).unwrap();
        would_block(FileStorage::open(&path));
        would_block(FileStorage::open_rw(&path));
        would_block(FileStorage::create(&path));
        drop(writer);
        let readers = [FileStorage::open(&path).unwrap(), FileStorage::open(&path).unwrap()];
        would_block(FileStorage::open_rw(&path));
        drop(readers);
        assert_eq!(std::fs::read(&path).unwrap(), b"kept");
        assert!(FileStorage::create(&path).unwrap().is_empty().unwrap());
        assert_eq!(FileStorage::create_new(&path).unwrap_err().kind(), io::ErrorKind::AlreadyExists);
    }
}
