//! Options in the style of the C tools: they come before the files.

use std::collections::VecDeque;

/// Whether an option takes a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Takes {
    /// None.
    Nothing,
    /// Always: the rest of the argument or the next one.
    Value,
    /// The next argument, unless it is an option or the last one.
    Perhaps,
}

/// An option: its letter (or any character that no letter uses), its long name, its value.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Spec(pub(crate) char, pub(crate) &'static str, pub(crate) Takes);

/// An option that is given: its letter and its value.
pub(crate) type Given = (char, Option<String>);

/// The first argument, if it is of this kind.
fn pop_if(args: &mut VecDeque<String>, wanted: impl Fn(&str) -> bool) -> Option<String> {
    if args.front().is_some_and(|arg| wanted(arg)) { args.pop_front() } else { None }
}

/// Splits arguments into options with their values, and what follows them.
///
/// # Errors
/// The option that is not known, or lacks its value.
pub(crate) fn parse(args: &[String], specs: &[Spec]) -> Result<(Vec<Given>, Vec<String>), String> {
    let mut args: VecDeque<String> = args.iter().cloned().collect();
    let mut options = Vec::new();
    while let Some(arg) = pop_if(&mut args, |arg| arg.len() > 1 && arg.starts_with('-')) {
        if arg == "--" {
            break;
        }
        match arg.strip_prefix("--") {
            Some(long) => options.push(parse_long(long, &mut args, specs)?),
            None => parse_short(&arg[1..], &mut args, specs, &mut options)?,
        }
    }
    Ok((options, args.into()))
}

fn parse_long(long: &str, args: &mut VecDeque<String>, specs: &[Spec]) -> Result<Given, String> {
    let (name, value) = match long.split_once('=') {
        Some((name, value)) => (name, Some(value.to_owned())),
        None => (long, None),
    };
    let Some(Spec(letter, _, takes)) = specs.iter().find(|spec| spec.1 == name) else {
        return Err(format!("unknown option --{name}"));
    };
    let value = match (takes, value) {
        (Takes::Nothing, Some(_)) => return Err(format!("option --{name} takes no value")),
        (Takes::Value, None) => match pop_if(args, |next| !next.starts_with('-')) {
            None => return Err(format!("option --{name} needs a value")),
            value => value,
        },
        (_, value) => value,
    };
    Ok((*letter, value))
}

fn parse_short(
    letters: &str,
    args: &mut VecDeque<String>,
    specs: &[Spec],
    options: &mut Vec<Given>,
) -> Result<(), String> {
    for (at, letter) in letters.char_indices() {
        let known = |spec: &&Spec| spec.0 == letter && (letter.is_ascii_alphabetic() || letter == '?');
        let Some(Spec(_, _, takes)) = specs.iter().find(known) else {
            return Err(format!("unknown option -{letter}"));
        };
        match takes {
            Takes::Nothing => options.push((letter, None)),
            Takes::Value => {
                let rest = &letters[at + letter.len_utf8()..];
                let value = if rest.is_empty() { args.pop_front() } else { Some(rest.to_owned()) };
                let Some(value) = value else { return Err(format!("option -{letter} needs a value")) };
                options.push((letter, Some(value)));
                return Ok(());
            }
            Takes::Perhaps => {
                let last = args.len() < 2;
                options.push((letter, pop_if(args, |next| !last && !next.starts_with('-'))));
                return Ok(());
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_come_before_files() {
        const SPECS: &[Spec] = &[
            Spec('H', "header", Takes::Nothing),
            Spec('d', "dataset", Takes::Value),
            Spec('A', "onlyattr", Takes::Perhaps),
        ];
        let parse = |args: &[&str]| {
            let args: Vec<_> = args.iter().map(|arg| (*arg).to_owned()).collect();
            super::parse(&args, SPECS)
        };
        let some = |value: &str| Some(value.to_owned());
        let (options, files) = parse(&["-Hd/x", "--dataset=/y", "--dataset", "z", "f", "-H"]).unwrap();
        assert_eq!(options, [('H', None), ('d', some("/x")), ('d', some("/y")), ('d', some("z"))]);
        assert_eq!(files, ["f", "-H"]);
        assert_eq!(parse(&["-A", "f"]).unwrap().0, [('A', None)]);
        assert_eq!(parse(&["-A", "0", "f"]).unwrap().0, [('A', some("0"))]);
        assert_eq!(parse(&["--", "-f"]).unwrap().1, ["-f"]);
        for wrong in [&["-q"][..], &["--nothing"], &["-d"], &["--header=1"], &["--dataset"]] {
            assert!(parse(wrong).is_err(), "{wrong:?}");
        }
    }
}
