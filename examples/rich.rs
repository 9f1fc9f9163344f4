//! Writes one of everything: groups, datasets of every layout and index, types, attributes, links. With a size
//! after the path, the file is a family of members of so many bytes.

use hdfive::{File, H5Type, Result, s};

#[derive(H5Type, Clone, Debug, PartialEq)]
#[repr(C)]
struct Ship {
    length: f32,
    masts: u8,
    #[hdf5(rename = "class")]
    kind: ShipClass,
    name: String,
}

#[derive(H5Type, Clone, Copy, Debug, PartialEq)]
#[repr(u8)]
enum ShipClass {
    Sloop = 1,
    Brig = 2,
}

fn main() -> Result<()> {
    let path = std::env::args().nth(1).unwrap_or_else(|| "rich.h5".to_owned());
    let mut options = File::with_options();
    if let Some(size) = std::env::args().nth(2).and_then(|size| size.parse().ok()) {
        options.family(size);
    }
    let file = options.create(path)?;
    layouts(&file)?;
    types(&file)?;
    groups(&file)?;
    file.close()
}

/// Every layout, and every chunk index that HDF5 1.10 knows.
fn layouts(file: &File) -> Result<()> {
    let values: Vec<i32> = (0..60).collect();
    let group = file.create_group("layouts")?;
    group.new_dataset::<i32>().shape((6, 10)).create("contiguous")?.write_raw(&values)?;
    group.new_dataset::<i32>().shape((6, 10)).compact().create("compact")?.write_raw(&values)?;
    group
        .new_dataset::<i32>()
        .shape((6, 10))
        .chunk((6, 10))
        .deflate(6)
        .create("single")?
        .write_raw(&values)?;
    group
        .new_dataset::<i32>()
        .shape((6, 10))
        .chunk((4, 4))
        .shuffle()
        .deflate(6)
        .fletcher32()
        .create("fixed_array")?
        .write_raw(&values)?;
    group
        .new_dataset::<i32>()
        .shape((6, 10))
        .chunk((2, 5))
        .alloc_time(Some(hdfive::AllocationTime::Early))
        .create("implicit")?
        .write_raw(&values)?;
    let growing = group
        .new_dataset::<i32>()
        .shape((0.., 10))
        .chunk((1, 10))
        .shuffle()
        .deflate(1)
        .create("extensible_array")?;
    for row in 0..6_usize {
        growing.resize((row + 1, 10))?;
        growing.write_slice_raw(&values[row * 10..][..10], row)?;
    }
    let growing =
        group.new_dataset::<i32>().shape((0.., 0..)).chunk((2, 3)).fill_value(-1).create("btree2")?;
    growing.resize((6, 10))?;
    growing.write_slice_raw(&values[..30], s![0..3, ..])?;
    group.new_dataset::<f64>().shape(1000).fill_value(0.5).create("never_written")?;
    Ok(())
}

/// Rust types, and what they become.
fn types(file: &File) -> Result<()> {
    let group = file.create_group("types")?;
    group.new_dataset_builder().with_data(&[1_i8, -2, 3]).create("i8")?;
    group.new_dataset_builder().with_data(&[u64::MAX, 0]).create("u64")?;
    group.new_dataset_builder().with_data(&[1.5_f32, f32::NAN]).create("f32")?;
    group.new_dataset_builder().with_data(&[true, false]).create("bool")?;
    group.new_dataset_builder().with_data(&["", "größer", "plain"]).create("strings")?;
    group.new_dataset_builder().with_data(&[vec![1_u16, 2], vec![], vec![3]]).create("sequences")?;
    group.new_dataset_builder().with_data(&[[1_u8, 2, 3], [4, 5, 6]]).create("arrays")?;
    let fleet = [
        Ship { length: 12.5, masts: 1, kind: ShipClass::Sloop, name: "Gull".to_owned() },
        Ship { length: 31.0, masts: 2, kind: ShipClass::Brig, name: "Möwe".to_owned() },
    ];
    group.new_dataset_builder().with_data(&fleet).create("ships")?;
    group.new_dataset_builder().with_scalar(&42_i64).create("scalar")?;
    Ok(())
}

/// Small and large groups, links and attributes.
fn groups(file: &File) -> Result<()> {
    let many = file.create_group("many")?;
    for nth in 0..1000 {
        many.create_group(&format!("group {nth:04}"))?;
    }
    for nth in 0..100 {
        many.new_attr::<i32>().create(&format!("attribute {nth:03}"))?.write_scalar(&nth)?;
    }
    let links = file.create_group("links/deep")?;
    links.link_soft("/types/i8", "soft")?;
    links.link_hard("/types/u64", "hard")?;
    links.link_soft("/nowhere", "dangling")?;
    links.link_external("other.h5", "/data", "external")?;
    links.new_attr_builder().with_data(&["a", "b"]).create("names")?;
    links.new_attr_builder().with_scalar(&2.5_f64).create("scale")?;
    links.set_comment("what a ship sees")
}
