//! The calls that await their outcome, and the reactive owners that made them.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use leptos_socket_core::{CallError, CallId, Incoming, Instant, NotSent};

use crate::intercept::Request;
use crate::trace::CallSpan;

pub(crate) type Outcome = Result<Incoming, CallError>;

/// May be used again once its owner is gone. By then so are its calls.
pub(crate) type OwnerId = usize;

/// Whom to tell what became of a message.
pub(crate) enum Settle {
    /// A call: its reply.
    Replied(Box<dyn FnOnce(Outcome)>),
    /// A message without a reply: whether it left.
    Left(Box<dyn FnOnce(Result<(), NotSent>)>),
}

/// A message that somebody awaits something of.
pub(crate) struct Entry {
    pub(crate) settle: Settle,
    pub(crate) owner: Option<OwnerId>,
    pub(crate) since: Instant,
    /// Kept for those who intercept replies.
    pub(crate) request: Option<Box<Request>>,
    pub(crate) span: CallSpan,
}

impl Entry {
    pub(crate) fn settle(self, now: Instant, outcome: Outcome) {
        self.span.close(Some(&outcome), now - self.since);
        match (self.settle, outcome) {
            (Settle::Replied(settle), outcome) => settle(outcome),
            (Settle::Left(settle), Ok(_)) => settle(Ok(())),
            (Settle::Left(settle), Err(CallError::NotSent(error))) => settle(Err(error)),
            // It left, and so it was told that already.
            (Settle::Left(_), Err(_)) => {}
        }
    }

    pub(crate) fn left(self, now: Instant) {
        self.span.left(now - self.since);
        if let Settle::Left(settle) = self.settle {
            settle(Ok(()));
        }
    }

    /// Dropped by who awaited it.
    pub(crate) fn cancel(self, now: Instant) {
        self.span.close(None, now - self.since);
    }
}

#[derive(Default)]
pub(crate) struct Awaiting {
    entries: RefCell<BTreeMap<CallId, Entry>>,
    /// Every owner that made a call, until it is cleaned up.
    owners: RefCell<BTreeMap<OwnerId, BTreeSet<CallId>>>,
}

impl Awaiting {
    pub(crate) fn insert(&self, id: CallId, entry: Entry) {
        self.of_owner(entry.owner, |calls| calls.insert(id));
        self.entries.borrow_mut().insert(id, entry);
    }

    pub(crate) fn remove(&self, id: CallId) -> Option<Entry> {
        let entry = self.entries.borrow_mut().remove(&id)?;
        self.of_owner(entry.owner, |calls| calls.remove(&id));
        Some(entry)
    }

    /// Makes an owner known. Returns whether it was not.
    pub(crate) fn meet(&self, owner: OwnerId) -> bool {
        let mut owners = self.owners.borrow_mut();
        let is_new = !owners.contains_key(&owner);
        owners.entry(owner).or_default();
        is_new
    }

    /// The owner is gone. Returns its calls.
    pub(crate) fn forget(&self, owner: OwnerId) -> BTreeSet<CallId> {
        self.owners.borrow_mut().remove(&owner).unwrap_or_default()
    }

    fn of_owner(&self, owner: Option<OwnerId>, change: impl FnOnce(&mut BTreeSet<CallId>) -> bool) {
        let mut owners = self.owners.borrow_mut();
        if let Some(calls) = owner.and_then(|owner| owners.get_mut(&owner)) {
            change(calls);
        }
    }
}
