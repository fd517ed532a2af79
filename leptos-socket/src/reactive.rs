//! What leptos's reactive system does not have: callbacks that end with their owner, and effects that run at once.

use std::cell::Cell;

use leptos::prelude::*;
use leptos::reactive::effect::ImmediateEffect;
use leptos::reactive::graph::{Subscriber, ToAnySubscriber};
use leptos::reactive::owner::WeakOwner;

/// A callback of the owner that is current when this is made. A cleanup of that owner drops it, with all that it
/// captured; until then it runs under that owner.
///
/// Made where there is no owner, it lives as long as this.
pub(crate) struct Owned<F: 'static> {
    owner: Option<WeakOwner>,
    callback: StoredValue<F, LocalStorage>,
}

impl<F> Owned<F> {
    pub(crate) fn new(callback: F) -> Self {
        Self { owner: Owner::current().map(|owner| owner.downgrade()), callback: StoredValue::new_local(callback) }
    }

    pub(crate) fn run_once(self, run: impl FnOnce(F)) {
        if let Some(callback) = self.callback.into_inner() {
            self.under_owner(|| run(callback));
        }
    }

    /// Untracked: an effect may be the one that makes things happen, and it reads nothing here.
    fn under_owner(&self, run: impl FnOnce()) {
        match &self.owner {
            None => in_no_context(run),
            Some(owner) => {
                if let Some(owner) = owner.upgrade() {
                    owner.with(|| untrack(run));
                }
            }
        }
    }
}

impl<F: Clone> Owned<F> {
    pub(crate) fn run(&self, run: impl FnOnce(F)) {
        // Cloned, because it may end its own owner.
        if let Some(callback) = self.callback.try_get_value() {
            self.under_owner(|| run(callback));
        }
    }
}

impl<F> Drop for Owned<F> {
    fn drop(&mut self) {
        self.callback.dispose();
    }
}

/// A function that runs at once, and whenever what it reads changes, until this is dropped. Then what it read forgets it: of an
/// effect that is merely dropped a signal keeps a part until it changes.
pub(crate) struct Watching(ImmediateEffect);

impl Watching {
    pub(crate) fn new(run: impl Fn() + Send + Sync + 'static) -> Self {
        Self(ImmediateEffect::new_isomorphic(run))
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        let subscriber = self.0.to_any_subscriber();
        subscriber.clear_sources(&subscriber);
    }
}

/// Keeps something until the current owner is cleaned up, which must be on this thread: so there is nothing to keep on a server.
pub(crate) fn keep<T: 'static>(thing: T) {
    StoredValue::new_local(thing);
}

/// Runs code of the app that belongs to nobody. What happens to be further up the stack, such as an effect that set a signal, is
/// neither its owner nor its observer.
pub(crate) fn in_no_context<T>(run: impl FnOnce() -> T) -> T {
    without_owner(|| untrack(run))
}

/// Runs `make` where there is no owner: what it makes is disposed of by who asked for it. An owner would remember it for good,
/// also when it is gone.
pub(crate) fn without_owner<T>(make: impl FnOnce() -> T) -> T {
    let current = Owner::current();
    if let Some(owner) = current.clone() {
        owner.unset();
    }
    let made = make();
    if let Some(owner) = current {
        owner.set();
    }
    made
}

/// A flag that is up until this is dropped, also if a function of the app panics meanwhile.
pub(crate) struct Raised<'a> {
    flag: &'a Cell<bool>,
    before: bool,
}

impl<'a> Raised<'a> {
    pub(crate) fn new(flag: &'a Cell<bool>) -> Self {
        Self { flag, before: flag.replace(true) }
    }

    /// Whether somebody further up the stack holds it up.
    pub(crate) const fn was_up(&self) -> bool {
        self.before
    }
}

impl Drop for Raised<'_> {
    fn drop(&mut self) {
        self.flag.set(self.before);
    }
}
