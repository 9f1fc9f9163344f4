//! Compounds by the names of their members, enumerations by the names of their values, arrays.

use std::borrow::Cow;

use super::strided::{Source, Target};
use super::{Context, Op, Plan, Side, mismatch, short};
use crate::format::message::datatype::{ComplexType, Datatype, DatatypeClass, EnumType, Member};
use crate::{Error, Result};

/// Elements whose members are converted one after the other, so that they stay in the cache.
const BLOCK: usize = 256;

/// A conversion of compounds.
#[derive(Debug)]
pub(crate) struct Compound {
    fields: Vec<Field>,
    /// The target has bytes that belong to no member.
    gaps: bool,
}

/// A member of the target, and where it comes from.
#[derive(Debug)]
struct Field {
    from: usize,
    to: usize,
    plan: Plan,
}

/// The members of a compound, or the parts of a complex number as h5py names them.
fn members(datatype: &Datatype) -> Cow<'_, [Member]> {
    match &datatype.class {
        DatatypeClass::Compound(compound) => Cow::Borrowed(&compound.members),
        DatatypeClass::Complex(ComplexType { base }) => Cow::Owned(vec![
            Member { name: "r".to_owned(), offset: 0, datatype: (**base).clone() },
            Member { name: "i".to_owned(), offset: base.size, datatype: (**base).clone() },
        ]),
        _ => Cow::Borrowed(&[]),
    }
}

/// The names that writers give to the parts of a complex number.
const PARTS: [[&str; 3]; 2] = [["r", "re", "real"], ["i", "im", "imag"]];

/// The member with that name, which is likely at the same place `at`; a part of a complex number
/// may have another of its names.
fn find<'a>(members: &'a [Member], at: usize, wanted: &Member, complex: bool) -> Option<&'a Member> {
    let named = |name: &str| {
        let likely = members.get(at).filter(|member| member.name == name);
        likely.or_else(|| members.iter().find(|member| member.name == name))
    };
    named(&wanted.name).or_else(|| {
        let names = PARTS.iter().find(|names| complex && names.contains(&wanted.name.as_str()))?;
        names.iter().find_map(|name| named(name))
    })
}

/// Whether these are the two parts of a complex number.
fn is_complex(members: &[Member]) -> bool {
    match members {
        [a, b] => [a, b].into_iter().zip(PARTS).all(|(part, names)| {
            names.contains(&part.name.as_str()) && matches!(part.datatype.class, DatatypeClass::Float(_))
        }),
        _ => false,
    }
}

fn check_members(members: &[Member], size: u32) -> Result<()> {
    let inside =
        |member: &Member| member.offset.checked_add(member.datatype.size).is_some_and(|end| end <= size);
    match members.iter().find(|member| !inside(member)) {
        None => Ok(()),
        Some(member) => {
            Err(Error::format(format!("the member \"{}\" reaches past its compound", member.name)))
        }
    }
}

/// Each member of the target comes from the member of the source that has its name.
pub(crate) fn compile_compound(from: Side<'_>, to: Side<'_>) -> Result<Op> {
    let (sources, targets) = (members(from.datatype), members(to.datatype));
    check_members(&sources, from.datatype.size)?;
    check_members(&targets, to.datatype.size)?;
    let complex = is_complex(&sources) && is_complex(&targets);
    let mut fields: Vec<Field> = Vec::with_capacity(targets.len());
    let mut covered = 0_u64;
    for (at, target) in targets.iter().enumerate() {
        let source = find(&sources, at, target, complex).ok_or_else(|| {
            Error::type_mismatch(format!(
                "{} does not convert to {}: it has no member \"{}\"",
                short(from.datatype),
                short(to.datatype),
                target.name
            ))
        })?;
        let plan =
            Plan::between(from.with(&source.datatype), to.with(&target.datatype)).map_err(|error| {
                Error::new(error.kind(), format!("member \"{}\": {}", target.name, error.message()))
            })?;
        covered = covered.saturating_add(u64::from(target.datatype.size));
        push_field(&mut fields, Field { from: source.offset as usize, to: target.offset as usize, plan });
    }
    let gaps = covered != u64::from(to.datatype.size);
    if let ([field], false) = (fields.as_slice(), gaps)
        && field.plan.is_copy()
        && from.datatype.size == to.datatype.size
    {
        return Ok(Op::Copy);
    }
    Ok(Op::Compound(Compound { fields, gaps }))
}

/// Between a number and the real part of a complex one; as in the C library an imaginary part is lost when
/// reading, and zero when writing, which makes `gaps`.
pub(crate) fn compile_real(from: Side<'_>, to: Side<'_>, gaps: bool) -> Result<Op> {
    let fields = vec![Field { from: 0, to: 0, plan: Plan::between(from, to)? }];
    Ok(Op::Compound(Compound { fields, gaps }))
}

/// Adds a field, joined to the one before if the bytes of both are just copied.
fn push_field(fields: &mut Vec<Field>, field: Field) {
    if let Some(last) = fields.last_mut()
        && last.plan.is_copy()
        && field.plan.is_copy()
        && last.from.checked_add(last.plan.from) == Some(field.from)
        && last.to.checked_add(last.plan.to) == Some(field.to)
    {
        last.plan.from = last.plan.from.saturating_add(field.plan.from);
        last.plan.to = last.plan.to.saturating_add(field.plan.to);
    } else {
        fields.push(field);
    }
}

impl Compound {
    pub(crate) fn apply(
        &self,
        from: Source<'_>,
        to: &mut Target<'_>,
        count: usize,
        size: usize,
        context: &mut Context<'_>,
    ) -> Result<()> {
        for first in (0..count).step_by(BLOCK) {
            let len = BLOCK.min(count.saturating_sub(first));
            let (from, mut to) = (from.skip(first), to.skip(first));
            if self.gaps {
                to.elements(len, size)?.for_each(|element| element.fill(0));
            }
            for field in &self.fields {
                let mut to = to.member(field.to);
                field.plan.apply(from.member(field.from), &mut to, len, context)?;
            }
        }
        Ok(())
    }
}

/// The shape and the element type of an array, those of arrays of arrays joined.
fn flatten(datatype: &Datatype) -> (Vec<u32>, &Datatype) {
    let mut shape = Vec::new();
    let mut element = datatype;
    while let DatatypeClass::Array(array) = &element.class {
        shape.extend_from_slice(&array.dims);
        element = &array.base;
    }
    (shape, element)
}

pub(crate) fn compile_array(from: Side<'_>, to: Side<'_>) -> Result<Op> {
    let ((a, source), (b, target)) = (flatten(from.datatype), flatten(to.datatype));
    if a != b {
        return Err(mismatch(from.datatype, to.datatype));
    }
    let element = Plan::between(from.with(source), to.with(target))?;
    let count = a.iter().try_fold(1_u32, |count, &dim| count.checked_mul(dim));
    let sizes = |size: u32| count.and_then(|count| count.checked_mul(size));
    if sizes(source.size) != Some(from.datatype.size) || sizes(target.size) != Some(to.datatype.size) {
        return Err(Error::format(format!("the array type {} has a wrong size", from.datatype)));
    }
    if element.is_copy() {
        return Ok(Op::Copy);
    }
    Ok(Op::Array { count: count.unwrap_or(0) as usize, element: Box::new(element) })
}

/// A conversion of enumerations whose names have other values: the values that have a
/// counterpart, sorted.
#[derive(Debug)]
pub(crate) struct Mapping {
    from: usize,
    to: usize,
    pairs: Vec<(Vec<u8>, Vec<u8>)>,
}

/// By the names; where all values are the same, the bytes are.
pub(crate) fn compile_mapping(a: &EnumType, b: &EnumType, from: Side<'_>, to: Side<'_>) -> Result<Op> {
    let (from_size, to_size) = (from.datatype.size as usize, to.datatype.size as usize);
    let sized = |t: &EnumType, size| t.members.iter().all(|(_, value)| value.len() == size);
    if !sized(a, from_size) || !sized(b, to_size) {
        return Err(Error::format("a value of an enumeration has another size than its type"));
    }
    let mut names: Vec<(&str, &[u8])> = b.members.iter().map(|(n, v)| (n.as_str(), v.as_slice())).collect();
    names.sort_unstable();
    let mut pairs: Vec<(Vec<u8>, Vec<u8>)> = Vec::new();
    for (name, value) in &a.members {
        if let Ok(at) = names.binary_search_by(|(other, _)| other.cmp(&name.as_str()))
            && let Some((_, target)) = names.get(at)
        {
            pairs.push((value.clone(), target.to_vec()));
        }
    }
    if pairs.is_empty() {
        return Err(mismatch(from.datatype, to.datatype));
    }
    // Values of memory are checked when they are decoded, and come from an encoder before.
    let complete = pairs.len() == a.members.len() && pairs.len() == b.members.len();
    if complete && a.base == b.base && pairs.iter().all(|(x, y)| x == y) {
        return Ok(Op::Copy);
    }
    pairs.sort_unstable();
    Ok(Op::Mapping(Mapping { from: from_size, to: to_size, pairs }))
}

impl Mapping {
    pub(crate) fn apply(&self, from: Source<'_>, to: &mut Target<'_>, count: usize) -> Result<()> {
        for (from, to) in from.elements(count, self.from)?.zip(to.elements(count, self.to)?) {
            let found = self.pairs.binary_search_by(|(value, _)| value.as_slice().cmp(from));
            match found.ok().and_then(|at| self.pairs.get(at)) {
                Some((_, value)) => to.copy_from_slice(value),
                None => {
                    return Err(Error::type_mismatch(format!(
                        "the value with the bytes {from:02x?} has no name that both enumerations know"
                    )));
                }
            }
        }
        Ok(())
    }
}
