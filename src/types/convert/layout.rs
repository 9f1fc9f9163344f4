//! Where the bits of a number are: odd widths, offsets, orders and floating-point formats.

use crate::format::message::datatype::{ByteOrder, Datatype, DatatypeClass, FloatType, Normalization};
use crate::{Error, Result};

/// The largest number, in bytes.
const MAX_SIZE: usize = 32;

/// The most bits of an integer or of a mantissa.
pub(super) const MAX_BITS: u16 = 128;

/// How a number is laid out in the bytes of an element.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Layout {
    pub(crate) size: usize,
    pub(crate) order: ByteOrder,
    /// First significant bit and their number.
    pub(super) offset: u16,
    pub(super) precision: u16,
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

    /// Whether the elements of both differ in their byte order at most, as far as their numbers go.
    pub(crate) fn is_same_but_order(&self, other: &Self) -> bool {
        let integer = |kind: Kind| if kind == Kind::Bits { Kind::Unsigned } else { kind };
        let whole = Self { order: ByteOrder::Little, kind: integer(self.kind), ..*self };
        whole == Self { order: ByteOrder::Little, kind: integer(other.kind), ..*other }
    }

    /// Whether the C library converts between the two by reversing the bytes, whatever these are then:
    /// it looks at the size of integers only, not at their signs and precision.
    pub(crate) fn is_reversal(&self, other: &Self) -> bool {
        let orders = matches!(
            (self.order, other.order),
            (ByteOrder::Little, ByteOrder::Big) | (ByteOrder::Big, ByteOrder::Little)
        );
        let alike = match (self.kind, other.kind) {
            (Kind::Float(a), Kind::Float(b)) => {
                let places = |float: FloatType| FloatType {
                    order: ByteOrder::Little,
                    precision: 0,
                    low_padding: false,
                    high_padding: false,
                    ..float
                };
                places(a) == places(b)
            }
            (Kind::Signed | Kind::Unsigned, Kind::Signed | Kind::Unsigned) => true,
            _ => false,
        };
        orders && alike && self.size == other.size && self.offset == 0 && other.offset == 0
    }

    /// Whether numbers are those that an x86 processor has for `long double`.
    pub(crate) fn is_long_double(&self, float: &FloatType) -> bool {
        (self.size, self.order, self.offset, self.precision) == (16, ByteOrder::Little, 0, 80)
            && (float.sign_location, float.exponent_location, float.exponent_size) == (79, 64, 15)
            && (float.mantissa_location, float.mantissa_size, float.exponent_bias) == (0, 64, 16_383)
            && float.normalization == Normalization::None
    }

    /// The bits of an element.
    pub(super) fn bits(&self, element: &[u8]) -> Bits {
        Bits::load(element, self.order)
    }

    /// Writes as many of another layout's bits as there is room for, from the lowest on.
    pub(super) fn copy_bits(&self, other: &Self, element: &[u8], to: &mut [u8]) {
        let mut bits = Bits::default();
        bits.put(self.offset, self.precision, other.bits(element).get(other.offset, other.precision));
        self.write(bits, to);
    }

    /// Writes an element whose significant bits these are, with the type's padding.
    pub(super) fn write(&self, mut bits: Bits, element: &mut [u8]) {
        let fill = |padding: bool| if padding { u128::MAX } else { 0 };
        for (at, end, padding) in [
            (0, self.offset, self.low_padding),
            (
                self.offset.saturating_add(self.precision),
                (self.size as u16).saturating_mul(8),
                self.high_padding,
            ),
        ] {
            let middle = at.saturating_add(MAX_BITS).min(end);
            bits.put(at, middle.saturating_sub(at), fill(padding));
            bits.put(middle, end.saturating_sub(middle), fill(padding));
        }
        bits.store(element, self.order);
    }
}

/// The lowest `len` bits set.
pub(super) fn low_mask(len: u16) -> u128 {
    u128::MAX.checked_shr(u32::from(MAX_BITS.saturating_sub(len))).unwrap_or(0)
}

impl FloatType {
    /// The exponent field that infinities and NaN have.
    pub(super) fn special(&self) -> u128 {
        low_mask(self.exponent_size.into())
    }

    /// The topmost bit of the mantissa field.
    pub(super) fn top_bit(&self) -> u128 {
        let size = u16::from(self.mantissa_size);
        low_mask(size) ^ low_mask(size.saturating_sub(1))
    }
}

/// The bits of an element, the least significant first.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Bits {
    low: u128,
    high: u128,
}

impl Bits {
    pub(super) fn load(element: &[u8], order: ByteOrder) -> Self {
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

    pub(super) fn store(self, element: &mut [u8], order: ByteOrder) {
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
    pub(super) fn get(&self, at: u16, len: u16) -> u128 {
        let at = u32::from(at);
        let low = self.low.checked_shr(at).unwrap_or(0);
        let high = match 128_u32.checked_sub(at) {
            Some(up) => self.high.checked_shl(up).unwrap_or(0),
            None => self.high.checked_shr(at.saturating_sub(128)).unwrap_or(0),
        };
        (low | high) & low_mask(len)
    }

    /// Makes `len` bits (at most 128) from bit `at` on those of `value`.
    pub(super) fn put(&mut self, at: u16, len: u16, value: u128) {
        let at = u32::from(at);
        let place = |bits: u128| {
            let high = match 128_u32.checked_sub(at) {
                Some(down) => bits.checked_shr(down).unwrap_or(0),
                None => bits.checked_shl(at.saturating_sub(128)).unwrap_or(0),
            };
            (bits.checked_shl(at).unwrap_or(0), high)
        };
        let (mask, value) = (place(low_mask(len)), place(value & low_mask(len)));
        self.low = self.low & !mask.0 | value.0;
        self.high = self.high & !mask.1 | value.1;
    }
}

/// Copies an element from `order` to little-endian, or back: each order is its own inverse.
fn reorder(from: &[u8], to: &mut [u8], order: ByteOrder) {
    to.copy_from_slice(from);
    match order {
        ByteOrder::Little => {}
        ByteOrder::Big => to.reverse(),
        // The C library leaves an odd number of words as it is.
        ByteOrder::Vax if !to.len().is_multiple_of(4) => {}
        ByteOrder::Vax => {
            to.reverse();
            to.as_chunks_mut::<2>().0.iter_mut().for_each(|word| word.reverse());
        }
    }
}
