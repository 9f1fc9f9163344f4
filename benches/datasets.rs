//! What reading and writing cost, in memory: `cargo bench`.

use divan::counter::{BytesCount, ItemsCount};
use divan::{Bencher, black_box};
use hdfive::{File, s};

const SHAPE: [usize; 3] = [16, 512, 512];
const LEN: usize = 16 * 512 * 512;

fn main() {
    divan::main();
}

/// How the data of a benchmark is stored.
#[derive(Debug, Clone, Copy)]
enum Stored {
    Contiguous,
    Chunked,
    Deflated,
}

const ALL: [Stored; 3] = [Stored::Contiguous, Stored::Chunked, Stored::Deflated];

fn values() -> Vec<f32> {
    (0..LEN).map(|at| (at as f32 / 50.0).sin() + (at * 7 % 13) as f32 / 4096.0).collect()
}

fn file(stored: Stored, values: &[f32]) -> File {
    let file = File::in_memory().expect("memory is enough");
    let builder = file.new_dataset::<f32>().shape(SHAPE);
    let builder = match stored {
        Stored::Contiguous => builder,
        Stored::Chunked => builder.chunk((4, 256, 256)),
        Stored::Deflated => builder.chunk((4, 256, 256)).shuffle().deflate(4),
    };
    let dataset = builder.create("cube").expect("the dataset is valid");
    dataset.write_raw(values).expect("the data fits");
    file
}

#[divan::bench(args = ALL)]
fn write_whole(bencher: Bencher, stored: Stored) {
    let values = values();
    bencher.counter(BytesCount::of_many::<f32>(LEN)).bench_local(|| file(stored, black_box(&values)));
}

#[divan::bench(args = ALL)]
fn read_whole(bencher: Bencher, stored: Stored) {
    let file = file(stored, &values());
    let dataset = file.dataset("cube").expect("it was made");
    let mut buffer = vec![0.0_f32; LEN];
    bencher.counter(BytesCount::of_many::<f32>(LEN)).bench_local(|| dataset.read_into_raw(&mut buffer));
}

#[divan::bench(args = ALL)]
fn read_strided(bencher: Bencher, stored: Stored) {
    let file = file(stored, &values());
    let dataset = file.dataset("cube").expect("it was made");
    bencher
        .counter(ItemsCount::new(16_usize * 128 * 128))
        .bench_local(|| dataset.read_slice_raw::<f32>(s![.., ..; 4, ..; 4]));
}

#[divan::bench(args = [1000])]
fn create_small(bencher: Bencher, count: usize) {
    bencher.counter(ItemsCount::new(count)).bench_local(|| {
        let file = File::in_memory()?;
        for nth in 0..count {
            let data =
                file.new_dataset_builder().with_data(&[nth as f64; 10]).create(&format!("data{nth}"))?;
            data.new_attr_builder().with_scalar(&0.5).create("scale")?;
        }
        file.flush()
    });
}
