//! Writes the pixels of images of a file made by `h5 pack`, picked by index, to standard output.

use std::io::Write;

use hdfive::File;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args().skip(1);
    let (Some(path), Some(name)) = (args.next(), args.next()) else {
        eprintln!("usage: random_images FILE DATASET [INDEX ...]");
        std::process::exit(2);
    };
    let images = File::open(path)?.dataset(&name)?;
    let mut out = std::io::stdout().lock();
    for index in args {
        out.write_all(&images.read_slice_raw::<u8>(index.parse::<usize>()?)?)?;
    }
    Ok(())
}
