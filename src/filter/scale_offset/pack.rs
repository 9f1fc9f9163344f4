//! Writing of scale-offset chunks: the minimum, the bits that the distances need, and their codes.

use super::Parameters;
use crate::filter::bits::{BitWriter, low_bits};
use crate::{Error, Result};

/// How a chunk is packed.
pub(super) struct Plan {
    bits: u32,
    /// The minimum, as the bits of an element, sign-extended.
    pub(super) minimum: u64,
}

impl Parameters {
    /// Writes the header, and the code of each value.
    pub(super) fn pack(
        &self,
        plan: &Plan,
        values: impl Iterator<Item = u64>,
        output: &mut Vec<u8>,
        code: impl Fn(u64) -> u64,
    ) {
        output.extend_from_slice(&plan.bits.to_le_bytes());
        output.push(8);
        output.extend_from_slice(&plan.minimum.to_le_bytes());
        output.extend_from_slice(&[0; 8]);
        if plan.bits == self.width() {
            values.for_each(|value| output.extend(value.to_le_bytes().iter().take(self.size)));
            return;
        }
        let mut packed = BitWriter::new(output);
        values.for_each(|value| packed.write(code(value), plan.bits));
        packed.finish();
    }

    /// The plan for integers, of `asked_bits` bits or of as many as are needed if that is 0.
    pub(super) fn plan_integers(
        &self,
        values: impl Iterator<Item = u64>,
        signed: bool,
        asked_bits: u32,
    ) -> Result<Plan> {
        let width = self.width();
        // With its sign bit inverted, a signed number has its place among unsigned ones.
        let sign = if signed { 1_u64.wrapping_shl(width.saturating_sub(1)) } else { 0 };
        let keys = values.filter(|value| Some(*value) != self.fill).map(|value| value ^ sign);
        let (low, high) = keys.fold((u64::MAX, 0), |(low, high), key| (key.min(low), key.max(high)));
        let (low, high) = if low > high { (sign, sign) } else { (low, high) };
        let span = high.wrapping_sub(low);
        if asked_bits == 0 && span > low_bits(width).saturating_sub(2) {
            return Ok(Plan { bits: width, minimum: 0 });
        }
        let codes = span.saturating_add(if self.fill.is_some() { 2 } else { 1 });
        let needed = bits_for(codes);
        if asked_bits != 0 && needed > asked_bits {
            return Err(Error::usage("values too far apart for the bits of the scale-offset filter"));
        }
        let minimum = low ^ sign;
        let negative = minimum & sign != 0;
        let extended = if negative { minimum | !low_bits(width) } else { minimum };
        Ok(Plan { bits: if asked_bits == 0 { needed } else { asked_bits }, minimum: extended })
    }
}

/// How many bits tell `codes` values apart.
fn bits_for(codes: u64) -> u32 {
    64_u32.saturating_sub(codes.saturating_sub(1).leading_zeros())
}

/// Planning and packing of floats, in the arithmetic of their own width.
macro_rules! float_packing {
    ($name:ident, $float:ty, $bits:ty) => {
        pub(super) mod $name {
            #![expect(clippy::arithmetic_side_effects, reason = "arithmetic of floats does not panic")]
            use super::*;

            /// The powers of ten of one number of decimal digits.
            pub(in super::super) struct Scale {
                fill: Option<$float>,
                factor: $float,
                /// Values nearer than this to the fill value are stored as such.
                near: f64,
            }

            impl Scale {
                pub(in super::super) fn new(fill: Option<u64>, digits: i32) -> Self {
                    Self {
                        fill: fill.map(|fill| <$float>::from_bits(fill as $bits)),
                        factor: (10.0 as $float).powf(digits as $float),
                        near: 10_f64.powf(-f64::from(digits)),
                    }
                }

                fn is_fill(&self, value: $float) -> bool {
                    self.fill.is_some_and(|fill| f64::from((value - fill).abs()) < self.near)
                }

                pub(in super::super) fn plan(&self, values: impl Iterator<Item = u64>) -> Result<Plan> {
                    let mut range: Option<($float, $float)> = None;
                    for value in values.map(|bits| <$float>::from_bits(bits as $bits)) {
                        if value.is_nan() {
                            return Err(Error::usage("the scale-offset filter cannot store not-a-number"));
                        }
                        if !self.is_fill(value) {
                            let (low, high) = range.unwrap_or((value, value));
                            let low = if value < low { value } else { low };
                            range = Some((low, if value > high { value } else { high }));
                        }
                    }
                    let (low, high) = range.unwrap_or((0.0, 0.0));
                    let span = (high * self.factor - low * self.factor).round();
                    let half = (2.0 as $float).powi(<$bits>::BITS as i32 - 1);
                    if span.is_nan() || span > half {
                        return Ok(Plan { bits: <$bits>::BITS, minimum: 0 });
                    }
                    let codes = (span as u64).saturating_add(if self.fill.is_some() { 2 } else { 1 });
                    Ok(Plan { bits: bits_for(codes), minimum: u64::from(low.to_bits()) })
                }

                pub(in super::super) fn code(&self, value: u64, minimum: u64) -> u64 {
                    let value = <$float>::from_bits(value as $bits);
                    if self.is_fill(value) {
                        return u64::MAX;
                    }
                    (value * self.factor - <$float>::from_bits(minimum as $bits) * self.factor).round() as u64
                }
            }
        }
    };
}

float_packing!(single, f32, u32);
float_packing!(double, f64, u64);
