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
//! Open         | no sign of life, but      | Open, and slow until there is one
//!              |   calls in flight         |
//! Open         | closed, no sign of life   | Backoff, or Closed if that was the last attempt
//! Connecting,  | suspended                 | Backoff, with no attempt spent
//!   Open       |                           |
//! Connecting,  | closed with a final code  | Closed(Refused)
//!   Open       |                           |
//! Connecting,  | reconnect                 | Connecting, on another link
//!   Open       | close                     | Closed(ByApp), the link lingers
//! Backoff      | retry, online, resumed,   | Connecting
//!              |   reconnect               |
//! Backoff      | close                     | Closed(ByApp)
//! Closed       | connect, reconnect        | Connecting
//! ```
//!
//! What belongs to one link lives in the state of that link. So a new link starts clean, and whatever leaves a state
//! stops its timers by that alone.

use std::time::Duration;

use crate::buffer::Buffer;
use crate::close::CloseReason;
use crate::event::{LinkId, SocketState};
use crate::heartbeat::Heartbeat;
use crate::time::Instant;

#[derive(Debug)]
pub(crate) enum State {
    Idle,
    Connecting(Connecting),
    Open(Open),
    Backoff { attempt: u32, retry_at: Instant },
    Closed { reason: CloseReason, lingering: Option<Lingering> },
}

#[derive(Debug)]
pub(crate) struct Connecting {
    pub(crate) link: LinkId,
    pub(crate) attempt: u32,
    pub(crate) give_up_at: Instant,
    /// Whether `give_up_at` was put off after a time jump.
    pub(crate) overslept: bool,
    /// Whether it is known where the link goes to.
    pub(crate) resolved: bool,
}

#[derive(Debug)]
pub(crate) struct Open {
    pub(crate) link: LinkId,
    /// How many attempts were spent on this link.
    pub(crate) attempt: u32,
    pub(crate) since: Instant,
    /// Whether any frame came: a link that only opens proves little.
    pub(crate) proven: bool,
    pub(crate) heartbeat: Heartbeat,
    pub(crate) buffer: Buffer,
    pub(crate) latency: Option<Duration>,
}

impl Open {
    /// Whether its loss counts as the first one.
    pub(crate) fn is_settled(&self, now: Instant, min_uptime: Duration) -> bool {
        self.proven && now - self.since >= min_uptime
    }
}

/// A link that was asked to close and has not said that it did.
#[derive(Debug)]
pub(crate) struct Lingering {
    pub(crate) link: LinkId,
    pub(crate) until: Instant,
}

impl State {
    pub(crate) fn public(&self) -> SocketState {
        match self {
            Self::Idle => SocketState::Idle,
            Self::Connecting(connecting) => SocketState::Connecting { attempt: connecting.attempt },
            Self::Open(open) if open.heartbeat.is_slow() => SocketState::Slow,
            Self::Open(_) => SocketState::Open,
            Self::Backoff { attempt, retry_at } => SocketState::Backoff { attempt: *attempt, retry_at: *retry_at },
            Self::Closed { reason, .. } => SocketState::Closed(*reason),
        }
    }

    /// The one link that may be alive.
    pub(crate) fn link(&self) -> Option<LinkId> {
        match self {
            Self::Connecting(connecting) => Some(connecting.link),
            Self::Open(open) => Some(open.link),
            Self::Closed { lingering, .. } => lingering.as_ref().map(|lingering| lingering.link),
            Self::Idle | Self::Backoff { .. } => None,
        }
    }

    /// The link that messages can be handed to.
    pub(crate) const fn open_link(&self) -> Option<LinkId> {
        match self {
            Self::Open(open) => Some(open.link),
            Self::Idle | Self::Connecting(_) | Self::Backoff { .. } | Self::Closed { .. } => None,
        }
    }

    /// How many attempts count as spent if the link is lost now.
    pub(crate) fn spent(&self, now: Instant, min_uptime: Duration) -> u32 {
        match self {
            Self::Connecting(connecting) => connecting.attempt,
            Self::Open(open) if open.is_settled(now, min_uptime) => 0,
            Self::Open(open) => open.attempt,
            Self::Backoff { attempt, .. } => *attempt,
            Self::Idle | Self::Closed { .. } => 0,
        }
    }

    /// Whether a timer of the link that fires much too late may be put off. Once only: in a tab whose timers are throttled
    /// all of them are late, and a dead link would live for ever.
    pub(crate) fn has_second_chance(&self) -> bool {
        match self {
            Self::Connecting(connecting) => !connecting.overslept,
            Self::Open(open) => !open.heartbeat.is_probed(),
            Self::Idle | Self::Backoff { .. } | Self::Closed { .. } => false,
        }
    }

    /// The next timer of the link, with its time.
    pub(crate) fn next_timer(&self) -> Option<(Instant, Timer)> {
        match self {
            Self::Idle => None,
            Self::Connecting(connecting) => Some((connecting.give_up_at, Timer::ConnectTimeout)),
            Self::Open(open) => {
                let room = open.buffer.next_ask().map(|at| (at, Timer::Room));
                room.into_iter().chain([open.heartbeat.next_timer()]).min()
            }
            Self::Backoff { retry_at, .. } => Some((*retry_at, Timer::Retry)),
            Self::Closed { lingering, .. } => {
                lingering.as_ref().map(|lingering| (lingering.until, Timer::CloseTimeout))
            }
        }
    }
}

/// What [`Client::handle_timeout`](crate::Client::handle_timeout) may have to do. For logs and tests.
///
/// ```
/// use leptos_socket_core::{CallOptions, Client, Instant, Message, SocketConfig, Timer};
/// use std::time::Duration;
///
/// let (now, mut client) = (Instant::ZERO, Client::new(SocketConfig::default(), 42));
/// client.connect(now);
/// assert_eq!(client.next_timer(), Some((Timer::ConnectTimeout, now + Duration::from_secs(10))));
///
/// let options = CallOptions::new().timeout(Duration::from_secs(3));
/// client.call_with(now, &Message::new("sayHello", "World"), &options)?;
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
    /// When to ask whether the link has room again.
    Room,
    /// When to give up waiting for a new token.
    Refresh,
    /// When to try again.
    Retry,
    /// When to drop a link whose close the server does not answer.
    CloseTimeout,
}
