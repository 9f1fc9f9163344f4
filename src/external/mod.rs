//! Other files that a file names: by external links, for virtual datasets, and for raw data.

mod family;

pub(crate) use family::Family;

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};

use crate::storage::FileStorage;
use crate::{Error, Result};

/// Whether the files that a file names are opened: for external links, virtual datasets, raw data in
/// external files, and members of a file in several whose names are not the usual ones.
///
/// The names come from the file, so that whoever made it chooses what is read; for files from
/// elsewhere, bar them or keep them in one folder.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum ExternalLinks {
    /// Wherever they are, the default.
    #[default]
    Follow,
    /// Never.
    Never,
    /// Only files within this folder, when all symbolic links are resolved.
    Within(PathBuf),
}

impl ExternalLinks {
    /// The way without symbolic links to a file that may be opened.
    ///
    /// # Errors
    /// `NotFound` of the operating system if there is no such file, `PermissionDenied` if it is
    /// barred.
    fn admit(&self, path: &Path) -> io::Result<PathBuf> {
        let barred = || io::Error::new(io::ErrorKind::PermissionDenied, BARRED);
        match self {
            Self::Follow => path.canonicalize(),
            Self::Never => Err(barred()),
            Self::Within(root) => {
                let found = path.canonicalize()?;
                if found.starts_with(root.canonicalize()?) { Ok(found) } else { Err(barred()) }
            }
        }
    }
}

impl ExternalLinks {
    /// Opens a file that a file names, to read it.
    ///
    /// # Errors
    /// As [`admit`](Self::admit), and those of the operating system.
    pub(crate) fn open(&self, path: &Path) -> io::Result<FileStorage> {
        Ok(FileStorage::new(std::fs::File::open(self.admit(path)?)?))
    }
}

const BARRED: &str = "the options of this file bar the other file";

/// What a name of another file is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    Link,
    VirtualSource,
}

impl Purpose {
    /// The environment variable with folders to look in first.
    fn variable(self) -> &'static str {
        match self {
            Self::Link => "HDF5_EXT_PREFIX",
            Self::VirtualSource => "HDF5_VDS_PREFIX",
        }
    }
}

/// Where the HDF5 file called `name` may be, in the order in which the C library looks for it, when
/// the file at `from` names it.
fn candidates(name: &[u8], from: &Path, purpose: Purpose) -> Vec<PathBuf> {
    let name = to_path(name);
    let (mut found, mut relative) = (Vec::new(), name.as_path());
    if name.is_absolute() {
        found.push(name.clone());
        relative = name.file_name().map_or(relative, Path::new);
    }
    if let Some(folders) = std::env::var_os(purpose.variable()) {
        let folders = std::env::split_paths(&folders).filter(|folder| !folder.as_os_str().is_empty());
        found.extend(folders.map(|folder| folder.join(relative)));
    }
    found.extend(from.parent().map(|folder| folder.join(relative)));
    found.push(relative.to_owned());
    if let Ok(actual) = from.canonicalize() {
        found.extend(actual.parent().map(|folder| folder.join(relative)));
    }
    found
}

/// Where the raw data file called `name` is: beside nothing but the current folder, unless a prefix
/// says otherwise. `${ORIGIN}` at its start is the folder of the HDF5 file.
pub(crate) fn raw_data_path(name: &[u8], from: &Path, prefix: Option<&Path>) -> PathBuf {
    const ORIGIN: &str = "${ORIGIN}";
    let variable = std::env::var_os("HDF5_EXTFILE_PREFIX").filter(|prefix| !prefix.is_empty());
    let prefix = variable.map(PathBuf::from).or_else(|| prefix.map(Path::to_owned)).unwrap_or_default();
    let text = prefix.to_string_lossy();
    let folder = match text.strip_prefix(ORIGIN) {
        Some(rest) => {
            let mut folder = from.parent().map_or_else(OsString::new, |folder| folder.into());
            if folder.is_empty() {
                folder.push(".");
            }
            folder.push(rest);
            folder.into()
        }
        None => prefix,
    };
    folder.join(to_path(name))
}

/// A stored name as a path.
#[cfg(unix)]
fn to_path(name: &[u8]) -> PathBuf {
    use std::os::unix::ffi::OsStrExt as _;
    std::ffi::OsStr::from_bytes(name).into()
}

/// A stored name as a path.
#[cfg(not(unix))]
fn to_path(name: &[u8]) -> PathBuf {
    String::from_utf8_lossy(name).into_owned().into()
}

/// The error for a file that could not be opened.
pub(crate) fn not_opened(error: io::Error, path: &Path) -> Error {
    let error = match error.kind() {
        io::ErrorKind::PermissionDenied => Error::limit(error.to_string()),
        _ => error.into(),
    };
    error.with_path(path.to_string_lossy())
}

/// Opens the raw data file at `path`.
pub(crate) fn open_raw_data(path: &Path, links: &ExternalLinks) -> Result<FileStorage> {
    links.open(path).map_err(|error| not_opened(error, path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_looked_for_beside_the_one_that_names_them_and_then_here() {
        let found = candidates(b"sub/b.h5", Path::new("folder/a.h5"), Purpose::Link);
        assert_eq!(found, [Path::new("folder/sub/b.h5"), Path::new("sub/b.h5")]);
        let root = std::env::current_dir().unwrap();
        let name = root.join("sub/b.h5");
        let found = candidates(name.to_str().unwrap().as_bytes(), Path::new("folder/a.h5"), Purpose::Link);
        assert_eq!(found, [name.as_path(), Path::new("folder/b.h5"), Path::new("b.h5")]);
    }

    #[test]
    fn raw_data_is_looked_for_here_or_under_the_prefix() {
        let from = Path::new("folder/a.h5");
        let path = |prefix: Option<&str>| raw_data_path(b"x.raw", from, prefix.map(Path::new));
        assert_eq!(path(None), Path::new("x.raw"));
        assert_eq!(path(Some("data")), Path::new("data/x.raw"));
        assert_eq!(path(Some("${ORIGIN}")), Path::new("folder/x.raw"));
        assert_eq!(path(Some("${ORIGIN}/raw")), Path::new("folder/raw/x.raw"));
    }
}
