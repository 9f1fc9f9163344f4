//! References to regions of datasets, and what they lead to.

use hdfive::datatype::{Datatype, DatatypeClass, ReferenceType};
use hdfive::{Container, File, Selection, StdReference};

use super::object::Lister;
use crate::dump::{Region, describe_space, describe_type};
use crate::elements::References;
use crate::errors::Result;
use crate::render::{Cursor, Lines, OPTIONAL_BREAK, Style, Targets};

/// Whether elements are references to regions.
pub(super) fn are_regions(datatype: &Datatype) -> bool {
    use ReferenceType::{Region, StandardRegion};
    matches!(datatype.class, DatatypeClass::Reference(Region | StandardRegion))
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
    /// Prints references to regions, each on a line of its own, and the regions.
    pub(super) fn regions(
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
            self.region(&file, &reference, &text, style, cursor)?;
        }
        Ok(writeln!(self.out)?)
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
