//! One component that uses an entry.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use leptos_socket_core::{CallError, CallOptions};

use super::kind::Data;

pub(super) struct User {
    pub(super) times: Times,
    pub(super) call: CallOptions,
    /// What it knows already.
    pub(super) initial: Cell<Option<Data>>,
    /// What it was told last: what is the same is not told again.
    told: RefCell<(Option<Data>, Option<Rc<CallError>>)>,
    tell: Box<Tell>,
    is_gone: Cell<bool>,
}

type Tell = dyn Fn(&News, Changes);

#[derive(Clone, Copy, Debug)]
pub(super) struct Times {
    pub(super) fresh_for: Duration,
    pub(super) keep_for: Duration,
    pub(super) refetch_every: Option<Duration>,
    pub(super) retry: u32,
}

/// What there is to be seen.
pub(super) struct News {
    pub(super) data: Option<Data>,
    pub(super) error: Option<Rc<CallError>>,
    pub(super) is_fetching: bool,
    pub(super) is_stale: bool,
    /// The last fetch that ended.
    pub(super) settled: u64,
}

/// What of it is new.
#[derive(Clone, Copy)]
pub(super) struct Changes {
    pub(super) data: bool,
    pub(super) error: bool,
}

impl User {
    pub(super) fn new(
        times: Times,
        call: CallOptions,
        initial: Option<Data>,
        tell: impl Fn(&News, Changes) + 'static,
    ) -> Rc<Self> {
        Rc::new(Self {
            times,
            call,
            initial: Cell::new(initial),
            told: RefCell::default(),
            tell: Box::new(tell),
            is_gone: Cell::new(false),
        })
    }

    pub(super) fn leave(&self) {
        self.is_gone.set(true);
    }

    pub(super) fn tell(&self, news: &News) {
        if self.is_gone.get() {
            return;
        }
        let (data, error) = self.told.replace((news.data.clone(), news.error.clone()));
        let changes = Changes {
            data: !is_same(data.as_ref(), news.data.as_ref()),
            error: !is_same(error.as_ref(), news.error.as_ref()),
        };
        (self.tell)(news, changes);
    }
}

fn is_same<T: ?Sized>(one: Option<&Rc<T>>, other: Option<&Rc<T>>) -> bool {
    match (one, other) {
        (Some(one), Some(other)) => Rc::ptr_eq(one, other),
        (one, other) => one.is_none() && other.is_none(),
    }
}
