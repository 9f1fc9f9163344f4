//! What is known while two files are compared, and where the report goes.

use std::fmt;
use std::io::{self, BufWriter, StdoutLock, Write};

use super::options::Options;
use crate::errors::{self, Error, Result};

/// The two things that are compared.
pub(super) type Pair<T> = [T; 2];

/// A comparison.
pub(super) struct Diff<'o> {
    pub(super) options: &'o Options,
    out: BufWriter<StdoutLock<'static>>,
    /// Why nothing more can be printed.
    broken: Option<io::Error>,
    /// Whether something could not be compared.
    pub(super) not_comparable: bool,
    /// Whether something went wrong.
    pub(super) failed: bool,
    /// Whether something is in one file only.
    pub(super) contents_differ: bool,
    /// Whether differences have still to be given a heading.
    pub(super) heading: bool,
    /// Whether the position in a string is given for what has no other position.
    pub(super) char_position: bool,
    /// How deep datasets that references lead to are compared.
    pub(super) depth: usize,
}

/// Where the elements are that are compared, and what the columns of differences are called.
#[derive(Debug, Clone, Default)]
pub(super) struct Place {
    pub(super) names: Pair<String>,
    pub(super) dims: Vec<u64>,
    /// Which part of the first dataset is compared.
    pub(super) part: Option<super::subset::Slab>,
    /// Where the elements start that are compared at once, if it is not at the beginning.
    pub(super) start: Vec<u64>,
}

/// The text, and spaces up to this number of bytes.
pub(super) fn padded(text: &str, width: usize) -> String {
    format!("{text}{:len$}", "", len = width.saturating_sub(text.len()))
}

/// The extents as they are printed.
pub(super) fn dimensions(dims: &[u64]) -> String {
    if dims.is_empty() {
        return "H5S_SCALAR".to_owned();
    }
    let dims: Vec<_> = dims.iter().map(u64::to_string).collect();
    format!("[{}]", dims.join("x"))
}

impl<'o> Diff<'o> {
    pub(super) fn new(options: &'o Options) -> Self {
        Self {
            options,
            out: BufWriter::with_capacity(1 << 16, io::stdout().lock()),
            broken: None,
            not_comparable: false,
            failed: false,
            contents_differ: false,
            heading: false,
            char_position: false,
            depth: 0,
        }
    }

    pub(super) fn print(&mut self, text: fmt::Arguments<'_>) {
        if self.broken.is_none() {
            self.broken = self.out.write_fmt(text).err();
        }
    }

    /// Whether the report can still be printed.
    ///
    /// # Errors
    /// Why it cannot.
    pub(super) fn check_output(&mut self) -> Result<()> {
        self.broken.take().map_or(Ok(()), |error| Err(Error::output(error)))
    }

    pub(super) fn finish(mut self) -> Result<()> {
        self.check_output()?;
        Ok(self.out.flush()?)
    }

    /// Notes that something went wrong.
    pub(super) fn fail(&mut self, error: &Error) {
        self.failed = true;
        errors::report(error);
    }

    /// The value, or its default if something went wrong.
    pub(super) fn or_fail<T: Default>(&mut self, result: Result<T>) -> T {
        result.unwrap_or_else(|error| {
            self.fail(&error);
            T::default()
        })
    }

    pub(super) fn print_found(&mut self, found: u64) {
        self.print(format_args!("{found} differences found\n"));
    }

    /// Whether the names of objects with so many differences are printed.
    pub(super) fn prints_names(&self, found: u64) -> bool {
        (self.options.verbose || found > 0) && !self.options.quiet
    }

    /// Whether it is said why objects cannot be compared.
    pub(super) fn explains(&self) -> bool {
        self.options.verbose || self.options.list_not_comparable
    }

    pub(super) fn print_names(&mut self, kind: &str, paths: Pair<&str>) {
        let line = if self.options.level >= 1 { "\n" } else { "" };
        self.print(format_args!("{line}{kind:<7}: <{}> and <{}>\n", paths[0], paths[1]));
    }

    fn print_heading(&mut self, place: &Place, relative: bool) {
        let dims = dimensions(&place.dims);
        self.print(format_args!("{:<16}{dims}{:<11}{dims}\n", "size:", ""));
        let [first, second] = [padded(&place.names[0], 15), padded(&place.names[1], 15)];
        let position = padded("position", 15);
        if relative {
            self.print(format_args!("{position} {first} {second} {:<15} {:<15}\n", "difference", "relative"));
            self.print(format_args!("{:-<72}\n", ""));
        } else {
            self.print(format_args!("{position} {first} {second} {:<20}\n", "difference"));
            self.print(format_args!("{:-<60}\n", ""));
        }
    }

    /// Prints the position of the element at `index`, or at `character` in it; false if differences are
    /// not printed.
    pub(super) fn print_position(
        &mut self,
        place: &Place,
        index: u64,
        character: usize,
        relative: bool,
    ) -> bool {
        if !self.options.prints_data() {
            return false;
        }
        if std::mem::take(&mut self.heading) {
            self.print_heading(place, relative);
        }
        if !place.dims.is_empty() {
            let position = place.position(index);
            self.print(format_args!("[ {position}]"));
        } else if std::mem::take(&mut self.char_position) {
            self.print(format_args!("[ {character}]"));
        } else {
            self.print(format_args!("      "));
        }
        self.print(format_args!("          "));
        true
    }
}

impl Place {
    /// The coordinates of the element at `index`, each followed by a space.
    fn position(&self, index: u64) -> String {
        let index = self.part.as_ref().map_or(index, |part| part.offset(index, &self.dims));
        let mut coordinates = vec![0; self.dims.len()];
        let mut rest = index;
        for (at, &dim) in self.dims.iter().enumerate().rev() {
            // The first coordinate has no bound.
            let dim = if at == 0 { u64::MAX } else { dim.max(1) };
            coordinates[at] = (rest % dim).wrapping_add(self.start.get(at).copied().unwrap_or(0));
            rest /= dim;
        }
        coordinates.iter().map(|coordinate| format!("{coordinate} ")).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_are_coordinates() {
        let place = Place { dims: vec![4, 3], ..Place::default() };
        assert_eq!(place.position(7), "2 1 ");
        assert_eq!(dimensions(&place.dims), "[4x3]");
        assert_eq!(dimensions(&[]), "H5S_SCALAR");
        assert_eq!(padded("\u{e4}", 4), "\u{e4}  ");
    }
}
