//! Decodes and encodes each structure of the format.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| hdfive::fuzzing::structure(bytes));
