//! What `h5 dump` prints and where, as users see it. The expected texts are those of `h5dump` 1.14.5.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use hdfive::File;
use tempfile::TempDir;

/// Runs `h5 dump` in a folder.
fn dump(dir: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_h5")).current_dir(dir).arg("dump").args(args).output().unwrap()
}

/// The standard output and the exit code.
fn printed(dir: &Path, args: &[&str]) -> (String, Option<i32>) {
    let output = dump(dir, args);
    (String::from_utf8(output.stdout).unwrap(), output.status.code())
}

/// A folder with a file `x.h5`, filled by `fill`.
fn folder(fill: impl FnOnce(&File)) -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    let file = File::create(dir.path().join("x.h5")).unwrap();
    fill(&file);
    file.close().unwrap();
    dir
}

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/fixtures").join(name)
}

#[test]
fn drivers_and_connectors_that_are_not_there_are_refused() {
    let dir = folder(|_| ());
    for option in
        ["--filedriver=foo", "--vfd-name=direct", "--vfd-value=1", "--vol-name=foo", "--vol-value=2"]
    {
        assert_eq!(printed(dir.path(), &[option, "x.h5"]), (String::new(), Some(1)), "{option}");
    }
    for option in ["--filedriver=core", "--vfd-value=0", "--vol-name=native", "--vol-info=x"] {
        let (text, code) = printed(dir.path(), &[option, "x.h5"]);
        assert_eq!((text.as_str(), code), ("HDF5 \"x.h5\" {\nGROUP \"/\" {\n}\n}\n", Some(0)), "{option}");
    }
    let (text, code) = printed(dir.path(), &["--hdfs-attrs=x", "x.h5"]);
    assert!(text.starts_with("HDF5") && code == Some(1));
    let info = "--vfd-info=99999999999999999999";
    let expected = "Invalid onion revision specified\n".to_owned();
    assert_eq!(printed(dir.path(), &["--vfd-name=onion", info, "x.h5"]), (expected, Some(1)));
}

#[test]
fn what_cannot_be_written_is_misuse() {
    let dir = folder(|_| ());
    for option in ["-o", "-O"] {
        let (text, code) = printed(dir.path(), &[option, "no/such/folder", "x.h5"]);
        assert!(text.starts_with("usage: h5dump") && code == Some(1), "{option}: {text}");
    }
    assert_eq!(printed(dir.path(), &["-O", "out", "--unknown", "x.h5"]), (String::new(), Some(1)));
    assert!(fs::read_to_string(dir.path().join("out")).unwrap().starts_with("usage: h5dump"));
}

#[test]
fn objects_that_are_missing_leave_what_the_c_tool_leaves() {
    let dir = folder(|file| drop(file.create_group("g").unwrap()));
    for (option, path, expected) in [
        ("-t", "/no", "DATATYPE \"/no\" \n   "),
        ("-t", "/g", "DATATYPE \"/g\" \n   "),
        ("-g", "/no", "GROUP \"/no\" {\n   }"),
        ("-g", "", "GROUP \"\" {\n   }"),
        ("-a", "/g/no", "ATTRIBUTE \"no\" {\n}"),
        ("-a", "/no/a", "ATTRIBUTE \"/no/a\" {\n}"),
    ] {
        let expected = format!("HDF5 \"x.h5\" {{\n{expected}\n}}\n");
        assert_eq!(printed(dir.path(), &[option, path, "x.h5"]), (expected, Some(1)), "{option} {path}");
    }
    let output = dump(dir.path(), &["nofile"]);
    let message = String::from_utf8(output.stderr).unwrap();
    assert_eq!(message.matches("nofile").count(), 1, "{message}");
}

#[test]
fn object_ids_are_those_of_handles() {
    let dir = folder(|file| {
        let group = file.create_group("g").unwrap();
        group.new_attr::<i32>().shape(()).create("a").unwrap().write_scalar(&1).unwrap();
        file.new_dataset::<i32>().shape(1).create("s").unwrap();
    });
    let (text, _) = printed(dir.path(), &["-i", "-H", "x.h5"]);
    let ids: Vec<_> = text.lines().filter_map(|line| line.trim().strip_prefix("OBJECTID { ")).collect();
    let id = |kind: u64, count: u64| format!("{} }}", kind << 56 | count);
    assert_eq!(ids, [id(2, 1), id(2, 4), id(7, 0), id(5, 1)]);
}

#[test]
fn paths_of_references_are_those_stored_first() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("x.h5");
    let file = File::with_options().track_order(true).create(&path).unwrap();
    file.create_group("z").unwrap();
    file.link_hard("z", "a").unwrap();
    let reference = file.reference::<hdfive::ObjectReference>("z").unwrap();
    file.new_dataset_builder().with_data(&[reference]).create("refs").unwrap();
    file.close().unwrap();
    let (text, _) = printed(dir.path(), &["-d", "/refs", "x.h5"]);
    assert!(text.contains("\n      GROUP \"x.h5/z\"\n"), "{text}");
}

#[test]
fn huge_datasets_of_references_print_nothing() {
    let dir = folder(|file| {
        let builder = file.new_dataset::<hdfive::ObjectReference>().shape(1_000_000_000_000_usize);
        builder.chunk(1000).create("refs").unwrap();
    });
    let (text, code) = printed(dir.path(), &["-d", "/refs", "x.h5"]);
    assert!(text.ends_with("   DATA {\n   }\n}\n}\n") && code == Some(0), "{text}");
}

#[test]
fn long_rows_of_subsets_are_whole() {
    let dir = folder(|file| {
        let builder = file.new_dataset::<i32>().shape(1_000_000_000_000_usize);
        builder.chunk(1000).create("d").unwrap();
    });
    let args = ["-d", "/d", "-s", "7", "-S", "300001", "-c", "3", "-k", "300000", "x.h5"];
    let (text, code) = printed(dir.path(), &args);
    assert_eq!((text.matches("0,").count(), code), (899_999, Some(0)));
    assert!(text.trim_end().ends_with("0\n      }\n   }\n}\n}"));
}

#[test]
fn files_with_damaged_objects_print_nothing() {
    let bytes = fs::read(fixture("groups-many-earliest.h5")).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("x.h5");
    fs::write(&path, bytes).unwrap();
    let file = File::open(&path).unwrap();
    let name = file.member_names().unwrap().pop().unwrap();
    let hdfive::LinkType::Hard(address) = file.link(&name).unwrap().link_type else { panic!("no hard link") };
    file.close().unwrap();
    let mut bytes = fs::read(&path).unwrap();
    bytes[address as usize] = 0xff;
    fs::write(&path, bytes).unwrap();
    assert_eq!(printed(dir.path(), &["x.h5"]), (String::new(), Some(1)));
    assert_eq!(printed(dir.path(), &["-x", "x.h5"]), (String::new(), Some(1)));
}

#[test]
fn elements_of_xml_may_go_elsewhere_than_the_rest() {
    let dir = folder(|file| drop(file.new_dataset_builder().with_data(&[1, 2]).create("d").unwrap()));
    let (text, _) = printed(dir.path(), &["-x", "-O", "out", "x.h5"]);
    assert_eq!(text, "\n         1\n         2");
    let outline = fs::read_to_string(dir.path().join("out")).unwrap();
    let between = outline.split("DataFromFile>").nth(1).unwrap();
    assert_eq!(between.trim(), "</hdf5:", "{outline}");
    assert_eq!(printed(dir.path(), &["-x", "x.h5", "x.h5"]).1, Some(1));
}

/// A file with a dataset of 4 rows of 5, a reference to it, and one to a region of it.
fn referring() -> TempDir {
    folder(|file| {
        let data: Vec<i32> = (0..20).collect();
        file.new_dataset::<i32>().shape((4, 5)).create("d").unwrap().write_raw(&data).unwrap();
        let object = file.reference::<hdfive::ObjectReference>("d").unwrap();
        file.new_dataset_builder().with_data(&[object]).create("o").unwrap();
        let region = file.dataset("d").unwrap().region_reference(hdfive::s![1..4;2, 1..]).unwrap();
        file.new_dataset_builder().with_data(&[region]).create("r").unwrap();
    })
}

#[test]
fn parts_past_the_edge_end_there() {
    let dir = referring();
    let args = ["-d", "/d", "-s", "0,4", "-S", "3,2", "-c", "2,1", "-k", "2,1", "x.h5"];
    let (text, code) = printed(dir.path(), &args);
    let rows = "      DATA {\n      (0,4): 4,\n      (1,4): 9,\n      (3,4): 19,\n      }\n";
    assert!(text.contains(rows) && code == Some(0), "{text}");
}

#[test]
fn what_references_lead_to_is_printed_in_part() {
    let dir = referring();
    let (text, code) = printed(dir.path(), &["-d", "/o", "-s", "0", "-c", "1", "x.h5"]);
    let (_, inner) = text.split_once("DATASET \"x.h5/d\"\n").unwrap();
    let header = "            SUBSET {\n               START ( 0, 0 );\n               STRIDE ( 1, 0 );\n";
    assert!(inner.starts_with(header) && code == Some(0), "{text}");
}

#[test]
fn lines_of_regions_are_broken_a_level_deeper() {
    let dir = referring();
    let (text, _) = printed(dir.path(), &["-R", "-w", "24", "-d", "/r", "x.h5"]);
    let rows = ["6, 7, 8,", "9,", "16, 17,", "18, 19"].join("\n            ");
    let data = format!("         DATA {{\n            {rows}\n         }}\n");
    assert!(text.contains(&data), "{text}");
}

#[test]
fn narrow_lines_leave_no_room_for_the_superblock() {
    let dir = referring();
    for args in [&["-B", "-w", "3", "x.h5"][..], &["-B", "-m", "%g", "x.h5"]] {
        assert_eq!(printed(dir.path(), args), ("HDF5 \"x.h5\" {\nSUPER_BLOCK {\n".to_owned(), Some(1)));
    }
}

#[test]
fn references_are_followed_as_long_as_there_is_an_end() {
    let dir = folder(|file| {
        let mut last = file.new_dataset::<hdfive::ObjectReference>().shape(1).create("d0").unwrap();
        for number in 1..=70 {
            let data = [last.object_reference()];
            last = file.new_dataset_builder().with_data(&data).create(format!("d{number}").as_str()).unwrap();
        }
        let null = hdfive::StdReference::default();
        let attribute = last.new_attr::<hdfive::StdReference>().shape(1).create("a").unwrap();
        attribute.write_raw(&[null]).unwrap();
        attribute.write_raw(&[last.attr_reference("a").unwrap()]).unwrap();
    });
    let (text, code) = printed(dir.path(), &["-d", "/d64", "x.h5"]);
    assert!(text.contains("DATASET \"x.h5/d0\"") && code == Some(0), "{text}");
    let (text, code) = printed(dir.path(), &["-d", "/d65", "x.h5"]);
    assert!(text.contains("DATASET \"x.h5/d0\"") && code == Some(1), "{text}");
    let (text, code) = printed(dir.path(), &["-R", "-a", "/d70/a", "x.h5"]);
    assert!(text.matches("ATTRIBUTE \"x.h5/d70/a\" {").count() == 2 && code == Some(1), "{text}");
}

#[test]
fn references_behind_an_external_link_lead_on_in_its_file() {
    let other = fixture("types-references-v110.h5").canonicalize().unwrap();
    let other = other.to_str().unwrap();
    let dir = folder(|file| file.link_external(other, "/objects", "elsewhere").unwrap());
    let (text, code) = printed(dir.path(), &["-d", "elsewhere", "x.h5"]);
    assert_eq!(code, Some(0));
    for line in [format!("      DATASET \"{other}/data\"\n"), format!("      GROUP \"{other}/group\"\n")] {
        assert!(text.contains(&line), "{line}{text}");
    }
    assert!(text.contains("(5,0): 40, 41, 42, 43, 44, 45, 46, 47"));
}
