//! Groups, their members, and links.

use std::collections::{HashMap, HashSet};
use std::io::Write;
use std::ops::Deref;

use hdfive::{File, Group, LinkInfo, LinkType, Location, Object};

use super::name::{column, escape};
use super::options::Options;
use super::time;
use crate::errors::{self, Error, Result};
use crate::objects::{Objects, check_depth, kind};
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
    /// Links that were followed: whether they are external, and where they lead in their file.
    followed: HashSet<(bool, String)>,
    /// How many times files were opened: the C library numbers them so.
    pub(super) opened: u64,
    /// The number of the file that objects are listed of.
    pub(super) file_number: u64,
    /// How many groups are around what is listed; names do not tell, since they may be empty.
    depth: usize,
    /// How many external links lead to what is listed.
    external: u64,
    pub(super) objects: Option<Objects>,
    pub(super) failed: bool,
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
            objects: None,
            failed: false,
        }
    }

    /// Lists what `path` leads to; an empty path is the root group.
    pub(super) fn target(&mut self, path: &str) -> Result<()> {
        let base = path.trim_end_matches('/');
        if base.is_empty() {
            return self.object(&Object::Group((**self.file).clone()), "/", self.options.recursive);
        }
        (self.hidden, self.base) = (1, base.len());
        let Ok(link) = self.file.link(base) else {
            let name = self.shown(base);
            // As wide as a name with nothing after it would be.
            writeln!(self.out, "{:<24} **NOT FOUND**", escape(&name, true))?;
            self.failed = true;
            return Ok(());
        };
        match (&link.link_type, self.file.open(base)) {
            (LinkType::Hard(_), Ok(object)) => {
                if matches!(object, Object::Group(_)) && !self.options.literal {
                    self.hidden = self.base;
                }
                self.object(&object, base, false)
            }
            (LinkType::Hard(_), Err(error)) => Err(error.into()),
            _ => self.link(&link, base),
        }
    }

    /// Lists an object: a group by its members, after itself if asked.
    fn object(&mut self, object: &Object, path: &str, itself: bool) -> Result<()> {
        match object {
            Object::Group(group) if !self.options.literal => {
                if itself {
                    self.entry(object, path, None)?;
                }
                self.seen.insert(group.address(), path.to_owned());
                self.members(group, path)
            }
            _ => self.entry(object, path, None),
        }
    }

    fn members(&mut self, group: &Group, path: &str) -> Result<()> {
        check_depth(self.depth + 2)?;
        let links = match group.links() {
            Ok(links) => links,
            Err(error) => return self.complain(&error.into()),
        };
        self.depth += 1;
        for link in &links {
            let path = format!("{}/{}", path.trim_end_matches('/'), link.name);
            let result = match link.link_type {
                LinkType::Hard(_) => self.member(group, link, &path),
                _ => self.link(link, &path),
            };
            match result {
                Err(error @ Error::Message(_)) => self.complain(&error)?,
                other => other?,
            }
        }
        self.depth -= 1;
        Ok(())
    }

    pub(super) fn complain(&mut self, error: &Error) -> Result<()> {
        errors::report(error);
        self.failed = true;
        Ok(())
    }

    fn member(&mut self, group: &Group, link: &LinkInfo, path: &str) -> Result<()> {
        let object = group.open(&link.name)?;
        let Some(location) = location(&object) else { return Ok(()) };
        let mut first = None;
        if location.reference_count()? > 1 || matches!(object, Object::Group(_)) {
            first = self.seen.get(&location.address()).cloned();
            self.seen.entry(location.address()).or_insert_with(|| path.to_owned());
        }
        self.entry(&object, path, first.as_deref())?;
        match object {
            Object::Group(inner) if self.options.recursive && first.is_none() => self.members(&inner, path),
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
    fn entry(&mut self, object: &Object, path: &str, first: Option<&str>) -> Result<()> {
        write!(self.out, "{}{}", column(&self.shown(path)), kind_name(object))?;
        if let Some(first) = first {
            writeln!(self.out, ", same as {}", escape(first, true))?;
            return Ok(());
        }
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
            for attribute in location.attrs()? {
                self.attribute(&attribute)?;
            }
            let (number, address) = (self.file_number, location.address());
            writeln!(self.out, "    {:<10} {number}:{address}", "Location:")?;
            writeln!(self.out, "    {:<10} {}", "Links:", location.reference_count()?)?;
            if let Some(times) = location.times()?.filter(|times| times.modification > 0) {
                let time = time::printed(times.modification, self.options.simple);
                writeln!(self.out, "    {:<10} {time}", "Modified:")?;
            }
            if let Some(comment) = location.comment()?.filter(|comment| !comment.is_empty()) {
                writeln!(self.out, "    {:<10} \"{}\"", "Comment:", escape(&comment, false))?;
            }
        }
        match object {
            Object::Dataset(dataset) => {
                if self.options.verbose {
                    self.storage(dataset)?;
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
        let Ok(object) = self.file.open(path) else {
            self.failed |= self.options.no_dangling;
            return Ok(writeln!(self.out, " {{**NOT FOUND**}}")?);
        };
        let outer = (self.file_number, self.external);
        self.external += u64::from(external);
        let members = matches!(object, Object::Group(_)) && self.options.recursive;
        self.opened += self.external * (1 + u64::from(members));
        if external {
            self.file_number = if self.is_in_file(&object) { outer.0.min(self.opened) } else { self.opened };
        }
        let seen = std::mem::take(&mut self.seen);
        let result = self.target_of_link(object, path);
        self.seen = seen;
        (self.file_number, self.external) = outer;
        result
    }

    /// Whether an object is in the file that is listed, not in one that external links lead to.
    fn is_in_file(&self, object: &Object) -> bool {
        location(object).is_some_and(|location| location.filename() == self.file.filename())
    }

    fn target_of_link(&mut self, object: Object, path: &str) -> Result<()> {
        write!(self.out, " {{{}", kind_name(&object))?;
        self.opened += self.external;
        if let Object::Dataset(dataset) = &object {
            self.shape(dataset)?;
        }
        if self.options.verbose {
            writeln!(self.out)?;
        }
        self.details(&object)?;
        writeln!(self.out, "}}")?;
        let Object::Group(group) = object else { return Ok(()) };
        if !self.options.recursive {
            return Ok(());
        }
        self.hidden = self.base;
        self.seen.insert(group.address(), path.to_owned());
        self.members(&group, path)
    }
}

fn kind_name(object: &Object) -> &'static str {
    match kind(object) {
        Some(TargetKind::Group) => "Group",
        Some(TargetKind::Dataset) => "Dataset",
        Some(TargetKind::Datatype) => "Type",
        None => "Unknown type",
    }
}

/// What objects of all kinds have in common.
fn location(object: &Object) -> Option<&Location> {
    Some(match object {
        Object::Group(group) => group,
        Object::Dataset(dataset) => dataset.deref(),
        Object::NamedDatatype(datatype) => datatype,
        _ => return None,
    })
}
