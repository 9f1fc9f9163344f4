//! Chunked data: from selections to chunks, and from chunks to their place in the file.
#![warn(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]

pub(crate) mod grid;
