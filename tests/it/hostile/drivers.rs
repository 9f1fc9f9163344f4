//! Damaged files in several files.

use std::path::{Path, PathBuf};

use hdfive::{ExternalLinks, File, Result};

use super::damage::{Random, damage, seal_onion, sealed};
use super::walk::{limits, walk_file};
use crate::testdata;

/// The fixtures, the driver of each, and the path that it opens.
const SOURCES: [(&str, &str, &str); 9] = [
    ("family-earliest", "family", "family-earliest-%02d.h5"),
    ("family-latest", "family", "family-latest-%02d.h5"),
    ("split-earliest", "split", "split-earliest"),
    ("split-latest", "split", "split-latest"),
    ("multi-earliest", "multi", "multi-earliest"),
    ("multi-latest", "multi", "multi-latest"),
    ("multi-mapped-earliest", "multi", "multi-mapped-earliest"),
    ("onion-earliest", "onion", "onion-earliest.h5"),
    ("onion-latest", "onion", "onion-latest.h5"),
];

fn open(driver: &str, path: &Path) -> Vec<Result<File>> {
    let mut options = File::with_options();
    options.limits(limits()).external_links(ExternalLinks::Within(path.parent().unwrap().to_owned()));
    match driver {
        "family" => vec![options.family(0).open(path), options.open_rw(path)],
        "split" => vec![options.split("-m.h5", "-r.h5").open(path)],
        "multi" => vec![options.multi().open(path)],
        _ => (0..4).map(|revision| options.open_revision(path, revision)).collect(),
    }
}

/// Damages files in several files, as often as `rounds` says, and reads what is left.
fn attack(seed: u64, rounds: u64) {
    let others = testdata::files("drivers", "h5");
    for (number, (name, driver, path)) in SOURCES.iter().enumerate() {
        let members: Vec<PathBuf> = testdata::files("drivers", "")
            .into_iter()
            .filter(|member| testdata::name(member).strip_prefix(name).is_some_and(is_member))
            .filter(|member| std::fs::metadata(member).unwrap().len() > 0)
            .collect();
        assert!(members.len() > 1, "{name}");
        for round in 0..rounds {
            let folder = tempfile::tempdir().unwrap();
            let mut random = Random(seed << 48 | (number as u64) << 32 | (round + 1));
            random.next();
            let hit = random.below(members.len());
            for (at, member) in members.iter().enumerate() {
                let mut bytes = std::fs::read(member).unwrap();
                if at == hit {
                    let other = std::fs::read(&others[random.below(others.len())]).unwrap();
                    let seals = sealed(&bytes);
                    let other = if other.is_empty() { bytes.clone() } else { other };
                    damage(&mut bytes, &seals, &other, &mut random);
                    if member.extension().is_some_and(|extension| extension == "onion") {
                        let _ = seal_onion(&mut bytes);
                    }
                }
                std::fs::write(folder.path().join(member.file_name().unwrap()), bytes).unwrap();
            }
            for file in open(driver, &folder.path().join(path)).into_iter().flatten() {
                let _ = walk_file(&file);
            }
        }
    }
}

/// Whether the rest of a name is that of a member, not of another fixture or of what is told of it.
fn is_member(rest: &str) -> bool {
    let name = rest.trim_end_matches(".onion");
    name.ends_with(".h5") && name.len() <= "-00.h5".len()
}

#[test]
fn reading_damaged_files_in_several_ends() {
    attack(6, 15);
}

/// For a release build.
#[test]
#[ignore = "takes long in a debug build"]
fn reading_a_thousand_damaged_files_in_several_ends() {
    attack(7, 150);
}
