//! The handle that an app holds.

use std::fmt;
use std::rc::Rc;
use std::time::Duration;

use leptos::prelude::*;
use leptos_socket_core::{CloseReason, Diagnosis, NotSent, SocketState};

use crate::connection::Session;
use crate::options::Declaration;
use crate::reactive::without_owner;
use crate::trace;

mod inner;
mod parts;
mod signals;
mod work;

pub(crate) use inner::Inner;
pub(crate) use parts::Part;
pub(crate) use signals::Shared;
use signals::{Connected, InFlight, Latency, Likely, Live, Queued, Shown, State};
pub(crate) use work::Work;

/// A socket: its state as signals, and its calls. [`use_socket`](crate::use_socket()) returns it.
///
/// A handle is `Copy`, and you may keep it for as long as you like. It may outlive its socket: then the state is closed, and
/// calls fail with [`NotSent::Closed`]. A page carries only those signals that it asks for.
///
/// ```
/// use leptos::prelude::*;
/// use leptos_socket::{Message, use_socket};
/// # use leptos_socket::Push;
/// # #[derive(serde::Deserialize, Push)] #[push("bell")] struct Bell {}
///
/// #[component]
/// fn Doorbell() -> impl IntoView {
///     let socket = use_socket();
///     let rung = socket.fold(0, |times, _: Bell| *times += 1);
///     let ring = move |_| {
///         if let Err(error) = socket.send(Message::new("ring", ())) {
///             leptos::logging::warn!("{error}");
///         }
///     };
///     view! { <button disabled=move || !socket.connected().get() on:click=ring>"Rung " {rung.value()} " times"</button> }
/// }
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Socket {
    /// `None` while rendering on a server.
    inner: Option<StoredValue<Rc<Inner>, LocalStorage>>,
}

/// Its state as signals.
///
/// ```
/// use leptos::prelude::*;
/// use leptos_socket::Socket;
///
/// #[component]
/// fn Details(socket: Socket) -> impl IntoView {
///     let state = move || socket.state().get().to_string();
///     let latency = move || socket.latency().get().map(|latency| format!("{} ms", latency.as_millis()));
///     let calls = move || format!("{} in flight, {} queued", socket.in_flight().get(), socket.queued().get());
///     view! { <p>{state} " " {latency} " " {calls}</p> }
/// }
/// ```
impl Socket {
    /// What the socket does, in detail. For people, see [`status`](Self::status).
    #[must_use]
    pub fn state(&self) -> Signal<SocketState> {
        self.live::<State>()
    }

    /// Whether a link is open.
    #[must_use]
    pub fn connected(&self) -> Signal<bool> {
        self.live::<Connected>()
    }

    /// How long the server took to answer the last ping; `None` before the first answer on this link.
    #[must_use]
    pub fn latency(&self) -> Signal<Option<Duration>> {
        self.live::<Latency>()
    }

    /// How many calls left and await their reply.
    #[must_use]
    pub fn in_flight(&self) -> Signal<usize> {
        self.live::<InFlight>()
    }

    /// How many messages wait: for a link, for room in it, or for a new token.
    #[must_use]
    pub fn queued(&self) -> Signal<usize> {
        self.live::<Queued>()
    }

    /// Why there is no link, as far as that can be told; `None` while there is one.
    ///
    /// ```
    /// use leptos::prelude::*;
    /// use leptos_socket::Socket;
    ///
    /// #[component]
    /// fn Why(socket: Socket) -> impl IntoView {
    ///     move || socket.diagnosis().get().map(|diagnosis| format!("Likely: {diagnosis}."))
    /// }
    /// ```
    #[must_use]
    pub fn diagnosis(&self) -> Signal<Option<Diagnosis>> {
        self.live::<Likely>()
    }

    /// How long it is until the next attempt to connect; `None` if none is planned. This is not a signal:
    /// [`countdown`](Self::countdown) is.
    #[must_use]
    pub fn retry_in(&self) -> Option<Duration> {
        self.with_inner(|inner| inner.retry_in()).flatten()
    }
}

/// What the app can do with the connection.
impl Socket {
    /// Closes the socket: everything under way ends at once. Only [`reconnect`](Self::reconnect) connects it again. As in the
    /// original, the heartbeat stops.
    pub fn close(&self) {
        self.with_inner(|inner| inner.close());
    }

    /// Opens a new link at once, even if the socket is closed, waits for its next attempt, or has an open link. Calls in
    /// flight end as *outcome unknown*, except idempotent ones, which are sent again.
    ///
    /// ```
    /// use leptos::prelude::*;
    /// use leptos_socket::Socket;
    ///
    /// #[component]
    /// fn TryNow(socket: Socket) -> impl IntoView {
    ///     view! { <button on:click=move |_| socket.reconnect()>"Try now"</button> }
    /// }
    /// ```
    pub fn reconnect(&self) {
        self.with_inner(|inner| inner.reconnect());
    }
}

impl Socket {
    /// `None` is a socket on a server, which does nothing.
    pub(crate) fn open(declaration: Option<Declaration>) -> Self {
        let Some(Declaration { settings, installers, mistake }) = declaration else { return Self { inner: None } };
        let inner = Inner::new(settings);
        let stored = without_owner(|| StoredValue::new_local(Rc::clone(&inner)));
        inner.stored_as(stored);
        let socket = Self::stored(stored);
        installers.into_iter().for_each(|install| install(socket, &inner));
        match mistake {
            None => inner.start(socket),
            Some(mistake) => {
                trace::warn(&inner.settings().name, format_args!("the config makes no sense: {mistake}"));
                inner.driver().reject(CloseReason::InvalidConfig);
            }
        }
        socket
    }

    /// The handle of what is stored there.
    pub(crate) const fn stored(inner: StoredValue<Rc<Inner>, LocalStorage>) -> Self {
        Self { inner: Some(inner) }
    }

    /// The socket is gone for the app. `end` is for what is under way.
    pub(crate) fn dispose(self, end: fn(&Session)) {
        self.with_inner(|inner| inner.dispose(end));
    }

    /// Also a socket that is gone is told who uses it, as long as it delivers something.
    pub(crate) fn tell(&self, tell: impl FnOnce(&Rc<Inner>)) {
        if let Some(inner) = self.inner.and_then(|inner| inner.try_get_value()) {
            tell(&inner);
        }
    }

    pub(crate) fn with_inner<T>(&self, verb: impl FnOnce(&Rc<Inner>) -> T) -> Option<T> {
        // Cloned: the verb may dispose of the socket.
        let inner = self.inner?.try_get_value()?;
        if inner.is_gone() { None } else { Some(verb(&inner)) }
    }

    /// Why nothing can be sent.
    pub(crate) const fn nothing_behind(&self) -> NotSent {
        match self.inner {
            None => NotSent::Rendering,
            Some(_) => NotSent::Closed(CloseReason::ByApp),
        }
    }

    fn live<S: Shown>(&self) -> Signal<S::Value> {
        self.with_inner(Live::<S>::signal).unwrap_or_else(|| Signal::stored(self.without_inner(S::INITIAL, S::GONE)))
    }

    pub(crate) fn without_inner<T>(&self, initial: T, gone: T) -> T {
        if self.inner.is_none() { initial } else { gone }
    }
}

/// The state.
impl fmt::Debug for Socket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.with_inner(|inner| inner.state());
        write!(f, "Socket({})", state.unwrap_or_else(|| self.without_inner(State::INITIAL, State::GONE)))
    }
}
