//! Data layout message (0x0008), versions 1 to 5. Specification IV.A.2.i.

use crate::format::Address;

/// Where the raw data of a dataset is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Layout {
    /// Message version, 1 to 5.
    pub(crate) version: u8,
    pub(crate) storage: LayoutStorage,
}

/// The kinds of layout.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum LayoutStorage {
    /// In the message itself.
    Compact { data: Vec<u8> },
    /// In one piece.
    Contiguous {
        address: Address,
        /// In bytes. Versions 1 and 2 give dimensions instead, from which this is computed.
        size: u64,
    },
    /// In chunks of one shape.
    Chunked(ChunkedLayout),
    /// Nowhere: a view of other datasets, described by a global-heap object.
    Virtual { heap: Address, index: u32 },
}

/// The chunked layout.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ChunkedLayout {
    /// Version 4 on: bit 0, partial edge chunks are not filtered; bit 1, a single chunk is filtered.
    pub(crate) flags: u8,
    /// The chunk's shape in elements (the stored last dimension, the element size, is apart).
    pub(crate) chunk_dims: Vec<u64>,
    /// Element size in bytes, the stored last dimension.
    pub(crate) element_size: u64,
    pub(crate) index: ChunkIndexLayout,
}

impl ChunkedLayout {
    /// Flag: partial chunks at the edge are stored without filters.
    pub(crate) const DONT_FILTER_PARTIAL: u8 = 0x01;
}

/// Which index leads to the chunks, and its parameters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ChunkIndexLayout {
    /// Versions 1 to 3: a version 1 B-tree.
    BTreeV1 {
        address: Address,
    },
    /// One chunk, whose address this is.
    Single {
        address: Address,
        /// Stored size in bytes and filter mask, if it is filtered.
        filtered: Option<(u64, u32)>,
    },
    /// All chunks one after the other in index order.
    Implicit {
        address: Address,
    },
    FixedArray {
        page_bits: u8,
        address: Address,
    },
    ExtensibleArray {
        max_bits: u8,
        index_elements: u8,
        min_pointers: u8,
        min_elements: u8,
        page_bits: u8,
        address: Address,
    },
    BTreeV2 {
        node_size: u32,
        split_percent: u8,
        merge_percent: u8,
        address: Address,
    },
}
