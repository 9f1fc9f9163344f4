//! How much of a file its metadata takes, and what is free.

use crate::file::File;
use crate::format::btree_v2::SharedMessage;
use crate::format::free_space::{FreeSpaceHeader, SectionList};
use crate::format::message::file::SharedMessageTable;
use crate::format::shared_table::{MasterTable, SharedIndexKind, SharedList};
use crate::format::{Structure, encode};
use crate::group::Group;
use crate::heap::fractal::FractalHeap;
use crate::location::Location;
use crate::object::{attributes, extension, header, links};
use crate::store::Store;
use crate::tree::btree_v2::BTree;
use crate::{Error, Result};

/// How large the header of an object is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct HeaderInfo {
    /// The version of its format, 1 or 2.
    pub version: u8,
    /// How many pieces it is in.
    pub chunks: usize,
    /// How many messages it has, unused ones included.
    pub messages: usize,
    /// Bytes in the file.
    pub total: u64,
    /// Bytes of these that are unused.
    pub free: u64,
}

/// How much of the file is taken by what belongs to an object, but is not in its header.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct MetadataSize {
    /// Bytes of B-trees and other indexes.
    pub index: u64,
    /// Bytes of heaps.
    pub heap: u64,
}

impl From<(u64, u64)> for MetadataSize {
    fn from((index, heap): (u64, u64)) -> Self {
        Self { index, heap }
    }
}

/// How much of a file is taken by what belongs to no object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct FileMetadata {
    /// Bytes of the superblock.
    pub superblock: u64,
    /// Bytes of its extension.
    pub superblock_extension: u64,
    /// Bytes of the table of shared messages.
    pub shared_messages: u64,
    /// What the messages in that table take.
    pub shared_message_storage: MetadataSize,
    /// Bytes of the persistent lists of free space.
    pub free_space_managers: u64,
    /// Bytes that are listed there as free.
    pub free_space: u64,
}

/// A free piece of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FreeSection {
    /// Where it is, relative to the end of the user block.
    pub address: u64,
    /// Its bytes.
    pub size: u64,
}

impl Location {
    /// How large the object's header is.
    ///
    /// # Errors
    /// `Format` if the header is damaged.
    pub fn header_info(&self) -> Result<HeaderInfo> {
        let store = self.store()?;
        let header = self.header(&store)?;
        let header::Usage { chunks, messages, total, free } = header::usage(&store, &header)?;
        Ok(HeaderInfo { version: header.version(), chunks, messages, total, free })
    }

    /// How much of the file is taken by attributes that are not in the object's header.
    ///
    /// # Errors
    /// `Format` if the index or the heap is damaged.
    pub fn attr_metadata_size(&self) -> Result<MetadataSize> {
        let store = self.store()?;
        Ok(attributes::file_size(&store, &*self.header(&store)?)?.into())
    }
}

impl Group {
    /// How much of the file is taken by links that are not in the group's header.
    ///
    /// # Errors
    /// `Format` if the index or the heap is damaged.
    pub fn metadata_size(&self) -> Result<MetadataSize> {
        let store = self.store()?;
        Ok(links::file_size(&store, &*self.header(&store)?)?.into())
    }
}

impl File {
    /// How much of the file is taken by what belongs to no object.
    ///
    /// # Errors
    /// `Format` if it is damaged.
    pub fn metadata_info(&self) -> Result<FileMetadata> {
        let store = self.shared().read()?;
        let superblock = match store.superblock() {
            Some(superblock) => encode(superblock, &(), store.widths())?.len() as u64,
            None => 0,
        };
        let superblock_extension = match extension::header(&store)? {
            Some(header) => header::usage(&store, &header)?.total,
            None => 0,
        };
        let (shared_messages, shared_message_storage) = shared_message_sizes(&store)?;
        let mut info = FileMetadata {
            superblock,
            superblock_extension,
            shared_messages,
            shared_message_storage,
            free_space_managers: 0,
            free_space: 0,
        };
        for manager in free_space_managers(&store)? {
            let header = store.fetch::<FreeSpaceHeader>(manager, &())?;
            let size = header.file_size(store.widths());
            info.free_space_managers = info.free_space_managers.saturating_add(size);
            info.free_space = info.free_space.saturating_add(header.total_space.0);
        }
        Ok(info)
    }

    /// The pieces of the file that are listed as free: none unless the file keeps such lists.
    ///
    /// # Errors
    /// `Format` if a list is damaged.
    pub fn free_sections(&self) -> Result<Vec<FreeSection>> {
        let store = self.shared().read()?;
        let mut sections = Vec::new();
        for manager in free_space_managers(&store)? {
            let header = store.fetch::<FreeSpaceHeader>(manager, &())?;
            let Some(list) = header.list.get().filter(|_| header.listed_sections.0 > 0) else { continue };
            if header.list_used.0 > store.limits().metadata_block {
                return Err(Error::limit("a list of free space is too large").at(list));
            }
            let list = store.fetch::<SectionList>(list, &header.list_context(manager))?;
            let section = |section: &crate::format::free_space::Section| FreeSection {
                address: section.offset,
                size: section.size,
            };
            sections.extend(list.sections().iter().map(section));
        }
        sections.sort_unstable();
        Ok(sections)
    }
}

/// The addresses of the headers of the persistent free-space managers.
fn free_space_managers(store: &Store) -> Result<Vec<u64>> {
    let info = extension::file_space(store)?;
    Ok(info.iter().flat_map(|info| &info.managers).filter_map(|address| address.get()).collect())
}

/// Bytes of the table of shared messages, and of what it leads to.
fn shared_message_sizes(store: &Store) -> Result<(u64, MetadataSize)> {
    let message = match extension::header(store)? {
        Some(header) => header.find::<SharedMessageTable>(store)?,
        None => None,
    };
    let mut sizes = MetadataSize::default();
    let Some(message) = message else { return Ok((0, sizes)) };
    let address = message.address.require("shared message table")?;
    let table = store.fetch::<MasterTable>(address, &message.indexes)?;
    for index in &table.indexes {
        let size = match (index.kind, index.address.get()) {
            (SharedIndexKind::BTree, Some(address)) => {
                BTree::<SharedMessage>::open(store, address, ())?.file_size(store)?
            }
            (SharedIndexKind::BTree, None) => 0,
            (SharedIndexKind::List, _) => {
                // A list has space for as many messages as it may have.
                SharedList::size_hint(&index.list_max, store.widths()) as u64
            }
        };
        sizes.index = sizes.index.saturating_add(size);
        if let Some(heap) = index.heap.get() {
            sizes.heap = sizes.heap.saturating_add(FractalHeap::open(store, heap)?.file_size(store)?);
        }
    }
    Ok((encode(&*table, &message.indexes, store.widths())?.len() as u64, sizes))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::arithmetic_side_effects, clippy::type_complexity)]
    use std::collections::HashSet;

    use super::*;
    use crate::group::Object;

    /// Pairs of numbers, added up over all objects: header (total, free), then index and heap of
    /// groups, of attributes, of datasets.
    fn add_up(object: &Object, seen: &mut HashSet<u64>, sums: &mut [[u64; 2]; 4]) {
        let location: &Location = match object {
            Object::Group(group) => group,
            Object::Dataset(dataset) => dataset,
            Object::NamedDatatype(datatype) => datatype,
        };
        if !seen.insert(location.address()) {
            return;
        }
        let mut add = |sum: usize, first: u64, second: u64| {
            sums[sum][0] += first;
            sums[sum][1] += second;
        };
        let header = location.header_info().unwrap();
        add(0, header.total, header.free);
        let MetadataSize { index, heap } = location.attr_metadata_size().unwrap();
        add(2, index, heap);
        match object {
            Object::Group(group) => {
                let MetadataSize { index, heap } = group.metadata_size().unwrap();
                add(1, index, heap);
                group.members().unwrap().iter().for_each(|(_, member)| add_up(member, seen, sums));
            }
            Object::Dataset(dataset) => {
                let MetadataSize { index, heap } = dataset.metadata_size().unwrap();
                add(3, index, heap);
            }
            Object::NamedDatatype(_) => {}
        }
    }

    /// What h5stat says of the fixtures; of the file: superblock, extension, table of shared messages,
    /// their index and heap, free-space managers, free space.
    #[rustfmt::skip]
    const COUNTED: &[(&str, [[u64; 2]; 4], [u64; 7])] = &[
        ("groups-many-latest", [[530, 339], [16934, 25208], [0, 0], [0, 0]], [48, 0, 0, 0, 0, 0, 0]),
        ("groups-many-order", [[578, 371], [37452, 41603], [0, 0], [0, 0]], [48, 0, 0, 0, 0, 0, 0]),
        ("groups-many-earliest", [[352, 168], [105_472, 22680], [0, 0], [0, 0]], [96, 0, 0, 0, 0, 0, 0]),
        ("attributes-dense", [[2729, 1126], [550, 766], [44374, 64448], [0, 0]], [48, 0, 0, 0, 0, 0, 0]),
        ("attributes-huge", [[266, 146], [0, 0], [550, 161_924], [0, 0]], [48, 0, 0, 0, 0, 0, 0]),
        ("space-persist", [[2476, 1509], [550, 790], [0, 0], [2204, 0]], [48, 186, 0, 0, 0, 423, 3320]),
        ("space-paged-persist-v110", [[2476, 1509], [550, 790], [0, 0], [2204, 0]], [48, 186, 0, 0, 0, 639, 4686]),
        ("layout-external-latest", [[667, 293], [0, 0], [0, 0], [0, 128]], [48, 0, 0, 0, 0, 0, 0]),
        ("chunks-btree1-earliest", [[1944, 912], [872, 208], [0, 0], [123_128, 0]], [96, 0, 0, 0, 0, 0, 0]),
        ("chunks-btree2-v110", [[2543, 1492], [550, 766], [0, 0], [147_760, 0]], [48, 0, 0, 0, 0, 0, 0]),
        ("chunks-fixed-array-v110", [[2167, 1194], [0, 0], [0, 0], [38567, 0]], [48, 0, 0, 0, 0, 0, 0]),
        ("chunks-implicit-v110", [[1203, 706], [0, 0], [0, 0], [0, 0]], [48, 0, 0, 0, 0, 0, 0]),
        ("layout-virtual-v110", [[2518, 1368], [0, 0], [0, 0], [0, 1477]], [48, 0, 0, 0, 0, 0, 0]),
        ("shared-list", [[5235, 2381], [550, 766], [0, 0], [36624, 0]], [48, 49, 68, 6816, 3646, 0, 0]),
        ("shared-btree", [[5235, 2451], [550, 766], [0, 0], [1428, 0]], [48, 49, 68, 643, 3646, 0, 0]),
        ("datatypes-committed-earliest", [[1936, 728], [1744, 328], [0, 0], [2096, 0]], [96, 0, 0, 0, 0, 0, 0]),
    ];

    #[test]
    fn metadata_is_counted_as_the_c_library_counts_it() {
        for (name, objects, whole) in COUNTED {
            let path = format!("{}/testdata/fixtures/{name}.h5", env!("CARGO_MANIFEST_DIR"));
            let file = File::open(path).unwrap();
            let mut sums = [[0; 2]; 4];
            add_up(&Object::Group((*file).clone()), &mut HashSet::new(), &mut sums);
            assert_eq!(sums, *objects, "{name}");
            let info = file.metadata_info().unwrap();
            let shared = info.shared_message_storage;
            let found = [
                info.superblock,
                info.superblock_extension,
                info.shared_messages,
                shared.index,
                shared.heap,
                info.free_space_managers,
                info.free_space,
            ];
            assert_eq!(found, *whole, "{name}");
            let sections = file.free_sections().unwrap();
            assert_eq!(sections.iter().map(|section| section.size).sum::<u64>(), info.free_space, "{name}");
        }
    }

    #[test]
    fn a_new_file_is_counted() {
        let file = File::in_memory().unwrap();
        let group = file.create_group("g").unwrap();
        let dataset = group.new_dataset::<i32>().shape((4..,)).chunk((2,)).create("d").unwrap();
        dataset.write(&[1, 2, 3, 4]).unwrap();
        file.flush().unwrap();
        assert_eq!(dataset.chunk_index(), Some(crate::ChunkIndexType::ExtensibleArray));
        assert!(dataset.metadata_size().unwrap().index > 0);
        assert_eq!(group.metadata_size().unwrap(), MetadataSize::default());
        let header = group.header_info().unwrap();
        assert!(header.version == 2 && header.chunks == 1 && header.total > header.free);
    }
}
