//! Bytes that no file holds and a read, or the first write, has to make.

use crate::file::Shared;
use crate::{Error, Result};

/// The bytes that the file does not hold, which damage could make without end.
pub(super) struct Unwritten {
    bytes: u64,
    limit: u64,
}

impl Unwritten {
    /// Bytes that a file may have for each of its own.
    const RATIO: u64 = 1024;

    pub(super) fn new(shared: &Shared) -> Result<Self> {
        let store = shared.read()?;
        Ok(Self { bytes: 0, limit: store.limits().fill.max(store.volume().saturating_mul(Self::RATIO)) })
    }

    /// Refuses a read of so many bytes if too many of them are not `held`, which is asked only where it
    /// matters.
    pub(super) fn check(shared: &Shared, bytes: u64, held: impl FnOnce() -> Result<u64>) -> Result<()> {
        if Self::new(shared)?.add(bytes).is_ok() {
            return Ok(());
        }
        Self::new(shared)?.add(bytes.saturating_sub(held()?))
    }

    pub(super) fn add(&mut self, bytes: u64) -> Result<()> {
        self.bytes = self.bytes.saturating_add(bytes);
        if self.bytes <= self.limit {
            return Ok(());
        }
        Err(Error::limit(format!(
            "more than {} bytes were never written; Limits::fill allows more",
            self.limit
        )))
    }
}
