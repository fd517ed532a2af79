//! Signals that are asked for again and again.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use leptos::prelude::*;

/// The signals that were handed out: for each thing, and each owner that asked for it, one.
///
/// A signal stays with the owner under which it was made. A callback or an event handler asks every time that it runs,
/// under an owner that lives as long as its component: so it gets the one that it got before.
#[derive(Clone)]
pub(crate) struct HandedOut<K, T: Send + Sync + 'static>(Arc<Mutex<Entries<K, T>>>);

type Entries<K, T> = Vec<((K, Option<OwnerId>), Signal<T>)>;

/// May be used again once its owner is gone. By then so are the signals.
type OwnerId = usize;

impl<K, T> HandedOut<K, T>
where
    K: PartialEq + Clone + Send + Sync + 'static,
    T: Send + Sync + 'static,
{
    /// The signal of `key` for the current owner.
    pub(crate) fn get(&self, key: K, make: impl FnOnce() -> Signal<T>) -> Signal<T> {
        let key = (key, Owner::current().map(|owner| owner.debug_id()));
        let known = self.entries().iter().find(|(known, _)| *known == key).map(|(_, signal)| *signal);
        if let Some(signal) = known {
            return signal;
        }
        let signal = make();
        self.entries().push((key.clone(), signal));
        if key.1.is_some() {
            let this = Self(Arc::clone(&self.0));
            on_cleanup(move || this.entries().retain(|(known, _)| *known != key));
        }
        signal
    }

    /// Whether some owner that asked is still there.
    pub(crate) fn is_wanted(&self) -> bool {
        !self.entries().is_empty()
    }

    fn entries(&self) -> MutexGuard<'_, Entries<K, T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K, T: Send + Sync> Default for HandedOut<K, T> {
    fn default() -> Self {
        Self(Arc::new(Mutex::new(Vec::new())))
    }
}
