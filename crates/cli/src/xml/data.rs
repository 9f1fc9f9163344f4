//! The elements of datasets and attributes.

use hdfive::datatype::{DatatypeClass, VarLenKind};
use hdfive::{Container, Dataset, Elements, Heap};

use super::Xml;
use super::names::escape_string;
use crate::dump::{Section, has_time};
use crate::elements::{References, are_printable, check_written, for_each_part, print_elements};
use crate::errors::{Error, Result};
use crate::render::{Cursor, Lines, Style};

/// The number of a class whose elements the C tool does not know how to print.
pub(super) fn class_number(class: &DatatypeClass) -> Option<u32> {
    matches!(class, DatatypeClass::Complex(_)).then_some(11)
}

impl Xml<'_> {
    /// The notation of elements.
    fn style(&self) -> Style {
        let mut style = Style::xml();
        style.float = self.settings.float.clone();
        style.double = self.settings.float.clone();
        match self.settings.columns {
            Some(columns) => (style.columns, style.per_line) = (columns, 0),
            None => (style.columns, style.per_line) = (65_535, 1),
        }
        style
    }

    /// Writes that there are no elements.
    pub(super) fn no_data(&mut self, level: usize) -> Result<()> {
        self.open(level, "Data")?;
        self.open(level + 1, "NoData/")?;
        self.close(level, "Data")
    }

    /// Writes that elements of this class are not known.
    pub(super) fn unknown_data(&mut self, class: u32, level: usize) -> Result<()> {
        self.open(level, "Data")?;
        self.comment(level, &format!("Unknown datatype: {class}"))?;
        self.open(level, "NoData/")?;
        self.close(level, "Data")
    }

    /// Writes that references to regions are not printed.
    pub(super) fn no_references(&mut self, level: usize) -> Result<()> {
        self.open(level, "Data")?;
        self.comment(level, "Note: Region references not supported")?;
        self.open(level, "NoData /")?;
        self.close(level, "Data")
    }

    /// Writes the paths of the objects to which the elements refer.
    pub(super) fn references(&mut self, container: &Container, level: usize) -> Result<()> {
        self.open(level, "Data")?;
        self.open(level, "DataFromFile")?;
        let result = self.reference_lines(container, level + 1);
        self.tolerate(result)?;
        self.close(level, "DataFromFile")?;
        self.close(level, "Data")
    }

    fn reference_lines(&mut self, container: &Container, level: usize) -> Result<()> {
        if !are_printable(container) {
            return Ok(());
        }
        for_each_part(container, |elements, _, _| {
            for reference in elements.iter() {
                let mut address = [0; 8];
                address.iter_mut().zip(reference).for_each(|(to, &from)| *to = from);
                let path = match self.objects.get(u64::from_le_bytes(address)) {
                    Some((_, path)) => escape_string(path.as_bytes()),
                    None => b"NULL".to_vec(),
                };
                self.line(level, [b"\"", path.as_slice(), b"\""].concat())?;
            }
            Ok(())
        })
    }

    /// Writes the elements of a dataset.
    pub(super) fn written_data(&mut self, dataset: &Dataset, level: usize) -> Result<()> {
        self.data_if(check_written(dataset), dataset, level)
    }

    /// Writes the elements of an attribute.
    pub(super) fn data(&mut self, attribute: &Container, level: usize) -> Result<()> {
        self.data_if(Ok(()), attribute, level)
    }

    /// Writes the elements, unless there is an error already.
    fn data_if(&mut self, checked: Result<()>, container: &Container, level: usize) -> Result<()> {
        self.open(level, "Data")?;
        self.open(level + 1, "DataFromFile")?;
        let result = match &container.datatype().class {
            _ if checked.is_err() => checked,
            DatatypeClass::String(_) => self.strings(container, level + 1),
            DatatypeClass::VarLen(class) if matches!(class.kind, VarLenKind::String(_)) => {
                self.strings(container, level + 1)
            }
            _ if has_time(container.datatype()) => Ok(()),
            _ => self.elements(container, level + 1),
        };
        if let Err(Error::Message(_)) = &result {
            self.line(level + 2, "Unable to print data.")?;
        }
        self.tolerate(result)?;
        self.close(level + 1, "DataFromFile")?;
        self.close(level, "Data")
    }

    fn elements(&mut self, container: &Container, level: usize) -> Result<()> {
        let style = self.style();
        let mut cursor = Cursor::at(level);
        cursor.fresh = true;
        let references = References::new(&mut self.referred, self.file);
        let lines = &mut Lines::new(self.out.to(Section::Data));
        print_elements(container, &style, &references, &mut cursor, lines)
    }

    /// Writes strings, as far as the first zero byte, whatever the padding.
    fn strings(&mut self, container: &Container, level: usize) -> Result<()> {
        for_each_part(container, |elements, _, _| self.string_lines(elements, level))
    }

    fn string_lines(&mut self, elements: &Elements, level: usize) -> Result<()> {
        let variable = matches!(elements.datatype().class, DatatypeClass::VarLen(_));
        for element in elements.iter() {
            let bytes = match variable {
                true if Heap::is_null(element) => {
                    self.line(level, "NULL")?;
                    continue;
                }
                true => elements.heap().get(element, 1)?,
                false => element,
            };
            let text = escape_string(bytes.split(|&byte| byte == 0).next().unwrap_or(bytes));
            self.begun_line(level, [b"\"", text.as_slice(), b"\""].concat())?;
        }
        Ok(())
    }
}
