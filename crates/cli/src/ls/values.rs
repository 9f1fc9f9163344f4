//! The elements of datasets and attributes.

use hdfive::datatype::DatatypeClass;
use hdfive::{Attribute, Container, Dataset};

use super::object::Lister;
use super::reference::are_references;
use crate::elements::{References, print_elements};
use crate::errors::{self, Error, Result};
use crate::render::{Cursor, Lines, Prefix, Style};

impl Lister<'_> {
    /// Prints the elements of a dataset.
    pub(super) fn dataset_values(&mut self, dataset: &Dataset) -> Result<()> {
        writeln!(self.out, "    Data:")?;
        self.values(dataset, 1, false)
    }

    /// Prints the elements of an attribute.
    pub(super) fn attribute_values(&mut self, attribute: &Attribute) -> Result<()> {
        writeln!(self.out, "        Data:")?;
        self.values(attribute, 3, true)
    }

    fn values(&mut self, container: &Container, level: usize, attribute: bool) -> Result<()> {
        let style = self.style(container, attribute);
        let mut cursor = Cursor::first(level);
        let result = if container.extents().is_null() {
            Ok(())
        } else if are_references(container.datatype()) {
            self.references(container, &style, &mut cursor)
        } else {
            let references = References::new(&mut self.objects, self.file);
            print_elements(container, &style, &references, &mut cursor, &mut Lines::new(self.out))
        };
        if let Err(error) = result {
            let Error::Message(_) = error else { return Err(error) };
            let begun = if self.options.simple { "" } else { " " };
            write!(self.out, "                {begun}Unable to print data.")?;
            // As with the C tool, the rest of the listing is no failure.
            errors::report(&error);
        }
        Ok(writeln!(self.out)?)
    }

    fn style(&self, container: &Container, attribute: bool) -> Style {
        let options = self.options;
        let mut style = if options.simple { Style::simple_list() } else { Style::list() };
        if !options.simple {
            match options.width {
                Some(width) => style.columns = width,
                None => (style.columns, style.per_line) = (65_535, 1),
            }
        }
        if options.labels {
            style.member_names = true;
            style.braces = ("{", "}");
        }
        if let (Prefix::Fixed(first, continued), true) = (&mut style.prefix, attribute) {
            *continued = if options.simple { first.clone() } else { format!("{first} ") };
        }
        let is_byte =
            matches!(container.datatype().class, DatatypeClass::Integer(_)) && container.datatype().size == 1;
        if options.hex {
            style.raw = true;
        } else if options.ascii && is_byte {
            style.ascii = true;
            (style.element_suffix, style.element_space, style.line_suffix) = ("", "", "\"");
            if let Prefix::Fixed(first, _) = &mut style.prefix {
                first.push('"');
            }
        }
        style
    }
}
