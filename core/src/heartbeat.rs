//! Is the link alive? One per link, so that a new link starts clean.
//!
//! A ping leaves when the link opens and then every `heartbeat_rate`. Any frame proves life; only if none comes within
//! `heartbeat_timeout_duration` of a ping is the link dead, or, while calls are in flight, slow, and dead after
//! `busy_timeout`. While an answer is awaited no second ping leaves: a busy server would find a heap of them.
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
    silence: Option<Silence>,
    /// The last ping, until it is answered: for the latency.
    unanswered: Option<(Uuid, Instant)>,
}

/// The time from a ping to the next frame, whatever that is.
#[derive(Debug)]
struct Silence {
    since: Instant,
    /// When it has lasted too long.
    until: Instant,
    /// Whether that ping is a probe, whose answer is judged however late.
    is_probe: bool,
    is_slow: bool,
    /// Whether that ping may wait behind a call. A probe may not, if it left when no call was in flight.
    may_wait: bool,
}

impl Heartbeat {
    /// For a link that opened now.
    pub(crate) const fn new(now: Instant) -> Self {
        Self { next_ping: now, silence: None, unanswered: None }
    }

    /// The next ping, or, while a sign of life is awaited, when that has taken too long.
    pub(crate) fn next_timer(&self) -> (Instant, Timer) {
        self.silence.as_ref().map_or((self.next_ping, Timer::Ping), |silence| (silence.until, Timer::Dead))
    }

    /// A ping leaves.
    pub(crate) fn on_ping(&mut self, now: Instant, uuid: Uuid, rate: Duration, timeout: Duration) {
        // Another ping into the same silence neither ends nor prolongs it, unless its end was slept through: nobody knows
        // what came before that.
        let (since, is_slow) = self
            .silence
            .as_ref()
            .map_or((now, false), |silence| (if silence.until < now { now } else { silence.since }, silence.is_slow));
        self.next_ping = now + rate;
        self.silence = Some(Silence { since, until: now + timeout, is_probe: false, is_slow, may_wait: true });
        self.unanswered = Some((uuid, now));
    }

    /// The ping that just left is a probe.
    pub(crate) const fn mark_probe(&mut self, calls_in_flight: usize) {
        if let Some(silence) = &mut self.silence {
            silence.is_probe = true;
            silence.may_wait = calls_in_flight > 0;
        }
    }

    pub(crate) fn is_probed(&self) -> bool {
        self.silence.as_ref().is_some_and(|silence| silence.is_probe)
    }

    /// The silence may have a reason: it gets until `busy_timeout` after the ping. Returns false where that is over too.
    pub(crate) fn be_patient(&mut self, now: Instant, busy_timeout: Duration) -> bool {
        let Some(silence) = self.silence.as_mut().filter(|silence| silence.may_wait) else { return false };
        silence.until = silence.since + busy_timeout;
        silence.is_slow = silence.until > now;
        silence.is_slow
    }

    pub(crate) fn is_slow(&self) -> bool {
        self.silence.as_ref().is_some_and(|silence| silence.is_slow)
    }

    /// Whether that probe still has time.
    pub(crate) fn awaits_probe(&self, now: Instant) -> bool {
        self.silence.as_ref().is_some_and(|silence| silence.is_probe && !silence.is_slow && silence.until > now)
    }

    /// Any frame came.
    pub(crate) fn on_frame(&mut self, now: Instant) {
        if self.silence.take().is_some() {
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
