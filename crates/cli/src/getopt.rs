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

/// Arguments, from which options are taken one by one.
pub(crate) struct Scanner<'s> {
    args: VecDeque<String>,
    specs: &'s [Spec],
    /// How many letters of the first argument are taken already.
    taken: usize,
    ended: bool,
}

impl<'s> Scanner<'s> {
    pub(crate) fn new(args: &[String], specs: &'s [Spec]) -> Self {
        Self { args: args.iter().cloned().collect(), specs, taken: 0, ended: false }
    }

    /// The arguments from that on of which an option would be taken next, as a whole.
    pub(crate) fn rest(self) -> Vec<String> {
        self.args.into()
    }

    fn long(&mut self, long: &str) -> Result<Given, String> {
        let (name, value) = match long.split_once('=') {
            Some((name, value)) => (name, Some(value.to_owned())),
            None => (long, None),
        };
        let Some(Spec(letter, _, takes)) = self.specs.iter().find(|spec| spec.1 == name) else {
            return Err(format!("unknown option \"{name}\""));
        };
        let value = match (takes, value) {
            (Takes::Nothing, Some(_)) => return Err(format!("no value expected for option \"{name}\"")),
            (Takes::Value, None) => match pop_if(&mut self.args, |next| !next.starts_with('-')) {
                None => return Err(format!("value expected for option \"{name}\"")),
                value => value,
            },
            (_, value) => value,
        };
        Ok((*letter, value))
    }

    /// Gives back the argument that was taken last.
    pub(crate) fn put_back(&mut self, argument: String) {
        self.args.push_front(argument);
    }

    /// Takes the next letter of the first argument.
    fn short(&mut self, letter: char) -> Result<Given, String> {
        let known = |spec: &&Spec| spec.0 == letter && (letter.is_ascii_alphabetic() || letter == '?');
        let takes = self.specs.iter().find(known).map(|spec| spec.2);
        if takes == Some(Takes::Perhaps) {
            // The next argument is looked at from the same place on, whatever it begins with.
            self.args.pop_front();
            let last = self.args.len() < 2;
            return Ok((letter, pop_if(&mut self.args, |next| !last && !next.starts_with('-'))));
        }
        self.taken += letter.len_utf8();
        let more = self.args.front().is_some_and(|arg| arg.len() > 1 + self.taken);
        let argument = if more && matches!(takes, None | Some(Takes::Nothing)) {
            None
        } else {
            let argument = self.args.pop_front();
            argument.map(|argument| argument[1 + std::mem::take(&mut self.taken)..].to_owned())
        };
        match takes {
            None => Err(format!("unknown option \"{letter}\"")),
            Some(Takes::Value) => {
                match argument.filter(|rest| !rest.is_empty()).or_else(|| self.args.pop_front()) {
                    None => Err(format!("value expected for option \"{letter}\"")),
                    value => Ok((letter, value)),
                }
            }
            Some(_) => Ok((letter, None)),
        }
    }
}

impl Iterator for Scanner<'_> {
    type Item = Result<Given, String>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.taken > 0 {
            let letter =
                self.args.front().map(|arg| arg.get(1 + self.taken..).and_then(|rest| rest.chars().next()));
            return match letter {
                Some(Some(letter)) => Some(self.short(letter)),
                // There is nothing to look at.
                _ => Some(Err("missing file names".to_owned())),
            };
        }
        let first = self.args.front().filter(|arg| arg.len() > 1 && arg.starts_with('-') && !self.ended)?;
        if let Some(letter) = first[1..].chars().next().filter(|letter| *letter != '-') {
            return Some(self.short(letter));
        }
        let long = self.args.pop_front()?[2..].to_owned();
        self.ended = long.is_empty();
        if self.ended { None } else { Some(self.long(&long)) }
    }
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
            let mut scanner = Scanner::new(&args, SPECS);
            let options = scanner.by_ref().collect::<Result<Vec<_>, _>>()?;
            Ok::<_, String>((options, scanner.rest()))
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
        // What follows an optional value is looked at as if it were the argument of the option.
        let (options, files) = parse(&["-HA", "0", "xyH", "f"]).unwrap();
        assert_eq!(
            (options, files),
            (vec![('H', None), ('A', some("0")), ('H', None)], vec!["f".to_owned()])
        );
        assert!(parse(&["-HA", "f"]).is_err());
        let args = ["-HH", "-H", "f"].map(str::to_owned);
        let mut scanner = Scanner::new(&args, SPECS);
        assert_eq!(scanner.next(), Some(Ok(('H', None))));
        assert_eq!(scanner.rest(), args);
    }
}
