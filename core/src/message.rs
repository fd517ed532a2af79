//! The envelope: what leaves as a message, what comes in as one.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use serde::de::DeserializeOwned;
use serde::ser::{Error as _, SerializeMap};
use serde::{Deserialize, Serialize, Serializer};
use serde_json::Value;
use serde_json::value::RawValue;
use uuid::Uuid;

use crate::error::{DecodeError, Replied};
use crate::{Route, StatusCode};

/// The headers of a message: names and JSON values.
///
/// Values are taken for secrets (a token, an API key): `Debug` shows the names only.
///
/// ```
/// # use leptos_socket_core::Headers;
/// let mut headers = Headers::new().with("token", "XYZ").with("attempt", 2);
/// assert_eq!(headers.get("attempt").and_then(|v| v.as_u64()), Some(2));
/// assert!(!format!("{headers:?}").contains("XYZ"));
///
/// headers.insert("attempt", 3);
/// headers.remove("token");
/// assert_eq!(headers, Headers::from_iter([("attempt", 3)]));
/// ```
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Headers(BTreeMap<String, Value>);

impl Headers {
    /// No headers.
    #[must_use]
    pub const fn new() -> Self {
        Self(BTreeMap::new())
    }

    /// These headers and one more; a value that was there under `name` is replaced.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.insert(name, value);
        self
    }

    /// Sets the header `name`, and returns the value that it had.
    pub fn insert(&mut self, name: impl Into<String>, value: impl Into<Value>) -> Option<Value> {
        self.0.insert(name.into(), value.into())
    }

    /// Sets all of these headers, over those that are there.
    ///
    /// ```
    /// # use leptos_socket_core::Headers;
    /// let mut headers = Headers::new().with("token", "old").with("app", 1);
    /// headers.insert_all(&Headers::new().with("token", "new"));
    /// assert_eq!(headers, Headers::new().with("token", "new").with("app", 1));
    /// ```
    pub fn insert_all(&mut self, headers: &Self) {
        self.0.extend(headers.0.iter().map(|(name, value)| (name.clone(), value.clone())));
    }

    /// Removes the header `name`, and returns the value that it had.
    pub fn remove(&mut self, name: &str) -> Option<Value> {
        self.0.remove(name)
    }

    /// The value of the header `name`. Names are case-sensitive, as they are on the servers.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    /// All headers, in the order of their names.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value))
    }

    /// How many headers there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<N: Into<String>, V: Into<Value>> FromIterator<(N, V)> for Headers {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(headers: I) -> Self {
        Self(headers.into_iter().map(|(name, value)| (name.into(), value.into())).collect())
    }
}

impl fmt::Debug for Headers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Headers")?;
        f.debug_set().entries(self.0.keys()).finish()
    }
}

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
    pub fn header(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
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

impl<P: Serialize> Message<P> {
    /// The frame: all five keys that the backends demand, headers merged, in one pass.
    pub(crate) fn encode(&self, uuid: Uuid, global: &Headers, call: &Headers) -> serde_json::Result<String> {
        let mut buffer = Uuid::encode_buffer();
        serde_json::to_string(&Envelope {
            uuid: uuid.hyphenated().encode_lower(&mut buffer),
            route: &self.route,
            headers: Merged([call, &self.headers, global]),
            payload: &self.payload,
            status: self.status,
        })
    }
}

#[derive(Serialize)]
struct Envelope<'a, P> {
    uuid: &'a str,
    route: &'a str,
    headers: Merged<'a>,
    payload: &'a P,
    status: StatusCode,
}

/// Headers over headers: the first that has a name wins. The last are written first.
struct Merged<'a>([&'a Headers; 3]);

impl Serialize for Merged<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (level, headers) in self.0.iter().enumerate().rev() {
            let is_over = |name: &String| self.0[..level].iter().any(|over| over.0.contains_key(name));
            for (name, value) in &headers.0 {
                if !is_over(name) {
                    map.serialize_entry(name, value)?;
                }
            }
        }
        map.end()
    }
}

/// A message from the server: the reply to a call, or a push.
///
/// The servers leave out what they like, so everything but the payload is optional, and the payload stays raw until
/// someone asks for a type.
///
/// ```
/// # use leptos_socket_core::{SocketConfig, StatusCode, sim::Sim};
/// # let mut sim = Sim::connected(SocketConfig::default(), 7);
/// # sim.push(r#"{"uuid": "1", "payload": {"name": "Tea"}, "status": 200}"#);
/// # sim.drive();
/// # let reply = sim.pushes().next().expect("it was pushed").clone();
/// #[derive(serde::Deserialize)]
/// struct Product {
///     name: String,
/// }
///
/// // With the payload {"name": "Tea"}, and status 200:
/// assert_eq!(reply.status(), Some(StatusCode::OK));
/// assert!(reply.is_success());
/// assert_eq!(reply.payload().decode::<Product>()?.name, "Tea"); // whatever the status
/// let product: Product = reply.into_payload()?; // of a success only
/// # assert_eq!(product.name, "Tea");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Incoming {
    pub(crate) uuid: Option<String>,
    pub(crate) route: Option<String>,
    pub(crate) headers: Headers,
    pub(crate) payload: Payload,
    pub(crate) status: Option<StatusCode>,
}

impl Incoming {
    /// The uuid, as text also where the server sent a number. A push may have none, or one of the server's own.
    #[must_use]
    pub fn uuid(&self) -> Option<&str> {
        self.uuid.as_deref()
    }

    /// The route. Only one of the three backends names it in replies.
    #[must_use]
    pub fn route(&self) -> Option<&str> {
        self.route.as_deref()
    }

    /// The headers; empty where the server sent none.
    #[must_use]
    pub fn headers(&self) -> &Headers {
        &self.headers
    }

    /// The payload; `null` where the server sent none.
    #[must_use]
    pub fn payload(&self) -> &Payload {
        &self.payload
    }

    /// The headers, to change before others see them.
    pub fn headers_mut(&mut self) -> &mut Headers {
        &mut self.headers
    }

    /// Puts another payload in place of what the server sent.
    ///
    /// ```
    /// # use leptos_socket_core::{DecodeError, Incoming, Payload, SocketConfig, StatusCode, sim::Sim};
    /// # use serde_json::Value;
    /// /// This server answers 200 with `{"error": ..}` in it where it fails.
    /// fn unmask(reply: &mut Incoming) -> Result<(), DecodeError> {
    ///     if let Some(error) = reply.payload().decode::<Value>()?.get("error") {
    ///         reply.set_status(StatusCode::BAD_REQUEST);
    ///         reply.set_payload(Payload::encode(error)?);
    ///     }
    ///     Ok(())
    /// }
    /// # let mut sim = Sim::connected(SocketConfig::default(), 7);
    /// # sim.push(r#"{"payload": {"error": "sold out"}, "status": 200}"#);
    /// # sim.drive();
    /// # let mut reply = sim.pushes().next().expect("it was pushed").clone();
    /// # unmask(&mut reply)?;
    /// # assert!(!reply.is_success());
    /// # assert_eq!(reply.payload().as_str(), r#""sold out""#);
    /// # Ok::<(), DecodeError>(())
    /// ```
    pub fn set_payload(&mut self, payload: Payload) {
        self.payload = payload;
    }

    /// Puts another status in place of what the server sent.
    ///
    /// ```
    /// # use leptos_socket_core::{SocketConfig, StatusCode, sim::Sim};
    /// # let mut sim = Sim::connected(SocketConfig::default(), 7);
    /// # sim.push(r#"{"payload": null, "status": 404}"#);
    /// # sim.drive();
    /// # let mut reply = sim.pushes().next().expect("it was pushed").clone();
    /// // That there is none yet is no failure here.
    /// if reply.status() == Some(StatusCode::NOT_FOUND) {
    ///     reply.set_status(StatusCode::NO_CONTENT);
    /// }
    /// assert_eq!(reply.into_payload::<Option<u32>>()?, None);
    /// # Ok::<(), leptos_socket_core::Replied>(())
    /// ```
    pub fn set_status(&mut self, status: StatusCode) {
        self.status = Some(status);
    }

    /// The status, where the server sent one.
    #[must_use]
    pub fn status(&self) -> Option<StatusCode> {
        self.status
    }

    /// Whether the status is from 200 to 299. A message that names no status is a success: 200 is what the backends mean
    /// by leaving it out.
    #[must_use]
    pub fn is_success(&self) -> bool {
        self.status.unwrap_or_default().is_success()
    }

    /// The payload of a successful reply, decoded.
    ///
    /// ```
    /// # use leptos_socket_core::{Replied, SocketConfig, sim::Sim};
    /// # let mut sim = Sim::connected(SocketConfig::default(), 7);
    /// # sim.push(r#"{"payload": {"name": ["This field is required."]}, "status": 400}"#);
    /// # sim.drive();
    /// # let reply = sim.pushes().next().expect("it was pushed").clone();
    /// // A status of 400 is an error, and what the server said is in it:
    /// match reply.into_payload::<String>() {
    ///     Err(Replied::Status(reply)) => assert!(reply.payload().as_str().contains("required")),
    ///     other => panic!("{other:?}"),
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// The status is no success, or the payload is no `T`. Both hand the reply back.
    pub fn into_payload<T: DeserializeOwned>(self) -> Result<T, Replied> {
        if !self.is_success() {
            return Err(Replied::Status(Box::new(self)));
        }
        self.payload.decode().map_err(|error| Replied::Undecodable { reply: Box::new(self), error })
    }
}

/// A payload as it came: raw JSON, shared by its clones.
///
/// It may not even be JSON: all three backends write Python's `NaN` and `Infinity` bare. Then [`Payload::decode`] fails
/// and [`Payload::as_str`] still shows what came.
///
/// ```
/// # use leptos_socket_core::{DecodeError, Payload};
/// let payload = Payload::from_json(r#"{ "name": "Tea", "sizes": [50, 100] }"#)?;
/// let product: serde_json::Value = payload.decode()?;
/// assert_eq!(product["sizes"][1], 100);
///
/// assert!(payload.decode::<Vec<u32>>().is_err());
/// assert_eq!(payload.as_str(), r#"{ "name": "Tea", "sizes": [50, 100] }"#); // all of it is still there
/// assert_eq!(Payload::encode(&[50, 100])?.as_str(), "[50,100]");
/// # Ok::<(), DecodeError>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Payload(Arc<str>);

impl Payload {
    pub(crate) fn from_raw(text: &str) -> Self {
        Self(text.into())
    }

    /// A payload of this JSON text.
    ///
    /// # Errors
    ///
    /// The text is no JSON.
    pub fn from_json(text: &str) -> Result<Self, DecodeError> {
        let raw: &RawValue = serde_json::from_str(text).map_err(DecodeError::new)?;
        Ok(Self::from_raw(raw.get()))
    }

    /// A payload of this value.
    ///
    /// # Errors
    ///
    /// The value does not serialise.
    pub fn encode<T: Serialize + ?Sized>(value: &T) -> Result<Self, DecodeError> {
        serde_json::to_string(value).map(|text| Self(text.into())).map_err(DecodeError::new)
    }

    /// The payload decoded into a `T`.
    ///
    /// # Errors
    ///
    /// Where the text is no `T`, no JSON, or nested more than 127 deep.
    pub fn decode<T: DeserializeOwned>(&self) -> Result<T, DecodeError> {
        serde_json::from_str(&self.0).map_err(DecodeError::new)
    }

    /// The text as it came.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// As it is. What came and is no JSON does not serialise.
impl Serialize for Payload {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let raw: &RawValue = serde_json::from_str(&self.0).map_err(S::Error::custom)?;
        raw.serialize(serializer)
    }
}

/// `null`
impl Default for Payload {
    fn default() -> Self {
        Self::from_raw("null")
    }
}

impl fmt::Display for Payload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Shows the beginning only: a payload may be megabytes.
impl fmt::Debug for Payload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.char_indices().nth(200) {
            Some((end, _)) => write!(f, "Payload({}... of {} bytes)", &self.0[..end], self.0.len()),
            None => write!(f, "Payload({})", self.0),
        }
    }
}
