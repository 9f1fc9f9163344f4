//! Elements of any type as values.

use std::fmt::{self, Write};

use super::convert::{Layout, Number, Plan};
use super::native::NATIVE;
use super::{Elements, H5Type, Heap, StdReference};
use crate::format::message::datatype::{
    ArrayType, CompoundType, Datatype, DatatypeClass, EnumType, Member, StringPadding, StringType, VarLenKind,
};
use crate::{Error, Result};

/// An element of any type.
///
/// [`Container::read_values`](crate::Container::read_values) reads datasets and attributes whose type
/// is not known beforehand. A value is printed on one line.
///
/// ```
/// use hdfive::Value;
///
/// # fn main() -> hdfive::Result<()> {
/// let file = hdfive::File::in_memory()?;
/// let rows = [(1_u8, vec!["a".to_owned()]), (2, vec![])];
/// let dataset = file.new_dataset_builder().with_data(&rows).create("rows")?;
/// let values = dataset.read_values(..)?;
/// assert_eq!(values[0].get("0"), Some(&Value::Integer(1)));
/// assert_eq!(values[0].to_string(), r#"{0: 1, 1: ["a"]}"#);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Value {
    /// An integer, but for those from 2<sup>127</sup> on.
    Integer(i128),
    /// An integer from 2<sup>127</sup> on.
    LargeInteger(u128),
    /// A floating-point number; of one longer than 8 bytes, the nearest that there is.
    Float(f64),
    /// A truth value, as h5py stores it.
    Boolean(bool),
    /// A bit field, the lowest bit first.
    Bitfield(u128),
    /// Text without its padding.
    Text(String),
    /// Text that is not UTF-8.
    Bytes(Vec<u8>),
    /// Uninterpreted bytes, times, and numbers that Rust has no type for.
    Opaque(Vec<u8>),
    /// A named value.
    Enum {
        /// The name; none if the type has none for the value.
        name: Option<String>,
        /// The value.
        value: i128,
    },
    /// Named members.
    Compound(Vec<(String, Value)>),
    /// The elements of an array; those of one of several dimensions are arrays.
    Array(Vec<Value>),
    /// The elements of a sequence of variable length.
    Sequence(Vec<Value>),
    /// A reference of any kind.
    Reference(StdReference),
    /// A complex number: the real and the imaginary part.
    Complex(f64, f64),
    /// A string that was never written.
    Null,
}

impl Value {
    /// The member called `name` of a compound.
    pub fn get(&self, name: &str) -> Option<&Self> {
        match self {
            Self::Compound(members) => members.iter().find(|(n, _)| n == name).map(|(_, value)| value),
            _ => None,
        }
    }

    /// The text of a string.
    pub fn as_str(&self) -> Option<&str> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }

    /// An integer, a truth value, or the value of an enumeration.
    pub fn as_integer(&self) -> Option<i128> {
        match self {
            Self::Integer(value) | Self::Enum { value, .. } => Some(*value),
            Self::Boolean(value) => Some((*value).into()),
            _ => None,
        }
    }

    /// A number as the nearest floating-point number.
    pub fn as_f64(&self) -> Option<f64> {
        match self {
            Self::Float(value) => Some(*value),
            Self::LargeInteger(value) => Some(*value as f64),
            _ => self.as_integer().map(|value| value as f64),
        }
    }

    /// The elements of an array or a sequence.
    pub fn as_slice(&self) -> Option<&[Self]> {
        match self {
            Self::Array(values) | Self::Sequence(values) => Some(values),
            _ => None,
        }
    }

    /// The value of an element in the memory form of `datatype`, which is that of
    /// [`Elements::datatype`].
    ///
    /// # Errors
    /// `Format` or `TypeMismatch` if the bytes are no such element.
    pub fn from_element(datatype: &Datatype, element: &[u8], heap: &Heap) -> Result<Self> {
        Ok(match &datatype.class {
            DatatypeClass::Integer(_) | DatatypeClass::Float(_) | DatatypeClass::Bitfield(_) => {
                number(datatype, element)
            }
            DatatypeClass::String(string) => text(trimmed(element, *string)),
            DatatypeClass::Compound(class) => compound(class, element, heap)?,
            DatatypeClass::Reference(_) => {
                Self::Reference(StdReference::from_element(datatype, element, heap)?)
            }
            DatatypeClass::Enum(_) if datatype.is_bool() => Self::Boolean(bool::decode(element, heap)?),
            DatatypeClass::Enum(class) => enumeration(class, element),
            DatatypeClass::VarLen(class) => match class.kind {
                VarLenKind::String(_) if Heap::is_null(element) => Self::Null,
                VarLenKind::String(_) => text(heap.get(element, 1)?),
                VarLenKind::Sequence => {
                    let elements = heap.get(element, class.base.size as usize)?;
                    Self::Sequence(list(&class.base, elements, heap)?)
                }
            },
            DatatypeClass::Array(class) => array(class, &class.dims, element, heap)?,
            DatatypeClass::Complex(class) => {
                let (real, imaginary) =
                    element.split_at_checked(class.base.size as usize).ok_or_else(outside)?;
                let part = |bytes| number(&class.base, bytes).as_f64().ok_or_else(outside);
                Self::Complex(part(real)?, part(imaginary)?)
            }
            DatatypeClass::Time { .. } | DatatypeClass::Opaque { .. } => Self::Opaque(element.to_vec()),
        })
    }
}

impl Elements {
    /// The elements as values.
    ///
    /// # Errors
    /// Each is an error if the element is damaged.
    pub fn values(&self) -> impl Iterator<Item = Result<Value>> {
        self.iter().map(|element| Value::from_element(self.datatype(), element, self.heap()))
    }
}

fn outside() -> Error {
    Error::format("a part of a datatype lies outside of its element")
}

/// A number, or the bytes of one that has too many.
fn number(datatype: &Datatype, element: &[u8]) -> Value {
    let Ok(Some(layout)) = Layout::of(datatype) else { return Value::Opaque(element.to_vec()) };
    if element.len() != layout.size {
        return Value::Opaque(element.to_vec());
    }
    if matches!(datatype.class, DatatypeClass::Float(_)) {
        let mut double = [0; 8];
        let plan = Plan::compile(datatype, &Datatype::float64(NATIVE));
        return match plan.and_then(|plan| plan.run(element, &mut double)) {
            Ok(()) => Value::Float(f64::from_ne_bytes(double)),
            Err(_) => Value::Opaque(element.to_vec()),
        };
    }
    let Number::Finite { negative, magnitude, .. } = layout.load(element) else {
        return Value::Opaque(element.to_vec());
    };
    match (&datatype.class, i128::try_from(magnitude)) {
        (DatatypeClass::Bitfield(_), _) => Value::Bitfield(magnitude),
        (_, Ok(value)) => Value::Integer(if negative { value.wrapping_neg() } else { value }),
        (_, Err(_)) if negative => Value::Integer(i128::MIN),
        (_, Err(_)) => Value::LargeInteger(magnitude),
    }
}

/// Text without its padding.
fn trimmed(element: &[u8], string: StringType) -> &[u8] {
    let last = |pad: u8| element.iter().rposition(|&byte| byte != pad).map_or(0, |at| at.saturating_add(1));
    let end = match string.padding {
        StringPadding::NullTerminated => element.iter().position(|&byte| byte == 0).unwrap_or(element.len()),
        StringPadding::NullPadded => last(0),
        StringPadding::SpacePadded => last(b' '),
    };
    element.get(..end).unwrap_or_default()
}

fn text(bytes: &[u8]) -> Value {
    match std::str::from_utf8(bytes) {
        Ok(text) => Value::Text(text.to_owned()),
        Err(_) => Value::Bytes(bytes.to_vec()),
    }
}

fn enumeration(class: &EnumType, element: &[u8]) -> Value {
    let name = class.members.iter().find(|(_, value)| value == element).map(|(name, _)| name.clone());
    match number(&class.base, element) {
        Value::Integer(value) => Value::Enum { name, value },
        other => other,
    }
}

fn compound(class: &CompoundType, element: &[u8], heap: &Heap) -> Result<Value> {
    let member = |member: &Member| {
        let start = member.offset as usize;
        let end = start.checked_add(member.datatype.size as usize).ok_or_else(outside)?;
        let bytes = element.get(start..end).ok_or_else(outside)?;
        Ok((member.name.clone(), Value::from_element(&member.datatype, bytes, heap)?))
    };
    class.members.iter().map(member).collect::<Result<_>>().map(Value::Compound)
}

/// The elements that `bytes` are.
fn list(base: &Datatype, bytes: &[u8], heap: &Heap) -> Result<Vec<Value>> {
    let size = (base.size as usize).max(1);
    bytes.chunks_exact(size).map(|element| Value::from_element(base, element, heap)).collect()
}

fn array(class: &ArrayType, dims: &[u32], bytes: &[u8], heap: &Heap) -> Result<Value> {
    let Some((&len, inner)) = dims.split_first().filter(|(_, inner)| !inner.is_empty()) else {
        return list(&class.base, bytes, heap).map(Value::Array);
    };
    let row = bytes.len().checked_div(len as usize).unwrap_or(0).max(1);
    bytes.chunks_exact(row).map(|row| array(class, inner, row, heap)).collect::<Result<_>>().map(Value::Array)
}

fn write_list(f: &mut fmt::Formatter<'_>, values: &[Value]) -> fmt::Result {
    f.write_char('[')?;
    for (at, value) in values.iter().enumerate() {
        write!(f, "{}{value}", if at == 0 { "" } else { ", " })?;
    }
    f.write_char(']')
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Integer(value) => write!(f, "{value}"),
            Self::LargeInteger(value) => write!(f, "{value}"),
            Self::Float(value) => write!(f, "{value}"),
            Self::Boolean(value) => write!(f, "{value}"),
            Self::Bitfield(value) => write!(f, "{value:#x}"),
            Self::Text(text) => write!(f, "{text:?}"),
            Self::Bytes(bytes) => write!(f, "\"{}\"", bytes.escape_ascii()),
            Self::Opaque(bytes) => {
                f.write_str("0x")?;
                bytes.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
            }
            Self::Enum { name: Some(name), .. } => f.write_str(name),
            Self::Enum { name: None, value } => write!(f, "{value}"),
            Self::Compound(members) => {
                f.write_char('{')?;
                for (at, (name, value)) in members.iter().enumerate() {
                    write!(f, "{}{name}: {value}", if at == 0 { "" } else { ", " })?;
                }
                f.write_char('}')
            }
            Self::Array(values) | Self::Sequence(values) => write_list(f, values),
            Self::Reference(reference) => write!(f, "{reference}"),
            Self::Complex(real, imaginary) => write!(f, "{real}{imaginary:+}i"),
            Self::Null => f.write_str("NULL"),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]
    use super::*;
    use crate::format::message::datatype::ByteOrder;
    use crate::types::{H5Write, VarLenRead, sequence};

    struct Nowhere;

    impl VarLenRead for Nowhere {
        fn read(&self, _: crate::types::HeapId, _: &mut dyn FnMut(&[u8]) -> Result<()>) -> Result<()> {
            Err(Error::format("there is no heap"))
        }
    }

    fn value<T: H5Type>(of: T) -> Value {
        let mut heap = Heap::new();
        let image = sequence::encode_images(std::slice::from_ref(&of), &mut heap).unwrap();
        Value::from_element(&<T as H5Write>::datatype(), &image, &heap).unwrap()
    }

    #[test]
    fn values_are_those_of_the_types() {
        assert_eq!(value(-5_i8), Value::Integer(-5));
        assert_eq!(value(i128::MIN), Value::Integer(i128::MIN));
        assert_eq!(value(u128::MAX), Value::LargeInteger(u128::MAX));
        assert_eq!(value(0.1_f64), Value::Float(0.1));
        assert_eq!(value(f32::INFINITY), Value::Float(f64::INFINITY));
        assert_eq!(value(true), Value::Boolean(true));
        assert_eq!(value("größer".to_owned()).as_str(), Some("größer"));
        assert_eq!(value([[1_u8, 2], [3, 4]]).to_string(), "[[1, 2], [3, 4]]");
        let nested = value((1_u8, vec![(2.5_f32, vec!["a\"".to_owned()])]));
        assert_eq!(nested.to_string(), r#"{0: 1, 1: [{0: 2.5, 1: ["a\""]}]}"#);
        assert_eq!(nested.get("1").and_then(Value::as_slice).map(<[Value]>::len), Some(1));
    }

    #[test]
    fn stored_forms_are_read_too() {
        let read = |datatype: &Datatype, bytes: &[u8]| {
            let elements = Elements::new(datatype, bytes.to_vec(), 1, &Nowhere).unwrap();
            elements.values().next().unwrap().unwrap()
        };
        assert_eq!(read(&Datatype::integer(2, true, ByteOrder::Big), &[0xff, 0xfe]), Value::Integer(-2));
        assert_eq!(read(&Datatype::object_reference(), &[0; 8]).to_string(), "NULL");
        assert_eq!(read(&Datatype::region_reference(), &[0; 12]).to_string(), "NULL");
        let base = Datatype::integer(1, false, ByteOrder::Little);
        let datatype = Datatype::enumeration(base, vec![("A".to_owned(), vec![3])]).unwrap();
        assert_eq!(read(&datatype, &[3]), Value::Enum { name: Some("A".to_owned()), value: 3 });
        assert_eq!(read(&datatype, &[4]).to_string(), "4");
    }
}
