//! HDF5 in pure Rust: read, write and edit HDF5 files, with no libhdf5 and no C.
//!
//! A [`File`] holds [`Group`]s and [`Dataset`]s, and each of these can have [`Attribute`]s. There is
//! one handle type of each, whether the file is new, opened to read, or edited.
//!
//! # Writing
//!
//! ```
//! use hdfive::{File, s};
//!
//! # fn main() -> hdfive::Result<()> {
//! # let dir = tempfile::tempdir().unwrap();
//! # let path = dir.path().join("ships.h5");
//! let file = File::create(&path)?;
//! let images = file
//!     .new_dataset::<u8>()
//!     .shape((0.., 80, 80, 3)) // grows along the first dimension
//!     .chunk((1, 80, 80, 3))
//!     .shuffle()
//!     .deflate(4)
//!     .create("ships/data")?;
//! images.resize((10, 80, 80, 3))?;
//! images.write_slice_raw(&[255_u8; 80 * 80 * 3], s![7])?;
//! images.new_attr_builder().with_data(&["a.png", "b.png"]).create("filenames")?;
//! file.close()?; // flushes; dropping the last handle does, too, but cannot report an error
//! # Ok(())
//! # }
//! ```
//!
//! # Reading
//!
//! ```
//! use hdfive::{File, s};
//!
//! # fn main() -> hdfive::Result<()> {
//! # let dir = tempfile::tempdir().unwrap();
//! # let path = dir.path().join("ships.h5");
//! # let file = File::create(&path)?;
//! # let images = file.new_dataset::<u8>().shape((10, 80, 80, 3)).create("ships/data")?;
//! # images.new_attr_builder().with_data(&["a.png"]).create("filenames")?;
//! # file.close()?;
//! let file = File::open(&path)?;
//! let images = file.dataset("ships/data")?;
//! assert_eq!(images.shape(), [10, 80, 80, 3]);
//! let image: Vec<u8> = images.read_slice_raw(7)?; // only the chunks that it touches are read
//! let red: Vec<f32> = images.read_slice_raw(s![.., 0..80; 4, 0..80; 4, 0])?; // numbers convert
//! let names: Vec<String> = images.attr("filenames")?.read_raw()?;
//! # assert_eq!((image.len(), red.len(), names.len()), (19_200, 4_000, 1));
//! # Ok(())
//! # }
//! ```
//!
//! What a dataset holds need not be known beforehand: [`Group::members`] lists objects,
//! [`Container::datatype`] tells the type, [`Container::read_values`] reads any. Rust's numbers,
//! `bool`, [`String`], arrays, [`Vec`]s, tuples and your own structs and enums are elements: see
//! [`H5Type`]. Where elements go from or to is a [`Selection`].
//!
//! # Features
//!
//! All are on by default.
//!
//! | Feature | Brings |
//! |---|---|
//! | `rayon` | chunks are filtered and converted on all cores |
//! | `ndarray` | arrays of that crate are read and written, and its `s![]` selects |
//! | `half` | `f16` and `bf16` as elements |
//! | `num-complex` | `Complex<f32>` and `Complex<f64>` as elements |
//! | `derive` | `#[derive(H5Type)]` |
//! | `mmap` | [`FileBuilder::mmap`], to read through a memory map |
//! | `lz4` | the filter LZ4 |
//! | `zstd` | the filter Zstandard |
//! | `bzip2` | the filter bzip2 |
//! | `bitshuffle` | the filter Bitshuffle, with `lz4` and `zstd` |
//! | `blosc` | the filters Blosc and Blosc 2, with `bitshuffle` |
//! | `zfp` | the filter ZFP |
//! | `jpegls` | chunks filtered with JPEG-LS (FCIDECOMP), read only |
//! | `sperr` | chunks filtered with SPERR, read only |
//!
//! # Concurrency
//!
//! Handles are cheap to clone, and `Send` and `Sync`; there is no global lock. Any number of threads
//! read a dataset at once, and one at a time writes to it, while others work on other datasets. A
//! write of one call is seen whole or not at all by the reads of one call.
//!
//! # Durability
//!
//! A [`flush`](File::flush) makes one transaction of all that changed since the last one: whenever a
//! process dies, this crate opens the file as of the last flush or the one before, and the C library
//! opens it without repair. Data that is overwritten in place, that is unfiltered raw data, is the
//! exception. What a flush waits for is the choice of [`Durability`].
//!
//! # Files not to be trusted
//!
//! Whatever the bytes of a file are, reading it gives data or an [`Error`], never a panic; memory and
//! work are bounded by [`Limits`].
//!
//! # Coming from `hdf5-metno`
//!
//! The names are the same, so that `use hdfive as hdf5;` carries far. What is different:
//!
//! - No error is swallowed: [`Group::len`], [`Dataset::layout`], [`Dataset::num_chunks`],
//!   [`Dataset::chunk_info`], [`Location::comment`], [`File::size`] and the like return a [`Result`].
//! - [`Error`] has a [`kind`](Error::kind) to match on, and says where.
//! - `String`, `&str`, `Vec<T>` and tuples are elements; [`VarLenUnicode`] and
//!   its kin are there, but not needed. `H5Type` is safe to implement: a stored value that is no
//!   `bool` or no variant of an enum is an error.
//! - [`ObjectReference`], [`RegionReference`] and [`StdReference`] are types, not a trait;
//!   [`Location::dereference`] takes any of them and gives an [`Object`].
//! - What has other than one element cannot be read as a scalar, but an array of one can.
//! - [`LinkType`] carries where the link leads; [`Group::links`] and [`Dataset::chunks`] give lists
//!   where the binding has callbacks.
//! - Property lists are options of the builders: [`FileBuilder`], [`DatasetBuilder`]. The closures
//!   of [`with_fapl`](FileBuilder::with_fapl) get the builder itself.
//! - `core_filebacked(false)` is [`File::in_memory`], with [`File::from_bytes`] and
//!   [`File::to_bytes`].

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
#[cfg(fuzzing)]
#[doc(hidden)]
pub mod fuzzing;
mod group;
mod heap;
mod limits;
mod location;
mod named_datatype;
mod object;
mod parallel;
mod reference;
mod selection;
pub mod storage;
mod store;
mod tree;
pub mod types;
mod usage;

pub use attribute::{Attribute, AttributeBuilder, AttributeBuilderData, AttributeBuilderEmpty};
pub use container::{ArrayData, Container, Conversion, DataElements, Reader, Writer};
pub use dataset::{
    ChunkIndexType, ChunkInfo, Dataset, DatasetBuilder, DatasetBuilderData, DatasetBuilderEmpty,
    ExternalFile, Layout, MappedSelection, VirtualMapping, VirtualView,
};
pub use dataspace::Dataspace;
pub use error::{Error, ErrorKind, Result};
pub use extents::{Extent, Extents, SimpleExtents};
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
pub use group::{Group, GroupBuilder, IndexType, IterationOrder, LinkInfo, LinkType, LocationType, Object};
#[cfg(feature = "derive")]
pub use hdfive_derive::H5Type;
pub use limits::Limits;
pub use location::{Location, ObjectTimes};
pub use named_datatype::NamedDatatype;
pub use selection::{Hyperslab, IntoSelection, Points, Selection, SliceOrIndex};
pub use store::Durability;
pub use types::{
    Elements, FixedAscii, FixedUnicode, H5Type, H5Write, Heap, ObjectReference, RegionReference,
    StdReference, Value, VarLenArray, VarLenAscii, VarLenUnicode,
};
#[doc(hidden)]
pub use types::{Plain, derive as __derive};
pub use usage::{FileMetadata, FreeSection, HeaderInfo, MetadataSize};

/// The examples of the README, as tests.
#[cfg(all(doctest, feature = "ndarray", feature = "derive"))]
#[doc = include_str!("../README.md")]
struct Readme;
