#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

#[derive(Debug, Clone)]
enum Step {
    Insert(usize),
    Remove(usize),
    Commit,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let length =
        prop_oneof![8 => 1..60_usize, 3 => 60..1000_usize, 2 => 1000..4097_usize, 1 => 4097..9000_usize];
    let step = prop_oneof![
        6 => length.prop_map(Step::Insert),
        4 => any::<prop::sample::Index>().prop_map(|index| Step::Remove(index.index(1 << 20))),
        1 => Just(Step::Commit),
    ];
    proptest::collection::vec(step, 0..200)
}

fn object(seed: usize, length: usize) -> Vec<u8> {
    (0..length).map(|n| (n * 31 + seed * 7) as u8).collect()
}

fn count(heap: &FractalHeap) -> u64 {
    heap.header.managed_count + heap.header.huge_count + heap.header.tiny_count
}

/// What the header counts is what there is.
fn check(heap: &FractalHeap, store: &Store, objects: &BTreeMap<Vec<u8>, Vec<u8>>) {
    let reopened = FractalHeap::open(store, heap.header_address()).unwrap();
    // The place of the free space is known when it is committed.
    let expected = HeapHeader { free_space: reopened.header.free_space, ..heap.header.clone() };
    assert_eq!(reopened.header, expected);
    for (id, object) in objects {
        assert_eq!(&heap.get(store, id).unwrap(), object);
    }
    assert_eq!(count(heap), objects.len() as u64);
    let shape = heap.header.id_shape();
    let managed: u64 = objects
        .values()
        .map(|object| object.len() as u64)
        .filter(|&length| length > shape.max_tiny().into() && length <= heap.header.max_managed.into())
        .sum();
    let overhead = heap.overhead(store);
    let totals = space::RowTotals::new(heap.table(), overhead).unwrap();
    let capacity = match (heap.header.root.is_defined(), heap.header.root_rows) {
        (false, _) => 0,
        (true, 0) => heap.table().start_block - overhead,
        (true, rows) => totals.free(0..rows),
    };
    assert_eq!(heap.header.managed_free, capacity - managed);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn behaves_like_a_map(steps in steps(), attributes in any::<bool>()) {
        let mut store = Store::for_tests();
        let params = if attributes { HeapParams::ATTRIBUTES } else { HeapParams::LINKS };
        let mut heap = FractalHeap::create(&mut store, &params).unwrap();
        let mut objects = BTreeMap::new();
        let mut removed = BTreeMap::new();
        for (seed, step) in steps.into_iter().enumerate() {
            match step {
                Step::Insert(length) => {
                    let id = heap.insert(&mut store, &object(seed, length)).unwrap();
                    let tiny = length <= heap.header.id_shape().max_tiny().into();
                    let old = objects.insert(id.clone(), object(seed, length));
                    prop_assert!(old.is_none() || tiny);
                    // Tiny objects of the same bytes have the same id.
                    if old.is_some() {
                        heap.remove(&mut store, &id).unwrap();
                    }
                }
                Step::Remove(index) if !objects.is_empty() => {
                    let id = objects.keys().nth(index % objects.len()).unwrap().clone();
                    heap.remove(&mut store, &id).unwrap();
                    let object = objects.remove(&id).unwrap();
                    removed.insert(id, object);
                }
                Step::Remove(_) => {}
                Step::Commit => {
                    store.commit().unwrap();
                    removed.clear();
                }
            }
        }
        check(&heap, &store, &objects);
        heap.delete(&mut store).unwrap();
    }
}

#[test]
fn removed_objects_are_readable_until_the_next_transaction() {
    let mut store = Store::for_tests();
    let mut heap = FractalHeap::create(&mut store, &HeapParams::LINKS).unwrap();
    let ids: Vec<_> = (0..100).map(|n| heap.insert(&mut store, &object(n, 40)).unwrap()).collect();
    store.commit().unwrap();
    for id in &ids[..50] {
        heap.remove(&mut store, id).unwrap();
    }
    let new: Vec<_> = (200..250).map(|n| heap.insert(&mut store, &object(n, 40)).unwrap()).collect();
    for (n, id) in ids.iter().enumerate() {
        assert_eq!(heap.get(&store, id).unwrap(), object(n, 40), "the old index leads there");
    }
    assert!(new.iter().all(|id| !ids.contains(id)));
    store.commit().unwrap();
    let reused = heap.insert(&mut store, &object(7, 40)).unwrap();
    assert!(ids[..50].contains(&reused), "now its place is free");
}

#[test]
fn the_header_stays_and_committed_blocks_are_not_written_over() {
    let mut store = Store::for_tests();
    let mut heap = FractalHeap::create(&mut store, &HeapParams::LINKS).unwrap();
    let ids: Vec<_> = (0..2000).map(|n| heap.insert(&mut store, &object(n, 30)).unwrap()).collect();
    store.commit().unwrap();
    let before = heap.clone();
    for id in ids.iter().step_by(3) {
        heap.remove(&mut store, id).unwrap();
    }
    for n in 0..500 {
        heap.insert(&mut store, &object(n, 25)).unwrap();
    }
    assert_eq!(heap.header_address(), before.header_address());
    assert_ne!(heap.header.root, before.header.root);
    for (n, id) in ids.iter().enumerate() {
        assert_eq!(before.get(&store, id).unwrap(), object(n, 30));
    }
}

#[test]
fn ids_that_lead_nowhere_are_errors() {
    let mut store = Store::for_tests();
    let mut heap = FractalHeap::create(&mut store, &HeapParams::LINKS).unwrap();
    let id = heap.insert(&mut store, &object(1, 100)).unwrap();
    let huge = heap.insert(&mut store, &object(1, 5000)).unwrap();
    let shape = heap.header.id_shape();
    for (offset, length) in [(0, 5), (20, 5), (21, 0), (21, 492), (512, 1), (u32::MAX.into(), 1)] {
        let id = encode(&HeapId::Managed { offset, length }, &shape, store.widths()).unwrap();
        assert!(heap.get(&store, &id).is_err(), "{offset} {length}");
        assert!(heap.remove(&mut store, &id).is_err(), "{offset} {length}");
    }
    for bad in [&id[..6], &[], &[0x10, 9, 0, 0, 0, 0, 0], &[0x80, 0, 0, 0, 0, 0, 0]] {
        assert!(heap.get(&store, bad).is_err());
        assert!(heap.remove(&mut store, bad).is_err());
    }
    assert!(heap.insert(&mut store, &[]).is_err());
    heap.remove(&mut store, &id).unwrap();
    assert!(heap.remove(&mut store, &id).is_err(), "twice");
    heap.remove(&mut store, &huge).unwrap();
    assert!(heap.remove(&mut store, &huge).is_err(), "twice");
    assert_eq!(count(&heap), 0);
}

#[test]
fn passed_over_blocks_are_used_later() {
    let mut store = Store::for_tests();
    let mut heap = FractalHeap::create(&mut store, &HeapParams::LINKS).unwrap();
    heap.insert(&mut store, &object(0, 400)).unwrap();
    heap.insert(&mut store, &object(1, 4000)).unwrap();
    assert_eq!((heap.header.root_rows, heap.header.iterator_offset), (5, 20_480));
    for n in 0..31 {
        heap.insert(&mut store, &object(n, 450)).unwrap();
    }
    assert_eq!((heap.header.root_rows, heap.header.iterator_offset), (5, 20_480));
}
