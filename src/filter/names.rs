//! Names of filters.

use super::{FilterInfo, id};
use crate::Error;

macro_rules! plugins {
    () => {
        "https://github.com/HDFGroup/hdf5_plugins/blob/master/docs/RegisteredFilterPlugins.md"
    };
}

/// Names of the registry of The HDF Group, for filters that files often name only by number.
const REGISTERED: &[(u16, &str)] = &[
    (id::DEFLATE, "deflate"),
    (id::SHUFFLE, "shuffle"),
    (id::FLETCHER32, "fletcher32"),
    (id::SZIP, "szip"),
    (id::NBIT, "nbit"),
    (id::SCALE_OFFSET, "scaleoffset"),
    (257, "hzip"),
    (258, "fpzip"),
    (305, "LZO"),
    (id::BZIP2, "bzip2"),
    (id::LZF, "lzf"),
    (id::BLOSC, "blosc"),
    (32_002, "MAFISC"),
    (32_003, "Snappy"),
    (id::LZ4, "lz4"),
    (32_005, "APAX"),
    (32_006, "CBF"),
    (32_007, "JPEG-XR"),
    (id::BITSHUFFLE, "bitshuffle"),
    (32_009, "SPDP"),
    (32_010, "LPC-Rice"),
    (32_011, "CCSDS-123"),
    (32_012, "JPEG-LS"),
    (id::ZFP, "zfp"),
    (32_014, "fpzip"),
    (id::ZSTD, "zstd"),
    (32_016, "B3D"),
    (32_017, "SZ"),
    (id::JPEG_LS, "FCIDECOMP, JPEG-LS"),
    (32_019, "JPEG"),
    (32_020, "VBZ"),
    (32_021, "FAPEC"),
    (32_022, "BitGroom"),
    (32_023, "Granular BitRound"),
    (32_024, "SZ3"),
    (32_025, "Delta-Rice"),
    (id::BLOSC2, "blosc2"),
    (32_027, "FLAC"),
    (id::SPERR, "SPERR"),
    (32_029, "TERSE/PROLIX"),
    (32_030, "FFMPEG"),
];

/// The name of a filter of the format or of the registry of The HDF Group.
pub(super) fn registered_name(id: u16) -> Option<&'static str> {
    REGISTERED.iter().find(|(known, _)| *known == id).map(|(_, name)| *name)
}

/// The name that the reference implementation of a filter stores in files, for those that the
/// format does not define.
pub(super) fn stored_name(id: u16) -> Option<&'static str> {
    match id {
        id::BZIP2 | id::LZF | id::BLOSC | id::BLOSC2 => registered_name(id),
        id::LZ4 => Some(concat!("HDF5 lz4 filter; see ", plugins!())),
        id::ZSTD => Some(concat!("HDF5 zstd filter; see ", plugins!())),
        id::BITSHUFFLE => Some("bitshuffle; see https://github.com/kiyo-masui/bitshuffle"),
        id::ZFP => Some("H5Z-ZFP"),
        id::SPERR => Some("H5Z-SPERR"),
        id::JPEG_LS => Some("HDF5 JPEG-LS filter"),
        _ => None,
    }
}

/// The error for a chunk whose filter this build of the library does not have.
pub(super) fn unavailable(info: &FilterInfo) -> Error {
    let stored = info.name.as_deref().filter(|name| !name.is_empty());
    let name = registered_name(info.id).or(stored).unwrap_or("no name stored");
    Error::unsupported(format!("filter {} ({name}) is not available", info.id))
}
