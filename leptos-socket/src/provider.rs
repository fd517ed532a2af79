//! Where a socket is declared, and how components below find it.

use leptos::prelude::*;
use leptos::tachys::reactive_graph::OwnedView;

use crate::connection::Session;
use crate::sockets::Sockets;
use crate::{Socket, SocketOptions, SocketUrl};

/// Declares a socket for its children: they get it with [`use_socket`].
///
/// ```
/// use leptos::prelude::*;
/// use leptos_socket::{SocketProvider, SocketStatus, use_socket};
///
/// #[component]
/// fn App() -> impl IntoView {
///     view! { <SocketProvider url="/ws/app/"><Dashboard /></SocketProvider> }
/// }
///
/// #[component]
/// fn Dashboard() -> impl IntoView {
///     let socket = use_socket();
///     view! { <SocketStatus socket /> }
/// }
/// ```
///
/// A socket is at one place at a time: its URL, apart from parameters that carry [tickets](SocketOptions::tickets). If `url`
/// changes to another place, or the provider is unmounted, the handle that components have moves on, and what was submitted is
/// still delivered to the place that it was meant for. So a line that was typed for room 1 reaches room 1 or nobody, and "save,
/// then leave" saves. Data and pushes of the old place end at once.
///
/// If the URL cannot be opened, the socket is closed. Its state says why, and so does the console. While the URL is `None`, the
/// socket is idle and calls wait.
///
/// Without `url` it provides an empty registry, as the original's provider does, for [`use_sockets`]. Sibling islands can't rely on
/// each other's provider, because each island is hydrated by itself.
#[expect(unreachable_pub, reason = "the macro makes an item that is not re-exported")]
#[component]
pub fn SocketProvider<C>(
    /// Where to connect to: see [`SocketUrl`].
    #[prop(default = SocketUrl::registry_only(), into)]
    url: SocketUrl,
    /// The options of the socket.
    #[prop(optional)]
    options: SocketOptions,
    /// Also puts the socket into the nearest registry: see [`Sockets::get_socket`]. If two providers use one name, the one that was
    /// mounted last wins.
    #[prop(optional, into)]
    name: Option<SocketName>,
    children: TypedChildren<C>,
) -> impl IntoView
where
    C: IntoView + 'static,
{
    let owner = Owner::current().map_or_else(Owner::new, |owner| owner.child());
    let children = children.into_inner();
    let view = owner.with(|| {
        let source = url.source_handle();
        source.declare(Declared { name, url, options });
        children()
    });
    OwnedView::new_with_owner(view, owner)
}

/// The name of a socket in a registry. Text becomes one.
///
/// ```
/// use leptos_socket::SocketName;
///
/// let name = SocketName::from("room");
/// assert_eq!(format!("{name:?}"), "room");
/// ```
#[derive(Clone)]
pub struct SocketName {
    name: String,
    /// A pointer: a page without names has no registry.
    register: fn(String, Socket),
}

impl<T: Into<String>> From<T> for SocketName {
    fn from(name: T) -> Self {
        Self { name: name.into(), register: |name, socket| nearest_registry().register(name, socket) }
    }
}

impl std::fmt::Debug for SocketName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.name)
    }
}

/// What a provider declares.
pub(crate) struct Declared {
    name: Option<SocketName>,
    url: SocketUrl,
    options: SocketOptions,
}

/// The socket that a provider declares.
#[derive(Clone, Copy)]
struct Nearest(Socket);

pub(crate) fn declare_socket(Declared { name, url, options }: Declared) {
    let shown = name.as_ref().map_or("socket", |name| &name.name).to_owned();
    let socket = Socket::open(options.settle(shown, url));
    on_cleanup(move || socket.dispose(Session::leave));
    make_nearest(socket);
    if let Some(SocketName { name, register }) = name {
        register(name, socket);
    }
}

/// `use_socket` finds this one, under the present owner.
pub(crate) fn make_nearest(socket: Socket) {
    provide_context(Nearest(socket));
}

fn nearest_registry() -> Sockets {
    try_use_sockets().unwrap_or_else(provide_sockets)
}

/// Provides an empty registry of sockets to the current reactive owner and its descendants, as a
/// [`SocketProvider`](SocketProvider()) without a URL does. It closes its sockets when that owner is cleaned up.
///
/// ```
/// use leptos::prelude::*;
/// use leptos_socket::{AddSocketError, SocketOptions, provide_sockets};
///
/// #[component]
/// fn App() -> impl IntoView {
///     let sockets = provide_sockets();
///     sockets.add_socket("app", "/ws/app/", SocketOptions::new())?;
///     Ok::<_, AddSocketError>(view! { <Dashboard /> })
/// }
/// # #[component]
/// # fn Dashboard() -> impl IntoView {}
/// ```
pub fn provide_sockets() -> Sockets {
    let sockets = Sockets::new();
    provide_context(sockets);
    sockets
}

/// The socket of the nearest [`SocketProvider`](SocketProvider()) that has a URL.
///
/// Using a socket never fails: if there is no connection, calls wait or say why they cannot be sent.
///
/// ```
/// use leptos::prelude::*;
/// use leptos_socket::{Route, use_socket};
/// # #[derive(serde::Serialize, Route)] #[route("sayHello", response = String)] struct SayHello { name: String }
///
/// #[component]
/// fn Greeting() -> impl IntoView {
///     let socket = use_socket();
///     let hello = Action::new(move |name: &String| socket.call(SayHello { name: name.clone() }));
///     view! {
///         <button on:click=move |_| { hello.dispatch("World".into()); }>"Say hello"</button>
///         <p>{move || hello.value().get().map(|reply| reply.unwrap_or_else(|error| error.to_string()))}</p>
///     }
/// }
/// ```
///
/// # Panics
///
/// Panics outside of such a provider. [`try_use_socket`] returns `None` instead.
#[must_use]
#[track_caller]
pub fn use_socket() -> Socket {
    try_use_socket().unwrap_or_else(|| {
        panic!(
            "`use_socket()` was called outside of a `SocketProvider` with a URL: wrap the component in \
             `<SocketProvider url=\"/ws/app/\">`"
        )
    })
}

/// The socket of the nearest [`SocketProvider`](SocketProvider()) that has a URL; `None` outside of one.
///
/// ```
/// use leptos::prelude::*;
/// use leptos_socket::{SocketStatus, try_use_socket};
///
/// /// Some pages have it without a socket.
/// #[component]
/// fn Footer() -> impl IntoView {
///     try_use_socket().map(|socket| view! { <SocketStatus socket /> })
/// }
/// ```
#[must_use]
pub fn try_use_socket() -> Option<Socket> {
    use_context().map(|Nearest(socket)| socket)
}

/// The registry of the nearest provider: sockets by name, as in the original.
///
/// ```
/// use leptos::prelude::*;
/// use leptos_socket::{SocketOptions, use_sockets};
///
/// #[component]
/// fn Join() -> impl IntoView {
///     let sockets = use_sockets();
///     let join = move |_| {
///         if let Err(error) = sockets.add_socket("room", "/ws/room/", SocketOptions::new()) {
///             leptos::logging::warn!("{error}");
///         }
///     };
///     view! { <button on:click=join>"Join"</button> }
/// }
/// ```
///
/// # Panics
///
/// Panics if there is no registry, because no outer provider is without a URL or has a name. [`try_use_sockets`] returns `None`
/// instead.
#[must_use]
#[track_caller]
pub fn use_sockets() -> Sockets {
    try_use_sockets().unwrap_or_else(|| {
        panic!("`use_sockets()` was called outside of a `SocketProvider`: wrap the component in `<SocketProvider>`, or call \
             `provide_sockets()` in a parent of it")
    })
}

/// The registry of the nearest provider; `None` if there is none.
///
/// ```
/// use leptos::prelude::*;
/// use leptos_socket::try_use_sockets;
///
/// #[component]
/// fn Footer() -> impl IntoView {
///     let names = try_use_sockets().map(|sockets| sockets.names());
///     move || names.map(|names| names.get().join(", "))
/// }
/// ```
#[must_use]
pub fn try_use_sockets() -> Option<Sockets> {
    use_context()
}
