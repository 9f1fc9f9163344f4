//! A file mapped into memory, for reading.
#![allow(unsafe_code)]

use std::fs::File;
use std::io;
use std::path::Path;

use super::{FileStorage, ReadAt, read_from};

/// A file mapped into memory, whose bytes can be borrowed without a copy.
///
/// Cutting the file while it is mapped kills this process (on Unix, with `SIGBUS`), and the
/// bytes must not be changed by anybody. A shared lock keeps away writers that respect locks, as
/// this crate and the C library do: [`open`](Self::open) takes it.
#[derive(Debug)]
pub struct MmapStorage {
    map: memmap2::Mmap,
    /// Keeps the lock.
    _file: File,
}

impl MmapStorage {
    /// Maps an existing file, under a shared lock.
    ///
    /// # Errors
    /// Those of the operating system; `WouldBlock` if somebody has it open for writing.
    pub fn open(path: impl AsRef<Path>) -> io::Result<Self> {
        let file = File::open(path)?;
        FileStorage::lock_shared(&file)?;
        Self::new(&file)
    }

    /// Maps `file`, and keeps a lock that it has.
    ///
    /// # Errors
    /// Those of the operating system.
    pub fn new(file: &File) -> io::Result<Self> {
        // SAFETY: the map is read-only and private to this value, and nothing in this crate writes
        // to a file that it has mapped: its writers take an exclusive lock, which a shared lock
        // excludes. That the file is locked, and that processes which ignore locks leave it
        // alone, is the caller's part, stated in the type's documentation.
        let map = unsafe { memmap2::Mmap::map(file)? };
        Ok(Self { map, _file: file.try_clone()? })
    }
}

impl ReadAt for MmapStorage {
    fn len(&self) -> io::Result<u64> {
        Ok(self.map.len() as u64)
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<()> {
        read_from(&self.map, offset, buf)
    }

    fn as_slice(&self) -> Option<&[u8]> {
        Some(&self.map)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::conformance::check_read_at;
    use super::*;

    #[test]
    fn a_map_is_conformant() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("file");
        for len in [0, 1, 5000] {
            let bytes: Vec<u8> = (0..=255).cycle().take(len).collect();
            std::fs::write(&path, &bytes).unwrap();
            check_read_at(&MmapStorage::open(&path).unwrap(), &bytes);
        }
    }

    #[test]
    fn a_mapped_file_is_not_opened_for_writing() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("file");
        std::fs::write(&path, b"bytes").unwrap();
        let _map = MmapStorage::open(&path).unwrap();
        assert_eq!(FileStorage::open_rw(&path).unwrap_err().kind(), io::ErrorKind::WouldBlock);
    }
}
