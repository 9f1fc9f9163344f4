//! References, and what they lead to.

use hdfive::datatype::{Datatype, DatatypeClass, ReferenceType};
use hdfive::{Container, Dataset, File, Object, Selection, StdReference};

use super::object::Lister;
use crate::dump::{Region, describe_space, describe_type};
use crate::elements::{References, print_elements};
use crate::errors::Result;
use crate::extents::extents;
use crate::render::{Cursor, Data, Lines, OPTIONAL_BREAK, Prefix, Style, Targets};

/// The bytes of a reference of any kind in the memory of the C library.
const REFERENCE_SIZE: usize = 64;

/// Whether elements are references themselves.
pub(super) fn are_references(datatype: &Datatype) -> bool {
    matches!(datatype.class, DatatypeClass::Reference(_))
}

/// The parts of a region, each with its number.
fn describe(region: &Region) -> String {
    let point = |point: &[u64]| {
        let numbers: Vec<_> = point.iter().map(u64::to_string).collect();
        format!("({})", numbers.join(","))
    };
    let (kind, parts): (_, Vec<_>) = match region {
        Region::Points(points) => {
            let parts = points.iter().enumerate().map(|(at, one)| format!("Pt{at}: {}", point(one)));
            ("POINT", parts.collect())
        }
        Region::Blocks(blocks) => {
            let corners = |(at, (low, high)): (usize, &(Vec<u64>, Vec<u64>))| {
                format!("Blk{at}: {}-{}", point(low), point(high))
            };
            ("BLOCK", blocks.iter().enumerate().map(corners).collect())
        }
    };
    format!("REGION_TYPE {kind}  {}", parts.join(&format!(",{OPTIONAL_BREAK} ")))
}

impl Lister<'_> {
    /// Prints references, each on a line of its own, and what they lead to.
    pub(super) fn references(
        &mut self,
        container: &Container,
        style: &Style,
        cursor: &mut Cursor,
    ) -> Result<()> {
        if !container.extents().is_null() {
            self.list_references(container, style, cursor)?;
        }
        Ok(writeln!(self.out)?)
    }

    fn list_references(&mut self, container: &Container, style: &Style, cursor: &mut Cursor) -> Result<()> {
        let file = container.file()?;
        // The C tool breaks these lines whatever width is asked for, until there is a region.
        let mut outline = Style { columns: 80, per_line: 0, ..style.clone() };
        let elements = container.read_elements(Selection::All)?;
        for (index, element) in elements.iter().enumerate() {
            let reference = StdReference::from_element(elements.datatype(), element, elements.heap())?;
            let text = if style.raw {
                ":".repeat(REFERENCE_SIZE - 1)
            } else if reference.is_null() {
                "NULL".to_owned()
            } else {
                let objects = self.objects.entry(file.filename()).or_default();
                References::new(objects, &file).target(&reference).standard(&reference)
            };
            Lines::new(self.out).line(cursor, &outline, &text)?;
            if reference.is_null() {
                continue;
            }
            match reference.kind() {
                Some(ReferenceType::StandardRegion) => {
                    outline.columns = style.columns;
                    self.region(&file, &reference, index as u64, &outline, cursor)?;
                }
                Some(ReferenceType::StandardAttribute) => {
                    self.referred_attribute(&file, &reference, &outline, cursor)?;
                }
                _ => self.referred(&file, &reference, style, cursor)?,
            }
        }
        Ok(())
    }

    /// Prints the elements of a dataset that a reference leads to, unless they are being printed.
    fn referred(
        &mut self,
        file: &File,
        reference: &StdReference,
        style: &Style,
        cursor: &mut Cursor,
    ) -> Result<()> {
        let Ok(Object::Dataset(dataset)) = file.dereference(reference) else { return Ok(()) };
        let place = (dataset.filename(), dataset.address());
        if self.referring.contains(&place) {
            return Ok(());
        }
        self.referring.push(place);
        cursor.level += 1;
        let outline = Style { per_line: 0, ..style.clone() };
        Lines::new(self.out).line(cursor, &outline, "DATA {")?;
        let result = self.referred_values(&dataset, style, &mut cursor.clone());
        self.referring.pop();
        self.survive(result)?;
        Lines::new(self.out).line(cursor, &outline, "}")?;
        cursor.level -= 1;
        Ok(())
    }

    fn referred_values(&mut self, dataset: &Dataset, style: &Style, cursor: &mut Cursor) -> Result<()> {
        if dataset.extents().is_null() {
            return Ok(());
        }
        cursor.fresh = true;
        if are_references(dataset.datatype()) {
            cursor.level += 1;
            return self.list_references(dataset, style, cursor);
        }
        let mut style = style.clone();
        if let Prefix::Fixed(first, continued) = style.prefix {
            style.prefix = Prefix::Whole(first, continued);
        }
        let file = dataset.file()?;
        let references = References::new(self.objects.entry(file.filename()).or_default(), &file);
        print_elements(dataset, &style, &references, cursor, &mut Lines::new(self.out))
    }

    /// Prints the region that the reference with this number leads to.
    fn region(
        &mut self,
        file: &File,
        reference: &StdReference,
        index: u64,
        outline: &Style,
        cursor: &mut Cursor,
    ) -> Result<()> {
        let Ok((dataset, selection)) = file.describe_region(reference) else { return Ok(()) };
        let Some(region) = Region::of(selection)? else { return Ok(()) };
        let brace = if matches!(region, Region::Points(_)) { "{" } else { " {" };
        self.append(index, brace, outline, cursor)?;
        cursor.level += 1;
        Lines::new(self.out).line(cursor, outline, &describe(&region))?;
        self.type_and_space(&dataset, outline, cursor)?;
        cursor.level -= 1;
        Ok(Lines::new(self.out).line(cursor, outline, "}")?)
    }

    /// Prints the type and the shape of the attribute that a reference leads to.
    fn referred_attribute(
        &mut self,
        file: &File,
        reference: &StdReference,
        outline: &Style,
        cursor: &mut Cursor,
    ) -> Result<()> {
        self.append(0, " {", outline, cursor)?;
        cursor.level += 1;
        match file.dereference_attr(reference) {
            Ok(attribute) => self.type_and_space(&attribute, outline, cursor)?,
            Err(_) => Lines::new(self.out).line(cursor, outline, "NULL")?,
        }
        cursor.level -= 1;
        Ok(Lines::new(self.out).line(cursor, outline, "}")?)
    }

    /// Prints text after the reference with this number.
    fn append(&mut self, index: u64, text: &str, outline: &Style, cursor: &mut Cursor) -> Result<()> {
        let style = Style { prefix: Prefix::Fixed(String::new(), String::new()), ..outline.clone() };
        Ok(Lines::new(self.out).element(cursor, &style, &mut Data::default(), index, text)?)
    }

    fn type_and_space(&mut self, container: &Container, outline: &Style, cursor: &mut Cursor) -> Result<()> {
        let mut lines = Lines::new(self.out);
        let level = cursor.level;
        let description = describe_type(container.datatype(), "DATATYPE  ", "");
        // All lines but the last one are written while the C tool describes the type.
        let last = description.len().saturating_sub(1);
        for (index, line) in description.iter().enumerate() {
            cursor.level = level + line.level + usize::from(index < last);
            lines.line(cursor, outline, &line.text)?;
        }
        cursor.level = level;
        let space = describe_space(&extents(container));
        Ok(lines.line(cursor, outline, &format!("DATASPACE {space}"))?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_numbered() {
        let blocks = Region::Blocks(vec![(vec![2, 2], vec![7, 7])]);
        assert_eq!(describe(&blocks), "REGION_TYPE BLOCK  Blk0: (2,2)-(7,7)");
        let points = Region::Points(vec![vec![6], vec![2]]);
        assert_eq!(describe(&points).replace(OPTIONAL_BREAK, ""), "REGION_TYPE POINT  Pt0: (6), Pt1: (2)");
    }
}
