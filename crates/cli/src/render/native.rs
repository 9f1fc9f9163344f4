//! The sizes of types in the memory of the C library.

use hdfive::datatype::{Datatype, DatatypeClass, ReferenceType, VarLenKind};

/// The size of the native type of `datatype` in memory, in bytes, which says how much of a dataset the
/// C tools read at once, and so where they may break lines.
pub(crate) fn native_size(datatype: &Datatype) -> u64 {
    native_layout(datatype).0
}

/// Size and alignment of the native type of `datatype` in memory, in bytes.
pub(crate) fn native_layout(datatype: &Datatype) -> (u64, u64) {
    let scalar = |size| (size, size);
    match &datatype.class {
        DatatypeClass::Integer(class) => scalar(by_precision(class.precision)),
        DatatypeClass::Bitfield(class) => scalar(by_precision(class.precision)),
        DatatypeClass::Float(_) => scalar(match datatype.size {
            0..=2 => 2,
            3..=4 => 4,
            5..=8 => 8,
            _ => 16,
        }),
        DatatypeClass::Compound(class) => {
            let (size, align) = class.members.iter().fold((0_u64, 1), |(size, align), member| {
                let (member_size, member_align) = native_layout(&member.datatype);
                (size.next_multiple_of(member_align) + member_size, align.max(member_align))
            });
            (size.next_multiple_of(align), align)
        }
        DatatypeClass::Reference(ReferenceType::Object) => (8, 8),
        DatatypeClass::Reference(ReferenceType::Region) => (12, 1),
        DatatypeClass::Reference(_) => (64, 8),
        DatatypeClass::Enum(class) => native_layout(&class.base),
        DatatypeClass::VarLen(class) => match class.kind {
            VarLenKind::Sequence => (16, 8),
            VarLenKind::String(_) => (8, 8),
        },
        DatatypeClass::Array(class) => {
            let (size, align) = native_layout(&class.base);
            let count = class.dims.iter().fold(1_u64, |count, &dim| count.saturating_mul(dim.into()));
            (size.saturating_mul(count), align)
        }
        DatatypeClass::Complex(class) => {
            let (size, align) = native_layout(&class.base);
            (size * 2, align)
        }
        _ => (datatype.size.into(), 1),
    }
}

fn by_precision(bits: u16) -> u64 {
    match bits {
        0..=8 => 1,
        9..=16 => 2,
        17..=32 => 4,
        _ => 8,
    }
}

/// The size of `datatype` itself in memory, in bytes, of which the C tools compute ratios: where data
/// has a variable length it is that of a pointer.
pub(crate) fn memory_size(datatype: &Datatype) -> u64 {
    let size = u64::from(datatype.size);
    match &datatype.class {
        DatatypeClass::VarLen(_) => native_size(datatype),
        DatatypeClass::Reference(ReferenceType::Object) => 8,
        DatatypeClass::Reference(ReferenceType::Region) => 12,
        DatatypeClass::Reference(_) => 64,
        DatatypeClass::Array(class) => {
            let count = size.checked_div(class.base.size.into()).unwrap_or(0);
            memory_size(&class.base).saturating_mul(count)
        }
        DatatypeClass::Compound(class) => class.members.iter().fold(size, |size, member| {
            let stored = u64::from(member.datatype.size);
            size.saturating_sub(stored).saturating_add(memory_size(&member.datatype))
        }),
        _ => size,
    }
}
