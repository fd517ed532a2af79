//! What was fetched over one socket, shared by all who ask the same.

use std::any::{Any, TypeId};
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::fmt;
use std::rc::{Rc, Weak};
use std::time::Duration;

use leptos::prelude::*;
use leptos_socket_core::{CallError, CallOptions, Event, Message, Route, SocketState};

use crate::calls::CallId;
use crate::connection::{Driver, Outcome};
use crate::socket::{Inner, Part};

/// The queries of one socket, by route and arguments.
#[derive(Default)]
pub(crate) struct Queries(RefCell<BTreeMap<Key, Rc<dyn Stored>>>);

/// The type tells apart two routes of one name whose replies are of different types.
type Key = (TypeId, String);

/// A query, whatever its type.
trait Stored: Any {
    /// Pushes may have been missed.
    fn on_gap(self: Rc<Self>);

    /// There is a link, the first one perhaps, which is no gap.
    fn on_link(self: Rc<Self>);
}

impl Queries {
    /// The query of these arguments. A new one is made by `make`.
    pub(super) fn get<R: Route + 'static>(&self, arguments: &str, make: impl FnOnce(Key) -> Query<R>) -> Rc<Query<R>>
    where
        R::Response: Send + Sync,
    {
        let key = (TypeId::of::<R>(), arguments.to_owned());
        let stored = self.0.borrow().get(&key).cloned();
        let known = stored.and_then(|stored| (stored as Rc<dyn Any>).downcast().ok());
        known.unwrap_or_else(|| {
            let query = Rc::new(make(key.clone()));
            self.0.borrow_mut().insert(key, Rc::clone(&query) as Rc<dyn Stored>);
            query
        })
    }

    pub(super) fn of(socket: &Rc<Inner>) -> Rc<Self> {
        socket.parts().get(Self::default)
    }

    fn all(&self) -> Vec<Rc<dyn Stored>> {
        self.0.borrow().values().cloned().collect()
    }

    fn remove(&self, key: &Key) {
        let removed = self.0.borrow_mut().remove(key);
        drop(removed);
    }
}

impl Part for Queries {
    fn on_event(&self, _: &Rc<Inner>, _: &Rc<Driver>, event: &Event) {
        if let Event::StateChanged(SocketState::Open) = event {
            self.all().into_iter().for_each(Stored::on_link);
        } else if let Event::Gap { .. } = event {
            self.all().into_iter().for_each(Stored::on_gap);
        }
    }
}

impl fmt::Debug for Queries {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Queries({})", self.0.borrow().len())
    }
}

/// What components see of a query.
pub(super) struct View<T: 'static> {
    pub(super) data: ArcRwSignal<Option<T>>,
    pub(super) error: ArcRwSignal<Option<CallError>>,
    pub(super) loading: ArcRwSignal<bool>,
    pub(super) stale: ArcRwSignal<bool>,
}

impl<T> Clone for View<T> {
    fn clone(&self) -> Self {
        Self {
            data: self.data.clone(),
            error: self.error.clone(),
            loading: self.loading.clone(),
            stale: self.stale.clone(),
        }
    }
}

/// One route with its arguments.
pub(super) struct Query<R: Route>
where
    R::Response: Send + Sync + 'static,
{
    key: Key,
    socket: Weak<Inner>,
    route: R,
    options: CallOptions,
    pub(super) view: View<R::Response>,
    users: Cell<usize>,
    under_way: Cell<Option<CallId>>,
    /// Whether what is under way may be out of date when it comes.
    again: Cell<bool>,
    /// The last push that said so.
    last_push: Cell<u64>,
    /// To fetch soon, or to forget what nobody uses.
    timer: RefCell<Option<Box<dyn Any>>>,
}

impl<R: Route + 'static> Query<R>
where
    R::Response: Send + Sync,
{
    pub(super) fn new(key: Key, socket: &Rc<Inner>, route: R, options: CallOptions) -> Self {
        Self {
            key,
            socket: Rc::downgrade(socket),
            route,
            options,
            view: View {
                data: ArcRwSignal::new(None),
                error: ArcRwSignal::new(None),
                loading: ArcRwSignal::new(false),
                stale: ArcRwSignal::new(false),
            },
            users: Cell::new(0),
            under_way: Cell::new(None),
            again: Cell::new(false),
            last_push: Cell::new(0),
            timer: RefCell::default(),
        }
    }

    pub(super) const fn route(&self) -> &R {
        &self.route
    }

    /// One more uses it. The first one fetches.
    pub(super) fn join(self: &Rc<Self>) {
        self.users.set(self.users.get() + 1);
        if self.users.get() == 1 {
            drop(self.timer.take());
            self.note_stale();
            self.fetch();
        }
    }

    /// One less uses it. The last one cancels what is under way; the data is kept for a while.
    pub(super) fn leave(self: &Rc<Self>, keep_for: Duration) {
        self.users.set(self.users.get() - 1);
        let Some(socket) = self.socket.upgrade().filter(|_| self.users.get() == 0) else { return };
        // Who asks next fetches anyway.
        self.again.set(false);
        self.stop();
        if self.users.get() > 0 {
            // Somebody whom that woke uses it.
        } else if self.view.data.with_untracked(Option::is_none) || keep_for.is_zero() {
            drop(self.timer.take());
            Queries::of(&socket).remove(&self.key);
        } else {
            self.wake_after(&socket, keep_for, |query, socket| Queries::of(socket).remove(&query.key));
        }
    }

    /// Cancels what is under way.
    fn stop(&self) {
        if let Some(call) = self.under_way.take() {
            self.view.loading.set(false);
            call.cancel();
        }
    }

    /// Also while the call is being made, and its outcome being told.
    fn is_under_way(&self) -> bool {
        self.view.loading.get_untracked()
    }

    /// Something changed on the server. What it says in a burst is one reason to fetch.
    pub(super) fn invalidate(self: &Rc<Self>) {
        self.note_stale();
        if self.is_under_way() {
            self.again.set(true);
        } else if let Some(socket) = self.socket.upgrade().filter(|_| self.users.get() > 0) {
            self.wake_after(&socket, Duration::ZERO, |query, _| query.fetch());
        }
    }

    /// A push says so. Every component that listens hears of it.
    pub(super) fn invalidate_by(self: &Rc<Self>, push: u64) {
        if self.last_push.replace(push) != push {
            self.invalidate();
        }
    }

    fn fetch(self: &Rc<Self>) {
        let Some(socket) = self.socket.upgrade() else { return };
        self.view.loading.set(true);
        // Somebody whom that woke came when the last one had left, and fetches.
        if self.under_way.get().is_some() {
            return;
        }
        let query = Rc::downgrade(self);
        let settle = move |outcome| {
            if let Some(query) = query.upgrade() {
                untrack(|| query.on_outcome(outcome));
            }
        };
        let message = Message::new(R::ROUTE, &self.route).with_options(self.options.clone());
        match socket.submit(message, settle) {
            Ok(call) if self.under_way.get().is_none() => self.under_way.set(Some(call)),
            Ok(call) => call.cancel(),
            Err(error) => self.on_outcome(Err(error.into())),
        }
        // Somebody whom that woke was the last one who used it.
        if self.users.get() == 0 {
            self.stop();
        }
    }

    fn on_outcome(self: &Rc<Self>, outcome: Outcome) {
        self.under_way.set(None);
        match outcome.and_then(|reply| Ok(reply.unwrap_or_default().into_payload()?)) {
            Ok(data) => {
                self.view.stale.set(false);
                self.view.error.set(None);
                self.view.data.set(Some(data));
            }
            Err(error) => {
                self.note_stale();
                self.view.error.set(Some(error));
            }
        }
        self.view.loading.set(false);
        if self.again.take() {
            self.invalidate();
        }
    }

    fn note_stale(&self) {
        if self.view.data.with_untracked(Option::is_some) {
            self.view.stale.set(true);
        }
    }

    fn wake_after(
        self: &Rc<Self>,
        socket: &Rc<Inner>,
        after: Duration,
        what: impl FnOnce(&Rc<Self>, &Rc<Inner>) + 'static,
    ) {
        let query = Rc::downgrade(self);
        let wake = move || {
            let Some(query) = query.upgrade() else { return };
            drop(query.timer.take());
            if let Some(socket) = query.socket.upgrade() {
                untrack(|| what(&query, &socket));
            }
        };
        drop(self.timer.replace(Some(socket.wake_after(after, Box::new(wake)))));
    }
}

impl<R: Route + 'static> Stored for Query<R>
where
    R::Response: Send + Sync,
{
    /// What is under way is sent on the new link, and so is its answer of after the gap.
    fn on_gap(self: Rc<Self>) {
        if !self.is_under_way() {
            self.invalidate();
        }
    }

    /// What the server never answered is asked for again.
    fn on_link(self: Rc<Self>) {
        let unanswered = |error: &Option<CallError>| error.as_ref().is_some_and(|error| error.reply().is_none());
        if !self.is_under_way() && self.view.error.with_untracked(unanswered) {
            self.invalidate();
        }
    }
}
