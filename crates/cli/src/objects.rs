//! Which objects a file has, under which names, and which of them are printed already.

use std::collections::{HashMap, HashSet};

use hdfive::{File, Group, LinkType, Object};

use crate::render::TargetKind;

/// The objects of a file by the address of their headers.
#[derive(Debug, Default)]
pub(crate) struct Objects {
    found: HashMap<u64, (TargetKind, String)>,
    printed: HashSet<u64>,
}

/// The kind of an object.
pub(crate) fn kind(object: &Object) -> Option<TargetKind> {
    match object {
        Object::Group(_) => Some(TargetKind::Group),
        Object::Dataset(_) => Some(TargetKind::Dataset),
        Object::NamedDatatype(_) => Some(TargetKind::Datatype),
        _ => None,
    }
}

impl Objects {
    /// Finds all objects that hard links lead to, each by its first path in the order of names.
    /// Damaged ones are left out: who asks for them is told.
    pub(crate) fn of(file: &File) -> Self {
        let mut objects = Self::default();
        objects.found.insert(file.address(), (TargetKind::Group, "/".to_owned()));
        let mut groups: Vec<(Group, String)> = vec![((**file).clone(), String::new())];
        // Depth first: a group's members come before its later siblings.
        while let Some((group, path)) = groups.pop() {
            let mut inner = Vec::new();
            for link in group.links().unwrap_or_default() {
                let LinkType::Hard(address) = link.link_type else { continue };
                let path = format!("{path}/{}", link.name);
                let Ok(object) = group.open(&link.name) else { continue };
                let Some(kind) = kind(&object) else { continue };
                let known = objects.found.contains_key(&address);
                objects.found.entry(address).or_insert_with(|| (kind, path.clone()));
                if let (Object::Group(group), false) = (object, known) {
                    inner.push((group, path));
                }
            }
            groups.extend(inner.into_iter().rev());
        }
        objects
    }

    /// The kind and the first path of the object at `address`.
    pub(crate) fn get(&self, address: u64) -> Option<(TargetKind, &str)> {
        self.found.get(&address).map(|(kind, path)| (*kind, path.as_str()))
    }

    /// Notes that the object at `address` is printed; false if it was before.
    pub(super) fn print(&mut self, address: u64) -> bool {
        self.printed.insert(address)
    }
}
