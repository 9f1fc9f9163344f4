//! Structs: compound types.

use proc_macro_crate::FoundCrate;
use proc_macro2::{Span, TokenStream as Tokens};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{
    DeriveInput, Error, Fields, GenericParam, Generics, Ident, Index, Member, Path, Result, Type, parse_quote,
};

use crate::attributes::{Repr, check_unique, refuse, renamed};

/// A field: how it is accessed, its type and its name in the file.
struct Field<'a> {
    member: Member,
    ty: &'a Type,
    name: String,
}

pub(crate) fn expand(input: &DeriveInput, fields: &Fields) -> Result<Tokens> {
    let repr = Repr::of(&input.attrs)?;
    if fields.is_empty() {
        return Err(Error::new(input.ident.span(), "an HDF5 compound type has at least one member"));
    }
    if repr.transparent {
        return transparent(input, fields);
    }
    let fields = collect(fields)?;
    let max_align = match (repr.c, repr.packed) {
        (true, None) => quote!(usize::MAX),
        (true, Some(align)) => quote!(#align),
        (false, _) => quote!(1),
    };
    let types: Vec<_> = fields.iter().map(|field| field.ty).collect();
    let names = fields.iter().map(|field| &field.name);
    let layout = quote! {
        __hdfive::Layout::new(
            [#((
                <#types as __hdfive::H5Type>::SIZE,
                <#types as __hdfive::H5Type>::ALIGN,
            )),*],
            #max_align,
        )
    };
    let decode = fields
        .iter()
        .enumerate()
        .map(|(at, Field { member, .. })| quote!(#member: layout.decode(#at, image, heap)?));
    let encode = fields.iter().enumerate().map(|(at, Field { member, .. })| {
        // A field of a packed struct must not be borrowed where it is.
        let value = if repr.packed.is_some() { quote!(&{ self.#member }) } else { quote!(&self.#member) };
        quote!(layout.encode(#at, #value, image, heap)?;)
    });
    let body = quote! {
        const SIZE: usize = #layout.size;
        const ALIGN: usize = #layout.align;

        fn datatype() -> __hdfive::Datatype {
            const { #layout }
                .datatype([#((#names, <#types as __hdfive::H5Type>::datatype())),*])
        }

        fn decode(
            image: &[u8],
            heap: &__hdfive::Heap,
        ) -> __hdfive::Result<Self> {
            let layout = const { #layout };
            ::core::result::Result::Ok(Self { #(#decode),* })
        }

        fn encode(
            &self,
            image: &mut [u8],
            heap: &mut __hdfive::Heap,
        ) -> __hdfive::Result<()> {
            let layout = const { #layout };
            #(#encode)*
            ::core::result::Result::Ok(())
        }
    };
    Ok(implementation(input, body))
}

fn collect(fields: &Fields) -> Result<Vec<Field<'_>>> {
    let mut names: Vec<(String, Span)> = Vec::new();
    let mut collected = Vec::new();
    for (at, field) in fields.iter().enumerate() {
        let (member, default) = match &field.ident {
            Some(ident) => (Member::Named(ident.clone()), unraw(&ident.to_string())),
            None => (Member::Unnamed(Index::from(at)), at.to_string()),
        };
        let name = renamed(&field.attrs)?.map_or(default, |name| name.value());
        names.push((name.clone(), field.span()));
        collected.push(Field { member, ty: &field.ty, name });
    }
    check_unique(&names)?;
    Ok(collected)
}

/// The name of an identifier such as `r#type`.
pub(crate) fn unraw(ident: &str) -> String {
    ident.strip_prefix("r#").unwrap_or(ident).to_owned()
}

/// A struct that is stored as its only field.
fn transparent(input: &DeriveInput, fields: &Fields) -> Result<Tokens> {
    let mut all = fields.iter();
    let (Some(field), None) = (all.next(), all.next()) else {
        return Err(Error::new(fields.span(), "a transparent struct with one field was expected"));
    };
    refuse(&field.attrs)?;
    let ty = &field.ty;
    let member = field.ident.clone().map_or(Member::Unnamed(Index::from(0)), Member::Named);
    let body = quote! {
        const SIZE: usize = <#ty as __hdfive::H5Type>::SIZE;
        const ALIGN: usize = <#ty as __hdfive::H5Type>::ALIGN;

        fn datatype() -> __hdfive::Datatype {
            <#ty as __hdfive::H5Type>::datatype()
        }

        fn decode(
            image: &[u8],
            heap: &__hdfive::Heap,
        ) -> __hdfive::Result<Self> {
            let value = <#ty as __hdfive::H5Type>::decode(image, heap)?;
            ::core::result::Result::Ok(Self { #member: value })
        }

        fn encode(
            &self,
            image: &mut [u8],
            heap: &mut __hdfive::Heap,
        ) -> __hdfive::Result<()> {
            <#ty as __hdfive::H5Type>::encode(&self.#member, image, heap)
        }
    };
    Ok(implementation(input, body))
}

/// The `impl` with that body; type parameters are elements themselves.
pub(crate) fn implementation(input: &DeriveInput, body: Tokens) -> Tokens {
    let name = &input.ident;
    let generics = bounded(&input.generics);
    let (parameters, arguments, bounds) = generics.split_for_impl();
    let library = library();
    quote_spanned! {name.span()=>
        const _: () = {
            use #library::__derive as __hdfive;

            #[automatically_derived]
            impl #parameters __hdfive::H5Type for #name #arguments #bounds {
                #body
            }
        };
    }
}

/// The path of the crate hdfive, whatever the user's manifest calls it.
fn library() -> Path {
    let found = proc_macro_crate::crate_name("hdfive");
    let name = match &found {
        Ok(FoundCrate::Name(name)) => name,
        // Its own library, examples and tests have it by that name. So must those that reach it otherwise.
        Ok(FoundCrate::Itself) | Err(_) => "hdfive",
    };
    let name = Ident::new(name, Span::call_site());
    parse_quote!(::#name)
}

fn bounded(generics: &Generics) -> Generics {
    let mut generics = generics.clone();
    for parameter in &mut generics.params {
        if let GenericParam::Type(parameter) = parameter {
            parameter.bounds.push(parse_quote!(__hdfive::H5Type));
        }
    }
    generics
}
