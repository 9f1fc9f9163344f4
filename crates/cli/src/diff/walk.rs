//! The objects below a group, and where links lead.

use std::collections::{HashMap, HashSet};

use hdfive::{ErrorKind, File, Group, LinkType, Location, LocationType, Object};

use super::state::Pair;
use crate::errors::{Error, Result};
use crate::objects::check_depth;

/// What a path is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Kind {
    Group,
    Dataset,
    Datatype,
    SoftLink,
    /// An external link, or one of a class that a user defined.
    OtherLink,
    Unknown,
}

impl Kind {
    pub(super) fn of(object: &Object) -> Self {
        match object {
            Object::Group(_) => Self::Group,
            Object::Dataset(_) => Self::Dataset,
            Object::NamedDatatype(_) => Self::Datatype,
            _ => Self::Unknown,
        }
    }

    /// That of a link that is not followed.
    fn of_link(link: &LinkType) -> Self {
        if matches!(link, LinkType::Soft(_)) { Self::SoftLink } else { Self::OtherLink }
    }

    pub(super) fn is_link(self) -> bool {
        matches!(self, Self::SoftLink | Self::OtherLink)
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Dataset => "H5G_DATASET",
            Self::Group => "H5G_GROUP",
            Self::Datatype => "H5G_TYPE",
            Self::SoftLink => "H5G_LINK",
            Self::OtherLink => "H5G_UDLINK",
            Self::Unknown => "unknown type",
        }
    }
}

/// What tells an object from all others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Identity {
    file: String,
    address: u64,
}

impl Identity {
    pub(super) fn of(object: &Object) -> Option<Self> {
        let location: &Location = match object {
            Object::Group(group) => group,
            Object::Dataset(dataset) => dataset,
            Object::NamedDatatype(datatype) => datatype,
            _ => return None,
        };
        Some(Self { file: location.filename(), address: location.address() })
    }
}

/// Its device and its number there, whatever it is called.
#[cfg(unix)]
fn file_id(name: &str) -> Option<FileId> {
    use std::os::unix::fs::MetadataExt;
    std::fs::metadata(name).ok().map(|metadata| (metadata.dev(), metadata.ino()))
}

/// Its path, without symbolic links.
#[cfg(not(unix))]
fn file_id(name: &str) -> Option<FileId> {
    std::fs::canonicalize(name).ok()
}

/// What tells a file from all others.
#[cfg(unix)]
type FileId = (u64, u64);
#[cfg(not(unix))]
type FileId = std::path::PathBuf;

/// The names of the two files that are compared, and of which files all names are that were met.
pub(super) struct SameFiles<'n> {
    compared: &'n Pair<String>,
    ids: HashMap<String, Option<FileId>>,
}

impl<'n> SameFiles<'n> {
    pub(super) fn new(compared: &'n Pair<String>) -> Self {
        Self { compared, ids: HashMap::new() }
    }

    /// Whether both names are those of one file.
    fn same_file(&mut self, first: &str, second: &str) -> bool {
        if first == second {
            return true;
        }
        for name in [first, second] {
            if !self.ids.contains_key(name) {
                self.ids.insert(name.to_owned(), file_id(name));
            }
        }
        let id = |name: &str| self.ids.get(name).and_then(Option::as_ref);
        id(first).is_some() && id(first) == id(second)
    }

    /// Whether two objects are known to be the same one of the files that are compared. What external links
    /// lead to in others is opened anew each time, and so is never known to be the same.
    pub(super) fn same_object(&mut self, first: Option<&Identity>, second: Option<&Identity>) -> bool {
        let (Some(first), Some(second)) = (first, second) else { return false };
        let compared = self.compared;
        first.address == second.address
            && !first.file.is_empty()
            && self.same_file(&first.file, &second.file)
            && compared.iter().any(|file| self.same_file(&first.file, file))
    }
}

/// A path below a group.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) path: String,
    pub(super) kind: Kind,
    pub(super) identity: Option<Identity>,
}

impl Entry {
    pub(super) fn of(path: &str, object: &Object) -> Self {
        Self { path: path.to_owned(), kind: Kind::of(object), identity: Identity::of(object) }
    }

    pub(super) fn link(path: &str, link: &LinkType) -> Self {
        Self { path: path.to_owned(), kind: Kind::of_link(link), identity: None }
    }
}

/// What a path leads to.
#[derive(Debug, Clone)]
pub(super) enum Lead {
    /// An object, by hard links.
    Object,
    /// A link, and the object that it leads to if links are followed.
    Link(LinkType, Option<(Kind, Option<Identity>)>),
    /// Nothing.
    Dangling,
}

/// Whether an error says that a link leads nowhere.
fn leads_nowhere(error: &hdfive::Error) -> bool {
    matches!(error.kind(), ErrorKind::NotFound | ErrorKind::Io)
}

/// Where a path leads.
///
/// # Errors
/// That there is no such link, or that following it fails.
pub(super) fn lead(file: &File, path: &str, follow: bool) -> Result<Lead> {
    if path == "/" {
        return Ok(Lead::Object);
    }
    let link = file.link(path)?.link_type;
    if matches!(link, LinkType::Hard(_)) {
        return Ok(Lead::Object);
    }
    if !follow {
        return Ok(Lead::Link(link, None));
    }
    match file.open(path) {
        Ok(object) => Ok(Lead::Link(link, Some((Kind::of(&object), Identity::of(&object))))),
        Err(error) if leads_nowhere(&error) => Ok(Lead::Dangling),
        Err(error) => Err(error.into()),
    }
}

/// The object that a hard link leads to, opened if that is possible; if it is not, comparing it fails, but
/// what it is may be known.
///
/// # Errors
/// That it is not.
pub(super) fn hard(group: &Group, name: &str, path: &str, address: u64) -> Result<(Entry, Option<Object>)> {
    match group.open(name) {
        Ok(object) => Ok((Entry::of(path, &object), Some(object))),
        Err(error) => {
            let kind = match group.loc_type_by_name(name) {
                Ok(LocationType::Dataset) => Kind::Dataset,
                Ok(LocationType::NamedDatatype) => Kind::Datatype,
                _ => return Err(error.into()),
            };
            let identity = Some(Identity { file: group.filename(), address });
            Ok((Entry { path: path.to_owned(), kind, identity }, None))
        }
    }
}

/// All paths below a group.
pub(super) struct Walk {
    pub(super) entries: Vec<Entry>,
    follow: bool,
    /// Links that were followed.
    followed: HashSet<(Kind, String)>,
    /// Whether a link led nowhere.
    pub(super) dangling: bool,
    /// What there is to say of links that could not be followed.
    pub(super) complaints: String,
}

/// What is said of a group or link below which something is damaged.
const NO_CONTENTS: &str = "Error: Could not get file contents\n";

impl Walk {
    /// The group at `path` itself, and what is below it.
    pub(super) fn of(file: &File, path: &str, follow: bool) -> (Self, Result<()>) {
        let mut walk = Self {
            entries: Vec::new(),
            follow,
            followed: HashSet::new(),
            dangling: false,
            complaints: String::new(),
        };
        let object = if path == "/" { Ok(Object::Group((**file).clone())) } else { file.open(path) };
        let result = object.map_err(Error::from).and_then(|object| walk.visit_from(object, path, 0));
        (walk, result)
    }

    fn visit_from(&mut self, object: Object, path: &str, depth: usize) -> Result<()> {
        self.visit(object, path, depth).inspect_err(|_| self.complaints.push_str(NO_CONTENTS))
    }

    fn visit(&mut self, object: Object, path: &str, depth: usize) -> Result<()> {
        self.entries.push(Entry::of(path, &object));
        if let Object::Group(group) = object {
            let mut seen = HashSet::from([group.address()]);
            self.members(&group, path.trim_end_matches('/'), &mut seen, depth)?;
        }
        Ok(())
    }

    fn members(&mut self, group: &Group, path: &str, seen: &mut HashSet<u64>, depth: usize) -> Result<()> {
        check_depth(depth)?;
        for link in group.links()? {
            let path = format!("{path}/{}", link.name);
            if let LinkType::Hard(address) = link.link_type {
                let (entry, object) = hard(group, &link.name, &path, address)?;
                self.entries.push(entry);
                if let Some(Object::Group(member)) = object
                    && seen.insert(member.address())
                {
                    self.members(&member, &path, seen, depth + 1)?;
                }
            } else {
                self.link(group, &link.name, &link.link_type, &path, depth)?;
            }
        }
        Ok(())
    }

    /// What a link leads to takes its place, unless another link led there before.
    fn link(&mut self, group: &Group, name: &str, link: &LinkType, path: &str, depth: usize) -> Result<()> {
        if !self.follow {
            self.entries.push(Entry::link(path, link));
            return Ok(());
        }
        let target = match link {
            LinkType::Soft(target) => target,
            LinkType::External { path, .. } => path,
            _ => {
                self.complaints.push_str("Error: Invalid link type\n");
                return Err(Error::new(format_args!("{path}: a link of an unknown class")));
            }
        };
        let object = match group.open(name) {
            Ok(object) => object,
            Err(error) if leads_nowhere(&error) => {
                self.dangling = true;
                self.entries.push(Entry::link(path, link));
                return Ok(());
            }
            Err(error) => return Err(error.into()),
        };
        if !self.followed.insert((Kind::of_link(link), target.clone())) {
            return Ok(());
        }
        self.visit_from(object, path, depth + 1)
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn objects_of_one_file_are_the_same_whatever_it_is_called() {
        let dir = tempfile::tempdir().unwrap();
        let path = |name: &str| dir.path().join(name).to_string_lossy().into_owned();
        let [first, linked, other] = ["a.h5", "b.h5", "c.h5"].map(path);
        std::fs::write(&first, "a").unwrap();
        std::fs::write(&other, "c").unwrap();
        std::os::unix::fs::symlink(&first, &linked).unwrap();
        let hard = path("d.h5");
        std::fs::hard_link(&first, &hard).unwrap();
        let object = |file: &String, address| Identity { file: file.clone(), address };
        let same = |compared: [&String; 2], first: &Identity, second: &Identity| {
            SameFiles::new(&compared.map(String::clone)).same_object(Some(first), Some(second))
        };
        for name in [&first, &linked, &hard] {
            assert!(same([&first, name], &object(&first, 96), &object(name, 96)), "{name}");
            assert!(!same([&first, name], &object(&first, 96), &object(name, 97)), "{name}");
            assert!(!same([&other, &other], &object(&first, 96), &object(name, 96)), "{name}");
        }
        assert!(!same([&first, &other], &object(&first, 96), &object(&other, 96)));
        // A family has no file of its name.
        let family = path("%05d.h5");
        assert!(same([&family, &family], &object(&family, 96), &object(&family, 96)));
        assert!(!same([&family, &first], &object(&family, 96), &object(&first, 96)));
        assert!(!SameFiles::new(&[first.clone(), first.clone()]).same_object(Some(&object(&first, 1)), None));
    }
}
