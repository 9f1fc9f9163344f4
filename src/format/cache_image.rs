//! The metadata cache image, "MDCI": metadata that was written in one block when a file was closed.
//! The specification does not have it; notes: format-spec-notes/cache-image.md.

use super::fields::{Field, Signature, tag};
use super::{Reader, Structure, Widths, Writer};
use crate::Result;

/// The image: structures that are newer than what is where they belong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CacheImage {
    flags: u8,
    pub(crate) entries: Vec<Entry>,
}

/// A structure of the image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    /// Type, flags, ring, age, three numbers of dependencies, and the rank of the last use: of
    /// interest to the C library's cache only.
    state: [u8; STATE],
    /// The addresses of the structures that must be written after this one.
    parents: Vec<u64>,
    /// Where it belongs.
    pub(crate) address: u64,
    pub(crate) bytes: Vec<u8>,
}

/// Bytes of an entry before its address.
const STATE: usize = 14;
/// Where in these the number of parents is.
const PARENTS: usize = 8;

impl Entry {
    fn decode(r: &mut Reader<'_>) -> Result<Self> {
        let state: [u8; STATE] = r.array()?;
        let parents = state
            .get(PARENTS..)
            .and_then(|rest| rest.first_chunk())
            .map_or(0, |count| u16::from_le_bytes(*count));
        let address = r.file_address()?.require(CacheImage::NAME)?;
        let len = r.length()?;
        let parents = (0..parents).map(|_| r.file_address()?.require(CacheImage::NAME));
        let parents = parents.collect::<Result<_>>()?;
        let bytes = r.bytes(usize::try_from(len).unwrap_or(usize::MAX))?.to_vec();
        Ok(Self { state, parents, address, bytes })
    }

    fn encode(&self, w: &mut Writer) {
        w.bytes(&self.state);
        w.file_address(super::Address::new(self.address));
        w.length(self.bytes.len() as u64);
        self.parents.iter().for_each(|&parent| w.file_address(super::Address::new(parent)));
        w.bytes(&self.bytes);
    }
}

impl Structure for CacheImage {
    const NAME: &'static str = "Metadata cache image";
    /// The length that the message states.
    type Context = u64;

    fn size_hint(len: &u64, _: Widths) -> usize {
        usize::try_from(*len).unwrap_or(usize::MAX)
    }

    fn decode(r: &mut Reader<'_>, len: &u64) -> Result<Self> {
        Signature::<{ tag(b"MDCI") }>::decode(r)?;
        match r.u8()? {
            0 => {}
            version => return Err(r.unsupported("version", format!("version {version}"))),
        }
        let flags = r.u8()?;
        if r.length()? != *len {
            return Err(r.error("length", "the image has another length than its message says"));
        }
        let count = r.u32()?;
        let mut entries = Vec::new();
        for _ in 0..count {
            entries.push(Entry::decode(r)?);
        }
        r.checksum()?;
        Ok(Self { flags, entries })
    }

    fn encode(&self, w: &mut Writer, len: &u64) {
        Signature::<{ tag(b"MDCI") }>.encode(w);
        w.u8(0);
        w.u8(self.flags);
        w.length(*len);
        w.uint(self.entries.len() as u64, 4, "number of entries");
        self.entries.iter().for_each(|entry| entry.encode(w));
        w.checksum();
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]
    use super::*;
    use crate::format::encode;
    use crate::format::testing::{check_bytes, check_flips, decode, hex};

    /// The start of the image of a file that HDF5 1.14's `h5clear` is tested with.
    const ENTRY: &str = "1601 0100 0000 0000 0000 ffffffff df01000000000000 1c00000000000000
        464148440000080a64000000000000 00fb010000000000003cd9bdd5";

    fn image() -> CacheImage {
        let bytes = hex(ENTRY);
        let entry = Entry::decode(&mut Reader::new(&bytes, 0, Widths::default(), CacheImage::NAME)).unwrap();
        assert_eq!((entry.address, entry.bytes.len()), (0x1df, 0x1c));
        let mut state = entry.state;
        state[PARENTS] = 1;
        let child = Entry { state, parents: vec![0x1df], address: 0x300, bytes: b"FADB".to_vec() };
        CacheImage { flags: 0, entries: vec![entry, child] }
    }

    #[test]
    fn images_round_trip_and_damage_is_found() {
        let image = image();
        let len = encode(&image, &0, Widths::default()).unwrap().len() as u64;
        let bytes = encode(&image, &len, Widths::default()).unwrap();
        assert_eq!(decode::<CacheImage>(&bytes, &len, Widths::default()).unwrap(), image);
        check_bytes::<CacheImage>(&bytes, &len, Widths::default());
        check_flips::<CacheImage>(&bytes, &len, Widths::default());
    }
}
