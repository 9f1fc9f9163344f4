//! Groups, datasets, named datatypes and links.

use std::ops::Deref;

use hdfive::datatype::DatatypeClass;
use hdfive::{Container, Dataset, Group, LinkInfo, LinkType, Location, NamedDatatype, Object};

use super::{Dumper, dataspace, datatype};
use crate::errors::{Error, Result};
use crate::extents::extents;
use crate::objects::check_depth;
use crate::render::Cursor;

impl Dumper<'_> {
    /// Prints a group and all in it, or where it was printed before.
    pub(super) fn group(&mut self, group: &Group, name: &str, level: usize) -> Result<()> {
        check_depth(level)?;
        let mut cursor = Cursor::at(level);
        self.line(&mut cursor, &format!("GROUP \"{name}\" {{"))?;
        cursor.level += 1;
        if name == "/" && self.current == 0 {
            for datatype in self.objects().unnamed_datatypes() {
                self.handles.datasets(1);
                self.named_datatype(&datatype, &format!("#{}", datatype.address()), level + 1)?;
            }
        }
        self.object_id(self.handles.group(), &mut cursor)?;
        self.comment(group, &mut cursor)?;
        if self.objects().get(group.address()).is_none() {
            // A soft or external link led out of the file.
            self.complain(&Error::new("the group is not in the file"));
        } else if !self.hard_link(group, &mut cursor)? {
            self.handles.groups(u64::from(self.options.attributes));
            self.attributes(group, level + 1)?;
            self.handles.groups(1);
            self.members(group, level + 1)?;
        }
        cursor.level -= 1;
        cursor.column = 1;
        self.line(&mut cursor, "}")
    }

    /// Whether the object may have several names and was printed before; if not, it is now.
    pub(super) fn was_printed(&mut self, object: &Location) -> Result<bool> {
        Ok((self.through_link || object.reference_count()? > 1) && !self.objects().print(object.address()))
    }

    /// If the group was printed before: prints the name under which it was.
    fn hard_link(&mut self, object: &Location, cursor: &mut Cursor) -> Result<bool> {
        if self.objects().print(object.address()) {
            return Ok(false);
        }
        let path = self.objects().get(object.address()).map(|(_, path)| path.to_owned());
        self.line(cursor, &format!("HARDLINK \"{}\"", path.unwrap_or_default()))?;
        Ok(true)
    }

    /// Prints the number of an object, if that is asked for.
    pub(super) fn object_id(&mut self, id: u64, cursor: &mut Cursor) -> Result<()> {
        if self.options.object_ids { self.line(cursor, &format!("OBJECTID {{ {id} }}")) } else { Ok(()) }
    }

    fn comment(&mut self, object: &Location, cursor: &mut Cursor) -> Result<()> {
        match object.comment()? {
            Some(comment) if !comment.is_empty() => self.line(cursor, &format!("COMMENT \"{comment}\"")),
            _ => Ok(()),
        }
    }

    fn attributes(&mut self, object: &Location, level: usize) -> Result<()> {
        if !self.options.attributes {
            return Ok(());
        }
        let attributes = match self.attributes_in_order(object) {
            Ok(attributes) => attributes,
            Err(error) => {
                self.complain(&Error::new(format_args!("error getting attribute information: {error}")));
                return Ok(());
            }
        };
        for attribute in &attributes {
            let result = self.attribute(attribute, level);
            self.survive(result)?;
        }
        Ok(())
    }

    fn members(&mut self, group: &Group, level: usize) -> Result<()> {
        let links = if self.options.by_creation { group.links_by_creation() } else { group.links() };
        let mut links = match links {
            Ok(links) => links,
            Err(error) => {
                self.complain(&error.into());
                return Ok(());
            }
        };
        if self.options.descending {
            links.reverse();
        }
        for link in &links {
            match self.member(group, link, level) {
                // The C tool leaves the rest of the group.
                Err(error @ Error::Message(_)) => {
                    self.complain(&error);
                    break;
                }
                result => result?,
            }
        }
        Ok(())
    }

    fn member(&mut self, group: &Group, link: &LinkInfo, level: usize) -> Result<()> {
        let LinkType::Hard(_) = link.link_type else { return self.link(group, link, level) };
        let object = group.open(&link.name)?;
        self.handles.object(&object);
        match object {
            Object::Group(group) => self.group(&group, &link.name, level),
            Object::Dataset(dataset) => self.dataset(&dataset, &link.name, level),
            Object::NamedDatatype(datatype) => self.named_datatype(&datatype, &link.name, level),
            _ => Err(Error::new(format_args!("\"{}\" is of an unknown kind", link.name))),
        }
    }

    /// Prints a link that is not hard.
    fn link(&mut self, group: &Group, link: &LinkInfo, level: usize) -> Result<()> {
        let mut cursor = Cursor::at(level);
        let (keyword, lines) = link_lines(&link.link_type);
        self.line(&mut cursor, &format!("{keyword} \"{}\" {{", link.name))?;
        cursor.level += 1;
        for line in lines {
            self.line(&mut cursor, &line)?;
        }
        if let LinkType::External { path, .. } = &link.link_type {
            self.external(group, link, path, level + 2)?;
        }
        cursor.level -= 1;
        cursor.column = 1;
        self.line(&mut cursor, "}")
    }

    /// Prints a dataset, or where it was printed before.
    pub(super) fn dataset(&mut self, dataset: &Dataset, name: &str, level: usize) -> Result<()> {
        let mut cursor = Cursor::at(level);
        if self.was_printed(dataset)? {
            let path = self.objects().get(dataset.address()).map(|(_, path)| path.to_owned());
            self.line(&mut cursor, &format!("DATASET \"{name}\" {{"))?;
            cursor.level += 1;
            self.line(&mut cursor, &format!("HARDLINK \"{}\"", path.unwrap_or_default()))?;
            cursor.level -= 1;
            return self.line(&mut cursor, "}");
        }
        self.dataset_once(dataset, name, level)
    }

    /// Prints a dataset that was not printed before.
    pub(super) fn dataset_once(&mut self, dataset: &Dataset, name: &str, level: usize) -> Result<()> {
        let mut cursor = Cursor::at(level);
        self.breakable_line(&mut cursor, &format!("DATASET \"{name}\" {{"))?;
        self.comment(dataset, &mut cursor)?;
        cursor.level += 1;
        self.type_and_space(dataset, &mut cursor)?;
        self.object_id(self.handles.dataset(), &mut cursor)?;
        if self.options.properties {
            self.properties(dataset, &mut cursor)?;
        }
        if self.options.data {
            match dataset.datatype().class {
                DatatypeClass::Time { .. } => {
                    cursor.level += 1;
                    self.breakable_line(&mut cursor, "DATA{ not yet implemented.}")?;
                    cursor.level -= 1;
                }
                _ => self.all_bits(dataset, &mut cursor)?,
            }
        }
        if self.options.binary.is_none() {
            self.handles.datasets(u64::from(self.options.attributes));
            self.attributes(dataset, level + 1)?;
        }
        cursor.level -= 1;
        cursor.column = 1;
        self.breakable_line(&mut cursor, "}")
    }

    /// Prints the datatype and the dataspace of a dataset or an attribute.
    pub(super) fn type_and_space(&mut self, container: &Container, cursor: &mut Cursor) -> Result<()> {
        self.indented_type_and_space(container, 0, cursor)
    }

    /// As [`type_and_space`](Self::type_and_space), for what a reference leads to.
    pub(super) fn referred_type_and_space(
        &mut self,
        container: &Container,
        cursor: &mut Cursor,
    ) -> Result<()> {
        self.indented_type_and_space(container, 1, cursor)
    }

    /// Prints datatype and dataspace; all lines of the type but the last are so many levels deeper.
    fn indented_type_and_space(
        &mut self,
        container: &Container,
        deeper: usize,
        cursor: &mut Cursor,
    ) -> Result<()> {
        match container.named_datatype()? {
            Some(datatype) => {
                // The C tool knows only those that are linked or that datasets have.
                let name = self.objects().datatype_name(datatype.address());
                let name = name.map(|name| format!("\"{name}\""));
                self.line(cursor, &format!("DATATYPE  {}", name.as_deref().unwrap_or_default()))?;
                if name.is_none() {
                    self.complain(&Error::new("unknown committed type."));
                }
            }
            None => {
                let mut lines = datatype::describe(container.datatype(), "DATATYPE  ", "");
                let inner = lines.len().saturating_sub(1);
                lines.iter_mut().take(inner).for_each(|line| line.level += deeper);
                self.type_lines(lines, cursor)?;
            }
        }
        let space = dataspace::describe(&extents(container));
        self.line(cursor, &format!("DATASPACE {space}"))
    }

    fn type_lines(
        &mut self,
        lines: impl IntoIterator<Item = datatype::Line>,
        cursor: &mut Cursor,
    ) -> Result<()> {
        let level = cursor.level;
        for line in lines {
            cursor.level = level + line.level;
            if line.breakable {
                self.breakable_line(cursor, &line.text)?;
            } else {
                self.line(cursor, &line.text)?;
            }
        }
        cursor.level = level;
        Ok(())
    }

    /// Prints a named datatype, or where it was printed before.
    pub(super) fn named_datatype(
        &mut self,
        datatype: &NamedDatatype,
        name: &str,
        level: usize,
    ) -> Result<()> {
        let mut cursor = Cursor::at(level);
        let start = format!("DATATYPE \"{name}\" ");
        if self.was_printed(datatype)? {
            let path = self.objects().get(datatype.address()).map(|(_, path)| path.to_owned());
            self.line(&mut cursor, &start)?;
            return self.go_on(&mut cursor, &format!("HARDLINK \"{}\"", path.unwrap_or_default()));
        }
        let compound = matches!(datatype.datatype().class, DatatypeClass::Compound(_));
        let end = if compound { "" } else { ";" };
        self.line(&mut cursor, &start)?;
        let mut lines = datatype::describe(datatype.datatype(), "", end).into_iter();
        if let Some(first) = lines.next() {
            self.go_on(&mut cursor, &first.text)?;
        }
        self.type_lines(lines, &mut cursor)?;
        self.attributes(datatype.deref(), level + 1)
    }
}

/// The keyword of a link that is not hard, and the lines that describe it.
pub(super) fn link_lines(link: &LinkType) -> (&'static str, Vec<String>) {
    match link {
        LinkType::Soft(path) => ("SOFTLINK", vec![format!("LINKTARGET \"{path}\"")]),
        LinkType::External { file, path } => {
            ("EXTERNAL_LINK", vec![format!("TARGETFILE \"{file}\""), format!("TARGETPATH \"{path}\"")])
        }
        LinkType::UserDefined { class, .. } => ("USERDEFINED_LINK", vec![format!("LINKCLASS {class}")]),
        _ => ("HARDLINK", Vec::new()),
    }
}
