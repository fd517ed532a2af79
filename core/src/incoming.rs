//! What comes in: a reply or a push, and its payload.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use serde::de::DeserializeOwned;
use serde::ser::Error as _;
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

use crate::error::{DecodeError, Replied};
use crate::headers::Headers;
use crate::inbound::Frame;
use crate::status::StatusCode;

/// A message from the server: the reply to a call, or a push.
///
/// Servers may leave fields out, so everything but the payload is optional. The payload and the headers stay raw until you
/// ask for a type.
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
#[derive(Clone)]
pub struct Incoming {
    pub(crate) uuid: Field,
    pub(crate) route: Field,
    pub(crate) headers: Option<Payload>,
    pub(crate) payload: Payload,
    pub(crate) status: Option<StatusCode>,
}

impl Incoming {
    /// Reads a frame as a client does: for a log, or for a test. `None` if it is not a JSON object.
    ///
    /// ```
    /// # use leptos_socket_core::Incoming;
    /// let push = Incoming::read(r#"{"route": "tick", "payload": {"n": 1}}"#).expect("it is a message");
    /// assert_eq!((push.route(), push.payload().as_str()), (Some("tick"), r#"{"n": 1}"#));
    /// assert!(Incoming::read("<html>").is_none());
    /// ```
    #[must_use]
    pub fn read(frame: &str) -> Option<Self> {
        Frame::read(frame.to_owned()).ok().map(|frame| frame.message)
    }

    /// The uuid, as text even if the server sent a number. A push may have none, or one of the server's own.
    #[must_use]
    pub fn uuid(&self) -> Option<&str> {
        self.uuid.as_str()
    }

    /// The route. Only one of the three backends names it in replies.
    #[must_use]
    pub fn route(&self) -> Option<&str> {
        self.route.as_str()
    }

    /// The headers, decoded each time that you ask; empty if the server sent none.
    #[must_use]
    pub fn headers(&self) -> Headers {
        self.headers.as_ref().and_then(|headers| headers.decode().ok()).unwrap_or_default()
    }

    /// The payload; `null` if the server sent none.
    #[must_use]
    pub fn payload(&self) -> &Payload {
        &self.payload
    }

    /// Replaces the payload that the server sent.
    ///
    /// ```
    /// # use leptos_socket_core::{DecodeError, Incoming, Payload, SocketConfig, StatusCode, sim::Sim};
    /// # use serde_json::Value;
    /// /// This server answers 200 with `{"error": ..}` when it fails.
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

    /// Replaces the status that the server sent.
    ///
    /// ```
    /// # use leptos_socket_core::{SocketConfig, StatusCode, sim::Sim};
    /// # let mut sim = Sim::connected(SocketConfig::default(), 7);
    /// # sim.push(r#"{"payload": null, "status": 404}"#);
    /// # sim.drive();
    /// # let mut reply = sim.pushes().next().expect("it was pushed").clone();
    /// // That there is nothing yet is not a failure here.
    /// if reply.status() == Some(StatusCode::NOT_FOUND) {
    ///     reply.set_status(StatusCode::NO_CONTENT);
    /// }
    /// assert_eq!(reply.into_payload::<Option<u32>>()?, None);
    /// # Ok::<(), leptos_socket_core::Replied>(())
    /// ```
    pub fn set_status(&mut self, status: StatusCode) {
        self.status = Some(status);
    }

    /// The status, if the server sent one.
    #[must_use]
    pub fn status(&self) -> Option<StatusCode> {
        self.status
    }

    /// Whether the status is from 200 to 299. A message without a status is a success: the backends leave 200 out.
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
    /// // A status of 400 is an error, which carries what the server said:
    /// match reply.into_payload::<String>() {
    ///     Err(Replied::Status(reply)) => assert!(reply.payload().as_str().contains("required")),
    ///     other => panic!("{other:?}"),
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// The status is outside 2xx, or the payload is not a `T`. Both errors carry the reply.
    pub fn into_payload<T: DeserializeOwned>(self) -> Result<T, Replied> {
        if !self.is_success() {
            return Err(Replied::Status(Box::new(self)));
        }
        self.payload.decode().map_err(|error| Replied::Undecodable { reply: Box::new(self), error })
    }
}

/// A message without anything: a success, with the payload `null`.
impl Default for Incoming {
    fn default() -> Self {
        Self { uuid: Field::Missing, route: Field::Missing, headers: None, payload: Payload::default(), status: None }
    }
}

impl fmt::Debug for Incoming {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Incoming")
            .field("uuid", &self.uuid())
            .field("route", &self.route())
            .field("headers", &self.headers())
            .field("payload", &self.payload)
            .field("status", &self.status)
            .finish()
    }
}

/// A text of the envelope: a part of the frame, or a copy if the frame has it in another form.
#[derive(Clone)]
pub(crate) enum Field {
    Missing,
    Part(Payload),
    Copy(String),
}

impl Field {
    pub(crate) fn as_str(&self) -> Option<&str> {
        match self {
            Self::Missing => None,
            Self::Part(part) => Some(part.as_str()),
            Self::Copy(text) => Some(text),
        }
    }
}

/// A payload as it came: raw JSON, shared by its clones and with the frame that it came in.
///
/// It may not even be JSON: all three backends write Python's `NaN` and `Infinity` bare. Then [`Payload::decode`] fails
/// and [`Payload::as_str`] still shows what came. So does `Display`, but `Debug` shows only the size, because a payload may hold
/// a secret.
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
#[derive(Clone)]
pub struct Payload {
    frame: Arc<String>,
    /// Within the frame, on boundaries of characters.
    range: Range<usize>,
}

impl Payload {
    pub(crate) fn part(frame: &Arc<String>, range: Range<usize>) -> Self {
        Self { frame: Arc::clone(frame), range }
    }

    pub(crate) fn whole(text: String) -> Self {
        Self { range: 0..text.len(), frame: Arc::new(text) }
    }

    /// A payload of this JSON text.
    ///
    /// # Errors
    ///
    /// The text is not JSON.
    pub fn from_json(text: &str) -> Result<Self, DecodeError> {
        let raw: &RawValue = serde_json::from_str(text).map_err(DecodeError::new)?;
        Ok(Self::whole(raw.get().to_owned()))
    }

    /// A payload of this value.
    ///
    /// # Errors
    ///
    /// The value does not serialise.
    pub fn encode<T: Serialize + ?Sized>(value: &T) -> Result<Self, DecodeError> {
        serde_json::to_string(value).map(Self::whole).map_err(DecodeError::new)
    }

    /// The payload decoded into a `T`.
    ///
    /// # Errors
    ///
    /// The text is not a `T`, is not JSON, or is nested more than 127 deep.
    pub fn decode<T: DeserializeOwned>(&self) -> Result<T, DecodeError> {
        serde_json::from_str(self.as_str()).map_err(DecodeError::new)
    }

    /// The text as it came.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.frame.get(self.range.clone()).unwrap_or_default()
    }
}

/// Equal texts are equal payloads.
impl PartialEq for Payload {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for Payload {}

/// The JSON as it is. A payload that came and is not JSON does not serialise.
impl Serialize for Payload {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let raw: &RawValue = serde_json::from_str(self.as_str()).map_err(S::Error::custom)?;
        raw.serialize(serializer)
    }
}

/// `null`
impl Default for Payload {
    fn default() -> Self {
        Self::whole("null".to_owned())
    }
}

impl fmt::Display for Payload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Shows the size only, because a payload may hold a secret.
impl fmt::Debug for Payload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Payload({} bytes)", self.range.len())
    }
}
