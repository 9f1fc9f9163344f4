//! Opening files.

use std::io::Read;
use std::path::Path;

use crate::errors::{Error, Result};

/// Opens a file to read it; an error names the path, and the format of a file of another kind.
pub(crate) fn open(path: &Path) -> Result<hdfive::File> {
    open_with(&hdfive::File::with_options(), path)
}

/// As [`open`], with options. A path that is no file may be that of a file in several: a family, or one
/// with parts of its own for metadata and raw data.
pub(crate) fn open_with(options: &hdfive::FileBuilder, path: &Path) -> Result<hdfive::File> {
    open_driven(options, path, None).map(|(file, _)| file)
}

/// As [`open_with`], by the driver that the C library calls so, or by the one that can; gives the name
/// of the driver that did.
pub(crate) fn open_driven(
    options: &hdfive::FileBuilder,
    path: &Path,
    driver: Option<&str>,
) -> Result<(hdfive::File, &'static str)> {
    // Two files are opened as those of several kinds of data are.
    const IN_SEVERAL: [(&str, &str); 3] = [("family", "family"), ("split", "multi"), ("multi", "multi")];
    const IN_ONE: [&str; 4] = ["sec2", "core", "stdio", "log"];
    if let Some((driver, name)) = IN_SEVERAL.into_iter().find(|(name, _)| driver == Some(name)) {
        return Ok((drive(options, driver).open(path)?, name));
    }
    let name = IN_ONE.into_iter().find(|name| driver == Some(name)).unwrap_or("sec2");
    options.open(path).map(|file| (file, name)).or_else(|error| {
        let in_several = IN_SEVERAL.iter().filter(|_| driver.is_none() && !path.exists());
        let open =
            |(driver, name): &(&str, &'static str)| Some((drive(options, driver).open(path).ok()?, *name));
        in_several.filter_map(open).next().ok_or_else(|| match other_format(path) {
            Some(format) => Error::at(path, format_args!("{format}, not an HDF5 file")),
            None => Error::new(error),
        })
    })
}

/// The options for files of the driver that the C library calls so.
pub(crate) fn drive(options: &hdfive::FileBuilder, driver: &str) -> hdfive::FileBuilder {
    let mut options = options.clone();
    match driver {
        "family" => drop(options.family(0)),
        "split" => drop(options.split("-m.h5", "-r.h5")),
        "multi" => drop(options.multi()),
        _ => {}
    }
    options
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
