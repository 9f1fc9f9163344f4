//! Contexts and codes of prediction errors (T.87, annex A and C.2.4.1.1).
#![expect(
    clippy::arithmetic_side_effects,
    reason = "samples, errors and their sums over RESET stay below 2^40"
)]

use super::bad;
use super::bits::Bits;
use crate::Result;

/// Thresholds that an image sets; 0 for the usual ones.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Presets {
    pub(super) max: u32,
    pub(super) thresholds: [u32; 3],
    pub(super) reset: u32,
}

/// What the contexts of a scan share.
#[derive(Debug, Clone, Copy)]
pub(super) struct Coding {
    /// The largest sample.
    pub(super) max: i64,
    /// The largest error of a decoded sample.
    pub(super) near: i64,
    thresholds: [i64; 3],
    reset: i64,
    range: i64,
    /// Bits of an error that is not coded by its context.
    error_bits: u32,
    /// The longest code.
    limit: u32,
}

/// The largest error of a prediction that is possible.
const MAX_ERROR: i64 = 65_535;

impl Coding {
    pub(super) fn new(bits: u32, near: u32, presets: &Presets) -> Result<Self> {
        let full = (1_i64 << bits) - 1;
        let max = if presets.max == 0 { full } else { i64::from(presets.max) };
        let near = i64::from(near);
        if max > full {
            return Err(bad("presets out of range"));
        }
        let mut thresholds = default_thresholds(max, near);
        let mut least = near + 1;
        for (threshold, &preset) in thresholds.iter_mut().zip(&presets.thresholds) {
            if preset != 0 {
                *threshold = i64::from(preset);
                if !(least..=max).contains(threshold) {
                    return Err(bad("presets out of range"));
                }
            }
            least = *threshold;
        }
        let reset = if presets.reset == 0 { 64 } else { i64::from(presets.reset) };
        if reset < 3 {
            return Err(bad("presets out of range"));
        }
        let range = (max + 2 * near) / (2 * near + 1) + 1;
        let sample_bits = bits_of(max + 1).max(2);
        Ok(Self {
            max,
            near,
            thresholds,
            reset,
            range,
            error_bits: bits_of(range),
            limit: 2 * (sample_bits + sample_bits.max(8)),
        })
    }

    /// The gradient's class, -4 to 4.
    fn quantize(&self, gradient: i64) -> i64 {
        let size = gradient.abs();
        let [t1, t2, t3] = self.thresholds;
        let class = i64::from(size > self.near)
            + i64::from(size >= t1)
            + i64::from(size >= t2)
            + i64::from(size >= t3);
        class * gradient.signum()
    }

    /// The context of three gradients, and the sign of errors in it; none where the image is flat.
    pub(super) fn context(&self, gradients: [i64; 3]) -> Option<(usize, i64)> {
        let [first, second, third] = gradients.map(|gradient| self.quantize(gradient));
        let joint = 81 * first + 9 * second + third;
        (joint != 0).then(|| (joint.unsigned_abs() as usize, joint.signum()))
    }

    /// The sample that differs from its prediction by `error` quanta.
    pub(super) fn sample(&self, predicted: i64, error: i64) -> i64 {
        let quantum = 2 * self.near + 1;
        let sample = predicted + error * quantum;
        let sample = if sample < -self.near {
            sample + self.range * quantum
        } else if sample > self.max + self.near {
            sample - self.range * quantum
        } else {
            sample
        };
        sample.clamp(0, self.max)
    }

    /// Reads a code with `k` low bits, none longer than the limit less `less`.
    fn code(&self, bits: &mut Bits<'_>, k: u32, less: u32) -> Result<i64> {
        let most = self.limit.saturating_sub(less + self.error_bits + 1);
        let zeros = bits.zeros(most)?;
        if zeros == most {
            return Ok(i64::from(bits.read(self.error_bits)?) + 1);
        }
        Ok(i64::from(zeros) << k | i64::from(bits.read(k)?))
    }
}

/// Bits that numbers below `count` need.
fn bits_of(count: i64) -> u32 {
    64 - (count - 1).leading_zeros()
}

fn default_thresholds(max: i64, near: i64) -> [i64; 3] {
    let bases = if max >= 128 {
        let factor = (max.min(4095) + 128) / 256;
        [factor + 2 + 3 * near, 4 * factor + 3 + 5 * near, 17 * factor + 4 + 7 * near]
    } else {
        let factor = 256 / (max + 1);
        [(3 / factor + 3 * near).max(2), (7 / factor + 5 * near).max(3), (21 / factor + 7 * near).max(4)]
    };
    let mut least = near + 1;
    bases.map(|base| {
        least = if base > max || base < least { least } else { base };
        least
    })
}

/// How many low bits the codes have of `count` errors that amount to `sum`.
fn low_bits(count: i64, sum: i64) -> Result<u32> {
    let k = (0..=17).find(|k| count << k >= sum);
    k.ok_or_else(|| bad("errors out of range"))
}

/// The errors of predictions in one context.
#[derive(Debug, Clone, Copy)]
pub(super) struct Context {
    /// Sum of sizes (A), of errors (B), correction of predictions (C), and how many there were (N).
    sum: i64,
    bias: i64,
    correction: i64,
    count: i64,
}

impl Context {
    pub(super) fn new(coding: &Coding) -> Self {
        Self { sum: ((coding.range + 32) / 64).max(2), bias: 0, correction: 0, count: 1 }
    }

    /// Reads a sample of which `predicted` is the prediction; its errors have the sign `sign`.
    pub(super) fn sample(
        &mut self,
        coding: &Coding,
        bits: &mut Bits<'_>,
        predicted: i64,
        sign: i64,
    ) -> Result<i64> {
        let predicted = (predicted + sign * self.correction).clamp(0, coding.max);
        let k = low_bits(self.count, self.sum)?;
        let code = coding.code(bits, k, 0)?;
        let mut error = if code & 1 == 0 { code >> 1 } else { -((code + 1) >> 1) };
        if coding.near == 0 && k == 0 && 2 * self.bias <= -self.count {
            error = -error - 1;
        }
        if error.abs() > MAX_ERROR {
            return Err(bad("errors out of range"));
        }
        self.update(coding, error);
        Ok(coding.sample(predicted, sign * error))
    }

    fn update(&mut self, coding: &Coding, error: i64) {
        self.bias += error * (2 * coding.near + 1);
        self.sum += error.abs();
        if self.count == coding.reset {
            self.sum >>= 1;
            self.bias >>= 1;
            self.count >>= 1;
        }
        self.count += 1;
        if self.bias <= -self.count {
            self.bias = (self.bias + self.count).max(1 - self.count);
            self.correction = (self.correction - 1).max(-128);
        } else if self.bias > 0 {
            self.bias = (self.bias - self.count).min(0);
            self.correction = (self.correction + 1).min(127);
        }
    }
}

/// The errors of samples that interrupt a run, either next to equal neighbors or not.
#[derive(Debug, Clone, Copy)]
pub(super) struct RunContext {
    equal: bool,
    sum: i64,
    count: i64,
    negative: i64,
}

impl RunContext {
    pub(super) fn new(coding: &Coding, equal: bool) -> Self {
        Self { equal, sum: Context::new(coding).sum, count: 1, negative: 0 }
    }

    /// Reads an error, after a run whose length has `run_bits` bits.
    pub(super) fn error(&mut self, coding: &Coding, bits: &mut Bits<'_>, run_bits: u32) -> Result<i64> {
        let equal = i64::from(self.equal);
        let k = low_bits(self.count, self.sum + equal * (self.count >> 1))?;
        let code = coding.code(bits, k, run_bits + 1)?;
        let folded = code + equal;
        let size = (folded + 1) >> 1;
        let is_odd = folded & 1 == 1;
        let error = if (k != 0 || 2 * self.negative >= self.count) == is_odd { -size } else { size };
        if size > MAX_ERROR {
            return Err(bad("errors out of range"));
        }
        self.negative += i64::from(error < 0);
        self.sum += (code + 1 - equal) >> 1;
        if self.count == coding.reset {
            self.sum >>= 1;
            self.count >>= 1;
            self.negative >>= 1;
        }
        self.count += 1;
        Ok(error)
    }
}
