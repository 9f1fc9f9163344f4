//! The inverse of the CDF 9/7 wavelet transformation, in lifting steps.
//!
//! The order of operations is that of the writer's own reading: it makes corrections of what it reads.

use super::set::{self, Shape, halved, transformations};

/// The filter's coefficients as published, and what lifting makes of them.
const H: [f64; 5] = [0.602949018236, 0.266864118443, -0.078223266529, -0.016864118443, 0.026748757411];
const R0: f64 = H[0] - 2.0 * H[4] * H[1] / H[3];
const R1: f64 = H[2] - H[4] - H[4] * H[1] / H[3];
const S0: f64 = H[1] - H[3] - H[3] * R0 / R1;
const T0: f64 = H[0] - 2.0 * (H[2] - H[4]);
const ALPHA: f64 = H[4] / H[3];
const BETA: f64 = H[3] / R1;
const GAMMA: f64 = R1 / S0;
const DELTA: f64 = S0 / T0;
const EPSILON: f64 = std::f64::consts::SQRT_2 * T0;

/// Turns coefficients into what they stand for.
pub(super) fn invert(values: &mut [f64], shape: Shape, dims: [u32; 3]) {
    let [x, y, z] = dims;
    let mut inversion = Inversion { values, dims, line: Vec::new() };
    match (shape, set::together(dims)) {
        (Shape::Volume, Some(count)) => {
            for level in (0..count).rev() {
                let len = dims.map(|dim| halved(dim, level));
                inversion.along(2, len);
                inversion.along(1, len);
                inversion.along(0, len);
            }
        }
        _ => {
            for level in (0..transformations(x.min(y))).rev() {
                let len = [halved(x, level), halved(y, level), z];
                inversion.along(1, len);
                inversion.along(0, len);
            }
            for level in (0..transformations(z)).rev() {
                inversion.along(2, [x, y, halved(z, level)]);
            }
        }
    }
}

struct Inversion<'a> {
    values: &'a mut [f64],
    dims: [u32; 3],
    /// A line, its low half first.
    line: Vec<f64>,
}

impl Inversion<'_> {
    /// Inverts one step along an axis, of all its lines in the box at the beginning that has the length `len`.
    fn along(&mut self, axis: usize, len: [u32; 3]) {
        let [x_len, y_len, _] = self.dims.map(|dim| dim as usize);
        let steps = [1, x_len, x_len.saturating_mul(y_len)];
        let (line_len, step) = match (len.get(axis), steps.get(axis)) {
            (Some(len), Some(step)) => (*len as usize, *step),
            _ => return,
        };
        let [x, y, z] =
            std::array::from_fn(|of| if of == axis { 1 } else { len.get(of).map_or(0, |len| *len as usize) });
        for z in 0..z {
            for y in 0..y {
                let row = z.saturating_mul(y_len).saturating_add(y).saturating_mul(x_len);
                for x in 0..x {
                    self.line(row.saturating_add(x), step, line_len);
                }
            }
        }
    }

    /// Inverts a step of the line that starts at `start`.
    fn line(&mut self, start: usize, step: usize, len: usize) {
        let Some(values) = self.values.get_mut(start..) else { return };
        self.line.clear();
        self.line.extend(values.iter().step_by(step).take(len));
        let Some((low, high)) = self.line.split_at_mut_checked(len.div_ceil(2)) else { return };
        low.iter_mut().for_each(|value| *value *= 1.0 / EPSILON);
        high.iter_mut().for_each(|value| *value *= -EPSILON);
        lift_low(low, high, DELTA);
        lift_high(low, high, GAMMA);
        lift_low(low, high, BETA);
        lift_high(low, high, ALPHA);
        let (mut low, mut high) = (low.iter(), high.iter());
        for (nth, to) in values.iter_mut().step_by(step).take(len).enumerate() {
            if let Some(value) = if nth.is_multiple_of(2) { low.next() } else { high.next() } {
                *to = *value;
            }
        }
    }
}

/// Takes from each value of the low half `factor` times its neighbors, which count twice at the ends.
fn lift_low(low: &mut [f64], high: &[f64], factor: f64) {
    let before = std::iter::once(None).chain(high.iter().map(Some));
    let after = high.iter().map(Some).chain(std::iter::once(None));
    lift(low, before.zip(after), factor);
}

/// As [`lift_low`], of the high half.
fn lift_high(low: &[f64], high: &mut [f64], factor: f64) {
    let before = low.iter().map(Some);
    let after = low.iter().skip(1).map(Some).chain(std::iter::once(None));
    lift(high, before.zip(after), factor);
}

fn lift<'a>(
    values: &mut [f64],
    neighbors: impl Iterator<Item = (Option<&'a f64>, Option<&'a f64>)>,
    factor: f64,
) {
    for (value, neighbors) in values.iter_mut().zip(neighbors) {
        *value -= match neighbors {
            (Some(before), Some(after)) => factor * (before + after),
            (Some(only), None) | (None, Some(only)) => 2.0 * factor * only,
            (None, None) => 0.0,
        };
    }
}
