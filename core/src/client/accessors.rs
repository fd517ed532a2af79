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

    /// What is probably wrong; `None` while a link is open or first being opened, and if the app closed the socket.
    #[must_use]
    pub fn diagnosis(&self) -> Option<Diagnosis> {
        self.connection.diagnosis()
    }

    /// Whether the page said that the network is gone, and nothing has proved the contrary since. The link may still be open: it
    /// is being asked for a sign of life, and messages wait for that.
    ///
    /// ```
    /// # use leptos_socket_core::{Hint, SocketConfig, sim::Sim};
    /// # let mut sim = Sim::connected(SocketConfig::default(), 7);
    /// # sim.drive();
    /// sim.hint(Hint::Offline);
    /// assert!(sim.client().state().is_open() && sim.client().seems_cut_off());
    /// // The server is on the same machine, and answers the ping:
    /// sim.drive();
    /// assert!(!sim.client().seems_cut_off());
    /// ```
    #[must_use]
    pub const fn seems_cut_off(&self) -> bool {
        self.connection.seems_cut_off()
    }

    /// When the last link was lost; `None` if there never was a link, or if one is open.
    #[must_use]
    pub const fn lost_at(&self) -> Option<Instant> {
        self.connection.lost_at()
    }

    /// The time from the last answered ping of this link to its answer; `None` before that, and without a link.
    ///
    /// A server handles one message after another, so this includes the time that it was busy with others.
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

    /// Whether the link still owes the answer to a call that has timed out or was cancelled. If that comes, it is an
    /// [`Event::LateReply`](crate::Event::LateReply); if that cannot come any more on this link, an
    /// [`Event::Unanswered`](crate::Event::Unanswered).
    ///
    /// ```
    /// # use leptos_socket_core::{Message, NotSent, SocketConfig, sim::{Answer, Sim}};
    /// # let mut sim = Sim::connected(SocketConfig::default(), 7);
    /// # sim.server.on("report", Answer::nothing());
    /// let call = sim.call(&Message::new("report", 2026))?;
    /// # sim.drive();
    /// # sim.advance(std::time::Duration::from_secs(31));
    /// // Half a minute later:
    /// assert!(sim.outcome(call).is_some_and(Result::is_err));
    /// assert!(sim.client().is_owed(call));
    /// # Ok::<(), NotSent>(())
    /// ```
    #[must_use]
    pub fn is_owed(&self, id: CallId) -> bool {
        self.calls.get(id).is_some_and(|call| call.is_over())
    }

    /// Whether this uuid is one that this client gave to a call, a message or a ping. A frame that has it is an answer, and no
    /// push, whether or not anybody still waits for it.
    ///
    /// ```
    /// # use leptos_socket_core::{Client, Instant, Message, NotSent, SocketConfig};
    /// let mut client = Client::new(SocketConfig::default(), 42);
    /// let call = client.call(Instant::ZERO, &Message::new("sayHello", "World"))?;
    /// assert!(client.is_own(client.uuid(call)));
    /// # Ok::<(), NotSent>(())
    /// ```
    #[must_use]
    pub fn is_own(&self, uuid: Uuid) -> bool {
        self.uuids.number(uuid).is_some()
    }

    /// Whether somebody awaits the reply to this message: `false` for a message without one, and for a call that is over.
    #[must_use]
    pub fn awaits_reply(&self, id: CallId) -> bool {
        self.calls.get(id).is_some_and(|call| call.wants_reply && !call.is_over())
    }

    /// When a call or a message that is not over ends, if nothing else ends it; `None` if it waits as long as it takes.
    ///
    /// ```
    /// # use leptos_socket_core::{Client, Instant, Message, NotSent, SocketConfig};
    /// # use std::time::Duration;
    /// let mut client = Client::new(SocketConfig::default(), 42);
    /// let call = client.call(Instant::ZERO, &Message::new("report", 2026).timeout(Duration::from_secs(90)))?;
    /// assert_eq!(client.deadline(call), Some(Instant::from_millis(90_000)));
    /// # Ok::<(), NotSent>(())
    /// ```
    #[must_use]
    pub fn deadline(&self, id: CallId) -> Option<Instant> {
        self.calls.get(id).map(|call| call.deadline).filter(|deadline| *deadline < Instant::END)
    }

    /// The options of this socket.
    #[must_use]
    pub const fn config(&self) -> &SocketConfig {
        &self.config
    }
}
