//! `h5 pack`: folders of images into one HDF5 file.

use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::thread;

use hdfive::datatype::{CharacterSet, Datatype, StringPadding, StringType};
use hdfive::{Dataset, File, Group};
use indicatif::{ProgressBar, ProgressStyle};

use crate::args::Pack;
use crate::errors::{Error, Result};
use crate::images::{self, Folder, Pixels};
use crate::partial::Partial;

/// The dataset of each group.
const DATASET: &str = "data";
/// Bytes of decoded images that are in memory at once, if there are more images than processors.
const BATCH_BYTES: usize = 64 << 20;

pub(crate) fn run(args: &Pack) -> Result<()> {
    let mut folders = images::folders(&args.dir)?;
    for empty in folders.iter().filter(|folder| folder.images.is_empty()) {
        eprintln!("h5: note: no PNG or JPEG images in {}", args.dir.join(&empty.name).display());
    }
    folders.retain(|folder| !folder.images.is_empty());
    if folders.is_empty() {
        return Err(Error::at(&args.dir, "there is no subfolder with PNG or JPEG images"));
    }
    let partial = Partial::new(&args.out)?;
    let total: usize = folders.iter().map(|folder| folder.images.len()).sum();
    let progress = progress(total as u64);
    let file = File::create_excl(partial.path()).map_err(|error| Error::at(&args.out, error.message()))?;
    for folder in &folders {
        pack_folder(&file.create_group(&folder.name)?, folder, args, &progress)?;
    }
    file.close()?;
    progress.finish_and_clear();
    partial.finish()?;
    summarize(&args.out).or_else(|error| match error {
        Error::ClosedOutput => Ok(()),
        other => Err(other),
    })
}

fn progress(total: u64) -> ProgressBar {
    if !io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{bar:40} {pos}/{len} images, {eta} left");
    ProgressBar::new(total).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

/// Stores the images of one folder, each at its index, a batch in memory at a time.
fn pack_folder(group: &Group, folder: &Folder, args: &Pack, progress: &ProgressBar) -> Result<()> {
    let Some((first_path, rest)) = folder.images.split_first() else { return Ok(()) };
    let first = images::decode(first_path, args.resize)?;
    let dataset = create(group, folder.images.len(), &first, args)?;
    dataset.write_slice_raw(&first.bytes, 0)?;
    progress.inc(1);
    let processors = thread::available_parallelism().map_or(1, usize::from);
    let batch = (BATCH_BYTES / first.bytes.len().max(1)).clamp(processors, 16 * processors);
    let mut index = 1;
    for paths in rest.chunks(batch) {
        for (path, pixels) in paths.iter().zip(decode_all(paths, args.resize, processors)) {
            let pixels = pixels?;
            check_shape(path, &pixels, first_path, &first)?;
            dataset.write_slice_raw(&pixels.bytes, index)?;
            index += 1;
            progress.inc(1);
        }
    }
    describe(&dataset, folder)
}

/// Decodes images on all processors.
fn decode_all(paths: &[PathBuf], resize: Option<(u32, u32)>, processors: usize) -> Vec<Result<Pixels>> {
    let share = paths.len().div_ceil(processors).max(1);
    thread::scope(|scope| {
        let decode =
            |paths: &[PathBuf]| -> Vec<_> { paths.iter().map(|path| images::decode(path, resize)).collect() };
        let threads: Vec<_> =
            paths.chunks(share).map(|paths| (paths, scope.spawn(move || decode(paths)))).collect();
        threads
            .into_iter()
            .flat_map(|(paths, thread)| {
                thread.join().unwrap_or_else(|_| {
                    paths.iter().map(|path| Err(Error::at(path, "the image cannot be decoded"))).collect()
                })
            })
            .collect()
    })
}

fn check_shape(path: &Path, pixels: &Pixels, first_path: &Path, first: &Pixels) -> Result<()> {
    if (pixels.height, pixels.width) == (first.height, first.width) {
        return Ok(());
    }
    Err(Error::at(
        path,
        format_args!(
            "this image is {}x{} pixels, but {} is {}x{}; --resize HxW makes them equal",
            pixels.height,
            pixels.width,
            first_path.display(),
            first.height,
            first.width
        ),
    ))
}

/// Creates the dataset for `count` images like `first`: in one piece, or in chunks of an image if
/// there are filters.
fn create(group: &Group, count: usize, first: &Pixels, args: &Pack) -> Result<Dataset> {
    let (height, width) = (first.height, first.width);
    let mut builder = group.new_dataset::<u8>().shape((count, height, width, 3));
    if args.shuffle || args.deflate.is_some() {
        builder = builder.chunk((1, height, width, 3));
    }
    if args.shuffle {
        builder = builder.shuffle();
    }
    if let Some(level) = args.deflate {
        builder = builder.deflate(level);
    }
    Ok(builder.create(DATASET)?)
}

/// The file names, and the attributes of the HDF5 Image and Palette Specification.
fn describe(dataset: &Dataset, folder: &Folder) -> Result<()> {
    let names = folder.images.iter().map(|path| images::name(path)).collect::<Result<Vec<_>>>()?;
    dataset.new_attr_builder().with_data(&names).create("filenames")?;
    for (name, value) in [
        ("CLASS", "IMAGE"),
        ("IMAGE_VERSION", "1.2"),
        ("IMAGE_SUBCLASS", "IMAGE_TRUECOLOR"),
        ("INTERLACE_MODE", "INTERLACE_PIXEL"),
    ] {
        let string = StringType { padding: StringPadding::NullTerminated, charset: CharacterSet::Ascii };
        let datatype = Datatype::fixed_string(value.len() as u32 + 1, string);
        dataset.new_attr_builder().empty_as(&datatype).create(name)?.write_scalar(&value.to_owned())?;
    }
    Ok(())
}

/// Prints what is in the file: the keys, then of each group the shape, the type and some names.
fn summarize(path: &Path) -> Result<()> {
    let file = File::open(path)?;
    let mut out = io::stdout().lock();
    let keys = file.member_names()?;
    writeln!(out, "{}: keys {keys:?}", path.display())?;
    for key in keys {
        let dataset = file.dataset(&format!("{key}/{DATASET}"))?;
        let shape: Vec<_> = dataset.shape().iter().map(usize::to_string).collect();
        writeln!(out, "{key}/{DATASET}: shape ({}), uint8", shape.join(", "))?;
        let names: Vec<String> = dataset.attr("filenames")?.read_raw()?;
        let shown: Vec<_> = names.iter().take(5).map(String::as_str).collect();
        let more = if names.len() > shown.len() { ", …" } else { "" };
        writeln!(out, "  filenames: {}{more}", shown.join(", "))?;
    }
    Ok(out.flush()?)
}
