//! The command line of `h5dump`.

use std::path::{Path, PathBuf};

use super::TOOL;
use super::options::{BinaryForm, Options, Wanted};
use super::output::{Output, Section};
use super::packed;
use crate::access::{Missing, Setting};
use crate::c_numbers::atoi;
use crate::errors::{self, Error};
use crate::format_c::Format;
use crate::getopt::{Scanner, Spec, Takes};
use crate::subset::{self, Subset};

/// What the command line asks for.
pub(super) enum Request {
    Dump(Box<Options>),
    Help,
    Version,
}

/// Why the command line is not understood.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Misuse {
    pub(super) message: Option<String>,
    /// Whether the options are explained.
    pub(super) usage: bool,
}

impl Misuse {
    /// Nothing more is to be said than what the options are.
    const PLAIN: Self = Self { message: None, usage: true };

    fn explained(message: impl Into<String>) -> Self {
        Self { message: Some(message.into()), usage: true }
    }

    fn only(message: impl Into<String>) -> Self {
        Self { message: Some(message.into()), usage: false }
    }
}

/// The letters of long options without a short form are those of the C tool.
const SPECS: &[Spec] = &[
    Spec('a', "attribute", Takes::Value),
    Spec('b', "binary", Takes::Perhaps),
    Spec('c', "count", Takes::Value),
    Spec('d', "dataset", Takes::Value),
    Spec('e', "escape", Takes::Nothing),
    Spec('f', "filedriver", Takes::Value),
    Spec('g', "group", Takes::Value),
    Spec('h', "help", Takes::Nothing),
    Spec('i', "object-ids", Takes::Nothing),
    Spec('k', "block", Takes::Value),
    Spec('l', "soft-link", Takes::Value),
    Spec('m', "format", Takes::Value),
    Spec('n', "contents", Takes::Perhaps),
    Spec('o', "output", Takes::Perhaps),
    Spec('p', "properties", Takes::Nothing),
    Spec('q', "sort_by", Takes::Value),
    Spec('r', "string", Takes::Nothing),
    Spec('s', "start", Takes::Value),
    Spec('t', "datatype", Takes::Value),
    Spec('u', "use-dtd", Takes::Nothing),
    Spec('v', "vds-view-first-missing", Takes::Nothing),
    Spec('w', "width", Takes::Value),
    Spec('x', "xml", Takes::Nothing),
    Spec('y', "noindex", Takes::Nothing),
    Spec('z', "sort_order", Takes::Value),
    Spec('A', "onlyattr", Takes::Perhaps),
    Spec('B', "superblock", Takes::Nothing),
    Spec('B', "boot-block", Takes::Nothing),
    Spec('C', "no-compact-subset", Takes::Nothing),
    Spec('D', "xml-dtd", Takes::Value),
    Spec('E', "enable-error-stack", Takes::Perhaps),
    Spec('G', "vds-gap-size", Takes::Value),
    Spec('H', "header", Takes::Nothing),
    Spec('K', "page-buffer-size", Takes::Value),
    Spec('M', "packed-bits", Takes::Value),
    Spec('N', "any_path", Takes::Value),
    Spec('O', "ddl", Takes::Perhaps),
    Spec('R', "region", Takes::Nothing),
    Spec('S', "stride", Takes::Value),
    Spec('V', "version", Takes::Nothing),
    Spec('X', "xml-ns", Takes::Value),
    Spec('$', "s3-cred", Takes::Value),
    Spec('#', "hdfs-attrs", Takes::Value),
    Spec('1', "vol-value", Takes::Value),
    Spec('2', "vol-name", Takes::Value),
    Spec('3', "vol-info", Takes::Value),
    Spec('4', "vfd-value", Takes::Value),
    Spec('5', "vfd-name", Takes::Value),
    Spec('6', "vfd-info", Takes::Value),
];

/// What `h5dump --help` prints.
pub(super) const USAGE: &str = include_str!("usage.txt");

/// Whether the options ask for help, before any that ends them; nothing is created.
pub(crate) fn asks_for_help(args: &[String]) -> bool {
    let mut letters = Scanner::new(args, SPECS).map_while(Result::ok).map(|(letter, _)| letter);
    letters.find(|letter| matches!(letter, 'h' | 'V' | '$' | '#')) == Some('h')
}

/// The command line as far as it is understood. What some options mean depends on those before them.
struct Parser<'o> {
    options: Options,
    /// Where the sections go, as options say it.
    out: &'o mut Output,
    /// Whether the dataset asked for last may still be given a subset or a list of bits.
    after_dataset: bool,
    /// Whether the option before was one of a subset.
    in_subset: bool,
    /// Whether `[` in the path of a dataset is part of its name.
    plain_names: bool,
    output: Option<PathBuf>,
    /// Whether an option was met after which the C tool takes all for files.
    ended: bool,
}

impl Options {
    /// Understands the command line, and creates the files that parts of the output go to.
    pub(super) fn parse(args: &[String], out: &mut Output) -> Result<Request, Misuse> {
        if args.is_empty() {
            return Err(Misuse::PLAIN);
        }
        let mut scanner = Scanner::new(args, SPECS);
        let mut parser = Parser {
            options: Self::default(),
            out,
            after_dataset: false,
            in_subset: false,
            plain_names: false,
            output: None,
            ended: false,
        };
        for given in scanner.by_ref() {
            let (letter, value) = given.map_err(Misuse::explained)?;
            match letter {
                _ if parser.ended => return Err(Misuse::only("unable to open file")),
                'h' => return Ok(Request::Help),
                'V' => return Ok(Request::Version),
                _ => parser.option(letter, value.as_deref())?,
            }
        }
        let files = scanner.rest();
        if files.is_empty() {
            return Err(Misuse::explained("missing file name"));
        }
        parser.options.files = files;
        parser.finish()
    }
}

impl Parser<'_> {
    fn option(&mut self, letter: char, value: Option<&str>) -> Result<(), Misuse> {
        let subset = matches!(letter, 's' | 'S' | 'c' | 'k');
        if std::mem::replace(&mut self.in_subset, subset) && !subset {
            self.after_dataset = false;
        }
        match letter {
            's' | 'S' | 'c' | 'k' => self.subset(letter, value.unwrap_or_default()),
            'a' | 'd' | 'g' | 'l' | 't' | 'N' => {
                self.wanted(letter, value.unwrap_or_default());
                Ok(())
            }
            'M' => self.bits(value.unwrap_or_default()),
            'O' | 'o' | 'b' => self.output(letter, value),
            'x' | 'u' | 'D' | 'X' => self.xml(letter, value),
            _ => self.set(letter, value),
        }?;
        if "BnHiwNagltod".contains(letter) || (letter == 'A' && value.is_none()) {
            self.after_dataset = letter == 'd';
        }
        Ok(())
    }

    fn wanted(&mut self, letter: char, path: &str) {
        let wanted = match letter {
            'a' => Wanted::Attribute(path.to_owned()),
            'd' if self.plain_names => Wanted::Dataset(path.to_owned(), None),
            'd' => {
                let (path, subset) = Subset::split(path);
                Wanted::Dataset(path.to_owned(), subset)
            }
            'g' => Wanted::Group(path.to_owned()),
            'l' => Wanted::Link(path.to_owned()),
            't' => Wanted::Datatype(path.to_owned()),
            _ => Wanted::Any(path.to_owned()),
        };
        self.options.wanted.push(wanted);
    }

    /// The dataset that was asked for just before the option `letter`.
    fn dataset_before(&mut self, letter: char) -> Result<&mut Option<Subset>, Misuse> {
        match self.options.wanted.last_mut() {
            Some(Wanted::Dataset(_, subset)) if self.after_dataset => Ok(subset),
            _ => Err(Misuse::only(format!("option \"-{letter}\" can only be used after --dataset option"))),
        }
    }

    fn subset(&mut self, letter: char, value: &str) -> Result<(), Misuse> {
        let subset = self.dataset_before(letter)?.get_or_insert_default();
        let list = subset::list(value);
        match letter {
            's' => subset.start = list,
            'S' => subset.stride = list,
            'c' => subset.count = list,
            _ => subset.block = list,
        }
        Ok(())
    }

    fn bits(&mut self, value: &str) -> Result<(), Misuse> {
        self.dataset_before('M')?;
        self.options.bits = packed::parse(value).map_err(Misuse::explained)?;
        Ok(())
    }

    /// Where sections go; that of elements depends on which of them are printed.
    fn output(&mut self, letter: char, value: Option<&str>) -> Result<(), Misuse> {
        let options = &mut self.options;
        let out = &mut *self.out;
        let mut redirect = |section, path: Option<&Path>| {
            let redirected = out.redirect(section, path);
            redirected.map_err(|error| Misuse::explained(format!("cannot create the output: {error}")))
        };
        let path = value.map(Path::new);
        match letter {
            'O' => redirect(Section::Outline, path)?,
            'o' => {
                let all = options.wanted.is_empty();
                if options.binary.is_none() && options.attribute_data && !options.data {
                    redirect(Section::Attributes, path)?;
                }
                if options.binary.is_some() || options.data || all {
                    redirect(Section::Data, path)?;
                }
                self.output = value.map(PathBuf::from);
            }
            _ => {
                options.binary = Some(match value {
                    None => options.binary.unwrap_or(BinaryForm::Native),
                    Some("NATIVE" | "MEMORY") => BinaryForm::Native,
                    Some("FILE") => BinaryForm::File,
                    Some("LE") => BinaryForm::LittleEndian,
                    Some("BE") => BinaryForm::BigEndian,
                    Some(_) => return Err(Misuse::PLAIN),
                });
                if let Some(path) = &self.output {
                    redirect(Section::Data, Some(path))?;
                    self.after_dataset = false;
                }
            }
        }
        Ok(())
    }

    fn xml(&mut self, letter: char, value: Option<&str>) -> Result<(), Misuse> {
        let options = &mut self.options;
        let dialect = &mut options.dialect;
        match letter {
            'x' => (options.xml, dialect.schema) = (true, true),
            'u' => {
                (options.xml, dialect.schema) = (true, false);
                dialect.namespace.clear();
            }
            'D' => dialect.uri = value.map(str::to_owned),
            // The document type definition knows no namespaces.
            _ if !dialect.schema => return Err(Misuse::PLAIN),
            _ => dialect.namespace = value.filter(|&name| name != ":").unwrap_or_default().to_owned(),
        }
        options.columns = None;
        Ok(())
    }

    fn set(&mut self, letter: char, value: Option<&str>) -> Result<(), Misuse> {
        let options = &mut self.options;
        match letter {
            'H' => (options.data, options.attribute_data) = (false, false),
            'A' => match value.map(atoi) {
                None => (options.data, options.attribute_data) = (false, true),
                Some(0) => options.attributes = false,
                Some(_) => {}
            },
            'B' => options.superblock = true,
            'p' => options.properties = true,
            'n' => {
                let with_attributes = value.map_or(options.contents == Some(true), |v| atoi(v) > 0);
                options.contents = Some(with_attributes);
            }
            'i' => options.object_ids = true,
            'R' => options.regions = true,
            'e' => options.escape = true,
            'r' => options.ascii = true,
            'y' => options.indices = false,
            'v' => options.first_missing = true,
            'G' => {
                let gap = atoi(value.unwrap_or_default());
                options.gap = u64::try_from(gap).map_err(|_| Misuse::PLAIN)?;
            }
            'm' => {
                options.float = Format::parse(value.unwrap_or_default()).map_err(Misuse::only)?;
                options.columns = None;
            }
            'w' => {
                let columns = usize::try_from(atoi(value.unwrap_or_default())).unwrap_or(0);
                options.columns = Some(if columns == 0 { 65_535 } else { columns });
            }
            'q' => options.by_creation = choose(value, "name", "creation_order")?,
            'z' => options.descending = choose(value, "ascending", "descending")?,
            'f' | '1'..='6' => {
                let setting = match letter {
                    '1' => Setting::ConnectorNumber,
                    '2' => Setting::ConnectorName,
                    '3' => Setting::ConnectorInfo,
                    '4' => Setting::DriverNumber,
                    '6' => Setting::DriverInfo,
                    _ => Setting::DriverName,
                };
                options.access.set(setting, value.unwrap_or_default());
            }
            '$' => self.end("Read-Only S3"),
            '#' => self.end("HDFS"),
            'C' => self.plain_names = true,
            // Errors are always explained; the page buffer needs nothing.
            _ => {}
        }
        Ok(())
    }

    /// Goes on with the files after an option of a driver that is not there.
    fn end(&mut self, driver: &str) {
        let message =
            format!("{driver} VFD is not available unless enabled when HDF5 is configured and built.");
        errors::report_as(TOOL, &Error::new(message));
        (self.options.failed, self.ended) = (true, true);
    }

    /// Checks what options mean together.
    fn finish(self) -> Result<Request, Misuse> {
        let options = self.options;
        if options.binary.is_some() && self.output.is_none() {
            return Err(Misuse::only("binary output requires a file name, use -o <filename>"));
        }
        if options.xml {
            let conflicts = [
                (!options.wanted.is_empty(), "to display selected objects"),
                (options.superblock, "--boot-block"),
                (options.object_ids, "--object-ids"),
                (options.ascii, "--string"),
                (self.output.is_some(), "--output"),
            ];
            if let Some((_, option)) = conflicts.iter().find(|(given, _)| *given) {
                return Err(Misuse::only(format!("option \"{option}\" not available for XML")));
            }
        }
        match options.access.missing() {
            Some(Missing::Driver) => return Err(Misuse::only("unable to set VFD on fapl for file")),
            Some(Missing::Connector) => return Err(Misuse::only("unable to set VOL on fapl for file")),
            None => {}
        }
        Ok(Request::Dump(Box::new(options)))
    }
}

/// Whether the value is the second of the two that are allowed.
fn choose(value: Option<&str>, first: &str, second: &str) -> Result<bool, Misuse> {
    match value {
        Some(value) if value == first => Ok(false),
        Some(value) if value == second => Ok(true),
        _ => Err(Misuse::PLAIN),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(args: &[&str]) -> Result<Options, Misuse> {
        let args: Vec<_> = args.iter().map(|arg| (*arg).to_owned()).collect();
        match Options::parse(&args, &mut Output::stdout())? {
            Request::Dump(options) => Ok(*options),
            _ => panic!("no dump"),
        }
    }

    #[test]
    fn elements_go_where_the_options_before_say() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x");
        let sections = |args: &[&str]| {
            let args: Vec<_> = args.iter().chain(&["f"]).map(|arg| (*arg).to_owned()).collect();
            let mut out = Output::stdout();
            Options::parse(&args, &mut out).map_err(|misuse| misuse.message).unwrap();
            for section in [Section::Data, Section::Attributes] {
                write!(out.to(section), "{section:?}").unwrap();
            }
            out.finish().unwrap();
            std::fs::read_to_string(&path).unwrap()
        };
        let x = path.to_str().unwrap();
        assert_eq!(sections(&["-o", x]), "Data");
        assert_eq!(sections(&["-A", "-d", "a", "-o", x]), "Attributes");
        assert_eq!(sections(&["-o", x, "-b", "BE"]), "Data");
        assert_eq!(parse(&["-o", x, "-b", "BE", "f"]).unwrap().binary, Some(BinaryForm::BigEndian));
        assert!(!parse(&["-b", "f"]).unwrap_err().usage);
        assert_eq!(parse(&["-b", "XX", "f", "g"]).unwrap_err(), Misuse::PLAIN);
    }

    #[test]
    fn subsets_and_bits_follow_a_dataset() {
        assert_eq!(parse(&["-d", "a", "-s", "1", "-c", "2", "f"]).unwrap().wanted.len(), 1);
        assert!(parse(&["-d", "a", "-y", "-M", "0,1", "f"]).is_ok());
        for wrong in [&["-s", "1", "f"][..], &["-d", "a", "-H", "-s", "1", "f"], &["-M", "1,2", "f"]] {
            assert!(!parse(wrong).unwrap_err().usage, "{wrong:?}");
        }
        assert!(parse(&["-d", "a", "-s", "1", "-y", "-c", "2", "f"]).is_err());
        assert!(parse(&["-d", "a", "-M", "64,1", "f"]).unwrap_err().usage);
    }
}
