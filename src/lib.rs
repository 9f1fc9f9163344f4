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

mod chunk;
mod error;
mod extents;
pub mod filter;
mod heap;
mod limits;
mod object;
mod selection;
pub mod storage;
mod store;
mod tree;
mod types;

pub use error::{Error, ErrorKind, Result};
pub use extents::{Extent, Extents};
#[cfg(feature = "derive")]
pub use hdfive_derive::H5Type;
pub use limits::Limits;
pub use selection::{Hyperslab, Points, Selection, SliceOrIndex};
pub use store::Durability;
pub use types::{
    Elements, FixedAscii, FixedUnicode, H5Type, H5Write, Heap, VarLenArray, VarLenAscii, VarLenUnicode,
};
#[doc(hidden)]
pub use types::{Plain, derive as __derive};
