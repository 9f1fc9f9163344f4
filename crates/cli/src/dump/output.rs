//! Where the text goes: the outline, the elements of datasets and those of attributes may each have
//! a file of their own.

use std::fs::File;
use std::io::{self, BufWriter, StdoutLock, Write};
use std::path::{Path, PathBuf};

use crate::errors::{Error, Result};

/// What a part of the output is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Section {
    /// All but elements.
    Outline,
    /// The elements of datasets.
    Data,
    /// The elements of attributes.
    Attributes,
}

/// Where a section is written.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) enum Destination {
    #[default]
    Stdout,
    Nowhere,
    File(PathBuf),
}

/// The destinations of all sections.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Destinations {
    pub(super) outline: Destination,
    pub(super) data: Destination,
    pub(super) attributes: Destination,
}

enum Stream {
    Stdout,
    Nowhere(io::Sink),
    File(BufWriter<File>),
}

impl Stream {
    fn open(destination: &Destination) -> Result<Self> {
        Ok(match destination {
            Destination::Stdout => Self::Stdout,
            Destination::Nowhere => Self::Nowhere(io::sink()),
            Destination::File(path) => Self::File(create(path)?),
        })
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::File(file) => file.flush(),
            _ => Ok(()),
        }
    }
}

fn create(path: &Path) -> Result<BufWriter<File>> {
    File::create(path).map(BufWriter::new).map_err(|error| Error::at(path, error))
}

/// The sections of the output.
pub(super) struct Output {
    stdout: BufWriter<StdoutLock<'static>>,
    outline: Stream,
    data: Stream,
    attributes: Stream,
}

impl Output {
    /// Everything to the standard output.
    pub(super) fn stdout() -> Self {
        Self {
            stdout: BufWriter::with_capacity(1 << 16, io::stdout().lock()),
            outline: Stream::Stdout,
            data: Stream::Stdout,
            attributes: Stream::Stdout,
        }
    }

    /// Creates the files that sections go to.
    pub(super) fn redirect(&mut self, destinations: &Destinations) -> Result<()> {
        self.outline = Stream::open(&destinations.outline)?;
        self.data = Stream::open(&destinations.data)?;
        self.attributes = Stream::open(&destinations.attributes)?;
        Ok(())
    }

    pub(super) fn to(&mut self, section: Section) -> &mut dyn Write {
        let stream = match section {
            Section::Outline => &mut self.outline,
            Section::Data => &mut self.data,
            Section::Attributes => &mut self.attributes,
        };
        match stream {
            Stream::Stdout => &mut self.stdout,
            Stream::Nowhere(sink) => sink,
            Stream::File(file) => file,
        }
    }

    /// The standard output, whatever goes there.
    pub(super) fn console(&mut self) -> &mut dyn Write {
        &mut self.stdout
    }

    /// Ends the last line and writes all that is held back.
    pub(super) fn finish(&mut self) -> Result<()> {
        // Otherwise the outline ends it.
        if let (Stream::Nowhere(_), Stream::Stdout) = (&self.outline, &self.data) {
            self.stdout.write_all(b"\n")?;
        }
        self.outline.flush()?;
        self.data.flush()?;
        self.attributes.flush()?;
        Ok(self.stdout.flush()?)
    }
}
