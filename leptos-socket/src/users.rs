//! The components that share a socket.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use leptos_socket_core::SocketConfig;

use crate::Socket;
use crate::driver::{Driver, Part};
use crate::options::SocketOptions;
use crate::source::Sources;

/// Drawn in order.
pub(crate) type UserId = u64;

/// Who uses a socket, each with its own sources.
pub(crate) struct Users {
    /// Whether the socket goes when nobody uses it any more.
    counted: Cell<bool>,
    users: RefCell<BTreeMap<UserId, Rc<Sources>>>,
    last: Cell<UserId>,
    linger: Duration,
    /// Until when it stays though nobody uses it.
    timer: RefCell<Option<Box<dyn Any>>>,
    /// What they have to agree on.
    config: SocketConfig,
    reconnect_on_change: bool,
}

impl Part for Users {}

impl Users {
    pub(crate) fn of(driver: &Rc<Driver>, options: &SocketOptions) -> Rc<Self> {
        driver.parts().get(|| Self {
            counted: Cell::new(false),
            users: RefCell::default(),
            last: Cell::new(0),
            linger: options.linger,
            timer: RefCell::default(),
            config: driver.with_state_of(|client| client.config().clone()),
            reconnect_on_change: options.reconnect_on_change,
        })
    }

    /// From now on the socket goes when nobody uses it any more.
    pub(crate) fn count(&self) {
        self.counted.set(true);
    }

    /// Whether it only lingers.
    pub(crate) fn is_unused(&self) -> bool {
        self.counted.get() && self.users.borrow().is_empty()
    }

    pub(crate) fn add(&self, sources: Rc<Sources>) -> UserId {
        let id = self.last.get() + 1;
        self.last.set(id);
        self.users.borrow_mut().insert(id, sources);
        drop(self.timer.take());
        id
    }

    pub(crate) fn remove(&self, driver: &Rc<Driver>, id: UserId, when_unused: impl FnOnce() + 'static) {
        let removed = self.users.borrow_mut().remove(&id);
        if self.is_unused() {
            let timer = driver.wake_after(self.linger, Box::new(when_unused));
            drop(self.timer.replace(Some(timer)));
        }
        drop(removed);
    }

    /// The sources are those of the first component that is there. A socket that was added keeps those that it was added with.
    pub(crate) fn adopt_sources(&self, socket: Socket, driver: &Rc<Driver>) {
        let first = self.users.borrow().values().next().cloned();
        let Some(first) = first.filter(|first| self.counted.get() && !Rc::ptr_eq(first, &driver.sources())) else {
            return;
        };
        let before = driver.replace_sources(Rc::clone(&first));
        if !self.reconnect_on_change {
            return;
        }
        socket.follow_url();
        // Its signal may be another one, which nobody followed so far.
        if let (Some([now, _]), Some([_, last])) = (first.url.source().values(), before.url.source().values())
            && first.url.source().kind() == "a signal"
            && now != last
        {
            driver.move_on();
        }
    }

    /// What is not as this component wants it.
    pub(crate) fn differs(
        &self,
        driver: &Rc<Driver>,
        sources: &Sources,
        options: &SocketOptions,
    ) -> Option<&'static str> {
        let same = [
            (options.config == self.config, "another config"),
            (options.reconnect_on_change == self.reconnect_on_change, "another `reconnect_on_change`"),
            (options.linger == self.linger, "another `linger`"),
        ];
        let difference = same.into_iter().find(|(same, _)| !same).map(|(_, what)| what);
        sources.difference(&driver.sources()).or(difference)
    }
}
