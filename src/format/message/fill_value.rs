//! Fill value messages, old (0x0004) and new (0x0005). Specification IV.A.2.e and IV.A.2.f.

/// The value of elements that were never written, and when it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FillValue {
    /// Message version, 1 to 3.
    pub(crate) version: u8,
    pub(crate) allocation: AllocationTime,
    pub(crate) write_time: FillTime,
    pub(crate) value: Fill,
}

/// What the fill value is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Fill {
    /// The library's default: zeros.
    Default,
    /// None: what was never written is undefined.
    Undefined,
    /// These bytes, one element of the dataset's type.
    Value(Vec<u8>),
}

/// When the space for raw data is allocated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AllocationTime {
    /// At creation.
    Early,
    /// At the first write.
    Late,
    /// Piece by piece, as chunks are written.
    Incremental,
}

/// When fill values are written to the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FillTime {
    /// When space is allocated.
    OnAllocation,
    /// Never.
    Never,
    /// When space is allocated, if the user set a value.
    IfSet,
}
