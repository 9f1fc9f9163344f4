//! Filters on chunks of the C library; those of the registry on chunks that their reference implementations wrote
//! (testdata/make_filter_chunks.py, testdata/make_read_only_chunks.py), on damaged ones and on bombs.

use proptest::prelude::*;

use super::codec::{Codec, Coder};
use super::{FilterInfo, deflate, id, is_available};
use crate::format::testing::hex;
use crate::{ErrorKind, Result};

/// Checks a filter against a chunk of the C library, its elements as written and as read.
pub(super) fn check_chunk(filter: &dyn Coder, name: &str, hexadecimal: [&str; 3]) {
    let [chunk, written, read] = hexadecimal.map(hex);
    if filter.is_identity() {
        assert_eq!(chunk, written);
        return;
    }
    let mut decoded = vec![0xee; read.len()];
    filter.decode(&chunk, &mut decoded, 0).unwrap();
    assert_eq!(decoded, read, "decode {name}");
    let mut encoded = Vec::new();
    filter.encode(&written, &mut encoded).unwrap();
    assert_eq!(encoded, chunk, "encode {name}");
    for len in 0..chunk.len() - 1 {
        assert!(filter.decode(&chunk[..len], &mut decoded, 0).is_err(), "{name} cut to {len}");
    }
}

struct Real {
    name: &'static str,
    filter: FilterInfo,
    plain: Vec<u8>,
    stored: Vec<u8>,
}

/// The chunks of the reference implementations, for the filters that this build has.
fn reals() -> Vec<Real> {
    chunks(include_str!("../../testdata/filter-chunks.txt"))
}

/// The chunks of the reference implementations, for the filters that only read.
fn read_only() -> Vec<Real> {
    chunks(include_str!("../../testdata/read-only-chunks.txt"))
}

fn chunks(text: &'static str) -> Vec<Real> {
    let real = text.lines().map(|line| {
        let fields: Vec<&'static str> = line.split(' ').collect();
        let parameters = fields[2].split(',').map(|number| number.parse().unwrap()).collect();
        let filter = FilterInfo { id: fields[1].parse().unwrap(), name: None, flags: 0, parameters };
        Real { name: fields[0], filter, plain: hex(fields[3]), stored: hex(fields[4]) }
    });
    real.filter(|real| is_available(real.filter.id)).collect()
}

/// The first `len` bytes that `stored` decodes to, and how many there are.
fn decoded(filter: &FilterInfo, stored: &[u8], len: usize, limit: u64) -> Result<(u64, Vec<u8>)> {
    let mut output = vec![0xee; len];
    let total = Codec::new(filter)?.decode(stored, &mut output, limit, &mut deflate::State::default())?;
    Ok((total, output))
}

fn encoded(filter: &FilterInfo, plain: &[u8]) -> Vec<u8> {
    let mut stored = Vec::new();
    Codec::new(filter).unwrap().encode(plain, &mut stored, &mut deflate::State::default()).unwrap();
    stored
}

/// Whether chunks have nothing that says how long they are.
fn is_bare(real: &Real) -> bool {
    real.name.ends_with("bitshuffle-none")
}

#[test]
fn chunks_of_the_reference_implementations() {
    for real in reals().into_iter().chain(read_only()) {
        let (total, output) = decoded(&real.filter, &real.stored, real.plain.len(), 1 << 20).unwrap();
        assert_eq!(total, real.plain.len() as u64, "{}", real.name);
        assert_eq!(output, real.plain, "{}", real.name);
        // A chunk that is longer than asked for gives its first bytes.
        let (total, output) = decoded(&real.filter, &real.stored, 10, 1 << 20).unwrap();
        assert_eq!((total, &output[..]), (real.plain.len() as u64, &real.plain[..10]), "{}", real.name);
        let (total, _) = decoded(&real.filter, &real.stored, 30_000, 0).unwrap();
        assert_eq!(total, real.plain.len() as u64, "{}", real.name);
        if !is_bare(&real) {
            let error = decoded(&real.filter, &real.stored, 10, 10).unwrap_err();
            assert!(matches!(error.kind(), ErrorKind::Limit | ErrorKind::Format), "{}", real.name);
        }
    }
}

#[test]
fn chunks_written_with_the_same_parameters() {
    for real in reals() {
        let stored = encoded(&real.filter, &real.plain);
        let (total, output) = decoded(&real.filter, &stored, real.plain.len(), 0).unwrap();
        assert_eq!((total, &output), (real.plain.len() as u64, &real.plain), "{}", real.name);
        assert!(stored.len() <= real.plain.len() * 2 + 300, "{}: {}", real.name, stored.len());
    }
}

#[test]
fn filters_that_only_read_say_so() {
    for real in read_only() {
        let step = Codec::new(&real.filter).unwrap();
        let error = step.encode(&real.plain, &mut Vec::new(), &mut deflate::State::default()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported, "{}", real.name);
    }
}

#[test]
fn truncated_chunks_are_errors() {
    let images = read_only().into_iter().filter(|real| real.filter.id == id::JPEG_LS);
    for real in reals().into_iter().chain(images).filter(|real| !is_bare(real)) {
        for len in 0..real.stored.len() {
            let result = decoded(&real.filter, &real.stored[..len], real.plain.len(), 1 << 16);
            // What stands behind the data need not be there; fewer bytes are an error of the pipeline.
            if let Ok((total, output)) = result {
                let whole = total == real.plain.len() as u64;
                assert!(!whole || (output == real.plain && len > 10), "{} cut to {len}", real.name);
            }
        }
    }
}

#[test]
fn sizes_at_the_edges_round_trip() {
    for real in reals().iter().filter(|real| real.name.starts_with("plane")) {
        let size = match real.filter.id {
            id::BITSHUFFLE | id::BLOSC | id::BLOSC2 => 2,
            _ => 1,
        };
        for count in [1_u32, 2, 7, 8, 9, 63, 64, 127, 128, 129, 1000, 70_001] {
            for step in [0, 1, 7_919_u32, 2_654_435_761] {
                let plain: Vec<u8> = (0..count * size).map(|i| (i.wrapping_mul(step) >> 13) as u8).collect();
                let stored = encoded(&real.filter, &plain);
                let (total, output) = decoded(&real.filter, &stored, plain.len(), 0).unwrap();
                assert_eq!(total, plain.len() as u64, "{} {count} {step}", real.name);
                assert!(output == plain, "{} {count} {step}", real.name);
            }
        }
    }
}

#[test]
fn bombs_end_at_the_limit() {
    let zeros = vec![0; 4 << 20];
    for real in reals().iter().filter(|real| real.name.starts_with("plane") && !is_bare(real)) {
        let bomb = encoded(&real.filter, &zeros);
        let error = decoded(&real.filter, &bomb, 1000, 1 << 16).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Limit, "{}", real.name);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// Bytes changed, cut, doubled or of another chunk: a result or an error, of bounded size.
    #[test]
    fn damaged_chunks_never_panic(
        which in any::<prop::sample::Index>(),
        other in any::<prop::sample::Index>(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6),
        cut in any::<prop::sample::Index>(),
        splice in 0..4,
        len in 0..3_usize,
    ) {
        let reals: Vec<Real> = reals().into_iter().chain(read_only()).collect();
        if reals.is_empty() {
            return Ok(());
        }
        let (real, other) = (which.get(&reals), other.get(&reals));
        let mut stored = real.stored.clone();
        for (at, byte) in &changes {
            let at = at.index(stored.len());
            stored[at] = *byte;
        }
        match splice {
            1 => stored.truncate(cut.index(stored.len())),
            2 => {
                let at = cut.index(stored.len());
                let tail = other.stored.get(at..).unwrap_or_default().to_vec();
                stored.truncate(at);
                stored.extend(tail);
            }
            3 => {
                let at = cut.index(stored.len());
                let doubled = stored[at..].to_vec();
                stored.extend(doubled);
            }
            _ => {}
        }
        let len = [real.plain.len(), 0, 100_000][len];
        let _ = decoded(&real.filter, &stored, len, 1 << 16);
        let _ = decoded(&other.filter, &stored, len, 1 << 16);
    }
}
