//! Datatypes of Rust's own types: native byte order, packed.

use super::REFERENCE_SIZE;
use crate::format::message::datatype::{
    ArrayType, ByteOrder, CharacterSet, CompoundType, Datatype, DatatypeClass, EnumType, Member,
    StringPadding, StringType,
};

/// The byte order of this machine.
pub(crate) const NATIVE: ByteOrder =
    if cfg!(target_endian = "little") { ByteOrder::Little } else { ByteOrder::Big };

// References to variable-length data have one size in memory images and in files with 8-byte
// addresses, which the constructors assume.
const _: () = assert!(REFERENCE_SIZE == 16);

/// An integer of `size` bytes.
pub(crate) fn integer(size: usize, signed: bool) -> Datatype {
    Datatype::integer(size as u32, signed, NATIVE)
}

/// A string of exactly `size` bytes, NUL-padded.
pub(crate) fn fixed_string(size: usize, charset: CharacterSet) -> Datatype {
    Datatype::fixed_string(size as u32, StringType { padding: StringPadding::NullPadded, charset })
}

/// A variable-length string.
pub(crate) fn string(charset: CharacterSet) -> Datatype {
    Datatype::var_len_string(StringType { padding: StringPadding::NullTerminated, charset })
}

/// An array of one dimension; those of an array of arrays are joined.
pub(crate) fn array(base: Datatype, len: usize) -> Datatype {
    let len = u32::try_from(len).unwrap_or(u32::MAX);
    let size = base.size.saturating_mul(len);
    let array = match base.class {
        DatatypeClass::Array(inner) => {
            let dims = std::iter::once(len).chain(inner.dims).collect();
            ArrayType { base: inner.base, dims }
        }
        class => ArrayType { base: Box::new(Datatype { class, ..base }), dims: vec![len] },
    };
    Datatype::new(size, DatatypeClass::Array(array))
}

/// A compound of members at the given offsets.
pub(crate) fn compound(members: Vec<Member>, size: usize) -> Datatype {
    Datatype::new(size as u32, DatatypeClass::Compound(CompoundType { members }))
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
    Datatype::new(base.size, DatatypeClass::Enum(EnumType { base: Box::new(base), members }))
}
