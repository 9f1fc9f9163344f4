#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::format::btree_v2::{LinkName, LinkOrder};

type Tree = BTree<LinkOrder>;

/// Nodes this small make deep trees of few records.
const SMALL: TreeParams = TreeParams { node_size: 128, split_percent: 100, merge_percent: 40 };

fn record(order: u64, id: u8) -> LinkOrder {
    LinkOrder { order, id: [id; 7] }
}

fn to(order: u64) -> impl FnMut(&Store, &LinkOrder) -> Result<Ordering> {
    move |_, record| Ok(record.order.cmp(&order))
}

fn all(tree: &Tree, store: &Store) -> Vec<(u64, u8)> {
    let mut all = Vec::new();
    tree.for_each(store, |record| {
        all.push((record.order, record.id[0]));
        Ok(())
    })
    .unwrap();
    all
}

/// Every node's size, counts and order.
fn check(tree: &Tree, store: &Store) {
    fn check_node(tree: &Tree, store: &Store, child: Child, depth: u16, root: bool) {
        let node = tree.node(store, child, depth).unwrap();
        assert!(node.records.len() <= tree.max_records(depth));
        assert!(
            root || node.records.len() >= tree.min_records(depth),
            "depth {depth}: {}",
            node.records.len()
        );
        for &child in &node.children {
            check_node(tree, store, child, depth - 1, false);
        }
    }
    if let Some(root) = tree.root() {
        check_node(tree, store, root, tree.header.depth, true);
    }
    let orders: Vec<u64> = all(tree, store).iter().map(|&(order, _)| order).collect();
    assert!(orders.is_sorted_by(|a, b| a < b));
    assert_eq!(orders.len() as u64, tree.len());
    let reopened = Tree::open(store, tree.header_address(), ()).unwrap();
    assert_eq!(reopened.header, tree.header);
}

#[derive(Debug, Clone)]
enum Step {
    Insert(u64),
    Remove(u64),
    Update(u64),
    Commit,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        8 => (0..400_u64).prop_map(Step::Insert),
        7 => (0..400_u64).prop_map(Step::Remove),
        2 => (0..400_u64).prop_map(Step::Update),
        1 => Just(Step::Commit),
    ];
    proptest::collection::vec(step, 0..600)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn behaves_like_a_map(steps in steps(), start in 0..300_u64) {
        let mut store = Store::for_tests();
        let mut model: BTreeMap<u64, u8> = (0..start).map(|order| (order, 0)).collect();
        let records = model.keys().map(|&order| record(order, 0)).collect();
        let mut tree = Tree::build(&mut store, (), SMALL, records).unwrap();
        check(&tree, &store);
        for step in steps {
            match step {
                Step::Insert(order) => {
                    let inserted = tree.insert(&mut store, record(order, 1), to(order));
                    prop_assert_eq!(inserted.is_ok(), !model.contains_key(&order));
                    model.entry(order).or_insert(1);
                }
                Step::Remove(order) => {
                    let removed = tree.remove(&mut store, to(order)).unwrap();
                    prop_assert_eq!(removed.map(|record| record.id[0]), model.remove(&order));
                }
                Step::Update(order) => {
                    let found = tree.update(&mut store, to(order), |record| record.id = [9; 7]).unwrap();
                    prop_assert_eq!(found, model.contains_key(&order));
                    model.entry(order).and_modify(|id| *id = 9);
                }
                Step::Commit => store.commit().unwrap(),
            }
        }
        check(&tree, &store);
        prop_assert_eq!(all(&tree, &store), model.into_iter().collect::<Vec<_>>());
    }

    #[test]
    fn ranges(from in 0..500_u64, len in 0..500_u64) {
        let mut store = Store::for_tests();
        let tree = Tree::build(&mut store, (), SMALL, (0..500).map(|order| record(order, 0)).collect()).unwrap();
        let mut found = Vec::new();
        let position = |record: &LinkOrder| {
            if record.order < from { Ordering::Less }
            else if record.order < from + len { Ordering::Equal }
            else { Ordering::Greater }
        };
        tree.range(&store, position, |record| { found.push(record.order); Ok(ControlFlow::Continue(())) }).unwrap();
        prop_assert_eq!(found, (from..500.min(from + len)).collect::<Vec<_>>());
    }
}

#[test]
fn committed_nodes_are_not_written_over() {
    let mut store = Store::for_tests();
    let records = (0..1000).map(|order| record(2 * order, 0)).collect();
    let mut tree = Tree::build(&mut store, (), TreeParams::METADATA, records).unwrap();
    store.commit().unwrap();
    let before = tree.clone();
    let old = all(&before, &store);
    for order in 0..300 {
        tree.insert_ordered(&mut store, record(2 * order + 1, 1)).unwrap();
        tree.remove(&mut store, to(2 * order)).unwrap();
    }
    assert_ne!(tree.header_address(), before.header_address());
    assert_eq!(all(&before, &store), old, "the old tree is whole while the new one is not committed");
    check(&tree, &store);
}

#[test]
fn appending_packs_nodes() {
    let mut store = Store::for_tests();
    let mut tree = Tree::create(&mut store, (), TreeParams::METADATA).unwrap();
    for order in 0..20_000 {
        tree.insert_ordered(&mut store, record(order, 0)).unwrap();
    }
    check(&tree, &store);
    assert_eq!(tree.find(&store, to(12_345)).unwrap(), Some(record(12_345, 0)));
    assert_eq!(tree.find(&store, to(20_000)).unwrap(), None);
    store.commit().unwrap();
    let used = store.end() / 512;
    assert!(used < 20_000 / 33 * 11 / 10 + 60, "{used} nodes");
    tree.delete(&mut store).unwrap();
}

#[test]
fn failing_comparisons_are_passed_on() {
    let mut store = Store::for_tests();
    let mut tree =
        Tree::build(&mut store, (), SMALL, (0..99).map(|order| record(order, 0)).collect()).unwrap();
    assert!(tree.find(&store, |_, _| Err(Error::not_found("no"))).is_err());
    assert!(tree.insert(&mut store, record(7, 7), |_, _| Err(Error::not_found("no"))).is_err());
    assert!(tree.remove(&mut store, |_, _| Err(Error::not_found("no"))).is_err());
    check(&tree, &store);
}

#[test]
fn another_kind_of_tree_is_an_error() {
    let mut store = Store::for_tests();
    let tree = Tree::create(&mut store, (), SMALL).unwrap();
    assert!(BTree::<LinkName>::open(&store, tree.header_address(), ()).is_err());
}

/// A header that counts more records than its nodes have, and nodes that lead to themselves.
#[test]
fn lies_about_counts_are_errors() {
    let mut store = Store::for_tests();
    let tree = Tree::build(&mut store, (), SMALL, (0..100).map(|order| record(order, 0)).collect()).unwrap();
    for (depth, records, total) in [(0, 1, 100), (2, 1, 101), (2, 2, 100), (3, 1, 100), (1, 1, 100)] {
        let mut header = tree.header.clone();
        (header.depth, header.root_records, header.total_records) = (depth, records, Length(total));
        if header == tree.header {
            continue;
        }
        let bytes = crate::format::encode(&header, &(), store.widths()).unwrap();
        let mut file = store.read_metadata(0, store.end()).unwrap();
        let at = tree.header_address() as usize;
        file[at..at + bytes.len()].copy_from_slice(&bytes);
        let store = Store::over_memory(file);
        let walked =
            Tree::open(&store, tree.header_address(), ()).and_then(|tree| tree.for_each(&store, |_| Ok(())));
        assert!(walked.is_err(), "{depth} {records} {total}");
    }
}

/// A node that is its own child: its pointers' totals cannot agree at every depth.
#[test]
fn cycles_are_errors() {
    let mut store = Store::for_tests();
    let mut tree =
        Tree::build(&mut store, (), SMALL, (0..100).map(|order| record(order, 0)).collect()).unwrap();
    let root = tree.root().unwrap();
    let mut node = Node::clone(&tree.node(&store, root, tree.header.depth).unwrap());
    node.children[0].address = root.address;
    node.children[0].records = root.records;
    let child = tree.save(&mut store, root, node, tree.header.depth).unwrap();
    tree.set_root(&mut store, Some(child)).unwrap();
    let store = Store::over_memory(store.read_metadata(0, store.end()).unwrap());
    let tree = Tree::open(&store, tree.header_address(), ()).unwrap();
    assert!(tree.for_each(&store, |_| Ok(())).is_err());
}
