//! The sockets of an app, by name.

use std::collections::BTreeMap;
use std::rc::Rc;

use leptos::prelude::*;
use leptos::reactive::owner::WeakOwner;
use leptos::tachys::reactive_graph::OwnedView;

use crate::driver::Driver;
use crate::lifecycle;
use crate::owned::Scope;
use crate::signals::Signals;
use crate::transport::Transport;
use crate::url::SocketUrl;
use crate::{AddSocketError, Socket, SocketOptions};

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
pub fn provide_sockets() -> Sockets {
    let map = ArcRwSignal::new(BTreeMap::new());
    let owner = Owner::current().as_ref().map(Owner::downgrade);
    let sockets = Sockets { registry: StoredValue::new(Registry { map, owner }) };
    on_cleanup(move || sockets.close_all());
    lifecycle::watch(sockets);
    provide_context(sockets);
    sockets
}

/// The sockets of the nearest provider.
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
#[must_use]
pub fn try_use_sockets() -> Option<Sockets> {
    use_context()
}

/// The sockets of one provider, by name.
///
/// They belong to the provider, not to the component that adds them: they live until they are removed or the provider is
/// unmounted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sockets {
    registry: StoredValue<Registry>,
}

#[derive(Clone)]
struct Registry {
    map: ArcRwSignal<BTreeMap<String, Socket>>,
    /// Weak: what is stored must not keep alive whom it is stored with.
    owner: Option<WeakOwner>,
}

impl Sockets {
    /// Adds a socket and starts to connect it.
    ///
    /// `url` is `ws://..`, `wss://..`, or a path such as `/ws/app/` on the host that the page comes from.
    ///
    /// # Errors
    ///
    /// There is a socket of that name, and `options` do not [`force`](SocketOptions::force); it is handed back untouched.
    /// Or no link could ever be opened to the URL, or the provider is gone.
    pub fn add_socket(
        &self,
        name: impl Into<String>,
        url: impl AsRef<str>,
        options: SocketOptions,
    ) -> Result<Socket, AddSocketError> {
        let name = name.into();
        let url = SocketUrl::parse(url.as_ref())?;
        let registry = self.registry.try_get_value().ok_or(AddSocketError::Disposed)?;
        let existing = registry.map.read_untracked().get(&name).copied();
        if let Some(existing) = existing
            && !options.force
        {
            return Err(AddSocketError::Exists(existing));
        }
        // The callback belongs to whoever adds the socket, the socket to the provider.
        let scope = Scope::current();
        let socket = registry.under_owner(|| open(&name, url, options, scope));
        registry.map.update(|map| {
            map.insert(name, socket);
        });
        if let Some(replaced) = existing {
            replaced.dispose();
        }
        Ok(socket)
    }

    /// The socket of that name, as a signal: it wakes its readers when that socket is added, replaced or removed, and
    /// for no other.
    #[must_use]
    pub fn get_socket(&self, name: impl Into<String>) -> Signal<Option<Socket>> {
        let name = name.into();
        let Some(map) = self.map() else { return Signal::stored(None) };
        Memo::new(move |_| map.read().get(&name).copied()).into()
    }

    /// Closes and removes the socket of that name. Returns whether there was one.
    pub fn remove_socket(&self, name: &str) -> bool {
        let Some(map) = self.map() else { return false };
        let present = map.read_untracked().contains_key(name);
        if present && let Some(socket) = map.try_update(|map| map.remove(name)).flatten() {
            socket.dispose();
        }
        present
    }

    /// The names of all sockets, in alphabetical order.
    #[must_use]
    pub fn names(&self) -> Signal<Vec<String>> {
        let Some(map) = self.map() else { return Signal::stored(Vec::new()) };
        Memo::new(move |_| map.read().keys().cloned().collect()).into()
    }

    /// All sockets, for the moment.
    pub(crate) fn all(&self) -> Vec<Socket> {
        self.map().map(|map| map.read_untracked().values().copied().collect()).unwrap_or_default()
    }

    fn close_all(&self) {
        for socket in self.all() {
            socket.dispose();
        }
    }

    fn map(&self) -> Option<ArcRwSignal<BTreeMap<String, Socket>>> {
        self.registry.try_with_value(|registry| registry.map.clone())
    }
}

impl Registry {
    fn under_owner<T>(&self, make: impl FnOnce() -> T) -> T {
        match self.owner.as_ref().and_then(WeakOwner::upgrade) {
            Some(owner) => owner.with(make),
            None => make(),
        }
    }
}

fn open(name: &str, url: SocketUrl, options: SocketOptions, scope: Scope) -> Socket {
    let signals = Signals::new();
    let transport = if cfg!(feature = "ssr") { None } else { options.transport.or_else(default_transport) };
    let driver = transport.map(|transport| {
        Driver::start(name.to_owned(), url, options.config, transport, signals.clone(), options.callbacks, scope)
    });
    Socket::new(signals, driver)
}

fn default_transport() -> Option<Rc<dyn Transport>> {
    #[cfg(all(target_arch = "wasm32", not(feature = "ssr")))]
    return Some(Rc::new(crate::transport::gloo::Gloo));
    #[cfg(not(all(target_arch = "wasm32", not(feature = "ssr"))))]
    return None;
}
