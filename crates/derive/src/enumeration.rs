//! Enums without fields: enumerations.

use proc_macro2::{Span, TokenStream as Tokens};
use quote::quote;
use syn::spanned::Spanned;
use syn::{DataEnum, DeriveInput, Error, Fields, Result};

use crate::attributes::{Repr, check_unique, renamed};
use crate::structure::{implementation, unraw};

pub(crate) fn expand(input: &DeriveInput, data: &DataEnum) -> Result<Tokens> {
    let name = &input.ident;
    if !input.generics.params.is_empty() {
        return Err(Error::new(input.generics.span(), "H5Type cannot be derived for generic enums"));
    }
    let Some(integer) = Repr::of(&input.attrs)?.integer else {
        return Err(Error::new(
            name.span(),
            "an enum needs an integer representation such as `#[repr(u8)]` to be stored",
        ));
    };
    if data.variants.is_empty() {
        return Err(Error::new(name.span(), "an HDF5 enumeration has at least one member"));
    }
    let mut names: Vec<(String, Span)> = Vec::new();
    for variant in &data.variants {
        if !matches!(variant.fields, Fields::Unit) {
            return Err(Error::new(variant.span(), "a variant with fields cannot be stored"));
        }
        let default = unraw(&variant.ident.to_string());
        let stored = renamed(&variant.attrs)?.map_or(default, |name| name.value());
        names.push((stored, variant.span()));
    }
    check_unique(&names)?;
    let variants: Vec<_> = data.variants.iter().map(|variant| &variant.ident).collect();
    let names = names.iter().map(|(name, _)| name);
    let enum_name = name.to_string();
    let body = quote! {
        const SIZE: usize = <#integer as __hdfive::H5Type>::SIZE;
        const ALIGN: usize = <#integer as __hdfive::H5Type>::ALIGN;

        fn datatype() -> __hdfive::Datatype {
            __hdfive::enumeration([#((#names, #name::#variants as #integer)),*])
        }

        fn decode(
            image: &[u8],
            heap: &__hdfive::Heap,
        ) -> __hdfive::Result<Self> {
            match <#integer as __hdfive::H5Type>::decode(image, heap)? {
                #(value if value == #name::#variants as #integer => {
                    ::core::result::Result::Ok(Self::#variants)
                })*
                value => ::core::result::Result::Err(__hdfive::no_variant(#enum_name, value)),
            }
        }

        fn encode(
            &self,
            image: &mut [u8],
            heap: &mut __hdfive::Heap,
        ) -> __hdfive::Result<()> {
            let value = match self {
                #(Self::#variants => #name::#variants as #integer,)*
            };
            <#integer as __hdfive::H5Type>::encode(&value, image, heap)
        }
    };
    Ok(implementation(input, body))
}
