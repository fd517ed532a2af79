//! What was fetched over one socket, shared by all who ask the same.
//!
//! Whatever happens is a [task](Work): so functions of the app may call back, and effects may act, while an entry is at work.

use std::any::TypeId;
use std::cell::{Cell, RefCell};
use std::fmt;
use std::rc::Rc;

use leptos_socket_core::{Event, SocketState};

use super::entry::Entry;
use super::kind::{Asked, Key};
use super::layers::Layer;
use super::live::Rule;
use crate::calls::CallId;
use crate::connection::Driver;
use crate::socket::{Inner, Part, Work};

#[derive(Default)]
pub(crate) struct Cache {
    entries: RefCell<Vec<Rc<Entry>>>,
    /// What pushes mean.
    rules: RefCell<Vec<Rc<Rule>>>,
    /// Changes whose calls are under way.
    layers: RefCell<Vec<Rc<Layer>>>,
    /// Counts what happens, to tell what came before what.
    clock: Cell<u64>,
    work: Work,
}

/// The cache at work.
pub(super) struct Here<'a> {
    pub(super) socket: &'a Rc<Inner>,
    pub(super) cache: &'a Cache,
}

impl Cache {
    pub(crate) fn of(socket: &Rc<Inner>) -> Rc<Self> {
        socket.parts().get(Self::default)
    }

    /// Does something, as soon as nothing else is being done.
    pub(super) fn run(&self, socket: &Rc<Inner>, task: impl FnOnce(&Here<'_>) + 'static) {
        let task = |socket: &Rc<Inner>| task(&Here { socket, cache: &Self::of(socket) });
        self.work.run(socket, Box::new(task));
    }

    pub(super) fn add_rule(&self, rule: Rule) {
        self.rules.borrow_mut().push(Rc::new(rule));
    }

    /// The rules of a type of query, or of all types.
    pub(super) fn rules(&self) -> Vec<Rc<Rule>> {
        self.rules.borrow().clone()
    }

    /// A moment later than all before.
    pub(super) fn tick(&self) -> u64 {
        self.clock.set(self.clock.get() + 1);
        self.clock.get()
    }

    /// The entry of what is asked. A new one gets the changes that are under way.
    pub(super) fn entry(&self, asked: Asked) -> Rc<Entry> {
        self.find(&asked.key).unwrap_or_else(|| {
            let layers = self.layers.borrow().iter().filter(|layer| layer.kind == asked.key.0).cloned().collect();
            let entry = Rc::new(Entry::new(asked, layers));
            self.entries.borrow_mut().push(Rc::clone(&entry));
            entry
        })
    }

    pub(super) fn find(&self, key: &Key) -> Option<Rc<Entry>> {
        self.entries.borrow().iter().find(|entry| entry.key() == key).cloned()
    }

    pub(super) fn all(&self) -> Vec<Rc<Entry>> {
        self.entries.borrow().clone()
    }

    pub(super) fn of_kind(&self, kind: TypeId) -> impl Iterator<Item = Rc<Entry>> + use<> {
        self.all().into_iter().filter(move |entry| entry.key().0 == kind)
    }

    pub(super) fn remove(&self, entry: &Entry) {
        let removed: Vec<_> = self.entries.borrow_mut().extract_if(.., |known| std::ptr::eq(&**known, entry)).collect();
        drop(removed);
    }
}

/// Changes.
impl Cache {
    pub(super) fn add_layer(&self, layer: &Rc<Layer>) {
        self.layers.borrow_mut().push(Rc::clone(layer));
        self.of_kind(layer.kind).for_each(|entry| entry.add_layer(layer));
    }

    pub(super) fn forget_layer(&self, layer: &Rc<Layer>) {
        self.layers.borrow_mut().retain(|known| !Rc::ptr_eq(known, layer));
    }

    /// Forgets all data, and fetches what is shown anew.
    pub(super) fn clear(here: &Here<'_>) {
        here.cache.layers.borrow_mut().clear();
        here.cache.all().iter().for_each(|entry| entry.reset(here));
    }
}

impl Part for Cache {
    fn on_event(&self, socket: &Rc<Inner>, driver: &Rc<Driver>, event: &Event) {
        if let Event::StateChanged(state) = event {
            if *state == SocketState::Open {
                self.each(socket, Entry::on_link);
            } else if !state.is_open() {
                self.each(socket, Entry::on_no_link);
            }
        } else if let Event::Gap { .. } = event {
            self.each(socket, Entry::on_gap);
        } else if let Event::LateReply { call, outcome } = event {
            let outcome = outcome.clone();
            self.overdue(socket, driver.public(*call), |entry, here, sent| {
                entry.on_outcome(here, sent, outcome.map(Some));
            });
        } else if let Event::Unanswered { call } = event {
            self.overdue(socket, driver.public(*call), |entry, _, _| entry.forget_overdue());
        } else if let Event::Push(push) = event {
            for rule in self.rules().into_iter().filter(|rule| push.route() == Some(rule.push)) {
                let push = push.clone();
                self.run(socket, move |here| rule.on_push(here, &push));
            }
        }
    }

    fn on_new_headers(&self, socket: &Rc<Inner>) {
        self.each(socket, Entry::on_new_headers);
    }

    fn on_fresh_stack(&self) {
        self.work.on_fresh_stack();
    }

    fn on_moved(self: Rc<Self>, socket: &Rc<Inner>) {
        self.run(socket, Self::clear);
    }
}

impl Cache {
    /// The entry whose fetch this call is, if that is overdue.
    fn overdue(&self, socket: &Rc<Inner>, call: CallId, what: impl FnOnce(&Rc<Entry>, &Here<'_>, u64) + 'static) {
        self.run(socket, move |here| {
            let sent = |entry: &Rc<Entry>| Some((Rc::clone(entry), entry.overdue_since(call)?));
            if let Some((entry, sent)) = here.cache.all().iter().find_map(sent) {
                what(&entry, here, sent);
            }
        });
    }

    fn each(&self, socket: &Rc<Inner>, what: fn(&Rc<Entry>, &Here<'_>)) {
        self.run(socket, move |here| here.cache.all().iter().for_each(|entry| what(entry, here)));
    }
}

impl fmt::Debug for Cache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Cache({})", self.entries.borrow().len())
    }
}
