//! Opens a file and reads all there is.
#![no_main]

#[path = "../../tests/it/hostile/walk.rs"]
#[allow(dead_code, reason = "each target uses a part of it")]
mod walk;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let _ = walk::walk(bytes.to_vec());
});
