//! Making attributes.

use std::borrow::Cow;

use super::Attribute;
use crate::container::{ArrayData, DataElements, to_stored};
use crate::dataset::dataspace;
use crate::extents::Extents;
use crate::format::message;
use crate::format::message::datatype::{CharacterSet, Datatype};
use crate::format::message::shared::MaybeShared;
use crate::location::Location;
use crate::object::attributes;
use crate::types::H5Write;
use crate::{Error, Result};

/// Makes an attribute: first a type or data, then [`create`](AttributeBuilderEmpty::create).
///
/// ```
/// # fn main() -> hdfive::Result<()> {
/// # let file = hdfive::File::in_memory()?;
/// file.new_attr_builder().with_data(&["a.png", "b.png"]).create("filenames")?;
/// assert_eq!(file.attr("filenames")?.read_raw::<String>()?, ["a.png", "b.png"]);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct AttributeBuilder {
    parent: Location,
}

/// A builder of an attribute without data.
#[derive(Clone)]
pub struct AttributeBuilderEmpty {
    parent: Location,
    datatype: Datatype,
    extents: Extents,
}

/// A builder of an attribute with data.
#[derive(Clone)]
pub struct AttributeBuilderData<'d, T> {
    empty: AttributeBuilderEmpty,
    elements: DataElements<'d, T>,
}

impl AttributeBuilder {
    pub(crate) fn new(parent: Location) -> Self {
        Self { parent }
    }

    /// An attribute of elements of type `T`; a scalar, unless a shape is given.
    pub fn empty<T: H5Write>(self) -> AttributeBuilderEmpty {
        self.empty_as(&T::datatype())
    }

    /// An attribute of elements of the type `datatype`; a scalar, unless a shape is given.
    pub fn empty_as(self, datatype: &Datatype) -> AttributeBuilderEmpty {
        AttributeBuilderEmpty { parent: self.parent, datatype: datatype.clone(), extents: Extents::Scalar }
    }

    /// An attribute with the shape and the elements of `data`.
    pub fn with_data<'d, A: ArrayData<'d>>(self, data: A) -> AttributeBuilderData<'d, A::Element> {
        self.with_data_as(data, &A::Element::datatype())
    }

    /// An attribute with the shape and the elements of `data`, stored as the type `datatype`.
    pub fn with_data_as<'d, A: ArrayData<'d>>(
        self,
        data: A,
        datatype: &Datatype,
    ) -> AttributeBuilderData<'d, A::Element> {
        let empty = self.empty_as(datatype).shape(data.shape());
        AttributeBuilderData { empty, elements: data.into_elements() }
    }

    /// An attribute of one element, without dimensions.
    pub fn with_scalar<T: H5Write>(self, value: &T) -> AttributeBuilderData<'_, T> {
        AttributeBuilderData { empty: self.empty::<T>(), elements: std::slice::from_ref(value).into() }
    }
}

impl AttributeBuilderEmpty {
    /// The shape.
    #[must_use]
    pub fn shape(mut self, extents: impl Into<Extents>) -> Self {
        self.extents = extents.into();
        self
    }

    /// Creates the attribute; its elements are zero until they are written.
    ///
    /// # Errors
    /// `Usage` if the name is taken or the file is open for reading only, `Limit` if the value is
    /// too large.
    pub fn create(&self, name: &str) -> Result<Attribute> {
        self.create_with(name, |_| Ok(None))
    }

    /// Creates the attribute with the data that `data` makes for the type, or zeros.
    fn create_with<'v>(
        &self,
        name: &str,
        data: impl FnOnce(&Datatype) -> Result<Option<Cow<'v, [u8]>>>,
    ) -> Result<Attribute> {
        let create = || {
            self.extents.check()?;
            let shared = &self.parent.shared;
            shared.settings.check_datatype(&self.datatype)?;
            let (offset_size, limit) = {
                let store = shared.read()?;
                (store.widths().offset, store.limits().metadata_block)
            };
            let datatype = self.datatype.for_file(offset_size).with_minimum_version();
            let bytes = self.extents.size().checked_mul(datatype.size as usize);
            let bytes = bytes.filter(|&bytes| (bytes as u64) <= limit);
            let bytes = bytes.ok_or_else(|| Error::limit("the attribute is too large"))?;
            let data = data(&datatype)?.map_or_else(|| vec![0; bytes], Cow::into_owned);
            if data.len() != bytes {
                return Err(Error::usage("the data does not have the attribute's shape"));
            }
            let message = message::attribute::Attribute {
                version: 3,
                name: name.as_bytes().to_vec(),
                charset: if name.is_ascii() { CharacterSet::Ascii } else { CharacterSet::Utf8 },
                datatype: MaybeShared::Here(datatype),
                dataspace: MaybeShared::Here(dataspace(&self.extents)),
                data,
            };
            self.parent.edit(|store| attributes::insert(store, self.parent.address, &message))?;
            Attribute::open(self.parent.clone(), message)
        };
        create().map_err(|error: Error| error.with_path(format!("{}@{name}", self.parent.path)))
    }
}

impl<T: H5Write> AttributeBuilderData<'_, T> {
    /// Creates the attribute with its data.
    ///
    /// # Errors
    /// As for an attribute without data, and `TypeMismatch` if a value cannot be stored as the
    /// attribute's type.
    pub fn create(&self, name: &str) -> Result<Attribute> {
        let shared = &self.empty.parent.shared;
        self.empty.create_with(name, |datatype| to_stored(shared, datatype, &self.elements).map(Some))
    }
}
