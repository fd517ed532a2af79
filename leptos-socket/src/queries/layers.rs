//! Changes that are shown before the server has confirmed them.

use std::any::TypeId;
use std::cell::{Cell, RefCell};
use std::rc::Rc;

use leptos_socket_core::{CallError, Replied};

use super::cache::{Cache, Here};
use super::kind::{Apply, QueryRoute, apply};
use crate::socket::Inner;

/// What one change does to one type of query, over the server's latest data.
pub(crate) struct Layer {
    pub(super) kind: TypeId,
    /// `None` where the data only has to be fetched again.
    pub(super) apply: Option<Apply>,
    /// When its call settled. It stays until a fetch that was sent after that is answered.
    settled_at: Cell<Option<u64>>,
    unsettled: RefCell<Option<Rc<Unsettled>>>,
}

impl Layer {
    pub(crate) fn optimistic<Q: QueryRoute>(change: impl Fn(&Q, &mut Q::Response) + 'static) -> Rc<Self> {
        Self::new(TypeId::of::<Q>(), Some(apply(change)))
    }

    /// It changes nothing until the data is fetched.
    pub(crate) fn empty<Q: QueryRoute>() -> Rc<Self> {
        Self::new(TypeId::of::<Q>(), None)
    }

    fn new(kind: TypeId, apply: Option<Apply>) -> Rc<Self> {
        Rc::new(Self { kind, apply, settled_at: Cell::default(), unsettled: RefCell::default() })
    }

    pub(super) const fn is_settled(&self) -> bool {
        self.settled_at.get().is_some()
    }

    /// Whether an answer to what was sent at `sent` knows of it.
    pub(super) fn is_known_to(&self, sent: u64) -> bool {
        self.settled_at.get().is_some_and(|settled| settled < sent)
    }

    fn settle(self: &Rc<Self>, here: &Here<'_>, end: End, unsettled: Option<&Rc<Unsettled>>) {
        here.cache.forget_layer(self);
        let entries: Vec<_> = here.cache.of_kind(self.kind).filter(|entry| entry.has_layer(self)).collect();
        self.settled_at.set(Some(here.cache.tick()));
        drop(self.unsettled.replace(unsettled.cloned()));
        for entry in entries {
            if matches!(end, End::NotDone | End::Failed) {
                entry.drop_layer(self);
            }
            if !matches!(end, End::NotDone) {
                entry.invalidate_or_forget(here);
            }
        }
    }
}

/// All that one change does.
#[derive(Clone)]
pub(crate) struct Layers(Rc<[Rc<Layer>]>);

impl Layers {
    pub(crate) fn new(layers: impl Iterator<Item = Rc<Layer>>) -> Self {
        Self(layers.collect())
    }

    pub(crate) fn show(&self, socket: &Rc<Inner>) {
        let Self(layers) = self.clone();
        self.run(socket, move |here| layers.iter().for_each(|layer| here.cache.add_layer(layer)));
    }

    /// The call is over.
    pub(crate) fn settle(&self, socket: &Rc<Inner>, end: End, unsettled: Option<Rc<Unsettled>>) {
        let Self(layers) = self.clone();
        self.run(socket, move |here| layers.iter().for_each(|layer| layer.settle(here, end, unsettled.as_ref())));
    }

    fn run(&self, socket: &Rc<Inner>, task: impl FnOnce(&Here<'_>) + 'static) {
        if !self.0.is_empty() {
            Cache::of(socket).run(socket, task);
        }
    }
}

/// What the end of a call says about its change.
#[derive(Clone, Copy)]
pub(crate) enum End {
    Done,
    /// It was not sent, or the server refused it.
    NotDone,
    /// The server says that it failed over it: so it was not done, or only in part.
    Failed,
    Unknown,
}

impl End {
    pub(crate) fn of(error: Option<&CallError>) -> Self {
        match error {
            None | Some(CallError::Replied(Replied::Undecodable { .. })) => Self::Done,
            Some(CallError::NotSent(_)) => Self::NotDone,
            Some(CallError::Replied(Replied::Status(reply))) => match reply.status() {
                Some(status) if status.as_u16() >= 500 => Self::Failed,
                Some(_) | None => Self::NotDone,
            },
            Some(_) => Self::Unknown,
        }
    }
}

/// A change of which nobody knows what became of it. Dropped with its last layer.
pub(crate) struct Unsettled(Box<dyn Fn()>);

impl Unsettled {
    pub(crate) fn new(end: impl Fn() + 'static) -> Rc<Self> {
        Rc::new(Self(Box::new(end)))
    }
}

impl Drop for Unsettled {
    fn drop(&mut self) {
        (self.0)();
    }
}
