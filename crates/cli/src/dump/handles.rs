//! Numbers of objects as `--object-ids` prints them: the C tool's are those of its handles, which the
//! library counts for each kind of object.

use hdfive::Object;

/// How many handles of each kind the C tool has had.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Handles {
    groups: u64,
    datasets: u64,
    attributes: u64,
}

/// The number of a handle: its kind, then its count.
fn number(kind: u64, count: u64) -> u64 {
    kind << 56 | count.saturating_sub(1)
}

impl Handles {
    /// Counts the handles of groups that are opened.
    pub(super) fn groups(&mut self, count: u64) {
        self.groups += count;
    }

    /// Counts the handles of datasets that are opened.
    pub(super) fn datasets(&mut self, count: u64) {
        self.datasets += count;
    }

    /// Counts the handle of an object that is opened.
    pub(super) fn object(&mut self, object: &Object) {
        match object {
            Object::Group(_) => self.groups += 1,
            Object::Dataset(_) => self.datasets += 1,
            _ => {}
        }
    }

    /// The last group's.
    pub(super) fn group(&self) -> u64 {
        number(2, self.groups)
    }

    /// The last dataset's.
    pub(super) fn dataset(&self) -> u64 {
        number(5, self.datasets)
    }

    /// Counts an attribute's handle, and gives its number.
    pub(super) fn attribute(&mut self) -> u64 {
        self.attributes += 1;
        number(7, self.attributes)
    }
}
