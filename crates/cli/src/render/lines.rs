//! Breaking text into lines, as the C tools do.

use std::io::{self, Write};

use super::style::{OPTIONAL_BREAK, Prefix, Style};

/// Where in the output the next text goes. A line is ended only when the next one begins.
#[derive(Debug, Clone, Default)]
pub(crate) struct Cursor {
    /// Characters on the current line, as the tools count them; 0: nothing needs to be ended.
    pub(crate) column: usize,
    /// Levels of indentation.
    pub(crate) level: usize,
    /// Whether the next text begins a line.
    pub(crate) fresh: bool,
    /// Elements on the current line.
    pub(crate) on_line: u64,
    /// The width of the current line's prefix.
    prefix_width: usize,
    /// Whether the element before was broken into several lines.
    multiline: bool,
}

/// The shape of the data being printed, and how far it is.
#[derive(Debug, Clone, Default)]
pub(crate) struct Data {
    /// The sizes of the dimensions; none for a scalar.
    pub(crate) dims: Vec<u64>,
    /// The position in the whole of the first element of the part that is being printed.
    pub(crate) start: u64,
    /// Whether this is not the first part.
    pub(crate) continued: bool,
    /// Elements since the last row was ended.
    in_row: u64,
}

impl Cursor {
    /// On a line that is to be ended, before lines of this many levels of indentation.
    pub(crate) fn at(level: usize) -> Self {
        Self { column: 3 * level, level, ..Self::default() }
    }

    /// At the beginning of a line, before lines of this many levels of indentation.
    pub(crate) fn first(level: usize) -> Self {
        Self { level, fresh: true, ..Self::default() }
    }
}

impl Data {
    /// Data of this shape, of which nothing is printed yet.
    pub(crate) fn new(dims: Vec<u64>) -> Self {
        Self { dims, ..Self::default() }
    }

    /// Goes on with the part that starts at the element `start`.
    pub(crate) fn next_part(&mut self, start: u64) {
        self.start = start;
    }

    fn index(&self, mut element: u64, text: &mut String) {
        let mut indices: Vec<u64> = self
            .dims
            .iter()
            .rev()
            .map(|&dim| {
                let index = if dim == 0 { 0 } else { element % dim };
                element = element.checked_div(dim).unwrap_or(0);
                index
            })
            .collect();
        if indices.is_empty() {
            indices.push(element);
        }
        for (at, index) in indices.iter().rev().enumerate() {
            text.push_str(if at > 0 { "," } else { "" });
            text.push_str(&index.to_string());
        }
    }
}

/// Output by lines.
pub(crate) struct Lines<'o> {
    out: &'o mut dyn Write,
}

/// A byte outside ASCII stands in text as the character of this code plus its value, if it is printed
/// as it is, whether or not it is a character together with its neighbours.
const RAW_BYTES: u32 = 0x10_ff00;

/// How the first byte of such a character is encoded.
const RAW_LEAD: u8 = 0xf4;

/// What stands in text for a byte that is printed as it is.
pub(super) fn raw_byte(byte: u8) -> char {
    if byte.is_ascii() { byte.into() } else { char::from_u32(RAW_BYTES + u32::from(byte)).unwrap_or('?') }
}

/// The byte that a character stands for.
fn as_raw_byte(c: char) -> Option<u8> {
    u32::from(c).checked_sub(RAW_BYTES).and_then(|byte| u8::try_from(byte).ok())
}

/// Bytes that are printed.
fn printed_len(text: &str) -> usize {
    if !text.as_bytes().contains(&RAW_LEAD) {
        return text.len();
    }
    text.chars().map(|c| if as_raw_byte(c).is_some() { 1 } else { c.len_utf8() }).sum()
}

fn print(out: &mut dyn Write, text: &str) -> io::Result<()> {
    if !text.as_bytes().contains(&RAW_LEAD) {
        return out.write_all(text.as_bytes());
    }
    text.chars().try_for_each(|c| match as_raw_byte(c) {
        Some(byte) => out.write_all(&[byte]),
        None => write!(out, "{c}"),
    })
}

/// The number of characters that a terminal would show, as the tools count them: those of text
/// outside ASCII do not count.
fn columns(text: &str) -> usize {
    text.bytes().filter(|byte| (b' '..0x80).contains(byte)).count()
}

impl<'o> Lines<'o> {
    pub(crate) fn new(out: &'o mut dyn Write) -> Self {
        Self { out }
    }

    /// Prints text on a line of its own.
    pub(crate) fn line(&mut self, cursor: &mut Cursor, style: &Style, text: &str) -> io::Result<()> {
        cursor.fresh = true;
        self.element(cursor, style, &mut Data::default(), 0, text)
    }

    /// Begins a line, then prints text, which goes to the next line if it is too long for this one.
    pub(crate) fn breakable_line(
        &mut self,
        cursor: &mut Cursor,
        style: &Style,
        text: &str,
    ) -> io::Result<()> {
        self.begin(cursor, style)?;
        self.element(cursor, style, &mut Data::default(), 0, text)
    }

    /// Ends the current line, if there is something on it, and begins another.
    pub(crate) fn begin(&mut self, cursor: &mut Cursor, style: &Style) -> io::Result<()> {
        self.begin_at(cursor, style, &Data::default(), 0, 0)
    }

    /// Begins a line with the section `section` of the element `element`.
    fn begin_at(
        &mut self,
        cursor: &mut Cursor,
        style: &Style,
        data: &Data,
        element: u64,
        section: usize,
    ) -> io::Result<()> {
        if cursor.column > 0 {
            writeln!(self.out, "{}", style.line_suffix)?;
        }
        let mut prefix = String::new();
        let levels = match style.prefix {
            Prefix::Indent | Prefix::Whole(..) => cursor.level,
            Prefix::MarkedBefore(mark) => {
                prefix.push_str(mark);
                cursor.level
            }
            _ => cursor.level.saturating_sub(1),
        };
        (0..levels).for_each(|_| prefix.push_str(style.indent));
        let mut text = String::new();
        match &style.prefix {
            Prefix::Index => {
                text.push('(');
                data.index(element, &mut text);
                text.push_str("): ");
            }
            Prefix::Fixed(first, continued) | Prefix::Whole(first, continued) => {
                text.push_str(if section > 0 { continued } else { first });
            }
            Prefix::Marked(mark) => text.push_str(mark),
            Prefix::Indent | Prefix::Outline | Prefix::MarkedBefore(_) => {}
        }
        // Wherever the text is, it is counted as if the whole indentation were before it.
        let counted = if levels > 0 { cursor.level } else { 0 };
        cursor.column = text.len() + style.indent.len() * counted;
        prefix.push_str(&text);
        write!(self.out, "{prefix}")?;
        cursor.prefix_width = cursor.column;
        cursor.on_line = 0;
        cursor.fresh = false;
        Ok(())
    }

    /// Prints the element at `position` of the current part, or text that is no element.
    pub(crate) fn element(
        &mut self,
        cursor: &mut Cursor,
        style: &Style,
        data: &mut Data,
        position: u64,
        text: &str,
    ) -> io::Result<()> {
        let width = columns(text) + style.element_space.len() + style.line_suffix.len();
        if style.multi_new && cursor.column + width > style.columns {
            // Text that fits on a line of its own gets one; so does any text after broken text.
            let fits = cursor.prefix_width + width <= style.columns;
            cursor.fresh |= cursor.multiline || fits;
        }
        let row = data.dims.last().copied().unwrap_or(0);
        if style.array_lines && cursor.on_line > 0 {
            if row > 0 && cursor.on_line.is_multiple_of(row) {
                cursor.fresh = true;
            }
            if data.in_row == row {
                cursor.fresh = true;
                data.in_row = 0;
            }
        }
        if style.per_line > 0 && cursor.on_line >= style.per_line {
            cursor.fresh = true;
        }
        let mut multiline = false;
        for (number, section) in text.split(OPTIONAL_BREAK).filter(|section| !section.is_empty()).enumerate()
        {
            let width = printed_len(section) + style.element_space.len() + style.line_suffix.len();
            cursor.fresh |= cursor.column + width > style.columns;
            if cursor.fresh {
                multiline |= number > 0;
                self.begin_at(cursor, style, data, data.start + position, number)?;
            } else if number == 0 && (position > 0 || data.continued) {
                write!(self.out, "{}", style.element_space)?;
                cursor.column += style.element_space.len();
            }
            print(self.out, section)?;
            cursor.column += printed_len(section);
        }
        cursor.multiline = multiline;
        cursor.on_line += 1;
        data.in_row += 1;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Elements in the given shape as `h5dump` would print them at the second level.
    fn print(style: &Style, dims: &[u64], elements: &[&str]) -> String {
        let mut out = Vec::new();
        let mut lines = Lines::new(&mut out);
        let mut cursor = Cursor::at(2);
        cursor.fresh = true;
        let mut data = Data::new(dims.to_vec());
        for (position, element) in elements.iter().enumerate() {
            let comma = if position + 1 < elements.len() { "," } else { "" };
            lines
                .element(&mut cursor, style, &mut data, position as u64, &format!("{element}{comma}"))
                .unwrap();
        }
        String::from_utf8(out).unwrap()
    }

    fn indexed() -> Style {
        Style { prefix: Prefix::Index, ..Style::dump() }
    }

    #[test]
    fn lines_begin_with_the_index_of_their_first_element() {
        assert_eq!(print(&indexed(), &[3], &["1", "2", "3"]), "\n   (0): 1, 2, 3");
        assert_eq!(print(&indexed(), &[], &["1"]), "\n   (0): 1");
        let rows = print(&indexed(), &[2, 1, 2], &["1", "2", "3", "4"]);
        assert_eq!(rows, "\n   (0,0,0): 1, 2,\n   (1,0,0): 3, 4");
        let plain = Style { prefix: Prefix::Indent, ..Style::dump() };
        assert_eq!(print(&plain, &[2], &["1", "2"]), "\n      1, 2");
    }

    #[test]
    fn bytes_are_printed_as_they_are() {
        let mut out = Vec::new();
        let text = format!("a{}{}", raw_byte(0xa9), raw_byte(b'x'));
        Lines::new(&mut out).line(&mut Cursor::first(0), &Style::dump(), &text).unwrap();
        assert_eq!(out, b"a\xa9x");
        assert_eq!(printed_len(&text), 3);
    }

    #[test]
    fn full_lines_are_broken() {
        let style = Style { columns: 24, ..indexed() };
        let elements = ["1000"; 5];
        let text = print(&style, &[5], &elements);
        assert_eq!(text, "\n   (0): 1000, 1000,\n   (2): 1000, 1000,\n   (4): 1000");
        let single = Style { per_line: 1, ..indexed() };
        assert_eq!(print(&single, &[2], &["1", "2"]), "\n   (0): 1,\n   (1): 2");
    }

    #[test]
    fn text_may_be_broken_where_it_says() {
        let style = Style { columns: 20, prefix: Prefix::Fixed("  ".into(), "    ".into()), ..Style::list() };
        let text = print(&style, &[1], &["{aaaaaaaa, \u{1}bbbbbbbbb}"]);
        assert_eq!(text, "\n     {aaaaaaaa, \n       bbbbbbbbb}");
    }
}
