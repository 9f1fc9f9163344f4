//! Writes references of every kind: to objects, regions and attributes, in datasets and attributes,
//! in compounds, arrays and sequences. The file is for HDF5 1.14 and later if `v114` is given.

use hdfive::{
    File, H5Type, LibraryVersion, Location, ObjectReference, RegionReference, Result, StdReference, s,
};

#[derive(H5Type, Clone, Debug, PartialEq)]
#[repr(C)]
struct Sighting {
    day: u16,
    ship: ObjectReference,
    where_seen: RegionReference,
}

fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let path = arguments.next().unwrap_or_else(|| "references.h5".to_owned());
    let mut options = File::with_options();
    let new = arguments.next().is_some_and(|bound| bound == "v114");
    if new {
        options.libver_bounds(LibraryVersion::V114, LibraryVersion::V114);
    }
    let file = options.create(path)?;
    let sea: Vec<i32> = (0..48).collect();
    let data = file.new_dataset::<i32>().shape((6, 8)).create("data")?;
    data.write_raw(&sea)?;
    data.new_attr_builder().with_scalar(&5_i32).create("unit")?;
    file.create_group("group/inner")?.new_attr_builder().with_scalar(&"calm").create("weather")?;
    objects(&file)?;
    regions(&file)?;
    if new {
        standard(&file)?;
    }
    file.close()
}

fn objects(file: &File) -> Result<()> {
    let data = file.dataset("data")?.object_reference();
    let group = file.group("group")?;
    let inner: ObjectReference = file.reference("group/inner")?;
    let root = file.object_reference();
    file.new_dataset_builder()
        .with_data(&[data, group.object_reference(), inner, root, ObjectReference::NULL])
        .create("objects")?;
    file.new_dataset_builder().with_data(&[[data, inner], [ObjectReference::NULL, root]]).create("arrays")?;
    file.new_dataset_builder().with_data(&[vec![inner, data], vec![], vec![root]]).create("sequences")?;
    group.new_attr_builder().with_scalar(&data).create("object")?;
    group.new_attr_builder().with_data(&[vec![data], vec![]]).create("DIMENSION_LIST")?;
    Ok(())
}

fn regions(file: &File) -> Result<()> {
    let data = file.dataset("data")?;
    let regions = [
        data.region_reference(s![1..3, 2..5])?,
        data.region_reference(s![0..6; 2, 1..8; 3])?,
        data.region_reference(s![.., ..])?,
        data.region_reference(hdfive::Points::new(2, vec![0, 0, 5, 7, 2, 3])?)?,
        data.region_reference(s![2..2, ..])?,
        RegionReference::NULL,
    ];
    file.new_dataset_builder().with_data(&regions).create("regions")?;
    file.new_attr_builder().with_scalar(&regions[1]).create("region")?;
    let pair = [[regions[0].clone(), RegionReference::NULL], [regions[3].clone(), regions[1].clone()]];
    file.new_dataset_builder().with_data(&pair).create("region arrays")?;
    let nested = [vec![regions[1].clone(), RegionReference::NULL], vec![]];
    file.new_dataset_builder().with_data(&nested).create("region sequences")?;
    let sightings = [
        Sighting { day: 3, ship: file.reference("group")?, where_seen: regions[0].clone() },
        Sighting { day: 4, ship: ObjectReference::NULL, where_seen: RegionReference::NULL },
        Sighting { day: 5, ship: data.object_reference(), where_seen: regions[3].clone() },
    ];
    file.new_dataset_builder().with_data(&sightings).create("sightings")?;
    Ok(())
}

/// References as HDF5 1.12 introduced them.
fn standard(file: &File) -> Result<()> {
    let data = file.dataset("data")?;
    let location: &Location = &data;
    let references = [
        StdReference::from(location),
        data.region_reference(s![1..3, 2..5])?.into(),
        data.attr_reference("unit")?,
        StdReference::NULL,
        file.group("group/inner")?.attr_reference("weather")?,
        data.region_reference(hdfive::Points::new(2, vec![0, 0, 5, 7, 2, 3])?)?.into(),
    ];
    file.new_dataset_builder().with_data(&references).create("standard")?;
    // Selections of everything and of nothing, also as they come from references of the other kind.
    let whole = [data.region_reference(..)?, data.region_reference(s![2..2, ..])?];
    let old = file.new_dataset_builder().with_data(&whole).create("regions without rank")?;
    let read: Vec<StdReference> = old.read_raw()?;
    let all = [read, whole.into_iter().map(StdReference::from).collect()].concat();
    file.new_dataset_builder().with_data(&all).create("standard without rank")?;
    file.new_attr_builder().with_data(&references).create("standard")?;
    file.new_dataset_builder()
        .with_data(&[(1_u8, references[2].clone()), (2, StdReference::NULL), (3, references[1].clone())])
        .create("standard compound")?;
    file.new_dataset_builder()
        .with_data(&[references[..3].to_vec(), vec![], references[3..].to_vec()])
        .create("standard sequences")?;
    file.new_dataset_builder()
        .with_data(&[[references[0].clone(), references[4].clone()]])
        .create("standard arrays")?;
    Ok(())
}
