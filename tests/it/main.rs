//! The integration tests: one binary, one module a behaviour.

mod architecture;
mod broken;
mod dataset_io;
mod durability;
mod elsewhere;
mod fixtures;
mod hostile;
mod testdata;
#[cfg(feature = "derive")]
mod types;
