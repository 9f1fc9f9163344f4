//! References that are the elements themselves, and what they lead to.

use std::fmt::Write;

use hdfive::datatype::ReferenceType;
use hdfive::{Attribute, Container, Dataset, MappedSelection, Object, Points, StdReference};

use super::Dumper;
use super::data::has_time;
use super::external::references;
use super::output::Section;
use crate::elements::{PART_BYTES, Run, are_printable, check_len, for_each_part, print_part};
use crate::errors::{Error, Result};
use crate::render::{Cursor, Data, Lines, OPTIONAL_BREAK, Style, Targets, native_size};
use crate::selection::{Tiles, selection};

/// A region as lists of corners.
pub(crate) enum Region {
    Points(Vec<Vec<u64>>),
    Blocks(Corners),
}

/// The width of lines of references for the C tool, whatever the option says, until a region is met.
const DEFAULT_COLUMNS: usize = 80;

/// The most numbers in the first corners of the blocks of a regular pattern to list.
const MAX_NUMBERS: u64 = 1 << 19;

impl Region {
    /// None for regions that are not printed: of nothing, of all, and without an end.
    ///
    /// # Errors
    /// That there are too many blocks.
    pub(crate) fn of(selection: MappedSelection) -> Result<Option<Self>> {
        Ok(match selection {
            MappedSelection::Points(points) if !points.is_empty() => Some(Self::Points(points)),
            MappedSelection::Blocks(blocks) if !blocks.is_empty() => Some(Self::Blocks(blocks)),
            MappedSelection::Regular(axes) => blocks(&axes)?.map(Self::Blocks),
            _ => None,
        })
    }

    /// The corners as the C tool lists them.
    fn describe(&self) -> String {
        let mut text = String::new();
        let list = |numbers: &[u64]| numbers.iter().map(u64::to_string).collect::<Vec<_>>().join(",");
        let separator = |index: usize| match index {
            0 => String::new(),
            _ => format!(",{OPTIONAL_BREAK} "),
        };
        // Writing to a string does not fail.
        match self {
            Self::Points(points) => {
                text.push_str("REGION_TYPE POINT  ");
                for (index, point) in points.iter().enumerate() {
                    let _ = write!(text, "{}({})", separator(index), list(point));
                }
            }
            Self::Blocks(blocks) => {
                text.push_str("REGION_TYPE BLOCK  ");
                for (index, (low, high)) in blocks.iter().enumerate() {
                    let _ = write!(text, "{}({})-({})", separator(index), list(low), list(high));
                }
            }
        }
        text
    }
}

/// First and last corner of each block.
type Corners = Vec<(Vec<u64>, Vec<u64>)>;

/// The blocks of a regular pattern in order; none if there is no block, or no end of them.
fn blocks(axes: &[[u64; 4]]) -> Result<Option<Corners>> {
    let is_endless = |&[_, _, count, block]: &[u64; 4]| count == u64::MAX || matches!(block, 0 | u64::MAX);
    let total = axes.iter().fold(1_u64, |total, [_, _, count, _]| total.saturating_mul(*count));
    if total == 0 || axes.iter().any(is_endless) {
        return Ok(None);
    }
    if total.saturating_mul(axes.len() as u64) > MAX_NUMBERS {
        return Err(Error::new(format_args!("a region of {total} blocks is not listed")));
    }
    let mut blocks = Vec::new();
    for index in 0..total {
        let mut rest = index;
        let mut low = Vec::new();
        for [start, stride, count, _] in axes.iter().rev() {
            low.push(start.saturating_add(stride.saturating_mul(rest % count)));
            rest /= count;
        }
        low.reverse();
        let high = low.iter().zip(axes).map(|(low, [.., block])| low.saturating_add(block - 1)).collect();
        blocks.push((low, high));
    }
    Ok(Some(blocks))
}

/// How many references are followed one after the other.
const MAX_DEPTH: usize = 64;

/// How many references are followed of those that others lead to: each may lead to several more.
const MAX_FOLLOWED: u64 = 1 << 20;

/// What a reference leads to: the file, unless it is the same, the object, and the attribute.
type Referent = (Option<String>, u64, Option<String>);

/// The references that were followed to what is being printed.
#[derive(Debug, Default)]
pub(super) struct Trail {
    referents: Vec<Referent>,
    /// References met in what others led to.
    met: u64,
    /// Whether one was not followed, which is said once.
    cut: bool,
}

impl Trail {
    /// Counts a reference that is met.
    ///
    /// # Errors
    /// That it is one too many.
    fn meet(&mut self) -> Result<()> {
        self.met += u64::from(!self.referents.is_empty());
        match self.referents.len() {
            MAX_DEPTH.. => {
                Err(Error::new(format_args!("references are followed no more than {MAX_DEPTH} times")))
            }
            _ if self.met > MAX_FOLLOWED => {
                Err(Error::new(format_args!("more than {MAX_FOLLOWED} references lead to references")))
            }
            _ => Ok(()),
        }
    }
}

/// Whether a block of this size is within a dataset.
fn is_inside(dataset: &Dataset, low: &[u64], size: &[u64]) -> bool {
    let fits = |((low, size), dim): ((&u64, &u64), usize)| {
        low.checked_add(*size).is_some_and(|end| end <= dim as u64)
    };
    low.iter().zip(size).zip(dataset.shape()).all(fits)
}

impl Dumper<'_> {
    /// Prints references that are the elements themselves, each on a line of its own, and what they
    /// lead to.
    pub(super) fn references(&mut self, container: &Container, cursor: &mut Cursor) -> Result<()> {
        if !are_printable(container) {
            return Ok(());
        }
        let mut columns = DEFAULT_COLUMNS;
        for_each_part(container, |elements, start, _| {
            for (index, element) in (start..).zip(elements.iter()) {
                let reference = StdReference::from_element(elements.datatype(), element, elements.heap())?;
                if reference.kind() == Some(ReferenceType::StandardRegion) && !reference.is_null() {
                    columns = self.outline.columns;
                }
                self.reference(&reference, index, columns, cursor)?;
            }
            Ok(())
        })
    }

    /// Prints the reference that is number `index`, what is said of attributes on lines of so many columns.
    fn reference(
        &mut self,
        reference: &StdReference,
        index: u64,
        columns: usize,
        cursor: &mut Cursor,
    ) -> Result<()> {
        if reference.is_null() {
            return self.line(cursor, "NULL");
        }
        let targets = references(&mut self.files[self.current]);
        let target = targets.target(reference);
        if target.path != "/" {
            // The C library opens the root group each time it looks for a path, which it does twice.
            self.handles.groups(2);
        }
        self.line(cursor, &target.standard(reference))?;
        if let Err(error) = self.trail.meet() {
            self.cut(&error);
            return Ok(());
        }
        match reference.kind() {
            Some(ReferenceType::StandardRegion) => self.region(reference, index, cursor),
            Some(ReferenceType::StandardAttribute) => self.referred_attribute(reference, columns, cursor),
            _ => self.referred(reference, cursor),
        }
    }

    /// Prints the elements of a dataset that a reference leads to, unless they are being printed.
    fn referred(&mut self, reference: &StdReference, cursor: &mut Cursor) -> Result<()> {
        let Ok(Object::Dataset(dataset)) = self.opened().file.dereference(reference) else { return Ok(()) };
        let referent = (reference.file_name(), dataset.address(), None);
        if self.trail.referents.contains(&referent) {
            return Ok(());
        }
        self.trail.referents.push(referent);
        self.handles.datasets(1);
        cursor.level += 1;
        let part = self.referred_part.clone();
        let result = self.dataset_part(&dataset, part.as_ref(), cursor);
        cursor.level -= 1;
        self.trail.referents.pop();
        result
    }

    /// Says, once, that a reference is not followed.
    fn cut(&mut self, error: &Error) {
        self.failed = true;
        if !std::mem::replace(&mut self.trail.cut, true) {
            self.complain(error);
        }
    }

    /// Prints text after the reference, which is number `index`.
    fn append(&mut self, index: u64, text: &str, columns: usize, cursor: &mut Cursor) -> Result<()> {
        // It is no element, so that it needs no line of its own.
        let outline = Style { per_line: 0, columns, ..self.outline.clone() };
        // In a row that does not end here.
        let data = &mut Data::new(vec![u64::MAX]);
        Ok(Lines::new(self.out.to(Section::Outline)).element(cursor, &outline, data, index, text)?)
    }

    /// Prints the region that the reference with this number leads to.
    fn region(&mut self, reference: &StdReference, index: u64, cursor: &mut Cursor) -> Result<()> {
        let Ok((dataset, selection)) = self.opened().file.describe_region(reference) else { return Ok(()) };
        self.handles.datasets(1);
        let region = match Region::of(selection) {
            Ok(Some(region)) => region,
            Ok(None) => return Ok(()),
            Err(error) => {
                self.complain(&error);
                return Ok(());
            }
        };
        let brace = if matches!(region, Region::Points(_)) { "{" } else { " {" };
        self.append(index, brace, self.outline.columns, cursor)?;
        cursor.level += 1;
        let result = self.described_region(&dataset, &region, cursor);
        cursor.level -= 1;
        result.and_then(|()| self.line(cursor, "}"))
    }

    fn described_region(&mut self, dataset: &Dataset, region: &Region, cursor: &mut Cursor) -> Result<()> {
        self.line(cursor, &region.describe())?;
        self.referred_type_and_space(dataset, cursor)?;
        if self.options.regions {
            self.line(cursor, "DATA {")?;
            let result = self.in_file_of(dataset, |dumper| dumper.region_data(dataset, region, cursor));
            self.survive(result)?;
            self.line(cursor, "}")?;
        }
        Ok(())
    }

    /// Prints the elements of a region: block by block, or each on a line of its own. What cannot be read
    /// is left out.
    fn region_data(&mut self, dataset: &Dataset, region: &Region, cursor: &mut Cursor) -> Result<()> {
        if has_time(dataset.datatype()) {
            return Ok(());
        }
        // Lines are broken as if they began a level further to the right.
        let mut inner = cursor.clone();
        inner.level += 1;
        let result = match region {
            Region::Points(points) => {
                let coordinates = points.iter().flatten().map(|&at| at as usize).collect();
                let rank = points.first().map_or(1, Vec::len);
                let style = Style { per_line: 1, ..self.outline.clone() };
                Points::new(rank, coordinates).map_err(Error::from).and_then(|points| {
                    let elements = dataset.read_elements(points)?;
                    inner.fresh = true;
                    let references = references(&mut self.files[self.current]);
                    let lines = &mut Lines::new(self.out.to(Section::Data));
                    print_part(
                        &Run::all(&elements, true),
                        &style,
                        &references,
                        &mut Data::default(),
                        &mut inner,
                        lines,
                    )
                })
            }
            Region::Blocks(blocks) => {
                // The C tool takes all blocks to be of the size of the first.
                let size: Vec<u64> = match blocks.first() {
                    Some((low, high)) => {
                        let size = |(low, high): (&u64, &u64)| high.saturating_sub(*low).saturating_add(1);
                        low.iter().zip(high).map(size).collect()
                    }
                    None => return Ok(()),
                };
                let inside = blocks.iter().filter(|(low, _)| is_inside(dataset, low, &size)).count() as u64;
                let block = size.iter().fold(1_u64, |len, &size| len.saturating_mul(size));
                if let Err(error) = check_len(dataset, block.saturating_mul(inside)) {
                    self.complain(&error);
                    return Ok(());
                }
                blocks.iter().enumerate().try_for_each(|(index, (low, _))| {
                    let last = index + 1 == blocks.len();
                    let result = self.region_block(dataset, low, &size, last, &mut inner);
                    self.tolerate(result)
                })
            }
        };
        self.tolerate(result)
    }

    /// Prints the elements of a block; something follows unless it is the last.
    fn region_block(
        &mut self,
        dataset: &Dataset,
        low: &[u64],
        size: &[u64],
        last: bool,
        cursor: &mut Cursor,
    ) -> Result<()> {
        if !is_inside(dataset, low, size) {
            return Err(Error::new(format_args!("{}: a block of the region is not in it", dataset.name())));
        }
        let total = size.iter().fold(1_u64, |total, &dim| total.saturating_mul(dim));
        let mut data = Data::new(size.to_vec());
        cursor.fresh = true;
        let mut start = 0_u64;
        for (origin, count) in Tiles::new(size, native_size(dataset.datatype()), PART_BYTES) {
            let origin: Vec<u64> = low.iter().zip(&origin).map(|(low, at)| low + at).collect();
            let elements = dataset.read_elements(selection(&origin, &count))?;
            let references = references(&mut self.files[self.current]);
            let lines = &mut Lines::new(self.out.to(Section::Data));
            let end = start + elements.len() as u64;
            let last = last && end >= total;
            print_part(&Run::all(&elements, last), &self.outline, &references, &mut data, cursor, lines)?;
            data.continued = true;
            start = end;
        }
        Ok(())
    }

    /// Prints the attribute that a reference leads to.
    fn referred_attribute(
        &mut self,
        reference: &StdReference,
        columns: usize,
        cursor: &mut Cursor,
    ) -> Result<()> {
        self.append(0, " {", columns, cursor)?;
        cursor.level += 1;
        let result = match self.opened().file.dereference_attr(reference) {
            Ok(attribute) => self.referred_type_and_space(&attribute, cursor).and_then(|()| {
                if self.options.regions { self.referred_data(reference, &attribute, cursor) } else { Ok(()) }
            }),
            Err(_) => self.line(cursor, "NULL"),
        };
        cursor.level -= 1;
        result.and_then(|()| self.line(cursor, "}"))
    }

    /// Prints the value of an attribute that a reference leads to, unless it is being printed: the C tool
    /// does not end then.
    fn referred_data(
        &mut self,
        reference: &StdReference,
        attribute: &Attribute,
        cursor: &mut Cursor,
    ) -> Result<()> {
        let address = reference.address().unwrap_or_default();
        let referent = (reference.file_name(), address, Some(attribute.name()));
        if self.trail.referents.contains(&referent) {
            self.cut(&Error::new(format_args!("attribute \"{}\" refers to itself", attribute.name())));
            return Ok(());
        }
        self.trail.referents.push(referent);
        let result = self.data(attribute, Section::Data, cursor);
        self.trail.referents.pop();
        result
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_followed_so_often() {
        let mut trail = Trail::default();
        for depth in 0..MAX_DEPTH as u64 {
            assert!(trail.meet().is_ok(), "{depth}");
            trail.referents.push((None, depth, None));
        }
        assert!(trail.meet().is_err());
        trail.referents.truncate(1);
        assert!((trail.met..MAX_FOLLOWED).all(|_| trail.meet().is_ok()));
        assert!(trail.meet().is_err());
        trail.referents.clear();
        trail.met = 0;
        assert!((0..=MAX_FOLLOWED).all(|_| trail.meet().is_ok()));
    }

    #[test]
    fn regions_are_lists_of_corners() {
        let region = Region::of(MappedSelection::Regular(vec![[1, 4, 2, 2], [0, 1, 1, 3]])).unwrap().unwrap();
        assert_eq!(region.describe(), "REGION_TYPE BLOCK  (1,0)-(2,2),\u{1} (5,0)-(6,2)");
        let region = Region::of(MappedSelection::Points(vec![vec![3], vec![1]])).unwrap().unwrap();
        assert_eq!(region.describe(), "REGION_TYPE POINT  (3),\u{1} (1)");
        let regular = |axis: [u64; 4]| Region::of(MappedSelection::Regular(vec![axis]));
        assert!(regular([2, 3, u64::MAX, 2]).unwrap().is_none());
        assert!(regular([2, 3, 1, u64::MAX]).unwrap().is_none());
        assert!(regular([0, 2, MAX_NUMBERS, 1]).unwrap().is_some());
        assert!(regular([0, 2, MAX_NUMBERS + 1, 1]).is_err());
        assert!(Region::of(MappedSelection::All).unwrap().is_none());
    }
}
