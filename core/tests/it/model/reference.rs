//! What must become of each call, said as simply as it can be: one list, no timers, no maps by uuid.

use std::collections::BTreeMap;

use leptos_socket_core::{CallId, Instant};

/// How something ended, as far as the server is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    NotSent,
    Unknown,
    Replied,
}

#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) number: u64,
    pub(crate) deadline: Instant,
    pub(crate) idempotent: bool,
    pub(crate) wants_reply: bool,
    pub(crate) in_flight: bool,
    pub(crate) was_sent: bool,
}

impl Call {
    /// How it ends without a reply.
    const fn end(&self) -> End {
        if self.was_sent { End::Unknown } else { End::NotSent }
    }
}

/// What is open, and what must have happened since the last look.
#[derive(Debug, Default)]
pub(crate) struct Reference {
    pub(crate) calls: BTreeMap<CallId, Call>,
    pub(crate) settled: BTreeMap<CallId, End>,
    /// The numbers that must have left, in their order.
    pub(crate) leaving: Vec<u64>,
}

impl Reference {
    /// The app called, or sent.
    pub(crate) fn submitted(&mut self, id: CallId, call: Call, link_is_open: bool) {
        assert!(self.calls.insert(id, call).is_none(), "{id} is used twice");
        if link_is_open {
            self.leaves(id);
        }
    }

    pub(crate) fn cancelled(&mut self, id: CallId) {
        self.calls.remove(&id);
    }

    /// A link is open: what is overdue ends, and all that waits leaves.
    pub(crate) fn opened(&mut self, now: Instant) {
        self.time_is(now);
        self.ids(|call| !call.in_flight).into_iter().for_each(|id| self.leaves(id));
    }

    /// The open link is gone: what is idempotent waits again, the rest ends.
    pub(crate) fn lost(&mut self) {
        for id in self.ids(|call| call.in_flight) {
            match self.calls.get_mut(&id) {
                Some(call) if call.idempotent => call.in_flight = false,
                _ => self.ends(id, Call::end),
            }
        }
    }

    /// The socket is closed: everything ends.
    pub(crate) fn closed(&mut self) {
        self.ids(|_| true).into_iter().for_each(|id| self.ends(id, Call::end));
    }

    /// An answer came on the open link.
    pub(crate) fn answered(&mut self, number: u64) {
        let awaiting = self.ids(|call| call.number == number && call.in_flight);
        awaiting.into_iter().for_each(|id| self.ends(id, |_| End::Replied));
    }

    /// The timers were looked at.
    pub(crate) fn time_is(&mut self, now: Instant) {
        self.ids(|call| call.deadline <= now).into_iter().for_each(|id| self.ends(id, Call::end));
    }

    /// Before anybody looks at the timers, what is overdue may have ended, or not.
    pub(crate) fn may_have_ended(&mut self, id: CallId, now: Instant) {
        if self.calls.get(&id).is_some_and(|call| call.deadline <= now) {
            self.ends(id, Call::end);
        }
    }

    pub(crate) fn count(&self, which: impl Fn(&Call) -> bool) -> usize {
        self.calls.values().filter(|call| which(call)).count()
    }

    fn ids(&self, which: impl Fn(&Call) -> bool) -> Vec<CallId> {
        self.calls.iter().filter(|(_, call)| which(call)).map(|(id, _)| *id).collect()
    }

    fn leaves(&mut self, id: CallId) {
        let call = self.calls.get_mut(&id).expect("a call that is open");
        self.leaving.push(call.number);
        (call.in_flight, call.was_sent) = (true, true);
        if !call.wants_reply {
            self.calls.remove(&id);
        }
    }

    fn ends(&mut self, id: CallId, how: impl FnOnce(&Call) -> End) {
        let call = self.calls.remove(&id).expect("a call that is open");
        self.settled.insert(id, how(&call));
    }
}
