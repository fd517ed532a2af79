//! D. What is.

use std::time::Duration;

use uuid::Uuid;

use super::Client;
use crate::config::SocketConfig;
use crate::diagnosis::Diagnosis;
use crate::event::{CallId, SocketState};
use crate::time::Instant;

/// D. What is.
impl Client {
    /// The state of the socket.
    #[must_use]
    pub const fn state(&self) -> SocketState {
        self.shown
    }

    /// What is likely wrong; `None` while a link is open or first being opened, and if the app closed the socket.
    #[must_use]
    pub fn diagnosis(&self) -> Option<Diagnosis> {
        self.connection.diagnosis()
    }

    /// When the last link was lost, if there was one and there is none now.
    #[must_use]
    pub const fn lost_at(&self) -> Option<Instant> {
        self.connection.lost_at()
    }

    /// The time from the last answered ping of this link to its answer; `None` before that, and without a link.
    ///
    /// A server handles one message after another, so this includes what it was busy with.
    #[must_use]
    pub fn latency(&self) -> Option<Duration> {
        self.connection.open().and_then(|open| open.liveness.latency())
    }

    /// How many calls were handed to the link and await their replies.
    #[must_use]
    pub const fn in_flight(&self) -> usize {
        self.calls.in_flight()
    }

    /// How many messages wait to leave: for a link, for room in one, or for a new token.
    #[must_use]
    pub const fn queued(&self) -> usize {
        self.calls.waiting()
    }

    /// The uuid of a call: for a log.
    #[must_use]
    pub fn uuid(&self, id: CallId) -> Uuid {
        self.uuids.of(id.as_number())
    }

    /// Whether this message waits to leave.
    #[must_use]
    pub fn is_queued(&self, id: CallId) -> bool {
        self.calls.get(id).is_some_and(|call| call.is_waiting())
    }

    /// The options of this socket.
    #[must_use]
    pub const fn config(&self) -> &SocketConfig {
        &self.config
    }
}
