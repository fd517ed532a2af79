//! What changes by the clock alone: for people, and only while somebody asked for it.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use leptos::prelude::*;
use leptos_socket_core::{Client, Hint, Instant, SocketState};

use crate::connection::Alarm;
use crate::socket::{Inner, Part, Shared};
use crate::status::{Status, Steady};

const SECOND: Duration = Duration::from_secs(1);

/// What people see of a socket.
pub(crate) struct Watch {
    steady: RefCell<Steady>,
    status: Shared<Status>,
    countdown: Shared<Option<Duration>>,
    /// Whether there has been no link for so long.
    lost: RefCell<Vec<(Duration, Shared<bool>)>>,
    alarm: Alarm,
}

impl Watch {
    pub(crate) fn of(socket: &Rc<Inner>) -> Rc<Self> {
        socket.parts().get(|| Self {
            steady: RefCell::new(match socket.with_client(Client::lost_at) {
                Some(lost_at) => Steady::since(lost_at),
                None => Steady::new(socket.now()),
            }),
            status: Shared::new(Status::Connecting),
            countdown: Shared::new(None),
            lost: RefCell::default(),
            alarm: Alarm::default(),
        })
    }

    pub(crate) fn status(&self) -> Signal<Status> {
        self.status.signal()
    }

    pub(crate) fn countdown(&self) -> Signal<Option<Duration>> {
        self.countdown.signal()
    }

    pub(crate) fn disconnected_for(&self, duration: Duration) -> Signal<bool> {
        let known = self.lost.borrow().iter().find(|(known, _)| *known == duration).map(|(_, lost)| lost.clone());
        let lost = known.unwrap_or_else(|| {
            let lost = Shared::new(false);
            self.lost.borrow_mut().push((duration, lost.clone()));
            lost
        });
        lost.signal()
    }

    /// The losses that somebody asks for, by how long they have to last.
    fn wanted_losses(&self) -> Vec<(Duration, Shared<bool>)> {
        let mut lost = self.lost.borrow_mut();
        lost.retain(|(_, lost)| lost.is_wanted());
        lost.clone()
    }

    /// When what somebody asked for changes next by the clock alone.
    fn next_look(&self, now: Instant, state: SocketState) -> Option<Instant> {
        let is_wanted = self.status.is_wanted() || self.countdown.is_wanted();
        let status = self.steady.borrow().next_change().filter(|_| is_wanted);
        let tick = self.tick(now, state).map(|(_, tick)| tick).filter(|_| self.countdown.is_wanted());
        let lost = self.wanted_losses().into_iter().filter_map(|(duration, _)| self.lost_at(duration));
        lost.filter(|at| *at > now).chain(status).chain(tick).min()
    }

    /// When the link has been missed for that long.
    fn lost_at(&self, duration: Duration) -> Option<Instant> {
        Some(self.steady.borrow().missed_since()? + duration)
    }

    /// The whole seconds until the next attempt, and when that is one less.
    fn tick(&self, now: Instant, state: SocketState) -> Option<(Duration, Instant)> {
        let SocketState::Backoff { retry_at, .. } = state else { return None };
        if self.steady.borrow().is_put_away() {
            return None;
        }
        let left = (retry_at - now).as_millis().div_ceil(1_000);
        let left = Duration::from_secs(u64::try_from(left).unwrap_or(u64::MAX));
        Some((left, now + ((retry_at - now) - left.saturating_sub(SECOND)).max(Duration::from_millis(1))))
    }
}

impl Part for Watch {
    fn on_hint(&self, socket: &Rc<Inner>, hint: Hint) {
        let mut steady = self.steady.borrow_mut();
        if hint == Hint::Suspended {
            steady.put_away();
        } else if hint == Hint::Resumed {
            steady.come_back(socket.now());
        }
    }

    fn update(self: Rc<Self>, socket: &Rc<Inner>) {
        let now = socket.now();
        // Without an address nothing happens until the app says where to connect to.
        let status = match socket.is_gone() || socket.lacks_address() {
            true => Status::Closed,
            false => socket.with_client(Status::of),
        };
        self.steady.borrow_mut().see(status, now);
        // Asked anew for each: what one of them wakes may have changed the next.
        let shown = self.steady.borrow().shown();
        self.status.set(shown);
        // A loss that is not shown has no next attempt to be seen.
        let left = self.tick(now, socket.state()).filter(|_| !shown.is_online()).map(|(left, _)| left);
        self.countdown.set(left);
        for (duration, lost) in self.wanted_losses() {
            lost.set(self.lost_at(duration).is_some_and(|at| at <= now));
        }
        let next_look = self.next_look(now, socket.state());
        let this = Rc::downgrade(&self);
        let weak = Rc::downgrade(socket);
        socket.set_alarm(&self.alarm, next_look, move || {
            if let (Some(this), Some(socket)) = (this.upgrade(), weak.upgrade()) {
                this.alarm.stop();
                this.update(&socket);
            }
        });
    }
}
