//! The elements of datasets and attributes.

use hdfive::datatype::{Datatype, DatatypeClass};
use hdfive::{Container, Dataset, Elements, Layout};

use super::external::references;
use super::options::BinaryForm;
use super::output::Section;
use super::subset::Part;
use super::{Dumper, TOOL, binary};
use crate::elements::{check_written, for_each_part, print_elements};
use crate::errors::{self, Error, Result};
use crate::render::{Bits, Cursor, Data, Lines, Prefix, Style, native_size};

impl Dumper<'_> {
    /// Prints the elements of a dataset, or a part of them, once for each group of bits asked for.
    pub(super) fn all_bits(&mut self, dataset: &Dataset, cursor: &mut Cursor) -> Result<()> {
        let part = self.wanted_part.take().map(|part| Part::new(&part, dataset.ndim())).transpose()?;
        let options = self.options;
        let bits = options.bits.iter().copied().map(Some);
        let all = options.bits.is_empty().then_some(None);
        for bits in bits.chain(all) {
            self.outline.bits = bits;
            if let Some(Bits { offset, length }) = bits {
                self.breakable_line(cursor, &format!("PACKED_BITS OFFSET={offset} LENGTH={length}"))?;
                self.check_bits(dataset.datatype(), offset + length);
            }
            self.dataset_part(dataset, part.as_ref(), cursor)?;
        }
        // What follows, attributes above all, is printed with the last of the groups.
        Ok(())
    }

    /// Says that bits are asked for that the integers do not have; of these none are printed.
    fn check_bits(&mut self, datatype: &Datatype, end: u32) {
        if matches!(datatype.class, DatatypeClass::Integer(_)) && u64::from(end) > 8 * native_size(datatype) {
            self.outline.bits = Some(Bits { offset: 64, length: 0 });
            let widest = 8 * native_size(datatype);
            let message = format!("Packed Bit offset+length value({end}) too large. Max is {widest}");
            errors::report_as(TOOL, &Error::new(message));
        }
    }

    /// Prints the elements of a dataset, or a part of them.
    pub(super) fn dataset_part(
        &mut self,
        dataset: &Dataset,
        part: Option<&Part>,
        cursor: &mut Cursor,
    ) -> Result<()> {
        let before = std::mem::replace(&mut self.outline.converted, !is_blank(dataset));
        let result = match part {
            Some(part) => self.subset(dataset, part, cursor),
            None => self.dataset_data(dataset, cursor),
        };
        self.outline.converted = before;
        result
    }

    /// Prints the elements of a dataset.
    fn dataset_data(&mut self, dataset: &Dataset, cursor: &mut Cursor) -> Result<()> {
        self.data_if(check_written(dataset), dataset, Section::Data, cursor)
    }

    /// Prints the elements of an attribute.
    pub(super) fn data(
        &mut self,
        attribute: &Container,
        section: Section,
        cursor: &mut Cursor,
    ) -> Result<()> {
        self.data_if(Ok(()), attribute, section, cursor)
    }

    /// Prints the elements, unless there is an error already.
    fn data_if(
        &mut self,
        checked: Result<()>,
        container: &Container,
        section: Section,
        cursor: &mut Cursor,
    ) -> Result<()> {
        self.line(cursor, "DATA {")?;
        let mut inner = cursor.clone();
        inner.fresh = true;
        let result = self.in_file_of(container, |dumper| match container.datatype().class {
            _ if checked.is_err() => checked,
            _ if has_time(container.datatype()) => Ok(()),
            DatatypeClass::Reference(_) if container.extents().is_null() => Ok(()),
            DatatypeClass::Reference(_) => {
                inner.level += 1;
                let result = dumper.references(container, &mut inner);
                dumper.tolerate(result)
            }
            _ => dumper.elements(container, section, &mut inner),
        });
        self.survive(result)?;
        cursor.column = 1;
        self.breakable_line(cursor, "}")
    }

    /// Reports an error of reading references, which the exit code does not tell.
    pub(super) fn tolerate(&mut self, result: Result<()>) -> Result<()> {
        let failed = self.failed;
        let result = self.survive(result);
        self.failed = failed;
        result
    }

    fn elements(&mut self, container: &Container, section: Section, cursor: &mut Cursor) -> Result<()> {
        self.marked(container, cursor, |dumper, style, cursor| {
            if let Some(form) = dumper.options.binary {
                return for_each_part(container, |elements, _, _| dumper.bytes(elements, form));
            }
            let references = references(&mut dumper.files[dumper.current]);
            let lines = &mut Lines::new(dumper.out.to(section));
            print_elements(container, style, &references, cursor, lines)
        })
    }

    /// Writes elements as bytes.
    pub(super) fn bytes(&mut self, elements: &Elements, form: BinaryForm) -> Result<()> {
        if !binary::write(self.out.to(Section::Data), elements, form)? {
            self.write("\nError in writing binary stream\n")?;
        }
        Ok(())
    }

    /// Prints elements, if there may be any, between quotation marks if they are printed as text.
    pub(super) fn marked(
        &mut self,
        container: &Container,
        cursor: &mut Cursor,
        print: impl FnOnce(&mut Self, &Style, &mut Cursor) -> Result<()>,
    ) -> Result<()> {
        let (style, as_text) = self.element_style(container, cursor)?;
        let result = if container.extents().is_null() { Ok(()) } else { print(self, &style, cursor) };
        if as_text {
            self.end_text(style, cursor)?;
        }
        result
    }

    /// How elements are printed, and whether as text; then its first line is begun.
    fn element_style(&mut self, container: &Container, cursor: &mut Cursor) -> Result<(Style, bool)> {
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
            style.prefix =
                if self.options.indices { Prefix::Marked("\"") } else { Prefix::MarkedBefore("\"") };
            Lines::new(self.out.to(Section::Outline)).begin(cursor, &style)?;
            if !self.options.indices {
                style.prefix = Prefix::Indent;
            }
            style.line_suffix = "\"";
        }
        Ok((style, as_text))
    }

    /// Prints the quotation mark after the last element.
    fn end_text(&mut self, mut style: Style, cursor: &mut Cursor) -> Result<()> {
        (style.line_suffix, style.multi_new, style.array_lines) = ("", false, false);
        style.prefix = if self.options.indices { Prefix::Outline } else { Prefix::Indent };
        let lines = &mut Lines::new(self.out.to(Section::Outline));
        Ok(lines.element(cursor, &style, &mut Data::default(), 0, "\"")?)
    }
}

/// Whether nothing of a dataset is in the file, nor a fill value: the C library makes the elements in memory.
fn is_blank(dataset: &Dataset) -> bool {
    let stored = match dataset.layout() {
        Ok(Layout::Contiguous) => dataset.offset().is_some() || !dataset.external_files().is_empty(),
        Ok(Layout::Chunked) => dataset.chunk_index_address().is_some(),
        _ => true,
    };
    !stored && dataset.fill_value_bytes().is_none()
}

/// Whether there are times in the type: the C library has no native type for these, so that the C
/// tool prints no elements.
pub(crate) fn has_time(datatype: &Datatype) -> bool {
    match &datatype.class {
        DatatypeClass::Time { .. } => true,
        DatatypeClass::Compound(class) => class.members.iter().any(|member| has_time(&member.datatype)),
        DatatypeClass::Array(class) => has_time(&class.base),
        DatatypeClass::VarLen(class) => has_time(&class.base),
        _ => false,
    }
}
