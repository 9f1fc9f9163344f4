//! A short description of Rust's own types, under the names that users of the C binding know.

use std::fmt;

use super::{H5Write, native};
use crate::format::message::datatype::{
    self as stored, ByteOrder, CharacterSet, Datatype, DatatypeClass, Member, StringPadding, StringType,
    VarLenKind,
};
use crate::{Error, Result};

/// The size of an integer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum IntSize {
    /// One byte.
    U1 = 1,
    /// Two bytes.
    U2 = 2,
    /// Four bytes.
    U4 = 4,
    /// Eight bytes.
    U8 = 8,
}

impl IntSize {
    /// The size of `size` bytes, if integers have it.
    pub const fn from_int(size: usize) -> Option<Self> {
        match size {
            1 => Some(Self::U1),
            2 => Some(Self::U2),
            4 => Some(Self::U4),
            8 => Some(Self::U8),
            _ => None,
        }
    }
}

/// The size of an IEEE floating-point number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FloatSize {
    /// Two bytes, half precision.
    U2 = 2,
    /// Four bytes, single precision.
    U4 = 4,
    /// Eight bytes, double precision.
    U8 = 8,
}

impl FloatSize {
    /// The size of `size` bytes, if floating-point numbers have it.
    pub const fn from_int(size: usize) -> Option<Self> {
        match size {
            2 => Some(Self::U2),
            4 => Some(Self::U4),
            8 => Some(Self::U8),
            _ => None,
        }
    }
}

/// A named value of an enumeration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnumMember {
    /// The name.
    pub name: String,
    /// The value; a negative one is in two's complement.
    pub value: u64,
}

/// An enumeration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnumType {
    /// The size of the values.
    pub size: IntSize,
    /// Whether the values are signed.
    pub signed: bool,
    /// The names and values.
    pub members: Vec<EnumMember>,
}

impl EnumType {
    /// The type of the values.
    pub fn base_type(&self) -> TypeDescriptor {
        if self.signed { TypeDescriptor::Integer(self.size) } else { TypeDescriptor::Unsigned(self.size) }
    }
}

/// A member of a compound type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CompoundField {
    /// The name.
    pub name: String,
    /// The type.
    pub ty: TypeDescriptor,
    /// The offset within the element, in bytes.
    pub offset: usize,
    /// The position among the members.
    pub index: usize,
}

impl CompoundField {
    /// A member.
    pub fn new(name: &str, ty: TypeDescriptor, offset: usize, index: usize) -> Self {
        Self { name: name.to_owned(), ty, offset, index }
    }

    /// A member of the type of `T`.
    pub fn typed<T: H5Write>(name: &str, offset: usize, index: usize) -> Self {
        Self::new(name, TypeDescriptor::of::<T>(), offset, index)
    }
}

/// A compound type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CompoundType {
    /// The members.
    pub fields: Vec<CompoundField>,
    /// The size of an element, in bytes.
    pub size: usize,
}

/// A datatype as Rust types have it: no byte order, no unused bits, no padding of text.
///
/// ```
/// use hdfive::types::{IntSize, TypeDescriptor};
/// use hdfive::{Datatype, H5Type};
///
/// # fn main() -> hdfive::Result<()> {
/// assert_eq!(u16::type_descriptor(), TypeDescriptor::Unsigned(IntSize::U2));
/// let datatype = Datatype::from_descriptor(&TypeDescriptor::FixedAscii(8))?;
/// assert_eq!(datatype.to_descriptor()?, TypeDescriptor::FixedAscii(8));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TypeDescriptor {
    /// A signed integer.
    Integer(IntSize),
    /// An unsigned integer.
    Unsigned(IntSize),
    /// A floating-point number.
    Float(FloatSize),
    /// A truth value.
    Boolean,
    /// Named values.
    Enum(EnumType),
    /// Named members.
    Compound(CompoundType),
    /// An array; one of several dimensions is an array of arrays.
    FixedArray(Box<Self>, usize),
    /// ASCII text of at most so many bytes.
    FixedAscii(usize),
    /// UTF-8 text of at most so many bytes.
    FixedUnicode(usize),
    /// A sequence of any length.
    VarLenArray(Box<Self>),
    /// ASCII text of any length.
    VarLenAscii,
    /// UTF-8 text of any length.
    VarLenUnicode,
    /// Any other type, as it is stored.
    Other(Box<Datatype>),
}

impl TypeDescriptor {
    /// That of the values of `T`.
    pub fn of<T: H5Write>() -> Self {
        Self::from(&T::datatype())
    }

    /// Bytes of one element in a file with 8-byte addresses; for data of variable length, those
    /// of the reference to it.
    pub fn size(&self) -> usize {
        match self {
            Self::Integer(size) | Self::Unsigned(size) => *size as usize,
            Self::Float(size) => *size as usize,
            Self::Boolean => 1,
            Self::Enum(enumeration) => enumeration.size as usize,
            Self::Compound(compound) => compound.size,
            Self::FixedArray(base, len) => base.size().saturating_mul(*len),
            Self::FixedAscii(len) | Self::FixedUnicode(len) => *len,
            Self::VarLenArray(_) | Self::VarLenAscii | Self::VarLenUnicode => super::REFERENCE_SIZE,
            Self::Other(datatype) => datatype.size as usize,
        }
    }
}

fn text(string: StringType, ascii: TypeDescriptor, unicode: TypeDescriptor) -> TypeDescriptor {
    match string.charset {
        CharacterSet::Ascii => ascii,
        CharacterSet::Utf8 => unicode,
    }
}

fn enumeration(datatype: &Datatype, stored: &stored::EnumType) -> Option<TypeDescriptor> {
    let (size, signed) = match TypeDescriptor::from(&*stored.base) {
        TypeDescriptor::Integer(size) => (size, true),
        TypeDescriptor::Unsigned(size) => (size, false),
        _ => return None,
    };
    if datatype.is_bool() {
        return Some(TypeDescriptor::Boolean);
    }
    let DatatypeClass::Integer(base) = &stored.base.class else { return None };
    let member = |(name, bytes): &(String, Vec<u8>)| {
        let mut value = bytes.clone();
        if base.order == ByteOrder::Big {
            value.reverse();
        }
        let negative = signed && value.last().is_some_and(|byte| byte & 0x80 != 0);
        value.resize(8, if negative { 0xff } else { 0 });
        let value = u64::from_le_bytes(value.try_into().ok()?);
        Some(EnumMember { name: name.clone(), value })
    };
    let members = stored.members.iter().map(member).collect::<Option<_>>()?;
    Some(TypeDescriptor::Enum(EnumType { size, signed, members }))
}

/// The description of a type that has one but [`TypeDescriptor::Other`].
fn describe(datatype: &Datatype) -> Option<TypeDescriptor> {
    let size = datatype.size as usize;
    let whole = |precision: u16, offset: u16| usize::from(precision) == size.saturating_mul(8) && offset == 0;
    Some(match &datatype.class {
        DatatypeClass::Integer(integer) if whole(integer.precision, integer.bit_offset) => {
            let size = IntSize::from_int(size)?;
            if integer.signed { TypeDescriptor::Integer(size) } else { TypeDescriptor::Unsigned(size) }
        }
        DatatypeClass::Float(float) => match super::describe::known_float(datatype.size, float)? {
            "float16" | "float32" | "float64" => TypeDescriptor::Float(FloatSize::from_int(size)?),
            _ => return None,
        },
        DatatypeClass::String(string) => {
            text(*string, TypeDescriptor::FixedAscii(size), TypeDescriptor::FixedUnicode(size))
        }
        DatatypeClass::Enum(stored) => enumeration(datatype, stored)?,
        DatatypeClass::Compound(compound) => {
            let field = |(index, member): (usize, &Member)| CompoundField {
                name: member.name.clone(),
                ty: TypeDescriptor::from(&member.datatype),
                offset: member.offset as usize,
                index,
            };
            let fields = compound.members.iter().enumerate().map(field).collect();
            TypeDescriptor::Compound(CompoundType { fields, size })
        }
        DatatypeClass::Array(array) => {
            array.dims.iter().rev().fold(TypeDescriptor::from(&*array.base), |base, &dim| {
                TypeDescriptor::FixedArray(Box::new(base), dim as usize)
            })
        }
        DatatypeClass::VarLen(var_len) => match var_len.kind {
            VarLenKind::Sequence => {
                TypeDescriptor::VarLenArray(Box::new(TypeDescriptor::from(&*var_len.base)))
            }
            VarLenKind::String(string) => {
                text(string, TypeDescriptor::VarLenAscii, TypeDescriptor::VarLenUnicode)
            }
        },
        _ => return None,
    })
}

impl From<&Datatype> for TypeDescriptor {
    fn from(datatype: &Datatype) -> Self {
        describe(datatype).unwrap_or_else(|| Self::Other(Box::new(datatype.clone())))
    }
}

fn stored_size(size: usize) -> Result<u32> {
    u32::try_from(size).map_err(|_| Error::limit("an element has at most 4 GiB"))
}

fn stored_text(len: usize, charset: CharacterSet) -> Result<Datatype> {
    let string = StringType { padding: StringPadding::NullPadded, charset };
    match stored_size(len)? {
        0 => Err(Error::usage("a string of a fixed size has at least one byte")),
        len => Ok(Datatype::fixed_string(len, string)),
    }
}

fn stored_enumeration(enumeration: &EnumType) -> Result<Datatype> {
    let base = native::integer(enumeration.size as usize, enumeration.signed);
    let member = |EnumMember { name, value }: &EnumMember| {
        let mut bytes = value.to_le_bytes().to_vec();
        bytes.truncate(enumeration.size as usize);
        if cfg!(target_endian = "big") {
            bytes.reverse();
        }
        (name.clone(), bytes)
    };
    Datatype::enumeration(base, enumeration.members.iter().map(member).collect())
}

/// What users of the C binding call these.
impl Datatype {
    /// The type that values of `T` are stored as, in the native byte order.
    ///
    /// # Errors
    /// None at present; the signature is that of the C binding.
    pub fn from_type<T: H5Write>() -> Result<Self> {
        Ok(T::datatype())
    }

    /// The type so described, in the native byte order, as a file with 8-byte addresses has it.
    ///
    /// # Errors
    /// `Usage` or `Limit` if there is no such type, as for an array without elements.
    pub fn from_descriptor(descriptor: &TypeDescriptor) -> Result<Self> {
        Ok(match descriptor {
            TypeDescriptor::Integer(size) => native::integer(*size as usize, true),
            TypeDescriptor::Unsigned(size) => native::integer(*size as usize, false),
            TypeDescriptor::Float(FloatSize::U2) => Self::float16(native::NATIVE),
            TypeDescriptor::Float(FloatSize::U4) => Self::float32(native::NATIVE),
            TypeDescriptor::Float(FloatSize::U8) => Self::float64(native::NATIVE),
            TypeDescriptor::Boolean => Self::boolean(),
            TypeDescriptor::Enum(enumeration) => stored_enumeration(enumeration)?,
            TypeDescriptor::Compound(compound) => {
                let member = |field: &CompoundField| {
                    let datatype = Self::from_descriptor(&field.ty)?;
                    Ok(Member::new(&*field.name, stored_size(field.offset)?, datatype))
                };
                let members = compound.fields.iter().map(member).collect::<Result<_>>()?;
                Self::compound(members, stored_size(compound.size)?)?
            }
            TypeDescriptor::FixedArray(..) => {
                let (mut base, mut dims) = (descriptor, Vec::new());
                while let TypeDescriptor::FixedArray(inner, len) = base {
                    dims.push(stored_size(*len)?);
                    base = inner;
                }
                Self::array(Self::from_descriptor(base)?, &dims)?
            }
            TypeDescriptor::FixedAscii(len) => stored_text(*len, CharacterSet::Ascii)?,
            TypeDescriptor::FixedUnicode(len) => stored_text(*len, CharacterSet::Utf8)?,
            TypeDescriptor::VarLenArray(base) => Self::var_len(Self::from_descriptor(base)?),
            TypeDescriptor::VarLenAscii => native::string(CharacterSet::Ascii),
            TypeDescriptor::VarLenUnicode => native::string(CharacterSet::Utf8),
            TypeDescriptor::Other(datatype) => (**datatype).clone(),
        })
    }

    /// The description of this type, without byte order and padding.
    ///
    /// # Errors
    /// None at present; the signature is that of the C binding.
    pub fn to_descriptor(&self) -> Result<TypeDescriptor> {
        Ok(TypeDescriptor::from(self))
    }

    /// Whether this is the type of `T`, but for byte order and padding.
    pub fn is<T: H5Write>(&self) -> bool {
        TypeDescriptor::from(self) == TypeDescriptor::of::<T>()
    }
}

/// As the C binding prints it: `int32`, `[float64; 3]`, `unicode (var len)`.
impl fmt::Display for TypeDescriptor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bits = self.size().saturating_mul(8);
        match self {
            Self::Integer(_) => write!(f, "int{bits}"),
            Self::Unsigned(_) => write!(f, "uint{bits}"),
            Self::Float(_) => write!(f, "float{bits}"),
            Self::Boolean => f.write_str("bool"),
            Self::Enum(enumeration) => write!(f, "enum ({})", enumeration.base_type()),
            Self::Compound(compound) => write!(f, "compound ({} fields)", compound.fields.len()),
            Self::FixedArray(base, len) => write!(f, "[{base}; {len}]"),
            Self::FixedAscii(len) => write!(f, "string (len {len})"),
            Self::FixedUnicode(len) => write!(f, "unicode (len {len})"),
            Self::VarLenArray(base) => write!(f, "[{base}] (var len)"),
            Self::VarLenAscii => f.write_str("string (var len)"),
            Self::VarLenUnicode => f.write_str("unicode (var len)"),
            Self::Other(datatype) => datatype.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::{FixedAscii, FixedUnicode, H5Type};

    fn round_trip<T: H5Type>(printed: &str) {
        let descriptor = T::type_descriptor();
        assert_eq!(descriptor.to_string(), printed);
        assert_eq!(descriptor.size(), <T as H5Type>::SIZE);
        let datatype = Datatype::from_descriptor(&descriptor).unwrap();
        assert_eq!(datatype, <T as H5Type>::datatype());
        assert!(datatype.is::<T>());
    }

    #[test]
    fn descriptions_lead_back_to_the_types_of_rust() {
        round_trip::<i8>("int8");
        round_trip::<u64>("uint64");
        round_trip::<f32>("float32");
        round_trip::<bool>("bool");
        round_trip::<[[i16; 3]; 2]>("[[int16; 3]; 2]");
        round_trip::<FixedAscii<7>>("string (len 7)");
        round_trip::<FixedUnicode<7>>("unicode (len 7)");
        round_trip::<Vec<f64>>("[float64] (var len)");
        round_trip::<String>("unicode (var len)");
        round_trip::<(u8, String)>("compound (2 fields)");
        round_trip::<i128>(if cfg!(target_endian = "big") { "int128 big-endian" } else { "int128" });
    }

    #[test]
    fn byte_order_is_left_out_and_values_keep_their_sign() {
        assert_eq!(Datatype::integer(4, true, ByteOrder::Big).to_descriptor().unwrap().to_string(), "int32");
        let base = Datatype::integer(2, true, ByteOrder::Big);
        let members = vec![("LOW".to_owned(), vec![0xff, 0xfe]), ("HIGH".to_owned(), vec![1, 0x2c])];
        let stored = Datatype::enumeration(base, members).unwrap();
        let TypeDescriptor::Enum(described) = TypeDescriptor::from(&stored) else { panic!("no enumeration") };
        let values: Vec<_> = described.members.iter().map(|member| member.value.cast_signed()).collect();
        assert_eq!(values, [-2, 300]);
        let native = Datatype::from_descriptor(&TypeDescriptor::Enum(described.clone())).unwrap();
        assert_eq!(TypeDescriptor::from(&native), TypeDescriptor::Enum(described));
    }

    #[test]
    fn what_cannot_be_is_an_error() {
        let byte = || Box::new(TypeDescriptor::Integer(IntSize::U1));
        let cannot = [
            TypeDescriptor::FixedArray(byte(), 0),
            TypeDescriptor::FixedArray(byte(), usize::MAX),
            TypeDescriptor::FixedAscii(0),
            TypeDescriptor::Compound(CompoundType { fields: vec![], size: 4 }),
            TypeDescriptor::Compound(CompoundType {
                fields: vec![CompoundField::typed::<u32>("a", 2, 0)],
                size: 4,
            }),
        ];
        for descriptor in cannot {
            assert!(Datatype::from_descriptor(&descriptor).is_err(), "{descriptor:?}");
        }
    }
}
