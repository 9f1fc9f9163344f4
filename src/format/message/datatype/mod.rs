//! Datatype message (0x0003): how one element is stored. Specification IV.A.2.d.
//!
//! These structures are public: they are the description of a datatype that users see.
//! Notes: format-spec-notes/datatype.md.

mod build;
mod codec;
mod nested;

/// How one element is stored: its size, its class and the class's properties.
#[derive(Debug, Clone)]
pub struct Datatype {
    /// Size of one element, in bytes. For variable-length data, that of its reference.
    pub size: u32,
    /// The class, with its properties.
    pub class: DatatypeClass,
    /// The message version this was read from (1 to 5); equality does not look at it.
    pub(crate) version: u8,
    /// What else it takes to write the same bytes again; equality does not look at it.
    pub(crate) kept: Kept,
}

/// What a datatype message says beyond its description.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Kept {
    /// Those of the 24 class bits that have no meaning for the class.
    reserved_bits: u32,
    /// A name or tag is not UTF-8 and is shown with replacement characters, so that the
    /// message cannot be written again.
    lossy: bool,
}

impl PartialEq for Datatype {
    fn eq(&self, other: &Self) -> bool {
        self.size == other.size && self.class == other.class
    }
}

impl Eq for Datatype {}

/// The classes of datatypes.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum DatatypeClass {
    /// Class 0: fixed-point numbers.
    Integer(IntegerType),
    /// Class 1: floating-point numbers.
    Float(FloatType),
    /// Class 2: times, which no library interprets.
    Time {
        /// Byte order.
        order: ByteOrder,
        /// Significant bits.
        precision: u16,
    },
    /// Class 3: strings of a fixed size, which is the size of the element.
    String(StringType),
    /// Class 4: bit fields.
    Bitfield(BitfieldType),
    /// Class 5: uninterpreted bytes.
    Opaque {
        /// What the bytes are, in ASCII.
        tag: String,
    },
    /// Class 6: named members at offsets.
    Compound(CompoundType),
    /// Class 7: references to objects, regions and attributes.
    Reference(ReferenceType),
    /// Class 8: named values of an integer type.
    Enum(EnumType),
    /// Class 9: sequences and strings whose length differs from element to element.
    VarLen(VarLenType),
    /// Class 10: arrays of a fixed shape.
    Array(ArrayType),
    /// Class 11 (HDF5 2.0): complex numbers, the real part before the imaginary part.
    Complex(ComplexType),
}

impl DatatypeClass {
    /// The class number of the specification.
    pub(crate) fn code(&self) -> u8 {
        match self {
            Self::Integer(_) => 0,
            Self::Float(_) => 1,
            Self::Time { .. } => 2,
            Self::String(_) => 3,
            Self::Bitfield(_) => 4,
            Self::Opaque { .. } => 5,
            Self::Compound(_) => 6,
            Self::Reference(_) => 7,
            Self::Enum(_) => 8,
            Self::VarLen(_) => 9,
            Self::Array(_) => 10,
            Self::Complex(_) => 11,
        }
    }
}

/// The order of the bytes of a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ByteOrder {
    /// Least significant byte first.
    Little,
    /// Most significant byte first.
    Big,
    /// The VAX's order: 16-bit words, the most significant first, each little-endian.
    Vax,
}

/// The properties of class 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct IntegerType {
    /// Byte order (never [`ByteOrder::Vax`]).
    pub order: ByteOrder,
    /// Whether numbers are signed, in two's complement.
    pub signed: bool,
    /// First significant bit, counted from the least significant.
    pub bit_offset: u16,
    /// Number of significant bits.
    pub precision: u16,
    /// Value of the padding bits below the significant ones.
    pub low_padding: bool,
    /// Value of the padding bits above the significant ones.
    pub high_padding: bool,
}

/// The properties of class 4.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct BitfieldType {
    /// Byte order (never [`ByteOrder::Vax`]).
    pub order: ByteOrder,
    /// First significant bit, counted from the least significant.
    pub bit_offset: u16,
    /// Number of significant bits.
    pub precision: u16,
    /// Value of the padding bits below the significant ones.
    pub low_padding: bool,
    /// Value of the padding bits above the significant ones.
    pub high_padding: bool,
}

/// The properties of class 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct FloatType {
    /// Byte order.
    pub order: ByteOrder,
    /// First significant bit, counted from the least significant.
    pub bit_offset: u16,
    /// Number of significant bits.
    pub precision: u16,
    /// Value of the padding bits below the significant ones.
    pub low_padding: bool,
    /// Value of the padding bits above the significant ones.
    pub high_padding: bool,
    /// Value of the padding bits between the fields.
    pub internal_padding: bool,
    /// How the mantissa's most significant bit is kept.
    pub normalization: Normalization,
    /// Bit of the sign.
    pub sign_location: u8,
    /// First bit of the exponent.
    pub exponent_location: u8,
    /// Bits of the exponent.
    pub exponent_size: u8,
    /// First bit of the mantissa.
    pub mantissa_location: u8,
    /// Bits of the mantissa.
    pub mantissa_size: u8,
    /// Bias of the exponent.
    pub exponent_bias: u32,
}

/// How the most significant bit of a mantissa is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Normalization {
    /// Not normalized.
    None,
    /// The most significant bit is always set, and stored.
    AlwaysSet,
    /// The most significant bit is not stored, and taken as set (IEEE).
    Implied,
}

/// The properties of strings of either kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct StringType {
    /// How a string shorter than its space is filled.
    pub padding: StringPadding,
    /// The encoding.
    pub charset: CharacterSet,
}

/// How a string shorter than its space is filled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum StringPadding {
    /// The first NUL ends the string; the last byte is one.
    NullTerminated,
    /// NULs fill the space.
    NullPadded,
    /// Spaces fill the space, as in Fortran.
    SpacePadded,
}

/// The encoding of text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CharacterSet {
    /// ASCII.
    Ascii,
    /// UTF-8.
    Utf8,
}

/// The properties of class 6.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CompoundType {
    /// The members, in the order of the file.
    pub members: Vec<Member>,
}

/// A member of a compound type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// The name.
    pub name: String,
    /// Offset within the element, in bytes.
    pub offset: u32,
    /// The type; version 1's member dimensions are read as an array type.
    pub datatype: Datatype,
}

/// The kinds of class 7.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ReferenceType {
    /// The address of an object's header.
    Object,
    /// A global-heap object that holds an address and a selection.
    Region,
    /// HDF5 1.12: an object, perhaps in another file.
    StandardObject,
    /// HDF5 1.12: a region of a dataset.
    StandardRegion,
    /// HDF5 1.12: an attribute.
    StandardAttribute,
}

/// The properties of class 8.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnumType {
    /// The integer type of the values.
    pub base: Box<Datatype>,
    /// Names and values; a value has the bytes of `base`, in its byte order.
    pub members: Vec<(String, Vec<u8>)>,
}

/// The properties of class 9.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VarLenType {
    /// Sequence or string.
    pub kind: VarLenKind,
    /// The type of the sequence's elements; for strings one byte of text.
    pub base: Box<Datatype>,
}

/// The kinds of variable-length data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum VarLenKind {
    /// Elements of the base type.
    Sequence,
    /// Text.
    String(StringType),
}

/// The properties of class 10.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArrayType {
    /// The type of the array's elements.
    pub base: Box<Datatype>,
    /// The shape.
    pub dims: Vec<u32>,
}

/// The properties of class 11.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ComplexType {
    /// The floating-point type of each part.
    pub base: Box<Datatype>,
}

#[cfg(test)]
pub(crate) mod tests;
