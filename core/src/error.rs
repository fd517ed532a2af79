//! What can go wrong, sorted by what is certain about it.

use std::fmt;
use std::time::Duration;

use crate::close::{CloseCode, CloseReason};
use crate::message::Incoming;

/// How a call ended that gave no successful reply. It says what is certain about the server.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CallError {
    /// The server never saw the call.
    #[error("not sent: {0}")]
    NotSent(#[from] NotSent),
    /// The call was handed to an open link, and no answer came. Whether the server acted on it nobody can say.
    #[error("outcome unknown: {0}")]
    OutcomeUnknown(#[from] OutcomeUnknown),
    /// The server answered, and the answer is no success.
    #[error(transparent)]
    Replied(#[from] Replied),
}

impl CallError {
    /// Whether calling again can do nothing twice: the server never saw the call.
    ///
    /// A call whose effect is the same however often it happens may be repeated after
    /// [`CallError::OutcomeUnknown`] too; only the app knows which calls are of that kind.
    #[must_use]
    pub const fn is_safe_to_retry(&self) -> bool {
        matches!(self, Self::NotSent(_))
    }

    /// Whether the call ended because its deadline passed.
    #[must_use]
    pub const fn is_timeout(&self) -> bool {
        matches!(self, Self::NotSent(NotSent::TimedOut { .. }) | Self::OutcomeUnknown(OutcomeUnknown::TimedOut { .. }))
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
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NotSent {
    /// No link opened before the deadline.
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
    #[error("the payload does not serialise: {0}")]
    Unserialisable(String),
    /// The message names no route, which the backends demand.
    #[error("the message names no route")]
    NoRoute,
    /// The socket is closed.
    #[error("the socket is closed: {0}")]
    Closed(CloseReason),
    /// There is no socket to send it on: the signal that names it has none.
    #[error("there is no such socket")]
    NoSocket,
    /// The call was not to wait for a link, and there is none.
    #[error("not connected")]
    NotConnected,
    /// The app could not say which headers the message is to have.
    #[error("the headers could not be found out")]
    NoHeaders,
    /// Whoever made the call is gone, or cancelled it.
    #[error("cancelled")]
    Cancelled,
    /// There is no network here: the app is rendered on a server.
    #[error("there is no connection while rendering on a server")]
    Rendering,
}

/// Which bound of the queue was hit.
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
    /// Whoever made the call is gone, or cancelled it.
    #[error("cancelled before the reply came")]
    Cancelled,
    /// The socket was closed, or told to reconnect.
    #[error("the socket was closed before the reply came")]
    Closed,
}

/// What was wrong with a reply.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Replied {
    /// Its status is no success.
    #[error("the server answered {}", .0.status().unwrap_or_default())]
    Status(Box<Incoming>),
    /// It is a success, but its payload is not of the type that was asked for.
    #[error("the server answered {}, but the payload is unexpected: {error}", reply.status().unwrap_or_default())]
    Undecodable {
        /// The reply.
        reply: Box<Incoming>,
        /// What is wrong with its payload.
        error: DecodeError,
    },
    /// It is larger than `max_message_size`.
    #[error("the server answered with {size} bytes, and {limit} are allowed")]
    TooLarge {
        /// The size of the frame in bytes.
        size: usize,
        /// The limit in bytes.
        limit: usize,
    },
    /// Its status is no number that a status can be.
    #[error("the server answered with a status that is no number")]
    NoStatus,
}

/// A payload that is not of the type that was asked for, or a value that is no payload.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct DecodeError(String);

impl DecodeError {
    pub(crate) fn new(error: serde_json::Error) -> Self {
        // It quotes a payload of a wrong type, which may be of any length.
        let text = error.to_string();
        let end = text.char_indices().nth(LONGEST_QUOTE).map_or(text.len(), |(end, _)| end);
        Self(if end < text.len() { format!("{}...", &text[..end]) } else { text })
    }
}

/// A value of [`SocketConfig`](crate::SocketConfig) that makes no sense.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// A duration or size is zero where that would stop everything.
    #[error("`{option}` must be more than zero")]
    Zero {
        /// The name of the option.
        option: &'static str,
    },
    /// The backoff would start above its own maximum.
    #[error("`backoff_base` must not exceed `backoff_max`")]
    BackoffOrder,
}

/// How many characters of what a server sent an error repeats.
const LONGEST_QUOTE: usize = 200;

/// A duration for people: `30 s`, `0.25 s`.
struct Seconds(Duration);

impl fmt::Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let millis = self.0.as_millis();
        match millis.is_multiple_of(1000) {
            true => write!(f, "{} s", millis / 1000),
            false => write!(f, "{} s", millis as f64 / 1000.0),
        }
    }
}
