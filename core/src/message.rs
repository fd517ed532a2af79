//! What leaves: the envelope of a message.

use serde::Serialize;
use serde_json::Value;

use crate::error::{DecodeError, NotSent};
use crate::headers::{HeaderValue, Headers};
use crate::incoming::Payload;
use crate::route::Route;
use crate::status::StatusCode;

/// A message to the server: a route, a payload, headers and a status. The client gives it its uuid when it is sent.
///
/// The payload may be anything that serialises: a struct, a [`serde_json::Value`], or `()` for none (`null`).
///
/// ```
/// # use leptos_socket_core::{Headers, Message, StatusCode};
/// use serde_json::json;
///
/// let message = Message::new("sayHello", json!({ "name": "Alireza" })).header("token", "XYZ");
/// assert_eq!(message.route(), "sayHello");
///
/// // One header, all of them, or the payload may still be changed.
/// let mut message = message.with_headers(Headers::new().with("token", "ABC")).with_status(StatusCode::PENDING);
/// message.headers_mut().insert("trace", 7);
/// message.payload_mut()["name"] = json!("World");
/// assert_eq!(message.headers().len(), 2);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Message<P = Value> {
    route: String,
    headers: Headers,
    payload: P,
    status: StatusCode,
}

impl<P> Message<P> {
    /// A message for `route`, with status 200 and no headers of its own.
    #[must_use]
    pub fn new(route: impl Into<String>, payload: P) -> Self {
        Self { route: route.into(), headers: Headers::new(), payload, status: StatusCode::OK }
    }

    /// Adds one header. It wins over a global header of the same name.
    #[must_use]
    pub fn header(mut self, name: impl Into<String>, value: impl Into<HeaderValue>) -> Self {
        self.headers.insert(name, value);
        self
    }

    /// Sets all headers of the message at once. They win over global headers of the same names.
    #[must_use]
    pub fn with_headers(mut self, headers: Headers) -> Self {
        self.headers = headers;
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

    /// The headers of the message itself, without the global ones.
    #[must_use]
    pub fn headers(&self) -> &Headers {
        &self.headers
    }

    /// The headers of the message itself, to change.
    pub fn headers_mut(&mut self) -> &mut Headers {
        &mut self.headers
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

    /// The status.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.status
    }
}

impl<P: Serialize> Message<P> {
    pub(crate) fn encode_payload(&self) -> Result<String, NotSent> {
        serde_json::to_string(&self.payload).map_err(|error| NotSent::Unserialisable(error.to_string()))
    }

    /// The same message with its payload serialised.
    ///
    /// ```
    /// # use leptos_socket_core::{DecodeError, Message};
    /// let raw = Message::new("sum", [1, 2]).header("trace", 7).to_raw()?;
    /// assert_eq!(raw.route(), "sum");
    /// assert_eq!(raw.payload().as_str(), "[1,2]");
    /// # Ok::<(), DecodeError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// The payload does not serialise.
    pub fn to_raw(&self) -> Result<Message<Payload>, DecodeError> {
        let (route, headers) = (self.route.clone(), self.headers.clone());
        Ok(Message { route, headers, payload: Payload::encode(&self.payload)?, status: self.status })
    }
}

/// The message that calls a typed route: the value itself is the payload.
impl<R: Route> From<R> for Message<R> {
    fn from(route: R) -> Self {
        Self::new(R::ROUTE, route)
    }
}
