//! Named datatypes.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use crate::Result;
use crate::format::message::datatype::Datatype;
use crate::location::Location;

/// A datatype with a name of its own, which datasets and attributes may share.
#[derive(Clone)]
pub struct NamedDatatype {
    location: Location,
    datatype: Arc<Datatype>,
}

impl NamedDatatype {
    pub(crate) fn open(location: Location) -> Result<Self> {
        let store = location.store()?;
        let datatype = Arc::new(location.header(&store)?.require::<Datatype>(&store)?);
        drop(store);
        Ok(Self { location, datatype })
    }

    /// The datatype.
    pub fn datatype(&self) -> &Datatype {
        &self.datatype
    }
}

impl Deref for NamedDatatype {
    type Target = Location;

    fn deref(&self) -> &Location {
        &self.location
    }
}

impl fmt::Debug for NamedDatatype {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NamedDatatype").field("path", &self.path).finish_non_exhaustive()
    }
}
