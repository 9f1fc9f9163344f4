//! The elements of datasets and attributes.

use hdfive::datatype::DatatypeClass;
use hdfive::{Container, Selection};

use super::Dumper;
use crate::elements::{References, print_elements};
use crate::errors::Result;
use crate::render::{Cursor, Lines, Prefix, Target, Targets};

impl Dumper<'_> {
    /// Prints the elements of a dataset or an attribute.
    pub(super) fn data(&mut self, container: &Container, cursor: &mut Cursor) -> Result<()> {
        self.line(cursor, "DATA {")?;
        let mut inner = cursor.clone();
        inner.fresh = true;
        let result = match container.datatype().class {
            _ if container.extents().is_null() => Ok(()),
            DatatypeClass::Reference(_) => {
                inner.level += 1;
                self.references(container, &mut inner)
            }
            _ => self.elements(container, &mut inner),
        };
        self.survive(result)?;
        cursor.column = 1;
        self.line(cursor, "}")
    }

    fn elements(&mut self, container: &Container, cursor: &mut Cursor) -> Result<()> {
        let mut style = self.outline.clone();
        style.prefix = if self.options.indices { Prefix::Index } else { Prefix::Indent };
        let is_byte =
            matches!(container.datatype().class, DatatypeClass::Integer(_)) && container.datatype().size == 1;
        let as_text = self.options.ascii && is_byte;
        if as_text {
            cursor.level += 1;
            style.ascii = true;
            style.repeats = 8;
            style.element_suffix = "";
            style.element_space = "";
            style.prefix = Prefix::Marked("\"");
            Lines::new(self.out).begin(cursor, &style)?;
            style.line_suffix = "\"";
        }
        let references = References::new(&mut self.objects, self.file);
        print_elements(container, &style, &references, cursor, &mut Lines::new(self.out))?;
        if as_text {
            Lines::new(self.out).raw("\"")?;
        }
        Ok(())
    }

    /// Prints references that are the elements themselves, each on a line of its own.
    pub(super) fn references(&mut self, container: &Container, cursor: &mut Cursor) -> Result<()> {
        let elements = container.read_elements(Selection::All)?;
        let file = self.name.to_owned();
        for reference in elements.iter() {
            let targets = References::new(&mut self.objects, self.file);
            let target = targets.target(reference, elements.datatype())?;
            let text = match target {
                // Of an element itself the path is preceded by the file's name, not the address.
                Some(target) => {
                    Target { address: None, path: format!("{file}{}", target.path), ..target }.to_string()
                }
                None => "NULL".to_owned(),
            };
            self.line(cursor, &text)?;
        }
        Ok(())
    }
}
