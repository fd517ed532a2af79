//! Callbacks, in the order in which they were registered.

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};

use leptos_socket_core::{Event, Incoming};

use crate::connection::Driver;
use crate::reactive::{Owned, keep};
use crate::socket::{Inner, Part};

/// Callbacks of one kind. One that is added while something is handed out hears of the next thing first, and one that is
/// removed meanwhile hears nothing more.
pub(crate) struct List<F: ?Sized>(RefCell<Vec<Entry<F>>>);

struct Entry<F: ?Sized> {
    callback: Rc<F>,
    is_removed: Rc<Cell<bool>>,
}

impl<F: ?Sized> List<F> {
    pub(crate) fn add(&self, callback: Rc<F>) -> Rc<Cell<bool>> {
        let is_removed = Rc::new(Cell::new(false));
        let mut entries = self.0.borrow_mut();
        entries.push(Entry { callback, is_removed: Rc::clone(&is_removed) });
        is_removed
    }

    pub(crate) fn each(&self, visit: impl Fn(&F)) {
        let entries: Vec<_> =
            self.0.borrow().iter().map(|entry| (Rc::clone(&entry.callback), Rc::clone(&entry.is_removed))).collect();
        for (callback, is_removed) in entries {
            if !is_removed.get() {
                visit(&callback);
            }
        }
    }

    /// Forgets those that were removed.
    fn tidy(&self) -> bool {
        let mut entries = self.0.borrow_mut();
        let removed: Vec<_> = entries.extract_if(.., |entry| entry.is_removed.get()).collect();
        let is_empty = entries.is_empty();
        drop(entries);
        // Dropped when nothing is borrowed: what they captured may call back.
        drop(removed);
        is_empty
    }
}

impl<F: ?Sized> Default for List<F> {
    fn default() -> Self {
        Self(RefCell::default())
    }
}

/// A callback that listens. Dropping it ends that.
pub(crate) struct Listening {
    is_removed: Rc<Cell<bool>>,
    socket: Weak<Inner>,
    tidy: fn(&Rc<Inner>),
}

impl Drop for Listening {
    fn drop(&mut self) {
        self.is_removed.set(true);
        if let Some(socket) = self.socket.upgrade() {
            (self.tidy)(&socket);
        }
    }
}

type OnEvent = dyn Fn(&Rc<Driver>, &Event);

/// A callback of the options, which belongs to the owner that is current when it is added.
pub(crate) struct Callback(Rc<OnEvent>);

impl Callback {
    pub(crate) fn new(callback: impl Fn(&Rc<Driver>, &Event) + 'static) -> Self {
        Self(Rc::new(callback))
    }
}

/// The callbacks of the options.
#[derive(Default)]
pub(crate) struct Listeners(List<OnEvent>);

impl Listeners {
    pub(crate) fn add(socket: &Rc<Inner>, Callback(callback): Callback) {
        let callback = Owned::new(callback);
        let run = move |driver: &Rc<Driver>, event: &Event| callback.run(|callback| callback(driver, event));
        let is_removed = socket.parts().get(Self::default).0.add(Rc::new(run));
        let tidy = |socket: &Rc<Inner>| {
            if let Some(listeners) = socket.parts().find::<Self>() {
                listeners.0.tidy();
            }
        };
        keep(Listening { is_removed, socket: Rc::downgrade(socket), tidy });
    }
}

impl Part for Listeners {
    fn on_event(&self, socket: &Rc<Inner>, driver: &Rc<Driver>, event: &Event) {
        self.0.each(|callback| {
            if driver.may_tell(socket, event) {
                callback(driver, event);
            }
        });
    }
}

/// What hears the pushes of one route.
pub(crate) trait Hear {
    fn on_push(&self, push: &Incoming);

    /// Pushes may have been missed.
    fn on_gap(&self) {}

    /// The socket is at another place, or another person uses it: what came so far counts no more.
    fn on_moved(&self) {}
}

type Hearers = Rc<List<dyn Hear>>;

/// Who listens to the pushes of which route.
#[derive(Default)]
pub(crate) struct PushListeners {
    routes: RefCell<Vec<(String, Hearers)>>,
}

impl PushListeners {
    pub(crate) fn add(socket: &Rc<Inner>, route: &str, hearer: Rc<dyn Hear>) -> Listening {
        let this = socket.parts().get(Self::default);
        let list = this.of_route(route).unwrap_or_else(|| {
            let list = Rc::new(List::default());
            this.routes.borrow_mut().push((route.to_owned(), Rc::clone(&list)));
            list
        });
        let tidy = |socket: &Rc<Inner>| {
            if let Some(this) = socket.parts().find::<Self>() {
                let empty: Vec<_> = this.all().into_iter().filter(|list| list.tidy()).collect();
                this.routes.borrow_mut().retain(|(_, list)| !empty.iter().any(|empty| Rc::ptr_eq(empty, list)));
            }
        };
        Listening { is_removed: list.add(hearer), socket: Rc::downgrade(socket), tidy }
    }

    fn of_route(&self, route: &str) -> Option<Hearers> {
        self.routes.borrow().iter().find(|(known, _)| known == route).map(|(_, list)| Rc::clone(list))
    }

    fn all(&self) -> Vec<Hearers> {
        self.routes.borrow().iter().map(|(_, list)| Rc::clone(list)).collect()
    }
}

impl Part for PushListeners {
    fn on_event(&self, socket: &Rc<Inner>, driver: &Rc<Driver>, event: &Event) {
        if let Event::Push(push) = event {
            if let Some(list) = push.route().and_then(|route| self.of_route(route)) {
                list.each(|hearer| {
                    if driver.may_tell(socket, event) {
                        hearer.on_push(push);
                    }
                });
            }
        } else if let Event::Gap { .. } = event {
            self.all().iter().for_each(|list| list.each(Hear::on_gap));
        }
    }

    fn on_moved(self: Rc<Self>, _: &Rc<Inner>) {
        self.all().iter().for_each(|list| list.each(Hear::on_moved));
    }
}
