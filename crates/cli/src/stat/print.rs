//! Printing statistics.

use std::io::{self, Write};

use hdfive::{MetadataSize, SpaceStrategy};

use super::gather::{FILTERS, Headers, Statistics};
use super::options::Options;
use crate::render::memory_size;

/// Sections of free space below this size are small.
const SMALL_SECTION: u64 = 10;

impl Statistics {
    /// Prints the parts that are asked for.
    pub(super) fn print(&self, options: &Options, out: &mut dyn Write) -> io::Result<()> {
        let parts = &options.parts;
        if parts.file {
            self.print_file(out)?;
        }
        if parts.file_metadata {
            self.print_file_metadata(out)?;
        }
        if parts.groups {
            self.print_groups(options.small_groups, out)?;
        }
        if parts.group_metadata {
            writeln!(out, "File space information for groups' metadata (in bytes):")?;
            let Headers { total, free } = self.group_headers;
            writeln!(out, "\tObject headers (total/unused): {total}/{free}")?;
            print_size("\t", self.group_storage, out)?;
        }
        if parts.datasets && self.datasets > 0 {
            self.print_datasets(options.small_datasets, out)?;
        }
        if parts.datatypes && !self.types.is_empty() {
            self.print_datatypes(out)?;
        }
        if parts.dataset_metadata {
            writeln!(out, "File space information for datasets' metadata (in bytes):")?;
            let Headers { total, free } = self.dataset_headers;
            writeln!(out, "\tObject headers (total/unused): {total}/{free}")?;
            writeln!(out, "\tIndex for Chunked datasets: {}", self.dataset_storage.index)?;
            writeln!(out, "\tHeap: {}", self.dataset_storage.heap)?;
        }
        if parts.attributes {
            self.print_attributes(options.few_attributes, out)?;
        }
        if parts.free_space {
            self.print_free_space(out)?;
        }
        if parts.summary {
            self.print_summary(out)?;
        }
        Ok(())
    }

    fn print_file(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "File information")?;
        writeln!(out, "\t# of unique groups: {}", self.groups)?;
        writeln!(out, "\t# of unique datasets: {}", self.datasets)?;
        writeln!(out, "\t# of unique named datatypes: {}", self.named_datatypes)?;
        writeln!(out, "\t# of unique links: {}", self.links)?;
        writeln!(out, "\t# of unique other: {}", self.others)?;
        writeln!(out, "\tMax. # of links to object: {}", self.max_links)?;
        writeln!(out, "\tMax. # of objects in group: {}", self.group_links.max())
    }

    fn print_file_metadata(&self, out: &mut dyn Write) -> io::Result<()> {
        let metadata = &self.metadata;
        writeln!(out, "File space information for file metadata (in bytes):")?;
        writeln!(out, "\tSuperblock: {}", metadata.superblock)?;
        writeln!(out, "\tSuperblock extension: {}", metadata.superblock_extension)?;
        writeln!(out, "\tUser block: {}", self.info.userblock)?;
        writeln!(out, "\tObject headers: (total/unused)")?;
        for (name, Headers { total, free }) in [
            ("Groups", self.group_headers),
            ("Datasets(exclude compact data)", self.dataset_headers),
            ("Datatypes", self.datatype_headers),
        ] {
            writeln!(out, "\t\t{name}: {total}/{free}")?;
        }
        writeln!(out, "\tGroups:")?;
        print_size("\t\t", self.group_storage, out)?;
        writeln!(out, "\tAttributes:")?;
        print_size("\t\t", self.attribute_storage, out)?;
        writeln!(out, "\tChunked datasets:\n\t\tIndex: {}", self.dataset_storage.index)?;
        writeln!(out, "\tDatasets:\n\t\tHeap: {}", self.dataset_storage.heap)?;
        writeln!(out, "\tShared Messages:\n\t\tHeader: {}", metadata.shared_messages)?;
        print_size("\t\t", metadata.shared_message_storage, out)?;
        writeln!(out, "\tFree-space managers:\n\t\tHeader: {}", metadata.free_space_managers)?;
        writeln!(out, "\t\tAmount of free space: {}", metadata.free_space)
    }

    fn print_groups(&self, small: u64, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "Small groups (with 0 to {} links):", small - 1)?;
        let mut total = 0;
        for (links, count) in self.group_links.below(small) {
            writeln!(out, "\t# of groups with {links} link(s): {count}")?;
            total += count;
        }
        writeln!(out, "\tTotal # of small groups: {total}")?;
        writeln!(out, "Group bins:")?;
        let mut total = self.group_links.zeros();
        if total > 0 {
            writeln!(out, "\t# of groups with 0 link: {total}")?;
        }
        for (first, last, count) in self.group_links.bins() {
            writeln!(out, "\t# of groups with {first} - {last} links: {count}")?;
            total += count;
        }
        writeln!(out, "\tTotal # of groups: {total}")
    }

    fn print_datasets(&self, small: u64, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "Dataset dimension information:")?;
        writeln!(out, "\tMax. rank of datasets: {}", self.ranks.max())?;
        writeln!(out, "\tDataset ranks:")?;
        // The C tool counts datasets of the highest rank, but does not print them.
        for (rank, count) in self.ranks.below(32) {
            writeln!(out, "\t\t# of dataset with rank {rank}: {count}")?;
        }
        writeln!(out, "1-D Dataset information:")?;
        writeln!(out, "\tMax. dimension size of 1-D datasets: {}", self.dims.max())?;
        writeln!(out, "\tSmall 1-D datasets (with dimension sizes 0 to {}):", small - 1)?;
        let mut total = 0;
        for (dim, count) in self.dims.below(small) {
            writeln!(out, "\t\t# of datasets with dimension sizes {dim}: {count}")?;
            total += count;
        }
        writeln!(out, "\t\tTotal # of small datasets: {total}")?;
        if !self.dims.is_empty() {
            writeln!(out, "\t1-D Dataset dimension bins:")?;
            let mut total = self.dims.zeros();
            if total > 0 {
                writeln!(out, "\t\t# of datasets with dimension size 0: {total}")?;
            }
            for (first, last, count) in self.dims.bins() {
                writeln!(out, "\t\t# of datasets with dimension size {first} - {last}: {count}")?;
                total += count;
            }
            writeln!(out, "\t\tTotal # of datasets: {total}")?;
        }
        writeln!(out, "Dataset storage information:")?;
        writeln!(out, "\tTotal raw data size: {}", self.raw_data)?;
        writeln!(out, "\tTotal external raw data size: {}", self.external_data)?;
        self.print_layouts(out)
    }

    fn print_layouts(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "Dataset layout information:")?;
        for (name, count) in ["COMPACT", "CONTIG", "CHUNKED", "VIRTUAL"].iter().zip(self.layouts) {
            writeln!(out, "\tDataset layout counts[{name}]: {count}")?;
        }
        writeln!(out, "\tNumber of external files : {}", self.external_files)?;
        writeln!(out, "Dataset filters information:")?;
        writeln!(out, "\tNumber of datasets with:")?;
        const NAMES: [&str; FILTERS] =
            ["NO", "GZIP", "SHUFFLE", "FLETCHER32", "SZIP", "NBIT", "SCALEOFFSET", "USER-DEFINED"];
        for (name, count) in NAMES.iter().zip(self.filters) {
            writeln!(out, "\t\t{name} filter: {count}")?;
        }
        Ok(())
    }

    fn print_datatypes(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "Dataset datatype information:")?;
        writeln!(out, "\t# of unique datatypes used by datasets: {}", self.types.len())?;
        let mut total = 0;
        for (number, known) in self.types.iter().enumerate() {
            // The message is preceded by a byte that says what it is, and by a version.
            let size = known.datatype.message_size().map_or(0, |size| size + 2);
            writeln!(out, "\tDataset datatype #{number}:")?;
            writeln!(out, "\t\tCount (total/named) = ({}/{})", known.count, known.named)?;
            writeln!(out, "\t\tSize (desc./elmt) = ({size}/{})", memory_size(&known.datatype))?;
            total += known.count;
        }
        writeln!(out, "\tTotal dataset datatype count: {total}")
    }

    fn print_attributes(&self, few: u64, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "Small # of attributes (objects with 1 to {few} attributes):")?;
        let mut total = 0;
        for (attributes, count) in self.attributes.below(few + 1).filter(|(attributes, _)| *attributes > 0) {
            writeln!(out, "\t# of objects with {attributes} attributes: {count}")?;
            total += count;
        }
        writeln!(out, "\tTotal # of objects with small # of attributes: {total}")?;
        writeln!(out, "Attribute bins:")?;
        let mut total = 0;
        for (first, last, count) in self.attributes.bins() {
            writeln!(out, "\t# of objects with {first} - {last} attributes: {count}")?;
            total += count;
        }
        writeln!(out, "\tTotal # of objects with attributes: {total}")?;
        writeln!(out, "\tMax. # of attributes to objects: {}", self.attributes.max())
    }

    fn print_free_space(&self, out: &mut dyn Write) -> io::Result<()> {
        let persists = if self.info.space_persists { "TRUE" } else { "FALSE" };
        writeln!(out, "Free-space persist: {persists}")?;
        writeln!(out, "Free-space section threshold: {} bytes", self.info.space_threshold)?;
        writeln!(out, "Small size free-space sections (< {SMALL_SECTION} bytes):")?;
        let mut total = 0;
        for (size, count) in self.free_sections.below(SMALL_SECTION) {
            writeln!(out, "\t# of sections of size {size}: {count}")?;
            total += count;
        }
        writeln!(out, "\tTotal # of small size sections: {total}")?;
        writeln!(out, "Free-space section bins:")?;
        let mut total = 0;
        for (first, last, count) in self.free_sections.bins() {
            writeln!(out, "\t# of sections of size {first} - {last}: {count}")?;
            total += count;
        }
        writeln!(out, "\tTotal # of sections: {total}")
    }

    fn print_summary(&self, out: &mut dyn Write) -> io::Result<()> {
        let strategy = match self.info.space_strategy {
            SpaceStrategy::Page => "PAGE",
            SpaceStrategy::AggregateOnly => "AGGR",
            SpaceStrategy::None => "NONE",
            _ => "FSM_AGGR",
        };
        writeln!(out, "File space management strategy: H5F_FSPACE_STRATEGY_{strategy}")?;
        writeln!(out, "File space page size: {} bytes", self.info.page_size)?;
        writeln!(out, "Summary of file space information:")?;
        let metadata = self.metadata_bytes();
        writeln!(out, "  File metadata: {metadata} bytes")?;
        writeln!(out, "  Raw data: {} bytes", self.raw_data)?;
        let free = self.metadata.free_space;
        let percent = free as f64 / self.file_size as f64 * 100.0;
        writeln!(out, "  Amount/Percent of tracked free space: {free} bytes/{percent:3.1}%")?;
        let known = metadata.saturating_add(self.raw_data).saturating_add(free);
        let unknown = self.file_size.abs_diff(known);
        if self.file_size < known {
            writeln!(out, "  ??? File has {unknown} more bytes accounted for than its size! ???")?;
        } else {
            writeln!(out, "  Unaccounted space: {unknown} bytes")?;
        }
        writeln!(out, "Total space: {} bytes", known.saturating_add(unknown))?;
        if self.external_files > 0 {
            writeln!(out, "External raw data: {} bytes", self.external_data)?;
        }
        Ok(())
    }

    /// Bytes of all metadata.
    fn metadata_bytes(&self) -> u64 {
        let storage = |size: MetadataSize| size.index.saturating_add(size.heap);
        let metadata = &self.metadata;
        let pieces = [
            metadata.superblock,
            metadata.superblock_extension,
            self.info.userblock,
            self.group_headers.total,
            self.dataset_headers.total,
            self.datatype_headers.total,
            storage(self.group_storage),
            storage(self.attribute_storage),
            storage(self.dataset_storage),
            metadata.shared_messages,
            storage(metadata.shared_message_storage),
            metadata.free_space_managers,
        ];
        pieces.into_iter().fold(0, u64::saturating_add)
    }
}

fn print_size(indent: &str, size: MetadataSize, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{indent}B-tree/List: {}", size.index)?;
    writeln!(out, "{indent}Heap: {}", size.heap)
}
