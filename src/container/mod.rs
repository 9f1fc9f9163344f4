//! What datasets and attributes have in common: elements of a type, in a shape.

mod access;
#[cfg(feature = "ndarray")]
mod array;
mod data;
pub(crate) mod objects;
mod read;
mod write;

pub use access::{Conversion, Reader, Writer};
pub use data::{ArrayData, DataElements};
pub(crate) use write::to_stored;

use std::ops::Deref;
use std::sync::Arc;

use crate::attribute::Value;
use crate::dataset::State;
use crate::dataspace::Dataspace;
use crate::extents::Extents;
use crate::format::message::datatype::Datatype;
use crate::location::Location;
use crate::named_datatype::NamedDatatype;
use crate::object::shared;
use crate::{Error, Result};

/// A dataset or an attribute: elements of one type, in a shape.
#[derive(Clone)]
pub struct Container {
    location: Location,
    datatype: Arc<Datatype>,
    pub(crate) source: Source,
}

/// Where the elements are.
#[derive(Clone)]
pub(crate) enum Source {
    Attribute(Arc<Value>),
    Dataset(Arc<State>),
}

impl Container {
    pub(crate) fn new(location: Location, datatype: Arc<Datatype>, source: Source) -> Self {
        Self { location, datatype, source }
    }

    /// The type of the elements, as stored.
    ///
    /// # Errors
    /// None at present; the signature is that of the C binding.
    pub fn dtype(&self) -> Result<Datatype> {
        Ok((*self.datatype).clone())
    }

    /// The type of the elements, as stored.
    pub fn datatype(&self) -> &Datatype {
        &self.datatype
    }

    /// The named datatype that the elements are of, if they are of one. Its own name may be any: the
    /// file says only where it is.
    ///
    /// # Errors
    /// `Format` if the header of the object or of the datatype is damaged.
    pub fn named_datatype(&self) -> Result<Option<NamedDatatype>> {
        let store = self.store()?;
        let address = match &self.source {
            Source::Attribute(value) => value.committed_datatype(),
            Source::Dataset(_) => shared::committed_of(&store, &*self.location.header(&store)?)?,
        };
        let locate = |address| {
            let path = format!("{} (its datatype)", self.path).into();
            Location::new(&self.shared, &store, address, path)
        };
        let location = address.map(locate);
        drop(store);
        location.map(NamedDatatype::open).transpose()
    }

    /// The current and maximum sizes.
    pub fn extents(&self) -> Extents {
        match &self.source {
            Source::Attribute(value) => value.extents.clone(),
            Source::Dataset(state) => state.extents(),
        }
    }

    /// The current and maximum sizes, to select from.
    ///
    /// # Errors
    /// None at present; the signature is that of the C binding.
    pub fn space(&self) -> Result<Dataspace> {
        Ok(Dataspace::of(self.extents()))
    }

    /// The current size of each dimension; none for a scalar.
    pub fn shape(&self) -> Vec<usize> {
        self.extents().dims()
    }

    /// The number of dimensions.
    pub fn ndim(&self) -> usize {
        self.extents().ndim()
    }

    /// The number of elements.
    pub fn size(&self) -> usize {
        self.extents().size()
    }

    /// Whether this is one element without dimensions.
    pub fn is_scalar(&self) -> bool {
        self.extents().is_scalar()
    }

    /// Names the object in an error.
    pub(crate) fn locate(&self, error: Error) -> Error {
        match &self.source {
            Source::Attribute(value) => {
                error.with_path(format!("{}@{}", self.path, String::from_utf8_lossy(&value.name)))
            }
            Source::Dataset(_) => error.with_path(&*self.path),
        }
    }
}

impl Deref for Container {
    type Target = Location;

    fn deref(&self) -> &Location {
        &self.location
    }
}
