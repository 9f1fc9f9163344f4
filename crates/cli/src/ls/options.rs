//! The options of `h5ls`.

use crate::errors::{Error, Result};
use crate::getopt::{self, Spec, Takes};

/// What is to be listed, and how.
#[derive(Debug, Clone)]
pub(super) struct Options {
    pub(super) verbose: bool,
    /// Whether elements are printed.
    pub(super) data: bool,
    /// Whether members of compounds are printed with their names.
    pub(super) labels: bool,
    /// Whether one-byte integers are printed as characters.
    pub(super) ascii: bool,
    /// Whether names are whole paths.
    pub(super) full: bool,
    pub(super) recursive: bool,
    /// Whether soft links are followed.
    pub(super) follow: bool,
    /// Whether a soft link that leads nowhere is an error.
    pub(super) no_dangling: bool,
    /// Whether a group is listed itself, not its members.
    pub(super) literal: bool,
    /// Whether the bytes of elements are printed.
    pub(super) hex: bool,
    /// Whether the output is for programs.
    pub(super) simple: bool,
    /// Columns; nothing: each element has a line.
    pub(super) width: Option<usize>,
    pub(super) targets: Vec<String>,
}

/// What the command line asks for.
pub(super) enum Request {
    List(Options),
    Help,
    Version,
}

const SPECS: &[Spec] = &[
    Spec('h', "help", Takes::Nothing),
    Spec('?', "?", Takes::Nothing),
    Spec('V', "version", Takes::Nothing),
    Spec('d', "data", Takes::Nothing),
    Spec('f', "full", Takes::Nothing),
    Spec('g', "group", Takes::Nothing),
    Spec('l', "label", Takes::Nothing),
    Spec('r', "recursive", Takes::Nothing),
    Spec('s', "string", Takes::Nothing),
    Spec('S', "simple", Takes::Nothing),
    Spec('w', "width", Takes::Value),
    Spec('v', "verbose", Takes::Nothing),
    Spec('x', "hexdump", Takes::Nothing),
    Spec('e', "errors", Takes::Nothing),
    Spec('e', "enable-error-stack", Takes::Nothing),
    Spec('1', "follow-symlinks", Takes::Nothing),
    Spec('2', "no-dangling-links", Takes::Nothing),
];

/// What `h5 ls --help` prints.
pub(super) const HELP: &str = "\
List the contents of HDF5 files, as h5ls does

Usage: h5 ls [OPTIONS] FILE[/PATH]...

  -r, --recursive         all groups, recursively
  -v, --verbose           also attributes, addresses, storage and types
  -f, --full              whole paths
  -g, --group             groups themselves, not their members
      --follow-symlinks   what soft links lead to
      --no-dangling-links fail if one leads nowhere
  -d, --data              also the elements of datasets
  -l, --label             with the names of members of compounds
  -s, --string            one-byte integers as characters
  -x, --hexdump           elements as bytes
  -S, --simple            output for programs
  -w, --width=N           columns; 0: each element on a line

  -h, --help              this text
  -V, --version           the version
";

impl Options {
    /// Understands the command line.
    pub(super) fn parse(args: &[String]) -> Result<Request> {
        let (letters, targets) = getopt::parse(args, SPECS).map_err(Error::new)?;
        let mut options = Self {
            verbose: false,
            data: false,
            labels: false,
            ascii: false,
            full: false,
            recursive: false,
            follow: false,
            no_dangling: false,
            literal: false,
            hex: false,
            simple: false,
            width: Some(80),
            targets,
        };
        for (letter, value) in letters {
            match letter {
                'h' | '?' => return Ok(Request::Help),
                'V' => return Ok(Request::Version),
                'd' => options.data = true,
                'f' => options.full = true,
                'g' => options.literal = true,
                'l' => options.labels = true,
                'r' => (options.recursive, options.full) = (true, true),
                's' => options.ascii = true,
                'S' => options.simple = true,
                'v' => options.verbose = true,
                'x' => options.hex = true,
                '1' => options.follow = true,
                '2' => options.no_dangling = true,
                'w' => {
                    let value = value.unwrap_or_default();
                    let width = value.parse::<usize>();
                    let width = width.map_err(|_| Error::new(format_args!("\"{value}\" is no width")))?;
                    options.width = (width > 0).then_some(width);
                }
                // Errors are always explained.
                _ => {}
            }
        }
        if options.targets.is_empty() {
            return Err(Error::new("missing file name; h5 ls --help tells the options"));
        }
        if options.recursive && options.literal {
            return Err(Error::new("--recursive and --group exclude each other"));
        }
        if options.no_dangling && !options.follow {
            return Err(Error::new("--no-dangling-links needs --follow-symlinks"));
        }
        Ok(Request::List(options))
    }
}
