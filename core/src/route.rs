//! Typed routes.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::options::Priority;

/// A route of the server as a type: the value is the payload, the constant the name, and the answer has a type too.
///
/// ```
/// # use leptos_socket_core::{Message, Route};
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
///
/// let message = Message::from(SayHello { name: "World".to_owned() });
/// assert_eq!(message.route(), "sayHello");
/// ```
pub trait Route: Serialize {
    /// The name of the route on the server.
    const ROUTE: &'static str;

    /// Whether calling twice does no more than calling once: then a call that was in flight when its link was lost is sent
    /// again on the next one, with the same uuid and the same deadline. Default: false, and such a call ends as
    /// [`OutcomeUnknown`](crate::OutcomeUnknown).
    const IDEMPOTENT: bool = false;

    /// Which messages go first where some wait to leave: calls overtake messages of [`Priority::Bulk`], whatever their routes.
    /// Choose that for a route that carries a lot, such as the parts of an upload. To choose it for one call only, use
    /// [`CallOptions::priority`](crate::CallOptions::priority); no option makes a call of a bulk route overtake others.
    /// Default: [`Priority::Call`].
    ///
    /// ```
    /// # use leptos_socket_core::{Priority, Route};
    /// # #[derive(serde::Serialize)]
    /// # struct StorePart { part: u32, bytes: String }
    /// impl Route for StorePart {
    ///     const ROUTE: &'static str = "storePart";
    ///     const PRIORITY: Priority = Priority::Bulk;
    ///     type Response = ();
    /// }
    /// ```
    const PRIORITY: Priority = Priority::Call;

    /// What the payload of a successful reply is decoded into.
    type Response: DeserializeOwned;
}

/// A [`Route`], or an `Option` of one where there is nothing to ask for yet: what a query or a subscription asks for.
///
/// ```
/// # use leptos_socket_core::{MaybeRoute, Route};
/// # #[derive(serde::Serialize)] struct GetArticle { id: u32 }
/// # impl Route for GetArticle { const ROUTE: &'static str = "getArticle"; type Response = String; }
/// fn is_asked_for(asked: impl MaybeRoute) -> bool {
///     asked.into_route().is_some()
/// }
/// assert!(is_asked_for(GetArticle { id: 7 }));
/// assert!(!is_asked_for(None::<GetArticle>));
/// ```
pub trait MaybeRoute {
    /// The route.
    type Route: Route;

    /// The route, if there is something to ask for.
    fn into_route(self) -> Option<Self::Route>;
}

impl<R: Route> MaybeRoute for R {
    type Route = R;

    fn into_route(self) -> Option<R> {
        Some(self)
    }
}

impl<R: Route> MaybeRoute for Option<R> {
    type Route = R;

    fn into_route(self) -> Self {
        self
    }
}

/// What a server pushes on one route, as a type: the value is the payload, the constant the name of the route.
///
/// ```
/// # use leptos_socket_core::{DecodeError, Payload, Push};
/// use serde::Deserialize;
///
/// #[derive(Deserialize)]
/// struct Tick {
///     price: f64,
/// }
///
/// impl Push for Tick {
///     const ROUTE: &'static str = "ticker";
/// }
/// # let tick: Tick = Payload::from_json(r#"{ "price": 9.5 }"#)?.decode()?;
/// # assert_eq!(tick.price, 9.5);
/// # Ok::<(), DecodeError>(())
/// ```
pub trait Push: DeserializeOwned + 'static {
    /// The name of the route on the server.
    const ROUTE: &'static str;
}
