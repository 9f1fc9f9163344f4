//! The storage behind the store, and raw-data access that does not need the store's lock.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::storage::{Offset, ReadAt, SyncMode, WriteAt};
use crate::{Error, Result};

/// The storage, from the base address on, and what is known of its length.
pub(super) struct Home {
    reader: Arc<dyn ReadAt>,
    writer: Option<Arc<dyn WriteAt>>,
    /// The storage's length: nobody else changes it while the file is open for writing.
    stored: AtomicU64,
    /// The end of all allocated space: no valid address lies beyond.
    end: AtomicU64,
}

impl Home {
    /// The bytes of `reader` (and `writer`, the same storage) from `base` on.
    pub(super) fn new(reader: Arc<dyn ReadAt>, writer: Option<Arc<dyn WriteAt>>, base: u64) -> Result<Self> {
        let (reader, writer): (Arc<dyn ReadAt>, Option<Arc<dyn WriteAt>>) = match (base, writer) {
            (0, writer) => (reader, writer),
            (_, None) => (Arc::new(Offset::new(reader, base)), None),
            (_, Some(writer)) => {
                let writer = Arc::new(Offset::new(writer, base));
                (writer.clone(), Some(writer))
            }
        };
        let stored = AtomicU64::new(reader.len()?);
        Ok(Self { reader, writer, stored, end: AtomicU64::new(0) })
    }

    /// No storage at all.
    pub(super) fn empty() -> Self {
        Self { reader: Arc::new(Vec::new()), writer: None, stored: AtomicU64::new(0), end: AtomicU64::new(0) }
    }

    pub(super) fn writable(&self) -> bool {
        self.writer.is_some()
    }

    /// The storage's length, from the base address on.
    pub(super) fn stored(&self) -> u64 {
        self.stored.load(Ordering::Acquire)
    }

    pub(super) fn end(&self) -> u64 {
        self.end.load(Ordering::Acquire)
    }

    pub(super) fn set_end(&self, end: u64) {
        self.end.store(end, Ordering::Release);
    }

    fn writer(&self) -> Result<&dyn WriteAt> {
        self.writer.as_deref().ok_or_else(|| Error::usage("the file is open for reading only"))
    }

    /// An error if the range is not inside the file.
    pub(super) fn check(&self, address: u64, len: u64) -> Result<()> {
        match address.checked_add(len) {
            Some(end) if end <= self.end() => Ok(()),
            _ => Err(Error::format("the data reaches past the end of the file").at(address)),
        }
    }

    /// Fills `buf`. What is allocated in a file being written, and past the storage's end, is zero.
    pub(super) fn read(&self, address: u64, buf: &mut [u8]) -> Result<()> {
        let stored = self.stored().saturating_sub(address);
        let (there, beyond) = match usize::try_from(stored) {
            Ok(stored) if stored < buf.len() && self.writer.is_some() => buf.split_at_mut(stored),
            _ => (buf, &mut [][..]),
        };
        beyond.fill(0);
        if there.is_empty() {
            return Ok(());
        }
        self.reader.read_at(address, there).map_err(|error| Error::from(error).at(address))
    }

    pub(super) fn write(&self, address: u64, bytes: &[u8]) -> Result<()> {
        self.writer()?.write_at(address, bytes).map_err(|error| Error::from(error).at(address))?;
        self.stored.fetch_max(address.saturating_add(bytes.len() as u64), Ordering::AcqRel);
        Ok(())
    }

    pub(super) fn set_len(&self, len: u64) -> Result<()> {
        self.writer()?.set_len(len)?;
        self.stored.store(len, Ordering::Release);
        Ok(())
    }

    pub(super) fn sync(&self, mode: SyncMode) -> Result<()> {
        Ok(self.writer()?.sync(mode)?)
    }

    /// The borrowed bytes of a range, where the storage has its bytes in memory.
    pub(super) fn slice(&self, address: u64, len: u64) -> Option<&[u8]> {
        let start = usize::try_from(address).ok()?;
        let end = start.checked_add(usize::try_from(len).ok()?)?;
        self.reader.as_slice()?.get(start..end)
    }
}

/// While one is alive, space that was in use when it was made is not reused.
pub(super) struct Pin;

/// Raw-data access without the store's lock; while it lives, no space that was in use when it
/// was made is reused.
#[derive(Clone)]
pub(crate) struct RawData {
    home: Arc<Home>,
    end: u64,
    _pin: Arc<Pin>,
}

impl RawData {
    pub(super) fn new(home: Arc<Home>, pin: Arc<Pin>) -> Self {
        Self { end: home.end(), home, _pin: pin }
    }

    /// Fills `buf` with the bytes at `address`; allocated bytes past what was ever written are zero.
    pub(crate) fn read_at(&self, address: u64, buf: &mut [u8]) -> Result<()> {
        self.home.check(address, buf.len() as u64)?;
        self.home.read(address, buf)
    }

    /// Whether the storage ends before `address`: what is allocated there reads as zeros.
    pub(crate) fn is_past_storage(&self, address: u64) -> bool {
        self.home.stored() <= address
    }

    /// Writes raw data in place.
    pub(crate) fn write_at(&self, address: u64, bytes: &[u8]) -> Result<()> {
        if self.home.writable() {
            self.home.check(address, bytes.len() as u64)?;
        }
        self.home.write(address, bytes)
    }

    /// The borrowed bytes at `address`, where the storage has its bytes in memory.
    pub(crate) fn slice(&self, address: u64, len: u64) -> Option<&[u8]> {
        self.home.check(address, len).ok()?;
        self.home.slice(address, len)
    }

    /// The end-of-file address when this was made: nothing valid lies beyond.
    pub(crate) fn end(&self) -> u64 {
        self.end
    }
}
