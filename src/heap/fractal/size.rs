//! How much of the file a heap takes.

use super::*;
use crate::format::btree_v2::{HugeDirect, HugeFiltered, HugeFilteredDirect, HugeIndirect, Record};
use crate::format::free_space::FreeSpaceHeader;

impl FractalHeap {
    /// Bytes of the heap in the file: header, blocks, huge objects and their index, free-space lists.
    pub(crate) fn file_size(&self, store: &Store) -> Result<u64> {
        let header = &self.header;
        let mut size = encode(header, &(), store.widths())?.len() as u64;
        size = size.saturating_add(header.managed_allocated).saturating_add(header.huge_size);
        if let Some(root) = header.root.get().filter(|_| header.root_rows > 0) {
            size = size.saturating_add(self.indirect_size(store, root, 0, header.root_rows)?);
        }
        if header.huge_tree.is_defined() {
            let direct = header.id_shape().huge_direct(store.widths());
            size = size.saturating_add(match (direct, header.filters.is_some()) {
                (false, false) => self.huge_tree_size::<HugeIndirect>(store)?,
                (false, true) => self.huge_tree_size::<HugeFiltered>(store)?,
                (true, false) => self.huge_tree_size::<HugeDirect>(store)?,
                (true, true) => self.huge_tree_size::<HugeFilteredDirect>(store)?,
            });
        }
        if let Some(address) = header.free_space.get() {
            let space = store.fetch::<FreeSpaceHeader>(address, &())?;
            size = size.saturating_add(space.file_size(store.widths()));
        }
        Ok(size)
    }

    fn huge_tree_size<R: Record<Params = ()>>(&self, store: &Store) -> Result<u64> {
        self.huge_tree::<R>(store)?.file_size(store)
    }

    /// Bytes of an indirect block and those below it.
    fn indirect_size(&self, store: &Store, address: u64, offset: u64, rows: u16) -> Result<u64> {
        let table = self.table();
        let context = self.indirect_context(offset, rows);
        let mut size = IndirectBlock::encoded_size(&context, store.widths());
        let block = store.fetch::<IndirectBlock>(address, &context)?;
        for (index, entry) in block.entries.iter().enumerate() {
            let (row, _) = table.row_and_column(index);
            let Some(child) = entry.address.get().filter(|_| row >= table.max_direct_rows()) else {
                continue;
            };
            let below = table.rows_covering(table.row_size(row))?;
            if below > row {
                return Err(self.error("an indirect block has too many rows"));
            }
            let start = offset.saturating_add(table.entry_offset(index));
            size = size.saturating_add(self.indirect_size(store, child, start, below)?);
        }
        Ok(size)
    }
}
