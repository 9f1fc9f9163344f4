//! Groups: members by name.

mod builder;
mod links;
mod visit;

pub use builder::GroupBuilder;
pub use links::{LinkInfo, LinkType};
pub use visit::{IndexType, IterationOrder};

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use crate::dataset::{Dataset, DatasetBuilder, DatasetBuilderEmpty};
use crate::file::Shared;
use crate::format::message::Message;
use crate::format::message::datatype::Datatype;
use crate::format::message::link::LinkTarget;
use crate::location::Location;
use crate::named_datatype::NamedDatatype;
use crate::object::group::{self, Kind};
use crate::object::header::{self, flags};
use crate::object::path::{self, Resolved};
use crate::store::Store;
use crate::types::H5Write;
use crate::{Error, Result};

/// A group: a folder of groups, datasets and named datatypes.
///
/// Names may be paths: `"a/b"` is `b` in the group `a` of this one, `"/a"` starts at the root.
#[derive(Clone)]
pub struct Group(Location);

/// What a name can lead to.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Object {
    /// A group.
    Group(Group),
    /// A dataset.
    Dataset(Dataset),
    /// A datatype with a name of its own.
    NamedDatatype(NamedDatatype),
}

/// The kinds of object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum LocationType {
    /// A group.
    Group,
    /// A dataset.
    Dataset,
    /// A datatype with a name of its own.
    NamedDatatype,
}

impl Group {
    pub(crate) fn root(shared: Arc<Shared>) -> Result<Self> {
        let store = shared.read()?;
        let root = Location::new(&shared, &store, store.root()?, "/".into());
        Ok(Self(root))
    }

    pub(crate) fn new(location: Location) -> Self {
        Self(location)
    }

    /// The path of `name` in this group.
    pub(super) fn path_of(&self, name: &str) -> Arc<str> {
        if name.starts_with('/') {
            name.into()
        } else {
            format!("{}/{name}", self.path.trim_end_matches('/')).into()
        }
    }

    /// Where `name` leads, within this file or, by external links, another.
    fn locate(&self, name: &str) -> Result<Location> {
        let store = self.store()?;
        let resolved = path::resolve(&store, store.root()?, self.address, name.as_bytes());
        if let Ok(Resolved::Object(address)) = resolved {
            return Ok(Location::new(&self.shared, &store, address, self.path_of(name)));
        }
        drop(store);
        resolved
            .and_then(|resolved| self.go_on(resolved))
            .map_err(|error| error.with_path(&*self.path_of(name)))
    }

    /// The object at the end of a way that leads on through other files.
    fn go_on(&self, mut resolved: Resolved) -> Result<Location> {
        let mut shared = self.shared.clone();
        let hops = shared.read()?.limits().link_hops;
        for _ in 0..=hops {
            let Resolved::External { file, path } = resolved else {
                return Err(Error::usage("the path leads through no external link"));
            };
            shared = shared.family.clone().follow(&file, &shared.origin)?;
            let store = shared.read()?;
            let root = store.root()?;
            resolved = path::resolve(&store, root, root, &path)?;
            if let Resolved::Object(address) = resolved {
                let path = String::from_utf8_lossy(&path);
                let path = format!("/{}", path.trim_start_matches('/')).into();
                return Ok(Location::new(&shared, &store, address, path));
            }
        }
        Err(Error::limit("the path leads through too many external links"))
    }

    fn kind(location: &Location) -> Result<Kind> {
        group::kind(&*location.store()?, location.address)
    }

    /// The kind of the object called `name`, which may be damaged otherwise.
    ///
    /// # Errors
    /// `NotFound` if there is none, `Format` if its header does not tell.
    pub fn loc_type_by_name(&self, name: &str) -> Result<LocationType> {
        let location = self.locate(name)?;
        let kind = Self::kind(&location).map_err(|error| error.with_path(&*location.path))?;
        Ok(match kind {
            Kind::Group => LocationType::Group,
            Kind::Dataset => LocationType::Dataset,
            Kind::NamedDatatype => LocationType::NamedDatatype,
        })
    }

    /// The object called `name`, whatever it is.
    ///
    /// # Errors
    /// `NotFound` if there is none, `Format` if it is damaged.
    pub fn open(&self, name: &str) -> Result<Object> {
        let location = self.locate(name)?;
        let path = location.path.clone();
        Self::open_location(location).map_err(|error| error.with_path(&*path))
    }

    pub(crate) fn open_location(location: Location) -> Result<Object> {
        Ok(match Self::kind(&location)? {
            Kind::Group => Object::Group(Self(location)),
            Kind::Dataset => Object::Dataset(Dataset::open(location)?),
            Kind::NamedDatatype => Object::NamedDatatype(NamedDatatype::open(location)?),
        })
    }

    /// The group called `name`.
    ///
    /// # Errors
    /// `NotFound` if there is none, `TypeMismatch` if it is no group.
    pub fn group(&self, name: &str) -> Result<Self> {
        match self.open(name)? {
            Object::Group(group) => Ok(group),
            _ => Err(Error::type_mismatch("the object is not a group").with_path(&*self.path_of(name))),
        }
    }

    /// The dataset called `name`.
    ///
    /// # Errors
    /// `NotFound` if there is none, `TypeMismatch` if it is no dataset.
    pub fn dataset(&self, name: &str) -> Result<Dataset> {
        match self.open(name)? {
            Object::Dataset(dataset) => Ok(dataset),
            _ => Err(Error::type_mismatch("the object is not a dataset").with_path(&*self.path_of(name))),
        }
    }

    /// The named datatype called `name`.
    ///
    /// # Errors
    /// `NotFound` if there is none, `TypeMismatch` if it is no datatype.
    pub fn named_datatype(&self, name: &str) -> Result<NamedDatatype> {
        match self.open(name)? {
            Object::NamedDatatype(datatype) => Ok(datatype),
            _ => Err(Error::type_mismatch("the object is not a datatype").with_path(&*self.path_of(name))),
        }
    }

    /// Creates a group, with the groups on the way to it.
    ///
    /// # Errors
    /// `Usage` if the name is taken or the file is open for reading only.
    pub fn create_group(&self, name: &str) -> Result<Self> {
        self.create_group_builder().create(name)
    }

    /// Makes a group with options.
    pub fn create_group_builder(&self) -> GroupBuilder {
        GroupBuilder::new(self.clone())
    }

    /// Gives a copy of `datatype` a name of its own in the file.
    ///
    /// ```
    /// # fn main() -> hdfive::Result<()> {
    /// # let file = hdfive::File::in_memory()?;
    /// use hdfive::Datatype;
    ///
    /// file.commit_datatype("types/position", &Datatype::of::<[f64; 3]>())?;
    /// let position = file.named_datatype("types/position")?;
    /// position.new_attr::<String>().create("unit")?.write_scalar(&"km".to_owned())?;
    /// assert_eq!(position.datatype().to_string(), "[float64; 3]");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// `Usage` if the name is taken or the file is open for reading only.
    pub fn commit_datatype(&self, name: &str, datatype: &Datatype) -> Result<()> {
        let settings = &self.shared.settings;
        let commit = |store: &mut Store| {
            let link = self.new_link(store, name)?;
            let datatype = datatype.for_file(store.widths().offset);
            let message = Message::new(&datatype, store.widths())?;
            let messages = vec![Message { flags: flags::CONSTANT | flags::DONT_SHARE, ..message }];
            let address = header::create(store, messages, &settings.header_options())?;
            self.insert(store, link, LinkTarget::Hard(address))
        };
        self.edit(commit).map_err(|error| error.with_path(&*self.path_of(name)))
    }

    /// Makes a dataset of elements of type `T`; a scalar, unless a shape is given.
    pub fn new_dataset<T: H5Write>(&self) -> DatasetBuilderEmpty {
        self.new_dataset_builder().empty::<T>()
    }

    /// Makes a dataset, of a type or with data.
    pub fn new_dataset_builder(&self) -> DatasetBuilder {
        DatasetBuilder::new(self.clone())
    }
}

impl Deref for Group {
    type Target = Location;

    fn deref(&self) -> &Location {
        &self.0
    }
}

impl fmt::Debug for Group {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Group").field("path", &self.path).finish_non_exhaustive()
    }
}
