//! Parts of datasets: hyperslabs that the command line gives.

use hdfive::Container;
use hdfive::datatype::DatatypeClass;

use super::Dumper;
use super::data::has_time;
use super::external::references;
use super::output::Section;
use crate::elements::{PART_BYTES, Run, print_part};
use crate::errors::{Error, Result};
use crate::render::{Cursor, Data, Lines, Style, native_size};
use crate::selection::{Tiles, hyperslab, pieces};
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

/// The number of elements of a hyperslab.
fn len(slab: &[[u64; 4]]) -> u64 {
    slab.iter().fold(1, |len, &[_, _, count, block]| len.saturating_mul(count).saturating_mul(block))
}

/// A subset of a dataset as the C tool prints it, row by row: what one position in the dimension before the
/// last has, of one block in each dimension before that.
struct Rows<'d> {
    axes: Vec<[u64; 4]>,
    dims: &'d [u64],
    /// The dimension of which a row has one position; none if there is only one row.
    axis: Option<usize>,
    /// How many blocks of each dimension before that are within the dataset.
    outer: Vec<u64>,
    /// How many rows of a plane are within the dataset.
    inside: u64,
}

/// Rows that are next to each other in the order of elements: from the block `origin` of each dimension
/// before that of rows on, then block and position in it of that dimension; `shape` blocks and positions.
#[derive(Debug, PartialEq, Eq)]
struct Group {
    origin: Vec<u64>,
    shape: Vec<u64>,
}

impl Group {
    /// How many rows it has.
    fn len(&self) -> u64 {
        self.shape.iter().product()
    }
}

/// A row of a subset.
#[derive(Debug, PartialEq, Eq)]
struct Row {
    slab: Vec<[u64; 4]>,
    /// Whether it is the last of its plane.
    last: bool,
}

impl<'d> Rows<'d> {
    /// Those that are within `dims`; what follows one in its plane that is not, is left out.
    fn new(properties: &[Vec<u64>; 4], dims: &'d [u64]) -> Self {
        let [start, stride, count, block] = properties;
        let axes: Vec<_> =
            (0..start.len()).map(|dim| [start[dim], stride[dim], count[dim], block[dim]]).collect();
        let axis = axes.len().checked_sub(2);
        let blocks = |dim: usize| {
            let [start, stride, count, block] = axes[dim];
            let room = dims[dim].checked_sub(start).and_then(|room| room.checked_sub(block));
            room.map_or(0, |room| (room / stride.max(1)).saturating_add(1).min(count))
        };
        let outer = (0..axis.unwrap_or(0)).map(blocks).collect();
        let inside = axis.map_or(1, |axis| {
            let [start, stride, count, block] = axes[axis];
            let whole = blocks(axis);
            let next = start.saturating_add(whole.saturating_mul(stride));
            let rest = if whole < count { dims[axis].saturating_sub(next).min(block) } else { 0 };
            whole.saturating_mul(block).saturating_add(rest)
        });
        Self { axes, dims, axis, outer, inside }
    }

    /// The hyperslab that rows are together.
    fn slab(&self, Group { origin, shape }: &Group) -> Vec<[u64; 4]> {
        let mut slab = self.axes.clone();
        let Some(axis) = self.axis else { return slab };
        for (dim, part) in slab.iter_mut().enumerate().take(axis) {
            part[0] = part[0].saturating_add(origin[dim].saturating_mul(part[1]));
            part[2] = shape[dim];
        }
        let [start, stride, _, block] = slab[axis];
        let at = origin[axis].saturating_mul(stride).saturating_add(origin[axis + 1]);
        // The stride of single rows does not matter, unless it is refused.
        let stride = if block > 1 { stride.max(1) } else { stride };
        slab[axis] = [start.saturating_add(at), stride, shape[axis], shape[axis + 1]];
        slab
    }

    /// The rows of a group one by one.
    fn each<'a>(&'a self, group: &'a Group) -> impl Iterator<Item = Row> + use<'a, 'd> {
        Tiles::new(&group.shape, 1, 0).map(|(at, shape)| {
            let origin: Vec<u64> = group.origin.iter().zip(at).map(|(origin, at)| origin + at).collect();
            let last = self.axis.is_none_or(|axis| {
                let [.., count, block] = self.axes[axis];
                origin[axis] + 1 == count && origin[axis + 1] + 1 == block
            });
            Row { slab: self.slab(&Group { origin, shape }), last }
        })
    }

    /// All rows, as many at once as elements of `size` bytes fit into a part that is read at once.
    fn groups(&self, size: u64) -> impl Iterator<Item = Group> {
        let mut boxes = self.outer.clone();
        let (mut whole, mut row, mut length) = (true, self.axes.clone(), 1);
        if let Some(axis) = self.axis {
            let [.., count, block] = self.axes[axis];
            length = block.min(self.inside);
            boxes.extend([self.inside.div_ceil(block.max(1)), length]);
            row[axis] = [0, 1, 1, 1];
            row.iter_mut().take(axis).for_each(|part| part[2] = 1);
            // The elements of rows that have several blocks of others are not next to each other.
            whole = self.inside == count.saturating_mul(block)
                && self.axes.iter().take(axis).all(|&[.., block]| block == 1);
        }
        let bytes = if whole { PART_BYTES } else { 0 };
        let is_inside = move |origin: &[u64]| match origin {
            [.., index, inner] => index.saturating_mul(length).saturating_add(*inner) < self.inside,
            _ => true,
        };
        Tiles::new(&boxes, size.saturating_mul(len(&row)), bytes)
            .filter(move |(origin, _)| is_inside(origin))
            .map(|(origin, shape)| Group { origin, shape })
            .take_while(|group| self.each(group).next().is_some_and(|row| fits(&row.slab, self.dims)))
    }
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
        let result = self.in_file_of(container, |dumper| match container.datatype().class {
            _ if has_time(container.datatype()) || container.extents().is_null() => Ok(()),
            // Of references the C tool prints all.
            DatatypeClass::Reference(_) => {
                inner.level += 1;
                let outer = dumper.referred_part.replace(part.clone());
                let result = dumper.references(container, &mut inner);
                dumper.referred_part = outer;
                dumper.tolerate(result)
            }
            _ => dumper.subset_rows(container, &properties, &mut inner),
        });
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
            let rows = Rows::new(properties, &dims);
            for group in rows.groups(native_size(container.datatype())) {
                let result = dumper.group_of_rows(container, &rows, &group, style, cursor);
                if let Err(Error::Message(_)) = result {
                    // The exit code does not tell.
                    return dumper.tolerate(result);
                }
                result?;
            }
            Ok(())
        })
    }

    /// Prints rows, which are read at once if there are several and all of them can be read.
    fn group_of_rows(
        &mut self,
        container: &Container,
        rows: &Rows<'_>,
        group: &Group,
        style: &Style,
        cursor: &mut Cursor,
    ) -> Result<()> {
        let several = group.len() > 1;
        let elements = several.then(|| container.read_elements(hyperslab(&rows.slab(group))));
        let Some(Ok(elements)) = elements else {
            return rows.each(group).try_for_each(|row| self.row(container, &row, style, cursor));
        };
        if let Some(form) = self.options.binary {
            return self.bytes(&elements, form);
        }
        let mut start = 0;
        rows.each(group).try_for_each(|row| {
            let range = start..start + len(&row.slab) as usize;
            start = range.end;
            let mut data = row_data(rows.dims, &row, cursor);
            self.run(&Run { elements: &elements, range, last: row.last }, style, &mut data, cursor)
        })
    }

    /// Prints a row, which is read in parts.
    fn row(&mut self, container: &Container, row: &Row, style: &Style, cursor: &mut Cursor) -> Result<()> {
        let dims: Vec<u64> = container.shape().iter().map(|&dim| dim as u64).collect();
        let mut data = row_data(&dims, row, cursor);
        let (first, total) = (data.start, len(&row.slab));
        let mut before = 0_u64;
        for part in pieces(&row.slab, native_size(container.datatype()), PART_BYTES) {
            let elements = container.read_elements(hyperslab(&part))?;
            data.next_part(first.saturating_add(before));
            data.continued = before > 0;
            before = before.saturating_add(elements.len() as u64);
            match self.options.binary {
                Some(form) => self.bytes(&elements, form)?,
                None => {
                    let run = Run::all(&elements, row.last && before >= total);
                    self.run(&run, style, &mut data, cursor)?;
                }
            }
        }
        Ok(())
    }

    fn run(&mut self, run: &Run<'_>, style: &Style, data: &mut Data, cursor: &mut Cursor) -> Result<()> {
        let references = references(&mut self.files[self.current]);
        let lines = &mut Lines::new(self.out.to(Section::Data));
        print_part(run, style, &references, data, cursor, lines)
    }
}

/// Where a row of a dataset of this shape begins, on a new line.
fn row_data(dims: &[u64], row: &Row, cursor: &mut Cursor) -> Data {
    let at = row.slab.iter().zip(dims);
    let first =
        at.fold(0, |first: u64, (&[start, ..], &dim)| first.saturating_mul(dim).saturating_add(start));
    let mut data = Data::new(dims.to_vec());
    data.next_part(first);
    cursor.fresh = true;
    data
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

    /// The corners of rows, and how many of them are read at once.
    fn corners(properties: [&[u64]; 4], dims: &[u64], size: u64) -> Vec<(Vec<u64>, bool, u64)> {
        let rows = Rows::new(&properties.map(<[u64]>::to_vec), dims);
        let of_group = |group: Group| {
            let corner = |row: Row| (row.slab.iter().map(|axis| axis[0]).collect(), row.last, group.len());
            rows.each(&group).map(corner).collect::<Vec<_>>()
        };
        rows.groups(size).flat_map(of_group).collect()
    }

    #[test]
    fn a_subset_is_printed_by_rows() {
        let properties: [&[u64]; 4] = [&[1, 2, 3], &[5, 4, 1], &[2, 2, 6], &[1, 2, 1]];
        let plane = |z, len| {
            [(2, false), (3, false), (6, false), (7, true)].map(|(y, last)| (vec![z, y, 3], last, len))
        };
        let corners = |dims: &[u64], size| corners(properties, dims, size);
        assert_eq!(corners(&[9, 9, 9], 1), [plane(1, 8), plane(6, 8)].concat());
        assert_eq!(corners(&[9, 9, 9], PART_BYTES / 6 / 4), [plane(1, 4), plane(6, 4)].concat());
        assert_eq!(corners(&[9, 9, 9], PART_BYTES), [plane(1, 1), plane(6, 1)].concat());
        // What is outside is left out, and what follows it.
        assert_eq!(corners(&[6, 9, 9], 1), plane(1, 4));
        assert_eq!(corners(&[6, 7, 9], 1), plane(1, 1)[..3]);
        assert_eq!(corners(&[6, 9, 8], 1), []);
        assert_eq!(super::tests::corners([&[]; 4], &[], 1), [(vec![], true, 1)]);
    }

    #[test]
    fn rows_of_several_blocks_of_other_dimensions_are_read_one_by_one() {
        let corners = corners([&[0, 0, 0], &[1, 1, 1], &[1, 2, 3], &[2, 1, 1]], &[2, 2, 3], 1);
        assert_eq!(corners, [(vec![0, 0, 0], false, 1), (vec![0, 1, 0], true, 1)]);
    }

    #[test]
    fn groups_have_the_elements_of_their_rows() {
        let properties = [vec![1, 0, 2], vec![3, 5, 2], vec![2, 3, 2], vec![1, 2, 1]];
        let rows = Rows::new(&properties, &[9, 14, 9]);
        for size in [1, PART_BYTES / 10, PART_BYTES] {
            for group in rows.groups(size) {
                let total: u64 = rows.each(&group).map(|row| len(&row.slab)).sum();
                let slab = rows.slab(&group);
                assert_eq!(total, len(&slab));
                assert!(group.len() == 1 || total * size <= PART_BYTES);
                assert!(fits(&slab, &[9, 14, 9]));
            }
        }
    }

    #[test]
    fn what_is_outside_takes_no_time() {
        let huge = u64::MAX;
        assert_eq!(corners([&[0, 0], &[1, 1], &[huge, 1], &[1, 1]], &[2, 2], 1).len(), 2);
        assert_eq!(corners([&[0, 0], &[1, 1], &[1, 1], &[huge, 1]], &[2, 2], 1).len(), 2);
        assert_eq!(corners([&[0, 0], &[0, 1], &[5, 1], &[0, 1]], &[2, 2], 1), []);
        assert_eq!(corners([&[0, 0, 0], &[1; 3], &[huge, 1, huge], &[1; 3]], &[2, 2, 2], 1), []);
    }
}
