//! The mirror of the reader: fields to bytes.

use super::{Address, Structure, Widths, checksum};
use crate::{Error, Result};

/// Writes fields, little-endian, into the bytes of one structure.
///
/// A checksum covers everything from the writer's first byte. A value that its field cannot
/// hold is remembered and makes [`finish`](Writer::finish) fail, so encoders need no `Result`.
#[derive(Debug)]
pub(crate) struct Writer {
    bytes: Vec<u8>,
    widths: Widths,
    overflow: Option<&'static str>,
}

impl Writer {
    pub(crate) fn new(widths: Widths) -> Self {
        // Most structures are shorter, and so are made without growing.
        Self::with_capacity(64, widths)
    }

    fn with_capacity(capacity: usize, widths: Widths) -> Self {
        Self { bytes: Vec::with_capacity(capacity), widths, overflow: None }
    }

    pub(crate) fn widths(&self) -> Widths {
        self.widths
    }

    /// Writes on with other widths: those that the superblock states.
    pub(crate) fn set_widths(&mut self, widths: Widths) {
        self.widths = widths;
    }

    /// Bytes written so far.
    pub(crate) fn position(&self) -> usize {
        self.bytes.len()
    }

    pub(crate) fn bytes(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    pub(crate) fn zeros(&mut self, len: usize) {
        self.bytes.resize(self.bytes.len().saturating_add(len), 0);
    }

    /// Zeros up to `position`, counted from the structure's start; nothing if already past it.
    pub(crate) fn zeros_to(&mut self, position: usize) {
        self.zeros(position.saturating_sub(self.bytes.len()));
    }

    /// `len` bytes with all bits set.
    pub(crate) fn ones(&mut self, len: usize) {
        self.bytes.resize(self.bytes.len().saturating_add(len), 0xff);
    }

    /// Whether all bits of the bytes from `position` on are set.
    pub(crate) fn is_ones_from(&self, position: usize) -> bool {
        self.bytes.get(position..).is_some_and(|bytes| bytes.iter().all(|&byte| byte == 0xff))
    }

    /// Text with a terminating NUL, and more NULs up to a multiple of `align` bytes in all.
    /// Text that holds a NUL would end there when read, so it does not fit.
    pub(crate) fn c_string(&mut self, text: &[u8], align: usize) {
        if text.contains(&0) {
            self.overflow("text with a NUL in it");
        }
        self.bytes(text);
        let len = text.len().saturating_add(1);
        let padded = len.checked_next_multiple_of(align).unwrap_or(len);
        self.zeros(padded.saturating_sub(text.len()));
    }

    pub(crate) fn u8(&mut self, value: u8) {
        self.bytes(&value.to_le_bytes());
    }

    pub(crate) fn u16(&mut self, value: u16) {
        self.bytes(&value.to_le_bytes());
    }

    pub(crate) fn u32(&mut self, value: u32) {
        self.bytes(&value.to_le_bytes());
    }

    pub(crate) fn u64(&mut self, value: u64) {
        self.bytes(&value.to_le_bytes());
    }

    /// An unsigned integer of `width` bytes (at most 8); `field` names it should it not fit.
    pub(crate) fn uint(&mut self, value: u64, width: usize, field: &'static str) {
        let bytes = value.to_le_bytes();
        let (low, high) = bytes.split_at(width.min(8));
        if high.iter().any(|&byte| byte != 0) {
            self.overflow.get_or_insert(field);
        }
        self.bytes(low);
    }

    /// Remembers that `field` cannot hold its value.
    pub(crate) fn overflow(&mut self, field: &'static str) {
        self.overflow.get_or_insert(field);
    }

    /// A length, in the file's size of lengths.
    pub(crate) fn length(&mut self, value: u64) {
        self.uint(value, usize::from(self.widths.length), "length");
    }

    /// A file address, in the file's size of offsets.
    pub(crate) fn file_address(&mut self, address: Address) {
        let width = usize::from(self.widths.offset);
        match address.get() {
            None => self.ones(width),
            Some(value) => {
                let start = self.position();
                self.uint(value, width, "address");
                // All ones would read back as the undefined address.
                if self.is_ones_from(start) {
                    self.overflow("address");
                }
            }
        }
    }

    /// The checksum of everything written so far.
    pub(crate) fn checksum(&mut self) {
        let sum = checksum::lookup3(&self.bytes);
        self.u32(sum);
    }

    /// The bytes of `value`, which are not appended; what does not fit makes this writer fail.
    pub(crate) fn nested_bytes<T: Structure>(&mut self, value: &T, context: &T::Context) -> Vec<u8> {
        let mut inner = Self::new(self.widths);
        value.encode(&mut inner, context);
        if let Some(field) = inner.overflow {
            self.overflow(field);
        }
        inner.bytes
    }

    /// The bytes.
    ///
    /// # Errors
    /// `Limit` if a value did not fit its field.
    pub(crate) fn finish(self, structure: &'static str) -> Result<Vec<u8>> {
        match self.overflow {
            None => Ok(self.bytes),
            Some(field) => Err(Error::limit("the value does not fit its on-disk field")
                .in_field(field)
                .in_structure(structure)),
        }
    }
}

/// The bytes of `value`.
pub(crate) fn encode<T: Structure>(value: &T, context: &T::Context, widths: Widths) -> Result<Vec<u8>> {
    let mut w = Writer::with_capacity(value.encoded_len(context, widths).unwrap_or(64), widths);
    value.encode(&mut w, context);
    w.finish(T::NAME)
}
