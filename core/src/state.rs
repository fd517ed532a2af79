//! The states of a socket, and which follow which.
//!
//! ```text
//! from         | what happens              | to
//! -------------|---------------------------|-----------------------------------------------
//! Idle         | connect, reconnect        | Connecting
//! Idle         | close                     | Closed(ByApp)
//! Connecting   | resolved                  | Connecting
//! Connecting   | opened                    | Open
//! Connecting   | closed, unresolved,       | Backoff, or Closed if that was the last attempt
//!              |   connect timeout         |
//! Open         | no sign of life, but the  | Open, and slow until there is one
//!              |   server owes answers     |
//! Open         | closed, no sign of life   | Backoff, or Closed if that was the last attempt
//! Connecting,  | suspended                 | Backoff, with no attempt spent
//!   Open       |                           |
//! Connecting,  | closed with a final code  | Closed(Refused)
//!   Open       | closed: needs a new token | Backoff until there is one, else Closed(Refused)
//! Connecting,  | reconnect                 | Connecting, on another link
//!   Open       | close                     | Closed(ByApp), the link lingers
//! Backoff      | retry, online, resumed,   | Connecting
//!              |   reconnect, a new token  |
//! Backoff      | close                     | Closed(ByApp)
//! Closed       | connect, reconnect        | Connecting
//! ```
//!
//! `leave` is a `close` that comes once everything has ended, as Closed(Left), and `sign_out` is a `close` as Closed(SignedOut).
//! Nothing leads out of these two.
//!
//! What belongs to one link lives in the state of that link. So a new link starts clean, and whatever leaves a state
//! stops its timers by that alone.

use crate::close::CloseReason;
use crate::endpoint::Endpoint;
use crate::event::{LinkId, SocketState};
use crate::liveness::Liveness;
use crate::time::Instant;

#[derive(Debug)]
#[cfg_attr(feature = "record", derive(Clone, serde::Serialize, serde::Deserialize))]
pub(crate) enum State {
    Idle,
    Connecting(Connecting),
    Open(Open),
    Backoff(Backoff),
    Closed { reason: CloseReason, lingering: Option<Lingering> },
}

#[derive(Debug)]
#[cfg_attr(feature = "record", derive(Clone, serde::Serialize, serde::Deserialize))]
pub(crate) struct Connecting {
    pub(crate) link: LinkId,
    pub(crate) attempt: u32,
    pub(crate) give_up_at: Instant,
    /// Whether `give_up_at` was put off after a time jump.
    pub(crate) overslept: bool,
    pub(crate) step: Step,
}

/// How far a new link is.
#[derive(Debug)]
#[cfg_attr(feature = "record", derive(Clone, serde::Serialize, serde::Deserialize))]
pub(crate) enum Step {
    /// The driver has to be asked for the address.
    WantsAddress,
    AwaitsAddress,
    /// The driver has to be told to open it.
    WantsLink(#[cfg_attr(feature = "record", serde(with = "crate::record::endpoint"))] Endpoint),
    Opening,
}

#[derive(Debug)]
#[cfg_attr(feature = "record", derive(Clone, serde::Serialize, serde::Deserialize))]
pub(crate) struct Open {
    pub(crate) link: LinkId,
    /// How many attempts were spent on this link.
    pub(crate) attempt: u32,
    pub(crate) since: Instant,
    /// Whether any frame arrived: a link that only opens proves little.
    pub(crate) proven: bool,
    pub(crate) liveness: Liveness,
    /// When to look again whether the link has room, if it had none.
    pub(crate) look_for_room_at: Option<Instant>,
}

#[derive(Debug)]
#[cfg_attr(feature = "record", derive(Clone, serde::Serialize, serde::Deserialize))]
pub(crate) struct Backoff {
    /// The attempt that comes next.
    pub(crate) attempt: u32,
    pub(crate) retry_at: Instant,
    /// What the server asked for: no hint brings the attempt before this.
    pub(crate) not_before: Instant,
    /// Whether the attempt needs a new token; without one the socket is closed for this reason.
    pub(crate) unless_refreshed: Option<CloseReason>,
}

/// A link that was asked to close and has not said that it did.
#[derive(Debug)]
#[cfg_attr(feature = "record", derive(Clone, serde::Serialize, serde::Deserialize))]
pub(crate) struct Lingering {
    pub(crate) link: LinkId,
    pub(crate) until: Instant,
    /// Whether the driver was told to close it.
    pub(crate) is_told: bool,
}

impl State {
    pub(crate) const fn public(&self) -> SocketState {
        match self {
            Self::Idle => SocketState::Idle,
            Self::Connecting(connecting) => SocketState::Connecting { attempt: connecting.attempt },
            Self::Open(open) if open.liveness.is_slow() => SocketState::Slow,
            Self::Open(_) => SocketState::Open,
            Self::Backoff(Backoff { attempt, retry_at, .. }) => {
                SocketState::Backoff { attempt: *attempt, retry_at: *retry_at }
            }
            Self::Closed { reason, .. } => SocketState::Closed(*reason),
        }
    }

    /// The one link that the driver knows of.
    pub(crate) fn link(&self) -> Option<LinkId> {
        match self {
            Self::Connecting(Connecting { step: Step::WantsAddress, .. }) | Self::Idle | Self::Backoff(_) => None,
            Self::Connecting(connecting) => Some(connecting.link),
            Self::Open(open) => Some(open.link),
            Self::Closed { lingering, .. } => lingering.as_ref().map(|lingering| lingering.link),
        }
    }

    /// The next timer of the link, with its time.
    /// At [`Instant::END`] if there is none.
    pub(crate) fn next_timer(&self) -> (Instant, Timer) {
        match self {
            Self::Idle | Self::Closed { lingering: None, .. } => (Instant::END, Timer::CloseTimeout),
            Self::Connecting(connecting) => (connecting.give_up_at, Timer::ConnectTimeout),
            Self::Open(Open { look_for_room_at, liveness, .. }) => {
                let room = look_for_room_at.unwrap_or(Instant::END);
                liveness.next_timer().min((room, Timer::Room))
            }
            Self::Backoff(backoff) => (backoff.retry_at, Timer::Retry),
            Self::Closed { lingering: Some(lingering), .. } => (lingering.until, Timer::CloseTimeout),
        }
    }
}

/// What [`Client::handle_timeout`](crate::Client::handle_timeout) may have to do. For logs and tests.
///
/// ```
/// use leptos_socket_core::{Client, Instant, Message, SocketConfig, Timer};
/// use std::time::Duration;
///
/// let (now, mut client) = (Instant::ZERO, Client::new(SocketConfig::default(), 42));
/// client.connect(now);
/// assert_eq!(client.next_timer(), Some((Timer::ConnectTimeout, now + Duration::from_secs(10))));
///
/// client.call(now, &Message::new("sayHello", "World").timeout(Duration::from_secs(3)))?;
/// assert_eq!(client.next_timer(), Some((Timer::Deadline, now + Duration::from_secs(3))));
/// # Ok::<(), leptos_socket_core::NotSent>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Timer {
    /// When to end a call that got no reply, or a message that found no link.
    Deadline,
    /// When to give up a link that does not open.
    ConnectTimeout,
    /// When to ask the server for a sign of life.
    Ping,
    /// When to give up a link that gave no sign of life.
    Dead,
    /// When to look again whether the link has room.
    Room,
    /// When to give up waiting for a new token.
    Refresh,
    /// When to try again.
    Retry,
    /// When to drop a link whose close the server does not answer.
    CloseTimeout,
}
