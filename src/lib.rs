//! HDF5 in pure Rust: read, write and edit HDF5 files, with no libhdf5 and no C.
#![allow(dead_code, unused_imports, unused_macros)] // until the layers above are landed (PLAN.md)

// The layers, from the bottom: `format` and `storage` know nothing of each other,
// `store` joins them, `object`, `chunk` and `filter` build on it, and the public
// handles build on those. An edge never points up (tests/it/architecture.rs).
#[macro_use]
mod format;

// The derive macro names this crate by its name.
#[cfg(test)]
extern crate self as hdfive;

mod attribute;
mod chunk;
mod container;
pub mod dataset;
mod dataspace;
mod error;
mod extents;
mod external;
pub mod file;
pub mod filter;
mod group;
mod heap;
mod limits;
mod location;
mod named_datatype;
mod object;
mod parallel;
mod selection;
pub mod storage;
mod store;
mod tree;
pub mod types;

pub use attribute::{Attribute, AttributeBuilder, AttributeBuilderData, AttributeBuilderEmpty};
pub use container::{ArrayData, Container, DataElements};
pub use dataset::{ChunkInfo, Dataset, DatasetBuilder, DatasetBuilderData, DatasetBuilderEmpty, Layout};
pub use dataspace::Dataspace;
pub use error::{Error, ErrorKind, Result};
pub use extents::{Extent, Extents};
pub use external::ExternalLinks;
pub use file::{File, FileBuilder, FileInfo, LibraryVersion, OpenMode, SpaceStrategy};
pub use filter::FilterInfo;
pub use format::message::datatype::{ByteOrder, Datatype, DatatypeClass};
pub use format::message::fill_value::{AllocationTime, FillTime};
/// Datatypes: how one element is stored.
pub mod datatype {
    pub use crate::format::message::datatype::{
        ArrayType, BitfieldType, ByteOrder, CharacterSet, ComplexType, CompoundType, Datatype, DatatypeClass,
        EnumType, FloatType, IntegerType, Member, Normalization, ReferenceType, StringPadding, StringType,
        VarLenKind, VarLenType,
    };
}
pub use group::{Group, IndexType, IterationOrder, LinkInfo, LinkType, Object};
#[cfg(feature = "derive")]
pub use hdfive_derive::H5Type;
pub use limits::Limits;
pub use location::Location;
pub use named_datatype::NamedDatatype;
pub use selection::{Hyperslab, IntoSelection, Points, Selection, SliceOrIndex};
pub use store::Durability;
pub use types::{
    Elements, FixedAscii, FixedUnicode, H5Type, H5Write, Heap, VarLenArray, VarLenAscii, VarLenUnicode,
};
#[doc(hidden)]
pub use types::{Plain, derive as __derive};

/// The examples of the README, as tests.
#[cfg(all(doctest, feature = "ndarray", feature = "derive"))]
#[doc = include_str!("../README.md")]
struct Readme;
