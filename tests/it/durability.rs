//! A writer that dies at any point leaves a file that shows the last flush or the next.
//!
//! With `HDFIVE_CRASH_DIR` set, the image that each crash leaves is kept there as `NNNN.h5`, with the
//! last and the next flushed content as `NNNN.last` and `NNNN.next`, for other readers to check.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::Arc;

use hdfive::storage::testing::{CrashStorage, FaultStorage};
use hdfive::storage::{MemoryStorage, WriteAt};
use hdfive::{Durability, Extent, Extents, File, Group, Location, Object, Result};

/// One line an object, by its path: kind, shape, values, attributes.
type Content = BTreeMap<String, String>;

fn attributes(location: &Location, line: &mut String) -> Result<()> {
    for name in location.attr_names()? {
        let attr = location.attr(&name)?;
        match attr.read_raw::<i64>() {
            Ok(values) => write!(line, " {name}={values:?}").unwrap(),
            Err(_) => write!(line, " {name}={:?}", attr.read_raw::<String>()?).unwrap(),
        }
    }
    Ok(())
}

fn visit(group: &Group, path: &str, content: &mut Content) -> Result<()> {
    let mut line = "group".to_owned();
    attributes(group, &mut line)?;
    content.insert(format!("{path}/"), line);
    for (name, object) in group.members()? {
        let path = format!("{path}/{name}");
        match object {
            Object::Group(group) => visit(&group, &path, content)?,
            Object::Dataset(dataset) => {
                let values = dataset.read_raw::<i64>()?;
                let weighted = values.iter().zip(1..).map(|(value, at): (&i64, i64)| value * at);
                let mut line = format!("dataset {:?} {}", dataset.shape(), weighted.sum::<i64>());
                attributes(&dataset, &mut line)?;
                content.insert(path, line);
            }
            other => panic!("{path} is {other:?}"),
        }
    }
    Ok(())
}

/// All that the file holds.
fn content(file: &File) -> Result<Content> {
    let mut content = Content::new();
    visit(file, "", &mut content)?;
    Ok(content)
}

fn content_of(image: &[u8]) -> Result<Content> {
    content(&File::open_storage(Arc::new(image.to_vec()))?)
}

fn numbers(from: i64, count: usize) -> Vec<i64> {
    (0..count as i64).map(|index| from + index * 7 % 1000).collect()
}

/// Creates, appends, edits and deletes; calls `flushed` after each flush that succeeded.
fn workload(file: &File, mut flushed: impl FnMut(&File)) -> Result<()> {
    let mut flush = || {
        file.flush()?;
        flushed(file);
        Ok::<_, hdfive::Error>(())
    };
    let ships = file.create_group("ships")?;
    ships.new_attr::<i64>().create("count")?.write_scalar(&3)?;
    ships.new_dataset_builder().with_data(&numbers(1, 50)).create("contiguous")?;
    let unlimited = Extents::from(vec![Extent::resizable(0)]);
    let log = ships.new_dataset::<i64>().shape(unlimited).chunk([16]).create("log")?;
    flush()?;
    for round in 0..3_usize {
        let size = (round + 1) * 40;
        log.resize([size])?;
        log.write_slice_raw(numbers(round as i64, 40), size - 40..size)?;
        flush()?;
    }
    let packed =
        file.new_dataset::<i64>().shape([20, 10]).chunk([5, 10]).shuffle().deflate(4).create("packed")?;
    packed.write_raw(numbers(5, 200))?;
    for index in 0..12 {
        let name = format!("text{index}");
        let text = "x".repeat(index * 9);
        packed.new_attr::<String>().create(&name)?.write_scalar(&text)?;
    }
    flush()?;
    packed.write_slice_raw(numbers(500, 50), (5..10, ..))?;
    packed.delete_attr("text3")?;
    // What the old values are in is shared with others that stay.
    packed.attr("text5")?.write_scalar(&"other".to_owned())?;
    packed.attr("text7")?.write_scalar(&"another".repeat(30))?;
    ships.attr("count")?.write_scalar(&4)?;
    flush()?;
    let many = file.create_group("many")?;
    for index in 0..20 {
        let dataset =
            many.new_dataset_builder().with_data(&numbers(index, 8)).create(&format!("d{index}"))?;
        dataset.new_attr::<i64>().create("index")?.write_scalar(&index)?;
    }
    flush()?;
    for index in (0..20).step_by(3) {
        many.unlink(&format!("d{index}"))?;
    }
    ships.unlink("contiguous")?;
    flush()?;
    file.unlink("packed")?;
    file.create_group("ships/more/deeply")?
        .new_dataset_builder()
        .with_data(&numbers(9, 300))
        .create("last")?;
    many.relink("d1", "ships/moved")?;
    flush()
}

/// The content after each flush, with the number of operations that were done by then.
fn run(storage: &Arc<CrashStorage>, durability: Durability) -> Vec<(usize, Content)> {
    let file = File::with_options().durability(durability).create_storage(storage.clone()).unwrap();
    let mut flushes = vec![(storage.operations(), content(&file).unwrap())];
    workload(&file, |file| flushes.push((storage.operations(), content(file).unwrap()))).unwrap();
    file.close().unwrap();
    flushes
}

/// Checks an image against the flush before it and the one after it.
fn check(flushes: &[(usize, Content)], completed: usize, image: &[u8]) {
    let next = flushes.partition_point(|(done, _)| *done <= completed);
    let Some(last) = next.checked_sub(1) else {
        // Before the first flush there may be no file yet.
        assert!(content_of(image).is_ok_and(|found| found == flushes[0].1) || content_of(image).is_err());
        return;
    };
    let found = match content_of(image) {
        Ok(found) => found,
        Err(error) => panic!("after {completed} operations: {error}"),
    };
    let (last, next) = (&flushes[last].1, flushes.get(next).map(|(_, content)| content));
    if found != *last && Some(&found) != next {
        let differs = |expected: &Content| {
            found.iter().find(|(path, line)| expected.get(*path) != Some(line)).map(|(path, _)| path.clone())
        };
        panic!("after {completed} operations: {:?} {:?}", differs(last), next.and_then(differs));
    }
}

#[test]
fn every_crash_shows_the_last_flush_or_the_next() {
    let storage = Arc::new(CrashStorage::default());
    let flushes = run(&storage, Durability::Buffered);
    storage.for_each_crash(|completed, image| check(&flushes, completed, image));
    if let Some(directory) = std::env::var_os("HDFIVE_CRASH_DIR") {
        keep_images(&storage, &flushes, &PathBuf::from(directory));
    }
}

fn keep_images(storage: &CrashStorage, flushes: &[(usize, Content)], directory: &std::path::Path) {
    let text = |content: &Content| {
        content.iter().map(|(path, line)| format!("{path}\t{line}\n")).collect::<String>()
    };
    let mut kept = 0;
    // Of whole writes, as a killed process leaves them. A torn one is a power failure's: others than hdfive do not
    // look for the record that mends it.
    for completed in 0..=storage.operations() {
        let next = flushes.partition_point(|(done, _)| *done <= completed);
        let Some(last) = next.checked_sub(1) else { continue };
        let at = directory.join(format!("{kept:04}"));
        kept += 1;
        std::fs::write(at.with_extension("h5"), storage.image_after(completed)).unwrap();
        std::fs::write(at.with_extension("last"), text(&flushes[last].1)).unwrap();
        let next = flushes.get(next).unwrap_or(&flushes[last]);
        std::fs::write(at.with_extension("next"), text(&next.1)).unwrap();
    }
}

#[test]
fn every_power_failure_shows_the_last_flush_or_the_next() {
    let storage = Arc::new(CrashStorage::default());
    let flushes = run(&storage, Durability::Data);
    for completed in 0..=storage.operations() {
        for seed in 0..2_u64 {
            let image = storage.power_failure_after(completed, |operation, sector| {
                let mixed = (operation as u64) << 32 ^ sector << 2 ^ seed;
                mixed.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 63 == 1
            });
            check(&flushes, completed, &image);
        }
    }
}

#[test]
fn every_fault_is_an_error_and_leaves_a_flushed_state() {
    let mut contents = vec![Content::new()];
    let file = File::create_storage(Arc::new(MemoryStorage::default())).unwrap();
    contents.push(content(&file).unwrap());
    workload(&file, |file| contents.push(content(file).unwrap())).unwrap();
    for failing in 0.. {
        let memory = Arc::new(MemoryStorage::default());
        let storage = Arc::new(FaultStorage::new(memory.clone()));
        storage.fail_after(failing);
        let mut flushes = 0;
        let outcome = File::create_storage(storage.clone() as Arc<dyn WriteAt>).and_then(|file| {
            flushes = 1;
            let outcome = workload(&file, |_| flushes += 1);
            // Without a flush: as if the process died of the error.
            std::mem::forget(file);
            outcome
        });
        match content_of(&memory.to_vec()) {
            Ok(found) => {
                let next = contents.get(flushes + 1);
                assert!(found == contents[flushes] || Some(&found) == next, "fault {failing}: {outcome:?}");
            }
            Err(error) => assert_eq!(flushes, 0, "fault {failing}: {error}"),
        }
        if outcome.is_ok() && storage.operations() < failing {
            break;
        }
    }
}
