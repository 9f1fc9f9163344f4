//! Small files with datasets of huge shapes, of which next to nothing is stored.

use std::path::PathBuf;

use hdfive::{Dataset, ErrorKind, File, Limits};
use serde_json::Value;

use crate::testdata;

/// More bytes than the file may have for its own, and than [`limits`] allow; less are read of a source at
/// once.
const TOO_MANY: usize = 1 << 26;

fn limits() -> Limits {
    let mut limits = Limits::default();
    limits.fill = 36 << 20;
    limits
}

fn path() -> PathBuf {
    testdata::files("huge", "h5").remove(0)
}

/// Looks for raw data beside the file.
fn open(limits: Limits) -> File {
    let mut options = File::with_options();
    options.limits(limits).external_file_prefix(path().parent().unwrap());
    options.open(path()).unwrap()
}

fn elements(dataset: &Dataset, start: usize, count: usize) -> hdfive::Result<Vec<i64>> {
    dataset.read_slice_raw::<i64>(start..start + count)
}

#[test]
fn parts_are_read_as_the_c_library_reads_them() {
    let file = open(Limits::default());
    let truth = std::fs::read(path().with_extension("json")).unwrap();
    let truth: Vec<Value> = serde_json::from_slice(&truth).unwrap();
    for part in &truth {
        let dataset = file.dataset(part["dataset"].as_str().unwrap()).unwrap();
        let read = elements(&dataset, part["start"].as_u64().unwrap() as usize, 5);
        match part["values"].as_array() {
            Some(values) => {
                let values: Vec<_> = values.iter().map(|value| value.as_i64().unwrap()).collect();
                assert_eq!(read.unwrap(), values, "{part}");
            }
            None => assert!(read.is_err(), "{part}"),
        }
    }
    assert!(truth.len() > 40);
}

#[test]
fn more_fill_values_than_allowed_are_refused() {
    let file = open(limits());
    let names = [
        "chunked",
        "absent",
        "of chunks",
        "few of many",
        "of absent",
        "numbered",
        "short file",
        "of short file",
    ];
    for name in names {
        let dataset = file.dataset(name).unwrap();
        let size = dataset.datatype().size as usize;
        let error = dataset.read_bytes(..TOO_MANY / size).map(drop).unwrap_err();
        assert!(
            error.kind() == ErrorKind::Limit && error.to_string().contains("Limits::fill"),
            "{name}: {error}"
        );
        assert_eq!(
            dataset.read_bytes(..).map(drop).unwrap_err().kind(),
            ErrorKind::Limit,
            "{name}: the whole"
        );
    }
}

#[test]
fn as_many_as_allowed_are_made() {
    let file = open(limits());
    let len = 1 << 21;
    for (name, fill, others) in [
        ("chunked", 3, 2),
        ("absent", 7, 0),
        ("of chunks", 3, 2),
        ("few of many", 7, 10),
        ("short file", 0, 100),
    ] {
        let values = file.dataset(name).unwrap().read_slice_raw::<i32>(..len).unwrap();
        assert_eq!(values.len(), len);
        assert_eq!(values.iter().filter(|&&value| value != fill).count(), others, "{name}");
    }
}
