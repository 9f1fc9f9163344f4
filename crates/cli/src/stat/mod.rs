//! `h5 stat`: what files consist of, and what takes their space, as `h5stat` of HDF5 1.14 prints it.

mod counts;
mod gather;
mod objects;
mod options;
mod print;

use std::io::{self, BufWriter, Write};

use crate::errors::{Error, Result};
use crate::input;
use gather::Statistics;
#[cfg(test)]
pub(crate) use options::HELP as USAGE;
use options::{HELP, Options, Request};

/// The version of HDF5 whose `h5stat` this is like.
const VERSION: &str = "h5stat: Version 1.14.6\n";

/// Runs the command with these arguments.
pub(crate) fn run(args: &[String]) -> Result<()> {
    let mut out = BufWriter::new(io::stdout().lock());
    let options = match Options::parse(args) {
        Request::Stat(options) => options,
        Request::Tell { help, then } => {
            out.write_all(if help { HELP } else { VERSION }.as_bytes())?;
            match then {
                Some(options) => options,
                None => return Ok(out.flush()?),
            }
        }
        Request::Wrong { message, help } => {
            if help {
                out.write_all(HELP.as_bytes())?;
                out.flush()?;
            }
            return Err(Error::new(message));
        }
    };
    let result = file(&options, &mut out);
    out.flush()?;
    result
}

/// Whether the options ask for help.
pub(crate) fn asks_for_help(args: &[String]) -> bool {
    matches!(Options::parse(args), Request::Tell { help: true, .. })
}

fn file(options: &Options, out: &mut dyn Write) -> Result<()> {
    writeln!(out, "Filename: {}", options.file)?;
    let path = std::path::Path::new(&options.file);
    let file = input::open(path)?;
    let on_disk = std::fs::metadata(path).map_or(0, |metadata| metadata.len());
    let mut statistics = Statistics::of_file(&file, on_disk)?;
    let Some(object) = &options.object else {
        statistics.gather(&file, "/").map_err(|error| {
            Error::new(format_args!("unable to traverse objects/links in file \"{}\": {error}", options.file))
        })?;
        return Ok(statistics.print(options, out)?);
    };
    statistics
        .gather(&file, object)
        .map_err(|error| Error::new(format_args!("unable to traverse object \"{object}\": {error}")))?;
    // What is said of an object is its name only, once for each word of the command line.
    (0..=options.words).try_for_each(|_| writeln!(out, "Object name {object}"))?;
    Ok(())
}
