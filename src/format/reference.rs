//! References as elements of datasets and attributes hold them. Notes: format-spec-notes/references.md.

use super::{Address, Reader, Structure, Widths, Writer};
use crate::{Error, Result};

/// A reference of HDF5 1.12 and later: an object, and what of it is meant.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Reference {
    /// The token of the object: the address of its header.
    pub(crate) address: u64,
    /// Bytes of the token: the size of offsets of the file that the object is in.
    pub(crate) token_size: u8,
    /// The file that the object is in, if it is another.
    pub(crate) file: Option<Vec<u8>>,
    pub(crate) part: Part,
}

/// What of an object a reference means.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Part {
    Object,
    /// A [`Selection`](super::selection::Selection) of a dataset, still serialized.
    Region {
        rank: u32,
        selection: Vec<u8>,
    },
    /// The attribute with this name.
    Attribute(Vec<u8>),
}

const OBJECT: u8 = 2;
const REGION: u8 = 3;
const ATTRIBUTE: u8 = 4;

/// Bit 0 of the flags: the object is in another file.
const EXTERNAL: u8 = 1;

/// Bytes of the type and the flags.
const HEADER: usize = 2;

/// Bytes of an index into a global heap collection.
const INDEX: usize = 4;

impl Reference {
    fn code(&self) -> u8 {
        match self.part {
            Part::Object => OBJECT,
            Part::Region { .. } => REGION,
            Part::Attribute(_) => ATTRIBUTE,
        }
    }

    /// The reference to a region as the heap of earlier releases holds it: the address of a dataset
    /// and a selection. That of nothing or of all does not tell the dataset's rank: `rank_of` does.
    pub(crate) fn from_region(
        object: &[u8],
        offset_size: u8,
        rank_of: impl FnOnce(u64) -> Option<u32>,
    ) -> Result<Self> {
        let widths = Widths { offset: offset_size, ..Widths::default() };
        let mut r = Reader::new(object, 0, widths, "region reference");
        let address = r.file_address()?.get().unwrap_or(0);
        let selection = r.rest().to_vec();
        let mut head = Reader::new(&selection, 0, widths, "region reference");
        let rank = super::selection::Selection::decode(&mut head, &()).ok().and_then(|it| it.rank());
        let rank = rank.and_then(|rank| u32::try_from(rank).ok()).or_else(|| rank_of(address)).unwrap_or(0);
        Ok(Self { address, token_size: offset_size, file: None, part: Part::Region { rank, selection } })
    }

    /// The mirror of [`from_region`](Self::from_region).
    ///
    /// # Errors
    /// `Usage` if this is no reference to a region of the same file.
    pub(crate) fn to_region(&self, offset_size: u8) -> Result<Vec<u8>> {
        let (Part::Region { selection, .. }, None) = (&self.part, &self.file) else {
            return Err(Error::usage("only a region of the same file is stored as a region reference"));
        };
        let mut w = Writer::new(Widths { offset: offset_size, ..Widths::default() });
        w.file_address(Address::new(self.address));
        w.bytes(selection);
        w.finish("region reference")
    }
}

fn write_text(w: &mut Writer, text: &[u8]) {
    w.uint(text.len() as u64, 2, "length of a name");
    w.bytes(text);
}

fn read_text(r: &mut Reader<'_>) -> Result<Vec<u8>> {
    let len = r.u16()?;
    Ok(r.bytes(usize::from(len))?.to_vec())
}

impl Structure for Reference {
    const NAME: &'static str = "reference";
    type Context = ();

    fn decode(r: &mut Reader<'_>, (): &()) -> Result<Self> {
        let (code, flags) = (r.u8()?, r.u8()?);
        if flags & !EXTERNAL != 0 {
            return Err(r.unsupported("flags", format!("a reference with flags {flags:#x}")));
        }
        let token_size = r.u8()?;
        if !matches!(token_size, 2 | 4 | 8) {
            return Err(r.unsupported("token", format!("a token of {token_size} bytes")));
        }
        let address = r.uint(usize::from(token_size))?;
        let file = if flags & EXTERNAL == 0 { None } else { Some(read_text(r)?) };
        let part = match code {
            OBJECT => Part::Object,
            REGION => {
                let (len, rank) = (r.u32()?, r.u32()?);
                Part::Region { rank, selection: r.bytes(len as usize)?.to_vec() }
            }
            ATTRIBUTE => Part::Attribute(read_text(r)?),
            _ => return Err(r.error("type", format!("a reference of type {code}"))),
        };
        Ok(Self { address, token_size, file, part })
    }

    fn encode(&self, w: &mut Writer, (): &()) {
        w.u8(self.code());
        w.u8(if self.file.is_some() { EXTERNAL } else { 0 });
        w.u8(self.token_size);
        w.uint(self.address, usize::from(self.token_size), "token");
        if let Some(file) = &self.file {
            write_text(w, file);
        }
        match &self.part {
            Part::Object => {}
            Part::Region { rank, selection } => {
                w.uint(selection.len() as u64, 4, "length of a selection");
                w.u32(*rank);
                w.bytes(selection);
            }
            Part::Attribute(name) => write_text(w, name),
        }
    }
}

/// Where an element finds what does not fit into it: an object of the global heap.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct HeapPointer {
    pub(crate) collection: u64,
    pub(crate) index: u32,
}

impl HeapPointer {
    /// Bytes of an element that is a pointer: a reference to a region, before HDF5 1.12.
    pub(crate) const fn size(offset_size: u8) -> u32 {
        (offset_size as u32).saturating_add(INDEX as u32)
    }

    /// The size of offsets for which elements have `size` bytes.
    pub(crate) fn offset_size(size: usize) -> Option<u8> {
        known_width(size.checked_sub(INDEX)?)
    }

    /// The pointer in an element; none if nothing was ever written there.
    pub(crate) fn read(element: &[u8]) -> Result<Option<Self>> {
        let offset = element.len().saturating_sub(INDEX);
        let mut r = Reader::new(element, 0, Widths::default(), Reference::NAME);
        let (collection, index) = (r.uint(offset)?, r.u32()?);
        Ok((collection != 0).then_some(Self { collection, index }))
    }

    /// The bytes of an element of `size` bytes.
    pub(crate) fn bytes(self, size: usize) -> Result<Vec<u8>> {
        let mut w = Writer::new(Widths::default());
        w.uint(self.collection, size.saturating_sub(INDEX), "address of a collection");
        w.u32(self.index);
        w.finish(Reference::NAME)
    }
}

fn known_width(size: usize) -> Option<u8> {
    [2, 4, 8].into_iter().find(|&width| usize::from(width) == size)
}

/// An element of the references of HDF5 1.12: what fits is in it, else it leads to the heap.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Element {
    Null,
    Whole(Reference),
    /// The first two bytes of the reference and, in the heap, the others, which are `len`.
    Parted {
        head: [u8; HEADER],
        len: u32,
        rest: HeapPointer,
    },
}

impl Element {
    /// Bytes of an element.
    pub(crate) const fn size(offset_size: u8) -> u32 {
        HeapPointer::size(offset_size).saturating_add(4).saturating_add(HEADER as u32)
    }

    /// The size of offsets for which elements have `size` bytes.
    pub(crate) fn offset_size(size: usize) -> Option<u8> {
        HeapPointer::offset_size(size.checked_sub(HEADER)?.checked_sub(4)?)
    }

    /// What an element holds.
    pub(crate) fn read(element: &[u8]) -> Result<Self> {
        let mut r = Reader::new(element, 0, Widths::default(), Reference::NAME);
        let head: [u8; HEADER] = r.array()?;
        if head == [OBJECT, 0] {
            let mut whole = Reader::new(element, 0, Widths::default(), Reference::NAME);
            return Reference::decode(&mut whole, &()).map(Self::Whole);
        }
        let len = r.u32()?;
        match HeapPointer::read(r.rest())? {
            None if head.first() == Some(&0) => Ok(Self::Null),
            None => Err(r.error("address", "the reference leads nowhere")),
            Some(rest) => Ok(Self::Parted { head, len, rest }),
        }
    }

    /// The bytes of an element of `size` bytes.
    pub(crate) fn bytes(&self, size: usize) -> Result<Vec<u8>> {
        let mut w = Writer::new(Widths::default());
        match self {
            Self::Null => {}
            Self::Whole(reference) => reference.encode(&mut w, &()),
            Self::Parted { head, len, rest } => {
                w.bytes(head);
                w.u32(*len);
                w.bytes(&rest.bytes(size.saturating_sub(w.position()))?);
            }
        }
        w.zeros_to(size);
        w.finish(Reference::NAME)
    }

    /// The reference `bytes` in two: what is kept in the element, and what in the heap.
    pub(crate) fn part(bytes: &[u8]) -> Option<([u8; HEADER], &[u8])> {
        bytes.split_first_chunk().map(|(head, rest)| (*head, rest))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]
    use super::*;
    use crate::format::testing::{hex, structure_tests};
    use proptest::prelude::*;

    fn references() -> impl Strategy<Value = Reference> {
        let bytes = || prop::collection::vec(any::<u8>(), 0..20);
        let part = prop_oneof![
            Just(Part::Object),
            (0..5_u32, bytes()).prop_map(|(rank, selection)| Part::Region { rank, selection }),
            bytes().prop_map(Part::Attribute),
        ];
        (0..60_000_u64, prop_oneof![Just(2_u8), Just(4), Just(8)], prop::option::of(bytes()), part)
            .prop_map(|(address, token_size, file, part)| Reference { address, token_size, file, part })
    }

    structure_tests! {
        reference: Reference, context = (), values = references(),
        real = ["02 00 08 2003000000000000", "04 00 08 2003000000000000 0500 4174747231"],
        checksum = false
    }

    #[test]
    fn elements_hold_what_fits() {
        let element = hex("0200 08 2003000000000000 00000000000000");
        let Element::Whole(reference) = Element::read(&element).unwrap() else { panic!("an object fits") };
        assert_eq!(reference.address, 0x320);
        assert_eq!(Element::Whole(reference).bytes(18).unwrap(), element);
        let element = hex("0400 10000000 0008000000000000 01000000");
        let rest = HeapPointer { collection: 0x800, index: 1 };
        let parted = Element::Parted { head: [4, 0], len: 16, rest };
        assert_eq!(Element::read(&element).unwrap(), parted);
        assert_eq!(parted.bytes(18).unwrap(), element);
        assert_eq!(Element::read(&[0; 18]).unwrap(), Element::Null);
        assert!(Element::read(&hex("0400 10000000 0000000000000000 01000000")).is_err());
        assert_eq!((Element::size(8), Element::offset_size(18)), (18, Some(8)));
        assert_eq!((HeapPointer::size(4), HeapPointer::offset_size(8)), (8, Some(4)));
    }
}
