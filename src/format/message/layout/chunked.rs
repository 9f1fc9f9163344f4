//! The chunked layout: the shape of a chunk and the index that leads to the chunks.

use crate::Result;
use crate::format::message::dataspace::Dataspace;
use crate::format::{Address, Reader, Writer, extensible_array};

/// The chunked layout.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ChunkedLayout {
    /// Version 4 on: bit 0, partial edge chunks are not filtered; bit 1, a single chunk is filtered.
    pub(crate) flags: u8,
    /// The chunk's shape in elements (the stored last dimension, the element size, is apart).
    /// No dimension is 0.
    pub(crate) chunk_dims: Vec<u64>,
    /// Element size in bytes, the stored last dimension; not 0.
    pub(crate) element_size: u64,
    pub(crate) index: ChunkIndexLayout,
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
        parameters: extensible_array::Parameters,
        address: Address,
    },
    BTreeV2 {
        node_size: u32,
        split_percent: u8,
        merge_percent: u8,
        address: Address,
    },
}

/// Dimensions of a stored chunk shape: `least` to one more than a dataspace can have.
pub(super) fn decode_rank(r: &mut Reader<'_>, least: u8) -> Result<u8> {
    let rank = r.u8()?;
    if rank < least || usize::from(rank) > Dataspace::MAX_RANK.saturating_add(1) {
        return Err(r.error("dimensionality", format!("{rank} dimensions")));
    }
    Ok(rank)
}

impl ChunkedLayout {
    /// Flag: partial chunks at the edge are stored without filters.
    pub(crate) const DONT_FILTER_PARTIAL: u8 = 0x01;
    /// Flag: the only chunk is filtered, and its size and filter mask are stored.
    pub(crate) const SINGLE_FILTERED: u8 = 0x02;

    /// Elements of a chunk times their size, if 64 bits hold it.
    pub(crate) fn chunk_bytes(&self) -> Option<u64> {
        self.chunk_dims.iter().try_fold(self.element_size, |size, &dim| size.checked_mul(dim))
    }

    /// From stored dimensions, of which the last is the element size.
    pub(super) fn from_stored(
        r: &Reader<'_>,
        flags: u8,
        mut dims: Vec<u64>,
        index: ChunkIndexLayout,
    ) -> Result<Self> {
        if dims.contains(&0) {
            return Err(r.error("dimension size", "a chunk dimension is 0"));
        }
        match dims.pop() {
            Some(element_size) if !dims.is_empty() => {
                Ok(Self { flags, chunk_dims: dims, element_size, index })
            }
            _ => Err(r.error("dimensionality", "a chunk without dimensions")),
        }
    }

    /// The dimensions as they are stored: the element size is the last.
    pub(super) fn stored_dims(&self) -> Vec<u64> {
        self.chunk_dims.iter().copied().chain([self.element_size]).collect()
    }

    pub(super) fn decode_v3(r: &mut Reader<'_>) -> Result<Self> {
        let rank = decode_rank(r, 2)?;
        let index = ChunkIndexLayout::BTreeV1 { address: r.file_address()? };
        let dims = (0..rank).map(|_| r.u32().map(u64::from)).collect::<Result<Vec<_>>>()?;
        Self::from_stored(r, 0, dims, index)
    }

    pub(super) fn decode_v4(r: &mut Reader<'_>) -> Result<Self> {
        let flags = r.flags(Self::DONT_FILTER_PARTIAL | Self::SINGLE_FILTERED)?;
        let rank = decode_rank(r, 2)?;
        let width = usize::from(r.u8()?);
        if !(1..=8).contains(&width) {
            return Err(r.error("dimension size encoded length", format!("{width} bytes")));
        }
        let dims = (0..rank).map(|_| r.uint(width)).collect::<Result<Vec<_>>>()?;
        let index = ChunkIndexLayout::decode(r, flags)?;
        Self::from_stored(r, flags, dims, index)
    }

    pub(super) fn encode(&self, version: u8, w: &mut Writer) {
        let dims = self.stored_dims();
        if version == 3 {
            w.uint(dims.len() as u64, 1, "dimensionality");
            match self.index {
                ChunkIndexLayout::BTreeV1 { address } => w.file_address(address),
                _ => w.overflow("chunk index"),
            }
            dims.iter().for_each(|&dim| w.uint(dim, 4, "dimension size"));
            return;
        }
        w.u8(self.flags);
        w.uint(dims.len() as u64, 1, "dimensionality");
        let widest = dims.iter().copied().max().unwrap_or(1);
        let width = 64_u32.saturating_sub(widest.leading_zeros()).div_ceil(8).max(1);
        w.uint(u64::from(width), 1, "dimension size encoded length");
        dims.iter().for_each(|&dim| w.uint(dim, width as usize, "dimension size"));
        self.index.encode(self.flags, w);
    }
}

impl ChunkIndexLayout {
    /// The address of the index, or of the chunks if there is none.
    pub(crate) fn address(&self) -> Address {
        match *self {
            Self::BTreeV1 { address }
            | Self::Single { address, .. }
            | Self::Implicit { address }
            | Self::FixedArray { address, .. }
            | Self::ExtensibleArray { address, .. }
            | Self::BTreeV2 { address, .. } => address,
        }
    }

    /// The same index at another address.
    pub(crate) fn set_address(&mut self, new: Address) {
        match self {
            Self::BTreeV1 { address }
            | Self::Single { address, .. }
            | Self::Implicit { address }
            | Self::FixedArray { address, .. }
            | Self::ExtensibleArray { address, .. }
            | Self::BTreeV2 { address, .. } => *address = new,
        }
    }

    fn decode(r: &mut Reader<'_>, flags: u8) -> Result<Self> {
        let kind = r.u8()?;
        let mut parameter = |name| match r.u8()? {
            0 => Err(r.error(name, "the parameter is 0")),
            value => Ok(value),
        };
        let mut index = match kind {
            1 => {
                let filtered = flags & ChunkedLayout::SINGLE_FILTERED != 0;
                let filtered = if filtered { Some((r.length()?, r.u32()?)) } else { None };
                Self::Single { address: Address::UNDEFINED, filtered }
            }
            2 => Self::Implicit { address: Address::UNDEFINED },
            3 => Self::FixedArray { page_bits: parameter("page bits")?, address: Address::UNDEFINED },
            4 => Self::ExtensibleArray {
                // In another order than in the array's header.
                parameters: extensible_array::Parameters {
                    max_bits: parameter("max bits")?,
                    index_elements: parameter("index elements")?,
                    min_pointers: parameter("min pointers")?,
                    min_elements: parameter("min elements")?,
                    page_bits: parameter("page bits")?,
                },
                address: Address::UNDEFINED,
            },
            5 => Self::BTreeV2 {
                node_size: r.u32()?,
                split_percent: r.u8()?,
                merge_percent: r.u8()?,
                address: Address::UNDEFINED,
            },
            _ => return Err(r.unsupported("chunk indexing type", format!("type {kind}"))),
        };
        index.set_address(r.file_address()?);
        Ok(index)
    }

    fn encode(&self, flags: u8, w: &mut Writer) {
        match *self {
            Self::BTreeV1 { .. } => w.overflow("chunk index"),
            Self::Single { filtered, .. } => {
                w.u8(1);
                if filtered.is_some() != (flags & ChunkedLayout::SINGLE_FILTERED != 0) {
                    w.overflow("flags");
                }
                if let Some((size, mask)) = filtered {
                    w.length(size);
                    w.u32(mask);
                }
            }
            Self::Implicit { .. } => w.u8(2),
            Self::FixedArray { page_bits, .. } => w.bytes(&[3, page_bits]),
            Self::ExtensibleArray { parameters: p, .. } => {
                w.bytes(&[4, p.max_bits, p.index_elements, p.min_pointers, p.min_elements, p.page_bits]);
            }
            Self::BTreeV2 { node_size, split_percent, merge_percent, .. } => {
                w.u8(5);
                w.u32(node_size);
                w.u8(split_percent);
                w.u8(merge_percent);
            }
        }
        w.file_address(self.address());
    }
}
