//! Dataspace message (0x0001). Specification IV.A.2.b.

/// How many elements, in which shape.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Dataspace {
    /// Message version, 1 or 2.
    pub(crate) version: u8,
    pub(crate) extent: Extent,
}

/// The extent of a dataspace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Extent {
    /// No element.
    Null,
    /// One element, no dimensions.
    Scalar,
    /// An N-dimensional array.
    Simple {
        /// Current size of each dimension.
        dims: Vec<u64>,
        /// Maximum size of each dimension; `u64::MAX` is unlimited. `None`: the same as `dims`.
        max_dims: Option<Vec<u64>>,
    },
}

impl Dataspace {
    /// The value of a maximum dimension that has no bound.
    pub(crate) const UNLIMITED: u64 = u64::MAX;
}
