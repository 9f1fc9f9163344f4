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
        write!(self.out, "\nSUPER_BLOCK {{\n")?;
        writeln!(self.out, "   SUPERBLOCK_VERSION {}", info.superblock_version)?;
        // These three are constants in every file.
        writeln!(self.out, "   FREELIST_VERSION 0\n   SYMBOLTABLE_VERSION 0\n   OBJECTHEADER_VERSION 0")?;
        writeln!(self.out, "   OFFSET_SIZE {}\n   LENGTH_SIZE {}", info.offset_size, info.length_size)?;
        writeln!(self.out, "   BTREE_RANK {}\n   BTREE_LEAF {}", info.group_internal_k, info.group_leaf_k)?;
        writeln!(self.out, "   ISTORE_K {}", info.chunk_k)?;
        writeln!(self.out, "   FILE_SPACE_STRATEGY H5F_FSPACE_STRATEGY_{strategy}")?;
        let persists = if info.space_persists { "TRUE" } else { "FALSE" };
        writeln!(self.out, "   FREE_SPACE_PERSIST {persists}")?;
        writeln!(self.out, "   FREE_SPACE_SECTION_THRESHOLD {}", info.space_threshold)?;
        writeln!(self.out, "   FILE_SPACE_PAGE_SIZE {}", info.page_size)?;
        Ok(write!(self.out, "   USER_BLOCK {{\n      USERBLOCK_SIZE {}\n   }}\n}}", info.userblock)?)
    }
}
