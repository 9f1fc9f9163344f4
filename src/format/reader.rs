//! A cursor over the bytes of one structure.

use super::{Address, Widths, checksum};
use crate::{Error, Result};

/// Reads fields, little-endian, from the bytes of one structure.
///
/// A checksum covers everything from the reader's first byte, so a reader starts where its
/// structure starts. Every error names the structure and its address.
#[derive(Debug, Clone)]
pub(crate) struct Reader<'a> {
    bytes: &'a [u8],
    position: usize,
    address: u64,
    widths: Widths,
    structure: &'static str,
}

impl<'a> Reader<'a> {
    /// A reader of `bytes`, which stand at file address `address`.
    pub(crate) fn new(bytes: &'a [u8], address: u64, widths: Widths, structure: &'static str) -> Self {
        Self { bytes, position: 0, address, widths, structure }
    }

    pub(crate) fn widths(&self) -> Widths {
        self.widths
    }

    /// Reads on with other widths: those that the superblock states.
    pub(crate) fn set_widths(&mut self, widths: Widths) {
        self.widths = widths;
    }

    /// The file address of the structure's first byte.
    pub(crate) fn address(&self) -> u64 {
        self.address
    }

    /// Bytes read so far.
    pub(crate) fn position(&self) -> usize {
        self.position
    }

    pub(crate) fn remaining(&self) -> usize {
        self.bytes.len().saturating_sub(self.position)
    }

    /// The bytes not yet read, without reading them.
    pub(crate) fn rest(&self) -> &'a [u8] {
        self.bytes.get(self.position..).unwrap_or_default()
    }

    /// An error about this structure.
    #[cold]
    pub(crate) fn error(
        &self,
        field: &'static str,
        message: impl Into<std::borrow::Cow<'static, str>>,
    ) -> Error {
        Error::format(message).in_field(field).in_structure(self.structure).at(self.address)
    }

    /// An error about a feature of this structure that is not supported.
    #[cold]
    pub(crate) fn unsupported(
        &self,
        field: &'static str,
        message: impl Into<std::borrow::Cow<'static, str>>,
    ) -> Error {
        Error::unsupported(message).in_field(field).in_structure(self.structure).at(self.address)
    }

    /// A byte of flags, of which only those in `known` may be set.
    pub(crate) fn flags(&mut self, known: u8) -> Result<u8> {
        match self.u8()? {
            flags if flags & !known == 0 => Ok(flags),
            flags => Err(self.unsupported("flags", format!("flags {flags:#04x}"))),
        }
    }

    /// The next `len` bytes.
    pub(crate) fn bytes(&mut self, len: usize) -> Result<&'a [u8]> {
        let end = self.position.checked_add(len);
        match end.and_then(|end| self.bytes.get(self.position..end)) {
            Some(bytes) => {
                self.position = self.position.saturating_add(len);
                Ok(bytes)
            }
            None => {
                let needed = (self.position as u64).saturating_add(len as u64);
                Err(Error::truncated(needed).in_structure(self.structure).at(self.address))
            }
        }
    }

    /// The next `N` bytes, as an array.
    pub(crate) fn array<const N: usize>(&mut self) -> Result<[u8; N]> {
        let mut array = [0; N];
        array.copy_from_slice(self.bytes(N)?);
        Ok(array)
    }

    pub(crate) fn skip(&mut self, len: usize) -> Result<()> {
        self.bytes(len).map(drop)
    }

    pub(crate) fn u8(&mut self) -> Result<u8> {
        Ok(u8::from_le_bytes(self.array()?))
    }

    pub(crate) fn u16(&mut self) -> Result<u16> {
        Ok(u16::from_le_bytes(self.array()?))
    }

    pub(crate) fn u32(&mut self) -> Result<u32> {
        Ok(u32::from_le_bytes(self.array()?))
    }

    pub(crate) fn u64(&mut self) -> Result<u64> {
        Ok(u64::from_le_bytes(self.array()?))
    }

    /// An unsigned integer of `width` bytes (at most 8).
    pub(crate) fn uint(&mut self, width: usize) -> Result<u64> {
        let mut array = [0; 8];
        let bytes = self.bytes(width)?;
        match array.get_mut(..width) {
            Some(low) => low.copy_from_slice(bytes),
            None => return Err(self.error("integer", format!("an integer of {width} bytes"))),
        }
        Ok(u64::from_le_bytes(array))
    }

    /// A length, in the file's size of lengths.
    pub(crate) fn length(&mut self) -> Result<u64> {
        self.uint(usize::from(self.widths.length))
    }

    /// A file address, in the file's size of offsets; all ones is the undefined address.
    pub(crate) fn file_address(&mut self) -> Result<Address> {
        let width = self.widths.offset;
        Ok(Address::from_width(self.uint(usize::from(width))?, width))
    }

    /// Text up to its terminating NUL, which is read too.
    pub(crate) fn c_string(&mut self) -> Result<&'a [u8]> {
        match self.rest().iter().position(|&byte| byte == 0) {
            Some(len) => {
                let text = self.bytes(len)?;
                self.skip(1)?;
                Ok(text)
            }
            None => {
                let needed = (self.bytes.len() as u64).saturating_add(1);
                Err(Error::truncated(needed).in_structure(self.structure).at(self.address))
            }
        }
    }

    /// Reads a checksum and compares it with that of all bytes before it.
    pub(crate) fn checksum(&mut self) -> Result<()> {
        let covered = self.bytes.get(..self.position).unwrap_or_default();
        let stored = self.u32()?;
        // A fuzzer would not get past a checksum.
        if cfg!(fuzzing) || stored == checksum::lookup3(covered) {
            Ok(())
        } else {
            Err(self.error("checksum", "the checksum does not match the data"))
        }
    }

    /// A reader of the next `len` bytes as a structure of their own, which are then behind this one.
    pub(crate) fn sub(&mut self, len: usize, structure: &'static str) -> Result<Reader<'a>> {
        let address = self.address.saturating_add(self.position as u64);
        Ok(Reader::new(self.bytes(len)?, address, self.widths, structure))
    }
}
