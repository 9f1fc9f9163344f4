//! Gathering statistics of a file and of all objects in it.

use hdfive::datatype::Datatype;
use hdfive::{File, FileInfo, FileMetadata, FreeSection, MetadataSize};

use super::counts::Counts;
use crate::errors::Result;

/// Filters that are counted one by one; the last place is that of all others, the first that of
/// datasets without filters.
pub(super) const FILTERS: usize = 8;

/// Bytes of object headers.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Headers {
    pub(super) total: u64,
    pub(super) free: u64,
}

/// A datatype of datasets.
#[derive(Debug, Clone)]
pub(super) struct Type {
    pub(super) datatype: Datatype,
    /// The same, in a form in which equal types are the same.
    pub(super) sorted: Datatype,
    /// How many datasets have it.
    pub(super) count: u64,
    /// In how many of these it is a named one.
    pub(super) named: u64,
}

/// All that is known of a file.
pub(super) struct Statistics {
    pub(super) info: FileInfo,
    pub(super) metadata: FileMetadata,
    pub(super) file_size: u64,
    pub(super) free_sections: Counts,

    pub(super) groups: u64,
    pub(super) datasets: u64,
    pub(super) named_datatypes: u64,
    /// Soft and external links.
    pub(super) links: u64,
    /// User-defined links, and objects of no known kind.
    pub(super) others: u64,
    /// The most hard links that an object has.
    pub(super) max_links: u64,

    pub(super) group_headers: Headers,
    pub(super) dataset_headers: Headers,
    pub(super) datatype_headers: Headers,
    /// Links of groups.
    pub(super) group_links: Counts,
    pub(super) group_storage: MetadataSize,
    /// Attributes of objects.
    pub(super) attributes: Counts,
    pub(super) attribute_storage: MetadataSize,

    /// Datasets of each rank.
    pub(super) ranks: Counts,
    /// Elements of one-dimensional datasets.
    pub(super) dims: Counts,
    /// Compact, contiguous, chunked, virtual.
    pub(super) layouts: [u64; 4],
    pub(super) filters: [u64; FILTERS],
    pub(super) dataset_storage: MetadataSize,
    pub(super) raw_data: u64,
    pub(super) external_data: u64,
    pub(super) external_files: u64,
    pub(super) types: Vec<Type>,
}

impl Statistics {
    /// What there is to know of a file before its objects are looked at.
    pub(super) fn of_file(file: &File, on_disk: u64) -> Result<Self> {
        let mut free_sections = Counts::default();
        for FreeSection { size, .. } in file.free_sections()? {
            free_sections.add(size);
        }
        Ok(Self {
            info: file.info()?,
            metadata: file.metadata_info()?,
            file_size: on_disk.max(file.size()?),
            free_sections,
            groups: 0,
            datasets: 0,
            named_datatypes: 0,
            links: 0,
            others: 0,
            max_links: 0,
            group_headers: Headers::default(),
            dataset_headers: Headers::default(),
            datatype_headers: Headers::default(),
            group_links: Counts::default(),
            group_storage: MetadataSize::default(),
            attributes: Counts::default(),
            attribute_storage: MetadataSize::default(),
            ranks: Counts::default(),
            dims: Counts::default(),
            layouts: [0; 4],
            filters: [0; FILTERS],
            dataset_storage: MetadataSize::default(),
            raw_data: 0,
            external_data: 0,
            external_files: 0,
            types: Vec::new(),
        })
    }
}
