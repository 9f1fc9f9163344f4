//! Objects in other files, to which external links lead.

use std::path::{Path, PathBuf};

use hdfive::{Container, File, Group, LinkInfo, Object};

use super::Dumper;
use crate::elements::References;
use crate::errors::Result;
use crate::objects::{Objects, location};

/// A file that objects are printed of.
pub(super) struct Opened {
    /// The file's path, without links.
    path: PathBuf,
    pub(super) file: File,
    /// The objects of the file, once they are needed.
    pub(super) objects: Option<Objects>,
    /// The objects that references name, once there is one.
    referred: Option<Objects>,
}

impl Opened {
    pub(super) fn new(file: File) -> Self {
        let path = file.filename();
        let path = Path::new(&path).canonicalize().unwrap_or_else(|_| path.into());
        Self { path, file, objects: None, referred: None }
    }
}

/// Where the references in `opened` lead.
pub(super) fn references(opened: &mut Opened) -> References<'_> {
    References::new(&mut opened.referred, &opened.file)
}

impl Dumper<'_> {
    /// Prints what is in `container` as part of the file that it is in, to which links and references may
    /// have led: there the references in it lead on.
    pub(super) fn in_file_of<R>(
        &mut self,
        container: &Container,
        print: impl FnOnce(&mut Self) -> Result<R>,
    ) -> Result<R> {
        if container.filename() == self.opened().file.filename() {
            return print(self);
        }
        let found = Opened::new(container.file()?);
        let index = self.files.iter().position(|opened| opened.path == found.path).unwrap_or_else(|| {
            self.files.push(found);
            self.files.len() - 1
        });
        let before = std::mem::replace(&mut self.current, index);
        let result = print(self);
        self.current = before;
        result
    }

    /// Prints the object that an external link in `group` leads to, if it can be found, except in the
    /// file that is printed itself.
    pub(super) fn external(
        &mut self,
        group: &Group,
        link: &LinkInfo,
        path: &str,
        level: usize,
    ) -> Result<()> {
        // The library opens the group to follow the link, then the object, twice.
        self.handles.groups(1);
        let Ok(object) = group.open(&link.name) else { return Ok(()) };
        let Some(target) = location(&object) else { return Ok(()) };
        let found = Opened::new(target.file()?);
        self.handles.object(&object);
        self.handles.object(&object);
        let known = self.files.iter().position(|opened| opened.path == found.path);
        let is_new = known.is_none();
        let index = match known {
            Some(0) => return Ok(()),
            Some(index) => index,
            None => {
                self.files.push(found);
                self.files.len() - 1
            }
        };
        let before =
            (std::mem::replace(&mut self.current, index), std::mem::replace(&mut self.through_link, true));
        if is_new && self.check().is_err() {
            // The C tool says nothing of a damaged file that a link leads to, each time anew.
            (self.current, self.through_link) = before;
            self.files.pop();
            return Ok(());
        }
        self.handles.groups(1);
        self.handles.object(&object);
        self.handles.object(&object);
        let result = match &object {
            Object::Group(group) => self.group(group, path, level),
            Object::Dataset(dataset) => self.dataset(dataset, path, level),
            Object::NamedDatatype(datatype) => self.named_datatype(datatype, path, level),
            _ => Ok(()),
        };
        (self.current, self.through_link) = before;
        result
    }
}
