//! Objects, links and attributes that a name alone asks for.

use hdfive::{Group, LinkInfo, LinkType, Object};

use super::Dumper;
use super::options::Wanted;
use super::paths::split_attribute;
use crate::errors::{Error, Result};
use crate::objects::{Visitor, location};
use crate::render::TargetKind;

impl Dumper<'_> {
    /// Prints all that is called `name`.
    pub(super) fn any(&mut self, name: &str) -> Result<()> {
        let root = self.opened().file.clone();
        self.handles.groups(1);
        self.options.order().all(&root, &mut Search { dumper: self, name })
    }
}

/// Prints what has the name.
struct Search<'d, 'a, 'n> {
    dumper: &'d mut Dumper<'a>,
    name: &'n str,
}

impl Visitor for Search<'_, '_, '_> {
    fn object(&mut self, path: &str, object: &Object, kind: TargetKind, _: Option<&str>) -> Result<()> {
        self.dumper.handles.object(object);
        let (_, attribute) = split_attribute(self.name);
        let has = location(object).map(|location| location.attr_exists(&attribute));
        if let Some(Ok(true)) = has {
            let found = match self.name.starts_with('/') {
                true => self.name.to_owned(),
                false => format!("{}/{}", path.trim_end_matches('/'), self.name),
            };
            self.dumper.wanted(&Wanted::Attribute(found))?;
        }
        if path == self.name {
            let path = path.to_owned();
            self.dumper.wanted(&match kind {
                TargetKind::Group => Wanted::Group(path),
                TargetKind::Dataset => Wanted::Dataset(path, None),
                TargetKind::Datatype => Wanted::Datatype(path),
            })?;
        }
        // The links are followed from the root group, which is opened for that.
        self.dumper.handles.groups(u64::from(path == "/"));
        Ok(())
    }

    fn link(&mut self, path: &str, _: &Group, link: &LinkInfo) -> Result<()> {
        if path.strip_prefix('/') == Some(self.name) || path == self.name {
            if let LinkType::UserDefined { .. } = link.link_type {
                self.dumper.complain(&Error::new("unknown link type value"));
                return Ok(());
            }
            self.dumper.wanted(&Wanted::Link(self.name.to_owned()))?;
        }
        Ok(())
    }
}
