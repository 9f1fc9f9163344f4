//! The command line.

use std::path::PathBuf;

use clap::{Parser, Subcommand};

/// Pack images into HDF5 files, unpack them, and look into any HDF5 file.
///
/// A link to this command that is called h5ls, h5dump, h5diff or h5stat is that tool.
#[derive(Debug, Parser)]
#[command(name = "h5", version, about, arg_required_else_help = true)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Store the images of each subfolder of a folder as one dataset of an HDF5 file
    Pack(Pack),
    /// Write the images of an HDF5 file as PNG files
    Unpack(Unpack),
    /// List the contents of HDF5 files, as h5ls does
    #[command(disable_help_flag = true)]
    Ls,
    /// Print HDF5 files as text, XML or bytes, as h5dump does
    #[command(disable_help_flag = true)]
    Dump,
    /// Tell how two HDF5 files or objects differ, as h5diff does
    #[command(disable_help_flag = true)]
    Diff,
    /// Tell what HDF5 files consist of and what takes their space, as h5stat does
    #[command(disable_help_flag = true)]
    Stat,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Pack {
    /// The folder; the PNG and JPEG images of each of its subfolders become one dataset
    pub(crate) dir: PathBuf,
    /// The HDF5 file to write; one that is there is replaced once all has gone well
    pub(crate) out: PathBuf,
    /// Compress each image, from 0 (not at all) to 9 (as small as can be)
    #[arg(long, value_name = "LEVEL", value_parser = clap::value_parser!(u8).range(0..=9))]
    pub(crate) deflate: Option<u8>,
    /// Sort the bytes of each image by significance before compressing
    #[arg(long)]
    pub(crate) shuffle: bool,
    /// Resize every image, to HEIGHTxWIDTH pixels
    #[arg(long, value_name = "HxW", value_parser = size)]
    pub(crate) resize: Option<(u32, u32)>,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Unpack {
    /// The HDF5 file
    pub(crate) input: PathBuf,
    /// The folder to write to; files that are there are never replaced
    pub(crate) dir: PathBuf,
}

/// Height and width.
fn size(text: &str) -> Result<(u32, u32), String> {
    let parse = |text: &str| text.parse().ok().filter(|&pixels: &u32| (1..=65_535).contains(&pixels));
    text.split_once(['x', 'X'])
        .and_then(|(height, width)| Some((parse(height)?, parse(width)?)))
        .ok_or_else(|| "a height and a width in pixels are needed, such as 80x80".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        use clap::CommandFactory;
        Args::command().debug_assert();
        assert_eq!(size("80x60"), Ok((80, 60)));
        for wrong in ["80", "x80", "0x80", "80x-1", "1x2x3", "99999x1"] {
            assert!(size(wrong).is_err(), "{wrong}");
        }
    }
}
