//! `h5 dump`: files as text, as `h5dump` of HDF5 1.14.6 prints them.

mod attribute;
mod binary;
mod command_line;
mod contents;
mod data;
mod dataspace;
mod datatype;
mod external;
mod handles;
mod layout;
mod object;
mod options;
mod output;
mod packed;
mod paths;
mod properties;
mod references;
mod search;
mod subset;
mod superblock;

use std::path::Path;

use hdfive::{File, VirtualView};

use crate::access::Revision;
use crate::errors::{self, Error, Result};
use crate::objects::Objects;
use crate::render::{Bits, Cursor, Data, Escape, Lines, Style};
use crate::subset::Subset;
use crate::xml;
pub(crate) use command_line::asks_for_help;
pub(crate) use data::has_time;
pub(crate) use dataspace::describe as describe_space;
pub(crate) use datatype::describe as describe_type;
pub(crate) use output::{Output, Section};
pub(crate) use references::Region;

use command_line::{Misuse, Request, USAGE};
use external::Opened;
use handles::Handles;
use options::Options;
use references::Trail;
use subset::Part;

/// The tool's name, as it begins its messages.
pub(crate) const TOOL: &str = "h5dump error";

/// Runs the command with these arguments.
pub(crate) fn run(args: &[String]) -> Result<()> {
    let mut out = Output::stdout();
    let result = match Options::parse(args, &mut out) {
        Ok(Request::Dump(options)) => dump(&options, &mut out),
        Ok(Request::Help) => Ok(out.to(Section::Outline).write_all(USAGE.as_bytes())?),
        Ok(Request::Version) => Ok(out.to(Section::Outline).write_all(b"h5dump: Version 1.14.6\n")?),
        Err(misuse) => complain_of_use(&misuse, &mut out),
    };
    out.finish()?;
    match result {
        Err(error @ Error::Message(_)) => {
            errors::report_as(TOOL, &error);
            Err(Error::Reported)
        }
        other => other,
    }
}

/// Says why the command line is not understood.
fn complain_of_use(misuse: &Misuse, out: &mut Output) -> Result<()> {
    if let Some(message) = &misuse.message {
        errors::report_as(TOOL, &Error::new(message));
    }
    if misuse.usage {
        out.to(Section::Outline).write_all(USAGE.as_bytes())?;
    }
    Err(Error::Reported)
}

/// Prints the files.
fn dump(options: &Options, out: &mut Output) -> Result<()> {
    match options.access.revision() {
        Revision::None => {}
        Revision::Invalid => {
            writeln!(out.console(), "Invalid onion revision specified")?;
            return Err(Error::Reported);
        }
        Revision::Number(number) => {
            if options.access.info().is_some() {
                writeln!(out.console(), "Using revision {number}")?;
            }
        }
        Revision::Count => {
            for path in options.files.iter().take(1) {
                let count = File::revision_count(path)?;
                writeln!(out.console(), "The number of revisions for the onion file is {count}")?;
            }
            return Ok(());
        }
    }
    let mut failed = options.failed;
    let mut handles = Handles::default();
    for (index, path) in options.files.iter().enumerate() {
        let file = open(options, path)?;
        if options.xml {
            options.dialect.check(index == 0)?;
            failed |= xml::dump(file, &options.xml(), out)?;
            continue;
        }
        let mut dumper = Dumper::new(options, file, path, handles, out);
        dumper.check()?;
        dumper.file()?;
        failed |= dumper.failed;
        handles = dumper.handles;
        if options.contents.is_some() {
            break;
        }
    }
    if failed { Err(Error::Reported) } else { Ok(()) }
}

fn open(options: &Options, path: &str) -> Result<File> {
    let mut how = File::with_options();
    if options.data {
        how.virtual_gap(options.gap);
        if options.first_missing {
            how.virtual_view(VirtualView::FirstMissing);
        }
    }
    let opened = options.access.open(&how, Path::new(path)).and_then(|(file, _)| {
        // A file whose root group is damaged cannot be opened.
        file.reference_count()?;
        Ok(file)
    });
    opened.map_err(|error| {
        // The path is said once.
        let error = error.to_string();
        let reason = error.strip_prefix(path).and_then(|rest| rest.strip_prefix(": ")).unwrap_or(&error);
        Error::new(format_args!("unable to open file \"{path}\": {reason}"))
    })
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
    out: &'a mut Output,
    /// The notation of everything but elements.
    outline: Style,
    /// What references led to, which is being printed: they could lead back.
    trail: Trail,
    /// The part of the dataset to print, if it is not to be whole.
    wanted_part: Option<Subset>,
    /// The part to print of the datasets that references lead to, if they are not to be whole.
    referred_part: Option<Part>,
    handles: Handles,
    failed: bool,
}

impl<'a> Dumper<'a> {
    fn new(options: &'a Options, file: File, name: &'a str, handles: Handles, out: &'a mut Output) -> Self {
        let mut outline = Style::dump();
        outline.escape = if options.escape { Escape::Sequences } else { Escape::Plain };
        outline.float = options.float.clone();
        outline.double = options.float.clone();
        // Before the first group of bits is printed, no bits are.
        outline.bits = (!options.bits.is_empty()).then_some(Bits { offset: 0, length: 0 });
        match options.columns {
            Some(columns) => outline.columns = columns,
            None => (outline.columns, outline.per_line) = (65_535, 1),
        }
        Self {
            options,
            files: vec![Opened::new(file)],
            current: 0,
            through_link: false,
            name,
            out,
            outline,
            trail: Trail::default(),
            wanted_part: None,
            referred_part: None,
            handles,
            failed: false,
        }
    }

    /// Refuses a file in which not every object can be opened: of it the C tool prints nothing.
    fn check(&mut self) -> Result<()> {
        let datasets = self.objects().datasets();
        self.handles.groups(1);
        self.handles.datasets(datasets);
        self.objects().check()
    }

    /// Prints the file.
    fn file(&mut self) -> Result<()> {
        self.write(&format!("HDF5 \"{}\" {{", self.name))?;
        if let Some(with_attributes) = self.options.contents {
            self.contents(with_attributes)?;
            return self.write("}\n");
        }
        if self.options.superblock {
            let result = self.superblock();
            self.survive(result)?;
        }
        if self.options.wanted.is_empty() {
            let root = (*self.opened().file).clone();
            self.handles.groups(1);
            self.group(&root, "/", 1)?;
        } else {
            let options = self.options;
            for wanted in &options.wanted {
                self.wanted(wanted)?;
            }
        }
        self.write("\n}\n")
    }

    fn objects(&mut self) -> &mut Objects {
        let order = self.options.order();
        let opened = self.opened();
        opened.objects.get_or_insert_with(|| Objects::in_order(&opened.file, order))
    }

    /// The file that is being printed.
    fn opened(&mut self) -> &mut Opened {
        &mut self.files[self.current]
    }

    /// Reports an error after which the rest can still be printed.
    fn complain(&mut self, error: &Error) {
        errors::report_as(TOOL, error);
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

    /// Prints text of the outline as it is.
    fn write(&mut self, text: &str) -> Result<()> {
        Ok(self.out.to(Section::Outline).write_all(text.as_bytes())?)
    }

    /// Prints spaces, unless there are more than fit on a line: the C tool ends then.
    fn indent(&mut self, width: usize) -> Result<()> {
        if width < self.options.columns.unwrap_or(0) {
            return self.write(&" ".repeat(width));
        }
        self.out.abandoned = true;
        errors::report_as("error", &Error::new("the indentation exceeds the number of cols."));
        Err(Error::Reported)
    }

    /// Prints whole lines, indented by so many spaces.
    fn indented(&mut self, width: usize, lines: &[impl AsRef<str>]) -> Result<()> {
        lines.iter().try_for_each(|line| {
            self.indent(width)?;
            self.write(&format!("{}\n", line.as_ref()))
        })
    }

    /// Prints text on a line of its own.
    fn line(&mut self, cursor: &mut Cursor, text: &str) -> Result<()> {
        Ok(Lines::new(self.out.to(Section::Outline)).line(cursor, &self.outline, text)?)
    }

    /// Begins a line.
    fn begin(&mut self, cursor: &mut Cursor) -> Result<()> {
        Ok(Lines::new(self.out.to(Section::Outline)).begin(cursor, &self.outline)?)
    }

    /// Prints text on the current line, if there is room for it.
    fn go_on(&mut self, cursor: &mut Cursor, text: &str) -> Result<()> {
        cursor.on_line = 0;
        let lines = &mut Lines::new(self.out.to(Section::Outline));
        Ok(lines.element(cursor, &self.outline, &mut Data::default(), 0, text)?)
    }

    /// Prints text on a line of its own that may be broken where it begins.
    fn breakable_line(&mut self, cursor: &mut Cursor, text: &str) -> Result<()> {
        Ok(Lines::new(self.out.to(Section::Outline)).breakable_line(cursor, &self.outline, text)?)
    }
}
