//! Filters as a user asks for them, and as a dataset's header describes them.

use super::{FilterInfo, OPTIONAL, id};
use crate::format::message::datatype::Datatype;
use crate::{Error, Result};

impl FilterInfo {
    fn new(id: u16, flags: u16, parameters: Vec<u32>) -> Self {
        Self { id, name: None, flags, parameters }
    }

    /// Compression with deflate, at a level of 0 (none) to 9 (smallest).
    pub fn deflate(level: u8) -> Self {
        Self::new(id::DEFLATE, OPTIONAL, vec![u32::from(level)])
    }

    /// The bytes of each chunk's elements sorted by significance.
    pub fn shuffle() -> Self {
        Self::new(id::SHUFFLE, OPTIONAL, Vec::new())
    }

    /// A checksum for each chunk.
    pub fn fletcher32() -> Self {
        Self::new(id::FLETCHER32, 0, Vec::new())
    }
}

/// The filters as the header of a dataset of this type describes them.
///
/// # Errors
/// `Usage` if a parameter is out of range, or the filters cannot work on the type.
pub(crate) fn prepare(filters: &[FilterInfo], datatype: &Datatype) -> Result<Vec<FilterInfo>> {
    if filters.len() > 32 {
        return Err(Error::usage("a dataset has at most 32 filters"));
    }
    let prepare = |filter: &FilterInfo| {
        let mut filter = filter.clone();
        match (filter.id, &mut filter.parameters) {
            (id::DEFLATE, parameters) if !matches!(parameters[..], [0..=9]) => {
                return Err(Error::usage("the level of deflate is 0 to 9"));
            }
            (id::SHUFFLE, parameters) => *parameters = vec![datatype.size],
            _ => {}
        }
        Ok(filter)
    };
    filters.iter().map(prepare).collect()
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
    (32_013, "zfp"),
    (32_014, "fpzip"),
    (id::ZSTD, "zstd"),
    (32_016, "B3D"),
    (32_017, "SZ"),
    (32_018, "FCIDECOMP, JPEG-LS"),
    (32_019, "JPEG"),
    (32_020, "VBZ"),
    (32_021, "FAPEC"),
    (32_022, "BitGroom"),
    (32_023, "Granular BitRound"),
    (32_024, "SZ3"),
    (32_025, "Delta-Rice"),
    (id::BLOSC2, "blosc2"),
    (32_027, "FLAC"),
    (32_028, "SPERR"),
    (32_029, "TERSE/PROLIX"),
    (32_030, "FFMPEG"),
];

/// The name of a filter of the format or of the registry of The HDF Group.
fn registered_name(id: u16) -> Option<&'static str> {
    REGISTERED.iter().find(|(known, _)| *known == id).map(|(_, name)| *name)
}

/// The error for a chunk whose filter this build of the library does not have.
pub(super) fn unavailable(info: &FilterInfo) -> Error {
    let stored = info.name.as_deref().filter(|name| !name.is_empty());
    let name = registered_name(info.id).or(stored).unwrap_or("no name stored");
    Error::unsupported(format!("filter {} ({name}) is not available", info.id))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]
    use super::*;
    use crate::format::message::datatype::ByteOrder;

    #[test]
    fn shuffle_learns_the_element_size_and_levels_are_checked() {
        let datatype = Datatype::float64(ByteOrder::Little);
        let filters = prepare(&[FilterInfo::shuffle(), FilterInfo::deflate(9)], &datatype).unwrap();
        assert_eq!(filters[0].parameters, [8]);
        assert_eq!(filters[1].parameters, [9]);
        assert!(prepare(&[FilterInfo::deflate(10)], &datatype).is_err());
    }
}
