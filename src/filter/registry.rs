//! Filters that the program brings along.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use crate::{Error, Result};

/// What a [`Filter`] fails with; text converts into it.
pub type FilterError = Box<dyn std::error::Error + Send + Sync>;

/// A filter that is not built in, to be [registered](register) before its chunks are read or
/// written.
///
/// ```
/// use hdfive::filter::{Filter, FilterError, register};
///
/// struct Invert;
///
/// impl Filter for Invert {
///     fn id(&self) -> u16 {
///         40_000
///     }
///     fn name(&self) -> &str {
///         "invert"
///     }
///     fn decode(&self, _: &[u32], input: &[u8], _: usize) -> Result<Vec<u8>, FilterError> {
///         Ok(input.iter().map(|byte| !byte).collect())
///     }
///     fn encode(&self, _: &[u32], input: &[u8]) -> Result<Vec<u8>, FilterError> {
///         Ok(input.iter().map(|byte| !byte).collect())
///     }
/// }
///
/// register(Invert)?;
/// # Ok::<(), hdfive::Error>(())
/// ```
pub trait Filter: Send + Sync {
    /// The registered identification number, 256 or above.
    fn id(&self) -> u16;

    /// The name that files store with the filter.
    fn name(&self) -> &str;

    /// The bytes of which `input` was made; more than `limit` of them should be an error before
    /// they are all in memory.
    fn decode(&self, parameters: &[u32], input: &[u8], limit: usize) -> Result<Vec<u8>, FilterError>;

    /// The bytes to store for `input`; an error where the filter is optional stores the chunk
    /// without it.
    fn encode(&self, parameters: &[u32], input: &[u8]) -> Result<Vec<u8>, FilterError>;
}

/// The first identification number that is not reserved for filters of the format itself.
const FIRST_FREE_ID: u16 = 256;

type Table = RwLock<HashMap<u16, Arc<dyn Filter>>>;

fn table() -> &'static Table {
    static TABLE: OnceLock<Table> = OnceLock::new();
    TABLE.get_or_init(Table::default)
}

/// Makes `filter` available to the whole program, in place of a built-in or registered filter of
/// that number.
///
/// Numbers below 256 belong to the format; to register one is an error, as in the C library.
pub fn register(filter: impl Filter + 'static) -> Result<()> {
    let id = filter.id();
    if id < FIRST_FREE_ID {
        return Err(Error::usage(format!("filter {id} belongs to the format and cannot be replaced")));
    }
    table().write().unwrap_or_else(PoisonError::into_inner).insert(id, Arc::new(filter));
    Ok(())
}

/// The filter registered under `id`.
pub(super) fn registered(id: u16) -> Option<Arc<dyn Filter>> {
    table().read().unwrap_or_else(PoisonError::into_inner).get(&id).cloned()
}
