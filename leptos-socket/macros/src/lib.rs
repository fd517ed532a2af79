//! The derives of `leptos-socket`, which re-exports them beside the traits of the same names.
#![forbid(unsafe_code)]
#![deny(missing_docs)]

mod attributes;
mod expand;

use proc_macro::TokenStream;
use syn::{DeriveInput, Error, parse_macro_input};

/// Makes a struct or an enum a route: the value is the payload, and `response` is the type of the reply's payload.
///
/// ```
/// # extern crate leptos_socket_core as leptos_socket;
/// # use leptos_socket_macros::Route;
/// use leptos_socket::{Priority, Route};
/// use serde::Serialize;
///
/// #[derive(Serialize, Route)]
/// #[route("sayHello", response = String)]
/// struct SayHello {
///     name: String,
/// }
///
/// // Bytes that calls may overtake, and that may be sent twice. The reply has no payload.
/// #[derive(Serialize, Route)]
/// #[route("storePart", response = (), idempotent, bulk)]
/// struct StorePart {
///     part: u32,
///     bytes: String,
/// }
///
/// assert_eq!(SayHello::ROUTE, "sayHello");
/// assert!(StorePart::IDEMPOTENT && StorePart::PRIORITY == Priority::Bulk);
/// ```
///
/// # The attribute
///
/// The name of the route on the server, a string literal, and then in any order:
///
/// | | |
/// | --- | --- |
/// | `response = Type` | What the payload of a successful reply is decoded into: `()` for a route whose reply has none. Always needed. |
/// | `idempotent` | Calling twice does no more than calling once, so a call that loses its link is sent again: `Route::IDEMPOTENT`. |
/// | `bulk` | Other calls overtake it while it waits to leave: `Route::PRIORITY`. |
/// | `crate = path` | Where the traits are, if not at `::leptos_socket`. |
///
/// # Generic types
///
/// The derive adds no bounds. If a trait needs one, write it on the type:
///
/// ```
/// # use leptos_socket_core::Route;
/// # use leptos_socket_macros::Route;
/// # use serde::Serialize;
/// #[derive(Serialize, Route)]
/// #[route("save", response = u32, crate = leptos_socket_core)]
/// struct Save<'a, T: Serialize> {
///     record: &'a T,
/// }
///
/// assert_eq!(Save::<String>::ROUTE, "save");
/// ```
#[proc_macro_derive(Route, attributes(route))]
pub fn route(input: TokenStream) -> TokenStream {
    expand::route(&parse_macro_input!(input as DeriveInput)).unwrap_or_else(Error::into_compile_error).into()
}

/// Makes a struct or an enum a push: the value is the payload of what the server pushes on one route.
///
/// ```
/// # extern crate leptos_socket_core as leptos_socket;
/// # use leptos_socket_macros::Push;
/// use leptos_socket::Push;
/// use serde::Deserialize;
///
/// #[derive(Clone, Deserialize, Push)]
/// #[push("tick")]
/// struct Tick {
///     price: f64,
/// }
///
/// assert_eq!(Tick::ROUTE, "tick");
/// ```
///
/// If the trait is not at `::leptos_socket`, say where: `#[push("tick", crate = path)]`.
///
/// The derive adds no bounds. A generic type needs those of the trait, which serde has to know too:
///
/// ```
/// # use leptos_socket_core::Push;
/// # use leptos_socket_macros::Push;
/// # use serde::Deserialize;
/// use serde::de::DeserializeOwned;
///
/// #[derive(Deserialize, Push)]
/// #[serde(bound = "T: DeserializeOwned")]
/// #[push("changed", crate = leptos_socket_core)]
/// struct Changed<T: DeserializeOwned + 'static> {
///     to: T,
/// }
///
/// assert_eq!(Changed::<u32>::ROUTE, "changed");
/// ```
#[proc_macro_derive(Push, attributes(push))]
pub fn push(input: TokenStream) -> TokenStream {
    expand::push(&parse_macro_input!(input as DeriveInput)).unwrap_or_else(Error::into_compile_error).into()
}
