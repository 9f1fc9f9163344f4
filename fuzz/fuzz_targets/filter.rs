//! Decodes and encodes a chunk with each filter.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| hdfive::fuzzing::filter(bytes));
