//! Which objects a file has, under which names, and which of them are printed already.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};

use hdfive::datatype::{Datatype, DatatypeClass};
use hdfive::{Attribute, File, Group, LinkInfo, LinkType, Location, NamedDatatype, Object};

use crate::errors::{Error, Result};
use crate::render::TargetKind;

/// How deep groups may nest: each level takes some of the stack, which a damaged file must not
/// exhaust.
const MAX_DEPTH: usize = 512;

/// Refuses a group at this depth.
pub(crate) fn check_depth(depth: usize) -> Result<()> {
    if depth <= MAX_DEPTH {
        return Ok(());
    }
    Err(Error::new(format_args!("groups nest more than {MAX_DEPTH} deep")))
}

/// The objects of a file by the address of their headers.
#[derive(Debug, Default)]
pub(crate) struct Objects {
    found: HashMap<u64, (TargetKind, String)>,
    /// Named datatypes of datasets in the order in which they were met, with the path of the first
    /// dataset.
    datatypes: Vec<(NamedDatatype, String)>,
    printed: HashSet<u64>,
    /// What is wrong with the first object that cannot be opened.
    damage: Option<String>,
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

/// Whether so few of a number's bits are significant that the C library takes it for damaged, if no checksum
/// says otherwise.
fn is_sparse(datatype: &Datatype) -> bool {
    let sparse = |offset: u16, precision: u16| {
        let (size, used) = (8 * u64::from(datatype.size), u64::from(precision) + u64::from(offset));
        datatype.size > 1 && u64::from(precision) < size && size > 2 * used
    };
    match &datatype.class {
        DatatypeClass::Integer(class) => sparse(class.bit_offset, class.precision),
        DatatypeClass::Float(class) => sparse(class.bit_offset, class.precision),
        DatatypeClass::Bitfield(class) => sparse(class.bit_offset, class.precision),
        DatatypeClass::Enum(class) => is_sparse(&class.base),
        DatatypeClass::Array(class) => is_sparse(&class.base),
        DatatypeClass::VarLen(class) => is_sparse(&class.base),
        DatatypeClass::Compound(class) => class.members.iter().any(|member| is_sparse(&member.datatype)),
        _ => false,
    }
}

/// Refuses a datatype in a header without checksums that the C library takes for damaged.
fn check_bits(header: &Location, datatype: &Datatype) -> Result<()> {
    if !is_sparse(datatype) || header.header_info()?.version > 1 {
        return Ok(());
    }
    Err(Error::new("the datatype has unusually many unused bits, so that the file may be damaged"))
}

fn check_type(object: &Object) -> Result<()> {
    match object {
        Object::Dataset(dataset) if is_sparse(dataset.datatype()) => match dataset.named_datatype()? {
            Some(named) => check_bits(&named, dataset.datatype()),
            None => check_bits(dataset, dataset.datatype()),
        },
        Object::NamedDatatype(named) => check_bits(named, named.datatype()),
        _ => Ok(()),
    }
}

/// Refuses attributes of an object among which is one that the C library takes for damaged.
pub(crate) fn check_attributes(object: &Location, attributes: &[Attribute]) -> Result<()> {
    attributes.iter().try_for_each(|attribute| check_bits(object, attribute.datatype()))
}

/// A group whose links are being followed.
struct Level {
    group: Group,
    path: String,
    links: std::vec::IntoIter<LinkInfo>,
}

impl Objects {
    /// Finds all objects that hard links lead to, each by its first path: the links of a group in
    /// this order, and what is in a group before what follows it. Damaged objects are left out: who
    /// asks for them is told.
    pub(crate) fn in_order(file: &File, order: Visit) -> Self {
        let mut objects = Self::default();
        objects.found.insert(file.address(), (TargetKind::Group, "/".to_owned()));
        let mut levels = Vec::from_iter(objects.note(order.level((**file).clone(), String::new())));
        while let Some(level) = levels.last_mut() {
            let Some(link) = level.links.next() else {
                levels.pop();
                continue;
            };
            let LinkType::Hard(address) = link.link_type else { continue };
            if objects.found.contains_key(&address) {
                continue;
            }
            let path = format!("{}/{}", level.path, link.name);
            let opened = level.group.open(&link.name).map_err(Error::from);
            // The C library looks for names no further than where it cannot tell what an object is.
            let lost = opened.is_err() && order.stored && level.group.loc_type_by_name(&link.name).is_err();
            let opened = opened.and_then(|object| {
                if !order.stored {
                    check_type(&object)?;
                }
                Ok(object)
            });
            let object = match objects.note(opened) {
                Some(object) => object,
                None if lost => break,
                None => continue,
            };
            let Some(kind) = kind(&object) else { continue };
            objects.found.insert(address, (kind, path.clone()));
            match object {
                Object::Group(group) => match objects.note(order.level(group, path)) {
                    Some(level) => levels.push(level),
                    None if order.stored => break,
                    None => {}
                },
                Object::Dataset(dataset) => {
                    let datatype = dataset.named_datatype().ok().flatten();
                    objects.datatypes.extend(datatype.map(|datatype| (datatype, path)));
                }
                _ => {}
            }
        }
        let mut met = HashSet::new();
        objects.datatypes.retain(|(datatype, _)| met.insert(datatype.address()));
        objects
    }

    /// The objects by the names that the C library finds for them.
    pub(crate) fn as_stored(file: &File) -> Self {
        Self::in_order(file, Visit { stored: true, ..Visit::default() })
    }

    /// The result, or a note of the first error.
    fn note<T>(&mut self, result: Result<T>) -> Option<T> {
        match result {
            Ok(value) => Some(value),
            Err(error) => {
                self.damage.get_or_insert_with(|| error.to_string());
                None
            }
        }
    }

    /// Refuses a file in which not every object can be opened.
    pub(crate) fn check(&self) -> Result<()> {
        self.damage.as_ref().map_or(Ok(()), |damage| Err(Error::new(damage)))
    }

    /// How many datasets there are.
    pub(crate) fn datasets(&self) -> u64 {
        self.found.values().filter(|(kind, _)| *kind == TargetKind::Dataset).count() as u64
    }

    /// The kind and the first path of the object at `address`.
    pub(crate) fn get(&self, address: u64) -> Option<(TargetKind, &str)> {
        self.found.get(&address).map(|(kind, path)| (*kind, path.as_str()))
    }

    /// The named datatypes that datasets have, but no link leads to.
    pub(crate) fn unnamed_datatypes(&self) -> Vec<NamedDatatype> {
        let unnamed = |datatype: &&NamedDatatype| !self.found.contains_key(&datatype.address());
        self.datatypes.iter().map(|(datatype, _)| datatype).filter(unnamed).cloned().collect()
    }

    /// The path of the first dataset whose datatype is the named one at `address`.
    pub(crate) fn user_of(&self, address: u64) -> Option<&str> {
        let user = self.datatypes.iter().find(|(datatype, _)| datatype.address() == address);
        user.map(|(_, path)| path.as_str())
    }

    /// The path of the named datatype at `address`, or a number if no link leads to it,
    /// but a dataset has it.
    pub(crate) fn datatype_name(&self, address: u64) -> Option<String> {
        let linked = self.get(address).map(|(_, path)| path.to_owned());
        linked.or_else(|| self.user_of(address).map(|_| format!("/#{address}")))
    }

    /// Notes that the object at `address` is printed; false if it was before.
    pub(crate) fn print(&mut self, address: u64) -> bool {
        self.printed.insert(address)
    }
}

/// What an object has whatever its kind.
pub(crate) fn location(object: &Object) -> Option<&Location> {
    match object {
        Object::Group(group) => Some(group),
        Object::Dataset(dataset) => Some(dataset),
        Object::NamedDatatype(datatype) => Some(datatype),
        _ => None,
    }
}

/// What is done with everything in a file.
pub(crate) trait Visitor {
    /// A hard link leads to the object; `first` is the path by which it was met before.
    fn object(&mut self, path: &str, object: &Object, kind: TargetKind, first: Option<&str>) -> Result<()>;

    /// A link of `group` that is not hard.
    fn link(&mut self, path: &str, group: &Group, link: &LinkInfo) -> Result<()>;
}

/// In which order links are followed.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Visit {
    /// By the order in which links were made, in groups that keep it, else by name.
    pub(crate) by_creation: bool,
    /// As the links are stored, whatever the other fields say.
    pub(crate) stored: bool,
    pub(crate) descending: bool,
}

impl Visit {
    /// Visits the root group, then all links; what is in a group before what follows it.
    pub(crate) fn all(self, file: &File, visitor: &mut dyn Visitor) -> Result<()> {
        let root = (**file).clone();
        visitor.object("/", &Object::Group(root.clone()), TargetKind::Group, None)?;
        let mut met = HashMap::from([(root.address(), "/".to_owned())]);
        let mut levels = vec![self.level(root, String::new())?];
        while let Some(level) = levels.last_mut() {
            let Some(link) = level.links.next() else {
                levels.pop();
                continue;
            };
            let path = format!("{}/{}", level.path, link.name);
            let LinkType::Hard(address) = link.link_type else {
                visitor.link(&path, &level.group, &link)?;
                continue;
            };
            let object = level.group.open(&link.name)?;
            let Some(kind) = kind(&object) else { continue };
            visitor.object(&path, &object, kind, met.get(&address).map(String::as_str))?;
            if let Entry::Vacant(entry) = met.entry(address) {
                entry.insert(path.clone());
                if let Object::Group(group) = object {
                    levels.push(self.level(group, path)?);
                }
            }
        }
        Ok(())
    }

    fn level(self, group: Group, path: String) -> Result<Level> {
        let mut links = match self {
            Self { stored: true, .. } => group.links_as_stored(),
            Self { by_creation: true, .. } => group.links_by_creation(),
            _ => group.links(),
        }?;
        if self.descending && !self.stored {
            links.reverse();
        }
        Ok(Level { group, path, links: links.into_iter() })
    }
}

#[cfg(test)]
mod tests {
    use hdfive::datatype::{ByteOrder, Datatype};

    use super::*;

    #[test]
    fn numbers_with_few_significant_bits_are_sparse() {
        let of = |precision, bit_offset| {
            let mut datatype = Datatype::integer(4, true, ByteOrder::Little);
            if let DatatypeClass::Integer(class) = &mut datatype.class {
                (class.precision, class.bit_offset) = (precision, bit_offset);
            }
            datatype
        };
        assert!(is_sparse(&of(15, 0)) && is_sparse(&of(8, 7)) && is_sparse(&Datatype::var_len(of(1, 0))));
        assert!(!is_sparse(&of(16, 0)) && !is_sparse(&of(8, 8)) && !is_sparse(&of(32, 0)));
    }
}
