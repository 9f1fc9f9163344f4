//! Image files: finding, decoding, encoding.

use std::fs::{self, File, OpenOptions};
use std::io::BufWriter;
use std::path::{Path, PathBuf};

use image::codecs::png::PngEncoder;
use image::imageops::FilterType;
use image::{ExtendedColorType, ImageEncoder, ImageReader};

use crate::errors::{Error, Result};

/// An image of 8-bit RGB pixels, row by row.
#[derive(Debug)]
pub(crate) struct Pixels {
    pub(crate) height: usize,
    pub(crate) width: usize,
    pub(crate) bytes: Vec<u8>,
}

/// A subfolder and the images in it, in the order of their names.
#[derive(Debug)]
pub(crate) struct Folder {
    pub(crate) name: String,
    pub(crate) images: Vec<PathBuf>,
}

/// File names of a folder in order, except hidden ones.
fn entries(dir: &Path) -> Result<Vec<PathBuf>> {
    let read = || fs::read_dir(dir)?.map(|entry| Ok(entry?.path())).collect::<std::io::Result<Vec<_>>>();
    let mut paths = read().map_err(|error| Error::at(dir, error))?;
    paths.retain(|path| !path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b".")));
    paths.sort_by(|a, b| a.file_name().cmp(&b.file_name()));
    Ok(paths)
}

/// The last part of a path, which goes into the HDF5 file and so must be UTF-8.
pub(crate) fn name(path: &Path) -> Result<String> {
    let name = path.file_name().and_then(|name| name.to_str());
    name.map(str::to_owned).ok_or_else(|| Error::at(path, "the name is not UTF-8"))
}

fn is_image(path: &Path) -> bool {
    let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or("");
    ["png", "jpg", "jpeg"].iter().any(|known| known.eq_ignore_ascii_case(extension))
}

/// The subfolders of a folder with the images in them; those without any are left out.
pub(crate) fn folders(dir: &Path) -> Result<Vec<Folder>> {
    let mut folders = Vec::new();
    for path in entries(dir)?.into_iter().filter(|path| path.is_dir()) {
        let mut images = entries(&path)?;
        images.retain(|path| is_image(path) && path.is_file());
        folders.push(Folder { name: name(&path)?, images });
    }
    Ok(folders)
}

/// Decodes a PNG or JPEG file as RGB, resized to (height, width) if asked.
pub(crate) fn decode(path: &Path, resize: Option<(u32, u32)>) -> Result<Pixels> {
    let file = File::open(path).map_err(|error| Error::at(path, error))?;
    let decode = || {
        let reader = ImageReader::new(std::io::BufReader::new(file)).with_guessed_format()?;
        reader.decode()
    };
    let image = decode().map_err(|error| Error::at(path, error))?;
    let image = match resize {
        Some((height, width)) if (image.height(), image.width()) != (height, width) => {
            image.resize_exact(width, height, FilterType::Lanczos3)
        }
        _ => image,
    };
    let image = image.into_rgb8();
    Ok(Pixels { height: image.height() as usize, width: image.width() as usize, bytes: image.into_raw() })
}

/// Writes a new PNG file of `channels` (1, grey, or 3, RGB) 8-bit samples a pixel.
pub(crate) fn write_png(
    path: &Path,
    (height, width): (usize, usize),
    channels: usize,
    bytes: &[u8],
) -> Result<()> {
    let (Ok(height), Ok(width)) = (u32::try_from(height), u32::try_from(width)) else {
        return Err(Error::at(path, "the image is too large for a PNG file"));
    };
    if height == 0 || width == 0 {
        return Err(Error::at(path, "an image without pixels cannot be a PNG file"));
    }
    let file = OpenOptions::new().write(true).create_new(true).open(path);
    let file = file.map_err(|error| Error::at(path, error))?;
    let color = if channels == 3 { ExtendedColorType::Rgb8 } else { ExtendedColorType::L8 };
    PngEncoder::new(BufWriter::new(file))
        .write_image(bytes, width, height, color)
        .map_err(|error| Error::at(path, error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_are_found_in_order_and_decoded() {
        let dir = tempfile::tempdir().unwrap();
        let ships = dir.path().join("ships");
        fs::create_dir(&ships).unwrap();
        fs::create_dir(dir.path().join(".hidden")).unwrap();
        write_png(&ships.join("b.PNG"), (1, 2), 3, &[1, 2, 3, 4, 5, 6]).unwrap();
        write_png(&ships.join("a.png"), (1, 2), 1, &[7, 8]).unwrap();
        fs::write(ships.join("README.md"), "text").unwrap();
        fs::write(ships.join(".c.png"), "hidden").unwrap();
        let found = folders(dir.path()).unwrap();
        assert_eq!(found.len(), 1);
        let names: Vec<_> = found[0].images.iter().map(|path| name(path).unwrap()).collect();
        assert_eq!(names, ["a.png", "b.PNG"]);
        assert_eq!(decode(&found[0].images[0], None).unwrap().bytes, [7, 7, 7, 8, 8, 8]);
        assert_eq!(decode(&found[0].images[1], None).unwrap().bytes, [1, 2, 3, 4, 5, 6]);
        let resized = decode(&found[0].images[1], Some((4, 3))).unwrap();
        assert_eq!((resized.height, resized.width, resized.bytes.len()), (4, 3, 36));
        assert!(write_png(&ships.join("a.png"), (1, 1), 1, &[0]).is_err(), "never overwritten");
    }
}
