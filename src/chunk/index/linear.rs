//! Chunk coordinates to element numbers and back, for the indexes that are arrays.

use std::ops::Range;

use crate::format::Address;
use crate::format::chunk_index::ChunkElement;
use crate::format::message::dataspace::Dataspace;
use crate::store::Store;
use crate::{Error, Result};

use super::{ChunkRecord, ChunkVisitor, inside};

/// An index that is an array of elements, one a chunk.
pub(super) trait ElementArray {
    /// The element of that number.
    fn get(&self, store: &Store, index: u64) -> Result<ChunkElement>;

    /// Calls `visit` with every element in the range that is present, in order. What is not in the file
    /// is skipped without looking at each element.
    fn visit(
        &self,
        store: &Store,
        range: Range<u64>,
        visit: &mut dyn FnMut(u64, ChunkElement) -> Result<()>,
    ) -> Result<()>;

    /// Changes an element, in memory until the next flush.
    fn set(&mut self, store: &Store, index: u64, element: ChunkElement) -> Result<()>;
}

/// The numbering of a dataset's chunks.
///
/// It is that of the maximum shape, so it does not change when the dataset is resized: the
/// unlimited dimension, if there is one, varies slowest; the others follow in their order.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Numbering {
    /// Per dimension of the dataset: number of chunks, `u64::MAX` for unlimited.
    counts: Vec<u64>,
    /// Dimensions from the one that varies slowest.
    order: Vec<usize>,
    /// In that order: how much the number grows with the coordinate.
    strides: Vec<u64>,
    /// Bytes of a chunk before its filters.
    chunk_bytes: u64,
    filtered: bool,
}

impl Numbering {
    pub(super) fn new(
        max_dims: &[u64],
        chunk_dims: &[u64],
        chunk_bytes: u64,
        filtered: bool,
    ) -> Result<Self> {
        let mut counts = Vec::with_capacity(max_dims.len());
        let mut order: Vec<usize> = (0..max_dims.len()).collect();
        for (dimension, (&dim, &chunk)) in max_dims.iter().zip(chunk_dims).enumerate() {
            if dim == Dataspace::UNLIMITED {
                order.retain(|&other| other != dimension);
                order.insert(0, dimension);
                counts.push(u64::MAX);
            } else {
                let count = dim.checked_add(chunk.saturating_sub(1)).and_then(|sum| sum.checked_div(chunk));
                counts.push(count.ok_or_else(|| Error::format("the chunk shape is out of range"))?);
            }
        }
        if counts.iter().filter(|&&count| count == u64::MAX).count() > 1 {
            return Err(Error::format("an array index for more than one unlimited dimension"));
        }
        let mut strides = vec![1_u64; order.len()];
        let mut product = Some(1_u64);
        for (stride, dimension) in strides.iter_mut().zip(&order).rev() {
            *stride = product.ok_or_else(|| Error::format("the maximum shape has too many chunks"))?;
            let count = counts.get(*dimension).copied().unwrap_or(0);
            // Only the slowest dimension is unlimited, and its count is in no stride.
            product = stride.checked_mul(count).or(if count == u64::MAX { Some(u64::MAX) } else { None });
        }
        if product.is_none() {
            return Err(Error::format("the maximum shape has too many chunks"));
        }
        Ok(Self { counts, order, strides, chunk_bytes, filtered })
    }

    /// Number of chunks of the maximum shape, if it is bounded.
    pub(super) fn total(&self) -> Option<u64> {
        if self.counts.contains(&u64::MAX) {
            return None;
        }
        // Cannot overflow: checked when this was made.
        self.counts.iter().try_fold(1_u64, |product, &count| product.checked_mul(count))
    }

    /// The number of a chunk, if the maximum shape has it.
    pub(super) fn number(&self, scaled: &[u64]) -> Option<u64> {
        if scaled.len() != self.counts.len() || scaled.iter().zip(&self.counts).any(|(at, count)| at >= count)
        {
            return None;
        }
        self.order.iter().zip(&self.strides).try_fold(0_u64, |sum, (&dimension, &stride)| {
            sum.checked_add(scaled.get(dimension)?.checked_mul(stride)?)
        })
    }

    /// The coordinates of the chunk of that number.
    fn coordinates(&self, number: u64, scaled: &mut [u64]) {
        let mut rest = number;
        for (&dimension, &stride) in self.order.iter().zip(&self.strides) {
            if let Some(at) = scaled.get_mut(dimension) {
                *at = rest.checked_div(stride).unwrap_or(0);
            }
            rest = rest.checked_rem(stride).unwrap_or(0);
        }
    }

    /// The chunk of an element, if it is present.
    pub(super) fn record(&self, element: ChunkElement) -> Option<ChunkRecord> {
        let size = if self.filtered { element.size } else { self.chunk_bytes };
        element.address.get().map(|address| ChunkRecord { address, size, filter_mask: element.filter_mask })
    }

    /// The element that stands for a chunk.
    pub(super) fn element(&self, chunk: ChunkRecord) -> ChunkElement {
        let (size, filter_mask) = if self.filtered { (chunk.size, chunk.filter_mask) } else { (0, 0) };
        ChunkElement { address: Address::new(chunk.address), size, filter_mask }
    }

    /// Calls `visit` with every chunk present in `array` whose coordinates are from `low` to below
    /// `high` in each dimension.
    pub(super) fn visit_box(
        &self,
        array: &impl ElementArray,
        store: &Store,
        low: &[u64],
        high: &[u64],
        visit: ChunkVisitor<'_>,
    ) -> Result<()> {
        let rank = self.counts.len();
        if low.len() != rank || high.len() != rank {
            return Err(Error::usage("chunk coordinates of another rank"));
        }
        let high: Vec<u64> = high.iter().zip(&self.counts).map(|(&high, &count)| high.min(count)).collect();
        if low.iter().zip(&high).any(|(low, high)| low >= high) {
            return Ok(());
        }
        let Runs { outer, len, runs } = self.runs(low, &high);
        // A file cannot hold more chunks than bytes. More runs than that: rather look at all chunks.
        if runs > store.volume() {
            return self.visit_span(array, store, low, &high, visit);
        }
        let mut scaled = vec![0; rank];
        let mut start = low.to_vec();
        loop {
            let first = self.number(&start).ok_or_else(too_many)?;
            let end = first.saturating_add(len);
            array.visit(store, first..end, &mut |number, element| match self.record(element) {
                None => Ok(()),
                Some(record) => {
                    self.coordinates(number, &mut scaled);
                    visit(&scaled, record)
                }
            })?;
            if !self.advance(outer, low, &high, &mut start) {
                return Ok(());
            }
        }
    }

    /// The runs of consecutive numbers that make up a box.
    fn runs(&self, low: &[u64], high: &[u64]) -> Runs {
        let extent = |dimension: usize| match (low.get(dimension), high.get(dimension)) {
            (Some(&low), Some(&high)) => high.saturating_sub(low),
            _ => 0,
        };
        let mut outer = self.order.len();
        let mut len = 1_u64;
        while let Some(next) = outer.checked_sub(1)
            && let Some(&dimension) = self.order.get(next)
        {
            outer = next;
            len = len.saturating_mul(extent(dimension));
            if self.counts.get(dimension) != Some(&extent(dimension)) {
                break;
            }
        }
        let runs = self.order.iter().take(outer).fold(1_u64, |runs, &d| runs.saturating_mul(extent(d)));
        Runs { outer, len, runs }
    }

    /// Steps to the start of the next run; false after the last.
    fn advance(&self, outer: usize, low: &[u64], high: &[u64], start: &mut [u64]) -> bool {
        for &dimension in self.order.iter().take(outer).rev() {
            let (Some(at), Some(&low), Some(&high)) =
                (start.get_mut(dimension), low.get(dimension), high.get(dimension))
            else {
                return false;
            };
            *at = at.saturating_add(1);
            if *at < high {
                return true;
            }
            *at = low;
        }
        false
    }

    /// Like `visit_box`, by looking at every element from the first to the last of the box.
    fn visit_span(
        &self,
        array: &impl ElementArray,
        store: &Store,
        low: &[u64],
        high: &[u64],
        visit: ChunkVisitor<'_>,
    ) -> Result<()> {
        let last: Vec<u64> = high.iter().map(|high| high.saturating_sub(1)).collect();
        let first = self.number(low).ok_or_else(too_many)?;
        let end = self.number(&last).map_or(u64::MAX, |last| last.saturating_add(1));
        let mut scaled = vec![0; self.counts.len()];
        array.visit(store, first..end, &mut |number, element| {
            self.coordinates(number, &mut scaled);
            match self.record(element) {
                Some(record) if inside(&scaled, low, high) => visit(&scaled, record),
                _ => Ok(()),
            }
        })
    }
}

/// How a box is visited.
struct Runs {
    /// How many of the slowest dimensions are stepped through.
    outer: usize,
    /// Elements of a run.
    len: u64,
    /// Number of runs.
    runs: u64,
}

fn too_many() -> Error {
    Error::usage("the chunk number does not fit 64 bits")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]
    use super::*;
    use proptest::prelude::*;

    /// Every element is present, at an address that is its number.
    struct Full;

    impl ElementArray for Full {
        fn get(&self, _: &Store, index: u64) -> Result<ChunkElement> {
            Ok(ChunkElement { address: Address::new(index), ..ChunkElement::ABSENT })
        }
        fn visit(
            &self,
            store: &Store,
            range: Range<u64>,
            visit: &mut dyn FnMut(u64, ChunkElement) -> Result<()>,
        ) -> Result<()> {
            range.into_iter().try_for_each(|index| visit(index, self.get(store, index)?))
        }
        fn set(&mut self, _: &Store, _: u64, _: ChunkElement) -> Result<()> {
            Ok(())
        }
    }

    proptest! {
        #[test]
        fn boxes_are_visited_whole_and_once(
            shape in proptest::collection::vec((1_u64..5, 1_u64..4, 0_u64..4, 1_u64..4), 1..4),
            unlimited in proptest::option::of(0_usize..4),
        ) {
            let max: Vec<u64> = shape.iter().enumerate()
                .map(|(d, s)| if unlimited == Some(d) { u64::MAX } else { s.0 * s.1 - s.1 / 2 }).collect();
            let chunk: Vec<u64> = shape.iter().map(|s| s.1).collect();
            let low: Vec<u64> = shape.iter().map(|s| s.2).collect();
            let high: Vec<u64> = shape.iter().map(|s| s.2 + s.3).collect();
            let numbering = Numbering::new(&max, &chunk, 8, false).unwrap();
            let store = Store::for_tests();
            let mut expected = 1;
            for (high, count) in high.iter().zip(&numbering.counts).map(|(&h, &c)| (h.min(c), c)).zip(&low)
                .map(|((h, _), l)| (h, l)) {
                expected *= high.saturating_sub(*count);
            }
            for span in [false, true] {
                let mut seen = std::collections::BTreeSet::new();
                let mut check = |scaled: &[u64], record: ChunkRecord| {
                    assert_eq!(numbering.number(scaled), Some(record.address));
                    assert!(scaled.iter().zip(&low).all(|(at, low)| at >= low));
                    assert!(scaled.iter().zip(&high).all(|(at, high)| at < high));
                    assert!(seen.insert(scaled.to_vec()));
                    Ok(())
                };
                if span && expected > 0 {
                    let high: Vec<u64> = high.iter().zip(&numbering.counts).map(|(&h, &c)| h.min(c)).collect();
                    numbering.visit_span(&Full, &store, &low, &high, &mut check).unwrap();
                } else {
                    numbering.visit_box(&Full, &store, &low, &high, &mut check).unwrap();
                }
                prop_assert_eq!(seen.len() as u64, expected);
            }
        }
    }

    #[test]
    fn the_unlimited_dimension_is_slowest() {
        let numbering = Numbering::new(&[5, u64::MAX, 7], &[2, 2, 3], 8, false).unwrap();
        assert_eq!(numbering.number(&[1, 0, 2]), Some(5));
        assert_eq!(numbering.number(&[0, 1, 0]), Some(9));
        assert_eq!(numbering.number(&[3, 0, 0]), None);
        assert_eq!(numbering.total(), None);
    }

    #[test]
    fn impossible_shapes_are_errors() {
        assert!(Numbering::new(&[4], &[0], 8, false).is_err());
        assert!(Numbering::new(&[u64::MAX, u64::MAX], &[1, 1], 8, false).is_err());
        assert!(Numbering::new(&[1 << 40, 1 << 40], &[1, 1], 8, false).is_err());
        assert_eq!(Numbering::new(&[0, 3], &[1, 1], 8, false).unwrap().total(), Some(0));
    }
}
