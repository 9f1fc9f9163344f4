//! The integration tests: one binary, one module a behaviour.

mod durability;
#[cfg(feature = "derive")]
mod types;
