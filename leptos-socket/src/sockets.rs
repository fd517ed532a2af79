//! The sockets of an app, by name.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use leptos::prelude::*;
use leptos_socket_core::{ConfigError, InvalidUrl};

use crate::connection::Session;
use crate::signal_per_owner::SignalPerOwner;
use crate::{Socket, SocketOptions, SocketUrl};

/// Why [`Sockets::add_socket`] added nothing.
///
/// ```
/// use leptos_socket::AddSocketError;
///
/// fn explain(error: AddSocketError) -> String {
///     match error {
///         AddSocketError::Exists(_) => "You are in that room already.".to_owned(),
///         AddSocketError::InvalidUrl(error) => format!("That is no address of a server: {error}."),
///         error => error.to_string(),
///     }
/// }
/// ```
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AddSocketError {
    /// There is a socket of that name already: here it is. `options.force(true)` replaces it.
    #[error("there is a socket of that name already")]
    Exists(Socket),
    /// No link could ever be opened to the URL.
    #[error(transparent)]
    InvalidUrl(#[from] InvalidUrl),
    /// The config makes no sense.
    #[error(transparent)]
    InvalidConfig(#[from] ConfigError),
    /// The provider of these sockets is gone.
    #[error("the provider of these sockets is gone")]
    Disposed,
}

/// By hand: a derived one brings what pretty-prints into every page.
impl fmt::Debug for AddSocketError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AddSocketError: ")?;
        fmt::Display::fmt(self, f)
    }
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
///         let status = move || socket.get().map(|socket| view! { <SocketStatus socket /> });
///         view! { <li>{status}<button on:click=leave>"Leave"</button></li> }
///     };
///     view! { <ul><For each=move || sockets.names().get() key=String::clone children=room /></ul> }
/// }
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Sockets {
    registry: StoredValue<Registry>,
}

/// A handful, in the order in which they came. Of two with one name, the last one counts.
type Named = Vec<(String, Socket)>;

#[derive(Clone, Default)]
struct Registry {
    sockets: Arc<Mutex<Named>>,
    changed: ArcTrigger,
    by_name: SignalPerOwner<String, Option<Socket>>,
    names: SignalPerOwner<(), Vec<String>>,
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
    /// Empty. It closes its sockets when the current owner is cleaned up.
    pub(crate) fn new() -> Self {
        let sockets = Self { registry: StoredValue::default() };
        on_cleanup(move || sockets.close_all());
        sockets
    }

    /// A provider has declared this socket. It is found until the current owner is cleaned up.
    pub(crate) fn register(&self, name: String, socket: Socket) {
        let Some(registry) = self.registry.try_get_value() else { return };
        registry.change(|sockets| sockets.push((name, socket)));
        on_cleanup(move || registry.change(|sockets| sockets.retain(|(_, known)| *known != socket)));
    }

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
        options.check()?;
        let registry = self.registry.try_get_value().ok_or(AddSocketError::Disposed)?;
        let existing = self.find(&name);
        if let Some(existing) = existing.filter(|_| !options.force) {
            return Err(AddSocketError::Exists(existing));
        }
        let socket = Socket::open(options.settle(name.clone(), url));
        // Not `existing`: opening it may run code of the app, which may have added another one.
        let replaced = registry.change(|sockets| {
            let replaced = take(sockets, &name);
            sockets.push((name, socket));
            replaced
        });
        if let Some(replaced) = replaced {
            replaced.dispose(Session::close);
        }
        Ok(socket)
    }

    /// The socket of that name, as a signal, which notifies its readers only when the socket of this name is added, replaced or
    /// removed.
    ///
    /// ```
    /// use leptos::prelude::*;
    /// use leptos_socket::{SocketStatus, use_sockets};
    ///
    /// #[component]
    /// fn Footer() -> impl IntoView {
    ///     let socket = use_sockets().get_socket("app");
    ///     move || socket.get().map(|socket| view! { <SocketStatus socket /> })
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
            socket.dispose(Session::close);
        }
        present
    }

    pub(crate) fn find(&self, name: &str) -> Option<Socket> {
        self.registry.try_get_value()?.read(|sockets| named(sockets, name))
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

    fn close_all(&self) {
        let Some(registry) = self.registry.try_get_value() else { return };
        // First, so that nothing is added meanwhile.
        self.registry.dispose();
        for (_, socket) in registry.change(std::mem::take) {
            socket.dispose(Session::leave);
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
    let mut names: Vec<_> = sockets.iter().map(|(name, _)| name.clone()).collect();
    names.sort();
    names.dedup();
    names
}

fn named(sockets: &Named, name: &str) -> Option<Socket> {
    sockets.iter().rfind(|(known, _)| known == name).map(|(_, socket)| *socket)
}

fn take(sockets: &mut Named, name: &str) -> Option<Socket> {
    let at = sockets.iter().rposition(|(known, _)| known == name)?;
    Some(sockets.remove(at).1)
}
