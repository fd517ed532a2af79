//! What a socket is declared with.

use std::borrow::Cow;
use std::fmt;
use std::future::Future;
use std::rc::Rc;
use std::time::Duration;

use leptos_socket_core::{
    CallError, CloseReason, CloseRules, ConfigError, Endpoint, Event, Headers, Incoming, NotSent, Notice, SocketConfig,
    SocketConfigBuilder,
};

use crate::Socket;
use crate::calls::{Answered, CallId, FailedCall, Interceptors, OnCallError, Outgoing};
use crate::connection::Driver;
use crate::pushes::{Callback, Listeners};
use crate::reactive::in_no_context;
use crate::socket::Inner;
use crate::transport::Transport;

mod address;
mod identity;
mod question;
mod value_or_signal;

pub(crate) use address::Known;
pub use address::{Address, SocketUrl};
pub use identity::Identity;
use question::refresh_with;
pub(crate) use question::{Ask, Refresh};
pub use value_or_signal::ValueOrSignal;

/// Options of [`SocketProvider`](crate::SocketProvider()) and [`Sockets::add_socket`](crate::Sockets::add_socket).
///
/// ```
/// use leptos_socket::SocketOptions;
/// use std::time::Duration;
///
/// let options = SocketOptions::new()
///     .request_timeout(Some(Duration::from_secs(15)))
///     .on_message(|push| leptos::logging::log!("push: {push:?}"));
/// ```
#[must_use]
pub struct SocketOptions {
    config: Result<SocketConfigBuilder, ConfigError>,
    /// A pointer: a page with the default config has no code that checks it, or that says what is wrong with it.
    build: fn(Result<SocketConfigBuilder, ConfigError>) -> Result<SocketConfig, String>,
    pub(crate) refresh: Option<Refresh>,
    pub(crate) force: bool,
    interceptors: Option<Box<Interceptors>>,
    on_call_error: Vec<OnCallError>,
    same_place: Option<SamePlace>,
    /// What each option does when there is a socket: so a page without it has no code for it.
    installers: Vec<Installer>,
    transport: Option<Rc<dyn Transport>>,
    #[cfg(feature = "record")]
    pub(crate) recording: crate::recording::Recording,
}

/// What a socket is for good.
pub(crate) struct Settings {
    pub(crate) name: String,
    pub(crate) address: SocketUrl,
    pub(crate) config: SocketConfig,
    same_place: Option<SamePlace>,
    pub(crate) refresh: Option<Refresh>,
    pub(crate) interceptors: Option<Box<Interceptors>>,
    pub(crate) on_call_error: Vec<OnCallError>,
    pub(crate) transport: Rc<dyn Transport>,
    #[cfg(feature = "record")]
    pub(crate) recordings: Option<crate::connection::Recordings>,
}

/// Whether two addresses are the same place.
type SamePlace = Rc<dyn Fn(&Endpoint, &Endpoint) -> bool>;

impl Settings {
    pub(crate) fn is_same_place(&self, one: &Endpoint, other: &Endpoint) -> bool {
        match &self.same_place {
            Some(is_same_place) => is_same_place(one, other),
            None => one.is_same_place(other, &["token", "ticket", "access_token"]),
        }
    }

    /// A call has failed for good. What a person left behind who has signed out is of no interest to the next one.
    pub(crate) fn report(&self, route: &str, error: &CallError) {
        if matches!(error, CallError::NotSent(NotSent::Closed(CloseReason::SignedOut))) {
            return;
        }
        for callback in &self.on_call_error {
            in_no_context(|| callback(&FailedCall { route }, error));
        }
    }
}

impl Default for SocketOptions {
    fn default() -> Self {
        Self {
            config: Ok(SocketConfig::builder()),
            build: |_| Ok(SocketConfig::default()),
            refresh: None,
            force: false,
            interceptors: None,
            on_call_error: Vec::new(),
            same_place: None,
            installers: Vec::new(),
            transport: None,
            #[cfg(feature = "record")]
            recording: crate::recording::Recording::default(),
        }
    }
}

pub(crate) type Installer = Box<dyn FnOnce(Socket, &Rc<Inner>)>;

impl SocketOptions {
    /// The defaults.
    pub fn new() -> Self {
        Self::default()
    }

    /// Timeouts, heartbeat and limits, all at once. Each of them is also a method here.
    pub fn config(mut self, config: SocketConfig) -> Self {
        self.config = Ok(config.into());
        self.build = build;
        self
    }

    /// The config in JSON, as the original has it. If it makes no sense, the socket is closed, as
    /// [`CloseReason::InvalidConfig`], and `add_socket` says why.
    ///
    /// ```
    /// use leptos_socket::SocketOptions;
    ///
    /// let options = SocketOptions::new().json(r#"{"requestTimeout": 15000, "globalHeaders": {"token": "XYZ"}}"#);
    /// ```
    pub fn json(mut self, json: &str) -> Self {
        self.config = SocketConfig::from_json(json).map(SocketConfigBuilder::from);
        self.build = build;
        self
    }

    /// Headers for every message; a message's own headers win. Takes [`Headers`], a signal of them, or a function that returns
    /// them. They replace all global headers of the config.
    ///
    /// In the original, they can't change after the socket was added.
    ///
    /// ```
    /// use leptos_socket::{Headers, SocketOptions};
    ///
    /// let options = SocketOptions::new().global_headers(Headers::new().with("apiKey", "123").with("locale", "fa"));
    /// ```
    pub fn global_headers(self, headers: impl Into<ValueOrSignal<Headers>>) -> Self {
        let headers = headers.into();
        self.install(move |socket, inner| inner.keep(headers.follow(socket, Inner::set_global_headers)))
    }

    /// Who uses the socket: an `Option` of an [`Identity`], a signal of that, or a function that returns it. Without
    /// this option, the socket doesn't tell people apart. `None` means that nobody is logged in.
    ///
    /// The same id with other headers is a new token. Another id, or `None`, is another person: everything under way
    /// ends at once, all data is forgotten, a running refresh is dropped, and the socket reconnects. So nobody sees
    /// another person's data, and nothing leaves with another person's token. A socket that was refused is opened again.
    ///
    /// ```
    /// use leptos::prelude::*;
    /// use leptos_socket::{Headers, Identity, SocketOptions, SocketProvider};
    ///
    /// #[component]
    /// fn App() -> impl IntoView {
    ///     let who = RwSignal::new(None::<Identity>);
    ///     let log_in = move |_| {
    ///         who.set(Some(Identity::new("alice", Headers::new().with("token", "s3cret"))));
    ///     };
    ///     view! {
    ///         <SocketProvider url="/ws/app/" options=SocketOptions::new().identity(who)>
    ///             <button on:click=log_in>"Log in"</button>
    ///         </SocketProvider>
    ///     }
    /// }
    /// ```
    pub fn identity(self, identity: impl Into<ValueOrSignal<Option<Identity>>>) -> Self {
        let identity = identity.into();
        self.install(move |socket, inner| inner.keep(identity.follow(socket, Inner::set_identity)))
    }

    /// How to get a new token: `refresh` returns the headers that carry it, which replace headers of the same names. Without this
    /// option, a 401 is a reply like any other.
    ///
    /// It is called after a reply with status 401, after a close code with
    /// [`AfterClose::Refresh`](crate::AfterClose::Refresh) (4401 by default), and once after several attempts that never opened.
    /// It runs once for all of them, and calls that you make meanwhile wait for it. Each call that got a 401 is then sent once more,
    /// because a 401 means that the server did nothing. If the refresh fails, or takes longer than `request_timeout`, each call
    /// ends with its own 401. After a refresh that failed, or whose token the server refuses too, no other one starts for
    /// `refresh_cooldown`.
    ///
    /// It runs under no reactive owner: take what it needs from the context before. Only [`use_socket`](crate::use_socket) works at
    /// the start of it, and is the socket that needs the token. A call over this socket must be
    /// [anonymous](crate::Call::anonymous). Otherwise it fails at once, because it would wait for the refresh that waits for it.
    ///
    /// ```
    /// use leptos_socket::{Headers, SocketOptions};
    ///
    /// # async fn fetch_token() -> Result<String, String> { Ok(String::new()) }
    /// let options = SocketOptions::new().refresh(|| async {
    ///     Ok::<_, String>(Headers::new().with("token", fetch_token().await?))
    /// });
    /// ```
    pub fn refresh<F, E>(mut self, refresh: impl Fn() -> F + 'static) -> Self
    where
        F: Future<Output = Result<Headers, E>> + 'static,
        E: 'static,
    {
        self.refresh = Some(refresh_with(refresh));
        self
    }

    /// The query parameters of the URL that carry tickets. Two URLs that differ only in these are the same place: the link stays
    /// open, and the next attempt uses the new ticket. Default: `token`, `ticket` and `access_token`.
    ///
    /// ```
    /// use leptos_socket::SocketOptions;
    ///
    /// let options = SocketOptions::new().tickets(["sid"]);
    /// ```
    pub fn tickets<T: Into<Cow<'static, str>>>(mut self, names: impl IntoIterator<Item = T>) -> Self {
        let names: Vec<Cow<'static, str>> = names.into_iter().map(Into::into).collect();
        self.same_place = Some(Rc::new(move |one, other| one.is_same_place(other, &names)));
        self
    }

    /// Calls `intercept` with every message except pings: to log it, or to change its headers or payload. It is called once for
    /// each message, when you send it: not when it leaves, and not again when it is sent again. Several interceptors are called
    /// in the order in which you add them.
    ///
    /// The headers of the message do not include the global headers, and win over them. It runs under no reactive owner: take
    /// what it needs from the context before.
    ///
    /// ```
    /// use leptos_socket::SocketOptions;
    ///
    /// let options = SocketOptions::new()
    ///     .on_request(|message| {
    ///         message.headers_mut().insert("trace", 7);
    ///     })
    ///     .on_reply(|call, reply| leptos::logging::log!("{}: {:?} after {:?}", call.route, reply.status(), call.took));
    /// ```
    pub fn on_request(mut self, intercept: impl Fn(&mut Outgoing) + 'static) -> Self {
        self.interceptors.get_or_insert_default().requests.push(Rc::new(intercept));
        self
    }

    /// Calls `intercept` with every reply that a call ends with, before the caller gets it: to log it, or to change it. Several
    /// interceptors are called in the order in which you add them. It runs under no reactive owner.
    ///
    /// Pushes go to [`on_message`](Self::on_message). The [span](crate#logs-and-tracing) of a call also shows that it ended
    /// without a reply.
    ///
    /// ```
    /// use leptos_socket::{SocketOptions, StatusCode};
    ///
    /// /// This server answers 200 and an empty object for what it does not know.
    /// let options = SocketOptions::new().on_reply(|_, reply| {
    ///     if reply.payload().as_str() == "{}" {
    ///         reply.set_status(StatusCode::NOT_FOUND);
    ///     }
    /// });
    /// ```
    pub fn on_reply(mut self, intercept: impl Fn(&Answered<'_>, &mut Incoming) + 'static) -> Self {
        self.interceptors.get_or_insert_default().replies.push(Rc::new(intercept));
        self
    }

    /// Calls `callback` with each call that failed for good, however it was made: one place for messages to the user. Calls that
    /// were cancelled, and calls that did not leave before their person signed out, are not among them. It runs under no reactive owner.
    ///
    /// ```
    /// use leptos::prelude::*;
    /// use leptos_socket::SocketOptions;
    ///
    /// fn options(toast: RwSignal<Option<String>>) -> SocketOptions {
    ///     SocketOptions::new().on_call_error(move |call, error| toast.set(Some(format!("{}: {error}.", call.route))))
    /// }
    /// ```
    pub fn on_call_error(mut self, callback: impl Fn(&FailedCall<'_>, &CallError) + 'static) -> Self {
        self.on_call_error.push(Rc::new(callback));
        self
    }

    /// Whether [`add_socket`](crate::Sockets::add_socket) closes and replaces a socket of the same name. Default: false.
    ///
    /// ```
    /// use leptos_socket::{AddSocketError, Socket, SocketOptions, Sockets};
    ///
    /// /// Leaves the last room.
    /// fn enter(sockets: Sockets, room: &str) -> Result<Socket, AddSocketError> {
    ///     sockets.add_socket("room", room, SocketOptions::new().force(true))
    /// }
    /// ```
    pub fn force(mut self, force: bool) -> Self {
        self.force = force;
        self
    }

    /// Calls `callback` with every push of the server, in order, none dropped. Default: pushes go nowhere.
    ///
    /// It runs under the reactive owner in which the socket is added, and stops when that owner is cleaned up: with the
    /// component, say. It may call back into the socket. It never runs while rendering on a server.
    ///
    /// In the JavaScript original this callback also gets every reply; here a reply only goes to its call.
    ///
    /// ```
    /// use leptos::prelude::*;
    /// use leptos_socket::SocketOptions;
    ///
    /// fn options(console: RwSignal<Vec<String>>) -> SocketOptions {
    ///     SocketOptions::new().on_message(move |push| {
    ///         console.write().push(format!("{}: {}", push.route().unwrap_or("?"), push.payload()));
    ///     })
    /// }
    /// ```
    pub fn on_message(self, callback: impl Fn(Incoming) + 'static) -> Self {
        self.listen(move |_, event| {
            if let Event::Push(push) = event {
                callback(push.clone());
            }
        })
    }

    /// Calls `callback` when the server does something odd, such as sending a frame that is not a message. The callback gets
    /// the notice, and how often this kind of notice occurred so far. A notice never harms a call or a link. Default: it is only
    /// logged.
    ///
    /// It runs and stops as the callback of [`on_message`](Self::on_message) does.
    ///
    /// ```
    /// use leptos_socket::SocketOptions;
    ///
    /// let options = SocketOptions::new().on_notice(|notice, times| {
    ///     if times == 1 {
    ///         leptos::logging::warn!("the server is odd: {notice}");
    ///     }
    /// });
    /// ```
    pub fn on_notice(self, callback: impl Fn(Notice, u64) + 'static) -> Self {
        self.listen(move |_, event| {
            if let Event::Notice { notice, count } = event {
                callback(notice.clone(), *count);
            }
        })
    }

    /// Calls `callback` when a message of [`send_message`](crate::Socket::send_message) that was queued will never
    /// leave: it found no link in time, or the socket was closed. Default: it is only logged.
    ///
    /// It runs and stops as the callback of [`on_message`](Self::on_message) does.
    ///
    /// ```
    /// use leptos::prelude::*;
    /// use leptos_socket::SocketOptions;
    ///
    /// fn options(toast: RwSignal<Option<String>>) -> SocketOptions {
    ///     SocketOptions::new().on_dropped(move |_, error| toast.set(Some(format!("A message was not sent: {error}."))))
    /// }
    /// ```
    pub fn on_dropped(self, callback: impl Fn(CallId, NotSent) + 'static) -> Self {
        self.listen(move |driver, event| {
            if let Event::Unsent { message, error } = event {
                callback(driver.public(*message), error.clone());
            }
        })
    }

    /// Calls `callback` after a reconnect, with how long the socket was offline: pushes may have been missed in that time.
    /// Default: nothing is called.
    ///
    /// It runs and stops as the callback of [`on_message`](Self::on_message) does.
    ///
    /// ```
    /// use leptos::prelude::*;
    /// use leptos_socket::SocketOptions;
    /// use std::time::Duration;
    ///
    /// fn options(gap: RwSignal<Duration>) -> SocketOptions {
    ///     SocketOptions::new().on_gap(move |lasted| gap.set(lasted))
    /// }
    /// ```
    pub fn on_gap(self, callback: impl Fn(Duration) + 'static) -> Self {
        self.listen(move |_, event| {
            if let Event::Gap { lasted, .. } = event {
                callback(*lasted);
            }
        })
    }

    /// Another transport. Default: the browser's own `WebSocket`; none while rendering on a server.
    ///
    /// Has no effect with the feature `ssr`.
    ///
    /// ```
    /// use leptos_socket::SocketOptions;
    /// use leptos_socket::transport::scripted::Scripted;
    ///
    /// let world = Scripted::new();
    /// let options = SocketOptions::new().transport(world.clone());
    /// ```
    pub fn transport(mut self, transport: impl Transport) -> Self {
        self.transport = Some(Rc::new(transport));
        self
    }
}

macro_rules! config {
    ($($name:ident: $type:ty),+ $(,)?) => {
        /// Each setting of the config: see [`SocketConfigBuilder`] for what it does and for its default.
        impl SocketOptions {
            $(
                #[doc = concat!("See [`SocketConfigBuilder::", stringify!($name), "`].")]
                pub fn $name(mut self, $name: $type) -> Self {
                    self.config = self.config.map(|config| config.$name($name));
                    self.build = build;
                    self
                }
            )+
        }
    };
}

config! {
    request_timeout: Option<Duration>,
    heartbeat_rate: Duration,
    heartbeat_timeout_duration: Duration,
    busy_timeout: Duration,
    max_reconnect_attempts: Option<u32>,
    connect_timeout: Duration,
    close_timeout: Duration,
    backoff_base: Duration,
    backoff_max: Duration,
    min_uptime: Duration,
    queue_capacity: usize,
    queue_bytes: usize,
    high_water_mark: usize,
    refresh_cooldown: Duration,
    max_request_size: usize,
    max_message_size: usize,
    close_rules: CloseRules,
}

impl SocketOptions {
    /// Whether the config makes sense.
    pub(crate) fn check(&self) -> Result<(), ConfigError> {
        self.built().map(|_| ())
    }

    fn built(&self) -> Result<SocketConfig, ConfigError> {
        self.config.clone().and_then(SocketConfigBuilder::build)
    }

    /// `None` on a server: there is no transport.
    pub(crate) fn settle(self, name: String, address: SocketUrl) -> Option<Declaration> {
        let (config, mistake) = match (self.build)(self.config) {
            Ok(config) => (config, None),
            Err(mistake) => (SocketConfig::default(), Some(mistake)),
        };
        let transport = if cfg!(feature = "ssr") { None } else { self.transport.or_else(default_transport) };
        let settings = Settings {
            name,
            address,
            config,
            same_place: self.same_place,
            refresh: self.refresh,
            interceptors: self.interceptors,
            on_call_error: self.on_call_error,
            transport: transport?,
            #[cfg(feature = "record")]
            recordings: self.recording.recorder().map(crate::connection::Recordings::new),
        };
        Some(Declaration { settings, installers: self.installers, mistake })
    }

    fn listen(self, callback: impl Fn(&Rc<Driver>, &Event) + 'static) -> Self {
        // Under the owner that is current when this runs: that of the component which declares the socket.
        self.install(|_, inner| Listeners::add(inner, Callback::new(callback)))
    }

    pub(crate) fn install(mut self, install: impl FnOnce(Socket, &Rc<Inner>) + 'static) -> Self {
        self.installers.push(Box::new(install));
        self
    }
}

fn build(config: Result<SocketConfigBuilder, ConfigError>) -> Result<SocketConfig, String> {
    config.and_then(SocketConfigBuilder::build).map_err(|mistake| mistake.to_string())
}

/// All that it takes to make a socket.
pub(crate) struct Declaration {
    pub(crate) settings: Settings,
    pub(crate) installers: Vec<Installer>,
    pub(crate) mistake: Option<String>,
}

fn default_transport() -> Option<Rc<dyn Transport>> {
    #[cfg(all(target_arch = "wasm32", not(feature = "ssr")))]
    return Some(Rc::new(crate::transport::web::Web::default()));
    #[cfg(not(all(target_arch = "wasm32", not(feature = "ssr"))))]
    return None;
}

impl fmt::Debug for SocketOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SocketOptions")
            .field("config", &self.built())
            .field("refresh", &self.refresh.is_some())
            .field("force", &self.force)
            .field("interceptors", &self.interceptors)
            .field("callbacks", &(self.installers.len() + self.on_call_error.len()))
            .field("transport", &self.transport.is_some())
            .finish()
    }
}
