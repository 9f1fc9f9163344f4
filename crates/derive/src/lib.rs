//! `#[derive(H5Type)]` for hdfive: structs as compound types, enums as enumerations.
//!
//! ```text
//! #[derive(hdfive::H5Type)]
//! struct Ship {
//!     length: f32,
//!     #[hdf5(rename = "class")]
//!     kind: Kind,
//! }
//!
//! #[derive(hdfive::H5Type)]
//! #[repr(u8)]
//! enum Kind { Tanker = 1, Tug }
//! ```
//!
//! The members of the stored type follow each other without padding; with `#[repr(C)]` they are
//! where C has them. Tuple structs have members named `0`, `1` and so on, and a
//! `#[repr(transparent)]` struct is stored as its only field. `#[hdfive(rename = "…")]` is the
//! same as `#[hdf5(rename = "…")]`.

mod attributes;
mod enumeration;
mod structure;
#[cfg(test)]
mod tests;

use proc_macro::TokenStream;
use proc_macro2::TokenStream as Tokens;
use syn::spanned::Spanned;
use syn::{Data, DeriveInput, Error, Result, parse_macro_input};

/// Makes a struct or a fieldless enum an element of datasets and attributes.
#[proc_macro_derive(H5Type, attributes(hdf5, hdfive))]
pub fn derive_h5type(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    expand(&input).unwrap_or_else(Error::into_compile_error).into()
}

fn expand(input: &DeriveInput) -> Result<Tokens> {
    if let Some(lifetime) = input.generics.lifetimes().next() {
        return Err(Error::new(lifetime.span(), "H5Type cannot be derived for types that borrow"));
    }
    attributes::refuse(&input.attrs)?;
    match &input.data {
        Data::Struct(data) => structure::expand(input, &data.fields),
        Data::Enum(data) => enumeration::expand(input, data),
        Data::Union(data) => Err(Error::new(data.union_token.span(), "H5Type cannot be derived for unions")),
    }
}
