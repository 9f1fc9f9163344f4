//! Whole transactions: what each crash and each fault leaves.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use std::collections::BTreeMap;
use std::sync::Arc;

use proptest::prelude::*;

use super::{CreateOptions, Durability, OpenOptions, Rank, RawData, Space, Store};
use crate::storage::testing::{CrashStorage, FaultStorage};
use crate::storage::{MemoryStorage, ReadAt, WriteAt};
use crate::{Error, ErrorKind, Result};

/// The root anchor: how many objects there are, and their addresses.
const ROOT_LEN: u64 = 400;
const MAX_OBJECTS: usize = 40;

/// An object: an anchor that names a shadow and raw data, all filled with one byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Object {
    fill: u8,
    anchor_len: u64,
    shadow: u64,
    shadow_len: u64,
    raw: u64,
    raw_len: u64,
}

/// What is in the file: objects by the addresses of their anchors.
type State = BTreeMap<u64, Object>;

impl Object {
    fn encode(&self) -> Vec<u8> {
        let words = [self.anchor_len, self.shadow, self.shadow_len, self.raw, self.raw_len];
        let mut bytes: Vec<u8> = words.into_iter().flat_map(u64::to_le_bytes).collect();
        bytes.resize(self.anchor_len as usize, self.fill);
        bytes
    }
}

/// A store with a little format of its own, and what it should hold.
struct Model {
    store: Store,
    root: u64,
    state: State,
    /// Raw data as it was when the pin was made.
    pins: Vec<(RawData, Vec<Object>)>,
}

#[derive(Debug, Clone)]
enum Step {
    Create { fill: u8, anchor_len: u64, shadow_len: u64, raw_len: u64 },
    Change { index: usize, fill: u8, raw_len: u64 },
    Delete { index: usize },
    Pin,
    Unpin,
    Commit,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let create = (1_u8.., prop_oneof![40..200_u64, 400..1800_u64], 1..1500_u64, 1..3000_u64).prop_map(
        |(fill, anchor_len, shadow_len, raw_len)| Step::Create { fill, anchor_len, shadow_len, raw_len },
    );
    let change = (0..1000_usize, 1_u8.., 1..3000_u64).prop_map(|(index, fill, raw_len)| Step::Change {
        index,
        fill,
        raw_len,
    });
    let step = prop_oneof![
        4 => create,
        4 => change,
        2 => (0..1000_usize).prop_map(|index| Step::Delete { index }),
        1 => Just(Step::Pin),
        1 => Just(Step::Unpin),
        3 => Just(Step::Commit),
    ];
    prop::collection::vec(step, 1..24)
}

impl Model {
    fn create(storage: Arc<dyn WriteAt>, userblock: u64, durability: Durability) -> Result<Self> {
        let create = CreateOptions { userblock, ..CreateOptions::default() };
        let options = OpenOptions { durability, ..OpenOptions::default() };
        let mut store = Store::create(storage, &create, &options)?;
        let root = store.allocate(Space::Anchor, ROOT_LEN)?;
        store.set_root(root);
        let mut model = Self { store, root, state: State::new(), pins: Vec::new() };
        model.write_root(Rank::Linking)?;
        model.store.commit()?;
        Ok(model)
    }

    fn write_root(&mut self, rank: Rank) -> Result<()> {
        let mut bytes = (self.state.len() as u64).to_le_bytes().to_vec();
        bytes.extend(self.state.keys().flat_map(|address| address.to_le_bytes()));
        bytes.resize(ROOT_LEN as usize, 0);
        self.store.write_metadata(self.root, bytes, rank)
    }

    /// New raw data, a new or rewritten shadow, and then the anchor.
    fn write_object(&mut self, address: u64, mut object: Object, rank: Rank) -> Result<()> {
        object.raw = self.store.allocate(Space::Raw, object.raw_len)?;
        self.store.raw().write_at(object.raw, &vec![object.fill; object.raw_len as usize])?;
        let shadow = vec![object.fill; object.shadow_len as usize];
        self.store.write_metadata(object.shadow, shadow, Rank::Linked)?;
        self.store.write_metadata(address, object.encode(), rank)?;
        self.state.insert(address, object);
        Ok(())
    }

    fn step(&mut self, step: &Step) -> Result<()> {
        let nth = |state: &State, index: usize| {
            state.iter().nth(index % state.len().max(1)).map(|(&address, &object)| (address, object))
        };
        match *step {
            Step::Create { fill, anchor_len, shadow_len, raw_len } if self.state.len() < MAX_OBJECTS => {
                let address = self.store.allocate(Space::Anchor, anchor_len)?;
                let shadow = self.store.allocate(Space::Metadata, shadow_len)?;
                let object = Object { fill, anchor_len, shadow, shadow_len, raw: 0, raw_len };
                self.write_object(address, object, Rank::Linked)?;
                self.write_root(Rank::Linking)
            }
            Step::Change { index, fill, raw_len } => {
                let Some((address, mut object)) = nth(&self.state, index) else { return Ok(()) };
                self.store.free(Space::Raw, object.raw, object.raw_len);
                object.shadow = self.store.shadow(Space::Metadata, object.shadow, object.shadow_len)?;
                (object.fill, object.raw_len) = (fill, raw_len);
                self.write_object(address, object, Rank::Linking)
            }
            Step::Delete { index } => {
                let Some((address, object)) = nth(&self.state, index) else { return Ok(()) };
                self.state.remove(&address);
                self.write_root(Rank::Unlinking)?;
                self.store.free(Space::Anchor, address, object.anchor_len);
                self.store.free(Space::Metadata, object.shadow, object.shadow_len);
                self.store.free(Space::Raw, object.raw, object.raw_len);
                Ok(())
            }
            Step::Pin => {
                self.pins.push((self.store.raw(), self.state.values().copied().collect()));
                Ok(())
            }
            Step::Unpin => {
                self.pins.pop();
                Ok(())
            }
            Step::Commit => self.store.commit(),
            Step::Create { .. } => Ok(()),
        }
    }

    fn check(&self) {
        assert_eq!(read(&self.store), self.state);
        for (raw, objects) in &self.pins {
            for object in objects {
                let mut bytes = vec![0; object.raw_len as usize];
                raw.read_at(object.raw, &mut bytes).unwrap();
                assert_eq!(bytes, vec![object.fill; object.raw_len as usize], "pinned");
            }
        }
    }
}

/// What the file holds; every byte of every object is checked.
fn read(store: &Store) -> State {
    let word =
        |bytes: &[u8], index: usize| u64::from_le_bytes(bytes[index * 8..index * 8 + 8].try_into().unwrap());
    let root = store.read_metadata(store.root().unwrap(), ROOT_LEN).unwrap();
    let raw_data = store.raw();
    let mut state = State::new();
    for index in 0..word(&root, 0) as usize {
        let address = word(&root, index + 1);
        let anchor_len = word(&store.read_metadata(address, 8).unwrap(), 0);
        let anchor = store.read_metadata(address, anchor_len).unwrap();
        let [_, shadow, shadow_len, raw, raw_len] = [0, 1, 2, 3, 4].map(|index| word(&anchor, index));
        let shadow_bytes = store.read_metadata(shadow, shadow_len).unwrap();
        let fill = shadow_bytes[0];
        let mut raw_bytes = vec![0; raw_len as usize];
        raw_data.read_at(raw, &mut raw_bytes).unwrap();
        let all = anchor[40..].iter().chain(&shadow_bytes).chain(&raw_bytes);
        assert!(all.into_iter().all(|&byte| byte == fill), "object at {address} is torn");
        state.insert(address, Object { fill, anchor_len, shadow, shadow_len, raw, raw_len });
    }
    state
}

/// What is in these file bytes, for a reader, and for a writer, who must agree.
fn read_image(image: &[u8]) -> Option<State> {
    let options = OpenOptions::default();
    let state = read(&Store::open(Arc::new(image.to_vec()), &options).ok()?);
    let memory = Arc::new(MemoryStorage::new(image.to_vec()));
    let mut store = Store::open_rw(memory.clone(), &options).unwrap();
    assert_eq!(read(&store), state, "a writer sees what a reader sees");
    // Changing it further does not disturb what is there.
    let new = store.allocate(Space::Anchor, 300).unwrap();
    store.write_metadata(new, vec![0xff; 300], Rank::Linked).unwrap();
    store.commit().unwrap();
    assert_eq!(read(&store), state);
    let again = Store::open(Arc::new(memory.to_vec()), &options).unwrap();
    assert_eq!(read(&again), state, "after a further commit");
    Some(state)
}

/// Runs the steps; gives the state of each commit with the number of operations when it was done.
fn run(
    storage: &Arc<CrashStorage>,
    steps: &[Step],
    userblock: u64,
    durability: Durability,
) -> Vec<(usize, State)> {
    let mut model = Model::create(storage.clone(), userblock, durability).unwrap();
    let mut commits = vec![(storage.operations(), model.state.clone())];
    for step in steps.iter().chain([&Step::Commit]) {
        model.step(step).unwrap();
        model.check();
        if matches!(step, Step::Commit) {
            commits.push((storage.operations(), model.state.clone()));
        }
    }
    commits
}

/// Checks that `image`, as left after `completed` operations, holds the last commit or the next.
fn check_image(commits: &[(usize, State)], completed: usize, image: &[u8]) {
    let next = commits.partition_point(|(done, _)| *done <= completed);
    let found = read_image(image);
    let Some(last) = next.checked_sub(1) else {
        // Before the first commit is done there may be no file yet.
        assert!(found.is_none_or(|state| state == commits[0].1));
        return;
    };
    let found = found.expect("a file that was committed can be opened");
    let is_next = commits.get(next).is_some_and(|(_, state)| *state == found);
    assert!(found == commits[last].1 || is_next, "after {completed} operations: a state in between");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn every_crash_leaves_the_last_commit_or_the_next(
        steps in steps(),
        userblock in prop_oneof![Just(0_u64), Just(512)],
    ) {
        let storage = Arc::new(CrashStorage::default());
        let commits = run(&storage, &steps, userblock, Durability::Buffered);
        storage.for_each_crash(|completed, image| check_image(&commits, completed, image));
    }

    #[test]
    fn every_power_failure_leaves_the_last_commit_or_the_next(
        steps in steps(),
        durability in prop_oneof![Just(Durability::Data), Just(Durability::Full)],
        seed in any::<u64>(),
    ) {
        let storage = Arc::new(CrashStorage::default());
        let commits = run(&storage, &steps, 0, durability);
        for count in 0..=storage.operations() {
            for round in 0..3 {
                let image = storage.power_failure_after(count, |operation, sector| {
                    let mixed = (seed ^ round << 60 ^ (operation as u64) << 20 ^ sector)
                        .wrapping_mul(0x9e37_79b9_7f4a_7c15);
                    mixed >> 63 == 1
                });
                // A commit is durable when it returns; what it did up to then may be.
                check_image(&commits, count, &image);
            }
        }
    }

    #[test]
    fn every_fault_leaves_a_consistent_file(steps in steps()) {
        let mut failing = 0;
        loop {
            let memory = Arc::new(MemoryStorage::default());
            let storage = Arc::new(FaultStorage::new(memory.clone()));
            storage.fail_after(failing);
            let mut committed = State::new();
            let mut attempted = State::new();
            let outcome = Model::create(storage.clone(), 0, Durability::Data).and_then(|mut model| {
                for step in steps.iter().chain([&Step::Commit]) {
                    attempted = model.state.clone();
                    let done = model.step(step);
                    if let Err(error) = done {
                        // What is in memory stays readable, and a change is refused or works.
                        if matches!(step, Step::Commit) {
                            prop_read(&model, &attempted);
                            retry(&mut model);
                        }
                        return Err(error);
                    }
                    if matches!(step, Step::Commit) {
                        committed = attempted.clone();
                    }
                }
                Ok(())
            });
            match (&outcome, Store::open(Arc::new(memory.to_vec()), &OpenOptions::default())) {
                (_, Ok(_)) => {
                    let found = read_image(&memory.to_vec()).unwrap();
                    prop_assert!(found == committed || found == attempted, "fault {failing}: {outcome:?}");
                }
                (Err(_), Err(_)) => prop_assert!(committed.is_empty(), "fault {failing}"),
                (Ok(()), Err(error)) => prop_assert!(false, "{error}"),
            }
            if storage.operations() < failing {
                prop_assert!(outcome.is_ok());
                break;
            }
            failing += 1;
        }
    }
}

fn prop_read(model: &Model, expected: &State) {
    assert_eq!(read(&model.store), *expected, "after a failed commit");
}

/// After a failed commit, a second attempt works, or says that it is too late.
fn retry(model: &mut Model) {
    match model.store.commit() {
        Ok(()) => assert!(!model.store.poisoned),
        Err(error) => {
            assert_eq!(error.kind(), ErrorKind::Usage);
            assert!(model.store.poisoned);
            assert!(model.store.allocate(Space::Raw, 1).is_err());
            assert!(model.store.write_metadata(model.root, vec![0], Rank::Linked).is_err());
        }
    }
}

#[test]
fn a_reader_sees_through_the_record_and_a_writer_replays_it() {
    let storage = Arc::new(CrashStorage::default());
    let create = Step::Create { fill: 1, anchor_len: 300, shadow_len: 10, raw_len: 10 };
    let change = |index, fill| Step::Change { index, fill, raw_len: 10 };
    let steps = [create.clone(), create, Step::Commit, change(0, 2), change(1, 3)];
    let commits = run(&storage, &steps, 0, Durability::Buffered);
    // The last commit ends with two anchors and the cut.
    let (end, state) = commits.last().unwrap();
    let image = storage.image_after(end - 2);
    let reader = Store::open(Arc::new(image.clone()), &OpenOptions::default()).unwrap();
    assert_eq!(read(&reader), *state);
    let memory = Arc::new(MemoryStorage::new(image.clone()));
    drop(Store::open_rw(memory.clone(), &OpenOptions::default()).unwrap());
    assert!(memory.len().unwrap() < image.len() as u64, "the record is cut off");
    assert_eq!(memory.to_vec(), storage.image_after(*end));
}

#[test]
fn an_anchor_alone_needs_no_record() {
    let storage = Arc::new(CrashStorage::default());
    let create = Step::Create { fill: 1, anchor_len: 300, shadow_len: 10, raw_len: 10 };
    let change = Step::Change { index: 0, fill: 2, raw_len: 10 };
    let commits = run(&storage, &[create, Step::Commit, change], 0, Durability::Buffered);
    // Raw data, shadow, superblock, anchor.
    assert_eq!(commits[2].0 - commits[1].0, 4);
}

#[test]
fn twenty_thousand_objects_are_quick_and_few_writes() {
    let storage = Arc::new(CrashStorage::default());
    let mut store =
        Store::create(storage.clone(), &CreateOptions::default(), &OpenOptions::default()).unwrap();
    let root = store.allocate(Space::Anchor, 100).unwrap();
    store.write_metadata(root, vec![1; 100], Rank::Linked).unwrap();
    store.set_root(root);
    for _ in 0..20_000 {
        let header = store.allocate(Space::Anchor, 272).unwrap();
        let block = store.allocate(Space::Metadata, 120).unwrap();
        for byte in 0..4 {
            store.write_metadata(header, vec![byte; 272], Rank::Linked).unwrap();
            store.write_metadata(block, vec![byte; 120], Rank::Linked).unwrap();
        }
    }
    store.commit().unwrap();
    assert!(storage.operations() < 20, "{} operations", storage.operations());
}

#[test]
fn a_change_that_fails_half_way_is_never_committed() {
    let refuse = |kind: fn(&'static str) -> Error, touch: bool| {
        let mut store = Store::for_tests();
        let failed = store.edit(|store| {
            if touch {
                store.allocate(Space::Metadata, 8)?;
            }
            Err::<(), _>(kind("no"))
        });
        assert!(failed.is_err());
        store.commit().is_err()
    };
    assert!(refuse(Error::format, true));
    assert!(!refuse(Error::format, false), "nothing was changed");
    assert!(!refuse(Error::usage, true), "the caller's mistake");
}
