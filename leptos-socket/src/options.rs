//! What a socket is added with.

use std::fmt;
use std::future::Future;
use std::rc::Rc;
use std::time::Duration;

use leptos_socket_core::{CallId, Event, Headers, Incoming, NotSent, Notice, SocketConfig};

use crate::driver::Driver;
use crate::intercept::{Answered, Interceptors, Outgoing};
use crate::listeners::{Callback, Listeners};
use crate::source::{GlobalHeaders, HeadersSource, Refresh, refresh_with};
use crate::transport::Transport;

/// Options of [`Sockets::add_socket`](crate::Sockets::add_socket).
///
/// ```
/// use leptos_socket::{SocketConfig, SocketOptions};
/// use std::time::Duration;
///
/// # fn main() -> Result<(), leptos_socket::ConfigError> {
/// let config = SocketConfig::builder().request_timeout(Some(Duration::from_secs(15))).build()?;
/// let options = SocketOptions::new().config(config).on_message(|push| leptos::logging::log!("push: {push:?}"));
/// # Ok(())
/// # }
/// ```
#[must_use]
pub struct SocketOptions {
    pub(crate) config: SocketConfig,
    pub(crate) headers: Option<Rc<dyn HeadersSource>>,
    pub(crate) refresh: Option<Refresh>,
    pub(crate) reconnect_on_change: bool,
    pub(crate) force: bool,
    pub(crate) linger: Duration,
    pub(crate) interceptors: Option<Box<Interceptors>>,
    /// What each callback does when there is a socket: so a page without callbacks has no code for them.
    pub(crate) installers: Vec<Installer>,
    pub(crate) transport: Option<Rc<dyn Transport>>,
}

impl Default for SocketOptions {
    fn default() -> Self {
        Self {
            config: SocketConfig::default(),
            headers: None,
            refresh: None,
            reconnect_on_change: true,
            force: false,
            linger: LINGER,
            interceptors: None,
            installers: Vec::new(),
            transport: None,
        }
    }
}

/// Longer than it takes to go from one page of an app to the next.
const LINGER: Duration = Duration::from_secs(3);

pub(crate) type Installer = Box<dyn FnOnce(&Rc<Driver>)>;

impl SocketOptions {
    /// The defaults.
    pub fn new() -> Self {
        Self::default()
    }

    /// Timeouts, heartbeat, limits and headers. Default: [`SocketConfig::default`].
    ///
    /// ```
    /// use leptos_socket::SocketOptions;
    ///
    /// /// The config in JSON, as the original has it: `{"requestTimeout": 15000}`.
    /// fn options(json: &str) -> serde_json::Result<SocketOptions> {
    ///     Ok(SocketOptions::new().config(serde_json::from_str(json)?))
    /// }
    /// assert!(options(r#"{"requestTimeout": 15000}"#).is_ok());
    /// ```
    pub fn config(mut self, config: SocketConfig) -> Self {
        self.config = config;
        self
    }

    /// Headers of all messages, under a message's own: a value or a signal; see [`GlobalHeaders`].
    /// Default: those of the [`config`](Self::config), which these replace as a whole.
    ///
    /// In the original they are fixed when the socket is added.
    ///
    /// ```
    /// use leptos_socket::{Headers, SocketOptions};
    ///
    /// let options = SocketOptions::new().global_headers(Headers::new().with("apiKey", "123").with("locale", "fa"));
    /// ```
    pub fn global_headers(mut self, headers: impl Into<GlobalHeaders>) -> Self {
        self.headers = Some(headers.into().0);
        self
    }

    /// How to get a new token: `refresh` returns the headers that have it, in place of the global ones. Default: a 401 is a
    /// reply like any other.
    ///
    /// It is called after a reply with status 401, after a close code with
    /// [`AfterClose::Refresh`](crate::AfterClose::Refresh) (4401 by default), and once after several attempts that never opened.
    /// It is called once for everyone, and what is called meanwhile waits. Each call that got a 401 is then sent once more,
    /// because a 401 means that the server did nothing. If the refresh fails, or takes longer than `request_timeout`, each call
    /// ends with its own 401. After that, no other refresh starts for `refresh_cooldown`.
    ///
    /// It runs under no reactive owner: take what it needs from the context before. A call that it makes over the same socket
    /// has to be [anonymous](crate::CallOptions::anonymous), or it would wait for the refresh that waits for it.
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

    /// Whether the socket reconnects when its URL is a signal, and that changes. Default: true. Otherwise the next attempt
    /// takes the new URL, whenever that comes. One that was refused, or gave up, is tried again; one that the app closed is not.
    ///
    /// ```
    /// use leptos::prelude::*;
    /// use leptos_socket::{AddSocketError, Socket, SocketOptions, Sockets};
    ///
    /// /// A new ticket is for the next link. The one that is open stays.
    /// fn connect(sockets: Sockets, ticket: RwSignal<String>) -> Result<Socket, AddSocketError> {
    ///     let url = Signal::derive(move || format!("/ws/app/?ticket={}", ticket.get()));
    ///     sockets.add_socket("app", url, SocketOptions::new().reconnect_on_change(false))
    /// }
    /// ```
    pub fn reconnect_on_change(mut self, reconnect: bool) -> Self {
        self.reconnect_on_change = reconnect;
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
    /// /// To what it does not know, the server says 200 and an empty object.
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

    /// How long a socket of [`use_socket()`](crate::use_socket()) stays open when nobody uses it any more. Default: 3 s, so that
    /// the next page of an app that uses it too finds it open.
    ///
    /// ```
    /// use leptos_socket::{Socket, SocketOptions, UseSocketError, use_socket};
    /// use std::time::Duration;
    ///
    /// /// It goes with the last window of the chat.
    /// fn use_chat() -> Result<Socket, UseSocketError> {
    ///     use_socket("chat", "/ws/chat/", SocketOptions::new().linger(Duration::ZERO))
    /// }
    /// ```
    pub fn linger(mut self, linger: Duration) -> Self {
        self.linger = linger;
        self
    }

    /// Whether [`add_socket`](crate::Sockets::add_socket) closes and replaces a socket of the same name. Default: false.
    ///
    /// ```
    /// use leptos_socket::{AddSocketError, Headers, Socket, SocketOptions, Sockets};
    ///
    /// /// Ends everything of the user who was logged in before.
    /// fn log_in(sockets: Sockets, token: &str) -> Result<Socket, AddSocketError> {
    ///     let headers = Headers::new().with("token", token);
    ///     sockets.add_socket("app", "/ws/app/", SocketOptions::new().global_headers(headers).force(true))
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
    /// The JavaScript original hands every reply to its callback too; here a reply goes to its call alone.
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
        self.listen(move |event| {
            if let Event::Push(push) = event {
                callback(push.clone());
            }
        })
    }

    /// Calls `callback` when the server does something odd: when it sends a frame that is not a message, for instance. It gets
    /// the notice, and how often that kind of thing happened so far. No call and no link is harmed by it. Default: it is only
    /// logged.
    ///
    /// It runs and stops as that of [`on_message`](Self::on_message) does.
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
        self.listen(move |event| {
            if let Event::Notice { notice, count } = event {
                callback(notice.clone(), *count);
            }
        })
    }

    /// Calls `callback` when a message of [`send_message`](crate::Socket::send_message) that was queued will never
    /// leave: it found no link in time, or the socket was closed. Default: it is only logged.
    ///
    /// It runs and stops as that of [`on_message`](Self::on_message) does.
    ///
    /// ```
    /// use leptos::prelude::*;
    /// use leptos_socket::SocketOptions;
    ///
    /// fn options(toast: RwSignal<Option<String>>) -> SocketOptions {
    ///     SocketOptions::new().on_unsent(move |_, error| toast.set(Some(format!("A message was not sent: {error}."))))
    /// }
    /// ```
    pub fn on_unsent(self, callback: impl Fn(CallId, NotSent) + 'static) -> Self {
        self.listen(move |event| {
            if let Event::Unsent { message, error } = event {
                callback(*message, error.clone());
            }
        })
    }

    /// Calls `callback` after a reconnect, with how long the socket was offline: pushes may have been missed in that time.
    /// Default: nothing is called.
    ///
    /// It runs and stops as that of [`on_message`](Self::on_message) does.
    ///
    /// ```
    /// use leptos::prelude::*;
    /// use leptos_socket::{SocketOptions, UseSocketError, use_socket};
    /// use std::time::Duration;
    ///
    /// #[component]
    /// fn Prices() -> impl IntoView {
    ///     let gap = RwSignal::new(Duration::ZERO);
    ///     let socket = use_socket("app", "/ws/app/", SocketOptions::new().on_gap(move |lasted| gap.set(lasted)))?;
    ///     let prices = socket.fold("price", 0, |count, _| *count += 1);
    ///     Ok::<_, UseSocketError>(view! { <p>{prices} " prices, and a gap of " {move || gap.get().as_secs()} " s"</p> })
    /// }
    /// ```
    pub fn on_gap(self, callback: impl Fn(Duration) + 'static) -> Self {
        self.listen(move |event| {
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

impl SocketOptions {
    fn listen(mut self, callback: impl Fn(&Event) + 'static) -> Self {
        // Under the owner that is current when this runs: that of the component which adds the socket.
        self.installers.push(Box::new(|driver| Listeners::add(driver, Callback::new(callback))));
        self
    }
}

impl fmt::Debug for SocketOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SocketOptions")
            .field("config", &self.config)
            .field("global_headers", &self.headers.clone().map(GlobalHeaders))
            .field("refresh", &self.refresh.is_some())
            .field("reconnect_on_change", &self.reconnect_on_change)
            .field("force", &self.force)
            .field("linger", &self.linger)
            .field("interceptors", &self.interceptors)
            .field("callbacks", &self.installers.len())
            .field("transport", &self.transport.is_some())
            .finish()
    }
}
