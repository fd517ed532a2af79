//! Signals that are asked for again and again.

use std::collections::BTreeMap;

use leptos::prelude::*;
use leptos::reactive::owner::ArcStoredValue;

/// The signals that were handed out: for each thing, and each owner that asked for it, one.
///
/// A signal stays with the owner under which it was made. A callback or an event handler asks every time that it runs,
/// under an owner that lives as long as its component: so it gets the one that it got before.
#[derive(Clone)]
pub(crate) struct HandedOut<K, T: Send + Sync + 'static>(ArcStoredValue<Entries<K, T>>);

type Entries<K, T> = BTreeMap<(K, Option<OwnerId>), Entry<T>>;

/// May be used again once its owner is gone. By then so are the signals.
type OwnerId = usize;

#[derive(Clone)]
struct Entry<T: Send + Sync + 'static> {
    signal: Signal<T>,
    /// Disposed of together with the signal, which does not tell.
    alive: StoredValue<()>,
}

impl<K: Ord + Send + Sync + 'static, T: Send + Sync + 'static> HandedOut<K, T> {
    /// The signal of `key` for the current owner.
    pub(crate) fn get(&self, key: K, make: impl FnOnce() -> Signal<T>) -> Signal<T> {
        let key = (key, Owner::current().map(|owner| owner.debug_id()));
        let mut entries = self.0.write_value();
        if let Some(entry) = entries.get(&key).filter(|entry| !entry.alive.is_disposed()) {
            return entry.signal;
        }
        entries.retain(|_, entry| !entry.alive.is_disposed());
        let signal = make();
        entries.insert(key, Entry { signal, alive: StoredValue::new(()) });
        signal
    }
}

impl<K, T: Send + Sync> Default for HandedOut<K, T> {
    fn default() -> Self {
        Self(ArcStoredValue::new(BTreeMap::new()))
    }
}
