//! Links that are not hard.

use hdfive::{LinkInfo, LinkType};

use super::Xml;
use super::names::escape_name;
use crate::errors::Result;

impl Xml<'_> {
    /// Writes a link that is not hard, of the group at a path.
    pub(super) fn link(&mut self, link: &LinkInfo, group: &str, level: usize) -> Result<()> {
        let name = escape_name(&link.name);
        let path = escape_name(&format!("{group}/{}", link.name));
        // The object is looked for under the escaped name.
        let (id, parent_id) = (self.ids.of(&path), self.ids.of(group));
        let above = if group.is_empty() { "/".to_owned() } else { escape_name(group) };
        let parents = format!("Parents=\"{parent_id}\" H5ParentPaths=\"{above}\"");
        let start =
            |kind: &str| format!("{kind} LinkName=\"{name}\" OBJ-XID=\"{id}\" H5SourcePath=\"{path}\"");
        let tag = match &link.link_type {
            LinkType::Soft(target) => {
                let full = if target.starts_with('/') { target.clone() } else { format!("{group}/{target}") };
                let object = self.ids.find(&full).map(|id| format!("TargetObj=\"{id}\""));
                let object = object.unwrap_or_default();
                let target = escape_name(target);
                format!("{} TargetPath=\"{target}\" {object} {parents} /", start("SoftLink"))
            }
            LinkType::External { file, path } => {
                let target = format!("TargetFilename=\"{file}\"  TargetPath=\"{path}\"");
                format!("{} {target}  {parents} /", start("ExternalLink"))
            }
            LinkType::UserDefined { class, .. } => {
                format!("{} LinkClass=\"{class}\"  {parents} /", start("UserDefined"))
            }
            _ => return Ok(()),
        };
        self.open(level, &tag)
    }
}
