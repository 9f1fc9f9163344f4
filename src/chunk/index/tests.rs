//! All indexes against what libhdf5 says of files that it wrote, and against themselves.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::format::Address;
use crate::format::message::dataspace::{Dataspace, Extent};
use crate::format::message::filter_pipeline::FilterPipeline;
use crate::format::message::layout::{ChunkedLayout, Layout, LayoutStorage};
use crate::object::{extension, header};

type Chunks = BTreeMap<Vec<u64>, ChunkRecord>;

/// The index and the chunk shape of the dataset whose object header is at `address`.
fn open(store: &Store, address: u64) -> (ChunkIndex, Vec<u64>) {
    let header = header::load(store, address).unwrap();
    let layout = header.require::<Layout>(store).unwrap();
    let Extent::Simple { dims, max_dims } = header.require::<Dataspace>(store).unwrap().extent else {
        panic!()
    };
    let LayoutStorage::Chunked(chunked) = layout.storage else { panic!() };
    let filtered = header.has::<FilterPipeline>();
    let shape = IndexShape::new(layout.version, &chunked, &dims, max_dims.as_deref(), filtered).unwrap();
    let shape = shape.with_btree_k(extension::node_k(store).unwrap().chunk);
    (ChunkIndex::open(store, chunked.index, shape).unwrap(), chunked.chunk_dims)
}

fn all(index: &ChunkIndex, store: &Store) -> Chunks {
    let mut chunks = Chunks::new();
    index
        .for_each(store, &mut |scaled, chunk| {
            assert_eq!(chunks.insert(scaled.to_vec(), chunk), None, "each chunk once");
            Ok(())
        })
        .unwrap();
    chunks
}

fn in_box(index: &ChunkIndex, store: &Store, low: &[u64], high: &[u64]) -> Chunks {
    let mut chunks = Chunks::new();
    index
        .collect_in(store, low, high, &mut |scaled, chunk| {
            assert_eq!(chunks.insert(scaled.to_vec(), chunk), None, "each chunk once");
            Ok(())
        })
        .unwrap();
    chunks
}

/// The hash of testdata/make_chunk_locations.py.
fn hash(chunks: &Chunks, chunk_dims: &[u64]) -> u64 {
    let mut value = 0xcbf2_9ce4_8422_2325_u64;
    for (scaled, chunk) in chunks {
        let offsets: Vec<String> =
            scaled.iter().zip(chunk_dims).map(|(at, dim)| (at * dim).to_string()).collect();
        let line = format!("{} {} {} {}\n", offsets.join(" "), chunk.address, chunk.size, chunk.filter_mask);
        for byte in line.bytes() {
            value = (value ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3);
        }
    }
    value
}

#[test]
fn chunks_are_where_the_c_library_says() {
    for line in include_str!("../../../testdata/chunk-locations.txt").lines() {
        let [file, address, count, expected] = line.split(' ').collect::<Vec<_>>()[..] else { panic!() };
        let path = format!("{}/testdata/fixtures/{file}", env!("CARGO_MANIFEST_DIR"));
        let store = Store::over_memory(std::fs::read(path).unwrap());
        let (index, chunk_dims) = open(&store, address.parse().unwrap());
        let chunks = all(&index, &store);
        check_queries(&index, &store, &chunks, line);
        // An implicit index has space for the chunks of the maximum shape.
        let inside =
            |scaled: &Vec<u64>| (0..scaled.len()).all(|d| scaled[d] * chunk_dims[d] < index.shape.dims[d]);
        let chunks: Chunks = chunks.into_iter().filter(|(scaled, _)| inside(scaled)).collect();
        assert_eq!(chunks.len().to_string(), count, "{line}");
        assert_eq!(format!("{:016x}", hash(&chunks, &chunk_dims)), expected, "{line}");
    }
}

/// Lookups and boxes give the same chunks as the visit of all.
fn check_queries(index: &ChunkIndex, store: &Store, chunks: &Chunks, name: &str) {
    for (scaled, chunk) in chunks {
        assert_eq!(index.lookup(store, scaled).unwrap(), Some(*chunk), "{name} {scaled:?}");
    }
    let Some(rank) = chunks.keys().next().map(Vec::len) else { return };
    let most: Vec<u64> = (0..rank).map(|d| chunks.keys().map(|scaled| scaled[d]).max().unwrap()).collect();
    for part in 1..4 {
        let low: Vec<u64> = most.iter().map(|most| most / (part + 1)).collect();
        let high: Vec<u64> = most.iter().map(|most| most / part + 1).collect();
        let inside = |scaled: &Vec<u64>| (0..rank).all(|d| low[d] <= scaled[d] && scaled[d] < high[d]);
        let expected: Chunks =
            chunks.iter().filter(|(scaled, _)| inside(scaled)).map(|(s, c)| (s.clone(), *c)).collect();
        assert_eq!(in_box(index, store, &low, &high), expected, "{name} {low:?}..{high:?}");
    }
    let outside: Vec<u64> = most.iter().map(|most| most + 1).collect();
    if !chunks.contains_key(&outside) {
        assert_eq!(index.lookup(store, &outside).unwrap(), None, "{name}");
    }
}

/// A layout with no index yet, to derive shapes from.
fn chunked(chunk_dims: &[u64], element_size: u64) -> ChunkedLayout {
    let index = ChunkIndexLayout::Implicit { address: Address::UNDEFINED };
    ChunkedLayout { flags: 0, chunk_dims: chunk_dims.to_vec(), element_size, index }
}

const NONE: u64 = u64::MAX;

/// A dataset to be: dimensions and maximum dimensions in chunks of (2, 3).
const SHAPES: &[(&[u64], &[u64])] = &[
    (&[2, 3], &[2, 3]),
    (&[4, 9], &[40, 300]),
    (&[4, 9], &[40, NONE]),
    (&[4, 9], &[NONE, 9]),
    (&[4, 9], &[NONE, NONE]),
    (&[2000, 3000], &[2000, 3000]),
];

#[derive(Debug, Clone)]
enum Step {
    Insert(u64, u64, u64),
    Remove(u64, u64),
    Shrink(u64, u64),
    Flush,
    Commit,
    Reopen,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let near = || prop_oneof![0_u64..5, 0_u64..5, 0_u64..60];
    let far = || prop_oneof![0_u64..4, 0_u64..40, 0_u64..700];
    let step = prop_oneof![
        12 => (near(), far(), 1_u64..400).prop_map(|(row, column, size)| Step::Insert(row, column, size)),
        3 => (near(), far()).prop_map(|(row, column)| Step::Remove(row, column)),
        1 => (0_u64..20, 0_u64..60).prop_map(|(row, column)| Step::Shrink(row, column)),
        1 => Just(Step::Flush),
        1 => Just(Step::Commit),
        2 => Just(Step::Reopen),
    ];
    proptest::collection::vec(step, 0..60)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Whatever is done to an index, it holds what a map does.
    #[test]
    fn an_index_is_a_map(which in 0..SHAPES.len(), filtered: bool, version in 4_u8..6, steps in steps()) {
        let (dims, max) = SHAPES[which];
        let mut store = Store::for_tests();
        let shape = IndexShape::new(version, &chunked(&[2, 3], 4), dims, Some(max), filtered).unwrap();
        let mut index = ChunkIndex::create(&mut store, shape.clone(), false).unwrap();
        let mut truth = Chunks::new();
        let mut next = 1_000_000;
        for step in steps {
            match step {
                Step::Insert(row, column, size) => {
                    next += 1000;
                    let (size, filter_mask) = if filtered { (size, row as u32) } else { (24, 0) };
                    let chunk = ChunkRecord { address: next, size, filter_mask };
                    let inside = row * 2 < max[0] && column * 3 < max[1];
                    prop_assert_eq!(index.insert(&mut store, &[row, column], chunk).is_ok(), inside);
                    if inside {
                        truth.insert(vec![row, column], chunk);
                    }
                }
                Step::Remove(row, column) => {
                    let removed = index.remove(&mut store, &[row, column]).unwrap();
                    prop_assert_eq!(removed, truth.remove(&vec![row, column]));
                }
                Step::Shrink(rows, columns) => {
                    let mut removed = index.remove_outside(&mut store, &[rows * 2, columns * 3]).unwrap();
                    removed.sort_by_key(|chunk| chunk.address);
                    let outside = |scaled: &Vec<u64>| scaled[0] >= rows || scaled[1] >= columns;
                    let (gone, left): (Chunks, Chunks) =
                        std::mem::take(&mut truth).into_iter().partition(|(scaled, _)| outside(scaled));
                    truth = left;
                    let mut expected: Vec<ChunkRecord> = gone.into_values().collect();
                    expected.sort_by_key(|chunk| chunk.address);
                    prop_assert_eq!(removed, expected);
                }
                Step::Flush => index.flush(&mut store).unwrap(),
                Step::Commit => {
                    index.flush(&mut store).unwrap();
                    store.commit().unwrap();
                }
                Step::Reopen => {
                    index.flush(&mut store).unwrap();
                    index = ChunkIndex::open(&store, index.layout(), shape.clone()).unwrap();
                }
            }
            prop_assert_eq!(&all(&index, &store), &truth);
        }
        check_queries(&index, &store, &truth, "");
        let deleted = index.delete(&mut store).unwrap();
        prop_assert_eq!(deleted.len(), truth.len());
    }
}

#[test]
fn the_index_is_the_one_that_the_c_library_chooses() {
    let choose = |dims: &[u64], max: &[u64], filtered, early| {
        IndexShape::new(4, &chunked(&[2, 3], 4), dims, Some(max), filtered).unwrap().choose(early)
    };
    assert!(matches!(choose(&[2, 3], &[2, 3], false, true), ChunkIndexLayout::Single { filtered: None, .. }));
    assert!(matches!(
        choose(&[2, 3], &[2, 3], true, false),
        ChunkIndexLayout::Single { filtered: Some(_), .. }
    ));
    assert!(matches!(choose(&[2, 3], &[4, 3], false, true), ChunkIndexLayout::Implicit { .. }));
    assert!(matches!(
        choose(&[2, 3], &[4, 3], true, true),
        ChunkIndexLayout::FixedArray { page_bits: 10, .. }
    ));
    assert!(matches!(choose(&[4, 3], &[4, 3], false, false), ChunkIndexLayout::FixedArray { .. }));
    assert!(matches!(choose(&[4, 3], &[4, NONE], false, true), ChunkIndexLayout::ExtensibleArray { .. }));
    assert!(matches!(choose(&[4, 3], &[NONE, NONE], false, true), ChunkIndexLayout::BTreeV2 { .. }));
}

/// The chunks of an implicit index are where their number says, and stay.
#[test]
fn an_implicit_index_has_all_chunks_from_the_start() {
    let mut store = Store::for_tests();
    let shape = IndexShape::new(4, &chunked(&[2, 3], 4), &[2, 3], Some(&[3, 9]), false).unwrap();
    let mut index = ChunkIndex::create(&mut store, shape, true).unwrap();
    let first = index.lookup(&store, &[0, 0]).unwrap().unwrap();
    let fifth = index.lookup(&store, &[1, 1]).unwrap().unwrap();
    assert_eq!((fifth.address - first.address, fifth.size), (4 * 24, 24));
    assert_eq!(index.lookup(&store, &[2, 0]).unwrap(), None);
    assert!(index.remove_outside(&mut store, &[0, 0]).unwrap().is_empty());
    index.insert(&mut store, &[1, 1], fifth).unwrap();
    assert!(index.insert(&mut store, &[1, 1], first).is_err());
    assert_eq!(index.delete(&mut store).unwrap().len(), 6);
}

/// A committed block is never overwritten: what an unfinished transaction leaves is the old index.
#[test]
fn a_change_leaves_committed_blocks_as_they_were() {
    for max in [[4000, 3], [NONE, 3]] {
        let shape = IndexShape::new(4, &chunked(&[1, 3], 4), &[1, 3], Some(&max), false).unwrap();
        let mut store = Store::for_tests();
        let mut index = ChunkIndex::create(&mut store, shape, false).unwrap();
        let chunk = |at: u64| ChunkRecord { address: 1 << 20 | at, size: 12, filter_mask: 0 };
        for at in (0..4000).step_by(7) {
            index.insert(&mut store, &[at, 0], chunk(at)).unwrap();
        }
        index.flush(&mut store).unwrap();
        store.commit().unwrap();
        let end = store.end();
        let before = store.read_metadata(0, end).unwrap();
        for at in [1, 30, 500, 3999] {
            index.insert(&mut store, &[at, 0], chunk(at)).unwrap();
        }
        index.flush(&mut store).unwrap();
        let after = store.read_metadata(0, end).unwrap();
        let changed: Vec<usize> = (0..before.len()).filter(|&at| before[at] != after[at]).collect();
        let header = match index.layout() {
            ChunkIndexLayout::FixedArray { address, .. }
            | ChunkIndexLayout::ExtensibleArray { address, .. } => address.get().unwrap() as usize,
            other => panic!("{other:?}"),
        };
        assert!(!changed.is_empty() && changed.iter().all(|at| (header..header + 72).contains(at)));
    }
}

/// What libhdf5 2.0 writes into the header for the same chunks.
#[test]
fn counters_are_those_of_the_c_library() {
    let shape = IndexShape::new(4, &chunked(&[1, 2], 4), &[9000, 3], Some(&[NONE, 5]), false).unwrap();
    let mut store = Store::for_tests();
    let mut index = ChunkIndex::create(&mut store, shape, false).unwrap();
    for row in (0..9000).rev() {
        for column in 0..2 {
            let chunk = ChunkRecord { address: 1 << 20 | row, size: 8, filter_mask: 0 };
            index.insert(&mut store, &[row, column], chunk).unwrap();
        }
        if row % 1000 == 0 {
            index.flush(&mut store).unwrap();
        }
    }
    let ChunkIndexLayout::ExtensibleArray { address, .. } = index.layout() else { panic!() };
    let header = store.fetch::<ea::Header>(address.get().unwrap(), &()).unwrap();
    assert_eq!((header.super_blocks.0, header.super_block_bytes.0), (7, 858));
    assert_eq!((header.data_blocks.0, header.data_block_bytes.0), (83, 218_786));
    assert_eq!((header.used.0, header.realized.0), (26_999, 27_124));
}

/// Few changes to a large tree are made in place, and do not make a new tree.
#[test]
fn a_large_tree_is_changed_record_by_record() {
    for filtered in [false, true] {
        let mut store = Store::for_tests();
        let shape = IndexShape::new(4, &chunked(&[2, 3], 4), &[4, 9], Some(&[NONE, NONE]), filtered).unwrap();
        let mut index = ChunkIndex::create(&mut store, shape, false).unwrap();
        let chunk = |at: u64| ChunkRecord { address: 1 << 20 | at, size: 24, filter_mask: 0 };
        let mut truth = Chunks::new();
        for at in 0..2000 {
            index.insert(&mut store, &[at % 40, at / 40], chunk(at)).unwrap();
            truth.insert(vec![at % 40, at / 40], chunk(at));
        }
        index.flush(&mut store).unwrap();
        store.commit().unwrap();
        for at in 0..20 {
            index.insert(&mut store, &[at, at + 40], chunk(5000 + at)).unwrap();
            truth.insert(vec![at, at + 40], chunk(5000 + at));
            let gone = index.remove(&mut store, &[at + 5, at]).unwrap();
            assert_eq!(gone, truth.remove(&vec![at + 5, at]));
        }
        assert_eq!(all(&index, &store), truth);
        index.flush(&mut store).unwrap();
        store.commit().unwrap();
        check_queries(&index, &store, &truth, "in place");
        assert_eq!(all(&index, &store), truth);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Damaged nodes of version 1 B-trees, which have no checksum, give errors or other chunks, but
    /// neither a panic nor a walk without end.
    #[test]
    fn damaged_trees_end(damage in proptest::collection::vec((0_usize..4000, any::<u8>()), 1..8)) {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/fixtures/chunks-btree1-v18.h5");
        let mut bytes = std::fs::read(path).unwrap();
        let nodes: Vec<usize> = bytes.windows(5).enumerate().filter(|(_, w)| *w == b"TREE\x01").map(|(at, _)| at).collect();
        for (at, value) in damage {
            let node = nodes[at % nodes.len()];
            bytes[node + 5 + at / nodes.len() % 200] = value;
        }
        let store = Store::over_memory(bytes);
        for address in [5111, 130_793, 124_707, 179, 127_591] {
            let (index, _) = open(&store, address);
            let mut count = 0_u64;
            let _ = index.for_each(&store, &mut |_, _| { count += 1; Ok(()) });
            let _ = index.lookup(&store, &[1, 1]);
            prop_assert!(count < 100_000);
        }
    }
}
