//! A client, and all that must hold of it.

use std::collections::{BTreeMap, BTreeSet};

use leptos_socket_core::{
    CallError, CallId, CallOptions, Client, CloseCode, CloseReason, Event, Hint, Input, Instant, LinkId, Message,
    NotSent, Sent, SocketConfig, SocketState, Transmit,
};

use super::op::Op;
use super::reference::{Call, End, Reference};
use crate::support::{config, endpoint, frame, millis, secs};

pub(crate) const CAPACITY: usize = 3;
const REQUEST_TIMEOUT: u64 = 3_000;
const SUSPENDED: Op = Op::Hint(Hint::Suspended);
/// How long a link must have been silent to be given up.
const SILENCE: u64 = 1_500;

/// Everything is short, so that much happens.
fn hasty() -> SocketConfig {
    config(|c| {
        let c = c.request_timeout(millis(REQUEST_TIMEOUT)).connect_timeout(secs(2)).close_timeout(secs(1));
        let c = c.heartbeat_rate(secs(2)).heartbeat_timeout_duration(millis(SILENCE)).busy_timeout(millis(2_500));
        c.min_uptime(secs(1)).queue_capacity(CAPACITY).max_reconnect_attempts(Some(2)).backoff_max(secs(2))
    })
}

/// What the network knows of the one link that there may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    Resolving,
    Opening,
    Open,
    /// Asked to close.
    Closing,
}

#[derive(Debug)]
pub(crate) struct World {
    pub(crate) client: Client,
    pub(crate) now: Instant,
    pub(crate) link: Option<(LinkId, Phase)>,
    reference: Reference,
    links: Vec<LinkId>,
    numbers: u64,
    /// The uuid of each number that left, the link of its last frame, and how many frames.
    sent: BTreeMap<u64, (String, LinkId, usize)>,
    /// Numbers in the order in which they left first, and last.
    order: Vec<u64>,
    last_on_link: Option<u64>,
    idempotent: BTreeSet<u64>,
    life: Instant,
    settled: BTreeMap<CallId, End>,
    left: Vec<u64>,
    /// Which operations were no more than the word of an old link.
    pub(crate) stale: BTreeSet<usize>,
    steps: usize,
    is_traced: bool,
    pub(crate) trace: Vec<String>,
    /// How many calls left again.
    pub(crate) replays: usize,
    /// What was met on the way, by name.
    pub(crate) met: BTreeSet<String>,
}

impl World {
    pub(crate) fn new() -> Self {
        Self {
            client: Client::new(hasty(), 3),
            now: Instant::ZERO,
            link: None,
            reference: Reference::default(),
            links: Vec::new(),
            numbers: 0,
            sent: BTreeMap::new(),
            order: Vec::new(),
            last_on_link: None,
            idempotent: BTreeSet::new(),
            life: Instant::ZERO,
            settled: BTreeMap::new(),
            left: Vec::new(),
            stale: BTreeSet::new(),
            steps: 0,
            is_traced: false,
            trace: Vec::new(),
            replays: 0,
            met: BTreeSet::new(),
        }
    }

    /// One that writes down all that comes out of the client.
    pub(crate) fn traced() -> Self {
        Self { is_traced: true, ..Self::new() }
    }

    pub(crate) fn run_all<'a>(&mut self, ops: impl IntoIterator<Item = &'a Op>) {
        ops.into_iter().for_each(|op| self.run(*op));
    }

    pub(crate) fn run(&mut self, op: Op) {
        let was_closed = self.client.state().is_closed();
        self.act(op);
        self.drain(op);
        if !was_closed && self.client.state().is_closed() {
            self.reference.closed();
        }
        if matches!(op, Op::Pass(_) | Op::Timer) {
            self.reference.time_is(self.now);
            assert!(self.client.poll_timeout().is_none_or(|at| at > self.now));
        }
        self.check();
        self.steps += 1;
    }

    pub(crate) fn assert_nothing_is_pending(&self) {
        assert!(self.reference.calls.is_empty(), "{:?}", self.reference.calls);
        assert_eq!((self.client.in_flight(), self.client.queued()), (0, 0));
    }

    fn act(&mut self, op: Op) {
        let now = self.now;
        match op {
            Op::Connect => self.client.connect(now),
            Op::Reconnect => self.client.reconnect(now),
            Op::Close => self.client.close(now),
            Op::Call { timeout, idempotent } => self.call(timeout, idempotent),
            Op::Send => self.send(),
            Op::Cancel(nth) => self.cancel(nth),
            Op::Resolved(nth) => self.input(nth, Input::Resolved(endpoint())),
            Op::Unresolved(nth) => self.input(nth, Input::Unresolved),
            Op::Opened(nth) => self.input(nth, Input::Opened),
            Op::Lost(nth, code) => self.input(nth, Input::Closed(CloseCode::new(code))),
            Op::Answer(nth, which) => self.answer(nth, which),
            Op::Text(nth, text) => self.input(nth, Input::Text(text.to_owned())),
            Op::Binary(nth) => self.input(nth, Input::Binary(1)),
            Op::Hint(hint) => self.client.handle_hint(now, hint),
            Op::Pass(ms) => {
                self.now = now + millis(ms);
                self.client.handle_timeout(self.now);
            }
            Op::Drift(ms) => self.now = now + millis(ms),
            Op::Timer => {
                self.now = self.client.poll_timeout().unwrap_or(now).max(now);
                self.client.handle_timeout(self.now);
            }
        }
    }
}

/// What the app does.
impl World {
    fn is_open(&self) -> bool {
        matches!(self.link, Some((_, Phase::Open)))
    }

    fn message(&mut self) -> Message {
        self.numbers += 1;
        Message::new("echo", self.numbers.into())
    }

    fn call(&mut self, timeout: Option<u64>, idempotent: bool) {
        let mut options = CallOptions::new().idempotent(idempotent);
        options.timeout = timeout.map(millis);
        let message = self.message();
        let called = self.client.call_with(self.now, &message, &options).map(Some);
        self.submitted(called, timeout.unwrap_or(REQUEST_TIMEOUT), idempotent, true);
    }

    fn send(&mut self) {
        let message = self.message();
        let sent = self.client.send(self.now, &message);
        assert!(sent.is_err() || self.is_open() == matches!(sent, Ok(Sent::Now)));
        if sent == Ok(Sent::Now) {
            self.reference.leaving.push(self.numbers);
        }
        let queued = sent.map(|sent| if let Sent::Queued(id) = sent { Some(id) } else { None });
        self.submitted(queued, REQUEST_TIMEOUT, false, false);
    }

    fn submitted(&mut self, id: Result<Option<CallId>, NotSent>, timeout: u64, idempotent: bool, wants_reply: bool) {
        let is_full = !self.is_open() && self.client.queued() >= CAPACITY;
        match id {
            Ok(None) => {}
            Ok(Some(id)) => {
                let (number, deadline) = (self.numbers, self.now + millis(timeout));
                let call = Call { number, deadline, idempotent, wants_reply, in_flight: false, was_sent: false };
                self.idempotent.extend(idempotent.then_some(number));
                self.reference.submitted(id, call, self.is_open());
            }
            Err(NotSent::Closed(_)) => assert!(self.client.state().is_closed()),
            Err(NotSent::QueueFull(_)) => assert!(is_full),
            Err(other) => panic!("{other:?}"),
        }
    }

    fn cancel(&mut self, nth: usize) {
        let Some(id) = self.reference.calls.keys().nth(nth).copied() else { return };
        assert!(self.client.cancel(id).is_some());
        assert!(self.client.cancel(id).is_none());
        self.reference.cancelled(id);
    }
}

/// What happens on a link.
impl World {
    fn input(&mut self, nth: usize, input: Input) {
        let Some(link) = self.links.iter().nth_back(nth).copied() else { return };
        match (self.link.filter(|(current, _)| *current == link).map(|(_, phase)| phase), &input) {
            (None, _) => {
                self.stale.insert(self.steps);
            }
            (Some(Phase::Opening), Input::Opened) => {
                self.link = Some((link, Phase::Open));
                (self.last_on_link, self.life) = (None, self.now);
                self.reference.opened(self.now);
            }
            (Some(Phase::Open), Input::Text(_) | Input::Binary(_)) => self.life = self.now,
            (Some(phase), Input::Closed(_)) => self.is_gone(phase),
            (Some(Phase::Resolving), Input::Unresolved) => self.link = None,
            _ => {}
        }
        self.client.handle_input(self.now, link, input);
    }

    fn answer(&mut self, nth: usize, which: usize) {
        let Some(number) = self.order.iter().nth_back(which).copied() else { return };
        let on_current = self.is_open() && nth == 0;
        let text = frame(&self.sent[&number].0, 200);
        if on_current {
            self.reference.answered(number);
        }
        self.input(nth, Input::Text(text));
    }

    fn is_gone(&mut self, phase: Phase) {
        self.link = None;
        if phase == Phase::Open {
            self.reference.lost();
        }
    }
}

/// What comes out.
impl World {
    fn drain(&mut self, op: Op) {
        while let Some(transmit) = self.client.poll_transmit() {
            self.note(|| match &transmit {
                Transmit::Send { link, text, .. } => format!("{link}: {text}"),
                other => format!("{other:?}"),
            });
            self.carry_out(op, transmit);
        }
        while let Some(event) = self.client.poll_event() {
            self.note(|| format!("{event:?}"));
            self.meet(&event);
            self.take_note_of(op, event);
        }
    }

    fn note(&mut self, what: impl FnOnce() -> String) {
        if self.is_traced {
            self.trace.push(format!("{}: {}", self.now, what()));
        }
    }

    fn meet(&mut self, event: &Event) {
        if self.is_traced {
            // `StateChanged(Closed(GaveUp`, `Settled { call: CallId(`, `Notice { notice: OddField`
            let name = format!("{event:?}");
            let words = name.split(|c: char| !c.is_alphabetic()).filter(|word| word.starts_with(char::is_uppercase));
            let name = words.filter(|word| *word != "CallId").take(3).collect::<Vec<_>>().join(" ");
            self.met.insert(name);
        }
    }

    fn carry_out(&mut self, op: Op, transmit: Transmit) {
        match transmit {
            Transmit::Resolve { link } => {
                assert_eq!(self.link, None, "{link} is opened beside another one");
                self.link = Some((link, Phase::Resolving));
                self.links.push(link);
            }
            Transmit::Connect { link, .. } => {
                assert_eq!(self.link, Some((link, Phase::Resolving)));
                self.link = Some((link, Phase::Opening));
            }
            Transmit::Send { link, text, .. } => {
                assert_eq!(self.link, Some((link, Phase::Open)), "a frame on {link}");
                self.leaves(link, &text);
            }
            Transmit::Close { link, .. } => {
                let Some((current, phase @ (Phase::Opening | Phase::Open))) = self.link else {
                    panic!("{link} is over")
                };
                assert!(link == current && matches!(op, Op::Close | SUSPENDED));
                if op == SUSPENDED {
                    self.is_gone(phase);
                }
                self.link = Some((link, Phase::Closing));
            }
            Transmit::Abandon { link } => {
                let Some((current, phase)) = self.link else { panic!("{link} is over and let go again") };
                assert_eq!(link, current);
                let is_silent = self.now - self.life >= millis(SILENCE);
                let is_wanted = matches!(op, Op::Reconnect | Op::Connect | Op::Close | SUSPENDED);
                assert!(is_wanted || phase != Phase::Open || is_silent, "a link that is alive is let go");
                self.is_gone(phase);
            }
            other => panic!("{other:?}"),
        }
    }

    fn leaves(&mut self, link: LinkId, text: &str) {
        let field = |name: &str| text.split_once(name).map(|(_, rest)| rest.split(['"', ',', '}']).next());
        let uuid = field(r#""uuid":""#).flatten().expect("a uuid").to_owned();
        // A ping has no number.
        let Some(number) = field(r#""payload":"#).flatten().and_then(|number| number.parse().ok()) else { return };
        assert!(self.last_on_link.is_none_or(|last| last < number), "{number} leaves after {:?}", self.last_on_link);
        self.last_on_link = Some(number);
        let (first, last_link, times) = self.sent.entry(number).or_insert_with(|| (uuid.clone(), link, 0));
        *times += 1;
        assert_eq!(*first, uuid, "another uuid for the same call");
        assert!(*times == 1 || (self.idempotent.contains(&number) && *last_link < link), "{number} leaves twice");
        self.replays += usize::from(*times > 1);
        *last_link = link;
        self.order.push(number);
        self.left.push(number);
    }

    fn take_note_of(&mut self, op: Op, event: Event) {
        let (id, end) = match event {
            Event::Settled { call, outcome: Ok(_) | Err(CallError::Replied(_)) } => (call, End::Replied),
            Event::Settled { call, outcome: Err(CallError::OutcomeUnknown(_)) } => (call, End::Unknown),
            Event::Settled { call, outcome: Err(CallError::NotSent(_)) } => (call, End::NotSent),
            Event::Unsent { message, .. } => (message, End::NotSent),
            Event::StateChanged(SocketState::Closed(reason)) => match reason {
                CloseReason::ByApp => return assert_eq!(op, Op::Close),
                CloseReason::Refused(_) => return assert_eq!(op, Op::Lost(0, 1008)),
                _ => return,
            },
            _ => return,
        };
        assert_eq!(self.settled.insert(id, end), None, "{id} is settled twice");
    }

    fn check(&mut self) {
        for id in self.settled.keys() {
            self.reference.may_have_ended(*id, self.now);
        }
        assert_eq!(self.settled, self.reference.settled);
        assert_eq!(self.left, self.reference.leaving);
        self.settled.clear();
        self.left.clear();
        self.reference.settled.clear();
        self.reference.leaving.clear();
        let is_queued = |call: &Call| !call.in_flight;
        let fresh = self.reference.count(|call| is_queued(call) && !call.was_sent);
        assert_eq!(self.client.queued(), self.reference.count(is_queued));
        assert_eq!(self.client.in_flight(), self.reference.count(|call| call.in_flight));
        // Only what was taken back may exceed the bounds.
        assert!(fresh <= CAPACITY);
        let state = self.client.state();
        assert_eq!(state.is_open(), self.is_open(), "{state}");
        let is_opening = matches!(self.link, Some((_, Phase::Resolving | Phase::Opening)));
        assert_eq!(matches!(state, SocketState::Connecting { .. }), is_opening, "{state}");
        assert!(state.is_closed() || !matches!(self.link, Some((_, Phase::Closing))));
        let is_at_rest = state.is_closed() || state == SocketState::Idle;
        assert_eq!(self.client.poll_timeout().is_none(), is_at_rest && self.link.is_none() && !self.has_deadlines());
    }

    fn has_deadlines(&self) -> bool {
        !self.reference.calls.is_empty()
    }
}
