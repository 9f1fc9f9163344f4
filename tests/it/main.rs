//! The integration tests: one binary, one module a behaviour.

mod api;
mod architecture;
mod broken;
mod dataset_io;
mod drivers;
mod durability;
mod elsewhere;
mod fixtures;
mod handles;
mod hostile;
mod huge;
#[cfg(all(feature = "derive", feature = "ndarray"))]
mod port;
mod references;
mod testdata;
#[cfg(feature = "derive")]
mod types;
