//! A socket's state as signals. Each is made when it is first asked for. Only the driver writes them, and only what changed,
//! so each wakes its own readers.

use std::rc::Rc;
use std::time::Duration;

use leptos::prelude::*;
use leptos_socket_core::{Client, CloseReason, Diagnosis, SocketState};

use super::{Inner, Part};
use crate::signal_per_owner::SignalPerOwner;

/// What a signal shows.
pub(crate) trait Shown: 'static {
    type Value: Copy + PartialEq + Send + Sync + 'static;

    /// While rendering on a server.
    const INITIAL: Self::Value;
    /// Of a socket that is gone.
    const GONE: Self::Value;

    fn read(client: &Client) -> Self::Value;
}

macro_rules! shown {
    ($($name:ident: $type:ty = $initial:expr, $gone:expr, $read:expr;)+) => {
        $(
            pub(crate) struct $name;

            impl Shown for $name {
                type Value = $type;
                const INITIAL: $type = $initial;
                const GONE: $type = $gone;

                fn read(client: &Client) -> $type {
                    let read: fn(&Client) -> $type = $read;
                    read(client)
                }
            }
        )+
    };
}

shown! {
    State: SocketState = SocketState::Idle, SocketState::Closed(CloseReason::ByApp), Client::state;
    Connected: bool = false, false, |client| client.state().is_open();
    Latency: Option<Duration> = None, None, Client::latency;
    InFlight: usize = 0, 0, Client::in_flight;
    Queued: usize = 0, 0, Client::queued;
    Likely: Option<Diagnosis> = None, None, Client::diagnosis;
}

/// A signal that shows something of the client.
pub(crate) struct Live<S: Shown>(Shared<S::Value>);

impl<S: Shown> Live<S> {
    pub(crate) fn signal(socket: &Rc<Inner>) -> Signal<S::Value> {
        socket.parts().get(|| Self(Shared::new(socket.with_client(S::read)))).0.signal()
    }
}

impl<S: Shown> Part for Live<S> {
    fn update(self: Rc<Self>, socket: &Rc<Inner>) {
        self.0.set(if socket.is_gone() { S::GONE } else { socket.with_client(S::read) });
    }
}

/// One value, which outlives the owners that read it.
#[derive(Clone)]
pub(crate) struct Shared<T: Send + Sync + 'static> {
    value: ArcRwSignal<T>,
    per_owner: SignalPerOwner<(), T>,
}

impl<T: Copy + PartialEq + Send + Sync + 'static> Shared<T> {
    pub(crate) fn new(value: T) -> Self {
        Self { value: ArcRwSignal::new(value), per_owner: SignalPerOwner::default() }
    }

    /// The value as a signal of the current owner.
    pub(crate) fn signal(&self) -> Signal<T> {
        self.per_owner.get((), || self.value.clone().into())
    }

    /// Whether anybody who asked for it is still there.
    pub(crate) fn is_wanted(&self) -> bool {
        self.per_owner.is_wanted()
    }

    /// A signal wakes its readers whenever it is set, also to what it was.
    pub(crate) fn set(&self, value: T) {
        if self.value.get_untracked() != value {
            self.value.set(value);
        }
    }
}
