//! Numbers in the arguments of the C tools, as the functions of the C library read them.

/// The integer that text begins with.
struct Digits<'t> {
    negative: bool,
    base: u32,
    digits: &'t str,
    rest: &'t str,
}

/// Without a base, a number is decimal, octal after `0` or hexadecimal after `0x`.
fn integer(text: &str, base: Option<u32>) -> Option<Digits<'_>> {
    let start = text.trim_start_matches([' ', '\t', '\n', '\u{b}', '\u{c}', '\r']);
    let (negative, digits) = match start.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, start.strip_prefix('+').unwrap_or(start)),
    };
    let hex = digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X"));
    let (base, digits) = match (base, hex.filter(|hex| hex.starts_with(|c: char| c.is_ascii_hexdigit()))) {
        (Some(base), _) => (base, digits),
        (None, Some(hex)) => (16, hex),
        (None, None) if digits.starts_with('0') => (8, digits),
        (None, None) => (10, digits),
    };
    let end = digits.find(|c: char| !c.is_digit(base)).unwrap_or(digits.len());
    let (digits, rest) = digits.split_at(end);
    (!digits.is_empty()).then_some(Digits { negative, base, digits, rest })
}

fn signed(number: &Digits<'_>) -> i64 {
    match i64::from_str_radix(number.digits, number.base) {
        Ok(value) if number.negative => -value,
        Ok(value) => value,
        Err(_) if number.negative => i64::MIN,
        Err(_) => i64::MAX,
    }
}

/// The integer that text begins with, in any base, and what follows it: `strtol`. Without a number it is
/// 0, and all of the text follows.
pub(crate) fn strtol(text: &str) -> (i64, &str) {
    integer(text, None).map_or((0, text), |number| (signed(&number), number.rest))
}

/// The decimal integer that text begins with: `atoi`, which cuts what is too long.
pub(crate) fn atoi(text: &str) -> i32 {
    integer(text, Some(10)).map_or(0, |number| signed(&number) as i32)
}

/// The unsigned integer that text begins with, in any base unless one is given: `strtoull`. Nothing if it
/// is out of range.
pub(crate) fn strtoull(text: &str, base: Option<u32>) -> Option<u64> {
    let Some(number) = integer(text, base) else { return Some(0) };
    let value = u64::from_str_radix(number.digits, number.base).ok()?;
    Some(if number.negative { value.wrapping_neg() } else { value })
}

/// The number that text begins with: `atof`; 0 if it begins with none.
pub(crate) fn atof(text: &str) -> f64 {
    let text = text.trim_start();
    if let Some(value) = hexadecimal(text) {
        return value;
    }
    let end = |len: &usize| text.get(..*len).is_some_and(|start| start.parse::<f64>().is_ok());
    let longest = (1..=text.len()).rev().find(end);
    longest.and_then(|len| text[..len].parse().ok()).unwrap_or(0.0)
}

/// A number in hexadecimal digits, with a power of two after `p`.
fn hexadecimal(text: &str) -> Option<f64> {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let digits = digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X"))?;
    let (mut significand, mut power, mut fraction, mut any) = (0_u64, 0_i64, false, false);
    let mut rest = digits.chars();
    let mut following = rest.clone();
    while let Some(c) = following.next() {
        match c.to_digit(16) {
            Some(digit) => {
                // Of digits that there is no room for it only matters whether they are 0.
                if significand >> 60 == 0 {
                    significand = significand << 4 | u64::from(digit);
                } else {
                    significand |= u64::from(digit != 0);
                    power += 4;
                }
                power -= if fraction { 4 } else { 0 };
                any = true;
            }
            None if c == '.' && !fraction => fraction = true,
            None => break,
        }
        rest = following.clone();
    }
    let exponent =
        rest.as_str().strip_prefix(['p', 'P']).filter(|rest| !rest.starts_with(char::is_whitespace));
    let exponent = exponent.and_then(|rest| integer(rest, Some(10))).map_or(0, |number| signed(&number));
    // Beyond this, whatever the significand is, there is no such number; in one step, the power itself may
    // be too small or too large to be one.
    let power = exponent.saturating_add(power).clamp(-1200, 1200) as i32;
    let value = significand as f64 * 2_f64.powi(power / 2) * 2_f64.powi(power - power / 2);
    any.then_some(if text.starts_with('-') { -value } else { value })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_those_of_c() {
        for (text, number, rest) in [
            ("12", 12, ""),
            (" -5x", -5, "x"),
            ("0x1fg", 31, "g"),
            ("0778", 63, "8"),
            ("0xz", 0, "xz"),
            ("", 0, ""),
            ("-", 0, "-"),
            ("99999999999999999999", i64::MAX, ""),
        ] {
            assert_eq!(strtol(text), (number, rest), "{text}");
        }
        let integers = ["010", "0x10", "-3rd", "+7", "4294967297", "99999999999999999999", "x"];
        assert_eq!(integers.map(atoi), [10, 0, -3, 7, 1, -1, 0]);
        assert_eq!(["-1", "0x10", "x"].map(|text| strtoull(text, None)), [Some(u64::MAX), Some(16), Some(0)]);
        assert_eq!(strtoull("0x10", Some(10)), Some(0));
        assert_eq!(strtoull("99999999999999999999", None), None);
        assert_eq!(["1e-3x", " .5", "u", ""].map(atof), [1e-3, 0.5, 0.0, 0.0]);
        assert_eq!(["0X10", "-0x1.8p1z", "0x.4", "0xg"].map(atof), [16.0, -3.0, 0.25, 0.0]);
    }

    #[test]
    fn hexadecimal_numbers_have_any_number_of_digits_and_any_power() {
        let zeros = "0".repeat(300);
        for (text, value) in [
            (format!("0x{}p-99999", "f".repeat(300)), 0.0),
            (format!("0x{}p99999", "f".repeat(300)), f64::INFINITY),
            (format!("0x{}p-1200", "f".repeat(300)), 1.0),
            (format!("0x1{zeros}p-1200"), 1.0),
            (format!("0x0.{zeros}1p1204"), 1.0),
            (format!("0x{zeros}.{zeros}p99999"), 0.0),
            ("0x0p9999999999999999999999".to_owned(), 0.0),
            ("0x1p9999999999999999999999".to_owned(), f64::INFINITY),
            ("-0x1p-9999999999999999999999".to_owned(), 0.0),
            ("0x8p-1077".to_owned(), f64::from_bits(1)),
            ("0x.8p-1022".to_owned(), f64::MIN_POSITIVE / 2.0),
            ("0x1.fffffffffffffp1023".to_owned(), f64::MAX),
            ("0x1p 5".to_owned(), 1.0),
            ("0x1p+5".to_owned(), 32.0),
            // Half a step is rounded to even, a little more is rounded up.
            ("0x1.00000000000008".to_owned(), 1.0),
            (format!("0x1.00000000000008{zeros}1"), 1.0 + f64::EPSILON),
        ] {
            assert_eq!(atof(&text), value, "{text}");
        }
    }
}
