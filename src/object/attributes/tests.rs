#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]
use super::*;
use crate::ErrorKind;
use crate::format::message::dataspace::Dataspace;
use crate::format::message::datatype::{ByteOrder, Datatype};
use crate::format::message::object::ReferenceCount;
use crate::format::message::shared::SharedPointer;
use crate::format::object_header::PhaseChange;
use crate::object::CreationOrder;
use crate::object::group::{GroupOptions, create_group};
use crate::object::header::HeaderOptions;
use crate::object::testing::{fixture, number, object};

fn bytes(name: &str, len: usize) -> Attribute {
    Attribute {
        datatype: MaybeShared::Here(Datatype::integer(1, false, ByteOrder::Little)),
        dataspace: MaybeShared::Here(Dataspace::simple(&[len as u64])),
        data: vec![7; len],
        ..number(name, 0)
    }
}

fn names(attributes: &[Attribute]) -> String {
    let names = attributes.iter().map(|attribute| String::from_utf8_lossy(&attribute.name).into_owned());
    names.collect::<Vec<_>>().join(" ")
}

fn is_dense(store: &Store, object: u64) -> bool {
    dense_info(store, &load(store, object).unwrap()).unwrap().is_some()
}

#[test]
fn attributes_of_real_files_are_listed_and_found() {
    for (name, path, expected_count) in [
        ("attributes-dense", "/deleted", 22),
        ("attributes-dense", "/indexed8", 8),
        ("attributes-dense", "/indexed9", 9),
        ("attributes-dense", "/many", 1100),
        ("attributes-huge", "/a", 7),
        ("attributes-many-old", "/data", 300),
        ("attributes-shared-type-v18", "/with12", 12),
    ] {
        let (store, root) = fixture(name);
        let object = object(&store, root, path);
        let attributes = list(&store, object, ListOrder::ByName).unwrap();
        assert_eq!(attributes.len(), expected_count, "{name} {path}");
        assert_eq!(count(&store, object).unwrap(), expected_count as u64);
        for attribute in &attributes {
            assert_eq!(get(&store, object, &attribute.name).unwrap().as_ref(), Some(attribute));
        }
        assert_eq!(get(&store, object, b"no such attribute").unwrap(), None);
    }
}

#[test]
fn creation_order_is_that_of_the_file() {
    let (store, root) = fixture("attributes-dense");
    for (path, expected) in
        [("/indexed8", "a0 a5 a2 a7 a4 a1 a6 a3"), ("/indexed9", "a0 a5 a1 a6 a2 a7 a3 a8 a4")]
    {
        let object = object(&store, root, path);
        assert_eq!(names(&list(&store, object, ListOrder::ByCreation).unwrap()), expected);
    }
}

#[test]
fn attributes_move_to_a_heap_and_back() {
    for order in [CreationOrder::Untracked, CreationOrder::Tracked, CreationOrder::Indexed] {
        let mut store = Store::for_tests();
        let header = HeaderOptions { attribute_order: order, ..Default::default() };
        let object = create_group(&mut store, &GroupOptions { header, ..Default::default() }).unwrap();
        for i in (0..60).rev() {
            assert_eq!(is_dense(&store, object), 59 - i > 8, "{i} to insert");
            insert(&mut store, object, &number(&format!("a{i:02}"), i)).unwrap();
        }
        let all = list(&store, object, ListOrder::ByName).unwrap();
        assert_eq!(all.len(), 60);
        assert_eq!(all[7], number("a07", 7));
        replace(&mut store, object, &number("a07", -7)).unwrap();
        rename(&mut store, object, b"a08", b"renamed").unwrap();
        assert_eq!(get(&store, object, b"a07").unwrap(), Some(number("a07", -7)));
        assert_eq!(get(&store, object, b"a08").unwrap(), None);
        if order.is_tracked() {
            let order = names(&list(&store, object, ListOrder::ByCreation).unwrap());
            assert!(order.ends_with("a10 a09 renamed a07 a06 a05 a04 a03 a02 a01 a00"), "{order}");
        }
        assert_eq!(insert(&mut store, object, &number("a07", 0)).unwrap_err().kind(), ErrorKind::Usage);
        for (left, attribute) in list(&store, object, ListOrder::ByName).unwrap().iter().enumerate() {
            assert_eq!(is_dense(&store, object), 60 - left >= 6, "{left} removed");
            assert_eq!(&remove(&mut store, object, &attribute.name).unwrap(), attribute);
        }
        assert!(!load(&store, object).unwrap().has::<AttributeInfo>());
        assert_eq!(remove(&mut store, object, b"a00").unwrap_err().kind(), ErrorKind::NotFound);
    }
}

#[test]
fn few_attributes_stay_in_the_header() {
    let mut store = Store::for_tests();
    let object = create_group(&mut store, &GroupOptions::default()).unwrap();
    for i in 0..8 {
        insert(&mut store, object, &number(&format!("a{i}"), i)).unwrap();
    }
    replace(&mut store, object, &bytes("a3", 3000)).unwrap();
    rename(&mut store, object, b"a5", b"b").unwrap();
    assert_eq!(remove(&mut store, object, b"a0").unwrap(), number("a0", 0));
    assert_eq!(names(&list(&store, object, ListOrder::ByName).unwrap()), "a1 a2 a3 a4 a6 a7 b");
    assert_eq!(get(&store, object, b"a3").unwrap(), Some(bytes("a3", 3000)));
    assert_eq!(count(&store, object).unwrap(), 7);
    let error = list(&store, object, ListOrder::ByCreation).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Usage);
}

#[test]
fn a_large_attribute_goes_to_a_heap_and_one_object_can_have_none_in_its_header() {
    let mut store = Store::for_tests();
    let object = create_group(&mut store, &GroupOptions::default()).unwrap();
    insert(&mut store, object, &number("small", 1)).unwrap();
    insert(&mut store, object, &bytes("large", 70_000)).unwrap();
    assert!(is_dense(&store, object));
    assert_eq!(get(&store, object, b"large").unwrap(), Some(bytes("large", 70_000)));
    remove(&mut store, object, b"large").unwrap();
    assert!(!is_dense(&store, object));
    replace(&mut store, object, &bytes("small", 70_000)).unwrap();
    assert!(is_dense(&store, object));

    let phase_change = Some(PhaseChange { max_compact: 0, min_dense: 0 });
    let header = HeaderOptions { phase_change, ..Default::default() };
    let object = create_group(&mut store, &GroupOptions { header, ..Default::default() }).unwrap();
    insert(&mut store, object, &number("only", 1)).unwrap();
    assert!(is_dense(&store, object));
}

#[test]
fn attributes_of_version_1_headers_stay_there() {
    let (mut store, root) = fixture("groups-few-earliest");
    let number = |i| Attribute { version: 1, ..number(&format!("a{i}"), i) };
    for i in 0..20 {
        insert(&mut store, root, &number(i)).unwrap();
    }
    let header = load(&store, root).unwrap();
    assert_eq!((header.version(), header.has::<AttributeInfo>()), (1, false));
    assert_eq!(get(&store, root, b"a13").unwrap(), Some(number(13)));
    for i in 0..20 {
        assert_eq!(remove(&mut store, root, format!("a{i}").as_bytes()).unwrap(), number(i));
    }
    let large = Attribute { version: 1, ..bytes("large", 65_530) };
    assert_eq!(insert(&mut store, root, &large).unwrap_err().kind(), ErrorKind::Limit);
}

#[test]
fn committed_datatypes_count_their_uses() {
    let (mut store, root) = fixture("attributes-shared-type-v18");
    let datatype = object(&store, root, "/type");
    let uses = |store: &Store| load(store, datatype).unwrap().reference_count(store).unwrap();
    assert_eq!(uses(&store), 14, "a link and 13 attributes");
    let group = object(&store, root, "/with1");
    let shared = Attribute {
        datatype: MaybeShared::Shared(SharedPointer::to_header(datatype)),
        data: vec![0; 12],
        ..number("new", 0)
    };
    insert(&mut store, group, &shared).unwrap();
    assert_eq!(uses(&store), 15);
    replace(&mut store, group, &number("new", 1)).unwrap();
    assert_eq!(uses(&store), 14);
    remove(&mut store, group, b"a0").unwrap();
    assert_eq!(uses(&store), 13);
    assert!(load(&store, datatype).unwrap().has::<ReferenceCount>());
}
