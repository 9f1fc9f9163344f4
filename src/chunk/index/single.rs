//! The index of a dataset that is one chunk: the layout message itself.

use super::ChunkRecord;
use crate::format::Address;

/// The only chunk, if it exists.
#[derive(Debug)]
pub(super) struct Single {
    chunk: Option<ChunkRecord>,
}

impl Single {
    /// From the layout message; `filtered` is the stored size and the filter mask.
    pub(super) fn open(address: Address, filtered: Option<(u64, u32)>, chunk_bytes: u64) -> Self {
        let (size, filter_mask) = filtered.unwrap_or((chunk_bytes, 0));
        Self { chunk: address.get().map(|address| ChunkRecord { address, size, filter_mask }) }
    }

    pub(super) fn address(&self) -> Address {
        self.chunk.map(|chunk| chunk.address).into()
    }

    /// Stored size and filter mask, for the layout message.
    pub(super) fn filtered(&self) -> (u64, u32) {
        self.chunk.map_or((0, 0), |chunk| (chunk.size, chunk.filter_mask))
    }

    /// The chunk, if `scaled` is where it is.
    pub(super) fn get(&self, scaled: &[u64]) -> Option<ChunkRecord> {
        self.chunk.filter(|_| scaled.iter().all(|&at| at == 0))
    }

    pub(super) fn set(&mut self, chunk: Option<ChunkRecord>) {
        self.chunk = chunk;
    }
}
