//! Counting numbers, one by one where they are small and by their digits.

use std::collections::BTreeMap;

/// How often each number was met.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Counts(BTreeMap<u64, u64>);

impl Counts {
    pub(super) fn add(&mut self, number: u64) {
        *self.0.entry(number).or_default() += 1;
    }

    /// The largest number; 0 if there is none.
    pub(super) fn max(&self) -> u64 {
        self.0.last_key_value().map_or(0, |(&number, _)| number)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The numbers below `limit` that were met, and how often.
    pub(super) fn below(&self, limit: u64) -> impl Iterator<Item = (u64, u64)> + '_ {
        self.0.range(..limit).map(|(&number, &count)| (number, count))
    }

    /// How often 0 was met.
    pub(super) fn zeros(&self) -> u64 {
        self.0.get(&0).copied().unwrap_or(0)
    }

    /// How often numbers above 0 with the same number of digits were met, with the least and the
    /// greatest number of so many digits.
    pub(super) fn bins(&self) -> Vec<(u64, u64, u64)> {
        let mut bins: Vec<(u64, u64, u64)> = Vec::new();
        for (&number, &count) in self.0.range(1..) {
            match bins.last_mut() {
                Some((_, last, total)) if number <= *last => *total += count,
                _ => {
                    let first = 10_u64.pow(number.ilog10());
                    bins.push((first, first.saturating_mul(10).saturating_sub(1), count));
                }
            }
        }
        bins
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_counted_by_their_digits() {
        let mut counts = Counts::default();
        assert!(counts.is_empty() && counts.bins().is_empty());
        [0, 0, 1, 9, 10, 12345, u64::MAX].into_iter().for_each(|number| counts.add(number));
        assert_eq!(counts.zeros(), 2);
        assert_eq!(counts.max(), u64::MAX);
        assert_eq!(counts.below(10).collect::<Vec<_>>(), [(0, 2), (1, 1), (9, 1)]);
        let bins = counts.bins();
        assert_eq!(bins[..3], [(1, 9, 2), (10, 99, 1), (10_000, 99_999, 1)]);
        assert_eq!(bins[3], (10_000_000_000_000_000_000, u64::MAX - 1, 1));
    }
}
