//! Parts of datasets: hyperslabs that the command line gives.

use hdfive::Container;
use hdfive::datatype::DatatypeClass;

use super::data::has_time;
use super::external::references;
use super::output::Section;
use super::{Dumper, binary};
use crate::elements::print_part;
use crate::errors::{Error, Result};
use crate::render::{Cursor, Data, Lines, native_size};
use crate::selection::hyperslab;
use crate::subset::Subset;

/// The properties of a subset of a dataset of this rank.
///
/// # Errors
/// That a list is too long, or that blocks overlap.
pub(super) fn properties(subset: &Subset, rank: usize) -> Result<[Vec<u64>; 4]> {
    let lists = [&subset.start, &subset.stride, &subset.count, &subset.block];
    for (name, list) in ["start", "stride", "count", "block"].iter().zip(lists) {
        let len = list.as_ref().map_or(0, Vec::len);
        if len > rank {
            return Err(Error::new(format_args!(
                "number of {name} dims ({len}) exceed dataset dims ({rank})"
            )));
        }
    }
    subset.properties(rank)
}

/// Whether a subset selects elements, all of them within `dims`.
fn fits([start, stride, count, block]: &[Vec<u64>; 4], dims: &[u64]) -> bool {
    dims.iter().enumerate().all(|(dim, &len)| {
        let last = count[dim].checked_sub(1).and_then(|last| last.checked_mul(stride[dim]));
        let end = last.and_then(|last| last.checked_add(start[dim])?.checked_add(block[dim]));
        stride[dim] > 0 && block[dim] > 0 && end.is_some_and(|end| end <= len)
    })
}

/// Bytes, in memory, of the part of a row that is read at once.
const PART_BYTES: u64 = 1 << 20;

/// A row in parts of no more than `most` elements, each with the number of elements before it; whole
/// blocks unless a block is longer.
fn parts(row: &[[u64; 4]], most: u64) -> impl Iterator<Item = (u64, Vec<[u64; 4]>)> {
    let row = row.to_vec();
    let last = row.len().saturating_sub(1);
    let [start, stride, count, block] = row.last().copied().unwrap_or([0, 1, 1, 1]);
    let (blocks, length) = if block <= most { ((most / block.max(1)).max(1), block) } else { (1, most) };
    let groups = count.div_ceil(blocks);
    (0..groups).flat_map(move |group| {
        let row = row.clone();
        let first = group.saturating_mul(blocks);
        (0..block.div_ceil(length.max(1))).map(move |piece| {
            let mut part = row.clone();
            let inner = piece * length;
            let before = first.saturating_mul(block).saturating_add(inner);
            if let Some(axis) = part.get_mut(last) {
                let at = start.saturating_add(first.saturating_mul(stride)).saturating_add(inner);
                *axis = [at, stride, blocks.min(count - first), length.min(block - inner)];
            }
            (before, part)
        })
    })
}

/// The hyperslabs of the rows of a subset that fits, plane by plane; the last row of each plane is marked.
fn rows(properties: &[Vec<u64>; 4]) -> impl Iterator<Item = (Vec<[u64; 4]>, bool)> {
    let [start, stride, count, block] = properties;
    let rank = start.len();
    let outer = rank.saturating_sub(2);
    let whole = move |dim: usize| [start[dim], stride[dim], count[dim], block[dim]];
    let planes = count[..outer].iter().fold(1_u64, |planes, &count| planes.saturating_mul(count));
    let rows = if rank < 2 { 1 } else { count[outer] * block[outer] };
    (0..planes).flat_map(move |plane| {
        let mut rest = plane;
        let mut slab: Vec<_> = (0..rank).map(whole).collect();
        for dim in (0..outer).rev() {
            slab[dim] = [start[dim] + rest % count[dim] * stride[dim], 1, 1, block[dim]];
            rest /= count[dim];
        }
        (0..rows).map(move |number| {
            let mut slab = slab.clone();
            if rank >= 2 {
                let (index, inner) = (number / block[outer], number % block[outer]);
                slab[outer] = [start[outer] + index * stride[outer] + inner, 1, 1, 1];
            }
            (slab, number + 1 == rows)
        })
    })
}

impl Dumper<'_> {
    /// Prints a part of a dataset.
    pub(super) fn subset(
        &mut self,
        container: &Container,
        subset: &Subset,
        cursor: &mut Cursor,
    ) -> Result<()> {
        let properties = properties(subset, container.ndim())?;
        self.line(cursor, "SUBSET {")?;
        cursor.level += 1;
        for (name, values) in ["START", "STRIDE", "COUNT", "BLOCK"].iter().zip(&properties) {
            let values: Vec<_> = values.iter().map(u64::to_string).collect();
            self.line(cursor, &format!("{name} ( {} );", values.join(", ")))?;
        }
        self.line(cursor, "DATA {")?;
        let mut inner = cursor.clone();
        let result = match container.datatype().class {
            _ if has_time(container.datatype()) => Ok(()),
            // Of references the C tool prints all.
            DatatypeClass::Reference(_) => {
                inner.level += 1;
                let result = self.references(container, &mut inner);
                self.tolerate(result)
            }
            _ => self.subset_rows(container, &properties, &mut inner),
        };
        self.survive(result)?;
        cursor.column = 1;
        self.breakable_line(cursor, "}")?;
        cursor.level -= 1;
        self.breakable_line(cursor, "}")
    }

    fn subset_rows(
        &mut self,
        container: &Container,
        properties: &[Vec<u64>; 4],
        cursor: &mut Cursor,
    ) -> Result<()> {
        let dims: Vec<u64> = container.shape().iter().map(|&dim| dim as u64).collect();
        if !fits(properties, &dims) {
            return Ok(());
        }
        let most = (PART_BYTES / native_size(container.datatype()).max(1)).max(1);
        if let Some(form) = self.options.binary {
            for (slab, _) in rows(properties) {
                for (_, part) in parts(&slab, most) {
                    let elements = container.read_elements(hyperslab(&part))?;
                    binary::write(self.out.to(Section::Data), &elements, form)?;
                }
            }
            return Ok(());
        }
        let (style, as_text) = self.element_style(container, cursor)?;
        let references = references(&mut self.files[self.current]);
        for (slab, last) in rows(properties) {
            let first = slab
                .iter()
                .zip(&dims)
                .fold(0, |first: u64, (&[start, ..], &dim)| first.saturating_mul(dim).saturating_add(start));
            let mut data = Data::new(dims.clone());
            cursor.fresh = true;
            let total = slab.iter().fold(1_u64, |total, &[_, _, count, block]| total * count * block);
            for (before, part) in parts(&slab, most) {
                let elements = container.read_elements(hyperslab(&part))?;
                data.next_part(first.saturating_add(before));
                data.continued = before > 0;
                let lines = &mut Lines::new(self.out.to(Section::Data));
                let last = last && before + elements.len() as u64 >= total;
                print_part(&elements, &style, &references, &mut data, cursor, lines, last)?;
            }
        }
        if as_text { self.end_text(style, cursor) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_no_longer_than_the_rank() {
        let subset = Subset { count: Some(vec![3, 4]), ..Subset::default() };
        assert!(properties(&subset, 2).is_ok() && properties(&subset, 1).is_err());
    }

    #[test]
    fn a_subset_that_does_not_fit_selects_nothing() {
        let fits =
            |start, stride, count, block| fits(&[vec![start], vec![stride], vec![count], vec![block]], &[4]);
        assert!(fits(0, 1, 4, 1) && fits(3, 9, 1, 1) && fits(0, 2, 2, 2));
        assert!(!fits(1, 1, 4, 1) && !fits(0, 0, 1, 1) && !fits(0, 1, 0, 1) && !fits(0, 1, 1, 0));
        assert!(!fits(0, u64::MAX, 3, 1) && !fits(u64::MAX, 1, 1, 1));
    }

    #[test]
    fn long_rows_are_read_in_parts() {
        let parts = |row, most| parts(&[[3, 1, 1, 1], row], most).map(|(n, p)| (n, p[1])).collect::<Vec<_>>();
        assert_eq!(parts([0, 1, 5, 1], 9), [(0, [0, 1, 5, 1])]);
        assert_eq!(parts([1, 4, 5, 2], 5), [(0, [1, 4, 2, 2]), (4, [9, 4, 2, 2]), (8, [17, 4, 1, 2])]);
        assert_eq!(
            parts([1, 9, 2, 5], 3),
            [(0, [1, 9, 1, 3]), (3, [4, 9, 1, 2]), (5, [10, 9, 1, 3]), (8, [13, 9, 1, 2])]
        );
        assert_eq!(super::parts(&[], 1).collect::<Vec<_>>(), [(0, vec![])]);
        let mut huge = super::parts(&[[0, 1, u64::MAX, 1]], 1 << 20);
        assert_eq!(huge.nth(1).unwrap().0, 1 << 20);
    }

    #[test]
    fn a_subset_is_printed_by_rows() {
        let properties = [vec![1, 2, 3], vec![5, 4, 1], vec![2, 2, 6], vec![1, 2, 1]];
        let rows: Vec<_> = rows(&properties).collect();
        let starts: Vec<_> = rows.iter().map(|(slab, _)| (slab[0][0], slab[1][0])).collect();
        assert_eq!(starts, [(1, 2), (1, 3), (1, 6), (1, 7), (6, 2), (6, 3), (6, 6), (6, 7)]);
        assert_eq!(rows.iter().filter(|(_, last)| *last).count(), 2);
    }
}
