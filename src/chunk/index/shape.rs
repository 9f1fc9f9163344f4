//! What determines a dataset's chunk index: shapes, filters, and the layout's version.

use super::linear::Numbering;
use crate::format::chunk_index::ElementShape;
use crate::format::extensible_array as ea;
use crate::format::message::dataspace::Dataspace;
use crate::format::message::layout::{ChunkIndexLayout, ChunkedLayout};
use crate::format::superblock::Superblock;
use crate::format::{Address, Widths};
use crate::tree::btree_v2::TreeParams;
use crate::{Error, Result};

/// What a chunk index depends on, besides its own parameters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct IndexShape {
    pub(super) dims: Vec<u64>,
    max_dims: Vec<u64>,
    pub(super) chunk_dims: Vec<u64>,
    /// Bytes of a chunk before its filters.
    pub(super) chunk_bytes: u64,
    pub(super) filtered: bool,
    pub(super) layout_version: u8,
    pub(super) btree_k: u16,
}

impl IndexShape {
    /// The shape of a dataset with that layout; `filtered` if it has a filter pipeline.
    pub(crate) fn new(
        layout_version: u8,
        layout: &ChunkedLayout,
        dims: &[u64],
        max_dims: Option<&[u64]>,
        filtered: bool,
    ) -> Result<Self> {
        let max_dims = max_dims.unwrap_or(dims);
        if dims.is_empty() || layout.chunk_dims.len() != dims.len() || max_dims.len() != dims.len() {
            return Err(Error::format("the chunk's rank is not that of the dataspace"));
        }
        match layout.chunk_bytes() {
            None | Some(0) => Err(Error::format("the chunk shape is out of range")),
            Some(chunk_bytes) => Ok(Self {
                dims: dims.to_vec(),
                max_dims: max_dims.to_vec(),
                chunk_dims: layout.chunk_dims.clone(),
                chunk_bytes,
                filtered,
                layout_version,
                btree_k: Superblock::DEFAULT_CHUNK_K,
            }),
        }
    }

    /// With the K of version 1 B-trees of chunks that the file states.
    pub(crate) fn with_btree_k(self, btree_k: u16) -> Self {
        Self { btree_k, ..self }
    }

    /// Which index the C library chooses, with its default parameters and no address yet; `early`
    /// if all space is allocated when the dataset is created.
    pub(crate) fn choose(&self, early: bool) -> ChunkIndexLayout {
        let address = Address::UNDEFINED;
        match self.max_dims.iter().filter(|&&dim| dim == Dataspace::UNLIMITED).count() {
            0 if self.dims == self.max_dims && self.dims == self.chunk_dims => {
                ChunkIndexLayout::Single { address, filtered: self.filtered.then_some((0, 0)) }
            }
            0 if early && !self.filtered => ChunkIndexLayout::Implicit { address },
            0 => ChunkIndexLayout::FixedArray { page_bits: 10, address },
            1 => ChunkIndexLayout::ExtensibleArray { parameters: ea::Parameters::default(), address },
            _ => {
                let TreeParams { node_size, split_percent, merge_percent } = TreeParams::CHUNKS;
                ChunkIndexLayout::BTreeV2 { node_size, split_percent, merge_percent, address }
            }
        }
    }

    pub(super) fn element(&self, widths: Widths) -> ElementShape {
        match self.filtered {
            true => ElementShape::filtered(self.chunk_bytes, self.layout_version, widths),
            false => ElementShape::UNFILTERED,
        }
    }

    pub(super) fn numbering(&self) -> Result<Numbering> {
        Numbering::new(&self.max_dims, &self.chunk_dims, self.chunk_bytes, self.filtered)
    }

    /// The numbering and number of chunks of a dataset that cannot grow without bound.
    pub(super) fn bounded_numbering(&self) -> Result<(Numbering, u64)> {
        let numbering = self.numbering()?;
        let total = numbering.total();
        let total =
            total.ok_or_else(|| Error::format("an index of fixed size for a dataset without a bound"))?;
        Ok((numbering, total))
    }
}
