//! `h5 dump`: files as text, as `h5dump` of HDF5 1.14 prints them.

mod attribute;
mod data;
mod dataspace;
mod datatype;
mod external;
mod object;
mod options;
mod paths;
mod properties;
mod subset;
mod superblock;

use std::io::{self, BufWriter, Write};
use std::path::Path;

use hdfive::File;

use crate::errors::{self, Error, Result};
use crate::input;
use crate::objects::Objects;
use crate::render::{Cursor, Escape, Lines, Style};
use crate::xml;
use external::Opened;
use options::{HELP, Options, Request};
use subset::Subset;

/// Runs the command with these arguments.
pub(crate) fn run(args: &[String]) -> Result<()> {
    let mut out = BufWriter::new(io::stdout().lock());
    let options = match Options::parse(args)? {
        Request::Dump(options) => options,
        Request::Help => return Ok(out.write_all(HELP.as_bytes()).and_then(|()| out.flush())?),
        Request::Version => {
            writeln!(out, "h5dump: h5 {}", env!("CARGO_PKG_VERSION"))?;
            return Ok(out.flush()?);
        }
    };
    let mut failed = false;
    for path in &options.files {
        let file = match input::open(Path::new(path)) {
            Ok(file) => file,
            Err(error) => {
                out.flush()?;
                return Err(error);
            }
        };
        if options.xml {
            failed |= xml::dump(file, &options.xml(), &mut out)?;
            continue;
        }
        let mut dumper = Dumper::new(&options, file, path, &mut out);
        dumper.file()?;
        failed |= dumper.failed;
    }
    out.flush()?;
    if failed { Err(Error::Reported) } else { Ok(()) }
}

/// Prints one file.
struct Dumper<'a> {
    options: &'a Options,
    /// The file, then those that external links led to.
    files: Vec<Opened>,
    /// The file that is being printed.
    current: usize,
    /// Whether an external link led there.
    through_link: bool,
    /// The file's name, as given.
    name: &'a str,
    out: &'a mut dyn Write,
    /// The notation of everything but elements.
    outline: Style,
    /// Datasets whose elements are being printed, to which references could lead back.
    referring: Vec<u64>,
    /// The part of the dataset to print, if it is not to be whole.
    wanted_part: Option<Subset>,
    failed: bool,
}

impl<'a> Dumper<'a> {
    fn new(options: &'a Options, file: File, name: &'a str, out: &'a mut dyn Write) -> Self {
        let mut outline = Style::dump();
        outline.escape = if options.escape { Escape::Sequences } else { Escape::Plain };
        outline.float = options.float.clone();
        outline.double = options.float.clone();
        match options.columns {
            Some(columns) => outline.columns = columns,
            None => (outline.columns, outline.per_line) = (65_535, 1),
        }
        Self {
            options,
            files: vec![Opened::new(Path::new(name), file)],
            current: 0,
            through_link: false,
            name,
            out,
            outline,
            referring: Vec::new(),
            wanted_part: None,
            failed: false,
        }
    }

    /// Prints the file.
    fn file(&mut self) -> Result<()> {
        write!(self.out, "HDF5 \"{}\" {{", self.name)?;
        if self.options.superblock {
            let result = self.superblock();
            self.survive(result)?;
        }
        if self.options.wanted.is_empty() {
            let root = (*self.opened().file).clone();
            self.group(&root, "/", 1)?;
        } else {
            let options = self.options;
            for wanted in &options.wanted {
                self.wanted(wanted)?;
            }
        }
        Ok(self.out.write_all(b"\n}\n")?)
    }

    fn objects(&mut self) -> &mut Objects {
        let opened = self.opened();
        opened.objects.get_or_insert_with(|| Objects::of(&opened.file))
    }

    /// The file that is being printed.
    fn opened(&mut self) -> &mut Opened {
        &mut self.files[self.current]
    }

    /// Reports an error after which the rest can still be printed.
    fn complain(&mut self, error: &Error) {
        errors::report(error);
        self.failed = true;
    }

    /// Goes on after an error unless nobody reads the output.
    fn survive(&mut self, result: Result<()>) -> Result<()> {
        match result {
            Err(error @ Error::Message(_)) => {
                self.complain(&error);
                Ok(())
            }
            other => other,
        }
    }

    /// Prints text on a line of its own.
    fn line(&mut self, cursor: &mut Cursor, text: &str) -> Result<()> {
        Ok(Lines::new(self.out).line(cursor, &self.outline, text)?)
    }

    /// Prints text on a line of its own that may be broken where it begins.
    fn breakable_line(&mut self, cursor: &mut Cursor, text: &str) -> Result<()> {
        Ok(Lines::new(self.out).breakable_line(cursor, &self.outline, text)?)
    }
}
