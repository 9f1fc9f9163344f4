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

use crate::errors::{self, Error, Result};
use crate::input;
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
    };
    let mut failed = false;
    let mut opened = 0;
    for target in &options.targets {
        match open(target) {
            Ok((file, path)) => {
                let name = &target[..target.len() - path.len()];
                if options.verbose {
                    writeln!(out, "Opened \"{name}\" with sec2 driver.")?;
                }
                opened += 1;
                let mut lister = Lister::new(&options, &file, name, opened, &mut out);
                lister.target(path)?;
                failed |= lister.failed;
                opened = lister.opened;
            }
            Err(error) => {
                errors::report(&error);
                failed = true;
            }
        }
    }
    out.flush()?;
    if failed { Err(Error::Reported) } else { Ok(()) }
}

/// Opens the file that `target` begins with; what follows it, from a slash on, is a path in it.
fn open(target: &str) -> Result<(File, &str)> {
    let mut end = target.len();
    loop {
        let path = Path::new(&target[..end]);
        // A file whose root group is damaged cannot be opened.
        let opened = input::open(path).and_then(|file| Ok(file.reference_count().map(|_| file)?));
        match (opened, target[..end].rfind('/')) {
            (Ok(file), _) => return Ok((file, &target[end..])),
            (Err(error), _) if path.is_file() => return Err(error),
            (Err(_), Some(slash)) if slash > 0 => end = slash,
            (Err(_), _) => return input::open(Path::new(target)).map(|file| (file, "")),
        }
    }
}
