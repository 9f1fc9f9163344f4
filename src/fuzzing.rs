//! Entry points of the fuzz targets in `fuzz/`, which reach below the public API.
//!
//! Only built with `--cfg fuzzing`, under which checksums are not compared: damage would not get past
//! them.
#![allow(missing_docs, clippy::expect_used, clippy::missing_panics_doc)]

use std::fmt::Debug;
use std::sync::Arc;

use crate::filter::{FilterInfo, Pipeline, Scratch, id};
use crate::format::message::{self, attribute::Attribute, dataspace::Dataspace, datatype::Datatype};
use crate::format::message::{file, fill_value, group, object};
use crate::format::{
    Reader, Structure, Widths, btree_v1, btree_v2, cache_image, chunk_index, driver_info, encode,
    extensible_array, fixed_array, fractal_heap, free_space, global_heap, local_heap, object_header, onion,
    reference, selection, shared_table, superblock, symbol_table_node, virtual_layout,
};
use crate::store::CommitRecord;

/// Decodes a structure, encodes it, and decodes that: no panic, and no third meaning.
fn round_trip<T: Structure + Debug>(bytes: &[u8], context: &T::Context, widths: Widths) -> Option<T> {
    let decode = |bytes: &[u8]| T::decode(&mut Reader::new(bytes, 0, widths, T::NAME), context);
    let value = decode(bytes).ok()?;
    if let Ok(first) = encode(&value, context, widths) {
        let again = decode(&first).expect("what is encoded decodes");
        let second = encode(&again, context, widths).expect("what was encoded once can be again");
        assert_eq!(first, second, "{value:?} became {again:?}");
    }
    Some(value)
}

/// The first byte chooses the structure, the second the widths; the rest is its bytes.
pub fn structure(data: &[u8]) {
    let [choice, widths, bytes @ ..] = data else { return };
    let width = |code: u8| [2, 4, 8].into_iter().cycle().nth(code.into()).unwrap_or(8);
    let widths = Widths { offset: width(widths & 0xf), length: width(widths >> 4) };
    macro_rules! plain {
        ($($number:literal: $type:ty,)*) => {
            match choice {
                $($number => drop(round_trip::<$type>(bytes, &(), widths)),)*
                _ => dependent(choice.wrapping_sub(64), bytes, widths),
            }
        };
    }
    plain! {
        0: superblock::Superblock,
        1: object_header::FirstChunk,
        2: btree_v2::BTreeHeader,
        3: fixed_array::Header,
        4: extensible_array::Header,
        5: fractal_heap::HeapHeader,
        6: free_space::FreeSpaceHeader,
        7: global_heap::Collection,
        8: local_heap::LocalHeap,
        9: selection::Selection,
        10: virtual_layout::VirtualLayout,
        11: Attribute,
        12: Dataspace,
        13: Datatype,
        14: message::dense_info::LinkInfo,
        15: message::dense_info::AttributeInfo,
        16: message::external_files::ExternalFiles,
        17: file::SharedMessageTable,
        18: file::BTreeK,
        19: file::DriverInfo,
        20: file::FileSpaceInfo,
        21: fill_value::FillValue,
        22: fill_value::OldFillValue,
        23: message::filter_pipeline::FilterPipeline,
        24: group::GroupInfo,
        25: group::SymbolTable,
        26: message::layout::Layout,
        27: message::link::Link,
        28: object::Comment,
        29: object::ModificationTime,
        30: object::OldModificationTime,
        31: object::ReferenceCount,
        32: object::Continuation,
        33: message::shared::SharedPointer,
        34: file::CacheImageLocation,
        35: reference::Reference,
        36: driver_info::DriverBlock,
        37: onion::Header,
        38: onion::HistoryStart,
        39: onion::RecordPlace,
        40: onion::RecordStart,
        41: onion::Page,
        42: CommitRecord,
    }
}

/// The structures that others describe: the first bytes are the other, or what it would say.
fn dependent(choice: u8, bytes: &[u8], widths: Widths) {
    let Some((&number, rest)) = bytes.split_first() else { return };
    let header = |len: usize| bytes.split_at_checked(len).unwrap_or((bytes, &[]));
    match choice {
        0 => drop(round_trip::<symbol_table_node::SymbolTableNode>(rest, &number.into(), widths)),
        1 => drop(round_trip::<shared_table::MasterTable>(rest, &number, widths)),
        2 => drop(round_trip::<shared_table::SharedList>(rest, &number.into(), widths)),
        3 => {
            let shape = local_heap::SegmentShape { len: number.into(), free_list: 8 };
            drop(round_trip::<local_heap::DataSegment>(rest, &shape, widths));
        }
        4 => {
            let shape = btree_v1::NodeShape { key: (), capacity: number.into() };
            drop(round_trip::<btree_v1::Node<btree_v1::GroupKey>>(rest, &shape, widths));
        }
        5 => {
            let steps = btree_v1::ChunkSteps::new(&vec![1; usize::from(number % 33)], 1);
            let shape = btree_v1::NodeShape { key: steps, capacity: 64 };
            drop(round_trip::<btree_v1::Node<btree_v1::ChunkKey>>(rest, &shape, widths));
        }
        6 => {
            let (header, block) = header(64);
            let header = round_trip::<fixed_array::Header>(header, &(), widths);
            if let Some(geometry) = header.and_then(|h| fixed_array::Geometry::from_header(&h, widths).ok()) {
                drop(round_trip::<fixed_array::DataBlock>(block, &geometry, widths));
                drop(round_trip::<chunk_index::ElementPage>(block, &geometry.page(0), widths));
            }
        }
        7 => {
            let (header, block) = header(100);
            let header = round_trip::<extensible_array::Header>(header, &(), widths);
            if let Some(geometry) = header.and_then(|h| h.geometry(widths).ok()) {
                drop(round_trip::<extensible_array::IndexBlock>(block, &geometry, widths));
                for level in [0, 1, 5, 13] {
                    drop(round_trip::<extensible_array::SuperBlock>(block, &(geometry, level), widths));
                    drop(round_trip::<extensible_array::DataBlock>(block, &(geometry, level), widths));
                }
            }
        }
        8 => heap_blocks(header(160), widths),
        9 => {
            let context = free_space::SectionContext {
                header: 0,
                client: number & 1,
                listed: (number >> 1).into(),
                used: rest.len() as u64,
                offset_width: 4,
                size_width: 2,
            };
            drop(round_trip::<free_space::SectionList>(rest, &context, widths));
        }
        10 => nodes(number, rest, widths),
        11 => {
            let messages = match number {
                0 => object_header::MessageShape::V1,
                _ => object_header::MessageShape::V2 { creation_index: number & 1 == 0 },
            };
            let shape = object_header::ContinuationShape { messages, len: rest.len() as u64 };
            drop(round_trip::<object_header::ContinuationChunk>(rest, &shape, widths));
        }
        12 => drop(round_trip::<cache_image::CacheImage>(rest, &number.into(), widths)),
        13 => elements(rest, widths.offset),
        14 => drop(driver_info::MultiMembers::decode(rest)),
        _ => {}
    }
}

/// References as elements hold them, of all kinds, and what they lead to in a heap.
fn elements(bytes: &[u8], offset_size: u8) {
    use reference::{Element, HeapPointer, Reference};
    let size = Element::size(offset_size) as usize;
    if let Some(element) = bytes.get(..size)
        && let Ok(value) = Element::read(element)
        && let Ok(first) = value.bytes(size)
    {
        let again = Element::read(&first).expect("what is encoded decodes");
        assert_eq!(again.bytes(size).expect("what was encoded once can be again"), first, "{value:?}");
    }
    let size = HeapPointer::size(offset_size) as usize;
    if let Some(element) = bytes.get(..size)
        && let Ok(Some(pointer)) = HeapPointer::read(element)
    {
        assert_eq!(pointer.bytes(size).expect("it was read from so many bytes"), element);
    }
    let rank_of = |_| Some(3);
    if let Ok(region) = Reference::from_region(bytes, offset_size, rank_of)
        && let Ok(first) = region.to_region(offset_size)
    {
        assert_eq!(
            Reference::from_region(&first, offset_size, rank_of).expect("what is encoded decodes"),
            region
        );
    }
}

fn heap_blocks((header, block): (&[u8], &[u8]), widths: Widths) {
    let Some(header) = round_trip::<fractal_heap::HeapHeader>(header, &(), widths) else { return };
    let kinds = [
        fractal_heap::BlockKind::Direct { size: block.len() as u64, checksummed: header.checksummed() },
        fractal_heap::BlockKind::Indirect { rows: 3, filtered: header.filters.is_some() },
    ];
    for kind in kinds {
        let context = fractal_heap::BlockContext { heap: 0, offset: 0, table: header.table.clone(), kind };
        match kind {
            fractal_heap::BlockKind::Direct { .. } => {
                drop(round_trip::<fractal_heap::DirectBlock>(block, &context, widths));
            }
            fractal_heap::BlockKind::Indirect { .. } => {
                drop(round_trip::<fractal_heap::IndirectBlock>(block, &context, widths));
            }
        }
    }
    drop(round_trip::<fractal_heap::HeapId>(block, &header.id_shape(), widths));
}

/// Nodes of version 2 B-trees, with records of every kind.
fn nodes(number: u8, bytes: &[u8], widths: Widths) {
    use btree_v2::{Geometry, Node, NodeContext, Record};
    let (depth, records) = (u16::from(number >> 6), u16::from(number & 0x3f));
    let shape = btree_v2::ChunkShape { rank: 1 + number % 5, size_width: 1 + number % 8 };
    macro_rules! node {
        ($($type:ident: $params:expr,)*) => {$({
            let size = btree_v2::$type::size(&$params, widths);
            let geometry = u16::try_from(size).ok().map(|size| Geometry::new(widths, 4096, size, depth));
            if let Some(Ok(geometry)) = geometry {
                let context = NodeContext { params: $params, geometry: Arc::new(geometry), depth, records };
                drop(round_trip::<Node<btree_v2::$type>>(bytes, &context, widths));
            }
        })*};
    }
    node! {
        HugeIndirect: (),
        HugeFiltered: (),
        HugeDirect: (),
        HugeFilteredDirect: (),
        LinkName: (),
        LinkOrder: (),
        SharedMessage: (),
        AttributeName: (),
        AttributeOrder: (),
        Chunk: shape,
        FilteredChunk: shape,
    }
}

/// The filters by their numbers; the target's first byte chooses.
const FILTERS: [u16; 16] = [
    id::DEFLATE,
    id::SHUFFLE,
    id::FLETCHER32,
    id::SZIP,
    id::NBIT,
    id::SCALE_OFFSET,
    id::LZF,
    id::ZFP,
    id::LZ4,
    id::ZSTD,
    id::BZIP2,
    id::BITSHUFFLE,
    id::BLOSC,
    id::BLOSC2,
    id::JPEG_LS,
    id::SPERR,
];

/// The first byte chooses the filter, the second how many parameters follow; then the chunk's length
/// in two bytes, and the chunk.
pub fn filter(data: &[u8]) {
    let [choice, count, rest @ ..] = data else { return };
    let Some((parameters, rest)) = rest.split_at_checked(4 * usize::from(count % 32)) else { return };
    let [low, high, chunk @ ..] = rest else { return };
    let (words, _) = parameters.as_chunks();
    let info = FilterInfo {
        id: FILTERS.into_iter().cycle().nth((*choice).into()).unwrap_or(id::DEFLATE),
        name: None,
        flags: 0,
        parameters: words.iter().map(|&word| u32::from_le_bytes(word)).collect(),
    };
    let pipeline = Pipeline::new(&[info]).expect("one filter");
    let mut output = vec![0; u16::from_le_bytes([*low, *high]).into()];
    let mut scratch = Scratch::default();
    let _ = pipeline.decode(chunk, 0, 1 << 20, &mut output, &mut scratch);
    if let Ok((stored, mask)) = pipeline.encode(chunk, &mut scratch) {
        let stored = stored.to_vec();
        let mut again = vec![0; chunk.len()];
        pipeline.decode(&stored, mask, 1 << 20, &mut again, &mut scratch).expect("what is encoded decodes");
    }
}
