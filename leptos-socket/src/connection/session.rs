//! What all drivers of one person share: the headers that prove who it is, and one refresh for all of them.
//!
//! A socket that moves leaves drivers behind, which still deliver something. If each refreshed the token for itself, the second
//! refresh would often revoke the token of the first.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};

use leptos_socket_core::{Headers, Instant};

use super::Driver;
use crate::options::{Ask, Settings};
use crate::reactive::Raised;
use crate::socket::Inner;
use crate::{Socket, trace};

pub(crate) struct Session {
    settings: Rc<Settings>,
    socket: Weak<Inner>,
    headers: RefCell<Sent>,
    drivers: RefCell<Vec<Weak<Driver>>>,
    refreshing: RefCell<Option<Refreshing>>,
    /// No refresh starts before this, because the last one failed though there was a link. What follows one that did not help is
    /// up to each driver.
    not_before: Cell<Instant>,
    /// Whether the app's `refresh` runs right now, further up the stack.
    is_inside_refresh: Cell<bool>,
    is_over: Cell<bool>,
}

/// The headers of all messages, and those of anonymous ones.
#[derive(Clone)]
pub(crate) struct Sent {
    pub(crate) all: Headers,
    pub(crate) anonymous: Headers,
}

struct Refreshing {
    /// Which drivers wait for it, and what each calls it.
    wanted_by: Vec<(Weak<Driver>, u32)>,
    /// Dropping it ends the question to the app.
    _question: Option<Box<dyn Any>>,
}

impl Session {
    pub(crate) fn new(settings: &Rc<Settings>, socket: &Weak<Inner>, headers: Sent) -> Rc<Self> {
        Rc::new(Self {
            settings: Rc::clone(settings),
            socket: Weak::clone(socket),
            headers: RefCell::new(headers),
            drivers: RefCell::default(),
            refreshing: RefCell::default(),
            not_before: Cell::new(Instant::ZERO),
            is_inside_refresh: Cell::new(false),
            is_over: Cell::new(false),
        })
    }

    pub(super) fn add(&self, driver: &Rc<Driver>) {
        let mut drivers = self.drivers.borrow_mut();
        drivers.retain(|driver| driver.strong_count() > 0);
        drivers.push(Rc::downgrade(driver));
    }

    pub(super) fn headers(&self) -> Sent {
        self.headers.borrow().clone()
    }

    /// The app says what messages leave with from now on.
    pub(crate) fn set_headers(&self, headers: Sent) {
        drop(self.headers.replace(headers.clone()));
        self.each(|driver| driver.set_headers(headers.clone()));
    }

    /// All of it ends at once.
    pub(crate) fn close(&self) {
        self.each(Driver::close);
    }

    /// What was submitted is delivered, and then all is gone.
    pub(crate) fn leave(&self) {
        self.each(Driver::leave);
    }

    /// The person has signed out: all of it ends at once, for good.
    pub(crate) fn sign_out(&self) {
        #[cfg(feature = "record")]
        if let Some(recordings) = &self.settings.recordings {
            recordings.forget_payloads(&|forget| self.each(forget));
        }
        self.is_over.set(true);
        drop(self.refreshing.take());
        self.each(Driver::sign_out);
    }

    /// Whether there is nothing left to do.
    pub(crate) fn is_done(&self) -> bool {
        let is_done = |driver: &Weak<Driver>| driver.upgrade().is_none_or(|driver| driver.state().is_closed());
        self.drivers.borrow().iter().all(is_done)
    }

    /// The handle of the socket, unless that is gone.
    pub(crate) fn socket(&self) -> Option<Socket> {
        self.socket.upgrade()?.handle()
    }

    fn each(&self, verb: impl Fn(&Rc<Driver>)) {
        let drivers = self.drivers.borrow().clone();
        drivers.iter().filter_map(Weak::upgrade).for_each(|driver| verb(&driver));
    }
}

/// Refreshes.
impl Session {
    /// A driver wants a new token. Returns whether there will be an answer.
    pub(crate) fn refresh(self: &Rc<Self>, driver: &Rc<Driver>, number: u32, ask: Ask<'_>) -> bool {
        let wanted = (Rc::downgrade(driver), number);
        let mut refreshing = self.refreshing.borrow_mut();
        let is_known = |(known, _): &(Weak<Driver>, u32)| known.ptr_eq(&wanted.0);
        match &mut *refreshing {
            Some(running) if !running.wanted_by.iter().any(is_known) => {
                running.wanted_by.push(wanted);
                return true;
            }
            None if driver.now() < self.not_before.get() => return false,
            // It has waited for the one that runs as long as it could.
            Some(_) | None => {}
        }
        let before = refreshing.take();
        drop(refreshing);
        let others = before.map(|before| before.wanted_by).unwrap_or_default();
        let wanted_by = others.into_iter().filter(|known| !is_known(known)).chain([wanted.clone()]).collect();
        drop(self.refreshing.replace(Some(Refreshing { wanted_by, _question: None })));
        self.ask(ask);
        true
    }

    fn ask(self: &Rc<Self>, ask: Ask<'_>) {
        trace::debug(&self.settings.name, format_args!("asking the app for a new token"));
        let question = ask(self);
        match &mut *self.refreshing.borrow_mut() {
            Some(refreshing) => refreshing._question = Some(question),
            // The person has signed out meanwhile.
            None => drop(question),
        }
    }

    /// The app got a new token, or not.
    pub(crate) fn on_refreshed(&self, headers: Option<&Headers>) {
        let Some(Refreshing { wanted_by, .. }) = self.refreshing.take() else { return };
        match headers {
            None => {
                // Without a link it may have failed because it needs the network too, and the next link needs a token at once.
                if wanted_by.iter().filter_map(|(driver, _)| driver.upgrade()).any(|driver| driver.state().is_open()) {
                    let cooldown = self.settings.config.refresh_cooldown();
                    self.not_before.set(self.settings.transport.now() + cooldown);
                }
                trace::warn(&self.settings.name, format_args!("the app got no new token"));
            }
            Some(headers) => {
                self.headers.borrow_mut().all.insert_all(headers);
                if let Some(socket) = self.socket.upgrade() {
                    socket.keep_refreshed(headers);
                }
            }
        }
        let sent = self.headers();
        self.each(|driver| driver.set_headers(sent.clone()));
        for (driver, number) in wanted_by {
            if let Some(driver) = driver.upgrade().filter(|_| !self.is_over.get()) {
                driver.on_refreshed(number, headers.cloned());
            }
        }
    }

    pub(super) const fn is_inside_refresh(&self) -> bool {
        self.is_inside_refresh.get()
    }

    /// See [`Driver::on_fresh_stack`].
    #[cfg(all(target_arch = "wasm32", not(feature = "ssr")))]
    pub(super) fn on_fresh_stack(&self) {
        self.is_inside_refresh.set(false);
    }

    /// Runs a part of the app's `refresh`.
    pub(crate) fn inside_refresh<T>(&self, run: impl FnOnce() -> T) -> T {
        let _inside = Raised::new(&self.is_inside_refresh);
        run()
    }
}
