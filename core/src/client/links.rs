//! One link after another: opening, keeping, losing.

use std::time::Duration;

use serde::Serialize;

use super::Client;
use crate::backoff;
use crate::buffer::Buffer;
use crate::close::{AfterClose, CloseCode, CloseReason};
use crate::diagnosis::Loss;
use crate::endpoint::Endpoint;
use crate::error::OutcomeUnknown;
use crate::event::{Event, LinkId, Transmit};
use crate::heartbeat::Heartbeat;
use crate::message::{Headers, Message};
use crate::state::{Connecting, Lingering, Open, State};
use crate::time::Instant;

/// Opening.
impl Client {
    /// Goes for a new link, in place of whatever there is.
    pub(super) fn attempt(&mut self, now: Instant, attempt: u32) {
        self.abandon();
        self.links += 1;
        let link = LinkId(self.links);
        self.transmits.push_back(Transmit::Resolve { link });
        let give_up_at = now + self.config.connect_timeout();
        let connecting = Connecting { link, attempt, give_up_at, overslept: false, resolved: false };
        self.enter(now, State::Connecting(connecting));
    }

    pub(super) fn on_resolved(&mut self, now: Instant, endpoint: Endpoint) {
        let State::Connecting(connecting) = &mut self.state else { return };
        if !std::mem::replace(&mut connecting.resolved, true) {
            connecting.give_up_at = now + self.config.connect_timeout();
            self.transmits.push_back(Transmit::Connect { link: connecting.link, endpoint });
        }
    }

    pub(super) fn on_unresolved(&mut self, now: Instant) {
        if matches!(self.state, State::Connecting(Connecting { resolved: false, .. })) {
            self.lose(now, Loss::NoEndpoint);
        }
    }

    pub(super) fn on_opened(&mut self, now: Instant) {
        let State::Connecting(Connecting { link, attempt, resolved: true, .. }) = self.state else { return };
        self.record.opened();
        let heartbeat = Heartbeat::new(now);
        let buffer = Buffer::default();
        self.enter(
            now,
            State::Open(Open { link, attempt, since: now, proven: false, heartbeat, buffer, latency: None }),
        );
        if let Some(lost_at) = self.lost_at.take() {
            self.events.push_back(Event::Gap { link, lasted: now - lost_at });
        }
        // What is overdue must not leave, even if nobody has looked at the timer yet.
        self.expire(now);
    }
}

/// Keeping.
impl Client {
    pub(super) fn ping(&mut self, now: Instant, timeout: Duration) {
        let State::Open(open) = &mut self.state else { return };
        let (_, uuid) = self.uuids.draw();
        open.heartbeat.on_ping(now, uuid, self.config.heartbeat_rate(), timeout);
        // The payload is an empty object, as the original sends it.
        let ping = Message::new("PING", Empty {}).encode(uuid, &self.headers, &Headers::new());
        // Strings and JSON values always serialise. It waits for no room: it is what tells whether the link is alive.
        let Ok(text) = ping else { return };
        open.buffer.add(text.len());
        self.transmits.push_back(Transmit::Send { link: open.link, text, message: None });
    }

    /// Asks for a sign of life, soon.
    pub(super) fn probe(&mut self, now: Instant) {
        // A call that is overdue is no reason to wait longer.
        self.expire(now);
        let (timeout, in_flight) = (self.config.heartbeat_timeout_duration(), self.calls.in_flight());
        self.ping(now, Heartbeat::probe_timeout(timeout, in_flight));
        if let State::Open(open) = &mut self.state {
            open.heartbeat.mark_probe(in_flight);
        }
    }

    /// The link says nothing. With calls in flight the server may be busy with one of them.
    pub(super) fn on_silence(&mut self, now: Instant) {
        let busy = self.calls.in_flight() > 0;
        let patient = match &mut self.state {
            State::Open(open) => busy && open.heartbeat.be_patient(now, self.config.busy_timeout()),
            State::Idle | State::Connecting(_) | State::Backoff { .. } | State::Closed { .. } => false,
        };
        if patient { self.note_state() } else { self.on_dead(now) }
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
}

/// Losing.
impl Client {
    /// Lets go of the link that there is. The state that follows is the caller's business, but for a lingering one.
    pub(super) fn abandon(&mut self) {
        if let Some(link) = self.state.link() {
            self.transmits.push_back(Transmit::Abandon { link });
        }
        if let State::Closed { lingering, .. } = &mut self.state {
            *lingering = None;
        }
    }

    /// The link says that it is gone.
    pub(super) fn on_closed(&mut self, now: Instant, loss: Loss) {
        if let State::Closed { lingering, .. } = &mut self.state {
            *lingering = None;
        } else {
            self.lose(now, loss);
        }
    }

    /// The link says nothing, for too long. Its close event may come in a minute, so nobody waits for it.
    pub(super) fn on_dead(&mut self, now: Instant) {
        self.abandon();
        self.lose(now, Loss::Silent);
    }

    /// The page is put away, and its links with it. It may never be back, so nothing is waited for.
    pub(super) fn suspend(&mut self, now: Instant) {
        let (State::Open(Open { attempt, .. }) | State::Connecting(Connecting { attempt, .. })) = self.state else {
            return;
        };
        if let Some(link) = self.state.open_link() {
            self.transmits.push_back(Transmit::Close { link, code: CloseCode::NORMAL });
        }
        self.abandon();
        self.take_back_unoffered();
        self.give_back_in_flight(&OutcomeUnknown::LinkLost(CloseCode::NORMAL));
        self.wait(now, Duration::ZERO, attempt.max(1));
    }

    fn lose(&mut self, now: Instant, loss: Loss) {
        self.take_back_unoffered();
        self.give_back_in_flight(&OutcomeUnknown::LinkLost(loss.code()));
        let spent = self.state.spent(now, self.config.min_uptime());
        match &self.state {
            State::Open(open) => self.record.link_lost(loss, !open.is_settled(now, self.config.min_uptime())),
            State::Idle | State::Connecting(_) | State::Backoff { .. } | State::Closed { .. } => {
                self.record.attempt_failed(loss);
            }
        }
        // Offline, the attempt that comes next is the same one again. Before the first of them none is spent either way.
        let attempt = spent.saturating_add(u32::from(self.online)).max(1);
        let delay = match self.after(loss) {
            AfterClose::Stop => return self.shut(now, CloseReason::Refused(loss.code()), None),
            AfterClose::Retry => Duration::ZERO,
            AfterClose::RetryAfter(delay) => delay,
        };
        if self.config.max_reconnect_attempts().is_some_and(|max| attempt > max) {
            self.shut(now, CloseReason::GaveUp { attempts: spent }, None);
        } else {
            self.wait(now, delay, attempt);
        }
    }

    fn after(&self, loss: Loss) -> AfterClose {
        match loss {
            Loss::Closed(code) => self.config.close_rules().after(code),
            Loss::Silent | Loss::NoEndpoint => AfterClose::Retry,
        }
    }

    /// Waits for attempt `attempt`, at least for `delay`.
    pub(super) fn wait(&mut self, now: Instant, delay: Duration, attempt: u32) {
        let backoff = match self.online {
            true => backoff::delay(&self.config, attempt, &mut self.rng),
            false => self.config.backoff_max(),
        };
        self.enter(now, State::Backoff { attempt, retry_at: now + delay + backoff });
    }

    pub(super) fn enter(&mut self, now: Instant, state: State) {
        if self.state.open_link().is_some() {
            self.lost_at = Some(now);
            self.outbox.forget_headers();
        }
        self.state = state;
        self.note_state();
    }

    /// Says so if the state has changed as an app sees it.
    pub(super) fn note_state(&mut self) {
        let state = self.state.public();
        if std::mem::replace(&mut self.shown, state) != state {
            self.events.push_back(Event::StateChanged(state));
        }
    }

    /// The end of everything, until the app says otherwise.
    pub(super) fn shut(&mut self, now: Instant, reason: CloseReason, lingering: Option<Lingering>) {
        self.enter(now, State::Closed { reason, lingering });
        self.settle_all(reason);
    }
}

#[derive(Serialize)]
struct Empty {}
