//! What is refused, and with which words; what is accepted is tested in hdfive itself.
#![allow(clippy::unwrap_used)]

use syn::{DeriveInput, parse_str};

fn error(source: &str) -> String {
    let input: DeriveInput = parse_str(source).unwrap();
    crate::expand(&input).unwrap_err().to_string()
}

#[test]
fn shapes_that_cannot_be_stored_are_refused() {
    assert!(error("struct Unit;").contains("at least one member"));
    assert!(error("struct Empty {}").contains("at least one member"));
    assert!(error("union U { a: u8, b: i8 }").contains("unions"));
    assert!(error("struct Borrow<'a> { a: &'a str }").contains("borrow"));
    assert!(error("enum E { A, B }").contains("#[repr(u8)]"));
    assert!(error("#[repr(u8)] enum E {}").contains("at least one member"));
    assert!(error("#[repr(u8)] enum E { A, B(u8) }").contains("with fields"));
    assert!(error("#[repr(u8)] enum E<T> { A }").contains("generic"));
    assert!(error("#[repr(C, align(16))] struct S { a: u8 }").contains("repr(align)"));
    assert!(error("#[repr(transparent)] struct S { a: u8, b: () }").contains("one field"));
}

#[test]
fn names_are_checked() {
    assert!(error("struct S { a: u8, #[hdf5(rename = \"a\")] b: u8 }").contains("\"a\" occurs twice"));
    assert!(error("#[repr(u8)] enum E { A, #[hdfive(rename = \"A\")] B }").contains("occurs twice"));
    assert!(error("struct S { #[hdf5(rename = \"\")] b: u8 }").contains("has characters"));
    assert!(error("struct S { #[hdf5(name = \"x\")] b: u8 }").contains("only option"));
    assert!(error("#[hdf5(rename = \"x\")] struct S { b: u8 }").contains("belongs to a field"));
    assert!(error("struct S { #[hdf5(rename = \"x\", rename = \"y\")] b: u8 }").contains("already"));
}

#[test]
fn supported_shapes_expand() {
    for source in [
        "struct S { a: u8, r#type: f32 }",
        "#[repr(C)] struct S(u8, String);",
        "#[repr(packed)] struct S<T, const N: usize>([T; N]);",
        "#[repr(u16)] enum E { A = 1, B = 1 << 3 }",
    ] {
        let input: DeriveInput = parse_str(source).unwrap();
        assert!(crate::expand(&input).is_ok(), "{source}");
    }
}
