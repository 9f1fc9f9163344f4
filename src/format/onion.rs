//! The history file of the onion driver: the pages of a file that each of its revisions changed.
//! Notes: format-spec-notes/onion.md.
//!
//! Each structure ends with the Fletcher32 checksum of its bytes before it, which for header, history and
//! revision records is no field here: lists come between. All numbers are little-endian, whatever the
//! widths of the file.

use super::Reader;
use super::fields::{Reserved, Signature, Version, tag};
use crate::Result;

on_disk! {
    /// Onion header, "OHDH": the first bytes of the history file.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub(crate) struct Header as "Onion header" {
        pub(crate) _signature: Signature<{ tag(b"OHDH") }>,
        pub(crate) _version: Version<1>,
        /// Bit flags, of no meaning to a reader.
        pub(crate) flags: [u8; 3],
        pub(crate) page_size: u32,
        /// Bytes of the file before its first revision.
        pub(crate) original_size: u64,
        pub(crate) history_address: u64,
        pub(crate) history_size: u64,
    }
}

impl Header {
    /// Bytes of the header with its checksum.
    pub(crate) const SIZE: usize = 40;
}

on_disk! {
    /// What precedes the places of the revision records, "OWHS".
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub(crate) struct HistoryStart as "Onion history" {
        pub(crate) _signature: Signature<{ tag(b"OWHS") }>,
        pub(crate) _version: Version<1>,
        pub(crate) _reserved: Reserved<3>,
        pub(crate) revisions: u64,
    }
}

on_disk! {
    /// Where a revision record is.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub(crate) struct RecordPlace as "Onion revision pointer" {
        pub(crate) address: u64,
        /// Bytes of the record, with its checksum.
        pub(crate) size: u64,
        pub(crate) checksum: u32,
    }
}

on_disk! {
    /// What precedes the pages of a revision, "ORRS".
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub(crate) struct RecordStart as "Onion revision record" {
        pub(crate) _signature: Signature<{ tag(b"ORRS") }>,
        pub(crate) _version: Version<1>,
        pub(crate) _reserved: Reserved<3>,
        pub(crate) revision: u64,
        pub(crate) parent: u64,
        /// In the form `20220506T054529`, ended by a zero.
        pub(crate) time: [u8; 16],
        /// Bytes of the file in this revision.
        pub(crate) size: u64,
        pub(crate) page_size: u32,
        pub(crate) pages: u64,
        pub(crate) comment_size: u32,
    }
}

on_disk! {
    /// A page that is not as in the original file.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub(crate) struct Page as "Onion page" {
        /// Its first byte in the file.
        pub(crate) offset: u64,
        /// Where it is in the history file.
        pub(crate) address: u64,
        pub(crate) checksum: u32,
    }
}

/// The bytes of a structure before its checksum, and that.
pub(crate) fn split_checksum(structure: &[u8]) -> Option<(&[u8], u32)> {
    let (covered, checksum) = structure.split_last_chunk()?;
    Some((covered, u32::from_le_bytes(*checksum)))
}

/// `count` structures, as long as there are bytes for them.
pub(crate) fn list<T: super::Structure<Context = ()>>(r: &mut Reader<'_>, count: u64) -> Result<Vec<T>> {
    let mut all = Vec::new();
    for _ in 0..count {
        all.push(T::decode(r, &())?);
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]

    use super::*;
    use crate::format::Widths;
    use crate::format::testing::{decode, hex};

    #[test]
    fn structures_that_the_library_wrote() {
        let bytes = hex("4f484448 01000000 20000000 4008000000000000 a604000000000000 5000000000000000");
        let header: Header = decode(&bytes, &(), Widths::default()).unwrap();
        assert_eq!((header.page_size, header.original_size), (32, 2112));
        assert_eq!((header.history_address, header.history_size), (1190, 80));
        let bytes =
            hex("4f525253 01000000 0000000000000000 0000000000000000 32303232303530365430353435323900 \
             4008000000000000 20000000 0500000000000000 0f000000");
        let record: RecordStart = decode(&bytes, &(), Widths::default()).unwrap();
        assert_eq!((record.size, record.pages, record.comment_size), (2112, 5, 15));
        assert_eq!(split_checksum(&bytes[..10]), Some((&bytes[..6], 0)));
        assert_eq!(split_checksum(&bytes[..3]), None);
        let mut r = Reader::new(&[0; 50], 0, Widths::default(), "test");
        assert!(list::<Page>(&mut r, u64::MAX).is_err());
    }
}
