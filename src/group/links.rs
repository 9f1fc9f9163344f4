//! The links of a group: listing, making, moving, removing.

use super::{Group, Object};
use crate::dataset::Dataset;
use crate::format::message::datatype::CharacterSet;
use crate::format::message::link::{Link, LinkTarget};
use crate::location::Location;
use crate::named_datatype::NamedDatatype;
use crate::object::group::{self, Kind};
use crate::object::links::{self, ListOrder};
use crate::object::path::{self, Resolved};
use crate::object::reference;
use crate::store::Store;
use crate::{Error, ErrorKind, Result};

/// What kind of link a name is, and where it leads.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum LinkType {
    /// To the object at this address.
    Hard(u64),
    /// To a path in the same file.
    Soft(String),
    /// To a path in another file.
    External {
        /// The file's path, as stored.
        file: String,
        /// The object's path in it.
        path: String,
    },
    /// A class of link that a user defined.
    UserDefined {
        /// The class's number, from 65.
        class: u8,
        /// What is stored with it.
        data: Vec<u8>,
    },
}

/// A link of a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkInfo {
    /// The name.
    pub name: String,
    /// Its position in the order of creation, if the group keeps that.
    pub creation_order: Option<u64>,
    /// Where it leads.
    pub link_type: LinkType,
}

impl From<Link> for LinkInfo {
    fn from(link: Link) -> Self {
        let text = |bytes: Vec<u8>| match String::from_utf8(bytes) {
            Ok(text) => text,
            Err(error) => String::from_utf8_lossy(error.as_bytes()).into_owned(),
        };
        Self {
            name: text(link.name),
            creation_order: link.creation_order,
            link_type: match link.target {
                LinkTarget::Hard(address) => LinkType::Hard(address),
                LinkTarget::Soft(path) => LinkType::Soft(text(path)),
                LinkTarget::External { file, path, .. } => {
                    LinkType::External { file: text(file), path: text(path) }
                }
                LinkTarget::User { class, data } => LinkType::UserDefined { class, data },
            },
        }
    }
}

/// A group, and a name in it that a link has.
struct Parent {
    group: u64,
    name: String,
}

/// The place of a new link, which is to be used before anything else changes the group.
pub(crate) struct NewLink<'n> {
    group: u64,
    name: &'n str,
    vacancy: links::Vacancy,
}

fn charset(name: &str) -> CharacterSet {
    if name.is_ascii() { CharacterSet::Ascii } else { CharacterSet::Utf8 }
}

impl Group {
    /// The number of members.
    ///
    /// # Errors
    /// `Format` if the group is damaged.
    pub fn len(&self) -> Result<u64> {
        links::count(&*self.store()?, self.address).map_err(|error| error.with_path(&*self.path))
    }

    /// Whether the group has no members.
    ///
    /// # Errors
    /// `Format` if the group is damaged.
    pub fn is_empty(&self) -> Result<bool> {
        Ok(self.len()? == 0)
    }

    fn list(&self, order: ListOrder) -> Result<Vec<Link>> {
        links::list(&*self.store()?, self.address, order).map_err(|error| error.with_path(&*self.path))
    }

    /// The names of all members, sorted.
    ///
    /// # Errors
    /// `Format` if the group is damaged.
    pub fn member_names(&self) -> Result<Vec<String>> {
        Ok(self.links()?.into_iter().map(|link| link.name).collect())
    }

    /// All links, sorted by name.
    ///
    /// # Errors
    /// `Format` if the group is damaged.
    pub fn links(&self) -> Result<Vec<LinkInfo>> {
        Ok(self.list(ListOrder::ByName)?.into_iter().map(LinkInfo::from).collect())
    }

    /// All links, in the order in which they were made if the group keeps that, else by name.
    ///
    /// # Errors
    /// `Format` if the group is damaged.
    pub fn links_by_creation(&self) -> Result<Vec<LinkInfo>> {
        let tracked = links::creation_order(&*self.store()?, self.address)
            .map_err(|error| error.with_path(&*self.path))?
            .is_tracked();
        let order = if tracked { ListOrder::ByCreation } else { ListOrder::ByName };
        Ok(self.list(order)?.into_iter().map(LinkInfo::from).collect())
    }

    /// All links, in the order in which they are stored: what the C library calls native.
    ///
    /// # Errors
    /// `Format` if the group is damaged.
    pub fn links_as_stored(&self) -> Result<Vec<LinkInfo>> {
        let links = links::stored(&*self.store()?, self.address);
        let links = links.map_err(|error| error.with_path(&*self.path))?;
        Ok(links.into_iter().map(LinkInfo::from).collect())
    }

    /// The link called `name`, itself, not what it leads to.
    ///
    /// # Errors
    /// `NotFound` if there is none.
    pub fn link(&self, name: &str) -> Result<LinkInfo> {
        let find = || {
            let store = self.store()?;
            let parent = path::resolve_parent(&store, store.root()?, self.address, name.as_bytes())?;
            let last = parent.name.ok_or_else(|| Error::usage(format!("\"{name}\" names no link")))?;
            let link = if let Resolved::Object(group) = parent.group {
                links::get(&store, group, last)?
            } else {
                drop(store);
                let group = self.go_on(parent.group)?;
                links::get(&*group.store()?, group.address, last)?
            };
            link.map(LinkInfo::from).ok_or_else(|| Error::not_found("there is no such link"))
        };
        find().map_err(|error| error.with_path(&*self.path_of(name)))
    }

    /// Whether `name` is a link, even one that leads nowhere.
    pub fn link_exists(&self, name: &str) -> bool {
        self.link(name).is_ok()
    }

    /// All members, by name; links that lead nowhere are left out.
    ///
    /// # Errors
    /// `Format` if a member is damaged.
    pub fn members(&self) -> Result<Vec<(String, Object)>> {
        let mut members = Vec::new();
        for link in self.links()? {
            match self.open(&link.name) {
                Ok(object) => members.push((link.name, object)),
                Err(error) => match link.link_type {
                    LinkType::Hard(_) => return Err(error),
                    _ => continue,
                },
            }
        }
        Ok(members)
    }

    /// The groups of this group, by name.
    ///
    /// # Errors
    /// As [`members`](Self::members).
    pub fn groups(&self) -> Result<Vec<Self>> {
        self.members_of(Kind::Group)?.into_iter().map(|location| Ok(Self::new(location))).collect()
    }

    /// The datasets of this group, by name.
    ///
    /// # Errors
    /// As [`members`](Self::members).
    pub fn datasets(&self) -> Result<Vec<Dataset>> {
        self.members_of(Kind::Dataset)?.into_iter().map(Dataset::open).collect()
    }

    /// The named datatypes of this group, by name.
    ///
    /// # Errors
    /// As [`members`](Self::members).
    pub fn named_datatypes(&self) -> Result<Vec<NamedDatatype>> {
        self.members_of(Kind::NamedDatatype)?.into_iter().map(NamedDatatype::open).collect()
    }

    fn members_of(&self, kind: Kind) -> Result<Vec<Location>> {
        let mut found = Vec::new();
        for link in self.links()? {
            let location = match (self.locate(&link.name), link.link_type) {
                (Ok(location), _) => location,
                (Err(error), LinkType::Hard(_)) => return Err(error),
                (Err(_), _) => continue,
            };
            if Self::kind(&location)? == kind {
                found.push(location);
            }
        }
        Ok(found)
    }

    /// The group in which the link `name` is, and its last component.
    fn find_parent(&self, store: &Store, name: &str) -> Result<Parent> {
        let parent = path::resolve_parent(store, store.root()?, self.address, name.as_bytes())
            .map_err(|error| error.with_path(&*self.path_of(name)))?;
        match (parent.group, parent.name) {
            (Resolved::Object(group), Some(name)) => {
                Ok(Parent { group, name: String::from_utf8_lossy(name).into_owned() })
            }
            (Resolved::External { .. }, _) => Err(Error::unsupported("the path leads to another file")),
            (Resolved::Object(_), None) => Err(Error::usage(format!("\"{name}\" names no link"))),
        }
    }

    /// Refuses a new link called `name` if a group on the way to it is missing.
    ///
    /// # Errors
    /// `NotFound`.
    pub(crate) fn require_way(&self, store: &Store, name: &str) -> Result<()> {
        path::resolve_parent(store, store.root()?, self.address, name.as_bytes())
            .map(drop)
            .map_err(|error| error.with_path(&*self.path_of(name)))
    }

    /// The place of a new link called `name`; the groups on the way that are missing are made.
    ///
    /// # Errors
    /// `Usage` if the name is taken.
    pub(crate) fn new_link<'n>(&self, store: &mut Store, name: &'n str) -> Result<NewLink<'n>> {
        let trimmed = name.trim_end_matches('/');
        let (groups, last) = trimmed.rsplit_once('/').unwrap_or(("", trimmed));
        let root = store.root()?;
        let mut group = if name.starts_with('/') { root } else { self.address };
        for name in groups.split('/').filter(|name| !name.is_empty() && *name != ".") {
            group = match path::resolve(store, root, group, name.as_bytes()) {
                Ok(Resolved::Object(address)) => address,
                Ok(Resolved::External { .. }) => {
                    return Err(Error::unsupported("the path leads to another file"));
                }
                Err(error)
                    if error.kind() == ErrorKind::NotFound
                        && links::get(store, group, name.as_bytes())?.is_none() =>
                {
                    let vacancy = links::vacancy(store, group, name.as_bytes())?;
                    let new = group::create_group(store, &self.shared.settings.group_options())?;
                    self.insert(store, NewLink { group, name, vacancy }, LinkTarget::Hard(new))?;
                    new
                }
                Err(error) => return Err(error.with_path(&*self.path_of(trimmed))),
            };
        }
        if last.is_empty() || last == "." {
            return Err(Error::usage(format!("\"{name}\" is no name for a new link")));
        }
        let vacancy = links::vacancy(store, group, last.as_bytes())
            .map_err(|error| error.with_path(&*self.path_of(name)))?;
        Ok(NewLink { group, name: last, vacancy })
    }

    /// Adds a link.
    pub(crate) fn insert(&self, store: &mut Store, new: NewLink<'_>, target: LinkTarget) -> Result<()> {
        let NewLink { name, vacancy, .. } = new;
        let link =
            Link { name: name.as_bytes().to_vec(), charset: charset(name), creation_order: None, target };
        vacancy.fill(store, link).map_err(|error| error.with_path(&*self.path_of(name)))
    }

    fn link_to(&self, name: &str, target: LinkTarget) -> Result<()> {
        self.edit(|store| {
            let link = self.new_link(store, name)?;
            self.insert(store, link, target)
        })
    }

    /// Makes a link to the path `target`, which need not exist.
    ///
    /// # Errors
    /// `Usage` if the name is taken or the file is open for reading only.
    pub fn link_soft(&self, target: &str, link_name: &str) -> Result<()> {
        self.link_to(link_name, LinkTarget::Soft(target.as_bytes().to_vec()))
    }

    /// Gives the object at the path `target` another name.
    ///
    /// # Errors
    /// `NotFound` if there is no such object, `Usage` if the name is taken or the file is open for
    /// reading only, `Unsupported` if the object is in another file.
    pub fn link_hard(&self, target: &str, link_name: &str) -> Result<()> {
        self.edit(|store| {
            let resolved = path::resolve(store, store.root()?, self.address, target.as_bytes())
                .map_err(|error| error.with_path(&*self.path_of(target)))?;
            let Resolved::Object(address) = resolved else {
                return Err(Error::unsupported("the path leads to another file").with_path(target));
            };
            let NewLink { group, name, .. } = self.new_link(store, link_name)?;
            // The object may be the very group that gets the link.
            reference::increment(store, address)?;
            let vacancy = links::vacancy(store, group, name.as_bytes())?;
            self.insert(store, NewLink { group, name, vacancy }, LinkTarget::Hard(address))
        })
    }

    /// Makes a link to the path `target` of the file `file`; neither needs to exist.
    ///
    /// # Errors
    /// `Usage` if the name is taken or the file is open for reading only.
    pub fn link_external(&self, file: &str, target: &str, link_name: &str) -> Result<()> {
        let target = LinkTarget::External {
            flags: 0,
            file: file.as_bytes().to_vec(),
            path: target.as_bytes().to_vec(),
        };
        self.link_to(link_name, target)
    }

    /// Moves the link `name` to `path`, in this group or another.
    ///
    /// # Errors
    /// `NotFound` if there is no such link, `Usage` if `path` is taken.
    pub fn relink(&self, name: &str, path: &str) -> Result<()> {
        self.edit(|store| {
            let from = self.find_parent(store, name)?;
            let link = links::get(store, from.group, from.name.as_bytes())?
                .ok_or_else(|| Error::not_found("there is no such link").with_path(&*self.path_of(name)))?;
            let to = self.new_link(store, path)?;
            self.insert(store, to, link.target)?;
            links::remove(store, from.group, from.name.as_bytes()).map(drop)
        })
    }

    /// Removes the link `name`; the object goes with its last hard link, and its space is free
    /// after the next flush.
    ///
    /// # Errors
    /// `NotFound` if there is no such link, `Usage` if the file is open for reading only.
    pub fn unlink(&self, name: &str) -> Result<()> {
        // Deletion frees what the file says that a dataset has, so the file has to know it all.
        let _turn = self.shared.alone();
        self.shared.write_dirty()?;
        let mut deleted = Vec::new();
        let result = self.edit(|store| {
            let parent = self.find_parent(store, name)?;
            let link = links::remove(store, parent.group, parent.name.as_bytes())
                .map_err(|error| error.with_path(&*self.path_of(name)))?;
            let LinkTarget::Hard(address) = link.target else { return Ok(()) };
            reference::decrement(store, address, &mut |store, header| {
                deleted.push(header.address());
                crate::dataset::free_storage(store, header)
            })
        });
        result?;
        deleted.into_iter().for_each(|address| self.shared.forget(address));
        Ok(())
    }
}
