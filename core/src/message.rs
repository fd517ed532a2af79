//! What leaves: the envelope of a message.

use std::fmt;
use std::time::Duration;

use serde::Serialize;
use serde_json::Value;

use crate::error::NotSent;
use crate::headers::{HeaderValue, Headers};
use crate::incoming::Payload;
use crate::options::{CallOptions, Priority};
use crate::route::Route;
use crate::status::StatusCode;

/// A message to the server: a route, a payload, headers and a status, and how it is to be delivered. The client gives it its
/// uuid when it is sent.
///
/// The payload may be anything that serialises: a struct, a [`serde_json::Value`], or `()` for none (`null`).
///
/// ```
/// # use leptos_socket_core::{Headers, Message, StatusCode};
/// use serde_json::json;
/// use std::time::Duration;
///
/// let message = Message::new("sayHello", json!({ "name": "Alireza" })).header("token", "XYZ");
/// assert_eq!(message.route(), "sayHello");
///
/// // A report takes a while, and may be asked for twice.
/// let report = Message::new("report", 2026).timeout(Duration::from_secs(120)).idempotent(true);
/// // Where the cursor is matters now or never.
/// let cursor = Message::new("cursor", (3, 4)).wait_for_link(false);
/// // Calls overtake a part of an upload.
/// let part = Message::new("upload", "abc").bulk();
/// # assert_eq!((report.options().timeout, cursor.options().timeout), (Some(Duration::from_secs(120)), None));
/// # assert!(part.options().wait_for_link && !cursor.options().wait_for_link);
///
/// // One header, all of them, or the payload may still be changed.
/// let mut message = message.with_headers(Headers::new().with("token", "ABC")).with_status(StatusCode::PENDING);
/// message.headers_mut().insert("trace", 7);
/// message.payload_mut()["name"] = json!("World");
/// assert_eq!(message.headers().len(), 2);
/// ```
///
/// `Debug` shows neither the payload nor the values of headers, because they may be secrets.
#[derive(Clone, PartialEq)]
pub struct Message<P = Value> {
    route: String,
    payload: P,
    status: StatusCode,
    options: CallOptions,
}

impl<P> Message<P> {
    /// A message for `route`, with status 200 and no headers of its own.
    #[must_use]
    pub fn new(route: impl Into<String>, payload: P) -> Self {
        Self { route: route.into(), payload, status: StatusCode::OK, options: CallOptions::new() }
    }

    /// Adds one header. It wins over a global header of the same name.
    #[must_use]
    pub fn header(mut self, name: impl Into<String>, value: impl Into<HeaderValue>) -> Self {
        self.options.headers.insert(name, value);
        self
    }

    /// Sets all headers of the message at once. They win over global headers of the same names.
    #[must_use]
    pub fn with_headers(mut self, headers: Headers) -> Self {
        self.options.headers = headers;
        self
    }

    /// Sets how long to wait for the reply; for a message without one, how long it may wait to leave. Default: the socket's
    /// `request_timeout`.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.options.timeout = Some(timeout);
        self
    }

    /// Sets whether the call may be sent again if its link is lost: see [`Route::IDEMPOTENT`]. Default: false.
    #[must_use]
    pub fn idempotent(mut self, idempotent: bool) -> Self {
        self.options.idempotent = idempotent;
        self
    }

    /// Sets whether to wait if no link is open. Otherwise it fails at once, as [`NotSent::NotConnected`]. Default: true.
    #[must_use]
    pub fn wait_for_link(mut self, wait: bool) -> Self {
        self.options.wait_for_link = wait;
        self
    }

    /// Lets calls overtake it: for a part of an upload, or for telemetry. See [`Priority::Bulk`].
    #[must_use]
    pub fn bulk(mut self) -> Self {
        self.options.priority = Priority::Bulk;
        self
    }

    /// Sends it without the headers of the person who uses the socket: for a login, or to get a new token over the same socket.
    /// It does not wait for a refresh, and its own 401 does not start one.
    #[must_use]
    pub fn anonymous(mut self) -> Self {
        self.options.anonymous = true;
        self
    }

    /// Sets whether a 401 sends it once more, after a [refresh](crate::Client::refresh_on_unauthorized). Default: true.
    #[must_use]
    pub fn retry_unauthorized(mut self, retry: bool) -> Self {
        self.options.retry_unauthorized = retry;
        self
    }

    /// Sets all options at once. Headers that the message has already stay, unless the options have others of the same names.
    #[must_use]
    pub fn with_options(mut self, options: CallOptions) -> Self {
        let mut headers = std::mem::replace(&mut self.options, options).headers;
        headers.insert_all(&self.options.headers);
        self.options.headers = headers;
        self
    }

    /// Sets the status. The backends ignore it in a request.
    #[must_use]
    pub fn with_status(mut self, status: StatusCode) -> Self {
        self.status = status;
        self
    }

    /// The name of the route.
    #[must_use]
    pub fn route(&self) -> &str {
        &self.route
    }

    /// The name of the route, without the rest.
    #[must_use]
    pub fn into_route(self) -> String {
        self.route
    }

    /// The headers of the message itself, without the global ones.
    #[must_use]
    pub fn headers(&self) -> &Headers {
        &self.options.headers
    }

    /// The headers of the message itself, to change.
    pub fn headers_mut(&mut self) -> &mut Headers {
        &mut self.options.headers
    }

    /// The payload.
    #[must_use]
    pub fn payload(&self) -> &P {
        &self.payload
    }

    /// The payload, to change.
    pub fn payload_mut(&mut self) -> &mut P {
        &mut self.payload
    }

    /// How it is to be delivered.
    #[must_use]
    pub fn options(&self) -> &CallOptions {
        &self.options
    }

    /// How it is to be delivered, to change.
    pub fn options_mut(&mut self) -> &mut CallOptions {
        &mut self.options
    }

    /// The status.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.status
    }
}

impl<P> Message<P> {
    /// The same message with another payload.
    ///
    /// ```
    /// # use leptos_socket_core::Message;
    /// let message = Message::new("sum", [1, 2]).header("trace", 7);
    /// assert_eq!(message.with_payload("3").route(), "sum");
    /// ```
    pub fn with_payload<Q>(self, payload: Q) -> Message<Q> {
        Message { route: self.route, payload, status: self.status, options: self.options }
    }
}

impl<P: Serialize> Message<P> {
    pub(crate) fn encode_payload(&self) -> Result<String, NotSent> {
        serde_json::to_string(&self.payload).map_err(|error| NotSent::Unserialisable(error.to_string()))
    }

    /// The same message with its payload serialised.
    ///
    /// ```
    /// # use leptos_socket_core::{Message, NotSent};
    /// let raw = Message::new("sum", [1, 2]).header("trace", 7).into_raw()?;
    /// assert_eq!(raw.route(), "sum");
    /// assert_eq!(raw.payload().as_str(), "[1,2]");
    /// # Ok::<(), NotSent>(())
    /// ```
    ///
    /// # Errors
    ///
    /// The payload does not serialise.
    pub fn into_raw(self) -> Result<Message<Payload>, NotSent> {
        let payload = Payload::encode(&self.payload).map_err(|error| NotSent::Unserialisable(error.to_string()))?;
        Ok(self.with_payload(payload))
    }
}

impl<P> fmt::Debug for Message<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Message")
            .field("route", &self.route)
            .field("status", &self.status)
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}

/// The message that calls a typed route: the value itself is the payload.
impl<R: Route> From<R> for Message<R> {
    fn from(route: R) -> Self {
        let mut message = Self::new(R::ROUTE, route).idempotent(R::IDEMPOTENT);
        message.options.priority = R::PRIORITY;
        message
    }
}
