//! What changes by the clock alone: for people, and only while somebody asked for it.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use leptos_socket_core::{Hint, Instant, SocketState};

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
        let signals = &self.signals;
        self.watch.steady.borrow_mut().see(Status::of(signals.state.get(), signals.diagnosis.get()), now);
        // Asked anew for each: what one of them wakes may have changed the next.
        signals.status.set(|| self.watch.steady.borrow().shown());
        signals.countdown.set(|| self.tick(now).map(|(left, _)| left));
        for (duration, lost) in signals.lost() {
            lost.set(|| self.lost_at(duration).is_some_and(|at| at <= now));
        }
        self.set_alarm(|driver| &driver.watch.alarm, self.next_look(now), Self::watch);
    }

    /// The page is put away, or back.
    pub(super) fn note_whereabouts(&self, hint: Hint) {
        let mut steady = self.watch.steady.borrow_mut();
        if hint == Hint::Suspended {
            steady.put_away();
        } else if hint == Hint::Resumed {
            steady.come_back(self.transport.now());
        }
    }

    /// When what somebody asked for changes next by the clock alone.
    fn next_look(&self, now: Instant) -> Option<Instant> {
        let signals = &self.signals;
        let status = self.watch.steady.borrow().next_change().filter(|_| signals.status.is_wanted());
        let tick = self.tick(now).map(|(_, tick)| tick).filter(|_| signals.countdown.is_wanted());
        let lost = signals.lost().into_iter().filter_map(|(duration, _)| self.lost_at(duration));
        lost.filter(|at| *at > now).chain(status).chain(tick).min()
    }

    /// When the link has been missed for that long.
    fn lost_at(&self, duration: Duration) -> Option<Instant> {
        Some(self.watch.steady.borrow().missed_since()? + duration)
    }

    /// The whole seconds until the next attempt, and when that is one less.
    fn tick(&self, now: Instant) -> Option<(Duration, Instant)> {
        let SocketState::Backoff { retry_at, .. } = self.signals.state.get() else { return None };
        if self.watch.steady.borrow().is_put_away() {
            return None;
        }
        let left = (retry_at - now).as_millis().div_ceil(1_000);
        let left = Duration::from_secs(u64::try_from(left).unwrap_or(u64::MAX));
        Some((left, now + ((retry_at - now) - left.saturating_sub(SECOND)).max(Duration::from_millis(1))))
    }
}
