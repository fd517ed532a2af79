//! How calls end: each exactly once.

use super::Client;
use crate::calls::{Call, Stage};
use crate::close::{CloseCode, CloseReason};
use crate::error::{CallError, NotSent, OutcomeUnknown};
use crate::event::{CallId, Event, SocketState};
use crate::time::Instant;

impl Client {
    /// Ends everything that is overdue.
    pub(super) fn end_overdue(&mut self, now: Instant) {
        while let Some((_, id)) = self.calls.next_deadline().filter(|(deadline, _)| *deadline <= now) {
            let waited = self.calls.get(id).map_or_else(Default::default, |call| now - call.since);
            let has_address = self.shown != SocketState::Idle;
            let not_sent = if has_address { NotSent::TimedOut { waited } } else { NotSent::NoAddress { waited } };
            self.end(id, not_sent, OutcomeUnknown::TimedOut { waited });
        }
    }

    /// The link is gone: idempotent calls go back to their place in the queue, whatever its bounds, and the rest ends.
    /// `code` is that of the loss, unless the app closed it.
    pub(super) fn end_in_flight(&mut self, code: Option<CloseCode>) {
        self.confirm_departure();
        for id in self.calls.all(|call| matches!(call.stage, Stage::InFlight { .. } | Stage::Abandoned { .. })) {
            if self.calls.get(id).is_some_and(Call::is_over) {
                self.calls.remove(id);
            } else if !self.calls.get(id).is_some_and(|call| call.is_idempotent) || !self.calls.requeue(id) {
                self.end(id, NotSent::Cancelled, code.map_or(OutcomeUnknown::Closed, OutcomeUnknown::LinkLost));
            }
        }
    }

    /// Everything ends.
    pub(super) fn end_all(&mut self, reason: CloseReason) {
        self.confirm_departure();
        for id in self.calls.all(|call| !call.is_over()) {
            self.end(id, NotSent::Closed(reason), OutcomeUnknown::Closed);
        }
    }

    /// Takes a message out, wherever it is. Returns what is certain of it, if it was not over.
    pub(super) fn forget(&mut self, id: CallId) -> Option<CallError> {
        let call = self.calls.get(id).filter(|call| !call.is_over())?;
        let error = match call.was_sent {
            true => OutcomeUnknown::Cancelled.into(),
            false => NotSent::Cancelled.into(),
        };
        self.take_out(id);
        Some(error)
    }

    /// The one way in which a message ends without a reply. One that waits with a 401 ends with that.
    pub(super) fn end(&mut self, id: CallId, not_sent: NotSent, unknown: OutcomeUnknown) {
        self.confirm_departure_of(id);
        let Some(call) = self.calls.get(id).filter(|call| !call.is_over()) else { return };
        let (wants_reply, was_sent) = (call.wants_reply, call.was_sent);
        let outcome = match self.take_out(id) {
            Some(Stage::Queued { refused: Some(reply), .. } | Stage::AwaitsToken { reply, .. }) => Ok(*reply),
            _ if was_sent => Err(unknown.into()),
            _ if wants_reply => Err(not_sent.into()),
            _ => return self.events.push_back(Event::Unsent { message: id, error: not_sent }),
        };
        self.events.push_back(Event::Settled { call: id, outcome });
    }

    /// Takes a message out of the table, unless the server still owes its answer on this link. Returns its stage.
    fn take_out(&mut self, id: CallId) -> Option<Stage> {
        let owed = match self.calls.get(id)?.stage {
            Stage::InFlight { order, .. } => {
                self.connection.open().filter(|open| open.liveness.owes(order)).map(|_| order)
            }
            Stage::Queued { .. } | Stage::AwaitsToken { .. } | Stage::Abandoned { .. } => None,
        };
        match owed {
            Some(order) => self.calls.enter(id, Stage::Abandoned { order }),
            None => self.calls.remove(id).map(|call| call.stage),
        }
    }
}
