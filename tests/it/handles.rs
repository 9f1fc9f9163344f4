//! Handles of objects that are deleted, and data that is stored together with its dataset.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use hdfive::storage::MemoryStorage;
use hdfive::{ErrorKind, File, Result};

fn kind<T>(result: Result<T>) -> ErrorKind {
    result.err().expect("an error").kind()
}

/// Groups until one is where the object at `address` was.
fn reuse(file: &File, address: u64) -> Result<hdfive::Group> {
    for nth in 0..1000 {
        let group = file.create_group(&format!("new{nth}"))?;
        if group.address() == address {
            return Ok(group);
        }
    }
    panic!("the space of {address} is not used again");
}

#[test]
fn a_handle_of_a_deleted_object_does_not_change_what_took_its_place() -> Result<()> {
    let file = File::in_memory()?;
    let group = file.create_group("outer/group")?;
    let attribute = group.new_attr::<i32>().create("attribute")?;
    let outer = file.group("outer")?;
    let clone = group.clone();
    file.unlink("outer")?;
    for committed in [false, true] {
        if committed {
            file.flush()?;
            let taken = reuse(&file, group.address())?;
            taken.new_attr_builder().with_scalar(&7).create("attribute")?;
        }
        for deleted in [&group, &clone, &outer] {
            assert_eq!(kind(deleted.create_group("x")), ErrorKind::NotFound);
            assert_eq!(kind(deleted.new_dataset::<u8>().create("x")), ErrorKind::NotFound);
            assert_eq!(kind(deleted.new_attr::<u8>().create("x")), ErrorKind::NotFound);
            assert_eq!(kind(deleted.link_soft("y", "x")), ErrorKind::NotFound);
            assert_eq!(kind(deleted.link_hard("/", "x")), ErrorKind::NotFound);
            assert_eq!(kind(deleted.set_comment("x")), ErrorKind::NotFound);
            assert_eq!(kind(deleted.delete_attr("attribute")), ErrorKind::NotFound);
            assert_eq!(kind(deleted.unlink("x")), ErrorKind::NotFound);
            assert_eq!(kind(deleted.attr("attribute")), ErrorKind::NotFound);
            assert_eq!(kind(deleted.attr_names()), ErrorKind::NotFound);
            assert_eq!(kind(deleted.member_names()), ErrorKind::NotFound);
            assert_eq!(kind(deleted.group("/")), ErrorKind::NotFound);
            assert_eq!(kind(deleted.reference_count()), ErrorKind::NotFound);
        }
        assert_eq!(kind(attribute.write_scalar(&3)), ErrorKind::NotFound);
    }
    assert!(group.create_group("x").unwrap_err().to_string().contains("deleted"));
    let taken = file.groups()?.into_iter().find(|new| new.address() == group.address());
    let taken = taken.expect("the group that took the place");
    assert_eq!(taken.attr("attribute")?.read_scalar::<i32>()?, 7);
    assert!(taken.is_empty()? && taken.comment()?.is_none());
    Ok(())
}

#[test]
fn a_handle_of_a_deleted_dataset_says_so() -> Result<()> {
    let file = File::in_memory()?;
    let data = file.new_dataset_builder().with_data(&[1, 2, 3]).create("data")?;
    file.link_hard("data", "other")?;
    file.unlink("data")?;
    assert_eq!(data.read_raw::<i32>()?, [1, 2, 3], "a link is left");
    data.new_attr::<u8>().create("kept")?;
    file.unlink("other")?;
    let again = file.new_dataset_builder().with_data(&[4, 5, 6]).create("data")?;
    assert_eq!(kind(data.read_raw::<i32>()), ErrorKind::NotFound);
    assert_eq!(kind(data.write(&[7, 8, 9])), ErrorKind::NotFound);
    assert_eq!(kind(data.new_attr::<u8>().create("x")), ErrorKind::NotFound);
    assert_eq!(kind(data.resize(3)), ErrorKind::NotFound);
    assert_eq!((again.read_raw::<i32>()?, again.attr_count()?), (vec![4, 5, 6], 0));
    Ok(())
}

/// A group may get a link to itself: what counts its links and the new link are in one header.
#[test]
fn hard_links_count_however_they_are_made() -> Result<()> {
    let storage = Arc::new(MemoryStorage::default());
    let file = File::create_storage(storage.clone())?;
    let group = file.create_group("group")?;
    for nth in 0..20 {
        group.link_hard("/group", &format!("self{nth}"))?;
        assert_eq!(group.reference_count()?, nth + 2);
    }
    assert_eq!(kind(group.link_hard("/group", "self3")), ErrorKind::Usage);
    assert_eq!(kind(group.link_hard("missing", "new")), ErrorKind::NotFound);
    assert_eq!(group.reference_count()?, 21);
    file.close()?;
    let group = File::from_bytes(storage.to_vec())?.group("group")?;
    assert_eq!((group.reference_count()?, group.len()?), (21, 20));
    Ok(())
}

#[test]
fn an_object_is_linked_or_deleted_but_never_both() -> Result<()> {
    let storage = Arc::new(MemoryStorage::default());
    let file = File::create_storage(storage.clone())?;
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let maker = scope.spawn(|| {
            for nth in 0..300 {
                file.new_dataset_builder().with_data(&[nth; 5]).create("data")?;
                file.unlink("data")?;
            }
            Ok::<_, hdfive::Error>(())
        });
        scope.spawn(|| {
            let mut kept = 0;
            while kept < 20 && !done.load(Ordering::Relaxed) {
                match file.link_hard("data", &format!("kept{kept}")) {
                    Ok(()) => kept += 1,
                    Err(error) => assert_eq!(error.kind(), ErrorKind::NotFound, "{error}"),
                }
            }
        });
        let made = maker.join().expect("no panic");
        done.store(true, Ordering::Relaxed);
        made
    })?;
    file.close()?;
    let file = File::from_bytes(storage.to_vec())?;
    let kept = file.datasets()?;
    for data in &kept {
        let values = data.read_raw::<i32>()?;
        assert!(values.len() == 5 && values.iter().all(|value| *value == values[0]), "{values:?}");
        let links = kept.iter().filter(|other| other.address() == data.address()).count();
        assert_eq!(data.reference_count()?, links as u32);
    }
    Ok(())
}

#[test]
fn data_is_stored_with_its_dataset() -> Result<()> {
    let storage = Arc::new(MemoryStorage::default());
    let file = File::create_storage(storage.clone())?;
    let large: Vec<u32> = (0..40_000).collect();
    for round in 0..2 {
        let group = file.create_group(&format!("round{round}"))?;
        let builder = || group.new_dataset_builder();
        builder().with_data(&[1.5, 2.5]).create("small")?;
        builder().with_data(&[1, 2, 3]).compact().create("compact")?;
        builder().with_data(&[1, 2, 3]).chunk(2).create("chunked")?;
        builder().with_data(&large).create("large")?;
        builder().with_data(&["a", "bc"]).create("text")?;
        builder().with_data(&Vec::<u8>::new()).create("empty")?;
        builder().with_scalar(&7_u8).alloc_time(Some(hdfive::AllocationTime::Early)).create("early")?;
        assert_eq!(kind(builder().with_data(&[9; 9]).create("small")), ErrorKind::Usage);
        assert_eq!(kind(builder().with_data(&[9; 9]).create("small/x")), ErrorKind::TypeMismatch);
        let small = group.dataset("small")?;
        small.write(&[3.5, 4.5])?;
        assert_eq!(small.read_raw::<f64>()?, [3.5, 4.5]);
        if round == 0 {
            file.flush()?;
            // The second round uses its space again.
            file.unlink("round0/large")?;
            file.flush()?;
        }
    }
    file.close()?;
    let group = File::from_bytes(storage.to_vec())?.group("round1")?;
    assert_eq!(group.dataset("small")?.read_raw::<f64>()?, [3.5, 4.5]);
    assert_eq!(group.dataset("compact")?.read_raw::<i32>()?, [1, 2, 3]);
    assert_eq!(group.dataset("chunked")?.read_raw::<i32>()?, [1, 2, 3]);
    assert_eq!(group.dataset("large")?.read_raw::<u32>()?, large);
    assert_eq!(group.dataset("text")?.read_raw::<String>()?, ["a", "bc"]);
    assert!(group.dataset("empty")?.read_raw::<u8>()?.is_empty());
    assert_eq!(group.dataset("early")?.read_scalar::<u8>()?, 7);
    Ok(())
}
