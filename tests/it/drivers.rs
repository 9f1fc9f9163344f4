//! Files in several files: families, split and multi files, onion files.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use hdfive::storage::testing::CrashStorage;
use hdfive::{ErrorKind, ExternalLinks, File, FileBuilder};

use crate::testdata;

/// A folder with copies of the files of `testdata/drivers` whose names start so.
fn copies(start: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for path in testdata::files("drivers", "").iter().filter(|path| testdata::name(path).starts_with(start)) {
        std::fs::copy(path, folder.path().join(testdata::name(path))).unwrap();
    }
    folder
}

fn family(size: u64) -> FileBuilder {
    let mut options = File::with_options();
    options.family(size);
    options
}

fn members(folder: &Path) -> Vec<(String, u64)> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    let mut all: Vec<_> = entries
        .map(|entry| (entry.file_name().into_string().unwrap(), entry.metadata().unwrap().len()))
        .collect();
    all.sort();
    all
}

fn kind(file: hdfive::Result<File>) -> Option<ErrorKind> {
    file.err().map(|error| error.kind())
}

#[test]
fn the_size_of_members_is_checked() {
    for bound in ["earliest", "v18", "latest"] {
        let folder = copies(&format!("family-{bound}-"));
        let path = folder.path().join(format!("family-{bound}-%02d.h5"));
        let contents =
            |size: u64| family(size).open(&path).unwrap().dataset("group/filtered").unwrap().read_bytes(..);
        assert_eq!(contents(0).unwrap(), contents(2048).unwrap());
        for size in [1, 1024, 2047, 2049, 4096, 1 << 40] {
            assert_eq!(kind(family(size).open(&path)), Some(ErrorKind::Usage), "{bound}: {size}");
            assert_eq!(kind(family(size).open_rw(&path)), Some(ErrorKind::Usage), "{bound}: {size}");
        }
    }
    // A family of one has room for its superblock's word only.
    for bound in ["earliest", "latest"] {
        let folder = copies(&format!("family-one-{bound}-"));
        let path = folder.path().join(format!("family-one-{bound}-%d.h5"));
        for size in [0, 1 << 16] {
            assert_eq!(kind(family(size).open(&path)), None, "{bound}");
        }
        let len = std::fs::metadata(folder.path().join(format!("family-one-{bound}-0.h5"))).unwrap().len();
        assert_eq!(kind(family(len).open(&path)), Some(ErrorKind::Usage), "{bound}");
    }
}

#[test]
fn families_that_lack_something_are_refused() {
    for bound in ["earliest", "v18", "latest"] {
        let whole = copies(&format!("family-{bound}-"));
        let count =
            members(whole.path()).iter().filter(|(name, len)| name.ends_with(".h5") && *len > 100).count();
        let damaged = |number: usize, change: &dyn Fn(&Path)| {
            let folder = copies(&format!("family-{bound}-"));
            change(&folder.path().join(format!("family-{bound}-{number:02}.h5")));
            let file = family(0).open(folder.path().join(format!("family-{bound}-%02d.h5")));
            (file, folder)
        };
        let cut =
            |path: &Path| std::fs::File::options().write(true).open(path).unwrap().set_len(100).unwrap();
        for number in 0..count {
            let (file, _folder) = damaged(number, &|path| std::fs::remove_file(path).unwrap());
            let expected = if number == 0 { ErrorKind::Io } else { ErrorKind::Format };
            assert_eq!(kind(file), Some(expected), "{bound}: without member {number}");
        }
        let (file, _folder) = damaged(count - 1, &cut);
        assert_eq!(kind(file), Some(ErrorKind::Format), "{bound}: with a truncated last member");
        // In the middle something cannot be read. (The C library reads zeros.)
        let whole = family(0).open(whole.path().join(format!("family-{bound}-%02d.h5"))).unwrap();
        let mut missed = 0;
        for number in 1..count - 1 {
            let (file, _folder) = damaged(number, &cut);
            let Ok(file) = file else {
                missed += 1;
                continue;
            };
            for name in ["contiguous", "group/chunked", "group/filtered"] {
                let all = |file: &File| file.dataset(name)?.read_bytes(..);
                match all(&file) {
                    Ok(bytes) => assert_eq!(bytes, all(&whole).unwrap(), "{bound}: {number} {name}"),
                    Err(_) => missed += 1,
                }
            }
        }
        assert!(missed > 1, "{bound}");
    }
}

#[test]
fn families_are_created_and_grow_and_shrink() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("part-%03d.h5");
    let file = family(1000).create_excl(&path).unwrap();
    file.new_dataset_builder().with_data(&[7_u8; 5000]).create("seven").unwrap();
    file.close().unwrap();
    assert!(members(folder.path()).len() > 5);
    assert_eq!(kind(family(1000).create_excl(&path)), Some(ErrorKind::Io));
    assert_eq!(kind(family(999).append(&path)), Some(ErrorKind::Usage));
    assert_eq!(kind(File::open(folder.path().join("part-000.h5"))), Some(ErrorKind::Format), "truncated");

    for size in [0, 1000] {
        let file = family(size).append(&path).unwrap();
        assert_eq!(file.dataset("seven").unwrap().read_raw::<u8>().unwrap(), [7; 5000]);
        file.new_dataset_builder().with_data(&[8_u8; 3000]).create(&format!("eight {size}")).unwrap();
        file.close().unwrap();
    }
    let file = family(0).open(&path).unwrap();
    assert_eq!(file.dataset("eight 0").unwrap().read_raw::<u8>().unwrap(), [8; 3000]);
    drop(file);

    family(500).create(&path).unwrap().close().unwrap();
    assert!(members(folder.path()).len() < 20, "those of the old file are gone");
    let file = family(0).append(&path).unwrap();
    assert!(file.is_empty().unwrap());
    file.close().unwrap();
    // A family of one member, smaller than it may be, goes on growing to its size.
    let path = folder.path().join("new-%d.h5");
    family(100_000).append(&path).unwrap().close().unwrap();
    let file = family(0).append(&path).unwrap();
    file.new_dataset_builder().with_data(&[7_u8; 90_000]).create("seven").unwrap();
    file.close().unwrap();
    assert_eq!(members(folder.path()).iter().filter(|(name, _)| name.starts_with("new")).count(), 1);
    assert_eq!(
        kind(family(0).append(folder.path().join("none-%d.h5"))),
        Some(ErrorKind::Io),
        "no size is known"
    );
}

#[test]
fn families_of_the_c_library_are_edited() {
    for bound in ["earliest", "v18", "latest"] {
        let folder = copies(&format!("family-{bound}-"));
        let path = folder.path().join(format!("family-{bound}-%02d.h5"));
        let file = family(0).open_rw(&path).unwrap();
        file.new_dataset_builder().with_data(&[9_i64; 2000]).create("nine").unwrap();
        file.unlink("soft").unwrap();
        file.close().unwrap();
        let all = members(folder.path());
        let sizes: Vec<u64> =
            all.iter().filter(|(name, _)| name.ends_with(".h5")).map(|(_, len)| *len).collect();
        let (last, whole) = sizes.split_last().unwrap();
        assert!(whole.iter().all(|&len| len == 2048) && (1..=2048).contains(last), "{sizes:?}");
        let file = family(2048).open(&path).unwrap();
        assert_eq!(file.dataset("nine").unwrap().read_raw::<i64>().unwrap(), [9; 2000]);
        assert_eq!(file.dataset("group/text").unwrap().read_raw::<String>().unwrap()[2], "drei €");
    }
}

#[test]
fn a_size_that_the_first_member_has_not_is_refused() {
    let tell = |size: u64| {
        let folder = copies("family-earliest-");
        let first = folder.path().join("family-earliest-00.h5");
        let mut bytes = std::fs::read(&first).unwrap();
        let at = bytes.windows(8).position(|window| window == b"NCSAfami").unwrap() + 8;
        assert_eq!(bytes[at..at + 8], 2048_u64.to_le_bytes());
        bytes[at..at + 8].copy_from_slice(&size.to_le_bytes());
        std::fs::write(&first, bytes).unwrap();
        let path = folder.path().join("family-earliest-%02d.h5");
        [kind(family(0).open(&path)), kind(family(size).open(&path)), kind(family(size).open_rw(&path))]
    };
    assert_eq!(tell(2048), [None; 3]);
    // The C library takes bytes of another member for what is asked for.
    for size in [1, 50, 1000, 2047, 2049, 4096, u64::MAX] {
        assert_eq!(tell(size), [Some(ErrorKind::Format); 3], "{size}");
    }
}

#[test]
fn a_family_leads_to_families() {
    let folder = tempfile::tempdir().unwrap();
    let inner = folder.path().join("inner");
    std::fs::create_dir(&inner).unwrap();
    let other = family(700).create(inner.join("other-%d.h5")).unwrap();
    other.new_dataset_builder().with_data(&[7_u8; 2000]).create("seven").unwrap();
    other.link_external("../first-%d.h5", "/", "back").unwrap();
    other.close().unwrap();
    let path = folder.path().join("first-%d.h5");
    let first = family(1000).create(&path).unwrap();
    first.link_external("inner/other-%d.h5", "/", "other").unwrap();
    first.link_external("plain.h5", "/", "plain").unwrap();
    first.close().unwrap();
    File::create(folder.path().join("plain.h5")).unwrap().create_group("group").unwrap();

    let file = family(0).open(&path).unwrap();
    assert_eq!(file.dataset("other/seven").unwrap().read_raw::<u8>().unwrap(), [7; 2000]);
    assert_eq!(file.group("other/back/plain").unwrap().member_names().unwrap(), ["group"]);
    drop(file);
    let policy = |policy: ExternalLinks| {
        let file = family(0).external_links(policy).open(&path).unwrap();
        file.dataset("other/seven").err().map(|error| error.kind())
    };
    let within = || policy(ExternalLinks::Within(inner.clone()));
    assert_eq!((policy(ExternalLinks::Never), within()), (Some(ErrorKind::Limit), None));
    #[cfg(unix)]
    {
        // Each member counts.
        std::fs::rename(inner.join("other-1.h5"), folder.path().join("1.h5")).unwrap();
        std::os::unix::fs::symlink(folder.path().join("1.h5"), inner.join("other-1.h5")).unwrap();
        assert_eq!((policy(ExternalLinks::Follow), within()), (None, Some(ErrorKind::Limit)));
    }
}

/// Changes the name of a member that the file tells.
fn rename(path: &Path, from: &str, to: &str) {
    let mut bytes = std::fs::read(path).unwrap();
    let at = bytes.windows(from.len()).position(|window| window == from.as_bytes()).unwrap();
    assert_eq!(from.len(), to.len());
    bytes[at..at + to.len()].copy_from_slice(to.as_bytes());
    std::fs::write(path, bytes).unwrap();
}

#[test]
fn the_policy_decides_on_names_of_members() {
    let open = |folder: &Path, policy: ExternalLinks| {
        File::with_options().external_links(policy).multi().open(folder.join("inner/multi-earliest"))
    };
    let all = copies("multi-earliest");
    let (root, inner) = (all.path(), all.path().join("inner"));
    std::fs::create_dir(&inner).unwrap();
    for (name, _) in members(root).iter().filter(|(name, _)| name.starts_with("multi")) {
        std::fs::rename(root.join(name), inner.join(name)).unwrap();
    }
    let policies = || [ExternalLinks::Follow, ExternalLinks::Never, ExternalLinks::Within(inner.clone())];
    for policy in policies() {
        assert_eq!(kind(open(root, policy)), None, "the names are the usual ones");
    }
    // Another name, in the same folder.
    rename(&inner.join("multi-earliest-s.h5"), "%s-r.h5", "%s-Z.h5");
    std::fs::rename(inner.join("multi-earliest-r.h5"), inner.join("multi-earliest-Z.h5")).unwrap();
    let kinds: Vec<_> = policies().into_iter().map(|policy| kind(open(root, policy))).collect();
    assert_eq!(kinds, [None, Some(ErrorKind::Limit), None]);
    // In another folder.
    rename(&inner.join("multi-earliest-s.h5"), "%s-Z.h5", "%s/../q");
    std::fs::create_dir(inner.join("multi-earliest")).unwrap();
    std::fs::rename(inner.join("multi-earliest-Z.h5"), inner.join("q")).unwrap();
    let kinds: Vec<_> = policies().into_iter().map(|policy| kind(open(root, policy))).collect();
    assert_eq!(kinds, [None, Some(ErrorKind::Limit), None]);
    let elsewhere = tempfile::tempdir().unwrap();
    let within = |folder: &Path| kind(open(root, ExternalLinks::Within(folder.to_owned())));
    assert_eq!((within(root), within(elsewhere.path())), (None, Some(ErrorKind::Limit)));
}

#[test]
fn what_was_in_a_member_that_is_not_there_cannot_be_read() {
    for bound in ["earliest", "v18", "latest"] {
        let folder = copies(&format!("multi-{bound}"));
        let path = folder.path().join(format!("multi-{bound}"));
        let remove =
            |letter: char| std::fs::remove_file(folder.path().join(format!("multi-{bound}-{letter}.h5")));
        let open = || File::with_options().multi().open(&path);
        assert_eq!(open().unwrap().to_bytes().unwrap_err().kind(), ErrorKind::Unsupported);
        remove('r').unwrap();
        let file = open().unwrap();
        assert_eq!(file.member_names().unwrap(), ["contiguous", "group", "soft"]);
        assert_eq!(file.dataset("contiguous").unwrap().read_bytes(..).unwrap_err().kind(), ErrorKind::Format);
        remove('s').unwrap();
        assert_eq!(kind(open()), Some(ErrorKind::Io));
    }
}

/// The history of a copy of the onion fixture, and the file's path.
fn onion() -> (tempfile::TempDir, PathBuf, Vec<u8>) {
    let folder = copies("onion-latest.h5");
    let path = folder.path().join("onion-latest.h5");
    let history = std::fs::read(folder.path().join("onion-latest.h5.onion")).unwrap();
    (folder, path, history)
}

#[test]
fn revisions_are_counted() {
    let (_folder, path, _) = onion();
    assert_eq!(File::revision_count(&path).unwrap(), 3);
    for revision in 0..4 {
        assert_eq!(kind(File::with_options().open_revision(&path, revision)), None);
    }
    assert_eq!(kind(File::with_options().open_revision(&path, 4)), Some(ErrorKind::NotFound));
}

#[test]
fn every_flipped_byte_of_an_onion_files_structures_is_found() {
    let (_folder, path, original) = onion();
    let onion = path.with_extension("h5.onion");
    let number = |at: usize| u64::from_le_bytes(original[at..at + 8].try_into().unwrap()) as usize;
    let (history, size) = (number(20), number(28));
    let record = history + 16 + 2 * 20;
    let structures = [0..40, history..history + size, number(record)..number(record) + number(record + 8)];
    for at in structures.into_iter().flatten() {
        let mut bytes = original.clone();
        bytes[at] ^= 0x11;
        std::fs::write(&onion, bytes).unwrap();
        assert!(kind(File::with_options().open_revision(&path, 3)).is_some(), "byte {at}");
    }
    for len in 0..original.len() {
        std::fs::write(&onion, &original[..len]).unwrap();
        assert!(kind(File::with_options().open_revision(&path, 3)).is_some(), "{len} bytes");
    }
}

/// What is in a file that had a cache image, as far as the edits below do not change it, and whether they are there.
fn contents(bytes: Vec<u8>, what: &str) -> bool {
    let file = File::from_bytes(bytes).unwrap_or_else(|error| panic!("{what}: {error}"));
    let read = |name: &str| file.dataset(name).and_then(|data| data.read_bytes(..));
    for name in ["contiguous", "group/chunked", "group/filtered"] {
        assert!(read(name).is_ok(), "{what}: {name}: {:?}", read(name).err());
    }
    let several = file.group("several").unwrap();
    assert!(several.member_names().unwrap().len() >= 7, "{what}");
    several.open("group 03").unwrap();
    file.dataset("group/text").unwrap().read_raw::<String>().unwrap();
    file.member_names().unwrap().contains(&"new".to_owned())
}

#[test]
fn a_crash_while_a_cache_image_is_dropped_leaves_a_whole_file() {
    for name in ["cache-image-v110", "cache-image-latest", "cache-image-changed"] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("testdata/fixtures/{name}.h5"));
        let storage = Arc::new(CrashStorage::new(std::fs::read(path).unwrap()));
        let file = File::with_options().open_rw_storage(storage.clone()).unwrap();
        file.create_group("several/added").unwrap();
        file.unlink("several/group 01").unwrap();
        file.unlink("soft").unwrap();
        if file.dataset("new").is_ok() {
            file.unlink("new").unwrap();
        }
        file.new_dataset_builder().with_data(&[1, 2, 3]).create("new").unwrap();
        file.close().unwrap();
        storage.for_each_crash(|done, image| {
            contents(image.to_vec(), &format!("{name} after {done}"));
        });
        // The C library does not know the record behind the end of the file.
        for done in 0..=storage.operations() {
            let mut image = storage.image_after(done);
            let end = u64::from_le_bytes(image[28..36].try_into().unwrap()) as usize;
            image.truncate(end.max(48));
            let there = contents(image, &format!("{name} after {done}, for others"));
            assert!(there || done < storage.operations(), "{name}: what was added is there in the end");
        }
    }
}
