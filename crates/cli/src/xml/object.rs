//! Groups, named datatypes and attributes.

use hdfive::datatype::{DatatypeClass, ReferenceType};
use hdfive::{Attribute, Extents, Group, LinkInfo, LinkType, Location, NamedDatatype, Object};

use super::Xml;
use super::data::class_number;
use super::names::escape_name;
use crate::errors::{Error, Result};
use crate::objects::{check_attributes, check_depth};

/// The path of the group that an object is in.
pub(super) fn parent(path: &str) -> &str {
    match path.rfind('/') {
        Some(0) | None => "/",
        Some(slash) => &path[..slash],
    }
}

/// The last name of a path.
fn last_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

impl Xml<'_> {
    /// Whether an object that may have several names was written before; if not, it is now.
    pub(super) fn was_written(&mut self, object: &Location) -> Result<bool> {
        Ok(object.reference_count()? > 1 && !self.objects().print(object.address()))
    }

    /// The path under which an object was written first.
    pub(super) fn first_path(&mut self, object: &Location) -> String {
        self.objects().get(object.address()).map_or(String::new(), |(_, path)| path.to_owned())
    }

    /// Writes the group at a path, which is empty for the root group, and all in it.
    pub(super) fn group(&mut self, group: &Group, path: &str, level: usize) -> Result<()> {
        check_depth(level)?;
        if path.is_empty() {
            self.objects().print(group.address());
            let id = self.ids.of("/");
            self.open(level, &format!("RootGroup OBJ-XID=\"{id}\" H5Path=\"/\""))?;
            self.attributes(group, level + 1)?;
            for datatype in self.objects().unnamed_datatypes() {
                self.named_datatype(&datatype, &format!("/#{}", datatype.address()), level + 1)?;
            }
            self.members(group, path, level + 1)?;
            return self.close(level, "RootGroup");
        }
        let (name, above) = (escape_name(last_name(path)), escape_name(parent(path)));
        // Whatever its reference count says: a damaged file may have a group below itself.
        if !self.objects().print(group.address()) {
            let first = self.first_path(group);
            let (id, parent_id) = (self.ids.of(path), self.ids.of(parent(path)));
            let number = self.ids.next_number();
            let first_name = escape_name(&first);
            let parents = format!("Parents=\"{parent_id}\" H5ParentPaths=\"{above}\"");
            self.open(
                level,
                &format!("Group Name=\"{name}\" OBJ-XID=\"{id}-{number}\" H5Path=\"{first_name}\" {parents}"),
            )?;
            let first_id = self.ids.of(&first);
            self.open(
                level + 1,
                &format!("GroupPtr OBJ-XID=\"{first_id}\" H5Path=\"{first_name}\" {parents} /"),
            )?;
        } else {
            let (id, parent_id) = (self.ids.of(path), self.ids.of(parent(path)));
            let path_name = escape_name(path);
            self.open(
                level,
                &format!(
                    "Group Name=\"{name}\" OBJ-XID=\"{id}\" H5Path=\"{path_name}\" \
                     Parents=\"{parent_id}\" H5ParentPaths=\"{above}\" "
                ),
            )?;
            self.attributes(group, level + 1)?;
            self.members(group, path, level + 1)?;
        }
        self.close(level, "Group")
    }

    fn members(&mut self, group: &Group, path: &str, level: usize) -> Result<()> {
        let links = if self.settings.by_creation { group.links_by_creation() } else { group.links() };
        let mut links = match links {
            Ok(links) => links,
            Err(error) => return self.survive(Err(error.into())),
        };
        if self.settings.descending {
            links.reverse();
        }
        for link in &links {
            let result = self.member(group, link, path, level);
            self.survive(result)?;
        }
        Ok(())
    }

    fn member(&mut self, group: &Group, link: &LinkInfo, path: &str, level: usize) -> Result<()> {
        let LinkType::Hard(_) = link.link_type else { return self.link(link, path, level) };
        let path = format!("{path}/{}", link.name);
        match group.open(&link.name)? {
            Object::Group(group) => self.group(&group, &path, level),
            Object::Dataset(dataset) => self.dataset(&dataset, &link.name, &path, level),
            Object::NamedDatatype(datatype) => self.named_datatype(&datatype, &path, level),
            _ => Err(Error::new(format_args!("unknown object \"{}\"", link.name))),
        }
    }

    /// Writes the named datatype at a path.
    fn named_datatype(&mut self, datatype: &NamedDatatype, path: &str, level: usize) -> Result<()> {
        let name = last_name(path);
        let (id, parent_id) = (self.ids.of(path), self.ids.of(parent(path)));
        let parents = format!("Parents=\"{parent_id}\" H5ParentPaths=\"{}\"", escape_name(parent(path)));
        let unnamed = name.starts_with('#');
        let path = if unnamed { String::new() } else { format!("H5Path=\"{}\" ", escape_name(path)) };
        let name = escape_name(name);
        self.open(level, &format!("NamedDataType Name=\"{name}\" OBJ-XID=\"{id}\" {path}{parents}"))?;
        if !unnamed && self.was_written(datatype)? {
            let first = self.first_path(datatype);
            let (id, path) = (self.ids.of(&first), escape_name(&first));
            self.open(level + 1, &format!("NamedDatatypePtr OBJ-XID=\"{id}\" H5Path=\"{path}\"/"))?;
        } else {
            self.datatype_element(datatype.datatype(), level + 1)?;
        }
        self.close(level, "NamedDataType")
    }

    /// Writes the attributes of an object.
    pub(super) fn attributes(&mut self, object: &Location, level: usize) -> Result<()> {
        let attributes = if self.settings.by_creation { object.attrs_by_creation() } else { object.attrs() };
        let mut attributes = match attributes {
            Ok(attributes) => attributes,
            Err(error) => return self.survive(Err(error.into())),
        };
        if let Err(error) = check_attributes(object, &attributes) {
            return self.survive(Err(error));
        }
        if self.settings.descending {
            attributes.reverse();
        }
        for attribute in &attributes {
            let result = self.attribute(attribute, level);
            self.survive(result)?;
        }
        Ok(())
    }

    fn attribute(&mut self, attribute: &Attribute, level: usize) -> Result<()> {
        self.open(level, &format!("Attribute Name=\"{}\"", escape_name(&attribute.name())))?;
        self.dataspace(attribute, level + 1)?;
        self.container_type(attribute, level + 1)?;
        let inner = level + 1;
        if !self.settings.attribute_data || attribute.extents() == Extents::Null {
            self.no_data(inner)?;
            return self.close(level, "Attribute");
        }
        match &attribute.datatype().class {
            DatatypeClass::Time { .. } => {
                self.open(inner + 1, "Data")?;
                self.comment(inner + 1, "Time data not yet implemented.")?;
                self.open(inner + 1, "NoData/")?;
                // Not an end tag, and always of this namespace.
                self.line(inner + 1, "<hdf5:Data>")?;
                self.close(inner + 1, "Data")?;
            }
            DatatypeClass::Reference(ReferenceType::Object) => {
                self.references(attribute, inner)?;
            }
            DatatypeClass::Reference(_) => self.no_references(inner)?,
            class => {
                if let Some(note) = format_note(class) {
                    self.comment(inner, note)?;
                }
                match class_number(class) {
                    Some(number) => self.unknown_data(number, inner)?,
                    None => self.data(attribute, inner)?,
                }
            }
        }
        self.close(level, "Attribute")
    }
}

/// What is said before elements of classes for which the schema has no rules.
pub(super) fn format_note(class: &DatatypeClass) -> Option<&'static str> {
    match class {
        DatatypeClass::Compound(_) => Some("Note: format of compound data not specified"),
        class if is_sequence(class) => Some("Note: format of VL data not specified"),
        _ => None,
    }
}

/// Whether the elements are sequences of variable length, not strings.
pub(super) fn is_sequence(class: &DatatypeClass) -> bool {
    matches!(class, DatatypeClass::VarLen(class) if class.kind == hdfive::datatype::VarLenKind::Sequence)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_have_parents() {
        assert_eq!(parent("/a"), "/");
        assert_eq!(parent("/a/b"), "/a");
        assert_eq!(last_name("/a/b"), "b");
    }
}
