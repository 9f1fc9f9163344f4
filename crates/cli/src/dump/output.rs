//! Where the text goes: the outline, the elements of datasets and those of attributes may each have
//! a file of their own.

use std::fs::File;
use std::io::{self, BufWriter, StdoutLock, Write};
use std::path::Path;

use crate::errors::Result;

/// What a part of the output is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Section {
    /// All but elements.
    Outline,
    /// The elements of datasets.
    Data,
    /// The elements of attributes.
    Attributes,
}

/// Where a section is written.
enum Stream {
    Stdout,
    Nowhere(io::Sink),
    File(BufWriter<File>),
}

impl Stream {
    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::File(file) => file.flush(),
            _ => Ok(()),
        }
    }
}

/// The sections of the output.
pub(crate) struct Output {
    stdout: BufWriter<StdoutLock<'static>>,
    outline: Stream,
    data: Stream,
    attributes: Stream,
    /// Whether the last line is left as it is.
    pub(super) abandoned: bool,
}

impl Output {
    /// Everything to the standard output.
    pub(super) fn stdout() -> Self {
        Self {
            stdout: BufWriter::with_capacity(1 << 16, io::stdout().lock()),
            outline: Stream::Stdout,
            data: Stream::Stdout,
            attributes: Stream::Stdout,
            abandoned: false,
        }
    }

    fn stream(&mut self, section: Section) -> &mut Stream {
        match section {
            Section::Outline => &mut self.outline,
            Section::Data => &mut self.data,
            Section::Attributes => &mut self.attributes,
        }
    }

    /// Sends a section to a file, which is created here, or nowhere. If the file cannot be created, a
    /// section that had a file has none any more.
    pub(super) fn redirect(&mut self, section: Section, path: Option<&Path>) -> io::Result<()> {
        let stream = self.stream(section);
        stream.flush()?;
        if let Stream::File(_) = stream {
            *stream = Stream::Nowhere(io::sink());
        }
        *stream = match path {
            Some(path) => Stream::File(BufWriter::new(File::create(path)?)),
            None => Stream::Nowhere(io::sink()),
        };
        Ok(())
    }

    pub(crate) fn to(&mut self, section: Section) -> &mut dyn Write {
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
        if let (Stream::Nowhere(_), Stream::Stdout, false) = (&self.outline, &self.data, self.abandoned) {
            self.stdout.write_all(b"\n")?;
        }
        self.outline.flush()?;
        self.data.flush()?;
        self.attributes.flush()?;
        Ok(self.stdout.flush()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections_go_to_files_or_nowhere() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x");
        let mut out = Output::stdout();
        out.redirect(Section::Data, Some(&path)).unwrap();
        out.to(Section::Data).write_all(b"1").unwrap();
        out.redirect(Section::Outline, None).unwrap();
        out.to(Section::Outline).write_all(b"lost").unwrap();
        assert!(out.redirect(Section::Data, Some(&dir.path().join("no/x"))).is_err());
        assert!(matches!(out.data, Stream::Nowhere(_)));
        assert_eq!(std::fs::read(path).unwrap(), b"1");
    }
}
