//! Damaged files: whatever is in them, reading ends, in a result or an error.

use std::collections::HashSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use hdfive::storage::MemoryStorage;
use hdfive::{Container, File, Hyperslab, Limits, Location, Object, Result, Selection, SliceOrIndex};

use crate::testdata;

/// Small fixtures that together show every structure of the format.
const SOURCES: &[&str] = &[
    "attributes-compact-earliest",
    "attributes-shared-type-v18",
    "chunks-edges-v110",
    "chunks-extensible-array-v110",
    "chunks-fixed-array-v110",
    "chunks-implicit-v110",
    "chunks-mask-earliest",
    "datatypes-committed-v110",
    "fill-v18",
    "filters-lzf",
    "filters-numeric-v110",
    "groups-few-earliest",
    "layout-external-latest",
    "layout-plain-v18",
    "layout-virtual-v110",
    "links-compact-dense",
    "links-kinds-latest",
    "shared-btree",
    "sizes24-earliest",
    "space-persist",
    "superblock0",
    "superblock1",
    "superblock2-btreek",
    "superblock3-latest",
    "types-compound-v110",
    "types-references-v110",
    "types-vlen-earliest",
];

/// Bytes of a source that is damaged less often.
const LARGE: usize = 32 << 10;
/// Longer than any of them takes in a slow build on a busy machine.
const TIME: Duration = Duration::from_secs(10);
/// More than the limits below allow the process to take at any time, in KiB.
const MEMORY: u64 = 1 << 20;

/// A small generator of pseudo-random numbers (xorshift64*): the same on each run.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn below(&mut self, end: usize) -> usize {
        (self.next() >> 16) as usize % end.max(1)
    }
}

/// The checksum of the format's newer structures: Jenkins' lookup3, from zero.
fn lookup3(bytes: &[u8]) -> u32 {
    let start = 0xdead_beef_u32.wrapping_add(bytes.len() as u32);
    let (mut a, mut b, mut c) = (start, start, start);
    let mut rest = bytes;
    let word = |bytes: &[u8], at: usize| {
        let byte = |n: usize| u32::from(bytes.get(at + n).copied().unwrap_or(0)) << (8 * n);
        byte(0) | byte(1) | byte(2) | byte(3)
    };
    loop {
        if rest.is_empty() {
            return c;
        }
        a = a.wrapping_add(word(rest, 0));
        b = b.wrapping_add(word(rest, 4));
        c = c.wrapping_add(word(rest, 8));
        if rest.len() <= 12 {
            break;
        }
        rest = &rest[12..];
        for (shift, n) in [4, 6, 8, 16, 19, 4].into_iter().zip([0, 1, 2].into_iter().cycle()) {
            let (x, y, z) = match n {
                0 => (&mut a, &mut b, &mut c),
                1 => (&mut b, &mut c, &mut a),
                _ => (&mut c, &mut a, &mut b),
            };
            *x = x.wrapping_sub(*z) ^ z.rotate_left(shift);
            *z = z.wrapping_add(*y);
        }
    }
    for (shift, n) in [14, 11, 25, 16, 4, 14, 24].into_iter().zip([0, 1, 2].into_iter().cycle()) {
        let (x, y) = match n {
            0 => (&mut c, b),
            1 => (&mut a, c),
            _ => (&mut b, a),
        };
        *x = (*x ^ y).wrapping_sub(y.rotate_left(shift));
    }
    c
}

/// Where the structures with a checksum are: start, and place of the checksum.
fn sealed(bytes: &[u8]) -> Vec<(usize, usize)> {
    const LONGEST: usize = 700;
    let signatures: &[&[u8]] = &[
        b"OHDR", b"OCHK", b"BTHD", b"BTIN", b"BTLF", b"FRHP", b"FHIB", b"FAHD", b"FADB", b"EAHD", b"EAIB",
        b"EASB", b"EADB", b"FSHD", b"FSSE", b"SMTB", b"SMLI", b"\x89HDF",
    ];
    let mut found = Vec::new();
    for start in 0..bytes.len().saturating_sub(8) {
        if signatures.iter().any(|signature| bytes[start..].starts_with(signature)) {
            let ends = start + 4..(start + LONGEST).min(bytes.len() - 3);
            let mut ends =
                ends.filter(|&end| lookup3(&bytes[start..end]).to_le_bytes() == bytes[end..end + 4]);
            found.extend(ends.next().map(|end| (start, end)));
        }
    }
    found
}

/// Does some damage, mostly such that the checksums are right again.
fn damage(bytes: &mut Vec<u8>, sealed: &[(usize, usize)], random: &mut Random) {
    // Where there are zeros there is often nothing to hit.
    let place = |bytes: &[u8], random: &mut Random| {
        let places: [usize; 4] = std::array::from_fn(|_| random.below(bytes.len()));
        places.into_iter().find(|&at| bytes[at] != 0).unwrap_or(places[0])
    };
    for _ in 0..=random.below(3) {
        match random.below(8) {
            0 => {
                let len = random.below(bytes.len()).max(1);
                bytes.truncate(len);
            }
            1 => {
                let len = 1 + random.below(64.min(bytes.len()));
                let (from, to) = (random.below(bytes.len() - len + 1), random.below(bytes.len() - len + 1));
                bytes.copy_within(from..from + len, to);
            }
            2 | 3 => {
                let at = place(bytes, random);
                let len = bytes.len() as u64;
                let value = [
                    0,
                    1,
                    len,
                    len - 1,
                    u64::MAX,
                    u64::MAX - 1,
                    u32::MAX.into(),
                    1 << 40,
                    random.next() % len,
                ];
                let value = value[random.below(9)].to_le_bytes();
                let width = [1, 2, 4, 8][random.below(4)].min(bytes.len() - at);
                bytes[at..at + width].copy_from_slice(&value[..width]);
            }
            4 | 5 => {
                let at = place(bytes, random);
                bytes[at] = random.next() as u8;
            }
            _ => {
                let at = place(bytes, random);
                bytes[at] ^= 1 << random.below(8);
            }
        }
    }
    if random.below(5) > 0 {
        let len = bytes.len();
        for &(start, end) in sealed.iter().filter(|(_, end)| end + 4 <= len) {
            let checksum = lookup3(&bytes[start..end]).to_le_bytes();
            bytes[end..end + 4].copy_from_slice(&checksum);
        }
    }
}

fn limits() -> Limits {
    let mut limits = Limits::default();
    limits.metadata_block = 1 << 20;
    limits.chunk = 1 << 22;
    limits.read = 1 << 22;
    limits
}

/// Reads all there is, past every error.
fn walk(bytes: Vec<u8>) -> Result<()> {
    let file = File::with_options().limits(limits()).open_storage(Arc::new(MemoryStorage::new(bytes)))?;
    let mut seen = HashSet::new();
    let mut waiting = vec![Object::Group(file.group("/")?)];
    while let Some(object) = waiting.pop() {
        let location: &Location = match &object {
            Object::Group(group) => group,
            Object::Dataset(dataset) => dataset,
            Object::NamedDatatype(datatype) => datatype,
            _ => continue,
        };
        if !seen.insert(location.address()) {
            continue;
        }
        let _ = (location.comment(), location.reference_count(), location.attrs());
        for name in location.attr_names().unwrap_or_default() {
            if let Ok(attribute) = location.attr(&name) {
                read(&attribute);
            }
        }
        match &object {
            Object::Group(group) => {
                let _ = (group.len(), group.links_by_creation());
                let names = group.member_names().unwrap_or_default();
                waiting.extend(names.iter().filter_map(|name| group.open(name).ok()));
            }
            Object::Dataset(dataset) => {
                let _ = (dataset.chunks(), dataset.storage_size());
                read(dataset);
            }
            _ => {}
        }
    }
    Ok(())
}

fn read(container: &Container) {
    let _ = container.read_elements(Selection::All);
    let _ = container.read_raw::<f64>();
    let _ = container.read_raw::<String>();
    let every_other =
        vec![SliceOrIndex::SliceTo { start: 0, step: 2, end: None, block: 1 }; container.ndim()];
    let _ = container.read_bytes(Hyperslab::new(every_other));
    let first = vec![SliceOrIndex::SliceCount { start: 0, step: 1, count: 1, block: 1 }; container.ndim()];
    let _ = container.read_bytes(Hyperslab::new(first));
}

/// Changes what can be changed, past every error.
fn edit(bytes: Vec<u8>) -> Result<()> {
    let file = File::with_options().limits(limits()).open_rw_storage(Arc::new(MemoryStorage::new(bytes)))?;
    for (at, link) in file.links()?.into_iter().enumerate() {
        if let Ok(dataset) = file.dataset(&link.name) {
            let _ = dataset.resize(dataset.shape().iter().map(|dim| dim / 2 + 1).collect::<Vec<_>>());
            let size = dataset.size().min(1000);
            let _ = dataset.write_slice_raw(vec![1_i32; size], Selection::All);
        }
        if let Ok(object) = file.group(&link.name) {
            let _ = object.create_group("a new group");
        }
        let _ = match at % 3 {
            0 => file.unlink(&link.name),
            1 => file.relink(&link.name, &format!("{} of old", link.name)),
            _ => file.link_hard(&link.name, &format!("{} again", link.name)),
        };
        if at % 2 == 0 {
            let _ = file.flush();
        }
    }
    let _ = file.new_dataset::<u8>().shape((10.., 10)).chunk((4, 4)).deflate(1).create("a new dataset");
    let _ = file.new_attr::<f64>().create("a new attribute");
    for name in file.attr_names()?.iter().take(3) {
        let _ = file.delete_attr(name);
    }
    let _ = file.flush();
    walk(file.to_bytes()?)
}

#[test]
fn checksums_are_those_of_the_format() {
    assert_eq!(lookup3(b""), 0xdead_beef);
    let bytes = std::fs::read(source("superblock3-latest")).unwrap();
    let found = sealed(&bytes);
    assert!(found.iter().any(|&(start, _)| start == 0) && found.len() > 10, "{found:?}");
}

fn source(name: &str) -> std::path::PathBuf {
    let files = testdata::files("fixtures", "h5");
    files.into_iter().find(|path| testdata::name(path) == format!("{name}.h5")).unwrap()
}

/// Calls `work` with damaged versions of every source, and finds what panics or does not end.
fn attack(seed: u64, rounds: u64, work: impl Fn(Vec<u8>) -> Result<()>) {
    let rounds = std::env::var("HOSTILE_ROUNDS").ok().and_then(|n| n.parse().ok()).unwrap_or(rounds);
    let mut wrong = Vec::new();
    for (number, name) in SOURCES.iter().enumerate() {
        let original = std::fs::read(source(name)).unwrap();
        let sealed = sealed(&original);
        // Large files take long, and are hit less often in each place.
        for round in 0..if original.len() > LARGE { rounds.div_ceil(10) } else { rounds } {
            let mut random = Random(seed << 48 | (number as u64) << 32 | (round + 1));
            random.next();
            let mut bytes = original.clone();
            damage(&mut bytes, &sealed, &mut random);
            let start = Instant::now();
            let result = catch_unwind(AssertUnwindSafe(|| drop(work(bytes))));
            if result.is_err() || start.elapsed() > TIME {
                wrong.push(format!("{name}, round {round}: {result:?}, {:?}", start.elapsed()));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of the files\n{}", wrong.len(), wrong.join("\n"));
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let peak = peak.and_then(|peak| peak.trim().trim_end_matches(" kB").parse::<u64>().ok());
    assert!(peak.is_none_or(|peak| peak < MEMORY), "{peak:?} KiB of memory");
}

#[test]
fn reading_damaged_files_ends() {
    attack(1, 80, walk);
}

#[test]
fn editing_damaged_files_ends() {
    attack(2, 40, edit);
}
