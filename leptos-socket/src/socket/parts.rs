//! What a socket has only because the app uses it: signals, callbacks, queries. Each is reached through a pointer that its
//! own option or accessor installs, so a page carries none that it does not use.

use std::any::Any;
use std::cell::RefCell;
use std::rc::Rc;

use leptos_socket_core::{Event, Hint};

use super::Inner;
use crate::connection::Driver;
#[cfg(feature = "inspector")]
use crate::connection::Traffic;

pub(crate) trait Part: Any {
    /// Something happened.
    fn on_event(&self, _socket: &Rc<Inner>, _driver: &Rc<Driver>, _event: &Event) {}

    /// A driver of this socket says or hears something. It may have retired already.
    #[cfg(feature = "inspector")]
    fn on_traffic(&self, _socket: &Rc<Inner>, _driver: &Rc<Driver>, _traffic: &Traffic<'_>) {}

    /// The page said something about the world.
    fn on_hint(&self, _socket: &Rc<Inner>, _hint: Hint) {}

    /// The client has acted: what is shown has to be brought up to date.
    fn update(self: Rc<Self>, _socket: &Rc<Inner>) {}

    /// What a function of the app interrupted by its panic will never go on.
    #[cfg_attr(not(target_arch = "wasm32"), allow(dead_code, reason = "only a browser calls it"))]
    fn on_fresh_stack(&self) {}

    /// The person has another token: what the server refused with the old one may work now.
    fn on_new_headers(&self, _socket: &Rc<Inner>) {}

    /// The socket is at another place, or another person uses it: nothing of before may be seen any more.
    fn on_moved(self: Rc<Self>, _socket: &Rc<Inner>) {}
}

/// In the order in which they were installed.
#[derive(Default)]
pub(crate) struct Parts(RefCell<Vec<Rc<dyn Part>>>);

impl Parts {
    pub(crate) fn find<P: Part>(&self) -> Option<Rc<P>> {
        let parts = self.0.borrow();
        let is_it = |part: &&Rc<dyn Part>| (&***part as &dyn Any).is::<P>();
        let part = parts.iter().find(is_it).cloned()?;
        (part as Rc<dyn Any>).downcast().ok()
    }

    pub(crate) fn get<P: Part>(&self, make: impl FnOnce() -> P) -> Rc<P> {
        self.find().unwrap_or_else(|| {
            let part = Rc::new(make());
            self.0.borrow_mut().push(Rc::clone(&part) as Rc<dyn Part>);
            part
        })
    }

    /// Visits each, and those that are installed meanwhile. Nothing is borrowed while one is visited.
    pub(crate) fn each(&self, visit: &dyn Fn(Rc<dyn Part>)) {
        let mut next = 0;
        while let Some(part) = self.part(next) {
            visit(part);
            next += 1;
        }
    }

    fn part(&self, nth: usize) -> Option<Rc<dyn Part>> {
        self.0.borrow().get(nth).cloned()
    }
}
