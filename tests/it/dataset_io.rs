//! Datasets of every layout against a model in memory: whatever is written, cut off, flushed and opened
//! again, a read gives what was written last, or the fill value.

use std::sync::Arc;

use hdfive::storage::MemoryStorage;
use hdfive::{
    AllocationTime, Dataset, Extent, Extents, File, FileBuilder, FillTime, Hyperslab, Limits, Points,
    Selection, SliceOrIndex,
};
use proptest::prelude::*;

/// How the dataset is stored, and how much of it may be kept in memory.
#[derive(Debug, Clone)]
struct Kind {
    layout: Stored,
    filters: u8,
    fill: Option<i32>,
    early: bool,
    chunk_cache: usize,
    dims: [usize; 2],
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Stored {
    Compact,
    Contiguous,
    /// One chunk, as large as the dataset.
    Single,
    /// How many dimensions may grow without bound.
    Chunked(usize),
}

#[derive(Debug, Clone)]
enum Step {
    Slab([(usize, usize, usize); 2]),
    Points(Vec<(usize, usize)>),
    Read([(usize, usize, usize); 2]),
    ReadPoints(Vec<(usize, usize)>),
    Resize([usize; 2]),
    Flush,
    Reopen,
}

const CHUNK: [usize; 2] = [3, 4];
const LARGEST: usize = 13;

fn kind() -> impl Strategy<Value = Kind> {
    let layout = prop_oneof![
        Just(Stored::Compact),
        Just(Stored::Contiguous),
        Just(Stored::Single),
        (0..3_usize).prop_map(Stored::Chunked),
        (0..3_usize).prop_map(Stored::Chunked),
        (0..3_usize).prop_map(Stored::Chunked),
    ];
    let cache = prop_oneof![Just(0_usize), Just(60), Just(200), Just(1 << 20)];
    (layout, 0..4_u8, prop_oneof![Just(None), Just(Some(7))], any::<bool>(), cache, [1..LARGEST, 1..LARGEST])
        .prop_map(|(layout, filters, fill, early, chunk_cache, dims)| Kind {
            layout,
            filters,
            fill,
            early,
            chunk_cache,
            dims,
        })
}

fn step() -> impl Strategy<Value = Step> {
    let slice = || (0..LARGEST, 0..LARGEST, 1..4_usize);
    let points = || proptest::collection::vec((0..LARGEST, 0..LARGEST), 0..14);
    prop_oneof![
        4 => [slice(), slice()].prop_map(Step::Slab),
        2 => points().prop_map(Step::Points),
        3 => [slice(), slice()].prop_map(Step::Read),
        1 => points().prop_map(Step::ReadPoints),
        3 => [0..=LARGEST, 0..=LARGEST].prop_map(Step::Resize),
        1 => Just(Step::Flush),
        1 => Just(Step::Reopen),
    ]
}

/// What the dataset is to hold.
struct Model {
    dims: [usize; 2],
    fill: i32,
    values: Vec<i32>,
}

impl Model {
    fn get(&self, [row, column]: [usize; 2]) -> i32 {
        self.values[row * self.dims[1] + column]
    }

    fn resize(&mut self, dims: [usize; 2]) {
        let mut values = vec![self.fill; dims[0] * dims[1]];
        for row in 0..dims[0].min(self.dims[0]) {
            for column in 0..dims[1].min(self.dims[1]) {
                values[row * dims[1] + column] = self.get([row, column]);
            }
        }
        (self.dims, self.values) = (dims, values);
    }

    /// The positions of a slab that is cut to the shape, and the selection of it.
    fn slab(&self, axes: &[(usize, usize, usize); 2]) -> (Selection, Vec<[usize; 2]>) {
        let clamped = [0, 1].map(|at| {
            let (start, end, step) = axes[at];
            (start.min(self.dims[at]), end.min(self.dims[at]), step)
        });
        let slices = clamped.map(|(start, end, step)| SliceOrIndex::from(start..end).with_step(step));
        let along = |at: usize| (clamped[at].0..clamped[at].1).step_by(clamped[at].2);
        let positions = along(0).flat_map(|row| along(1).map(move |column| [row, column])).collect();
        (Selection::new(Hyperslab::from(slices.to_vec())), positions)
    }

    fn points(&self, points: &[(usize, usize)]) -> (Selection, Vec<[usize; 2]>) {
        let inside = points.iter().filter(|(row, column)| *row < self.dims[0] && *column < self.dims[1]);
        let positions: Vec<_> = inside.map(|&(row, column)| [row, column]).collect();
        (Points::new(2, positions.concat()).unwrap().into(), positions)
    }

    fn write(&mut self, dataset: &Dataset, (selection, positions): (Selection, Vec<[usize; 2]>), from: i32) {
        let values: Vec<i32> = (from..).take(positions.len()).collect();
        dataset.write_slice_raw(&values, selection).unwrap();
        for ([row, column], value) in positions.into_iter().zip(values) {
            self.values[row * self.dims[1] + column] = value;
        }
    }

    fn check(&self, dataset: &Dataset, (selection, positions): (Selection, Vec<[usize; 2]>)) {
        let expected: Vec<i32> = positions.iter().map(|&position| self.get(position)).collect();
        assert_eq!(dataset.read_slice_raw::<i32>(&selection).unwrap(), expected, "{selection:?}");
        // Through another type, too, which takes another way.
        let wide: Vec<i64> = expected.iter().map(|&value| value.into()).collect();
        assert_eq!(dataset.read_slice_raw::<i64>(&selection).unwrap(), wide, "{selection:?}");
    }

    fn check_all(&self, dataset: &Dataset) {
        assert_eq!(dataset.shape(), self.dims);
        assert_eq!(dataset.read_raw::<i32>().unwrap(), self.values);
    }
}

fn builder(chunk_cache: usize) -> FileBuilder {
    let mut limits = Limits::default();
    limits.chunk_cache = chunk_cache;
    let mut builder = File::with_options();
    builder.limits(limits);
    builder
}

fn create(file: &File, kind: &Kind) -> Dataset {
    // Space that held something else, to be used again.
    file.new_dataset_builder().with_data(&vec![0x5555_5555_i32; 400]).create("gone").unwrap();
    file.flush().unwrap();
    file.unlink("gone").unwrap();
    file.flush().unwrap();
    let dims = kind.dims;
    let extent = |at: usize| match kind.layout {
        Stored::Chunked(growing) => Extent::new(dims[at], (at >= growing).then_some(LARGEST)),
        _ => Extent::fixed(dims[at]),
    };
    let extents: Extents = [extent(0), extent(1)].into_iter().collect();
    let mut builder = file.new_dataset_builder().empty::<i32>().shape(extents);
    builder = match kind.layout {
        Stored::Compact => builder.compact(),
        Stored::Contiguous => builder,
        Stored::Single => builder.chunk(dims),
        Stored::Chunked(_) => builder.chunk(CHUNK),
    };
    if let Some(fill) = kind.fill {
        builder = builder.fill_value(fill);
    }
    if kind.early {
        builder = builder.alloc_time(Some(AllocationTime::Early));
    }
    if matches!(kind.layout, Stored::Single | Stored::Chunked(_)) {
        builder = match kind.filters {
            0 => builder,
            1 => builder.shuffle().deflate(1),
            2 => builder.fletcher32(),
            _ => builder.deflate(1).fletcher32(),
        };
    }
    builder.create("data").unwrap()
}

fn run(kind: &Kind, steps: &[Step]) {
    let storage = Arc::new(MemoryStorage::default());
    let mut file = builder(kind.chunk_cache).create_storage(storage.clone()).unwrap();
    let mut dataset = create(&file, kind);
    let fill = kind.fill.unwrap_or(0);
    let mut model = Model { dims: kind.dims, fill, values: vec![fill; kind.dims[0] * kind.dims[1]] };
    model.check_all(&dataset);
    for (at, step) in steps.iter().enumerate() {
        let from = 1000 * (at as i32 + 1);
        match step {
            Step::Slab(axes) => model.write(&dataset, model.slab(axes), from),
            Step::Points(points) => model.write(&dataset, model.points(points), from),
            Step::Read(axes) => model.check(&dataset, model.slab(axes)),
            Step::ReadPoints(points) => model.check(&dataset, model.points(points)),
            Step::Resize(dims) => {
                let dims = match kind.layout {
                    Stored::Compact | Stored::Contiguous => continue,
                    Stored::Single => [0, 1].map(|at| dims[at].min(kind.dims[at])),
                    Stored::Chunked(_) => *dims,
                };
                dataset.resize(dims).unwrap();
                model.resize(dims);
            }
            Step::Flush => file.flush().unwrap(),
            Step::Reopen => {
                file.close().unwrap();
                file = builder(kind.chunk_cache).open_rw_storage(storage.clone()).unwrap();
                dataset = file.dataset("data").unwrap();
            }
        }
    }
    model.check_all(&dataset);
    let image = file.to_bytes().unwrap();
    model.check_all(&File::from_bytes(image).unwrap().dataset("data").unwrap());
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(1500) })]

    #[test]
    fn reads_give_what_was_written_last(
        kind in kind(),
        steps in proptest::collection::vec(step(), 1..16),
    ) {
        run(&kind, &steps);
    }
}

fn chunked(filters: u8, chunk_cache: usize, dims: [usize; 2]) -> Kind {
    Kind { layout: Stored::Chunked(2), filters, fill: Some(7), early: false, chunk_cache, dims }
}

#[test]
fn a_cut_between_chunks_keeps_what_was_not_flushed() {
    let steps = [Step::Slab([(0, 2, 1), (0, 2, 1)]), Step::Resize([3, 4])];
    run(&chunked(1, 1 << 20, [6, 8]), &steps);
}

#[test]
fn a_chunk_that_leaves_memory_for_another_of_the_same_write_is_not_written_over() {
    // Room for one chunk: that of the first chunk of each write makes the second leave.
    let steps = [
        Step::Slab([(0, 1, 1), (4, 6, 1)]),
        Step::Slab([(1, 2, 1), (2, 7, 1)]),
        Step::Slab([(2, 3, 1), (0, 8, 3)]),
    ];
    run(&chunked(1, 60, [3, 8]), &steps);
}

#[test]
fn a_point_given_twice_is_not_two() {
    let points = [vec![(0, 0); 12], vec![(1, 1); 8]].concat();
    for layout in [Stored::Contiguous, Stored::Chunked(0), Stored::Chunked(2)] {
        let kind = Kind { layout, ..chunked(0, 1 << 20, [3, 4]) };
        run(&kind, &[Step::Slab([(0, 3, 1), (0, 4, 1)]), Step::Points(points[..12].to_vec())]);
        run(&Kind { dims: [4, 5], ..kind }, &[Step::Points(points.clone())]);
    }
}

#[test]
fn compact_data_starts_as_the_fill_value() {
    run(&Kind { layout: Stored::Compact, ..chunked(0, 0, [3, 4]) }, &[]);
}

#[test]
fn a_fill_value_that_is_never_written_is_never_read() {
    let file = builder(0).create_storage(Arc::new(MemoryStorage::default())).unwrap();
    for (time, rest) in [(FillTime::IfSet, 7), (FillTime::Never, 0)] {
        for chunk in [None, Some((2, 2))] {
            let name = format!("{time:?} {chunk:?}");
            let new = file.new_dataset_builder().empty::<i32>().shape((4, 4)).fill_value(7).fill_time(time);
            let new = if let Some(chunk) = chunk { new.chunk(chunk) } else { new };
            let dataset = new.create(name.as_str()).unwrap();
            assert_eq!(dataset.read_raw::<i32>().unwrap(), [rest; 16], "{name}");
            dataset.write_slice(&[1, 1], hdfive::s![0, 0..2]).unwrap();
            let mut expected = [rest; 16];
            expected[..2].fill(1);
            assert_eq!(dataset.read_raw::<i32>().unwrap(), expected, "{name}");
        }
    }
}

/// What a file of the C library says of partial chunks holds for those that a new shape makes partial,
/// or whole.
#[test]
fn partial_chunks_stay_unfiltered_in_a_new_shape() {
    let ramp = |row: usize, column: usize| (row * 11 + column) as i32;
    let files = crate::testdata::files("fixtures", "h5");
    let edges: Vec<_> = files.iter().filter(|path| crate::testdata::name(path).contains("edges")).collect();
    assert_eq!(edges.len(), 2);
    for path in edges {
        for name in ["fixed array", "extensible array", "btree"] {
            let folder = tempfile::tempdir().unwrap();
            let copy = folder.path().join("copy.h5");
            std::fs::copy(path, &copy).unwrap();
            let file = File::open_rw(&copy).unwrap();
            let dataset = file.dataset(name).unwrap();
            let full = dataset.read_raw::<i32>().unwrap();
            assert_eq!(full[12], ramp(1, 1));
            let mut kept = (10, 11);
            for shape in [(7, 5), (8, 6), (3, 2), (10, 11)] {
                dataset.resize(shape).unwrap();
                kept = (kept.0.min(shape.0), kept.1.min(shape.1));
                let again = File::from_bytes(file.to_bytes().unwrap()).unwrap().dataset(name).unwrap();
                for dataset in [&dataset, &again] {
                    for (at, value) in dataset.read_raw::<i32>().unwrap().into_iter().enumerate() {
                        let (row, column) = (at / shape.1, at % shape.1);
                        let inside = row < kept.0 && column < kept.1;
                        assert_eq!(
                            value,
                            if inside { ramp(row, column) } else { 0 },
                            "{name} {shape:?} {at}"
                        );
                    }
                }
            }
        }
    }
}

#[test]
fn a_handle_of_an_attribute_that_was_made_anew_does_not_write_into_it() {
    let file = File::in_memory().unwrap();
    let old = file.new_attr::<i32>().shape(2).create("a").unwrap();
    old.write_raw(&[1, 2]).unwrap();
    file.delete_attr("a").unwrap();
    file.new_attr_builder().with_data(&[0.5_f64, 1.5]).create("a").unwrap();
    assert!(old.write_raw(&[3, 4]).is_err());
    assert_eq!(file.attr("a").unwrap().read_raw::<f64>().unwrap(), [0.5, 1.5]);
    let text = file.new_attr::<String>().create("text").unwrap();
    text.write_scalar(&"one".to_owned()).unwrap();
    text.write_scalar(&"two".to_owned()).unwrap();
    assert_eq!(file.attr("text").unwrap().read_scalar::<String>().unwrap(), "two");
}

#[test]
fn what_close_accepts_from_other_threads_is_in_the_file() {
    for _ in 0..20 {
        let storage = Arc::new(MemoryStorage::default());
        let file = File::with_options().create_storage(storage.clone()).unwrap();
        let dataset = file.new_dataset::<i32>().shape(64).chunk(8).deflate(1).create("data").unwrap();
        let writer = std::thread::spawn(move || {
            (0..64).take_while(|&at| dataset.write_slice_raw(&[7], at..at + 1).is_ok()).count()
        });
        std::thread::yield_now();
        file.close().unwrap();
        let accepted = writer.join().unwrap();
        let file = File::with_options().open_rw_storage(storage).unwrap();
        let values: Vec<i32> = file.dataset("data").unwrap().read_raw().unwrap();
        assert!(values[..accepted].iter().all(|&value| value == 7), "{accepted} {values:?}");
    }
}
