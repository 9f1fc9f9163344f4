//! Rust values through a file: written, and read back as the same and as other types.

use hdfive::{File, FixedAscii, H5Type, Result, VarLenAscii};

#[derive(H5Type, Debug, Clone, PartialEq)]
#[repr(C)]
struct Padded {
    flag: bool,
    value: f64,
    code: FixedAscii<5>,
    #[hdf5(rename = "Listen")]
    lists: Vec<Vec<u16>>,
    color: Color,
}

#[derive(H5Type, Debug, Clone, Copy, PartialEq)]
#[repr(i8)]
enum Color {
    Red,
    Green,
    Blue = 42,
}

#[derive(H5Type, Debug, PartialEq)]
struct Part {
    color: i64,
    value: f32,
}

fn padded(n: u16) -> Padded {
    let lists = vec![vec![1, 2], vec![], vec![n]];
    Padded { flag: n == 1, value: 0.5, code: "ab".parse().unwrap(), lists, color: Color::Blue }
}

#[test]
fn values_come_back_from_a_reopened_file() -> Result<()> {
    let file = File::in_memory()?;
    let write = |name: &str| file.new_dataset_builder().with_data(&[padded(1), padded(2)]).create(name);
    write("padded")?;
    file.new_dataset_builder().with_data(&["a", "", "größer"]).create("text")?;
    file.new_dataset_builder().with_data(&[[true, false], [false, true]]).create("arrays")?;
    file.new_dataset_builder().with_data(&[(1_u8, -2.5_f64), (3, 4.0)]).create("tuples")?;
    file.new_dataset_builder().with_data(&[vec!["x".to_owned()], vec![]]).create("lists")?;

    let file = File::from_bytes(file.to_bytes()?)?;
    let padded_set = file.dataset("padded")?;
    assert_eq!(padded_set.datatype().size, 48, "as C lays it out");
    assert_eq!(padded_set.read_raw::<Padded>()?, [padded(1), padded(2)]);
    assert_eq!(padded_set.read_raw::<Part>()?[1], Part { color: 42, value: 0.5 });
    assert_eq!(file.dataset("text")?.read_raw::<String>()?, ["a", "", "größer"]);
    assert_eq!(file.dataset("arrays")?.read_raw::<[u8; 2]>()?, [[1, 0], [0, 1]]);
    assert_eq!(file.dataset("tuples")?.read_raw::<(i32, f32)>()?, [(1, -2.5), (3, 4.0)]);
    assert_eq!(file.dataset("lists")?.read_raw::<Vec<String>>()?, [vec!["x".to_owned()], vec![]]);
    Ok(())
}

#[test]
fn values_that_do_not_fit_are_errors() -> Result<()> {
    let file = File::in_memory()?;
    let text = file.new_dataset_builder().with_data(&["größer"]).create("text")?;
    let number = file.new_dataset_builder().with_data(&[7_i32]).create("number")?;
    for error in [
        text.read_raw::<f32>().unwrap_err(),
        text.read_raw::<VarLenAscii>().unwrap_err(),
        text.read_raw::<FixedAscii<3>>().unwrap_err(),
        number.read_raw::<String>().unwrap_err(),
        number.read_raw::<bool>().unwrap_err(),
        number.read_raw::<Color>().unwrap_err(),
        number.read_raw::<Part>().unwrap_err(),
    ] {
        assert_eq!(error.kind(), hdfive::ErrorKind::TypeMismatch, "{error}");
        assert!(error.path().is_some(), "{error}");
    }
    Ok(())
}
