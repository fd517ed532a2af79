//! One route with its arguments: what the server said of it last, what changed since, and who looks at it.

use std::any::Any;
use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use leptos_socket_core::{CallError, CallOptions, Instant};

use super::cache::Here;
use super::fetching::Fetch;
use super::kind::{Asked, Change, Data, Key};
use super::layers::Layer;
use super::user::{News, User};

pub(super) struct Entry {
    pub(super) asked: Asked,
    pub(super) state: RefCell<State>,
}

#[derive(Default)]
pub(super) struct State {
    /// The last answer, with the pushes since.
    pub(super) data: Option<Data>,
    /// That of the data, where the app says how to tell.
    pub(super) version: Option<u64>,
    /// Whether no push since the last answer can have been missed.
    pub(super) is_complete: bool,
    /// What users see: the data under the layers.
    shown: Option<Data>,
    pub(super) error: Option<Rc<CallError>>,
    pub(super) is_stale: bool,
    pub(super) fetched_at: Option<Instant>,
    pub(super) fetch: Option<Fetch>,
    /// Whether what is under way may be out of date when it comes.
    pub(super) again: bool,
    /// Those since the last success, if another attempt waits.
    pub(super) failures: u32,
    pub(super) is_retrying: bool,
    /// The last fetch that ended.
    pub(super) settled: u64,
    pub(super) layers: Vec<Rc<Layer>>,
    pub(super) users: Vec<Rc<User>>,
    pub(super) call: CallOptions,
    /// How long it is kept once nobody uses it.
    keep_for: Duration,
    /// Until it is fetched again, or forgotten.
    pub(super) timer: Option<Box<dyn Any>>,
}

impl Entry {
    pub(super) fn new(asked: Asked, layers: Vec<Rc<Layer>>) -> Self {
        Self { asked, state: RefCell::new(State { layers, ..State::default() }) }
    }

    pub(super) const fn key(&self) -> &Key {
        &self.asked.key
    }

    pub(super) fn is_used(&self) -> bool {
        !self.state.borrow().users.is_empty()
    }

    pub(super) fn shown(&self) -> Option<Data> {
        self.state.borrow().shown.clone()
    }
}

/// Who uses it.
impl Entry {
    pub(super) fn join(self: &Rc<Self>, here: &Here<'_>, user: &Rc<User>) {
        let mut state = self.state.borrow_mut();
        if state.users.is_empty() {
            (state.keep_for, state.call) = (user.times.keep_for, user.call.clone());
            state.timer = None;
        }
        state.keep_for = state.keep_for.min(user.times.keep_for);
        state.users.push(Rc::clone(user));
        let fresh_for = state.users.iter().map(|user| user.times.fresh_for).min().unwrap_or_default();
        drop(state);
        if let Some(initial) = user.initial.take().filter(|_| self.state.borrow().data.is_none()) {
            self.set(here, initial);
        }
        if self.is_fresh(here, fresh_for) {
            self.show();
        } else {
            self.note_stale();
            self.fetch(here);
        }
    }

    pub(super) fn note_stale(&self) {
        let mut state = self.state.borrow_mut();
        state.is_stale = state.data.is_some();
    }

    fn is_fresh(&self, here: &Here<'_>, fresh_for: Duration) -> bool {
        let state = self.state.borrow();
        let age = state.fetched_at.map(|at| here.socket.now() - at);
        state.fetch.is_some() || (state.data.is_some() && !state.is_stale && age.is_some_and(|age| age < fresh_for))
    }

    /// The last one who leaves cancels what is under way; the data is kept for a while.
    pub(super) fn leave(self: &Rc<Self>, here: &Here<'_>, user: &Rc<User>) {
        self.state.borrow_mut().users.retain(|known| !Rc::ptr_eq(known, user));
        if self.is_used() {
            return;
        }
        self.stop_fetching();
        let keep_for = self.state.borrow().keep_for;
        self.keep(here, keep_for);
    }

    /// Nobody uses it: it is forgotten later, or now if that is all the same.
    pub(super) fn keep(self: &Rc<Self>, here: &Here<'_>, keep_for: Duration) {
        let state = self.state.borrow();
        let is_worth_it = state.data.is_some() && !state.layers.iter().any(|layer| layer.is_settled());
        drop(state);
        if is_worth_it && !keep_for.is_zero() {
            self.wake_after(here, keep_for, |entry, here| here.cache.remove(entry));
        } else {
            here.cache.remove(self);
        }
    }

    /// The least of what users want.
    pub(super) fn refetch_every(&self) -> Option<Duration> {
        self.state.borrow().users.iter().filter_map(|user| user.times.refetch_every).min()
    }

    pub(super) fn retries(&self) -> u32 {
        self.state.borrow().users.iter().map(|user| user.times.retry).max().unwrap_or_default()
    }

    pub(super) fn wake_after(self: &Rc<Self>, here: &Here<'_>, after: Duration, act: fn(&Rc<Self>, &Here<'_>)) {
        let (entry, socket) = (Rc::downgrade(self), Rc::downgrade(here.socket));
        let wake = move || {
            if let (Some(entry), Some(socket)) = (entry.upgrade(), socket.upgrade()) {
                drop(entry.state.borrow_mut().timer.take());
                super::Cache::of(&socket).run(&socket, move |here| act(&entry, here));
            }
        };
        let timer = here.socket.wake_after(after, Box::new(wake));
        drop(self.state.borrow_mut().timer.replace(timer));
    }
}

/// Its data.
impl Entry {
    /// The data as of now, whoever says so.
    pub(super) fn set(&self, here: &Here<'_>, data: Data) {
        let mut state = self.state.borrow_mut();
        let old = state.data.replace(data);
        (state.is_stale, state.fetched_at) = (false, Some(here.socket.now()));
        drop(state);
        drop(old);
        self.show();
    }

    /// A push, or the app, changes the data, and that of an answer that is under way.
    pub(super) fn change(&self, change: &Change) {
        let (data, known) = {
            let mut state = self.state.borrow_mut();
            let is_recorded = state.fetch.as_mut().is_none_or(|fetch| fetch.record(change));
            state.again |= !is_recorded;
            (state.data.clone(), state.version)
        };
        let Some(data) =
            data.filter(|_| change.version.is_none_or(|version| known.is_none_or(|known| known < version)))
        else {
            return;
        };
        let changed = self.changed(&data, change);
        let mut state = self.state.borrow_mut();
        state.data = Some(changed);
        state.version = known.max(change.version);
        drop(state);
        self.show();
    }

    /// A changed copy. Nothing is borrowed meanwhile.
    pub(super) fn changed(&self, data: &Data, change: &Change) -> Data {
        let changed = (self.asked.kind.change)(&**data, &mut |data| (change.apply)(&*self.asked.route, data));
        changed.unwrap_or_else(|| Rc::clone(data))
    }

    /// Nothing of before may be seen any more.
    pub(super) fn reset(self: &Rc<Self>, here: &Here<'_>) {
        self.stop_fetching();
        let mut state = self.state.borrow_mut();
        let before = std::mem::take(&mut *state);
        let State { users, call, keep_for, settled, data, shown, layers, .. } = before;
        (state.users, state.call, state.keep_for, state.settled) = (users, call, keep_for, settled);
        drop(state);
        // What the app made is dropped when nothing is borrowed.
        drop((data, shown, layers));
        if self.is_used() {
            // While nothing is under way: so nobody keeps what there was.
            self.tell();
            self.fetch(here);
        } else {
            here.cache.remove(self);
        }
    }

    /// The server says that there is no such data, or not for this person.
    pub(super) fn remove_data(&self) {
        let mut state = self.state.borrow_mut();
        let removed = (state.data.take(), std::mem::take(&mut state.layers));
        (state.version, state.is_stale) = (None, false);
        drop(state);
        drop(removed);
    }
}

/// Changes that the server has not confirmed.
impl Entry {
    pub(super) fn has_layer(&self, layer: &Rc<Layer>) -> bool {
        self.state.borrow().layers.iter().any(|known| Rc::ptr_eq(known, layer))
    }

    pub(super) fn add_layer(&self, layer: &Rc<Layer>) {
        self.state.borrow_mut().layers.push(Rc::clone(layer));
        self.show();
    }

    pub(super) fn drop_layer(&self, layer: &Rc<Layer>) {
        self.drop_layers(|known| Rc::ptr_eq(known, layer));
        self.show();
    }

    pub(super) fn drop_layers(&self, which: impl Fn(&Rc<Layer>) -> bool) {
        let dropped: Vec<_> = self.state.borrow_mut().layers.extract_if(.., |layer| which(layer)).collect();
        drop(dropped);
    }
}

/// What users see.
impl Entry {
    /// Finds out what is to be seen, and tells.
    pub(super) fn show(&self) {
        let (data, layers) = {
            let state = self.state.borrow();
            (state.data.clone(), state.layers.clone())
        };
        let mut shown = data;
        for apply in layers.iter().filter_map(|layer| layer.apply.clone()) {
            shown = shown.map(|data| self.changed(&data, &Change { version: None, apply }));
        }
        // Equal data is the data that they have.
        let is_equal = |old: &Data, new: &Data| Rc::ptr_eq(old, new) || (self.asked.kind.is_equal)(&**old, &**new);
        let old = self.state.borrow().shown.clone();
        if !matches!((&old, &shown), (Some(old), Some(new)) if is_equal(old, new)) {
            drop(std::mem::replace(&mut self.state.borrow_mut().shown, shown));
        }
        self.tell();
    }

    pub(super) fn tell(&self) {
        let users = self.state.borrow().users.clone();
        for user in users {
            let state = self.state.borrow();
            let news = News {
                data: state.shown.clone(),
                error: state.error.clone(),
                is_fetching: state.fetch.is_some() || state.is_retrying,
                is_stale: state.is_stale,
                settled: state.settled,
            };
            drop(state);
            user.tell(&news);
        }
    }
}
