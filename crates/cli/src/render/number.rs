//! Numbers out of the bytes of elements.

use hdfive::datatype::{ByteOrder, Datatype, DatatypeClass, FloatType, IntegerType, Normalization};

use crate::format_c::Real;

/// An integer, as the largest native type holds it: larger numbers are clamped, as the C library's
/// conversion clamps them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Integer {
    Signed(i64),
    Unsigned(u64),
}

/// Some bits of integers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Bits {
    /// The first, counted from the least significant.
    pub(crate) offset: u32,
    pub(crate) length: u32,
}

impl Integer {
    /// The value of these bits, as an integer of the same type of `size` bytes.
    pub(super) fn masked(self, bits: Bits, size: u32) -> Self {
        let width = 8 * size.min(8);
        if bits.offset >= width {
            return match self {
                Self::Signed(_) => Self::Signed(0),
                Self::Unsigned(_) => Self::Unsigned(0),
            };
        }
        let mask = if bits.length >= 64 { u64::MAX } else { (1 << bits.length) - 1 };
        match self {
            Self::Signed(value) => {
                let unused = 64 - width;
                Self::Signed(((((value >> bits.offset) as u64 & mask) << unused) as i64) >> unused)
            }
            Self::Unsigned(value) => Self::Unsigned(value >> bits.offset & mask),
        }
    }
}

impl std::fmt::Display for Integer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Signed(value) => value.fmt(f),
            Self::Unsigned(value) => value.fmt(f),
        }
    }
}

/// The bytes of a number, the least significant first.
fn little(bytes: &[u8], order: ByteOrder) -> Vec<u8> {
    match order {
        ByteOrder::Little => bytes.to_vec(),
        ByteOrder::Big => bytes.iter().rev().copied().collect(),
        ByteOrder::Vax => bytes.rchunks(2).flatten().copied().collect(),
    }
}

/// `count` bits from bit `first` on, or as many of the lowest as there is room for.
fn bits(little: &[u8], first: u32, count: u32) -> u128 {
    let mut value = 0;
    for index in 0..count.min(128) {
        let bit = first + index;
        let byte = little.get((bit / 8) as usize).copied().unwrap_or(0);
        value |= u128::from(byte >> (bit % 8) & 1) << index;
    }
    value
}

/// The value of an integer that is an element, in the native type that the C tools ask for.
pub(crate) fn integer(bytes: &[u8], class: &IntegerType) -> Integer {
    if bytes.len() <= 8 && class.bit_offset == 0 && is_only_swapped(bytes.len(), class) {
        return whole_integer(bytes, class);
    }
    wide_integer(bytes, class)
}

/// The value of a member of an enumeration, as the C tools print it in a description of the type.
pub(crate) fn member_value(value: &[u8], base: &Datatype) -> String {
    match &base.class {
        DatatypeClass::Integer(class) if base.size <= 8 => wide_integer(value, class).to_string(),
        _ => value.iter().fold("0x".to_owned(), |hex, byte| format!("{hex}{byte:02x}")),
    }
}

/// The value of an integer, converted to the widest native type.
fn wide_integer(bytes: &[u8], class: &IntegerType) -> Integer {
    let whole = usize::from(class.precision) == bytes.len() * 8;
    if bytes.len() <= 8 && class.bit_offset == 0 && whole {
        return whole_integer(bytes, class);
    }
    let little = little(bytes, class.order);
    let (offset, precision) = (u32::from(class.bit_offset), u32::from(class.precision));
    let low = bits(&little, offset, precision);
    let high = (128..precision).any(|bit| bits(&little, offset + bit, 1) != 0);
    let negative = class.signed && precision > 0 && bits(&little, offset + precision - 1, 1) == 1;
    if !class.signed {
        let value = if high { None } else { u64::try_from(low).ok() };
        return Integer::Unsigned(value.unwrap_or(u64::MAX));
    }
    if negative && precision > 128 {
        // Small if all bits beyond the lowest are copies of the sign.
        let small = (127..precision).all(|bit| bits(&little, offset + bit, 1) == 1);
        let value = if small { low as i128 } else { i128::MIN };
        return Integer::Signed(i64::try_from(value).unwrap_or(i64::MIN));
    }
    let value = if negative && precision < 128 { low | u128::MAX << precision } else { low } as i128;
    match i64::try_from(value) {
        Ok(value) if !high => Integer::Signed(value),
        _ => Integer::Signed(if negative { i64::MIN } else { i64::MAX }),
    }
}

/// Whether the C library swaps nothing but the bytes of integers with padding bits above: it does so
/// where the native type has the same size, and the other order.
fn is_only_swapped(size: usize, class: &IntegerType) -> bool {
    let least = usize::from(class.precision).div_ceil(8).next_power_of_two();
    class.order == ByteOrder::Big && size == least
}

/// An integer without padding bits, or all of its bits.
fn whole_integer(bytes: &[u8], class: &IntegerType) -> Integer {
    let mut low = [0; 8];
    for (index, &byte) in bytes.iter().enumerate() {
        let at = if class.order == ByteOrder::Big { bytes.len() - 1 - index } else { index };
        low[at] = byte;
    }
    let value = u64::from_le_bytes(low);
    if class.signed {
        let unused = 64 - 8 * bytes.len() as u32;
        Integer::Signed(if unused < 64 { ((value << unused) as i64) >> unused } else { 0 })
    } else {
        Integer::Unsigned(value)
    }
}

/// The value of a floating-point number, converted to the native type that holds it: `_Float16`,
/// `float`, `double`, or the 80-bit `long double` of x86.
pub(crate) fn real(bytes: &[u8], class: &FloatType) -> Real {
    real_within(bytes, class, bytes.len())
}

/// As [`real`], converted to the native type that has this number of bytes.
pub(crate) fn real_within(bytes: &[u8], class: &FloatType, size: usize) -> Real {
    let little = little(bytes, class.order);
    let field = |first: u8, count: u8| bits(&little, first.into(), count.into());
    let negative = field(class.sign_location, 1) == 1;
    let exponent = field(class.exponent_location, class.exponent_size.min(31)) as i64;
    let mantissa = field(class.mantissa_location, class.mantissa_size);
    let digits = i64::from(class.mantissa_size);
    let bias = i64::from(class.exponent_bias);
    let implied = class.normalization == Normalization::Implied;
    let all_ones = (1_i64 << class.exponent_size.min(31)) - 1;
    let processor = !implied && is_long_double(bytes.len(), class);
    if processor && exponent > 0 && mantissa >> 63 == 0 {
        // The processor refuses numbers without the first bit.
        return Real::NotANumber { negative };
    }
    if exponent == all_ones && class.exponent_size > 0 {
        let stored_one = if implied || digits == 0 { 0 } else { 1_u128 << (digits - 1).min(127) };
        return match mantissa & !stored_one {
            0 => Real::Infinite { negative },
            _ => Real::NotANumber { negative },
        };
    }
    let (mantissa, power) = match (exponent, implied) {
        (0, true) => (mantissa, 1 - bias - digits),
        // Of these formats only the processor's own has subnormal numbers.
        (0, false) if processor => (mantissa, 1 - bias - (digits - 1)),
        // A zero with an exponent is one for the C library.
        (1.., false) if mantissa == 0 => (1, exponent - bias - digits),
        (_, true) => (mantissa | 1 << digits.min(127), exponent - bias - digits),
        (_, false) => (mantissa, exponent - bias - (digits - 1)),
    };
    let power = power.clamp(-1_000_000, 1_000_000) as i32;
    let value = Real::Finite { negative, mantissa, exponent: power };
    let subnormal = exponent == 0;
    match size {
        0..=2 => value.converted(subnormal, 11, -14, 15),
        3..=4 => value.converted(subnormal, 24, -126, 127),
        5..=8 => value.converted(subnormal, 53, -1022, 1023),
        _ => value.converted(subnormal, 64, -16_382, 16_383),
    }
}

/// Whether numbers are those that an x86 processor has for `long double`.
pub(crate) fn is_long_double(size: usize, class: &FloatType) -> bool {
    size == 16
        && class.order == ByteOrder::Little
        && (class.bit_offset, class.precision, class.exponent_bias) == (0, 80, 16_383)
        && (class.sign_location, class.exponent_location, class.exponent_size) == (79, 64, 15)
        && (class.mantissa_location, class.mantissa_size) == (0, 64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format_c::Format;

    fn class(order: ByteOrder, signed: bool, bit_offset: u16, precision: u16) -> IntegerType {
        IntegerType { order, signed, bit_offset, precision, low_padding: false, high_padding: false }
    }

    #[test]
    fn integers_of_any_width_offset_and_order() {
        use ByteOrder::{Big, Little};
        for (bytes, class, value) in [
            (&[0xff_u8, 0xfe][..], class(Big, true, 0, 16), "-2"),
            (&[0xfe, 0xff], class(Little, false, 0, 16), "65534"),
            (&[0x01, 0x02, 0x03], class(Big, false, 0, 24), "66051"),
            (&[0xf0, 0x0f], class(Little, true, 4, 8), "-1"),
            (&[0x0f, 0xff], class(Little, true, 0, 12), "-241"),
            (&[0x0f, 0xff], class(Big, true, 0, 12), "4095"),
            (&[0x0f, 0xff], class(Big, true, 1, 12), "2047"),
            (&[0, 0xff], class(Big, true, 0, 8), "-1"),
            (&[0x0f, 0xf0], class(Big, false, 4, 8), "255"),
            (&[0xff; 16], class(Little, false, 0, 128), "18446744073709551615"),
            (&[0xff; 16], class(Little, true, 0, 128), "-1"),
            (&[0, 0, 0, 0, 0, 0, 0, 0x80, 0xff], class(Little, true, 0, 72), "-9223372036854775808"),
            (&[0, 0, 0, 0, 0, 0, 0, 0, 0x7f], class(Little, true, 0, 72), "9223372036854775807"),
            (&[0xff; 28], class(Little, true, 0, 214), "-1"),
        ] {
            assert_eq!(integer(bytes, &class).to_string(), value, "{bytes:?}");
        }
    }

    #[test]
    fn members_of_enumerations_have_no_padding_bits() {
        let base = |order| {
            let mut base = Datatype::integer(2, false, order);
            base.class = DatatypeClass::Integer(class(order, false, 0, 9));
            base
        };
        assert_eq!(member_value(&[0xa2, 0x01], &base(ByteOrder::Big)), "1");
        assert_eq!(member_value(&[0x01, 0xa3], &base(ByteOrder::Little)), "257");
    }

    fn float(size: u8, exponent_size: u8, bias: u32) -> FloatType {
        let bits = size * 8;
        FloatType {
            order: ByteOrder::Little,
            bit_offset: 0,
            precision: bits.into(),
            low_padding: false,
            high_padding: false,
            internal_padding: false,
            normalization: Normalization::Implied,
            sign_location: bits - 1,
            exponent_location: bits - 1 - exponent_size,
            exponent_size,
            mantissa_location: 0,
            mantissa_size: bits - 1 - exponent_size,
            exponent_bias: bias,
        }
    }

    #[test]
    fn floats_of_any_layout() {
        let print = |bytes: &[u8], class: &FloatType| Format::general().print(real(bytes, class));
        let half = float(2, 5, 15);
        assert_eq!(print(&[0x00, 0x3e], &half), "1.5");
        assert_eq!(print(&[0x01, 0x00], &half), "5.96046e-08");
        assert_eq!(print(&[0x00, 0xfc], &half), "-inf");
        assert_eq!(print(&[0x00, 0xfe], &half), "-nan");
        let single = float(4, 8, 127);
        assert_eq!(print(&0.1_f32.to_le_bytes(), &single), "0.1");
        let double = float(8, 11, 1023);
        assert_eq!(print(&1e300_f64.to_le_bytes(), &double), "1e+300");
        let mut bytes = 1.5_f64.to_le_bytes();
        bytes.reverse();
        assert_eq!(print(&bytes, &FloatType { order: ByteOrder::Big, ..double }), "1.5");
        // The VAX's 1.0 is 0x4080, its words in order.
        let vax = FloatType { order: ByteOrder::Vax, exponent_bias: 129, ..single };
        assert_eq!(print(&[0x80, 0x40, 0, 0], &vax), "1");
        // The 80-bit format stores the leading one.
        let extended = FloatType {
            normalization: Normalization::None,
            precision: 80,
            sign_location: 79,
            exponent_location: 64,
            exponent_size: 15,
            mantissa_size: 64,
            exponent_bias: 16383,
            ..double
        };
        let mut bytes = [0; 16];
        bytes[7] = 0xc0;
        bytes[8..10].copy_from_slice(&[0xff, 0x3f]);
        assert_eq!(print(&bytes, &extended), "1.5");
        bytes[7] = 0x40;
        assert_eq!(print(&bytes, &extended), "nan");
        // Elsewhere a first bit that is stored may be missing, and a zero have an exponent.
        let odd = FloatType {
            normalization: Normalization::None,
            exponent_size: 4,
            exponent_location: 3,
            mantissa_size: 3,
            exponent_bias: 7,
            ..float(1, 4, 7)
        };
        assert_eq!(print(&[0x38 | 4], &odd), "1");
        assert_eq!(print(&[0x38 | 2], &odd), "0.5");
        assert_eq!(print(&[0x38], &odd), "0.125");
        assert_eq!(print(&[0x04], &odd), "0.0078125");
    }
}
