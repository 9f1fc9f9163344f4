//! Objects in other files, to which external links lead.

use std::path::{Path, PathBuf};

use hdfive::{File, Object};

use super::Dumper;
use crate::errors::Result;
use crate::objects::Objects;

/// A file that objects are printed of.
pub(super) struct Opened {
    /// The file's path, without links.
    path: PathBuf,
    pub(super) file: File,
    /// The objects of the file, once they are needed.
    pub(super) objects: Option<Objects>,
}

impl Opened {
    pub(super) fn new(path: &Path, file: File) -> Self {
        let path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        Self { path, file, objects: None }
    }
}

/// Where the file that an external link names may be, as the C library looks for it: in the folders
/// that `HDF5_EXT_PREFIX` lists, beside the file with the link, in the current folder.
fn candidates(name: &str, from: &Path) -> Vec<PathBuf> {
    let name = Path::new(name);
    let mut found = Vec::new();
    let mut relative = name;
    if name.is_absolute() {
        found.push(name.to_owned());
        relative = name.file_name().map_or(name, Path::new);
    }
    let prefixes = std::env::var("HDF5_EXT_PREFIX").unwrap_or_default();
    found.extend(
        prefixes
            .split(':')
            .filter(|prefix| !prefix.is_empty())
            .map(|prefix| Path::new(prefix).join(relative)),
    );
    found.extend(from.parent().map(|folder| folder.join(relative)));
    found.push(relative.to_owned());
    found
}

impl Dumper<'_> {
    /// Prints the object that an external link leads to, if it can be found, except in the file that
    /// is printed itself.
    pub(super) fn external(&mut self, file: &str, path: &str, level: usize) -> Result<()> {
        let from = self.files[self.current].path.clone();
        let open = |candidate: PathBuf| Some((candidate.canonicalize().ok()?, File::open(&candidate).ok()?));
        let Some((found, file)) = candidates(file, &from).into_iter().find_map(open) else { return Ok(()) };
        let Ok(object) = file.open(path) else { return Ok(()) };
        let index = match self.files.iter().position(|opened| opened.path == found) {
            Some(0) => return Ok(()),
            Some(index) => index,
            None => {
                self.files.push(Opened { path: found, file, objects: None });
                self.files.len() - 1
            }
        };
        let before =
            (std::mem::replace(&mut self.current, index), std::mem::replace(&mut self.through_link, true));
        let result = match &object {
            Object::Group(group) => self.group(group, path, level),
            Object::Dataset(dataset) => self.dataset(dataset, path, level),
            Object::NamedDatatype(datatype) => self.named_datatype(datatype, path, level),
            _ => Ok(()),
        };
        (self.current, self.through_link) = before;
        result
    }
}
