//! Who hears of what happens on a socket.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::fmt;
use std::ops::Bound;
use std::rc::{Rc, Weak};

use leptos_socket_core::Incoming;

use crate::driver::Driver;
use crate::options::Callbacks;
use crate::owned::Owned;

/// What hears the pushes of one route.
pub(crate) type OnPush = Rc<dyn Fn(&Incoming)>;

/// The listeners of one socket. What happens reaches them in the order in which they came; one that comes while something is
/// handed out hears of the next thing first.
#[derive(Default)]
pub(crate) struct Listeners {
    last: Cell<u64>,
    callbacks: RefCell<BTreeMap<u64, Rc<Owned<Callbacks>>>>,
    pushes: RefCell<BTreeMap<String, BTreeMap<u64, OnPush>>>,
}

impl Listeners {
    pub(crate) fn add_callbacks(&self, callbacks: Callbacks) -> Key {
        let number = self.draw();
        self.callbacks.borrow_mut().insert(number, Rc::new(Owned::new(callbacks)));
        Key { number, route: None }
    }

    pub(crate) fn add_push(&self, route: &str, listener: OnPush) -> Key {
        let number = self.draw();
        self.pushes.borrow_mut().entry(route.to_owned()).or_default().insert(number, listener);
        Key { number, route: Some(route.to_owned()) }
    }

    fn remove(&self, key: &Key) {
        // Bound to names, so that they are dropped when nothing is borrowed: what they captured may call back.
        let _callbacks = self.callbacks.borrow_mut().remove(&key.number);
        let _push = key.route.as_ref().and_then(|route| {
            let mut pushes = self.pushes.borrow_mut();
            let of_route = pushes.get_mut(route)?;
            let listener = of_route.remove(&key.number);
            if of_route.is_empty() {
                pushes.remove(route);
            }
            listener
        });
    }

    /// Tells those who have a callback of that kind.
    pub(crate) fn tell<F: ?Sized>(&self, whom: fn(&Callbacks) -> &Option<Rc<F>>, what: impl Fn(&F)) {
        let next = |after| next(&self.callbacks.borrow(), after);
        each(self.last.get(), next, |callbacks| {
            callbacks.run(|callbacks| {
                if let Some(callback) = whom(&callbacks) {
                    what(callback);
                }
            });
        });
    }

    /// Tells those who listen to the route of this push.
    pub(crate) fn tell_push(&self, push: &Incoming) {
        let Some(route) = push.route() else { return };
        let next = |after| self.pushes.borrow().get(route).and_then(|of_route| next(of_route, after));
        each(self.last.get(), next, |listener| listener(push));
    }

    fn draw(&self) -> u64 {
        self.last.set(self.last.get() + 1);
        self.last.get()
    }
}

/// Looks for the next one only when the one before has returned: it may have added, or removed, any.
fn each<T>(last: u64, next: impl Fn(u64) -> Option<(u64, T)>, mut visit: impl FnMut(T)) {
    let mut at = 0;
    while let Some((number, listener)) = next(at).filter(|(number, _)| *number <= last) {
        at = number;
        visit(listener);
    }
}

fn next<T: Clone>(listeners: &BTreeMap<u64, T>, after: u64) -> Option<(u64, T)> {
    let (number, listener) = listeners.range((Bound::Excluded(after), Bound::Unbounded)).next()?;
    Some((*number, listener.clone()))
}

impl fmt::Debug for Listeners {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let routes: Vec<_> = self.pushes.borrow().keys().cloned().collect();
        f.debug_struct("Listeners").field("callbacks", &self.callbacks.borrow().len()).field("routes", &routes).finish()
    }
}

#[derive(Debug)]
pub(crate) struct Key {
    number: u64,
    route: Option<String>,
}

/// A listener that listens. Dropping it ends that.
#[derive(Debug)]
pub(crate) struct Listening {
    pub(crate) driver: Weak<Driver>,
    pub(crate) key: Key,
}

impl Drop for Listening {
    fn drop(&mut self) {
        if let Some(driver) = self.driver.upgrade() {
            driver.listeners().remove(&self.key);
        }
    }
}
