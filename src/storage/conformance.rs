//! What every home of files must do: functions to call from the tests of an implementation.
//!
//! ```
//! use hdfive::storage::{MemoryStorage, conformance};
//!
//! conformance::check_write_at(&MemoryStorage::default());
//! conformance::check_read_at(&b"some bytes".to_vec(), b"some bytes");
//! ```
#![allow(clippy::missing_panics_doc)]

use std::io;

use super::{ReadAt, SyncMode, WriteAt};

/// Checks that `storage` reads as `expected`.
///
/// # Panics
/// If it does not conform.
pub fn check_read_at<S: ReadAt + ?Sized>(storage: &S, expected: &[u8]) {
    let len = expected.len();
    assert_eq!(ok(storage.len(), "len"), len as u64, "len is the number of bytes");
    assert_eq!(ok(storage.is_empty(), "is_empty"), len == 0, "is_empty agrees with len");
    if let Some(bytes) = storage.as_slice() {
        assert!(bytes == expected, "as_slice is all bytes");
    }
    let steps = [0, 1, 2, 3, 7, 255, 511, 512, 513, len / 2, len.saturating_sub(1), len];
    for start in steps.into_iter().filter(|&start| start <= len) {
        for count in steps.into_iter().filter(|&count| count <= len - start) {
            let mut buf = vec![0xa5; count];
            ok(storage.read_at(start as u64, &mut buf), "read_at inside");
            assert!(buf == expected[start..start + count], "{count} bytes at {start}");
        }
    }
    for (start, count) in [(0, len + 1), (len, 1), (len + 1, 1), (len / 2, len), (len + 5000, 3)] {
        if start + count <= len {
            continue;
        }
        let error = storage.read_at(start as u64, &mut vec![0; count]).map_err(|error| error.kind());
        assert_eq!(error, Err(io::ErrorKind::UnexpectedEof), "{count} bytes at {start} of {len}");
    }
    for start in [u64::MAX, u64::MAX - 7, i64::MAX as u64] {
        assert!(storage.read_at(start, &mut [0; 8]).is_err(), "8 bytes at {start}");
    }
    check_ranges(storage, expected);
    check_threads(storage, expected);
}

fn check_ranges<S: ReadAt + ?Sized>(storage: &S, expected: &[u8]) {
    let len = expected.len();
    let (mut first, mut second, mut none) = (vec![0; len / 2], vec![0; len - len / 2], []);
    let middle = (len / 2) as u64;
    let mut ranges = [(middle, &mut second[..]), (0, &mut none[..]), (0, &mut first[..])];
    ok(storage.read_ranges(&mut ranges), "read_ranges inside");
    assert!([first, second].concat() == expected, "read_ranges fills each buffer with its range");
    let mut byte = [0];
    let past = storage.read_ranges(&mut [(len as u64, &mut byte[..])]);
    assert!(past.is_err(), "read_ranges past the end is an error");
    ok(storage.read_ranges(&mut []), "read_ranges of nothing");
}

/// Reads from several threads at once must not disturb each other.
fn check_threads<S: ReadAt + ?Sized>(storage: &S, expected: &[u8]) {
    if expected.is_empty() {
        return;
    }
    std::thread::scope(|scope| {
        for thread in 0..4 {
            scope.spawn(move || {
                for step in 0..64 {
                    let start = (thread * 131 + step * 17) % expected.len();
                    let mut buf = vec![0; (expected.len() - start).min(64)];
                    ok(storage.read_at(start as u64, &mut buf), "read_at in a thread");
                    assert!(buf == expected[start..start + buf.len()], "read_at in a thread");
                }
            });
        }
    });
}

/// Checks that `storage`, which must be empty, can be written; leaves some bytes in it.
///
/// # Panics
/// If it does not conform.
pub fn check_write_at<S: WriteAt + ?Sized>(storage: &S) {
    assert!(ok(storage.is_empty(), "is_empty"), "the storage to check must be empty");
    let mut model = Vec::new();
    let pattern: Vec<u8> = (1..=251).cycle().take(4096).collect();
    // Append, overwrite across the end, leave a gap, fill the gap, write nothing past the end.
    for (start, count) in [(0, 700), (512, 600), (3000, 100), (1500, 512), (0, 1), (3099, 1), (2000, 4096)] {
        ok(storage.write_at(start as u64, &pattern[..count]), "write_at");
        if model.len() < start + count {
            model.resize(start + count, 0);
        }
        model[start..start + count].copy_from_slice(&pattern[..count]);
        check_read_at(storage, &model);
    }
    for len in [1000, 1000, 5000, 0, 300] {
        ok(storage.set_len(len as u64), "set_len");
        model.resize(len, 0);
        check_read_at(storage, &model);
    }
    for mode in [SyncMode::Data, SyncMode::Full] {
        ok(storage.sync(mode), "sync");
    }
    std::thread::scope(|scope| {
        for (index, part) in pattern.chunks(512).enumerate() {
            scope.spawn(move || ok(storage.write_at(index as u64 * 512, part), "write_at in a thread"));
        }
    });
    check_read_at(storage, &pattern);
}

fn ok<T>(result: io::Result<T>, what: &str) -> T {
    match result {
        Ok(value) => value,
        Err(error) => panic!("{what} failed: {error}"),
    }
}
