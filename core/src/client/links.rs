//! One link after another: opening, keeping, losing.

use std::time::Duration;

use serde::Serialize;

use super::Client;
use crate::backoff;
use crate::close::{CloseCode, CloseReason};
use crate::error::{NotSent, OutcomeUnknown};
use crate::event::{Event, LinkId, Transmit};
use crate::heartbeat::Heartbeat;
use crate::message::Message;
use crate::state::{Connecting, Lingering, Open, State};
use crate::time::Instant;

impl Client {
    /// Opens a new link, in place of whatever there is.
    pub(super) fn attempt(&mut self, now: Instant, attempt: u32) {
        self.abandon();
        self.links += 1;
        let link = LinkId(self.links);
        self.transmits.push_back(Transmit::Connect { link });
        let give_up_at = now + self.config.connect_timeout();
        self.enter(State::Connecting(Connecting { link, attempt, give_up_at, overslept: false }));
    }

    /// Lets go of the link that there is. The state that follows is the caller's business, but for a lingering one.
    pub(super) fn abandon(&mut self) {
        if let Some(link) = self.state.link() {
            self.transmits.push_back(Transmit::Abandon { link });
        }
        if let State::Closed { lingering, .. } = &mut self.state {
            *lingering = None;
        }
    }

    pub(super) fn on_opened(&mut self, now: Instant) {
        let State::Connecting(Connecting { link, attempt, .. }) = self.state else { return };
        let heartbeat = Heartbeat::new(now);
        self.enter(State::Open(Open { link, attempt, since: now, proven: false, heartbeat, latency: None }));
        // What is overdue must not leave, even if nobody has looked at the timer yet.
        self.expire(now);
        while let Some((id, text)) = self.outbox.pop() {
            self.calls.leave(id);
            self.transmits.push_back(Transmit::Send { link, text });
        }
    }

    /// The link says that it is gone.
    pub(super) fn on_closed(&mut self, now: Instant, code: CloseCode) {
        if let State::Closed { lingering, .. } = &mut self.state {
            *lingering = None;
        } else {
            self.lose(now, code);
        }
    }

    /// The link says nothing. Its close event may come in a minute, so nobody waits for it.
    pub(super) fn on_dead(&mut self, now: Instant) {
        self.abandon();
        self.lose(now, CloseCode::ABNORMAL);
    }

    /// After a time jump the link may be alive and its frames unread: it gets a short time to show that.
    pub(super) fn on_overslept(&mut self, now: Instant) {
        let timeout = Heartbeat::probe_timeout(self.config.connect_timeout(), 0);
        if let State::Connecting(connecting) = &mut self.state {
            connecting.give_up_at = now + timeout;
            connecting.overslept = true;
        } else {
            self.probe(now);
        }
    }

    fn lose(&mut self, now: Instant, code: CloseCode) {
        self.settle_in_flight(&OutcomeUnknown::LinkLost(code));
        let spent = self.state.spent(now, self.config.min_uptime());
        // Offline, the attempt that comes next is the same one again. Before the first of them none is spent either way.
        let attempt = spent.saturating_add(u32::from(self.online)).max(1);
        if self.config.final_close_codes().contains(&code.as_u16()) {
            self.shut(CloseReason::Refused(code), None);
        } else if self.config.max_reconnect_attempts().is_some_and(|max| attempt > max) {
            self.shut(CloseReason::GaveUp { attempts: spent }, None);
        } else {
            self.wait(now, attempt);
        }
    }

    /// Waits for attempt `attempt`.
    pub(super) fn wait(&mut self, now: Instant, attempt: u32) {
        let delay = match self.online {
            true => backoff::delay(&self.config, attempt, &mut self.rng),
            false => self.config.backoff_max(),
        };
        self.enter(State::Backoff { attempt, retry_at: now + delay });
    }

    pub(super) fn probe(&mut self, now: Instant) {
        let timeout = self.config.heartbeat_timeout_duration();
        self.ping(now, Heartbeat::probe_timeout(timeout, self.calls.in_flight()));
        if let State::Open(open) = &mut self.state {
            open.heartbeat.mark_probe();
        }
    }

    pub(super) fn ping(&mut self, now: Instant, timeout: Duration) {
        let State::Open(open) = &mut self.state else { return };
        let uuid = self.uuids.draw();
        open.heartbeat.on_ping(now, uuid, self.config.heartbeat_rate(), timeout);
        // The payload is an empty object, as the original sends it.
        let ping = Message::new("PING", Empty {}).encode(uuid, self.config.global_headers());
        // Strings and JSON values always serialise.
        self.transmits.extend(ping.ok().map(|text| Transmit::Send { link: open.link, text }));
    }

    fn enter(&mut self, state: State) {
        let before = self.state.public();
        self.state = state;
        let after = self.state.public();
        if after != before {
            self.events.push_back(Event::StateChanged(after));
        }
    }

    /// The end of everything, until the app says otherwise.
    pub(super) fn shut(&mut self, reason: CloseReason, lingering: Option<Lingering>) {
        self.enter(State::Closed { reason, lingering });
        self.settle_in_flight(&OutcomeUnknown::Closed);
        self.settle_queued(&NotSent::Closed(reason));
    }
}

#[derive(Serialize)]
struct Empty {}
