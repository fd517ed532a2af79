//! One link after another: opening, keeping, losing. It knows nothing of calls.

use std::time::Duration;

use crate::backoff;
use crate::close::{AfterClose, CloseCode, CloseReason};
use crate::config::SocketConfig;
use crate::diagnosis::{Diagnosis, Loss, Record};
use crate::endpoint::Endpoint;
use crate::event::{Hint, LinkId, SocketState, Transmit};
use crate::liveness::{Liveness, PROBE_TIMEOUT, Verdict};
use crate::rng::Rng;
use crate::state::{Backoff, Connecting, Lingering, Open, State, Step, Timer};
use crate::time::Instant;

/// A timer that fires this late says that the machine slept or the page was frozen: what it would judge is stale.
const OVERSLEPT: Duration = Duration::from_secs(1);

#[derive(Debug)]
#[cfg_attr(feature = "record", derive(Clone, serde::Serialize, serde::Deserialize))]
pub(crate) struct Connection {
    state: State,
    rng: Rng,
    /// What the page believes. It only slows attempts down.
    online: bool,
    /// Whether the network was said to be gone, and nothing has proved the contrary: no frame, and no new link.
    seems_cut_off: bool,
    /// Whether the page said that it will be frozen, and not yet that it is back.
    frozen: bool,
    /// When the last open link was lost.
    lost_at: Option<Instant>,
    /// The link that the driver has to let go of.
    abandoned: Option<LinkId>,
    #[cfg_attr(feature = "record", serde(deserialize_with = "crate::record::count"))]
    links: u64,
    record: Record,
}

/// What is.
impl Connection {
    pub(crate) fn new(rng: Rng) -> Self {
        Self {
            state: State::Idle,
            rng,
            online: true,
            seems_cut_off: false,
            frozen: false,
            lost_at: None,
            abandoned: None,
            links: 0,
            record: Record::default(),
        }
    }

    pub(crate) const fn state(&self) -> SocketState {
        self.state.public()
    }

    /// The link that the driver knows of.
    pub(crate) fn link(&self) -> Option<LinkId> {
        self.state.link()
    }

    pub(crate) const fn open(&self) -> Option<&Open> {
        match &self.state {
            State::Open(open) => Some(open),
            State::Idle | State::Connecting(_) | State::Backoff(_) | State::Closed { .. } => None,
        }
    }

    pub(crate) const fn open_mut(&mut self) -> Option<&mut Open> {
        match &mut self.state {
            State::Open(open) => Some(open),
            State::Idle | State::Connecting(_) | State::Backoff(_) | State::Closed { .. } => None,
        }
    }

    pub(crate) fn open_link(&self) -> Option<LinkId> {
        self.open().map(|open| open.link)
    }

    pub(crate) fn next_timer(&self) -> (Instant, Timer) {
        self.state.next_timer()
    }

    /// How the last link, or attempt at one, ended.
    pub(crate) fn last_close_code(&self) -> CloseCode {
        self.record.last_close_code()
    }

    pub(crate) fn diagnosis(&self) -> Option<Diagnosis> {
        self.record.diagnosis(self.state.public(), self.online)
    }

    /// Whether so many attempts in a row opened no link that a dead token may be the reason.
    pub(crate) const fn may_be_unauthorized(&self) -> bool {
        matches!(self.state, State::Backoff(_)) && self.record.may_be_unauthorized()
    }

    /// Whether it opens a link, or will, whatever becomes of a refresh.
    pub(crate) const fn is_trying(&self) -> bool {
        matches!(self.state, State::Connecting(_) | State::Backoff(Backoff { unless_refreshed: None, .. }))
    }

    pub(crate) const fn lost_at(&self) -> Option<Instant> {
        self.lost_at
    }

    /// How long there was no link, once there is one.
    pub(crate) fn take_gap(&mut self, now: Instant) -> Option<Duration> {
        self.lost_at.take().map(|lost_at| now - lost_at)
    }
}

/// What the driver has to do.
impl Connection {
    pub(crate) fn poll_transmit(&mut self) -> Option<Transmit> {
        if let Some(link) = self.abandoned.take() {
            return Some(Transmit::Abandon { link });
        }
        match &mut self.state {
            State::Connecting(Connecting { link, step, .. }) => match step {
                Step::WantsAddress => {
                    *step = Step::AwaitsAddress;
                    Some(Transmit::Resolve { link: *link })
                }
                Step::WantsLink(_) => match std::mem::replace(step, Step::Opening) {
                    Step::WantsLink(endpoint) => Some(Transmit::Connect { link: *link, endpoint }),
                    Step::WantsAddress | Step::AwaitsAddress | Step::Opening => None,
                },
                Step::AwaitsAddress | Step::Opening => None,
            },
            State::Closed { lingering: Some(Lingering { link, is_told, .. }), .. } if !*is_told => {
                *is_told = true;
                Some(Transmit::Close { link: *link, code: CloseCode::NORMAL })
            }
            State::Idle | State::Open(_) | State::Backoff(_) | State::Closed { .. } => None,
        }
    }
}

/// What the app wants.
impl Connection {
    pub(crate) fn connect(&mut self, now: Instant, config: &SocketConfig) {
        if matches!(self.state, State::Idle | State::Closed { .. }) {
            self.reconnect(now, config);
        }
    }

    pub(crate) fn reconnect(&mut self, now: Instant, config: &SocketConfig) {
        self.record.start_afresh();
        self.attempt(now, 0, config);
    }

    /// Closes an open link, and lets go of one that is not open yet.
    pub(crate) fn close(&mut self, now: Instant, reason: CloseReason, config: &SocketConfig) {
        let lingering = match &self.state {
            State::Closed { .. } => return,
            State::Open(Open { link, .. }) | State::Connecting(Connecting { link, step: Step::Opening, .. }) => {
                Some(Lingering { link: *link, until: now + config.close_timeout(), is_told: false })
            }
            State::Idle | State::Connecting(_) | State::Backoff(_) => {
                self.abandon();
                None
            }
        };
        self.enter(now, State::Closed { reason, lingering });
    }

    /// There are new headers: an attempt that needed them is made at once.
    pub(crate) fn on_refreshed(&mut self, now: Instant, config: &SocketConfig) {
        if self.open().is_none() {
            self.record.refreshed();
        }
        if let State::Backoff(Backoff { attempt, unless_refreshed: Some(_), .. }) = self.state {
            self.attempt(now, attempt, config);
        } else {
            self.hasten(now, config);
        }
    }

    pub(crate) fn on_refresh_failed(&mut self, now: Instant) {
        if let State::Backoff(Backoff { unless_refreshed: Some(reason), .. }) = self.state {
            self.enter(now, State::Closed { reason, lingering: None });
        }
    }
}

/// What happened on the link.
impl Connection {
    pub(crate) fn on_resolved(&mut self, endpoint: Endpoint) {
        if let State::Connecting(Connecting { step: step @ Step::AwaitsAddress, .. }) = &mut self.state {
            *step = Step::WantsLink(endpoint);
        }
    }

    pub(crate) fn on_unresolved(&mut self, now: Instant, config: &SocketConfig) {
        if matches!(self.state, State::Connecting(Connecting { step: Step::AwaitsAddress, .. })) {
            self.lose(now, Loss::NoEndpoint, AfterClose::Retry, config);
        }
    }

    pub(crate) fn on_opened(&mut self, now: Instant) {
        let State::Connecting(Connecting { link, attempt, step: Step::Opening, .. }) = self.state else { return };
        self.record.opened();
        self.seems_cut_off = false;
        let liveness = Liveness::new(now);
        let open = Open { link, attempt, since: now, proven: false, liveness, look_for_room_at: None };
        self.enter(now, State::Open(open));
    }

    /// Any frame proves life.
    pub(crate) fn on_frame(&mut self, now: Instant) {
        if let State::Open(open) = &mut self.state {
            self.seems_cut_off = false;
            open.proven = true;
            open.liveness.on_frame(now);
        }
    }

    /// The link says that it is gone. Where a new token is wanted, there is one on its way until `refreshes_until`.
    pub(crate) fn on_closed(
        &mut self,
        now: Instant,
        code: CloseCode,
        refreshes_until: Option<Instant>,
        config: &SocketConfig,
    ) {
        if let State::Closed { lingering, .. } = &mut self.state {
            *lingering = None;
            return;
        }
        let refused = CloseReason::Refused(code);
        match (config.close_rules().after(code), refreshes_until) {
            (AfterClose::Refresh, Some(until)) => {
                self.lose(now, Loss::Closed(code), AfterClose::Retry, config);
                if let State::Backoff(backoff) = &mut self.state {
                    (backoff.retry_at, backoff.unless_refreshed) = (until, Some(refused));
                }
            }
            (AfterClose::Refresh, None) => self.lose(now, Loss::Closed(code), AfterClose::Stop, config),
            (after, _) => self.lose(now, Loss::Closed(code), after, config),
        }
    }

    /// A timer of the link fires.
    pub(crate) fn on_timer(&mut self, now: Instant, (at, timer): (Instant, Timer), config: &SocketConfig) {
        let overslept = self.frozen || now - at > OVERSLEPT;
        let is_dead = match &mut self.state {
            State::Connecting(connecting) if overslept && !connecting.overslept => {
                connecting.overslept = true;
                connecting.give_up_at = now + config.connect_timeout().min(PROBE_TIMEOUT);
                false
            }
            State::Connecting(_) => true,
            State::Open(open) if timer == Timer::Room => {
                open.look_for_room_at = None;
                false
            }
            State::Open(open) => open.liveness.on_timer(now, overslept) == Verdict::Dead,
            State::Backoff(Backoff { unless_refreshed: Some(reason), .. }) => {
                let reason = *reason;
                return self.enter(now, State::Closed { reason, lingering: None });
            }
            &mut State::Backoff(Backoff { attempt, .. }) => return self.attempt(now, attempt, config),
            State::Idle | State::Closed { .. } => return self.abandon(),
        };
        if is_dead {
            // Its close event may come in a minute, so nobody waits for it.
            self.abandon();
            self.lose(now, Loss::Silent, AfterClose::Retry, config);
        }
    }

    pub(crate) const fn seems_cut_off(&self) -> bool {
        self.seems_cut_off
    }

    pub(crate) fn on_hint(&mut self, now: Instant, hint: Hint, config: &SocketConfig) {
        let was_online = self.online;
        match hint {
            Hint::Online => (self.online, self.seems_cut_off) = (true, false),
            Hint::Offline => (self.online, self.seems_cut_off) = (false, true),
            Hint::Frozen | Hint::Suspended => self.frozen = true,
            Hint::Resumed => self.frozen = false,
            Hint::Slept => {}
        }
        match (&mut self.state, hint) {
            (State::Open(_) | State::Connecting(_), Hint::Suspended) => self.suspend(now, config),
            (State::Open(open), Hint::Online | Hint::Offline | Hint::Resumed | Hint::Slept) => {
                open.liveness.on_hint(now);
            }
            // Said twice, it must not push the attempt further and further away.
            (State::Backoff(backoff), Hint::Offline) if was_online => {
                backoff.retry_at = backoff.retry_at.max(now + config.backoff_max());
            }
            (State::Backoff(_), Hint::Online | Hint::Resumed | Hint::Slept) => self.hasten(now, config),
            (State::Idle | State::Connecting(_) | State::Open(_) | State::Backoff(_) | State::Closed { .. }, _) => {}
        }
    }
}

/// From state to state.
impl Connection {
    /// Tries to open a new link, in place of whatever there is.
    fn attempt(&mut self, now: Instant, attempt: u32, config: &SocketConfig) {
        self.abandon();
        self.links += 1;
        let (link, give_up_at) = (LinkId(self.links), now + config.connect_timeout());
        let step = Step::WantsAddress;
        self.enter(now, State::Connecting(Connecting { link, attempt, give_up_at, overslept: false, step }));
    }

    /// The circumstances are new, so the next attempt is made at once, and the count starts anew: a network that flaps must
    /// not use it up.
    fn hasten(&mut self, now: Instant, config: &SocketConfig) {
        if let State::Backoff(Backoff { not_before, unless_refreshed: None, .. }) = self.state
            && not_before <= now
        {
            self.attempt(now, 1, config);
        }
    }

    /// Lets go of the link that there is.
    fn abandon(&mut self) {
        self.abandoned = self.state.link().or(self.abandoned);
        if let State::Closed { lingering, .. } = &mut self.state {
            *lingering = None;
        }
    }

    /// The page is put away, and its links with it. It may never be back, so nothing is waited for.
    fn suspend(&mut self, now: Instant, config: &SocketConfig) {
        let (State::Open(Open { attempt, .. }) | State::Connecting(Connecting { attempt, .. })) = self.state else {
            return;
        };
        self.record.suspended();
        self.abandon();
        self.wait(now, Duration::ZERO, attempt.max(1), config);
    }

    fn lose(&mut self, now: Instant, loss: Loss, then: AfterClose, config: &SocketConfig) {
        let spent = match &self.state {
            State::Open(open) => {
                let is_settled = open.proven && now - open.since >= config.min_uptime();
                self.record.link_lost(loss, !is_settled);
                if is_settled { 0 } else { open.attempt }
            }
            State::Connecting(Connecting { attempt, .. }) => {
                self.record.attempt_failed(loss);
                *attempt
            }
            State::Idle | State::Backoff(_) | State::Closed { .. } => return,
        };
        // Offline, the attempt that comes next is the same one again. Before the first of them none is spent either way.
        let attempt = spent.saturating_add(u32::from(self.online)).max(1);
        let has_attempts = config.max_reconnect_attempts().is_none_or(|max| attempt <= max);
        let reason = match then {
            AfterClose::Stop | AfterClose::Refresh => CloseReason::Refused(loss.code()),
            AfterClose::Retry if has_attempts => return self.wait(now, Duration::ZERO, attempt, config),
            AfterClose::RetryAfter(delay) if has_attempts => return self.wait(now, delay, attempt, config),
            AfterClose::Retry | AfterClose::RetryAfter(_) => CloseReason::GaveUp { attempts: spent },
        };
        self.enter(now, State::Closed { reason, lingering: None });
    }

    /// Waits for attempt `attempt`, at least for `delay`.
    fn wait(&mut self, now: Instant, delay: Duration, attempt: u32, config: &SocketConfig) {
        let not_before = now + delay;
        let backoff = match self.online {
            true => backoff::delay(config, attempt, &mut self.rng),
            false => config.backoff_max(),
        };
        let retry_at = not_before + backoff;
        self.enter(now, State::Backoff(Backoff { attempt, retry_at, not_before, unless_refreshed: None }));
    }

    fn enter(&mut self, now: Instant, state: State) {
        if self.open().is_some() {
            self.lost_at = Some(now);
        }
        self.state = state;
    }
}
