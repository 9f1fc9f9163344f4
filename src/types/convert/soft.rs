//! Numbers of any layout: odd widths, offsets, orders and floating-point formats.

use crate::format::message::datatype::{ByteOrder, Datatype, DatatypeClass, FloatType, Normalization};
use crate::{Error, Result};

/// The largest number, in bytes.
const MAX_SIZE: usize = 32;

/// The most bits of an integer or of a mantissa.
const MAX_BITS: u16 = 128;

/// A number: what is between two layouts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Number {
    Nan,
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

/// How a number is laid out in the bytes of an element.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Layout {
    pub(crate) size: usize,
    pub(crate) order: ByteOrder,
    /// First significant bit and their number.
    offset: u16,
    precision: u16,
    low_padding: bool,
    high_padding: bool,
    pub(crate) kind: Kind,
}

/// The meaning of the significant bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Signed,
    Unsigned,
    /// Unsigned, but losing bits is an error.
    Bits,
    Float(FloatType),
}

impl Layout {
    /// The layout of a numeric type, of a bit field, or of the base of an enumeration.
    ///
    /// # Errors
    /// `Format` if bits are outside the element, `Unsupported` beyond 128 bits.
    pub(crate) fn of(datatype: &Datatype) -> Result<Option<Self>> {
        let (order, offset, precision, low_padding, high_padding, kind) = match &datatype.class {
            DatatypeClass::Integer(t) => {
                let kind = if t.signed { Kind::Signed } else { Kind::Unsigned };
                (t.order, t.bit_offset, t.precision, t.low_padding, t.high_padding, kind)
            }
            DatatypeClass::Bitfield(t) => {
                (t.order, t.bit_offset, t.precision, t.low_padding, t.high_padding, Kind::Bits)
            }
            DatatypeClass::Float(t) => {
                (t.order, t.bit_offset, t.precision, t.low_padding, t.high_padding, Kind::Float(*t))
            }
            DatatypeClass::Enum(t) => return Self::of(&t.base),
            _ => return Ok(None),
        };
        let size = datatype.size as usize;
        let layout = Self { size, order, offset, precision, low_padding, high_padding, kind };
        layout.check().map(|()| Some(layout))
    }

    fn check(&self) -> Result<()> {
        if self.size > MAX_SIZE || self.size == 0 {
            return Err(Error::unsupported(format!("numbers of {} bytes", self.size)));
        }
        let bits = (self.size as u64).saturating_mul(8);
        let fits = |at: u64, len: u64| len > 0 && at.saturating_add(len) <= bits;
        let mut good = fits(self.offset.into(), self.precision.into());
        if self.order == ByteOrder::Vax && !self.size.is_multiple_of(2) {
            good = false;
        }
        let longest = match self.kind {
            Kind::Float(t) => {
                good &= fits(t.exponent_location.into(), t.exponent_size.into())
                    && fits(t.mantissa_location.into(), t.mantissa_size.into())
                    && fits(t.sign_location.into(), 1);
                if t.exponent_size > 32 {
                    return Err(Error::unsupported(format!("exponents of {} bits", t.exponent_size)));
                }
                // With the hidden bit, the mantissa must stay within 128 bits.
                u16::from(t.mantissa_size).saturating_add(1)
            }
            _ => self.precision,
        };
        if !good {
            return Err(Error::format("the bits of a number lie outside of its element"));
        }
        if longest > MAX_BITS {
            return Err(Error::unsupported(format!("numbers of {longest} significant bits")));
        }
        Ok(())
    }

    /// Whether every bit of the element is significant.
    pub(crate) fn is_full(&self) -> bool {
        self.offset == 0 && usize::from(self.precision) == self.size.saturating_mul(8)
    }

    /// Whether the elements of both differ in their byte order at most.
    pub(crate) fn is_same_but_order(&self, other: &Self) -> bool {
        let kind = |kind: Kind| match kind {
            Kind::Bits => Kind::Unsigned,
            // The order is compared apart, and the padding makes no other number.
            Kind::Float(float) => Kind::Float(FloatType { order: ByteOrder::Little, ..float }),
            other => other,
        };
        let whole = Self { order: ByteOrder::Little, kind: kind(self.kind), ..*self };
        whole == Self { order: ByteOrder::Little, kind: kind(other.kind), ..*other }
    }

    /// Whether numbers are those that an x86 processor has for `long double`.
    fn is_long_double(&self, float: &FloatType) -> bool {
        (self.size, self.order, self.offset, self.precision) == (16, ByteOrder::Little, 0, 80)
            && (float.sign_location, float.exponent_location, float.exponent_size) == (79, 64, 15)
            && (float.mantissa_location, float.mantissa_size, float.exponent_bias) == (0, 64, 16_383)
    }

    /// The number in an element.
    pub(crate) fn load(&self, element: &[u8]) -> Number {
        let bits = Bits::load(element, self.order);
        match &self.kind {
            Kind::Float(float) => load_float(&bits, float, self.is_long_double(float)),
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
            Kind::Float(float) => store_float(number, float, &mut bits),
            _ => {
                let (value, exact) = integer(number, self.kind == Kind::Signed, self.precision);
                bits.set(self.offset, self.precision, value);
                exact
            }
        };
        if self.low_padding {
            bits.set(0, self.offset, u128::MAX);
        }
        if self.high_padding {
            let top = self.offset.saturating_add(self.precision);
            let all = (self.size as u16).saturating_mul(8);
            let middle = top.saturating_add(MAX_BITS).min(all);
            bits.set(top, middle.saturating_sub(top), u128::MAX);
            bits.set(middle, all.saturating_sub(middle), u128::MAX);
        }
        bits.store(element, self.order);
        exact
    }
}

/// The nearest integer towards zero within the range, and whether the number was in the range.
fn integer(number: Number, signed: bool, precision: u16) -> (u128, bool) {
    let mask = low_mask(precision);
    let (negative, magnitude) = match number {
        Number::Nan => return (0, false),
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

fn low_mask(len: u16) -> u128 {
    u128::MAX.checked_shr(u32::from(MAX_BITS.saturating_sub(len))).unwrap_or(0)
}

impl FloatType {
    /// Bits of the significand, the hidden one included.
    fn significand(&self) -> i64 {
        i64::from(self.mantissa_size).saturating_add(i64::from(self.normalization == Normalization::Implied))
    }

    /// The exponent field that infinities and NaN have.
    fn special(&self) -> u128 {
        low_mask(self.exponent_size.into())
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
            _ => {
                low_mask(self.mantissa_size.into())
                    ^ low_mask(u16::from(self.mantissa_size).saturating_sub(1))
            }
        }
    }
}

/// The number that these bits are; `long_double`: in the processor's own format.
fn load_float(bits: &Bits, float: &FloatType, long_double: bool) -> Number {
    let negative = bits.get(float.sign_location.into(), 1) == 1;
    let field = bits.get(float.exponent_location.into(), float.exponent_size.into());
    let mut mantissa = bits.get(float.mantissa_location.into(), float.mantissa_size.into());
    let explicit = float.normalization != Normalization::Implied;
    if explicit && long_double && field != 0 && mantissa & float.infinity() == 0 {
        // The processor refuses numbers without their first bit.
        return Number::Nan;
    }
    if field == float.special() {
        return if mantissa == 0 || mantissa == float.infinity() {
            Number::Infinite { negative }
        } else {
            Number::Nan
        };
    }
    let hidden = float.normalization == Normalization::Implied && field != 0;
    let leading = if hidden { 1_u128.wrapping_shl(float.mantissa_size.into()) } else { 0 };
    let mut exponent = float.last_bit(i64::try_from(field).unwrap_or(i64::MAX));
    if explicit && !long_double && (field == 0 || mantissa == 0) {
        // The C library counts exponents from 0 on, and takes a zero with an exponent for a one.
        exponent = exponent.saturating_sub(1);
        mantissa = if field == 0 { mantissa } else { 1 };
    }
    Number::Finite { negative, magnitude: mantissa | leading, exponent }
}

/// Writes sign, exponent and mantissa; always "exact", for rounding and infinities are.
fn store_float(number: Number, float: &FloatType, bits: &mut Bits) -> bool {
    let (negative, field, mantissa) = match number {
        Number::Nan => {
            // A quiet NaN: the first bit of the fraction, besides an explicit leading bit.
            let leading = float.infinity();
            let top = low_mask(float.mantissa_size.into())
                ^ low_mask(u16::from(float.mantissa_size).saturating_sub(1));
            let quiet = if leading == 0 { top } else { leading | leading.wrapping_shr(1) };
            (false, float.special(), quiet)
        }
        Number::Infinite { negative } => (negative, float.special(), float.infinity()),
        Number::Finite { negative, magnitude: 0, .. } => (negative, 0, 0),
        Number::Finite { negative, magnitude, exponent } => match round(magnitude, exponent, float) {
            Some((field, mantissa)) => (negative, field, mantissa),
            None => (negative, float.special(), float.infinity()),
        },
    };
    bits.set(float.sign_location.into(), 1, u128::from(negative));
    bits.set(float.exponent_location.into(), float.exponent_size.into(), field);
    bits.set(float.mantissa_location.into(), float.mantissa_size.into(), mantissa);
    true
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

/// The bits of an element, the least significant first.
#[derive(Debug, Clone, Copy, Default)]
struct Bits {
    low: u128,
    high: u128,
}

impl Bits {
    fn load(element: &[u8], order: ByteOrder) -> Self {
        let mut bytes = [0; MAX_SIZE];
        if let Some(little) = bytes.get_mut(..element.len()) {
            reorder(element, little, order);
        }
        let (halves, _) = bytes.as_chunks::<16>();
        match halves {
            [low, high] => Self { low: u128::from_le_bytes(*low), high: u128::from_le_bytes(*high) },
            _ => Self::default(),
        }
    }

    fn store(self, element: &mut [u8], order: ByteOrder) {
        let mut bytes = [0; MAX_SIZE];
        if let ([low, high], _) = bytes.as_chunks_mut::<16>() {
            *low = self.low.to_le_bytes();
            *high = self.high.to_le_bytes();
        }
        if let Some(little) = bytes.get(..element.len()) {
            reorder(little, element, order);
        }
    }

    /// `len` bits (at most 128) from bit `at` on.
    fn get(&self, at: u16, len: u16) -> u128 {
        let at = u32::from(at);
        let low = self.low.checked_shr(at).unwrap_or(0);
        let high = match 128_u32.checked_sub(at) {
            Some(up) => self.high.checked_shl(up).unwrap_or(0),
            None => self.high.checked_shr(at.saturating_sub(128)).unwrap_or(0),
        };
        (low | high) & low_mask(len)
    }

    /// Sets `len` bits (at most 128) from bit `at` on; they were zero.
    fn set(&mut self, at: u16, len: u16, value: u128) {
        let at = u32::from(at);
        let value = value & low_mask(len);
        self.low |= value.checked_shl(at).unwrap_or(0);
        self.high |= match 128_u32.checked_sub(at) {
            Some(down) => value.checked_shr(down).unwrap_or(0),
            None => value.checked_shl(at.saturating_sub(128)).unwrap_or(0),
        };
    }
}

/// Copies an element from `order` to little-endian, or back: each order is its own inverse.
fn reorder(from: &[u8], to: &mut [u8], order: ByteOrder) {
    to.copy_from_slice(from);
    if order != ByteOrder::Little {
        to.reverse();
    }
    if order == ByteOrder::Vax {
        to.as_chunks_mut::<2>().0.iter_mut().for_each(|word| word.reverse());
    }
}
