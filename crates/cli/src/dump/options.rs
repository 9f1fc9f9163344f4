//! The options of `h5dump`.

use crate::access::Access;
use crate::format_c::Format;
use crate::objects::Visit;
use crate::render::Bits;
use crate::subset::Subset;
use crate::xml::{Dialect, Settings};

/// An object that was asked for by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Wanted {
    Attribute(String),
    /// A dataset, or a part of it.
    Dataset(String, Option<Subset>),
    Group(String),
    Link(String),
    Datatype(String),
    /// Anything of this name.
    Any(String),
}

/// The values that binary output has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BinaryForm {
    /// As in the memory of this machine.
    Native,
    /// As in the file.
    File,
    LittleEndian,
    BigEndian,
}

/// What is to be printed, and how.
#[derive(Debug, Clone)]
pub(super) struct Options {
    /// Whether the elements of datasets are printed.
    pub(super) data: bool,
    /// Whether the elements of attributes are printed.
    pub(super) attribute_data: bool,
    /// Whether attributes are printed at all.
    pub(super) attributes: bool,
    /// Whether the layout, the filters and the fill value of datasets are printed.
    pub(super) properties: bool,
    pub(super) superblock: bool,
    /// Whether a list of the contents is all that is printed; with attributes?
    pub(super) contents: Option<bool>,
    /// Whether objects are printed with a number that names them.
    pub(super) object_ids: bool,
    /// Whether what region references refer to is printed.
    pub(super) regions: bool,
    /// Whether lines of elements begin with the index of their first.
    pub(super) indices: bool,
    pub(super) escape: bool,
    /// Whether one-byte integers are printed as characters.
    pub(super) ascii: bool,
    /// Columns, if lines are broken where they are full, else each element has a line.
    pub(super) columns: Option<usize>,
    pub(super) float: Format,
    /// Groups of bits of integers to print instead of the integers.
    pub(super) bits: Vec<Bits>,
    pub(super) by_creation: bool,
    pub(super) descending: bool,
    /// How elements are written, if not as text.
    pub(super) binary: Option<BinaryForm>,
    pub(super) access: Access,
    /// Whether virtual datasets end before the first missing source.
    pub(super) first_missing: bool,
    /// How many sources of a virtual dataset may be missing in a row.
    pub(super) gap: u64,
    /// Whether XML is written, and which.
    pub(super) xml: bool,
    pub(super) dialect: Dialect,
    /// Nothing: the whole file.
    pub(super) wanted: Vec<Wanted>,
    pub(super) files: Vec<String>,
    /// Whether an option was of no use, which only the exit code tells in the end.
    pub(super) failed: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            data: true,
            attribute_data: true,
            attributes: true,
            properties: false,
            superblock: false,
            contents: None,
            object_ids: false,
            regions: false,
            indices: true,
            escape: false,
            ascii: false,
            columns: Some(80),
            float: Format::general(),
            bits: Vec::new(),
            by_creation: false,
            descending: false,
            binary: None,
            access: Access::default(),
            first_missing: false,
            gap: 0,
            xml: false,
            dialect: Dialect::default(),
            wanted: Vec::new(),
            files: Vec::new(),
            failed: false,
        }
    }
}

impl Options {
    /// In which order links are followed.
    pub(super) fn order(&self) -> Visit {
        Visit { stored: false, by_creation: self.by_creation, descending: self.descending }
    }

    /// The options that concern XML.
    pub(super) fn xml(&self) -> Settings<'_> {
        Settings {
            dialect: &self.dialect,
            data: self.data,
            attribute_data: self.attribute_data,
            by_creation: self.by_creation,
            descending: self.descending,
            float: &self.float,
            columns: self.columns,
        }
    }
}
