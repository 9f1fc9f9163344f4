//! Two objects or links.

use hdfive::{File, LinkType, Location, Object};

use super::matching::is_excluded;
use super::options::Exclusion;
use super::state::{Diff, Pair};
use super::types;
use super::walk::{Kind, Lead, lead};
use crate::errors::{Error, Result};

/// What links are, and where they lead.
struct Links {
    /// The kinds of what is compared: of what links lead to, if they are followed.
    kinds: Pair<Kind>,
    dangling: Pair<bool>,
    links: Pair<Option<LinkType>>,
}

impl Diff<'_> {
    /// Compares what two paths lead to, and gives the number of differences.
    pub(super) fn objects(
        &mut self,
        files: Pair<&File>,
        paths: Pair<&str>,
        kinds: Pair<Kind>,
        same: bool,
        exclusions: &mut [Exclusion],
    ) -> u64 {
        let links = match self.links(files, paths, kinds) {
            Ok(links) => links,
            Err(error) => {
                self.fail(&error);
                return 0;
            }
        };
        if links.dangling != [false, false] {
            return self.dangling(links.dangling, paths);
        }
        let [first, second] = links.kinds;
        if first != second {
            if self.explains() {
                self.print(format_args!(
                    "Not comparable: <{}> is of type {} and <{}> is of type {}\n",
                    paths[0],
                    first.name(),
                    paths[1],
                    second.name()
                ));
            }
            self.not_comparable = true;
            return 0;
        }
        if same && (self.options.follow || !first.is_link()) {
            self.same_objects(first, &links.links, paths);
            return 0;
        }
        if first.is_link() {
            return self.compare_links(first, &links.links, paths);
        }
        let result = self.contents(files, paths, first, exclusions);
        self.or_fail(result)
    }

    /// Finds out where links lead.
    ///
    /// # Errors
    /// That a link leads nowhere, if that is an error.
    fn links(&mut self, files: Pair<&File>, paths: Pair<&str>, mut kinds: Pair<Kind>) -> Result<Links> {
        let (mut dangling, mut links) = ([false; 2], [None, None]);
        if !kinds.iter().any(|kind| kind.is_link()) {
            return Ok(Links { kinds, dangling, links });
        }
        for side in [0, 1] {
            match lead(files[side], paths[side], self.options.follow)? {
                Lead::Object => {}
                Lead::Link(link, target) => {
                    kinds[side] = target.map_or(kinds[side], |(kind, _)| kind);
                    links[side] = Some(link);
                }
                Lead::Dangling if self.options.no_dangling => {
                    if self.options.verbose {
                        self.print(format_args!("Warning: <{}> is a dangling link.\n", paths[side]));
                    }
                    return Err(Error::new(format_args!("{} is a dangling link", paths[side])));
                }
                Lead::Dangling => dangling[side] = true,
            }
        }
        Ok(Links { kinds, dangling, links })
    }

    /// Reports links that lead nowhere: one is a difference, two are none.
    fn dangling(&mut self, dangling: Pair<bool>, paths: Pair<&str>) -> u64 {
        if dangling == [true, true] {
            if self.prints_names(0) {
                self.print_names("dangling link", paths);
                self.print_found(0);
            }
            return 0;
        }
        let side = usize::from(dangling[1]);
        if self.options.verbose {
            self.print(format_args!("obj{} <{}> is a dangling link.\n", side + 1, paths[side]));
        }
        if self.prints_names(1) {
            self.print_found(1);
        }
        1
    }

    /// Reports that two paths lead to the same object.
    fn same_objects(&mut self, kind: Kind, links: &Pair<Option<LinkType>>, paths: Pair<&str>) {
        if !(self.options.verbose || self.options.report) {
            return;
        }
        self.print_names(kind_name(kind, links), paths);
        self.print_found(0);
    }

    /// Compares where links lead to that are not followed.
    fn compare_links(&mut self, kind: Kind, links: &Pair<Option<LinkType>>, paths: Pair<&str>) -> u64 {
        let same = match links {
            [
                Some(LinkType::UserDefined { class, data }),
                Some(LinkType::UserDefined { class: other_class, data: other }),
            ] => class == other_class && data.len() == other.len(),
            [first, second] => first == second,
        };
        let found = u64::from(!same);
        if self.prints_names(found) {
            self.print_names(kind_name(kind, links), paths);
        }
        if self.options.verbose {
            self.print_found(found);
        }
        found
    }

    /// Compares objects of one kind, and their attributes.
    fn contents(
        &mut self,
        files: Pair<&File>,
        paths: Pair<&str>,
        kind: Kind,
        exclusions: &mut [Exclusion],
    ) -> Result<u64> {
        let objects = [open(files[0], paths[0])?, open(files[1], paths[1])?];
        let (found, locations): (_, Pair<&Location>) = match &objects {
            [Object::Dataset(first), Object::Dataset(second)] => {
                (self.compare_datasets([first, second], paths), [first, second])
            }
            [Object::NamedDatatype(first), Object::NamedDatatype(second)] => {
                let found = u64::from(!types::same(first.datatype(), second.datatype()));
                (self.compare_others("datatype", paths, found), [first, second])
            }
            [Object::Group(first), Object::Group(second)] => {
                (self.compare_others("group", paths, 0), [first, second])
            }
            _ => return Err(Error::new("objects of an unknown kind")),
        };
        if is_excluded(exclusions, paths[0], kind) {
            return Ok(found);
        }
        Ok(found + self.attributes(locations, paths))
    }

    fn compare_others(&mut self, kind: &str, paths: Pair<&str>, found: u64) -> u64 {
        if self.prints_names(found) {
            self.print_names(kind, paths);
        }
        if self.options.verbose {
            self.print_found(found);
        }
        found
    }

    fn compare_datasets(&mut self, datasets: Pair<&hdfive::Dataset>, paths: Pair<&str>) -> u64 {
        let first = self.options.verbose || self.options.report;
        if first {
            self.print_names("dataset", paths);
        }
        let found = self.datasets(datasets, paths);
        if !first && found > 0 && !self.options.quiet {
            self.print_names("dataset", paths);
        }
        if first || (found > 0 && !self.options.quiet) {
            self.print_found(found);
        }
        found
    }
}

fn kind_name(kind: Kind, links: &Pair<Option<LinkType>>) -> &'static str {
    let external = |link: &Option<LinkType>| matches!(link, Some(LinkType::External { .. }));
    match kind {
        Kind::Dataset => "dataset",
        Kind::Datatype => "datatype",
        Kind::Group => "group",
        Kind::SoftLink => "link",
        _ if links.iter().all(external) => "external link",
        _ => "user defined link",
    }
}

/// The object that a path leads to.
fn open(file: &File, path: &str) -> Result<Object> {
    if path == "/" {
        return Ok(Object::Group((**file).clone()));
    }
    Ok(file.open(path)?)
}
