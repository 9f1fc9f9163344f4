//! The options of `h5stat`.

use crate::c_numbers::atoi;
use crate::getopt::{Scanner, Spec, Takes};

/// What is to be printed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Parts {
    pub(super) file: bool,
    pub(super) file_metadata: bool,
    pub(super) groups: bool,
    pub(super) group_metadata: bool,
    pub(super) datasets: bool,
    pub(super) dataset_metadata: bool,
    pub(super) datatypes: bool,
    pub(super) attributes: bool,
    pub(super) free_space: bool,
    pub(super) summary: bool,
}

/// What the command line says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Options {
    pub(super) parts: Parts,
    /// Groups with fewer links are small.
    pub(super) small_groups: u64,
    /// One-dimensional datasets of fewer elements are small.
    pub(super) small_datasets: u64,
    /// Objects with this many attributes or fewer have few.
    pub(super) few_attributes: u64,
    /// The only object that is looked at.
    pub(super) object: Option<String>,
    pub(super) file: String,
    /// How many words the command line has.
    pub(super) words: usize,
}

/// What the command line asks for.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Request {
    Stat(Options),
    /// The help or else the version, before what follows it is looked at as a file, if there is something.
    Tell {
        help: bool,
        then: Option<Options>,
    },
    /// Something that cannot be done, and whether the help says what could be.
    Wrong {
        message: String,
        help: bool,
    },
}

/// Some letters have no long name, whatever the help says.
const SPECS: &[Spec] = &[
    Spec('h', "help", Takes::Nothing),
    Spec('V', "version", Takes::Nothing),
    Spec('f', "", Takes::Nothing),
    Spec('F', "filemetadata", Takes::Nothing),
    Spec('g', "", Takes::Nothing),
    Spec('G', "groupmetadata", Takes::Nothing),
    Spec('l', "links", Takes::Value),
    Spec('d', "", Takes::Nothing),
    Spec('D', "dsetmetadata", Takes::Nothing),
    Spec('m', "dims", Takes::Value),
    Spec('T', "dtypemetadata", Takes::Nothing),
    Spec('O', "object", Takes::Value),
    Spec('A', "attribute", Takes::Nothing),
    Spec('a', "numattrs", Takes::Value),
    Spec('s', "freespace", Takes::Nothing),
    Spec('S', "summary", Takes::Nothing),
    Spec('E', "enable-error-stack", Takes::Perhaps),
    Spec('K', "page-buffer-size", Takes::Value),
    Spec('w', "s3-cred", Takes::Value),
    Spec('H', "hdfs-attrs", Takes::Value),
];

/// What `h5 stat --help` prints.
pub(crate) const HELP: &str = "\
usage: h5stat [OPTIONS] file

      ERROR
     --enable-error-stack  Prints messages from the HDF5 error stack as they occur
                           Optional value 2 also prints file open errors
      OPTIONS
     -h, --help            Print a usage message and exit
     -V, --version         Print version number and exit
     -f, --file            Print file information
     -F, --filemetadata    Print file space information for file's metadata
     -g, --group           Print group information
     -l N, --links=N       Set the threshold for the # of links when printing
                           information for small groups.  N is an integer greater
                           than 0.  The default threshold is 10.
     -G, --groupmetadata   Print file space information for groups' metadata
     -d, --dset            Print dataset information
     -m N, --dims=N        Set the threshold for the dimension sizes when printing
                           information for small datasets.  N is an integer greater
                           than 0.  The default threshold is 10.
     -D, --dsetmetadata    Print file space information for datasets' metadata
     -T, --dtypemetadata   Print datasets' datatype information
     -A, --attribute       Print attribute information
     -a N, --numattrs=N    Set the threshold for the # of attributes when printing
                           information for small # of attributes.  N is an integer greater
                           than 0.  The default threshold is 10.
     -s, --freespace       Print free space information
     -S, --summary         Print summary of file space information
     --page-buffer-size=N  Set the page buffer cache size, N=non-negative integers
     --s3-cred=<cred>      Access file on S3, using provided credential
                           <cred> :: (region,id,key)
                           If <cred> == \"(,,)\", no authentication is used.
     --hdfs-attrs=<attrs>  Access a file on HDFS with given configuration
                           attributes.
                           <attrs> :: (<namenode name>,<namenode port>,
                                       <kerberos cache path>,<username>,
                                       <buffer size>)
                           If an attribute is empty, a default value will be
                           used.
";

/// A number above 0.
fn threshold(value: Option<&str>) -> Option<u64> {
    u64::try_from(atoi(value?)).ok().filter(|&number| number > 0)
}

impl Options {
    /// Understands the command line.
    pub(super) fn parse(args: &[String]) -> Request {
        let mut options = Self {
            parts: Parts::default(),
            small_groups: 10,
            small_datasets: 10,
            few_attributes: 10,
            object: None,
            file: String::new(),
            words: args.len(),
        };
        let mut scanner = Scanner::new(args, SPECS);
        while let Some(given) = scanner.next() {
            match given {
                Ok((letter @ ('h' | 'V'), _)) => {
                    let then = options.with_file(scanner.rest());
                    return Request::Tell { help: letter == 'h', then };
                }
                Ok((letter, value)) => {
                    if let Err(message) = options.set(letter, value) {
                        return Request::Wrong { message, help: false };
                    }
                }
                Err(message) => return Request::Wrong { message, help: true },
            }
        }
        match options.with_file(scanner.rest()) {
            Some(options) => Request::Stat(options),
            None => Request::Wrong { message: "missing file name".to_owned(), help: true },
        }
    }

    /// The options for the first of these files, if there is one.
    fn with_file(mut self, files: Vec<String>) -> Option<Self> {
        self.file = files.into_iter().next()?;
        if self.parts == Parts::default() {
            self.parts = Parts::all();
        }
        Some(self)
    }

    fn set(&mut self, letter: char, value: Option<String>) -> Result<(), String> {
        let parts = &mut self.parts;
        let number = |what: &str| {
            threshold(value.as_deref()).ok_or_else(|| format!("Invalid threshold for small {what}"))
        };
        match letter {
            'f' => parts.file = true,
            'F' => parts.file_metadata = true,
            'g' => parts.groups = true,
            'G' => parts.group_metadata = true,
            'd' => parts.datasets = true,
            'D' => parts.dataset_metadata = true,
            'T' => parts.datatypes = true,
            'A' => parts.attributes = true,
            's' => parts.free_space = true,
            'S' => parts.summary = true,
            'l' => self.small_groups = number("groups")?,
            'm' => self.small_datasets = number("datasets")?,
            'a' => self.few_attributes = number("# of attributes")?,
            'O' => self.object = value,
            'w' => return Err("Read-Only S3 VFD is not enabled".to_owned()),
            'H' => return Err("HDFS VFD is not enabled".to_owned()),
            // Errors are always explained, and pages are cached as they come.
            _ => {}
        }
        Ok(())
    }
}

impl Parts {
    /// All but what the metadata of the whole file includes.
    fn all() -> Self {
        Self {
            file: true,
            file_metadata: true,
            groups: true,
            group_metadata: false,
            datasets: true,
            dataset_metadata: false,
            datatypes: true,
            attributes: true,
            free_space: true,
            summary: true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(args: &[&str]) -> Request {
        Options::parse(&args.iter().map(|arg| (*arg).to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn everything_is_printed_unless_parts_are_asked_for() {
        let Request::Stat(options) = parse(&["-l", "7", "x.h5"]) else { panic!() };
        assert_eq!((options.parts, options.small_groups), (Parts::all(), 7));
        let Request::Stat(options) = parse(&["-gF", "x.h5"]) else { panic!() };
        let expected = Parts { groups: true, file_metadata: true, ..Parts::default() };
        assert_eq!((options.parts, options.file.as_str()), (expected, "x.h5"));
    }

    #[test]
    fn thresholds_are_above_zero() {
        for (args, expected) in [
            (&["-l", "0", "x.h5"][..], "Invalid threshold for small groups"),
            (&["--dims=-1", "x.h5"], "Invalid threshold for small datasets"),
            (&["-a", "none", "x.h5"], "Invalid threshold for small # of attributes"),
        ] {
            let Request::Wrong { message, help: false } = parse(args) else { panic!() };
            assert_eq!(message, expected);
        }
        assert_eq!(parse(&[]), Request::Wrong { message: "missing file name".to_owned(), help: true });
        for long in ["--file", "--group", "--dset"] {
            assert!(matches!(parse(&[long, "x.h5"]), Request::Wrong { help: true, .. }), "{long}");
        }
        assert!(matches!(parse(&["-l", "0", "--bogus"]), Request::Wrong { help: false, .. }));
    }

    #[test]
    fn a_file_after_the_version_is_looked_at() {
        assert_eq!(parse(&["-V"]), Request::Tell { help: false, then: None });
        let Request::Tell { help: true, then: Some(options) } = parse(&["-f", "-h", "x.h5"]) else {
            panic!()
        };
        assert_eq!((options.parts.file, options.parts.groups, options.file.as_str()), (true, false, "x.h5"));
        let Request::Tell { then: Some(options), .. } = parse(&["-Vf", "x.h5"]) else { panic!() };
        assert_eq!(options.file, "-Vf");
    }
}
