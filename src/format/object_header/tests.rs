#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]
use super::*;
use crate::format::encode;
use crate::format::message::Message;
use crate::format::testing::structure_tests;
use proptest::collection::vec;
use proptest::prelude::*;

fn messages(shape: MessageShape) -> impl Strategy<Value = Vec<Message>> {
    let message =
        (0..256_u16, any::<u8>(), any::<u16>(), 0..40_usize).prop_map(move |(kind, flags, index, len)| {
            let body = vec![7; shape.padded(len)].into();
            Message { kind, flags, creation_index: shape.index(index), body }
        });
    vec(message, 0..6)
}

fn first_chunks() -> impl Strategy<Value = FirstChunk> {
    let v1 =
        (any::<u16>(), any::<u32>(), messages(MessageShape::V1)).prop_map(|(count, references, messages)| {
            let prefix = PrefixV1 {
                reserved: Reserved::default(),
                // None at all, or some, as the messages are.
                message_count: if messages.is_empty() { 0 } else { count.max(1) },
                reference_count: references,
                padding: Reserved::default(),
            };
            FirstChunk { prefix: Prefix::V1(prefix), area: MessageArea { messages, gap: 0 } }
        });
    let times = any::<Option<u32>>()
        .prop_map(|time| time.map(|time| Times { access: time, modification: 1, change: 2, birth: !time }));
    let phase_change = any::<Option<(u16, u16)>>()
        .prop_map(|pair| pair.map(|(max_compact, min_dense)| PhaseChange { max_compact, min_dense }));
    let v2 = (any::<bool>(), prop::sample::select(vec![2_u8, 4, 8]), times, phase_change, 0..4_usize)
        .prop_flat_map(|(indexed, size_width, times, phase_change, gap)| {
            messages(MessageShape::V2 { creation_index: indexed }).prop_map(move |messages| {
                let flags = if indexed { PrefixV2::ATTRIBUTE_ORDER_TRACKED } else { 0 };
                let prefix = PrefixV2 { flags, size_width, times, phase_change };
                FirstChunk { prefix: Prefix::V2(prefix), area: MessageArea { messages, gap } }
            })
        });
    prop_oneof![v1, v2]
}

const CONTINUATION: ContinuationShape =
    ContinuationShape { messages: MessageShape::V2 { creation_index: true }, len: 308 };

fn continuations() -> impl Strategy<Value = ContinuationChunk> {
    messages(CONTINUATION.messages).prop_map(|messages| {
        let mut area = MessageArea { messages, gap: 0 };
        area.fill(300, CONTINUATION.messages);
        ContinuationChunk { area }
    })
}

/// The root group of groups-few-earliest.h5, version 1.
const V1: &str = "010008000100000018000000000000001000100000000000081b0000000000008800000000000000";
/// Headers of object-times-latest.h5 (with times), attributes-dense.h5 (with creation indices) and
/// attributes-huge.h5 (with phase change values).
const TIMES: &str = "\
    4f484452022038f1026b38f1026b38f1026b38f1026b78021200000000ffffffffffffffffffffffffffffffff0a\
    02000100000610000001000567726f7570c300000000000000060f00000100046461746146010000000000000612\
    0000010007756e74696d65646202000000000000001b000000000000000000000000000000000000000000000000\
    0000000000e0eb288f";
const INDEXED: &str = "\
    4f484452020c840212000000000000ffffffffffffffffffffffffffffffff0a02000100000000151c0004000000\
    030800ffffffffffffffffffffffffffffffffffffffffffffffff0c2000000000030003000c0004000061300010\
    08000004000000000020000200000000000000101000000000320d00000000000012010000000000000000000000\
    00f86d7b99";
const PHASES: &str = "\
    4f48445202100000000078021200000000ffffffffffffffffffffffffffffffff0a02000100001512000400003a\
    01000000000000cc0100000000000000420000000000000000000000000000000000000000000000000000000000\
    0000000000000000000000000000000000000000000000000000000000000000000000000000005ddaca6c";
/// A continuation of a header of attributes-dense.h5.
const OCHK: &str = "\
    4f43484b0c2000000100030003000c0004000061350010080000040000000000200002000000010000000c200000\
    0200030003000c0004000061320010080000040000000000200002000000020000000c2000000300030003000c00\
    04000061370010080000040000000000200002000000030000000c2000000400030003000c000400006134001008\
    0000040000000000200002000000040000000c2000000500030003000c0004000061310010080000040000000000\
    200002000000050000000c2000000600030003000c00040000613600100800000400000000002000020000000600\
    00000c2000000700030003000c0004000061330010080000040000000000200002000000070000002c36c631";

structure_tests! {
    v1: FirstChunk, context = (), values = first_chunks(), real = [V1], checksum = false
}
structure_tests! {
    v2: FirstChunk, context = (), values = first_chunks(), real = [TIMES, INDEXED, PHASES], checksum = true
}
structure_tests! {
    continuation: ContinuationChunk, context = CONTINUATION, values = continuations(), real = [], checksum = true
}

#[test]
fn a_real_continuation_round_trips() {
    let bytes = crate::format::testing::hex(OCHK);
    let shape =
        ContinuationShape { messages: MessageShape::V2 { creation_index: true }, len: bytes.len() as u64 };
    crate::format::testing::check_bytes::<ContinuationChunk>(&bytes, &shape, Widths::default());
    crate::format::testing::check_flips::<ContinuationChunk>(&bytes, &shape, Widths::default());
}

/// Every version 2 header that the C library wrote into the fixtures is written back byte for byte.
#[test]
fn all_headers_of_the_fixtures_round_trip() {
    let mut count = 0;
    for entry in std::fs::read_dir("testdata/fixtures").unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "h5") {
            continue;
        }
        let bytes = std::fs::read(&path).unwrap();
        // Below a metadata cache image is anything.
        if memfind(&bytes, b"MDCI").next().is_some() {
            continue;
        }
        for start in memfind(&bytes, b"OHDR") {
            let mut r = Reader::new(&bytes[start..], start as u64, Widths::default(), FirstChunk::NAME);
            // A name or raw data may spell the signature; then the version does not follow.
            if bytes[start + 4] != 2 {
                continue;
            }
            let chunk = FirstChunk::decode(&mut r, &()).unwrap();
            let again = encode(&chunk, &(), Widths::default()).unwrap();
            assert!(bytes[start..].starts_with(&again), "{} at {start}", path.display());
            assert_eq!(again.len(), r.position());
            assert_eq!(again.len(), chunk.prefix.overhead() + chunk.area.encoded_len(chunk.prefix.shape()));
            count += 1;
        }
    }
    assert!(count > 500, "{count} headers");
}

fn memfind<'a>(bytes: &'a [u8], tag: &'a [u8; 4]) -> impl Iterator<Item = usize> + 'a {
    (0..bytes.len().saturating_sub(64)).filter(move |&at| bytes[at..].starts_with(tag))
}

#[test]
fn a_chunk_is_filled_to_its_length_with_nil_messages() {
    for shape in [MessageShape::V1, MessageShape::V2 { creation_index: false }, CONTINUATION.messages] {
        for len in [0, 8, 16, 24, 65536, 200_000] {
            let mut area = MessageArea::default();
            area.fill(len, shape);
            assert_eq!(area.encoded_len(shape), len, "{shape:?}");
            assert!(area.gap < shape.header_len());
        }
    }
}

#[test]
fn a_message_that_reaches_past_its_chunk_is_an_error() {
    let bytes = [0x10, 0xff, 0x00, 0, 1, 2, 3, 4];
    let mut r = Reader::new(&bytes, 0, Widths::default(), "Object header");
    let error = MessageArea::decode(&mut r, 8, MessageShape::V2 { creation_index: false }).unwrap_err();
    assert_eq!(error.needed(), None, "more of the file would not help");
}
