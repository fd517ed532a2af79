//! The only code that does I/O: it carries out what a client wants and reports what happened.
//!
//! A driver owns the client of one place and one person. When its socket moves on, the driver retires: it delivers what was
//! submitted, and then it is gone.
//!
//! After everything that happens, [`Driver::pump`] first does all that the client wants, then brings up to date what is
//! shown, then sets the one timer, and only then hands out events. So a callback may call back into the socket, remove it,
//! or drop the whole provider. Nothing is borrowed while one runs, is dropped, or while the transport is at work.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::fmt;
use std::rc::{Rc, Weak};
use std::time::Duration;

use leptos::prelude::*;
use leptos_socket_core::{
    CallId as Id, Client, CloseReason, DecodeError, Endpoint, Headers, Hint, Incoming, Input, Instant, LinkId, NotSent,
    SocketState,
};

use crate::calls::{CallId, Interceptors, Outgoing, Sent};
use crate::options::{Known, Settings};
use crate::reactive::without_owner;
use crate::socket::Inner;
use crate::trace::{self, CallSpan, LinkSpan};
use crate::transport::Link;

mod alarm;
mod dispatch;
mod page;
mod pump;
#[cfg(feature = "record")]
mod recording;
mod session;
#[cfg(feature = "inspector")]
mod traffic;
mod waiting;

pub(crate) use alarm::Alarm;
#[cfg(feature = "record")]
pub(crate) use recording::Recordings;
pub(crate) use session::{Sent as SentHeaders, Session};
#[cfg(feature = "inspector")]
pub(crate) use traffic::Traffic;
pub(crate) use waiting::{Outcome, Promise, Settle};
use waiting::{Waiter, Waiting};

/// Where a driver is kept until it has nothing left to do. It may be held on any thread, and outlive the driver.
pub(crate) type DriverHandle = StoredValue<Rc<Driver>, LocalStorage>;

pub(crate) struct Driver {
    settings: Rc<Settings>,
    socket: Weak<Inner>,
    session: Rc<Session>,
    client: RefCell<Client>,
    /// The address that it connects to, once that is known.
    endpoint: RefCell<Option<Endpoint>>,
    /// Whether the address was found out just now, and need not be asked for again.
    is_endpoint_fresh: Cell<bool>,
    /// Whether a link was opened with this address, and its ticket.
    is_ticket_used: Cell<bool>,
    /// Whether the ticket is, or may be, that of another person.
    is_ticket_foreign: Cell<bool>,
    link: RefCell<Option<Held>>,
    /// What the app is asked for: dropping it ends that.
    resolving: RefCell<Option<(LinkId, Box<dyn Any>)>>,
    waiting: Waiting,
    timer: Alarm,
    /// Whether events are being handed out further up the stack.
    dispatching: Cell<bool>,
    /// The time at which what happens now happens.
    now: Cell<Instant>,
    /// How far the wall clock is ahead of the transport's own.
    wall_clock_lead: Cell<Option<Duration>>,
    handle: Cell<Option<DriverHandle>>,
    /// By how many futures.
    held: Cell<usize>,
    _watch: page::Watch,
}

/// The link that is held. Cloned, because it may be gone before it returns from what it is told.
#[derive(Clone)]
struct Held {
    id: LinkId,
    link: Rc<dyn Link>,
    span: LinkSpan,
}

/// A wall clock that has run ahead so far says that the machine slept.
const SLEPT: Duration = Duration::from_secs(2);

impl fmt::Debug for Driver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Driver({}, {})", self.name(), self.state())
    }
}

/// Its life.
impl Driver {
    /// A driver that is idle; or closed, for this reason.
    pub(crate) fn new(
        settings: &Rc<Settings>,
        socket: &Weak<Inner>,
        session: &Rc<Session>,
        endpoint: Option<Endpoint>,
        closed: Option<CloseReason>,
    ) -> Rc<Self> {
        let mut client = Client::new(settings.config.clone(), settings.transport.random());
        #[cfg(feature = "record")]
        if let Some(recordings) = &settings.recordings {
            recordings.start(&mut client, settings.transport.now());
        }
        client.refresh_on_unauthorized(settings.refresh.is_some());
        let headers = session.headers();
        client.set_global_headers(headers.all);
        client.set_anonymous_headers(headers.anonymous);
        let now = settings.transport.now();
        if let Some(why) = closed {
            client.reject(now, why);
        }
        let driver = Rc::new_cyclic(|this| Self {
            socket: Weak::clone(socket),
            client: RefCell::new(client),
            session: Rc::clone(session),
            is_endpoint_fresh: Cell::new(endpoint.is_some()),
            is_ticket_used: Cell::new(false),
            is_ticket_foreign: Cell::new(false),
            endpoint: RefCell::new(endpoint),
            link: RefCell::default(),
            resolving: RefCell::default(),
            waiting: Waiting::default(),
            timer: Alarm::default(),
            dispatching: Cell::new(false),
            now: Cell::new(now),
            wall_clock_lead: Cell::default(),
            handle: Cell::default(),
            held: Cell::default(),
            _watch: page::watch(this),
            settings: Rc::clone(settings),
        });
        driver.handle.set(Some(without_owner(|| StoredValue::new_local(Rc::clone(&driver)))));
        session.add(&driver);
        #[cfg(feature = "record")]
        if let Some(recordings) = &settings.recordings {
            recordings.add(&driver);
        }
        if page::is_offline() {
            driver.on_hint(Hint::Offline);
        }
        driver
    }

    pub(crate) fn handle(&self) -> Option<DriverHandle> {
        self.handle.get()
    }

    /// The socket that it works for, unless it has retired.
    fn socket(&self) -> Option<Rc<Inner>> {
        self.socket.upgrade().filter(|socket| socket.is_driven_by(self))
    }

    /// Delivers what was submitted, and is then gone.
    pub(crate) fn leave(self: &Rc<Self>) {
        self.with_client(Client::leave);
    }

    /// Ends everything at once, because another person uses the socket now.
    pub(crate) fn sign_out(self: &Rc<Self>) {
        self.with_client(Client::sign_out);
    }

    /// A future may need it until [`release`](Self::release).
    pub(crate) fn hold(&self) {
        self.held.set(self.held.get() + 1);
    }

    pub(crate) fn release(&self) {
        self.held.set(self.held.get() - 1);
        self.rest();
    }

    /// Lets go of everything, once it has retired and has nothing left to do.
    fn rest(&self) {
        let is_done = self.state().is_closed() && !self.client.borrow().has_events();
        if !is_done || self.socket().is_some() {
            return;
        }
        #[cfg(feature = "record")]
        self.keep_recording();
        drop(self.link.take());
        self.timer.stop();
        if self.held.get() == 0
            && let Some(handle) = self.handle.take()
        {
            handle.dispose();
        }
        if let Some(socket) = self.socket.upgrade() {
            socket.forget_if_done();
        }
    }
}

/// The app's verbs.
impl Driver {
    pub(crate) fn connect(self: &Rc<Self>) {
        self.with_client(Client::connect);
    }

    /// Sends a message and awaits its reply; `settle` gets the outcome, never before this returns.
    ///
    /// If the message is refused, `settle` is dropped.
    pub(crate) fn call(self: &Rc<Self>, message: &mut Outgoing, settle: Settle) -> Result<Id, NotSent> {
        self.submit(message, settle, Client::call_encoded)
    }

    /// Sends a message without a reply; `settle` hears that it left, or why not.
    pub(crate) fn flush(self: &Rc<Self>, message: &mut Outgoing, settle: Settle) -> Result<Id, NotSent> {
        message.options_mut().bounded = false;
        let sent = self.submit(message, settle, Client::send_encoded);
        // A loop that sends one after another must not wait for a timer each time.
        sent.inspect(|id| {
            if self.client.borrow().has_left(*id)
                && let Some(waiter) = self.waiting.remove(*id)
            {
                waiter.settle(Ok(None));
            }
        })
    }

    fn submit(
        self: &Rc<Self>,
        message: &mut Outgoing,
        settle: Settle,
        verb: fn(&mut Client, Instant, &Outgoing) -> Result<Id, NotSent>,
    ) -> Result<Id, NotSent> {
        if self.session.is_inside_refresh() && !message.options().anonymous {
            return Err(NotSent::InsideRefresh);
        }
        let on_reply = self.settings.interceptors.as_ref().and_then(|all| all.intercept(self, message));
        let now = self.begin();
        let submitted = verb(&mut self.client.borrow_mut(), now, message);
        let submitted = submitted.inspect(|id| {
            // Apart: a subscriber of spans may send.
            let uuid = || self.client.borrow().uuid(*id);
            let span = CallSpan::new(self.name(), message.route(), uuid, &self.settings.transport);
            self.waiting.insert(*id, Waiter { settle, on_reply, span });
            #[cfg(feature = "inspector")]
            self.show_traffic(&Traffic::Submitted { id: *id, at: now, message });
        });
        self.act_silently();
        submitted
    }

    pub(crate) fn send(self: &Rc<Self>, mut message: Outgoing) -> Result<Sent, NotSent> {
        if let Some(interceptors) = &self.settings.interceptors {
            let _ = interceptors.intercept(self, &mut message);
        }
        let now = self.begin();
        let sent = self.client.borrow_mut().send_encoded(now, &message);
        #[cfg(feature = "inspector")]
        if let Ok(id) = sent {
            self.show_traffic(&Traffic::Submitted { id, at: now, message: &message });
        }
        // An effect that sends too comes after this.
        self.transmit();
        let sent = sent.map(|id| match self.client.borrow().is_queued(id) {
            true => Sent::Queued(self.public(id)),
            false => Sent::Now,
        });
        self.pump();
        sent
    }

    pub(crate) fn cancel(self: &Rc<Self>, id: Id) {
        let waiter = self.waiting.remove(id);
        #[cfg(feature = "inspector")]
        self.show_traffic(&Traffic::Cancelled { id });
        self.with_client(|client, now| drop(client.cancel(now, id)));
        // Last, when nothing is borrowed: what it captured may call back.
        if let Some(waiter) = waiter {
            waiter.cancel();
        }
    }

    pub(crate) fn reconnect(self: &Rc<Self>) {
        self.with_client(Client::reconnect);
    }

    pub(crate) fn close(self: &Rc<Self>) {
        self.with_client(Client::close);
    }

    pub(crate) fn set_headers(self: &Rc<Self>, headers: SentHeaders) {
        self.with_client(|client, _| {
            client.set_global_headers(headers.all);
            client.set_anonymous_headers(headers.anonymous);
        });
        if let Some(socket) = self.socket() {
            socket.parts().each(&|part| part.on_new_headers(&socket));
        }
    }

    /// It connects to there from now on. It had no address so far.
    pub(crate) fn settle_at(&self, endpoint: Option<Endpoint>) {
        drop(self.endpoint.replace(endpoint));
    }

    /// Brings up to date what is shown.
    pub(crate) fn show(self: &Rc<Self>) {
        self.pump();
    }

    /// The app asks for something that cannot be.
    pub(crate) fn reject(self: &Rc<Self>, why: CloseReason) {
        self.with_client(|client, now| client.reject(now, why));
    }

    /// The address is that of another person's driver. If that connected with it, so may have its ticket been.
    pub(crate) fn distrust_ticket_of(&self, other: &Self) {
        self.is_ticket_foreign.set(other.is_ticket_used.get());
    }

    /// The address of the same place has another ticket. An open link stays open, if it is this person's.
    pub(crate) fn renew_endpoint(self: &Rc<Self>, endpoint: Endpoint) {
        drop(self.endpoint.replace(Some(endpoint)));
        self.is_ticket_used.set(false);
        let is_foreign = self.is_ticket_foreign.take() && self.state().is_open();
        if is_foreign || matches!(self.state(), SocketState::Connecting { .. }) {
            self.reconnect();
        } else {
            self.try_again_if_refused();
        }
    }

    /// What may have been the reason has changed.
    pub(crate) fn try_again_if_refused(self: &Rc<Self>) {
        let may_have_been_refused = matches!(
            self.state(),
            SocketState::Backoff { .. } | SocketState::Closed(CloseReason::Refused(_) | CloseReason::GaveUp { .. })
        );
        if may_have_been_refused {
            self.reconnect();
        }
    }
}

/// What is.
impl Driver {
    pub(crate) fn settings(&self) -> &Settings {
        &self.settings
    }

    pub(crate) fn name(&self) -> &str {
        &self.settings.name
    }

    pub(crate) fn state(&self) -> SocketState {
        self.client.borrow().state()
    }

    pub(crate) fn with_state_of<T>(&self, read: impl FnOnce(&Client) -> T) -> T {
        read(&self.client.borrow())
    }

    pub(crate) fn endpoint(&self) -> Option<Endpoint> {
        self.endpoint.borrow().clone()
    }

    pub(crate) fn is_owed(&self, call: CallId) -> bool {
        self.client.borrow().is_owed(call.id())
    }

    pub(crate) fn interceptors(&self) -> Option<&Interceptors> {
        self.settings.interceptors.as_deref()
    }

    /// The time by the clock of the transport.
    pub(crate) fn now(&self) -> Instant {
        self.settings.transport.now()
    }

    /// The id that an app gets for a message.
    pub(crate) fn public(&self, id: Id) -> CallId {
        CallId::new(self.handle(), id)
    }
}

/// What happened.
impl Driver {
    pub(crate) fn on_input(self: &Rc<Self>, link: LinkId, input: Input) {
        let held = self.held(link);
        let _inside = held.as_ref().map(|held| held.span.enter());
        #[cfg(feature = "inspector")]
        if held.is_some() {
            self.show_traffic(&Traffic::Input { link, input: &input });
        }
        if let Input::Closed(code) = &input {
            if let Some(held) = &held {
                held.span.closed(*code);
            }
            self.drop_link(link);
        }
        self.with_client(|client, now| client.handle_input(now, link, input));
    }

    pub(crate) fn on_hint(self: &Rc<Self>, hint: Hint) {
        trace::debug(self.name(), format_args!("hint: {hint:?}"));
        if let Some(socket) = self.socket() {
            socket.parts().each(&|part| part.on_hint(&socket, hint));
        }
        self.with_client(|client, now| client.handle_hint(now, hint));
    }

    /// The app answered what it was asked for: where to connect to.
    pub(crate) fn on_resolved(self: &Rc<Self>, link: LinkId, address: Known) {
        // It may have changed its mind while it answered.
        let asked = self.resolving.borrow_mut().take_if(|(asked, _)| *asked == link);
        if asked.is_none() {
            return;
        }
        let here = self.endpoint();
        match (&address, &here) {
            (Ok(Some(there)), Some(here)) if self.settings.is_same_place(there, here) => {}
            (Ok(Some(_)), None) => {}
            (Ok(None), _) => {
                trace::warn(self.name(), format_args!("{link}: the app cannot say where to connect to"));
                return self.on_input(link, Input::Unresolved);
            }
            // It still may have something to deliver at its own place.
            (Ok(Some(_)) | Err(_), _) => {
                if let Some(socket) = self.socket() {
                    socket.set_address(address);
                }
                return self.on_input(link, here.map_or(Input::Unresolved, Input::Resolved));
            }
        }
        let endpoint = address.ok().flatten();
        drop(self.endpoint.replace(endpoint.clone()));
        self.on_input(link, endpoint.map_or(Input::Unresolved, Input::Resolved));
    }

    /// A push is not of the type that the app takes it for. This happens while events are handed out, which goes on with
    /// what comes of it.
    pub(crate) fn on_unreadable(&self, push: &Incoming, error: DecodeError) {
        self.client.borrow_mut().report_unreadable_push(push.route().unwrap_or_default(), error);
    }

    /// The app got a new token, or not.
    pub(crate) fn on_refreshed(self: &Rc<Self>, number: u32, headers: Option<Headers>) {
        self.with_client(|client, now| client.handle_refreshed(now, number, headers));
    }

    /// What is asked of the app, until it answers.
    pub(crate) fn keep_resolving(&self, link: LinkId, question: Box<dyn Any>) {
        drop(self.resolving.replace(Some((link, question))));
    }
}
