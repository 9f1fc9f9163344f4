//! HDF5 in pure Rust.
