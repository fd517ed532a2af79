//! Typed routes.

use serde::Serialize;
use serde::de::DeserializeOwned;

/// A route of the server as a type: the value is the payload, the constant the name, and the answer has a type too.
///
/// ```
/// use leptos_socket_core::Route;
/// use serde::Serialize;
///
/// #[derive(Serialize)]
/// struct SayHello {
///     name: String,
/// }
///
/// impl Route for SayHello {
///     const ROUTE: &'static str = "sayHello";
///     type Response = String;
/// }
/// ```
pub trait Route: Serialize {
    /// The name of the route on the server.
    const ROUTE: &'static str;

    /// What the payload of a successful reply is decoded into.
    type Response: DeserializeOwned;
}
