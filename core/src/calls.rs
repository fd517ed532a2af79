//! What awaits something: correlation, and deadlines. Nothing here grows with the number of calls but maps.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use uuid::Uuid;

use crate::client::{CallOptions, Priority};
use crate::event::CallId;
use crate::message::{Headers, Incoming, Message, Payload};
use crate::time::Instant;

/// A call that is not settled, or a message that has not left.
pub(crate) struct Call {
    pub(crate) uuid: Uuid,
    pub(crate) since: Instant,
    pub(crate) deadline: Option<Instant>,
    pub(crate) wants: Wants,
    pub(crate) priority: Priority,
    /// Its headers, without the global ones.
    pub(crate) headers: Headers,
    /// Whether the link that there is has it.
    pub(crate) in_flight: bool,
    /// How many links had it: if any, nobody can say that the server never saw it.
    pub(crate) times_sent: u32,
    /// Whether it is sent again on the next link.
    pub(crate) idempotent: bool,
    /// What an idempotent call is sent again from.
    pub(crate) draft: Option<Box<Message<Payload>>>,
    /// After how many refreshes it left.
    pub(crate) token: u32,
    /// The 401 that it got, until it is sent again.
    pub(crate) unauthorized: Option<Box<Incoming>>,
    /// Whether it was sent again because of that.
    pub(crate) was_refused: bool,
}

/// What is awaited of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wants {
    Reply,
    /// That it leaves.
    Departure,
    Nothing,
    /// Not even that it never leaves: it was said to have left, and came back.
    NoWord,
}

impl Call {
    pub(crate) fn new(now: Instant, uuid: Uuid, wants: Wants, options: &CallOptions, headers: Headers) -> Self {
        Self {
            uuid,
            since: now,
            deadline: options.timeout.map(|timeout| now + timeout),
            wants,
            priority: options.priority,
            headers,
            in_flight: false,
            times_sent: 0,
            idempotent: options.idempotent,
            draft: None,
            token: 0,
            unauthorized: None,
            was_refused: false,
        }
    }

    pub(crate) const fn was_sent(&self) -> bool {
        self.times_sent > 0
    }
}

/// Header values are secrets.
impl fmt::Debug for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call")
            .field("uuid", &self.uuid)
            .field("deadline", &self.deadline)
            .field("in_flight", &self.in_flight)
            .field("times_sent", &self.times_sent)
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

    /// A message is handed to a link. One that awaits no reply is forgotten by that, and handed back.
    pub(crate) fn leave(&mut self, id: CallId, draft: Option<Box<Message<Payload>>>, token: u32) -> Option<Call> {
        let call = self.calls.get_mut(&id)?;
        if call.wants != Wants::Reply {
            return self.remove(id);
        }
        call.in_flight = true;
        call.times_sent += 1;
        call.draft = draft.filter(|_| call.idempotent);
        call.token = token;
        call.unauthorized = None;
        self.in_flight += 1;
        None
    }

    /// A call is in flight no more.
    pub(crate) fn come_back(&mut self, id: CallId) -> Option<&mut Call> {
        let call = self.calls.get_mut(&id)?;
        self.in_flight -= usize::from(std::mem::take(&mut call.in_flight));
        Some(call)
    }

    pub(crate) fn get(&self, id: CallId) -> Option<&Call> {
        self.calls.get(&id)
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
    use std::time::Duration;

    use super::*;

    #[test]
    fn of_what_is_over_nothing_is_kept() {
        let mut calls = Calls::default();
        for n in 0..100 {
            let id = CallId(n);
            let mut options = CallOptions::new().idempotent(n % 7 > 0);
            options.timeout = (n % 2 == 0).then(|| Duration::from_millis(n / 10));
            let wants = if n % 3 > 0 { Wants::Reply } else { Wants::Nothing };
            let uuid = Uuid::from_u128(n.into());
            calls.insert(id, Call::new(Instant::ZERO, uuid, wants, &options, Headers::new()));
            if n % 5 > 0 {
                calls.leave(id, None, 0);
            }
            if n % 4 == 0 {
                let _ = calls.come_back(id);
            }
        }
        assert!((0..100).filter_map(|n| calls.remove(CallId(n))).count() > 50);
        let Calls { calls, deadlines, in_flight } = calls;
        assert!(calls.is_empty() && deadlines.is_empty());
        assert_eq!(in_flight, 0);
    }
}
