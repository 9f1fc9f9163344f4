//! Objects that are asked for by name.

use hdfive::{LinkType, NamedDatatype, Object};

use super::Dumper;
use super::object::link_lines;
use super::options::Wanted;
use super::subset::Part;
use crate::errors::{Error, Result};
use crate::render::Cursor;
use crate::subset::Subset;

impl Dumper<'_> {
    /// Prints what is asked for by name; an error, after which the rest is printed, if there is no
    /// such thing.
    pub(super) fn wanted(&mut self, wanted: &Wanted) -> Result<()> {
        let result = match wanted {
            Wanted::Attribute(path) => self.attribute_at(path),
            Wanted::Dataset(path, subset) => self.dataset_at(path, subset.as_ref()),
            Wanted::Group(path) => match self.opened().file.open(path) {
                Ok(Object::Group(group)) if !path.is_empty() => {
                    self.handles.groups(1);
                    self.group(&group, path, 1)
                }
                _ => {
                    self.write(&format!("\nGROUP \"{path}\" {{\n"))?;
                    self.indent(3)?;
                    self.write("}")?;
                    Err(Error::new(format_args!("unable to open group \"{path}\"")))
                }
            },
            Wanted::Link(path) => self.link_at(path),
            Wanted::Any(name) => self.any(name),
            Wanted::Datatype(path) => match self.opened().file.open(path) {
                Ok(Object::NamedDatatype(datatype)) => self.named_datatype(&datatype, path, 1),
                _ => match self.unnamed_datatype(path) {
                    Some(datatype) => self.named_datatype(&datatype, path, 1),
                    None => {
                        self.write(&format!("\nDATATYPE \"{path}\" \n"))?;
                        self.indent(3)?;
                        Err(Error::new(format_args!("unable to open datatype \"{path}\"")))
                    }
                },
            },
        };
        self.survive(result)
    }

    /// The named datatype that no link leads to, by the number that is printed of it.
    fn unnamed_datatype(&mut self, path: &str) -> Option<NamedDatatype> {
        let address: u64 = path.strip_prefix("/#")?.parse().ok()?;
        self.objects().unnamed_datatypes().into_iter().find(|datatype| datatype.address() == address)
    }

    fn dataset_at(&mut self, path: &str, subset: Option<&Subset>) -> Result<()> {
        match self.opened().file.open(path) {
            Ok(Object::Dataset(dataset)) => {
                self.handles.datasets(1);
                if let Some(subset) = subset {
                    Part::new(subset, dataset.ndim())?;
                }
                if dataset.reference_count()? > 1 && self.objects().get(dataset.address()).is_none() {
                    // A soft or external link led out of the file.
                    self.failed = true;
                    return Ok(());
                }
                if self.was_printed(&dataset)? {
                    let first = self.objects().get(dataset.address()).map(|(_, path)| path.to_owned());
                    self.write("\n")?;
                    self.indented(0, &[format!("DATASET \"{path}\" {{")])?;
                    self.indented(3, &[format!("HARDLINK \"{}\"", first.unwrap_or_default())])?;
                    self.indent(0)?;
                    return self.write("}");
                }
                self.wanted_part = subset.cloned();
                let result = self.dataset_once(&dataset, path, 1);
                self.wanted_part = None;
                result
            }
            Err(error)
                if self.opened().file.link_exists(path)
                    && matches!(self.opened().file.link(path)?.link_type, LinkType::Hard(_)) =>
            {
                Err(error.into())
            }
            _ => self.link_at(path),
        }
    }

    fn link_at(&mut self, path: &str) -> Result<()> {
        let link = self
            .opened()
            .file
            .link(path)
            .map_err(|_| Error::new(format_args!("unable to get link info from \"{path}\"")))?;
        if let LinkType::Hard(_) = link.link_type {
            return Err(Error::new(format_args!("\"{path}\" is a hard link")));
        }
        let (keyword, lines) = link_lines(&link.link_type);
        self.write(&format!("\n{keyword} \"{path}\" {{\n"))?;
        self.indented(3, &lines)?;
        self.write("}")
    }

    /// Prints the attribute whose name is after the last slash that no backslash precedes.
    fn attribute_at(&mut self, path: &str) -> Result<()> {
        let (object, name) = split_attribute(path);
        let object = if object.len() > 1 { object.trim_end_matches('/') } else { object };
        let object = match self.opened().file.open(object) {
            Ok(object) => object,
            Err(_) => {
                let mut cursor = Cursor::at(1);
                self.line(&mut cursor, &format!("ATTRIBUTE \"{path}\" {{"))?;
                self.line(&mut cursor, "}")?;
                return Err(Error::new(format_args!("unable to open object \"{object}\"")));
            }
        };
        self.handles.object(&object);
        let attribute = match &object {
            Object::Group(group) => group.attr(&name),
            Object::Dataset(dataset) => dataset.attr(&name),
            Object::NamedDatatype(datatype) => datatype.attr(&name),
            _ => return Err(Error::new(format_args!("\"{path}\" is of an unknown kind"))),
        };
        match attribute {
            Ok(attribute) => self.attribute(&attribute, 1),
            Err(_) => {
                let mut cursor = Cursor::at(1);
                self.line(&mut cursor, &format!("ATTRIBUTE \"{name}\" {{"))?;
                self.line(&mut cursor, "}")?;
                Err(Error::new(format_args!("unable to open attribute \"{name}\"")))
            }
        }
    }
}

/// Splits the path of an attribute at the last slash that no backslash precedes into the path of the
/// object and the attribute's name, in which a slash needs no backslash any more.
pub(super) fn split_attribute(path: &str) -> (&str, String) {
    let bytes = path.as_bytes();
    let slash = (0..bytes.len()).rev().find(|&at| bytes[at] == b'/' && (at == 0 || bytes[at - 1] != b'\\'));
    let (object, name) = match slash {
        Some(at) => path.split_at(at + 1),
        None => ("/", path),
    };
    (object, name.replace("\\/", "/"))
}
