//! What is written, and in which form.

use crate::format::message::datatype::Datatype;
use crate::object::CreationOrder;
use crate::object::group::GroupOptions;
use crate::object::header::HeaderOptions;
use crate::{Error, Result};

/// A release of the C library, as a bound on the forms in which new objects are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum LibraryVersion {
    /// The first forms, of HDF5 1.0 to 1.6.
    Earliest,
    /// HDF5 1.8.
    V18,
    /// HDF5 1.10: every release since 2016 reads what is written.
    V110,
    /// HDF5 1.12.
    V112,
    /// HDF5 1.14.
    V114,
    /// HDF5 2.0.
    V200,
}

impl LibraryVersion {
    /// The newest.
    pub const LATEST: Self = Self::V200;

    /// The highest version of datatype messages that the release reads.
    const fn datatype_version(self) -> u8 {
        match self {
            Self::Earliest | Self::V18 | Self::V110 => 3,
            Self::V112 | Self::V114 => 4,
            Self::V200 => 5,
        }
    }
}

/// What handles need to know of how the file was opened.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    pub(crate) track_order: bool,
    pub(crate) track_times: bool,
    /// The earliest release that must be able to read new objects.
    pub(crate) high: LibraryVersion,
}

impl Default for Settings {
    fn default() -> Self {
        Self { track_order: false, track_times: false, high: LibraryVersion::LATEST }
    }
}

impl Settings {
    /// An error if the release that must be able to read new objects does not know the type.
    pub(crate) fn check_datatype(&self, datatype: &Datatype) -> Result<()> {
        if datatype.minimum_version() <= self.high.datatype_version() {
            return Ok(());
        }
        Err(Error::usage(format!(
            "{:?}, the bound on new objects, does not know the type {datatype}",
            self.high
        )))
    }

    /// How the header of a new object is made.
    pub(crate) fn header_options(&self) -> HeaderOptions {
        let order = if self.track_order { CreationOrder::Indexed } else { CreationOrder::Untracked };
        HeaderOptions { time: self.track_times.then(now), attribute_order: order, ..Default::default() }
    }

    /// How a new group is made.
    pub(crate) fn group_options(&self) -> GroupOptions {
        let header = self.header_options();
        GroupOptions { header, link_order: header.attribute_order, ..Default::default() }
    }
}

/// Seconds since 1970; zero where there is no clock.
pub(crate) fn now() -> u32 {
    #[cfg(all(target_family = "wasm", target_os = "unknown"))]
    return 0;
    #[cfg(not(all(target_family = "wasm", target_os = "unknown")))]
    std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .map_or(0, |since| u32::try_from(since.as_secs()).unwrap_or(u32::MAX))
}
