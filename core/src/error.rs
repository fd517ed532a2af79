//! What can go wrong, sorted by what is certain about it.

use std::fmt;
use std::time::Duration;

use serde::de::DeserializeOwned;

use crate::close::{CloseCode, CloseReason};
use crate::incoming::Incoming;
use crate::status::StatusCode;

/// Why a call has no successful reply. It says what is certain about the server.
///
/// ```
/// # use leptos_socket_core::{CallError, NotSent, OutcomeUnknown};
/// fn advice(error: &CallError) -> String {
///     match error {
///         CallError::NotSent(_) => "Nothing was saved. Try again.".to_owned(),
///         CallError::OutcomeUnknown(_) => "It may have been saved. Look before you try again.".to_owned(),
///         CallError::Replied(replied) => replied.to_string(), // such as "the server answered 409"
///         other => other.to_string(),
///     }
/// }
/// let error = CallError::from(NotSent::NotConnected);
/// assert_eq!(advice(&error), "Nothing was saved. Try again.");
/// assert!(error.is_safe_to_retry() && !CallError::from(OutcomeUnknown::Closed).is_safe_to_retry());
/// ```
///
/// The reply may say what is wrong with the fields of a form:
///
/// ```
/// # use leptos_socket_core::{CallError, Message, Replied, SocketConfig, StatusCode};
/// # use leptos_socket_core::sim::{Answer, Sim};
/// # use serde_json::json;
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let mut sim = Sim::connected(SocketConfig::default(), 7);
/// # sim.server.on("signUp", Answer::status(StatusCode::BAD_REQUEST, json!({ "email": ["Enter a valid address."] })));
/// # let call = sim.call(&Message::new("signUp", ()))?;
/// # sim.drive();
/// # let reply = sim.outcome(call).expect("it is settled").clone()?;
/// # let error = CallError::from(reply.into_payload::<()>().expect_err("it is a 400"));
/// type FieldErrors = std::collections::BTreeMap<String, Vec<String>>;
///
/// // After a 400 with {"email": ["Enter a valid address."]}:
/// let CallError::Replied(Replied::Status(reply)) = &error else { return Err(error.into()) };
/// let fields = reply.payload().decode::<FieldErrors>()?;
/// assert_eq!(fields["email"], ["Enter a valid address."]);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CallError {
    /// The server never saw the call.
    #[error("not sent: {0}")]
    NotSent(#[from] NotSent),
    /// The call was handed to an open link, and no answer came. The server may or may not have acted on it.
    #[error("outcome unknown: {0}")]
    OutcomeUnknown(#[from] OutcomeUnknown),
    /// The server answered, but not with a success.
    #[error(transparent)]
    Replied(#[from] Replied),
}

impl CallError {
    /// Whether it is safe to call again, because the server never saw the call.
    ///
    /// A call whose effect is the same however often it happens may be repeated after
    /// [`CallError::OutcomeUnknown`] too; only the app knows which calls are of that kind.
    #[must_use]
    pub const fn is_safe_to_retry(&self) -> bool {
        matches!(self, Self::NotSent(_))
    }

    /// The payload of the reply, if there is a reply and its payload has this type: the errors of a form's fields, for example.
    ///
    /// ```
    /// # use leptos_socket_core::CallError;
    /// #[derive(serde::Deserialize)]
    /// struct FieldErrors {
    ///     name: String,
    /// }
    ///
    /// fn advice(error: &CallError) -> Option<String> {
    ///     Some(error.payload::<FieldErrors>()?.name)
    /// }
    /// # let mut sim = leptos_socket_core::sim::Sim::connected(leptos_socket_core::SocketConfig::default(), 7);
    /// # sim.push(r#"{"payload": {"name": "too short"}, "status": 400}"#);
    /// # sim.drive();
    /// # let error = sim.pushes().next().and_then(|reply| reply.clone().into_payload::<()>().err());
    /// # assert_eq!(error.and_then(|error| advice(&error.into())).as_deref(), Some("too short"));
    /// ```
    #[must_use]
    pub fn payload<T: DeserializeOwned>(&self) -> Option<T> {
        self.reply()?.payload().decode().ok()
    }

    /// The status of the reply, if the server answered: such as 401 for a session that is over.
    ///
    /// ```
    /// # use leptos_socket_core::{CallError, NotSent, StatusCode};
    /// fn is_signed_out(error: &CallError) -> bool {
    ///     error.status() == Some(StatusCode::UNAUTHORIZED)
    /// }
    /// assert!(!is_signed_out(&NotSent::NotConnected.into()));
    /// ```
    #[must_use]
    pub fn status(&self) -> Option<StatusCode> {
        self.reply()?.status()
    }

    /// Whether the call ended because its deadline passed.
    ///
    /// ```
    /// # use leptos_socket_core::{CallError, NotSent, OutcomeUnknown};
    /// # use std::time::Duration;
    /// let waited = Duration::from_secs(30);
    /// assert!(CallError::from(NotSent::TimedOut { waited }).is_timeout()); // no link within 30 s
    /// assert!(CallError::from(OutcomeUnknown::TimedOut { waited }).is_timeout()); // no reply within 30 s
    /// ```
    #[must_use]
    pub const fn is_timeout(&self) -> bool {
        matches!(
            self,
            Self::NotSent(NotSent::TimedOut { .. } | NotSent::NoAddress { .. })
                | Self::OutcomeUnknown(OutcomeUnknown::TimedOut { .. })
        )
    }

    /// The server's reply, where there is one.
    #[must_use]
    pub const fn reply(&self) -> Option<&Incoming> {
        match self {
            Self::Replied(Replied::Status(reply) | Replied::Undecodable { reply, .. }) => Some(reply),
            Self::Replied(Replied::TooLarge { .. } | Replied::NoStatus)
            | Self::NotSent(_)
            | Self::OutcomeUnknown(_) => None,
        }
    }
}

/// Why a message never reached the server.
///
/// ```
/// # use leptos_socket_core::{CallError, Message, NotSent, SocketConfig, sim::Sim};
/// fn advice(error: &NotSent) -> &'static str {
///     match error {
///         NotSent::TimedOut { .. } | NotSent::NotConnected => "Check your connection.",
///         NotSent::QueueFull(_) => "Much is waiting already. Try again later.",
///         NotSent::TooLarge { .. } => "Choose a smaller file.",
///         _ => "It was not sent.",
///     }
/// }
/// # let mut sim = Sim::connected(SocketConfig::default(), 7);
/// # let error = sim.call(&Message::new("upload", "x".repeat(2 << 20))).expect_err("it is too large");
/// // Of a message of 2 MiB, where the server takes one:
/// assert_eq!(advice(&error), "Choose a smaller file.");
/// assert!(CallError::from(error).is_safe_to_retry());
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NotSent {
    /// The socket was idle until the deadline, because it has no address yet.
    #[error("there was no address to connect to within {}", Seconds(*waited))]
    NoAddress {
        /// How long the message waited.
        waited: Duration,
    },
    /// There was no connection until the deadline, or no room in it.
    #[error("no connection within {}", Seconds(*waited))]
    TimedOut {
        /// How long the message waited in the queue.
        waited: Duration,
    },
    /// The queue is full of messages that wait for a link, or for room in one.
    #[error("it cannot leave now, and {0}")]
    QueueFull(QueueLimit),
    /// The message is larger than `max_request_size`.
    #[error("the message has {size} bytes, and {limit} are allowed")]
    TooLarge {
        /// The size of the frame in bytes.
        size: usize,
        /// The limit in bytes.
        limit: usize,
    },
    /// The payload does not serialise to JSON.
    #[error("the payload cannot be encoded as JSON: {0}")]
    Unserialisable(String),
    /// The message names no route, which the backends demand.
    #[error("the message names no route")]
    NoRoute,
    /// The socket is closed.
    #[error("the socket is closed: {0}")]
    Closed(CloseReason),
    /// No link is open, and the call was made with `wait_for_link(false)`.
    #[error("not connected")]
    NotConnected,
    /// The call was made inside of `refresh`, and would wait for that refresh.
    #[error(
        "a call inside of `refresh` must be `.anonymous()`, because it would wait for the refresh that waits for it"
    )]
    InsideRefresh,
    /// The call was cancelled.
    #[error("cancelled")]
    Cancelled,
    /// The app is being rendered on a server, where there is no network.
    #[error("there is no connection while rendering on a server")]
    Rendering,
}

/// Which bound of the queue was hit.
///
/// ```
/// # use leptos_socket_core::{ConfigError, Message, NotSent, QueueLimit, SocketConfig, sim::Sim};
/// let config = SocketConfig::builder().queue_capacity(2).build()?;
/// # let mut sim = Sim::new(config, 7);
/// # let _ = (sim.send(&Message::new("log", 1)), sim.send(&Message::new("log", 2)));
/// # let third = sim.send(&Message::new("log", 3)).expect_err("the queue is full");
/// // Two messages wait for a link, and a third one is sent:
/// assert_eq!(third, NotSent::QueueFull(QueueLimit::Messages(2)));
/// assert_eq!(third.to_string(), "it cannot leave now, and 2 messages already wait");
/// # Ok::<(), ConfigError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum QueueLimit {
    /// `queue_capacity`: the number of messages.
    #[error("{}", match .0 { 0 => "messages do not wait".to_owned(), n => format!("{n} messages already wait") })]
    Messages(usize),
    /// `queue_bytes`: their size together.
    #[error("the messages that wait would exceed {0} bytes")]
    Bytes(usize),
}

/// Why no answer came to a call that left.
///
/// ```
/// # use leptos_socket_core::{CallError, CloseCode, OutcomeUnknown};
/// /// Of an order: whether it was placed only the server knows.
/// fn why(error: &OutcomeUnknown) -> String {
///     match error {
///         OutcomeUnknown::TimedOut { waited } => format!("no answer for {} s", waited.as_secs()),
///         OutcomeUnknown::LinkLost(CloseCode::INTERNAL_ERROR) => "the server failed over it".to_owned(),
///         other => other.to_string(),
///     }
/// }
/// let lost = OutcomeUnknown::LinkLost(CloseCode::ABNORMAL);
/// assert_eq!(why(&lost), "the connection was lost with code 1006 (connection lost)");
/// assert!(!CallError::from(lost).is_safe_to_retry());
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OutcomeUnknown {
    /// No reply came before the deadline.
    #[error("no reply within {}", Seconds(*waited))]
    TimedOut {
        /// How long the call waited, its time in the queue included.
        waited: Duration,
    },
    /// The link was lost, or given up.
    #[error("the connection was lost with code {0}")]
    LinkLost(CloseCode),
    /// The link was lost, and the call, which was declared idempotent, could not be sent again.
    #[error("the connection was lost, and it was not sent again: {0}")]
    NotSentAgain(NotSent),
    /// The call was cancelled.
    #[error("cancelled before the reply came")]
    Cancelled,
    /// The socket was closed, or told to reconnect.
    #[error("the socket was closed before the reply came")]
    Closed,
}

/// What was wrong with a reply.
///
/// ```
/// # use leptos_socket_core::{Replied, SocketConfig, StatusCode, sim::Sim};
/// fn explain(replied: &Replied) -> String {
///     match replied {
///         Replied::Status(reply) if reply.status() == Some(StatusCode::NOT_FOUND) => "There is none.".to_owned(),
///         Replied::Status(reply) => reply.payload().decode().unwrap_or_else(|_| replied.to_string()),
///         Replied::Undecodable { .. } => "This page is too old. Reload it.".to_owned(),
///         other => other.to_string(),
///     }
/// }
/// # let mut sim = Sim::connected(SocketConfig::default(), 7);
/// # sim.push(r#"{"payload": "Sold out.", "status": 409}"#);
/// # sim.push(r#"{"payload": {"old": 1}, "status": 409}"#);
/// # sim.push(r#"{"payload": "soon", "status": 200}"#);
/// # sim.drive();
/// # let said: Vec<_> =
/// #     sim.pushes().filter_map(|reply| reply.clone().into_payload::<u32>().err()).map(|error| explain(&error)).collect();
/// # assert_eq!(said[0], "Sold out.");
/// # assert_eq!(said[2], "This page is too old. Reload it.");
/// # let conflict = &said[1];
/// assert_eq!(conflict, "the server answered 409"); // with a payload that is not text
/// ```
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Replied {
    /// The reply has a status outside 2xx.
    #[error("the server answered {}", .0.status().unwrap_or_default())]
    Status(Box<Incoming>),
    /// The reply is a success, but its payload has another type than the route's response.
    #[error("the server answered {}, but the payload is unexpected: {error}", reply.status().unwrap_or_default())]
    Undecodable {
        /// The reply.
        reply: Box<Incoming>,
        /// What is wrong with its payload.
        error: DecodeError,
    },
    /// The reply is larger than `max_message_size`.
    #[error("the server answered with {size} bytes, and {limit} are allowed")]
    TooLarge {
        /// The size of the frame in bytes.
        size: usize,
        /// The limit in bytes.
        limit: usize,
    },
    /// The status of the reply is not a number.
    #[error("the server answered with a status that is not a number")]
    NoStatus,
}

/// A payload could not be decoded into the type that was asked for, or a value could not be encoded.
///
/// The text says what was expected, and where, but not what was found, because that may be a secret.
///
/// ```
/// # use leptos_socket_core::{DecodeError, Payload};
/// let payload = Payload::encode("soon")?;
/// let error = payload.decode::<u32>().expect_err("it is not a number");
/// assert_eq!(error.to_string(), "expected u32 at line 1 column 6");
/// # Ok::<(), DecodeError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct DecodeError(String);

impl DecodeError {
    #[cfg(feature = "record")]
    pub(crate) const fn from_text(text: String) -> Self {
        Self(text)
    }

    #[cfg(feature = "record")]
    pub(crate) const fn text_len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn new(error: serde_json::Error) -> Self {
        let text = error.to_string();
        // Such as `invalid type: string "s3cret", expected u32 at line 1 column 8`. What is expected comes from the type alone.
        Self(text.rfind(EXPECTED).map_or(text.as_str(), |at| &text[at + 2..]).to_owned())
    }
}

/// Options of a [`SocketConfig`](crate::SocketConfig) that are invalid or contradict each other.
///
/// ```
/// # use leptos_socket_core::{ConfigError, SocketConfig};
/// use std::time::Duration;
///
/// let error = SocketConfig::builder().backoff_max(Duration::from_millis(100)).build();
/// assert_eq!(error, Err(ConfigError::BackoffOrder)); // its base is 1 s
///
/// // Out of a file, with the name of the option in it:
/// let error = serde_json::from_str::<SocketConfig>(r#"{ "heartbeatRate": 0 }"#).expect_err("it is zero");
/// assert!(error.to_string().contains("`heartbeat_rate` must be more than zero"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// It is not JSON, or has an option that does not exist.
    #[error("{0}")]
    Json(String),
    /// A duration or size is zero where that would stop everything.
    #[error("`{option}` must be more than zero")]
    Zero {
        /// The name of the option.
        option: &'static str,
    },
    /// The backoff would start above its own maximum.
    #[error("`backoff_base` must not exceed `backoff_max`")]
    BackoffOrder,
    /// A busy link would have less time than an idle one.
    #[error("`busy_timeout` must not be shorter than `heartbeat_timeout_duration`")]
    BusyOrder,
}

/// What serde writes between what it found and what it expected.
const EXPECTED: &str = ", expected ";

/// A duration for people: `30 s`, `0.25 s`.
pub(crate) struct Seconds(pub(crate) Duration);

impl fmt::Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A timer is a few milliseconds late, which interests nobody after so long.
        let is_long = self.0.as_secs() >= 10;
        let (mut fraction, mut digits) = (if is_long { 0 } else { self.0.subsec_millis() }, 3);
        while digits > 0 && fraction.is_multiple_of(10) {
            (fraction, digits) = (fraction / 10, digits - 1);
        }
        match digits {
            0 => write!(f, "{} s", self.0.as_secs()),
            _ => write!(f, "{}.{fraction:0digits$} s", self.0.as_secs()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_durations_are_shown_to_the_millisecond_and_long_ones_to_the_second() {
        for (millis, text) in [(30_003, "30 s"), (250, "0.25 s"), (1_005, "1.005 s"), (0, "0 s"), (100, "0.1 s")] {
            assert_eq!(Seconds(Duration::from_millis(millis)).to_string(), text);
        }
    }
}
