//! What is behind a handle: one socket, wherever it is and whoever uses it.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};
use std::time::Duration;

use leptos_socket_core::{Client, CloseReason, Endpoint, Headers, Instant, InvalidUrl, SocketState};

use super::parts::Parts;
use crate::connection::{Alarm, Driver};
use crate::options::{Identity, Settings};
use crate::{Socket, rendering};

pub(crate) struct Inner {
    settings: Rc<Settings>,
    /// That of the present place and person.
    driver: RefCell<Rc<Driver>>,
    /// Those of other places, which still deliver something.
    retired: RefCell<Vec<Weak<Driver>>>,
    global_headers: RefCell<Headers>,
    person: RefCell<Person>,
    parts: Parts,
    /// What follows the app's signals.
    following: RefCell<Vec<Box<dyn Any>>>,
    /// Not before the page is hydrated.
    may_connect: Cell<bool>,
    is_gone: Cell<bool>,
    this: Weak<Self>,
}

enum Person {
    /// The app says nothing of persons.
    Unknown,
    Nobody,
    Known(Identity),
}

impl Person {
    const fn id(&self) -> Option<&str> {
        match self {
            Self::Known(identity) => Some(identity.id()),
            Self::Unknown | Self::Nobody => None,
        }
    }
}

/// Its life.
impl Inner {
    /// A socket that is idle until [`start`](Self::start).
    pub(crate) fn new(settings: Settings) -> Rc<Self> {
        let settings = Rc::new(settings);
        Rc::new_cyclic(|this| Self {
            driver: RefCell::new(Driver::new(&settings, this)),
            retired: RefCell::default(),
            global_headers: RefCell::new(settings.config.global_headers().clone()),
            settings,
            person: RefCell::new(Person::Unknown),
            parts: Parts::default(),
            following: RefCell::default(),
            may_connect: Cell::new(false),
            is_gone: Cell::new(false),
            this: Weak::clone(this),
        })
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
    pub(crate) fn dispose(&self, end: fn(&Rc<Driver>)) {
        self.is_gone.set(true);
        drop(self.following.take());
        let driver = self.driver();
        if let Some(this) = self.this.upgrade() {
            self.parts.each(&|part| part.update(&this));
        }
        end(&driver);
    }

    /// Connects, if there is an address.
    fn connect(&self) {
        let driver = self.driver();
        let is_new = matches!(driver.state(), SocketState::Idle | SocketState::Closed(CloseReason::InvalidUrl(_)));
        if is_new && self.has_address() {
            driver.connect();
        }
    }

    fn has_address(&self) -> bool {
        self.may_connect.get() && (self.settings.address.source().is_asked() || self.driver().endpoint().is_some())
    }

    /// The app wants another link.
    pub(crate) fn reconnect(&self) {
        if self.has_address() {
            self.driver().reconnect();
        }
    }
}

/// Where it is, and who uses it.
impl Inner {
    /// The app says for good where to connect to, before the socket connects. A page that says it so never moves, and has no
    /// code for that.
    pub(crate) fn settle_at(&self, address: Result<Option<Endpoint>, InvalidUrl>) {
        match address {
            Ok(endpoint) => self.driver().settle_at(endpoint),
            Err(error) => self.driver().reject(CloseReason::InvalidUrl(error)),
        }
    }

    /// The app says where to connect to from now on.
    pub(crate) fn set_address(&self, address: Result<Option<Endpoint>, InvalidUrl>) {
        let here = self.driver().endpoint();
        match address {
            Ok(Some(there)) => match here {
                None => {
                    self.driver().settle_at(Some(there));
                    self.connect();
                }
                Some(here) if here == there => {}
                Some(here) if self.settings.is_same_place(&here, &there) => self.driver().renew_endpoint(there),
                Some(_) => self.move_to(Some(there)),
            },
            Ok(None) => {
                if here.is_some() {
                    self.move_to(None);
                }
            }
            Err(error) => {
                if here.is_some() {
                    self.move_to(None);
                }
                self.driver().reject(CloseReason::InvalidUrl(error));
            }
        }
    }

    /// Goes to another place. What was submitted is delivered where it was meant to go.
    pub(crate) fn move_to(&self, endpoint: Option<Endpoint>) {
        self.replace_driver(endpoint, |old| {
            let mut retired = self.retired.borrow_mut();
            retired.retain(|driver| driver.strong_count() > 0);
            retired.push(Rc::downgrade(old));
            drop(retired);
            old.leave();
        });
    }

    /// The app says who uses it.
    pub(crate) fn set_identity(&self, identity: Option<Identity>) {
        let next = identity.map_or(Person::Nobody, Person::Known);
        let before = self.person.replace(next);
        if matches!(before, Person::Unknown) || before.id() == self.person.borrow().id() {
            return self.update_headers();
        }
        self.replace_driver(self.driver().endpoint(), |old| {
            self.retired.take().iter().filter_map(Weak::upgrade).for_each(|driver| driver.sign_out());
            old.sign_out();
        });
    }

    fn replace_driver(&self, endpoint: Option<Endpoint>, retire: impl FnOnce(&Rc<Driver>)) {
        let Some(this) = self.this.upgrade() else { return };
        let next = Driver::new(&self.settings, &self.this);
        next.start_at(endpoint);
        let (headers, anonymous) = self.headers();
        next.set_headers(headers, anonymous);
        let old = self.driver.replace(Rc::clone(&next));
        let was_closed_by_app = old.state() == SocketState::Closed(CloseReason::ByApp);
        self.parts.each(&|part| part.on_moved(&this));
        retire(&old);
        if was_closed_by_app {
            next.close()
        } else {
            self.connect()
        }
        next.show();
    }

    pub(crate) fn set_global_headers(&self, headers: Headers) {
        drop(self.global_headers.replace(headers));
        self.update_headers();
    }

    /// A refresh returned these.
    pub(crate) fn keep_refreshed(&self, headers: &Headers) {
        match &mut *self.person.borrow_mut() {
            Person::Known(identity) => identity.headers_mut().insert_all(headers),
            Person::Unknown | Person::Nobody => self.global_headers.borrow_mut().insert_all(headers),
        }
    }

    fn update_headers(&self) {
        let (headers, anonymous) = self.headers();
        self.driver().set_headers(headers, anonymous);
    }

    /// Those of all messages, and those of anonymous ones. What an app without persons sends may be a token.
    fn headers(&self) -> (Headers, Headers) {
        let global = self.global_headers.borrow().clone();
        match &*self.person.borrow() {
            Person::Unknown => (global, Headers::new()),
            Person::Nobody => (global.clone(), global),
            Person::Known(identity) => {
                let mut headers = global.clone();
                headers.insert_all(identity.headers());
                (headers, global)
            }
        }
    }
}

/// What is.
impl Inner {
    pub(crate) fn driver(&self) -> Rc<Driver> {
        Rc::clone(&self.driver.borrow())
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

    pub(crate) fn settings(&self) -> &Settings {
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
