//! Heaps in the live file: objects of any length, by id.
#![warn(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]

pub(crate) mod fractal;
pub(crate) mod global;
pub(crate) mod local;
