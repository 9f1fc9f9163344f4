//! Floats of any layout, by the rules of the C library's conversions that the processor has no part in.
//!
//! They round halves up, or to even where an integer becomes a float, and have oddities near the ends of
//! the range that files have been read with for decades: format-spec-notes/conversions.md names them.

use super::layout::{Bits, Kind, Layout, low_mask};
use crate::format::message::datatype::{Datatype, FloatType, Normalization};
use crate::types::native::NATIVE;
use crate::{Error, Result};

/// A conversion of one element.
pub(super) type Convert = fn(&Layout, &Layout, &[u8], &mut [u8]) -> Result<()>;

/// The conversion, if one side is a float and none is a bit field.
pub(super) fn conversion(from: &Layout, to: &Layout) -> Option<Convert> {
    use Kind::{Float, Signed, Unsigned};
    match (from.kind, to.kind) {
        (Float(_), Float(_)) => Some(float_to_float),
        (Float(_), Signed | Unsigned) => Some(float_to_integer),
        (Signed | Unsigned, Float(_)) => Some(integer_to_float),
        _ => None,
    }
}

/// What the fields of a float are.
struct Fields {
    negative: bool,
    exponent: u128,
    mantissa: u128,
    class: Class,
}

#[derive(PartialEq, Eq)]
enum Class {
    Zero,
    Infinite,
    Nan,
    Finite,
}

impl FloatType {
    fn fields(&self, bits: &Bits) -> Fields {
        let exponent = bits.get(self.exponent_location.into(), self.exponent_size.into());
        let mantissa = bits.get(self.mantissa_location.into(), self.mantissa_size.into());
        let leading_alone = self.normalization == Normalization::None && mantissa == self.top_bit();
        let class = if mantissa == 0 && exponent == 0 {
            Class::Zero
        } else if exponent != self.special() {
            Class::Finite
        } else if mantissa == 0 || leading_alone {
            Class::Infinite
        } else {
            Class::Nan
        };
        Fields { negative: bits.get(self.sign_location.into(), 1) == 1, exponent, mantissa, class }
    }

    /// Whether numbers with this exponent field have a first bit that is not stored; of the third way to
    /// keep the first bit nobody knows what it means, so that the C library stops at such a number.
    fn hides_first_bit(&self, exponent: u128) -> Result<bool> {
        match self.normalization {
            Normalization::Implied => Ok(exponent != 0),
            Normalization::AlwaysSet if exponent != 0 => Err(unknown_normalization()),
            Normalization::None | Normalization::AlwaysSet => Ok(false),
        }
    }

    fn mantissa_bits(&self) -> u16 {
        self.mantissa_size.into()
    }

    fn bias(&self) -> i64 {
        self.exponent_bias.into()
    }

    fn put_sign(&self, bits: &mut Bits, negative: bool) {
        bits.put(self.sign_location.into(), 1, u128::from(negative));
    }

    fn put_exponent(&self, bits: &mut Bits, exponent: u128) {
        bits.put(self.exponent_location.into(), self.exponent_size.into(), exponent);
    }

    fn put_mantissa(&self, bits: &mut Bits, mantissa: u128) {
        bits.put(self.mantissa_location.into(), self.mantissa_bits(), mantissa);
    }
}

fn unknown_normalization() -> Error {
    Error::unsupported("numbers whose mantissa is always normalized, but not by a hidden bit")
}

/// The float of a layout; `conversion` asks for it only where there is one.
fn float(layout: &Layout) -> Result<FloatType> {
    match layout.kind {
        Kind::Float(float) => Ok(float),
        _ => Err(Error::usage("an integer was converted as a float")),
    }
}

fn power(exponent: u16) -> u128 {
    1_u128.checked_shl(exponent.into()).unwrap_or(0)
}

/// Bits up to the first that is set.
fn bit_length(value: u128) -> u16 {
    (u128::BITS as u16).saturating_sub(value.leading_zeros() as u16)
}

/// `1.fraction * 2^exponent`, the fraction of `len` bits.
struct Scientific {
    fraction: u128,
    len: u16,
    exponent: i64,
    /// The exponent field is zero, which rounding takes for a sign of a number below the normal ones.
    subnormal: bool,
}

impl Scientific {
    fn of(fields: &Fields, float: &FloatType) -> Result<Self> {
        let field = i64::try_from(fields.exponent).unwrap_or(i64::MAX);
        let subnormal = field == 0;
        if float.hides_first_bit(fields.exponent)? {
            let exponent = field.saturating_sub(float.bias());
            return Ok(Self { fraction: fields.mantissa, len: float.mantissa_bits(), exponent, subnormal });
        }
        // Where no bit is set, the first is taken to be the one below the last.
        let length = bit_length(fields.mantissa);
        let len = length.saturating_sub(1).max(length.min(1));
        let fraction = fields.mantissa & low_mask(length.saturating_sub(1));
        let unused = float.mantissa_bits().saturating_sub(length);
        let exponent = field.saturating_sub(float.bias()).saturating_sub(unused.into());
        Ok(Self { fraction, len, exponent, subnormal })
    }
}

fn float_to_float(from: &Layout, to: &Layout, element: &[u8], out: &mut [u8]) -> Result<()> {
    let (source, target) = (float(from)?, float(to)?);
    let fields = source.fields(&from.bits(element));
    let mut bits = Bits::default();
    target.put_sign(&mut bits, fields.negative);
    match fields.class {
        Class::Zero => {}
        Class::Nan => {
            target.put_exponent(&mut bits, u128::MAX);
            target.put_mantissa(&mut bits, u128::MAX);
        }
        Class::Infinite => {
            let explicit = target.normalization == Normalization::None;
            target.put_exponent(&mut bits, u128::MAX);
            target.put_mantissa(&mut bits, if explicit { target.top_bit() } else { 0 });
        }
        Class::Finite => put_rounded(Scientific::of(&fields, &source)?, &target, &mut bits),
    }
    to.write(bits, out);
    Ok(())
}

/// Writes mantissa and exponent, halves rounded up.
///
/// Where the mantissa has a place for the first bit, or loses places because the number is below the
/// normal ones, that bit is written with a second one above it. So a carry out of the fraction goes into
/// that second bit in an explicit mantissa, beyond its field, and is lost below the normal numbers.
fn put_rounded(number: Scientific, target: &FloatType, bits: &mut Bits) {
    let size = target.mantissa_bits();
    let special = i64::try_from(target.special()).unwrap_or(i64::MAX);
    let Scientific { mut fraction, mut len, exponent, mut subnormal } = number;
    let mut field = exponent.saturating_add(target.bias());
    // Places of the mantissa above the fraction.
    let mut above = u16::from(target.normalization == Normalization::None);
    if field < i64::from(size).saturating_neg() {
        (field, fraction, len) = (0, 0, 0);
    } else if field <= 0 {
        above = above.saturating_add(u16::try_from(1_i64.saturating_sub(field)).unwrap_or(u16::MAX));
        (field, subnormal) = (0, true);
    } else if field >= special {
        (field, fraction, len) = (special, 0, 0);
    }

    let places = size.saturating_sub(above);
    let mut carry = false;
    let mut kept = if len <= places {
        fraction.checked_shl(places.saturating_sub(len).into()).unwrap_or(0)
    } else {
        let dropped = len.saturating_sub(places);
        let kept = fraction.checked_shr(dropped.into()).unwrap_or(0);
        let half = fraction.checked_shr(dropped.saturating_sub(1).into()).unwrap_or(0) & 1 == 1;
        let full = low_mask(len.saturating_sub(dropped));
        let largest = kept == full && field >= special.saturating_sub(1);
        if above > size || !half || (largest && !subnormal) {
            kept
        } else {
            carry = kept == full && !subnormal;
            kept.wrapping_add(1) & full
        }
    };
    let first: u128 = if carry { 2 } else { 1 };
    if above == size.saturating_add(1) {
        kept = 1;
    } else if above > size {
        kept = 0;
    } else if above > 0 {
        kept |= first.checked_shl(places.into()).unwrap_or(0);
        if above == 1 && size > 1 {
            let beyond = u16::from(target.mantissa_location).saturating_add(size);
            bits.put(beyond, 1, u128::from(carry));
        }
    }
    if carry {
        field = field.saturating_add(1);
        if field >= special {
            (field, kept) = (special, 0);
        }
    }
    target.put_mantissa(bits, kept);
    target.put_exponent(bits, u128::from(field.unsigned_abs()));
}

fn float_to_integer(from: &Layout, to: &Layout, element: &[u8], out: &mut [u8]) -> Result<()> {
    let source = float(from)?;
    let fields = source.fields(&from.bits(element));
    let (signed, precision) = (to.kind == Kind::Signed, to.precision);
    let largest = low_mask(precision.saturating_sub(u16::from(signed)));
    let mut bits = Bits::default();
    match fields.class {
        Class::Zero | Class::Nan => {}
        Class::Infinite if !fields.negative => bits.put(to.offset, precision, largest),
        // The place is counted from the end of the element, not of the number.
        Class::Infinite if signed => bits.put(precision.saturating_sub(1), 1, 1),
        Class::Infinite => {}
        Class::Finite => {
            let integer = truncated(&fields, &source, signed, precision)?;
            bits.put(to.offset, precision, integer);
        }
    }
    to.write(bits, out);
    Ok(())
}

/// The number without its fraction, or the nearest in range.
///
/// A negative number of a magnitude below a half is taken to be out of range, but for the one next to it.
fn truncated(fields: &Fields, source: &FloatType, signed: bool, precision: u16) -> Result<u128> {
    let size = source.mantissa_bits();
    // Here the hidden bit belongs to subnormal numbers too.
    let implied = source.normalization == Normalization::Implied;
    source.hides_first_bit(fields.exponent)?;
    let magnitude = fields.mantissa | if implied { power(size) } else { 0 };
    if magnitude == 0 {
        return Ok(0);
    }
    let one_up = i64::from(fields.exponent == 0 || !implied);
    let shift = i64::try_from(fields.exponent)
        .unwrap_or(i64::MAX)
        .saturating_sub(source.bias())
        .saturating_add(one_up)
        .saturating_sub(size.into());
    // Where the first bit comes to be.
    let top = i64::from(bit_length(magnitude)).saturating_sub(1).saturating_add(shift);
    let limit = i64::from(precision).saturating_sub(i64::from(signed));
    let distance = u32::try_from(shift.unsigned_abs()).unwrap_or(u32::MAX);
    let shifted = if shift < 0 { magnitude.checked_shr(distance) } else { magnitude.checked_shl(distance) };
    let integer = shifted.unwrap_or(0);
    Ok(match (fields.negative, signed) {
        _ if top == -1 => 0,
        (true, false) => 0,
        (true, true) if (0..limit).contains(&top) => integer.wrapping_neg(),
        (true, true) => power(precision.saturating_sub(1)),
        (false, _) if top < limit => integer,
        (false, _) => low_mask(u16::try_from(limit).unwrap_or(0)),
    })
}

/// Rounded to even. What is too large by the exponent of an infinity keeps its mantissa beside it.
fn integer_to_float(from: &Layout, to: &Layout, element: &[u8], out: &mut [u8]) -> Result<()> {
    let target = float(to)?;
    let value = from.bits(element).get(from.offset, from.precision);
    let negative = from.kind == Kind::Signed && value & power(from.precision.saturating_sub(1)) != 0;
    let magnitude = if negative { value.wrapping_neg() & low_mask(from.precision) } else { value };
    let mut bits = Bits::default();
    if magnitude != 0 {
        if target.normalization == Normalization::AlwaysSet {
            return Err(unknown_normalization());
        }
        let explicit = target.normalization == Normalization::None;
        let size = target.mantissa_bits();
        let first = bit_length(magnitude).saturating_sub(1);
        let len = first.saturating_add(explicit.into());
        let fraction = magnitude & low_mask(len);
        let mut field = u128::from(first).saturating_add(target.exponent_bias.into());
        let mut kept = if len > size {
            let dropped = len.saturating_sub(size);
            let rest = fraction & low_mask(dropped);
            let half = power(dropped.saturating_sub(1));
            let kept = fraction.checked_shr(dropped.into()).unwrap_or(0);
            kept.wrapping_add(u128::from(rest > half || (rest == half && kept & 1 == 1)))
        } else {
            fraction.checked_shl(size.saturating_sub(len).into()).unwrap_or(0)
        };
        if kept & power(size) != 0 {
            kept = if explicit { kept.wrapping_shr(1) } else { kept };
            field = field.saturating_add(1);
        }
        if field > target.special() {
            (field, kept) = (target.special(), 0);
        }
        target.put_sign(&mut bits, negative);
        target.put_exponent(&mut bits, field);
        target.put_mantissa(&mut bits, kept);
    }
    to.write(bits, out);
    Ok(())
}

/// The native double as a float, where the processor must not round it.
pub(super) fn narrow(double: &[u8; 8], single: &mut [u8; 4]) {
    let layout = |datatype: &Datatype| Layout::of(datatype).ok().flatten();
    if let (Some(from), Some(to)) = (layout(&Datatype::float64(NATIVE)), layout(&Datatype::float32(NATIVE))) {
        // Hidden first bits are known to the library, so there is a result.
        let _ = float_to_float(&from, &to, double, single);
    }
}
