//! Numbers in base 16, as `%a` prints them.

/// Bits after the point of a `double`.
const FRACTION_BITS: i32 = 52;

/// The smallest exponent of a `double` whose first bit is 1.
const MIN_EXPONENT: i32 = -1022;

/// The absolute value of a number that a `double` holds.
pub(super) fn digits(mantissa: u128, exponent: i32, precision: Option<usize>, alternate: bool) -> String {
    let (mut bits, power) = normalized(mantissa, exponent);
    let most = (FRACTION_BITS / 4) as usize;
    let places = precision.unwrap_or(most);
    if places < most {
        let dropped = 4 * (most - places) as u32;
        let (half, rest) = (1_u64 << (dropped - 1), bits & ((1 << dropped) - 1));
        bits >>= dropped;
        // Half to even.
        bits += u64::from(rest > half || (rest == half && bits & 1 == 1));
        bits <<= dropped;
    }
    let whole = bits >> FRACTION_BITS;
    let mut fraction = format!("{:013x}", bits & ((1 << FRACTION_BITS) - 1));
    match precision {
        Some(precision) if precision <= most => fraction.truncate(precision),
        Some(precision) => fraction.push_str(&"0".repeat(precision - most)),
        None => fraction.truncate(fraction.trim_end_matches('0').len()),
    }
    let point = if alternate || !fraction.is_empty() { "." } else { "" };
    format!("0x{whole}{point}{fraction}p{power:+}")
}

/// The number as bits around the point, and the power of two.
fn normalized(mantissa: u128, exponent: i32) -> (u64, i32) {
    if mantissa == 0 {
        return (0, 0);
    }
    let top = exponent + 127 - mantissa.leading_zeros() as i32;
    let power = top.max(MIN_EXPONENT);
    let shift = exponent - (power - FRACTION_BITS);
    let bits =
        if shift >= 0 { mantissa << shift } else { mantissa.checked_shr(shift.unsigned_abs()).unwrap_or(0) };
    (bits as u64, power)
}
