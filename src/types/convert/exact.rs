//! Numbers as such, between any two layouts: what the processor makes of them, rounded to even.

use super::layout::{Bits, Kind, Layout, MAX_BITS, low_mask};
use crate::format::message::datatype::{FloatType, Normalization};

/// A number: what is between two layouts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Number {
    Nan {
        negative: bool,
        /// The fraction, its first bit at the top.
        payload: u128,
    },
    Infinite {
        negative: bool,
    },
    /// `magnitude * 2^exponent`.
    Finite {
        negative: bool,
        magnitude: u128,
        exponent: i64,
    },
}

impl Layout {
    /// The number in an element. A float whose mantissa has all its bits is taken to be x86's `long double`.
    pub(crate) fn load(&self, element: &[u8]) -> Number {
        let bits = self.bits(element);
        match &self.kind {
            Kind::Float(float) => load_float(&bits, float),
            Kind::Signed => {
                let value = bits.get(self.offset, self.precision);
                let unused = u32::from(MAX_BITS.saturating_sub(self.precision));
                let value = value.wrapping_shl(unused).cast_signed().wrapping_shr(unused);
                Number::Finite { negative: value < 0, magnitude: value.unsigned_abs(), exponent: 0 }
            }
            Kind::Unsigned | Kind::Bits => {
                let magnitude = bits.get(self.offset, self.precision);
                Number::Finite { negative: false, magnitude, exponent: 0 }
            }
        }
    }

    /// Writes the nearest number that the layout has; false if that is not the number itself, up
    /// to rounding.
    pub(crate) fn store(&self, number: Number, element: &mut [u8]) -> bool {
        let mut bits = Bits::default();
        let exact = match &self.kind {
            Kind::Float(float) => {
                store_float(number, float, &mut bits);
                true
            }
            _ => {
                let (value, exact) = integer(number, self.kind == Kind::Signed, self.precision);
                bits.put(self.offset, self.precision, value);
                exact
            }
        };
        self.write(bits, element);
        exact
    }
}

/// The nearest integer towards zero within the range, and whether the number was in the range.
fn integer(number: Number, signed: bool, precision: u16) -> (u128, bool) {
    let mask = low_mask(precision);
    let (negative, magnitude) = match number {
        Number::Nan { .. } => return (0, false),
        Number::Infinite { negative } => (negative, None),
        Number::Finite { negative, magnitude, exponent } => {
            let shift = u32::try_from(exponent.unsigned_abs()).unwrap_or(u32::MAX);
            let shifted = if exponent < 0 || magnitude == 0 {
                Some(magnitude.checked_shr(shift).unwrap_or(0))
            } else if shift <= magnitude.leading_zeros() {
                magnitude.checked_shl(shift)
            } else {
                None
            };
            (negative, shifted)
        }
    };
    let largest = match (negative, signed) {
        (true, false) => 0,
        (true, true) => mask.wrapping_shr(1).wrapping_add(1),
        (false, true) => mask.wrapping_shr(1),
        (false, false) => mask,
    };
    let kept = magnitude.map_or(largest, |magnitude| magnitude.min(largest));
    let value = if negative { kept.wrapping_neg() & mask } else { kept };
    (value, magnitude == Some(kept))
}

impl FloatType {
    /// Bits of the significand, the hidden one included.
    fn significand(&self) -> i64 {
        i64::from(self.mantissa_size).saturating_add(i64::from(self.normalization == Normalization::Implied))
    }

    /// The exponent of the last bit of the significand for an exponent field.
    fn last_bit(&self, field: i64) -> i64 {
        field
            .max(1)
            .saturating_sub(i64::from(self.exponent_bias))
            .saturating_sub(self.significand())
            .saturating_add(1)
    }

    /// The mantissa of infinity: zero, but for an explicit leading bit.
    fn infinity(&self) -> u128 {
        match self.normalization {
            Normalization::Implied => 0,
            _ => self.top_bit(),
        }
    }

    /// Bits of the fraction, which an explicit leading bit does not belong to.
    fn fraction(&self) -> u16 {
        u16::from(self.mantissa_size).saturating_sub(u16::from(self.normalization != Normalization::Implied))
    }
}

/// The number that these bits are.
fn load_float(bits: &Bits, float: &FloatType) -> Number {
    let negative = bits.get(float.sign_location.into(), 1) == 1;
    let field = bits.get(float.exponent_location.into(), float.exponent_size.into());
    let mantissa = bits.get(float.mantissa_location.into(), float.mantissa_size.into());
    let leading = float.infinity();
    if leading != 0 && field != 0 && mantissa & leading == 0 {
        // The processor refuses numbers without their first bit.
        return Number::Nan { negative: true, payload: 0 };
    }
    if field == float.special() {
        let payload = (mantissa ^ leading).wrapping_shl(u32::from(MAX_BITS.saturating_sub(float.fraction())));
        return if mantissa == leading {
            Number::Infinite { negative }
        } else {
            Number::Nan { negative, payload }
        };
    }
    let hidden = float.normalization == Normalization::Implied && field != 0;
    let first = if hidden { 1_u128.wrapping_shl(float.mantissa_size.into()) } else { 0 };
    let exponent = float.last_bit(i64::try_from(field).unwrap_or(i64::MAX));
    Number::Finite { negative, magnitude: mantissa | first, exponent }
}

/// Writes sign, exponent and mantissa.
fn store_float(number: Number, float: &FloatType, bits: &mut Bits) {
    let (negative, field, mantissa) = match number {
        Number::Nan { negative, payload } => {
            let fraction = float.fraction();
            let quiet = low_mask(fraction) ^ low_mask(fraction.saturating_sub(1));
            let kept = payload.checked_shr(u32::from(MAX_BITS.saturating_sub(fraction))).unwrap_or(0);
            (negative, float.special(), float.infinity() | quiet | kept)
        }
        Number::Infinite { negative } => (negative, float.special(), float.infinity()),
        Number::Finite { negative, magnitude: 0, .. } => (negative, 0, 0),
        Number::Finite { negative, magnitude, exponent } => match round(magnitude, exponent, float) {
            Some((field, mantissa)) => (negative, field, mantissa),
            None => (negative, float.special(), float.infinity()),
        },
    };
    bits.put(float.sign_location.into(), 1, u128::from(negative));
    bits.put(float.exponent_location.into(), float.exponent_size.into(), field);
    bits.put(float.mantissa_location.into(), float.mantissa_size.into(), mantissa);
}

/// Exponent field and mantissa of the nearest value, ties to even; none if the number is larger
/// than the largest finite value.
fn round(magnitude: u128, exponent: i64, float: &FloatType) -> Option<(u128, u128)> {
    let significand = float.significand();
    let length = i64::from(u128::BITS.saturating_sub(magnitude.leading_zeros()));
    // The value is in [2^top, 2^(top + 1)).
    let top = exponent.saturating_add(length).saturating_sub(1);
    let field = top.saturating_add(i64::from(float.exponent_bias)).max(0);
    if u128::from(field.unsigned_abs()) >= float.special() {
        return None;
    }
    let last = float.last_bit(field);
    let shift = last.saturating_sub(exponent);
    let distance = u32::try_from(shift.unsigned_abs()).unwrap_or(u32::MAX);
    let mut kept = if shift <= 0 {
        // Within the significand, for the top bit is at most its first.
        magnitude.checked_shl(distance).unwrap_or(0)
    } else {
        let cut = magnitude.checked_shr(distance).unwrap_or(0);
        let rest = magnitude & low_mask(u16::try_from(distance.min(128)).unwrap_or(MAX_BITS));
        let full = low_mask(u16::try_from(significand).unwrap_or(MAX_BITS));
        let largest = u128::from(field.unsigned_abs()).saturating_add(1) == float.special() && cut == full;
        if largest && rest != 0 {
            return None;
        }
        let half = 1_u128.checked_shl(distance.saturating_sub(1)).unwrap_or(0);
        let up = half != 0 && (rest > half || (rest == half && cut & 1 == 1));
        cut.saturating_add(u128::from(up))
    };
    let mut field = u128::from(field.max(1).unsigned_abs());
    let leading = 1_u128.wrapping_shl(u32::try_from(significand.saturating_sub(1)).unwrap_or(0));
    if kept.wrapping_shr(1) >= leading {
        kept = kept.wrapping_shr(1);
        field = field.saturating_add(1);
    }
    if kept < leading {
        field = 0;
    }
    let hidden = if float.normalization == Normalization::Implied { leading } else { 0 };
    Some((field, kept & !hidden))
}
