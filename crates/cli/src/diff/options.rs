//! The options of `h5diff`.

use super::subset::Subset;
use crate::getopt::{self, Spec, Takes};

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

/// A path that is not to be compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Exclusion {
    pub(super) path: String,
    /// Whether it was met, and is a group: what is in it is excluded as well.
    pub(super) group: bool,
}

/// The driver that a file is to be opened with.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Driver {
    pub(super) name: Option<String>,
    pub(super) info: Option<String>,
    /// Name or number of the virtual object layer connector.
    pub(super) connector: Option<String>,
}

impl Driver {
    /// What is not there to open a file with, if something is not.
    pub(super) fn missing(&self) -> Option<&'static str> {
        const DRIVERS: [&str; 7] = ["sec2", "log", "stdio", "core", "family", "split", "multi"];
        let known = |name: &str| DRIVERS.contains(&name) || name == "onion";
        let native = |connector: &str| matches!(connector, "native" | "0");
        match (self.name.as_deref(), self.connector.as_deref()) {
            (Some(name), _) if !known(name) => Some("VFD"),
            (_, Some(connector)) if !native(connector) => Some("VOL"),
            _ => None,
        }
    }

    /// Whether the driver opens no file of this name: members of families are numbered.
    pub(super) fn refuses(&self, file: &str) -> bool {
        self.name.as_deref() == Some("family") && !file.contains('%')
    }
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
    pub(super) level: i64,
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
    pub(super) drivers: [Driver; 2],
    pub(super) files: [String; 2],
    pub(super) objects: Option<[String; 2]>,
    pub(super) subsets: [Option<Subset>; 2],
}

/// What the command line asks for.
#[derive(Debug)]
pub(super) enum Request {
    Compare(Box<Options>),
    Version,
    /// Nothing but this to be printed before the usage, and the exit code.
    Usage {
        before: String,
        failed: bool,
    },
    /// A mistake: this to be printed.
    Mistake(String),
}

/// Options that have no letter of their own are given one that no letter is.
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
    Spec('3', "vol-value-1", Takes::Value),
    Spec('2', "vol-name-1", Takes::Value),
    Spec('1', "vol-info-1", Takes::Value),
    Spec('6', "vol-value-2", Takes::Value),
    Spec('5', "vol-name-2", Takes::Value),
    Spec('1', "vol-info-2", Takes::Value),
    Spec('1', "vfd-value-1", Takes::Value),
    Spec('8', "vfd-name-1", Takes::Value),
    Spec('9', "vfd-info-1", Takes::Value),
    Spec('1', "vfd-value-2", Takes::Value),
    Spec('Y', "vfd-name-2", Takes::Value),
    Spec('Z', "vfd-info-2", Takes::Value),
];

/// The number that text begins with, as C's `atof` reads it; 0 if it begins with none.
fn leading_number(text: &str) -> f64 {
    let text = text.trim_start();
    let end = |len: &usize| text.get(..*len).is_some_and(|start| start.parse::<f64>().is_ok());
    let longest = (1..=text.len()).rev().find(end);
    longest.and_then(|len| text[..len].parse().ok()).unwrap_or(0.0)
}

/// A level of detail, as C's `atoi` reads it.
fn level(text: &str) -> i64 {
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    text[..digits].parse().unwrap_or(0)
}

/// The number that text begins with, as C's `strtoull` reads it; 0 if it begins with none.
pub(super) fn leading_integer(text: &str) -> u64 {
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    text[..digits].parse().unwrap_or(0)
}

/// A bound of a difference; negative and hexadecimal ones are none.
fn bound(text: &str) -> Option<f64> {
    let hexadecimal = text.len() > 2 && text.starts_with("0x");
    Some(leading_number(text)).filter(|value| !hexadecimal && (*value >= 0.0 || value.is_nan()))
}

fn count(text: &str) -> Option<u64> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    (digits && !text.starts_with('0')).then(|| text.parse().unwrap_or(u64::MAX))
}

fn exclusion(path: String) -> Exclusion {
    Exclusion { path, group: false }
}

/// `-v` and what follows it in the same argument as the long option: it never takes the next argument.
fn spelled_out(args: &[String]) -> Vec<String> {
    let spell = |arg: &String| match arg.strip_prefix("-v") {
        Some(rest) => format!("--verbose={}", level(rest)),
        None => arg.clone(),
    };
    args.iter().map(spell).collect()
}

impl Options {
    /// Understands the command line.
    pub(super) fn parse(args: &[String]) -> Request {
        let usage = |before: String| Request::Usage { before, failed: true };
        let Ok((letters, rest)) = getopt::parse(&spelled_out(args), SPECS) else {
            return usage(String::new());
        };
        let mut options = Self::new();
        let (mut delta, mut relative, mut epsilon, mut compact) = (None, None, false, true);
        for (letter, value) in letters {
            let value = value.unwrap_or_default();
            let refused = || usage(format!("<-{letter} {value}> is not a valid option\n"));
            match letter {
                'h' => return Request::Usage { before: String::new(), failed: false },
                'V' => return Request::Version,
                'v' => (options.verbose, options.level) = (true, level(&value)),
                'q' => options.quiet = true,
                'r' => options.report = true,
                'l' => options.follow = true,
                'x' => options.no_dangling = true,
                'c' => options.list_not_comparable = true,
                'N' => options.nans = false,
                'e' => epsilon = true,
                'C' => compact = false,
                'E' => options.exclude_paths.push(exclusion(value)),
                'A' => options.exclude_attributes.push(exclusion(value)),
                'd' | 'p' => match (letter, bound(&value)) {
                    (_, None) => return refused(),
                    ('d', bound) => delta = bound,
                    // No relative difference is the same as none asked for.
                    (_, bound) => relative = bound.filter(|bound| bound.is_nan() || *bound >= f64::EPSILON),
                },
                'n' => match count(&value) {
                    None => return refused(),
                    count => options.count = count,
                },
                '2' | '3' => options.drivers[0].connector = Some(value),
                '5' | '6' => options.drivers[1].connector = Some(value),
                '8' => options.drivers[0].name = Some(value),
                '9' => options.drivers[0].info = Some(value),
                'Y' => options.drivers[1].name = Some(value),
                'Z' => options.drivers[1].info = Some(value),
                _ => {}
            }
        }
        if usize::from(delta.is_some()) + usize::from(relative.is_some()) + usize::from(epsilon) > 1 {
            return Request::Mistake(EXCLUSIVE.to_owned());
        }
        options.criterion = match (delta, relative) {
            (Some(delta), _) => Criterion::Delta(delta),
            (None, Some(relative)) => Criterion::Relative(relative),
            (None, None) if epsilon => Criterion::Epsilon,
            (None, None) => Criterion::Exact,
        };
        options.operands(rest, compact)
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
            drivers: Default::default(),
            files: Default::default(),
            objects: None,
            subsets: [None, None],
        }
    }

    /// The files, the objects, and which parts of them.
    fn operands(mut self, operands: Vec<String>, compact: bool) -> Request {
        let mut operands = operands.into_iter();
        let (Some(first), Some(second)) = (operands.next(), operands.next()) else {
            return Request::Usage { before: String::new(), failed: true };
        };
        self.files = [first, second];
        let Some(mut first) = operands.next() else { return Request::Compare(Box::new(self)) };
        let mut second = operands.next();
        if compact {
            // A part is only asked for of the object that it is written after.
            self.subsets = [Subset::split_off(&mut first), second.as_mut().and_then(Subset::split_off)];
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
        self.drivers.iter().any(|driver| driver.name.as_deref() == Some("onion"))
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
        assert_eq!(super::tests::options(&["-v2", "a", "b"]).level, 2);
        assert_eq!(super::tests::options(&["--verbose=3", "a", "b"]).level, 3);
        assert_eq!(super::tests::options(&["--verbose", "a", "b"]).level, 0);
    }

    #[test]
    fn bounds_are_checked() {
        for wrong in [["-d", "-4"], ["-p", "0x1"], ["-n", "0"], ["-n", "u"]] {
            let request = parse(&[wrong[0], wrong[1], "a", "b"]);
            let text = format!("<{} {}> is not a valid option\n", wrong[0], wrong[1]);
            assert!(
                matches!(&request, Request::Usage { before, failed: true } if *before == text),
                "{request:?}"
            );
        }
        assert_eq!(options(&["-d", "u", "a", "b"]).criterion, Criterion::Delta(0.0));
        assert_eq!(options(&["-p", "0", "-d", "1", "a", "b"]).criterion, Criterion::Delta(1.0));
        assert!(matches!(parse(&["-e", "-d", "1", "a", "b"]), Request::Mistake(_)));
        assert!(matches!(parse(&["-d", "1", "a"]), Request::Usage { failed: true, .. }));
        assert_eq!(leading_number("1e-3x"), 1e-3);
    }
}
