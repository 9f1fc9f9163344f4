//! The help of the commands that are like the C tools: `h5 ls --help` describes the options, which the
//! command itself understands as the C tool does. A link called `h5ls` prints the usage of the C tool.

mod compare;
mod look;
mod print;

use clap::{Arg, ArgAction, Command, CommandFactory};

use crate::args::Args;
use crate::errors::{Error, Result};

/// An option: how it is written, what its value is called (empty: it has none), and what it does.
struct Described(&'static str, &'static str, &'static str);

/// Options that belong together.
struct Section {
    heading: &'static str,
    options: &'static [Described],
}

/// The help of a command.
struct Help {
    command: &'static str,
    usage: &'static str,
    sections: &'static [Section],
    /// What there is to say besides.
    notes: &'static str,
}

/// What several commands have, in one wording.
impl Described {
    const VERSION: Self = Self("-V --version", "", "Print the version of the C tool that this is like");
    const HELP: Self = Self("-h --help", "", "Print this help");
    const PAGE_BUFFER: Self = Self("--page-buffer-size", "N", PAGE_BUFFER);
    const DRIVER_NUMBER: Self = Self("--vfd-value", "N", DRIVER_NUMBER);
    const DRIVER_INFO: Self = Self("--vfd-info", "INFO", "What the driver needs to know");
    const CONNECTOR: Self = Self("--vol-name", "NAME", CONNECTOR);
    const CONNECTOR_NUMBER: Self = Self("--vol-value", "N", CONNECTOR_NUMBER);
    const CONNECTOR_INFO: Self = Self("--vol-info", "INFO", CONNECTOR_INFO);
    const S3: Self = Self("--s3-cred", "CRED", S3);
    const HDFS: Self = Self("--hdfs-attrs", "ATTRS", HDFS);
}

const ERROR_STACK: &str = "Understood; errors are always explained";
const PAGE_BUFFER: &str = "Understood; pages are read as they are needed";
const DRIVER_NUMBER: &str = "The driver by its number; there is only 0, sec2";
const CONNECTOR: &str = "The VOL connector: native or pass_through";
const CONNECTOR_NUMBER: &str = "The VOL connector by its number: 0, native, or 1, pass_through";
const CONNECTOR_INFO: &str = "What the connector pass_through needs to know";
const S3: &str = "Refused: files in S3 cannot be opened";
const HDFS: &str = "Refused: files in HDFS cannot be opened";

const COMMANDS: [Help; 4] = [look::LS, print::DUMP, compare::DIFF, look::STAT];

/// The whole command line, with all options described.
pub(crate) fn command() -> Command {
    COMMANDS.iter().fold(Args::command(), |command, help| {
        command.mut_subcommand(help.command, |subcommand| help.describe(subcommand))
    })
}

/// Whether the options of a command, as it understands them itself, ask for help. Where the C tool takes
/// `--help` for a value or a file, nobody asks.
fn is_asked_for(name: &str, args: &[String]) -> bool {
    match name {
        "diff" => crate::diff::asks_for_help(args),
        "dump" => crate::dump::asks_for_help(args),
        "ls" => crate::ls::asks_for_help(args),
        "stat" => crate::stat::asks_for_help(args),
        _ => false,
    }
}

/// Prints the help of a command, if these arguments ask for it.
pub(crate) fn print(name: &str, args: &[String]) -> Option<Result<()>> {
    if !is_asked_for(name, args) {
        return None;
    }
    let mut command = command();
    command.build();
    Some(command.find_subcommand_mut(name)?.print_help().map_err(Error::output))
}

impl Help {
    fn describe(&self, command: Command) -> Command {
        let options = self.sections.iter().flat_map(|section| {
            section.options.iter().map(move |option| option.as_arg().help_heading(section.heading))
        });
        command.override_usage(self.usage).args(options).after_help(self.notes).after_long_help(self.notes)
    }
}

impl Described {
    fn as_arg(&self) -> Arg {
        let Self(written, value, does) = self;
        let mut arg = Arg::new(*written).help(*does);
        for name in written.split(' ') {
            arg = match (name.strip_prefix("--"), name.chars().nth(1)) {
                (Some(long), _) => arg.long(long),
                (None, Some(letter)) => arg.short(letter),
                (None, None) => arg,
            };
        }
        match *value {
            "" => arg.action(ArgAction::SetTrue),
            _ if value.starts_with('[') => arg.value_name(value.trim_matches(['[', ']'])).num_args(0..=1),
            _ => arg.value_name(*value).action(ArgAction::Append),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_and_files_do_not_ask_for_help() {
        let asked = |name: &str, args: &[&str]| {
            is_asked_for(name, &args.iter().map(|arg| (*arg).to_owned()).collect::<Vec<_>>())
        };
        for (name, option) in [("ls", "-r"), ("dump", "-H"), ("diff", "-r"), ("stat", "-f")] {
            for help in ["--help", "-h"] {
                assert!(asked(name, &[help]), "{name} {help}");
                assert!(asked(name, &[option, help, "x.h5"]), "{name} {option} {help}");
                assert!(!asked(name, &["x.h5", "y.h5", help]), "{name} x.h5 y.h5 {help}");
                assert!(!asked(name, &["--", help]), "{name} -- {help}");
                assert!(!asked(name, &["--version", help]), "{name} --version {help}");
                assert!(!asked(name, &["--bogus", help]), "{name} --bogus {help}");
            }
        }
        assert!(!asked("dump", &["-d", "--help", "x.h5"]));
        assert!(!asked("diff", &["-n", "--help", "x.h5", "y.h5"]));
        assert!(!asked("stat", &["-l", "--help", "x.h5"]));
        assert!(!asked("ls", &["-w", "--help", "x.h5"]));
    }

    #[test]
    fn all_options_of_the_c_tools_are_described() {
        command().debug_assert();
        for (help, usage) in COMMANDS.iter().zip([
            include_str!("../ls/usage.txt"),
            include_str!("../dump/usage.txt"),
            include_str!("../diff/usage.txt"),
            crate::stat::USAGE,
        ]) {
            let described: Vec<_> = help
                .sections
                .iter()
                .flat_map(|section| section.options)
                .flat_map(|option| option.0.split(' '))
                .collect();
            let words = usage.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-' || c == '_'));
            for long in words.filter(|word| word.len() > 4 && word.starts_with("--") && !word.contains("---"))
            {
                // The usage of h5stat has options that it refuses.
                let refused = help.command == "stat" && ["--file", "--group", "--dset"].contains(&long);
                assert!(described.contains(&long) != refused, "{}: {long}", help.command);
            }
        }
    }
}
