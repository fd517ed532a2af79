//! What the derives write.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{DeriveInput, Path, Result};

use crate::attributes::{Attribute, PUSH, ROUTE};

pub(crate) fn route(input: &DeriveInput) -> Result<TokenStream> {
    let Attribute { name, response, idempotent, bulk, krate } = ROUTE.read(input)?;
    // What a route does not say is left to the defaults of the trait.
    let idempotent = idempotent.then(|| {
        quote!(
            const IDEMPOTENT: bool = true;
        )
    });
    let priority = bulk.then(|| quote!(const PRIORITY: #krate::Priority = #krate::Priority::Bulk;));
    let members = quote! {
        const ROUTE: &'static str = #name;
        #idempotent
        #priority
        type Response = #response;
    };
    Ok(implement(input, &krate, &quote!(Route), &members))
}

pub(crate) fn push(input: &DeriveInput) -> Result<TokenStream> {
    let Attribute { name, krate, .. } = PUSH.read(input)?;
    Ok(implement(input, &krate, &quote!(Push), &quote!(const ROUTE: &'static str = #name;)))
}

fn implement(input: &DeriveInput, krate: &Path, name: &TokenStream, members: &TokenStream) -> TokenStream {
    let ident = &input.ident;
    let (generics, arguments, bounds) = input.generics.split_for_impl();
    quote! {
        #[automatically_derived]
        impl #generics #krate::#name for #ident #arguments #bounds {
            #members
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn assert_expands(derive: fn(&DeriveInput) -> Result<TokenStream>, source: TokenStream, expected: &TokenStream) {
        let expanded = derive(&syn::parse2(source).unwrap()).unwrap();
        assert_eq!(expanded.to_string(), expected.to_string());
    }

    #[test]
    fn a_route_without_flags_leaves_them_to_the_defaults_of_the_trait() {
        let source = quote! {
            #[route("sayHello", response = Vec<Job>)]
            struct SayHello { name: String }
        };
        let expected = quote! {
            #[automatically_derived]
            impl ::leptos_socket::Route for SayHello {
                const ROUTE: &'static str = "sayHello";
                type Response = Vec<Job>;
            }
        };
        assert_expands(route, source, &expected);
    }

    #[test]
    fn words_may_come_in_any_order_and_in_several_attributes() {
        let expected = quote! {
            #[automatically_derived]
            impl my::path::Route for Store {
                const ROUTE: &'static str = "store";
                const IDEMPOTENT: bool = true;
                const PRIORITY: my::path::Priority = my::path::Priority::Bulk;
                type Response = HashMap<u8, (u8, u8)>;
            }
        };
        for attributes in [
            quote!(#[route("store", response = HashMap<u8, (u8, u8)>, idempotent, bulk, crate = my::path)]),
            quote!(#[route("store", bulk, crate = my::path, idempotent, response = HashMap<u8, (u8, u8)>,)]),
            quote!(#[route("store", bulk)] #[route(crate = my::path, response = HashMap<u8, (u8, u8)>, idempotent)]),
        ] {
            assert_expands(route, quote!(#attributes struct Store;), &expected);
        }
    }

    #[test]
    fn generics_keep_their_own_bounds_and_get_no_others() {
        let source = quote! {
            #[route("save", response = T::Saved)]
            enum Save<'a, T: Record = Job, const N: usize = 1> where T: Serialize { One(&'a T), All([T; N]) }
        };
        let expected = quote! {
            #[automatically_derived]
            impl<'a, T: Record, const N: usize> ::leptos_socket::Route for Save<'a, T, N> where T: Serialize {
                const ROUTE: &'static str = "save";
                type Response = T::Saved;
            }
        };
        assert_expands(route, source, &expected);
    }

    #[test]
    fn a_push_has_a_name_and_nothing_else() {
        let source = quote! {
            #[push("tick", crate = core)]
            struct Tick<T: Price>(T);
        };
        let expected = quote! {
            #[automatically_derived]
            impl<T: Price> core::Push for Tick<T> {
                const ROUTE: &'static str = "tick";
            }
        };
        assert_expands(push, source, &expected);
    }

    #[test]
    fn one_type_can_be_a_route_and_a_push() {
        let source = quote! {
            #[route("say", response = ())]
            #[push("said")]
            #[serde(untagged)]
            enum Line { Text(String) }
        };
        let input = syn::parse2(source).unwrap();
        assert!(route(&input).unwrap().to_string().contains(r#""say""#));
        assert!(push(&input).unwrap().to_string().contains(r#""said""#));
    }
}
