//! Drivers and connectors that the command line asks for, as far as the C library has them when it is
//! built without any that is optional.

use super::command_line::leading_integer;

/// The driver and the connector to open the files with, and what they are told.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Driver {
    pub(super) name: Option<String>,
    pub(super) info: Option<String>,
    connector: Option<Connector>,
    connector_info: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Connector {
    Native,
    /// One that calls another.
    PassThrough,
    Unknown,
}

/// The drivers that are always there.
const DRIVERS: [&str; 8] = ["sec2", "log", "stdio", "core", "family", "split", "multi", "onion"];

/// Which revision of a file is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Revision {
    None,
    Number(u64),
    /// None: how many there are is to be printed.
    Count,
    /// No number can be as large.
    Invalid,
}

impl Driver {
    /// Takes the driver of this number: only the default one is known by its number.
    pub(super) fn set_number(&mut self, number: &str) {
        self.name = Some(if leading_integer(number) == 0 { "sec2" } else { "" }.to_owned());
    }

    /// Takes an option of the connector: its number, its name or what it is told.
    pub(super) fn set_connector(&mut self, letter: char, value: &str) {
        self.connector = Some(match (letter, value) {
            ('1', number) => match leading_integer(number) {
                0 => Connector::Native,
                1 => Connector::PassThrough,
                _ => Connector::Unknown,
            },
            ('2', "native") => Connector::Native,
            ('2', "pass_through") => Connector::PassThrough,
            ('2', _) => Connector::Unknown,
            _ => {
                self.connector_info = Some(value.to_owned());
                return;
            }
        });
    }

    /// Says what cannot be used.
    pub(super) fn check(&self) -> Result<(), &'static str> {
        let native_below =
            |info: &String| info.starts_with("under_vol=0;under_info={") && info.ends_with('}');
        let usable = match self.connector {
            None | Some(Connector::Native) => true,
            Some(Connector::PassThrough) => self.connector_info.as_ref().is_some_and(native_below),
            Some(Connector::Unknown) => false,
        };
        if !usable {
            return Err("unable to set VOL on fapl for file");
        }
        match self.name.as_deref() {
            Some(name) if !DRIVERS.contains(&name) => Err("unable to set VFD on fapl for file"),
            _ => Ok(()),
        }
    }

    /// The revision that the onion driver is to open.
    pub(super) fn revision(&self) -> Revision {
        match (self.name.as_deref(), self.info.as_deref()) {
            (Some("onion"), None) => Revision::Number(0),
            (Some("onion"), Some("revision_count")) => Revision::Count,
            (Some("onion"), Some(number)) => {
                let number = number.trim_start();
                let (negative, digits) = match number.strip_prefix('-') {
                    Some(digits) => (true, digits),
                    None => (false, number.strip_prefix('+').unwrap_or(number)),
                };
                let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
                match digits[..end].parse::<u64>() {
                    Ok(number) if negative => Revision::Number(number.wrapping_neg()),
                    Ok(number) => Revision::Number(number),
                    Err(_) if end == 0 => Revision::Number(0),
                    Err(_) => Revision::Invalid,
                }
            }
            _ => Revision::None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drivers_and_connectors_that_are_not_there_are_refused() {
        let driver = |name: &str| Driver { name: Some(name.to_owned()), ..Driver::default() };
        assert!(Driver::default().check().is_ok() && driver("core").check().is_ok());
        for name in ["", "foo", "direct", "mpio", "subfiling"] {
            assert!(driver(name).check().is_err(), "{name}");
        }
        let mut numbered = Driver::default();
        for (number, known) in [("0", true), ("1", false), ("x", true), ("-1", false)] {
            numbered.set_number(number);
            assert_eq!(numbered.check().is_ok(), known, "{number}");
        }
        let mut connected = Driver::default();
        for (letter, value, usable) in [
            ('3', "anything", true),
            ('2', "native", true),
            ('2', "foo", false),
            ('1', "0", true),
            ('1', "1", false),
            ('3', "under_vol=0;under_info={}", true),
        ] {
            connected.set_connector(letter, value);
            assert_eq!(connected.check().is_ok(), usable, "{letter} {value}");
        }
    }

    #[test]
    fn revisions_are_numbers_or_their_count() {
        let revision = |info: &str| {
            Driver { name: Some("onion".to_owned()), info: Some(info.to_owned()), ..Driver::default() }
                .revision()
        };
        assert_eq!(revision("3rd"), Revision::Number(3));
        assert_eq!(revision("x"), Revision::Number(0));
        assert_eq!(revision("-1"), Revision::Number(u64::MAX));
        assert_eq!(revision("revision_count"), Revision::Count);
        assert_eq!(revision("99999999999999999999"), Revision::Invalid);
        assert_eq!(Driver::default().revision(), Revision::None);
    }
}
