//! Is the link alive? One per link, so that a new link starts clean.
//!
//! A ping leaves when the link opens and then every `heartbeat_rate`. Any frame proves life. If none arrives within
//! `heartbeat_timeout_duration` of a ping, the link is dead; but if the server owed answers to calls when that ping left,
//! it may be busy with them: then the link is *slow*, and dead at `busy_timeout`, or later if the oldest of those calls holds
//! it. While an answer is awaited no second ping leaves: a busy server would find a heap of them.
//!
//! A *probe* is a ping with a short bound, after a hint or a jump of time. A hint never puts off a bound. A timer that
//! fires much too late does, once in each silence, because frames may have arrived that nobody has read yet.

use std::collections::VecDeque;
use std::time::Duration;

use uuid::Uuid;

use crate::config::SocketConfig;
use crate::event::CallId;
use crate::state::Timer;
use crate::time::Instant;

/// How long a link has to answer a probe if the server owes nothing.
pub(crate) const PROBE_TIMEOUT: Duration = Duration::from_secs(3);

#[derive(Debug)]
#[cfg_attr(feature = "record", derive(Clone, serde::Serialize, serde::Deserialize))]
pub(crate) struct Liveness {
    phase: Phase,
    next_ping: Instant,
    /// The last ping, until it is answered.
    unanswered: Option<Ping>,
    owed: Owed,
    latency: Option<Duration>,
}

#[derive(Clone, Copy, Debug)]
#[cfg_attr(feature = "record", derive(serde::Serialize, serde::Deserialize))]
enum Phase {
    /// Something arrived after the last ping.
    Alive,
    /// A ping leaves with the next poll.
    PingDue(Reason),
    /// A ping left, and nothing has arrived since.
    Waiting(Silence),
    /// The same after a hint or a jump of time. It is judged however late its timer fires.
    Probed(Silence),
    /// The server may be busy.
    Slow { until: Instant },
}

/// Why a ping leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "record", derive(serde::Serialize, serde::Deserialize))]
enum Reason {
    Rate,
    /// A hint, or a jump of time.
    Doubt,
    /// A jump of time though the server had all the time that a busy one may have.
    LastChance,
}

/// The time from a ping to the next frame.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(feature = "record", derive(serde::Serialize, serde::Deserialize))]
struct Silence {
    /// When the link is slow or dead.
    until: Instant,
    /// When a slow link is dead, if the server owed answers.
    busy_until: Option<Instant>,
}

#[derive(Clone, Copy, Debug)]
#[cfg_attr(feature = "record", derive(serde::Serialize, serde::Deserialize))]
struct Ping {
    #[cfg_attr(feature = "record", serde(with = "crate::record::uuid"))]
    uuid: Uuid,
    sent_at: Instant,
    order: u64,
}

/// What a timer, or a hint, says about the link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Unknown,
    Dead,
}

impl Liveness {
    /// For a link that opened now. Its first ping is due.
    pub(crate) const fn new(now: Instant) -> Self {
        let owed = Owed { sent: 0, calls: VecDeque::new() };
        let phase = Phase::PingDue(Reason::Rate);
        Self { phase, next_ping: now, unanswered: None, owed, latency: None }
    }

    /// The next ping, or, while a sign of life is awaited, when that has taken too long.
    pub(crate) const fn next_timer(&self) -> (Instant, Timer) {
        match self.phase {
            Phase::Alive => (self.next_ping, Timer::Ping),
            Phase::PingDue(_) => (Instant::END, Timer::Ping),
            Phase::Waiting(Silence { until, .. }) | Phase::Probed(Silence { until, .. }) | Phase::Slow { until } => {
                (until, Timer::Dead)
            }
        }
    }

    /// The time that [`next_timer`](Self::next_timer) names has come; `overslept` if that was a while ago.
    pub(crate) fn on_timer(&mut self, now: Instant, overslept: bool) -> Verdict {
        self.phase = match self.phase {
            Phase::Alive if !overslept => Phase::PingDue(Reason::Rate),
            Phase::Alive => Phase::PingDue(Reason::Doubt),
            Phase::Waiting(_) if overslept => Phase::PingDue(Reason::Doubt),
            Phase::Slow { .. } if overslept => Phase::PingDue(Reason::LastChance),
            Phase::Waiting(Silence { busy_until: Some(until), .. })
            | Phase::Probed(Silence { busy_until: Some(until), .. })
                if until > now =>
            {
                Phase::Slow { until }
            }
            Phase::PingDue(reason) => Phase::PingDue(reason),
            Phase::Waiting(_) | Phase::Probed(_) | Phase::Slow { .. } => return Verdict::Dead,
        };
        Verdict::Unknown
    }

    /// There is a reason to doubt the link.
    pub(crate) fn on_hint(&mut self, now: Instant) {
        match self.phase {
            Phase::Alive => self.phase = Phase::PingDue(Reason::Doubt),
            Phase::Waiting(silence) if silence.until > now && silence.busy_until.is_none() => {
                self.phase = Phase::Probed(Silence { until: silence.until.min(now + PROBE_TIMEOUT), ..silence });
            }
            // It is asked already; or its timer is about to fire, late; or a busy server has to have its time.
            Phase::PingDue(_) | Phase::Waiting(_) | Phase::Probed(_) | Phase::Slow { .. } => {}
        }
    }

    /// Any frame arrived.
    pub(crate) fn on_frame(&mut self, now: Instant) {
        match self.phase {
            Phase::Alive => {}
            // There is no doubt any more.
            Phase::PingDue(_) => self.phase = Phase::PingDue(Reason::Rate),
            Phase::Waiting(_) | Phase::Probed(_) | Phase::Slow { .. } => {
                // A ping that had to wait for a busy server is due now, and was not slept through.
                self.next_ping = self.next_ping.max(now);
                self.phase = Phase::Alive;
            }
        }
    }

    pub(crate) const fn is_slow(&self) -> bool {
        matches!(self.phase, Phase::Slow { .. })
    }

    pub(crate) const fn latency(&self) -> Option<Duration> {
        self.latency
    }

    /// What follows a ping that leaves now.
    fn after_ping(&self, now: Instant, reason: Reason, config: &SocketConfig) -> Phase {
        let busy = now + config.busy_timeout();
        let oldest = self.owed.calls.front().filter(|_| reason != Reason::LastChance);
        let busy_until = oldest.map(|owed| busy.max(owed.holds_until));
        let timeout = config.heartbeat_timeout_duration();
        let shortest = timeout.min(PROBE_TIMEOUT);
        match reason {
            Reason::Rate => Phase::Waiting(Silence { until: now + timeout, busy_until }),
            // A busy server lets a probe wait like any other message.
            Reason::Doubt | Reason::LastChance => {
                let until = now + if busy_until.is_some() { timeout } else { shortest };
                Phase::Probed(Silence { until, busy_until })
            }
        }
    }
}

/// Pings and answers.
impl Liveness {
    pub(crate) const fn is_ping_due(&self) -> bool {
        matches!(self.phase, Phase::PingDue(_))
    }

    /// The ping leaves.
    pub(crate) fn on_ping(&mut self, now: Instant, uuid: Uuid, config: &SocketConfig) {
        let Phase::PingDue(reason) = self.phase else { return };
        self.phase = self.after_ping(now, reason, config);
        self.next_ping = now + config.heartbeat_rate();
        self.unanswered = Some(Ping { uuid, sent_at: now, order: self.owed.next() });
    }

    /// Whether `uuid` is that of the ping that awaits its answer.
    pub(crate) fn awaits_pong(&self, uuid: Uuid) -> bool {
        self.unanswered.is_some_and(|ping| ping.uuid == uuid)
    }

    /// A pong arrived: the latency. One that names another ping, or one that was answered, tells nothing. Returns its place
    /// in the order of what left.
    pub(crate) fn on_pong(&mut self, now: Instant, answers: Option<Uuid>) -> Option<u64> {
        let ping = self.unanswered.take_if(|ping| answers.is_none_or(|answer| answer == ping.uuid))?;
        self.latency = Some(now - ping.sent_at);
        Some(ping.order)
    }

    /// A call leaves that holds the link, however silent, until `holds_until`. Returns its place in the order of what left.
    pub(crate) fn on_call_sent(&mut self, call: CallId, holds_until: Instant) -> u64 {
        let order = self.owed.next();
        self.owed.calls.push_back(OwedAnswer { order, call, holds_until });
        order
    }

    /// The call that was polled last did not leave.
    pub(crate) fn on_not_taken(&mut self, call: CallId) {
        if self.owed.calls.back().is_some_and(|last| last.call == call) {
            self.owed.calls.pop_back();
        }
    }

    /// Whether the server still owes the answer to what left in this place.
    pub(crate) fn owes(&self, order: u64) -> bool {
        self.owed.calls.front().is_some_and(|oldest| oldest.order <= order)
    }

    /// An answer to what left in this place arrived. The servers answer in order, so nothing before it is owed any more.
    /// Returns those calls one by one.
    pub(crate) fn next_answered(&mut self, order: u64) -> Option<CallId> {
        self.owed.calls.front().filter(|oldest| oldest.order <= order)?;
        self.owed.calls.pop_front().map(|owed| owed.call)
    }
}

/// The answers that the server owes on this link, whether or not anybody still waits for them, oldest first.
#[derive(Debug)]
#[cfg_attr(feature = "record", derive(Clone, serde::Serialize, serde::Deserialize))]
struct Owed {
    /// How many calls and pings left.
    #[cfg_attr(feature = "record", serde(deserialize_with = "crate::record::count"))]
    sent: u64,
    calls: VecDeque<OwedAnswer>,
}

#[derive(Debug)]
#[cfg_attr(feature = "record", derive(Clone, serde::Serialize, serde::Deserialize))]
struct OwedAnswer {
    order: u64,
    call: CallId,
    /// Until when it holds the link, if that is longer than a busy server may be silent.
    holds_until: Instant,
}

impl Owed {
    const fn next(&mut self) -> u64 {
        self.sent += 1;
        self.sent
    }
}
