//! What groups, datasets and attributes have in common: a place in a file, and attributes.

use std::sync::{Arc, RwLockReadGuard};

use crate::attribute::{Attribute, AttributeBuilder, AttributeBuilderEmpty};
use crate::file::{File, Shared};
use crate::format::message::object::{Comment, ModificationTime, OldModificationTime};
use crate::object::header;
use crate::object::links::ListOrder;
use crate::object::{attributes, header::Header};
use crate::store::{Rank, Store};
use crate::types::H5Write;
use crate::{Error, Result};

/// An object of a file: a group or a dataset, or the object that an attribute belongs to.
#[derive(Clone)]
pub struct Location {
    pub(crate) shared: Arc<Shared>,
    /// The address of the object's header.
    pub(crate) address: u64,
    pub(crate) path: Arc<str>,
    /// How many objects of the file were deleted when the object was found: if it is deleted later,
    /// its address may become that of another.
    deletions: u64,
}

/// When things happened to an object, in seconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct ObjectTimes {
    /// When its raw data was last read or written.
    pub access: i64,
    /// When its raw data was last written.
    pub modification: i64,
    /// When its header was last changed.
    pub change: i64,
    /// When it was made.
    pub birth: i64,
}

impl Location {
    /// The object that `store`, that of `shared`, has at `address`.
    pub(crate) fn new(shared: &Arc<Shared>, store: &Store, address: u64, path: Arc<str>) -> Self {
        Self { shared: shared.clone(), address, path, deletions: store.deletions() }
    }

    /// An error if the object is deleted.
    pub(crate) fn check(&self, store: &Store) -> Result<()> {
        if store.is_deleted(self.address, self.deletions) { Err(self.deleted()) } else { Ok(()) }
    }

    #[cold]
    fn deleted(&self) -> Error {
        Error::not_found("the object is deleted").with_path(&*self.path)
    }

    /// The file's store, in which the object is.
    pub(crate) fn store(&self) -> Result<RwLockReadGuard<'_, Store>> {
        let store = self.shared.read()?;
        self.check(&store)?;
        Ok(store)
    }

    /// Changes the file's store, in which the object is, all or nothing.
    pub(crate) fn edit<R>(&self, change: impl FnOnce(&mut Store) -> Result<R>) -> Result<R> {
        self.shared.edit(|store| {
            self.check(store)?;
            change(store)
        })
    }

    pub(crate) fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }

    pub(crate) fn header(&self, store: &Store) -> Result<Arc<Header>> {
        header::load(store, self.address).map_err(|error| error.with_path(&*self.path))
    }

    fn update(&self, edit: impl FnOnce(&mut Header) -> Result<()>) -> Result<()> {
        self.edit(|store| header::update(store, self.address, Rank::Linking, edit))
            .map_err(|error| error.with_path(&*self.path))
    }

    /// The path by which the object was opened, from the root group.
    pub fn name(&self) -> String {
        self.path.to_string()
    }

    /// The path of the file; empty if it is not a file of the operating system.
    pub fn filename(&self) -> String {
        self.shared.path.to_string_lossy().into_owned()
    }

    /// The file that the object is in.
    ///
    /// # Errors
    /// `Format` if the root group is damaged.
    pub fn file(&self) -> Result<File> {
        File::from_shared(self.shared.clone())
    }

    /// The address of the object's header, relative to the end of the user block; it names the
    /// object within the file.
    pub fn address(&self) -> u64 {
        self.address
    }

    /// The number of hard links to the object.
    ///
    /// # Errors
    /// `Format` if the header is damaged.
    pub fn reference_count(&self) -> Result<u32> {
        let store = self.store()?;
        self.header(&store)?.reference_count(&store)
    }

    /// When the object was last changed, in seconds since 1970, if it keeps that.
    ///
    /// # Errors
    /// `Format` if the header is damaged.
    pub fn modification_time(&self) -> Result<Option<i64>> {
        let store = self.store()?;
        let header = self.header(&store)?;
        if let Some(times) = header.times() {
            return Ok(Some(times.modification.into()));
        }
        if let Some(time) = header.find::<ModificationTime>(&store)? {
            return Ok(Some(time.seconds.into()));
        }
        Ok(header.find::<OldModificationTime>(&store)?.and_then(|time| time.seconds()))
    }

    /// The object's times, if it keeps them: only headers of version 2 can.
    ///
    /// # Errors
    /// `Format` if the header is damaged.
    pub fn times(&self) -> Result<Option<ObjectTimes>> {
        let store = self.store()?;
        Ok(self.header(&store)?.times().map(|times| ObjectTimes {
            access: times.access.into(),
            modification: times.modification.into(),
            change: times.change.into(),
            birth: times.birth.into(),
        }))
    }

    /// The comment, if the object has one.
    ///
    /// # Errors
    /// `Format` if the header is damaged.
    pub fn comment(&self) -> Result<Option<String>> {
        let store = self.store()?;
        let comment = self.header(&store)?.find::<Comment>(&store)?;
        Ok(comment.map(|comment| String::from_utf8_lossy(&comment.text).into_owned()))
    }

    /// Sets the comment.
    ///
    /// # Errors
    /// `Usage` if the file is open for reading only.
    pub fn set_comment(&self, comment: &str) -> Result<()> {
        let comment = Comment { text: comment.as_bytes().to_vec() };
        self.update(|header| header.set(&comment, 0))
    }

    /// Removes the comment.
    ///
    /// # Errors
    /// `Usage` if the file is open for reading only.
    pub fn clear_comment(&self) -> Result<()> {
        self.update(|header| {
            header.remove::<Comment>();
            Ok(())
        })
    }

    /// The attribute called `name`.
    ///
    /// # Errors
    /// `NotFound` if there is none.
    pub fn attr(&self, name: &str) -> Result<Attribute> {
        let found = attributes::get(&*self.store()?, self.address, name.as_bytes())?;
        let message = found.ok_or_else(|| {
            Error::not_found(format!("there is no attribute \"{name}\"")).with_path(&*self.path)
        })?;
        Attribute::open(self.clone(), message)
    }

    /// Whether there is an attribute called `name`.
    ///
    /// # Errors
    /// `Format` if the header is damaged.
    pub fn attr_exists(&self, name: &str) -> Result<bool> {
        Ok(attributes::get(&*self.store()?, self.address, name.as_bytes())?.is_some())
    }

    /// The number of attributes.
    ///
    /// # Errors
    /// `Format` if the header is damaged.
    pub fn attr_count(&self) -> Result<u64> {
        attributes::count(&*self.store()?, self.address)
    }

    /// All attributes, sorted by name.
    ///
    /// # Errors
    /// `Format` if an attribute is damaged.
    pub fn attrs(&self) -> Result<Vec<Attribute>> {
        let messages = attributes::list(&*self.store()?, self.address, ListOrder::ByName)?;
        messages.into_iter().map(|message| Attribute::open(self.clone(), message)).collect()
    }

    /// All attributes, in the order in which they were made if the object keeps that, else by name.
    ///
    /// # Errors
    /// `Format` if an attribute is damaged.
    pub fn attrs_by_creation(&self) -> Result<Vec<Attribute>> {
        let store = self.store()?;
        let tracked = self.header(&store)?.attribute_order().is_tracked();
        let order = if tracked { ListOrder::ByCreation } else { ListOrder::ByName };
        let messages = attributes::list(&store, self.address, order)?;
        drop(store);
        messages.into_iter().map(|message| Attribute::open(self.clone(), message)).collect()
    }

    /// The names of all attributes, sorted.
    ///
    /// # Errors
    /// `Format` if an attribute is damaged.
    pub fn attr_names(&self) -> Result<Vec<String>> {
        let messages = attributes::list(&*self.store()?, self.address, ListOrder::ByName)?;
        Ok(messages.iter().map(|message| String::from_utf8_lossy(&message.name).into_owned()).collect())
    }

    /// Makes an attribute of elements of type `T`; a scalar, unless a shape is given.
    ///
    /// ```
    /// # fn main() -> hdfive::Result<()> {
    /// # let file = hdfive::File::in_memory()?;
    /// file.new_attr::<f64>().create("scale")?.write_scalar(&0.5)?;
    /// assert_eq!(file.attr("scale")?.read_scalar::<f64>()?, 0.5);
    /// # Ok(())
    /// # }
    /// ```
    pub fn new_attr<T: H5Write>(&self) -> AttributeBuilderEmpty {
        self.new_attr_builder().empty::<T>()
    }

    /// Makes an attribute, of a type or with data.
    pub fn new_attr_builder(&self) -> AttributeBuilder {
        AttributeBuilder::new(self.clone())
    }

    /// Removes the attribute called `name`.
    ///
    /// # Errors
    /// `NotFound` if there is none, `Usage` if the file is open for reading only.
    pub fn delete_attr(&self, name: &str) -> Result<()> {
        self.edit(|store| attributes::remove(store, self.address, name.as_bytes()))
            .map(drop)
            .map_err(|error| error.with_path(&*self.path))
    }

    /// Gives the attribute called `name` the name `new`.
    ///
    /// # Errors
    /// `NotFound` if there is none, `Usage` if there is one called `new` or the file is open for
    /// reading only.
    pub fn rename_attr(&self, name: &str, new: &str) -> Result<()> {
        self.edit(|store| attributes::rename(store, self.address, name.as_bytes(), new.as_bytes()))
            .map_err(|error| error.with_path(&*self.path))
    }
}
