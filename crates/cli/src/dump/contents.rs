//! The list of all objects and links.

use hdfive::{Attribute, Group, LinkInfo, LinkType, Location, Object};

use super::Dumper;
use crate::errors::Result;
use crate::objects::{Visitor, check_attributes, location};
use crate::render::TargetKind;

impl Dumper<'_> {
    /// Prints the list of the contents, with attributes or without.
    pub(super) fn contents(&mut self, with_attributes: bool) -> Result<()> {
        self.write("\nFILE_CONTENTS {\n")?;
        for datatype in self.objects().unnamed_datatypes() {
            self.write(&format!(" {:<10} /#{}\n", "datatype", datatype.address()))?;
        }
        let root = self.opened().file.clone();
        let result = self.options.order().all(&root, &mut List { dumper: self, with_attributes });
        self.survive(result)?;
        self.write(" }\n")
    }

    /// The attributes of an object, in the order that the options ask for.
    pub(super) fn attributes_in_order(&self, object: &Location) -> Result<Vec<Attribute>> {
        let mut attributes =
            if self.options.by_creation { object.attrs_by_creation() } else { object.attrs() }?;
        check_attributes(object, &attributes)?;
        if self.options.descending {
            attributes.reverse();
        }
        Ok(attributes)
    }
}

/// Prints a line for each object and link.
struct List<'d, 'a> {
    dumper: &'d mut Dumper<'a>,
    with_attributes: bool,
}

impl List<'_, '_> {
    /// Prints to the standard output, wherever the outline goes.
    fn print(&mut self, line: &str) -> Result<()> {
        Ok(self.dumper.out.console().write_all(line.as_bytes())?)
    }
}

impl Visitor for List<'_, '_> {
    fn object(&mut self, path: &str, object: &Object, kind: TargetKind, first: Option<&str>) -> Result<()> {
        let kind = match kind {
            TargetKind::Group => "group",
            TargetKind::Dataset => "dataset",
            TargetKind::Datatype => "datatype",
        };
        if let Some(first) = first {
            return self.print(&format!(" {kind:<10} {path} -> {first}\n"));
        }
        self.print(&format!(" {kind:<10} {path}\n"))?;
        if self.with_attributes
            && let Some(location) = location(object)
        {
            let separator = if path == "/" { "" } else { "/" };
            // Damaged attributes are not listed.
            for attribute in self.dumper.attributes_in_order(location).unwrap_or_default() {
                let line = format!(" {:<10} {path}{separator}{}\n", "attribute", attribute.name());
                self.print(&line)?;
            }
        }
        Ok(())
    }

    fn link(&mut self, path: &str, _: &Group, link: &LinkInfo) -> Result<()> {
        self.print(&match &link.link_type {
            LinkType::Soft(target) => format!(" {:<10} {path} -> {target}\n", "link"),
            LinkType::External { file, path: target } => {
                format!(" {:<10} {path} -> {file} {target}\n", "ext link")
            }
            _ => format!(" unknown type of UD link {path} -> ???\n"),
        })
    }
}
