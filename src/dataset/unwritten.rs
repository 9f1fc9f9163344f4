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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use crate::{ErrorKind, File, Limits};

    /// Whether anything of a dataset can be written, which fills all of it.
    fn first_write(file: &File) -> crate::Result<()> {
        file.dataset("filled")?.write_slice_raw(&[2_i32], 7..8)
    }

    #[test]
    fn only_a_dataset_found_in_a_file_is_too_large_to_fill() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("large.h5");
        let limits = Limits { fill: 1 << 16, ..Limits::default() };
        let make = |file: &File| {
            file.new_dataset::<i32>().shape(1 << 20).fill_value(1).create("filled").map(drop).unwrap();
        };
        make(&File::create(&path).unwrap());
        let file = File::with_options().limits(limits).open_rw(&path).unwrap();
        assert_eq!(first_write(&file).unwrap_err().kind(), ErrorKind::Limit);
        file.unlink("filled").unwrap();
        make(&file);
        first_write(&file).unwrap();
        assert_eq!(file.dataset("filled").unwrap().read_slice_raw::<i32>(6..9).unwrap(), [1, 2, 1]);
    }
}
