//! Strings of a fixed and of a variable length.

use super::sequence::Reference;
use super::strided::{Source, Target};
use super::{Context, Form, Side, is_byte, mismatch};
use crate::format::message::datatype::{
    CharacterSet, Datatype, DatatypeClass, StringPadding, StringType, VarLenKind,
};
use crate::types::Heap;
use crate::{Error, Result};

/// A conversion of text.
#[derive(Debug)]
pub(crate) struct Text {
    from: Shape,
    to: Shape,
    /// The target holds nothing but ASCII.
    ascii: bool,
    /// What does not fit is cut off, and text ends at its first NUL: the C library converts so.
    cut: bool,
}

/// How text is kept.
#[derive(Debug, Clone, Copy)]
struct Shape {
    size: usize,
    place: Place,
    end: End,
}

#[derive(Debug, Clone, Copy)]
enum Place {
    /// In the element.
    Element,
    /// In the memory images' heap.
    Heap,
    /// In the file's global heap.
    Object,
}

/// What ends the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// The first NUL.
    FirstNul,
    /// NULs to the end of the space.
    Nuls,
    /// Spaces to the end of the space.
    Spaces,
    /// The end of the space.
    Space,
}

impl Shape {
    /// The shape of text; or, for what may be taken as bytes, of bytes.
    fn of(side: Side<'_>, bytes: bool) -> Option<Self> {
        let size = side.datatype.size as usize;
        let variable = match side.form {
            Form::Memory => Place::Heap,
            Form::File => Place::Object,
        };
        let (place, end) = match &side.datatype.class {
            DatatypeClass::String(text) => (Place::Element, End::of(*text)),
            DatatypeClass::VarLen(var_len) => match var_len.kind {
                // In memory the length is kept, so that nothing needs to end the text.
                VarLenKind::String(_) if side.form == Form::Memory => (variable, End::Space),
                // The C library hands out NUL-terminated text, whatever padding the type names.
                VarLenKind::String(_) => (variable, End::FirstNul),
                VarLenKind::Sequence if bytes && is_byte(&var_len.base) => (variable, End::Space),
                VarLenKind::Sequence => return None,
            },
            DatatypeClass::Opaque { .. } if bytes => (Place::Element, End::Space),
            _ => return None,
        };
        Some(Self { size, place, end })
    }
}

impl End {
    fn of(text: StringType) -> Self {
        match text.padding {
            StringPadding::NullTerminated => Self::FirstNul,
            StringPadding::NullPadded => Self::Nuls,
            StringPadding::SpacePadded => Self::Spaces,
        }
    }

    /// The text without what fills its space.
    fn trim(self, bytes: &[u8]) -> &[u8] {
        let fill = match self {
            Self::FirstNul => {
                let end = bytes.iter().position(|&byte| byte == 0).unwrap_or(bytes.len());
                return bytes.get(..end).unwrap_or_default();
            }
            Self::Space => return bytes,
            Self::Nuls => 0,
            Self::Spaces => b' ',
        };
        let end = bytes.iter().rposition(|&byte| byte != fill).map_or(0, |last| last.saturating_add(1));
        bytes.get(..end).unwrap_or_default()
    }

    /// Whether the text would come back from a space of its own as it is.
    fn keeps(self, text: &[u8]) -> bool {
        match self {
            Self::FirstNul => !text.contains(&0),
            Self::Nuls => text.last() != Some(&0),
            // Trailing spaces mean nothing where spaces fill the space.
            Self::Spaces | Self::Space => true,
        }
    }
}

fn show(text: &[u8]) -> String {
    format!("\"{}\"", text.get(..text.len().min(48)).unwrap_or_default().escape_ascii())
}

impl Text {
    /// The conversion, if text is to be read or written; text and opaque data may be read as bytes.
    pub(crate) fn compile(from: Side<'_>, to: Side<'_>) -> Result<Option<Self>> {
        let as_bytes = to.form == Form::Memory && (from.datatype.is_string() || is_opaque(from.datatype));
        let to_text = to.datatype.is_string();
        if !(to_text || (as_bytes && is_var_len(to.datatype))) {
            return Ok(None);
        }
        let (Some(mut a), Some(b)) = (Shape::of(from, !to_text), Shape::of(to, !to_text)) else {
            return Err(mismatch(from.datatype, to.datatype));
        };
        let same = matches!(b.place, Place::Heap) && from.datatype.string_type() == to.datatype.string_type();
        if same && a.end != End::FirstNul {
            // No conversion: text of a variable length has no space that needs to be filled.
            a.end = End::Space;
        }
        for (side, shape) in [(from, a), (to, b)] {
            Reference::check_size(side, !matches!(shape.place, Place::Element))?;
        }
        // Text that claims to be ASCII already is copied as it is; who makes a value of it looks.
        let is_ascii = |side: Side<'_>| {
            side.datatype.string_type().is_some_and(|text| text.charset == CharacterSet::Ascii)
        };
        let ascii = is_ascii(to) && !is_ascii(from);
        // What is written must come back; what is read is still in the file.
        let cut = to.form == Form::Memory
            && match (&from.datatype.class, &to.datatype.class) {
                (DatatypeClass::String(x), DatatypeClass::String(y)) => x.charset == y.charset,
                _ => false,
            };
        Ok(Some(Self { from: a, to: b, ascii, cut }))
    }

    pub(crate) fn apply(
        &self,
        from: Source<'_>,
        to: &mut Target<'_>,
        count: usize,
        context: &mut Context<'_>,
    ) -> Result<()> {
        let pairs = from.elements(count, self.from.size)?.zip(to.elements(count, self.to.size)?);
        for (from, to) in pairs {
            self.convert(from, to, context)?;
        }
        Ok(())
    }

    fn convert(&self, from: &[u8], to: &mut [u8], context: &mut Context<'_>) -> Result<()> {
        match self.from.place {
            Place::Element if self.cut => {
                self.cut(from, to);
                Ok(())
            }
            Place::Element => self.put(from, to, context),
            Place::Heap => match context {
                Context::Write { heap, .. } => {
                    let heap: &Heap = heap;
                    self.put(heap.get(from, 1)?, to, context)
                }
                _ => Err(Context::wrong_direction()),
            },
            Place::Object => match context {
                Context::Read { .. } if matches!(self.to.place, Place::Heap) && Reference::is_null(from) => {
                    Heap::put_null(to)
                }
                Context::Read { objects, heap } => {
                    let objects = *objects;
                    Reference::load(from)?.visit(objects, 1, &mut |bytes| {
                        self.put(bytes, to, &mut Context::Read { objects, heap })
                    })
                }
                _ => Err(Context::wrong_direction()),
            },
        }
    }

    /// Writes what the target has room for.
    fn cut(&self, from: &[u8], to: &mut [u8]) {
        let end = if self.from.end == End::Nuls { End::FirstNul } else { self.from.end };
        let text = end.trim(from);
        let text = text.get(..to.len()).unwrap_or(text);
        self.pad(text, to);
        if let (End::FirstNul, Some(last)) = (self.to.end, to.last_mut()) {
            *last = 0;
        }
    }

    /// Writes text that fits.
    fn pad(&self, text: &[u8], to: &mut [u8]) {
        to.fill(if self.to.end == End::Spaces { b' ' } else { 0 });
        if let Some(start) = to.get_mut(..text.len()) {
            start.copy_from_slice(text);
        }
    }

    /// Writes the text of `bytes` to the target.
    fn put(&self, bytes: &[u8], to: &mut [u8], context: &mut Context<'_>) -> Result<()> {
        let text = self.from.end.trim(bytes);
        if self.ascii && !text.is_ascii() {
            return Err(Error::type_mismatch(format!("the string {} is not ASCII", show(text))));
        }
        let text = if self.to.end == End::Spaces { End::Spaces.trim(text) } else { text };
        if !self.to.end.keeps(text) {
            return Err(Error::type_mismatch(format!(
                "the string {} holds a NUL, which would end it",
                show(text)
            )));
        }
        match (self.to.place, context) {
            (Place::Element, _) => self.fill(text, to),
            (Place::Heap, Context::Read { heap, .. }) => heap.put(to, text.len(), text),
            (Place::Object, Context::Write { objects, .. }) => {
                // Empty text gets an object too: without one the C library hands out no string.
                Reference::to_object(*objects, text, text.len())?.store(to)
            }
            _ => Err(Context::wrong_direction()),
        }
    }

    /// Writes text into the element itself.
    fn fill(&self, text: &[u8], to: &mut [u8]) -> Result<()> {
        let terminator = usize::from(self.to.end == End::FirstNul);
        if text.len().saturating_add(terminator) > to.len() {
            return Err(Error::type_mismatch(format!(
                "the string {} of {} bytes does not fit into {}",
                show(text),
                text.len(),
                to.len().saturating_sub(terminator)
            )));
        }
        self.pad(text, to);
        Ok(())
    }
}

fn is_opaque(datatype: &Datatype) -> bool {
    matches!(datatype.class, DatatypeClass::Opaque { .. })
}

fn is_var_len(datatype: &Datatype) -> bool {
    matches!(datatype.class, DatatypeClass::VarLen(_))
}
