//! One signal for each component that asks, however often it asks.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use leptos::prelude::*;

/// Keeps one signal for each key and each reactive owner.
///
/// A signal is disposed of with the owner under which it was made. An event handler runs under the owner of its component each
/// time, so it gets the signal that it got before, and signals do not pile up.
#[derive(Clone)]
pub(crate) struct SignalPerOwner<K, T: Send + Sync + 'static>(Arc<Mutex<Entries<K, T>>>);

type Entries<K, T> = Vec<((K, Option<OwnerId>), Signal<T>)>;

/// May be used again once its owner is gone. By then so are the signals.
type OwnerId = usize;

impl<K, T> SignalPerOwner<K, T>
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

impl<K, T: Send + Sync> Default for SignalPerOwner<K, T> {
    fn default() -> Self {
        Self(Arc::new(Mutex::new(Vec::new())))
    }
}
