//! What a program relies on whatever it does: handles, threads, errors.

use std::sync::atomic::{AtomicBool, Ordering};

use hdfive::{
    Attribute, Dataset, Datatype, Elements, Error, ErrorKind, File, Group, Location, NamedDatatype, Object,
    Result, Selection, s,
};

#[test]
fn handles_are_cheap_and_go_to_other_threads() {
    fn check<T: Clone + Send + Sync + 'static>() {}
    check::<File>();
    check::<Group>();
    check::<Dataset>();
    check::<Attribute>();
    check::<NamedDatatype>();
    check::<Object>();
    check::<Location>();
    check::<Datatype>();
    check::<Selection>();
    fn moves<T: Send + Sync + 'static>() {}
    moves::<Error>();
    moves::<Elements>();
    assert!(size_of::<File>() <= 64 && size_of::<Dataset>() <= 96);
}

#[test]
fn text_and_lists_are_elements() -> Result<()> {
    let file = File::in_memory()?;
    let owned = vec!["a".to_owned(), "größer".to_owned()];
    let texts = file.new_dataset_builder().with_data(&owned).create("owned")?;
    assert_eq!(texts.read_raw::<String>()?, owned);
    texts.write(&["x", "y"])?;
    assert_eq!(texts.read_raw::<String>()?, ["x", "y"]);
    texts.write_slice(&["z"], 1..2)?;
    assert_eq!(texts.read_slice_raw::<String>(1)?, ["z"]);
    file.new_attr_builder().with_scalar(&"metres").create("unit")?;
    assert_eq!(file.attr("unit")?.read_scalar::<String>()?, "metres");
    let lists: [&[i16]; 2] = [&[1, 2], &[]];
    let lists = file.new_dataset_builder().with_data(&lists).create("lists")?;
    assert_eq!(lists.read_raw::<Vec<i16>>()?, [vec![1, 2], vec![]]);
    lists.write(&[vec![7_i16], vec![8, 9]])?;
    assert_eq!(lists.read_raw::<Vec<f32>>()?[1], [8.0, 9.0]);
    Ok(())
}

#[test]
fn what_is_written_can_be_read_before_any_flush() -> Result<()> {
    let dir = tempfile::tempdir().unwrap();
    let file = File::create(dir.path().join("live.h5"))?;
    let data = file.new_dataset::<i32>().shape((0.., 4)).chunk((2, 4)).deflate(1).create("data")?;
    let other = file.dataset("data")?;
    for row in 0..5_usize {
        data.resize((row + 1, 4))?;
        data.write_slice(&[row as i32; 4], s![row, ..])?;
        assert_eq!(other.shape(), [row + 1, 4]);
        assert_eq!(other.read_slice_raw::<i32>(row)?, [row as i32; 4]);
    }
    let attr = data.new_attr::<u8>().create("n")?;
    attr.write_scalar(&5)?;
    assert_eq!(other.attr("n")?.read_scalar::<u8>()?, 5);
    Ok(())
}

/// Rows of equal numbers: a reader must never see half of a write of one row.
fn rows(chunked: bool) -> Result<(File, Dataset)> {
    let file = File::in_memory()?;
    let builder = file.new_dataset::<u32>().shape((64, 500));
    let builder = if chunked { builder.chunk((16, 100)).shuffle().deflate(1) } else { builder };
    let data = builder.create("rows")?;
    Ok((file, data))
}

fn check_rows(values: &[u32]) {
    for row in values.chunks_exact(500) {
        assert!(row.iter().all(|&value| value == row[0]), "a torn row");
    }
}

#[test]
fn readers_and_a_writer_share_a_dataset() -> Result<()> {
    for chunked in [false, true] {
        let (file, data) = rows(chunked)?;
        let done = AtomicBool::new(false);
        std::thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| {
                    while !done.load(Ordering::Relaxed) {
                        check_rows(&data.read_raw::<u32>().unwrap());
                        check_rows(&data.read_slice_raw::<u32>(s![3..9, ..]).unwrap());
                    }
                });
            }
            for round in 0..20_u32 {
                for row in 0..64_usize {
                    data.write_slice_raw(vec![round * 64 + row as u32; 500], row).unwrap();
                }
                if round % 5 == 0 {
                    file.flush().unwrap();
                    file.create_group(&format!("group{round}")).unwrap();
                }
            }
            done.store(true, Ordering::Relaxed);
        });
        assert_eq!(data.read_slice_raw::<u32>(s![63, 0])?, [19 * 64 + 63]);
    }
    Ok(())
}

/// The tasks of a pool read and write one dataset, which itself works in parallel.
#[cfg(feature = "rayon")]
#[test]
fn tasks_of_a_thread_pool_share_a_dataset() -> Result<()> {
    use rayon::prelude::*;
    let pool = rayon::ThreadPoolBuilder::new().num_threads(4).build().unwrap();
    for chunked in [false, true] {
        let (_, data) = rows(chunked)?;
        pool.install(|| {
            (0..400_usize).into_par_iter().try_for_each(|task| match task % 4 {
                0 => data.write_slice_raw(vec![task as u32; 500], task % 64),
                1 => data.read_raw::<u32>().map(|values| check_rows(&values)),
                _ => data.read_slice_raw::<u32>(task % 64).map(|values| check_rows(&values)),
            })
        })?;
    }
    Ok(())
}

fn kind<T>(result: Result<T>) -> ErrorKind {
    match result {
        Ok(_) => panic!("this is an error"),
        Err(error) => error.kind(),
    }
}

#[test]
fn a_closed_file_says_so() -> Result<()> {
    let dir = tempfile::tempdir().unwrap();
    let file = File::create(dir.path().join("closed.h5"))?;
    let group = file.create_group("group")?;
    let data = group.new_dataset_builder().with_data(&[1, 2, 3]).create("data")?;
    let attr = data.new_attr_builder().with_scalar(&1).create("attr")?;
    let clone = file.clone();
    file.close()?;
    let errors = [
        data.read_raw::<i32>().unwrap_err(),
        data.write(&[4, 5, 6]).unwrap_err(),
        data.attr("attr").unwrap_err(),
        group.dataset("data").unwrap_err(),
        group.create_group("more").unwrap_err(),
        group.member_names().unwrap_err(),
        attr.write_scalar(&2).unwrap_err(),
        clone.flush().unwrap_err(),
        clone.close().unwrap_err(),
    ];
    for error in errors {
        assert_eq!(error.kind(), ErrorKind::Usage, "{error}");
        assert!(error.to_string().contains("closed"), "{error}");
    }
    Ok(())
}

#[test]
fn mistakes_have_their_kinds_and_name_the_object() -> Result<()> {
    use ErrorKind::{Format, Io, NotFound, TypeMismatch, Usage};
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("mistakes.h5");
    let file = File::create(&path)?;
    let group = file.create_group("group")?;
    let data = group.new_dataset_builder().with_data(&[[1, 2], [3, 4]].concat()).create("data")?;
    let text = group.new_dataset_builder().with_data(&["a"]).create("text")?;

    assert_eq!(kind(file.dataset("group/missing")), NotFound);
    assert_eq!(kind(file.group("missing/deeper")), NotFound);
    assert_eq!(kind(data.attr("missing")), NotFound);
    assert_eq!(kind(file.unlink("missing")), NotFound);
    assert_eq!(kind(data.delete_attr("missing")), NotFound);
    assert_eq!(kind(file.dataset("group")), TypeMismatch);
    assert_eq!(kind(file.group("group/data")), TypeMismatch);
    assert_eq!(kind(file.dataset("group/data/deeper")), TypeMismatch);
    assert_eq!(kind(text.read_raw::<i32>()), TypeMismatch);
    assert_eq!(kind(data.read_raw::<String>()), TypeMismatch);
    assert_eq!(kind(data.write(&["a", "b", "c", "d"])), TypeMismatch);
    assert_eq!(kind(data.write(&[1, 2])), Usage);
    #[cfg(feature = "ndarray")]
    assert_eq!(kind(data.read_2d::<i32>()), Usage);
    assert_eq!(kind(data.read_scalar::<i32>()), Usage);
    assert_eq!(kind(data.read_into_raw(&mut [0_i32; 3])), Usage);
    assert_eq!(kind(data.read_slice_raw::<i32>(4)), Usage);
    assert_eq!(kind(data.read_slice_raw::<i32>(2..6)), Usage);
    assert_eq!(kind(data.read_slice_raw::<i32>(s![0, 0])), Usage);
    assert_eq!(kind(data.write_slice(&[1], 4..5)), Usage);
    assert_eq!(kind(data.resize(5)), Usage);
    assert_eq!(kind(file.create_group("group")), Usage);
    assert_eq!(kind(group.new_dataset::<u8>().create("data")), Usage);
    assert_eq!(kind(file.new_dataset::<u8>().shape((2, 2)).chunk(2).create("bad")), Usage);
    assert_eq!(kind(file.new_dataset::<u8>().shape(2).deflate(10).create("bad")), Usage);
    assert!(!file.link_exists("bad"));

    let error = file.dataset("group/missing").unwrap_err();
    assert!(error.to_string().contains("/group/missing"), "{error}");
    let error = text.read_raw::<i32>().unwrap_err();
    assert_eq!(error.path(), Some("/group/text"));
    file.close()?;

    let file = File::open(&path)?;
    let data = file.dataset("group/data")?;
    assert_eq!(kind(data.write(&[1, 2, 3, 4])), Usage);
    assert_eq!(kind(data.new_attr::<u8>().create("x")), Usage);
    assert_eq!(kind(file.create_group("new")), Usage);
    assert_eq!(kind(file.unlink("group")), Usage);
    assert!(file.create_group("new").unwrap_err().to_string().contains("reading only"));

    assert_eq!(kind(File::open(dir.path().join("missing.h5"))), Io);
    assert_eq!(kind(File::create_excl(&path)), Io);
    let noise = dir.path().join("noise.h5");
    std::fs::write(&noise, b"no HDF5 at all").unwrap();
    assert_eq!(kind(File::open(&noise)), Format);
    Ok(())
}
