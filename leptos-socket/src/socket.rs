//! The handle that an app holds.

use std::fmt;
use std::rc::Rc;
use std::time::Duration;

use leptos::prelude::*;
use leptos_socket_core::{CloseReason, Diagnosis, NotSent, SocketState};

use crate::driver::{Driver, Part};
use crate::owned::without_owner;
use crate::signals::{Connected, InFlight, Latency, Likely, Live, Queued, Shown, State};
use crate::watch::Watch;

mod messages;

pub(crate) use messages::of_route;

/// One named socket: its state as signals, and its calls.
///
/// A handle is `Copy`, and you may keep it for as long as you like. It may outlive its socket: then the state is closed, and
/// calls fail with [`NotSent::Closed`]. A page carries only those signals that it asks for.
///
/// ```
/// use leptos::prelude::*;
/// use leptos_socket::{Message, Socket};
///
/// #[component]
/// fn Bell(socket: Socket) -> impl IntoView {
///     let rung = socket.fold("bell", 0, |times, _| *times += 1);
///     let ring = move |_| {
///         if let Err(error) = socket.send_message(Message::new("ring", ())) {
///             leptos::logging::warn!("{error}");
///         }
///     };
///     view! { <button disabled=move || !socket.connected().get() on:click=ring>"Rung " {rung} " times"</button> }
/// }
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Socket {
    /// `None` while rendering on a server.
    driver: Option<StoredValue<Rc<Driver>, LocalStorage>>,
}

/// What it is.
///
/// ```
/// use leptos::prelude::*;
/// use leptos_socket::Socket;
///
/// #[component]
/// fn Details(socket: Socket) -> impl IntoView {
///     let state = move || socket.state().get().to_string();
///     let latency = move || socket.latency().get().map(|latency| format!("{} ms", latency.as_millis()));
///     let diagnosis = move || socket.diagnosis().get().map(|diagnosis| diagnosis.to_string());
///     view! {
///         <p class:connected=socket.connected()>{state} " " {latency}</p>
///         <p>{socket.in_flight()} " in flight, " {socket.queued()} " queued"</p>
///         <p role="alert">{diagnosis}</p>
///     }
/// }
/// ```
impl Socket {
    /// The state, with its details.
    #[must_use]
    pub fn state(&self) -> Signal<SocketState> {
        self.live::<State>()
    }

    /// Whether a link is open: the original's `socketState`.
    #[must_use]
    pub fn connected(&self) -> Signal<bool> {
        self.live::<Connected>()
    }

    /// The time from the last answered ping to its answer; `None` before the first one, and without a link.
    #[must_use]
    pub fn latency(&self) -> Signal<Option<Duration>> {
        self.live::<Latency>()
    }

    /// How many calls were handed to the link and await their replies.
    #[must_use]
    pub fn in_flight(&self) -> Signal<usize> {
        self.live::<InFlight>()
    }

    /// How many messages wait for a link, for room in one, or for a new token.
    #[must_use]
    pub fn queued(&self) -> Signal<usize> {
        self.live::<Queued>()
    }

    /// What is likely wrong, for a message to the user; `None` while a link is open or first being opened, and when the app
    /// closed the socket.
    #[must_use]
    pub fn diagnosis(&self) -> Signal<Option<Diagnosis>> {
        self.live::<Likely>()
    }

    /// How long it is until the next attempt to reconnect; `None` if none is planned. Not reactive: for a countdown, use
    /// [`countdown`](Self::countdown).
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// # use leptos::prelude::*;
    /// # use leptos_socket::transport::scripted::Scripted;
    /// # use leptos_socket::{SocketOptions, provide_sockets};
    /// # if cfg!(feature = "ssr") { return; }
    /// # let owner = Owner::new();
    /// # owner.set();
    /// # let (world, sockets) = (Scripted::new(), provide_sockets());
    /// # let options = SocketOptions::new().transport(world.clone());
    /// # let socket = sockets.add_socket("app", "ws://server/", options).expect("a valid URL");
    /// # world.accept();
    /// // `world` plays the network, see `transport::scripted`.
    /// assert_eq!(socket.retry_in(), None);
    /// world.close(1006);
    /// // The first attempt comes within a second.
    /// assert!(socket.retry_in().is_some_and(|delay| delay <= Duration::from_secs(1)));
    /// # owner.cleanup();
    /// ```
    #[must_use]
    pub fn retry_in(&self) -> Option<Duration> {
        self.with_driver(|driver| driver.retry_in()).flatten()
    }
}

/// What becomes of its links.
impl Socket {
    /// Closes the link, stops the heartbeat, and settles every call. [`reconnect`](Self::reconnect) opens it again.
    ///
    /// ```
    /// use leptos::prelude::*;
    /// use leptos_socket::Socket;
    ///
    /// #[component]
    /// fn LogOut(socket: Socket, token: RwSignal<Option<String>>) -> impl IntoView {
    ///     let log_out = move |_| {
    ///         token.set(None);
    ///         socket.close();
    ///     };
    ///     view! { <button on:click=log_out>"Log out"</button> }
    /// }
    /// ```
    pub fn close(&self) {
        self.with_driver(Driver::close);
    }

    /// Opens a new link at once, whatever the state is, with no attempt spent.
    ///
    /// Calls in flight end with [`OutcomeUnknown::Closed`](crate::OutcomeUnknown::Closed), except idempotent ones, which are sent
    /// again. Queued messages stay queued.
    ///
    /// ```
    /// use leptos::prelude::*;
    /// use leptos_socket::Socket;
    ///
    /// #[component]
    /// fn TryNow(socket: Socket) -> impl IntoView {
    ///     view! {
    ///         <Show when=move || !socket.connected().get()>
    ///             <button on:click=move |_| socket.reconnect()>"Try now"</button>
    ///         </Show>
    ///     }
    /// }
    /// ```
    pub fn reconnect(&self) {
        self.with_driver(Driver::reconnect);
    }
}

impl Socket {
    /// Belongs to no owner: whoever made it disposes of it.
    pub(crate) fn new(driver: Option<Rc<Driver>>) -> Self {
        without_owner(|| Self { driver: driver.map(StoredValue::new_local) })
    }

    /// Reconnects whenever the URL changes, if it can.
    pub(crate) fn follow_url(self) {
        self.with_driver(|driver| {
            if let Some(watching) = driver.sources().url.source().follow(self) {
                driver.keep_following(watching);
            }
        });
    }

    /// Closes it for good, and lets go of all that it held.
    pub(crate) fn dispose(self) {
        let driver = self.driver.and_then(|driver| driver.try_get_value());
        // Before it is closed: a callback that hears of that must not open it again.
        if let Some(driver) = self.driver {
            driver.dispose();
        }
        if let Some(driver) = driver {
            driver.close();
        }
    }

    #[cfg_attr(not(target_arch = "wasm32"), allow(dead_code, reason = "only a browser gives hints"))]
    pub(crate) fn hint(&self, hint: leptos_socket_core::Hint) {
        self.with_driver(|driver| driver.on_hint(hint));
    }

    pub(crate) fn with_driver<T>(&self, verb: impl FnOnce(&Rc<Driver>) -> T) -> Option<T> {
        // Cloned: the verb may dispose of the socket.
        let driver = self.driver?.try_get_value()?;
        Some(verb(&driver))
    }

    const fn no_driver(&self) -> NotSent {
        match self.driver {
            None => NotSent::Rendering,
            Some(_) => NotSent::Closed(CloseReason::ByApp),
        }
    }

    fn live<S: Shown>(&self) -> Signal<S::Value> {
        self.with_driver(Live::<S>::signal).unwrap_or_else(|| Signal::stored(self.without_driver(S::INITIAL, S::GONE)))
    }

    /// Something that changes by the clock alone.
    pub(crate) fn watched<T: Send + Sync + 'static>(
        &self,
        which: impl FnOnce(&Watch) -> Signal<T>,
        initial: T,
        gone: T,
    ) -> Signal<T> {
        let watched = self.with_driver(|driver| {
            let watch = Watch::of(driver);
            let signal = which(&watch);
            watch.update(driver);
            signal
        });
        watched.unwrap_or_else(|| Signal::stored(self.without_driver(initial, gone)))
    }

    fn without_driver<T>(&self, initial: T, gone: T) -> T {
        if self.driver.is_none() { initial } else { gone }
    }
}

/// The state.
impl fmt::Debug for Socket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.with_driver(|driver| driver.state());
        write!(f, "Socket({})", state.unwrap_or_else(|| self.without_driver(State::INITIAL, State::GONE)))
    }
}
