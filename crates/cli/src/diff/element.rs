//! Elements: which of two sequences of them differ.

use hdfive::Heap;
use hdfive::datatype::{
    ArrayType, CompoundType, Datatype, DatatypeClass, EnumType, Normalization, VarLenKind,
};
use hdfive::datatype::{ByteOrder, FloatType};

use super::memory::Images;
use super::number::{Integers, Width};
use super::reference::Containers;
use super::state::{Diff, Pair, Place, padded};
use super::text;
use super::types;
use crate::errors::{Error, Result};
use crate::format_c::Real;
use crate::render::{Integer, integer, native_bitfield, native_size, part, real};

/// Two elements that are compared.
#[derive(Clone, Copy)]
pub(super) struct Datum<'a> {
    pub(super) types: Pair<&'a Datatype>,
    pub(super) bytes: Pair<&'a [u8]>,
    pub(super) heaps: Pair<&'a Heap>,
}

/// What all elements of a dataset or attribute have in common.
pub(super) struct Scope<'a> {
    pub(super) place: &'a Place,
    pub(super) containers: Containers<'a>,
    /// Whether members of compounds are found by their names, as the types differ in size.
    pub(super) by_name: bool,
    /// Whether the elements themselves are compared, not members or items of them.
    pub(super) whole: bool,
    /// Whether numbers that are the same are compared as well, as others differ.
    pub(super) strict: bool,
}

/// Elements of one type, one after the other.
#[derive(Clone, Copy)]
pub(super) struct Run<'a> {
    pub(super) datatype: &'a Datatype,
    pub(super) bytes: &'a [u8],
    pub(super) heap: &'a Heap,
}

impl<'a> Run<'a> {
    pub(super) fn of(elements: &'a hdfive::Elements) -> Self {
        Self { datatype: elements.datatype(), bytes: elements.as_bytes(), heap: elements.heap() }
    }

    pub(super) fn items(&self) -> impl Iterator<Item = &'a [u8]> {
        self.bytes.chunks_exact(size(self.datatype))
    }
}

/// Whether all elements are the same in memory.
///
/// # Errors
/// That they cannot be converted.
pub(super) fn identical(runs: Pair<Run<'_>>) -> Result<bool> {
    match Images::of(runs.map(|run| run.datatype), false)? {
        None => Ok(runs[0].bytes == runs[1].bytes),
        Some(images) => {
            let (mut first, mut second) = (Vec::new(), Vec::new());
            for items in runs[0].items().zip(runs[1].items()) {
                images.convert(0, items.0, &mut first)?;
                images.convert(1, items.1, &mut second)?;
                if first != second {
                    return Ok(false);
                }
            }
            Ok(true)
        }
    }
}

/// Elements whose bytes are compared at once.
const BLOCK: usize = 4096;

/// The size of an element, in bytes.
pub(super) fn size(datatype: &Datatype) -> usize {
    (datatype.size as usize).max(1)
}

/// A number of a type that the processor has needs no conversion.
fn fast_real(bytes: &[u8], class: &FloatType) -> Option<Real> {
    let plain = class.order == ByteOrder::Little
        && class.normalization == Normalization::Implied
        && class.bit_offset == 0
        && class.mantissa_location == 0;
    match (plain, class.exponent_size, class.mantissa_size, class.exponent_bias) {
        (true, 8, 23, 127) => {
            let bytes = bytes.try_into().ok()?;
            let value = f32::from_le_bytes(bytes);
            let value = if value.is_nan() {
                f64::NAN.copysign(if value.is_sign_negative() { -1.0 } else { 1.0 })
            } else {
                f64::from(value)
            };
            Some(value.into())
        }
        (true, 11, 52, 1023) => Some(f64::from_le_bytes(bytes.try_into().ok()?).into()),
        _ => None,
    }
}

impl<'a> Datum<'a> {
    fn with(self, types: Pair<&'a Datatype>, bytes: Pair<&'a [u8]>) -> Self {
        Self { types, bytes, ..self }
    }

    /// The type that decides how elements are compared: the larger one.
    fn leading(&self) -> usize {
        usize::from(native_size(self.types[0]) < native_size(self.types[1]))
    }
}

impl Diff<'_> {
    /// Compares elements, the first of which is at `start`, until so many differences are `found`.
    ///
    /// # Errors
    /// That variable-length data or what references lead to cannot be read.
    pub(super) fn elements(
        &mut self,
        scope: &Scope<'_>,
        runs: Pair<Run<'_>>,
        start: u64,
        mut found: u64,
    ) -> Result<u64> {
        let types = runs.map(|run| run.datatype);
        let heaps = runs.map(|run| run.heap);
        let images = Images::of(types, false)?;
        let (mut first_image, mut second_image) = (Vec::new(), Vec::new());
        let same_bytes = types::self_contained(types[0]) && types[0] == types[1] && !scope.strict;
        let wanted = self.options.count;
        let blocks = runs.map(|run| run.bytes.chunks(BLOCK * size(run.datatype)));
        let [first_blocks, second_blocks] = blocks;
        for (start, blocks) in (start..).step_by(BLOCK).zip(first_blocks.zip(second_blocks)) {
            if same_bytes && blocks.0 == blocks.1 {
                continue;
            }
            let items = blocks.0.chunks_exact(size(types[0])).zip(blocks.1.chunks_exact(size(types[1])));
            for (index, (first, second)) in (start..).zip(items) {
                if wanted.is_some_and(|wanted| found >= wanted) {
                    return Ok(found);
                }
                if same_bytes && first == second {
                    continue;
                }
                let Some(images) = &images else {
                    found += self.datum(scope, Datum { types, bytes: [first, second], heaps }, index)?;
                    continue;
                };
                images.convert(0, first, &mut first_image)?;
                images.convert(1, second, &mut second_image)?;
                if first_image != second_image || scope.strict {
                    let types = [&images.memory[0]; 2];
                    let bytes = [first_image.as_slice(), second_image.as_slice()];
                    found += self.datum(scope, Datum { types, bytes, heaps }, index)?;
                }
            }
            self.check_output()?;
        }
        Ok(found)
    }

    fn datum(&mut self, scope: &Scope<'_>, datum: Datum<'_>, index: u64) -> Result<u64> {
        let lead = datum.leading();
        let place = scope.place;
        Ok(match (&datum.types[0].class, &datum.types[1].class) {
            (DatatypeClass::Integer(_), DatatypeClass::Integer(_)) => {
                let size = native_size(datum.types[lead]) as u32;
                let values = integers(&datum, lead, size);
                // Elements of 4 bytes are compared as if they had a sign.
                let values = if scope.whole && size == 4 { values.signed() } else { values };
                if values.same() && !(scope.whole && scope.strict) {
                    return Ok(0);
                }
                self.integers(place, index, values, size)
            }
            (DatatypeClass::Float(first), DatatypeClass::Float(second)) => {
                let [a, b] = datum.bytes;
                let value = |bytes, class| fast_real(bytes, class).unwrap_or_else(|| real(bytes, class));
                let width = match datum.types[lead].size {
                    0..=4 => Width::Single,
                    5..=8 => Width::Double,
                    _ => Width::Extended,
                };
                let strict = scope.whole && scope.strict;
                self.reals(place, index, [value(a, first), value(b, second)], width, strict)
            }
            (DatatypeClass::Compound(first), DatatypeClass::Compound(second)) => {
                self.nested(|diff| diff.compounds(scope, datum, [first, second], index))?
            }
            (DatatypeClass::Array(first), DatatypeClass::Array(second)) => {
                self.nested(|diff| diff.arrays(scope, datum, [first, second], index))?
            }
            (DatatypeClass::Enum(first), DatatypeClass::Enum(second)) => {
                self.enumerations(place, datum, [first, second], index)
            }
            (DatatypeClass::Bitfield(first), DatatypeClass::Bitfield(second)) => {
                let first = native_bitfield(datum.bytes[0], first);
                let second = native_bitfield(datum.bytes[1], second);
                self.raw(place, [&first, &second], index)
            }
            (DatatypeClass::Opaque { .. }, DatatypeClass::Opaque { .. }) => {
                if datum.types[0].size != datum.types[1].size {
                    return Err(Error::new("opaque types of different sizes cannot be compared"));
                }
                self.raw(place, datum.bytes, index)
            }
            (DatatypeClass::Reference(_), DatatypeClass::Reference(_)) => self.references(scope, &datum)?,
            (DatatypeClass::VarLen(first), DatatypeClass::VarLen(second))
                if first.kind == VarLenKind::Sequence && second.kind == VarLenKind::Sequence =>
            {
                self.nested(|diff| diff.sequences(scope, datum, [&first.base, &second.base], index))?
            }
            (DatatypeClass::Complex(first), DatatypeClass::Complex(second)) => {
                let bases = [&*first.base, &*second.base];
                self.items(scope, datum, bases, 2, index)?
            }
            _ => {
                let Some(strings) = text::strings(&datum, lead)? else {
                    return Err(Error::new("elements of these types cannot be compared"));
                };
                self.strings(place, strings, index)
            }
        })
    }

    /// Compares what is in an element: which positions are printed is forgotten afterwards.
    fn nested(&mut self, compare: impl FnOnce(&mut Self) -> Result<u64>) -> Result<u64> {
        let char_position = self.char_position;
        let found = compare(self);
        self.char_position = char_position;
        found
    }

    fn compounds(
        &mut self,
        scope: &Scope<'_>,
        datum: Datum<'_>,
        classes: Pair<&CompoundType>,
        index: u64,
    ) -> Result<u64> {
        let lead = if scope.by_name { datum.leading() } else { 0 };
        let mut found = 0;
        for (at, member) in classes[lead].members.iter().enumerate() {
            let others = &classes[1 - lead].members;
            let other = match scope.by_name {
                true => others.iter().find(|other| other.name == member.name),
                false => others.get(at),
            };
            let Some(other) = other else { continue };
            let members = if lead == 0 { [member, other] } else { [other, member] };
            let bytes = [0, 1].map(|side| {
                let member = members[side];
                part(datum.bytes[side], member.offset as usize, member.datatype.size as usize)
            });
            let types = members.map(|member| &member.datatype);
            let scope = Scope { whole: false, ..*scope };
            found += self.datum(&scope, datum.with(types, bytes), index)?;
        }
        Ok(found)
    }

    fn arrays(
        &mut self,
        scope: &Scope<'_>,
        datum: Datum<'_>,
        classes: Pair<&ArrayType>,
        index: u64,
    ) -> Result<u64> {
        let count = |class: &ArrayType| {
            class.dims.iter().fold(1_usize, |count, &dim| count.saturating_mul(dim as usize))
        };
        let count = count(classes[0]).min(count(classes[1]));
        self.items(scope, datum, classes.map(|class| &*class.base), count, index)
    }

    /// Compares the first `count` items that elements consist of.
    fn items(
        &mut self,
        scope: &Scope<'_>,
        datum: Datum<'_>,
        bases: Pair<&Datatype>,
        count: usize,
        index: u64,
    ) -> Result<u64> {
        let sizes = bases.map(size);
        let scope = Scope { whole: false, ..*scope };
        let [first, second] = [0, 1].map(|side| datum.bytes[side].chunks_exact(sizes[side]));
        first.zip(second).take(count).try_fold(0, |found, (first, second)| {
            Ok(found + self.datum(&scope, datum.with(bases, [first, second]), index)?)
        })
    }

    /// Compares sequences: elements of the first beyond the end of the second are differences.
    fn sequences(
        &mut self,
        scope: &Scope<'_>,
        datum: Datum<'_>,
        bases: Pair<&Datatype>,
        index: u64,
    ) -> Result<u64> {
        let sizes = bases.map(size);
        let items = |side: usize| datum.heaps[side].get(datum.bytes[side], sizes[side]);
        let bytes = [items(0)?, items(1)?];
        let lens = [0, 1].map(|side| bytes[side].len() / sizes[side]);
        let missing = lens[0].saturating_sub(lens[1]);
        let found = match Images::of(bases, true)? {
            None => self.items(scope, datum.with(datum.types, bytes), bases, lens[0], index)?,
            Some(images) => {
                let mut all = [Vec::new(), Vec::new()];
                for (side, all) in all.iter_mut().enumerate() {
                    for item in bytes[side].chunks_exact(sizes[side]).take(lens[0]) {
                        images.append(side, item, all)?;
                    }
                }
                let [first, mut second] = all;
                // Both are taken for items of the first type: the others may end early.
                second.resize(second.len().max(first.len().min(lens[1] * size(&images.memory[0]))), 0);
                let bases = [&images.memory[0]; 2];
                self.items(
                    scope,
                    datum.with(datum.types, [&first, &second]),
                    bases,
                    lens[0] - missing,
                    index,
                )?
            }
        };
        Ok(found + missing as u64)
    }

    fn enumerations(&mut self, place: &Place, datum: Datum<'_>, classes: Pair<&EnumType>, index: u64) -> u64 {
        // Of types of one size the first names the values of both.
        let one_size = native_size(datum.types[0]) == native_size(datum.types[1]);
        let values = [0, 1].map(|side| value(&classes[side].base, datum.bytes[side]));
        if one_size && values[0] == values[1] {
            return 0;
        }
        let name = |side: usize| {
            let class = classes[if one_size { 0 } else { side }];
            let has = |(_, other): &&(String, Vec<u8>)| value(&class.base, other) == values[side];
            class.members.iter().find(has).map(|(name, _)| name.as_str())
        };
        let names = [name(0), name(1)];
        if names[0].is_some() && names[0] == names[1] {
            return 0;
        }
        if self.print_position(place, index, 0, false) {
            let [first, second] = names.map(|name| name.unwrap_or("**INVALID VALUE**"));
            self.print(format_args!("{} {}\n", padded(first, 16), padded(second, 17)));
        }
        1
    }

    fn raw(&mut self, place: &Place, bytes: Pair<&[u8]>, index: u64) -> u64 {
        let len = bytes[0].len().max(bytes[1].len());
        let byte = |side: usize, at: usize| bytes[side].get(at).copied().unwrap_or(0);
        (0..len).map(|at| self.bytes(place, index, byte(0, at), byte(1, at))).sum()
    }
}

/// The value of an enumeration, as it is in memory.
fn value(base: &Datatype, bytes: &[u8]) -> u64 {
    match &base.class {
        DatatypeClass::Integer(class) => bits(integer(bytes, class)),
        _ => 0,
    }
}

fn bits(value: Integer) -> u64 {
    match value {
        Integer::Signed(value) => value as u64,
        Integer::Unsigned(value) => value,
    }
}

/// Two integers, both of the sign of the leading type.
fn integers(datum: &Datum<'_>, lead: usize, size: u32) -> Integers {
    let value = |side: usize| match &datum.types[side].class {
        DatatypeClass::Integer(class) => integer(datum.bytes[side], class),
        _ => Integer::Unsigned(0),
    };
    let signed = matches!(&datum.types[lead].class, DatatypeClass::Integer(class) if class.signed);
    let unused = 64 - 8 * size.clamp(1, 8);
    let [first, second] = [bits(value(0)), bits(value(1))];
    if signed {
        let signed = |bits: u64| ((bits << unused) as i64) >> unused;
        Integers::Signed(signed(first), signed(second))
    } else {
        Integers::Unsigned(first << unused >> unused, second << unused >> unused)
    }
}
