//! Parts of datasets, as they are written after the name of an object.

use hdfive::Selection;

use crate::selection::hyperslab;

/// A hyperslab: `[START;STRIDE;COUNT;BLOCK]`, each a list of one number a dimension, or left out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Subset {
    start: Option<Vec<u64>>,
    stride: Option<Vec<u64>>,
    count: Option<Vec<u64>>,
    block: Option<Vec<u64>>,
}

/// A hyperslab of a dataset: start, stride, count and block of each dimension.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Slab(Vec<[u64; 4]>);

/// The numbers of a list; nothing if it has none.
fn numbers(list: &str) -> Option<Vec<u64>> {
    let list = list.split(']').next().unwrap_or_default();
    let digits = list.split(|c: char| !c.is_ascii_digit()).filter(|digits| !digits.is_empty());
    Some(digits.map(|digits| digits.parse().unwrap_or(u64::MAX)).collect::<Vec<_>>())
        .filter(|numbers| !numbers.is_empty())
}

impl Subset {
    /// Takes what is written after the last bracket off the name.
    pub(super) fn split_off(name: &mut String) -> Option<Self> {
        let at = name.rfind('[')?;
        let text = name.split_off(at);
        let mut lists = text[1..].split(';').map(numbers);
        let mut next = || lists.next().flatten();
        Some(Self { start: next(), stride: next(), count: next(), block: next() })
    }

    /// The hyperslab of a dataset of this rank.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(super) fn slab(&self, rank: usize) -> Result<Slab, &'static str> {
        let list = |given: &Option<Vec<u64>>, default| {
            let mut list = given.clone().unwrap_or_default();
            let missing = if given.is_none() { default } else { 0 };
            list.resize(rank, missing);
            list
        };
        let (start, stride) = (list(&self.start, 0), list(&self.stride, 1));
        let (count, block) = (list(&self.count, 1), list(&self.block, 1));
        let dims = (0..rank).map(|dim| [start[dim], stride[dim], count[dim], block[dim]]);
        let slab = Slab(dims.collect());
        if slab.0.iter().any(|&[_, stride, count, block]| count > 1 && stride < block) {
            return Err("wrong subset selection; blocks overlap");
        }
        Ok(slab)
    }
}

impl Slab {
    /// With blocks that go to the end of a dataset of this shape: what is compared where a part is
    /// asked for of the first dataset only.
    pub(super) fn to_end(&self, dims: &[u64]) -> Self {
        let to_end = |(&[start, stride, count, _], &dim): (&[u64; 4], &u64)| {
            [start, stride, count, dim.saturating_sub(start)]
        };
        Self(self.0.iter().zip(dims).map(to_end).collect())
    }

    /// With blocks that end where a dataset of this shape does.
    pub(super) fn within(&self, dims: &[u64]) -> Self {
        let within = |(&[start, stride, count, block], &dim): (&[u64; 4], &u64)| {
            [start, stride, count, block.min(dim.saturating_sub(start))]
        };
        Self(self.0.iter().zip(dims).map(within).collect())
    }

    pub(super) fn selection(&self) -> Selection {
        hyperslab(&self.0)
    }

    /// Where the hyperslab starts.
    pub(super) fn start(&self) -> Vec<u64> {
        self.0.iter().map(|dim| dim[0]).collect()
    }

    /// The position, after the start, that the C tool gives for the element at `index` of the hyperslab
    /// in a dataset of this shape: dimension by dimension from the last, a stride for each element; what
    /// is beyond the last dimension that is needed goes to that dimension.
    pub(super) fn offset(&self, index: u64, dims: &[u64]) -> u64 {
        let (mut offset, mut rest) = (0_u64, index);
        let (mut beyond, mut last_stride) = (0, 0_u64);
        let (mut weight, mut size, mut previous) = (1_u64, 1_u64, 1_u64);
        for (&[_, stride, count, block], &dim) in self.0.iter().zip(dims).rev() {
            if index == 0 {
                return 0;
            }
            weight = weight.wrapping_mul(previous);
            let elements = count.wrapping_mul(block).max(1);
            beyond = rest / elements;
            last_stride = stride;
            offset = offset.wrapping_add((rest % elements).wrapping_mul(stride).wrapping_mul(weight));
            if beyond == 0 {
                return offset;
            }
            rest = beyond.wrapping_mul(size);
            size = size.wrapping_mul(dim);
            previous = dim;
        }
        offset.wrapping_add(beyond.wrapping_mul(last_stride).wrapping_mul(weight))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_written_after_names() {
        let mut name = "/g/x[1, 2;;3,4;5,6]".to_owned();
        let subset = Subset::split_off(&mut name).unwrap();
        assert_eq!(name, "/g/x");
        let slab = subset.slab(2);
        assert_eq!(slab, Err("wrong subset selection; blocks overlap"));
        let mut name = "x[2;3;4]".to_owned();
        let slab = Subset::split_off(&mut name).unwrap().slab(1).unwrap();
        assert_eq!(slab, Slab(vec![[2, 3, 4, 1]]));
        assert_eq!(slab.start(), [2]);
        assert_eq!((0..4).map(|index| slab.offset(index, &[20])).collect::<Vec<_>>(), [0, 3, 6, 9]);
        assert_eq!(Subset::split_off(&mut "x".to_owned()), None);
    }
}
