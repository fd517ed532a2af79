//! A socket's state as signals. Only the driver writes them, and only what changed, so each wakes its own readers.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::time::Duration;

use leptos::prelude::*;
use leptos::reactive::owner::ArcStoredValue;
use leptos_socket_core::{Client, Diagnosis, SocketState};

use crate::handed_out::HandedOut;
use crate::status::Status;

#[derive(Clone)]
pub(crate) struct Signals {
    pub(crate) state: Shared<SocketState>,
    pub(crate) connected: Shared<bool>,
    pub(crate) latency: Shared<Option<Duration>>,
    pub(crate) in_flight: Shared<usize>,
    pub(crate) queued: Shared<usize>,
    pub(crate) diagnosis: Shared<Option<Diagnosis>>,
    pub(crate) status: Shared<Status>,
    pub(crate) countdown: Shared<Option<Duration>>,
    lost: ArcStoredValue<BTreeMap<Duration, Shared<bool>>>,
}

impl Signals {
    pub(crate) fn new() -> Self {
        Self {
            state: Shared::new(SocketState::Idle),
            connected: Shared::new(false),
            latency: Shared::new(None),
            in_flight: Shared::new(0),
            queued: Shared::new(0),
            diagnosis: Shared::new(None),
            status: Shared::new(Status::Connecting),
            countdown: Shared::new(None),
            lost: ArcStoredValue::new(BTreeMap::new()),
        }
    }

    /// Asks the client anew for each: what one of them wakes may have changed the next.
    pub(crate) fn update(&self, client: &RefCell<Client>) {
        self.state.set(|| client.borrow().state());
        self.connected.set(|| client.borrow().state().is_open());
        self.latency.set(|| client.borrow().latency());
        self.in_flight.set(|| client.borrow().in_flight());
        self.queued.set(|| client.borrow().queued());
        self.diagnosis.set(|| client.borrow().diagnosis());
    }

    pub(crate) fn lost_for(&self, duration: Duration) -> Shared<bool> {
        self.lost.write_value().entry(duration).or_insert_with(|| Shared::new(false)).clone()
    }

    /// The losses that somebody asks for, by how long they have to last.
    pub(crate) fn lost(&self) -> Vec<(Duration, Shared<bool>)> {
        let mut lost = self.lost.write_value();
        lost.retain(|_, lost| lost.is_wanted());
        lost.iter().map(|(duration, lost)| (*duration, lost.clone())).collect()
    }
}

/// One value, which outlives the owners that read it.
#[derive(Clone)]
pub(crate) struct Shared<T: Send + Sync + 'static> {
    value: ArcRwSignal<T>,
    handed_out: HandedOut<(), T>,
}

impl<T: Copy + PartialEq + Send + Sync + 'static> Shared<T> {
    fn new(value: T) -> Self {
        Self { value: ArcRwSignal::new(value), handed_out: HandedOut::default() }
    }

    /// The value as a signal of the current owner.
    pub(crate) fn signal(&self) -> Signal<T> {
        self.handed_out.get((), || self.value.clone().into())
    }

    /// Whether anybody who asked for it is still there.
    pub(crate) fn is_wanted(&self) -> bool {
        self.handed_out.is_wanted()
    }

    pub(crate) fn get(&self) -> T {
        self.value.get_untracked()
    }

    /// A signal wakes its readers whenever it is set, also to what it was.
    pub(crate) fn set(&self, value: impl FnOnce() -> T) {
        let value = value();
        if self.get() != value {
            self.value.set(value);
        }
    }
}
