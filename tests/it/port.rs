//! Programs in the words of the C binding `hdf5-metno`: they differ from it in the `use` line.

use hdfive as hdf5;

use hdf5::types::{
    FixedAscii, FixedUnicode, IntSize, TypeDescriptor, VarLenArray, VarLenAscii, VarLenUnicode,
};
use hdf5::{
    Attribute, Container, Dataset, Dataspace, Datatype, Error, Extent, Extents, File, Group, H5Type,
    Hyperslab, IndexType, IterationOrder, LinkType, Location, OpenMode, Result, Selection, SimpleExtents,
    SliceOrIndex,
};
use ndarray::{Array, Array1, Array2, ArrayD, Ix2, arr1, arr2, s};

#[derive(H5Type, Clone, PartialEq, Debug)] // register with HDF5
#[repr(u8)]
enum Color {
    R = 1,
    G = 2,
    B = 3,
}

#[derive(H5Type, Clone, PartialEq, Debug)] // register with HDF5
#[repr(C)]
struct Pixel {
    x: i64,
    y: i64,
    color: Color,
}

impl Pixel {
    fn new(x: i64, y: i64, color: Color) -> Self {
        Self { x, y, color }
    }
}

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

/// The example of the binding's README.
#[test]
fn pixels() -> Result<()> {
    use Color::*;
    let folder = folder();
    let path = folder.path().join("pixels.h5");
    {
        let file = File::create(&path)?; // open for writing
        let group = file.create_group("dir")?; // create a group
        let builder = group.new_dataset_builder();
        let ds = builder
            .with_data(&arr2(&[
                // write a 2-D array of data
                [Pixel::new(1, 2, R), Pixel::new(2, 3, B)],
                [Pixel::new(3, 4, G), Pixel::new(4, 5, R)],
                [Pixel::new(5, 6, B), Pixel::new(6, 7, G)],
            ]))
            // finalize and write the dataset
            .create("pixels")?;
        // create an attr with fixed shape but don't write the data
        let attr = ds.new_attr::<Color>().shape([3]).create("colors")?;
        // write the attr data
        attr.write(&[R, G, B])?;
    }
    let file = File::open(&path)?; // open for reading
    let ds = file.dataset("dir/pixels")?; // open the dataset
    assert_eq!(
        // read a slice of the 2-D dataset and verify it
        ds.read_slice::<Pixel, _, _>(s![1.., ..])?,
        arr2(&[[Pixel::new(3, 4, G), Pixel::new(4, 5, R)], [Pixel::new(5, 6, B), Pixel::new(6, 7, G)],])
    );
    let attr = ds.attr("colors")?; // open the attribute
    assert_eq!(attr.read_1d::<Color>()?.as_slice().unwrap(), &[R, G, B]);
    Ok(())
}

/// The binding's example of chunks.
#[test]
fn chunking() -> Result<()> {
    let folder = folder();
    let file = File::create(folder.path().join("chunking.h5"))?;
    let (ny, nx) = (100, 100);
    let arr = Array2::from_shape_fn((ny, nx), |(j, i)| (1000 * j + i) as f32);
    let ds = file
        .new_dataset::<f32>()
        .chunk((1, ny, nx)) // each chunk contains ny * nx elements
        .shape((1.., ny, nx)) // first axis is unlimited with initial size of 1
        .deflate(3)
        .create("variable")?;
    ds.write_slice(&arr, (0, .., ..))?;
    ds.resize((10, ny, nx))?;
    ds.write_slice(&arr, (1, .., ..))?;
    let chunksize = ds.chunk().unwrap();
    assert_eq!(chunksize, &[1, ny, nx]);
    let shape = ds.shape();
    assert_eq!(shape, &[10, ny, nx]);
    for k in 0..shape[0] {
        let read: Array2<f32> = ds.read_slice((k, .., ..))?;
        assert_eq!(read[[2, 3]], if k < 2 { 2003.0 } else { 0.0 });
    }
    assert!(ds.is_chunked() && ds.is_resizable());
    assert_eq!(ds.num_chunks()?, Some(2)); // the binding has no `Result` here
    assert_eq!(ds.chunk_info(1)?.unwrap().offset, [1, 0, 0]); // nor here
    assert_eq!(ds.layout()?, hdf5::dataset::Layout::Chunked); // nor here
    assert_eq!(ds.filters().len(), 1);
    Ok(())
}

/// The binding's example of a dataset that grows, in one dimension.
#[test]
fn continuous_chunks() -> Result<()> {
    const CHUNK_SIZE: usize = 5;
    let folder = folder();
    let file = File::create(folder.path().join("continuous_chunks.h5"))?;
    let shape = Extent::resizable(0); // 1D resizable
    let ds = file.new_dataset::<usize>().chunk((CHUNK_SIZE,)).shape(shape).create("count")?;
    let mut buf = Vec::with_capacity(CHUNK_SIZE);
    for i in 0..3 * CHUNK_SIZE {
        buf.push(i);
        if buf.len() == CHUNK_SIZE {
            let current_size = ds.size();
            ds.resize((current_size + CHUNK_SIZE,))?;
            ds.write_slice(&buf, current_size..current_size + CHUNK_SIZE)?;
            buf.clear();
        }
    }
    let arr: Array1<usize> = ds.read_slice(5..10)?;
    assert_eq!(arr, Array1::from_iter(5..10));
    let arr: Array1<usize> = ds.read_1d()?;
    assert_eq!(arr, Array1::from_iter(0..15));
    Ok(())
}

#[test]
fn reading_and_writing_in_every_form() -> Result<()> {
    let file = File::in_memory()?;
    let arr = Array2::from_shape_fn((6, 5), |(j, i)| (10 * j + i) as f64);
    let ds = file.new_dataset::<f64>().shape((1.., 5)).create("grows")?;
    ds.resize([6, 5])?;
    ds.write(&arr)?;
    ds.write(arr.view())?;
    ds.write_raw(arr.as_slice().unwrap())?;
    assert_eq!(ds.read_2d::<f64>()?, arr);
    assert_eq!(ds.read::<f64, Ix2>()?, arr);
    assert_eq!(ds.read_dyn::<f32>()?, arr.mapv(|v| v as f32).into_dyn());
    assert_eq!(ds.read_raw::<i32>()?.len(), 30);
    assert_eq!(ds.read_slice_1d::<f64, _>(s![2, ..;2])?, arr1(&[20., 22., 24.]));
    assert_eq!(ds.read_slice_2d::<f64, _>(s![-2.., 1..3])?, arr.slice(s![-2.., 1..3]));
    assert_eq!(ds.read_slice::<f64, _, Ix2>((1..3, ..))?, arr.slice(s![1..3, ..]));
    let dynamic: ArrayD<f64> = ds.read_slice(s![0, 0])?;
    assert_eq!((dynamic.ndim(), dynamic.first()), (0, Some(&0.0)));
    let mut buffer = vec![0.0; 30];
    assert_eq!(ds.read_into_raw(&mut buffer)?, 30);

    // Views that are not contiguous, and what is not borrowed.
    ds.write_slice(arr.slice(s![.., ..;-1]), ..)?;
    assert_eq!(ds.read_2d::<f64>()?, arr.slice(s![.., ..;-1]));
    let square = Array2::from_shape_fn((3, 3), |(j, i)| (3 * j + i) as f64);
    ds.write_slice(&square.t(), s![..3, 1..4])?;
    assert_eq!(ds.read_slice_2d::<f64, _>((..3, 1..4))?, square.t());
    ds.write_slice(square.clone().reversed_axes(), s![..3, 2..])?;
    assert_eq!(ds.read_slice_2d::<f64, _>(s![..3, 2..])?, square.t());
    let transposed = file.new_dataset_builder().with_data(square.t()).create("transposed")?;
    assert_eq!(transposed.read_raw::<u8>()?, [0, 3, 6, 1, 4, 7, 2, 5, 8]);
    let column = file.new_dataset_builder().with_data(square.column(1)).create("column")?;
    assert_eq!(column.read_1d::<i64>()?, arr1(&[1, 4, 7]));
    let points = [0_usize, 2];
    assert_eq!(column.read_slice_1d::<i64, _>(&points[..])?, arr1(&[1, 7]));

    let scalar = file.new_dataset::<u32>().create("scalar")?;
    scalar.write_scalar(&42)?;
    assert!(scalar.is_scalar() && scalar.read_scalar::<u32>()? == 42);
    let attr = file.new_attr_builder().with_data(&[1.5, 2.5]).create("weights")?;
    assert_eq!(attr.read_raw::<f64>()?, vec![1.5, 2.5]);
    assert_eq!((file.attr_names()?, attr.name()), (vec!["weights".to_owned()], "weights".to_owned()));
    Ok(())
}

/// A function for any element type, with no bound but `H5Type`, as the binding allows it.
fn store<T: H5Type>(group: &Group, name: &str, values: &[T]) -> Result<Vec<T>> {
    group.new_dataset_builder().with_data(values).create(name)?.read_raw()
}

#[derive(H5Type, Debug, PartialEq)]
struct NotClone(u8);

#[derive(H5Type, Clone, Copy, Debug, PartialEq)]
#[repr(C)]
struct Station {
    name: FixedAscii<8>,
    place: [f64; 2],
}

#[test]
fn strings_and_other_types() -> Result<()> {
    let file = File::in_memory()?;
    let text: VarLenUnicode = "größer".parse().unwrap();
    file.new_attr::<VarLenUnicode>().create("text")?.write_scalar(&text)?;
    let read: VarLenUnicode = file.attr("text")?.read_scalar()?;
    assert_eq!(read.as_str(), "größer");
    assert_eq!(read, String::from("größer"));
    let ascii = VarLenAscii::from_ascii("abc").unwrap();
    let fixed = FixedAscii::<5>::from_ascii(b"abc").unwrap();
    assert_eq!((ascii.len(), fixed.len(), FixedAscii::<5>::capacity()), (3, 3, 5));
    assert!(FixedUnicode::<5>::new().is_empty());
    store(&file, "fixed", &[fixed])?;
    assert_eq!(file.dataset("fixed")?.read_1d::<FixedAscii<5>>()?[0], "abc");
    let lists = [VarLenArray::from_slice(&[1_u8, 2]), VarLenArray::from([3])];
    assert_eq!(store(&file, "lists", &lists)?[1].as_slice(), [3]);
    assert_eq!(store(&file, "any", &[NotClone(1), NotClone(2)])?, [NotClone(1), NotClone(2)]);
    let station = Station { name: "oslo".parse()?, place: [59.9, 10.7] };
    let copy = station;
    assert_eq!(store(&file, "stations", &[station])?, [copy]);
    Ok(())
}

#[test]
fn types_are_described() -> Result<()> {
    assert_eq!(Color::type_descriptor().size(), 1);
    let TypeDescriptor::Compound(pixel) = Pixel::type_descriptor() else { panic!("a struct is a compound") };
    assert_eq!((pixel.size, pixel.fields[2].offset, pixel.fields[2].name.as_str()), (24, 16, "color"));
    assert_eq!(pixel.fields[0].ty, TypeDescriptor::Integer(IntSize::U8));
    let file = File::in_memory()?;
    let ds = file.new_dataset::<Pixel>().shape(2).create("pixels")?;
    let dtype: Datatype = ds.dtype()?;
    assert!(dtype.is::<Pixel>() && !dtype.is::<Color>());
    assert_eq!(dtype.to_descriptor()?, Pixel::type_descriptor());
    assert_eq!(Datatype::from_descriptor(&dtype.to_descriptor()?)?, Datatype::from_type::<Pixel>()?);
    file.commit_datatype("pixel", &dtype)?;
    assert_eq!(file.named_datatypes()?.len(), 1);
    Ok(())
}

#[test]
fn extents_and_spaces() -> Result<()> {
    let file = File::in_memory()?;
    let extents = Extents::new((2.., 3..=6));
    assert_eq!(extents, Extents::Simple(SimpleExtents::new([Extent::resizable(2), (3, Some(6)).into()])));
    assert!(extents.is_simple() && extents.is_resizable() && extents.is_unlimited());
    let ds = file.new_dataset::<u8>().shape(&extents).create("x")?;
    let space: Dataspace = ds.space()?;
    assert_eq!((space.ndim(), space.shape(), space.maxdims()), (2, vec![2, 3], vec![None, Some(6)]));
    assert_eq!(space.extents()?, extents);
    assert_eq!(SimpleExtents::resizable([4, 5]).maxdims(), [None, None]);
    let selection = Selection::try_new(s![1, ..2])?;
    assert_eq!(selection.out_shape(ds.shape())?, [2]);
    let slab = Hyperslab::from(vec![SliceOrIndex::from(1), SliceOrIndex::from(..2)]);
    assert_eq!(space.select(slab)?.selection_size(), 2);
    Ok(())
}

#[test]
fn files_groups_and_links() -> Result<()> {
    let folder = folder();
    let path = folder.path().join("links.h5");
    let file = File::with_options()
        .with_fapl(|p| p.libver_latest())
        .with_fcpl(|p| p.userblock(512))
        .create(&path)?;
    assert_eq!((file.userblock(), file.is_read_only()), (512, false));
    let group: Group = file.create_group("a/b")?;
    group.new_dataset::<i32>().shape(Array::<i32, _>::zeros((2, 3)).shape()).create("data")?;
    file.link_soft("/a/b/data", "soft")?;
    file.link_hard("/a/b/data", "hard")?;
    file.link_external("other.h5", "/x", "external")?;
    file.relink("hard", "moved")?;
    assert!(file.link_exists("moved") && !file.link_exists("hard"));
    assert_eq!(file.member_names()?, ["a", "external", "moved", "soft"]);
    assert_eq!(file.member_names_by(IndexType::Name, IterationOrder::Decreasing)?[0], "soft");
    let mut soft = vec![];
    file.iter_visit_default(|name, info| {
        // The kinds carry their targets, where the binding has no data.
        if matches!(info.link_type, LinkType::Soft(_)) {
            soft.push(name.to_owned());
        }
        Ok(())
    })?;
    assert_eq!(soft, ["soft"]);
    file.unlink("external")?;
    assert_eq!((file.groups()?.len(), group.datasets()?.len(), file.len()?), (1, 1, 3));
    file.flush()?;
    file.close()?;

    let file = File::open_as(&path, OpenMode::Read)?;
    let ds: Dataset = file.dataset("soft")?;
    assert_eq!((ds.name(), ds.filename(), ds.ndim()), ("/soft".to_owned(), path.display().to_string(), 2));
    let container: &Container = &ds;
    let location: &Location = container;
    assert_eq!(location.file()?.member_names()?.len(), 3);
    Ok(())
}

/// Errors that a program makes itself, and those of `ndarray`, become the crate's.
#[test]
fn errors_convert() -> Result<()> {
    fn checked(values: &Array1<f64>) -> Result<Array2<f64>> {
        if values.is_empty() {
            return Err("there are no values".into());
        }
        Ok(Array2::from_shape_vec((2, 2), values.to_vec())?)
    }
    let error: Error = checked(&arr1(&[])).unwrap_err();
    assert!(error.to_string().contains("there are no values"));
    assert!(checked(&arr1(&[1.0])).is_err());
    assert!(checked(&arr1(&[1.0; 4])).is_ok());
    let attr: Attribute = File::in_memory()?.new_attr::<u8>().create("x")?;
    assert_eq!(attr.ndim(), 0);
    Ok(())
}
