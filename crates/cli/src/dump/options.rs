//! The options of `h5dump`.

use super::subset::{self, Subset};
use crate::errors::{Error, Result};
use crate::format_c::Format;
use crate::getopt::{self, Spec, Takes};
use crate::render::Bits;
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
    /// Whether XML is written, and which.
    pub(super) xml: bool,
    pub(super) dialect: Dialect,
    /// Nothing: the whole file.
    pub(super) wanted: Vec<Wanted>,
    pub(super) files: Vec<String>,
}

/// What the command line asks for.
pub(super) enum Request {
    Dump(Options),
    Help,
    Version,
}

const SPECS: &[Spec] = &[
    Spec('h', "help", Takes::Nothing),
    Spec('V', "version", Takes::Nothing),
    Spec('H', "header", Takes::Nothing),
    Spec('A', "onlyattr", Takes::Perhaps),
    Spec('B', "superblock", Takes::Nothing),
    Spec('B', "boot-block", Takes::Nothing),
    Spec('p', "properties", Takes::Nothing),
    Spec('a', "attribute", Takes::Value),
    Spec('d', "dataset", Takes::Value),
    Spec('g', "group", Takes::Value),
    Spec('l', "soft-link", Takes::Value),
    Spec('t', "datatype", Takes::Value),
    Spec('e', "escape", Takes::Nothing),
    Spec('r', "string", Takes::Nothing),
    Spec('y', "noindex", Takes::Nothing),
    Spec('m', "format", Takes::Value),
    Spec('w', "width", Takes::Value),
    Spec('q', "sort_by", Takes::Value),
    Spec('z', "sort_order", Takes::Value),
    Spec('s', "start", Takes::Value),
    Spec('S', "stride", Takes::Value),
    Spec('c', "count", Takes::Value),
    Spec('k', "block", Takes::Value),
    Spec('M', "packedbits", Takes::Value),
    Spec('M', "packed-bits", Takes::Value),
    Spec('C', "no-compact-subset", Takes::Nothing),
    Spec('E', "enable-error-stack", Takes::Perhaps),
    Spec('x', "xml", Takes::Nothing),
    Spec('u', "use-dtd", Takes::Nothing),
    Spec('D', "xml-dtd", Takes::Value),
    Spec('X', "xml-ns", Takes::Value),
];

/// What `h5 dump --help` prints.
pub(super) const HELP: &str = "\
Print HDF5 files as text, as h5dump does

Usage: h5 dump [OPTIONS] FILE...

What to print (by default everything):
  -a, --attribute=PATH    this attribute; a slash in its name is written \\/
  -d, --dataset=PATH      this dataset
  -g, --group=PATH        this group and all in it
  -l, --soft-link=PATH    the value of this link
  -t, --datatype=PATH     this named datatype
  -s, --start=LIST        of the dataset before: only a part, which starts here (0),
  -S, --stride=LIST         with this distance between blocks (1),
  -c, --count=LIST          so many blocks (1),
  -k, --block=LIST          of this size (1)
  -M, --packedbits=LIST   of the integers of the dataset before: only these bits, offsets and
                          lengths in turn
  -H, --header            no elements, of datasets or attributes
  -A, --onlyattr[=0]      no elements of datasets; with 0: no attributes
  -B, --superblock        the superblock
  -p, --properties        layout, filters, fill values of datasets

How to print it:
  -w, --width=N           columns (80); 0: no limit
  -m, --format=FORMAT     of floating-point numbers, such as %.3f
  -y, --noindex           no indices before lines of elements
  -r, --string            one-byte integers as characters
  -e, --escape            control characters as escape sequences
  -q, --sort_by=KEY       name or creation_order
  -z, --sort_order=ORDER  ascending or descending
  -x, --xml               as XML of a schema
  -u, --use-dtd           as XML of a DTD
  -D, --xml-dtd=URL       where the schema or the DTD is
  -X, --xml-ns=NAMESPACE  before the names of elements (hdf5:); a colon: nothing

  -h, --help              this text
  -V, --version           the version
";

/// Groups of bits: a list of offsets and lengths in turn.
fn bits(text: &str) -> Result<Vec<Bits>, String> {
    let numbers: Result<Vec<u32>, _> = text.split(',').map(|number| number.trim().parse()).collect();
    let numbers = numbers.map_err(|_| format!("\"{text}\" is no list of offsets and lengths of bits"))?;
    let groups: Vec<_> = numbers
        .chunks(2)
        .map(|pair| Bits { offset: pair[0], length: pair.get(1).copied().unwrap_or(0) })
        .collect();
    match groups
        .iter()
        .find(|bits| bits.offset > 63 || bits.length == 0 || bits.offset + bits.length.min(65) > 64)
    {
        Some(bits) => Err(format!("there are no {} bits from bit {} on", bits.length, bits.offset)),
        None => Ok(groups),
    }
}

impl Options {
    fn new() -> Self {
        Self {
            data: true,
            attribute_data: true,
            attributes: true,
            properties: false,
            superblock: false,
            indices: true,
            escape: false,
            ascii: false,
            columns: Some(80),
            float: Format::general(),
            bits: Vec::new(),
            by_creation: false,
            descending: false,
            xml: false,
            dialect: Dialect::default(),
            wanted: Vec::new(),
            files: Vec::new(),
        }
    }

    /// Understands the command line.
    pub(super) fn parse(args: &[String]) -> Result<Request> {
        let (options, files) = getopt::parse(args, SPECS).map_err(Error::new)?;
        let mut parsed = Self::new();
        let compact = !options.iter().any(|(letter, _)| *letter == 'C');
        for (letter, value) in options {
            let path = |wanted: fn(String) -> Wanted| wanted(value.clone().unwrap_or_default());
            match letter {
                'h' => return Ok(Request::Help),
                'V' => return Ok(Request::Version),
                'a' => parsed.wanted.push(path(Wanted::Attribute)),
                'd' => {
                    let path = value.unwrap_or_default();
                    let (path, subset) = if compact { Subset::split(&path) } else { (path, None) };
                    parsed.wanted.push(Wanted::Dataset(path, subset));
                }
                's' | 'S' | 'c' | 'k' => {
                    let Some(Wanted::Dataset(_, subset)) = parsed.wanted.last_mut() else {
                        return Err(Error::new(format_args!("-{letter} is for the dataset of -d before it")));
                    };
                    let subset = subset.get_or_insert_default();
                    let list = subset::list(&value.unwrap_or_default());
                    match letter {
                        's' => subset.start = list,
                        'S' => subset.stride = list,
                        'c' => subset.count = list,
                        _ => subset.block = list,
                    }
                }
                'M' => {
                    if !matches!(parsed.wanted.last(), Some(Wanted::Dataset(..))) {
                        return Err(Error::new("-M is for the dataset of -d before it"));
                    }
                    parsed.bits = bits(&value.unwrap_or_default()).map_err(Error::new)?;
                }
                'C' => {}
                'g' => parsed.wanted.push(path(Wanted::Group)),
                'l' => parsed.wanted.push(path(Wanted::Link)),
                't' => parsed.wanted.push(path(Wanted::Datatype)),
                _ => parsed.set(letter, value.as_deref())?,
            }
        }
        parsed.check_xml()?;
        if files.is_empty() {
            return Err(Error::new("missing file name; h5 dump --help tells the options"));
        }
        parsed.files = files;
        Ok(Request::Dump(parsed))
    }

    fn set(&mut self, letter: char, value: Option<&str>) -> Result<()> {
        let unknown = |what: &str| Error::new(format_args!("unknown {what} \"{}\"", value.unwrap_or("")));
        match letter {
            'H' => (self.data, self.attribute_data) = (false, false),
            'A' => match value.map(|value| value.parse::<i64>().unwrap_or(0)) {
                None => (self.data, self.attribute_data) = (false, true),
                Some(0) => self.attributes = false,
                Some(_) => {}
            },
            'B' => self.superblock = true,
            'p' => self.properties = true,
            'e' => self.escape = true,
            'r' => self.ascii = true,
            'y' => self.indices = false,
            'm' => {
                self.float = Format::parse(value.unwrap_or_default()).map_err(Error::new)?;
                self.columns = None;
            }
            'w' => {
                let columns = value.and_then(|value| value.parse().ok()).unwrap_or(0);
                self.columns = Some(if columns == 0 { 65_535 } else { columns });
            }
            'q' => match value {
                Some("name") => self.by_creation = false,
                Some("creation_order") => self.by_creation = true,
                _ => return Err(unknown("key to sort by")),
            },
            'z' => match value {
                Some("ascending") => self.descending = false,
                Some("descending") => self.descending = true,
                _ => return Err(unknown("order")),
            },
            'x' | 'u' | 'D' | 'X' => self.set_xml(letter, value.unwrap_or_default())?,
            // Errors are always explained.
            'E' => {}
            _ => return Err(Error::new(format_args!("the option -{letter} is not supported"))),
        }
        Ok(())
    }

    /// Takes an option about XML.
    fn set_xml(&mut self, letter: char, value: &str) -> Result<()> {
        let dialect = &mut self.dialect;
        match letter {
            'x' => (self.xml, dialect.schema) = (true, true),
            'u' => {
                (self.xml, dialect.schema) = (true, false);
                dialect.namespace.clear();
            }
            'D' => dialect.uri = Some(value.to_owned()),
            _ if !dialect.schema => return Err(Error::new("a DTD knows no namespaces")),
            _ => dialect.namespace = if value == ":" { String::new() } else { value.to_owned() },
        }
        self.columns = None;
        Ok(())
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

    /// Refuses what cannot be had as XML.
    fn check_xml(&self) -> Result<()> {
        let refused = match self {
            _ if !self.xml => return Ok(()),
            _ if !self.wanted.is_empty() => "to display selected objects",
            _ if self.superblock => "--boot-block",
            _ if self.ascii => "--string",
            _ => return Ok(()),
        };
        Err(Error::new(format_args!("option \"{refused}\" not available for XML")))
    }
}
