//! All indexes against what libhdf5 says of files that it wrote, and against themselves.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use std::collections::BTreeMap;

use super::*;
use crate::format::message::MessageBody;
use crate::format::message::dataspace::{Dataspace, Extent};
use crate::format::message::filter_pipeline::FilterPipeline;
use crate::format::message::layout::{Layout, LayoutStorage};
use crate::format::object_header::FirstChunk;
use crate::format::testing::decode;

type Chunks = BTreeMap<Vec<u64>, ChunkRecord>;

/// The index and the chunk shape of the dataset whose object header is at `address`.
fn open(store: &Store, address: u64) -> Result<(ChunkIndex, Vec<u64>)> {
    let header = store.fetch::<FirstChunk>(address, &()).unwrap();
    let body = |kind| header.area.messages.iter().find(|m| m.kind == kind).map(|m| m.body.clone());
    let space: Dataspace = decode(&body(Dataspace::TYPE).unwrap(), &(), store.widths()).unwrap();
    let layout: Layout = decode(&body(Layout::TYPE).unwrap(), &(), store.widths()).unwrap();
    let Extent::Simple { dims, max_dims } = space.extent else { panic!() };
    let LayoutStorage::Chunked(chunked) = layout.storage else { panic!() };
    let filtered = body(FilterPipeline::TYPE).is_some();
    let shape = IndexShape::new(layout.version, &chunked, &dims, max_dims.as_deref(), filtered).unwrap();
    Ok((ChunkIndex::open(store, chunked.index, shape)?, chunked.chunk_dims))
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
        let Ok((index, chunk_dims)) = open(&store, address.parse().unwrap()) else {
            assert!(file.contains("btree2") || file.contains("edges"));
            continue;
        };
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
