//! The bytes of a datatype message: its head, and the classes without members.

use super::nested;
use super::{
    BitfieldType, ByteOrder, CharacterSet, Datatype, DatatypeClass, FloatType, IntegerType, Kept,
    Normalization, ReferenceType, StringPadding, StringType,
};
use crate::format::message::MessageBody;
use crate::format::{Reader, Structure, Writer};
use crate::{Error, Result};

/// How deep datatypes may nest, so that a hostile one cannot exhaust the stack.
const MAX_DEPTH: u32 = 64;

impl Structure for Datatype {
    const NAME: &'static str = "Datatype message";
    type Context = ();

    fn decode(r: &mut Reader<'_>, (): &()) -> Result<Self> {
        decode_nested(r, 0)
    }

    fn encode(&self, w: &mut Writer, (): &()) {
        if self.kept.lossy {
            w.overflow("name that is not UTF-8");
        }
        w.u8((self.version << 4) | self.class.code());
        let bits = class_bits(self, w) | self.kept.reserved_bits;
        w.uint(u64::from(bits), 3, "class bit field");
        w.u32(self.size);
        encode_properties(self, w);
    }
}

impl MessageBody for Datatype {
    const TYPE: u16 = 0x0003;
}

/// The head of a datatype message.
#[derive(Clone, Copy)]
pub(super) struct Head {
    pub(super) version: u8,
    pub(super) bits: u32,
    pub(super) size: u32,
    pub(super) depth: u32,
}

impl Head {
    pub(super) fn bit(self, number: u32) -> bool {
        self.bits & 1_u32.checked_shl(number).unwrap_or(0) != 0
    }

    /// Four bits, the lowest of which is bit `first`.
    pub(super) fn nibble(self, first: u32) -> u8 {
        (self.bits.checked_shr(first).unwrap_or(0) & 0x0f) as u8
    }

    fn order(self) -> ByteOrder {
        if self.bit(0) { ByteOrder::Big } else { ByteOrder::Little }
    }
}

/// What a class made of its bytes: the class, which of its 24 bits it understood, and whether
/// text in it was not UTF-8.
pub(super) struct Decoded {
    pub(super) class: DatatypeClass,
    pub(super) known_bits: u32,
    pub(super) lossy: bool,
}

impl Decoded {
    pub(super) fn new(class: DatatypeClass, known_bits: u32) -> Self {
        Self { class, known_bits, lossy: false }
    }
}

/// Decodes the datatype at `depth` levels within another.
pub(super) fn decode_nested(r: &mut Reader<'_>, depth: u32) -> Result<Datatype> {
    if depth >= MAX_DEPTH {
        return Err(Error::limit("datatypes nest too deep").in_structure(Datatype::NAME).at(r.address()));
    }
    let class_and_version = r.u8()?;
    let (version, code) = (class_and_version >> 4, class_and_version & 0x0f);
    if !(1..=5).contains(&version) {
        return Err(r.unsupported("version", format!("version {version}")));
    }
    let bits = r.uint(3)? as u32;
    let head = Head { version, bits, size: r.u32()?, depth };
    if head.size == 0 {
        return Err(r.error("size", "the size is 0"));
    }
    let Decoded { class, known_bits, lossy } = match code {
        0 => integer(r, head)?,
        1 => float(r, head)?,
        2 => {
            let class = DatatypeClass::Time { order: head.order(), precision: r.u16()? };
            Decoded::new(class, 0x01)
        }
        3 => Decoded::new(DatatypeClass::String(StringType::from_bits(head, 0, r)?), 0xff),
        4 => bitfield(r, head)?,
        5 => opaque(r, head)?,
        6 => nested::compound(r, head)?,
        7 => reference(r, head)?,
        8 => nested::enumeration(r, head)?,
        9 => nested::var_len(r, head)?,
        10 => nested::array(r, head)?,
        11 => nested::complex(r, head)?,
        _ => return Err(r.unsupported("class", format!("datatype class {code}"))),
    };
    let kept = Kept { reserved_bits: head.bits & !known_bits, lossy };
    // Early libraries gave array types version 1, with the bytes of version 2.
    let version = if code == 10 { version.max(2) } else { version };
    Ok(Datatype { size: head.size, class, version, kept })
}

/// Bit offset and precision, which must lie within the element.
fn significant_bits(r: &mut Reader<'_>, head: Head) -> Result<(u16, u16)> {
    let (offset, precision) = (r.u16()?, r.u16()?);
    let end = u64::from(offset).saturating_add(u64::from(precision));
    if precision == 0 || end > u64::from(head.size).saturating_mul(8) {
        return Err(r.error("precision", "the significant bits do not lie within the element"));
    }
    Ok((offset, precision))
}

fn integer(r: &mut Reader<'_>, head: Head) -> Result<Decoded> {
    let (bit_offset, precision) = significant_bits(r, head)?;
    let class = DatatypeClass::Integer(IntegerType {
        order: head.order(),
        signed: head.bit(3),
        bit_offset,
        precision,
        low_padding: head.bit(1),
        high_padding: head.bit(2),
    });
    Ok(Decoded::new(class, 0x0f))
}

fn bitfield(r: &mut Reader<'_>, head: Head) -> Result<Decoded> {
    let (bit_offset, precision) = significant_bits(r, head)?;
    let class = DatatypeClass::Bitfield(BitfieldType {
        order: head.order(),
        bit_offset,
        precision,
        low_padding: head.bit(1),
        high_padding: head.bit(2),
    });
    Ok(Decoded::new(class, 0x07))
}

fn float(r: &mut Reader<'_>, head: Head) -> Result<Decoded> {
    // Before version 3, bit 6 was reserved.
    let vax_bit = head.version >= 3 && head.bit(6);
    let order = match (vax_bit, head.bit(0)) {
        (false, _) => head.order(),
        (true, true) => ByteOrder::Vax,
        (true, false) => return Err(r.unsupported("byte order", "the reserved byte order")),
    };
    let normalization = match head.nibble(4) & 3 {
        0 => Normalization::None,
        1 => Normalization::AlwaysSet,
        2 => Normalization::Implied,
        _ => return Err(r.unsupported("mantissa normalization", "the reserved normalization")),
    };
    let (bit_offset, precision) = significant_bits(r, head)?;
    let float = FloatType {
        order,
        bit_offset,
        precision,
        low_padding: head.bit(1),
        high_padding: head.bit(2),
        internal_padding: head.bit(3),
        normalization,
        sign_location: (head.bits >> 8 & 0xff) as u8,
        exponent_location: r.u8()?,
        exponent_size: r.u8()?,
        mantissa_location: r.u8()?,
        mantissa_size: r.u8()?,
        exponent_bias: r.u32()?,
    };
    let within = |location: u8, size: u8| {
        size > 0
            && u64::from(location).saturating_add(u64::from(size)) <= u64::from(head.size).saturating_mul(8)
    };
    if !(within(float.sign_location, 1)
        && within(float.exponent_location, float.exponent_size)
        && within(float.mantissa_location, float.mantissa_size))
    {
        return Err(r.error("locations", "the sign, exponent or mantissa does not lie within the element"));
    }
    Ok(Decoded::new(DatatypeClass::Float(float), if head.version >= 3 { 0xff7f } else { 0xff3f }))
}

fn opaque(r: &mut Reader<'_>, head: Head) -> Result<Decoded> {
    let stored = r.bytes((head.bits & 0xff) as usize)?;
    let tag = stored.split(|&byte| byte == 0).next().unwrap_or_default();
    let (tag, lossy) = text(tag);
    Ok(Decoded { class: DatatypeClass::Opaque { tag }, known_bits: 0xff, lossy })
}

fn reference(r: &mut Reader<'_>, head: Head) -> Result<Decoded> {
    // The version of the message should be 4 for kinds 2 to 4, but some library versions wrote 1.
    let class = match (head.nibble(0), head.nibble(4)) {
        (0, _) => ReferenceType::Object,
        (1, _) => ReferenceType::Region,
        (2, 1) => ReferenceType::StandardObject,
        (3, 1) => ReferenceType::StandardRegion,
        (4, 1) => ReferenceType::StandardAttribute,
        (kind, version) => {
            return Err(r.unsupported("type", format!("reference type {kind}, version {version}")));
        }
    };
    let known_bits = if class.is_standard() { 0xff } else { 0x0f };
    Ok(Decoded::new(DatatypeClass::Reference(class), known_bits))
}

/// Text for people, and whether it had to be changed to be UTF-8.
pub(super) fn text(bytes: &[u8]) -> (String, bool) {
    match std::str::from_utf8(bytes) {
        Ok(text) => (text.to_owned(), false),
        Err(_) => (String::from_utf8_lossy(bytes).into_owned(), true),
    }
}

/// The class bit field, without the reserved bits.
fn class_bits(datatype: &Datatype, w: &mut Writer) -> u32 {
    match &datatype.class {
        DatatypeClass::Integer(t) => {
            flags([t.order != ByteOrder::Little, t.low_padding, t.high_padding, t.signed])
        }
        DatatypeClass::Float(t) => {
            if t.order == ByteOrder::Vax && datatype.version < 3 {
                w.overflow("VAX byte order");
            }
            let normalization = match t.normalization {
                Normalization::None => 0,
                Normalization::AlwaysSet => 1,
                Normalization::Implied => 2,
            };
            flags([t.order != ByteOrder::Little, t.low_padding, t.high_padding, t.internal_padding])
                | normalization << 4
                | u32::from(t.order == ByteOrder::Vax) << 6
                | u32::from(t.sign_location) << 8
        }
        DatatypeClass::Time { order, .. } => u32::from(*order != ByteOrder::Little),
        DatatypeClass::String(string) => string.bits(),
        DatatypeClass::Bitfield(t) => {
            flags([t.order != ByteOrder::Little, t.low_padding, t.high_padding, false])
        }
        DatatypeClass::Opaque { tag } => stored_tag_len(tag, w),
        DatatypeClass::Reference(reference) => reference.bits(),
        DatatypeClass::Compound(_)
        | DatatypeClass::Enum(_)
        | DatatypeClass::VarLen(_)
        | DatatypeClass::Array(_)
        | DatatypeClass::Complex(_) => nested::class_bits(&datatype.class, w),
    }
}

fn flags(set: [bool; 4]) -> u32 {
    set.iter().rev().fold(0, |bits, &bit| bits << 1 | u32::from(bit))
}

/// The tag is padded with NULs to a multiple of 8 bytes, 248 at most.
fn stored_tag_len(tag: &str, w: &mut Writer) -> u32 {
    if tag.contains('\0') || tag.len() > 248 {
        w.overflow("tag");
        return 0;
    }
    u32::try_from(tag.len().next_multiple_of(8)).unwrap_or(0)
}

fn encode_properties(datatype: &Datatype, w: &mut Writer) {
    match &datatype.class {
        DatatypeClass::Integer(IntegerType { bit_offset, precision, .. })
        | DatatypeClass::Bitfield(BitfieldType { bit_offset, precision, .. }) => {
            w.u16(*bit_offset);
            w.u16(*precision);
        }
        DatatypeClass::Float(t) => {
            w.u16(t.bit_offset);
            w.u16(t.precision);
            w.u8(t.exponent_location);
            w.u8(t.exponent_size);
            w.u8(t.mantissa_location);
            w.u8(t.mantissa_size);
            w.u32(t.exponent_bias);
        }
        DatatypeClass::Time { precision, .. } => w.u16(*precision),
        DatatypeClass::String(_) | DatatypeClass::Reference(_) => {}
        DatatypeClass::Opaque { tag } => {
            let len = stored_tag_len(tag, w) as usize;
            w.bytes(tag.as_bytes());
            w.zeros(len.saturating_sub(tag.len()));
        }
        DatatypeClass::Compound(compound) => nested::encode_compound(compound, datatype, w),
        DatatypeClass::Enum(enumeration) => nested::encode_enumeration(enumeration, datatype.version, w),
        DatatypeClass::VarLen(var_len) => var_len.base.encode(w, &()),
        DatatypeClass::Array(array) => nested::encode_array(array, datatype.version, w),
        DatatypeClass::Complex(complex) => complex.base.encode(w, &()),
    }
}

impl ReferenceType {
    /// Whether it is one of HDF5 1.12's.
    pub(crate) fn is_standard(self) -> bool {
        !matches!(self, Self::Object | Self::Region)
    }

    fn bits(self) -> u32 {
        match self {
            Self::Object => 0,
            Self::Region => 1,
            // The type, and version 1 of the encoding.
            Self::StandardObject => 0x12,
            Self::StandardRegion => 0x13,
            Self::StandardAttribute => 0x14,
        }
    }
}

impl StringType {
    /// From padding and character set, four bits each, starting at bit `first`.
    pub(super) fn from_bits(head: Head, first: u32, r: &Reader<'_>) -> Result<Self> {
        let padding = match head.nibble(first) {
            0 => StringPadding::NullTerminated,
            1 => StringPadding::NullPadded,
            2 => StringPadding::SpacePadded,
            code => return Err(r.unsupported("padding type", format!("string padding {code}"))),
        };
        let charset = CharacterSet::from_code(head.nibble(first.saturating_add(4)), r)?;
        Ok(Self { padding, charset })
    }

    pub(super) fn bits(self) -> u32 {
        let padding = match self.padding {
            StringPadding::NullTerminated => 0,
            StringPadding::NullPadded => 1,
            StringPadding::SpacePadded => 2,
        };
        padding | u32::from(self.charset.code()) << 4
    }
}

impl CharacterSet {
    pub(crate) fn decode(r: &mut Reader<'_>) -> Result<Self> {
        let code = r.u8()?;
        Self::from_code(code, r)
    }

    fn from_code(code: u8, r: &Reader<'_>) -> Result<Self> {
        match code {
            0 => Ok(Self::Ascii),
            1 => Ok(Self::Utf8),
            _ => Err(r.unsupported("character set", format!("character set {code}"))),
        }
    }

    pub(crate) fn code(self) -> u8 {
        match self {
            Self::Ascii => 0,
            Self::Utf8 => 1,
        }
    }
}
