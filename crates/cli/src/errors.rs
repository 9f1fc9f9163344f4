//! What goes wrong, in one line.

use std::fmt;
use std::io::{self, Write};
use std::path::Path;

/// The result of a command.
pub(crate) type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a command fails.
#[derive(Debug)]
pub(crate) enum Error {
    /// Said to the user.
    Message(String),
    /// The reader of the standard output has gone: nobody is there to be told.
    ClosedOutput,
    /// Everything has been said already.
    Reported,
    /// Everything has been said already; the exit code.
    Exit(u8),
}

impl Error {
    pub(crate) fn new(message: impl fmt::Display) -> Self {
        Self::Message(message.to_string())
    }

    /// An error of writing to the standard output.
    pub(crate) fn output(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Self::ClosedOutput,
            _ => Self::new(format_args!("cannot write the output: {error}")),
        }
    }

    /// An error concerning a file or folder.
    pub(crate) fn at(path: &Path, error: impl fmt::Display) -> Self {
        Self::new(format_args!("{}: {error}", path.display()))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Message(message) => f.write_str(message),
            Self::ClosedOutput => f.write_str("the standard output is closed"),
            Self::Reported | Self::Exit(_) => Ok(()),
        }
    }
}

impl From<hdfive::Error> for Error {
    fn from(error: hdfive::Error) -> Self {
        Self::new(error)
    }
}

impl From<io::Error> for Error {
    fn from(error: io::Error) -> Self {
        Self::output(error)
    }
}

/// Says on the standard error what went wrong, in one line.
pub(crate) fn report(error: &Error) {
    report_as("h5", error);
}

/// As [`report`], with another beginning of the line.
pub(crate) fn report_as(tool: &str, error: &Error) {
    if let Error::Message(message) = error {
        // Nobody can be told that nobody can be told.
        let _ = writeln!(io::stderr(), "{tool}: {}", one_line(message));
    }
}

/// The text without line breaks and other control characters, which names in files may contain.
fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}
