//! What is known of a socket.

use std::time::Duration;

use uuid::Uuid;

use super::Client;
use crate::close::CloseReason;
use crate::config::SocketConfig;
use crate::diagnosis::Diagnosis;
use crate::event::{CallId, Event, SocketState};
use crate::state::State;

/// D. What is.
impl Client {
    /// The state of the socket.
    #[must_use]
    pub const fn state(&self) -> SocketState {
        self.shown
    }

    /// What is likely wrong; `None` while a link is open or first being opened, and when the app closed the socket.
    #[must_use]
    pub fn diagnosis(&self) -> Option<Diagnosis> {
        match self.shown {
            SocketState::Connecting { .. } | SocketState::Backoff { .. } => self.record.diagnosis(self.online, None),
            SocketState::Closed(CloseReason::Refused(code)) => self.record.diagnosis(self.online, Some(code)),
            SocketState::Closed(CloseReason::GaveUp { .. }) => self.record.diagnosis(self.online, None),
            SocketState::Idle | SocketState::Open | SocketState::Slow | SocketState::Closed(CloseReason::ByApp) => None,
        }
    }

    /// The time from the last answered ping of this link to its answer; `None` before that, and without a link.
    ///
    /// A server handles one message after another, so this includes what it was busy with.
    #[must_use]
    pub const fn latency(&self) -> Option<Duration> {
        match &self.state {
            State::Open(open) => open.latency,
            State::Idle | State::Connecting(_) | State::Backoff { .. } | State::Closed { .. } => None,
        }
    }

    /// How many calls were handed to the link and await their replies.
    #[must_use]
    pub const fn in_flight(&self) -> usize {
        self.calls.in_flight()
    }

    /// How many messages wait for a link, or for room in one.
    #[must_use]
    pub fn queued(&self) -> usize {
        self.outbox.len()
    }

    /// The uuid of a call that is open: for a log.
    #[must_use]
    pub fn uuid(&self, id: CallId) -> Option<Uuid> {
        self.calls.get(id).map(|call| call.uuid)
    }

    /// Whether an event that nobody has polled yet says that this message never left.
    #[must_use]
    pub fn is_unsent(&self, id: CallId) -> bool {
        let is_about =
            |event: &&Event| matches!(event, Event::Left { message } | Event::Unsent { message, .. } if *message == id);
        // Backwards: what has just happened is at the end.
        self.events.iter().rev().find(is_about).is_some_and(|event| matches!(event, Event::Unsent { .. }))
    }

    /// The options of this socket.
    #[must_use]
    pub const fn config(&self) -> &SocketConfig {
        &self.config
    }
}
