//! A socket's state as signals. Only the driver writes them, and only what changed, so each wakes its own readers.

use std::time::Duration;

use leptos::prelude::*;
use leptos_socket_core::{Client, SocketState};

#[derive(Clone, Debug)]
pub(crate) struct Signals {
    pub(crate) state: ArcRwSignal<SocketState>,
    pub(crate) connected: ArcRwSignal<bool>,
    pub(crate) latency: ArcRwSignal<Option<Duration>>,
    pub(crate) in_flight: ArcRwSignal<usize>,
    pub(crate) queued: ArcRwSignal<usize>,
}

impl Signals {
    pub(crate) fn new() -> Self {
        Self {
            state: ArcRwSignal::new(SocketState::Idle),
            connected: ArcRwSignal::new(false),
            latency: ArcRwSignal::new(None),
            in_flight: ArcRwSignal::new(0),
            queued: ArcRwSignal::new(0),
        }
    }
}

/// What a client says of itself at one moment.
pub(crate) struct Snapshot {
    state: SocketState,
    latency: Option<Duration>,
    in_flight: usize,
    queued: usize,
}

impl Snapshot {
    pub(crate) fn of(client: &Client) -> Self {
        Self {
            state: client.state(),
            latency: client.latency(),
            in_flight: client.in_flight(),
            queued: client.queued(),
        }
    }
}

impl Signals {
    pub(crate) fn update(&self, now: &Snapshot) {
        set(&self.state, now.state);
        set(&self.connected, now.state.is_open());
        set(&self.latency, now.latency);
        set(&self.in_flight, now.in_flight);
        set(&self.queued, now.queued);
    }
}

/// A signal wakes its readers whenever it is set, also to what it was.
fn set<T: Copy + PartialEq + Send + Sync + 'static>(signal: &ArcRwSignal<T>, value: T) {
    if signal.get_untracked() != value {
        signal.set(value);
    }
}
