//! Fractal heap indirect block, "FHIB".

use super::{BlockContext, BlockKind};
use crate::Result;
use crate::format::fields::{Field, Signature, Version, tag};
use crate::format::{Address, Reader, Structure, Widths, Writer};

/// A table of blocks. Specification III.G; notes: format-spec-notes/fractal-heap.md.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct IndirectBlock {
    /// All entries, row by row.
    pub(crate) entries: Vec<BlockEntry>,
}

/// One block of an indirect block.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct BlockEntry {
    /// Undefined if the block does not exist.
    pub(crate) address: Address,
    /// Of a direct block in a filtered heap: bytes after the filters, and the filter mask.
    pub(crate) filtered: Option<(u64, u32)>,
}

fn parameters(context: &BlockContext) -> (u16, bool) {
    match context.kind {
        BlockKind::Indirect { rows, filtered } => (rows, filtered),
        BlockKind::Direct { .. } => (0, false),
    }
}

impl IndirectBlock {
    /// Entries of a block of so many rows.
    pub(crate) fn entry_count(context: &BlockContext) -> usize {
        context.table.entry(parameters(context).0, 0)
    }

    /// How many of the entries, from the first, are for direct blocks.
    fn filtered_entries(context: &BlockContext) -> usize {
        if parameters(context).1 { context.table.entry(context.table.max_direct_rows(), 0) } else { 0 }
    }

    /// Bytes in the file.
    pub(crate) fn encoded_size(context: &BlockContext, widths: Widths) -> u64 {
        let entries = Self::entry_count(context);
        let filtered = entries.min(Self::filtered_entries(context)) as u64;
        let extra = u64::from(widths.length).saturating_add(4).saturating_mul(filtered);
        (context.prefix_size(widths) as u64)
            .saturating_add(u64::from(widths.offset).saturating_mul(entries as u64))
            .saturating_add(extra)
            .saturating_add(4)
    }
}

impl Structure for IndirectBlock {
    const NAME: &'static str = "fractal heap indirect block";
    type Context = BlockContext;

    fn size_hint(context: &BlockContext, widths: Widths) -> usize {
        usize::try_from(Self::encoded_size(context, widths)).unwrap_or(0)
    }

    fn decode(r: &mut Reader<'_>, context: &BlockContext) -> Result<Self> {
        Signature::<{ tag(b"FHIB") }>::decode(r)?;
        Version::<0>::decode(r)?;
        context.decode_owner(r)?;
        let (count, filtered) = (Self::entry_count(context), Self::filtered_entries(context));
        // Room for all of them is taken only once their bytes are known to be there.
        r.clone().skip(count.saturating_mul(usize::from(r.widths().offset)))?;
        let mut entries = Vec::with_capacity(count);
        for index in 0..count {
            let address = r.file_address()?;
            let filtered = if index < filtered { Some((r.length()?, r.u32()?)) } else { None };
            entries.push(BlockEntry { address, filtered });
        }
        r.checksum()?;
        Ok(Self { entries })
    }

    fn encode(&self, w: &mut Writer, context: &BlockContext) {
        Signature::<{ tag(b"FHIB") }>.encode(w);
        Version::<0>.encode(w);
        context.encode_owner(w);
        if self.entries.len() != Self::entry_count(context) {
            w.overflow("entries");
        }
        let filtered = Self::filtered_entries(context);
        for (index, entry) in self.entries.iter().enumerate() {
            w.file_address(entry.address);
            if index < filtered {
                let (size, mask) = entry.filtered.unwrap_or_default();
                w.length(size);
                w.u32(mask);
            }
        }
        w.checksum();
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]
    use super::super::DoublingTable;
    use super::*;
    use crate::format::testing::{check_bytes, check_flips, decode, hex};

    fn context(filtered: bool) -> BlockContext {
        let table =
            DoublingTable { width: 4, start_block: 1024, max_direct: 65536, max_bits: 40, start_rows: 1 };
        BlockContext { heap: 961, offset: 0, table, kind: BlockKind::Indirect { rows: 1, filtered } }
    }

    #[test]
    fn real_bytes_round_trip() {
        let bytes = hex("
4648494200c1030000000000000000000000160d0000000000001609000000000000ffffffffffffffffffffffffffff
ffffdb32cb95");
        check_bytes::<IndirectBlock>(&bytes, &context(false), Widths::default());
        check_flips::<IndirectBlock>(&bytes, &context(false), Widths::default());
        let block: IndirectBlock = decode(&bytes, &context(false), Widths::default()).unwrap();
        assert_eq!(
            block.entries.iter().filter_map(|entry| entry.address.get()).collect::<Vec<_>>(),
            [3350, 2326]
        );
        assert_eq!(IndirectBlock::encoded_size(&context(false), Widths::default()), bytes.len() as u64);
    }

    #[test]
    fn filtered_entries_round_trip() {
        let table = DoublingTable { max_direct: 1024, ..context(true).table };
        let context =
            BlockContext { table, kind: BlockKind::Indirect { rows: 3, filtered: true }, ..context(true) };
        let entry = |n: u64| BlockEntry { address: Address::new(n), filtered: (n < 8).then_some((n, 1)) };
        let block = IndirectBlock { entries: (0..12).map(entry).collect() };
        let bytes = crate::format::encode(&block, &context, Widths::default()).unwrap();
        assert_eq!(bytes.len() as u64, IndirectBlock::encoded_size(&context, Widths::default()));
        assert_eq!(decode::<IndirectBlock>(&bytes, &context, Widths::default()).unwrap(), block);
    }
}
