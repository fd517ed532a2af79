//! How one call differs from the others.

use std::time::Duration;

use crate::headers::{HeaderValue, Headers};

/// Options of one call, or of one message without a reply.
///
/// ```
/// # use leptos_socket_core::{CallOptions, Headers, Priority};
/// use std::time::Duration;
///
/// // A report takes a while, and may be asked for twice.
/// let report = CallOptions::new().timeout(Duration::from_secs(120)).idempotent(true).header("trace", 7);
/// // Where the cursor is matters now or never.
/// let cursor = CallOptions::new().wait_for_link(false);
/// // A part of an upload lets calls overtake it.
/// let part = CallOptions::new().priority(Priority::Bulk).headers(Headers::new().with("upload", "a1"));
/// assert_eq!((report.timeout, cursor.timeout), (Some(Duration::from_secs(120)), None));
/// # assert!(part.wait_for_link && !cursor.wait_for_link);
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct CallOptions {
    /// How long to wait for the reply; for a message without one, how long it may wait to leave. `None` for the socket's
    /// `request_timeout`.
    pub timeout: Option<Duration>,
    /// Whether the call may be sent again on the next link if the first one is lost: see
    /// [`Route::IDEMPOTENT`](crate::Route::IDEMPOTENT). Default: false.
    pub idempotent: bool,
    /// Headers over those of the message. Default: none.
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

/// Which messages go first where some wait. Among equals the order is that in which they were handed over.
///
/// ```
/// # use leptos_socket_core::{CallOptions, Message, Priority, SocketConfig, sim::Sim};
/// let upload = CallOptions::new().priority(Priority::Bulk);
/// let search = CallOptions::new(); // Priority::Call
///
/// // Both wait for a link, and the upload came first:
/// # let mut sim = Sim::new(SocketConfig::default(), 7);
/// # sim.call_with(&Message::new("upload", ()), &upload)?;
/// # sim.call_with(&Message::new("search", ()), &search)?;
/// # sim.connect();
/// # sim.drive();
/// # let left: Vec<_> = sim.server.received().map(|received| received.route.as_str()).collect();
/// assert_eq!(left, ["search", "upload"]);
/// # Ok::<(), leptos_socket_core::NotSent>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Priority {
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
