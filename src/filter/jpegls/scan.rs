//! The lines of a scan (T.87, A.2 to A.7).
#![expect(clippy::arithmetic_side_effects, reason = "places are within a line, and samples have 16 bits")]

use super::bad;
use super::bits::Bits;
use super::model::{Coding, Context, RunContext};
use crate::Result;

/// How the samples of several components follow each other.
#[derive(Debug, Clone, Copy)]
pub(super) enum Interleave {
    /// A line of each component.
    Line,
    /// A sample of each component.
    Sample,
}

/// Bits of the lengths of runs (J).
const RUN_BITS: [u8; 32] =
    [0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 9, 10, 11, 12, 13, 14, 15];

/// Two lines of a component; sample n is at n + 1, and both ends hold what the neighbors beyond count as.
struct Lines {
    above: Vec<u16>,
    current: Vec<u16>,
    /// The place in [`RUN_BITS`].
    run: usize,
}

/// What is known around a sample: left, above, above left, above right (a, b, c, d).
struct Around {
    left: i64,
    above: i64,
    corner: i64,
    right: i64,
}

impl Around {
    fn gradients(&self) -> [i64; 3] {
        [self.right - self.above, self.above - self.corner, self.corner - self.left]
    }

    /// The prediction that looks for edges.
    fn prediction(&self) -> i64 {
        let (low, high) = (self.left.min(self.above), self.left.max(self.above));
        (self.left + self.above - self.corner).clamp(low, high)
    }
}

impl Lines {
    fn new(samples: usize) -> Self {
        Self { above: vec![0; samples + 2], current: vec![0; samples + 2], run: 0 }
    }

    /// Makes the current line the one above the next.
    fn next(&mut self) {
        std::mem::swap(&mut self.above, &mut self.current);
        let samples = self.above.len().saturating_sub(2);
        let (first, last) = (at(&self.above, 1), at(&self.above, samples));
        set(&mut self.above, samples + 1, last);
        set(&mut self.current, 0, first);
    }

    fn around(&self, x: usize) -> Around {
        Around {
            left: at(&self.current, x),
            above: at(&self.above, x + 1),
            corner: at(&self.above, x),
            right: at(&self.above, x + 2),
        }
    }

    fn put(&mut self, x: usize, sample: i64) {
        set(&mut self.current, x + 1, sample);
    }
}

fn at(line: &[u16], place: usize) -> i64 {
    line.get(place).copied().map_or(0, i64::from)
}

fn set(line: &mut [u16], place: usize, sample: i64) {
    if let Some(to) = line.get_mut(place) {
        *to = sample as u16;
    }
}

/// Reads the lines of a scan.
pub(super) struct Scan<'a> {
    coding: Coding,
    bits: Bits<'a>,
    components: Vec<Lines>,
    samples: usize,
    contexts: Vec<Context>,
    different: RunContext,
    equal: RunContext,
}

impl<'a> Scan<'a> {
    pub(super) fn new(coding: Coding, bits: Bits<'a>, components: usize, samples: usize) -> Self {
        Self {
            bits,
            components: (0..components).map(|_| Lines::new(samples)).collect(),
            samples,
            contexts: vec![Context::new(&coding); 365],
            different: RunContext::new(&coding, false),
            equal: RunContext::new(&coding, true),
            coding,
        }
    }

    /// What stands behind the scan.
    pub(super) fn rest(self) -> &'a [u8] {
        self.bits.rest()
    }

    /// Reads the next line of each component.
    pub(super) fn line(&mut self, interleave: Interleave) -> Result<()> {
        let mut components = std::mem::take(&mut self.components);
        components.iter_mut().for_each(Lines::next);
        match interleave {
            Interleave::Line => {
                for lines in &mut components {
                    self.component_line(std::slice::from_mut(lines))?;
                }
            }
            Interleave::Sample => self.component_line(&mut components)?,
        }
        self.components = components;
        Ok(())
    }

    /// Writes the current line's samples of `sample_len` bytes, pixel by pixel.
    pub(super) fn put(&self, sample_len: usize, pixels: &mut [u8]) {
        let count = self.components.len();
        for (nth, lines) in self.components.iter().enumerate() {
            let places = pixels.chunks_exact_mut(sample_len).skip(nth).step_by(count.max(1));
            for (to, sample) in places.zip(lines.current.iter().skip(1)) {
                to.iter_mut().zip(sample.to_le_bytes()).for_each(|(to, byte)| *to = byte);
            }
        }
    }

    /// Reads a line, whose pixels have a sample of each of the components.
    fn component_line(&mut self, components: &mut [Lines]) -> Result<()> {
        let mut x = 0;
        while x < self.samples {
            let flat =
                components.iter().all(|lines| self.coding.context(lines.around(x).gradients()).is_none());
            if flat {
                x += self.run(components, x)?;
                continue;
            }
            for lines in components.iter_mut() {
                let around = lines.around(x);
                // A flat sample among others of its pixel has the context 0 and no sign.
                let (context, sign) = self.coding.context(around.gradients()).unwrap_or((0, 1));
                let context = self.contexts.get_mut(context).ok_or_else(|| bad("an invalid context"))?;
                let sample = context.sample(&self.coding, &mut self.bits, around.prediction(), sign)?;
                lines.put(x, sample);
            }
            x += 1;
        }
        Ok(())
    }

    /// Reads a run of pixels like the one at the left, with the pixel that interrupts it, and tells how many
    /// they are.
    fn run(&mut self, components: &mut [Lines], x: usize) -> Result<usize> {
        let left = self.samples - x;
        let mut place = components.first().map_or(0, |lines| lines.run);
        let run_bits = |place: usize| u32::from(RUN_BITS.get(place).copied().unwrap_or(15));
        let mut len = 0;
        while len < left && self.bits.read(1)? == 1 {
            let step = 1_usize << run_bits(place);
            if step <= left - len {
                place = (place + 1).min(31);
            }
            len += step.min(left - len);
        }
        if len < left {
            len += self.bits.read(run_bits(place))? as usize;
        }
        if len > left {
            return Err(bad("a run beyond its line"));
        }
        for lines in components.iter_mut() {
            let sample = lines.around(x).left;
            (x..x + len).for_each(|x| lines.put(x, sample));
        }
        if len < left {
            let of_one = components.len() == 1;
            for lines in components.iter_mut() {
                let Around { left, above, .. } = lines.around(x + len);
                let equal = of_one && (left - above).abs() <= self.coding.near;
                let context = if equal { &mut self.equal } else { &mut self.different };
                let error = context.error(&self.coding, &mut self.bits, run_bits(place))?;
                let (predicted, sign) =
                    if equal { (left, 1) } else { (above, if left > above { -1 } else { 1 }) };
                lines.put(x + len, self.coding.sample(predicted, sign * error));
            }
            len += 1;
            place = place.saturating_sub(1);
        }
        if let Some(lines) = components.first_mut() {
            lines.run = place;
        }
        Ok(len)
    }
}
