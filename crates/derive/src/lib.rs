//! `#[derive(H5Type)]` for the `hdfive` crate.
