//! Conversion between the bytes of the file and memory images.
//!
//! A [`Plan`] is compiled once for a pair of datatypes and then run over whole runs of elements.
//! The rules are in format-spec-notes/conversions.md.

mod context;
mod exact;
mod kernels;
mod layout;
mod members;
mod number;
mod owned;
mod reference;
mod sequence;
mod soft;
mod strided;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod tests_nested;
mod text;

pub(crate) use context::{Context, HeapId, VarLenRead, VarLenWrite};
pub(crate) use exact::Number;
pub(crate) use layout::Layout;
pub(crate) use owned::Owned;

use crate::format::message::datatype::{Datatype, DatatypeClass, VarLenKind};
use crate::{Error, Result};
use members::{Compound, Mapping};
use number::Numeric;
use reference::References;
use sequence::Sequence;
use strided::{Source, Target};
use text::Text;

/// How variable-length data is referred to from an element.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// Offset and count in a [`Heap`](crate::Heap).
    Memory,
    /// Count, address and index of an object of the file's global heap.
    File,
}

/// A compiled conversion.
#[derive(Debug)]
pub(crate) struct Plan {
    /// Sizes of an element before and after; neither is 0.
    from: usize,
    to: usize,
    op: Op,
    variable_length: bool,
}

#[derive(Debug)]
enum Op {
    /// The same bytes.
    Copy,
    /// The same bytes in reverse.
    Swap,
    Number(Numeric),
    Text(Text),
    Mapping(Mapping),
    Compound(Compound),
    Array {
        count: usize,
        element: Box<Plan>,
    },
    Sequence(Box<Sequence>),
    References(References),
}

/// The error for types that do not fit each other.
fn mismatch(from: &Datatype, to: &Datatype) -> Error {
    Error::type_mismatch(format!("{} does not convert to {}", short(from), short(to)))
}

/// The type in words, unless these are too many for a message.
fn short(datatype: &Datatype) -> String {
    const MOST: usize = 200;
    let mut words = datatype.to_string();
    if let Some((end, _)) = words.char_indices().nth(MOST) {
        words.truncate(end);
        words.push('…');
    }
    words
}

/// One side of a conversion.
#[derive(Clone, Copy)]
struct Side<'a> {
    datatype: &'a Datatype,
    form: Form,
}

impl<'a> Side<'a> {
    fn with(self, datatype: &'a Datatype) -> Self {
        Self { datatype, ..self }
    }
}

impl Plan {
    /// From elements of the file to memory images.
    ///
    /// # Errors
    /// `TypeMismatch` if there is no conversion, `Format` if the file's type contradicts itself.
    pub(crate) fn compile(file: &Datatype, memory: &Datatype) -> Result<Self> {
        let from = Side { datatype: file, form: Form::File };
        Self::between(from, Side { datatype: memory, form: Form::Memory })
    }

    /// From memory images to elements of the file.
    ///
    /// # Errors
    /// As [`compile`](Plan::compile).
    pub(crate) fn compile_write(memory: &Datatype, file: &Datatype) -> Result<Self> {
        let to = Side { datatype: file, form: Form::File };
        Self::between(Side { datatype: memory, form: Form::Memory }, to)
    }

    /// The bytes of elements of `size` bytes, as they are in the file.
    pub(crate) fn copy(size: usize) -> Self {
        Self { from: size, to: size, op: Op::Copy, variable_length: false }
    }

    fn between(from: Side<'_>, to: Side<'_>) -> Result<Self> {
        if from.datatype.size == 0 || to.datatype.size == 0 {
            return Err(Error::format("a datatype of size 0"));
        }
        let variable_length = from.datatype.has_variable_length() || to.datatype.has_variable_length();
        let op =
            if !variable_length && from.datatype == to.datatype { Op::Copy } else { Self::choose(from, to)? };
        Ok(Self { from: from.datatype.size as usize, to: to.datatype.size as usize, op, variable_length })
    }

    fn choose(from: Side<'_>, to: Side<'_>) -> Result<Op> {
        use DatatypeClass as Class;
        if let Some(text) = Text::compile(from, to)? {
            return Ok(Op::Text(text));
        }
        match (&from.datatype.class, &to.datatype.class) {
            (Class::Enum(a), Class::Enum(b)) => members::compile_mapping(a, b, from, to),
            (Class::Array(_), Class::Array(_)) => members::compile_array(from, to),
            (Class::Compound(_) | Class::Complex(_), Class::Compound(_) | Class::Complex(_)) => {
                members::compile_compound(from, to)
            }
            (Class::Complex(a), Class::Array(b)) | (Class::Array(b), Class::Complex(a))
                if b.dims == [2] && a.base == b.base =>
            {
                Ok(Op::Copy)
            }
            (Class::Complex(complex), Class::Integer(_) | Class::Float(_)) => {
                members::compile_real(from.with(&complex.base), to, false)
            }
            (Class::Integer(_) | Class::Float(_) | Class::Enum(_), Class::Complex(complex)) => {
                members::compile_real(from, to.with(&complex.base), true)
            }
            (Class::VarLen(a), Class::VarLen(b))
                if a.kind == VarLenKind::Sequence && b.kind == VarLenKind::Sequence =>
            {
                Ok(Op::Sequence(Box::new(Sequence::compile(a, b, from, to)?)))
            }
            (Class::Reference(a), Class::Reference(b)) => {
                reference::compile(*a, *b, from, to)?.ok_or_else(|| mismatch(from.datatype, to.datatype))
            }
            (
                Class::Opaque { .. } | Class::String(_) | Class::Reference(_) | Class::Time { .. },
                Class::Array(array),
            ) if to.form == Form::Memory
                && from.datatype.size == to.datatype.size
                && is_byte(&array.base) =>
            {
                Ok(Op::Copy)
            }
            _ => number::compile(from.datatype, to.datatype)?
                .ok_or_else(|| mismatch(from.datatype, to.datatype)),
        }
    }

    /// Size of an element before the conversion.
    pub(crate) fn source_size(&self) -> usize {
        self.from
    }

    /// Size of an element after the conversion.
    pub(crate) fn target_size(&self) -> usize {
        self.to
    }

    /// Whether the bytes stay as they are.
    pub(crate) fn is_copy(&self) -> bool {
        matches!(self.op, Op::Copy)
    }

    /// Whether elements refer to variable-length data, so that only [`run_with`](Plan::run_with) will do.
    pub(crate) fn needs_heap(&self) -> bool {
        self.variable_length
    }

    /// Converts elements without variable-length data: as many as `from` has, for which `to` has
    /// exactly the room.
    ///
    /// # Errors
    /// `TypeMismatch` for a value that the target type has not.
    pub(crate) fn run(&self, from: &[u8], to: &mut [u8]) -> Result<()> {
        self.run_with(from, to, &mut Context::Fixed)
    }

    /// Converts elements: as many as `from` has, for which `to` has exactly the room.
    ///
    /// # Errors
    /// As [`run`](Plan::run), and those of the heaps.
    pub(crate) fn run_with(&self, from: &[u8], to: &mut [u8], context: &mut Context<'_>) -> Result<()> {
        let count = from.len().checked_div(self.from).unwrap_or(0);
        if count.checked_mul(self.from) != Some(from.len()) || count.checked_mul(self.to) != Some(to.len()) {
            return Err(Error::usage("source and target of a conversion differ in their number of elements"));
        }
        self.apply(Source::new(from, self.from), &mut Target::new(to, self.to), count, context)
    }

    fn apply(
        &self,
        from: Source<'_>,
        to: &mut Target<'_>,
        count: usize,
        context: &mut Context<'_>,
    ) -> Result<()> {
        match &self.op {
            Op::Copy => strided::transfer(from, to, count, self.from, false),
            Op::Swap => strided::transfer(from, to, count, self.from, true),
            Op::Number(numeric) => numeric.apply(from, to, count),
            Op::Text(text) => text.apply(from, to, count, context),
            Op::Mapping(mapping) => mapping.apply(from, to, count),
            Op::Compound(compound) => compound.apply(from, to, count, self.to, context),
            Op::Array { count: len, element } => self.apply_array(*len, element, from, to, count, context),
            Op::Sequence(sequence) => sequence.apply(from, to, count, context),
            Op::References(references) => references.apply(from, to, count, context),
        }
    }

    fn apply_array(
        &self,
        len: usize,
        element: &Self,
        from: Source<'_>,
        to: &mut Target<'_>,
        count: usize,
        context: &mut Context<'_>,
    ) -> Result<()> {
        if let (Some(from), Some(to)) = (from.contiguous(count, self.from), to.contiguous(count, self.to)) {
            return element.run_with(from, to, context);
        }
        let pairs = from.elements(count, self.from)?.zip(to.elements(count, self.to)?);
        for (from, to) in pairs {
            let (from, mut to) = (Source::new(from, element.from), Target::new(to, element.to));
            element.apply(from, &mut to, len, context)?;
        }
        Ok(())
    }
}

/// Whether elements are plain bytes, signed or not.
fn is_byte(datatype: &Datatype) -> bool {
    datatype.size == 1 && matches!(&datatype.class, DatatypeClass::Integer(t) if t.precision == 8)
}
