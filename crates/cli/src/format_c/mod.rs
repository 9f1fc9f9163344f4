//! Numbers as the `printf` family of C prints them, in the C locale.

mod digits;
mod hexadecimal;
mod real;

pub(crate) use real::Real;

use digits::Decimal;

/// How one number is printed: a `printf` conversion, such as `%g` or `%-8.3f`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Conversion {
    left: bool,
    plus: bool,
    space: bool,
    alternate: bool,
    zero: bool,
    width: usize,
    precision: Option<usize>,
    /// One of `aAeEfFgG`.
    letter: u8,
}

/// A whole format: text around one conversion.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Format {
    before: String,
    conversion: Option<Conversion>,
    after: String,
}

/// The widest field and the longest fraction that are printed; C's limit is the size of an `int`.
const MAX_WIDTH: usize = 4096;

impl Format {
    /// `%g`: six significant digits, the shorter of the two notations.
    pub(crate) fn general() -> Self {
        Self { before: String::new(), conversion: Some(Conversion::GENERAL), after: String::new() }
    }

    /// `%.{precision}g`.
    pub(crate) fn digits(precision: usize) -> Self {
        let mut format = Self::general();
        if let Some(conversion) = &mut format.conversion {
            conversion.precision = Some(precision);
        }
        format
    }

    /// Parses a format of at most one conversion, of a floating-point number.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(crate) fn parse(format: &str) -> Result<Self, String> {
        let mut parsed = Self { before: String::new(), conversion: None, after: String::new() };
        let mut rest = format;
        while let Some(at) = rest.find('%') {
            let (text, directive) = rest.split_at(at);
            parsed.text().push_str(text);
            if let Some(after) = directive.strip_prefix("%%") {
                parsed.text().push('%');
                rest = after;
                continue;
            }
            if parsed.conversion.is_some() {
                return Err(format!("the format \"{format}\" has more than one conversion"));
            }
            let (conversion, after) = Conversion::parse(&directive[1..])
                .ok_or_else(|| format!("the format \"{format}\" is none of a floating-point number"))?;
            parsed.conversion = Some(conversion);
            rest = after;
        }
        parsed.text().push_str(rest);
        Ok(parsed)
    }

    fn text(&mut self) -> &mut String {
        if self.conversion.is_some() { &mut self.after } else { &mut self.before }
    }

    /// Prints a number.
    pub(crate) fn print(&self, value: Real) -> String {
        let number = self.conversion.as_ref().map(|conversion| conversion.print(value));
        [&self.before, number.as_deref().unwrap_or(""), &self.after].concat()
    }
}

impl Conversion {
    /// `%g`
    const GENERAL: Self = Self {
        left: false,
        plus: false,
        space: false,
        alternate: false,
        zero: false,
        width: 0,
        precision: None,
        letter: b'g',
    };

    /// Parses what follows the `%`, and gives what follows the conversion.
    fn parse(directive: &str) -> Option<(Self, &str)> {
        let bytes = directive.as_bytes();
        let mut at = 0;
        let mut conversion = Self::GENERAL;
        loop {
            match bytes.get(at)? {
                b'-' => conversion.left = true,
                b'+' => conversion.plus = true,
                b' ' => conversion.space = true,
                b'#' => conversion.alternate = true,
                b'0' => conversion.zero = true,
                b'\'' => {}
                _ => break,
            }
            at += 1;
        }
        let number = |at: &mut usize| {
            let mut value = 0_usize;
            while let Some(digit) = bytes.get(*at).filter(|byte| byte.is_ascii_digit()) {
                value = value.saturating_mul(10).saturating_add(usize::from(digit - b'0'));
                *at += 1;
            }
            value.min(MAX_WIDTH)
        };
        conversion.width = number(&mut at);
        if bytes.get(at) == Some(&b'.') {
            at += 1;
            conversion.precision = Some(number(&mut at));
        }
        // A length modifier: the argument is a double whatever it says.
        if matches!(bytes.get(at), Some(b'l' | b'L')) {
            at += 1;
        }
        conversion.letter = *bytes.get(at).filter(|letter| b"aAeEfFgG".contains(letter))?;
        Some((conversion, &directive[at + 1..]))
    }

    fn print(&self, value: Real) -> String {
        let (body, finite) = match value {
            Real::Finite { mantissa, exponent, .. } => (self.digits(mantissa, exponent), true),
            Real::Infinite { .. } => ("inf".to_owned(), false),
            Real::NotANumber { .. } => ("nan".to_owned(), false),
        };
        let hexadecimal = finite && self.letter.eq_ignore_ascii_case(&b'a');
        let body = if self.letter.is_ascii_uppercase() { body.to_ascii_uppercase() } else { body };
        let (radix, body) = body.split_at(if hexadecimal { 2 } else { 0 });
        let sign = match (value.is_negative(), self.plus, self.space) {
            (true, ..) => "-",
            (false, true, _) => "+",
            (false, false, true) => " ",
            (false, false, false) => "",
        };
        let padding = self.width.saturating_sub(sign.len() + radix.len() + body.len());
        match (self.left, self.zero && finite) {
            (true, _) => [sign, radix, body, &" ".repeat(padding)].concat(),
            (false, true) => [sign, radix, &"0".repeat(padding), body].concat(),
            (false, false) => [&" ".repeat(padding), sign, radix, body].concat(),
        }
    }

    /// The absolute value of a finite number.
    fn digits(&self, mantissa: u128, exponent: i32) -> String {
        let precision = self.precision.unwrap_or(6);
        match self.letter.to_ascii_lowercase() {
            b'a' => hexadecimal::digits(mantissa, exponent, self.precision, self.alternate),
            b'f' => self.fixed(&Decimal::with_fraction(mantissa, exponent, precision), precision),
            b'e' => self.scientific(&Decimal::with_digits(mantissa, exponent, precision + 1), precision),
            _ => self.shorter(mantissa, exponent, precision.max(1)),
        }
    }

    fn fixed(&self, decimal: &Decimal, precision: usize) -> String {
        let (whole, fraction) = decimal.fixed(precision);
        if precision > 0 || self.alternate { format!("{whole}.{fraction}") } else { whole }
    }

    fn scientific(&self, decimal: &Decimal, precision: usize) -> String {
        let digits = decimal.digits();
        let point = if precision > 0 || self.alternate { "." } else { "" };
        let exponent = decimal.exponent();
        let sign = if exponent < 0 { '-' } else { '+' };
        format!("{}{point}{}e{sign}{:02}", &digits[..1], &digits[1..], exponent.unsigned_abs())
    }

    /// `%g`: fixed unless the exponent is below -4 or not below the precision; no trailing zeros.
    fn shorter(&self, mantissa: u128, exponent: i32, precision: usize) -> String {
        let decimal = Decimal::with_digits(mantissa, exponent, precision);
        let scale = i64::from(decimal.exponent());
        if scale < -4 || scale >= precision as i64 {
            if self.alternate {
                return self.scientific(&decimal, precision - 1);
            }
            let trimmed = decimal.trimmed();
            return self.scientific(&trimmed, trimmed.digits().len() - 1);
        }
        let places = (precision as i64 - 1 - scale).max(0) as usize;
        let (whole, fraction) = decimal.fixed(places);
        let fraction = if self.alternate { &fraction } else { fraction.trim_end_matches('0') };
        if fraction.is_empty() && !self.alternate { whole } else { format!("{whole}.{fraction}") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn print(format: &str, value: f64) -> String {
        Format::parse(format).unwrap().print(value.into())
    }

    /// Checked against `printf` of the GNU C library.
    #[test]
    fn numbers_are_printed_as_c_prints_them() {
        for (format, value, expected) in [
            ("%g", 0.0, "0"),
            ("%g", -0.0, "-0"),
            ("%g", 1.0, "1"),
            ("%g", 100_000.0, "100000"),
            ("%g", 1_000_000.0, "1e+06"),
            ("%g", 999_999.5, "1e+06"),
            ("%g", 999_999.4, "999999"),
            ("%g", 0.0001, "0.0001"),
            ("%g", 0.000_099_999_99, "0.0001"),
            ("%g", 0.000_012_345, "1.2345e-05"),
            ("%g", std::f64::consts::PI, "3.14159"),
            ("%g", 1e100, "1e+100"),
            ("%g", f64::MIN_POSITIVE, "2.22507e-308"),
            ("%g", 5e-324, "4.94066e-324"),
            ("%g", f64::MAX, "1.79769e+308"),
            ("%g", 2.5, "2.5"),
            ("%g", 0.5, "0.5"),
            ("%.0f", 0.5, "0"),
            ("%.0f", 1.5, "2"),
            ("%.0f", 2.5, "2"),
            ("%.1f", 0.25, "0.2"),
            ("%.1f", 0.35, "0.3"),
            ("%.3f", 1234.5678, "1234.568"),
            ("%.3f", 9.9996, "10.000"),
            ("%f", 1e22, "10000000000000000000000.000000"),
            ("%.17g", 0.1, "0.10000000000000001"),
            ("%.20f", 0.1, "0.10000000000000000555"),
            ("%e", 12345.678, "1.234568e+04"),
            ("%.0e", 25000.0, "2e+04"),
            ("%#.0e", 25000.0, "2.e+04"),
            ("%#g", 1.0, "1.00000"),
            ("%G", 1e-10, "1E-10"),
            ("%8.2f|", 2.7184, "    2.72|"),
            ("%-8.2f|", 2.7184, "2.72    |"),
            ("%08.2f", -2.7184, "-0002.72"),
            ("%+g", 1.0, "+1"),
            ("% g", 1.0, " 1"),
            ("<%%%g>", 1.0, "<%1>"),
            ("%lf", 0.5, "0.500000"),
            ("%.15Lf", 1.0, "1.000000000000000"),
            ("%g", f64::INFINITY, "inf"),
            ("%G", f64::NEG_INFINITY, "-INF"),
            ("%a", 1.0, "0x1p+0"),
            ("%a", -0.1, "-0x1.999999999999ap-4"),
            ("%a", 0.0, "0x0p+0"),
            ("%A", 12.5, "0X1.9P+3"),
            ("%.2a", 0.1, "0x1.9ap-4"),
            ("%.0a", 1.5, "0x2p+0"),
            ("%.0a", 1.25, "0x1p+0"),
            ("%.1a", 1.999, "0x2.0p+0"),
            ("%.15a", 1.5, "0x1.800000000000000p+0"),
            ("%#.0a", 1.0, "0x1.p+0"),
            ("%a", 5e-324, "0x0.0000000000001p-1022"),
            ("%.3a", 5e-324, "0x0.000p-1022"),
            ("%012a", 1.5, "0x00001.8p+0"),
            ("%12a", -1.5, "   -0x1.8p+0"),
            ("%a", f64::INFINITY, "inf"),
            ("%05g", f64::NAN, "  nan"),
            ("%g", -f64::NAN, "-nan"),
        ] {
            assert_eq!(print(format, value), expected, "{format} of {value}");
        }
    }

    #[test]
    fn formats_that_would_read_more_arguments_are_refused() {
        for format in ["%d", "%s", "%", "%g %g", "%*g", "%n"] {
            assert!(Format::parse(format).is_err(), "{format}");
        }
        assert_eq!(print("text", 1.0), "text");
    }

    #[test]
    fn numbers_wider_than_a_double_keep_their_digits() {
        let third = Real::Finite { negative: false, mantissa: u128::MAX / 3, exponent: -128 };
        let format = Format::parse("%.30f").unwrap();
        assert_eq!(format.print(third), "0.333333333333333333333333333333");
        let huge = Real::Finite { negative: false, mantissa: 1, exponent: 16_000 };
        assert_eq!(Format::general().print(huge), "3.01947e+4816");
    }
}
