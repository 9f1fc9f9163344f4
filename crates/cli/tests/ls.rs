//! What `h5 ls` and `h5 stat` print, as `h5ls` and `h5stat` 1.14 print it for the same files.

use std::fs;
use std::process::{Command, Output};

use hdfive::{File, LibraryVersion, ObjectReference, s};
use tempfile::TempDir;

/// Runs a tool in a folder, where it is in universal time.
fn run(dir: &TempDir, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_h5"));
    command.args(args).current_dir(dir).env("TZ", "UTC").env_remove("COLUMNS").output().unwrap()
}

/// What a command prints, and its exit code.
fn printed(dir: &TempDir, args: &[&str]) -> (String, Option<i32>) {
    let output = run(dir, args);
    (String::from_utf8(output.stdout).unwrap(), output.status.code())
}

/// What a command that succeeds prints.
fn listed(dir: &TempDir, args: &[&str]) -> String {
    let (text, code) = printed(dir, args);
    assert_eq!(code, Some(0), "{args:?}: {text}");
    text
}

/// A folder with the file `a.h5` of a few objects.
fn folder() -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    let mut options = File::with_options();
    options.libver_bounds(LibraryVersion::V110, LibraryVersion::V110);
    let file = options.create(dir.path().join("a.h5")).unwrap();
    let data = file.new_dataset_builder().with_data(&[1000_i32; 16]).create("data").unwrap();
    data.new_attr_builder().with_data(&[[[1_u8, 2], [3, 4]]]).create("small").unwrap();
    file.create_group("group").unwrap();
    file.new_dataset_builder().with_scalar(&2.5_f64).create("group/number").unwrap();
    file.link_soft("/group", "soft").unwrap();
    let references = [data.object_reference(), file.object_reference(), ObjectReference::NULL];
    let references = file.new_dataset_builder().with_data(&references).create("references").unwrap();
    file.new_dataset_builder().with_data(&[references.object_reference()]).create("again").unwrap();
    let regions = [data.region_reference(s![1..12; 2]).unwrap()];
    file.new_dataset_builder().with_data(&regions).create("regions").unwrap();
    file.close().unwrap();
    dir
}

#[test]
fn references_are_followed() {
    let dir = folder();
    let expected = concat!(
        "again                    Dataset {1}\n    Data:\n",
        "         DATASET \"a.h5/references\"\n            DATA {\n",
        "               DATASET \"a.h5/data\"\n                  DATA {\n",
        "                     1000, 1000, 1000, 1000, 1000, 1000, 1000, 1000, 1000, 1000,\n",
        "                     1000, 1000, 1000, 1000, 1000, 1000\n",
        "                  }\n               GROUP \"a.h5/\"\n               NULL\n            }\n\n",
    );
    assert_eq!(listed(&dir, &["ls", "-d", "a.h5/again"]), expected);
    let expected = concat!(
        "regions                  Dataset {1}\n    Data:\n         DATASET \"a.h5/data\" {\n",
        "            REGION_TYPE BLOCK  Blk0: (1)-(1),\n             Blk1: (3)-(3),\n",
        "             Blk2: (5)-(5),\n             Blk3: (7)-(7),\n",
        "             Blk4: (9)-(9),\n             Blk5: (11)-(11)\n",
        "            DATATYPE  H5T_STD_I32LE\n            DATASPACE  SIMPLE { ( 16 ) / ( 16 ) }\n         }\n\n",
    );
    assert_eq!(listed(&dir, &["ls", "-w45", "-d", "a.h5/regions"]), expected);
}

#[test]
fn bytes_are_what_separates_them() {
    let dir = folder();
    let (first, rest) = (":::, ".repeat(14), ":::, :::");
    let expected = format!(
        "data                     Dataset {{16}}\n    Data:\n         {}\n         {rest}\n",
        first.trim_end()
    );
    assert_eq!(listed(&dir, &["ls", "-dx", "a.h5/data"]), expected);
}

#[test]
fn what_is_not_found_ends_the_list() {
    let dir = folder();
    let expected = ("a.h5/nothing**NOT FOUND** ".to_owned(), Some(1));
    assert_eq!(printed(&dir, &["ls", "-f", "a.h5/nothing", "a.h5"]), expected);
    let (text, code) = printed(&dir, &["ls", "missing.h5", "a.h5/data"]);
    assert_eq!((text.as_str(), code), ("data                     Dataset {16}\n", Some(1)));
    // The root group is listed of a later file, too, and the group that is asked for in it.
    let text = listed(&dir, &["ls", "-r", "a.h5", "a.h5/group"]);
    assert!(
        text.ends_with("a.h5/                    Group\na.h5//number             Dataset {SCALAR}\n"),
        "{text}"
    );
    assert!(
        listed(&dir, &["ls", "-v", "--vfd=core", "a.h5"]).starts_with("Opened \"a.h5\" with core driver.\n")
    );
    assert_eq!(printed(&dir, &["ls", "--vfd=family", "a.h5"]), (String::new(), Some(1)));
}

/// A folder with a file of one dataset and a root group with attributes, in which this byte is damaged.
fn damaged(at: usize, mask: u8) -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    let fixture =
        concat!(env!("CARGO_MANIFEST_DIR"), "/../../testdata/fixtures/attributes-compact-earliest.h5");
    let mut bytes = fs::read(fixture).unwrap();
    bytes[at] ^= mask;
    fs::write(dir.path().join("a.h5"), bytes).unwrap();
    dir
}

#[test]
fn damage_does_not_end_the_list() {
    // The dataset cannot be opened.
    let expected = "/                        Group\n/data                    Dataset *ERROR*\n";
    assert_eq!(listed(&damaged(896, 0x10), &["ls", "-r", "a.h5"]), expected);
    // An attribute of the root group is damaged: there are none.
    let text = listed(&damaged(1900, 0x10), &["ls", "-rv", "a.h5"]);
    assert!(text.contains("Group\n    Location:  1:96\n    Links:     1\n/data "), "{text}");
}

#[test]
fn times_are_local() {
    let dir = folder();
    let time = |zone: &str, options: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_h5"));
        let fixture = concat!(env!("CARGO_MANIFEST_DIR"), "/../../testdata/fixtures/object-times-latest.h5");
        let output =
            command.args(["ls", options, fixture]).current_dir(&dir).env("TZ", zone).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        text.lines().find_map(|line| line.trim().strip_prefix("Modified:  ")).map(str::to_owned).unwrap()
    };
    let (universal, east) = (time("UTC", "-rv"), time("<+03>-3", "-rv"));
    assert!(universal.ends_with(" UTC") && east.ends_with(" +03"), "{universal}, {east}");
    assert_ne!(universal[..19], east[..19]);
    assert_eq!(time("<+03>-3", "-rvS"), universal.replace("UTC", "GMT"));
}

#[test]
fn help_describes_all_options() {
    let dir = folder();
    for (command, option) in
        [("ls", "--follow-symlinks"), ("stat", "--numattrs"), ("dump", "--xml-ns"), ("diff", "--delta")]
    {
        let text = listed(&dir, &[command, "--help"]);
        assert!(text.contains(&format!("Usage: h5 {command} [OPTIONS]")) && text.contains(option), "{text}");
        assert!(listed(&dir, &["help", command]).contains(option));
        // Called by its own name, it is the C tool.
        assert!(listed(&dir, &[&format!("h5{command}"), "--help"]).starts_with("usage: h5"));
    }
    assert!(listed(&dir, &["--help"]).contains("Usage: h5 <COMMAND>"));
}

#[test]
fn the_version_is_told_before_the_file_is_looked_at() {
    let dir = folder();
    assert_eq!(listed(&dir, &["stat", "-V"]), "h5stat: Version 1.14.6\n");
    let text = listed(&dir, &["h5stat", "-fV", "a.h5"]);
    assert!(text.starts_with("h5stat: Version 1.14.6\nFilename: a.h5\nFile information\n"), "{text}");
    assert!(!text.contains("Dataset dimension information"));
}
