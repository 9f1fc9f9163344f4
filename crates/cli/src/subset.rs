//! Parts of datasets, as they are written after the name of an object or in options.

use crate::c_numbers::strtoull;
use crate::errors::{Error, Result};

/// A hyperslab as far as it is given, a list of one number a dimension for each property.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Subset {
    pub(crate) start: Option<Vec<u64>>,
    pub(crate) stride: Option<Vec<u64>>,
    pub(crate) count: Option<Vec<u64>>,
    pub(crate) block: Option<Vec<u64>>,
}

/// The numbers of a list, whatever separates them, up to where the C tool ends it. One that is too large is
/// the largest.
pub(crate) fn list(text: &str) -> Option<Vec<u64>> {
    let mut rest = text.split([';', ']']).next().unwrap_or_default();
    let mut numbers = Vec::new();
    while let Some(at) = rest.find(|c: char| c.is_ascii_digit()) {
        rest = &rest[at..];
        // A number after `0x` is read in base 16, and its digits as one more number.
        numbers.push(strtoull(rest, None).unwrap_or(u64::MAX));
        rest = rest.trim_start_matches(|c: char| c.is_ascii_digit());
    }
    (!numbers.is_empty()).then_some(numbers)
}

impl Subset {
    /// Splits `path[start;stride;count;block]` into path and subset.
    pub(crate) fn split(text: &str) -> (&str, Option<Self>) {
        let Some((path, lists)) = text.rsplit_once('[') else { return (text, None) };
        let mut lists = lists.split(';').map(list);
        let mut next = || lists.next().flatten();
        let subset = Self { start: next(), stride: next(), count: next(), block: next() };
        (path, Some(subset))
    }

    /// The properties for each dimension, with the defaults for those that are not given. What a list
    /// that is too short leaves open is 0; what is beyond the rank is left out.
    ///
    /// # Errors
    /// That blocks overlap.
    pub(crate) fn properties(&self, rank: usize) -> Result<[Vec<u64>; 4]> {
        let fill = |given: &Option<Vec<u64>>, default: u64| {
            let (mut values, rest) = given.clone().map_or((Vec::new(), default), |values| (values, 0));
            values.resize(rank, rest);
            values
        };
        let (start, stride) = (fill(&self.start, 0), fill(&self.stride, 1));
        let (count, block) = (fill(&self.count, 1), fill(&self.block, 1));
        if (0..rank).any(|dim| count[dim] > 1 && stride[dim] < block[dim]) {
            return Err(Error::new("wrong subset selection; blocks overlap"));
        }
        Ok([start, stride, count, block])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subsets_are_read_from_the_command_line() {
        let (path, subset) = Subset::split("/a b[1,2;;3,4]");
        let expected = Subset { start: Some(vec![1, 2]), count: Some(vec![3, 4]), ..Subset::default() };
        assert_eq!((path, subset.unwrap()), ("/a b", expected.clone()));
        assert_eq!(Subset::split("/a"), ("/a", None));
        assert_eq!(expected.properties(2).unwrap()[1], [1, 1]);
        let short = Subset { count: Some(vec![2]), ..Subset::default() };
        assert_eq!(short.properties(2).unwrap()[2], [2, 0]);
        assert_eq!(expected.properties(1).unwrap()[2], [3]);
        let (_, overlapping) = Subset::split("/g/x[1, 2;;3,4;5,6]");
        assert!(overlapping.unwrap().properties(2).is_err());
    }

    #[test]
    fn numbers_of_lists_are_those_of_c() {
        assert_eq!(list("010, 7x12]5"), Some(vec![8, 7, 12]));
        assert_eq!(list("0x1f"), Some(vec![31, 1]));
        assert_eq!(list(" ;1"), None);
        assert_eq!(list("99999999999999999999"), Some(vec![u64::MAX]));
    }
}
