//! Attributes: small named values of an object.

mod builder;
mod value;

pub use builder::{AttributeBuilder, AttributeBuilderData, AttributeBuilderEmpty};
pub(crate) use value::Value;

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use crate::Result;
use crate::container::{Container, Source};
use crate::dataset::extents;
use crate::format::message;
use crate::location::Location;
use crate::object::shared;

/// A small named value of a group, a dataset or a named datatype; it is read and written like a
/// dataset.
#[derive(Clone)]
pub struct Attribute {
    container: Container,
    name: Arc<str>,
}

impl Attribute {
    pub(crate) fn open(location: Location, message: message::attribute::Attribute) -> Result<Self> {
        let name: Arc<str> = String::from_utf8_lossy(&message.name).into();
        let store = location.store()?;
        let resolve = || {
            Ok((shared::resolve(&store, &message.datatype)?, shared::resolve(&store, &message.dataspace)?))
        };
        let resolved: Result<_> = resolve();
        drop(store);
        let (datatype, space) =
            resolved.map_err(|error| error.with_path(format!("{}@{name}", location.path)))?;
        let value = Value::new(message, extents(&space));
        let source = Source::Attribute(Arc::new(value));
        Ok(Self { container: Container::new(location, Arc::new(datatype), source), name })
    }

    /// The attribute's name.
    pub fn name(&self) -> String {
        self.name.to_string()
    }
}

impl Deref for Attribute {
    type Target = Container;

    fn deref(&self) -> &Container {
        &self.container
    }
}

impl fmt::Debug for Attribute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Attribute")
            .field("object", &self.container.path)
            .field("name", &self.name)
            .field("shape", &self.shape())
            .finish_non_exhaustive()
    }
}
