//! Storage that crashes or fails on demand, to test what survives.

use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard};

use super::{MemoryStorage, ReadAt, SyncMode, WriteAt};

/// What a device writes whole or not at all.
const SECTOR: u64 = 512;

#[derive(Debug, Clone)]
enum Operation {
    Write { offset: u64, bytes: Vec<u8> },
    SetLen(u64),
    Sync,
}

impl Operation {
    /// How many sectors it writes; it can be torn between them.
    fn sectors(&self) -> u64 {
        match self {
            Self::Write { offset, bytes } if !bytes.is_empty() => {
                (offset + bytes.len() as u64).div_ceil(SECTOR) - offset / SECTOR
            }
            _ => 1,
        }
    }

    /// Ways to tear it: which sectors are written.
    fn tears(&self) -> Vec<Box<dyn Fn(u64) -> bool>> {
        let sectors = self.sectors();
        let mut tears: Vec<Box<dyn Fn(u64) -> bool>> = Vec::new();
        if sectors < 2 {
            return tears;
        }
        if sectors > 2 {
            tears.push(Box::new(|sector| sector % 2 == 0));
            tears.push(Box::new(|sector| sector % 2 == 1));
        }
        let mut cuts = vec![1, 2, sectors / 2, sectors - 1];
        cuts.retain(|&cut| cut > 0 && cut < sectors);
        cuts.sort_unstable();
        cuts.dedup();
        for cut in cuts {
            tears.push(Box::new(move |sector| sector < cut));
            tears.push(Box::new(move |sector| sector >= cut));
        }
        tears
    }

    /// Does it to `image`, but only the sectors for which `keep` says so, counted from its first.
    fn apply(&self, image: &mut Vec<u8>, keep: impl Fn(u64) -> bool) {
        match self {
            Self::Sync => {}
            Self::SetLen(len) => image.resize(*len as usize, 0),
            Self::Write { offset, bytes } => {
                let start = *offset as usize;
                let mut at = start;
                while at < start + bytes.len() {
                    let sector = at as u64 / SECTOR;
                    let end = (start + bytes.len()).min(((sector + 1) * SECTOR) as usize);
                    if keep(sector - offset / SECTOR) {
                        if image.len() < end {
                            image.resize(end, 0);
                        }
                        image[at..end].copy_from_slice(&bytes[at - start..end - start]);
                    }
                    at = end;
                }
            }
        }
    }
}

/// Memory that remembers every write, and tells what a crash at any point would have left.
#[derive(Debug, Default)]
pub struct CrashStorage {
    initial: Vec<u8>,
    current: MemoryStorage,
    log: Mutex<Vec<Operation>>,
}

impl CrashStorage {
    /// Storage that holds `bytes` before the first logged write.
    pub fn new(bytes: Vec<u8>) -> Self {
        Self { initial: bytes.clone(), current: MemoryStorage::new(bytes), log: Mutex::default() }
    }

    fn log(&self) -> MutexGuard<'_, Vec<Operation>> {
        self.log.lock().unwrap_or_else(|poison| poison.into_inner())
    }

    /// How many operations (writes, changes of length, syncs) there were.
    pub fn operations(&self) -> usize {
        self.log().len()
    }

    /// What a process killed after `count` operations leaves.
    pub fn image_after(&self, count: usize) -> Vec<u8> {
        self.image_of(&self.log(), count)
    }

    /// Visits what every possible crash leaves: after each number of whole operations, and with the
    /// next write torn between its 512-byte sectors (only the first ones are written, only the last
    /// ones, every other one; of a write of many sectors, some ways to tear it are chosen).
    ///
    /// `visit` gets the number of operations that were completed, and the bytes.
    pub fn for_each_crash(&self, mut visit: impl FnMut(usize, &[u8])) {
        let log = self.log();
        let mut image = self.initial.clone();
        visit(0, &image);
        for (completed, operation) in log.iter().enumerate() {
            for keep in operation.tears() {
                let mut torn = image.clone();
                operation.apply(&mut torn, keep);
                visit(completed, &torn);
            }
            operation.apply(&mut image, |_| true);
            visit(completed + 1, &image);
        }
    }

    fn image_of(&self, log: &[Operation], count: usize) -> Vec<u8> {
        let mut image = self.initial.clone();
        log.iter().take(count).for_each(|operation| operation.apply(&mut image, |_| true));
        image
    }

    /// What a power failure after `count` operations can leave: all up to the last sync among
    /// them, and of each later write only the sectors for which `keep(operation, sector)` holds.
    pub fn power_failure_after(&self, count: usize, keep: impl Fn(usize, u64) -> bool) -> Vec<u8> {
        let log = self.log();
        let done = &log[..count.min(log.len())];
        let durable = done.iter().rposition(|op| matches!(op, Operation::Sync)).unwrap_or(0);
        let mut image = self.image_of(&log, durable);
        for (index, operation) in done.iter().enumerate().skip(durable) {
            match operation {
                Operation::SetLen(_) if !keep(index, 0) => {}
                _ => operation.apply(&mut image, |sector| keep(index, sector)),
            }
        }
        image
    }
}

impl ReadAt for CrashStorage {
    fn len(&self) -> io::Result<u64> {
        self.current.len()
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<()> {
        self.current.read_at(offset, buf)
    }
}

impl WriteAt for CrashStorage {
    fn write_at(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        let mut log = self.log();
        self.current.write_at(offset, bytes)?;
        log.push(Operation::Write { offset, bytes: bytes.to_vec() });
        Ok(())
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        let mut log = self.log();
        self.current.set_len(len)?;
        log.push(Operation::SetLen(len));
        Ok(())
    }

    fn sync(&self, _: SyncMode) -> io::Result<()> {
        self.log().push(Operation::Sync);
        Ok(())
    }
}

/// Storage whose n-th operation fails; of a failing write the sectors in its first half are written.
#[derive(Debug)]
pub struct FaultStorage<S> {
    inner: S,
    /// Operations that still succeed; `u64::MAX` is all.
    left: AtomicU64,
    done: AtomicU64,
}

impl<S> FaultStorage<S> {
    /// `inner`, with no fault until [`fail_after`](Self::fail_after).
    pub fn new(inner: S) -> Self {
        Self { inner, left: AtomicU64::new(u64::MAX), done: AtomicU64::new(0) }
    }

    /// Lets `operations` more succeed, the one after them fail, and those after that succeed.
    pub fn fail_after(&self, operations: u64) {
        self.left.store(operations, Ordering::SeqCst);
    }

    /// How many operations succeeded so far.
    pub fn operations(&self) -> u64 {
        self.done.load(Ordering::SeqCst)
    }

    /// The storage behind.
    pub fn into_inner(self) -> S {
        self.inner
    }

    fn step(&self) -> io::Result<()> {
        let left = self.left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| match left {
            u64::MAX => None,
            0 => Some(u64::MAX),
            left => Some(left - 1),
        });
        match left {
            Ok(0) => Err(io::Error::other("injected fault")),
            _ => {
                self.done.fetch_add(1, Ordering::SeqCst);
                Ok(())
            }
        }
    }
}

impl<S: ReadAt> ReadAt for FaultStorage<S> {
    fn len(&self) -> io::Result<u64> {
        self.step()?;
        self.inner.len()
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<()> {
        self.step()?;
        self.inner.read_at(offset, buf)
    }
}

impl<S: WriteAt> WriteAt for FaultStorage<S> {
    fn write_at(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        if let Err(fault) = self.step() {
            let middle = (offset + bytes.len() as u64 / 2) / SECTOR * SECTOR;
            let written = middle.saturating_sub(offset) as usize;
            self.inner.write_at(offset, &bytes[..written])?;
            return Err(fault);
        }
        self.inner.write_at(offset, bytes)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.step()?;
        self.inner.set_len(len)
    }

    fn sync(&self, mode: SyncMode) -> io::Result<()> {
        self.step()?;
        self.inner.sync(mode)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::conformance::check_write_at;
    use super::*;

    #[test]
    fn both_are_conformant() {
        let crash = CrashStorage::default();
        check_write_at(&crash);
        assert_eq!(crash.image_after(crash.operations()), crash.current.to_vec());
        check_write_at(&FaultStorage::new(MemoryStorage::default()));
    }

    #[test]
    fn a_write_is_torn_between_sectors() {
        let storage = CrashStorage::new(vec![0; 2048]);
        storage.write_at(500, &[1; 600]).unwrap();
        let mut images = Vec::new();
        storage.for_each_crash(|completed, image| {
            if completed == 0 {
                images.push(image.to_vec());
            }
        });
        assert!(images.iter().any(|image| image[500..512] == [1; 12] && image[512..] == [0; 1536]));
        assert!(images.iter().any(|image| image[..512] == [0; 512] && image[512..1100] == [1; 588]));
        assert!(images.iter().all(|image| image[1100..] == [0; 948]));
    }

    #[test]
    fn power_failure_keeps_what_was_synced() {
        let storage = CrashStorage::default();
        storage.write_at(0, &[1; 512]).unwrap();
        storage.sync(SyncMode::Data).unwrap();
        storage.write_at(512, &[2; 1024]).unwrap();
        assert_eq!(storage.power_failure_after(3, |_, _| false), [1; 512]);
        let image = storage.power_failure_after(3, |_, sector| sector == 1);
        assert_eq!(image[..512], [1; 512]);
        assert_eq!(image[512..1024], [0; 512]);
        assert_eq!(image[1024..], [2; 512]);
    }

    #[test]
    fn one_operation_fails() {
        let storage = FaultStorage::new(MemoryStorage::default());
        storage.fail_after(1);
        storage.write_at(0, &[1; 4]).unwrap();
        assert!(storage.write_at(4, &[2; 1200]).is_err());
        assert_eq!(storage.operations(), 1);
        storage.write_at(3, &[3]).unwrap();
        let bytes = storage.into_inner().into_vec();
        assert_eq!(bytes[..4], [1, 1, 1, 3]);
        assert_eq!(bytes[4..], [2; 508]);
    }
}
