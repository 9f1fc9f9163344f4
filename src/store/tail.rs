//! Small pieces of new raw data, gathered into larger writes.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard};

/// Bytes past the end of all that is stored, which wait to be written with what follows them.
pub(super) struct Tail {
    /// Where the waiting bytes begin, or `u64::MAX`: who looks below it need not take the lock.
    start: AtomicU64,
    bytes: Mutex<Vec<u8>>,
}

impl Tail {
    /// Larger pieces do not wait.
    pub(super) const PIECE: usize = 2 << 10;
    /// No more bytes wait.
    const ALL: usize = 64 << 10;

    pub(super) fn empty() -> Self {
        Self { start: AtomicU64::new(u64::MAX), bytes: Mutex::default() }
    }

    /// Whether bytes wait that lie before `end`.
    pub(super) fn begins_before(&self, end: u64) -> bool {
        self.start.load(Ordering::Acquire) < end
    }

    /// The waiting bytes, for one thread alone.
    pub(super) fn lock(&self) -> Waiting<'_> {
        Waiting { tail: self, bytes: self.bytes.lock().unwrap_or_else(|poison| poison.into_inner()) }
    }
}

/// The waiting bytes, locked.
pub(super) struct Waiting<'a> {
    tail: &'a Tail,
    bytes: MutexGuard<'a, Vec<u8>>,
}

impl Waiting<'_> {
    /// Where the waiting bytes end; 0 if there are none.
    pub(super) fn end(&self) -> u64 {
        match self.bytes.len() {
            0 => 0,
            len => self.tail.start.load(Ordering::Acquire).saturating_add(len as u64),
        }
    }

    /// Adds a piece; `false` if it does not follow the others, or they are many.
    pub(super) fn add(&mut self, address: u64, piece: &[u8]) -> bool {
        if self.bytes.is_empty() {
            self.tail.start.store(address, Ordering::Release);
        } else if self.end() != address || self.bytes.len().saturating_add(piece.len()) > Tail::ALL {
            return false;
        }
        self.bytes.extend_from_slice(piece);
        true
    }

    /// Gives all to `write`; if that fails, they go on waiting.
    pub(super) fn settle<E>(&mut self, write: impl FnOnce(u64, &[u8]) -> Result<(), E>) -> Result<(), E> {
        if !self.bytes.is_empty() {
            write(self.tail.start.load(Ordering::Acquire), &self.bytes)?;
            self.bytes.clear();
            self.tail.start.store(u64::MAX, Ordering::Release);
        }
        Ok(())
    }
}
