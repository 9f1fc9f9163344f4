//! Elements as the C tool has them in memory, where it may take those of one type for another.

use hdfive::datatype::{
    ByteOrder, CompoundType, Datatype, DatatypeClass, EnumType, FloatType, Member, Normalization,
};

use super::state::Pair;
use super::text::converted;
use super::types;
use crate::errors::{Error, Result};
use crate::format_c::Real;
use crate::render::{Integer, integer, native_bitfield, native_layout, part, real_within};

/// How elements of two types come to memory, where both are taken for the first of `memory`.
pub(super) struct Images<'a> {
    stored: Pair<&'a Datatype>,
    pub(super) memory: Pair<Datatype>,
}

impl<'a> Images<'a> {
    /// Nothing if the elements can be compared as they are stored. Unless they are `as_stored`, those of
    /// the smaller type become elements of the larger one.
    ///
    /// # Errors
    /// That the C library has no native type.
    pub(super) fn of(stored: Pair<&'a Datatype>, as_stored: bool) -> Result<Option<Self>> {
        let plain = |class: &DatatypeClass| {
            matches!(
                class,
                DatatypeClass::Integer(_)
                    | DatatypeClass::Float(_)
                    | DatatypeClass::String(_)
                    | DatatypeClass::Bitfield(_)
                    | DatatypeClass::Opaque { .. }
            )
        };
        let direct = stored[0] == stored[1] && plain(&stored[0].class);
        if direct || !stored.into_iter().all(types::self_contained) {
            return Ok(None);
        }
        let [mut first, mut second] = [native(stored[0])?, native(stored[1])?];
        match first.size.cmp(&second.size) {
            _ if as_stored => {}
            std::cmp::Ordering::Less => first = second.clone(),
            std::cmp::Ordering::Greater => second = first.clone(),
            std::cmp::Ordering::Equal => {}
        }
        Ok(Some(Self { stored, memory: [first, second] }))
    }

    /// Whether elements of a side can be converted.
    ///
    /// # Errors
    /// Why they cannot.
    pub(super) fn check(&self, side: usize) -> Result<()> {
        self.append(side, &vec![0; self.stored[side].size as usize], &mut Vec::new())
    }

    /// Puts an element of a side in memory, after others.
    ///
    /// # Errors
    /// That there is no conversion.
    pub(super) fn append(&self, side: usize, bytes: &[u8], images: &mut Vec<u8>) -> Result<()> {
        let start = images.len();
        images.resize(start + self.memory[side].size as usize, 0);
        put(self.stored[side], &self.memory[side], bytes, images.get_mut(start..).unwrap_or_default())
    }

    /// Puts an element of a side in memory, alone.
    ///
    /// # Errors
    /// That there is no conversion.
    pub(super) fn convert(&self, side: usize, bytes: &[u8], image: &mut Vec<u8>) -> Result<()> {
        image.clear();
        self.append(side, bytes, image)
    }
}

/// The native type of a number of `size` bytes.
fn native_float(size: u32) -> Datatype {
    let mut datatype = match size {
        0..=2 => return Datatype::float16(ByteOrder::Little),
        3..=4 => return Datatype::float32(ByteOrder::Little),
        5..=8 => return Datatype::float64(ByteOrder::Little),
        _ => Datatype::float64(ByteOrder::Little),
    };
    datatype.size = 16;
    if let DatatypeClass::Float(class) = &mut datatype.class {
        *class = FloatType {
            precision: 80,
            normalization: Normalization::None,
            sign_location: 79,
            exponent_location: 64,
            exponent_size: 15,
            mantissa_size: 64,
            exponent_bias: 16_383,
            ..*class
        };
    }
    datatype
}

/// The type that the C library has elements of a type as in memory.
///
/// # Errors
/// That there is none.
pub(super) fn native(datatype: &Datatype) -> Result<Datatype> {
    let little = ByteOrder::Little;
    let size = native_layout(datatype).0;
    let size = u32::try_from(size).map_err(|_| Error::new("a datatype is too large for memory"))?;
    Ok(match &datatype.class {
        DatatypeClass::Time { .. } => return Err(Error::new("times have no native type")),
        DatatypeClass::Integer(class) => Datatype::integer(size, class.signed, little),
        DatatypeClass::Bitfield(_) => Datatype::bitfield(size, little),
        DatatypeClass::Float(_) => native_float(datatype.size),
        DatatypeClass::Compound(class) => {
            let (mut members, mut end) = (Vec::with_capacity(class.members.len()), 0_u64);
            for member in &class.members {
                let (size, align) = native_layout(&member.datatype);
                let offset = end.next_multiple_of(align.max(1));
                end = offset.saturating_add(size);
                let offset = u32::try_from(offset).map_err(|_| Error::new("a compound is too large"))?;
                members.push(Member::new(member.name.clone(), offset, native(&member.datatype)?));
            }
            let mut datatype = datatype.clone();
            datatype.size = size;
            datatype.class = DatatypeClass::Compound(CompoundType { members });
            datatype
        }
        DatatypeClass::Enum(class) => {
            let base = native(&class.base)?;
            let mut members = Vec::with_capacity(class.members.len());
            for (name, value) in &class.members {
                let mut bytes = vec![0; base.size as usize];
                put(&class.base, &base, value, &mut bytes)?;
                members.push((name.clone(), bytes));
            }
            let mut datatype = datatype.clone();
            datatype.size = base.size;
            datatype.class = DatatypeClass::Enum(EnumType { base: Box::new(base), members });
            datatype
        }
        DatatypeClass::Array(class) => {
            let mut array = datatype.clone();
            let base = native(&class.base)?;
            array.size = size;
            if let DatatypeClass::Array(class) = &mut array.class {
                *class.base = base;
            }
            array
        }
        _ => datatype.clone(),
    })
}

/// Converts an element.
fn put(from: &Datatype, to: &Datatype, bytes: &[u8], image: &mut [u8]) -> Result<()> {
    match (&from.class, &to.class) {
        (DatatypeClass::Integer(class), DatatypeClass::Integer(other)) => {
            put_integer(integer(bytes, class), other.signed, image);
        }
        (DatatypeClass::Float(_), DatatypeClass::Float(_)) if from == to => image.copy_from_slice(bytes),
        (DatatypeClass::Float(class), DatatypeClass::Float(_)) => {
            put_real(real_within(bytes, class, image.len()), image);
        }
        (DatatypeClass::Bitfield(class), DatatypeClass::Bitfield(_)) => {
            for (to, from) in image.iter_mut().zip(native_bitfield(bytes, class)) {
                *to = from;
            }
        }
        (DatatypeClass::String(class), DatatypeClass::String(other)) => {
            if class.charset != other.charset {
                return Err(Error::new("strings of one character set do not convert to another"));
            }
            if from == to {
                image.copy_from_slice(bytes);
            } else {
                let text = converted(bytes, class.padding, other.padding, image.len());
                image.iter_mut().zip(text).for_each(|(to, from)| *to = from);
            }
        }
        (DatatypeClass::Enum(class), DatatypeClass::Enum(other)) => put_enum(class, other, bytes, image),
        (DatatypeClass::Compound(class), DatatypeClass::Compound(other)) => {
            for member in &other.members {
                let Some(source) = class.members.iter().find(|source| source.name == member.name) else {
                    continue;
                };
                let bytes = part(bytes, source.offset as usize, source.datatype.size as usize);
                let (start, size) = (member.offset as usize, member.datatype.size as usize);
                let image = image.get_mut(start..start + size).unwrap_or_default();
                put(&source.datatype, &member.datatype, bytes, image)?;
            }
        }
        (DatatypeClass::Array(class), DatatypeClass::Array(other)) if class.dims == other.dims => {
            let sizes = [&class.base, &other.base].map(|base| (base.size as usize).max(1));
            for (from, to) in bytes.chunks_exact(sizes[0]).zip(image.chunks_exact_mut(sizes[1])) {
                put(&class.base, &other.base, from, to)?;
            }
        }
        _ if from == to => image.copy_from_slice(bytes),
        _ => return Err(Error::new(format_args!("{from} does not convert to {to}"))),
    }
    Ok(())
}

/// The nearest number that there is room for.
fn put_integer(value: Integer, signed: bool, image: &mut [u8]) {
    let bits = (8 * image.len() as u32).clamp(8, 64);
    let value = match value {
        Integer::Signed(value) => i128::from(value),
        Integer::Unsigned(value) => i128::from(value),
    };
    let range = match signed {
        true => (-1_i128 << (bits - 1), (1_i128 << (bits - 1)) - 1),
        false => (0, (1_i128 << bits) - 1),
    };
    let value = value.clamp(range.0, range.1).to_le_bytes();
    image.iter_mut().zip(value).for_each(|(to, from)| *to = from);
}

/// A value that no member has is all ones, unless nothing is to be converted.
fn put_enum(class: &EnumType, other: &EnumType, bytes: &[u8], image: &mut [u8]) {
    if same_members(class, other) {
        image.copy_from_slice(bytes);
        return;
    }
    // The C library looks for the names in the type itself, and so finds their places in order.
    let place = class
        .members
        .iter()
        .find(|(_, value)| value == bytes)
        .map(|(name, _)| class.members.iter().filter(|(other, _)| other < name).count());
    let mut members: Vec<_> = other.members.iter().collect();
    members.sort_unstable();
    match place {
        // Beyond the last name it finds zeros.
        Some(place) => {
            let value = members.get(place).map(|(_, value)| value.as_slice()).unwrap_or_default();
            image.iter_mut().zip(value).for_each(|(to, from)| *to = *from);
        }
        None => image.fill(0xff),
    }
}

fn same_members(first: &EnumType, second: &EnumType) -> bool {
    first.base == second.base
        && first.members.len() == second.members.len()
        && first.members.iter().all(|member| second.members.contains(member))
}

/// A number as the native type that the image has room for; in `long double` the leading digit is stored.
fn put_real(value: Real, image: &mut [u8]) {
    let (digits, min, max) = match image.len() {
        2 => (11, -14, 15),
        4 => (24, -126, 127),
        8 => (53, -1022, 1023),
        _ => (64, -16_382, 16_383_i32),
    };
    let value = value.rounded(digits, min, max);
    let leading = 1_u128 << (digits - 1);
    let top = (max - min + 2) as u128;
    let (exponent, significand) = match value {
        Real::Infinite { .. } => (top, leading),
        Real::NotANumber { .. } => (top, leading | leading >> 1),
        Real::Finite { mantissa: 0, .. } => (0, 0),
        Real::Finite { mantissa, exponent, .. } => {
            let len = 128 - mantissa.leading_zeros() as i32;
            let last = (exponent + len - 1).max(min) - (digits as i32 - 1);
            let shift = exponent - last;
            let significand = if shift < 0 { mantissa >> -shift } else { mantissa << shift };
            let normal = significand & leading != 0;
            (if normal { (last + digits as i32 - min) as u128 } else { 0 }, significand)
        }
    };
    let (stored, fraction) =
        if image.len() > 8 { (digits, significand) } else { (digits - 1, significand & !leading) };
    let exponent_size = 128 - top.leading_zeros();
    let sign = u128::from(value.is_negative()) << (stored + exponent_size);
    let bits = sign | exponent << stored | fraction;
    image.iter_mut().zip(bits.to_le_bytes()).for_each(|(to, from)| *to = from);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn image(from: &Datatype, to: &Datatype, bytes: &[u8]) -> Vec<u8> {
        let mut image = vec![0; to.size as usize];
        put(from, to, bytes, &mut image).unwrap();
        image
    }

    #[test]
    fn numbers_convert() {
        let double = Datatype::float64(ByteOrder::Big);
        for value in [0.0, -0.0, 1.0, -1.5, 1e-45, 1e-310, f64::INFINITY, f64::MAX, 0.1, -5e-324, 65504.0] {
            let bytes = value.to_be_bytes();
            assert_eq!(image(&double, &native_float(8), &bytes), value.to_le_bytes());
            assert_eq!(image(&double, &native_float(4), &bytes), (value as f32).to_le_bytes(), "{value}");
            let extended = image(&double, &native_float(12), &bytes);
            assert_eq!(image(&native_float(12), &native_float(8), &extended), value.to_le_bytes());
        }
        assert_eq!(image(&double, &native_float(2), &1.5_f64.to_be_bytes()), [0x00, 0x3e]);
        let (short, byte) =
            (Datatype::integer(2, true, ByteOrder::Big), Datatype::integer(1, false, ByteOrder::Little));
        assert_eq!(image(&short, &byte, &[0xff, 0xff]), [0]);
        assert_eq!(image(&short, &byte, &[1, 0]), [255]);
    }

    #[test]
    fn values_without_a_member_convert_to_ones() {
        let base = |order| Datatype::integer(2, true, order);
        let datatype = |order, one: [u8; 2]| {
            Datatype::enumeration(base(order), vec![("one".to_owned(), one.to_vec())]).unwrap()
        };
        let (big, little) = (datatype(ByteOrder::Big, [0, 1]), datatype(ByteOrder::Little, [1, 0]));
        assert_eq!(native(&big).unwrap(), little);
        assert_eq!(image(&big, &little, &[0, 1]), [1, 0]);
        assert_eq!(image(&big, &little, &[0, 7]), [255, 255]);
        assert_eq!(image(&little, &little, &[7, 0]), [7, 0]);
    }

    #[test]
    fn members_convert_by_name() {
        let member = |name: &str, offset, size| {
            Member::new(name, offset, Datatype::integer(size, true, ByteOrder::Big))
        };
        let from = Datatype::compound(vec![member("a", 0, 1), member("b", 1, 2)], 3).unwrap();
        let to = native(
            &Datatype::compound(vec![member("b", 0, 4), member("a", 4, 1), member("c", 5, 1)], 6).unwrap(),
        );
        let to = to.unwrap();
        assert_eq!((native(&from).unwrap().size, to.size), (4, 8));
        assert_eq!(image(&from, &to, &[1, 0, 2]), [2, 0, 0, 0, 1, 0, 0, 0]);
        assert!(Images::of([&from, &from], false).unwrap().is_some());
        assert!(Images::of([&native_float(8), &native_float(8)], false).unwrap().is_none());
    }
}
