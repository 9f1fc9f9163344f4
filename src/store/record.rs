//! The record of a commit's anchors, which makes their rewriting one step for our readers.
//!
//! See format-spec-notes/durability.md.

use super::raw::Home;
use super::space::SECTOR;
use crate::Result;
use crate::format::fields::{Checksum, Field};
use crate::format::{Reader, Structure, Widths, Writer, checksum, encode};

const MAGIC: [u8; 8] = *b"\x89h5com\r\n";
const VERSION: u32 = 1;
/// Magic, version, number of anchors, length, position.
const HEAD_LEN: u64 = 32;
/// Integers have fixed widths whatever those of the file.
const WIDTHS: Widths = Widths { offset: 8, length: 8 };

/// The new bytes of something that is rewritten in place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Anchor {
    /// Counted from the start of the storage, so that sectors are what the device's are.
    pub(super) offset: u64,
    /// Checksums of what each sector held of it before.
    old: Vec<u32>,
    pub(super) bytes: Vec<u8>,
}

/// The record, which stands at `position` in the storage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Record {
    pub(super) position: u64,
    pub(super) anchors: Vec<Anchor>,
}

/// The parts of a range of bytes that lie within one sector each.
fn pieces(offset: u64, bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    let in_sector = offset.checked_rem(SECTOR).unwrap_or(0);
    let first = usize::try_from(SECTOR.saturating_sub(in_sector)).unwrap_or(usize::MAX);
    let (first, rest) = bytes.split_at_checked(first).unwrap_or((bytes, &[]));
    std::iter::once(first).filter(|piece| !piece.is_empty()).chain(rest.chunks(SECTOR as usize))
}

/// Whether a range of bytes is written whole or not at all.
pub(super) fn atomic(offset: u64, len: usize) -> bool {
    let in_sector = offset.checked_rem(SECTOR).unwrap_or(0);
    in_sector.saturating_add(len as u64) <= SECTOR
}

impl Anchor {
    /// The rewriting of what `home` has at `address`.
    pub(super) fn new(home: &Home, base: u64, address: u64, bytes: &[u8]) -> Result<Self> {
        let offset = base.saturating_add(address);
        let mut now = vec![0; bytes.len()];
        home.read(address, &mut now)?;
        let old = pieces(offset, &now).map(checksum::lookup3).collect();
        Ok(Self { offset, old, bytes: bytes.to_vec() })
    }

    /// Whether each sector is as it was, or as it shall be.
    fn valid(&self, home: &Home, base: u64) -> Result<bool> {
        let mut now = vec![0; self.bytes.len()];
        home.read(self.offset.saturating_sub(base), &mut now)?;
        let pieces = pieces(self.offset, &now).zip(pieces(self.offset, &self.bytes)).zip(&self.old);
        Ok(pieces.into_iter().all(|((now, new), &old)| now == new || checksum::lookup3(now) == old))
    }
}

impl Record {
    /// The record's bytes.
    pub(super) fn encode(&self) -> Result<Vec<u8>> {
        encode(self, &(), WIDTHS)
    }

    /// The record at the end-of-file address `end`, if a whole one is there and nobody who did not
    /// know it has changed the file since.
    pub(super) fn find(home: &Home, base: u64, end: u64, limit: u64) -> Result<Option<Self>> {
        let room = home.stored().saturating_sub(end);
        if room < HEAD_LEN {
            return Ok(None);
        }
        let mut head = [0; HEAD_LEN as usize];
        home.read(end, &mut head)?;
        let mut r = Reader::new(&head, end, WIDTHS, Self::NAME);
        if r.array()? != MAGIC || r.u32()? != VERSION {
            return Ok(None);
        }
        let (_count, len, position) = (r.u32()?, r.u64()?, r.u64()?);
        if len > room || position != base.saturating_add(end) {
            return Ok(None);
        }
        if len > limit {
            return Err(crate::Error::limit("the record is too large").in_structure(Self::NAME).at(end));
        }
        let mut bytes = vec![0; usize::try_from(len).unwrap_or(0)];
        home.read(end, &mut bytes)?;
        // What does not decode was not written to its end.
        let Ok(record) = Self::decode(&mut Reader::new(&bytes, end, WIDTHS, Self::NAME), &()) else {
            return Ok(None);
        };
        for anchor in &record.anchors {
            let to = anchor.offset.checked_add(anchor.bytes.len() as u64);
            if anchor.offset < base || to.is_none_or(|to| to > position) || !anchor.valid(home, base)? {
                return Ok(None);
            }
        }
        Ok(Some(record))
    }
}

impl Structure for Record {
    const NAME: &'static str = "Commit record";
    type Context = ();

    fn decode(r: &mut Reader<'_>, (): &()) -> Result<Self> {
        if r.array()? != MAGIC || r.u32()? != VERSION {
            return Err(r.error("magic", "this is not a commit record"));
        }
        let (count, _len, position) = (r.u32()?, r.u64()?, r.u64()?);
        let mut anchors = Vec::new();
        for _ in 0..count {
            let (offset, len) = (r.u64()?, r.u32()?);
            let in_sector = offset.checked_rem(SECTOR).unwrap_or(0);
            let sectors = in_sector.saturating_add(u64::from(len)).div_ceil(SECTOR);
            let old = (0..sectors).map(|_| r.u32()).collect::<Result<_>>()?;
            anchors.push(Anchor { offset, old, bytes: r.bytes(len as usize)?.to_vec() });
        }
        Checksum::decode(r)?;
        Ok(Self { position, anchors })
    }

    fn encode(&self, w: &mut Writer, (): &()) {
        let anchor_len = |anchor: &Anchor| {
            anchor.bytes.len().saturating_add(anchor.old.len().saturating_mul(4)).saturating_add(12) as u64
        };
        let len = self.anchors.iter().map(anchor_len).fold(HEAD_LEN + 4, u64::saturating_add);
        w.bytes(&MAGIC);
        w.u32(VERSION);
        w.uint(self.anchors.len() as u64, 4, "number of anchors");
        w.u64(len);
        w.u64(self.position);
        for anchor in &self.anchors {
            w.u64(anchor.offset);
            w.uint(anchor.bytes.len() as u64, 4, "length of an anchor");
            anchor.old.iter().for_each(|&sum| w.u32(sum));
            w.bytes(&anchor.bytes);
        }
        w.checksum();
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]
    use std::sync::Arc;

    use super::*;
    use crate::storage::MemoryStorage;

    const END: u64 = 2000;

    fn home() -> Home {
        let memory = Arc::new(MemoryStorage::new((0..=255).cycle().take(END as usize + 512).collect()));
        let home = Home::new(memory.clone(), Some(memory), 512).unwrap();
        home.set_end(END);
        home
    }

    /// A home with a record of two anchors, one of them in three sectors, at its end.
    fn recorded() -> (Home, Record) {
        let home = home();
        let anchors = [(100, 40), (300, 900)];
        let anchors =
            anchors.map(|(address, len)| Anchor::new(&home, 512, address, &vec![0xee; len]).unwrap());
        let record = Record { position: 512 + END, anchors: anchors.to_vec() };
        let bytes = record.encode().unwrap();
        home.write(END, &bytes).unwrap();
        (home, record)
    }

    fn find(home: &Home) -> Option<Record> {
        Record::find(home, 512, END, 1 << 20).unwrap()
    }

    #[test]
    fn it_is_found_before_while_and_after_the_anchors_are_written() {
        let (home, record) = recorded();
        assert_eq!(record.anchors[1].old.len(), 3);
        assert_eq!(find(&home).unwrap(), record);
        // Its second sector begins at address 512, as the base address is one.
        home.write(512, &[0xee; 512]).unwrap();
        assert_eq!(find(&home).unwrap(), record);
        home.write(300, &[0xee; 900]).unwrap();
        assert_eq!(find(&home).unwrap(), record);
    }

    #[test]
    fn it_is_stale_when_a_sector_is_neither_old_nor_new() {
        let (home, _) = recorded();
        home.write(600, &[7]).unwrap();
        assert_eq!(find(&home), None);
    }

    #[test]
    fn a_torn_or_damaged_one_is_ignored() {
        let (home, record) = recorded();
        let bytes = record.encode().unwrap();
        for at in 0..bytes.len() {
            home.write(END + at as u64, &[bytes[at] ^ 0x10]).unwrap();
            assert_eq!(find(&home), None, "byte {at}");
            home.write(END + at as u64, &bytes[at..=at]).unwrap();
        }
        for len in [0, 10, 31, 32, 300, bytes.len() - 1] {
            home.set_len(END + len as u64).unwrap();
            assert_eq!(find(&home), None, "{len} bytes");
        }
    }

    #[test]
    fn elsewhere_it_is_only_data() {
        let (home, record) = recorded();
        home.write(END + 8, &record.encode().unwrap()).unwrap();
        assert_eq!(Record::find(&home, 512, END + 8, 1 << 20).unwrap(), None);
        assert_eq!(Record::find(&home, 0, END, 1 << 20).unwrap(), None);
    }
}
