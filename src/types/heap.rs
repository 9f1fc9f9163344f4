//! The side heap of memory images.

use super::{fill_image, image_array};
use crate::{Error, Result};

/// Bytes of a reference to variable-length data in a memory image: offset and number of elements.
pub(crate) const REFERENCE_SIZE: usize = 16;

/// The offset in the reference of a string that was never written.
const NULL: u64 = u64::MAX;

/// The variable-length parts of memory images.
///
/// An image refers to a part by its offset here and its number of elements, each a native `u64`.
#[derive(Debug, Clone)]
pub struct Heap {
    bytes: Vec<u8>,
    /// The most bytes to hold: many elements of a damaged file may refer to one large object.
    limit: u64,
}

impl Default for Heap {
    fn default() -> Self {
        Self::with_limit(crate::Limits::default().read)
    }
}

impl Heap {
    /// An empty heap.
    pub fn new() -> Self {
        Self::default()
    }

    /// An empty heap that refuses to grow beyond `limit` bytes.
    pub fn with_limit(limit: u64) -> Self {
        Self { bytes: Vec::new(), limit }
    }

    /// The part that the reference in `image` refers to: its elements, each of `element_size` bytes.
    ///
    /// # Errors
    /// `Usage` if the image is no reference into this heap.
    pub fn get(&self, image: &[u8], element_size: usize) -> Result<&[u8]> {
        let (offset, count) = reference(image)?;
        if count == 0 {
            return Ok(&[]);
        }
        let part =
            usize::try_from(count).ok().and_then(|count| count.checked_mul(element_size)).and_then(|len| {
                let start = usize::try_from(offset).ok()?;
                self.bytes.get(start..start.checked_add(len)?)
            });
        part.ok_or_else(|| Error::usage("a memory image refers past the end of its heap"))
    }

    /// Whether `image` is the reference of a string that was never written, rather than of an empty
    /// one; [`get`](Self::get) gives no bytes for both.
    pub fn is_null(image: &[u8]) -> bool {
        reference(image).is_ok_and(|reference| reference == (NULL, 0))
    }

    /// Writes the reference of a string that was never written into `image`.
    pub(crate) fn put_null(image: &mut [u8]) -> Result<()> {
        let mut reference = [0; REFERENCE_SIZE];
        let (offset, _) = reference.split_at_mut(REFERENCE_SIZE / 2);
        offset.copy_from_slice(&NULL.to_ne_bytes());
        fill_image(image, &reference)
    }

    /// Keeps `bytes`, which are `count` elements, and writes the reference to them into `image`.
    ///
    /// # Errors
    /// `Limit` if the heap would grow too large, `Usage` if the image has not the size of a reference.
    pub fn put(&mut self, image: &mut [u8], count: usize, bytes: &[u8]) -> Result<()> {
        self.reserve(image, count, bytes.len())?.copy_from_slice(bytes);
        Ok(())
    }

    /// Makes room for `count` elements of `len` bytes in all, and writes the reference to it into
    /// `image`.
    pub(crate) fn reserve(&mut self, image: &mut [u8], count: usize, len: usize) -> Result<&mut [u8]> {
        let start = self.bytes.len();
        let end = self.end_after(len)?;
        self.bytes.try_reserve(len).map_err(|_| no_memory(len))?;
        self.bytes.resize(end, 0);
        let mut reference = [0; REFERENCE_SIZE];
        let (offset_bytes, count_bytes) = reference.split_at_mut(REFERENCE_SIZE / 2);
        offset_bytes.copy_from_slice(&(start as u64).to_ne_bytes());
        count_bytes.copy_from_slice(&(count as u64).to_ne_bytes());
        fill_image(image, &reference)?;
        Ok(self.bytes.get_mut(start..end).unwrap_or_default())
    }

    /// Counts `len` bytes against the limit, for a part that many images refer to.
    pub(crate) fn charge(&mut self, len: u64) -> Result<()> {
        let limit = self.limit.checked_sub(len).filter(|&limit| limit >= self.len());
        self.limit = limit.ok_or_else(|| self.exceeded())?;
        Ok(())
    }

    fn exceeded(&self) -> Error {
        Error::limit(format!("the variable-length data of one transfer exceeds {} bytes", self.limit))
    }

    /// Bytes of all parts.
    pub(crate) fn len(&self) -> u64 {
        self.bytes.len() as u64
    }

    /// Zeroed memory for `len` bytes that are to be put here later.
    pub(crate) fn scratch(&self, len: usize) -> Result<Vec<u8>> {
        self.end_after(len)?;
        let mut bytes = Vec::new();
        bytes.try_reserve_exact(len).map_err(|_| no_memory(len))?;
        bytes.resize(len, 0);
        Ok(bytes)
    }

    /// The end of this heap after `len` more bytes, within the limit.
    fn end_after(&self, len: usize) -> Result<usize> {
        self.bytes
            .len()
            .checked_add(len)
            .filter(|&end| end as u64 <= self.limit)
            .ok_or_else(|| self.exceeded())
    }
}

fn no_memory(len: usize) -> Error {
    Error::limit(format!("no memory for {len} bytes"))
}

/// Offset and number of elements.
fn reference(image: &[u8]) -> Result<(u64, u64)> {
    let both = u128::from_ne_bytes(image_array::<REFERENCE_SIZE>(image)?);
    let (low, high) = (both as u64, (both >> 64) as u64);
    Ok(if cfg!(target_endian = "little") { (low, high) } else { (high, low) })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn parts_come_back() {
        let mut heap = Heap::new();
        let mut images = [[0; REFERENCE_SIZE]; 2];
        heap.put(&mut images[0], 2, &[1, 2, 3, 4]).unwrap();
        heap.put(&mut images[1], 3, b"abc").unwrap();
        assert_eq!(heap.get(&images[0], 2).unwrap(), [1, 2, 3, 4]);
        assert_eq!(heap.get(&images[1], 1).unwrap(), b"abc");
        assert!(heap.get(&images[1], 2).is_err());
        assert!(heap.get(&[0xff; REFERENCE_SIZE], 1).is_err());
    }

    #[test]
    fn the_limit_holds() {
        let mut heap = Heap::with_limit(3);
        let error = heap.put(&mut [0; REFERENCE_SIZE], 4, b"four").unwrap_err();
        assert_eq!(error.kind(), crate::ErrorKind::Limit);
        let mut shared = Heap::with_limit(10);
        shared.put(&mut [0; REFERENCE_SIZE], 4, b"four").unwrap();
        shared.charge(4).unwrap();
        assert_eq!(shared.charge(4).unwrap_err().kind(), crate::ErrorKind::Limit);
        assert!(shared.put(&mut [0; REFERENCE_SIZE], 3, b"ten").is_err());
        shared.put(&mut [0; REFERENCE_SIZE], 2, b"ok").unwrap();
    }
}
