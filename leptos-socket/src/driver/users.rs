//! The components that share a socket.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use leptos_socket_core::SocketConfig;

use super::Driver;
use crate::options::SocketOptions;
use crate::source::SocketUrl;

pub(super) struct Users {
    /// Whether the socket goes when nobody uses it any more.
    counted: Cell<bool>,
    count: Cell<usize>,
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
            count: Cell::new(0),
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

    pub(crate) fn add_user(&self) {
        self.users.count.set(self.users.count.get() + 1);
        drop(self.users.timer.take());
    }

    pub(crate) fn remove_user(self: &Rc<Self>, when_unused: impl FnOnce() + 'static) {
        self.users.count.set(self.users.count.get() - 1);
        if self.users.counted.get() && self.users.count.get() == 0 {
            let at = self.transport.now() + self.users.linger;
            drop(self.users.timer.replace(Some(self.transport.wake_at(at, Box::new(when_unused)))));
        }
    }

    /// What is not as this component wants it.
    pub(crate) fn differs(&self, url: &SocketUrl, options: &SocketOptions) -> Option<&'static str> {
        let users = &self.users;
        let same_headers = match (&options.headers, &self.headers) {
            (Some(asked), Some(headers)) => asked.means_the_same(headers),
            (asked, headers) => asked.is_none() && headers.is_none(),
        };
        let (requests, replies) = (options.interceptors.requests.len(), options.interceptors.replies.len());
        let same = [
            (url.means_the_same(&self.url), "another URL"),
            (options.config == users.config, "another config"),
            (same_headers, "other global headers"),
            (options.refresh.is_some() == self.refresh.is_some(), "another `refresh`"),
            (options.reconnect_on_change == users.reconnect_on_change, "another `reconnect_on_change`"),
            (options.linger == users.linger, "another `linger`"),
            (
                (requests, replies) == (self.interceptors.requests.len(), self.interceptors.replies.len()),
                "other interceptors",
            ),
        ];
        same.into_iter().find(|(same, _)| !same).map(|(_, what)| what)
    }
}
