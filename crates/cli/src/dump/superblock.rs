//! The superblock: properties of the whole file.

use hdfive::SpaceStrategy;

use super::Dumper;
use crate::errors::Result;

impl Dumper<'_> {
    /// Prints the superblock.
    pub(super) fn superblock(&mut self) -> Result<()> {
        let info = self.opened().file.info()?;
        let strategy = match info.space_strategy {
            SpaceStrategy::Page => "PAGE",
            SpaceStrategy::AggregateOnly => "AGGR",
            SpaceStrategy::None => "NONE",
            _ => "FSM_AGGR",
        };
        let persists = if info.space_persists { "TRUE" } else { "FALSE" };
        // The versions of the free list, the symbol table and the object header are constants in
        // every file.
        let lines = [
            format!("SUPERBLOCK_VERSION {}", info.superblock_version),
            "FREELIST_VERSION 0".to_owned(),
            "SYMBOLTABLE_VERSION 0".to_owned(),
            "OBJECTHEADER_VERSION 0".to_owned(),
            format!("OFFSET_SIZE {}", info.offset_size),
            format!("LENGTH_SIZE {}", info.length_size),
            format!("BTREE_RANK {}", info.group_internal_k),
            format!("BTREE_LEAF {}", info.group_leaf_k),
            format!("ISTORE_K {}", info.chunk_k),
            format!("FILE_SPACE_STRATEGY H5F_FSPACE_STRATEGY_{strategy}"),
            format!("FREE_SPACE_PERSIST {persists}"),
            format!("FREE_SPACE_SECTION_THRESHOLD {}", info.space_threshold),
            format!("FILE_SPACE_PAGE_SIZE {}", info.page_size),
            "USER_BLOCK {".to_owned(),
        ];
        self.write("\nSUPER_BLOCK {\n")?;
        self.indented(3, &lines)?;
        self.indented(6, &[format!("USERBLOCK_SIZE {}", info.userblock)])?;
        self.indented(3, &["}"])?;
        self.write("}")
    }
}
