//! Raw data in chunks: which chunks a selection touches, where they are, and those in memory.
//!
//! No chunk is read or written here: the dataset layer does that with what this layer tells it.
#![warn(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]

pub(crate) mod cache;
pub(crate) mod grid;
pub(crate) mod index;
