//! How a dataset is stored: layout, filters, fill value.

use hdfive::{AllocationTime, Dataset, FillTime, FilterInfo, Layout};

use super::data::has_time;
use super::external::references;
use super::layout::{Block, Line, Place, line};
use super::{Dumper, TOOL, layout};
use crate::errors::{self, Result};
use crate::render::{Cursor, Values};

impl Dumper<'_> {
    /// Prints the creation properties of a dataset.
    pub(super) fn properties(&mut self, dataset: &Dataset, cursor: &mut Cursor) -> Result<()> {
        let filters = dataset.filters();
        let userblock = self.opened().file.userblock();
        let is_virtual = dataset.layout()? == Layout::Virtual;
        let size = dataset.storage_size().unwrap_or_else(|error| {
            // The C tool prints 0 for what it cannot count.
            errors::report_as(TOOL, &error.into());
            0
        });
        let lines = layout::describe(dataset, &filters, size, userblock)?;
        self.block(cursor, "STORAGE_LAYOUT {", &lines)?;
        if !is_virtual {
            let none = || vec![line(0, "NONE")];
            let lines = if filters.is_empty() { none() } else { filter_lines(&filters) };
            self.block(cursor, "FILTERS {", &lines)?;
        }
        let time = match dataset.fill_time() {
            FillTime::OnAllocation => "H5D_FILL_TIME_ALLOC",
            FillTime::Never => "H5D_FILL_TIME_NEVER",
            FillTime::IfSet => "H5D_FILL_TIME_IFSET",
        };
        let value = self.fill_value(dataset, cursor.level)?;
        self.block(
            cursor,
            "FILLVALUE {",
            &[line(0, format!("FILL_TIME {time}")), line(0, format!("VALUE  {value}"))],
        )?;
        if is_virtual {
            return Ok(());
        }
        let time = match dataset.alloc_time() {
            AllocationTime::Default => "",
            AllocationTime::Early => "H5D_ALLOC_TIME_EARLY",
            AllocationTime::Late => "H5D_ALLOC_TIME_LATE",
            AllocationTime::Incremental => "H5D_ALLOC_TIME_INCR",
        };
        self.block(cursor, "ALLOCATION_TIME {", &[line(0, time)])
    }

    /// Prints lines, each indented by so many levels more than the first, between braces.
    fn block(&mut self, cursor: &mut Cursor, start: &str, lines: &[Line]) -> Result<()> {
        self.line(cursor, start)?;
        for Line { level, place, text } in lines {
            cursor.level += level + 1;
            match place {
                Place::Own => self.line(cursor, text)?,
                Place::Same => {
                    let break_ = format!("\n{}", self.outline.indent.repeat(cursor.level));
                    self.go_on(cursor, &text.replace('\n', &break_))?;
                }
                Place::Deeper => {
                    cursor.level += 1;
                    self.begin(cursor)?;
                    cursor.level -= 1;
                    self.go_on(cursor, text)?;
                }
            }
            cursor.level -= level + 1;
        }
        self.line(cursor, "}")
    }

    fn fill_value(&mut self, dataset: &Dataset, level: usize) -> Result<String> {
        if dataset.fill_is_undefined() {
            return Ok("H5D_FILL_VALUE_UNDEFINED".to_owned());
        }
        let Some(value) = dataset.fill_value_elements()? else {
            return Ok("H5D_FILL_VALUE_DEFAULT".to_owned());
        };
        if has_time(dataset.datatype()) {
            return Ok(String::new());
        }
        let references = references(&mut self.files[self.current]);
        let mut text = String::new();
        let mut values = Values::new(&self.outline, value.heap(), &references);
        values.push(&mut text, value.datatype(), value.get(0).unwrap_or_default(), level)?;
        Ok(text)
    }
}

/// The lines of all filters.
fn filter_lines(filters: &[FilterInfo]) -> Block {
    let mut lines = Vec::new();
    for filter in filters {
        let parameter = |index: usize| filter.parameters.get(index).copied().unwrap_or(0);
        match filter.id {
            1 => lines.push(line(0, format!("COMPRESSION DEFLATE {{ LEVEL {} }}", parameter(0)))),
            2 => lines.push(line(0, "PREPROCESSING SHUFFLE")),
            3 => lines.push(line(0, "CHECKSUM FLETCHER32")),
            4 => lines.extend(szip_lines(parameter(0), parameter(1))),
            5 => lines.push(line(0, "COMPRESSION NBIT")),
            6 => lines.push(line(0, format!("COMPRESSION SCALEOFFSET {{ MIN BITS {} }}", parameter(0)))),
            id => {
                lines.push(line(0, "USER_DEFINED_FILTER {"));
                lines.push(line(1, format!("FILTER_ID {id}")));
                if let Some(name) = filter.name.as_deref().filter(|name| !name.is_empty()) {
                    lines.push(line(1, format!("COMMENT {name}")));
                }
                if !filter.parameters.is_empty() {
                    let parameters: Vec<_> =
                        filter.parameters.iter().take(20).map(|&value| (value as i32).to_string()).collect();
                    lines.push(line(1, format!("PARAMS {{ {} }}", parameters.join(" "))));
                }
                lines.push(line(0, "}"));
            }
        }
    }
    lines
}

/// The lines of the szip filter with these options.
fn szip_lines(mask: u32, pixels: u32) -> Block {
    let choose = |choices: &[(u32, &str)]| {
        choices.iter().find(|(bit, _)| mask & bit != 0).map_or(String::new(), |(_, text)| (*text).to_owned())
    };
    let mut lines = vec![
        line(0, "COMPRESSION SZIP {"),
        line(1, format!("PIXELS_PER_BLOCK {pixels}")),
        line(1, choose(&[(2, "MODE HARDWARE"), (1, "MODE K13")])),
        line(1, choose(&[(4, "CODING ENTROPY"), (32, "CODING NEAREST NEIGHBOUR")])),
        line(1, choose(&[(8, "BYTE_ORDER LSB"), (16, "BYTE_ORDER MSB")])),
    ];
    if mask & 128 != 0 {
        lines.push(line(1, "HEADER RAW"));
    }
    lines.push(line(0, "}"));
    lines
}
