//! References, and what they lead to.

use hdfive::datatype::{Datatype, DatatypeClass, ReferenceType};
use hdfive::{Container, File, Object, Selection, StdReference};

use super::object::Lister;
use crate::dump::{Region, describe_space, describe_type};
use crate::elements::{References, print_elements};
use crate::errors::Result;
use crate::render::{Cursor, Lines, OPTIONAL_BREAK, Style, Targets};

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
        let file = container.file()?;
        // The C tool breaks these lines whatever width is asked for.
        let style = &Style { columns: 80, ..style.clone() };
        let elements = container.read_elements(Selection::All)?;
        for element in elements.iter() {
            let reference = StdReference::from_element(elements.datatype(), element, elements.heap())?;
            if reference.is_null() {
                Lines::new(self.out).line(cursor, style, "NULL")?;
                continue;
            }
            let text = References::new(&mut self.objects, &file).target(&reference).standard(&reference);
            match reference.kind() {
                Some(ReferenceType::StandardRegion) => {
                    self.region(&file, &reference, &text, style, cursor)?
                }
                _ => {
                    Lines::new(self.out).line(cursor, style, &text)?;
                    self.referred(&file, &reference, style, cursor)?;
                }
            }
        }
        Ok(writeln!(self.out)?)
    }

    /// Prints the elements of a dataset that a reference leads to, but no further references.
    fn referred(
        &mut self,
        file: &File,
        reference: &StdReference,
        style: &Style,
        cursor: &mut Cursor,
    ) -> Result<()> {
        let Ok(Object::Dataset(dataset)) = file.dereference(reference) else { return Ok(()) };
        if are_references(dataset.datatype()) || dataset.extents().is_null() {
            return Ok(());
        }
        cursor.level += 1;
        Lines::new(self.out).line(cursor, style, "DATA {")?;
        cursor.level += 1;
        cursor.fresh = true;
        let references = References::new(&mut self.objects, file);
        print_elements(&dataset, style, &references, cursor, &mut Lines::new(self.out))?;
        cursor.level -= 1;
        Lines::new(self.out).line(cursor, style, "}")?;
        cursor.level -= 1;
        Ok(())
    }

    fn region(
        &mut self,
        file: &File,
        reference: &StdReference,
        name: &str,
        style: &Style,
        cursor: &mut Cursor,
    ) -> Result<()> {
        let mut lines = Lines::new(self.out);
        let region = file.describe_region(reference).ok();
        let region = region.and_then(|(dataset, selection)| Some((dataset, Region::of(selection)?)));
        let Some((dataset, region)) = region else { return Ok(lines.line(cursor, style, name)?) };
        lines.line(cursor, style, &format!("{name} {{"))?;
        cursor.level += 1;
        lines.line(cursor, style, &describe(&region))?;
        let level = cursor.level;
        for line in describe_type(dataset.datatype(), "DATATYPE  ", "") {
            cursor.level = level + line.level;
            lines.line(cursor, style, &line.text)?;
        }
        cursor.level = level;
        lines.line(cursor, style, &format!("DATASPACE {}", describe_space(&dataset.extents())))?;
        cursor.level -= 1;
        Ok(lines.line(cursor, style, "}")?)
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
