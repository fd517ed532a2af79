//! What changes by the clock alone: for people, and only while somebody asked for it.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use leptos_socket_core::{Instant, SocketState};

use super::Driver;
use super::alarm::Alarm;
use crate::status::{Status, Steady};

const SECOND: Duration = Duration::from_secs(1);

pub(super) struct Watch {
    steady: RefCell<Steady>,
    alarm: Alarm,
}

impl Watch {
    pub(super) fn new(now: Instant) -> Self {
        Self { steady: RefCell::new(Steady::new(now)), alarm: Alarm::default() }
    }
}

impl Driver {
    /// Brings up to date what is shown to people, and wakes up when it changes next.
    pub(crate) fn watch(self: &Rc<Self>) {
        let now = self.transport.now();
        let (state, diagnosis) = {
            let client = self.client.borrow();
            (client.state(), client.diagnosis())
        };
        self.watch.steady.borrow_mut().see(Status::of(state, diagnosis), now);
        if !self.signals.are_watched() {
            return;
        }
        let (shown, next_change, missed_since) = {
            let steady = self.watch.steady.borrow();
            (steady.shown(), steady.next_change(), steady.missed_since())
        };
        self.signals.status.set(|| shown);
        let countdown = countdown(state, now);
        self.signals.countdown.set(|| countdown.map(|(left, _)| left));
        let next_lost = self.signals.update_lost(now, missed_since);
        let next = next_change.into_iter().chain(countdown.map(|(_, tick)| tick)).chain(next_lost);
        self.set_alarm(|driver| &driver.watch.alarm, next.min(), Self::watch);
    }
}

/// The whole seconds until the next attempt, and when that is one less.
fn countdown(state: SocketState, now: Instant) -> Option<(Duration, Instant)> {
    let SocketState::Backoff { retry_at, .. } = state else { return None };
    let left = (retry_at - now).as_millis().div_ceil(1_000);
    let left = Duration::from_secs(u64::try_from(left).unwrap_or(u64::MAX));
    Some((left, now + ((retry_at - now) - left.saturating_sub(SECOND)).max(Duration::from_millis(1))))
}
