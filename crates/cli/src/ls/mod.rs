//! `h5 ls`: what is in files, as `h5ls` of HDF5 1.14 lists it.

mod dataset;
mod datatype;
mod name;
mod object;
mod options;
mod reference;
mod time;
mod values;

use std::io::{self, BufWriter, Write};
use std::path::Path;

use hdfive::File;

use crate::access::{Access, Driver};
use crate::errors::{self, Error, Result};
use object::Lister;
use options::{Options, Request, USAGE};

/// Runs the command with these arguments.
pub(crate) fn run(args: &[String]) -> Result<()> {
    let mut out = BufWriter::new(io::stdout().lock());
    let options = match Options::parse(args) {
        Request::List(options) => options,
        Request::Usage { mistake, failed } => {
            out.write_all(USAGE.as_bytes()).and_then(|()| out.flush())?;
            return match mistake {
                Some(mistake) => Err(Error::new(mistake)),
                None if failed => Err(Error::Reported),
                None => Ok(()),
            };
        }
        Request::Version => {
            writeln!(out, "h5ls: Version 1.14.6")?;
            return Ok(out.flush()?);
        }
        Request::Refused(reason) => return Err(Error::new(reason)),
    };
    let result = list(&options, &mut out);
    out.flush()?;
    result
}

/// Whether the options ask for help.
pub(crate) fn asks_for_help(args: &[String]) -> bool {
    matches!(Options::parse(args), Request::Usage { mistake: None, failed: false })
}

/// Lists all targets, or those before one that is not found.
fn list(options: &Options, out: &mut dyn Write) -> Result<()> {
    let mut failed = false;
    let mut opened = 0;
    let mut root_shown = false;
    for target in &options.targets {
        let (file, path, driver) = match open(target, &options.access) {
            Ok(opened) => opened,
            Err(error) => {
                errors::report(&error);
                failed = true;
                continue;
            }
        };
        let name = &target[..target.len() - path.len()];
        if options.verbose {
            writeln!(out, "Opened \"{name}\" with {} driver.", driver.name())?;
        }
        opened += 1;
        // The root group of a later file is shown, too, and the group that is asked for in it.
        root_shown |= options.recursive && path.is_empty();
        let mut lister = Lister::new(options, &file, name, opened, out);
        lister.root_shown = root_shown;
        lister.target(path)?;
        failed |= lister.failed;
        opened = lister.opened;
    }
    if failed { Err(Error::Reported) } else { Ok(()) }
}

/// Opens the file that `target` begins with; what follows it, from a slash on, is a path in it. The last
/// thing is the driver.
fn open<'t>(target: &'t str, access: &Access) -> Result<(File, &'t str, Driver)> {
    let mut end = target.len();
    loop {
        let path = Path::new(&target[..end]);
        // The C library looks at the root group at once where an old superblock tells of it, too.
        let whole = |(file, driver): (File, _)| {
            let old = file.info().is_ok_and(|info| info.superblock_version < 2);
            Ok((if old { file.reference_count().map(|_| file)? } else { file }, driver))
        };
        let opened = access.open(&File::with_options(), path).and_then(whole);
        match (opened, target[..end].rfind('/')) {
            (Ok((file, driver)), _) => return Ok((file, &target[end..], driver)),
            (Err(error), _) if path.is_file() => return Err(error),
            (Err(_), Some(slash)) if slash > 0 => end = slash,
            (Err(_), _) => return Err(Error::new(format_args!("{target}: unable to open file"))),
        }
    }
}
