//! The elements of datasets and attributes.

use hdfive::datatype::DatatypeClass;
use hdfive::{Attribute, Container, Dataset};

use super::object::Lister;
use super::reference::are_references;
use crate::dump::has_time;
use crate::elements::{References, check_written, print_elements};
use crate::errors::{Error, Result};
use crate::render::{Cursor, Data, Lines, Prefix, Style};

impl Lister<'_> {
    /// Prints the elements of a dataset.
    pub(super) fn dataset_values(&mut self, dataset: &Dataset) -> Result<()> {
        self.values(dataset, 1, check_written(dataset), false)
    }

    /// Prints the elements of an attribute.
    pub(super) fn attribute_values(&mut self, attribute: &Attribute) -> Result<()> {
        self.values(attribute, 2, Ok(()), true)
    }

    /// Prints the elements, unless there is an error already.
    fn values(
        &mut self,
        container: &Container,
        level: usize,
        checked: Result<()>,
        attribute: bool,
    ) -> Result<()> {
        let style = self.style(container, attribute);
        let mut cursor = Cursor::first(level);
        cursor.fresh = false;
        let heading = format!("{}Data:\n", "    ".repeat(level));
        Lines::new(self.out).element(&mut cursor, &style, &mut Data::default(), 0, &heading)?;
        (cursor.column, cursor.fresh) = (0, true);
        cursor.level += usize::from(attribute);
        if are_references(container.datatype()) {
            let result = self.references(container, &style, &mut cursor);
            self.survive(result)?;
            return Ok(writeln!(self.out)?);
        }
        let null = container.extents().is_null();
        // The C library has no native type for times.
        let result = if checked.is_err() {
            checked
        } else if null || (has_time(container.datatype()) && !style.raw) {
            Ok(())
        } else {
            let file = container.file()?;
            let objects = self.objects.entry(file.filename()).or_default();
            let references = References::new(objects, &file);
            print_elements(container, &style, &references, &mut cursor, &mut Lines::new(self.out))
        };
        if matches!(result, Err(Error::Message(_))) || (null && attribute) {
            let mut data = Data::new(Vec::new());
            data.continued = true;
            let text = "        Unable to print data.";
            Lines::new(self.out).element(&mut cursor, &style, &mut data, 0, text)?;
        }
        self.survive(result)?;
        Ok(writeln!(self.out)?)
    }

    fn style(&self, container: &Container, attribute: bool) -> Style {
        let options = self.options;
        let mut style = if options.simple { Style::simple_list() } else { Style::list() };
        if !options.simple {
            (style.columns, style.per_line) = if options.unbroken { (65_535, 1) } else { (options.width, 0) };
        }
        style.before_address = format!("-{}:", self.file_number);
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
