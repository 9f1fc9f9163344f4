//! Groups, links and attributes under crashes: what each of them leaves.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use super::attributes;
use super::group::{GroupOptions, create_group};
use super::header::HeaderOptions;
use super::links::{self, ListOrder};
use super::{CreationOrder, reference, testing};
use crate::Result;
use crate::format::message::datatype::CharacterSet;
use crate::format::message::link::{Link, LinkTarget};
use crate::storage::testing::CrashStorage;
use crate::store::{CreateOptions, OpenOptions, Store};

/// Of every group, by its path: the names of its links, and its attributes with their data.
type State = BTreeMap<String, (Vec<Vec<u8>>, Vec<(Vec<u8>, Vec<u8>)>)>;

fn state(store: &Store) -> Result<State> {
    let mut state = State::new();
    let mut groups = vec![(String::new(), store.root()?)];
    let mut seen = HashSet::new();
    while let Some((path, group)) = groups.pop() {
        let links = links::list(store, group, ListOrder::ByName)?;
        for link in &links {
            if let LinkTarget::Hard(target) = link.target
                && seen.insert(target)
            {
                groups.push((format!("{path}/{}", String::from_utf8_lossy(&link.name)), target));
            }
        }
        let attributes = attributes::list(store, group, ListOrder::ByName)?;
        let attributes = attributes.into_iter().map(|attribute| (attribute.name, attribute.data)).collect();
        state.insert(path, (links.into_iter().map(|link| link.name).collect(), attributes));
    }
    Ok(state)
}

struct Model {
    store: Store,
    storage: Arc<CrashStorage>,
    options: GroupOptions,
    /// After how many operations each commit was complete, and what it held.
    commits: Vec<(usize, State)>,
}

impl Model {
    fn new(order: CreationOrder) -> Self {
        let storage = Arc::new(CrashStorage::new(Vec::new()));
        let mut store =
            Store::create(storage.clone(), &CreateOptions::default(), &OpenOptions::default()).unwrap();
        let header = HeaderOptions { attribute_order: order, ..Default::default() };
        let options = GroupOptions { header, link_order: order, ..Default::default() };
        let root = create_group(&mut store, &options).unwrap();
        store.set_root(root);
        Self { store, storage, options, commits: Vec::new() }
    }

    fn commit(&mut self) {
        self.store.commit().unwrap();
        self.commits.push((self.storage.operations(), state(&self.store).unwrap()));
    }

    fn object(&self, path: &str) -> u64 {
        testing::object(&self.store, self.store.root().unwrap(), path)
    }

    fn group(&mut self, parent: &str, name: &str) {
        let (parent, options) = (self.object(parent), self.options);
        let target = LinkTarget::Hard(create_group(&mut self.store, &options).unwrap());
        let link = Link { name: name.into(), charset: CharacterSet::Ascii, creation_order: None, target };
        links::insert(&mut self.store, parent, link).unwrap();
    }

    fn unlink(&mut self, parent: &str, name: &str) {
        let parent = self.object(parent);
        let link = links::remove(&mut self.store, parent, name.as_bytes()).unwrap();
        let LinkTarget::Hard(target) = link.target else { return };
        reference::decrement(&mut self.store, target, &mut |_, _| Ok(())).unwrap();
    }

    fn set(&mut self, path: &str, name: &str, value: i32) {
        let object = self.object(path);
        attributes::replace(&mut self.store, object, &testing::number(name, value)).unwrap();
    }

    /// Grows two groups past their headers, edits them, moves an object, and shrinks them.
    fn run(&mut self) {
        self.commit();
        self.group("/", "a");
        self.group("/a", "b");
        self.set("/a/b", "x", 1);
        self.commit();
        for i in 0..12 {
            self.group("/a", &format!("child {i}"));
            self.set("/a/b", &format!("x{i}"), i);
            if i % 4 == 3 {
                self.commit();
            }
        }
        self.set("/a/b", "x", 2);
        self.set("/a", "y", 1);
        self.commit();
        for i in 12..40 {
            self.group("/a", &format!("child {i}"));
        }
        let (a, root) = (self.object("/a"), self.store.root().unwrap());
        let link = links::remove(&mut self.store, a, b"child 7").unwrap();
        links::insert(&mut self.store, root, link).unwrap();
        self.commit();
        for i in 0..12 {
            if i != 7 {
                self.unlink("/a", &format!("child {i}"));
            }
            let b = self.object("/a/b");
            attributes::remove(&mut self.store, b, format!("x{i}").as_bytes()).unwrap();
            if i % 6 == 5 {
                self.commit();
            }
        }
        self.unlink("/", "a");
        self.commit();
    }
}

#[test]
fn every_crash_leaves_the_last_commit_or_the_next() {
    for order in [CreationOrder::Untracked, CreationOrder::Indexed] {
        let mut model = Model::new(order);
        model.run();
        let Model { storage, commits, .. } = model;
        let mut images = 0;
        storage.for_each_crash(|completed, image| {
            let done = commits.partition_point(|(operations, _)| *operations <= completed);
            let memory = Arc::new(crate::storage::MemoryStorage::new(image.to_vec()));
            match Store::open(memory, &OpenOptions::default()) {
                Err(error) => assert_eq!(done, 0, "after {completed} operations: {error}"),
                Ok(store) => {
                    let found = state(&store).unwrap();
                    let last = done.checked_sub(1).and_then(|last| commits.get(last));
                    let allowed = [last, commits.get(done)];
                    assert!(
                        allowed.into_iter().flatten().any(|(_, state)| *state == found),
                        "after {completed} operations"
                    );
                }
            }
            images += 1;
        });
        assert!(images > 100, "{images}");
    }
}
