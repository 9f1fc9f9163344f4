//! Numbers: when two differ, and how that is printed.

use std::fmt::Display;

use super::options::Criterion;
use super::state::{Diff, Place, padded};
use crate::format_c::{Format, Real};

/// Two integers of a native type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Integers {
    Signed(i64, i64),
    Unsigned(u64, u64),
}

/// The native type of floating-point numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Width {
    Single,
    Double,
    Extended,
}

/// How far apart two numbers are.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Verdict<R> {
    Same,
    Different,
    /// Different by this part of the first.
    Relative(R),
    /// Different, and the first is zero.
    NotComparable,
}

/// The least and the greatest number of a signed type of `size` bytes wrap around.
fn wrapped(value: i64, size: u32) -> i64 {
    let unused = 64 - 8 * size.clamp(1, 8);
    (value << unused) >> unused
}

impl Integers {
    /// As `int`, whatever sign the type has.
    pub(super) fn signed(self) -> Self {
        match self {
            Self::Signed(..) => self,
            Self::Unsigned(first, second) => Self::Signed((first as i32).into(), (second as i32).into()),
        }
    }

    pub(super) fn same(self) -> bool {
        match self {
            Self::Signed(first, second) => first == second,
            Self::Unsigned(first, second) => first == second,
        }
    }

    /// The absolute difference; C computes with the type itself, or `int` if that is wider.
    fn difference(self, size: u32) -> Self {
        match self {
            Self::Signed(first, second) => {
                let difference = wrapped(first.wrapping_sub(second), size.max(4));
                Self::Signed(wrapped(difference.wrapping_abs(), size.max(4)), 0)
            }
            Self::Unsigned(first, second) => Self::Unsigned(first.abs_diff(second), 0),
        }
    }

    /// Whether the difference is greater than this; C takes it for an integer if the type has 8 bytes.
    fn exceeds(self, size: u32, delta: f64) -> bool {
        match self.difference(size) {
            Self::Signed(difference, _) if size >= 8 => {
                // What is no number, or out of range, becomes the least integer.
                let in_range = delta < 2_f64.powi(63);
                difference > if in_range { delta as i64 } else { i64::MIN }
            }
            Self::Unsigned(difference, _) if size >= 8 => {
                let in_range = delta.is_nan() || delta < 2_f64.powi(64);
                let unordered = if delta.is_nan() { 1 << 63 } else { delta as u64 };
                difference > if in_range { unordered } else { 0 }
            }
            Self::Signed(difference, _) => difference as f64 > delta,
            Self::Unsigned(difference, _) => difference as f64 > delta,
        }
    }

    /// The difference as a part of the first; nothing if that is zero.
    fn relative(self, size: u32) -> Option<f64> {
        match self {
            Self::Signed(0, _) | Self::Unsigned(0, _) => None,
            Self::Signed(first, second) => {
                let difference = wrapped(second.wrapping_sub(first), size.max(4));
                Some((difference as f64 / first as f64).abs())
            }
            // The difference of unsigned numbers is taken as a signed one of the same size.
            Self::Unsigned(first, second) => {
                let difference = wrapped(second.wrapping_sub(first) as i64, size);
                Some((difference as f64 / first as f64).abs())
            }
        }
    }

    fn verdict(self, size: u32, criterion: Criterion) -> Verdict<f64> {
        match criterion {
            Criterion::Delta(delta) if self.exceeds(size, delta) => Verdict::Different,
            Criterion::Exact | Criterion::Epsilon if !self.same() => Verdict::Different,
            Criterion::Relative(bound) => match self.relative(size) {
                None if self.same() => Verdict::Same,
                None => Verdict::NotComparable,
                Some(relative) if relative > bound => Verdict::Relative(relative),
                Some(_) => Verdict::Same,
            },
            _ => Verdict::Same,
        }
    }

    fn columns(self, size: u32) -> String {
        let columns = |first: &dyn Display, second: &dyn Display, difference: &dyn Display| {
            format!("{first:<15} {second:<15} {difference:<15}")
        };
        match (self, self.difference(size)) {
            (Self::Signed(first, second), Self::Signed(difference, _)) => {
                columns(&first, &second, &difference)
            }
            (Self::Unsigned(first, second), Self::Unsigned(difference, _)) => {
                columns(&first, &second, &difference)
            }
            // Both have the same sign.
            _ => String::new(),
        }
    }
}

/// The number as a `double`.
fn double(real: Real) -> f64 {
    let signed = |value: f64, negative: bool| if negative { -value } else { value };
    match real.rounded(53, -1022, 1023) {
        Real::Finite { negative, mantissa, exponent } => {
            // In two steps, as a power may be out of range where the number is not.
            let half = exponent / 2;
            signed(mantissa as f64 * 2_f64.powi(half) * 2_f64.powi(exponent - half), negative)
        }
        Real::Infinite { negative } => signed(f64::INFINITY, negative),
        Real::NotANumber { negative } => f64::NAN.copysign(if negative { -1.0 } else { 1.0 }),
    }
}

fn is_nan(real: Real) -> bool {
    matches!(real, Real::NotANumber { .. })
}

/// Rounds a result of double precision as arithmetic of the type does.
fn rounded(value: f64, width: Width) -> f64 {
    if width == Width::Single { f64::from(value as f32) } else { value }
}

/// `first - second`, or its opposite if that is not positive: the sign of what is no number changes.
fn distance(first: Real, second: Real, width: Width) -> Real {
    let opposite = |negative: bool| Real::NotANumber { negative: !negative };
    match (first, second) {
        (Real::NotANumber { negative: first }, Real::NotANumber { negative: second })
            if width == Width::Extended =>
        {
            opposite(first && second)
        }
        (Real::NotANumber { negative }, _) | (_, Real::NotANumber { negative }) => opposite(negative),
        (Real::Infinite { negative: first }, Real::Infinite { negative: second }) if first == second => {
            opposite(true)
        }
        (Real::Infinite { .. }, _) | (_, Real::Infinite { .. }) => Real::Infinite { negative: false },
        _ if width == Width::Extended => exact_distance(first, second).rounded(64, -16_382, 16_383),
        _ => {
            let difference = double(first) - double(second);
            // A negative zero stays one.
            Real::from(rounded(if difference >= 0.0 { difference } else { -difference }, width))
        }
    }
}

/// The distance of finite numbers; one that is too small to matter is left out.
fn exact_distance(first: Real, second: Real) -> Real {
    // A negative zero less zero stays one.
    let negative = first.is_negative() && !second.is_negative();
    let parts = |real: Real| match real {
        Real::Finite { negative, mantissa, exponent } if mantissa != 0 => {
            let spare = mantissa.trailing_zeros();
            let value = (mantissa >> spare).min(1 << 100) as i128;
            (if negative { -value } else { value }, exponent + spare as i32)
        }
        _ => (0, i32::MIN),
    };
    let (mut first, mut second) = (parts(first), parts(second));
    if first.1 < second.1 {
        std::mem::swap(&mut first, &mut second);
    }
    let shift = if second.0 == 0 { 0 } else { first.1.saturating_sub(second.1) };
    let exponent = if second.0 == 0 { first.1.max(-20_000) } else { second.1 };
    let room = (first.0.unsigned_abs().leading_zeros() as i32).saturating_sub(2);
    if first.0 != 0 && shift > room {
        return Real::Finite { negative: false, mantissa: first.0.unsigned_abs(), exponent: first.1 };
    }
    let shifted = if first.0 == 0 { 0 } else { first.0 << shift };
    let mantissa = (shifted - second.0).unsigned_abs();
    Real::Finite { negative: negative && mantissa == 0, mantissa, exponent }
}

/// The bits of numbers are the same.
fn identical(first: Real, second: Real) -> bool {
    let normal = |real| match real {
        Real::Finite { negative, mantissa: 0, .. } => Real::Finite { negative, mantissa: 0, exponent: 0 },
        Real::Finite { negative, mantissa, exponent } => {
            let spare = mantissa.trailing_zeros();
            Real::Finite { negative, mantissa: mantissa >> spare, exponent: exponent + spare as i32 }
        }
        other => other,
    };
    normal(first) == normal(second)
}

/// When two floating-point numbers differ; what is no number is another matter.
fn real_verdict(first: Real, second: Real, width: Width, criterion: Criterion) -> Verdict<f64> {
    let apart = || double(distance(first, second, width));
    let different = match criterion {
        Criterion::Exact => !identical(first, second),
        Criterion::Epsilon => {
            let epsilon = match width {
                Width::Single => f64::from(f32::EPSILON),
                Width::Double => f64::EPSILON,
                Width::Extended => 2_f64.powi(-63),
            };
            // What is no number is never close, nor are infinite numbers.
            apart().partial_cmp(&epsilon).is_none_or(|order| order.is_ge())
        }
        Criterion::Delta(delta) => apart() > delta,
        Criterion::Relative(bound) => {
            let [a, b] = [double(first), double(second)];
            let zero = |value: f64| value.abs() < f64::EPSILON;
            if zero(a) {
                return if zero(b) { Verdict::Same } else { Verdict::NotComparable };
            }
            if (rounded(b - a, width) / a).abs() > bound {
                return Verdict::Relative(rounded(1.0 - rounded(b / a, width), width).abs());
            }
            false
        }
    };
    if different { Verdict::Different } else { Verdict::Same }
}

impl Diff<'_> {
    /// Compares two integers of a native type of `size` bytes.
    pub(super) fn integers(&mut self, place: &Place, index: u64, values: Integers, size: u32) -> u64 {
        let verdict = values.verdict(size, self.options.criterion);
        self.report(place, index, &verdict, |relative| {
            let columns = values.columns(size);
            match relative {
                Some(relative) => {
                    let relative = Format::parse("%-14f").map(|format| format.print(relative.into()));
                    format!("{columns} {}\n", relative.unwrap_or_default())
                }
                None => columns,
            }
        })
    }

    /// Compares two bytes of data that is not numbers.
    pub(super) fn bytes(&mut self, place: &Place, index: u64, first: u8, second: u8) -> u64 {
        let values = Integers::Unsigned(first.into(), second.into());
        // A zero byte is like no other, but not worth a difference.
        if matches!(self.options.criterion, Criterion::Relative(_)) && first == 0 {
            return 0;
        }
        self.integers(place, index, values, 1)
    }

    /// Compares two floating-point numbers; unless it is `strict`, those that are the same do not differ.
    pub(super) fn reals(
        &mut self,
        place: &Place,
        index: u64,
        values: [Real; 2],
        width: Width,
        strict: bool,
    ) -> u64 {
        let [first, second] = values;
        let criterion = self.options.criterion;
        if !strict && criterion == Criterion::Epsilon && identical(first, second) {
            return 0;
        }
        let verdict = match (self.options.nans, is_nan(first), is_nan(second)) {
            (true, true, true) => Verdict::Same,
            (true, true, false) | (true, false, true) => Verdict::Different,
            _ => real_verdict(first, second, width, criterion),
        };
        self.report(place, index, &verdict, |relative| {
            let conversion = match verdict {
                Verdict::Different | Verdict::Same => "%-15g",
                _ => "%-15.10g",
            };
            let format = Format::parse(conversion).unwrap_or_else(|_| Format::general());
            let values = [first, second, distance(first, second, width)];
            let columns: Vec<_> = values.iter().map(|&value| format.print(value)).collect();
            let columns = columns.join(" ");
            match relative {
                Some(relative) => {
                    let relative = Format::digits(10).print(relative.into());
                    format!("{columns} {}\n", padded(&relative, 14))
                }
                None => columns,
            }
        })
    }

    /// Prints what the verdict says; the columns of values end the line only if it is relative.
    fn report(
        &mut self,
        place: &Place,
        index: u64,
        verdict: &Verdict<f64>,
        columns: impl FnOnce(Option<f64>) -> String,
    ) -> u64 {
        let (relative, end) = match verdict {
            Verdict::Same => return 0,
            Verdict::Different => (None, "\n"),
            Verdict::Relative(relative) => (Some(*relative), ""),
            Verdict::NotComparable => (None, " not comparable\n"),
        };
        let with_relative = !matches!(verdict, Verdict::Different);
        if self.print_position(place, index, 0, with_relative) {
            let columns = columns(relative);
            self.print(format_args!("{columns}{end}"));
        }
        1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_differ_as_in_c() {
        let verdict = |values: Integers, size, criterion| values.verdict(size, criterion);
        let unsigned = Integers::Unsigned(200, 10);
        assert_eq!(unsigned.difference(1), Integers::Unsigned(190, 0));
        // 10 - 200 is 66 as a signed byte.
        assert_eq!(verdict(unsigned, 1, Criterion::Relative(0.1)), Verdict::Relative(66.0 / 200.0));
        assert_eq!(verdict(unsigned, 1, Criterion::Delta(190.0)), Verdict::Same);
        let signed = Integers::Signed(0, 100);
        assert_eq!(verdict(signed, 4, Criterion::Relative(0.1)), Verdict::NotComparable);
        assert_eq!(signed.columns(4), "0               100             100            ");
        let far = Integers::Signed(i32::MIN.into(), 1);
        assert_eq!(far.difference(4), Integers::Signed(i32::MAX.into(), 0));
    }

    #[test]
    fn reals_differ_as_in_c() {
        let real = |value: f64| Real::from(value);
        assert_eq!(double(real(0.1)), 0.1);
        assert_eq!(double(real(-5e-324)), -5e-324);
        let distance = |first: f64, second: f64, width| double(distance(real(first), real(second), width));
        assert_eq!(distance(1.5, -1.0, Width::Extended), 2.5);
        assert_eq!(distance(0.0, -0.25, Width::Extended), 0.25);
        assert_eq!(distance(1e300, 1e-300, Width::Extended), 1e300);
        let (first, second) = (f64::from(0.1_f32), f64::from(0.2_f32));
        assert_eq!(distance(first, second, Width::Single), f64::from(0.2_f32 - 0.1_f32));
        assert!(!identical(real(0.0), real(-0.0)));
        let verdict = real_verdict(real(100.0), real(110.0), Width::Double, Criterion::Relative(0.05));
        assert_eq!(verdict, Verdict::Relative((1.0 - 110.0_f64 / 100.0).abs()));
    }
}
