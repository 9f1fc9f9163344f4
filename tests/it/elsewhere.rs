//! What is in other files: external links, raw data, sources of virtual datasets.

use std::path::{Path, PathBuf};

use hdfive::{ErrorKind, ExternalLinks, File, LinkType};

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/fixtures").join(name)
}

#[test]
fn external_links_of_the_c_library_are_followed() {
    for bound in ["earliest", "latest"] {
        let file = File::open(fixture(&format!("links-kinds-{bound}.h5"))).unwrap();
        let direct = File::open(fixture("superblock0.h5")).unwrap();
        let there = direct.dataset("group/chunked").unwrap();
        for name in ["external", "external group/chunked"] {
            let dataset = file.dataset(name).unwrap();
            assert_eq!(dataset.name(), "/group/chunked");
            assert!(dataset.filename().ends_with("superblock0.h5"));
            assert_eq!(dataset.read_bytes(..).unwrap(), there.read_bytes(..).unwrap());
        }
        assert!(matches!(file.link("external group/chunked").unwrap().link_type, LinkType::Hard(_)));
        for name in ["external nowhere", "external no object", "external nowhere/and/on"] {
            assert_eq!(file.open(name).unwrap_err().kind(), ErrorKind::NotFound, "{name}");
        }
    }
}

#[test]
fn external_links_can_be_barred_or_kept_within_a_folder() {
    let path = fixture("links-kinds-latest.h5");
    let open = |links| File::with_options().external_links(links).open(&path).unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    for links in [ExternalLinks::Never, ExternalLinks::Within(elsewhere.path().into())] {
        assert_eq!(open(links).open("external").unwrap_err().kind(), ErrorKind::Limit);
    }
    assert!(open(ExternalLinks::Within(path.parent().unwrap().into())).open("external").is_ok());
}

#[test]
fn links_that_lead_back_reach_the_same_file_and_loops_end() {
    let folder = tempfile::tempdir().unwrap();
    let (a, b) = (folder.path().join("a.h5"), folder.path().join("b.h5"));
    let file = File::create(&b).unwrap();
    file.link_external("a.h5", "/data", "back").unwrap();
    file.link_external("a.h5", "/loop", "loop").unwrap();
    file.close().unwrap();
    let file = File::create(&a).unwrap();
    file.link_external("b.h5", "/back", "there and back").unwrap();
    file.link_external("b.h5", "/loop", "loop").unwrap();
    let data = file.new_dataset_builder().with_data(&[1_i32, 2, 3]).create("data").unwrap();
    // Neither file is opened twice, so what is not on disk yet is seen, too.
    let same = file.dataset("there and back").unwrap();
    assert_eq!(same.address(), data.address());
    assert_eq!(same.read_raw::<i32>().unwrap(), [1, 2, 3]);
    assert_eq!(file.open("loop").unwrap_err().kind(), ErrorKind::Limit);
}

#[test]
fn raw_data_is_in_the_folder_that_is_given() {
    let path = fixture("layout-external-latest.h5");
    let open = |prefix: Option<&str>| {
        let mut options = File::with_options();
        prefix.map(|prefix| options.external_file_prefix(prefix).clone());
        options.open(&path).unwrap().dataset("external").unwrap()
    };
    let there = open(Some("${ORIGIN}"));
    assert_eq!(there.layout().unwrap(), hdfive::Layout::Contiguous);
    assert_eq!(there.external_files().len(), 2);
    there.read_bytes(..).unwrap();
    assert_eq!(
        open(None).read_bytes(..).unwrap_err().kind(),
        ErrorKind::Io,
        "it is not in the current folder"
    );
    let barred = File::with_options()
        .external_file_prefix("${ORIGIN}")
        .external_links(ExternalLinks::Never)
        .open(&path)
        .unwrap();
    assert_eq!(barred.dataset("external").unwrap().read_bytes(..).unwrap_err().kind(), ErrorKind::Limit);
}

#[test]
fn virtual_datasets_say_what_they_are_made_of() {
    let path = fixture("layout-virtual-latest.h5");
    let file = File::open(&path).unwrap();
    let dataset = file.dataset("stack").unwrap();
    assert_eq!(dataset.layout().unwrap(), hdfive::Layout::Virtual);
    let mappings = dataset.virtual_mappings();
    assert_eq!(mappings.len(), 3);
    assert_eq!(mappings[1].file, "layout-virtual-source1.h5");
    assert!(matches!(&mappings[1].target, hdfive::MappedSelection::Regular(axes) if axes[0][0] == 1));
    // Barred sources are no missing ones.
    let barred = File::with_options().external_links(ExternalLinks::Never).open(&path).unwrap();
    assert_eq!(barred.dataset("stack").unwrap().read_bytes(..).unwrap_err().kind(), ErrorKind::Limit);
    assert!(barred.dataset("same file").unwrap().read_bytes(..).is_ok());
}
