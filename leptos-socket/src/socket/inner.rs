//! What is behind a handle: one socket, wherever it is and whoever uses it.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};
use std::time::Duration;

use leptos::prelude::*;
use leptos_socket_core::{Client, CloseReason, Endpoint, Headers, Instant, InvalidUrl, SocketState};

use super::parts::Parts;
use crate::connection::{Alarm, Driver, SentHeaders, Session};
use crate::options::{Identity, Settings};
use crate::{Socket, rendering, trace};

pub(crate) struct Inner {
    settings: Rc<Settings>,
    /// That of the present place and person.
    driver: RefCell<Rc<Driver>>,
    /// That of the present person.
    session: RefCell<Rc<Session>>,
    global_headers: RefCell<Headers>,
    person: RefCell<Person>,
    parts: Parts,
    /// What follows the app's signals.
    following: RefCell<Vec<Box<dyn Any>>>,
    /// Not before the page is hydrated.
    may_connect: Cell<bool>,
    is_gone: Cell<bool>,
    this: Weak<Self>,
    stored: Cell<Option<Stored>>,
}

/// Where it is kept, for the handles.
pub(crate) type Stored = StoredValue<Rc<Inner>, LocalStorage>;

enum Person {
    /// The app says nothing of persons.
    Unknown,
    /// With what a refresh returned.
    Nobody(Headers),
    Known(Identity),
}

impl Person {
    const fn id(&self) -> Option<&str> {
        match self {
            Self::Known(identity) => Some(identity.id()),
            Self::Unknown | Self::Nobody(_) => None,
        }
    }
}

/// Its life.
impl Inner {
    /// A socket that is idle until [`start`](Self::start).
    pub(crate) fn new(settings: Settings) -> Rc<Self> {
        let settings = Rc::new(settings);
        let global_headers = settings.config.global_headers().clone();
        let headers = SentHeaders { all: global_headers.clone(), anonymous: Headers::new() };
        Rc::new_cyclic(|this| {
            let session = Session::new(&settings, this, headers);
            Self {
                driver: RefCell::new(Driver::new(&settings, this, &session, None, None)),
                session: RefCell::new(session),
                settings,
                global_headers: RefCell::new(global_headers),
                person: RefCell::new(Person::Unknown),
                parts: Parts::default(),
                following: RefCell::default(),
                may_connect: Cell::new(false),
                is_gone: Cell::new(false),
                this: Weak::clone(this),
                stored: Cell::default(),
            }
        })
    }

    pub(crate) fn stored_as(&self, stored: Stored) {
        self.stored.set(Some(stored));
    }

    /// A handle of it, until it is forgotten.
    pub(crate) fn handle(&self) -> Option<Socket> {
        self.stored.get().map(Socket::stored)
    }

    pub(crate) fn start(self: &Rc<Self>, socket: Socket) {
        self.keep(self.settings.address.source().follow(socket));
        rendering::once_hydrated(self, |socket| {
            socket.may_connect.set(true);
            socket.connect();
        });
    }

    /// Until the socket is gone.
    pub(crate) fn keep(&self, following: Option<Box<dyn Any>>) {
        self.following.borrow_mut().extend(following);
    }

    /// It is gone for the app. What was submitted is still delivered, or ends at once.
    pub(crate) fn dispose(&self, end: fn(&Session)) {
        // First: a callback that hears of the end must not open it again.
        self.is_gone.set(true);
        let session = self.session();
        if let Some(this) = self.this.upgrade() {
            self.parts.each(&|part| part.update(&this));
        }
        end(&session);
    }

    /// Forgets everything, once it is gone and nothing is left to deliver.
    pub(crate) fn forget_if_done(&self) {
        if !self.is_gone.get() || !self.session().is_done() {
            return;
        }
        drop(self.following.take());
        if let Some(stored) = self.stored.take() {
            stored.dispose();
        }
    }

    /// Connects, if there is an address.
    fn connect(&self) {
        let driver = self.driver();
        let is_new = matches!(driver.state(), SocketState::Idle | SocketState::Closed(CloseReason::InvalidUrl(_)));
        if is_new && self.has_address() {
            driver.connect();
        }
    }

    /// Whether it may connect, and knows where to.
    fn has_address(&self) -> bool {
        self.may_connect.get() && !self.lacks_address()
    }

    /// Whether the app has not said yet where to connect to.
    pub(crate) fn lacks_address(&self) -> bool {
        !self.settings.address.source().is_asked() && self.driver().endpoint().is_none()
    }

    /// The app wants another link.
    pub(crate) fn reconnect(&self) {
        if self.has_address() {
            self.driver().reconnect();
        }
    }

    /// The app wants no link any more, here or where it was before.
    pub(crate) fn close(&self) {
        self.session().close();
    }
}

/// Where it is, and who uses it.
impl Inner {
    /// The app says for good where to connect to, before the socket connects. A page that says it so never moves, and has no
    /// code for that.
    pub(crate) fn settle_at(&self, address: Result<Option<Endpoint>, InvalidUrl>) {
        match address {
            Ok(endpoint) => self.driver().settle_at(endpoint),
            Err(error) => {
                let why = CloseReason::InvalidUrl(error);
                trace::warn(&self.settings.name, format_args!("cannot connect: {why}"));
                self.driver().reject(why);
            }
        }
    }

    /// The app says where to connect to from now on.
    pub(crate) fn set_address(&self, address: Result<Option<Endpoint>, InvalidUrl>) {
        if self.is_gone.get() {
            return;
        }
        let here = self.driver().endpoint();
        let had_reason = matches!(self.state(), SocketState::Closed(CloseReason::InvalidUrl(_)));
        match (address, here) {
            (Ok(Some(there)), None) => {
                self.driver().settle_at(Some(there));
                self.connect();
            }
            (Ok(Some(there)), Some(here)) if here == there => {}
            (Ok(Some(there)), Some(here)) if self.settings.is_same_place(&here, &there) => {
                self.driver().renew_endpoint(there);
            }
            (Ok(Some(there)), Some(_)) => self.move_to(Some(there), None),
            (Ok(None), here) => {
                if here.is_some() || had_reason {
                    self.move_to(None, None);
                }
            }
            (Err(error), here) => {
                let why = CloseReason::InvalidUrl(error);
                trace::warn(&self.settings.name, format_args!("cannot connect: {why}"));
                if here.is_some() || had_reason { self.move_to(None, Some(why)) } else { self.driver().reject(why) }
            }
        }
    }

    /// Goes to another place; or nowhere, for this reason. What was submitted is delivered where it was meant to go.
    fn move_to(&self, endpoint: Option<Endpoint>, why_nowhere: Option<CloseReason>) {
        let closed = self.closed_by_app().or(why_nowhere);
        self.replace_driver(self.next_driver(endpoint, closed), Driver::leave);
    }

    /// The app says who uses it.
    pub(crate) fn set_identity(&self, identity: Option<Identity>) {
        let next = identity.map_or_else(|| Person::Nobody(Headers::new()), Person::Known);
        let before = self.person.replace(next);
        if matches!(before, Person::Unknown) || before.id() == self.person.borrow().id() {
            self.update_headers();
            return if !self.is_gone.get() {
                self.driver().try_again_if_refused()
            };
        }
        if self.is_gone.get() {
            return self.session().sign_out();
        }
        let session = Session::new(&self.settings, &self.this, self.headers());
        let before = self.session.replace(session);
        let next = self.driver_of_next_person();
        self.replace_driver(next, |_| before.sign_out());
    }

    /// At the same place; or at another one, if the address names the person. It may have changed with that, and the socket not
    /// have been told yet.
    fn driver_of_next_person(&self) -> Rc<Driver> {
        let address = self.settings.address.source();
        let old = self.driver();
        let (endpoint, why_nowhere) = match (address.news(), old.state()) {
            (Some(Ok(endpoint)), _) => (endpoint, None),
            (Some(Err(error)), _) => (None, Some(CloseReason::InvalidUrl(error))),
            // Who is asked for it is asked again: it may be another one for this person.
            (None, _) if address.is_asked() => (None, None),
            (None, SocketState::Closed(why @ CloseReason::InvalidUrl(_))) => (None, Some(why)),
            (None, _) => {
                let next = self.next_driver(old.endpoint(), self.closed_by_app());
                next.distrust_ticket_of(&old);
                return next;
            }
        };
        self.next_driver(endpoint, self.closed_by_app().or(why_nowhere))
    }

    /// Why the socket is closed, wherever it goes and whoever uses it.
    fn closed_by_app(&self) -> Option<CloseReason> {
        let SocketState::Closed(why @ (CloseReason::ByApp | CloseReason::InvalidConfig)) = self.state() else {
            return None;
        };
        Some(why)
    }

    fn next_driver(&self, endpoint: Option<Endpoint>, closed: Option<CloseReason>) -> Rc<Driver> {
        Driver::new(&self.settings, &self.this, &self.session(), endpoint, closed)
    }

    fn replace_driver(&self, next: Rc<Driver>, retire: impl FnOnce(&Rc<Driver>)) {
        let Some(this) = self.this.upgrade() else { return };
        let is_new = next.state() == SocketState::Idle;
        let old = self.driver.replace(next);
        self.parts.each(&|part| part.on_moved(&this));
        retire(&old);
        if is_new {
            self.connect();
        }
        self.driver().show();
    }

    pub(crate) fn set_global_headers(&self, headers: Headers) {
        drop(self.global_headers.replace(headers));
        self.update_headers();
    }

    /// Who uses it; `None` if that is nobody, or nobody that the app names.
    #[cfg(feature = "inspector")]
    pub(crate) fn person(&self) -> Option<String> {
        self.person.borrow().id().map(str::to_owned)
    }

    /// A refresh returned these.
    pub(crate) fn keep_refreshed(&self, headers: &Headers) {
        match &mut *self.person.borrow_mut() {
            Person::Known(identity) => identity.headers_mut().insert_all(headers),
            Person::Nobody(own) => own.insert_all(headers),
            Person::Unknown => self.global_headers.borrow_mut().insert_all(headers),
        }
    }

    fn update_headers(&self) {
        self.session().set_headers(self.headers());
    }

    fn headers(&self) -> SentHeaders {
        sent_by(&self.person.borrow(), &self.global_headers.borrow())
    }
}

/// What an app without persons sends may be a token, so its anonymous messages leave without headers.
fn sent_by(person: &Person, global: &Headers) -> SentHeaders {
    let own = match person {
        Person::Unknown => return SentHeaders { all: global.clone(), anonymous: Headers::new() },
        Person::Nobody(own) => own,
        Person::Known(identity) => identity.headers(),
    };
    let mut all = global.clone();
    all.insert_all(own);
    SentHeaders { all, anonymous: global.clone() }
}

/// What is.
impl Inner {
    pub(crate) fn driver(&self) -> Rc<Driver> {
        Rc::clone(&self.driver.borrow())
    }

    fn session(&self) -> Rc<Session> {
        Rc::clone(&self.session.borrow())
    }

    pub(crate) fn is_driven_by(&self, driver: &Driver) -> bool {
        !self.is_gone.get() && std::ptr::eq(Rc::as_ptr(&self.driver.borrow()), driver)
    }

    /// Whether the app has removed it.
    pub(crate) const fn is_gone(&self) -> bool {
        self.is_gone.get()
    }

    pub(crate) const fn parts(&self) -> &Parts {
        &self.parts
    }

    pub(crate) const fn settings(&self) -> &Rc<Settings> {
        &self.settings
    }

    pub(crate) fn state(&self) -> SocketState {
        self.driver.borrow().state()
    }

    pub(crate) fn with_client<T>(&self, read: impl FnOnce(&Client) -> T) -> T {
        self.driver.borrow().with_state_of(read)
    }

    /// The time by the clock of the transport.
    pub(crate) fn now(&self) -> Instant {
        self.settings.transport.now()
    }

    pub(crate) fn retry_in(&self) -> Option<Duration> {
        let SocketState::Backoff { retry_at, .. } = self.state() else { return None };
        Some(retry_at - self.now())
    }

    /// Wakes up when this much time has passed. Dropping what is returned prevents it.
    pub(crate) fn wake_after(&self, duration: Duration, wake: Box<dyn FnOnce()>) -> Box<dyn Any> {
        self.settings.transport.wake_at(self.now() + duration, wake)
    }

    pub(crate) fn set_alarm(&self, alarm: &Alarm, at: Option<Instant>, wake: impl FnOnce() + 'static) {
        alarm.set(&*self.settings.transport, at, wake);
    }
}
