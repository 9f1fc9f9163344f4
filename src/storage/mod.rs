//! Bytes at offsets: where a file lives. Nothing here knows HDF5.
//!
//! A home implements [`ReadAt`], and [`WriteAt`] if it can be written. All methods take `&self`
//! and may be called from many threads at once.

mod file;
mod memory;

pub use file::FileStorage;
pub use memory::MemoryStorage;

use std::io;

/// Storage that can be read at any offset.
pub trait ReadAt: Send + Sync {
    /// The length in bytes.
    ///
    /// # Errors
    /// Those of the underlying device.
    fn len(&self) -> io::Result<u64>;

    /// Whether there are no bytes at all.
    ///
    /// # Errors
    /// Those of [`len`](ReadAt::len).
    fn is_empty(&self) -> io::Result<bool> {
        Ok(self.len()? == 0)
    }

    /// Fills `buf` with the bytes at `offset`.
    ///
    /// # Errors
    /// [`UnexpectedEof`](io::ErrorKind::UnexpectedEof) if the storage ends inside the range, and
    /// those of the underlying device.
    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<()>;

    /// Fills several buffers; a remote or batching home does so in one go.
    ///
    /// # Errors
    /// Those of [`read_at`](ReadAt::read_at).
    fn read_ranges(&self, ranges: &mut [(u64, &mut [u8])]) -> io::Result<()> {
        ranges.iter_mut().try_for_each(|(offset, buf)| self.read_at(*offset, buf))
    }

    /// All bytes, if they are in memory and cannot change while they are borrowed.
    fn as_slice(&self) -> Option<&[u8]> {
        None
    }
}

/// What [`WriteAt::sync`] waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SyncMode {
    /// The data and what is needed to read it back (`fdatasync`).
    Data,
    /// Everything (`fsync`).
    Full,
}

/// Storage that can be written at any offset.
pub trait WriteAt: ReadAt {
    /// Writes `bytes` at `offset`; the storage grows as needed, a gap reads as zeros.
    ///
    /// # Errors
    /// Those of the underlying device.
    fn write_at(&self, offset: u64, bytes: &[u8]) -> io::Result<()>;

    /// Cuts or extends the storage to `len` bytes; new bytes are zero.
    ///
    /// # Errors
    /// Those of the underlying device.
    fn set_len(&self, len: u64) -> io::Result<()>;

    /// Returns once all that was written is durable.
    ///
    /// # Errors
    /// Those of the underlying device.
    fn sync(&self, mode: SyncMode) -> io::Result<()>;
}
