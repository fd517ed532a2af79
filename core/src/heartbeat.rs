//! Is the link alive? One per link, so that a new link starts clean.
//!
//! A ping leaves when the link opens and then every `heartbeat_rate`. Any frame proves life; only if none comes within
//! `heartbeat_timeout_duration` of a ping is the link dead. While that is open no second ping leaves: a server that is
//! busy would find a heap of them.
//!
//! A *probe* is a ping with a short deadline: after a time jump, or when the page or the network comes back. Its answer is
//! judged however late the timer fires, and it is not repeated while it has time, so a dead link cannot outlive it.

use std::time::Duration;

use uuid::Uuid;

use crate::state::Timer;
use crate::time::Instant;

/// How long a link may take to show life after a time jump, where nothing is known of the time before.
const PROBE_TIMEOUT: Duration = Duration::from_secs(3);

#[derive(Debug)]
pub(crate) struct Heartbeat {
    next_ping: Instant,
    /// Armed by a ping, disarmed by any frame.
    dead_at: Option<Instant>,
    /// Whether that ping is a probe, whose answer is judged however late.
    is_probe: bool,
    /// The last ping, until it is answered: for the latency.
    unanswered: Option<(Uuid, Instant)>,
}

impl Heartbeat {
    /// For a link that opened now.
    pub(crate) const fn new(now: Instant) -> Self {
        Self { next_ping: now, dead_at: None, is_probe: false, unanswered: None }
    }

    /// The next ping, or, while a sign of life is awaited, the end.
    pub(crate) fn next_timer(&self) -> (Instant, Timer) {
        self.dead_at.map_or((self.next_ping, Timer::Ping), |dead_at| (dead_at, Timer::Dead))
    }

    /// A ping leaves.
    pub(crate) fn on_ping(&mut self, now: Instant, uuid: Uuid, rate: Duration, timeout: Duration) {
        self.next_ping = now + rate;
        self.dead_at = Some(now + timeout);
        self.is_probe = false;
        self.unanswered = Some((uuid, now));
    }

    /// The ping that just left is a probe.
    pub(crate) const fn mark_probe(&mut self) {
        self.is_probe = true;
    }

    /// Whether the ping that awaits a sign of life is a probe.
    pub(crate) const fn is_probed(&self) -> bool {
        self.is_probe
    }

    /// Whether that probe still has time.
    pub(crate) fn awaits_probe(&self, now: Instant) -> bool {
        self.is_probe && self.dead_at.is_some_and(|dead_at| dead_at > now)
    }

    /// Any frame came.
    pub(crate) fn on_frame(&mut self, now: Instant) {
        if self.dead_at.take().is_some() {
            // A ping that had to wait for a busy server is due now: it is not one that was slept through.
            self.next_ping = self.next_ping.max(now);
        }
    }

    /// The answer to a ping came: the latency. A pong that names another ping, or one that was answered, tells nothing.
    pub(crate) fn on_pong(&mut self, now: Instant, answers: Option<Uuid>) -> Option<Duration> {
        let (_, sent_at) = self.unanswered.take_if(|(uuid, _)| answers.is_none_or(|answer| answer == *uuid))?;
        Some(now - sent_at)
    }

    /// Whether `uuid` is that of the ping that awaits its answer.
    pub(crate) fn awaits(&self, uuid: Uuid) -> bool {
        self.unanswered.is_some_and(|(ping, _)| ping == uuid)
    }

    /// How long a link may take to answer a probe: short, but not where a busy server may let it wait.
    pub(crate) fn probe_timeout(timeout: Duration, calls_in_flight: usize) -> Duration {
        if calls_in_flight == 0 { timeout.min(PROBE_TIMEOUT) } else { timeout }
    }
}
