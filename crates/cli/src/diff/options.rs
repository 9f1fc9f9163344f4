//! The options of `h5diff`.

use crate::access::{Access, Driver, Revision, Setting};
use crate::c_numbers::{atof, atoi, strtoull};
use crate::getopt::{Scanner, Spec, Takes};
use crate::subset::Subset;

/// What `h5diff --help` prints.
pub(super) const USAGE: &str = include_str!("usage.txt");

/// When two numbers differ.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Criterion {
    /// When they are not the same.
    Exact,
    /// Floating-point numbers when they are further apart than the smallest step at 1.
    Epsilon,
    /// When they are further apart than this.
    Delta(f64),
    /// When they are further apart than this part of the first.
    Relative(f64),
}

/// The criteria that the command line has.
#[derive(Default)]
struct Criteria {
    delta: Option<f64>,
    relative: Option<f64>,
    epsilon: bool,
}

impl Criteria {
    /// Takes the option of this letter; nothing if its value is not allowed.
    fn set(&mut self, letter: char, value: &str) -> Option<()> {
        match letter {
            'd' => self.delta = Some(bound(value)?),
            // No relative difference is the same as none asked for.
            'p' => {
                self.relative = Some(bound(value)?).filter(|bound| bound.is_nan() || *bound >= f64::EPSILON)
            }
            _ => self.epsilon = true,
        }
        Some(())
    }

    /// The criterion, unless there are several.
    fn only(&self) -> Option<Criterion> {
        match (self.delta, self.relative, self.epsilon) {
            (None, None, false) => Some(Criterion::Exact),
            (None, None, true) => Some(Criterion::Epsilon),
            (Some(delta), None, false) => Some(Criterion::Delta(delta)),
            (None, Some(relative), false) => Some(Criterion::Relative(relative)),
            _ => None,
        }
    }
}

/// A path that is not to be compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Exclusion {
    pub(super) path: String,
    /// Whether it was met, and is a group: what is in it is excluded as well.
    pub(super) group: bool,
}

/// What is to be compared, and how.
#[derive(Debug, Clone)]
pub(super) struct Options {
    pub(super) quiet: bool,
    /// Whether differences are printed.
    pub(super) report: bool,
    /// Whether differences, all objects and warnings are printed.
    pub(super) verbose: bool,
    /// How much is printed of attributes and files.
    pub(super) level: i32,
    /// Whether objects that cannot be compared are listed.
    pub(super) list_not_comparable: bool,
    pub(super) criterion: Criterion,
    /// Whether all that is not a number is the same.
    pub(super) nans: bool,
    /// After how many differences in a dataset or attribute to stop.
    pub(super) count: Option<u64>,
    /// Whether links are followed.
    pub(super) follow: bool,
    /// Whether a link that leads nowhere is an error.
    pub(super) no_dangling: bool,
    pub(super) exclude_paths: Vec<Exclusion>,
    /// Objects whose attributes are not compared.
    pub(super) exclude_attributes: Vec<Exclusion>,
    /// How the files are opened.
    pub(super) access: [Access; 2],
    pub(super) files: [String; 2],
    pub(super) objects: Option<[String; 2]>,
    pub(super) subsets: [Option<Subset>; 2],
}

/// What the command line asks for.
#[derive(Debug)]
pub(super) enum Request {
    Compare(Box<Options>),
    Version,
    /// How to use the command.
    Usage,
    Mistake(Mistake),
}

/// Why the command line cannot be followed.
#[derive(Debug, Default)]
pub(super) struct Mistake {
    /// What is said of it on the standard error.
    pub(super) reason: Option<String>,
    /// What is printed.
    pub(super) text: String,
    /// Whether the usage is printed after it.
    pub(super) usage: bool,
}

impl Mistake {
    fn new(reason: impl Into<String>) -> Self {
        Self { reason: Some(reason.into()), usage: true, ..Self::default() }
    }

    /// Something that is printed before the usage.
    fn printed(text: String) -> Self {
        Self { text, usage: true, ..Self::default() }
    }
}

/// Options that have no letter of their own are given a character that is none.
const SPECS: &[Spec] = &[
    Spec('c', "compare", Takes::Nothing),
    Spec('d', "delta", Takes::Value),
    Spec('e', "use-system-epsilon", Takes::Nothing),
    Spec('h', "help", Takes::Nothing),
    Spec('l', "follow-symlinks", Takes::Nothing),
    Spec('n', "count", Takes::Value),
    Spec('p', "relative", Takes::Value),
    Spec('q', "quiet", Takes::Nothing),
    Spec('r', "report", Takes::Nothing),
    Spec('v', "verbose", Takes::Perhaps),
    Spec('x', "no-dangling-links", Takes::Nothing),
    Spec('A', "exclude-attribute", Takes::Value),
    Spec('C', "no-compact-subset", Takes::Nothing),
    Spec('E', "exclude-path", Takes::Value),
    Spec('N', "nan", Takes::Nothing),
    Spec('S', "enable-error-stack", Takes::Perhaps),
    Spec('V', "version", Takes::Nothing),
    Spec('K', "page-buffer-size", Takes::Value),
    Spec('1', "vol-value-1", Takes::Value),
    Spec('2', "vol-name-1", Takes::Value),
    Spec('3', "vol-info-1", Takes::Value),
    Spec('4', "vol-value-2", Takes::Value),
    Spec('5', "vol-name-2", Takes::Value),
    Spec('6', "vol-info-2", Takes::Value),
    Spec('7', "vfd-value-1", Takes::Value),
    Spec('8', "vfd-name-1", Takes::Value),
    Spec('9', "vfd-info-1", Takes::Value),
    Spec('0', "vfd-value-2", Takes::Value),
    Spec('@', "vfd-name-2", Takes::Value),
    Spec('#', "vfd-info-2", Takes::Value),
];

/// A bound of a difference; negative and hexadecimal ones are none.
fn bound(text: &str) -> Option<f64> {
    let hexadecimal = text.len() > 2 && text.starts_with("0x");
    Some(atof(text)).filter(|value| !hexadecimal && (*value >= 0.0 || value.is_nan()))
}

fn count(text: &str) -> Option<u64> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    (digits && !text.starts_with('0')).then(|| strtoull(text, None).unwrap_or(u64::MAX))
}

/// Takes the subset off the end of a path.
fn split_off(path: &mut String) -> Option<Subset> {
    let (name, subset) = Subset::split(path);
    let len = name.len();
    path.truncate(len);
    subset
}

fn exclusion(path: String) -> Exclusion {
    Exclusion { path, group: false }
}

/// The level of detail that `-v` asks for, and the value if that is none of it after all: the first
/// argument that begins with `-v` has the level in it.
fn level(args: &[String], value: Option<String>) -> (i32, Option<String>) {
    match args.iter().find_map(|arg| arg.strip_prefix("-v")) {
        Some(level) => (atoi(level), value),
        None => (value.as_deref().map_or(0, atoi), None),
    }
}

impl Options {
    /// Understands the command line.
    pub(super) fn parse(args: &[String]) -> Request {
        let mut options = Self::new();
        let mut criteria = Criteria::default();
        let mut compact = true;
        let mut scanner = Scanner::new(args, SPECS);
        while let Some(given) = scanner.next() {
            let (letter, value) = match given {
                Ok(('v', value)) => {
                    let (level, back) = level(args, value);
                    (options.verbose, options.level) = (true, level);
                    back.into_iter().for_each(|argument| scanner.put_back(argument));
                    continue;
                }
                Ok((letter, value)) => (letter, value.unwrap_or_default()),
                Err(reason) => return Request::Mistake(Mistake::new(reason)),
            };
            match letter {
                'h' => return Request::Usage,
                'V' => return Request::Version,
                'C' => compact = false,
                'd' | 'p' | 'e' | 'n' => {
                    let understood = match letter {
                        'n' => count(&value).map(|count| options.count = Some(count)),
                        _ => criteria.set(letter, &value),
                    };
                    if understood.is_none() {
                        let text = format!("<-{letter} {value}> is not a valid option\n");
                        return Request::Mistake(Mistake::printed(text));
                    }
                }
                _ => options.set(letter, value),
            }
        }
        for (number, access) in (1..).zip(&options.access) {
            if access.revision() == Revision::Invalid {
                let text = format!("Invalid onion revision specified for file {number}\n");
                return Request::Mistake(Mistake::printed(text));
            }
        }
        match criteria.only() {
            Some(criterion) => options.criterion = criterion,
            None => return Request::Mistake(Mistake { text: EXCLUSIVE.to_owned(), ..Mistake::default() }),
        }
        options.operands(scanner.rest(), compact)
    }

    fn set(&mut self, letter: char, value: String) {
        match letter {
            'q' => self.quiet = true,
            'r' => self.report = true,
            'l' => self.follow = true,
            'x' => self.no_dangling = true,
            'c' => self.list_not_comparable = true,
            'N' => self.nans = false,
            'E' => self.exclude_paths.push(exclusion(value)),
            'A' => self.exclude_attributes.push(exclusion(value)),
            '1' => self.access[0].set(Setting::ConnectorNumber, &value),
            '2' => self.access[0].set(Setting::ConnectorName, &value),
            '3' => self.access[0].set(Setting::ConnectorInfo, &value),
            '4' => self.access[1].set(Setting::ConnectorNumber, &value),
            '5' => self.access[1].set(Setting::ConnectorName, &value),
            '6' => self.access[1].set(Setting::ConnectorInfo, &value),
            '7' => self.access[0].set(Setting::DriverNumber, &value),
            '8' => self.access[0].set(Setting::DriverName, &value),
            '9' => self.access[0].set(Setting::DriverInfo, &value),
            '0' => self.access[1].set(Setting::DriverNumber, &value),
            '@' => self.access[1].set(Setting::DriverName, &value),
            '#' => self.access[1].set(Setting::DriverInfo, &value),
            // Errors are always explained; the page buffer needs nothing.
            _ => {}
        }
    }

    fn new() -> Self {
        Self {
            quiet: false,
            report: false,
            verbose: false,
            level: 0,
            list_not_comparable: false,
            criterion: Criterion::Exact,
            nans: true,
            count: None,
            follow: false,
            no_dangling: false,
            exclude_paths: Vec::new(),
            exclude_attributes: Vec::new(),
            access: Default::default(),
            files: Default::default(),
            objects: None,
            subsets: [None, None],
        }
    }

    /// The files, the objects, and which parts of them.
    fn operands(mut self, operands: Vec<String>, compact: bool) -> Request {
        let mut operands = operands.into_iter();
        let (Some(first), Some(second)) = (operands.next(), operands.next()) else {
            return Request::Mistake(Mistake::new("missing file names"));
        };
        self.files = [first, second];
        let Some(mut first) = operands.next() else { return Request::Compare(Box::new(self)) };
        let mut second = operands.next();
        if compact {
            // A part is only asked for of the object that it is written after.
            self.subsets = [split_off(&mut first), second.as_mut().and_then(split_off)];
        }
        let second = second.unwrap_or_else(|| first.clone());
        let absolute = |path: String| if path.starts_with('/') { path } else { format!("/{path}") };
        self.objects = Some([absolute(first), absolute(second)]);
        Request::Compare(Box::new(self))
    }

    /// Which options do not go together, if they do not.
    pub(super) fn conflict(&self) -> Option<&'static str> {
        if self.quiet && (self.verbose || self.report) {
            return Some("Error: -q (quiet mode) cannot be added to verbose or report modes\n");
        }
        if self.no_dangling && !self.follow {
            return Some("Error: --no-dangling-links must be used along with --follow-symlinks option.\n");
        }
        None
    }

    /// Whether files of one name may differ, as the driver keeps several revisions.
    pub(super) fn has_revisions(&self) -> bool {
        self.access.iter().any(|access| access.driver() == Some(Driver::Onion))
    }

    /// Whether differences are printed one by one.
    pub(super) fn prints_data(&self) -> bool {
        (self.report || self.verbose) && !self.quiet
    }
}

const EXCLUSIVE: &str = "\
h5diff error: -d, -p and --use-system-epsilon options are mutually-exclusive;
use no more than one.
Try '-h' or '--help' option for more information or see the h5diff entry in the 'HDF5 Reference Manual'.
";

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(args: &[&str]) -> Request {
        Options::parse(&args.iter().map(|arg| (*arg).to_owned()).collect::<Vec<_>>())
    }

    fn options(args: &[&str]) -> Options {
        match parse(args) {
            Request::Compare(options) => *options,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn verbosity_takes_no_operand() {
        let options = options(&["-v", "-d", "0.5", "a.h5", "b.h5", "x"]);
        assert!(options.verbose && options.level == 0);
        assert_eq!(options.criterion, Criterion::Delta(0.5));
        assert_eq!(options.files, ["a.h5", "b.h5"]);
        assert_eq!(options.objects, Some(["/x".to_owned(), "/x".to_owned()]));
        for (args, level) in
            [(&["-v2", "a", "b"][..], 2), (&["--verbose=3", "a", "b"], 3), (&["--verbose", "a", "b"], 0)]
        {
            assert_eq!(self::options(args).level, level, "{args:?}");
        }
        // After another letter it takes the first file.
        assert!(matches!(parse(&["-rv", "a", "b"]), Request::Mistake(_)));
        assert_eq!(self::options(&["-rv", "a", "xxr", "b", "c"]).files, ["b", "c"]);
    }

    #[test]
    fn bounds_are_checked() {
        for wrong in [["-d", "-4"], ["-p", "0x1"], ["-n", "0"], ["-n", "u"]] {
            let request = parse(&[wrong[0], wrong[1], "a", "b"]);
            let text = format!("<{} {}> is not a valid option\n", wrong[0], wrong[1]);
            assert!(
                matches!(&request, Request::Mistake(mistake) if mistake.text == text && mistake.usage),
                "{request:?}"
            );
        }
        assert_eq!(options(&["-d", "u", "a", "b"]).criterion, Criterion::Delta(0.0));
        assert_eq!(options(&["-p", "0", "-d", "1", "a", "b"]).criterion, Criterion::Delta(1.0));
        assert!(matches!(parse(&["-e", "-d", "1", "a", "b"]), Request::Mistake(_)));
        for wrong in [&["-d", "1", "a"][..], &["--bogus", "a", "b"], &["-Y", "core", "a", "b"], &["-d"], &[]]
        {
            let Request::Mistake(mistake) = parse(wrong) else { panic!("{wrong:?}") };
            assert!(mistake.usage && mistake.reason.is_some(), "{wrong:?}");
        }
    }
}
