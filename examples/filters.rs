//! Copies the datasets of a file: under every filter, or as plain bytes.
//!
//! `filters write SOURCE TARGET` makes /FILTER/PATH for each filter and each dataset of the source,
//! with its chunks; `filters read SOURCE TARGET` makes /PATH with the bytes of its elements.

use hdfive::filter::{Bitshuffle, Blosc, BloscShuffle, SZip, ScaleOffset};
use hdfive::{Dataset, DatatypeClass, ErrorKind, File, FilterInfo, Group, H5Type, H5Write, Object, Result};

fn main() -> Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [mode, source, target] = &args[..] else {
        eprintln!("usage: filters read|write SOURCE TARGET");
        std::process::exit(2);
    };
    let source = File::open(source)?;
    let target = File::create(target)?;
    let mut found = Vec::new();
    datasets(&source, "", &mut found)?;
    for (path, dataset) in &found {
        if mode == "read" {
            target.new_dataset_builder().with_data(&dataset.read_bytes(..)?).create(path)?;
            continue;
        }
        for (name, filters) in filters() {
            write(dataset, &target, &format!("{name}/{path}"), &filters)?;
        }
    }
    target.close()
}

/// All datasets below `group`, with their paths.
fn datasets(group: &Group, prefix: &str, found: &mut Vec<(String, Dataset)>) -> Result<()> {
    for (name, object) in group.members()? {
        match object {
            Object::Group(group) => datasets(&group, &format!("{prefix}{name}/"), found)?,
            Object::Dataset(dataset) => found.push((format!("{prefix}{name}"), dataset)),
            _ => {}
        }
    }
    Ok(())
}

/// Every filter, with a name.
fn filters() -> Vec<(String, Vec<FilterInfo>)> {
    let shuffles = [BloscShuffle::None, BloscShuffle::Byte, BloscShuffle::Bit];
    let codecs = [Blosc::BloscLZ, Blosc::LZ4, Blosc::LZ4HC, Blosc::Snappy, Blosc::ZLib, Blosc::ZStd];
    let mut all = vec![
        ("deflate".to_owned(), vec![FilterInfo::shuffle(), FilterInfo::deflate(4), FilterInfo::fletcher32()]),
        ("szip_ec".to_owned(), vec![FilterInfo::szip(SZip::Entropy, 8)]),
        ("szip_nn".to_owned(), vec![FilterInfo::szip(SZip::NearestNeighbor, 32)]),
        ("nbit".to_owned(), vec![FilterInfo::nbit()]),
        ("scale_offset".to_owned(), vec![FilterInfo::scale_offset(ScaleOffset::Integer(0))]),
        ("lzf".to_owned(), vec![FilterInfo::lzf()]),
        ("lz4".to_owned(), vec![FilterInfo::lz4()]),
        ("lz4_blocks".to_owned(), vec![FilterInfo { parameters: vec![100], ..FilterInfo::lz4() }]),
        ("zstd".to_owned(), vec![FilterInfo::zstd(3)]),
        ("bzip2".to_owned(), vec![FilterInfo::bzip2(9)]),
        ("bitshuffle".to_owned(), vec![FilterInfo::bitshuffle(Bitshuffle::None)]),
        ("bitshuffle_lz4".to_owned(), vec![FilterInfo::bitshuffle(Bitshuffle::LZ4)]),
        ("bitshuffle_zstd".to_owned(), vec![FilterInfo::bitshuffle(Bitshuffle::ZStd)]),
    ];
    for (codec, shuffle) in codecs.iter().flat_map(|codec| shuffles.map(|shuffle| (*codec, shuffle))) {
        all.push((format!("blosc_{codec:?}_{shuffle:?}"), vec![FilterInfo::blosc(codec, 5, shuffle)]));
        if codec != Blosc::Snappy {
            all.push((format!("blosc2_{codec:?}_{shuffle:?}"), vec![FilterInfo::blosc2(codec, 5, shuffle)]));
        }
    }
    all.push(("blosc_level0".to_owned(), vec![FilterInfo::blosc(Blosc::LZ4, 0, true)]));
    all.push(("blosc2_level0".to_owned(), vec![FilterInfo::blosc2(Blosc::LZ4, 0, true)]));
    let delta = [0, 0, 0, 0, 5, 3, 5];
    all.push((
        "blosc2_delta".to_owned(),
        vec![FilterInfo { parameters: delta.to_vec(), ..FilterInfo::blosc2(Blosc::ZStd, 5, true) }],
    ));
    // A filter that is not optional has to process every chunk.
    let mandatory =
        all.iter().filter(|(name, _)| name.starts_with('b') || name.starts_with("lz4") || name == "zstd");
    let mandatory: Vec<_> = mandatory
        .map(|(name, filters)| {
            let filters = filters.iter().map(|filter| FilterInfo { flags: 0, ..filter.clone() });
            (format!("mandatory_{name}"), filters.collect())
        })
        .collect();
    all.extend(mandatory);
    all
}

fn write(source: &Dataset, target: &Group, path: &str, filters: &[FilterInfo]) -> Result<()> {
    match (&source.datatype().class, source.datatype().size) {
        (DatatypeClass::Integer(_), 1) => copy::<u8>(source, target, path, filters),
        (DatatypeClass::Integer(_), 2) => copy::<i16>(source, target, path, filters),
        (DatatypeClass::Integer(_), 4) => copy::<i32>(source, target, path, filters),
        (DatatypeClass::Integer(_), _) => copy::<u64>(source, target, path, filters),
        (DatatypeClass::Float(_), 4) => copy::<f32>(source, target, path, filters),
        (DatatypeClass::Float(_), _) => copy::<f64>(source, target, path, filters),
        (_, 3) => copy::<[u8; 3]>(source, target, path, filters),
        (_, _) => copy::<[i16; 150]>(source, target, path, filters),
    }
}

fn copy<T: H5Type + H5Write>(
    source: &Dataset,
    target: &Group,
    path: &str,
    filters: &[FilterInfo],
) -> Result<()> {
    let values: Vec<T> = source.read_raw()?;
    let builder = target.new_dataset_builder().empty_as(source.datatype());
    let builder = builder.shape(source.shape()).chunk(source.chunk().unwrap_or_else(|| source.shape()));
    match builder.set_filters(filters).create(path) {
        Ok(dataset) => dataset.write_raw(&values),
        // Szip and scale-offset are for some types and chunks only.
        Err(error) if error.kind() == ErrorKind::Usage => Ok(()),
        Err(error) => Err(error),
    }
}
