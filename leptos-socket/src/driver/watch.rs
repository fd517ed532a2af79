//! What changes by the clock alone: for people, and only while somebody asked for it.

use std::any::Any;
use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use leptos_socket_core::{Instant, SocketState};

use super::Driver;
use crate::status::{Status, Steady};

const SECOND: Duration = Duration::from_secs(1);

pub(super) struct Watch {
    steady: RefCell<Steady>,
    timer: RefCell<Option<(Instant, Box<dyn Any>)>>,
}

impl Watch {
    pub(super) fn new(now: Instant) -> Self {
        Self { steady: RefCell::new(Steady::new(now)), timer: RefCell::default() }
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
        self.wake_to_watch(next.min());
    }

    fn wake_to_watch(self: &Rc<Self>, at: Option<Instant>) {
        if self.watch.timer.borrow().as_ref().map(|(armed, _)| *armed) == at {
            return;
        }
        let timer = at.map(|at| {
            let driver = Rc::downgrade(self);
            let wake = move || {
                if let Some(driver) = driver.upgrade() {
                    drop(driver.watch.timer.take());
                    driver.watch();
                }
            };
            (at, self.transport.wake_at(at, Box::new(wake)))
        });
        drop(self.watch.timer.replace(timer));
    }
}

/// The whole seconds until the next attempt, and when that is one less.
fn countdown(state: SocketState, now: Instant) -> Option<(Duration, Instant)> {
    let SocketState::Backoff { retry_at, .. } = state else { return None };
    let left = (retry_at - now).as_millis().div_ceil(1_000);
    let left = Duration::from_secs(u64::try_from(left).unwrap_or(u64::MAX));
    Some((left, now + ((retry_at - now) - left.saturating_sub(SECOND)).max(Duration::from_millis(1))))
}
