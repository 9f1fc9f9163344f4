//! Floating-point numbers of any width.

/// A number: exact, whatever type it was stored as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Real {
    /// mantissa × 2^exponent.
    Finite {
        /// Whether the sign bit is set, zero included.
        negative: bool,
        /// The digits.
        mantissa: u128,
        /// The power of two.
        exponent: i32,
    },
    /// Beyond all numbers.
    Infinite {
        /// Whether the sign bit is set.
        negative: bool,
    },
    /// No number.
    NotANumber {
        /// Whether the sign bit is set.
        negative: bool,
    },
}

impl Real {
    pub(crate) fn is_negative(self) -> bool {
        match self {
            Self::Finite { negative, .. } | Self::Infinite { negative } | Self::NotANumber { negative } => {
                negative
            }
        }
    }

    /// Rounds, half to even, to a binary format of `bits` digits whose exponents, as IEEE 754 counts
    /// them, go from `min` to `max`.
    pub(crate) fn rounded(self, bits: u32, min: i32, max: i32) -> Self {
        let Self::Finite { negative, mantissa, exponent } = self else { return self };
        let len = 128 - mantissa.leading_zeros() as i32;
        // The power of two of the last digit that can be kept.
        let last = (exponent + len).max(min + 1) - bits as i32;
        let drop = last - exponent;
        let (mut mantissa, mut exponent) = (mantissa, exponent);
        if drop > 127 {
            (mantissa, exponent) = (0, 0);
        } else if drop > 0 {
            let half = 1_u128 << (drop - 1);
            let rest = mantissa & ((half << 1) - 1);
            mantissa >>= drop;
            mantissa += u128::from(rest > half || (rest == half && mantissa & 1 == 1));
            exponent = last;
        }
        Self::Finite { negative, mantissa, exponent }.limited(max)
    }

    /// Converts to such a format as the C library does: halves go up, and no digit is carried into the
    /// next power of two if the number is subnormal before or after.
    pub(crate) fn converted(self, subnormal: bool, bits: u32, min: i32, max: i32) -> Self {
        let Self::Finite { negative, mantissa, exponent } = self else { return self };
        if mantissa == 0 {
            return self;
        }
        let zero = Self::Finite { negative, mantissa: 0, exponent: 0 };
        // Digits behind the first: those that there are, and those that are kept.
        let digits = 127 - mantissa.leading_zeros() as i32;
        let top = exponent.saturating_add(digits);
        let subnormal = subnormal || top < min;
        let kept = (bits as i32 - 1).min(bits as i32 - 1 - (min - top));
        let lowest = Self::Finite { negative, mantissa: 1, exponent: min - (bits as i32 - 1) };
        match kept {
            ..-1 => return zero,
            // At least half of the smallest number.
            -1 => return lowest,
            _ if digits <= kept => return self.limited(max),
            _ => {}
        }
        let drop = digits - kept;
        let up = mantissa >> (drop - 1) & 1 == 1;
        let one = 1_u128 << kept;
        let fraction = (mantissa >> drop & (one - 1)) + u128::from(up);
        let mantissa = match fraction == one {
            false => one | fraction,
            // The largest number is not rounded up to infinity.
            true if top == max => one | (one - 1),
            true if subnormal => one,
            true => one << 1,
        };
        Self::Finite { negative, mantissa, exponent: exponent + drop }.limited(max)
    }

    /// Infinite beyond the largest exponent.
    fn limited(self, max: i32) -> Self {
        match self {
            Self::Finite { negative, mantissa, exponent } if mantissa != 0 => {
                let top = exponent.saturating_add(127 - mantissa.leading_zeros() as i32);
                if top > max { Self::Infinite { negative } } else { self }
            }
            _ => self,
        }
    }
}

impl From<f64> for Real {
    fn from(value: f64) -> Self {
        let bits = value.to_bits();
        let negative = bits >> 63 != 0;
        let fraction = u128::from(bits & ((1 << 52) - 1));
        match (bits >> 52 & 0x7ff) as i32 {
            0x7ff if fraction == 0 => Self::Infinite { negative },
            0x7ff => Self::NotANumber { negative },
            0 => Self::Finite { negative, mantissa: fraction, exponent: -1074 },
            exponent => Self::Finite { negative, mantissa: fraction | 1 << 52, exponent: exponent - 1075 },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_c_library_rounds_halves_up() {
        let float = |mantissa, exponent, subnormal| {
            let real = Real::Finite { negative: false, mantissa, exponent };
            match real.converted(subnormal, 11, -14, 15) {
                Real::Finite { mantissa, exponent, .. } => mantissa as f64 * 2_f64.powi(exponent),
                _ => f64::INFINITY,
            }
        };
        assert_eq!(float(0b1000_0000_0001, -11, false), 1.0 + 2_f64.powi(-10));
        assert_eq!(float(0b1111_1111_1111, -11, false), 2.0);
        assert_eq!(float(0b1111_1111_1111, -11, true), 1.0);
        assert_eq!(float(0b1111_1111_1111, 4, false), 65504.0);
        assert_eq!(float(1, 16, false), f64::INFINITY);
        assert_eq!(float(0b11, -25, false), 2_f64.powi(-24));
        assert_eq!(float(1, -25, false), 2_f64.powi(-24));
        assert_eq!(float(1, -26, false), 0.0);
    }

    #[test]
    fn doubles_round_to_floats_as_the_processor_does() {
        for value in [0.1, 1.0, 16_777_217.0, 16_777_219.0, 1e-45, 7e-46, 3.5e38, 1e-40, f64::MAX, 0.0] {
            let float = Real::from(value).rounded(24, -126, 127);
            let expected = Real::from(f64::from(value as f32));
            let normal = |real| match real {
                Real::Finite { negative, mantissa, exponent } if mantissa != 0 => {
                    let shift = mantissa.trailing_zeros();
                    Real::Finite { negative, mantissa: mantissa >> shift, exponent: exponent + shift as i32 }
                }
                Real::Finite { negative, .. } => Real::Finite { negative, mantissa: 0, exponent: 0 },
                other => other,
            };
            assert_eq!(normal(float), normal(expected), "{value}");
        }
    }
}
