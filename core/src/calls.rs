//! What awaits something: correlation, and deadlines. Nothing here grows with the number of calls but maps.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use uuid::Uuid;

use crate::event::CallId;
use crate::time::Instant;

/// A call that is not settled, or a message that has not left.
pub(crate) struct Call {
    pub(crate) uuid: Uuid,
    pub(crate) since: Instant,
    pub(crate) deadline: Option<Instant>,
    /// False for a message without a reply: it is done as soon as it leaves.
    pub(crate) wants_reply: bool,
    /// Whether the link that there is has it.
    pub(crate) in_flight: bool,
    /// Whether any link ever had it: then nobody can say that the server never saw it.
    pub(crate) was_sent: bool,
    /// Whether it is sent again on the next link.
    pub(crate) idempotent: bool,
    /// The frame of an idempotent call that is in flight.
    pub(crate) frame: Option<String>,
}

impl Call {
    pub(crate) const fn queued(
        uuid: Uuid,
        since: Instant,
        deadline: Option<Instant>,
        wants_reply: bool,
        idempotent: bool,
    ) -> Self {
        Self { uuid, since, deadline, wants_reply, in_flight: false, was_sent: false, idempotent, frame: None }
    }
}

/// The frame holds header values, which are secrets.
impl fmt::Debug for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call")
            .field("uuid", &self.uuid)
            .field("deadline", &self.deadline)
            .field("in_flight", &self.in_flight)
            .field("was_sent", &self.was_sent)
            .finish_non_exhaustive()
    }
}

#[derive(Debug, Default)]
pub(crate) struct Calls {
    calls: BTreeMap<CallId, Call>,
    deadlines: BTreeSet<(Instant, CallId)>,
    in_flight: usize,
}

impl Calls {
    pub(crate) fn insert(&mut self, id: CallId, call: Call) {
        self.deadlines.extend(call.deadline.map(|deadline| (deadline, id)));
        self.calls.insert(id, call);
    }

    pub(crate) fn remove(&mut self, id: CallId) -> Option<Call> {
        let call = self.calls.remove(&id)?;
        if let Some(deadline) = call.deadline {
            self.deadlines.remove(&(deadline, id));
        }
        self.in_flight -= usize::from(call.in_flight);
        Some(call)
    }

    /// A queued frame is handed to a link. A message without a reply is forgotten by that.
    pub(crate) fn leave(&mut self, id: CallId, frame: &str) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        if call.wants_reply {
            call.in_flight = true;
            call.was_sent = true;
            call.frame = call.idempotent.then(|| frame.to_owned());
            self.in_flight += 1;
        } else {
            self.remove(id);
        }
    }

    /// The link that had a call is gone. Returns its frame, if it shall be sent again.
    pub(crate) fn return_frame(&mut self, id: CallId) -> Option<String> {
        let call = self.calls.get_mut(&id)?;
        let frame = call.frame.take()?;
        call.in_flight = false;
        self.in_flight -= 1;
        Some(frame)
    }

    /// Whether this call awaits an answer with this uuid. One that is queued awaits none: nobody saw its uuid.
    pub(crate) fn awaits(&self, id: CallId, uuid: Uuid) -> bool {
        self.calls.get(&id).is_some_and(|call| call.in_flight && call.uuid == uuid)
    }

    pub(crate) fn next_deadline(&self) -> Option<(Instant, CallId)> {
        self.deadlines.first().copied()
    }

    /// Everything that was handed to a link, in the order of the calls. For the rare moment when all of it ends.
    pub(crate) fn all_in_flight(&self) -> Vec<CallId> {
        self.calls.iter().filter(|(_, call)| call.in_flight).map(|(id, _)| *id).collect()
    }

    pub(crate) const fn in_flight(&self) -> usize {
        self.in_flight
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_what_is_over_nothing_is_kept() {
        let mut calls = Calls::default();
        for n in 0..100 {
            let id = CallId(n);
            let deadline = (n % 2 == 0).then(|| Instant::from_millis(n / 10));
            let (wants_reply, leaves) = (n % 3 > 0, n % 5 > 0);
            let uuid = Uuid::from_u128(n.into());
            calls.insert(id, Call::queued(uuid, Instant::ZERO, deadline, wants_reply, n % 7 > 0));
            if leaves {
                calls.leave(id, "frame");
            }
            if n % 4 == 0 {
                let _ = calls.return_frame(id);
            }
        }
        assert!((0..100).filter_map(|n| calls.remove(CallId(n))).count() > 50);
        let Calls { calls, deadlines, in_flight } = calls;
        assert!(calls.is_empty() && deadlines.is_empty());
        assert_eq!(in_flight, 0);
    }
}
