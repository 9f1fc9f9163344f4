//! How files are opened: the drivers and connectors that a command line asks for, as far as the C library
//! has them when it is built without any that is optional.

use std::path::Path;

use hdfive::{File, FileBuilder};

use crate::c_numbers::{atoi, strtoull};
use crate::errors::{Error, Result};
use crate::input;

/// The driver and the connector to open files with, and what they are told.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Access {
    driver: Option<Driver>,
    info: Option<String>,
    connector: Option<Connector>,
    connector_info: Option<String>,
}

/// A driver of the C library.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Driver {
    Sec2,
    Log,
    Stdio,
    Core,
    Family,
    Split,
    Multi,
    /// Keeps several revisions of a file.
    Onion,
    /// One that is not there.
    Unknown,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Connector {
    Native,
    /// One that calls another.
    PassThrough,
    Unknown,
}

/// What an option says of how a file is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Setting {
    /// The driver.
    DriverName,
    DriverNumber,
    /// What the driver is told.
    DriverInfo,
    /// The VOL connector.
    ConnectorName,
    ConnectorNumber,
    /// What the connector is told.
    ConnectorInfo,
}

/// What an option asks for that is not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Missing {
    Driver,
    Connector,
}

/// Which revision of a file is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Revision {
    None,
    Number(u64),
    /// None: how many there are is to be printed.
    Count,
    /// No number can be as large.
    Invalid,
}

impl Driver {
    const NAMES: [(Self, &str); 8] = [
        (Self::Sec2, "sec2"),
        (Self::Log, "log"),
        (Self::Stdio, "stdio"),
        (Self::Core, "core"),
        (Self::Family, "family"),
        (Self::Split, "split"),
        (Self::Multi, "multi"),
        (Self::Onion, "onion"),
    ];

    fn named(name: &str) -> Self {
        Self::NAMES.iter().find(|(_, known)| *known == name).map_or(Self::Unknown, |(driver, _)| *driver)
    }

    /// What the C tools call it.
    pub(crate) fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(driver, _)| *driver == self).map_or("unknown", |(_, name)| name)
    }

    /// Opens a file with this driver; gives the one that the C tools name then, which is the same for files
    /// in two parts and in several.
    pub(crate) fn open(self, how: &FileBuilder, path: &Path) -> hdfive::Result<(File, Self)> {
        let mut how = how.clone();
        let (how, driver) = match self {
            Self::Family => (how.family(0), self),
            Self::Split => (how.split("-m.h5", "-r.h5"), Self::Multi),
            Self::Multi => (how.multi(), self),
            _ => (&mut how, self),
        };
        how.open(path).map(|file| (file, driver))
    }
}

impl Access {
    /// Takes the value of an option.
    pub(crate) fn set(&mut self, setting: Setting, value: &str) {
        match setting {
            Setting::DriverName => self.driver = Some(Driver::named(value)),
            // Only the default driver is known by its number.
            Setting::DriverNumber if atoi(value) == 0 => self.driver = Some(Driver::Sec2),
            Setting::DriverNumber => self.driver = Some(Driver::Unknown),
            Setting::DriverInfo => self.info = Some(value.to_owned()),
            Setting::ConnectorName => {
                self.connector = Some(match value {
                    "native" => Connector::Native,
                    "pass_through" => Connector::PassThrough,
                    _ => Connector::Unknown,
                });
            }
            Setting::ConnectorNumber => {
                self.connector = Some(match atoi(value) {
                    0 => Connector::Native,
                    1 => Connector::PassThrough,
                    _ => Connector::Unknown,
                });
            }
            Setting::ConnectorInfo => self.connector_info = Some(value.to_owned()),
        }
    }

    /// What is not there to open a file with, if something is not.
    pub(crate) fn missing(&self) -> Option<Missing> {
        match (self.driver, self.connector) {
            (Some(Driver::Unknown), _) => Some(Missing::Driver),
            (_, Some(Connector::Unknown)) => Some(Missing::Connector),
            _ => None,
        }
    }

    pub(crate) fn driver(&self) -> Option<Driver> {
        self.driver
    }

    /// What the driver is told.
    pub(crate) fn info(&self) -> Option<&str> {
        self.info.as_deref()
    }

    /// The revision that the onion driver is to open.
    pub(crate) fn revision(&self) -> Revision {
        match (self.driver, self.info()) {
            (Some(Driver::Onion), None) => Revision::Number(0),
            (Some(Driver::Onion), Some("revision_count")) => Revision::Count,
            (Some(Driver::Onion), Some(info)) => {
                strtoull(info, Some(10)).map_or(Revision::Invalid, Revision::Number)
            }
            _ => Revision::None,
        }
    }

    /// Opens a file to read it, with the driver that is asked for or one that can; gives that as well.
    pub(crate) fn open(&self, how: &FileBuilder, path: &Path) -> Result<(File, Driver)> {
        let below = |info: &String| info.starts_with("under_vol=0;under_info={") && info.ends_with('}');
        if self.connector == Some(Connector::PassThrough) && !self.connector_info.as_ref().is_some_and(below)
        {
            return Err(Error::new("the connector needs to know which one to call"));
        }
        match (self.driver, self.revision()) {
            (Some(Driver::Unknown), _) => Err(Error::new("there is no such driver")),
            (Some(driver), Revision::Number(revision)) => Ok((how.open_revision(path, revision)?, driver)),
            (Some(Driver::Onion), _) => Err(Error::new("no revision is asked for")),
            (Some(driver), _) => driver.open(how, path).map_err(|error| input::explain(path, error)),
            (None, _) => input::open_any(how, path),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drivers_and_connectors_that_are_not_there_are_refused() {
        let missing = |setting: Setting, value: &str| {
            let mut access = Access::default();
            access.set(setting, value);
            access.missing()
        };
        assert_eq!(Access::default().missing(), None);
        for name in ["sec2", "core", "split", "onion"] {
            assert_eq!(missing(Setting::DriverName, name), None, "{name}");
        }
        for name in ["", "foo", "direct", "mpio", "subfiling"] {
            assert_eq!(missing(Setting::DriverName, name), Some(Missing::Driver), "{name}");
        }
        for (number, known) in [("0", true), ("1", false), ("x", true), ("-1", false)] {
            assert_eq!(missing(Setting::DriverNumber, number).is_none(), known, "{number}");
        }
        for (setting, value, known) in [
            (Setting::ConnectorInfo, "anything", true),
            (Setting::ConnectorName, "native", true),
            (Setting::ConnectorName, "foo", false),
            (Setting::ConnectorNumber, "0x0", true),
            (Setting::ConnectorNumber, "5", false),
        ] {
            assert_eq!(missing(setting, value).is_none(), known, "{setting:?} {value}");
        }
    }

    #[test]
    fn revisions_are_numbers_or_their_count() {
        let revision = |info: &str| {
            let mut access = Access::default();
            access.set(Setting::DriverName, "onion");
            access.set(Setting::DriverInfo, info);
            access.revision()
        };
        assert_eq!(revision("3rd"), Revision::Number(3));
        assert_eq!(revision("x"), Revision::Number(0));
        assert_eq!(revision("-1"), Revision::Number(u64::MAX));
        assert_eq!(revision("revision_count"), Revision::Count);
        assert_eq!(revision("99999999999999999999"), Revision::Invalid);
        assert_eq!(Access::default().revision(), Revision::None);
    }

    #[test]
    fn a_driver_opens_only_what_is_its_own() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x.h5");
        hdfive::File::create(&path).unwrap().close().unwrap();
        let open = |setting: Setting, value: &str| {
            let mut access = Access::default();
            access.set(setting, value);
            access.open(&hdfive::File::with_options(), &path).map(|(_, driver)| driver.name()).ok()
        };
        assert_eq!(open(Setting::DriverInfo, ""), Some("sec2"));
        assert_eq!(open(Setting::DriverName, "core"), Some("core"));
        for (setting, value) in [
            (Setting::DriverName, "family"),
            (Setting::DriverName, "split"),
            (Setting::DriverName, "multi"),
            (Setting::DriverName, "onion"),
            (Setting::DriverNumber, "7"),
            (Setting::ConnectorName, "pass_through"),
        ] {
            assert_eq!(open(setting, value), None, "{value}");
        }
    }
}
