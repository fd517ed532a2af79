//! The only code that does I/O: it carries out what a client wants and reports what happened.
//!
//! After everything that happens, [`Driver::pump`] first does all that the client wants, then brings the signals up to
//! date, then sets the one timer, and only then runs callbacks. So a callback may call back into the socket, remove it,
//! or drop the whole provider. Nothing is borrowed while one runs, is dropped, or while the transport is at work.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::fmt;
use std::rc::{Rc, Weak};
use std::time::Duration;

use leptos_socket_core::{
    CallError, CallId, CallOptions, Client, CloseCode, Endpoint, Event, Hint, Incoming, Input, Instant, LinkId,
    Message, NotSent, Notice, Sent, SocketConfig, SocketState, Transmit,
};
use serde::Serialize;
use uuid::Uuid;

use crate::listeners::{Listeners, Listening, OnPush};
use crate::options::Callbacks;
use crate::signals::Signals;
use crate::transport::{Link, LinkInputs, Transport};

pub(crate) type Outcome = Result<Incoming, CallError>;

/// What to do with the outcome of a call.
type Settle = Box<dyn FnOnce(Outcome)>;

pub(crate) struct Driver {
    name: String,
    endpoint: Endpoint,
    transport: Rc<dyn Transport>,
    client: RefCell<Client>,
    links: RefCell<BTreeMap<LinkId, Rc<dyn Link>>>,
    awaiting: RefCell<BTreeMap<CallId, Settle>>,
    timer: RefCell<Option<(Instant, Box<dyn Any>)>>,
    signals: Signals,
    listeners: Listeners,
    /// Whether a link did not take the last frame.
    refused: Cell<bool>,
    /// Whether events are being handed out further up the stack.
    dispatching: Cell<bool>,
    /// An event that happened during a call, and waits for it to return.
    held_back: RefCell<Option<Event>>,
}

impl fmt::Debug for Driver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Driver").field("name", &self.name).field("endpoint", &self.endpoint).finish_non_exhaustive()
    }
}

/// The app's verbs.
impl Driver {
    /// A driver that starts to connect.
    pub(crate) fn start(
        name: String,
        endpoint: Endpoint,
        config: SocketConfig,
        transport: Rc<dyn Transport>,
        signals: Signals,
        callbacks: Callbacks,
    ) -> Rc<Self> {
        let (seed, _) = Uuid::new_v4().as_u64_pair();
        let listeners = Listeners::default();
        listeners.add_callbacks(callbacks);
        let driver = Rc::new(Self {
            name,
            endpoint,
            transport,
            client: RefCell::new(Client::new(config, seed)),
            links: RefCell::default(),
            awaiting: RefCell::default(),
            timer: RefCell::default(),
            signals,
            listeners,
            refused: Cell::new(false),
            dispatching: Cell::new(false),
            held_back: RefCell::default(),
        });
        driver.with_client(|client, now| client.connect(now));
        driver
    }

    /// Sends a message; `settle` gets the outcome, never before this returns.
    pub(crate) fn call<P: Serialize>(
        self: &Rc<Self>,
        message: &Message<P>,
        options: &CallOptions,
        settle: impl FnOnce(Outcome) + 'static,
    ) -> Result<CallId, NotSent> {
        let now = self.transport.now();
        let called = self.client.borrow_mut().call_with(now, message, options);
        // Where it is refused, `settle` is dropped.
        let called = called.inspect(|id| {
            self.awaiting.borrow_mut().insert(*id, Box::new(settle));
        });
        let dispatching = self.dispatching.replace(true);
        self.act();
        self.dispatching.set(dispatching);
        self.set_timer(if self.holds_events_back() { Some(now) } else { self.next_wake() });
        called
    }

    pub(crate) fn send<P: Serialize>(self: &Rc<Self>, message: &Message<P>) -> Result<Sent, NotSent> {
        self.refused.set(false);
        let sent = self.with_client(|client, now| client.send(now, message))?;
        if self.refused.take() {
            // The link did not take it, and is given up. It waits for the next one.
            return self.with_client(|client, now| client.send(now, message));
        }
        Ok(sent)
    }

    pub(crate) fn cancel(self: &Rc<Self>, id: CallId) {
        // Bound to a name, so that it is dropped when nothing is borrowed: what it captured may call back.
        let _settle = self.awaiting.borrow_mut().remove(&id);
        self.with_client(|client, _| client.cancel(id));
    }

    pub(crate) fn reconnect(self: &Rc<Self>) {
        self.with_client(Client::reconnect);
    }

    pub(crate) fn close(self: &Rc<Self>) {
        self.with_client(Client::close);
    }

    pub(crate) fn retry_in(&self) -> Option<Duration> {
        let state = self.client.borrow().state();
        let SocketState::Backoff { retry_at, .. } = state else { return None };
        Some(retry_at - self.transport.now())
    }
}

/// Who listens.
impl Driver {
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
        if matches!(input, Input::Closed(_)) {
            self.drop_link(link);
        }
        self.with_client(|client, now| client.handle_input(now, link, input));
    }

    pub(crate) fn on_hint(self: &Rc<Self>, hint: Hint) {
        tracing::debug!(socket = self.name, ?hint, "hint");
        self.with_client(|client, now| client.handle_hint(now, hint));
    }

    fn on_wake(self: &Rc<Self>) {
        self.timer.take();
        self.with_client(Client::handle_timeout);
    }
}

/// The pump.
impl Driver {
    fn with_client<T>(self: &Rc<Self>, verb: impl FnOnce(&mut Client, Instant) -> T) -> T {
        let now = self.transport.now();
        let out = verb(&mut self.client.borrow_mut(), now);
        self.pump();
        out
    }

    fn pump(self: &Rc<Self>) {
        self.act();
        self.set_timer(self.next_wake());
        self.hand_out();
    }

    fn act(self: &Rc<Self>) {
        self.transmit();
        self.signals.update(&self.client);
    }

    fn hand_out(&self) {
        if self.dispatching.replace(true) {
            return;
        }
        loop {
            let held_back = self.held_back.take();
            let event = held_back.or_else(|| self.client.borrow_mut().poll_event());
            let Some(event) = event else { break };
            self.dispatch(event);
        }
        self.dispatching.set(false);
    }

    /// Whether there are events that nobody hands out unless woken: a call may have ended at once, and its caller does not
    /// expect to hear of that before it returned.
    fn holds_events_back(&self) -> bool {
        if self.dispatching.get() {
            return false;
        }
        let event = self.held_back.take().or_else(|| self.client.borrow_mut().poll_event());
        let waits = event.is_some();
        self.held_back.replace(event);
        waits
    }

    fn transmit(self: &Rc<Self>) {
        loop {
            let transmit = self.client.borrow_mut().poll_transmit();
            let Some(transmit) = transmit else { break };
            match transmit {
                Transmit::Resolve { link } => self.report(link, Input::Resolved(self.endpoint.clone())),
                Transmit::Connect { link, endpoint } => self.open(link, &endpoint),
                Transmit::Send { link, text } => self.hand_over(link, &text),
                Transmit::Close { link, code } => {
                    if let Some(link) = self.link(link) {
                        link.close(code);
                    }
                }
                Transmit::Abandon { link } => self.drop_link(link),
                _ => {}
            }
        }
    }

    fn open(self: &Rc<Self>, link: LinkId, endpoint: &Endpoint) {
        tracing::debug!(socket = self.name, %link, %endpoint, "connecting");
        let inputs = LinkInputs { driver: Rc::downgrade(self), link };
        match self.transport.open(endpoint, inputs) {
            Ok(handle) => {
                self.links.borrow_mut().insert(link, handle.into());
            }
            Err(error) => {
                tracing::warn!(socket = self.name, %link, %endpoint, %error, "cannot connect");
                self.report(link, Input::Closed(CloseCode::ABNORMAL));
            }
        }
    }

    fn hand_over(self: &Rc<Self>, link: LinkId, text: &str) {
        let sent = self.link(link).map(|handle| handle.send(text));
        if let Some(Err(error)) = sent {
            tracing::warn!(socket = self.name, %link, %error, "cannot send");
            self.refused.set(true);
            self.drop_link(link);
            self.report(link, Input::Closed(CloseCode::ABNORMAL));
        }
    }

    /// From inside of the pump, which goes on with what comes of it.
    fn report(&self, link: LinkId, input: Input) {
        let now = self.transport.now();
        self.client.borrow_mut().handle_input(now, link, input);
    }

    /// Cloned, because it may be gone before it returns from what it is told.
    fn link(&self, link: LinkId) -> Option<Rc<dyn Link>> {
        self.links.borrow().get(&link).cloned()
    }

    fn drop_link(&self, link: LinkId) {
        let handle = self.links.borrow_mut().remove(&link);
        drop(handle);
    }

    fn next_wake(&self) -> Option<Instant> {
        self.client.borrow().poll_timeout()
    }

    fn set_timer(self: &Rc<Self>, at: Option<Instant>) {
        if self.timer.borrow().as_ref().map(|(armed, _)| *armed) == at {
            return;
        }
        let timer = at.map(|at| {
            let driver: Weak<Self> = Rc::downgrade(self);
            let wake = move || {
                if let Some(driver) = driver.upgrade() {
                    driver.on_wake();
                }
            };
            (at, self.transport.wake_at(at, Box::new(wake)))
        });
        drop(self.timer.replace(timer));
    }

    fn dispatch(&self, event: Event) {
        let socket = &self.name;
        match event {
            Event::StateChanged(state) => tracing::debug!(socket, %state, "state"),
            Event::Settled { call, outcome } => {
                let settle = self.awaiting.borrow_mut().remove(&call);
                if let Some(settle) = settle {
                    settle(outcome);
                }
            }
            Event::Push(push) => {
                self.listeners.tell(|callbacks| &callbacks.on_message, |callback| callback(push.clone()));
                self.listeners.tell_push(&push);
            }
            Event::Gap { link, lasted } => {
                tracing::debug!(socket, %link, ?lasted, "there is a link again");
                self.listeners.tell(|callbacks| &callbacks.on_gap, |callback| callback(lasted));
            }
            Event::Unsent { message, error } => {
                tracing::warn!(socket, id = %message, %error, "a message never left");
                self.listeners.tell(|callbacks| &callbacks.on_unsent, |callback| callback(message, error.clone()));
            }
            Event::Notice { notice, count } => {
                log(socket, &notice, count);
                self.listeners.tell(|callbacks| &callbacks.on_notice, |callback| callback(notice.clone(), count));
            }
            _ => {}
        }
    }
}

fn log(socket: &str, notice: &Notice, count: u64) {
    // The backends answer every message, also those that await no answer.
    if matches!(notice, Notice::Unawaited { .. }) {
        tracing::debug!(socket, %notice, count, "the server answered what awaits no answer");
    } else {
        tracing::warn!(socket, %notice, count, "the server did something odd");
    }
}
