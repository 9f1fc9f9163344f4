//! Fractal heaps: header, doubling table, direct and indirect blocks, ids. Specification III.G.

mod direct;
mod doubling_table;
mod header;
mod id;
mod indirect;

pub(crate) use direct::DirectBlock;
pub(crate) use doubling_table::DoublingTable;
pub(crate) use header::HeapHeader;
pub(crate) use id::{HeapId, IdShape};
pub(crate) use indirect::{BlockEntry, IndirectBlock};

use super::{Reader, Widths, Writer};
use crate::Result;

/// Which block of which heap: what direct and indirect blocks repeat, and what they leave out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BlockContext {
    /// Address of the heap's header.
    pub(crate) heap: u64,
    /// Where the block begins in the heap's own address space.
    pub(crate) offset: u64,
    pub(crate) table: DoublingTable,
    pub(crate) kind: BlockKind,
}

/// What the parent knows about a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BlockKind {
    Direct { size: u64, checksummed: bool },
    Indirect { rows: u16, filtered: bool },
}

impl BlockContext {
    /// Bytes of signature, version, heap address, offset and, in a direct block, checksum.
    pub(crate) fn prefix_size(&self, widths: Widths) -> usize {
        let checksum = if let BlockKind::Direct { checksummed: true, .. } = self.kind { 4 } else { 0 };
        usize::from(widths.offset)
            .saturating_add(self.table.offset_width())
            .saturating_add(5)
            .saturating_add(checksum)
    }

    /// Reads heap address and block offset, which must be the expected ones.
    fn decode_owner(&self, r: &mut Reader<'_>) -> Result<()> {
        if r.file_address()?.get() != Some(self.heap) {
            return Err(r.error("heap header address", "the block belongs to another heap"));
        }
        if r.uint(self.table.offset_width())? != self.offset {
            return Err(r.error("block offset", "the block belongs elsewhere in the heap"));
        }
        Ok(())
    }

    fn encode_owner(&self, w: &mut Writer) {
        w.file_address(super::Address::new(self.heap));
        w.uint(self.offset, self.table.offset_width(), "block offset");
    }
}
