//! What distinguishes the notation of one tool, or of one option, from another's.

use super::number::Bits;
use crate::format_c::Format;

/// How elements are written.
#[derive(Debug, Clone)]
pub(crate) struct Style {
    /// How floating-point numbers of up to 4 bytes are printed.
    pub(crate) float: Format,
    /// How floating-point numbers of 5 to 8 bytes are printed; longer ones always as `%g`.
    pub(crate) double: Format,
    /// Whether elements are printed as bytes, whatever their type; but as with the C tool, that is only
    /// what separates them.
    pub(crate) raw: bool,
    /// Whether elements are converted from the type in the file, where values of enumerations without a name
    /// may be lost.
    pub(crate) converted: bool,
    /// The bits of integers that are printed, if not all are.
    pub(crate) bits: Option<Bits>,
    /// Whether one-byte integers are characters.
    pub(crate) ascii: bool,
    /// How characters that are special or not printable are written.
    pub(crate) escape: Escape,
    /// From how many repetitions on a character of a string is written once, with a count; 0: never.
    pub(crate) repeats: usize,
    /// What says how often (`{}`) such a character is repeated.
    pub(crate) repeated: &'static str,
    /// Between the kind of the object that a reference in other data leads to, and its address.
    pub(crate) before_address: String,
    /// Whether members of compounds are preceded by their names.
    pub(crate) member_names: bool,
    /// Between members of a compound.
    pub(crate) member_separator: &'static str,
    /// After the opening and before the closing brace of a compound.
    pub(crate) compound_break: &'static str,
    /// Around the elements of an array.
    pub(crate) array: (&'static str, &'static str),
    /// Between elements of an array.
    pub(crate) array_separator: &'static str,
    /// Whether what follows an array in an array is on a line of its own.
    pub(crate) nested_array_lines: bool,
    /// Whether rows of arrays, rows of the data and members of compounds are on lines of their own.
    pub(crate) array_lines: bool,
    /// Around the elements of a variable-length sequence.
    pub(crate) sequence: (&'static str, &'static str),
    /// Between elements of a variable-length sequence.
    pub(crate) sequence_separator: &'static str,
    /// After each element but the last.
    pub(crate) element_suffix: &'static str,
    /// Between elements on one line.
    pub(crate) element_space: &'static str,
    /// Before the end of each line.
    pub(crate) line_suffix: &'static str,
    /// Columns of a line.
    pub(crate) columns: usize,
    /// Elements of a line; 0: as many as fit.
    pub(crate) per_line: u64,
    /// Whether elements of several lines begin a line.
    pub(crate) multi_new: bool,
    /// How lines begin.
    pub(crate) prefix: Prefix,
    /// Around the members of a compound.
    pub(crate) braces: (&'static str, &'static str),
    /// One level of indentation.
    pub(crate) indent: &'static str,
}

/// How characters of strings are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Escape {
    /// As they are, if they can be printed.
    Plain,
    /// As the escape sequences of C.
    Sequences,
    /// As in addresses of the web: `%20`.
    Percent,
}

/// How a line begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Prefix {
    /// With indentation.
    Indent,
    /// With one level of indentation less.
    Outline,
    /// With one level of indentation less, and the index of its first element.
    Index,
    /// With one level of indentation less, and this text.
    Marked(&'static str),
    /// With this text, and then indentation.
    MarkedBefore(&'static str),
    /// With one level of indentation less, and this text; where an element goes on, with the other.
    Fixed(String, String),
    /// With indentation and this text; where an element goes on, with the other.
    Whole(String, String),
}

/// A place in text where a line may be broken; never printed.
pub(crate) const OPTIONAL_BREAK: char = '\u{1}';

impl Style {
    /// The notation of `h5ls`.
    pub(crate) fn list() -> Self {
        Self {
            // The decimal digits that each type is sure to keep.
            float: Format::digits(6),
            double: Format::digits(15),
            escape: Escape::Sequences,
            repeats: 8,
            member_separator: ", \u{1}",
            compound_break: "",
            array: ("[", "]"),
            array_separator: ",\u{1}",
            nested_array_lines: false,
            array_lines: false,
            sequence_separator: ",\u{1}",
            prefix: Prefix::Fixed("         ".to_owned(), "         ".to_owned()),
            ..Self::dump()
        }
    }

    /// The notation of `h5ls` that is easier for programs to read.
    pub(crate) fn simple_list() -> Self {
        Self {
            escape: Escape::Percent,
            repeats: 0,
            member_separator: " ",
            array: ("", ""),
            array_separator: "  ",
            nested_array_lines: true,
            sequence_separator: ",",
            element_suffix: " ",
            columns: 65_535,
            per_line: 1,
            multi_new: false,
            braces: ("", ""),
            prefix: Prefix::Fixed("        ".to_owned(), "         ".to_owned()),
            ..Self::list()
        }
    }

    /// The notation of elements in XML.
    pub(crate) fn xml() -> Self {
        Self {
            member_separator: " ",
            compound_break: "",
            array: ("", ""),
            array_separator: " ",
            array_lines: false,
            sequence: (" ", ""),
            sequence_separator: " ",
            element_suffix: "",
            prefix: Prefix::Indent,
            braces: ("", ""),
            ..Self::dump()
        }
    }

    /// The notation of `h5dump`.
    pub(crate) fn dump() -> Self {
        Self {
            float: Format::general(),
            double: Format::general(),
            raw: false,
            converted: true,
            bits: None,
            ascii: false,
            escape: Escape::Plain,
            repeats: 0,
            repeated: " repeats {} times",
            before_address: " ".to_owned(),
            member_names: false,
            member_separator: ",\n",
            compound_break: "\n",
            array: ("[ ", " ]"),
            array_separator: ",",
            nested_array_lines: true,
            array_lines: true,
            sequence: ("(", ")"),
            sequence_separator: ", ",
            element_suffix: ",",
            element_space: " ",
            line_suffix: "",
            columns: 80,
            per_line: 0,
            multi_new: true,
            prefix: Prefix::Outline,
            braces: ("{", "}"),
            indent: "   ",
        }
    }
}
