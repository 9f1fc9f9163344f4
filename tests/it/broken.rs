//! Inputs that are no HDF5 files, or damaged ones: each is refused with its own reason.

use hdfive::{File, Object, Selection};

use crate::testdata;

/// What the error for each file of `testdata/broken` names.
const REASONS: &[(&str, &str)] = &[
    ("empty.h5", "the file is empty"),
    ("hdf4.hdf", "this is an HDF4 file"),
    ("netcdf3-64bit.nc", "this is a netCDF-3 file"),
    ("netcdf3-cdf5.nc", "this is a netCDF-3 file"),
    ("netcdf3.nc", "this is a netCDF-3 file"),
    ("root-checksum.h5", "the checksum does not match the data (Object header"),
    ("signature-only.h5", "the data ends inside this structure (Superblock"),
    ("superblock-checksum.h5", "the checksum does not match the data (Superblock"),
    ("superblock-version-9.h5", "superblock version 9"),
    ("text-mode-transfer.h5", "converted its line ends"),
    ("text.h5", "this is not an HDF5 file"),
    ("truncated-half.h5", "the file is truncated: it has 5120 of its 10240 bytes"),
    ("truncated-last-byte.h5", "the file is truncated: it has 10239 of its 10240 bytes"),
    ("truncated-old-half.h5", "the file is truncated: it has 7352 of its 14704 bytes"),
    ("truncated-old-superblock.h5", "the data ends inside this structure (Superblock"),
    ("truncated-root.h5", "the file is truncated: it has 60 of its 10240 bytes"),
    ("truncated-superblock.h5", "the data ends inside this structure (Superblock"),
];

/// Reads all there is.
fn read(file: &File) -> hdfive::Result<()> {
    for (_, object) in file.members()? {
        match object {
            Object::Dataset(dataset) => drop(dataset.read_bytes(Selection::All)?),
            Object::Group(group) => drop(group.members()?),
            _ => {}
        }
    }
    Ok(())
}

#[test]
fn broken_files_are_refused_by_name() {
    for path in testdata::files("broken", "") {
        let name = testdata::name(&path);
        let result = File::open(&path).and_then(|file| read(&file));
        let error = result.err().map(|error| error.to_string());
        let reason = REASONS.iter().find(|(of, _)| *of == name).map(|(_, reason)| *reason);
        let reason = reason.unwrap_or_else(|| panic!("no reason given for {name}"));
        let error = error.unwrap_or_else(|| panic!("{name} is accepted"));
        assert!(error.contains(reason), "{name}: {error}");
    }
}
