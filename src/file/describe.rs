//! What a file says of itself as a whole.

use super::File;
use crate::Result;
use crate::format::message::file::{FileSpaceInfo, FileSpaceStrategy};
use crate::object::extension;

/// How the space of a file is handed out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SpaceStrategy {
    /// What was freed first, then larger blocks for small pieces.
    Aggregate,
    /// In pages of one size.
    Page,
    /// In larger blocks for small pieces; what was freed is lost.
    AggregateOnly,
    /// At the end of the file only.
    None,
}

/// Properties of a file that were fixed when it was created.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct FileInfo {
    /// The version of the superblock, 0 to 3.
    pub superblock_version: u8,
    /// Bytes of an address.
    pub offset_size: u8,
    /// Bytes of a length.
    pub length_size: u8,
    /// Half the entries of a node of old groups' trees.
    pub group_internal_k: u16,
    /// Half the entries of a leaf of old groups' trees.
    pub group_leaf_k: u16,
    /// Half the entries of a node of old chunk trees.
    pub chunk_k: u16,
    /// How space is handed out.
    pub space_strategy: SpaceStrategy,
    /// Whether free space is remembered when the file is closed.
    pub space_persists: bool,
    /// The smallest piece of free space that is remembered, in bytes.
    pub space_threshold: u64,
    /// The size of a page, in bytes.
    pub page_size: u64,
    /// The size of the user block, in bytes.
    pub userblock: u64,
}

impl File {
    /// Properties that were fixed when the file was created.
    ///
    /// # Errors
    /// `Format` if the superblock's extension is damaged.
    pub fn info(&self) -> Result<FileInfo> {
        let store = self.shared().read()?;
        let k = extension::node_k(&store)?;
        let space = extension::file_space(&store)?;
        let widths = store.widths();
        let strategy = space.as_ref().map_or(FileSpaceStrategy::Aggregate, |space| space.strategy);
        Ok(FileInfo {
            superblock_version: store.superblock().map_or(0, |superblock| superblock.version()),
            offset_size: widths.offset,
            length_size: widths.length,
            group_internal_k: k.group_internal,
            group_leaf_k: k.group_leaf,
            chunk_k: k.chunk,
            space_strategy: match strategy {
                FileSpaceStrategy::Aggregate => SpaceStrategy::Aggregate,
                FileSpaceStrategy::Page => SpaceStrategy::Page,
                FileSpaceStrategy::AggregateOnly => SpaceStrategy::AggregateOnly,
                FileSpaceStrategy::None => SpaceStrategy::None,
            },
            space_persists: space.as_ref().is_some_and(FileSpaceInfo::persists),
            // Of the first form the C library takes it over with one strategy only.
            space_threshold: space
                .as_ref()
                .filter(|space| space.version > 0 || space.strategy == FileSpaceStrategy::Aggregate)
                .map_or(1, |space| space.threshold),
            page_size: space.as_ref().map_or(4096, |space| space.page_size),
            userblock: store.userblock(),
        })
    }
}
