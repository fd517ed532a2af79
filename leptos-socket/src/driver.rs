//! The only code that does I/O: it carries out what a client wants and reports what happened.
//!
//! After everything that happens, [`Driver::pump`] first does all that the client wants, then brings up to date what is
//! shown, then sets the one timer, and only then hands out events. So a callback may call back into the socket, remove it,
//! or drop the whole provider. Nothing is borrowed while one runs, is dropped, or while the transport is at work.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::fmt;
use std::rc::Rc;
use std::time::Duration;

use leptos_socket_core::{
    CallId, CallOptions, Client, CloseReason, DecodeError, Event, Hint, Incoming, Input, Instant, LinkId, NotSent,
    SocketState,
};
use uuid::Uuid;

use crate::Sent;
use crate::intercept::Outgoing;
use crate::options::SocketOptions;
use crate::source::Sources;
use crate::trace::{self, CallSpan, LinkSpan};
use crate::transport::{Link, Transport};

mod alarm;
mod dispatch;
mod parts;
mod pump;
mod waiting;

pub(crate) use alarm::Alarm;
pub(crate) use parts::{Part, Parts};
pub(crate) use waiting::{Outcome, Promise, Settle};
use waiting::{Waiter, Waiting};

pub(crate) struct Driver {
    name: String,
    /// Replaced when the component that they belong to is gone.
    sources: RefCell<Rc<Sources>>,
    transport: Rc<dyn Transport>,
    client: RefCell<Client>,
    link: RefCell<Option<Held>>,
    /// What the app is asked for: dropping it ends that.
    resolving: RefCell<Option<Box<dyn Any>>>,
    /// What follows the URL.
    following: RefCell<Option<Box<dyn Any>>>,
    refreshing: RefCell<Option<Box<dyn Any>>>,
    waiting: Waiting,
    timer: Alarm,
    parts: Parts,
    /// What happened and was not handed out yet.
    events: RefCell<VecDeque<Event>>,
    /// Whether events are being handed out further up the stack.
    dispatching: Cell<bool>,
    /// The time at which what happens now happens.
    now: Cell<Instant>,
    /// How far the wall clock is ahead of the transport's own.
    wall_clock_lead: Cell<Option<Duration>>,
}

/// The link that is held. Cloned, because it may be gone before it returns from what it is told.
#[derive(Clone)]
struct Held {
    id: LinkId,
    link: Rc<dyn Link>,
    span: Rc<LinkSpan>,
}

/// A wall clock that has run ahead so far says that the machine slept.
const SLEPT: Duration = Duration::from_secs(2);

impl fmt::Debug for Driver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Driver").field("name", &self.name).field("url", &self.sources().url).finish_non_exhaustive()
    }
}

/// The app's verbs.
impl Driver {
    /// A driver that is idle.
    pub(crate) fn new(
        name: String,
        sources: Rc<Sources>,
        options: SocketOptions,
        transport: Rc<dyn Transport>,
    ) -> Rc<Self> {
        let (seed, _) = Uuid::new_v4().as_u64_pair();
        let mut client = Client::new(options.config, seed);
        client.refresh_on_unauthorized(sources.refresh.is_some());
        let now = Cell::new(transport.now());
        let driver = Rc::new(Self {
            name,
            sources: RefCell::new(sources),
            transport,
            client: RefCell::new(client),
            link: RefCell::default(),
            resolving: RefCell::default(),
            following: RefCell::default(),
            refreshing: RefCell::default(),
            waiting: Waiting::default(),
            timer: Alarm::default(),
            parts: Parts::default(),
            events: RefCell::default(),
            dispatching: Cell::new(false),
            now,
            wall_clock_lead: Cell::default(),
        });
        options.installers.into_iter().for_each(|install| install(&driver));
        driver
    }

    pub(crate) fn connect(self: &Rc<Self>) {
        self.with_client(Client::connect);
    }

    /// Sends a message and awaits its reply; `settle` gets the outcome, never before this returns.
    ///
    /// If the message is refused, `settle` is dropped.
    pub(crate) fn call(
        self: &Rc<Self>,
        message: Outgoing,
        options: CallOptions,
        settle: Settle,
    ) -> Result<CallId, NotSent> {
        self.submit(message, options, settle, Client::call_encoded)
    }

    /// Sends a message without a reply; `settle` hears that it left, or why not.
    pub(crate) fn flush(
        self: &Rc<Self>,
        message: Outgoing,
        options: CallOptions,
        settle: Settle,
    ) -> Result<CallId, NotSent> {
        let sent = self.submit(message, options.bounded(false), settle, Client::send_encoded);
        // A loop that sends one after another must not wait for a timer each time.
        let has_left = |id: &CallId| {
            let is_it = |event: &Event| matches!(event, Event::Sent { message } if message == id);
            self.events.borrow().iter().any(is_it)
        };
        sent.inspect(|id| {
            if has_left(id)
                && let Some(waiter) = self.waiting.remove(*id)
            {
                waiter.settle(Ok(None));
            }
        })
    }

    fn submit(
        self: &Rc<Self>,
        mut message: Outgoing,
        mut options: CallOptions,
        settle: Settle,
        verb: fn(&mut Client, Instant, &Outgoing, &CallOptions) -> Result<CallId, NotSent>,
    ) -> Result<CallId, NotSent> {
        // Before interceptors see it: what they take out stays out.
        message.headers_mut().insert_all(&std::mem::take(&mut options.headers));
        let on_reply = self.sources().interceptors.as_ref().and_then(|all| all.intercept(self, &mut message));
        let now = self.begin();
        let submitted = verb(&mut self.client.borrow_mut(), now, &message, &options);
        let submitted = submitted.inspect(|id| {
            // Apart: a subscriber of spans may send.
            let transport = Rc::clone(&self.transport);
            let uuid = || self.client.borrow().uuid(*id);
            let span = CallSpan::new(&self.name, message.route(), uuid, move || transport.now());
            self.waiting.insert(*id, Waiter { settle, on_reply, span });
        });
        self.act_silently();
        submitted
    }

    pub(crate) fn send(self: &Rc<Self>, mut message: Outgoing, mut options: CallOptions) -> Result<Sent, NotSent> {
        message.headers_mut().insert_all(&std::mem::take(&mut options.headers));
        if let Some(interceptors) = &self.sources().interceptors {
            let _ = interceptors.intercept(self, &mut message);
        }
        let now = self.begin();
        let sent = self.client.borrow_mut().send_encoded(now, &message, &options);
        // An effect that sends too comes after this.
        self.transmit();
        let sent = sent.map(|id| match self.client.borrow().is_queued(id) {
            true => Sent::Queued(id),
            false => Sent::Now,
        });
        self.pump();
        sent
    }

    pub(crate) fn cancel(self: &Rc<Self>, id: CallId) {
        let waiter = self.waiting.remove(id);
        self.with_client(|client, now| drop(client.cancel(now, id)));
        // Last, when nothing is borrowed: what it captured may call back.
        if let Some(waiter) = waiter {
            waiter.cancel();
        }
    }

    pub(crate) fn reconnect(self: &Rc<Self>) {
        self.with_client(Client::reconnect);
    }

    /// Its URL has changed. A socket that is not to connect yet, or that the app closed, takes it when it connects.
    pub(crate) fn move_on(self: &Rc<Self>) {
        if !matches!(self.state(), SocketState::Idle | SocketState::Closed(CloseReason::ByApp)) {
            self.reconnect();
        }
    }

    /// Opens one that is closed.
    pub(crate) fn open_again(self: &Rc<Self>) {
        if matches!(self.state(), SocketState::Closed(_)) {
            self.connect();
        }
    }

    pub(crate) fn close(self: &Rc<Self>) {
        self.with_client(Client::close);
    }
}

/// What is.
impl Driver {
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn state(&self) -> SocketState {
        self.client.borrow().state()
    }

    pub(crate) fn with_state_of<T>(&self, read: impl FnOnce(&Client) -> T) -> T {
        read(&self.client.borrow())
    }

    pub(crate) fn retry_in(&self) -> Option<Duration> {
        let SocketState::Backoff { retry_at, .. } = self.state() else { return None };
        Some(retry_at - self.transport.now())
    }

    /// The time by the clock of the transport.
    pub(crate) fn now(&self) -> Instant {
        self.transport.now()
    }

    /// What the app of now says.
    pub(crate) fn sources(&self) -> Rc<Sources> {
        Rc::clone(&self.sources.borrow())
    }

    pub(crate) fn replace_sources(&self, sources: Rc<Sources>) -> Rc<Sources> {
        self.sources.replace(sources)
    }

    pub(crate) const fn parts(&self) -> &Parts {
        &self.parts
    }

    /// Wakes up when this much time has passed. Dropping what is returned prevents it.
    pub(crate) fn wake_after(&self, duration: Duration, wake: Box<dyn FnOnce()>) -> Box<dyn Any> {
        self.transport.wake_at(self.transport.now() + duration, wake)
    }

    /// A time by the clock of the transport.
    #[cfg(feature = "hydrate")]
    pub(crate) fn pause(&self, duration: Duration) -> impl Future<Output = ()> + use<> {
        let (over, paused) = futures::channel::oneshot::channel::<()>();
        let timer = self.wake_after(duration, Box::new(|| drop(over)));
        async move {
            // It is over when the other end is dropped.
            let _ = paused.await;
            drop(timer);
        }
    }
}

/// What happened.
impl Driver {
    pub(crate) fn on_input(self: &Rc<Self>, link: LinkId, input: Input) {
        let held = self.held(link);
        let report = || {
            if let Input::Closed(code) = &input {
                if let Some(held) = &held {
                    held.span.closed(*code);
                }
                self.drop_link(link);
            }
            self.with_client(|client, now| client.handle_input(now, link, input));
        };
        match &held {
            Some(held) => held.span.in_scope(report),
            None => report(),
        }
    }

    pub(crate) fn on_hint(self: &Rc<Self>, hint: Hint) {
        trace::debug(&self.name, format_args!("hint: {hint:?}"));
        self.parts.each(&|part| part.on_hint(self, hint));
        self.with_client(|client, now| client.handle_hint(now, hint));
    }

    /// The app answered what it was asked for: where to connect to.
    pub(crate) fn on_resolved(self: &Rc<Self>, link: LinkId, input: Input) {
        if matches!(input, Input::Unresolved) {
            trace::warn(&self.name, format_args!("{link}: the app cannot say where to connect to"));
        }
        self.on_input(link, input);
    }

    /// A push is not of the type that the app takes it for. This happens while events are handed out, which goes on with
    /// what comes of it.
    pub(crate) fn on_unreadable(&self, push: &Incoming, error: DecodeError) {
        self.client.borrow_mut().report_unreadable_push(push.route().unwrap_or_default(), error);
    }

    /// The app got a new token, or not.
    pub(crate) fn on_refreshed(self: &Rc<Self>, number: u32, headers: Option<leptos_socket_core::Headers>) {
        if headers.is_none() {
            trace::warn(&self.name, format_args!("the app got no new token"));
        }
        self.with_client(|client, now| client.handle_refreshed(now, number, headers));
    }

    /// What is asked of the app, until it answers.
    pub(crate) fn keep_resolving(&self, question: Box<dyn Any>) {
        drop(self.resolving.replace(Some(question)));
    }

    pub(crate) fn keep_following(&self, following: Box<dyn Any>) {
        let _old = self.following.replace(Some(following));
    }

    pub(crate) fn keep_refreshing(&self, question: Box<dyn Any>) {
        drop(self.refreshing.replace(Some(question)));
    }
}
