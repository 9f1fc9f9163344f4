//! What is done with a damaged file.

use std::collections::HashSet;
use std::sync::Arc;

use hdfive::datatype::Datatype;
use hdfive::storage::MemoryStorage;
use hdfive::{
    Container, File, Hyperslab, IndexType, IterationOrder, Limits, Location, Object, ObjectReference,
    RegionReference, Result, Selection, SliceOrIndex, StdReference,
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
    let _ = (file.userblock(), file.is_read_only());
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
        let _ = (location.header_info(), location.attr_metadata_size(), location.times());
        let _ = (location.name(), location.file(), location.object_reference());
        for name in location.attr_names().unwrap_or_default() {
            let _ = (location.attr_exists(&name), location.attr_reference(&name));
            if let Ok(attribute) = location.attr(&name) {
                read(&attribute, file);
            }
        }
        match &object {
            Object::Group(group) => {
                let _ = (group.len(), group.links_by_creation(), group.metadata_size());
                let _ = (group.is_empty(), group.members(), group.groups(), group.datasets());
                let _ = group.named_datatypes();
                for (index, order) in [
                    (IndexType::Name, IterationOrder::Decreasing),
                    (IndexType::CreationOrder, IterationOrder::Increasing),
                ] {
                    let _ = group.member_names_by(index, order);
                }
                let _ = group.iter_visit_default(|_, _| Ok(()));
                let names = group.member_names().unwrap_or_default();
                for name in &names {
                    let _ = (group.link(name), group.link_exists(name));
                    let _ = (group.reference::<ObjectReference>(name), group.reference::<StdReference>(name));
                }
                waiting.extend(names.iter().filter_map(|name| group.open(name).ok()));
            }
            Object::Dataset(dataset) => {
                let _ = (dataset.chunks(), dataset.num_chunks(), dataset.storage_size(), dataset.layout());
                let _ = (dataset.chunk(), dataset.filters(), dataset.offset(), dataset.alloc_time());
                let _ = (dataset.fill_value_bytes(), dataset.fill_time(), dataset.is_resizable());
                let _ = (dataset.fill_value_elements(), dataset.fill_is_undefined(), dataset.metadata_size());
                let _ = (dataset.chunk_index(), dataset.chunk_index_address(), dataset.is_chunked());
                let _ = (dataset.chunk_info(0), dataset.chunk_info(usize::MAX), dataset.stored_len());
                let _ = dataset.region_reference(Selection::All);
                let _ = format!("{:?} {:?}", dataset.external_files(), dataset.virtual_mappings());
                read(dataset, file);
            }
            Object::NamedDatatype(datatype) => describe(datatype.datatype()),
            _ => {}
        }
    }
    Ok(())
}

/// Asks a type for all that it says of itself.
fn describe(datatype: &Datatype) {
    drop(format!("{datatype:?} {datatype} {:?}", datatype.to_descriptor()));
    let _ = (datatype.message_size(), datatype.string_type(), datatype.has_variable_length());
    let _ = (datatype.is_string(), datatype.is_number(), datatype.is_bool(), datatype.is::<i32>());
}

fn read(container: &Container, file: &File) {
    let _ = (container.extents(), container.named_datatype(), format!("{:?}", container.datatype()));
    let _ = (container.dtype(), container.shape(), container.ndim(), container.size(), container.is_scalar());
    describe(container.datatype());
    if let Ok(space) = container.space() {
        let _ = (space.extents(), space.maxdims(), space.size(), space.is_resizable(), space.is_simple());
        let _ = (space.is_null(), space.select(Selection::All).and_then(|selected| selected.get_selection()));
    }
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
    let _ = (container.read_values(Selection::All), container.read_scalar::<i64>());
    let _ = (container.read_raw::<StdReference>(), container.read_raw::<RegionReference>());
    let mut buffer = [0_u32; 16];
    let _ = (container.read_into_raw(&mut buffer), container.read_slice_into(Selection::All, &mut buffer));
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
