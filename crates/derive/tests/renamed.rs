//! The derived code finds hdfive where the manifest gives it another name.
#![allow(clippy::unwrap_used, missing_docs)]

use hdf5::{File, H5Type};

#[derive(Debug, Clone, PartialEq, H5Type)]
#[repr(u8)]
enum Kind {
    Tug = 1,
    Ferry,
}

#[derive(Debug, Clone, PartialEq, H5Type)]
struct Ship<T> {
    name: String,
    kind: Kind,
    length: T,
}

#[test]
fn types_of_a_renamed_crate_are_stored() {
    #[derive(Debug, Clone, PartialEq, H5Type)]
    #[repr(transparent)]
    struct Fleet(Ship<f32>);

    let ship = |name: &str, kind, length| Fleet(Ship { name: name.to_owned(), kind, length });
    let ships = [ship("Tilly", Kind::Tug, 12.5), ship("Freya", Kind::Ferry, 60.0)];
    let file = File::in_memory().unwrap();
    let dataset = file.new_dataset_builder().with_data(&ships).create("ships").unwrap();
    assert_eq!(dataset.read_raw::<Fleet>().unwrap(), ships);
}
