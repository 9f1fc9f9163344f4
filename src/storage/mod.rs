//! Bytes at offsets: where a file lives. Nothing here knows HDF5.
//!
//! A home implements [`ReadAt`], and [`WriteAt`] if it can be written. All methods take `&self`
//! and may be called from many threads at once. A home of your own should pass the functions of
//! [`conformance`].

pub mod conformance;
mod family;
mod file;
mod memory;
#[cfg(feature = "mmap")]
mod mmap;
mod multi;
mod offset;
pub mod testing;

pub use family::FamilyStorage;
pub use file::FileStorage;
pub use memory::MemoryStorage;
#[cfg(feature = "mmap")]
pub use mmap::MmapStorage;
pub use multi::MultiStorage;
pub use offset::Offset;

use std::io;
use std::ops::Range;

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

    /// The ranges that hold bytes, in order; nothing is between them. Storage without gaps has one.
    ///
    /// # Errors
    /// Those of [`len`](ReadAt::len).
    fn parts(&self) -> io::Result<Vec<Range<u64>>> {
        Ok(vec![Range { start: 0, end: self.len()? }])
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

/// A pointer to storage is storage.
macro_rules! forward {
    ($($pointer:ty),*) => {$(
        impl<S: ReadAt + ?Sized> ReadAt for $pointer {
            fn len(&self) -> io::Result<u64> {
                (**self).len()
            }
            fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<()> {
                (**self).read_at(offset, buf)
            }
            fn read_ranges(&self, ranges: &mut [(u64, &mut [u8])]) -> io::Result<()> {
                (**self).read_ranges(ranges)
            }
            fn as_slice(&self) -> Option<&[u8]> {
                (**self).as_slice()
            }
            fn parts(&self) -> io::Result<Vec<Range<u64>>> {
                (**self).parts()
            }
        }

        impl<S: WriteAt + ?Sized> WriteAt for $pointer {
            fn write_at(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
                (**self).write_at(offset, bytes)
            }
            fn set_len(&self, len: u64) -> io::Result<()> {
                (**self).set_len(len)
            }
            fn sync(&self, mode: SyncMode) -> io::Result<()> {
                (**self).sync(mode)
            }
        }
    )*};
}
forward!(&S, Box<S>, std::sync::Arc<S>);

/// The range of `len` bytes at `offset` as indices into memory.
fn memory_range(offset: u64, len: usize) -> io::Result<Range<usize>> {
    let start = usize::try_from(offset).map_err(|_| io::ErrorKind::UnexpectedEof)?;
    let end = start.checked_add(len).ok_or(io::ErrorKind::UnexpectedEof)?;
    Ok(start..end)
}

/// [`ReadAt::read_at`] for bytes in memory.
fn read_from(bytes: &[u8], offset: u64, buf: &mut [u8]) -> io::Result<()> {
    let from = bytes.get(memory_range(offset, buf.len())?).ok_or(io::ErrorKind::UnexpectedEof)?;
    buf.copy_from_slice(from);
    Ok(())
}
