//! `h5 unpack`: the images of an HDF5 file as PNG files.

use std::collections::HashSet;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use hdfive::datatype::DatatypeClass;
use hdfive::{Dataset, Group, Object};

use crate::args::Unpack;
use crate::errors::{Error, Result};
use crate::images::write_png;
use crate::input;

pub(crate) fn run(args: &Unpack) -> Result<()> {
    let file = input::open(&args.input)?;
    let mut written = 0;
    visit(&file, &args.dir, &mut HashSet::new(), &mut written)?;
    if written == 0 {
        return Err(Error::at(
            &args.input,
            "there are no images: no uint8 dataset of shape (n, h, w, 3), (h, w, 3) or (n, h, w)",
        ));
    }
    match writeln!(io::stdout(), "{}: {written} images", args.dir.display()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}

/// How the images of a dataset lie in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Layout {
    /// The number of images, if the first dimension counts them.
    count: Option<usize>,
    height: usize,
    width: usize,
    channels: usize,
}

impl Layout {
    /// That of a dataset of bytes of this shape; `None` if these are no images.
    fn of(shape: &[usize]) -> Option<Self> {
        match *shape {
            [count, height, width, 3] => Some(Self { count: Some(count), height, width, channels: 3 }),
            [height, width, 3] => Some(Self { count: None, height, width, channels: 3 }),
            [count, height, width] => Some(Self { count: Some(count), height, width, channels: 1 }),
            _ => None,
        }
    }
}

/// Unpacks the datasets of a group and of the groups in it, each object once.
fn visit(group: &Group, dir: &Path, seen: &mut HashSet<u64>, written: &mut usize) -> Result<()> {
    if !seen.insert(group.address()) {
        return Ok(());
    }
    for (name, object) in group.members()? {
        match object {
            Object::Group(group) => visit(&group, &dir.join(safe(&name)), seen, written)?,
            Object::Dataset(dataset) if seen.insert(dataset.address()) => {
                unpack(&dataset, &name, dir, written)?;
            }
            _ => {}
        }
    }
    Ok(())
}

/// Unpacks one dataset, if it holds images. Those of a dataset called `data`, as `h5 pack` makes
/// it, go into the folder of its group; those of another, into a folder of its name.
fn unpack(dataset: &Dataset, name: &str, dir: &Path, written: &mut usize) -> Result<()> {
    let is_bytes = matches!(&dataset.datatype().class, DatatypeClass::Integer(class) if !class.signed)
        && dataset.datatype().size == 1;
    let Some(layout) = Layout::of(&dataset.shape()).filter(|_| is_bytes) else { return Ok(()) };
    let size = (layout.height, layout.width);
    let Some(count) = layout.count else {
        let pixels: Vec<u8> = dataset.read_raw()?;
        create_dir(dir)?;
        write_png(&dir.join(format!("{}.png", safe(name))), size, layout.channels, &pixels)?;
        *written += 1;
        return Ok(());
    };
    let dir = if name == "data" { dir.to_owned() } else { dir.join(safe(name)) };
    create_dir(&dir)?;
    for (index, path) in paths(dataset, &dir, count)?.iter().enumerate() {
        let pixels: Vec<u8> = dataset.read_slice_raw(index)?;
        write_png(path, size, layout.channels, &pixels)?;
        *written += 1;
    }
    Ok(())
}

fn create_dir(dir: &Path) -> Result<()> {
    fs::create_dir_all(dir).map_err(|error| Error::at(dir, error))
}

/// Where the images go: by the names that the dataset keeps, or by number.
fn paths(dataset: &Dataset, dir: &Path, count: usize) -> Result<Vec<PathBuf>> {
    let mut names: Vec<String> = Vec::new();
    if dataset.attr_exists("filenames")? {
        let attribute = dataset.attr("filenames")?;
        if attribute.size() == count {
            names = attribute.read_raw()?;
        }
    }
    let digits = count.saturating_sub(1).to_string().len().max(3);
    let mut used = HashSet::new();
    let name = |index: usize| {
        let number = format!("{index:0digits$}");
        let given = names.get(index).map(|name| safe(name)).unwrap_or_default();
        let stem = stem(&given).to_owned();
        // Names that differ only in their extensions keep these.
        let numbered = if given.is_empty() { number } else { format!("{given}-{number}") };
        let choices = [stem, given, numbered];
        choices.into_iter().find(|choice| !choice.is_empty() && used.insert(choice.to_lowercase()))
    };
    let chosen: Vec<_> = (0..count).map(name).collect();
    let path = |(index, name): (usize, Option<String>)| {
        dir.join(format!("{}.png", name.unwrap_or_else(|| format!("{index:0digits$}-{count}"))))
    };
    Ok(chosen.into_iter().enumerate().map(path).collect())
}

/// A file name without the extension of an image.
fn stem(name: &str) -> &str {
    match name.rsplit_once('.') {
        Some((stem, extension))
            if ["png", "jpg", "jpeg"].iter().any(|known| known.eq_ignore_ascii_case(extension)) =>
        {
            stem
        }
        _ => name,
    }
}

/// A name from an HDF5 file as one that is safe for a file: it leads nowhere else.
fn safe(name: &str) -> String {
    let replace = |c: char| if c.is_control() || "/\\:*?\"<>|".contains(c) { '_' } else { c };
    let name: String = name.chars().map(replace).take(200).collect();
    let name = name.trim_end_matches(['.', ' ']);
    match name.strip_prefix('.') {
        Some(rest) => format!("_{rest}"),
        None => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_cannot_lead_elsewhere() {
        for (name, expected) in [
            ("ship.png", "ship.png"),
            ("../../etc/passwd", "_._.._etc_passwd"),
            ("..", ""),
            ("/abs", "_abs"),
            ("C:\\x", "C__x"),
            (".hidden", "_hidden"),
            ("a\0b", "a_b"),
            ("été ✓.jpg", "été ✓.jpg"),
        ] {
            assert_eq!(safe(name), expected, "{name}");
        }
        assert_eq!(stem("a.b.JPG"), "a.b");
        assert_eq!(stem("a.txt"), "a.txt");
    }

    #[test]
    fn shapes_of_images() {
        assert_eq!(Layout::of(&[5, 80, 60, 3]).unwrap().count, Some(5));
        assert_eq!(Layout::of(&[80, 60, 3]).unwrap().channels, 3);
        assert_eq!(Layout::of(&[5, 80, 60]).unwrap().channels, 1);
        assert_eq!(Layout::of(&[80, 60]), None);
        assert_eq!(Layout::of(&[5, 80, 60, 4]), None);
    }
}
