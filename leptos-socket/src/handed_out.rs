//! Signals that are asked for again and again.

use leptos::prelude::*;
use leptos::reactive::owner::ArcStoredValue;

/// The signals that were handed out: for each thing, and each owner that asked for it, one.
///
/// A signal stays with the owner under which it was made. A callback or an event handler asks every time that it runs,
/// under an owner that lives as long as its component: so it gets the one that it got before.
#[derive(Clone)]
pub(crate) struct HandedOut<K, T: Send + Sync + 'static>(ArcStoredValue<Entries<K, T>>);

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
        let find = |entries: &Entries<K, T>| entries.iter().find(|(known, _)| *known == key).map(|(_, signal)| *signal);
        if let Some(signal) = self.0.with_value(find) {
            return signal;
        }
        let signal = make();
        self.0.write_value().push((key.clone(), signal));
        if key.1.is_some() {
            let entries = self.0.clone();
            on_cleanup(move || {
                entries.write_value().retain(|(known, _)| *known != key);
            });
        }
        signal
    }

    /// Whether some owner that asked is still there.
    pub(crate) fn is_wanted(&self) -> bool {
        self.0.with_value(|entries| !entries.is_empty())
    }
}

impl<K, T: Send + Sync> Default for HandedOut<K, T> {
    fn default() -> Self {
        Self(ArcStoredValue::new(Vec::new()))
    }
}
