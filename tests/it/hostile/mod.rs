//! Damaged files: whatever is in them, reading ends, in a result or an error.

mod damage;
mod drivers;
mod walk;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use hdfive::Result;

use crate::testdata;
use damage::{Random, damage, lookup3, sealed};
use walk::{edit, walk};

/// Small fixtures that together show every structure of the format.
const SOURCES: [&str; 54] = [
    "alignment",
    "attributes-compact-earliest",
    "attributes-compact-latest",
    "attributes-many-old",
    "attributes-shared-type-latest",
    "attributes-shared-type-v18",
    "cache-image-changed",
    "cache-image-v110",
    "chunks-edges-v110",
    "chunks-extensible-array-v110",
    "chunks-fixed-array-v110",
    "chunks-implicit-v110",
    "chunks-mask-earliest",
    "chunks-single-latest",
    "comments-earliest",
    "datatypes-committed-v110",
    "dimensions-latest",
    "fill-v18",
    "fill-latest",
    "filters-lzf",
    "filters-numeric-v110",
    "filters-zfp",
    "groups-few-earliest",
    "groups-few-latest",
    "layout-external-latest",
    "layout-plain-v18",
    "layout-plain-latest",
    "layout-virtual-v110",
    "links-compact-dense",
    "links-kinds-earliest",
    "links-kinds-latest",
    "netcdf4",
    "object-times-latest",
    "shared-btree",
    "sizes22-v18",
    "sizes24-earliest",
    "space-none",
    "space-paged",
    "space-paged-persist-v110",
    "space-persist",
    "superblock0",
    "superblock1",
    "superblock2-btreek",
    "superblock3-latest",
    "types-compound-v110",
    "types-enum-array-earliest",
    "types-floats-v110",
    "types-opaque-bits-time-v110",
    "types-references-new-latest",
    "types-references-v110",
    "types-vlen-earliest",
    "userblock1024-superblock1",
    "userblock512-latest",
    "userblock512-v18",
];

/// Bytes of a source that is damaged less often where time is short.
const LARGE: usize = 32 << 10;
/// Longer than any of them takes in a slow build on a busy machine.
const TIME: Duration = Duration::from_secs(10);
/// More than the limits allow the process to take at any time, in KiB.
const MEMORY: u64 = 1 << 20;

#[test]
fn checksums_are_those_of_the_format() {
    assert_eq!(lookup3(b""), 0xdead_beef);
    let bytes = source("superblock3-latest");
    let found = sealed(&bytes);
    assert!(found.iter().any(|seal| seal.start == 0) && found.len() > 10, "{found:?}");
}

fn source(name: &str) -> Vec<u8> {
    let files = testdata::files("fixtures", "h5");
    let path = files.into_iter().find(|path| testdata::name(path) == format!("{name}.h5"));
    std::fs::read(path.unwrap_or_else(|| panic!("no {name}.h5"))).unwrap()
}

/// Calls `work` with as many damaged versions of every source as `rounds` says for its length, each
/// with its name. A number in the environment variable HDFIVE_SEED makes others of them.
fn each_damaged(seed: u64, rounds: impl Fn(usize) -> u64, mut work: impl FnMut(String, Vec<u8>)) {
    let more = std::env::var("HDFIVE_SEED").ok().and_then(|more| more.parse::<u64>().ok());
    let seed = seed + 10 * more.unwrap_or(0);
    let sources = SOURCES.map(source);
    for (number, (name, original)) in SOURCES.iter().zip(&sources).enumerate() {
        let sealed = sealed(original);
        for round in 0..rounds(original.len()) {
            let mut random = Random(seed << 48 | (number as u64) << 32 | (round + 1));
            random.next();
            let other = &sources[random.below(sources.len())];
            let mut bytes = original.clone();
            damage(&mut bytes, &sealed, other, &mut random);
            work(format!("{name}-{seed}-{round}"), bytes);
        }
    }
}

/// Aborts the process, with its name, when what is in progress takes much longer than it may.
fn watch(current: &Mutex<Option<(String, Instant)>>, done: Receiver<()>) {
    while done.recv_timeout(Duration::from_secs(1)) == Err(RecvTimeoutError::Timeout) {
        let current = current.lock().unwrap();
        if let Some((name, start)) = &*current
            && start.elapsed() > 3 * TIME
        {
            eprintln!("{name} does not end");
            std::process::abort();
        }
    }
}

/// Finds what panics, or takes too long or too much memory.
fn attack(seed: u64, rounds: impl Fn(usize) -> u64, work: impl Fn(Vec<u8>) -> Result<()>) {
    let mut wrong = Vec::new();
    let current = Mutex::new(None);
    let (end, done) = mpsc::channel();
    std::thread::scope(|scope| {
        let current = &current;
        scope.spawn(move || watch(current, done));
        each_damaged(seed, rounds, |name, bytes| {
            let start = Instant::now();
            *current.lock().unwrap() = Some((name.clone(), start));
            let result = catch_unwind(AssertUnwindSafe(|| drop(work(bytes))));
            if result.is_err() || start.elapsed() > TIME {
                wrong.push(format!("{name}: {result:?}, {:?}", start.elapsed()));
            }
        });
        drop(end);
    });
    assert!(wrong.is_empty(), "{} of the files\n{}", wrong.len(), wrong.join("\n"));
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let peak = peak.and_then(|peak| peak.trim().trim_end_matches(" kB").parse::<u64>().ok());
    assert!(peak.is_none_or(|peak| peak < MEMORY), "{peak:?} KiB of memory");
}

/// Few enough rounds for a debug build.
fn few(rounds: u64) -> impl Fn(usize) -> u64 {
    move |len| if len > LARGE { rounds.div_ceil(10) } else { rounds }
}

#[test]
fn reading_damaged_files_ends() {
    attack(1, few(40), walk);
}

#[test]
fn editing_damaged_files_ends() {
    attack(2, few(20), edit);
}

/// For a release build: `cargo test --release --test it -- --ignored ten_thousand`.
#[test]
#[ignore = "takes long in a debug build"]
fn reading_ten_thousand_damaged_files_ends() {
    attack(3, |_| 200, walk);
}

/// Also for a release build.
#[test]
#[ignore = "takes long in a debug build"]
fn editing_five_thousand_damaged_files_ends() {
    attack(4, |_| 100, edit);
}

/// Not a test: leaves damaged files for programs in the folder that HDFIVE_DAMAGED names.
#[test]
#[ignore = "writes files"]
fn write_damaged_files() {
    let folder =
        std::path::PathBuf::from(std::env::var_os("HDFIVE_DAMAGED").expect("HDFIVE_DAMAGED: a folder"));
    std::fs::create_dir_all(&folder).unwrap();
    each_damaged(5, |_| 40, |name, bytes| std::fs::write(folder.join(name + ".h5"), bytes).unwrap());
}
