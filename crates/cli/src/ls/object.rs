//! Groups, their members, and links.

use std::collections::{HashMap, HashSet};
use std::io::Write;

use hdfive::{File, Group, LinkInfo, LinkType, Location, LocationType, Object};

use super::name::{column, escape};
use super::options::Options;
use super::time;
use crate::errors::{self, Error, Result};
use crate::objects::{Objects, check_depth, kind, location};
use crate::render::TargetKind;

/// Lists one file.
pub(super) struct Lister<'a> {
    pub(super) options: &'a Options,
    pub(super) file: &'a File,
    file_name: &'a str,
    pub(super) out: &'a mut dyn Write,
    /// How many characters of each path are not shown.
    hidden: usize,
    /// How many are not shown of what is in a group: the path of what was asked for.
    base: usize,
    /// Groups, and objects with several names, by address, with the path that was listed first. A
    /// damaged file may have a group below itself whatever its reference count says.
    seen: HashMap<u64, String>,
    /// Links that were followed: whether they are external, and where they lead in their file. As with
    /// the C tool, it makes no difference which file that is.
    followed: HashSet<(bool, String)>,
    /// The datasets, by file and address, that are being printed because a reference leads to them.
    pub(super) referring: Vec<(String, u64)>,
    /// How many times files were opened: the C library numbers them so.
    pub(super) opened: u64,
    /// The number of the file that objects are listed of.
    pub(super) file_number: u64,
    /// How many groups are around what is listed; names do not tell, since they may be empty.
    depth: usize,
    /// How many external links lead to what is listed.
    external: u64,
    /// The objects that references name, by the file that they are in.
    pub(super) objects: HashMap<String, Option<Objects>>,
    /// Whether a group that is asked for is listed before its members.
    pub(super) root_shown: bool,
    pub(super) failed: bool,
}

/// What a name leads to.
enum Found {
    Object(Object),
    /// An object of this kind that cannot be opened.
    Damaged(LocationType),
}

impl<'a> Lister<'a> {
    pub(super) fn new(
        options: &'a Options,
        file: &'a File,
        file_name: &'a str,
        opened: u64,
        out: &'a mut dyn Write,
    ) -> Self {
        Self {
            options,
            file,
            file_name,
            out,
            hidden: 0,
            base: 0,
            seen: HashMap::new(),
            followed: HashSet::new(),
            opened,
            file_number: opened,
            depth: 0,
            external: 0,
            objects: HashMap::new(),
            referring: Vec::new(),
            root_shown: false,
            failed: false,
        }
    }

    /// Lists what `path` leads to; an empty path is the root group.
    pub(super) fn target(&mut self, path: &str) -> Result<()> {
        if matches!(path, "" | "/") {
            self.hidden = path.len();
            if let Err(error) = self.file.reference_count() {
                errors::report(&error.into());
                return self.not_found("/");
            }
            return self.object(&Found::Object(Object::Group((**self.file).clone())), "/");
        }
        (self.hidden, self.base) = (1, path.len() - usize::from(path.ends_with('/')));
        let Ok(link) = self.file.link(path.trim_end_matches('/')) else { return self.not_found(path) };
        match link.link_type {
            LinkType::Hard(_) => match find(self.file, path.trim_end_matches('/')) {
                Ok(found) => self.object(&found, path),
                Err(_) => self.not_found(path),
            },
            _ => self.link(&link, path),
        }
    }

    /// Says that there is nothing at `path`, after which nothing else is listed.
    fn not_found(&mut self, path: &str) -> Result<()> {
        let name = escape(&self.shown(path), true);
        let width = 24_usize.saturating_sub(name.len());
        write!(self.out, "{name}{:>width$} ", "**NOT FOUND**")?;
        Err(Error::Reported)
    }

    /// Lists an object that is asked for: a group by its members, unless it is to be listed itself.
    fn object(&mut self, found: &Found, path: &str) -> Result<()> {
        let Found::Object(Object::Group(group)) = found else { return self.entry(found, path, None) };
        if self.options.literal {
            return self.entry(found, path, None);
        }
        self.hidden = self.base;
        if self.root_shown {
            self.entry(found, path, None)?;
        }
        self.all_members(group, path)
    }

    /// Lists what is in a group that is asked for or that a link leads to. Damage ends that; what was
    /// listed is no failure.
    fn all_members(&mut self, group: &Group, path: &str) -> Result<()> {
        self.seen.insert(group.address(), path.to_owned());
        let depth = self.depth;
        let result = self.members(group, path);
        self.depth = depth;
        self.survive(result)
    }

    fn members(&mut self, group: &Group, path: &str) -> Result<()> {
        check_depth(self.depth + 2)?;
        let slash = if path.ends_with('/') { "" } else { "/" };
        let links = group.links()?;
        self.depth += 1;
        for link in &links {
            let path = format!("{path}{slash}{}", link.name);
            match link.link_type {
                LinkType::Hard(address) => self.member(group, link, address, &path)?,
                _ => self.link(link, &path)?,
            }
        }
        self.depth -= 1;
        Ok(())
    }

    /// Goes on after damage, once it is reported.
    pub(super) fn survive(&self, result: Result<()>) -> Result<()> {
        match result {
            Err(error @ Error::Message(_)) => {
                errors::report(&error);
                Ok(())
            }
            other => other,
        }
    }

    fn member(&mut self, group: &Group, link: &LinkInfo, address: u64, path: &str) -> Result<()> {
        let found = find(group, &link.name)?;
        let several = match &found {
            Found::Object(Object::Group(_)) | Found::Damaged(_) => true,
            Found::Object(object) => match location(object) {
                Some(location) => location.reference_count()? > 1,
                None => return Ok(()),
            },
        };
        let mut first = None;
        if several {
            first = self.seen.get(&address).cloned();
            self.seen.entry(address).or_insert_with(|| path.to_owned());
        }
        self.entry(&found, path, first.as_deref())?;
        match found {
            Found::Object(Object::Group(inner)) if self.options.recursive && first.is_none() => {
                self.members(&inner, path)
            }
            _ => Ok(()),
        }
    }

    /// What is shown of a path.
    fn shown(&self, path: &str) -> String {
        let rest = path.get(self.hidden..).unwrap_or(path);
        let name = if self.options.targets.len() > 1 {
            format!("{}/{rest}", self.file_name)
        } else {
            rest.to_owned()
        };
        match name.rsplit_once('/') {
            Some((_, last)) if !self.options.full => last.to_owned(),
            _ => name,
        }
    }

    /// Lists an object itself, or says under which name that was done before.
    fn entry(&mut self, found: &Found, path: &str, first: Option<&str>) -> Result<()> {
        write!(self.out, "{}{}", column(&self.shown(path)), found.kind_name())?;
        if let Some(first) = first {
            return Ok(writeln!(self.out, ", same as {}", escape(first, true))?);
        }
        let Found::Object(object) = found else { return Ok(writeln!(self.out, " *ERROR*")?) };
        if let Object::Dataset(dataset) = object {
            self.shape(dataset)?;
        }
        writeln!(self.out)?;
        self.details(object)
    }

    /// The lines below an object's own.
    fn details(&mut self, object: &Object) -> Result<()> {
        if self.options.verbose
            && let Some(location) = location(object)
        {
            let result = self.attributes(location);
            self.survive(result)?;
            let (number, address) = (self.file_number, location.address());
            writeln!(self.out, "    {:<10} {number}:{address}", "Location:")?;
            writeln!(self.out, "    {:<10} {}", "Links:", location.reference_count()?)?;
            if let Some(times) = location.times()?.filter(|times| times.modification > 0) {
                let time = time::printed(times.modification, self.options.simple);
                writeln!(self.out, "    {:<10} {time}", "Modified:")?;
            }
            if let Some(comment) =
                location.comment().unwrap_or_default().filter(|comment| !comment.is_empty())
            {
                writeln!(self.out, "    {:<10} \"{}\"", "Comment:", escape(&comment, false))?;
            }
        }
        match object {
            Object::Dataset(dataset) => {
                if self.options.verbose {
                    let result = self.storage(dataset);
                    self.survive(result)?;
                }
                if self.options.data {
                    self.dataset_values(dataset)?;
                }
                Ok(())
            }
            Object::NamedDatatype(datatype) if self.options.verbose => {
                self.datatype(Some(datatype), datatype.datatype())
            }
            _ => Ok(()),
        }
    }

    /// All attributes of an object; none if one of them is damaged.
    fn attributes(&mut self, location: &Location) -> Result<()> {
        location.attrs()?.iter().try_for_each(|attribute| self.attribute(attribute))
    }

    /// Lists a link that is not hard, and what it leads to if asked.
    fn link(&mut self, link: &LinkInfo, path: &str) -> Result<()> {
        write!(self.out, "{}", column(&self.shown(path)))?;
        match &link.link_type {
            LinkType::Soft(target) => {
                write!(self.out, "Soft Link {{{target}}}")?;
                if self.options.follow {
                    return self.follow(false, target, path);
                }
            }
            LinkType::External { file, path: target } => {
                let slash = if target.starts_with('/') { "" } else { "/" };
                write!(self.out, "External Link {{{file}/{slash}{target}}}")?;
                if self.options.follow || self.options.follow_external {
                    return self.follow(true, target, path);
                }
            }
            _ => write!(self.out, "UD Link {{cannot follow UD links}}")?,
        }
        Ok(writeln!(self.out)?)
    }

    /// Lists what a link leads to, each target once.
    fn follow(&mut self, external: bool, target: &str, path: &str) -> Result<()> {
        // The C tool looks whether there is an object, and what.
        self.opened += 2 * (self.external + u64::from(external));
        if !self.followed.insert((external, target.to_owned())) {
            return Ok(writeln!(self.out, " {{Already Visited}}")?);
        }
        let Ok(found) = find(self.file, path) else {
            self.failed |= self.options.no_dangling;
            return Ok(writeln!(self.out, " {{**NOT FOUND**}}")?);
        };
        let outer = (self.file_number, self.external);
        self.external += u64::from(external);
        let members = matches!(found, Found::Object(Object::Group(_))) && self.options.recursive;
        self.opened += self.external * (1 + u64::from(members));
        if external {
            self.file_number = if self.is_in_file(&found) { outer.0.min(self.opened) } else { self.opened };
        }
        let seen = std::mem::take(&mut self.seen);
        let result = self.target_of_link(&found, path);
        self.seen = seen;
        (self.file_number, self.external) = outer;
        result
    }

    /// Whether an object is in the file that is listed, not in one that external links lead to.
    fn is_in_file(&self, found: &Found) -> bool {
        let Found::Object(object) = found else { return false };
        location(object).is_some_and(|location| location.filename() == self.file.filename())
    }

    fn target_of_link(&mut self, found: &Found, path: &str) -> Result<()> {
        write!(self.out, " {{{}", found.kind_name())?;
        self.opened += self.external;
        let Found::Object(object) = found else { return Ok(writeln!(self.out, " *ERROR*\n}}")?) };
        if let Object::Dataset(dataset) = object {
            self.shape(dataset)?;
        }
        if self.options.verbose {
            writeln!(self.out)?;
        }
        self.details(object)?;
        writeln!(self.out, "}}")?;
        let Object::Group(group) = object else { return Ok(()) };
        if !self.options.recursive {
            return Ok(());
        }
        self.hidden = self.base;
        self.all_members(group, path)
    }
}

/// What `name` leads to in a group.
///
/// # Errors
/// There is nothing of that name, or nothing that can be told of it.
fn find(group: &Group, name: &str) -> Result<Found> {
    group.open(name).map(Found::Object).or_else(|error| {
        let kind = group.loc_type_by_name(name)?;
        errors::report(&error.into());
        Ok(Found::Damaged(kind))
    })
}

impl Found {
    fn kind_name(&self) -> &'static str {
        let kind = match self {
            Self::Object(object) => kind(object),
            Self::Damaged(LocationType::Group) => Some(TargetKind::Group),
            Self::Damaged(LocationType::Dataset) => Some(TargetKind::Dataset),
            Self::Damaged(LocationType::NamedDatatype) => Some(TargetKind::Datatype),
            Self::Damaged(_) => None,
        };
        match kind {
            Some(TargetKind::Group) => "Group",
            Some(TargetKind::Dataset) => "Dataset",
            Some(TargetKind::Datatype) => "Type",
            None => "Unknown type",
        }
    }
}
