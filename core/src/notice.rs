//! Odd things that a server does.

use std::fmt;

use uuid::Uuid;

use crate::error::DecodeError;

/// Something odd that the server did. It comes with a count of how often this kind of notice occurred.
///
/// ```
/// # use leptos_socket_core::{Event, Notice, SocketConfig, sim::Sim};
/// /// The first of a kind is worth a line, and then every hundredth.
/// fn line(notice: &Notice, count: u64) -> Option<String> {
///     match notice {
///         Notice::Unawaited { .. } => None, // a late answer
///         _ if count == 1 || count.is_multiple_of(100) => Some(format!("{notice} (no. {count})")),
///         _ => None,
///     }
/// }
/// # let mut sim = Sim::connected(SocketConfig::default(), 7);
/// # for _ in 0..250 { sim.push_binary(512); }
/// # sim.drive();
/// # let lines: Vec<_> = sim.history().iter().filter_map(|(_, event)| match event {
/// #     Event::Notice { notice, count } => line(notice, *count),
/// #     _ => None,
/// # }).collect();
/// // After 250 binary frames:
/// assert_eq!(lines.len(), 3);
/// assert_eq!(lines[2], "a binary frame of 512 bytes (no. 200)");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Notice {
    /// A frame is not a JSON object.
    Malformed {
        /// The size of the frame in bytes.
        size: usize,
        /// What should be there: `a key`.
        expected: &'static str,
        /// At which byte of the frame.
        at: usize,
    },
    /// A field of an otherwise readable message has a wrong type. It is treated as missing.
    OddField {
        /// The name of the field.
        field: &'static str,
    },
    /// A frame is larger than `max_message_size`.
    TooLarge {
        /// The size of the frame in bytes.
        size: usize,
        /// The limit in bytes.
        limit: usize,
    },
    /// A binary frame.
    Binary {
        /// The size of the frame in bytes.
        size: usize,
    },
    /// A push could not be decoded into the type that the app asked for.
    UnreadablePush {
        /// Its route.
        route: String,
        /// What is wrong with its payload.
        error: DecodeError,
    },
    /// An answer that no call is waiting for: it is late, or a second answer.
    Unawaited {
        /// The uuid that it answers.
        uuid: Uuid,
    },
}

impl Notice {
    /// The place of this kind in the table of counters.
    pub(crate) const fn kind(&self) -> usize {
        match self {
            Self::Malformed { .. } => 0,
            Self::OddField { .. } => 1,
            Self::TooLarge { .. } => 2,
            Self::Binary { .. } => 3,
            Self::Unawaited { .. } => 4,
            Self::UnreadablePush { .. } => 5,
        }
    }

    pub(crate) const KINDS: usize = 6;
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed { size, expected, at } => {
                write!(f, "a frame of {size} bytes is not a message: {expected} is expected at byte {at}")
            }
            Self::OddField { field } => write!(f, "the field `{field}` of a message could not be read"),
            Self::TooLarge { size, limit } => write!(f, "a frame has {size} bytes, and {limit} are allowed"),
            Self::Binary { size } => write!(f, "a binary frame of {size} bytes"),
            // What is wrong with it quotes it, and it may hold a secret.
            Self::UnreadablePush { route, .. } => write!(f, "a push of the route `{route}` is of an unexpected type"),
            Self::Unawaited { uuid } => write!(f, "an answer to {uuid}, which is not waiting for one"),
        }
    }
}
