//! A file in memory.

use std::io;
use std::sync::RwLock;

use super::{ReadAt, SyncMode, WriteAt, memory_range, read_from};

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
        self.read().clone()
    }

    /// All bytes.
    pub fn into_vec(self) -> Vec<u8> {
        self.0.into_inner().unwrap_or_else(|poison| poison.into_inner())
    }

    fn read(&self) -> std::sync::RwLockReadGuard<'_, Vec<u8>> {
        self.0.read().unwrap_or_else(|poison| poison.into_inner())
    }

    fn write(&self) -> std::sync::RwLockWriteGuard<'_, Vec<u8>> {
        self.0.write().unwrap_or_else(|poison| poison.into_inner())
    }
}

/// Makes `bytes` at least `len` long; a lack of memory is an error, not an abort.
fn grow(bytes: &mut Vec<u8>, len: usize) -> io::Result<()> {
    if let Some(more) = len.checked_sub(bytes.len()) {
        bytes.try_reserve(more).map_err(|_| io::ErrorKind::OutOfMemory)?;
        bytes.resize(len, 0);
    }
    Ok(())
}

impl ReadAt for MemoryStorage {
    fn len(&self) -> io::Result<u64> {
        Ok(self.read().len() as u64)
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<()> {
        read_from(&self.read(), offset, buf)
    }
}

impl WriteAt for MemoryStorage {
    fn write_at(&self, offset: u64, from: &[u8]) -> io::Result<()> {
        let range = memory_range(offset, from.len()).map_err(|_| io::ErrorKind::OutOfMemory)?;
        let mut bytes = self.write();
        if range.start == bytes.len() {
            bytes.try_reserve(from.len()).map_err(|_| io::ErrorKind::OutOfMemory)?;
            bytes.extend_from_slice(from);
            return Ok(());
        }
        grow(&mut bytes, range.end)?;
        match bytes.get_mut(range) {
            Some(to) => to.copy_from_slice(from),
            None => return Err(io::ErrorKind::OutOfMemory.into()),
        }
        Ok(())
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        let len = usize::try_from(len).map_err(|_| io::ErrorKind::OutOfMemory)?;
        let mut bytes = self.write();
        grow(&mut bytes, len)?;
        bytes.truncate(len);
        Ok(())
    }

    fn sync(&self, _: SyncMode) -> io::Result<()> {
        Ok(())
    }
}

/// Immutable bytes are storage too, and can be borrowed.
macro_rules! immutable_bytes {
    ($($bytes:ty),*) => {$(
        impl ReadAt for $bytes {
            fn len(&self) -> io::Result<u64> {
                Ok(AsRef::<[u8]>::as_ref(self).len() as u64)
            }

            fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<()> {
                read_from(self, offset, buf)
            }

            fn as_slice(&self) -> Option<&[u8]> {
                Some(self)
            }
        }
    )*};
}
immutable_bytes!(Vec<u8>, [u8]);

#[cfg(test)]
mod tests {
    use super::super::conformance::{check_read_at, check_write_at};
    use super::*;

    #[test]
    fn memory_is_conformant() {
        check_write_at(&MemoryStorage::default());
        let bytes: Vec<u8> = (0..=255).cycle().take(5000).collect();
        check_read_at(&MemoryStorage::new(bytes.clone()), &bytes);
        check_read_at(&bytes, &bytes);
        check_read_at(&&bytes[..], &bytes);
        check_read_at::<[u8]>(&[], &[]);
    }
}
