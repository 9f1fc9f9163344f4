//! `compare WORKLOAD FOLDER` runs one workload in a folder and prints what it took: seconds, seconds
//! of processor time of all threads and of the busiest, and MiB of memory beyond the data.
//!
//! `compare.py` beside this file runs the same workloads with h5py, in turn, and prints ratios.

mod measure;

use std::path::Path;

use hdfive::{File, Result};
use measure::Cost;

const IMAGES: usize = 4000;
const IMAGE: [usize; 3] = [80, 80, 3];
const CUBE: [usize; 3] = [256, 512, 512];
const CHUNK: [usize; 3] = [4, 256, 256];

fn main() {
    let mut arguments = std::env::args().skip(1);
    let (Some(workload), Some(folder)) = (arguments.next(), arguments.next()) else {
        eprintln!("usage: compare WORKLOAD FOLDER");
        std::process::exit(2);
    };
    match run(&workload, Path::new(&folder)) {
        Ok(cost) => println!("{cost}"),
        Err(error) => {
            eprintln!("compare: {error}");
            std::process::exit(1);
        }
    }
}

fn run(workload: &str, folder: &Path) -> Result<Cost> {
    // The files that a read needs are made by the write of the same name, or by h5py.
    let ours = |name: &str| folder.join(format!("hdfive-{name}.h5"));
    match workload {
        "images-write" => images_write(&ours("images")),
        "images-read" => images_read(&ours("images")),
        "cube-contiguous-write" => cube_write(&ours("contiguous"), false, None),
        "cube-chunked-write" => cube_write(&ours("chunked"), true, None),
        "cube-deflate-write" => cube_write(&ours("deflate"), true, Some(4)),
        "cube-contiguous-read" => cube_read(&ours("contiguous")),
        "cube-chunked-read" => cube_read(&ours("chunked")),
        "cube-deflate-read" => cube_read(&ours("deflate")),
        "small-write" => small_write(&ours("small")),
        "small-walk" => small_walk(&ours("small")),
        "pread" => pread(&folder.join("hdfive-contiguous.h5")),
        "pwrite" => pwrite(&folder.join("raw")),
        _ => Err(std::io::Error::other(format!("there is no workload {workload}")).into()),
    }
}

/// A fixed order that looks random.
fn shuffled(len: usize) -> impl Iterator<Item = usize> {
    (0..len).map(move |nth| nth * 2_654_435_761 % len)
}

fn images_write(path: &Path) -> Result<Cost> {
    let image: Vec<u8> = (0..IMAGE.iter().product()).map(|at: usize| (at * 7 % 251) as u8).collect();
    Cost::of(|| {
        let file = File::create(path)?;
        let [h, w, c] = IMAGE;
        let data = file.new_dataset::<u8>().shape((IMAGES, h, w, c)).create("ships/data")?;
        for nth in 0..IMAGES {
            data.write_slice_raw(&image, nth)?;
        }
        file.close()
    })
}

fn images_read(path: &Path) -> Result<Cost> {
    Cost::of(|| {
        let file = File::open(path)?;
        let data = file.dataset("ships/data")?;
        let mut sum = 0_u64;
        for nth in shuffled(IMAGES) {
            let image: Vec<u8> = data.read_slice_raw(nth)?;
            sum += u64::from(image[nth % image.len()]);
        }
        std::hint::black_box(sum);
        Ok(())
    })
}

/// Smooth values with a little noise, as measurements are.
fn cube() -> Vec<f32> {
    let [_, height, width] = CUBE;
    (0..CUBE.iter().product::<usize>())
        .map(|at| {
            let (z, y, x) = (at / (height * width), at / width % height, at % width);
            let noise = (at.wrapping_mul(0x9e37_79b9) >> 7 & 0xff) as f32 / 4096.0;
            (x as f32 / 50.0).sin() + (y as f32 / 70.0).cos() + z as f32 / 100.0 + noise
        })
        .collect()
}

fn cube_write(path: &Path, chunked: bool, deflate: Option<u8>) -> Result<Cost> {
    let values = cube();
    Cost::of(|| {
        let file = File::create(path)?;
        let mut builder = file.new_dataset::<f32>().shape(CUBE);
        if chunked {
            builder = builder.chunk(CHUNK);
        }
        if let Some(level) = deflate {
            builder = builder.shuffle().deflate(level);
        }
        builder.create("cube")?.write_raw(&values)?;
        file.close()
    })
}

fn cube_read(path: &Path) -> Result<Cost> {
    let mut buffer = vec![1.0_f32; CUBE.iter().product()];
    let cost = Cost::of(|| {
        let file = File::open(path)?;
        file.dataset("cube")?.read_into_raw(&mut buffer)?;
        Ok(())
    })?;
    std::hint::black_box(&buffer);
    Ok(cost)
}

fn small_write(path: &Path) -> Result<Cost> {
    Cost::of(|| {
        let file = File::create(path)?;
        for group in 0..100 {
            let group = file.create_group(&format!("group{group:03}"))?;
            for nth in 0..200 {
                let builder = group.new_dataset_builder().with_data([nth as f64; 10]);
                let data = builder.create(&format!("data{nth:03}"))?;
                data.new_attr_builder().with_scalar(&(nth as i64)).create("number")?;
                data.new_attr_builder().with_scalar(&0.5).create("scale")?;
            }
        }
        file.close()
    })
}

fn small_walk(path: &Path) -> Result<Cost> {
    Cost::of(|| {
        let file = File::open(path)?;
        let mut sum = 0.0;
        for group in file.groups()? {
            for data in group.datasets()? {
                sum += data.read_raw::<f64>()?[3];
                sum += data.attr("number")?.read_scalar::<i64>()? as f64;
                sum += data.attr("scale")?.read_scalar::<f64>()?;
            }
        }
        std::hint::black_box(sum);
        Ok(())
    })
}

/// What reading that many bytes costs at least.
#[cfg(unix)]
fn pread(path: &Path) -> Result<Cost> {
    use std::os::unix::fs::FileExt;
    let offset = File::open(path)?.dataset("cube")?.offset().unwrap_or(0);
    let mut buffer = vec![1_u8; CUBE.iter().product::<usize>() * 4];
    let cost = Cost::of(|| {
        let file = std::fs::File::open(path)?;
        Ok(file.read_exact_at(&mut buffer, offset)?)
    })?;
    std::hint::black_box(&buffer);
    Ok(cost)
}

/// What writing that many bytes costs at least.
#[cfg(unix)]
fn pwrite(path: &Path) -> Result<Cost> {
    use std::os::unix::fs::FileExt;
    let buffer = vec![1_u8; CUBE.iter().product::<usize>() * 4];
    Cost::of(|| {
        let file = std::fs::File::create(path)?;
        Ok(file.write_all_at(&buffer, 0)?)
    })
}

#[cfg(not(unix))]
fn pread(_: &Path) -> Result<Cost> {
    Err(std::io::Error::from(std::io::ErrorKind::Unsupported).into())
}

#[cfg(not(unix))]
fn pwrite(_: &Path) -> Result<Cost> {
    Err(std::io::Error::from(std::io::ErrorKind::Unsupported).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_visits_everything_once() {
        let mut seen: Vec<usize> = shuffled(IMAGES).collect();
        seen.sort_unstable();
        assert!(seen.into_iter().eq(0..IMAGES));
    }
}
