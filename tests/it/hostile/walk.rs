//! What is done with a damaged file.

use std::collections::HashSet;
use std::sync::Arc;

use hdfive::storage::MemoryStorage;
use hdfive::{
    Container, File, Hyperslab, Limits, Location, Object, Result, Selection, SliceOrIndex, StdReference,
};

pub(super) fn limits() -> Limits {
    let mut limits = Limits::default();
    limits.metadata_block = 1 << 20;
    limits.chunk = 1 << 22;
    limits.read = 1 << 22;
    limits
}

/// Reads all there is, past every error.
pub(super) fn walk(bytes: Vec<u8>) -> Result<()> {
    walk_file(&File::with_options().limits(limits()).open_storage(Arc::new(MemoryStorage::new(bytes)))?)
}

/// As [`walk`], in an open file.
pub(super) fn walk_file(file: &File) -> Result<()> {
    let _ = (file.info(), file.size(), file.metadata_info(), file.free_sections());
    let mut seen = HashSet::new();
    let mut waiting = vec![Object::Group(file.group("/")?)];
    while let Some(object) = waiting.pop() {
        let location: &Location = match &object {
            Object::Group(group) => group,
            Object::Dataset(dataset) => dataset,
            Object::NamedDatatype(datatype) => datatype,
            _ => continue,
        };
        if !seen.insert(location.address()) {
            continue;
        }
        let _ = (location.comment(), location.reference_count(), location.modification_time());
        let _ = (location.attr_count(), location.attrs(), location.attrs_by_creation());
        let _ = (location.header_info(), location.attr_metadata_size());
        for name in location.attr_names().unwrap_or_default() {
            if let Ok(attribute) = location.attr(&name) {
                read(&attribute, file);
            }
        }
        match &object {
            Object::Group(group) => {
                let _ = (group.len(), group.links_by_creation(), group.metadata_size());
                let names = group.member_names().unwrap_or_default();
                waiting.extend(names.iter().filter_map(|name| group.open(name).ok()));
            }
            Object::Dataset(dataset) => {
                let _ = (dataset.chunks(), dataset.num_chunks(), dataset.storage_size(), dataset.layout());
                let _ = (dataset.chunk(), dataset.filters(), dataset.offset(), dataset.alloc_time());
                let _ = (dataset.fill_value_bytes(), dataset.fill_time(), dataset.is_resizable());
                let _ = format!("{:?} {:?}", dataset.external_files(), dataset.virtual_mappings());
                read(dataset, file);
            }
            Object::NamedDatatype(datatype) => drop(format!("{:?}", datatype.datatype())),
            _ => {}
        }
    }
    Ok(())
}

fn read(container: &Container, file: &File) {
    let _ = (container.extents(), container.named_datatype(), format!("{:?}", container.datatype()));
    if let Ok(elements) = container.read_elements(Selection::All) {
        elements.values().take(1000).for_each(|value| drop(format!("{value:?}")));
        for element in elements.iter().take(100) {
            let reference = StdReference::from_element(elements.datatype(), element, elements.heap());
            if let Ok(reference) = reference {
                let _ = (file.dereference(reference.clone()), file.dereference_attr(reference.clone()));
                let _ = (file.dereference_region(reference.clone()), file.describe_region(reference));
            }
        }
    }
    let _ = container.read_raw::<f64>();
    let _ = container.read_raw::<String>();
    let every_other =
        vec![SliceOrIndex::SliceTo { start: 0, step: 2, end: None, block: 1 }; container.ndim()];
    let _ = container.read_bytes(Hyperslab::new(every_other));
    let first = vec![SliceOrIndex::SliceCount { start: 0, step: 1, count: 1, block: 1 }; container.ndim()];
    let _ = container.read_bytes(Hyperslab::new(first));
}

/// Changes what can be changed, past every error.
pub(super) fn edit(bytes: Vec<u8>) -> Result<()> {
    let file = File::with_options().limits(limits()).open_rw_storage(Arc::new(MemoryStorage::new(bytes)))?;
    for (at, link) in file.links()?.into_iter().enumerate() {
        if let Ok(dataset) = file.dataset(&link.name) {
            let _ = dataset.resize(dataset.shape().iter().map(|dim| dim / 2 + 1).collect::<Vec<_>>());
            let size = dataset.size().min(1000);
            let _ = dataset.write_slice_raw(vec![1_i32; size], Selection::All);
        }
        if let Ok(object) = file.group(&link.name) {
            let _ = object.create_group("a new group");
        }
        let _ = match at % 3 {
            0 => file.unlink(&link.name),
            1 => file.relink(&link.name, &format!("{} of old", link.name)),
            _ => file.link_hard(&link.name, &format!("{} again", link.name)),
        };
        if at % 2 == 0 {
            let _ = file.flush();
        }
    }
    let _ = file.new_dataset::<u8>().shape((10.., 10)).chunk((4, 4)).deflate(1).create("a new dataset");
    let _ = file.new_attr::<f64>().create("a new attribute");
    for name in file.attr_names()?.iter().take(3) {
        let _ = file.delete_attr(name);
    }
    let _ = file.flush();
    walk(file.to_bytes()?)
}
