//! What datatypes are called, and when two are the same.

use hdfive::datatype::{ByteOrder, Datatype, DatatypeClass, Normalization, VarLenKind};

use crate::render::is_long_double;

/// The name of the class.
pub(super) fn class_name(datatype: &Datatype) -> &'static str {
    match &datatype.class {
        DatatypeClass::Integer(_) => "H5T_INTEGER",
        DatatypeClass::Float(_) => "H5T_FLOAT",
        DatatypeClass::Time { .. } => "H5T_TIME",
        DatatypeClass::String(_) => "H5T_STRING",
        DatatypeClass::Bitfield(_) => "H5T_BITFIELD",
        DatatypeClass::Opaque { .. } => "H5T_OPAQUE",
        DatatypeClass::Compound(_) => "H5T_COMPOUND",
        DatatypeClass::Reference(_) => "H5T_REFERENCE",
        DatatypeClass::Enum(_) => "H5T_ENUM",
        DatatypeClass::VarLen(class) if matches!(class.kind, VarLenKind::String(_)) => "H5T_STRING",
        DatatypeClass::VarLen(_) => "H5T_VLEN",
        DatatypeClass::Array(_) => "H5T_ARRAY",
        _ => "Invalid class",
    }
}

/// The name of a predefined numeric datatype.
pub(super) fn number_name(datatype: &Datatype) -> String {
    let size = datatype.size;
    let order = |order| if order == ByteOrder::Big { "BE" } else { "LE" };
    match &datatype.class {
        DatatypeClass::Integer(class) => {
            let whole = class.bit_offset == 0 && u32::from(class.precision) == size * 8;
            let sign = if class.signed { 'I' } else { 'U' };
            match (size, whole) {
                (1 | 2 | 4 | 8, true) => format!("H5T_STD_{sign}{}{}", size * 8, order(class.order)),
                _ => "undefined integer".to_owned(),
            }
        }
        DatatypeClass::Float(class) => {
            let fields = (class.exponent_size, class.mantissa_size, class.exponent_bias);
            let ieee = class.normalization == Normalization::Implied && class.bit_offset == 0;
            match (size, fields) {
                _ if is_long_double(size as usize, class) => "H5T_NATIVE_LDOUBLE".to_owned(),
                _ if class.order == ByteOrder::Vax || !ieee => "undefined float".to_owned(),
                (2, (5, 10, 15)) | (4, (8, 23, 127)) | (8, (11, 52, 1023)) => {
                    format!("H5T_IEEE_F{}{}", size * 8, order(class.order))
                }
                _ => "undefined float".to_owned(),
            }
        }
        _ => String::new(),
    }
}

/// Whether datatypes are the same, as `H5Tequal` has it: members may be in any order, and the sizes of
/// what refers to data elsewhere are those of their files, not of the types.
pub(super) fn same(first: &Datatype, second: &Datatype) -> bool {
    let elsewhere = matches!(first.class, DatatypeClass::VarLen(_) | DatatypeClass::Reference(_));
    if first.size != second.size && !elsewhere {
        return false;
    }
    match (&first.class, &second.class) {
        (DatatypeClass::Compound(first), DatatypeClass::Compound(second)) => {
            first.members.len() == second.members.len()
                && first.members.iter().all(|member| {
                    second.members.iter().any(|other| {
                        member.name == other.name
                            && member.offset == other.offset
                            && same(&member.datatype, &other.datatype)
                    })
                })
        }
        (DatatypeClass::Enum(first), DatatypeClass::Enum(second)) => {
            first.members.len() == second.members.len()
                && same(&first.base, &second.base)
                && first.members.iter().all(|member| second.members.contains(member))
        }
        (DatatypeClass::Array(first), DatatypeClass::Array(second)) => {
            first.dims == second.dims && same(&first.base, &second.base)
        }
        (DatatypeClass::VarLen(first), DatatypeClass::VarLen(second)) => {
            let string = |kind: &VarLenKind| matches!(kind, VarLenKind::String(_));
            string(&first.kind) == string(&second.kind) && same(&first.base, &second.base)
        }
        (first, second) => first == second,
    }
}

/// The sign of numbers, as `H5Tget_sign` has it: only integers and what is made of them have one.
pub(super) fn signed(datatype: &Datatype) -> Option<bool> {
    match &datatype.class {
        DatatypeClass::Integer(class) => Some(class.signed),
        DatatypeClass::Enum(class) => signed(&class.base),
        DatatypeClass::Array(class) => signed(&class.base),
        DatatypeClass::VarLen(class) if class.kind == VarLenKind::Sequence => signed(&class.base),
        _ => None,
    }
}

/// What [`signed`] says is called.
pub(super) fn sign_name(signed: Option<bool>) -> &'static str {
    match signed {
        Some(true) => "H5T_SGN_2",
        Some(false) => "H5T_SGN_NONE",
        None => "H5T_SGN_ERROR",
    }
}

/// Whether elements of the same bytes are always the same: nothing in them leads elsewhere.
pub(super) fn self_contained(datatype: &Datatype) -> bool {
    match &datatype.class {
        DatatypeClass::VarLen(_) | DatatypeClass::Reference(_) => false,
        DatatypeClass::Array(class) => self_contained(&class.base),
        DatatypeClass::Compound(class) => class.members.iter().all(|member| self_contained(&member.datatype)),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hdfive::datatype::Member;

    #[test]
    fn numbers_have_names() {
        let integer = Datatype::integer(2, false, ByteOrder::Big);
        assert_eq!(number_name(&integer), "H5T_STD_U16BE");
        assert_eq!(number_name(&Datatype::float64(ByteOrder::Little)), "H5T_IEEE_F64LE");
        assert_eq!(number_name(&Datatype::float64(ByteOrder::Vax)), "undefined float");
        assert_eq!((class_name(&integer), signed(&integer)), ("H5T_INTEGER", Some(false)));
    }

    #[test]
    fn members_may_be_in_any_order() {
        let integer = Datatype::integer(2, false, ByteOrder::Big);
        let members = [Member::new("a", 0, integer.clone()), Member::new("b", 2, integer)];
        let compound = |members: Vec<Member>| Datatype::compound(members, 4).unwrap();
        let forward = compound(members.to_vec());
        assert!(same(&forward, &compound(members.iter().rev().cloned().collect())));
        assert!(!same(&forward, &compound(members[..1].to_vec())));
    }
}
