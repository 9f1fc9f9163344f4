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
        self.converted(u32::MAX, bits, min, max)
    }

    /// [Rounds](Self::rounded) a number of a format of `source` digits as the C library does: if these
    /// are no more than `bits`, a number below the smallest exponent is cut.
    pub(crate) fn converted(self, source: u32, bits: u32, min: i32, max: i32) -> Self {
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
            let up = rest > half || (rest == half && mantissa & 1 == 1);
            if up && source > bits {
                mantissa += 1;
            }
            exponent = last;
        }
        let len = 128 - mantissa.leading_zeros() as i32;
        if mantissa != 0 && exponent + len - 1 > max {
            return Self::Infinite { negative };
        }
        Self::Finite { negative, mantissa, exponent }
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
