//! What a user asks of a datatype, and how it is printed.

use std::fmt;

use super::{H5Write, REFERENCE_SIZE};
use crate::Result;
use crate::format::message::datatype::{
    ByteOrder, CharacterSet, Datatype, DatatypeClass, FloatType, Member, Normalization, ReferenceType,
    StringType, VarLenKind,
};
use crate::format::reference::{Element, HeapPointer};
use crate::format::{Widths, encode};

impl Datatype {
    /// The type that values of `T` are stored as, in the native byte order.
    pub fn of<T: H5Write>() -> Self {
        T::datatype()
    }

    /// Bytes of the message that describes the type in a file; of a type that describes arrays as the
    /// first releases did, those of the version that gives arrays a class.
    ///
    /// # Errors
    /// `Unsupported` if the description was not understood wholly, so that it cannot be written again.
    pub fn message_size(&self) -> Result<usize> {
        encode(&self.with_array_classes(), &(), Widths::default()).map(|bytes| bytes.len())
    }

    /// Whether elements are text, of a fixed or a variable length.
    pub fn is_string(&self) -> bool {
        self.string_type().is_some()
    }

    /// Encoding and padding of text, of a fixed or a variable length.
    pub fn string_type(&self) -> Option<StringType> {
        match &self.class {
            DatatypeClass::String(text) => Some(*text),
            DatatypeClass::VarLen(var_len) => match var_len.kind {
                VarLenKind::String(text) => Some(text),
                VarLenKind::Sequence => None,
            },
            _ => None,
        }
    }

    /// Whether elements are integers or floating-point numbers.
    pub fn is_number(&self) -> bool {
        matches!(self.class, DatatypeClass::Integer(_) | DatatypeClass::Float(_))
    }

    /// Whether this is the enumeration of `FALSE` and `TRUE` that h5py stores booleans as.
    pub fn is_bool(&self) -> bool {
        match &self.class {
            DatatypeClass::Enum(enumeration) => {
                let is = |at: usize, name: &str, value: u8| {
                    enumeration.members.get(at).is_some_and(|(n, v)| n == name && *v == [value])
                };
                enumeration.members.len() == 2 && is(0, "FALSE", 0) && is(1, "TRUE", 1)
            }
            _ => false,
        }
    }

    /// Whether elements, or parts of them, are kept elsewhere in the file, with a length of their own;
    /// so are references, but for those that are just the address of an object.
    pub fn has_variable_length(&self) -> bool {
        match &self.class {
            DatatypeClass::VarLen(_) => true,
            DatatypeClass::Reference(kind) => *kind != ReferenceType::Object,
            DatatypeClass::Compound(compound) => {
                compound.members.iter().any(|member| member.datatype.has_variable_length())
            }
            DatatypeClass::Array(array) => array.base.has_variable_length(),
            _ => false,
        }
    }

    /// Whether elements hold references that are an address, which cannot tell another file.
    pub(crate) fn has_object_references(&self) -> bool {
        match &self.class {
            DatatypeClass::Reference(kind) => *kind == ReferenceType::Object,
            DatatypeClass::VarLen(class) => class.base.has_object_references(),
            DatatypeClass::Array(class) => class.base.has_object_references(),
            DatatypeClass::Compound(class) => {
                class.members.iter().any(|member| member.datatype.has_object_references())
            }
            _ => false,
        }
    }

    /// The same type with references of HDF5 1.12, which can tell another file, in place of those that are
    /// an address; sizes stay, as if it were yet to be kept in memory.
    pub(crate) fn with_standard_references(&self) -> Self {
        let mut datatype = self.clone();
        match &mut datatype.class {
            DatatypeClass::Reference(kind) if *kind == ReferenceType::Object => {
                *kind = ReferenceType::StandardObject;
            }
            DatatypeClass::VarLen(class) => *class.base = class.base.with_standard_references(),
            DatatypeClass::Array(class) => *class.base = class.base.with_standard_references(),
            DatatypeClass::Compound(class) => class
                .members
                .iter_mut()
                .for_each(|member| member.datatype = member.datatype.with_standard_references()),
            _ => {}
        }
        datatype
    }

    /// The same type as a new object of a file with addresses of `offset_size` bytes has it: of
    /// the lowest version, whatever that was where it comes from, with the sizes that references
    /// have there; offsets of compound members move along.
    pub(crate) fn for_file(&self, offset_size: u8) -> Self {
        self.with_minimum_version().at(Home::File { offset_size })
    }

    /// The same type as memory images have it.
    pub(crate) fn for_memory(&self) -> Self {
        self.at(Home::Memory)
    }

    fn at(&self, home: Home) -> Self {
        let mut stored = self.clone();
        match &mut stored.class {
            DatatypeClass::VarLen(var_len) => {
                *var_len.base = var_len.base.at(home);
                stored.size = home.var_len_size();
            }
            DatatypeClass::Reference(kind) => stored.size = home.reference_size(*kind),
            DatatypeClass::Array(array) => {
                let count = self.size.checked_div(array.base.size).unwrap_or(0);
                *array.base = array.base.at(home);
                stored.size = array.base.size.saturating_mul(count);
            }
            DatatypeClass::Compound(compound) => {
                // What lies before a byte, members and gaps, grows or shrinks by so much.
                let mut order: Vec<&mut Member> = compound.members.iter_mut().collect();
                order.sort_by_key(|member| member.offset);
                let mut change = 0_i64;
                let moved = |at: u32, change: i64| {
                    u32::try_from(i64::from(at).saturating_add(change).max(0)).unwrap_or(u32::MAX)
                };
                for member in order {
                    let before = i64::from(member.datatype.size);
                    member.datatype = member.datatype.at(home);
                    member.offset = moved(member.offset, change);
                    change = change.saturating_add(i64::from(member.datatype.size).saturating_sub(before));
                }
                stored.size = moved(stored.size, change);
            }
            _ => {}
        }
        stored
    }
}

/// Where elements are, which the sizes of references depend on.
#[derive(Clone, Copy)]
enum Home {
    Memory,
    File { offset_size: u8 },
}

impl Home {
    fn var_len_size(self) -> u32 {
        match self {
            Self::Memory => REFERENCE_SIZE as u32,
            Self::File { offset_size } => u32::from(offset_size).saturating_add(8),
        }
    }

    fn reference_size(self, kind: ReferenceType) -> u32 {
        match (self, kind) {
            (Self::Memory, ReferenceType::Object) => 8,
            (Self::Memory, _) => REFERENCE_SIZE as u32,
            (Self::File { offset_size }, ReferenceType::Object) => u32::from(offset_size),
            (Self::File { offset_size }, ReferenceType::Region) => HeapPointer::size(offset_size),
            (Self::File { offset_size }, _) => Element::size(offset_size),
        }
    }
}

/// The parameters of the IEEE formats and of bfloat16: size, exponent bits, bias, name.
const KNOWN_FLOATS: [(u32, u8, u32, &str); 5] = [
    (2, 5, 15, "float16"),
    (2, 8, 127, "bfloat16"),
    (4, 8, 127, "float32"),
    (8, 11, 1023, "float64"),
    (16, 15, 16383, "float128"),
];

/// The name of a floating-point layout, if it is one of IEEE 754 or bfloat16.
pub(crate) fn known_float(size: u32, float: &FloatType) -> Option<&'static str> {
    let bits = size.saturating_mul(8);
    let (_, exponent, _, name) = KNOWN_FLOATS.into_iter().find(|&(known, exponent, bias, _)| {
        known == size && exponent == float.exponent_size && bias == float.exponent_bias
    })?;
    let mantissa = bits.saturating_sub(1).saturating_sub(u32::from(exponent));
    let ieee = u32::from(float.precision) == bits
        && float.bit_offset == 0
        && float.normalization == Normalization::Implied
        && u32::from(float.sign_location) == bits.saturating_sub(1)
        && u32::from(float.mantissa_size) == mantissa
        && u32::from(float.exponent_location) == mantissa
        && float.mantissa_location == 0;
    ieee.then_some(name)
}

fn write_order(f: &mut fmt::Formatter<'_>, size: u32, order: ByteOrder) -> fmt::Result {
    match order {
        ByteOrder::Little => Ok(()),
        ByteOrder::Big if size <= 1 => Ok(()),
        ByteOrder::Big => f.write_str(" big-endian"),
        ByteOrder::Vax => f.write_str(" VAX order"),
    }
}

fn write_bits(
    f: &mut fmt::Formatter<'_>,
    name: &str,
    size: u32,
    precision: u16,
    offset: u16,
    order: ByteOrder,
) -> fmt::Result {
    let bits = size.saturating_mul(8);
    write!(f, "{name}{bits}")?;
    if u32::from(precision) != bits {
        write!(f, " of {precision} bits at {offset}")?;
    }
    write_order(f, size, order)
}

const fn charset_name(charset: CharacterSet) -> &'static str {
    match charset {
        CharacterSet::Ascii => "ASCII",
        CharacterSet::Utf8 => "UTF-8",
    }
}

/// An integer in the bytes of an enumeration's base type, for printing.
fn enum_value(base: &Datatype, bytes: &[u8]) -> Option<i128> {
    let DatatypeClass::Integer(integer) = &base.class else { return None };
    let mut wide = [0; 16];
    let padded = wide.get_mut(..bytes.len())?;
    padded.copy_from_slice(bytes);
    if integer.order == ByteOrder::Big {
        padded.reverse();
    }
    let unused = 128_u32.checked_sub(u32::try_from(bytes.len()).ok()?.checked_mul(8)?)?;
    let value = u128::from_le_bytes(wide).checked_shl(unused).unwrap_or(0);
    Some(if integer.signed {
        value.cast_signed().checked_shr(unused).unwrap_or(0)
    } else {
        i128::try_from(value.checked_shr(unused).unwrap_or(0)).ok()?
    })
}

/// A short form for people: `int32`, `float64 big-endian`, `[uint8; 2x3]`, `{a: int8, b: string}`.
impl fmt::Display for Datatype {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.class {
            DatatypeClass::Integer(t) => {
                let name = if t.signed { "int" } else { "uint" };
                write_bits(f, name, self.size, t.precision, t.bit_offset, t.order)
            }
            DatatypeClass::Float(t) => match known_float(self.size, t) {
                Some(name) => f.write_str(name).and_then(|()| write_order(f, self.size, t.order)),
                None => {
                    write_bits(f, "float", self.size, t.precision, t.bit_offset, t.order)?;
                    write!(f, " (exponent {}, mantissa {})", t.exponent_size, t.mantissa_size)
                }
            },
            DatatypeClass::Bitfield(t) => {
                write_bits(f, "bitfield", self.size, t.precision, t.bit_offset, t.order)
            }
            DatatypeClass::Time { precision, .. } => write!(f, "time of {precision} bits"),
            DatatypeClass::String(t) => {
                write!(f, "{} string of {} bytes", charset_name(t.charset), self.size)
            }
            DatatypeClass::Opaque { tag } if tag.is_empty() => write!(f, "opaque of {} bytes", self.size),
            DatatypeClass::Opaque { tag } => write!(f, "opaque of {} bytes (\"{tag}\")", self.size),
            DatatypeClass::Compound(t) => {
                f.write_str("{")?;
                for (at, member) in t.members.iter().enumerate() {
                    let comma = if at == 0 { "" } else { ", " };
                    write!(f, "{comma}{}: {}", member.name, member.datatype)?;
                }
                f.write_str("}")
            }
            DatatypeClass::Reference(kind) => f.write_str(match kind {
                ReferenceType::Object | ReferenceType::StandardObject => "object reference",
                ReferenceType::Region | ReferenceType::StandardRegion => "region reference",
                ReferenceType::StandardAttribute => "attribute reference",
            }),
            DatatypeClass::Enum(_) if self.is_bool() => f.write_str("bool"),
            DatatypeClass::Enum(t) => {
                write!(f, "enum over {} {{", t.base)?;
                for (at, (name, bytes)) in t.members.iter().enumerate() {
                    let comma = if at == 0 { "" } else { ", " };
                    write!(f, "{comma}{name}")?;
                    if let Some(value) = enum_value(&t.base, bytes) {
                        write!(f, " = {value}")?;
                    }
                }
                f.write_str("}")
            }
            DatatypeClass::VarLen(t) => match t.kind {
                VarLenKind::Sequence => write!(f, "sequence of {}", t.base),
                VarLenKind::String(text) => write!(f, "{} string", charset_name(text.charset)),
            },
            DatatypeClass::Array(t) => {
                write!(f, "[{}; ", t.base)?;
                for (at, len) in t.dims.iter().enumerate() {
                    write!(f, "{}{len}", if at == 0 { "" } else { "x" })?;
                }
                f.write_str("]")
            }
            DatatypeClass::Complex(t) => write!(f, "complex of {}", t.base),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_print_as_people_say_them() {
        if cfg!(target_endian = "big") {
            return;
        }
        assert_eq!(Datatype::of::<i32>().to_string(), "int32");
        assert_eq!(Datatype::of::<f64>().to_string(), "float64");
        assert_eq!(Datatype::of::<bool>().to_string(), "bool");
        assert_eq!(Datatype::of::<&str>().to_string(), "UTF-8 string");
        assert_eq!(Datatype::of::<[[u8; 3]; 2]>().to_string(), "[uint8; 2x3]");
        assert_eq!(Datatype::of::<(i8, Vec<f32>)>().to_string(), "{0: int8, 1: sequence of float32}");
    }

    #[test]
    fn enumerations_print_their_values() {
        let base = Datatype::of::<i16>();
        let members = [("LOW", -2_i16), ("HIGH", 300)].map(|(n, v)| (n.to_owned(), v.to_ne_bytes().to_vec()));
        let datatype = super::super::native::enumeration(base, members.to_vec());
        assert!(datatype.to_string().ends_with("{LOW = -2, HIGH = 300}"));
    }

    #[test]
    fn file_sizes_of_references_follow_the_width_of_addresses() {
        let memory = Datatype::of::<(u8, String, [Vec<u8>; 2], u16)>();
        assert_eq!(memory.size, 1 + 16 + 32 + 2);
        assert_eq!(memory.for_file(8), memory);
        let narrow = memory.for_file(4);
        assert_eq!(narrow.size, 1 + 12 + 24 + 2);
        let DatatypeClass::Compound(compound) = &narrow.class else { panic!("a tuple is a compound") };
        let offsets: Vec<_> = compound.members.iter().map(|member| member.offset).collect();
        assert_eq!(offsets, [0, 1, 13, 37]);
    }
}
