//! The components that share a socket.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use leptos_socket_core::SocketConfig;

use super::Driver;
use crate::options::SocketOptions;
use crate::source::{Followed, Sources};

/// Drawn in order.
pub(crate) type UserId = u64;

pub(super) struct Users {
    /// Whether the socket goes when nobody uses it any more.
    counted: Cell<bool>,
    /// Who uses it, each with its own sources.
    users: RefCell<BTreeMap<UserId, Rc<Sources>>>,
    last: Cell<UserId>,
    linger: Duration,
    /// Until when it stays though nobody uses it.
    timer: RefCell<Option<Box<dyn Any>>>,
    /// What they have to agree on.
    config: SocketConfig,
    reconnect_on_change: bool,
}

impl Users {
    pub(super) fn new(options: &SocketOptions) -> Self {
        Self {
            counted: Cell::new(false),
            users: RefCell::default(),
            last: Cell::new(0),
            linger: options.linger,
            timer: RefCell::default(),
            config: options.config.clone(),
            reconnect_on_change: options.reconnect_on_change,
        }
    }
}

impl Driver {
    /// From now on the socket goes when nobody uses it any more.
    pub(crate) fn count_users(&self) {
        self.users.counted.set(true);
    }

    /// Whether it only lingers.
    pub(crate) fn is_unused(&self) -> bool {
        self.users.counted.get() && self.users.users.borrow().is_empty()
    }

    pub(crate) fn add_user(&self, sources: Rc<Sources>) -> UserId {
        let id = self.users.last.get() + 1;
        self.users.last.set(id);
        self.users.users.borrow_mut().insert(id, sources);
        drop(self.users.timer.take());
        id
    }

    pub(crate) fn remove_user(self: &Rc<Self>, id: UserId, when_unused: impl FnOnce() + 'static) {
        let removed = self.users.users.borrow_mut().remove(&id);
        if self.is_unused() {
            let at = self.transport.now() + self.users.linger;
            drop(self.users.timer.replace(Some(self.transport.wake_at(at, Box::new(when_unused)))));
        }
        drop(removed);
    }

    /// The sources are those of the first component that is there. A socket that was added keeps those that it was added with.
    /// Returns those of before, if they are others now.
    pub(crate) fn adopt_sources(&self) -> Option<Rc<Sources>> {
        let first = self.users.users.borrow().values().next().cloned();
        let other = first.filter(|first| self.users.counted.get() && !Rc::ptr_eq(first, &self.sources()));
        other.map(|other| self.sources.replace(other))
    }

    /// The signal of the URL, if a change of it is to be followed.
    pub(crate) fn followed(&self) -> Option<Followed<String>> {
        self.sources().url.signal().filter(|_| self.users.reconnect_on_change)
    }

    /// What is not as this component wants it.
    pub(crate) fn differs(&self, sources: &Sources, options: &SocketOptions) -> Option<&'static str> {
        let users = &self.users;
        let same = [
            (options.config == users.config, "another config"),
            (options.reconnect_on_change == users.reconnect_on_change, "another `reconnect_on_change`"),
            (options.linger == users.linger, "another `linger`"),
        ];
        let difference = same.into_iter().find(|(same, _)| !same).map(|(_, what)| what);
        sources.difference(&self.sources()).or(difference)
    }
}
