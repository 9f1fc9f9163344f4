//! References: an address in each element, or a way to the heap.
//!
//! In memory, an address takes 8 bytes, and every other reference is a reference into the
//! [`Heap`](crate::Heap), where the encoding of HDF5 1.12 is, whatever the form in the file.

use super::strided::{Source, Target};
use super::{Context, Form, HeapId, Op, Side, VarLenRead, VarLenWrite};
use crate::format::message::datatype::ReferenceType;
use crate::format::reference::{Element, HeapPointer, Part, Reference};
use crate::format::{Reader, Structure, Widths, encode};
use crate::types::{Heap, REFERENCE_SIZE, fill_image};
use crate::{Error, Result};

/// The forms of references.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// An address, of 8 bytes in memory.
    Address,
    Region,
    Standard,
}

impl Kind {
    fn of(class: ReferenceType) -> Self {
        match class {
            ReferenceType::Object => Self::Address,
            ReferenceType::Region => Self::Region,
            _ => Self::Standard,
        }
    }

    fn check_size(self, side: Side<'_>) -> Result<()> {
        let size = side.datatype.size as usize;
        let good = match (self, side.form) {
            (Self::Address, Form::Memory) => size == 8,
            (_, Form::Memory) => size == REFERENCE_SIZE,
            (Self::Address, Form::File) => (1..=8).contains(&size),
            (Self::Region, Form::File) => HeapPointer::offset_size(size).is_some(),
            (Self::Standard, Form::File) => Element::offset_size(size).is_some(),
        };
        if good { Ok(()) } else { Err(Error::format(format!("references of {size} bytes"))) }
    }
}

/// A conversion of references.
#[derive(Debug)]
pub(crate) struct References {
    from: (Kind, usize),
    to: (Kind, usize),
}

/// A conversion between kinds of references: none changes but to the standard kind, when read.
pub(crate) fn compile(
    a: ReferenceType,
    b: ReferenceType,
    from: Side<'_>,
    to: Side<'_>,
) -> Result<Option<Op>> {
    let (source, target) = (Kind::of(a), Kind::of(b));
    if source != target && (target != Kind::Standard || from.form != Form::File) {
        return Ok(None);
    }
    source.check_size(from)?;
    target.check_size(to)?;
    let (from, to) = (from.datatype.size as usize, to.datatype.size as usize);
    Ok(Some(match source == target && source == Kind::Address && from == to {
        true => Op::Copy,
        false => Op::References(References { from: (source, from), to: (target, to) }),
    }))
}

impl References {
    pub(crate) fn apply(
        &self,
        from: Source<'_>,
        to: &mut Target<'_>,
        count: usize,
        context: &mut Context<'_>,
    ) -> Result<()> {
        for (from, to) in from.elements(count, self.from.1)?.zip(to.elements(count, self.to.1)?) {
            match (self.from.0, self.to.0, &mut *context) {
                (Kind::Address, Kind::Address, _) => resize(from, to)?,
                (kind, _, Context::Read { objects, heap }) => match read(kind, from, *objects)? {
                    Some(bytes) => heap.put(to, bytes.len(), &bytes)?,
                    None => heap.put(to, 0, &[])?,
                },
                (kind, _, Context::Write { heap, objects }) => write(kind, from, to, heap, *objects)?,
                (_, _, Context::Fixed) => return Err(Context::wrong_direction()),
            }
        }
        Ok(())
    }
}

/// An address in more or fewer bytes.
fn resize(from: &[u8], to: &mut [u8]) -> Result<()> {
    let kept = from.len().min(to.len());
    let (low, high) = from.split_at_checked(kept).unwrap_or_default();
    let (start, rest) = to.split_at_mut_checked(kept).unwrap_or_default();
    if high.iter().any(|&byte| byte != 0) {
        return Err(Error::limit("the address of an object does not fit the file"));
    }
    start.copy_from_slice(low);
    rest.fill(0);
    Ok(())
}

/// The standard encoding of what an element refers to, with the file where that is another than is read;
/// none if it was never written.
fn read(kind: Kind, element: &[u8], objects: &dyn VarLenRead) -> Result<Option<Vec<u8>>> {
    let (Some(bytes), file) = (read_in_file(kind, element, objects)?, objects.file()) else {
        return Ok(None);
    };
    let Some(file) = file else { return Ok(Some(bytes)) };
    let mut reference =
        Reference::decode(&mut Reader::new(&bytes, 0, Widths::default(), Reference::NAME), &())?;
    reference.file.get_or_insert_with(|| file.to_vec());
    encode(&reference, &(), Widths::default()).map(Some)
}

/// The standard encoding of what an element of the file refers to; none if it was never written.
fn read_in_file(kind: Kind, element: &[u8], objects: &dyn VarLenRead) -> Result<Option<Vec<u8>>> {
    let standard = |reference: &Reference| encode(reference, &(), Widths::default());
    match kind {
        Kind::Address => {
            let mut address = [0; 8];
            resize(element, &mut address)?;
            let reference = Reference {
                address: u64::from_le_bytes(address),
                token_size: 8,
                file: None,
                part: Part::Object,
            };
            if reference.address == 0 { Ok(None) } else { standard(&reference).map(Some) }
        }
        Kind::Region => {
            let offset_size = HeapPointer::offset_size(element.len()).unwrap_or(8);
            let Some(pointer) = HeapPointer::read(element)? else { return Ok(None) };
            let object = object(objects, pointer)?;
            standard(&Reference::from_region(&object, offset_size, |address| objects.rank(address))?)
                .map(Some)
        }
        Kind::Standard => match Element::read(element)? {
            Element::Null => Ok(None),
            Element::Whole(reference) => standard(&reference).map(Some),
            Element::Parted { head, len, rest } => {
                let object = object(objects, rest)?;
                let rest = object.get(..len as usize).ok_or_else(|| {
                    Error::format(format!("a reference of {len} bytes in an object of {}", object.len()))
                        .at(rest.collection)
                })?;
                Ok(Some([&head, rest].concat()))
            }
        },
    }
}

fn object(objects: &dyn VarLenRead, pointer: HeapPointer) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let id = HeapId { address: pointer.collection, index: pointer.index };
    objects.read(id, &mut |object| {
        bytes.extend_from_slice(object);
        Ok(())
    })?;
    Ok(bytes)
}

/// Keeps a reference in memory as an element of the file.
fn write(kind: Kind, from: &[u8], to: &mut [u8], heap: &Heap, objects: &mut dyn VarLenWrite) -> Result<()> {
    let bytes = heap.get(from, 1)?;
    if bytes.is_empty() {
        to.fill(0);
        return Ok(());
    }
    let decode = || {
        let mut r = Reader::new(bytes, 0, Widths::default(), Reference::NAME);
        Reference::decode(&mut r, &())
    };
    let mut keep = |bytes: &[u8]| {
        let HeapId { address, index } = objects.write(bytes)?;
        Ok::<_, Error>(HeapPointer { collection: address, index })
    };
    let element = match kind {
        Kind::Address => return Err(Context::wrong_direction()),
        Kind::Region => {
            let offset_size = HeapPointer::offset_size(to.len()).unwrap_or(8);
            keep(&decode()?.to_region(offset_size)?)?.bytes(to.len())?
        }
        Kind::Standard => {
            let mut reference = decode()?;
            if reference.file.is_none() {
                reference.token_size = Element::offset_size(to.len()).unwrap_or(8);
            }
            if reference.part == Part::Object && reference.file.is_none() {
                Element::Whole(reference).bytes(to.len())?
            } else {
                let bytes = encode(&reference, &(), Widths::default())?;
                let (head, rest) = Element::part(&bytes).ok_or_else(Context::wrong_direction)?;
                let len =
                    u32::try_from(rest.len()).map_err(|_| Error::limit("a reference of more than 4 GiB"))?;
                Element::Parted { head, len, rest: keep(rest)? }.bytes(to.len())?
            }
        }
    };
    fill_image(to, &element)
}
