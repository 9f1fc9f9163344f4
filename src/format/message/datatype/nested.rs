//! The classes that contain other datatypes: compound, enumeration, variable-length, array, complex.

use super::codec::{Decoded, Head, decode_nested, text};
use super::{
    ArrayType, ComplexType, CompoundType, Datatype, DatatypeClass, EnumType, Kept, Member, StringType,
    VarLenKind, VarLenType,
};
use crate::Result;
use crate::format::{Reader, Structure, Writer};

fn decode_base(r: &mut Reader<'_>, head: Head) -> Result<Box<Datatype>> {
    decode_nested(r, head.depth.saturating_add(1)).map(Box::new)
}

/// Bytes to which a member's or enumeration's name is padded.
fn name_alignment(version: u8) -> usize {
    if version < 3 { 8 } else { 1 }
}

fn decode_name(r: &mut Reader<'_>, version: u8) -> Result<(String, bool)> {
    let start = r.position();
    let name = r.c_string()?;
    let len = r.position().saturating_sub(start);
    let padded = len.checked_next_multiple_of(name_alignment(version)).unwrap_or(len);
    r.skip(padded.saturating_sub(len))?;
    Ok(text(name))
}

/// Bytes of a member's offset in a compound of `size` bytes: 4 before version 3, then as few as
/// hold `size` (not the largest offset).
fn offset_width(version: u8, size: u32) -> usize {
    match (version, size) {
        (..=2, _) | (_, 0x0100_0000..) => 4,
        (_, ..=0xff) => 1,
        (_, ..=0xffff) => 2,
        _ => 3,
    }
}

/// Version 1 members have room for the dimensions of an array.
const V1_MAX_DIMS: usize = 4;

pub(super) fn compound(r: &mut Reader<'_>, head: Head) -> Result<Decoded> {
    let count = head.bits & 0xffff;
    if count == 0 {
        return Err(r.error("number of members", "a compound without members"));
    }
    let mut members = Vec::new();
    let mut any_lossy = false;
    for _ in 0..count {
        let (name, lossy) = decode_name(r, head.version)?;
        any_lossy |= lossy;
        let offset = r.uint(offset_width(head.version, head.size))? as u32;
        let dims = if head.version == 1 { decode_member_dims(r)? } else { Vec::new() };
        let mut datatype = *decode_base(r, head)?;
        if !dims.is_empty() {
            let Some(size) = ArrayType::size(&datatype, &dims) else {
                return Err(r.error("dimension size", "the array member is too large"));
            };
            // Version 1 marks the array as one that is written as dimensions of its member.
            let class = DatatypeClass::Array(ArrayType { base: Box::new(datatype), dims });
            datatype = Datatype { size, class, version: 1, kept: Kept::default() };
        }
        let member = Member { name, offset, datatype };
        if !member.fits(head.size) {
            return Err(r.error("byte offset of member", "the member reaches past the compound"));
        }
        members.push(member);
    }
    let class = DatatypeClass::Compound(CompoundType { members });
    Ok(Decoded { class, known_bits: 0xffff, lossy: any_lossy })
}

/// Dimensionality, 3 reserved bytes, permutation, 4 reserved bytes, and always four dimensions.
fn decode_member_dims(r: &mut Reader<'_>) -> Result<Vec<u32>> {
    let rank = usize::from(r.u8()?);
    if rank > V1_MAX_DIMS {
        return Err(r.error("dimensionality", format!("a member with {rank} dimensions")));
    }
    r.skip(11)?;
    let mut dims = (0..V1_MAX_DIMS).map(|_| r.u32()).collect::<Result<Vec<_>>>()?;
    dims.truncate(rank);
    if dims.contains(&0) {
        return Err(r.error("dimension size", "a dimension is 0"));
    }
    Ok(dims)
}

pub(super) fn encode_compound(compound: &CompoundType, datatype: &Datatype, w: &mut Writer) {
    let version = datatype.version;
    for member in &compound.members {
        w.c_string(member.name.as_bytes(), name_alignment(version));
        w.uint(u64::from(member.offset), offset_width(version, datatype.size), "byte offset of member");
        let mut member_type = &member.datatype;
        if version == 1 {
            let mut dims: &[u32] = &[];
            if let (DatatypeClass::Array(array), 1) = (&member_type.class, member_type.version) {
                member_type = &array.base;
                dims = &array.dims;
            }
            if dims.len() > V1_MAX_DIMS {
                w.overflow("dimensionality");
            }
            w.uint(dims.len() as u64, 1, "dimensionality");
            w.zeros(11);
            let stored = dims.iter().copied().chain(std::iter::repeat(0));
            stored.take(V1_MAX_DIMS).for_each(|dim| w.u32(dim));
        }
        member_type.encode(w, &());
    }
}

pub(super) fn enumeration(r: &mut Reader<'_>, head: Head) -> Result<Decoded> {
    let count = head.bits & 0xffff;
    let base = decode_base(r, head)?;
    if !matches!(base.class, DatatypeClass::Integer(_)) || base.size != head.size {
        return Err(r.error("base type", "the base of an enumeration is no integer type of its size"));
    }
    let mut names = Vec::new();
    let mut any_lossy = false;
    for _ in 0..count {
        let (name, lossy) = decode_name(r, head.version)?;
        any_lossy |= lossy;
        names.push(name);
    }
    let value = |name| Ok((name, r.bytes(base.size as usize)?.to_vec()));
    let members = names.into_iter().map(value).collect::<Result<_>>()?;
    let class = DatatypeClass::Enum(EnumType { base, members });
    Ok(Decoded { class, known_bits: 0xffff, lossy: any_lossy })
}

pub(super) fn encode_enumeration(enumeration: &EnumType, version: u8, w: &mut Writer) {
    enumeration.base.encode(w, &());
    for (name, _) in &enumeration.members {
        w.c_string(name.as_bytes(), name_alignment(version));
    }
    for (_, value) in &enumeration.members {
        if value.len() != enumeration.base.size as usize {
            w.overflow("values");
        }
        w.bytes(value);
    }
}

pub(super) fn var_len(r: &mut Reader<'_>, head: Head) -> Result<Decoded> {
    let (kind, known_bits) = match head.nibble(0) {
        0 => (VarLenKind::Sequence, 0x0f),
        1 => (VarLenKind::String(StringType::from_bits(head, 4, r)?), 0xfff),
        kind => return Err(r.unsupported("type", format!("variable-length type {kind}"))),
    };
    let base = decode_base(r, head)?;
    Ok(Decoded::new(DatatypeClass::VarLen(VarLenType { kind, base }), known_bits))
}

pub(super) fn array(r: &mut Reader<'_>, head: Head) -> Result<Decoded> {
    let rank = usize::from(r.u8()?);
    if rank == 0 || rank > ArrayType::MAX_RANK {
        return Err(r.error("dimensionality", format!("an array type with {rank} dimensions")));
    }
    if head.version <= 2 {
        r.skip(3)?;
    }
    let dims = (0..rank).map(|_| r.u32()).collect::<Result<Vec<_>>>()?;
    if head.version <= 2 {
        // Permutation indices, which no library understands.
        r.skip(rank.saturating_mul(4))?;
    }
    let base = decode_base(r, head)?;
    if ArrayType::size(&base, &dims) != Some(head.size) {
        return Err(r.error("size", "the size is not that of the array's elements"));
    }
    Ok(Decoded::new(DatatypeClass::Array(ArrayType { base, dims }), 0))
}

pub(super) fn encode_array(array: &ArrayType, version: u8, w: &mut Writer) {
    if version < 2 {
        // Only a member of a version 1 compound can hold such an array.
        w.overflow("version of the array type");
    }
    w.uint(array.dims.len() as u64, 1, "dimensionality");
    if version == 2 {
        w.zeros(3);
    }
    array.dims.iter().for_each(|&dim| w.u32(dim));
    if version == 2 {
        (0_u32..).zip(&array.dims).for_each(|(index, _)| w.u32(index));
    }
    array.base.encode(w, &());
}

/// Complex types: bit 0, both parts have one type; bits 1 and 2, the form, 0 is rectangular.
const COMPLEX_BITS: u32 = 0x07;
const HOMOGENEOUS_RECTANGULAR: u32 = 0x01;

pub(super) fn complex(r: &mut Reader<'_>, head: Head) -> Result<Decoded> {
    if head.bits & COMPLEX_BITS != HOMOGENEOUS_RECTANGULAR {
        return Err(r.unsupported("class bit field", "complex numbers of another form"));
    }
    let base = decode_base(r, head)?;
    if !matches!(base.class, DatatypeClass::Float(_)) || base.size.checked_mul(2) != Some(head.size) {
        return Err(r.error("base type", "the base of a complex type is no float of half its size"));
    }
    Ok(Decoded::new(DatatypeClass::Complex(ComplexType { base }), COMPLEX_BITS))
}

/// The class bit field of the classes of this file.
pub(super) fn class_bits(class: &DatatypeClass, w: &mut Writer) -> u32 {
    let mut count = |len: usize| match u16::try_from(len) {
        Ok(count) => u32::from(count),
        Err(_) => {
            w.overflow("number of members");
            0
        }
    };
    match class {
        DatatypeClass::Compound(compound) => count(compound.members.len()),
        DatatypeClass::Enum(enumeration) => count(enumeration.members.len()),
        DatatypeClass::VarLen(VarLenType { kind: VarLenKind::String(string), .. }) => 1 | string.bits() << 4,
        DatatypeClass::Complex(_) => HOMOGENEOUS_RECTANGULAR,
        _ => 0,
    }
}
