//! Looking at every object once.

use std::collections::HashSet;

use hdfive::datatype::{CharacterSet, Datatype, DatatypeClass, StringPadding, StringType, VarLenKind};
use hdfive::{
    ChunkIndexType, Dataset, File, Group, HeaderInfo, Layout, LinkType, Location, MetadataSize, Object,
};

use super::gather::{FILTERS, Headers, Statistics, Type};
use crate::errors::Result;
use crate::objects::check_depth;

/// Super blocks of every extensible array that the C library writes.
const SUPER_BLOCKS: u64 = 29;

impl Headers {
    fn add(&mut self, info: HeaderInfo) {
        self.total += info.total;
        self.free += info.free;
    }
}

fn add(sum: &mut MetadataSize, more: MetadataSize) {
    sum.index += more.index;
    sum.heap += more.heap;
}

impl Statistics {
    /// Looks at the object at a path and, if it is a group, at all that it leads to.
    pub(super) fn gather(&mut self, file: &File, path: &str) -> Result<()> {
        let object = file.open(path)?;
        let mut seen = HashSet::new();
        self.object(&object, &mut seen, 0)
    }

    fn object(&mut self, object: &Object, seen: &mut HashSet<u64>, depth: usize) -> Result<()> {
        match object {
            Object::Group(group) => {
                if !seen.insert(group.address()) {
                    return Ok(());
                }
                self.group(group)?;
                self.members(group, seen, depth)
            }
            Object::Dataset(dataset) if seen.insert(dataset.address()) => self.dataset(dataset),
            Object::NamedDatatype(datatype) if seen.insert(datatype.address()) => {
                self.named_datatypes += 1;
                let header = self.location(datatype)?;
                self.datatype_headers.add(header);
                Ok(())
            }
            Object::Dataset(_) | Object::NamedDatatype(_) => Ok(()),
            _ => {
                self.others += 1;
                Ok(())
            }
        }
    }

    fn members(&mut self, group: &Group, seen: &mut HashSet<u64>, depth: usize) -> Result<()> {
        check_depth(depth)?;
        for link in group.links()? {
            match link.link_type {
                LinkType::Hard(address) if seen.contains(&address) => {}
                LinkType::Hard(_) => self.object(&group.open(&link.name)?, seen, depth + 1)?,
                LinkType::Soft(_) | LinkType::External { .. } => self.links += 1,
                _ => self.others += 1,
            }
        }
        Ok(())
    }

    /// What objects of all kinds have.
    fn location(&mut self, object: &Location) -> Result<HeaderInfo> {
        self.max_links = self.max_links.max(object.reference_count()?.into());
        self.attributes.add(object.attr_count()?);
        add(&mut self.attribute_storage, object.attr_metadata_size()?);
        Ok(object.header_info()?)
    }

    fn group(&mut self, group: &Group) -> Result<()> {
        self.groups += 1;
        let header = self.location(group)?;
        self.group_headers.add(header);
        self.group_links.add(group.len()?);
        add(&mut self.group_storage, group.metadata_size()?);
        Ok(())
    }

    fn dataset(&mut self, dataset: &Dataset) -> Result<()> {
        self.datasets += 1;
        let header = self.location(dataset)?;
        self.dataset_headers.add(header);
        let size = dataset.storage_size()?;
        let mut metadata = dataset.metadata_size()?;
        if dataset.chunk_index() == Some(ChunkIndexType::ExtensibleArray) {
            // The C library computes the size of an index block before it knows how many super blocks
            // the array has, and takes none for it.
            let (offset, length) = (u64::from(self.info.offset_size), u64::from(self.info.length_size));
            let only_header = metadata.index <= 16 + 6 * length + offset;
            let addresses = if only_header { 0 } else { SUPER_BLOCKS * offset };
            metadata.index = metadata.index.saturating_sub(addresses);
        }
        add(&mut self.dataset_storage, metadata);
        let layout = match dataset.layout()? {
            Layout::Compact => {
                // The data is in the header, but no metadata.
                self.dataset_headers.total = self.dataset_headers.total.saturating_sub(size);
                0
            }
            Layout::Contiguous => 1,
            Layout::Chunked => 2,
            _ => 3,
        };
        self.layouts[layout] += 1;
        match dataset.external_files().len() as u64 {
            0 => self.raw_data += size,
            files => {
                self.external_files += files;
                self.external_data += size;
            }
        }
        self.ranks.add(dataset.ndim() as u64);
        if let [dim] = dataset.shape().as_slice() {
            self.dims.add(*dim as u64);
        }
        self.datatype(dataset.datatype(), dataset.named_datatype()?.is_some());
        let filters = dataset.filters();
        if filters.is_empty() {
            self.filters[0] += 1;
        }
        for filter in filters {
            self.filters[(filter.id as usize).min(FILTERS - 1)] += 1;
        }
        Ok(())
    }

    fn datatype(&mut self, datatype: &Datatype, named: bool) {
        let sorted = sorted(datatype);
        let found = match self.types.iter().position(|known| known.sorted == sorted) {
            Some(found) => found,
            None => {
                self.types.push(Type { datatype: datatype.clone(), sorted, count: 0, named: 0 });
                self.types.len() - 1
            }
        };
        self.types[found].count += 1;
        self.types[found].named += u64::from(named);
    }
}

/// The type with the members of compounds by their names and those of enumerations by their values:
/// their order makes no difference; nor do encoding and padding of text of variable length.
fn sorted(datatype: &Datatype) -> Datatype {
    let mut datatype = datatype.clone();
    sort(&mut datatype);
    datatype
}

fn sort(datatype: &mut Datatype) {
    match &mut datatype.class {
        DatatypeClass::Compound(class) => {
            class.members.iter_mut().for_each(|member| sort(&mut member.datatype));
            class.members.sort_by(|a, b| a.name.cmp(&b.name));
        }
        DatatypeClass::Enum(class) => class.members.sort(),
        DatatypeClass::Array(class) => sort(&mut class.base),
        DatatypeClass::VarLen(class) => {
            sort(&mut class.base);
            if let VarLenKind::String(string) = &mut class.kind {
                *string = StringType { padding: StringPadding::NullTerminated, charset: CharacterSet::Ascii };
            }
        }
        _ => {}
    }
}
