//! Parts of datasets: hyperslabs that the command line gives.

use hdfive::Container;
use hdfive::datatype::DatatypeClass;

use super::Dumper;
use super::data::has_time;
use super::external::references;
use super::options::BinaryForm;
use super::output::Section;
use crate::elements::{PART_BYTES, print_part};
use crate::errors::{Error, Result};
use crate::render::{Cursor, Data, Lines, Style, native_size};
use crate::selection::hyperslab;
use crate::subset::Subset;

/// A hyperslab: start, stride, count and block in each dimension.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Part([Vec<u64>; 4]);

impl Part {
    /// The hyperslab of a dataset of this rank.
    ///
    /// # Errors
    /// That a list is too long, or that blocks overlap.
    pub(super) fn new(subset: &Subset, rank: usize) -> Result<Self> {
        let lists = [&subset.start, &subset.stride, &subset.count, &subset.block];
        for (name, list) in ["start", "stride", "count", "block"].iter().zip(lists) {
            let len = list.as_ref().map_or(0, Vec::len);
            if len > rank {
                return Err(Error::new(format_args!(
                    "number of {name} dims ({len}) exceed dataset dims ({rank})"
                )));
            }
        }
        subset.properties(rank).map(Self)
    }

    /// The same hyperslab of a dataset of another rank.
    fn of_rank(&self, rank: usize) -> [Vec<u64>; 4] {
        let mut properties = self.0.clone();
        properties.iter_mut().for_each(|values| values.resize(rank, 0));
        properties
    }

    /// Whether it has no dimensions.
    fn is_empty(&self) -> bool {
        self.0[0].is_empty()
    }
}

/// Whether a hyperslab selects elements, all of them within `dims`.
fn fits(slab: &[[u64; 4]], dims: &[u64]) -> bool {
    slab.iter().zip(dims).all(|(&[start, stride, count, block], &len)| {
        let last = count.checked_sub(1).and_then(|last| last.checked_mul(stride));
        let end = last.and_then(|last| last.checked_add(start)?.checked_add(block));
        stride > 0 && block > 0 && end.is_some_and(|end| end <= len)
    })
}

/// How many elements of a row are read at once.
fn largest_part(container: &Container) -> u64 {
    (PART_BYTES / native_size(container.datatype()).max(1)).max(1)
}

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

/// The hyperslabs of the rows of a subset, plane by plane, as far as they are within `dims`; the last row of
/// each plane is marked.
fn rows(properties: &[Vec<u64>; 4], dims: &[u64]) -> impl Iterator<Item = (Vec<[u64; 4]>, bool)> {
    let [start, stride, count, block] = properties;
    let rank = start.len();
    let outer = rank.saturating_sub(2);
    let whole = move |dim: usize| [start[dim], stride[dim], count[dim], block[dim]];
    let inside = move |dim: usize| {
        let room = dims[dim].checked_sub(start[dim]).and_then(|room| room.checked_sub(block[dim]));
        room.map_or(0, |room| (room / stride[dim].max(1)).saturating_add(1).min(count[dim]))
    };
    let counts: Vec<_> = (0..outer).map(inside).collect();
    let planes = counts.iter().fold(1_u64, |planes, &count| planes.saturating_mul(count));
    let rows = if rank < 2 { 1 } else { count[outer].saturating_mul(block[outer]) };
    (0..planes).flat_map(move |plane| {
        let mut rest = plane;
        let mut slab: Vec<_> = (0..rank).map(whole).collect();
        for dim in (0..outer).rev() {
            slab[dim] = [start[dim] + rest % counts[dim] * stride[dim], stride[dim], 1, block[dim]];
            rest /= counts[dim];
        }
        let rows = (0..rows).map(move |number| {
            let mut slab = slab.clone();
            if rank >= 2 {
                let (index, inner) = (number / block[outer], number % block[outer]);
                let step = if block[outer] > 1 { 1 } else { stride[outer] };
                let at = index.saturating_mul(stride[outer]).saturating_add(inner);
                slab[outer] = [start[outer].saturating_add(at), step, 1, 1];
            }
            (slab, number + 1 == rows)
        });
        // What follows a row that is not inside is not printed.
        rows.take_while(|(slab, _)| fits(slab, dims))
    })
}

impl Dumper<'_> {
    /// Prints a part of a dataset, and the same part of those that it refers to.
    pub(super) fn subset(&mut self, container: &Container, part: &Part, cursor: &mut Cursor) -> Result<()> {
        self.line(cursor, "SUBSET {")?;
        cursor.level += 1;
        let properties = part.of_rank(container.ndim());
        for (name, values) in ["START", "STRIDE", "COUNT", "BLOCK"].iter().zip(&properties) {
            let values: Vec<_> = values.iter().map(u64::to_string).collect();
            let values = match *name {
                "COUNT" | "BLOCK" if part.is_empty() => "DEFAULT".to_owned(),
                _ => values.join(", "),
            };
            self.line(cursor, &format!("{name} ( {values} );"))?;
        }
        self.line(cursor, "DATA {")?;
        let mut inner = cursor.clone();
        let result = match container.datatype().class {
            _ if has_time(container.datatype()) || container.extents().is_null() => Ok(()),
            // Of references the C tool prints all.
            DatatypeClass::Reference(_) => {
                inner.level += 1;
                let outer = self.referred_part.replace(part.clone());
                let result = self.references(container, &mut inner);
                self.referred_part = outer;
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
        self.marked(container, cursor, |dumper, style, cursor| {
            for (slab, last) in rows(properties, &dims) {
                let result = match dumper.options.binary {
                    Some(form) => dumper.binary_row(container, &slab, form),
                    None => dumper.subset_row(container, &slab, style, last, cursor),
                };
                if let Err(Error::Message(_)) = result {
                    // The exit code does not tell.
                    return dumper.tolerate(result);
                }
                result?;
            }
            Ok(())
        })
    }

    /// Writes the elements of a row as bytes.
    fn binary_row(&mut self, container: &Container, slab: &[[u64; 4]], form: BinaryForm) -> Result<()> {
        for (_, part) in parts(slab, largest_part(container)) {
            let elements = container.read_elements(hyperslab(&part))?;
            self.bytes(&elements, form)?;
        }
        Ok(())
    }

    /// Prints the elements of a row; something follows unless it is the last.
    fn subset_row(
        &mut self,
        container: &Container,
        slab: &[[u64; 4]],
        style: &Style,
        last: bool,
        cursor: &mut Cursor,
    ) -> Result<()> {
        let dims: Vec<u64> = container.shape().iter().map(|&dim| dim as u64).collect();
        let first = slab
            .iter()
            .zip(&dims)
            .fold(0, |first: u64, (&[start, ..], &dim)| first.saturating_mul(dim).saturating_add(start));
        let total = slab
            .iter()
            .fold(1_u64, |total, &[_, _, count, block]| total.saturating_mul(count).saturating_mul(block));
        let mut data = Data::new(dims);
        cursor.fresh = true;
        for (before, part) in parts(slab, largest_part(container)) {
            let elements = container.read_elements(hyperslab(&part))?;
            data.next_part(first.saturating_add(before));
            data.continued = before > 0;
            let references = references(&mut self.files[self.current]);
            let lines = &mut Lines::new(self.out.to(Section::Data));
            let last = last && before + elements.len() as u64 >= total;
            print_part(&elements, style, &references, &mut data, cursor, lines, last)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_no_longer_than_the_rank() {
        let subset = Subset { count: Some(vec![3, 4]), ..Subset::default() };
        assert!(Part::new(&subset, 2).is_ok() && Part::new(&subset, 1).is_err());
    }

    #[test]
    fn a_subset_that_does_not_fit_selects_nothing() {
        let fits = |start, stride, count, block| fits(&[[start, stride, count, block]], &[4]);
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
        let corners = |dims: &[u64]| {
            let rows = rows(&properties, dims).map(|(slab, last)| (slab[0][0], slab[1][0], last));
            rows.collect::<Vec<_>>()
        };
        let plane = |z| [(z, 2, false), (z, 3, false), (z, 6, false), (z, 7, true)];
        assert_eq!(corners(&[9, 9, 9]), [plane(1), plane(6)].concat());
        // What is outside is left out, and what follows it.
        assert_eq!(corners(&[6, 9, 9]), plane(1));
        assert_eq!(corners(&[6, 7, 9]), plane(1)[..3]);
        assert_eq!(corners(&[6, 9, 8]), []);
    }
}
