//! Filters as a user asks for them, and as a dataset's header describes them.

use super::{FilterInfo, OPTIONAL, id};
use crate::format::message::datatype::Datatype;
use crate::{Error, Result};

impl FilterInfo {
    fn new(id: u16, flags: u16, parameters: Vec<u32>) -> Self {
        Self { id, name: None, flags, parameters }
    }

    /// Compression with deflate, at a level of 0 (none) to 9 (smallest).
    pub fn deflate(level: u8) -> Self {
        Self::new(id::DEFLATE, OPTIONAL, vec![u32::from(level)])
    }

    /// The bytes of each chunk's elements sorted by significance.
    pub fn shuffle() -> Self {
        Self::new(id::SHUFFLE, OPTIONAL, Vec::new())
    }

    /// A checksum for each chunk.
    pub fn fletcher32() -> Self {
        Self::new(id::FLETCHER32, 0, Vec::new())
    }
}

/// The filters as the header of a dataset of this type describes them.
///
/// # Errors
/// `Usage` if a parameter is out of range, or the filters cannot work on the type.
pub(crate) fn prepare(filters: &[FilterInfo], datatype: &Datatype) -> Result<Vec<FilterInfo>> {
    if filters.len() > 32 {
        return Err(Error::usage("a dataset has at most 32 filters"));
    }
    let prepare = |filter: &FilterInfo| {
        let mut filter = filter.clone();
        match (filter.id, &mut filter.parameters) {
            (id::DEFLATE, parameters) if !matches!(parameters[..], [0..=9]) => {
                return Err(Error::usage("the level of deflate is 0 to 9"));
            }
            (id::SHUFFLE, parameters) => *parameters = vec![datatype.size],
            _ => {}
        }
        Ok(filter)
    };
    filters.iter().map(prepare).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]
    use super::*;
    use crate::format::message::datatype::ByteOrder;

    #[test]
    fn shuffle_learns_the_element_size_and_levels_are_checked() {
        let datatype = Datatype::float64(ByteOrder::Little);
        let filters = prepare(&[FilterInfo::shuffle(), FilterInfo::deflate(9)], &datatype).unwrap();
        assert_eq!(filters[0].parameters, [8]);
        assert_eq!(filters[1].parameters, [9]);
        assert!(prepare(&[FilterInfo::deflate(10)], &datatype).is_err());
    }
}
