//! How one message is to be delivered.

use std::time::Duration;

use crate::headers::{HeaderValue, Headers};

/// How one message is to be delivered. A [`Message`](crate::Message) has a method for each option; this is for what sets
/// them for many.
///
/// ```
/// # use leptos_socket_core::{CallOptions, Message};
/// use std::time::Duration;
///
/// let patient = CallOptions::new().timeout(Duration::from_secs(120)).header("trace", 7);
/// let reports = [2025, 2026].map(|year| Message::new("report", year).with_options(patient.clone()));
/// # assert!(reports.iter().all(|report| report.options().timeout == Some(Duration::from_secs(120))));
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct CallOptions {
    /// How long to wait for the reply; for a message without one, how long it may wait to leave. `None` for the socket's
    /// `request_timeout`.
    pub timeout: Option<Duration>,
    /// Whether the call may be sent again on the next link if the first one is lost: see
    /// [`Route::IDEMPOTENT`](crate::Route::IDEMPOTENT). Default: false.
    pub idempotent: bool,
    /// Its own headers, over the global ones. Default: none.
    pub headers: Headers,
    /// Whether to wait if no link is open when the call is made. Otherwise it fails at once, as
    /// [`NotSent::NotConnected`](crate::NotSent::NotConnected). Default: true.
    pub wait_for_link: bool,
    /// What it may overtake while it waits. Default: [`Priority::Call`], or what the [route](crate::Route::PRIORITY) says.
    pub priority: Priority,
    /// Whether it leaves without the headers of the person: for a login, or to get a new token over the same socket. It
    /// does not wait for a refresh, and its own 401 does not start one. Default: false.
    pub anonymous: bool,
    /// Whether a 401 sends it once more, after a [refresh](crate::Client::refresh_on_unauthorized): a 401 means that the server
    /// did nothing. Default: true.
    pub retry_unauthorized: bool,
    /// Whether the bounds of the queue hold for it. Without them, await each message before you submit the next. Default:
    /// true.
    pub bounded: bool,
}

/// Which messages leave first if several wait. Messages of one priority leave in the order in which they were submitted.
///
/// ```
/// # use leptos_socket_core::{Message, SocketConfig, sim::Sim};
/// let upload = Message::new("upload", ()).bulk();
/// let search = Message::new("search", ());
///
/// // Both wait for a link, and the upload came first:
/// # let mut sim = Sim::new(SocketConfig::default(), 7);
/// # sim.call(&upload)?;
/// # sim.call(&search)?;
/// # sim.connect();
/// # sim.drive();
/// # let left: Vec<_> = sim.server.received().map(|received| received.route.as_str()).collect();
/// assert_eq!(left, ["search", "upload"]);
/// # Ok::<(), leptos_socket_core::NotSent>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
#[cfg_attr(feature = "record", derive(serde::Serialize, serde::Deserialize))]
pub enum Priority {
    /// It overtakes everything else: a subscription, which has to be in place before data is fetched that it keeps up to date.
    First,
    /// Somebody waits for it.
    #[default]
    Call,
    /// It may be overtaken: a part of an upload, telemetry.
    Bulk,
}

impl Default for CallOptions {
    fn default() -> Self {
        Self {
            timeout: None,
            idempotent: false,
            headers: Headers::new(),
            wait_for_link: true,
            priority: Priority::default(),
            anonymous: false,
            retry_unauthorized: true,
            bounded: true,
        }
    }
}

impl CallOptions {
    /// The defaults.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets how long to wait for the reply, or, for a message without one, how long it may wait to leave.
    #[must_use]
    pub const fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Sets whether the call may be sent again.
    #[must_use]
    pub const fn idempotent(mut self, idempotent: bool) -> Self {
        self.idempotent = idempotent;
        self
    }

    /// Adds one header.
    #[must_use]
    pub fn header(mut self, name: impl Into<String>, value: impl Into<HeaderValue>) -> Self {
        self.headers.insert(name, value);
        self
    }

    /// Sets all headers at once.
    #[must_use]
    pub fn headers(mut self, headers: Headers) -> Self {
        self.headers = headers;
        self
    }

    /// Sets whether to wait if no link is open.
    #[must_use]
    pub const fn wait_for_link(mut self, wait: bool) -> Self {
        self.wait_for_link = wait;
        self
    }

    /// Sets what it may overtake.
    #[must_use]
    pub const fn priority(mut self, priority: Priority) -> Self {
        self.priority = priority;
        self
    }

    /// Sets whether it leaves without the headers of the person.
    #[must_use]
    pub const fn anonymous(mut self, anonymous: bool) -> Self {
        self.anonymous = anonymous;
        self
    }

    /// Sets whether a 401 sends it once more.
    #[must_use]
    pub const fn retry_unauthorized(mut self, retry: bool) -> Self {
        self.retry_unauthorized = retry;
        self
    }

    /// Sets whether the bounds of the queue hold for it.
    #[must_use]
    pub const fn bounded(mut self, bounded: bool) -> Self {
        self.bounded = bounded;
        self
    }
}
