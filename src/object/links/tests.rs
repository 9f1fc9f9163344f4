#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]
use super::*;
use crate::ErrorKind;
use crate::format::message::datatype::CharacterSet;
use crate::format::message::link::LinkTarget;
use crate::object::group::{GroupOptions, create_group};
use crate::object::path::{self, Resolved};
use crate::object::testing::{fixture, object};

fn names(links: &[Link]) -> Vec<String> {
    links.iter().map(|link| String::from_utf8_lossy(&link.name).into_owned()).collect()
}

fn soft(name: &str) -> Link {
    Link {
        name: name.as_bytes().to_vec(),
        charset: CharacterSet::Ascii,
        creation_order: None,
        target: LinkTarget::Soft(b"/somewhere".to_vec()),
    }
}

#[test]
fn links_of_real_files_are_listed_and_found() {
    for (name, group, expected) in [
        ("groups-many-earliest", "/", None),
        ("groups-many-latest", "/", None),
        ("links-kinds-earliest", "/a", Some("b data self up")),
        ("links-kinds-latest", "/a", Some("b data self up")),
        (
            "links-compact-dense",
            "/",
            Some("deleted indexed8 indexed9 plain8 plain9 thresholds tracked8 tracked9"),
        ),
        ("links-compact-dense", "/plain9", Some("0 1 2 3 4 5 6 7 8")),
        ("links-compact-dense", "/plain8", Some("0 1 2 3 4 5 6 7")),
    ] {
        let (store, root) = fixture(name);
        let group = object(&store, root, group);
        let links = list(&store, group, ListOrder::ByName).unwrap();
        if let Some(expected) = expected {
            assert_eq!(names(&links).join(" "), expected, "{name}");
        }
        assert_eq!(count(&store, group).unwrap(), links.len() as u64);
        for link in &links {
            assert_eq!(get(&store, group, &link.name).unwrap().as_ref(), Some(link));
        }
        assert_eq!(get(&store, group, b"no such link").unwrap(), None);
    }
}

#[test]
fn groups_of_1200_links_are_complete() {
    for name in ["groups-many-earliest", "groups-many-latest", "groups-many-order"] {
        let (store, root) = fixture(name);
        let mut most = 0;
        for link in list(&store, root, ListOrder::ByName).unwrap() {
            let Ok(Resolved::Object(group)) = path::resolve(&store, root, root, &link.name) else { continue };
            if let Ok(links) = list(&store, group, ListOrder::ByName) {
                most = most.max(links.len());
                for link in &links {
                    assert_eq!(get(&store, group, &link.name).unwrap().as_ref(), Some(link), "{name}");
                }
            }
        }
        most = most.max(list(&store, root, ListOrder::ByName).unwrap().len());
        assert!(most >= 1200, "{name}: {most}");
    }
}

#[test]
fn creation_order_is_that_of_the_file() {
    let (store, root) = fixture("links-compact-dense");
    let group = object(&store, root, "/deleted");
    let links = list(&store, group, ListOrder::ByCreation).unwrap();
    assert_eq!(names(&links)[..3], ["x01", "x02", "x04"]);
    assert_eq!(links.len(), 26);
    let error = list(&store, object(&store, root, "/plain9"), ListOrder::ByCreation).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Usage);
}

#[test]
fn paths_lead_through_links_of_all_kinds() {
    for name in ["links-kinds-earliest", "links-kinds-latest"] {
        let (store, root) = fixture(name);
        let data = object(&store, root, "/a/data");
        for path in [
            "a/data",
            "//a/./data/",
            "soft",
            "relative",
            "dot",
            "through",
            "root/b/a/data",
            "a/up/a/self/data",
        ] {
            assert_eq!(object(&store, root, path), data, "{path}");
        }
        let fails = |path: &str| path::resolve(&store, root, root, path.as_bytes()).unwrap_err();
        assert_eq!(fails("dangling").kind(), ErrorKind::NotFound);
        assert!(fails("/a/nothing").to_string().contains("\"nothing\""));
        assert_eq!(fails("a/data/x").kind(), ErrorKind::TypeMismatch, "a dataset has no links");
        for cycle in ["loop", "ping"] {
            assert_eq!(fails(cycle).kind(), ErrorKind::Limit);
        }
        let external = path::resolve(&store, root, root, b"/external group/chunked").unwrap();
        let Resolved::External { file, path } = external else { panic!("not external") };
        assert_eq!((&file[..], &path[..]), (&b"superblock0.h5"[..], &b"/group/chunked"[..]));
        let parent = path::resolve_parent(&store, root, root, b"/a/self/new/").unwrap();
        assert_eq!(parent.name, Some(&b"new"[..]));
        assert_eq!(parent.group, Resolved::Object(object(&store, root, "/a")));
        assert_eq!(path::resolve_parent(&store, root, root, b"/").unwrap().name, None);
    }
}

#[test]
fn links_move_to_a_heap_and_back() {
    for order in [CreationOrder::Untracked, CreationOrder::Tracked, CreationOrder::Indexed] {
        let mut store = Store::for_tests();
        let group =
            create_group(&mut store, &GroupOptions { link_order: order, ..Default::default() }).unwrap();
        assert_eq!(creation_order(&store, group).unwrap(), order);
        let is_dense =
            |store: &Store| load(store, group).unwrap().require::<LinkInfo>(store).unwrap().heap.is_defined();
        for i in (0..300).rev() {
            assert_eq!(is_dense(&store), 299 - i > 8);
            insert(&mut store, group, soft(&format!("link {i:03}"))).unwrap();
        }
        let links = list(&store, group, ListOrder::ByName).unwrap();
        assert_eq!(links.len(), 300);
        assert_eq!(links[7].name, b"link 007");
        if order.is_tracked() {
            assert_eq!(list(&store, group, ListOrder::ByCreation).unwrap()[0].name, b"link 299");
        }
        let error = insert(&mut store, group, soft("link 004")).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Usage);
        for i in 0..300 {
            assert_eq!(is_dense(&store), 300 - i >= 6, "{i} removed");
            let name = format!("link {i:03}");
            assert_eq!(remove(&mut store, group, name.as_bytes()).unwrap().name, name.as_bytes());
            assert_eq!(get(&store, group, name.as_bytes()).unwrap(), None);
            assert_eq!(count(&store, group).unwrap(), 299 - i);
        }
        assert_eq!(remove(&mut store, group, b"link 000").unwrap_err().kind(), ErrorKind::NotFound);
    }
}

/// Groups of old files are edited, in the new format, without losing a link.
#[test]
fn old_groups_become_new_ones() {
    for (name, path) in [("groups-few-earliest", "/"), ("groups-many-earliest", "/"), ("walk-earliest", "/")]
    {
        let (mut store, root) = fixture(name);
        let group = object(&store, root, path);
        for child in list(&store, group, ListOrder::ByName).unwrap() {
            let LinkTarget::Hard(child) = child.target else { continue };
            let Ok(mut expected) = list(&store, child, ListOrder::ByName) else { continue };
            assert!(load(&store, child).unwrap().has::<SymbolTable>());
            insert(&mut store, child, soft("~")).unwrap();
            expected.push(soft("~"));
            assert_eq!(list(&store, child, ListOrder::ByName).unwrap(), expected);
            assert!(!load(&store, child).unwrap().has::<SymbolTable>());
            let dense = load(&store, child).unwrap().require::<LinkInfo>(&store).unwrap().heap.is_defined();
            assert_eq!(dense, expected.len() > 8);
        }
        let error = remove(&mut store, root, b"no such link").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound);
        let is_old = load(&store, root).unwrap().has::<SymbolTable>();
        assert_eq!(is_old, name != "groups-few-earliest", "nothing was to be changed; a UTF-8 name had been");
    }
}

#[test]
fn names_that_no_path_could_lead_to_are_refused() {
    let mut store = Store::for_tests();
    let group = create_group(&mut store, &GroupOptions::default()).unwrap();
    for name in ["", ".", "a/b", "a\0b"] {
        assert_eq!(insert(&mut store, group, soft(name)).unwrap_err().kind(), ErrorKind::Usage);
    }
}
