//! Callbacks that belong to the reactive owner that registered them.

use leptos::prelude::*;
use leptos::reactive::owner::WeakOwner;

/// Runs callbacks under the owner that was current when this was made, as long as that owner was not cleaned up.
///
/// Made where there is no owner, say in an event handler, it runs them always.
#[derive(Clone)]
pub(crate) struct Scope(Option<(WeakOwner, StoredValue<()>)>);

impl Scope {
    pub(crate) fn current() -> Self {
        // A cleanup disposes what is stored, also where the owner itself lives on, as that of an effect does.
        Self(Owner::current().map(|owner| (owner.downgrade(), StoredValue::new(()))))
    }

    pub(crate) fn run(&self, callback: impl FnOnce()) {
        match &self.0 {
            None => callback(),
            Some((owner, alive)) if !alive.is_disposed() => {
                if let Some(owner) = owner.upgrade() {
                    owner.with(|| untrack(callback));
                }
            }
            Some(_) => {}
        }
    }
}
