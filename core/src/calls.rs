//! What awaits something: correlation by uuid, and deadlines. Nothing here grows with the number of calls but maps.

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use crate::event::CallId;
use crate::time::Instant;

/// A call that is not settled, or a message that has not left.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) uuid: Uuid,
    pub(crate) since: Instant,
    pub(crate) deadline: Option<Instant>,
    /// False for a message without a reply: it is done as soon as it leaves.
    pub(crate) wants_reply: bool,
    /// Whether it was handed to a link.
    pub(crate) in_flight: bool,
}

#[derive(Debug, Default)]
pub(crate) struct Calls {
    calls: BTreeMap<CallId, Call>,
    by_uuid: BTreeMap<Uuid, CallId>,
    deadlines: BTreeSet<(Instant, CallId)>,
    in_flight: usize,
}

impl Calls {
    pub(crate) fn insert(&mut self, id: CallId, call: Call) {
        self.by_uuid.insert(call.uuid, id);
        self.deadlines.extend(call.deadline.map(|deadline| (deadline, id)));
        self.in_flight += usize::from(call.in_flight);
        self.calls.insert(id, call);
    }

    pub(crate) fn remove(&mut self, id: CallId) -> Option<Call> {
        let call = self.calls.remove(&id)?;
        self.by_uuid.remove(&call.uuid);
        if let Some(deadline) = call.deadline {
            self.deadlines.remove(&(deadline, id));
        }
        self.in_flight -= usize::from(call.in_flight);
        Some(call)
    }

    /// Marks a queued call as handed to a link. A message without a reply is forgotten by that.
    pub(crate) fn leave(&mut self, id: CallId) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        if call.wants_reply {
            call.in_flight = true;
            self.in_flight += 1;
        } else {
            self.remove(id);
        }
    }

    /// The call that awaits an answer with this uuid. One that is queued awaits none: nobody saw its uuid.
    pub(crate) fn awaiting(&self, uuid: Uuid) -> Option<CallId> {
        let id = *self.by_uuid.get(&uuid)?;
        self.calls.get(&id).filter(|call| call.in_flight).map(|_| id)
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
            let (wants_reply, in_flight) = (n % 3 > 0, n % 5 > 0);
            let uuid = Uuid::from_u128(n.into());
            calls.insert(id, Call { uuid, since: Instant::ZERO, deadline, wants_reply, in_flight });
            if !in_flight {
                calls.leave(id);
            }
        }
        assert!((0..100).filter_map(|n| calls.remove(CallId(n))).count() > 50);
        let Calls { calls, by_uuid, deadlines, in_flight } = calls;
        assert!(calls.is_empty() && by_uuid.is_empty() && deadlines.is_empty());
        assert_eq!(in_flight, 0);
    }
}
