//! The storage behind the store, and raw-data access that does not need the store's lock.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::tail::Tail;
use crate::storage::{Offset, ReadAt, SyncMode, WriteAt};
use crate::{Error, Result};

/// The storage, from the base address on, and what is known of its length.
pub(super) struct Home {
    reader: Arc<dyn ReadAt>,
    writer: Option<Arc<dyn WriteAt>>,
    /// The storage's length: nobody else changes it while the file is open for writing.
    stored: AtomicU64,
    tail: Tail,
    /// The end of all allocated space: no valid address lies beyond.
    end: AtomicU64,
    /// The ranges that hold bytes, where there are gaps between them; such storage is only read.
    parts: Option<Vec<Range<u64>>>,
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
        let parts = reader.parts()?;
        let parts = (writer.is_none() && parts.len() > 1).then_some(parts);
        Ok(Self { reader, writer, stored, tail: Tail::empty(), end: AtomicU64::new(0), parts })
    }

    /// No storage at all.
    pub(super) fn empty() -> Self {
        let (stored, end) = (AtomicU64::new(0), AtomicU64::new(0));
        Self { reader: Arc::new(Vec::new()), writer: None, stored, tail: Tail::empty(), end, parts: None }
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

    /// How many bytes the file has: it cannot hold more of anything.
    pub(super) fn volume(&self) -> u64 {
        let Some(parts) = &self.parts else { return self.end() };
        parts.iter().fold(0, |sum, part| sum.saturating_add(part.end.saturating_sub(part.start)))
    }

    /// How many bytes the file has from `address` on, without a gap.
    pub(super) fn room(&self, address: u64) -> u64 {
        self.part_end(address).unwrap_or_else(|| self.end()).saturating_sub(address)
    }

    /// How many bytes the storage has from `address` on, without a gap.
    pub(super) fn available(&self, address: u64) -> u64 {
        self.part_end(address).unwrap_or_else(|| self.stored()).saturating_sub(address)
    }

    /// Where there are gaps, the end of the range that holds `address`; 0 if none does.
    fn part_end(&self, address: u64) -> Option<u64> {
        let parts = self.parts.as_ref()?;
        Some(parts.iter().find(|part| part.contains(&address)).map_or(0, |part| part.end))
    }

    /// An error if the range is not inside the file.
    pub(super) fn check(&self, address: u64, len: u64) -> Result<()> {
        match address.checked_add(len) {
            Some(end) if end <= self.end() && (self.parts.is_none() || len <= self.room(address)) => Ok(()),
            _ => Err(Error::format("the data reaches past the end of the file").at(address)),
        }
    }

    /// Fills `buf`. What is allocated in a file being written, and past the storage's end, is zero.
    pub(super) fn read(&self, address: u64, buf: &mut [u8]) -> Result<()> {
        if self.tail.begins_before(address.saturating_add(buf.len() as u64)) {
            self.settle()?;
        }
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
        self.settle()?;
        self.write_now(address, bytes)
    }

    fn write_now(&self, address: u64, bytes: &[u8]) -> Result<()> {
        self.writer()?.write_at(address, bytes).map_err(|error| Error::from(error).at(address))?;
        self.stored.fetch_max(address.saturating_add(bytes.len() as u64), Ordering::AcqRel);
        Ok(())
    }

    /// As [`write`](Self::write), but small pieces past the end of all that is stored, which no
    /// commit knows, wait for those that follow, until a read of them or any other write.
    fn write_raw(&self, address: u64, bytes: &[u8]) -> Result<()> {
        if bytes.is_empty() || bytes.len() > Tail::PIECE || address < self.stored() || !self.writable() {
            return self.write(address, bytes);
        }
        let mut tail = self.tail.lock();
        if tail.add(address, bytes) {
            return Ok(());
        }
        tail.settle(|at, waiting| self.write_now(at, waiting))?;
        if address >= self.stored() && tail.add(address, bytes) {
            return Ok(());
        }
        self.write_now(address, bytes)
    }

    /// Whether nothing was written at `address` and behind it: what is allocated there reads as zeros.
    fn is_past_all(&self, address: u64) -> bool {
        self.stored() <= address && self.tail.lock().end() <= address
    }

    /// Writes what waits.
    pub(super) fn settle(&self) -> Result<()> {
        if self.tail.begins_before(u64::MAX) {
            self.tail.lock().settle(|at, waiting| self.write_now(at, waiting))?;
        }
        Ok(())
    }

    pub(super) fn set_len(&self, len: u64) -> Result<()> {
        self.settle()?;
        self.writer()?.set_len(len)?;
        self.stored.store(len, Ordering::Release);
        Ok(())
    }

    pub(super) fn sync(&self, mode: SyncMode) -> Result<()> {
        self.settle()?;
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
    _pin: Arc<Pin>,
}

impl RawData {
    pub(super) fn new(home: Arc<Home>, pin: Arc<Pin>) -> Self {
        Self { home, _pin: pin }
    }

    /// Fills `buf` with the bytes at `address`; allocated bytes past what was ever written are zero.
    pub(crate) fn read_at(&self, address: u64, buf: &mut [u8]) -> Result<()> {
        self.home.check(address, buf.len() as u64)?;
        self.home.read(address, buf)
    }

    /// Whether the storage ends before `address`: what is allocated there reads as zeros.
    pub(crate) fn is_past_storage(&self, address: u64) -> bool {
        self.home.is_past_all(address)
    }

    /// Writes raw data in place.
    pub(crate) fn write_at(&self, address: u64, bytes: &[u8]) -> Result<()> {
        if self.home.writable() {
            self.home.check(address, bytes.len() as u64)?;
        }
        self.home.write_raw(address, bytes)
    }

    /// The borrowed bytes at `address`, where the storage has its bytes in memory.
    pub(crate) fn slice(&self, address: u64, len: u64) -> Option<&[u8]> {
        self.home.check(address, len).ok()?;
        self.home.slice(address, len)
    }

    /// Whether the range is inside the file.
    pub(crate) fn holds(&self, address: u64, len: u64) -> bool {
        self.home.check(address, len).is_ok()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]
    use super::*;
    use crate::storage::MemoryStorage;

    #[test]
    fn small_pieces_wait_and_are_seen() {
        let memory = Arc::new(MemoryStorage::new(vec![1; 100]));
        let home = Home::new(memory.clone(), Some(memory.clone()), 0).unwrap();
        home.write_raw(90, &[2; 10]).unwrap();
        assert_eq!(memory.to_vec()[89..], [&[1][..], &[2; 10]].concat(), "what is stored changes at once");
        for nth in 0..3_u8 {
            home.write_raw(100 + u64::from(nth) * 10, &[3 + nth; 10]).unwrap();
        }
        assert_eq!((memory.to_vec().len(), home.stored()), (100, 100));
        assert!(home.is_past_all(130) && !home.is_past_all(129));
        let mut read = [9; 40];
        home.read(95, &mut read).unwrap();
        assert_eq!(read, [[2; 5], [3; 5], [3; 5], [4; 5], [4; 5], [5; 5], [5; 5], [0; 5]].concat()[..]);
        assert_eq!(memory.to_vec().len(), 130);

        home.write_raw(130, &[6; 4]).unwrap();
        home.write_raw(132, &[7; 4]).unwrap();
        home.write_raw(200, &[8; 4]).unwrap();
        assert_eq!(memory.to_vec()[130..], [6, 6, 7, 7, 7, 7], "the last is not next to the others");
        home.write(200, &[9; 2]).unwrap();
        home.settle().unwrap();
        assert_eq!(memory.to_vec()[200..], [9, 9, 8, 8], "in the order of the writes");
    }
}
