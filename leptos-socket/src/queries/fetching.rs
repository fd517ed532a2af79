//! When an entry is fetched, and what becomes of the answer.

use std::rc::Rc;
use std::time::Duration;

use leptos_socket_core::{CallError, Client, StatusCode};

use super::Cache;
use super::cache::Here;
use super::entry::Entry;
use super::kind::{Change, Data};
use super::live;
use crate::calls::CallId;
use crate::connection::{Outcome, Settle};

/// A fetch that is under way.
pub(super) struct Fetch {
    /// When it was sent, by the cache's count.
    sent: u64,
    call: Option<CallId>,
    /// Whether it has timed out, and its link still owes the answer.
    is_overdue: bool,
    /// What changed since it was sent, which the answer may not know of.
    changes: Vec<Change>,
}

/// How many changes are kept for an answer. After more than that it is asked for again.
const MOST_CHANGES: usize = 10_000;

/// How long it takes until the first retry. Each next one takes twice as long.
const RETRY_AFTER: Duration = Duration::from_secs(1);
const LONGEST_RETRY: u32 = 5;

/// Reasons to fetch.
impl Entry {
    /// Fetches, unless that is under way.
    pub(super) fn fetch(self: &Rc<Self>, here: &Here<'_>) {
        let mut state = self.state.borrow_mut();
        if state.fetch.is_some() {
            return;
        }
        let sent = here.cache.tick();
        state.fetch = Some(Fetch { sent, call: None, is_overdue: false, changes: Vec::new() });
        (state.is_retrying, state.again, state.timer) = (false, false, None);
        let message = self.asked.message.clone().map(|message| {
            let options = state.call.clone().idempotent(true);
            let priority = options.priority.max(message.options().priority);
            message.with_options(options.priority(priority))
        });
        drop(state);
        self.tell();
        let (entry, socket) = (Rc::downgrade(self), Rc::downgrade(here.socket));
        let settle = move |outcome: Outcome| {
            if let (Some(entry), Some(socket)) = (entry.upgrade(), socket.upgrade()) {
                Cache::of(&socket).run(&socket, move |here| entry.on_outcome(here, sent, outcome));
            }
        };
        let driver = here.socket.driver();
        let call = message.and_then(|mut message| driver.call(&mut message, Settle::Callback(Box::new(settle))));
        match call {
            Ok(call) => {
                if let Some(fetch) = &mut self.state.borrow_mut().fetch {
                    fetch.call = Some(driver.public(call));
                }
            }
            Err(error) => self.on_outcome(here, sent, Err(error.into())),
        }
    }

    /// Something changed on the server. What says so in a burst is one reason to fetch.
    pub(super) fn invalidate(self: &Rc<Self>, here: &Here<'_>) {
        let mut state = self.state.borrow_mut();
        state.is_stale = state.data.is_some();
        state.again = state.fetch.is_some();
        let waits = !state.again && !state.is_retrying;
        drop(state);
        self.tell();
        if waits && self.is_used() {
            self.wake_after(here, Duration::ZERO, Self::fetch);
        }
    }

    /// Data that nobody looks at, and that is known to be wrong, is not worth keeping.
    pub(super) fn invalidate_or_forget(self: &Rc<Self>, here: &Here<'_>) {
        if self.is_used() {
            self.invalidate(here);
        } else {
            here.cache.remove(self);
        }
    }

    /// There is a link. What the server never answered is asked for again.
    pub(super) fn on_link(self: &Rc<Self>, here: &Here<'_>) {
        let is_unanswered = self.state.borrow().error.as_ref().is_some_and(|error| error.reply().is_none());
        if is_unanswered {
            self.invalidate_unless_fetching(here);
        }
    }

    /// What was refused for the old token is asked for again.
    pub(super) fn on_new_headers(self: &Rc<Self>, here: &Here<'_>) {
        let is_refused = self.state.borrow().error.as_deref().is_some_and(|error| status(error) == Some(401));
        if is_refused {
            self.invalidate_unless_fetching(here);
        }
    }

    /// There is no link. If one was lost, pushes are being missed.
    pub(super) fn on_no_link(self: &Rc<Self>, here: &Here<'_>) {
        self.forget_overdue();
        if here.socket.with_client(Client::lost_at).is_some() {
            self.note_stale();
            self.tell();
        }
    }

    /// Pushes may have been missed. A fetch that is under way is sent on the new link, so its answer knows of them; what was
    /// pushed before the gap is older than that.
    pub(super) fn on_gap(self: &Rc<Self>, here: &Here<'_>) {
        let mut state = self.state.borrow_mut();
        state.is_complete = false;
        if let Some(fetch) = &mut state.fetch {
            fetch.changes.clear();
        }
        drop(state);
        self.invalidate_unless_fetching(here);
    }

    /// The answer that was still owed never comes.
    pub(super) fn forget_overdue(&self) {
        let overdue = self.state.borrow_mut().fetch.take_if(|fetch| fetch.is_overdue);
        if overdue.is_some() {
            self.tell();
        }
    }

    fn invalidate_unless_fetching(self: &Rc<Self>, here: &Here<'_>) {
        let is_fetching = self.state.borrow().fetch.is_some();
        if !is_fetching {
            self.invalidate(here);
        }
    }

    pub(super) fn stop_fetching(&self) {
        let mut state = self.state.borrow_mut();
        let fetch = state.fetch.take();
        (state.again, state.is_retrying, state.timer) = (false, false, None);
        drop(state);
        if let Some(call) = fetch.and_then(|fetch| fetch.call) {
            call.cancel();
        }
    }

    /// When the fetch was sent that is overdue, if this is its call.
    pub(super) fn overdue_since(&self, call: CallId) -> Option<u64> {
        let state = self.state.borrow();
        let fetch = state.fetch.as_ref().filter(|fetch| fetch.is_overdue && fetch.call == Some(call))?;
        Some(fetch.sent)
    }
}

/// What came of it.
impl Entry {
    pub(super) fn on_outcome(self: &Rc<Self>, here: &Here<'_>, sent: u64, outcome: Outcome) {
        let fetch = self.state.borrow_mut().fetch.take_if(|fetch| fetch.sent == sent);
        let Some(fetch) = fetch else { return };
        match outcome.and_then(|reply| (self.asked.kind.decode)(reply.unwrap_or_default())) {
            Ok(data) => self.on_answer(here, fetch, data),
            Err(error) => self.on_error(here, fetch, error),
        }
    }

    fn on_answer(self: &Rc<Self>, here: &Here<'_>, fetch: Fetch, mut data: Data) {
        let mut version = live::version_of(here, self, &data);
        let (known, is_complete) = {
            let state = self.state.borrow();
            (state.version, state.is_complete)
        };
        // A server may answer with less than it has pushed already. What is there is newer, unless a push was missed since.
        let is_behind = version.zip(known).is_some_and(|(version, known)| version < known);
        for change in fetch.changes.iter().filter(|_| !is_behind) {
            if change.version.is_none_or(|change| version.is_none_or(|version| version < change)) {
                data = self.changed(&data, change);
                version = version.max(change.version);
            }
        }
        let mut state = self.state.borrow_mut();
        let replaced = if is_behind { None } else { state.data.replace(data) };
        if !is_behind {
            (state.version, state.is_complete) = (version, true);
        }
        state.error = None;
        state.settled = fetch.sent;
        state.fetched_at = Some(here.socket.now());
        let is_wrong = is_behind && !is_complete;
        state.is_stale = is_wrong || state.again;
        state.failures = if is_wrong { state.failures + 1 } else { 0 };
        let failures = state.failures;
        drop(state);
        drop(replaced);
        if !is_wrong {
            self.drop_layers(|layer| layer.is_known_to(fetch.sent));
        }
        self.show();
        if is_wrong { self.retry(here, failures) } else { self.fetch_again(here) }
    }

    fn on_error(self: &Rc<Self>, here: &Here<'_>, fetch: Fetch, error: CallError) {
        if removes_data(&error) {
            self.remove_data();
        }
        self.note_stale();
        if fetch.call.is_some_and(|call| here.socket.driver().is_owed(call)) {
            self.state.borrow_mut().fetch = Some(Fetch { is_overdue: true, ..fetch });
            return self.fail(here, error);
        }
        let mut state = self.state.borrow_mut();
        state.failures += 1;
        let failures = state.failures;
        drop(state);
        if may_pass(&error) && failures <= self.retries() {
            return self.retry(here, failures);
        }
        let mut state = self.state.borrow_mut();
        (state.settled, state.failures) = (fetch.sent, 0);
        drop(state);
        self.fail(here, error);
        self.fetch_again(here);
    }

    fn fail(&self, here: &Here<'_>, error: CallError) {
        here.socket.settings().report(self.asked.kind.route, &error);
        self.state.borrow_mut().error = Some(Rc::new(error));
        self.show();
    }

    fn retry(self: &Rc<Self>, here: &Here<'_>, failures: u32) {
        self.state.borrow_mut().is_retrying = true;
        self.tell();
        let after = RETRY_AFTER * 2_u32.pow(failures.saturating_sub(1).min(LONGEST_RETRY));
        self.wake_after(here, after, Self::fetch);
    }

    /// What was asked for meanwhile, or is fetched every so often.
    fn fetch_again(self: &Rc<Self>, here: &Here<'_>) {
        let again = std::mem::take(&mut self.state.borrow_mut().again);
        if again {
            self.invalidate(here);
        } else if let Some(every) = self.refetch_every() {
            self.wake_after(here, every, |entry, here| {
                // With the next link it is fetched anyway.
                if here.socket.state().is_open() && entry.is_used() {
                    entry.fetch(here);
                }
            });
        }
    }
}

impl Fetch {
    /// Returns whether there was room for it.
    pub(super) fn record(&mut self, change: &Change) -> bool {
        let has_room = self.changes.len() < MOST_CHANGES;
        if has_room {
            self.changes.push(change.clone());
        }
        has_room
    }
}

/// Whether an answer ends the old data.
fn removes_data(error: &CallError) -> bool {
    matches!(status(error), Some(401 | 403 | 404 | 410))
}

/// Whether the server may answer otherwise in a while.
fn may_pass(error: &CallError) -> bool {
    matches!(status(error), Some(408 | 429 | 500..))
}

fn status(error: &CallError) -> Option<u16> {
    error.reply()?.status().map(StatusCode::as_u16)
}
