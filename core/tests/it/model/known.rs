//! What is known of each message, and of the server, said as simply as it can be: no timers, no queues.

use std::time::Duration;

use leptos_socket_core::{CallId, Instant, SocketConfig};

use super::op::Submit;

/// How something ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    NotSent,
    Unknown,
    Sent,
    Replied(u16),
}

#[derive(Debug)]
pub(crate) struct Known {
    number: u64,
    pub(crate) submit: Submit,
    deadline: Option<Instant>,
    /// How often a link took it.
    times_taken: u32,
    /// With which token, the last time.
    token: u64,
    /// How often the server answered 401 to it.
    refusals: u32,
    /// The last answer on the link that it was on.
    answer: Option<u16>,
    pub(crate) end: Option<End>,
}

impl Known {
    pub(crate) const fn new(number: u64, submit: Submit, deadline: Option<Instant>) -> Self {
        Self { number, submit, deadline, times_taken: 0, token: 0, refusals: 0, answer: None, end: None }
    }

    pub(crate) fn assert_may_leave(&self, id: CallId, now: Instant, waits_for_token: bool) {
        assert_eq!(self.end, None, "{id} leaves after its end");
        assert!(self.deadline.is_none_or(|deadline| now < deadline), "{id} leaves, and is overdue");
        assert!(self.submit.anonymous || !waits_for_token, "{id} leaves with a token that is being replaced");
        let is_again = self.times_taken > 0;
        let may_be_again =
            self.submit.idempotent || (self.submit.retries && (self.refusals, self.times_taken) == (1, 1));
        assert!(!is_again || (self.submit.wants_reply && may_be_again), "{id} leaves twice");
    }

    /// A link took it. Returns whether one did before.
    pub(crate) const fn taken(&mut self, token: u64) -> bool {
        self.times_taken += 1;
        self.token = token;
        self.answer = None;
        self.times_taken > 1
    }

    /// Until when it holds a silent link, even beyond `busy_timeout`. One that may leave again does not, the first time.
    fn holds_until(&self) -> Option<Instant> {
        self.deadline.filter(|_| !self.submit.idempotent || self.times_taken > 1)
    }

    pub(crate) const fn answered(&mut self, status: u16) {
        if self.answer.is_none() && status == 401 {
            self.refusals += 1;
        }
        if self.answer.is_none() {
            self.answer = Some(status);
        }
    }

    pub(crate) fn ends(&mut self, id: CallId, end: End, now: Instant) {
        assert_eq!(self.end.replace(end), None, "{id} ends twice");
        match end {
            End::NotSent => assert_eq!(self.times_taken, 0, "{id} was sent"),
            End::Unknown => assert!(self.times_taken > 0, "{id} was never sent"),
            End::Sent => assert!(self.times_taken == 1 && !self.submit.wants_reply, "{id} was never sent"),
            End::Replied(401) => assert!(self.refusals > 0, "{id} got no 401"),
            End::Replied(status) => assert_eq!(self.answer, Some(status), "{id} at {now}"),
        }
    }
}

/// Whether the last refresh helped: then the next one needs no cooldown.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Proof {
    ended_at: Option<Instant>,
    has_helped: bool,
    has_failed: bool,
}

impl Proof {
    /// One that fails while a lost link is being replaced says nothing.
    pub(crate) const fn refreshed(&mut self, now: Instant, has_token: bool, is_trying: bool) {
        *self = Self { ended_at: Some(now), has_helped: is_trying && !has_token, has_failed: !is_trying && !has_token };
    }

    /// The server answers a call that left with the present token. Only a link that lasts proves anything after a failure.
    pub(crate) const fn answered(&mut self, known: &Known, token: u64, status: u16) {
        let is_present = known.token == token && !known.submit.anonymous && known.submit.wants_reply;
        if is_present && status != 401 && !self.has_failed {
            self.has_helped = true;
        }
        if is_present && status == 401 && known.refusals > 1 {
            (self.has_helped, self.has_failed) = (false, true);
        }
    }

    pub(crate) fn link_lost(&mut self, now: Instant, opened_at: Instant, config: &SocketConfig) {
        if now - opened_at.max(self.ended_at.unwrap_or_default()) >= config.min_uptime() {
            self.has_helped = true;
        }
    }

    pub(crate) const fn has_helped(self) -> bool {
        self.has_helped
    }
}

/// What the server sees of the open link.
#[derive(Debug, Default)]
pub(crate) struct Server {
    pub(crate) opened_at: Instant,
    /// When it said something last.
    life: Instant,
    /// When the first ping left into the present silence.
    first_ping: Option<Instant>,
    /// How many frames came before the last ping, until that is answered.
    unanswered_ping: Option<usize>,
    frames: Vec<Frame>,
    last_first: [u64; 3],
}

#[derive(Debug)]
struct Frame {
    call: CallId,
    wants_reply: bool,
    holds_until: Option<Instant>,
    is_answered: bool,
    is_before_ping: bool,
}

impl Server {
    pub(crate) fn new(now: Instant) -> Self {
        Self { opened_at: now, life: now, ..Self::default() }
    }

    pub(crate) fn spoke(&mut self, now: Instant) {
        (self.life, self.first_ping) = (now, None);
        self.frames.iter_mut().for_each(|frame| frame.is_before_ping = false);
    }

    pub(crate) fn pinged(&mut self, now: Instant) {
        self.unanswered_ping = Some(self.frames.len());
        if self.first_ping.is_none() {
            self.first_ping = Some(now);
            self.frames.iter_mut().for_each(|frame| frame.is_before_ping = true);
        }
    }

    /// It answers the last ping, and so everything that came before that.
    pub(crate) fn ponged(&mut self) {
        let before = self.unanswered_ping.take().unwrap_or_default();
        self.frames[..before].iter_mut().for_each(|frame| frame.is_answered = true);
    }

    /// Whether a ping left into the present silence.
    pub(crate) const fn is_asked(&self) -> bool {
        self.first_ping.is_some()
    }

    /// A frame arrives. Those that arrive for the first time keep their order.
    pub(crate) fn took(&mut self, call: CallId, known: &Known) {
        if known.times_taken == 1 && !known.submit.anonymous {
            let last = &mut self.last_first[known.submit.priority as usize];
            assert!(*last < known.number, "{} leaves after {last}", known.number);
            *last = known.number;
        }
        self.frames.push(Frame {
            call,
            wants_reply: known.submit.wants_reply,
            holds_until: known.holds_until(),
            is_answered: false,
            is_before_ping: false,
        });
    }

    pub(crate) fn has(&self, call: CallId) -> bool {
        self.frames.iter().any(|frame| frame.call == call)
    }

    /// It answers in order, so what came before is not owed any more.
    pub(crate) fn answers(&mut self, call: CallId) {
        // Of a message without a reply the client keeps nothing, so its answer tells nothing.
        let is_it = |frame: &Frame| frame.call == call && frame.wants_reply && !frame.is_answered;
        if let Some(last) = self.frames.iter().position(is_it) {
            self.frames[..=last].iter_mut().for_each(|frame| frame.is_answered = true);
        }
    }

    fn oldest_owed(&self) -> Option<&Frame> {
        self.frames.iter().find(|frame| frame.wants_reply && !frame.is_answered)
    }

    /// Until when a call holds the link, if it falls silent now.
    pub(crate) fn held_until(&self) -> Option<Instant> {
        self.oldest_owed()?.holds_until
    }

    /// A link that is alive and owes an answer is not dropped before its bound.
    pub(crate) fn assert_may_be_dead(&self, now: Instant, config: &SocketConfig) {
        let silent = now - self.life;
        let shortest = config.heartbeat_timeout_duration().min(Duration::from_secs(3));
        assert!(silent >= shortest, "a link is dropped after {silent:?}");
        let Some((owed, ping)) = self.oldest_owed().filter(|frame| frame.is_before_ping).zip(self.first_ping) else {
            return;
        };
        let busy_until = (ping + config.busy_timeout()).max(owed.holds_until.unwrap_or_default());
        assert!(now >= busy_until, "a busy link is dropped at {now}, before {busy_until}");
    }
}
