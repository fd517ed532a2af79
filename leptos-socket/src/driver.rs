//! The only code that does I/O: it carries out what a client wants and reports what happened.
//!
//! After everything that happens, [`Driver::pump`] first does all that the client wants, then brings the signals up to
//! date, then sets the one timer, and only then runs callbacks. So a callback may call back into the socket, remove it,
//! or drop the whole provider. Nothing is borrowed while one runs, is dropped, or while the transport is at work.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::rc::Rc;
use std::time::Duration;

use futures::future::AbortHandle;
use leptos_socket_core::{
    CallId, CallOptions, Client, CloseReason, DecodeError, Event, Headers, Hint, Incoming, Input, Instant, LinkId,
    Message, NotSent, Payload, SocketState,
};
use serde::Serialize;
use uuid::Uuid;

use crate::Sent;
use crate::intercept::Outgoing;
use crate::listeners::{Listeners, Listening, OnPush};
use crate::options::{Callbacks, SocketOptions};
use crate::owned::Watching;
use crate::query::Queries;
use crate::signals::Signals;
use crate::source::{HeadersSource, Sources};
use crate::trace::{CallSpan, LinkSpan};
use crate::transport::{Link, Transport};

mod alarm;
mod awaiting;
mod dispatch;
mod providers;
mod pump;
mod users;
mod watch;

use alarm::Alarm;
use awaiting::{Awaiting, Entry};
pub(crate) use awaiting::{Outcome, OwnerId, Settle};
use users::Users;
use watch::Watch;

pub(crate) struct Driver {
    name: String,
    /// Replaced when the component that they are of is gone.
    sources: RefCell<Rc<Sources>>,
    transport: Rc<dyn Transport>,
    client: RefCell<Client>,
    links: RefCell<BTreeMap<LinkId, Held>>,
    /// The link whose URL is being asked for.
    resolving: RefCell<Option<(LinkId, AbortHandle)>>,
    awaiting: Awaiting,
    timer: Alarm,
    signals: Signals,
    listeners: Listeners,
    queries: Queries,
    /// How many pushes came so far.
    pushes: Cell<u64>,
    users: Users,
    /// Tells the socket when its URL changes.
    follows: RefCell<Option<Watching>>,
    watch: Watch,
    /// Ends the refresh that runs, when it is dropped.
    refreshing: RefCell<Option<Refreshing>>,
    /// The headers that the app's signal named last.
    named_headers: RefCell<Option<Headers>>,
    /// Whether events are being handed out further up the stack.
    dispatching: Cell<bool>,
    /// What happened and was not handed out yet.
    events: RefCell<VecDeque<Event>>,
}

/// A refresh that runs until this is dropped.
struct Refreshing(AbortHandle);

impl Drop for Refreshing {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// A link that is held. Cloned, because it may be gone before it returns from what it is told.
#[derive(Clone)]
struct Held {
    link: Rc<dyn Link>,
    span: Rc<LinkSpan>,
}

/// A verb of the client that takes a message.
type Verb<P> = fn(&mut Client, Instant, &Message<P>, &CallOptions) -> Result<CallId, NotSent>;

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
        signals: Signals,
    ) -> Rc<Self> {
        let (seed, _) = Uuid::new_v4().as_u64_pair();
        let (users, watch) = (Users::new(&options), Watch::new(transport.now()));
        let listeners = Listeners::default();
        listeners.add_callbacks(options.callbacks);
        let mut client = Client::new(options.config, seed);
        client.refresh_on_unauthorized(sources.refresh.is_some());
        match &sources.headers {
            Some(HeadersSource::Fixed(headers)) => client.set_global_headers(headers.clone()),
            Some(HeadersSource::Signal(_)) | None => {}
        }
        Rc::new(Self {
            name,
            sources: RefCell::new(sources),
            transport,
            client: RefCell::new(client),
            links: RefCell::default(),
            resolving: RefCell::default(),
            awaiting: Awaiting::default(),
            timer: Alarm::default(),
            signals,
            listeners,
            queries: Queries::default(),
            pushes: Cell::default(),
            users,
            follows: RefCell::default(),
            watch,
            refreshing: RefCell::default(),
            named_headers: RefCell::default(),
            dispatching: Cell::new(false),
            events: RefCell::default(),
        })
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

    /// Whether nobody said yet what shall become of it.
    #[cfg(feature = "hydrate")]
    pub(crate) fn is_idle(&self) -> bool {
        self.client.borrow().state() == SocketState::Idle
    }

    pub(crate) fn connect(self: &Rc<Self>) {
        self.with_client(Client::connect);
    }

    /// Sends a message; `settle` gets the outcome, never before this returns.
    ///
    /// Where it is refused, `settle` is dropped.
    pub(crate) fn call<P: Serialize>(
        self: &Rc<Self>,
        message: &Message<P>,
        options: &CallOptions,
        owner: Option<OwnerId>,
        settle: Settle,
    ) -> Result<CallId, NotSent> {
        let is_post = matches!(settle, Settle::Left(_));
        let sources = self.sources();
        let outgoing = sources.interceptors.request(message, options)?;
        let called = match is_post {
            false => self.hand_in(message, outgoing.as_ref(), options, Client::call_with, Client::call_encoded),
            true => {
                let options = options.clone().bounded(false);
                self.hand_in(message, outgoing.as_ref(), &options, Client::send_with, Client::send_encoded)
            }
        };
        let now = self.transport.now();
        let called = called.inspect(|id| {
            // Apart: a subscriber of spans may send.
            let uuid = self.client.borrow().uuid(*id);
            let span = CallSpan::new(&self.name, message.route(), Some(uuid));
            let request = sources.interceptors.keep(message, outgoing.as_ref(), options);
            self.awaiting.insert(*id, Entry { settle, owner, since: now, request, span });
        });
        self.act_silently(now);
        if let Ok(id) = &called
            && is_post
        {
            self.settle_if_sent(*id, now);
        }
        called
    }

    /// A message that left at once. A loop that sends one after another must not wait for a timer each time.
    fn settle_if_sent(&self, id: CallId, now: Instant) {
        let has_left =
            self.events.borrow().iter().any(|event| matches!(event, Event::Sent { message } if *message == id));
        if has_left && let Some(entry) = self.awaiting.remove(id) {
            entry.left(now);
        }
    }

    pub(crate) fn send<P: Serialize>(
        self: &Rc<Self>,
        message: &Message<P>,
        options: &CallOptions,
    ) -> Result<Sent, NotSent> {
        let outgoing = self.sources().interceptors.request(message, options)?;
        let sent = self.hand_in(message, outgoing.as_ref(), options, Client::send_with, Client::send_encoded);
        // An effect that sends too comes after this.
        self.transmit();
        let sent = sent.map(|id| match self.client.borrow().is_queued(id) {
            true => Sent::Queued(id),
            false => Sent::Now,
        });
        self.act();
        self.finish();
        sent
    }

    pub(crate) fn cancel(self: &Rc<Self>, id: CallId) {
        let entry = self.awaiting.remove(id);
        self.with_client(|client, now| client.cancel(now, id));
        // Last, when nothing is borrowed: what it captured may call back.
        if let Some(entry) = entry {
            entry.cancel(self.transport.now());
        }
    }

    pub(crate) fn reconnect(self: &Rc<Self>) {
        self.with_client(Client::reconnect);
    }

    /// Its URL is another one. One that is not to connect yet, or that the app closed, takes it when it connects.
    pub(crate) fn move_on(self: &Rc<Self>) {
        let state = self.client.borrow().state();
        if !matches!(state, SocketState::Idle | SocketState::Closed(CloseReason::ByApp)) {
            self.reconnect();
        }
    }

    /// Opens one that is closed.
    pub(crate) fn open_again(self: &Rc<Self>) {
        let state = self.client.borrow().state();
        if matches!(state, SocketState::Closed(_)) {
            self.connect();
        }
    }

    pub(crate) fn close(self: &Rc<Self>) {
        self.with_client(Client::close);
    }

    pub(crate) fn retry_in(&self) -> Option<Duration> {
        let state = self.client.borrow().state();
        let SocketState::Backoff { retry_at, .. } = state else { return None };
        Some(retry_at - self.transport.now())
    }

    /// What the app of now says.
    pub(crate) fn sources(&self) -> Rc<Sources> {
        Rc::clone(&self.sources.borrow())
    }

    /// Hands a message to the client, as the interceptors want it.
    fn hand_in<P: Serialize>(
        &self,
        message: &Message<P>,
        outgoing: Option<&Outgoing>,
        options: &CallOptions,
        verb: Verb<P>,
        intercepted: Verb<Payload>,
    ) -> Result<CallId, NotSent> {
        self.update_headers();
        let now = self.transport.now();
        let mut client = self.client.borrow_mut();
        match outgoing {
            // Its headers are those of the options too.
            Some(outgoing) => intercepted(&mut client, now, outgoing, &options.clone().headers(Headers::new())),
            None => verb(&mut client, now, message, options),
        }
    }
}

/// The owners of calls.
impl Driver {
    /// Makes the owner of a call known. Returns whether it was not: then somebody must say when it is gone.
    pub(crate) fn meet(&self, owner: OwnerId) -> bool {
        self.awaiting.meet(owner)
    }

    /// The owner is gone: its calls end.
    pub(crate) fn end_calls_of(self: &Rc<Self>, owner: OwnerId) {
        let mut ended = Vec::new();
        for id in self.awaiting.forget(owner) {
            // Where there is none, it has ended, and the event that says so is on its way.
            let now = self.transport.now();
            if let Some(error) = self.client.borrow_mut().cancel(now, id) {
                ended.extend(self.awaiting.remove(id).map(|entry| (entry, error)));
            }
        }
        let now = self.transport.now();
        self.act_silently(now);
        for (entry, error) in ended {
            entry.settle(now, Err(error));
        }
    }
}

/// Who listens, and what is listened to.
impl Driver {
    pub(crate) const fn queries(&self) -> &Queries {
        &self.queries
    }

    /// Which push is being handed out.
    pub(crate) const fn push_number(&self) -> u64 {
        self.pushes.get()
    }

    /// Wakes up when this much time has passed. Dropping what is returned prevents it.
    pub(crate) fn wake_after(&self, duration: Duration, wake: Box<dyn FnOnce()>) -> Box<dyn Any> {
        self.transport.wake_at(self.transport.now() + duration, wake)
    }

    /// Keeps an effect for as long as the socket lives.
    pub(crate) fn keep(&self, watch: Watching) {
        let _old = self.follows.replace(Some(watch));
    }

    pub(crate) const fn listeners(&self) -> &Listeners {
        &self.listeners
    }

    /// These callbacks belong to the current owner.
    pub(crate) fn listen(self: &Rc<Self>, callbacks: Callbacks) -> Listening {
        Listening { driver: Rc::downgrade(self), key: self.listeners.add_callbacks(callbacks) }
    }

    pub(crate) fn listen_to(self: &Rc<Self>, route: &str, listener: OnPush) -> Listening {
        Listening { driver: Rc::downgrade(self), key: self.listeners.add_push(route, listener) }
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
        tracing::debug!(socket = self.name, ?hint, "hint");
        self.note_whereabouts(hint);
        self.with_client(|client, now| client.handle_hint(now, hint));
    }

    /// A push is not what the app takes it for. This happens while events are handed out, which goes on with what comes of it.
    pub(crate) fn on_unreadable(&self, push: &Incoming, error: DecodeError) {
        self.client.borrow_mut().report_unreadable_push(push.route().unwrap_or_default(), error);
    }
}
