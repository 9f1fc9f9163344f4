//! Opening files.

use std::io::Read;
use std::path::Path;

use crate::access::Driver;
use crate::errors::{Error, Result};

/// Opens a file to read it; an error names the path, and the format of a file of another kind.
pub(crate) fn open(path: &Path) -> Result<hdfive::File> {
    open_with(&hdfive::File::with_options(), path)
}

/// As [`open`], with options.
pub(crate) fn open_with(options: &hdfive::FileBuilder, path: &Path) -> Result<hdfive::File> {
    open_any(options, path).map(|(file, _)| file)
}

/// As [`open_with`]; gives the driver that could open the file as well. A path that is no file may be that
/// of a file in several: a family, or one with parts of its own for metadata and raw data.
pub(crate) fn open_any(options: &hdfive::FileBuilder, path: &Path) -> Result<(hdfive::File, Driver)> {
    const IN_SEVERAL: [Driver; 3] = [Driver::Family, Driver::Split, Driver::Multi];
    Driver::Sec2.open(options, path).or_else(|error| {
        let mut in_several = IN_SEVERAL.iter().filter(|_| !path.exists());
        let opened = in_several.find_map(|driver| driver.open(options, path).ok());
        opened.ok_or_else(|| explain(path, error))
    })
}

/// The error, or that a file is of another format.
pub(crate) fn explain(path: &Path, error: hdfive::Error) -> Error {
    match other_format(path) {
        Some(format) => Error::at(path, format_args!("{format}, not an HDF5 file")),
        None => Error::new(error),
    }
}

/// What a file that is not HDF5 is, if its first bytes tell.
fn other_format(path: &Path) -> Option<&'static str> {
    let mut start = Vec::new();
    std::fs::File::open(path).ok()?.take(8).read_to_end(&mut start).ok()?;
    match start.as_slice() {
        [] => Some("an empty file"),
        [0x0e, 0x03, 0x13, 0x01, ..] => Some("an HDF4 file"),
        [b'C', b'D', b'F', 1, ..] => Some("a netCDF-3 file"),
        [b'C', b'D', b'F', 2, ..] => Some("a netCDF-3 file (64-bit offset)"),
        [b'C', b'D', b'F', 5, ..] => Some("a netCDF-3 file (64-bit data, CDF-5)"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_other_formats_are_named() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("file");
        for (bytes, format) in [
            (&b""[..], Some("an empty file")),
            (b"\x0e\x03\x13\x01rest", Some("an HDF4 file")),
            (b"CDF\x01rest", Some("a netCDF-3 file")),
            (b"CDF\x03rest", None),
            (b"\x89HDF\r\n\x1a\n", None),
        ] {
            std::fs::write(&path, bytes).unwrap();
            assert_eq!(other_format(&path), format, "{bytes:?}");
        }
    }
}
