//! Global heap collection, "GCOL".

use std::ops::Range;

use super::fields::{Field, Reserved, Signature, Version, tag};
use super::{Reader, Structure, Widths, Writer};
use crate::Result;

/// The smallest collection, and the usual one.
pub(crate) const MIN_COLLECTION: u64 = 4096;

/// Objects start, and collections end, at multiples of this.
const ALIGNMENT: u64 = 8;

/// Objects that raw data leads to. Specification III.E; notes: format-spec-notes/global-heap.md.
///
/// The free space at the end, "object 0", follows from the size.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Collection {
    /// Bytes of the collection in the file.
    size: u64,
    /// Bytes in use: header and objects.
    used: u64,
    objects: Vec<Object>,
    /// The data of all objects, one after the other.
    data: Vec<u8>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Object {
    index: u16,
    references: u16,
    /// In the collection's `data`.
    range: Range<usize>,
}

/// Bytes before the first object.
fn header_size(widths: Widths) -> u64 {
    u64::from(widths.length).saturating_add(8).next_multiple_of(ALIGNMENT)
}

/// Bytes before an object's data.
fn object_header_size(widths: Widths) -> u64 {
    u64::from(widths.length).saturating_add(8).next_multiple_of(ALIGNMENT)
}

/// Bytes that an object of `len` bytes takes.
fn object_size(len: u64, widths: Widths) -> u64 {
    len.checked_next_multiple_of(ALIGNMENT).unwrap_or(u64::MAX).saturating_add(object_header_size(widths))
}

impl Collection {
    /// An empty collection of at least `size` bytes with room for an object of `len` bytes.
    pub(crate) fn with_room_for(len: u64, widths: Widths, size: u64) -> Self {
        let used = header_size(widths);
        let size = used.saturating_add(object_size(len, widths)).max(MIN_COLLECTION).max(size);
        Self { size, used, objects: Vec::new(), data: Vec::new() }
    }

    /// Bytes of the collection in the file.
    pub(crate) fn size(&self) -> u64 {
        self.size
    }

    /// The data of the object with this index.
    pub(crate) fn get(&self, index: u16) -> Option<&[u8]> {
        // Objects are numbered from 1 in the order they were made, unless some were removed.
        let guess = usize::from(index).checked_sub(1)?;
        let object = match self.objects.get(guess) {
            Some(object) if object.index == index => object,
            _ => self.objects.iter().find(|object| object.index == index)?,
        };
        self.data.get(object.range.clone())
    }

    /// Whether an object of `len` bytes can be added.
    pub(crate) fn has_room_for(&self, len: u64, widths: Widths) -> bool {
        self.objects.len() < usize::from(u16::MAX)
            && object_size(len, widths) <= self.size.saturating_sub(self.used)
    }

    /// Whether there is no object.
    pub(crate) fn is_empty(&self) -> bool {
        self.objects.is_empty()
    }

    /// Removes the objects of these indexes, which are in order; says whether there were any.
    pub(crate) fn remove(&mut self, indexes: &[u16], widths: Widths) -> bool {
        let mut kept =
            Self { size: self.size, used: header_size(widths), objects: Vec::new(), data: Vec::new() };
        for object in self.objects.iter().filter(|object| indexes.binary_search(&object.index).is_err()) {
            let data = self.data.get(object.range.clone()).unwrap_or_default();
            let start = kept.data.len();
            kept.data.extend_from_slice(data);
            kept.objects.push(Object { range: start..kept.data.len(), ..*object });
            kept.used = kept.used.saturating_add(object_size(data.len() as u64, widths));
        }
        let any = kept.objects.len() < self.objects.len();
        *self = kept;
        any
    }

    /// Adds an object to a collection that has room for it and from which none was removed;
    /// returns its index.
    pub(crate) fn push(&mut self, data: &[u8], widths: Widths) -> u16 {
        let index = u16::try_from(self.objects.len()).unwrap_or(u16::MAX).saturating_add(1);
        let start = self.data.len();
        self.data.extend_from_slice(data);
        self.objects.push(Object { index, references: 0, range: start..self.data.len() });
        self.used = self.used.saturating_add(object_size(data.len() as u64, widths));
        index
    }
}

impl Structure for Collection {
    const NAME: &'static str = "global heap collection";
    type Context = ();

    fn size_hint((): &(), _: Widths) -> usize {
        MIN_COLLECTION as usize
    }

    fn decode(r: &mut Reader<'_>, (): &()) -> Result<Self> {
        Signature::<{ tag(b"GCOL") }>::decode(r)?;
        Version::<1>::decode(r)?;
        Reserved::<3>::decode(r)?;
        let size = r.length()?;
        let widths = r.widths();
        let header = usize::try_from(header_size(widths)).unwrap_or(usize::MAX);
        r.skip(header.saturating_sub(r.position()))?;
        let left = size.checked_sub(header as u64).and_then(|left| usize::try_from(left).ok());
        let left = left.ok_or_else(|| r.error("size", "the collection is smaller than its header"))?;
        let mut r = r.sub(left, Self::NAME)?;
        let mut collection = Self { size, used: header as u64, objects: Vec::new(), data: Vec::new() };
        while r.remaining() as u64 >= object_header_size(widths) {
            collection.decode_object(&mut r)?;
        }
        Ok(collection)
    }

    fn encode(&self, w: &mut Writer, (): &()) {
        let widths = w.widths();
        Signature::<{ tag(b"GCOL") }>.encode(w);
        Version::<1>.encode(w);
        Reserved::<3>::default().encode(w);
        w.length(self.size);
        let header = usize::try_from(header_size(widths)).unwrap_or(usize::MAX);
        w.zeros_to(header);
        for object in &self.objects {
            let end = object_size(object.range.len() as u64, widths).saturating_add(w.position() as u64);
            encode_object_header(w, object.index, object.references, object.range.len() as u64);
            w.bytes(self.data.get(object.range.clone()).unwrap_or_default());
            w.zeros_to(usize::try_from(end).unwrap_or(usize::MAX));
        }
        let free = self.size.saturating_sub(w.position() as u64);
        if free >= object_header_size(widths) {
            encode_object_header(w, 0, 0, free);
        }
        w.zeros_to(usize::try_from(self.size).unwrap_or(0));
        if w.position() as u64 > self.size {
            w.overflow("size");
        }
    }
}

/// The bytes before an object's data; of object 0, `size` counts them too.
fn encode_object_header(w: &mut Writer, index: u16, references: u16, size: u64) {
    let end = object_header_size(w.widths()).saturating_add(w.position() as u64);
    w.u16(index);
    w.u16(references);
    Reserved::<4>::default().encode(w);
    w.length(size);
    w.zeros_to(usize::try_from(end).unwrap_or(usize::MAX));
}

impl Collection {
    fn decode_object(&mut self, r: &mut Reader<'_>) -> Result<()> {
        let widths = r.widths();
        let start = r.position() as u64;
        let (index, references) = (r.u16()?, r.u16()?);
        Reserved::<4>::decode(r)?;
        let len = r.length()?;
        let size = if index == 0 { len } else { object_size(len, widths) };
        let whole =
            usize::try_from(size).ok().and_then(|size| size.checked_sub(object_header_size(widths) as usize));
        let whole = whole.ok_or_else(|| r.error("object size", "free space is smaller than its header"))?;
        let read = (r.position() as u64).saturating_sub(start);
        r.skip(usize::try_from(object_header_size(widths).saturating_sub(read)).unwrap_or(0))?;
        let bytes = r.bytes(whole)?;
        if index != 0 {
            let data = usize::try_from(len).ok().and_then(|len| bytes.get(..len)).unwrap_or_default();
            let from = self.data.len();
            self.data.extend_from_slice(data);
            self.objects.push(Object { index, references, range: from..self.data.len() });
            self.used = self.used.saturating_add(size);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]
    use super::*;
    use crate::format::encode;
    use crate::format::testing::{all_widths, check_bytes, decode, hex};
    use proptest::prelude::*;

    /// Lengths of the strings in the order in which libhdf5 stored them.
    const LENS: [usize; 10] = [5, 6, 7, 8, 9, 3, 4, 2, 1, 0];

    /// The strings "", "s", "ss" … of a variable-length dataset, by libhdf5: of 4096 bytes the
    /// last are zero.
    const REAL: &str = "
47434f4c0100000000100000000000000100000000000000050000000000000073737373730000000200000000000000
060000000000000073737373737300000300000000000000070000000000000073737373737373000400000000000000
080000000000000073737373737373730500000000000000090000000000000073737373737373737300000000000000
060000000000000003000000000000007373730000000000070000000000000004000000000000007373737300000000
080000000000000002000000000000007373000000000000090000000000000001000000000000007300000000000000
0a0000000000000000000000000000000000000000000000000f";

    fn real() -> Vec<u8> {
        let mut bytes = hex(REAL);
        bytes.resize(4096, 0);
        bytes
    }

    #[test]
    fn real_bytes_round_trip() {
        check_bytes::<Collection>(&real(), &(), Widths::default());
        let collection: Collection = decode(&real(), &(), Widths::default()).unwrap();
        let lens: Vec<usize> = (1..11).map(|index| collection.get(index).unwrap().len()).collect();
        assert_eq!(lens, LENS);
        assert_eq!((collection.get(0), collection.get(11)), (None, None));
    }

    /// There is no checksum: a damaged byte is an error or changes what it says, no more.
    #[test]
    fn damage_does_not_panic() {
        for at in 0..64 {
            for bits in [1, 0x80, 0xff] {
                let mut bytes = real();
                bytes[at] ^= bits;
                let _ = decode::<Collection>(&bytes, &(), Widths::default());
            }
        }
    }

    #[test]
    fn endless_free_space_is_an_error() {
        let mut bytes = real();
        bytes[16..32].fill(0);
        assert!(decode::<Collection>(&bytes, &(), Widths::default()).is_err());
    }

    proptest! {
        #[test]
        fn objects_round_trip(objects in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..90), 0..30)) {
            for widths in all_widths() {
                let mut collection = Collection::with_room_for(0, widths, 0);
                for object in &objects {
                    prop_assert!(collection.has_room_for(object.len() as u64, widths));
                    collection.push(object, widths);
                }
                let bytes = encode(&collection, &(), widths).unwrap();
                prop_assert_eq!(bytes.len() as u64, collection.size());
                let again: Collection = decode(&bytes, &(), widths).unwrap();
                prop_assert_eq!(&again, &collection);
                for (index, object) in objects.iter().enumerate() {
                    prop_assert_eq!(again.get(index as u16 + 1).unwrap(), &object[..]);
                }
            }
        }

        #[test]
        fn the_others_stay_when_objects_are_removed(lens in proptest::collection::vec(0..90_usize, 1..30), gone: u32) {
            let (widths, gone) = (Widths::default(), |index: u16| gone & (1 << index) != 0);
            let mut collection = Collection::with_room_for(0, widths, 0);
            let indexes: Vec<u16> = lens.iter().map(|&len| collection.push(&vec![len as u8; len], widths)).collect();
            let removed: Vec<u16> = indexes.iter().copied().filter(|&index| gone(index)).collect();
            prop_assert_eq!(collection.remove(&removed, widths), !removed.is_empty());
            let again: Collection = decode(&encode(&collection, &(), widths).unwrap(), &(), widths).unwrap();
            prop_assert_eq!(&again, &collection);
            for (index, len) in indexes.into_iter().zip(lens) {
                let expected = (!gone(index)).then(|| vec![len as u8; len]);
                prop_assert_eq!(again.get(index), expected.as_deref());
            }
        }

        #[test]
        fn a_collection_of_its_own_is_exactly_filled(len in 0..20_000_u64) {
            for widths in all_widths() {
                let mut collection = Collection::with_room_for(len, widths, 0);
                prop_assert!(collection.has_room_for(len, widths));
                collection.push(&vec![1; len as usize], widths);
                if let Ok(bytes) = encode(&collection, &(), widths) {
                    prop_assert_eq!(bytes.len() as u64, collection.size());
                }
            }
        }
    }
}
