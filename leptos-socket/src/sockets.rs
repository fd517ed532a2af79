//! The sockets of an app, by name.

use std::fmt;
use std::rc::Rc;
use std::sync::{Arc, Mutex, PoisonError};

use leptos::prelude::*;
use leptos::tachys::reactive_graph::OwnedView;

use crate::driver::Driver;
use crate::handed_out::HandedOut;
use crate::hydration;
use crate::lifecycle;
use crate::source::Sources;
use crate::transport::Transport;
use crate::{AddSocketError, Socket, SocketOptions, SocketUrl};

/// Provides [`Sockets`] to its children, and closes all of them when it is unmounted.
///
/// ```
/// use leptos::prelude::*;
/// use leptos_socket::SocketProvider;
///
/// #[component]
/// fn App() -> impl IntoView {
///     view! {
///         <SocketProvider>
///             <Dashboard />
///         </SocketProvider>
///     }
/// }
/// # #[component]
/// # fn Dashboard() -> impl IntoView {}
/// ```
#[expect(unreachable_pub, reason = "the macro makes an item that is not re-exported")]
#[component]
pub fn SocketProvider<C>(children: TypedChildren<C>) -> impl IntoView
where
    C: IntoView + 'static,
{
    let owner = Owner::current().map_or_else(Owner::new, |owner| owner.child());
    let children = children.into_inner();
    let view = owner.with(|| {
        provide_sockets();
        children()
    });
    OwnedView::new_with_owner(view, owner)
}

/// Provides [`Sockets`] to the current reactive owner and its descendants, and closes all of them when that owner is
/// cleaned up. [`SocketProvider`] does the same for a part of the view.
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
    let sockets = Sockets { registry: StoredValue::default() };
    on_cleanup(move || sockets.close_all());
    lifecycle::watch(sockets);
    provide_context(sockets);
    sockets
}

/// The sockets of the nearest provider.
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
/// Outside of a [`SocketProvider`]. [`try_use_sockets`] does not.
#[must_use]
#[track_caller]
pub fn use_sockets() -> Sockets {
    try_use_sockets().unwrap_or_else(|| {
        panic!(
            "`use_sockets()` was called outside of a `SocketProvider`: wrap the component in `<SocketProvider>`, or \
             call `provide_sockets()` in a parent of it"
        )
    })
}

/// The sockets of the nearest provider; `None` outside of one.
///
/// ```
/// use leptos::prelude::*;
/// use leptos_socket::try_use_sockets;
///
/// /// Some pages have it without a provider.
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

/// The sockets of one provider, by name.
///
/// They belong to the provider, not to the component that adds them: they live until they are removed or the provider is
/// unmounted.
///
/// ```
/// use leptos::prelude::*;
/// use leptos_socket::{SocketStatus, use_sockets};
///
/// #[component]
/// fn Rooms() -> impl IntoView {
///     let sockets = use_sockets();
///     let room = move |name: String| {
///         let socket = sockets.get_socket(name.clone());
///         let leave = move |_| {
///             sockets.remove_socket(&name);
///         };
///         view! { <li><SocketStatus socket /><button on:click=leave>"Leave"</button></li> }
///     };
///     view! { <ul><For each=move || sockets.names().get() key=String::clone children=room /></ul> }
/// }
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Sockets {
    registry: StoredValue<Registry>,
}

/// A handful, in the order of their names.
type Named = Vec<(String, Socket)>;

#[derive(Clone, Default)]
struct Registry {
    sockets: Arc<Mutex<Named>>,
    changed: ArcTrigger,
    by_name: HandedOut<String, Option<Socket>>,
    names: HandedOut<(), Vec<String>>,
}

impl Registry {
    fn read<T>(&self, read: impl FnOnce(&Named) -> T) -> T {
        read(&self.sockets.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn tracked<T>(&self, read: impl FnOnce(&Named) -> T) -> T {
        self.changed.track();
        self.read(read)
    }

    fn change<T>(&self, change: impl FnOnce(&mut Named) -> T) -> T {
        let changed = change(&mut self.sockets.lock().unwrap_or_else(PoisonError::into_inner));
        self.changed.notify();
        changed
    }
}

impl Sockets {
    /// Adds a socket and starts to connect it.
    ///
    /// `url` is `ws://..`, `wss://..`, or a path such as `/ws/app/` on the host that the page comes from; or a signal of that,
    /// or an async function: see [`SocketUrl`].
    ///
    /// ```
    /// use leptos_socket::{AddSocketError, Socket, SocketOptions, Sockets};
    ///
    /// fn connect(sockets: Sockets) -> Result<Socket, AddSocketError> {
    ///     match sockets.add_socket("app", "wss://example.com/ws/app/", SocketOptions::new()) {
    ///         Err(AddSocketError::Exists(socket)) => Ok(socket),
    ///         added => added,
    ///     }
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// There is a socket of that name, and `options` do not [`force`](SocketOptions::force); it is handed back untouched.
    /// Or no link could ever be opened to the URL, or the provider is gone.
    pub fn add_socket(
        &self,
        name: impl Into<String>,
        url: impl Into<SocketUrl>,
        options: SocketOptions,
    ) -> Result<Socket, AddSocketError> {
        let name = name.into();
        let url = url.into();
        url.source().check()?;
        let registry = self.registry.try_get_value().ok_or(AddSocketError::Disposed)?;
        let existing = self.find(&name);
        if let Some(existing) = existing.filter(|_| !options.force) {
            return Err(AddSocketError::Exists(existing));
        }
        let socket = open(&name, url, options);
        // Not `existing`: opening it asks the app for the URL, which may have added another one.
        let replaced = registry.change(|sockets| {
            let replaced = take(sockets, &name);
            let at = sockets.iter().position(|(known, _)| *known > name).unwrap_or(sockets.len());
            sockets.insert(at, (name, socket));
            replaced
        });
        if let Some(replaced) = replaced {
            replaced.dispose();
        }
        Ok(socket)
    }

    /// The socket of that name, as a signal: it wakes its readers when that socket is added, replaced or removed, and
    /// for no other.
    ///
    /// [`use_call`](crate::use_call()), [`use_query`](crate::use_query) and [`SocketStatus`](crate::SocketStatus()) take that
    /// signal as it is: the socket may come later.
    ///
    /// ```
    /// use leptos::prelude::*;
    /// use leptos_socket::{SocketStatus, use_call, use_sockets};
    /// # use leptos_socket::Route;
    /// # #[derive(serde::Serialize)] struct Ring;
    /// # impl Route for Ring { const ROUTE: &'static str = "ring"; type Response = String; }
    ///
    /// #[component]
    /// fn Bell() -> impl IntoView {
    ///     let socket = use_sockets().get_socket("app");
    ///     let ring = use_call(socket);
    ///     view! {
    ///         <SocketStatus socket />
    ///         <button on:click=move |_| ring.call(Ring)>"Ring"</button>
    ///         <p>{move || socket.get().map(|socket| socket.state().get().to_string())}</p>
    ///     }
    /// }
    /// ```
    #[must_use]
    pub fn get_socket(&self, name: impl Into<String>) -> Signal<Option<Socket>> {
        let name = name.into();
        let Some(registry) = self.registry.try_get_value() else { return Signal::stored(None) };
        let by_name = registry.by_name.clone();
        by_name.get(name.clone(), || ArcMemo::new(move |_| registry.tracked(|sockets| named(sockets, &name))).into())
    }

    /// Closes and removes the socket of that name. Returns whether there was one.
    ///
    /// ```
    /// use leptos::prelude::*;
    /// use leptos_socket::{SocketOptions, provide_sockets};
    ///
    /// # let owner = Owner::new();
    /// # owner.set();
    /// # fn example() -> Result<(), leptos_socket::AddSocketError> {
    /// let sockets = provide_sockets();
    /// sockets.add_socket("room", "wss://example.com/ws/room/", SocketOptions::new())?;
    /// assert!(sockets.remove_socket("room"));
    /// assert!(!sockets.remove_socket("room"));
    /// # Ok(())
    /// # }
    /// # example().expect("a valid URL");
    /// # owner.cleanup();
    /// ```
    pub fn remove_socket(&self, name: &str) -> bool {
        let Some(registry) = self.registry.try_get_value() else { return false };
        let present = registry.read(|sockets| named(sockets, name)).is_some();
        if present && let Some(socket) = registry.change(|sockets| take(sockets, name)) {
            socket.dispose();
        }
        present
    }

    pub(crate) fn find(&self, name: &str) -> Option<Socket> {
        self.registry.try_get_value()?.read(|sockets| named(sockets, name))
    }

    /// Removes a socket that nobody uses, unless another one has its name by now.
    pub(crate) fn remove_unused(&self, name: &str, socket: Socket) {
        if self.find(name) == Some(socket) {
            self.remove_socket(name);
        }
    }

    /// The names of all sockets, in alphabetical order.
    ///
    /// ```
    /// use leptos::prelude::*;
    /// use leptos_socket::use_sockets;
    ///
    /// #[component]
    /// fn Open() -> impl IntoView {
    ///     let names = use_sockets().names();
    ///     view! { <p>{move || names.read().len()} " open: " {move || names.read().join(", ")}</p> }
    /// }
    /// ```
    #[must_use]
    pub fn names(&self) -> Signal<Vec<String>> {
        let Some(registry) = self.registry.try_get_value() else { return Signal::stored(Vec::new()) };
        let names = registry.names.clone();
        names.get((), || ArcMemo::new(move |_| registry.tracked(names_of)).into())
    }

    /// All sockets, for the moment.
    #[cfg_attr(not(target_arch = "wasm32"), allow(dead_code, reason = "only a browser gives hints"))]
    pub(crate) fn all(&self) -> Vec<Socket> {
        let registry = self.registry.try_get_value();
        registry
            .map(|registry| registry.read(|sockets| sockets.iter().map(|(_, socket)| *socket).collect()))
            .unwrap_or_default()
    }

    fn close_all(&self) {
        let Some(registry) = self.registry.try_get_value() else { return };
        // First, so that nothing is added meanwhile.
        self.registry.dispose();
        for (_, socket) in registry.change(std::mem::take) {
            socket.dispose();
        }
    }
}

/// The names.
impl fmt::Debug for Sockets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.registry.try_get_value().map(|registry| registry.read(names_of)).unwrap_or_default();
        f.write_str("Sockets")?;
        f.debug_set().entries(names).finish()
    }
}

fn names_of(sockets: &Named) -> Vec<String> {
    sockets.iter().map(|(name, _)| name.clone()).collect()
}

fn named(sockets: &Named, name: &str) -> Option<Socket> {
    sockets.iter().find(|(known, _)| known == name).map(|(_, socket)| *socket)
}

fn take(sockets: &mut Named, name: &str) -> Option<Socket> {
    let at = sockets.iter().position(|(known, _)| known == name)?;
    Some(sockets.remove(at).1)
}

fn open(name: &str, url: SocketUrl, mut options: SocketOptions) -> Socket {
    let transport = if cfg!(feature = "ssr") { None } else { options.transport.take().or_else(default_transport) };
    let follows = options.reconnect_on_change;
    let sources = Sources::take(url, &mut options);
    let driver = transport.map(|transport| Driver::new(name.to_owned(), sources, options, transport));
    if let Some(driver) = &driver {
        if let Some(hint) = lifecycle::now() {
            driver.on_hint(hint);
        }
        hydration::connect(driver);
    }
    let socket = Socket::new(driver);
    if follows {
        socket.follow_url();
    }
    socket
}

fn default_transport() -> Option<Rc<dyn Transport>> {
    #[cfg(all(target_arch = "wasm32", not(feature = "ssr")))]
    return Some(Rc::new(crate::transport::web::Web::default()));
    #[cfg(not(all(target_arch = "wasm32", not(feature = "ssr"))))]
    return None;
}
