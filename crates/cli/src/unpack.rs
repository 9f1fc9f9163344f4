//! `h5 unpack`: the images of an HDF5 file as PNG files.

use std::collections::HashSet;
use std::fs;
use std::io::{self, Write};
use std::path::Path;

use hdfive::datatype::DatatypeClass;
use hdfive::{Dataset, Group, Object};

use crate::args::Unpack;
use crate::errors::{Error, Result};
use crate::images::write_png;
use crate::input;
use crate::objects::check_depth;

pub(crate) fn run(args: &Unpack) -> Result<()> {
    let file = input::open(&args.input)?;
    let mut written = 0;
    visit(&file, &args.dir, 0, &mut HashSet::new(), &mut written)?;
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
fn visit(
    group: &Group,
    dir: &Path,
    depth: usize,
    seen: &mut HashSet<u64>,
    written: &mut usize,
) -> Result<()> {
    check_depth(depth)?;
    if !seen.insert(group.address()) {
        return Ok(());
    }
    for (name, object) in group.members()? {
        match object {
            Object::Group(group) => visit(&group, &dir.join(safe(&name)), depth + 1, seen, written)?,
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
    let mut names = Names::of(dataset, count)?;
    for index in 0..count {
        let pixels: Vec<u8> = dataset.read_slice_raw(index)?;
        let path = dir.join(format!("{}.png", names.choose(index)));
        write_png(&path, size, layout.channels, &pixels)?;
        *written += 1;
    }
    Ok(())
}

fn create_dir(dir: &Path) -> Result<()> {
    fs::create_dir_all(dir).map_err(|error| Error::at(dir, error))
}

/// How the images of a dataset are called: by the names that it keeps, or by number.
struct Names {
    given: Vec<String>,
    digits: usize,
    used: HashSet<String>,
}

impl Names {
    fn of(dataset: &Dataset, count: usize) -> Result<Self> {
        let mut given = Vec::new();
        if dataset.attr_exists("filenames")? {
            let attribute = dataset.attr("filenames")?;
            if attribute.size() == count {
                given = attribute.read_raw()?;
            }
        }
        let digits = count.saturating_sub(1).to_string().len().max(3);
        Ok(Self { given, digits, used: HashSet::new() })
    }

    /// A name for the image `index` that no other image of the dataset has, without extension.
    fn choose(&mut self, index: usize) -> String {
        let number = format!("{index:0digits$}", digits = self.digits);
        let given = self.given.get(index).map(|name| safe(name)).unwrap_or_default();
        // Names that differ only in their extensions keep these.
        let choices = [stem(&given).to_owned(), given.clone(), format!("{given}-{number}"), number.clone()];
        let free = |choice: &String| {
            !choice.is_empty() && !choice.starts_with('-') && self.used.insert(choice.to_lowercase())
        };
        choices.into_iter().find(free).unwrap_or_else(|| format!("{number}-{}", self.used.len()))
    }
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
    fn every_image_has_its_own_name() {
        let given = ["a.png", "a.jpg", "a.jpg", "", "..", "-x"].map(str::to_owned).to_vec();
        let mut names = Names { given, digits: 3, used: HashSet::new() };
        let chosen: Vec<_> = (0..7).map(|index| names.choose(index)).collect();
        assert_eq!(chosen, ["a", "a.jpg", "a.jpg-002", "003", "004", "005", "006"]);
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
