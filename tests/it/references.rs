//! References that the C library wrote, and our own.

use std::path::{Path, PathBuf};

use hdfive::datatype::ReferenceType;
use hdfive::{
    ErrorKind, File, MappedSelection, Object, ObjectReference, RegionReference, StdReference, Value, s,
};

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/fixtures").join(name)
}

#[test]
fn references_of_the_c_library_are_followed() {
    for bound in ["earliest", "v110"] {
        let file = File::open(fixture(&format!("types-references-{bound}.h5"))).unwrap();
        let objects: Vec<ObjectReference> = file.dataset("objects").unwrap().read_raw().unwrap();
        let data = file.dataset("data").unwrap();
        let group = file.group("group").unwrap();
        assert_eq!(objects[..2], [data.object_reference(), group.object_reference()]);
        assert!(
            matches!(file.dereference(objects[2]), Ok(Object::Group(root)) if root.address() == file.address())
        );
        assert!(objects[3].is_null());
        assert_eq!(file.dereference(objects[3]).unwrap_err().kind(), ErrorKind::NotFound);

        let regions: Vec<RegionReference> = file.dataset("regions").unwrap().read_raw().unwrap();
        let read = |region: &RegionReference| {
            let (dataset, selection) = file.dereference_region(region).unwrap();
            dataset.read_slice_raw::<i32>(selection).unwrap()
        };
        let expected = |selection| data.read_slice_raw::<i32>(selection).unwrap();
        assert_eq!(read(&regions[0]), expected(s![1..3, 2..5]));
        assert_eq!(read(&regions[1]), expected(s![0..6; 2, 1..8; 3]));
        assert_eq!(read(&regions[2]), expected(s![.., ..]));
        let point = |row: usize, column: usize| data.read_slice_raw::<i32>((row, column)).unwrap()[0];
        assert_eq!(read(&regions[3]), [point(0, 0), point(5, 7), point(2, 3)]);
        assert!(regions[4].is_null());
        let (_, described) = file.describe_region(&regions[3]).unwrap();
        assert_eq!(described, MappedSelection::Points(vec![vec![0, 0], vec![5, 7], vec![2, 3]]));

        // The same, as the kind of reference that holds every other.
        let any: Vec<StdReference> = file.dataset("regions").unwrap().read_raw().unwrap();
        assert_eq!(any[0], regions[0].clone().into());
        let nested: Vec<Vec<ObjectReference>> = file.dataset("vlen").unwrap().read_raw().unwrap();
        assert_eq!(nested, [objects[..2].to_vec()]);
    }
}

#[test]
fn references_of_the_source_of_a_virtual_dataset_lead_into_its_file() {
    let virtual_file =
        File::open(Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/virtual/references.h5")).unwrap();
    for (name, source, path) in [
        ("objects", "types-references-v110.h5", "objects"),
        ("regions", "types-references-v110.h5", "regions"),
        ("standard", "types-references-new-v114.h5", "references"),
        ("nested", "types-references-v110.h5", "regions"),
    ] {
        let source = File::open(fixture(source)).unwrap();
        let expected: Vec<StdReference> = source.dataset(path).unwrap().read_raw().unwrap();
        let dataset = virtual_file.dataset(name).unwrap();
        let read: Vec<StdReference> = dataset.read_raw().unwrap();
        assert_eq!(read.len(), expected.len());
        let elements = dataset.read_elements(..).unwrap();
        for (at, (found, expected)) in read.iter().zip(&expected).enumerate() {
            let element =
                StdReference::from_element(elements.datatype(), elements.get(at).unwrap(), elements.heap());
            assert_eq!(element.unwrap(), *found, "{name}");
            assert_eq!((found.address(), found.kind()), (expected.address(), expected.kind()), "{name}");
            if found.is_null() {
                continue;
            }
            let target = virtual_file.dereference(found).unwrap();
            let (dataset, other) = match (target, source.dereference(expected).unwrap()) {
                (Object::Dataset(dataset), Object::Dataset(other)) => (dataset, other),
                (Object::Group(_), Object::Group(_)) => continue,
                kinds => panic!("{name}: {kinds:?}"),
            };
            assert_eq!(Path::new(&dataset.filename()).file_name(), Path::new(&other.filename()).file_name());
            if found.kind() == Some(ReferenceType::StandardRegion) {
                let (dataset, region) = virtual_file.describe_region(found).unwrap();
                assert_eq!(region, source.describe_region(expected).unwrap().1, "{name}");
                assert_eq!(dataset.read_bytes(..).unwrap(), other.read_bytes(..).unwrap());
            }
        }
    }
    // What is only an address cannot tell the file.
    let objects = virtual_file.dataset("objects").unwrap();
    let error = objects.read_raw::<ObjectReference>().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert_eq!(objects.read_bytes(..).unwrap_err().kind(), ErrorKind::Unsupported);
}

#[test]
fn references_of_hdf5_1_12_are_followed() {
    for bound in ["v114", "latest"] {
        let file = File::open(fixture(&format!("types-references-new-{bound}.h5"))).unwrap();
        let references: Vec<StdReference> = file.dataset("references").unwrap().read_raw().unwrap();
        let kinds: Vec<_> = references.iter().map(StdReference::kind).collect();
        let all = [
            Some(ReferenceType::StandardObject),
            Some(ReferenceType::StandardRegion),
            Some(ReferenceType::StandardAttribute),
            None,
        ];
        assert_eq!(kinds, all);
        let data = file.dataset("data").unwrap();
        assert!(references[..3].iter().all(|reference| reference.address() == Some(data.address())));
        let (dataset, selection) = file.dereference_region(&references[1]).unwrap();
        let expected: Vec<i32> = data.read_slice_raw(s![1..3, 2..5]).unwrap();
        assert_eq!(dataset.read_slice_raw::<i32>(selection).unwrap(), expected);
        assert_eq!(file.dereference_attr(&references[2]).unwrap().read_scalar::<i32>().unwrap(), 5);
        assert_eq!(file.dereference_attr(&references[0]).unwrap_err().kind(), ErrorKind::TypeMismatch);
    }
}

#[test]
fn written_references_come_back() {
    let file = File::in_memory().unwrap();
    let data = file.new_dataset_builder().with_data(&[0, 10, 20, 30, 40]).create("data").unwrap();
    data.new_attr_builder().with_data(&[1_u8]).create("unit").unwrap();
    let region = data.region_reference(s![1..4; 2]).unwrap();
    let all = [
        file.reference::<StdReference>("data").unwrap(),
        region.clone().into(),
        data.attr_reference("unit").unwrap(),
        StdReference::NULL,
    ];
    file.new_dataset_builder().with_data(&all).create("all").unwrap();
    let nested = vec![(1_u8, vec![region.clone(), RegionReference::NULL])];
    file.new_dataset_builder().with_data(&nested).create("nested").unwrap();

    let file = File::from_bytes(file.to_bytes().unwrap()).unwrap();
    assert_eq!(file.dataset("all").unwrap().read_raw::<StdReference>().unwrap(), all);
    let read: Vec<(u8, Vec<RegionReference>)> = file.dataset("nested").unwrap().read_raw().unwrap();
    assert_eq!(read, nested);
    let values = file.dataset("nested").unwrap().read_values(..).unwrap();
    let list = values[0].get("1").and_then(Value::as_slice).unwrap();
    assert_eq!(list[0], Value::Reference(region.into()));
    assert_eq!(list[1].to_string(), "NULL");
}

#[test]
fn references_that_dangle_are_errors_only_when_followed() {
    let file = File::in_memory().unwrap();
    let gone = file.create_group("gone").unwrap().object_reference();
    file.new_dataset_builder().with_data(&[gone]).create("references").unwrap();
    file.unlink("gone").unwrap();
    let file = File::from_bytes(file.to_bytes().unwrap()).unwrap();
    let read: Vec<ObjectReference> = file.dataset("references").unwrap().read_raw().unwrap();
    assert_eq!(read, [gone]);
    assert!(file.dereference(read[0]).is_err());
}
