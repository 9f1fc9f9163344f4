//! `h5 diff`: how two files or objects differ, as `h5diff` of HDF5 1.14.6 tells it.

mod attribute;
mod comparable;
mod dataset;
mod element;
mod matching;
mod memory;
mod number;
mod object;
mod options;
mod reference;
mod state;
mod stream;
mod subset;
mod text;
mod types;
mod walk;

use std::io::{self, Write};
use std::path::Path;

use hdfive::{File, LinkType, Object};

use crate::access::Missing;
use crate::errors::{self, Error, Result};
use options::{Options, Request, USAGE};
use state::{Diff, Pair};
use walk::{Entry, Identity, Kind, Lead, SameFiles, Walk, hard, lead};

/// The exit code of a comparison that finds differences.
const DIFFERENT: u8 = 1;

/// The exit code of a comparison that fails.
const FAILED: u8 = 2;

/// Runs the command with these arguments.
pub(crate) fn run(args: &[String]) -> Result<()> {
    let mut out = io::stdout();
    let options = match Options::parse(args) {
        Request::Compare(options) => options,
        Request::Version => return Ok(writeln!(out, "h5diff: Version 1.14.6")?),
        Request::Usage => return Ok(write!(out, "{USAGE}")?),
        Request::Mistake(mistake) => {
            write!(out, "{}{}", mistake.text, if mistake.usage { USAGE } else { "" })?;
            mistake.reason.iter().for_each(|reason| errors::report(&Error::new(reason)));
            return Err(Error::Exit(DIFFERENT));
        }
    };
    let mut diff = Diff::new(&options);
    let found = match options.conflict() {
        Some(conflict) => {
            diff.print(format_args!("{conflict}"));
            diff.failed = true;
            0
        }
        None => diff.files().unwrap_or_else(|error| {
            diff.fail(&error);
            0
        }),
    };
    diff.print_summary();
    let code = match (diff.failed, found > 0 || diff.contents_differ) {
        (true, _) => FAILED,
        (false, true) => DIFFERENT,
        (false, false) => 0,
    };
    diff.finish()?;
    if code == 0 { Ok(()) } else { Err(Error::Exit(code)) }
}

/// Whether the options ask for help.
pub(crate) fn asks_for_help(args: &[String]) -> bool {
    matches!(Options::parse(args), Request::Usage)
}

/// One of the two things that are compared.
struct Side {
    path: String,
    kind: Kind,
    /// What is compared if it is no group.
    entries: Vec<Entry>,
    lead: Option<Lead>,
}

impl Diff<'_> {
    fn open(&mut self, side: usize) -> Result<File> {
        let name = &self.options.files[side];
        let access = &self.options.access[side];
        if let Some(missing) = access.missing() {
            let missing = if missing == Missing::Driver { "VFD" } else { "VOL" };
            let file = ["input", "output"][side];
            self.print(format_args!("h5diff: unable to set {missing} on fapl for {file} file\n"));
            return Err(Error::new(format_args!("no such {missing}")));
        }
        let opened = access.open(&File::with_options(), Path::new(name)).map(|(file, _)| file);
        // A file whose root group is damaged cannot be opened.
        let opened = opened.and_then(|file| Ok(file.reference_count().map(|_| file)?));
        opened.inspect_err(|_| {
            self.print(format_args!("h5diff: <{name}>: unable to open file\n"));
        })
    }

    /// Compares the files, or the objects in them, and gives the number of differences.
    ///
    /// # Errors
    /// That there is nothing to compare.
    fn files(&mut self) -> Result<u64> {
        let files = [self.open(0)?, self.open(1)?];
        let files = [&files[0], &files[1]];
        let tops = self.options.objects.clone().unwrap_or_else(|| ["/".to_owned(), "/".to_owned()]);
        let mut sides = [self.side(files[0], &tops[0], 0)?, self.side(files[1], &tops[1], 1)?];
        for side in [0, 1] {
            let lead = lead(files[side], &tops[side], self.options.follow);
            sides[side].lead = lead.ok();
        }
        if self.options.follow
            && let Some(found) = self.follow_tops(&mut sides)?
        {
            return Ok(found);
        }
        let options = self.options;
        if !(options.verbose || options.report || options.has_revisions()) && self.is_same(files, &sides) {
            return Ok(0);
        }
        self.compare(files, sides)
    }

    fn side(&mut self, file: &File, path: &str, side: usize) -> Result<Side> {
        let mut entries = Vec::new();
        if path == "/" {
            return Ok(Side { path: path.to_owned(), kind: Kind::Group, entries, lead: None });
        }
        if !file.link_exists(path) {
            let name = &self.options.files[side];
            self.print(format_args!("Object <{path}> could not be found in <{name}>\n"));
            return Err(Error::new("an object could not be found"));
        }
        let entry = match file.link(path)?.link_type {
            LinkType::Hard(address) => {
                let (entry, _) = hard(file, path, path, address).inspect_err(|_| {
                    self.print(format_args!("Error: Could not get file contents\n"));
                })?;
                entry
            }
            link => Entry::link(path, &link),
        };
        let kind = entry.kind;
        entries.push(entry);
        Ok(Side { path: path.to_owned(), kind, entries, lead: None })
    }

    /// Follows links that were asked for; gives the number of differences if that is known then.
    ///
    /// # Errors
    /// That one leads nowhere, if that is an error.
    fn follow_tops(&mut self, sides: &mut Pair<Side>) -> Result<Option<u64>> {
        let dangling = |side: &Side| matches!(side.lead, Some(Lead::Dangling));
        let both = sides.iter().all(dangling);
        for (number, side) in (1..).zip(sides) {
            let path = &side.path;
            match &side.lead {
                Some(Lead::Dangling) if self.options.no_dangling => {
                    if self.options.verbose {
                        self.print(format_args!("Warning: <{path}> is a dangling link.\n"));
                    }
                    return Err(Error::new(format_args!("{path} is a dangling link")));
                }
                Some(Lead::Dangling) => {
                    if self.options.verbose {
                        self.print(format_args!("obj{number} <{path}> is a dangling link.\n"));
                    }
                    if !both {
                        self.print_found(1);
                        return Ok(Some(1));
                    }
                }
                Some(Lead::Link(_, Some((kind, identity)))) => {
                    side.kind = *kind;
                    if let Some(entry) = side.entries.last_mut() {
                        entry.kind = *kind;
                        entry.identity.clone_from(identity);
                    }
                }
                Some(_) => {}
                None => {
                    let name = &self.options.files[number - 1];
                    self.print(format_args!("Object <{path}> could not be found in <{name}>\n"));
                    return Err(Error::new("an object could not be found"));
                }
            }
        }
        Ok(None)
    }

    /// Whether both paths lead to the same object.
    fn is_same(&self, files: Pair<&File>, sides: &Pair<Side>) -> bool {
        let identity = |side: usize| {
            if !matches!(sides[side].lead, Some(Lead::Object | Lead::Link(..))) {
                return None;
            }
            let root = || Ok(Object::Group((**files[side]).clone()));
            let path = &sides[side].path;
            let object = if path == "/" { root() } else { files[side].open(path) };
            Identity::of(&object.ok()?)
        };
        SameFiles::new(&self.options.files).same_object(identity(0).as_ref(), identity(1).as_ref())
    }

    fn walk(&mut self, file: &File, path: &str) -> Result<Vec<Entry>> {
        let (walk, result) = Walk::of(file, path, self.options.follow);
        self.print(format_args!("{}", walk.complaints));
        result?;
        self.failed |= walk.dangling && self.options.no_dangling;
        Ok(walk.entries)
    }

    fn compare(&mut self, files: Pair<&File>, mut sides: Pair<Side>) -> Result<u64> {
        let groups = sides.iter().all(|side| side.kind == Kind::Group);
        if groups {
            for side in [0, 1] {
                sides[side].entries = self.walk(files[side], &sides[side].path)?;
            }
        }
        let tops = [sides[0].path.as_str(), sides[1].path.as_str()];
        let mut exclusions = self.options.exclude_paths.clone();
        let entries = [sides[0].entries.as_slice(), sides[1].entries.as_slice()];
        let mut matches = matching::matches(entries, tops, &self.options.files, &mut exclusions);
        if self.options.has_revisions() {
            matches.iter_mut().for_each(|entry| entry.same = false);
        }
        if groups && self.options.verbose {
            self.print_matches(&matches, tops);
        }
        let uneven = exclusions.is_empty() && entries[0].len() != entries[1].len();
        let lonely = matches.iter().any(|entry| entry.kinds.contains(&None));
        self.contents_differ |= uneven || lonely;
        let mut exclusions = self.options.exclude_attributes.clone();
        let found = self.common(files, tops, &matches, &mut exclusions);
        self.check_output()?;
        Ok(found)
    }

    /// Says that something could not be compared, unless it was said of what.
    fn print_summary(&mut self) {
        let options = self.options;
        if options.quiet || self.failed || !self.not_comparable || options.list_not_comparable {
            return;
        }
        let detail = if options.verbose { " without details of differences" } else { "" };
        self.print(format_args!(
            "{:-<32}\nSome objects are not comparable\n{:-<32}\nUse -c for a list of objects{detail}.\n",
            "", ""
        ));
    }
}
