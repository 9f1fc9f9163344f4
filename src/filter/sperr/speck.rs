//! Integers as planes of bits, of which sets without a bit so far are coded as one (SPECK).
//!
//! A stream starts with the number of planes (1 byte) and of bits (8 bytes), the lowest bit of a byte first;
//! fewer bits than that may follow, and then zeros are read to the end of a plane's first or second pass.
//!
//! The first pass of a plane reads, of all numbers that stand alone and then of all sets, the smallest
//! first, whether they have a bit here. A set that has one is divided at once, and its parts are read; a
//! number that has one is followed by its sign (1: positive). The last part of a set must have a bit if no
//! other has. The second pass reads a bit of each number that had one in an earlier plane.

use super::bad;
use super::set::{self, Set, Shape, elements};
use crate::Result;
use crate::filter::codec::zeros;

/// Reads bits, the lowest of a byte first; behind their end, zeros.
pub(super) struct Bits<'a> {
    bytes: &'a [u8],
    count: u64,
    position: u64,
}

impl<'a> Bits<'a> {
    /// The first `count` bits, or as many as there are.
    pub(super) fn new(bytes: &'a [u8], count: u64) -> Self {
        Self { bytes, count: count.min((bytes.len() as u64).saturating_mul(8)), position: 0 }
    }

    pub(super) fn next(&mut self) -> bool {
        let at = self.position;
        self.position = at.saturating_add(1);
        let byte = self.bytes.get((at >> 3) as usize).copied().unwrap_or(0);
        at < self.count && byte.wrapping_shr((at & 7) as u32) & 1 == 1
    }

    fn is_at_end(&self) -> bool {
        self.position >= self.count
    }

    /// Whether more bits were read than there are.
    pub(super) fn is_overrun(&self) -> bool {
        self.position > self.count
    }
}

/// A bit for each number.
pub(super) struct Mask(Vec<u64>);

impl Mask {
    fn zeros(count: usize) -> Result<Self> {
        Ok(Self(zeros(count.div_ceil(64))?))
    }

    fn ones(count: usize) -> Result<Self> {
        let mut mask = Self::zeros(count)?;
        mask.0.fill(u64::MAX);
        Ok(mask)
    }

    pub(super) fn get(&self, at: usize) -> bool {
        self.0.get(at / 64).is_some_and(|word| word.wrapping_shr((at % 64) as u32) & 1 == 1)
    }

    fn set(&mut self, at: usize, value: bool) {
        if let Some(word) = self.0.get_mut(at / 64) {
            let bit = 1_u64.wrapping_shl((at % 64) as u32);
            *word = if value { *word | bit } else { *word & !bit };
        }
    }

    fn word(&self, nth: usize) -> Option<u64> {
        self.0.get(nth).copied()
    }
}

/// The places of the bits of the mask's word `nth`.
fn places(nth: usize, mut word: u64) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let bit = (word != 0).then(|| word.trailing_zeros())?;
        word &= word.wrapping_sub(1);
        nth.checked_mul(64)?.checked_add(bit as usize)
    })
}

/// What a stream decodes to.
pub(super) struct Coefficients {
    pub(super) sizes: Vec<u64>,
    pub(super) positive: Mask,
}

/// A stream whose header has been read.
pub(super) struct Stream<'a> {
    planes: u32,
    count: u64,
    bytes: &'a [u8],
}

impl<'a> Stream<'a> {
    /// Takes a stream from `input`, and gives the rest.
    pub(super) fn new(input: &'a [u8]) -> Result<(Self, &'a [u8])> {
        let truncated = || bad("a chunk is truncated");
        let (planes, rest) = input.split_first().ok_or_else(truncated)?;
        let (count, rest) = rest.split_first_chunk().ok_or_else(truncated)?;
        let count = u64::from_le_bytes(*count);
        if *planes > 64 || *planes == 0 && count != 0 {
            return Err(bad("an invalid number of planes"));
        }
        let len = usize::try_from(count.div_ceil(8)).unwrap_or(usize::MAX).min(rest.len());
        let (bytes, rest) = rest.split_at_checked(len).ok_or_else(truncated)?;
        Ok((Self { planes: u32::from(*planes), count, bytes }, rest))
    }

    /// Whether there are fewer bits than its header says.
    pub(super) fn is_truncated(&self) -> bool {
        (self.bytes.len() as u64).saturating_mul(8) < self.count
    }

    /// Decodes numbers in a box of these dimensions.
    pub(super) fn decode(&self, shape: Shape, dims: [u32; 3]) -> Result<Coefficients> {
        let count = elements(dims);
        let (lists, rings) = set::initial(shape, dims);
        let mut decoder = Decoder {
            bits: Bits::new(self.bytes, self.count),
            shape,
            dims,
            lists,
            rings,
            alone: Mask::zeros(count)?,
            known: Mask::zeros(count)?,
            new: Vec::new(),
            to: Coefficients { sizes: zeros(count)?, positive: Mask::ones(count)? },
        };
        for plane in (0..self.planes).rev() {
            let bit = 1_u64.wrapping_shl(plane);
            decoder.first_pass();
            if decoder.bits.is_at_end() {
                decoder.take_new(bit);
                break;
            }
            decoder.second_pass(bit);
            if decoder.bits.is_at_end() {
                break;
            }
        }
        Ok(decoder.to)
    }
}

struct Decoder<'a> {
    bits: Bits<'a>,
    shape: Shape,
    dims: [u32; 3],
    /// Sets without a bit so far, by their level.
    lists: Vec<Vec<Set>>,
    /// How many rings of a plane are still one set.
    rings: u32,
    /// Numbers without a bit so far that no set has.
    alone: Mask,
    /// Numbers with a bit in an earlier plane, and in this one.
    known: Mask,
    new: Vec<usize>,
    to: Coefficients,
}

impl Decoder<'_> {
    fn first_pass(&mut self) {
        let mut nth = 0_usize;
        while let Some(word) = self.alone.word(nth) {
            for place in places(nth, word) {
                self.number(place, false);
            }
            nth = nth.saturating_add(1);
        }
        for level in (0..self.lists.len()).rev() {
            // Parts lie deeper: nothing is added to this list meanwhile.
            let mut list = self.lists.get_mut(level).map(std::mem::take).unwrap_or_default();
            list.retain(|set| {
                let has_bit = self.bits.next();
                if has_bit {
                    self.divide(*set, level);
                }
                !has_bit
            });
            if let Some(to) = self.lists.get_mut(level) {
                *to = list;
            }
        }
        self.outer_rings();
    }

    /// Reads the rings of a plane that are one set, which is divided from the inside.
    fn outer_rings(&mut self) {
        let mut must = false;
        while self.rings > 0 && (must || self.bits.next()) {
            let level = self.rings as usize;
            let mut found = false;
            for part in set::ring(self.dims, self.rings) {
                if !part.is_empty() {
                    found |= self.part(part, level, false);
                }
            }
            self.rings = self.rings.saturating_sub(1);
            must = !found;
        }
    }

    /// Reads the parts of a set that has a bit.
    fn divide(&mut self, set: Set, level: usize) {
        let (parts, deeper) = set.parts(self.shape);
        let mut parts = parts.into_iter().filter(|part| !part.is_empty()).peekable();
        let mut found = false;
        while let Some(part) = parts.next() {
            let must = !found && parts.peek().is_none();
            found |= self.part(part, level.saturating_add(deeper), must);
        }
    }

    /// Reads whether a part has a bit, unless it must, and all of the part if so.
    fn part(&mut self, part: Set, level: usize, must: bool) -> bool {
        if part.is_element() {
            let place = self.place(part.start);
            self.alone.set(place, true);
            return self.number(place, must);
        }
        let has_bit = must || self.bits.next();
        if has_bit {
            self.divide(part, level);
        } else {
            set::put(&mut self.lists, level, part);
        }
        has_bit
    }

    fn place(&self, [x, y, z]: [u32; 3]) -> usize {
        let [x_len, y_len, _] = self.dims.map(|dim| dim as usize);
        let line = (z as usize).saturating_mul(y_len).saturating_add(y as usize);
        line.saturating_mul(x_len).saturating_add(x as usize)
    }

    /// Reads whether a number has a bit, unless it must, and its sign if so.
    fn number(&mut self, place: usize, must: bool) -> bool {
        let has_bit = must || self.bits.next();
        if has_bit {
            let positive = self.bits.next();
            self.to.positive.set(place, positive);
            self.alone.set(place, false);
            self.new.push(place);
        }
        has_bit
    }

    fn second_pass(&mut self, bit: u64) {
        let half = bit >> 1;
        let mut nth = 0_usize;
        'words: while let Some(word) = self.known.word(nth) {
            for place in places(nth, word) {
                let is_set = self.bits.next();
                if let Some(size) = self.to.sizes.get_mut(place) {
                    *size = match (bit, is_set) {
                        (1, _) => size.wrapping_add(u64::from(is_set)),
                        (_, true) => size.wrapping_add(half),
                        (_, false) => size.wrapping_sub(half),
                    };
                }
                if self.bits.is_at_end() {
                    break 'words;
                }
            }
            nth = nth.saturating_add(1);
        }
        self.take_new(bit);
    }

    /// Puts the new numbers in the middle of what their first bit leaves open.
    fn take_new(&mut self, bit: u64) {
        let middle = bit.wrapping_add(bit).wrapping_sub(bit >> 1).wrapping_sub(1);
        for place in std::mem::take(&mut self.new) {
            if let Some(size) = self.to.sizes.get_mut(place) {
                *size = middle;
            }
            self.known.set(place, true);
        }
    }
}
