//! The options of `h5ls`.

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
    /// Whether the bytes of elements are printed.
    pub(super) hex: bool,
    /// Whether the output is for programs.
    pub(super) simple: bool,
    /// Whether the addresses of raw data are printed.
    pub(super) addresses: bool,
    /// Columns; nothing: each element has a line.
    pub(super) width: Option<usize>,
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
}

/// Options with values that change nothing here: the library chooses how to read files.
const IGNORED: &[&str] = &[
    "--vfd=",
    "--page-buffer-size=",
    "--vol-value=",
    "--vol-name=",
    "--vol-info=",
    "--vfd-value=",
    "--vfd-name=",
    "--vfd-info=",
];

/// Why the command line cannot be followed.
fn mistake(text: impl Into<String>) -> Request {
    Request::Usage { mistake: Some(text.into()), failed: true }
}

/// A number of columns; an inner nothing is no limit.
fn width(text: &str) -> Option<Option<usize>> {
    let width: usize = text.parse().ok()?;
    Some((width > 0).then_some(width))
}

impl Options {
    /// Understands the command line: options come before targets.
    pub(super) fn parse(args: &[String]) -> Request {
        let columns = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
        let mut options = Self { width: Some(columns.unwrap_or(80).max(1)), ..Self::default() };
        let mut args = args.iter();
        while let Some(arg) = args.as_slice().first().filter(|arg| arg.starts_with('-')) {
            args.next();
            if arg == "--" {
                break;
            }
            let value = match arg.strip_prefix("--width=").or_else(|| arg.strip_prefix("-w")) {
                Some("") => args.next().map(String::as_str),
                None if arg == "--width" => args.next().map(String::as_str),
                Some(value) => Some(value),
                None => match options.flags(arg) {
                    Some(request) => return request,
                    None => continue,
                },
            };
            match value.and_then(width) {
                Some(width) => options.width = width,
                None => return mistake("an option needs a number of columns"),
            }
        }
        options.targets = args.cloned().collect();
        if options.targets.is_empty() {
            return mistake("a file is needed");
        }
        if options.recursive && options.literal {
            return mistake("Error: 'recursive' option not compatible with 'group info' option!");
        }
        if options.no_dangling && !options.follow {
            return mistake("Error: --no-dangling-links must be used along with --follow-symlinks option!");
        }
        Request::List(options)
    }

    /// Understands an argument without a value; gives what ends the parsing.
    fn flags(&mut self, arg: &str) -> Option<Request> {
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
            _ if IGNORED.iter().any(|option| arg.starts_with(option)) => "",
            _ if arg.starts_with("--enable-error-stack=") => "",
            _ if arg.starts_with("--") => return Some(mistake(format!("Unknown argument: {arg}"))),
            _ => &arg[1..],
        };
        letters.chars().find_map(|letter| self.flag(letter))
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
            _ => return Some(mistake(format!("Unknown argument: -{letter}"))),
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
        assert_eq!((options.width, options.targets), (Some(60), vec!["a".to_owned(), "-b".to_owned()]));
        assert!(options.recursive && options.full && options.verbose && options.simple);
        assert!(options.follow_external && !options.follow);
        let Request::List(options) = parse(&["-w", "0", "--", "-a"]) else { panic!() };
        assert_eq!((options.width, options.targets), (None, vec!["-a".to_owned()]));
    }

    #[test]
    fn mistakes_are_explained_with_the_usage() {
        assert!(matches!(parse(&["-help"]), Request::Usage { failed: false, .. }));
        for wrong in
            [&["-r", "-g", "a"][..], &["--no-dangling-links", "a"], &["-wx", "a"], &["-y", "a"], &["-v"]]
        {
            assert!(matches!(parse(wrong), Request::Usage { failed: true, .. }), "{wrong:?}");
        }
    }
}
