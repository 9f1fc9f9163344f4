//! Storage that begins somewhere inside other storage: a file behind a user block.

use std::io;
use std::ops::Range;

use super::{ReadAt, SyncMode, WriteAt};

/// The bytes of another storage from an offset on.
#[derive(Debug, Clone)]
pub struct Offset<S> {
    inner: S,
    offset: u64,
}

impl<S> Offset<S> {
    /// Storage whose first byte is the byte `offset` of `inner`.
    pub fn new(inner: S, offset: u64) -> Self {
        Self { inner, offset }
    }

    fn shift(&self, offset: u64) -> io::Result<u64> {
        self.offset.checked_add(offset).ok_or_else(|| io::ErrorKind::InvalidInput.into())
    }
}

impl<S: ReadAt> ReadAt for Offset<S> {
    fn len(&self) -> io::Result<u64> {
        Ok(self.inner.len()?.saturating_sub(self.offset))
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<()> {
        // The inner storage may end before this one begins.
        if buf.is_empty() && offset == 0 {
            return Ok(());
        }
        let offset = self.shift(offset).map_err(|_| io::ErrorKind::UnexpectedEof)?;
        self.inner.read_at(offset, buf)
    }

    fn read_ranges(&self, ranges: &mut [(u64, &mut [u8])]) -> io::Result<()> {
        let mut shifted = Vec::with_capacity(ranges.len());
        for (offset, buf) in ranges.iter_mut().filter(|(_, buf)| !buf.is_empty()) {
            let offset = self.shift(*offset).map_err(|_| io::ErrorKind::UnexpectedEof)?;
            shifted.push((offset, &mut **buf));
        }
        self.inner.read_ranges(&mut shifted)
    }

    fn as_slice(&self) -> Option<&[u8]> {
        let bytes = self.inner.as_slice()?;
        Some(bytes.get(usize::try_from(self.offset).ok()?..).unwrap_or_default())
    }

    fn parts(&self) -> io::Result<Vec<Range<u64>>> {
        let shift =
            |part: Range<u64>| part.start.saturating_sub(self.offset)..part.end.saturating_sub(self.offset);
        Ok(self.inner.parts()?.into_iter().map(shift).filter(|part| !part.is_empty()).collect())
    }
}

impl<S: WriteAt> WriteAt for Offset<S> {
    fn write_at(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        self.inner.write_at(self.shift(offset)?, bytes)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.inner.set_len(self.shift(len)?)
    }

    fn sync(&self, mode: SyncMode) -> io::Result<()> {
        self.inner.sync(mode)
    }
}

#[cfg(test)]
mod tests {
    use super::super::MemoryStorage;
    use super::super::conformance::{check_read_at, check_write_at};
    use super::*;

    #[test]
    fn offset_is_conformant() {
        check_write_at(&Offset::new(MemoryStorage::new(vec![7; 512]), 512));
        check_write_at(&Offset::new(MemoryStorage::default(), 512));
        let bytes: Vec<u8> = (0..=255).cycle().take(2000).collect();
        check_read_at(&Offset::new(&bytes, 512), &bytes[512..]);
        check_read_at(&Offset::new(&bytes, 3000), &[]);
    }

    #[test]
    fn the_bytes_below_are_untouched() {
        let storage = Offset::new(MemoryStorage::new(vec![7; 512]), 512);
        check_write_at(&storage);
        assert_eq!(storage.inner.into_vec()[..512], [7; 512]);
    }
}
