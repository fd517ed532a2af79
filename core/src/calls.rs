//! Everything that was submitted and is not over: one table, and two orders beside it.
//!
//! Each entry is in exactly one [`Stage`], which holds what that stage needs and nothing else. The table is a slab, whose
//! index is in the id and so in the uuid: an answer finds its call without a search. The orders name calls by id and may
//! name some that are over; they are skipped when they come up, and dropped when they are most of what there is.

use std::fmt;

use crate::error::QueueLimit;
use crate::event::CallId;
use crate::headers::Headers;
use crate::incoming::Incoming;
use crate::options::Priority;
use crate::time::Instant;

#[cfg(feature = "record")]
mod saved;
#[cfg(feature = "record")]
pub(crate) use saved::SavedCalls;

/// A call that is not settled, or a message that has not left.
pub(crate) struct Call {
    pub(crate) since: Instant,
    /// [`Instant::END`] for none.
    pub(crate) deadline: Instant,
    pub(crate) wants_reply: bool,
    pub(crate) priority: Priority,
    /// Its own headers, over those of the person.
    pub(crate) headers: Headers,
    /// Whether it is sent again on the next link.
    pub(crate) is_idempotent: bool,
    /// Whether it leaves without the headers of the person.
    pub(crate) is_anonymous: bool,
    pub(crate) on_unauthorized: OnUnauthorized,
    /// Whether a link had it: then nobody can say that the server never saw it.
    pub(crate) was_sent: bool,
    /// With which headers it left last.
    pub(crate) epoch: u32,
    pub(crate) stage: Stage,
}

/// What a 401 to a call means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "record", derive(serde::Serialize, serde::Deserialize))]
pub(crate) enum OnUnauthorized {
    /// It is the outcome, like any other status.
    Settle,
    /// The call is sent once more, with a new token.
    Retry,
    /// It was, so the token is not the matter.
    SettleAfterRetry,
}

/// Where a call is. A draft is the frame up to its headers, which are known when it leaves.
pub(crate) enum Stage {
    /// It waits to leave; with the 401 that it got, if it did.
    Queued { draft: String, refused: Option<Box<Incoming>> },
    /// A link has it. The draft is kept if it may be needed again.
    InFlight { order: u64, draft: Option<String> },
    /// It got a 401 and waits for a new token.
    AwaitsToken { draft: String, reply: Box<Incoming> },
    /// It is over for the app, and the server still owes its answer.
    Abandoned { order: u64 },
}

impl Call {
    /// Whether it waits to leave.
    pub(crate) const fn is_waiting(&self) -> bool {
        matches!(self.stage, Stage::Queued { .. } | Stage::AwaitsToken { .. })
    }

    pub(crate) const fn is_over(&self) -> bool {
        matches!(self.stage, Stage::Abandoned { .. })
    }
}

/// Header values and payloads are secrets.
impl fmt::Debug for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let stage = match self.stage {
            Stage::Queued { .. } => "queued",
            Stage::InFlight { .. } => "in flight",
            Stage::AwaitsToken { .. } => "awaits a token",
            Stage::Abandoned { .. } => "abandoned",
        };
        f.debug_struct("Call").field("stage", &stage).field("deadline", &self.deadline).finish_non_exhaustive()
    }
}

#[derive(Debug)]
enum Slot {
    Vacant { next: Option<usize> },
    Taken { id: CallId, call: Call },
}

#[derive(Debug, Default)]
pub(crate) struct Calls {
    slots: Vec<Slot>,
    vacant: Option<usize>,
    last_serial: u64,
    counts: Counts,
    /// What is queued, in the order in which it leaves. What goes without a token waits for none, so it has a queue of its
    /// own.
    queue: Order,
    anonymous: Order,
    deadlines: Order,
}

#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    waiting: usize,
    waiting_bytes: usize,
    in_flight: usize,
    abandoned: usize,
}

impl Counts {
    const fn add(&mut self, stage: &Stage) {
        match stage {
            Stage::Queued { draft, .. } | Stage::AwaitsToken { draft, .. } => {
                self.waiting += 1;
                self.waiting_bytes += draft.len();
            }
            Stage::InFlight { .. } => self.in_flight += 1,
            Stage::Abandoned { .. } => self.abandoned += 1,
        }
    }

    const fn subtract(&mut self, stage: &Stage) {
        match stage {
            Stage::Queued { draft, .. } | Stage::AwaitsToken { draft, .. } => {
                self.waiting -= 1;
                self.waiting_bytes -= draft.len();
            }
            Stage::InFlight { .. } => self.in_flight -= 1,
            Stage::Abandoned { .. } => self.abandoned -= 1,
        }
    }

    const fn all(self) -> usize {
        self.waiting + self.in_flight + self.abandoned
    }
}

/// The table.
impl Calls {
    /// The id that the next call gets; `None` if there are too many.
    pub(crate) fn next_id(&self) -> Option<CallId> {
        let slot = self.vacant.unwrap_or(self.slots.len());
        (slot < CallId::MOST).then(|| CallId::new(self.last_serial + 1, slot))
    }

    pub(crate) fn insert(&mut self, id: CallId, call: Call) {
        self.last_serial = id.serial();
        self.counts.add(&call.stage);
        if call.deadline < Instant::END {
            self.deadlines.push(call.deadline.as_nanos(), id);
        }
        let slot = Slot::Taken { id, call };
        match self.slots.get_mut(id.slot()) {
            None => self.slots.push(slot),
            Some(vacated) => {
                if let Slot::Vacant { next } = std::mem::replace(vacated, slot) {
                    self.vacant = next;
                }
            }
        }
        self.enqueue(id);
    }

    pub(crate) fn get(&self, id: CallId) -> Option<&Call> {
        match self.slots.get(id.slot())? {
            Slot::Taken { id: taken, call } if *taken == id => Some(call),
            Slot::Taken { .. } | Slot::Vacant { .. } => None,
        }
    }

    /// To change anything but the stage.
    pub(crate) fn get_mut(&mut self, id: CallId) -> Option<&mut Call> {
        match self.slots.get_mut(id.slot())? {
            Slot::Taken { id: taken, call } if *taken == id => Some(call),
            Slot::Taken { .. } | Slot::Vacant { .. } => None,
        }
    }

    /// The one way from stage to stage. Returns the stage that it was in.
    pub(crate) fn enter(&mut self, id: CallId, stage: Stage) -> Option<Stage> {
        let call = self.get_mut(id)?;
        let old = std::mem::replace(&mut call.stage, stage);
        self.counts.subtract(&old);
        self.moved(id);
        Some(old)
    }

    /// The one way back into the queue: a call in flight whose draft was kept, and one that waited for a token.
    pub(crate) fn requeue(&mut self, id: CallId) -> bool {
        let Some(call) = self.get_mut(id) else { return false };
        let old = std::mem::replace(&mut call.stage, Stage::Abandoned { order: 0 });
        self.counts.subtract(&old);
        let (stage, is_requeued) = match old {
            Stage::InFlight { draft: Some(draft), .. } => (Stage::Queued { draft, refused: None }, true),
            Stage::AwaitsToken { draft, reply } => (Stage::Queued { draft, refused: Some(reply) }, true),
            other @ (Stage::Queued { .. } | Stage::InFlight { .. } | Stage::Abandoned { .. }) => (other, false),
        };
        if let Some(call) = self.get_mut(id) {
            call.stage = stage;
        }
        self.moved(id);
        is_requeued
    }

    fn moved(&mut self, id: CallId) {
        let Self { slots, counts, .. } = self;
        if let Some(Slot::Taken { call, .. }) = slots.get(id.slot()) {
            counts.add(&call.stage);
        }
        self.enqueue(id);
        self.tidy();
    }

    /// Keeps the draft of a call in flight, to send it again.
    pub(crate) fn keep_draft(&mut self, id: CallId, kept: String) {
        if let Some(Call { stage: Stage::InFlight { draft, .. }, .. }) = self.get_mut(id) {
            *draft = Some(kept);
        }
    }

    /// Gives a deadline to everything that has none.
    pub(crate) fn give_deadlines(&mut self, deadline: Instant) {
        for id in self.all(|call| call.deadline == Instant::END && !call.is_over()) {
            if let Some(call) = self.get_mut(id) {
                call.deadline = deadline;
                self.deadlines.push(deadline.as_nanos(), id);
            }
        }
    }

    pub(crate) fn remove(&mut self, id: CallId) -> Option<Call> {
        self.get(id)?;
        let vacated = Slot::Vacant { next: self.vacant };
        let Slot::Taken { call, .. } = std::mem::replace(&mut self.slots[id.slot()], vacated) else { return None };
        self.vacant = Some(id.slot());
        self.counts.subtract(&call.stage);
        self.tidy();
        Some(call)
    }

    /// The ids of which `which` is true, in the order of submission. For the rare moment when much ends.
    pub(crate) fn all(&self, which: impl Fn(&Call) -> bool) -> Vec<CallId> {
        // A heap, because there is one already: a sort would be 4 KB of a page.
        let mut ids = Order::default();
        for slot in &self.slots {
            if let Slot::Taken { id, call } = slot
                && which(call)
            {
                ids.push(0, *id);
            }
        }
        std::iter::from_fn(|| ids.pop()).collect()
    }

    /// How many wait to leave: for a link, for room in one, or for a token.
    pub(crate) const fn waiting(&self) -> usize {
        self.counts.waiting
    }

    pub(crate) const fn in_flight(&self) -> usize {
        self.counts.in_flight
    }

    /// Whether `size` bytes more may wait.
    pub(crate) fn admit(&self, size: usize, capacity: usize, max_bytes: usize) -> Result<(), QueueLimit> {
        if self.counts.waiting >= capacity {
            return Err(QueueLimit::Messages(capacity));
        }
        if self.counts.waiting_bytes.saturating_add(size) > max_bytes {
            return Err(QueueLimit::Bytes(max_bytes));
        }
        Ok(())
    }
}

/// The orders.
impl Calls {
    /// What leaves next; only what goes without a token if `only_anonymous`.
    pub(crate) fn first_queued(&self, only_anonymous: bool) -> Option<CallId> {
        let queue = self.queue.first().filter(|_| !only_anonymous);
        // By place: one of `None` is smaller than any, so both have to be there to be compared.
        let first = queue.into_iter().chain(self.anonymous.first()).min();
        first.map(|(_, id)| id)
    }

    pub(crate) fn next_deadline(&self) -> Option<(Instant, CallId)> {
        let (_, id) = self.deadlines.first()?;
        self.get(id).map(|call| (call.deadline, id))
    }

    fn enqueue(&mut self, id: CallId) {
        let Some(call) = self.get(id).filter(|call| matches!(call.stage, Stage::Queued { .. })) else { return };
        let class = match call.priority {
            Priority::First => 0,
            Priority::Call => CALL,
            Priority::Bulk => BULK,
        };
        let place = class | id.serial();
        if call.is_anonymous { self.anonymous.push(place, id) } else { self.queue.push(place, id) }
    }

    /// Keeps what is over from the top of the orders, and from being most of them.
    fn tidy(&mut self) {
        let Self { slots, counts, queue, anonymous, deadlines, .. } = self;
        let call = |id: CallId| match slots.get(id.slot()) {
            Some(Slot::Taken { id: taken, call }) if *taken == id => Some(call),
            _ => None,
        };
        let is_queued = |id| call(id).is_some_and(|call| matches!(call.stage, Stage::Queued { .. }));
        queue.tidy(counts.waiting, is_queued);
        anonymous.tidy(counts.waiting, is_queued);
        deadlines.tidy(counts.all(), |id| call(id).is_some_and(|call| !call.is_over()));
    }
}

/// Above all serial numbers: one class leaves after the other.
const CALL: u64 = 1 << 62;
const BULK: u64 = 1 << 63;

/// Calls in the order of a number: a heap, by hand. That of the standard library is 1 KB more of a page.
#[derive(Debug, Default)]
struct Order {
    heap: Vec<(u64, CallId)>,
}

impl Order {
    fn push(&mut self, key: u64, id: CallId) {
        let mut at = self.heap.len();
        self.heap.push((key, id));
        while let Some(parent) = at.checked_sub(1).map(|at| at / 2)
            && self.heap[at] < self.heap[parent]
        {
            self.heap.swap(at, parent);
            at = parent;
        }
    }

    fn first(&self) -> Option<(u64, CallId)> {
        self.heap.first().copied()
    }

    fn pop(&mut self) -> Option<CallId> {
        let (_, first) = self.first()?;
        self.heap.swap_remove(0);
        let (mut at, mut child) = (0, 1);
        while child < self.heap.len() {
            if self.heap.get(child + 1).is_some_and(|other| *other < self.heap[child]) {
                child += 1;
            }
            if self.heap[at] > self.heap[child] {
                self.heap.swap(at, child);
            }
            (at, child) = (child, 2 * child + 1);
        }
        Some(first)
    }

    fn tidy(&mut self, most: usize, is_current: impl Fn(CallId) -> bool) {
        while self.first().is_some_and(|(_, id)| !is_current(id)) {
            self.pop();
        }
        if self.heap.len() > 2 * most + SLACK {
            for (key, id) in std::mem::take(&mut self.heap) {
                if is_current(id) {
                    self.push(key, id);
                }
            }
        }
    }
}

/// How many entries of an order may be over before it is looked through.
const SLACK: usize = 64;

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn queued(deadline: Instant, priority: Priority, is_anonymous: bool) -> Call {
        Call {
            since: Instant::ZERO,
            deadline,
            wants_reply: true,
            priority,
            headers: Headers::new(),
            is_idempotent: false,
            is_anonymous,
            on_unauthorized: OnUnauthorized::Settle,
            was_sent: false,
            epoch: 0,
            stage: Stage::Queued { draft: "{".to_owned(), refused: None },
        }
    }

    fn insert(calls: &mut Calls, call: Call) -> CallId {
        let id = calls.next_id().unwrap();
        calls.insert(id, call);
        id
    }

    fn in_flight() -> Stage {
        Stage::InFlight { order: 1, draft: None }
    }

    #[test]
    fn of_what_is_over_little_is_kept() {
        let mut calls = Calls::default();
        let hour = insert(&mut calls, queued(Instant::from_millis(3_600_000), Priority::Call, false));
        calls.enter(hour, in_flight());
        for n in 0..100_000_u64 {
            let priority = if n % 3 == 0 { Priority::Bulk } else { Priority::Call };
            let id = insert(&mut calls, queued(Instant::from_millis(30_000 + n), priority, n % 5 == 0));
            if n % 7 > 0 {
                calls.enter(id, in_flight());
            }
            assert!(calls.remove(id).is_some() && calls.remove(id).is_none());
        }
        assert_eq!(calls.slots.len(), 2);
        let entries = [&calls.queue, &calls.anonymous, &calls.deadlines].map(|order| order.heap.len());
        assert!(entries.iter().all(|entries| *entries <= SLACK + 2), "{entries:?}");
        calls.remove(hour);
        assert_eq!((calls.counts.all(), calls.counts.waiting_bytes), (0, 0));
        assert_eq!((calls.first_queued(false), calls.next_deadline()), (None, None));
    }

    #[test]
    fn calls_leave_in_the_order_of_submission_by_priority_however_often_they_come_back() {
        let mut calls = Calls::default();
        let ids = [
            (Priority::Bulk, false),
            (Priority::Call, false),
            (Priority::Call, true),
            (Priority::Call, false),
            (Priority::First, false),
        ];
        let ids = ids.map(|(priority, is_anonymous)| insert(&mut calls, queued(Instant::END, priority, is_anonymous)));
        let leave = |calls: &mut Calls, only_anonymous| {
            let left = std::iter::from_fn(|| {
                let id = calls.first_queued(only_anonymous)?;
                calls.enter(id, in_flight());
                Some(id)
            });
            left.collect::<Vec<_>>()
        };
        assert_eq!(leave(&mut calls, true), [ids[2]]);
        assert_eq!(leave(&mut calls, false), [ids[4], ids[1], ids[3], ids[0]]);
        for id in [ids[3], ids[0], ids[2], ids[4], ids[1]] {
            calls.enter(id, Stage::Queued { draft: "{".to_owned(), refused: None });
        }
        assert_eq!(leave(&mut calls, false), [ids[4], ids[1], ids[2], ids[3], ids[0]]);
        assert_eq!(calls.in_flight(), 5);
    }

    #[test]
    fn the_next_deadline_is_that_of_a_call_that_somebody_awaits() {
        let mut calls = Calls::default();
        let at = |secs| Instant::ZERO + Duration::from_secs(secs);
        let ids = [3, 1, 2].map(|secs| insert(&mut calls, queued(at(secs), Priority::Call, false)));
        assert_eq!(calls.next_deadline(), Some((at(1), ids[1])));
        calls.enter(ids[1], Stage::Abandoned { order: 1 });
        assert_eq!(calls.next_deadline(), Some((at(2), ids[2])));
        calls.remove(ids[2]);
        assert_eq!(calls.next_deadline(), Some((at(3), ids[0])));
    }

    #[test]
    fn an_id_is_never_used_twice() {
        let mut calls = Calls::default();
        let first = insert(&mut calls, queued(Instant::END, Priority::Call, false));
        calls.remove(first);
        let second = insert(&mut calls, queued(Instant::END, Priority::Call, false));
        assert_eq!(first.slot(), second.slot());
        assert!(first < second && calls.get(first).is_none() && calls.get(second).is_some());
    }
}
