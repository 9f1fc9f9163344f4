//! A file in memory.

use std::io;
use std::sync::RwLock;

use super::{ReadAt, SyncMode, WriteAt};

/// A growing buffer in memory.
#[derive(Debug, Default)]
pub struct MemoryStorage(RwLock<Vec<u8>>);

impl MemoryStorage {
    /// Storage that holds `bytes`.
    pub fn new(bytes: Vec<u8>) -> Self {
        Self(RwLock::new(bytes))
    }

    /// A copy of all bytes.
    pub fn to_vec(&self) -> Vec<u8> {
        self.0.read().unwrap_or_else(|poison| poison.into_inner()).clone()
    }
}

fn range(offset: u64, len: usize) -> io::Result<std::ops::Range<usize>> {
    let start = usize::try_from(offset).map_err(|_| io::ErrorKind::UnexpectedEof)?;
    let end = start.checked_add(len).ok_or(io::ErrorKind::UnexpectedEof)?;
    Ok(start..end)
}

impl ReadAt for MemoryStorage {
    fn len(&self) -> io::Result<u64> {
        Ok(self.0.read().unwrap_or_else(|poison| poison.into_inner()).len() as u64)
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<()> {
        let bytes = self.0.read().unwrap_or_else(|poison| poison.into_inner());
        let from = bytes.get(range(offset, buf.len())?).ok_or(io::ErrorKind::UnexpectedEof)?;
        buf.copy_from_slice(from);
        Ok(())
    }
}

impl WriteAt for MemoryStorage {
    fn write_at(&self, offset: u64, from: &[u8]) -> io::Result<()> {
        let range = range(offset, from.len()).map_err(|_| io::ErrorKind::OutOfMemory)?;
        let mut bytes = self.0.write().unwrap_or_else(|poison| poison.into_inner());
        if range.end > bytes.len() {
            bytes.resize(range.end, 0);
        }
        match bytes.get_mut(range) {
            Some(to) => to.copy_from_slice(from),
            None => return Err(io::ErrorKind::OutOfMemory.into()),
        }
        Ok(())
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        let len = usize::try_from(len).map_err(|_| io::ErrorKind::OutOfMemory)?;
        self.0.write().unwrap_or_else(|poison| poison.into_inner()).resize(len, 0);
        Ok(())
    }

    fn sync(&self, _: SyncMode) -> io::Result<()> {
        Ok(())
    }
}

/// Immutable bytes are storage too, and can be borrowed.
impl ReadAt for Vec<u8> {
    fn len(&self) -> io::Result<u64> {
        Ok(self.as_slice().len() as u64)
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<()> {
        let from = self.get(range(offset, buf.len())?).ok_or(io::ErrorKind::UnexpectedEof)?;
        buf.copy_from_slice(from);
        Ok(())
    }

    fn as_slice(&self) -> Option<&[u8]> {
        Some(self)
    }
}
