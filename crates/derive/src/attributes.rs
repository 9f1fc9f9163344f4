//! `#[repr(…)]`, and `#[hdf5(rename = "…")]`, which `#[hdfive(…)]` is the same as.

use proc_macro2::Span;
use syn::spanned::Spanned;
use syn::{Attribute, Error, Ident, LitInt, LitStr, Result, token};

fn is_ours(attribute: &Attribute) -> bool {
    attribute.path().is_ident("hdf5") || attribute.path().is_ident("hdfive")
}

/// Refuses our attributes where they mean nothing.
pub(crate) fn refuse(attributes: &[Attribute]) -> Result<()> {
    match attributes.iter().find(|attribute| is_ours(attribute)) {
        None => Ok(()),
        Some(attribute) => {
            Err(Error::new(attribute.span(), "this attribute belongs to a field or to a variant"))
        }
    }
}

/// The name that `rename` gives.
pub(crate) fn renamed(attributes: &[Attribute]) -> Result<Option<LitStr>> {
    let mut name: Option<LitStr> = None;
    for attribute in attributes.iter().filter(|attribute| is_ours(attribute)) {
        attribute.parse_nested_meta(|meta| {
            if !meta.path.is_ident("rename") {
                return Err(meta.error("the only option is `rename = \"name\"`"));
            }
            let value: LitStr = meta.value()?.parse()?;
            if value.value().is_empty() || value.value().contains('\0') {
                return Err(Error::new(value.span(), "a name has characters, and no NUL"));
            }
            if name.replace(value).is_some() {
                return Err(meta.error("there is a `rename` already"));
            }
            Ok(())
        })?;
    }
    Ok(name)
}

/// Refuses names that occur twice.
pub(crate) fn check_unique(names: &[(String, Span)]) -> Result<()> {
    let mut seen = std::collections::HashSet::new();
    match names.iter().find(|(name, _)| !seen.insert(name)) {
        None => Ok(()),
        Some((name, span)) => Err(Error::new(*span, format!("the name \"{name}\" occurs twice"))),
    }
}

/// What the `#[repr(…)]` attributes say.
#[derive(Debug, Default)]
pub(crate) struct Repr {
    pub(crate) c: bool,
    pub(crate) transparent: bool,
    /// The largest alignment of a field, from `packed` or `packed(n)`.
    pub(crate) packed: Option<usize>,
    pub(crate) integer: Option<Ident>,
}

const INTEGERS: [&str; 10] = ["i8", "i16", "i32", "i64", "isize", "u8", "u16", "u32", "u64", "usize"];

impl Repr {
    pub(crate) fn of(attributes: &[Attribute]) -> Result<Self> {
        let mut repr = Self::default();
        for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("repr")) {
            attribute.parse_nested_meta(|meta| {
                let ident = meta.path.require_ident()?.clone();
                match ident.to_string().as_str() {
                    "C" => repr.c = true,
                    "transparent" => repr.transparent = true,
                    "packed" => repr.packed = Some(Self::packed_align(&meta)?),
                    name if INTEGERS.contains(&name) => repr.integer = Some(ident),
                    other => {
                        return Err(meta.error(format!("H5Type does not support `repr({other})`")));
                    }
                }
                Ok(())
            })?;
        }
        Ok(repr)
    }

    fn packed_align(meta: &syn::meta::ParseNestedMeta<'_>) -> Result<usize> {
        if !meta.input.peek(token::Paren) {
            return Ok(1);
        }
        let content;
        syn::parenthesized!(content in meta.input);
        content.parse::<LitInt>()?.base10_parse()
    }
}
