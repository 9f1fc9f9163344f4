//! Edits a file in place: adds, changes, grows and removes what `tests/interop/edits.py` put there.
//!
//! Each run is one round more, counted by an attribute of the root; all it adds is named after it. With a size
//! after the path, the file is a family of members of so many bytes; 0 stands for the size that the file tells.

use hdfive::{File, Group, Result, s};

fn main() -> Result<()> {
    let path = std::env::args().nth(1).unwrap_or_else(|| "edit.h5".to_owned());
    let mut options = File::with_options();
    if let Some(size) = std::env::args().nth(2).and_then(|size| size.parse().ok()) {
        options.family(size);
    }
    let file = options.open_rw(path)?;
    let counter = file.attr("round")?;
    let round: i64 = counter.read_scalar::<i64>()? + 1;
    links(&file.group("dense")?, round)?;
    attributes(&file.group("dense")?, round)?;
    // What was done so far is on disk here, and a flush in between changes nothing of the result.
    file.flush()?;
    values(&file, round)?;
    growth(&file, round)?;
    counter.write_scalar(&round)?;
    file.close()
}

/// Links into a group that keeps them in a fractal heap, and out of it.
fn links(dense: &Group, round: i64) -> Result<()> {
    let added = dense.create_group(&format!("added {round}"))?;
    added.new_dataset_builder().with_data(&[[round, 2], [3, 4]]).create("numbers")?;
    for nth in 0..20 {
        added.create_group(&format!("group {nth:02}"))?;
    }
    dense.unlink(&format!("group {:03}", 10 * round))?;
    dense.relink(&format!("group {:03}", 10 * round + 1), &format!("added {round}/moved"))?;
    dense.link_hard("/contiguous", &format!("hard {round}"))?;
    dense.link_soft("/chunked", &format!("soft {round}"))?;
    dense.link_external("other.h5", "/x", &format!("external {round}"))
}

/// Attributes of a group that has many.
fn attributes(dense: &Group, round: i64) -> Result<()> {
    for nth in 0..12 {
        dense
            .new_attr_builder()
            .with_scalar(&(round * 100 + nth))
            .create(&format!("ours {round} {nth:02}"))?;
    }
    dense.new_attr_builder().with_data(&["vier", "größer als fünf"]).create(&format!("texts {round}"))?;
    dense.delete_attr(&format!("attribute {:03}", 10 * round))?;
    dense.rename_attr(&format!("attribute {:03}", 10 * round + 1), &format!("renamed {round}"))?;
    dense.attr(&format!("attribute {:03}", 10 * round + 2))?.write_scalar(&-round)?;
    dense.set_comment(&format!("edited {round} times"))
}

/// Elements of datasets whose shapes stay.
fn values(file: &File, round: i64) -> Result<()> {
    let row = [round as i32 * 1000; 10];
    file.dataset("contiguous")?.write_slice_raw(row, s![round as usize, ..])?;
    file.dataset("compact")?.write_slice_raw(&row[..3], s![0..9;3])?;
    // Every third column, so that every chunk changes in part.
    let columns: Vec<i32> = (0..20 * 7).map(|n| n * round as i32).collect();
    file.dataset("chunked")?.write_slice_raw(&columns, s![.., 0..20;3])?;
    let texts = file.dataset("texts")?;
    texts.write_slice_raw(&[format!("Runde {round}: {}", "ä".repeat(300))], round as usize)
}

/// Datasets that grow and shrink.
fn growth(file: &File, round: i64) -> Result<()> {
    let log = file.dataset("log")?;
    let length = log.shape()[0];
    log.resize(length + 333)?;
    let added: Vec<f64> = (0..333).map(|n| f64::from(n) + round as f64 / 8.0).collect();
    log.write_slice_raw(&added, length..length + 333)?;

    let plane = file.dataset("plane")?;
    let shape = plane.shape();
    plane.resize((shape[0] + 5, shape[1] + 7))?;
    let corner: Vec<i16> = (0..35).map(|n| n + round as i16).collect();
    plane.write_slice_raw(&corner, (shape[0]..shape[0] + 5, shape[1]..shape[1] + 7))?;

    let shrinking = file.dataset("shrinking")?;
    shrinking.resize(shrinking.shape()[0] - 150)
}
