//! The `h5` command: packs and unpacks images; prints, lists, measures and compares HDF5 files.

mod access;
mod args;
mod c_numbers;
mod diff;
mod dump;
mod elements;
mod errors;
mod extents;
mod format_c;
mod getopt;
mod help;
mod images;
mod input;
mod ls;
mod objects;
mod pack;
mod partial;
mod render;
mod selection;
mod stat;
mod subset;
mod unpack;
mod xml;

use std::ffi::OsString;
use std::path::Path;
use std::process::ExitCode;

use clap::FromArgMatches;

use errors::{Error, Result};

/// A command with options in the style of the C tools.
type Tool = fn(&[String]) -> Result<()>;

/// The C tools whose command lines are understood, by all their names.
fn tool(name: &str) -> Option<Tool> {
    match name {
        "diff" | "h5diff" => Some(diff::run),
        "dump" | "h5dump" => Some(dump::run),
        "ls" | "h5ls" => Some(ls::run),
        "stat" | "h5stat" => Some(stat::run),
        _ => None,
    }
}

/// Runs the command that the arguments ask for. A link called `h5dump`, `h5ls`, `h5stat` or `h5diff` is that tool.
fn run(args: Vec<OsString>) -> Result<()> {
    let text = |arg: &OsString| arg.to_string_lossy().into_owned();
    let called =
        args.first().and_then(|program| Path::new(program).file_stem().map(|name| text(&name.into())));
    let (name, rest) =
        match (called.as_deref().filter(|name| name.starts_with("h5") && *name != "h5"), args.get(1)) {
            (Some(name), _) => (name.to_owned(), 1),
            (None, Some(command)) => (text(command), 2),
            (None, None) => (String::new(), 1),
        };
    if let Some(tool) = tool(&name) {
        let rest: Vec<_> = args[rest..].iter().map(text).collect();
        return help::print(&name, &rest).unwrap_or_else(|| tool(&rest));
    }
    let matches = help::command().get_matches_from(args);
    match args::Args::from_arg_matches(&matches).unwrap_or_else(|error| error.exit()).command {
        args::Command::Pack(pack) => pack::run(&pack),
        args::Command::Unpack(unpack) => unpack::run(&unpack),
        // Their names, as the first argument, are those of tools.
        args::Command::Diff | args::Command::Ls | args::Command::Dump | args::Command::Stat => Ok(()),
    }
}

fn main() -> ExitCode {
    match run(std::env::args_os().collect()) {
        Ok(()) | Err(Error::ClosedOutput) => ExitCode::SUCCESS,
        Err(Error::Exit(code)) => ExitCode::from(code),
        Err(error) => {
            errors::report(&error);
            ExitCode::FAILURE
        }
    }
}
