//! The options of `h5ls`.

use crate::access::{Access, Driver, Missing, Setting};
use crate::c_numbers::strtol;

/// What `h5ls --help` prints.
pub(super) const USAGE: &str = include_str!("usage.txt");

/// What is to be listed, and how.
#[derive(Debug, Clone, Default)]
pub(super) struct Options {
    pub(super) verbose: bool,
    /// Whether elements are printed.
    pub(super) data: bool,
    /// Whether members of compounds are printed with their names.
    pub(super) labels: bool,
    /// Whether one-byte integers are printed as characters.
    pub(super) ascii: bool,
    /// Whether names are whole paths.
    pub(super) full: bool,
    pub(super) recursive: bool,
    /// Whether soft and external links are followed.
    pub(super) follow: bool,
    /// Whether external links are followed.
    pub(super) follow_external: bool,
    /// Whether a link that leads nowhere is an error.
    pub(super) no_dangling: bool,
    /// Whether a group is listed itself, not its members.
    pub(super) literal: bool,
    /// Whether the bytes of elements are asked for.
    pub(super) hex: bool,
    /// Whether the output is for programs.
    pub(super) simple: bool,
    /// Whether the addresses of raw data are printed.
    pub(super) addresses: bool,
    /// Columns of a line.
    pub(super) width: usize,
    /// Whether each element has a line, of any length.
    pub(super) unbroken: bool,
    /// How files are opened.
    pub(super) access: Access,
    pub(super) targets: Vec<String>,
}

/// What the command line asks for.
#[derive(Debug)]
pub(super) enum Request {
    List(Options),
    Version,
    /// How to use the command, and whether that is because it was used in another way.
    Usage {
        mistake: Option<String>,
        failed: bool,
    },
    /// Nothing, for this reason.
    Refused(String),
}

/// Why the command line cannot be followed.
fn mistake(text: impl Into<String>) -> Request {
    Request::Usage { mistake: Some(text.into()), failed: true }
}

/// What the usage alone says.
fn misused() -> Request {
    Request::Usage { mistake: None, failed: true }
}

/// The columns of the terminal, if there is one, or those that the environment says it has.
fn columns() -> usize {
    if let Some((_, columns)) = console::Term::stderr().size_checked().filter(|(_, columns)| *columns > 0) {
        return columns.into();
    }
    let said = std::env::var("COLUMNS").ok().filter(|said| said.starts_with(|c: char| c.is_ascii_digit()));
    let columns = said.map_or(80, |said| strtol(&said).0 as i32);
    usize::try_from(columns).unwrap_or(0).max(1)
}

impl Options {
    /// Understands the command line: options come before targets.
    pub(super) fn parse(args: &[String]) -> Request {
        let mut options = Self { width: columns(), ..Self::default() };
        let mut rest = args.iter();
        while let Some(arg) = rest.as_slice().first().filter(|arg| arg.starts_with('-')) {
            rest.next();
            if arg == "--" {
                break;
            }
            let request = match arg.strip_prefix("--width=").or_else(|| arg.strip_prefix("-w")) {
                Some("") if arg == "-w" => {
                    rest.next().map_or(Some(misused()), |value| options.columns(value))
                }
                None if arg == "--width" => match rest.next().map(|value| (value, strtol(value).0 as i32)) {
                    Some((value, 1..)) => options.columns(value),
                    _ => Some(misused()),
                },
                Some(value) => options.columns(value),
                None => options.other(arg),
            };
            if let Some(request) = request {
                return request;
            }
        }
        options.targets = rest.cloned().collect();
        options.checked()
    }

    /// What is to be done when all arguments are understood.
    fn checked(self) -> Request {
        if self.targets.is_empty() {
            return misused();
        }
        if self.recursive && self.literal {
            return mistake("Error: 'recursive' option not compatible with 'group info' option!");
        }
        if self.no_dangling && !self.follow {
            return mistake("Error: --no-dangling-links must be used along with --follow-symlinks option!");
        }
        let refused = |what: &str| Request::Refused(format!("unable to set {what} on fapl for file"));
        match (self.access.missing(), self.access.driver()) {
            (Some(Missing::Connector), _) => refused("VOL"),
            // The tool does not tell the onion driver what it needs to know.
            (Some(Missing::Driver), _) | (_, Some(Driver::Onion)) => refused("VFD"),
            _ => Request::List(self),
        }
    }

    /// Sets the width; 0 is no limit, whatever follows the number.
    fn columns(&mut self, text: &str) -> Option<Request> {
        match strtol(text) {
            (width, _) if width as i32 == 0 => {
                self.unbroken = true;
                None
            }
            (width, "") => match usize::try_from(width as i32) {
                Ok(width) => {
                    self.width = width;
                    None
                }
                Err(_) => Some(misused()),
            },
            _ => Some(misused()),
        }
    }

    /// Understands an argument that says nothing of the width; gives what ends the parsing.
    fn other(&mut self, arg: &str) -> Option<Request> {
        let letters = match arg {
            "--help" => "h",
            "--version" => "V",
            "--address" => "a",
            "--data" => "d",
            "--errors" | "--enable-error-stack" => "e",
            "--external" => "E",
            "--full" => "f",
            "--group" => "g",
            "--label" => "l",
            "--recursive" => "r",
            "--simple" => "S",
            "--string" => "s",
            "--verbose" => "v",
            "--hexdump" => "x",
            "--follow-symlinks" => {
                self.follow = true;
                ""
            }
            "--no-dangling-links" => {
                self.no_dangling = true;
                ""
            }
            _ if arg.starts_with("--") => return self.with_value(arg),
            _ => &arg[1..],
        };
        letters.chars().find_map(|letter| self.flag(letter))
    }

    /// Understands a long option with a value.
    fn with_value(&mut self, arg: &str) -> Option<Request> {
        let unknown = || mistake(format!("Unknown argument: {arg}"));
        let given = arg.strip_prefix("--").and_then(|arg| arg.split_once('='));
        let Some((option, value)) = given else { return Some(unknown()) };
        let setting = match option {
            "s3-cred" => return Some(mistake("Error: Read-Only S3 VFD is not available.")),
            "hdfs-attrs" => return Some(mistake("Error: The HDFS VFD is not available.")),
            // The page buffer needs nothing.
            "page-buffer-size" => return None,
            "vfd" | "vfd-name" => Setting::DriverName,
            "vfd-value" => Setting::DriverNumber,
            "vfd-info" => Setting::DriverInfo,
            "vol-name" => Setting::ConnectorName,
            "vol-value" => Setting::ConnectorNumber,
            "vol-info" => Setting::ConnectorInfo,
            _ => return Some(unknown()),
        };
        self.access.set(setting, value);
        None
    }

    fn flag(&mut self, letter: char) -> Option<Request> {
        match letter {
            '?' | 'h' => return Some(Request::Usage { mistake: None, failed: false }),
            'V' => return Some(Request::Version),
            'a' => self.addresses = true,
            'd' => self.data = true,
            // Errors are always explained.
            'e' => {}
            'E' => self.follow_external = true,
            'f' => self.full = true,
            'g' => self.literal = true,
            'l' => self.labels = true,
            'r' => (self.recursive, self.full) = (true, true),
            'S' => self.simple = true,
            's' => self.ascii = true,
            'v' => self.verbose = true,
            'x' => self.hex = true,
            _ => return Some(misused()),
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(args: &[&str]) -> Request {
        Options::parse(&args.iter().map(|arg| (*arg).to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn options_come_before_targets() {
        let Request::List(options) = parse(&["-w60", "-Erv", "--simple", "a", "-b"]) else { panic!() };
        assert_eq!((options.width, options.targets), (60, vec!["a".to_owned(), "-b".to_owned()]));
        assert!(options.recursive && options.full && options.verbose && options.simple);
        assert!(options.follow_external && !options.follow && !options.unbroken);
        let Request::List(options) = parse(&["-w", "0", "-", "--", "-a"]) else { panic!() };
        assert_eq!((options.unbroken, options.targets), (true, vec!["-a".to_owned()]));
    }

    #[test]
    fn the_width_is_a_number_of_c() {
        for (args, width) in [(&["--width=0x20", "a"][..], 32), (&["-w", "010", "a"], 8), (&["-w 7", "a"], 7)]
        {
            let Request::List(options) = parse(args) else { panic!("{args:?}") };
            assert_eq!((options.width, options.unbroken), (width, false));
        }
        for args in [&["-wx", "a"][..], &["--width=", "a"], &["-w", "", "a"]] {
            let Request::List(options) = parse(args) else { panic!("{args:?}") };
            assert!(options.unbroken);
        }
    }

    #[test]
    fn mistakes_are_explained_with_the_usage() {
        assert!(matches!(parse(&["-help"]), Request::Usage { failed: false, .. }));
        for wrong in [
            &["-r", "-g", "a"][..],
            &["--no-dangling-links", "a"],
            &["-w5x", "a"],
            &["-w", "-5", "a"],
            &["--width", "0", "a"],
            &["--width"],
            &["-y", "a"],
            &["--bogus", "a"],
            &["--s3-cred=(,,)", "a"],
            &["-v"],
        ] {
            assert!(matches!(parse(wrong), Request::Usage { failed: true, .. }), "{wrong:?}");
        }
        for wrong in ["--vfd=ros3", "--vol-name=other", "--vfd-value=99"] {
            assert!(matches!(parse(&[wrong, "a"]), Request::Refused(_)), "{wrong}");
        }
    }
}
