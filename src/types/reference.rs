//! References as elements.

use std::fmt;

use super::{H5Type, Heap, REFERENCE_SIZE, fill_image, image_array};
use crate::format::message::datatype::{Datatype, DatatypeClass, ReferenceType};
use crate::format::reference::{Part, Reference};
use crate::format::selection::Selection;
use crate::format::{Reader, Structure, Widths, encode};
use crate::{Error, Result};

/// A reference to an object of the same file, as every release of HDF5 knows it: the address of the
/// object. [`Location::dereference`](crate::Location::dereference) opens the object.
///
/// ```
/// use hdfive::{Object, ObjectReference};
///
/// # fn main() -> hdfive::Result<()> {
/// let file = hdfive::File::in_memory()?;
/// let ships = file.create_group("ships")?;
/// let references = [ships.object_reference(), ObjectReference::NULL];
/// let dataset = file.new_dataset_builder().with_data(&references).create("references")?;
///
/// let read: Vec<ObjectReference> = dataset.read_raw()?;
/// let Object::Group(group) = file.dereference(read[0])? else { panic!("it refers to a group") };
/// assert_eq!(group.address(), ships.address());
/// assert!(read[1].is_null());
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectReference(u64);

impl ObjectReference {
    /// The reference to nothing.
    pub const NULL: Self = Self(0);

    pub(crate) fn to_address(address: u64) -> Self {
        Self(address)
    }

    /// Whether this refers to nothing.
    pub fn is_null(self) -> bool {
        self.0 == 0
    }

    /// The address of the object's header; none for a reference to nothing.
    pub fn address(self) -> Option<u64> {
        (self.0 != 0).then_some(self.0)
    }
}

impl H5Type for ObjectReference {
    const SIZE: usize = 8;

    fn datatype() -> Datatype {
        Datatype::object_reference()
    }

    fn decode(image: &[u8], _: &Heap) -> Result<Self> {
        image_array(image).map(u64::from_le_bytes).map(Self)
    }

    fn encode(&self, image: &mut [u8], _: &mut Heap) -> Result<()> {
        fill_image(image, &self.0.to_le_bytes())
    }
}

/// A reference to a region of a dataset of the same file, as every release of HDF5 knows it.
///
/// [`Dataset::region_reference`](crate::Dataset::region_reference) makes one,
/// [`Location::dereference_region`](crate::Location::dereference_region) opens the dataset and tells
/// the region.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct RegionReference(Option<Reference>);

/// A reference of HDF5 1.12 and later (`H5R_ref_t`): to an object, a region of a dataset or an
/// attribute, perhaps of another file. References of earlier kinds can be read as these, too.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct StdReference(Option<Reference>);

/// What the two have in common.
macro_rules! heap_reference {
    ($($name:ident: $class:expr),*) => {$(
        impl $name {
            /// The reference to nothing.
            pub const NULL: Self = Self(None);

            pub(crate) fn new(reference: Reference) -> Self {
                Self(Some(reference))
            }

            /// Whether this refers to nothing.
            pub fn is_null(&self) -> bool {
                self.0.is_none()
            }

            /// The address of the object's header; none for a reference to nothing.
            pub fn address(&self) -> Option<u64> {
                self.0.as_ref().map(|reference| reference.address)
            }
        }

        impl H5Type for $name {
            const SIZE: usize = REFERENCE_SIZE;
            const ALIGN: usize = align_of::<u64>();

            fn datatype() -> Datatype {
                Datatype::new(REFERENCE_SIZE as u32, DatatypeClass::Reference($class))
            }

            fn decode(image: &[u8], heap: &Heap) -> Result<Self> {
                let bytes = heap.get(image, 1)?;
                if bytes.is_empty() {
                    return Ok(Self::NULL);
                }
                let mut r = Reader::new(bytes, 0, Widths::default(), Reference::NAME);
                Ok(Self(Some(Reference::decode(&mut r, &())?)))
            }

            fn encode(&self, image: &mut [u8], heap: &mut Heap) -> Result<()> {
                match &self.0 {
                    None => heap.put(image, 0, &[]),
                    Some(reference) => {
                        let bytes = encode(reference, &(), Widths::default())?;
                        heap.put(image, bytes.len(), &bytes)
                    }
                }
            }
        }
    )*};
}
heap_reference!(RegionReference: ReferenceType::Region, StdReference: ReferenceType::StandardObject);

impl StdReference {
    /// What kind of thing this refers to; none for a reference to nothing.
    pub fn kind(&self) -> Option<ReferenceType> {
        self.0.as_ref().map(|reference| match reference.part {
            Part::Object => ReferenceType::StandardObject,
            Part::Region { .. } => ReferenceType::StandardRegion,
            Part::Attribute(_) => ReferenceType::StandardAttribute,
        })
    }

    /// The name of the attribute, if this refers to one.
    pub fn attribute_name(&self) -> Option<String> {
        match &self.0.as_ref()?.part {
            Part::Attribute(name) => Some(String::from_utf8_lossy(name).into_owned()),
            _ => None,
        }
    }

    /// The name of the file that the object is in, if it is another one.
    pub fn file_name(&self) -> Option<String> {
        self.file_bytes().map(|name| String::from_utf8_lossy(name).into_owned())
    }

    /// The region, if this refers to one.
    pub(crate) fn stored_selection(&self) -> Result<Option<Selection>> {
        let Some(Reference { part: Part::Region { selection, .. }, .. }) = &self.0 else {
            return Ok(None);
        };
        let mut r = Reader::new(selection, 0, Widths::default(), Selection::NAME);
        Selection::decode(&mut r, &()).map(Some)
    }

    pub(crate) fn file_bytes(&self) -> Option<&[u8]> {
        self.0.as_ref()?.file.as_deref()
    }

    /// The reference in an element of [`Elements`](super::Elements), of whatever kind.
    ///
    /// # Errors
    /// `TypeMismatch` if the element is no reference, `Format` if it is damaged.
    pub fn from_element(datatype: &Datatype, element: &[u8], heap: &Heap) -> Result<Self> {
        match datatype.class {
            DatatypeClass::Reference(ReferenceType::Object) => {
                ObjectReference::decode(element, heap).map(Self::from)
            }
            DatatypeClass::Reference(_) => Self::decode(element, heap),
            _ => Err(Error::type_mismatch(format!("{datatype} is no reference"))),
        }
    }
}

impl From<ObjectReference> for StdReference {
    fn from(reference: ObjectReference) -> Self {
        let part = Part::Object;
        Self(reference.address().map(|address| Reference { address, token_size: 8, file: None, part }))
    }
}

impl From<RegionReference> for StdReference {
    fn from(reference: RegionReference) -> Self {
        Self(reference.0)
    }
}

macro_rules! from_borrowed {
    ($($name:ident),*) => {$(
        impl From<&$name> for StdReference {
            fn from(reference: &$name) -> Self {
                reference.clone().into()
            }
        }
    )*};
}
from_borrowed!(ObjectReference, RegionReference, StdReference);

/// The kind and the address of the object; `NULL` for a reference to nothing.
impl fmt::Display for StdReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(reference) = &self.0 else { return f.write_str("NULL") };
        match &reference.part {
            Part::Object => write!(f, "object {}", reference.address)?,
            Part::Region { .. } => write!(f, "region of {}", reference.address)?,
            Part::Attribute(name) => {
                write!(f, "attribute {:?} of {}", String::from_utf8_lossy(name), reference.address)?;
            }
        }
        self.file_name().map_or(Ok(()), |file| write!(f, " in {file:?}"))
    }
}
