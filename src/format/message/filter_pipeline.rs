//! Filter pipeline message (0x000B). Specification IV.A.2.l.

/// The filters that a chunk goes through, in the order of writing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FilterPipeline {
    /// Message version, 1 or 2.
    pub(crate) version: u8,
    pub(crate) filters: Vec<FilterInfo>,
}

/// One filter of a dataset, as the file describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FilterInfo {
    /// The registered identification number.
    pub id: u16,
    /// The name, if the file stores one.
    pub name: Option<String>,
    /// Bit 0: the filter is optional, so a chunk that it could not process is stored without it.
    pub flags: u16,
    /// The parameters ("client data").
    pub parameters: Vec<u32>,
}
