//! Opens a file, changes all there is, and reads the result.
#![no_main]

#[path = "../../tests/it/hostile/walk.rs"]
#[allow(dead_code, reason = "each target uses a part of it")]
mod walk;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let _ = walk::edit(bytes.to_vec());
});
