//! Datatypes of Rust's own types: native byte order, packed.

use crate::format::message::datatype::{
    ArrayType, ByteOrder, CharacterSet, CompoundType, Datatype, DatatypeClass, EnumType, FloatType,
    IntegerType, Member, Normalization, StringPadding, StringType, VarLenKind, VarLenType,
};

use super::REFERENCE_SIZE;

/// The byte order of this machine.
pub(crate) const NATIVE: ByteOrder =
    if cfg!(target_endian = "little") { ByteOrder::Little } else { ByteOrder::Big };

fn datatype(size: usize, class: DatatypeClass) -> Datatype {
    Datatype::new(size as u32, class)
}

/// An integer of `size` bytes.
pub(crate) fn integer(size: usize, signed: bool) -> Datatype {
    let class = IntegerType {
        order: NATIVE,
        signed,
        bit_offset: 0,
        precision: (size as u16).saturating_mul(8),
        low_padding: false,
        high_padding: false,
    };
    datatype(size, DatatypeClass::Integer(class))
}

/// A floating-point number with the sign in its highest bit and the mantissa in its lowest, as
/// IEEE 754 has it.
pub(crate) fn float(size: usize, exponent_size: u8, exponent_bias: u32) -> Datatype {
    let bits = (size as u8).saturating_mul(8);
    let mantissa_size = bits.saturating_sub(exponent_size).saturating_sub(1);
    let class = FloatType {
        order: NATIVE,
        bit_offset: 0,
        precision: u16::from(bits),
        low_padding: false,
        high_padding: false,
        internal_padding: false,
        normalization: Normalization::Implied,
        sign_location: bits.saturating_sub(1),
        exponent_location: mantissa_size,
        exponent_size,
        mantissa_location: 0,
        mantissa_size,
        exponent_bias,
    };
    datatype(size, DatatypeClass::Float(class))
}

/// A string of exactly `size` bytes, NUL-padded.
pub(crate) fn fixed_string(size: usize, charset: CharacterSet) -> Datatype {
    let class = StringType { padding: StringPadding::NullPadded, charset };
    datatype(size, DatatypeClass::String(class))
}

/// A variable-length string.
pub(crate) fn string(charset: CharacterSet) -> Datatype {
    let kind = VarLenKind::String(StringType { padding: StringPadding::NullTerminated, charset });
    let base = Box::new(integer(1, false));
    datatype(REFERENCE_SIZE, DatatypeClass::VarLen(VarLenType { kind, base }))
}

/// A variable-length sequence.
pub(crate) fn sequence(base: Datatype) -> Datatype {
    let class = VarLenType { kind: VarLenKind::Sequence, base: Box::new(base) };
    datatype(REFERENCE_SIZE, DatatypeClass::VarLen(class))
}

/// An array of one dimension; those of an array of arrays are joined.
pub(crate) fn array(base: Datatype, len: usize) -> Datatype {
    let size = (base.size as usize).saturating_mul(len).min(u32::MAX as usize);
    let len = u32::try_from(len).unwrap_or(u32::MAX);
    let class = match base.class {
        DatatypeClass::Array(inner) => {
            let dims = std::iter::once(len).chain(inner.dims).collect();
            ArrayType { base: inner.base, dims }
        }
        class => ArrayType { base: Box::new(Datatype { class, ..base }), dims: vec![len] },
    };
    datatype(size, DatatypeClass::Array(class))
}

/// A compound of members at the given offsets.
pub(crate) fn compound(members: Vec<Member>, size: usize) -> Datatype {
    datatype(size, DatatypeClass::Compound(CompoundType { members }))
}

/// A compound whose members follow each other without padding.
pub(crate) fn packed(members: impl IntoIterator<Item = (String, Datatype)>) -> Datatype {
    let mut offset = 0_u32;
    let members = members
        .into_iter()
        .map(|(name, datatype)| {
            let member = Member { name, offset, datatype };
            offset = offset.saturating_add(member.datatype.size);
            member
        })
        .collect();
    compound(members, offset as usize)
}

/// An enumeration; the values have the bytes of `base`.
pub(crate) fn enumeration(base: Datatype, members: Vec<(String, Vec<u8>)>) -> Datatype {
    let size = base.size as usize;
    datatype(size, DatatypeClass::Enum(EnumType { base: Box::new(base), members }))
}

/// The enumeration that h5py stores booleans as.
pub(crate) fn boolean() -> Datatype {
    let members = [("FALSE", 0), ("TRUE", 1)].map(|(name, value)| (name.to_owned(), vec![value]));
    enumeration(integer(1, true), members.to_vec())
}
