//! Groups: which paths are in both.

use super::options::Exclusion;
use super::state::{Diff, Pair};
use super::walk::{Entry, Kind, SameFiles};

/// A path, relative to the objects that are compared.
#[derive(Debug, Clone)]
pub(super) struct Match {
    pub(super) name: String,
    pub(super) kinds: Pair<Option<Kind>>,
    /// Whether both are the same object.
    pub(super) same: bool,
}

/// Whether a path is excluded; a group that is excluded is remembered, as its members are excluded, too.
pub(super) fn is_excluded(exclusions: &mut [Exclusion], path: &str, kind: Kind) -> bool {
    for exclusion in exclusions {
        let rest = path.strip_prefix(exclusion.path.as_str());
        if exclusion.group {
            if rest.is_some_and(|rest| rest.starts_with('/')) {
                return true;
            }
        } else if rest == Some("") {
            exclusion.group = kind == Kind::Group;
            return true;
        }
    }
    false
}

/// The paths below two objects of these files, matched by their names relative to the objects.
pub(super) fn matches(
    entries: Pair<&[Entry]>,
    tops: Pair<&str>,
    files: &Pair<String>,
    exclusions: &mut [Exclusion],
) -> Vec<Match> {
    let skip = tops.map(|top| if top == "/" { 0 } else { top.len() });
    let name = |side: usize, at: usize| {
        entries[side].get(at).map(|entry| entry.path.get(skip[side]..).unwrap_or_default())
    };
    let mut files = SameFiles::new(files);
    let (mut at, mut matches) = ([0, 0], Vec::new());
    loop {
        let names = [name(0, at[0]), name(1, at[1])];
        let order = match names {
            [Some(first), Some(second)] => first.as_bytes().cmp(second.as_bytes()),
            [Some(_), None] => std::cmp::Ordering::Less,
            [None, Some(_)] => std::cmp::Ordering::Greater,
            [None, None] => break,
        };
        let has = [order.is_le(), order.is_ge()];
        let entry = [0, 1].map(|side| entries[side].get(at[side]).filter(|_| has[side]));
        let kinds = entry.map(|entry| entry.map(|entry| entry.kind));
        let identities = entry.map(|entry| entry.and_then(|entry| entry.identity.as_ref()));
        if let (Some(name), Some(kind)) = (names[usize::from(!has[0])], kinds[0].or(kinds[1]))
            && !is_excluded(exclusions, name, kind)
        {
            // Links that are not followed have no object: all of them count as the same.
            let unknown = has == [true, true] && identities == [None, None];
            let same = unknown || files.same_object(identities[0], identities[1]);
            matches.push(Match { name: name.to_owned(), kinds, same });
        }
        for side in [0, 1] {
            at[side] += usize::from(has[side]);
        }
    }
    matches
}

impl Diff<'_> {
    /// Prints which paths are in which file or group.
    pub(super) fn print_matches(&mut self, matches: &[Match], tops: Pair<&str>) {
        if self.options.level > 2 {
            let [first, second] = &self.options.files;
            self.print(format_args!("file1: {first}\nfile2: {second}\n"));
        }
        let heads = if tops == ["/", "/"] { "file1     file2" } else { "group1   group2" };
        self.print(format_args!("\n{heads}\n{:-<39}\n", ""));
        for entry in matches {
            self.print_row(&entry.name, entry.kinds.map(|kind| kind.is_some()));
        }
        self.print(format_args!("\n"));
    }

    /// Compares what is in both files or groups, and gives the number of differences.
    pub(super) fn common(
        &mut self,
        files: Pair<&hdfive::File>,
        tops: Pair<&str>,
        matches: &[Match],
        exclusions: &mut [Exclusion],
    ) -> u64 {
        let prefixes = tops.map(|top| if top == "/" { "" } else { top });
        let mut found = 0;
        for entry in matches {
            let [Some(first), Some(second)] = entry.kinds else { continue };
            let paths = prefixes.map(|prefix| format!("{prefix}{}", entry.name));
            let paths = [paths[0].as_str(), paths[1].as_str()];
            found += self.objects(files, paths, [first, second], entry.same, exclusions);
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_of_excluded_groups_are_excluded() {
        let mut exclusions = ["/g", "/x"].map(|path| Exclusion { path: path.to_owned(), group: false });
        let mut excluded = |path, kind| is_excluded(&mut exclusions, path, kind);
        assert!(!excluded("/g/a", Kind::Dataset));
        assert!(excluded("/g", Kind::Group));
        assert!(excluded("/g/a", Kind::Dataset));
        assert!(!excluded("/gg/a", Kind::Dataset));
        assert!(excluded("/x", Kind::Dataset));
    }

    #[test]
    fn names_are_relative() {
        let entries = |paths: &[&str]| {
            let entry = |path: &&str| Entry { path: (*path).to_owned(), kind: Kind::Dataset, identity: None };
            paths.iter().map(entry).collect::<Vec<_>>()
        };
        let (first, second) = (entries(&["/a", "/a/x", "/a/y"]), entries(&["/bc", "/bc/x", "/bc/z"]));
        let matches = matches([&first, &second], ["/a", "/bc"], &Default::default(), &mut []);
        let both: Vec<_> =
            matches.iter().map(|found| (found.name.as_str(), found.kinds[1].is_some())).collect();
        assert_eq!(both, [("", true), ("/x", true), ("/y", false), ("/z", true)]);
    }
}
