//! Variable-length sequences, and how elements refer to them.

use std::borrow::Cow;

use super::strided::{Source, Target};
use super::{Context, Form, HeapId, Plan, Side, VarLenRead, VarLenWrite};
use crate::format::message::datatype::{Datatype, VarLenType};
use crate::types::{REFERENCE_SIZE, wrong_image};
use crate::{Error, Result};

/// Bytes of the count and of the index in a reference to the global heap.
const COUNT_AND_INDEX: usize = 8;

/// A reference to variable-length data in the file: Specification IV.B, "Variable-length".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Reference {
    /// Number of elements, or of bytes of a string.
    count: u32,
    /// None if there is no object, as for an empty sequence.
    id: Option<HeapId>,
}

impl Reference {
    /// Refuses a variable-length type whose size is not that of a reference.
    pub(crate) fn check_size(side: Side<'_>, variable: bool) -> Result<()> {
        let size = side.datatype.size as usize;
        let good = match side.form {
            Form::Memory => size == REFERENCE_SIZE,
            Form::File => (1..=8).contains(&size.saturating_sub(COUNT_AND_INDEX)),
        };
        if variable && !good {
            return Err(Error::format(format!("a variable-length type with elements of {size} bytes")));
        }
        Ok(())
    }

    /// Whether an element of the file refers to no object, as where nothing was ever written.
    pub(crate) fn is_null(element: &[u8]) -> bool {
        let end = element.len().saturating_sub(4);
        element.get(..end).is_some_and(|length_and_address| length_and_address.iter().all(|&byte| byte == 0))
    }

    /// Reads an element; what the count and the index leave of it is the address.
    pub(crate) fn load(element: &[u8]) -> Result<Self> {
        let offset_size = element.len().saturating_sub(COUNT_AND_INDEX);
        let parts = element.split_first_chunk::<4>().and_then(|(count, rest)| {
            let (address, index) = rest.split_at_checked(offset_size)?;
            let mut wide = [0; 8];
            wide.get_mut(..offset_size)?.copy_from_slice(address);
            Some((u32::from_le_bytes(*count), wide, index.try_into().ok()?))
        });
        let (count, address, index) =
            parts.ok_or_else(|| wrong_image(COUNT_AND_INDEX.saturating_add(offset_size), element.len()))?;
        let id = HeapId { address: u64::from_le_bytes(address), index: u32::from_le_bytes(index) };
        // The C library writes zeros for what was never written, fill values included.
        Ok(Self { count, id: (id.address != 0 && count != 0).then_some(id) })
    }

    /// The object that the element refers to, if there is one.
    pub(crate) fn id(self) -> Option<HeapId> {
        self.id
    }

    /// Writes an element, as [`load`](Self::load) reads it.
    pub(crate) fn store(self, element: &mut [u8]) -> Result<()> {
        let offset_size = element.len().saturating_sub(COUNT_AND_INDEX);
        let id = self.id.unwrap_or(HeapId { address: 0, index: 0 });
        let address = id.address.to_le_bytes();
        let (low, high) = address.split_at_checked(offset_size).unwrap_or_default();
        if high.iter().any(|&byte| byte != 0) {
            return Err(Error::limit("the address of variable-length data does not fit the file"));
        }
        let bytes = [&self.count.to_le_bytes(), low, &id.index.to_le_bytes()].concat();
        crate::types::fill_image(element, &bytes)
    }

    /// Keeps `bytes`, which are `count` elements, as an object of the file.
    pub(crate) fn to_object(objects: &mut dyn VarLenWrite, bytes: &[u8], count: usize) -> Result<Self> {
        let count = u32::try_from(count)
            .map_err(|_| Error::limit(format!("a variable-length element of {count} parts")))?;
        Ok(Self { count, id: Some(objects.write(bytes)?) })
    }

    /// Calls `visit` once with the bytes of all elements, each of `size` bytes.
    pub(crate) fn visit(
        self,
        objects: &dyn VarLenRead,
        size: usize,
        visit: &mut dyn FnMut(&[u8]) -> Result<()>,
    ) -> Result<()> {
        let Some(id) = self.id else {
            return if self.count == 0 {
                visit(&[])
            } else {
                Err(Error::format("variable-length data has a length, but no address"))
            };
        };
        let len = (self.count as usize).checked_mul(size);
        let mut visited = false;
        objects.read(id, &mut |object| {
            visited = true;
            let bytes = len.and_then(|len| object.get(..len)).ok_or_else(|| {
                Error::format(format!(
                    "a global heap object of {} bytes holds {} elements of {size} bytes",
                    object.len(),
                    self.count
                ))
                .at(id.address)
            })?;
            visit(bytes)
        })?;
        if visited { Ok(()) } else { Err(Error::format("a global heap object is missing").at(id.address)) }
    }
}

/// The type of the elements of a sequence as they are: of the references among them, the C library
/// writes another size into the type.
fn base<'a>(class: &'a VarLenType, side: Side<'_>) -> Cow<'a, Datatype> {
    match side.form {
        Form::File => element_type(class, side.datatype),
        Form::Memory => Cow::Borrowed(&class.base),
    }
}

/// The type of the elements of a sequence, which is of the type `datatype` of a file.
pub(crate) fn element_type<'a>(class: &'a VarLenType, datatype: &Datatype) -> Cow<'a, Datatype> {
    let offset_size = (datatype.size as usize).saturating_sub(COUNT_AND_INDEX);
    match u8::try_from(offset_size) {
        Ok(offset_size) if class.base.has_variable_length() => Cow::Owned(class.base.for_file(offset_size)),
        _ => Cow::Borrowed(&class.base),
    }
}

/// A conversion of sequences.
#[derive(Debug)]
pub(crate) struct Sequence {
    /// The conversion of the elements.
    element: Plan,
    from: (usize, Form),
    to: (usize, Form),
}

impl Sequence {
    pub(crate) fn compile(a: &VarLenType, b: &VarLenType, from: Side<'_>, to: Side<'_>) -> Result<Self> {
        Reference::check_size(from, true)?;
        Reference::check_size(to, true)?;
        let (source, target) = (base(a, from), base(b, to));
        Ok(Self {
            element: Plan::between(from.with(&source), to.with(&target))?,
            from: (from.datatype.size as usize, from.form),
            to: (to.datatype.size as usize, to.form),
        })
    }

    pub(crate) fn apply(
        &self,
        from: Source<'_>,
        to: &mut Target<'_>,
        count: usize,
        context: &mut Context<'_>,
    ) -> Result<()> {
        for (from, to) in from.elements(count, self.from.0)?.zip(to.elements(count, self.to.0)?) {
            match (self.from.1, self.to.1, &mut *context) {
                (Form::File, Form::Memory, Context::Read { objects, heap }) => {
                    let objects = *objects;
                    let reference = Reference::load(from)?;
                    reference.visit(objects, self.element.from, &mut |bytes| {
                        let len = self.converted_len(bytes)?;
                        let count = reference.count as usize;
                        if !self.element.variable_length {
                            return self.element.run(bytes, heap.reserve(to, count, len)?);
                        }
                        // Its own parts go to the same heap, so the images wait apart.
                        let mut images = heap.scratch(len)?;
                        self.element.run_with(bytes, &mut images, &mut Context::Read { objects, heap })?;
                        heap.put(to, count, &images)
                    })?;
                }
                (Form::Memory, Form::File, Context::Write { heap, objects }) => {
                    let bytes = heap.get(from, self.element.from)?;
                    let count = bytes.len().checked_div(self.element.from).unwrap_or(0);
                    let reference = if count == 0 {
                        Reference { count: 0, id: None }
                    } else if self.element.is_copy() {
                        Reference::to_object(*objects, bytes, count)?
                    } else {
                        let mut converted = vec![0; self.converted_len(bytes)?];
                        let mut nested = Context::Write { heap, objects: *objects };
                        self.element.run_with(bytes, &mut converted, &mut nested)?;
                        Reference::to_object(*objects, &converted, count)?
                    };
                    reference.store(to)?;
                }
                _ => return Err(Context::wrong_direction()),
            }
        }
        Ok(())
    }

    /// How long these elements are after the conversion.
    fn converted_len(&self, bytes: &[u8]) -> Result<usize> {
        let count = bytes.len().checked_div(self.element.from).unwrap_or(0);
        count
            .checked_mul(self.element.to)
            .ok_or_else(|| Error::limit("a variable-length element is too long"))
    }
}
