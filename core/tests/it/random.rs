//! Anything in any order: an app, a server, a network and a clock that do what they like.

use std::collections::{BTreeMap, BTreeSet};

use leptos_socket_core::{
    CallError, CallId, CallOptions, Client, CloseCode, Event, Hint, Input, Instant, LinkId, Message, Sent,
    SocketConfig, SocketState, Transmit,
};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use serde_json::Value;

use crate::support::{config, frame, millis, secs};

#[derive(Clone, Debug)]
enum Op {
    Connect,
    Reconnect,
    Close,
    Call {
        timeout: Option<u64>,
    },
    Send,
    Cancel(usize),
    Hint(Hint),
    /// On one of the last links, counted from the newest.
    Opened(usize),
    Lost(usize, u16),
    Binary(usize),
    Text(usize, &'static str),
    /// To one of the frames that left, counted from the newest.
    Answer(usize, usize),
    Pass(u64),
    /// To the next timer.
    Timer,
}

const CAPACITY: usize = 3;

/// Everything is short, so that much happens.
fn hasty() -> SocketConfig {
    config(|c| {
        let c = c.request_timeout(secs(3)).connect_timeout(secs(2)).close_timeout(secs(1)).min_uptime(secs(1));
        let c = c.heartbeat_rate(secs(2)).heartbeat_timeout_duration(millis(1_500)).queue_capacity(CAPACITY);
        c.max_reconnect_attempts(Some(3)).backoff_max(secs(2))
    })
}

/// Every number is an operation, which is much faster to draw than a tree of choices. Those that make things happen come
/// more often.
fn op(number: u32) -> Op {
    let (choice, rest) = (number % 48, (number / 48) as usize);
    // Mostly the newest link.
    let link = (rest % 16).saturating_sub(12);
    let rest = rest / 16;
    match choice {
        0..2 => Op::Connect,
        2 => Op::Reconnect,
        3 => Op::Close,
        4..12 => Op::Call { timeout: rest.is_multiple_of(4).then_some(rest as u64 % 5_000) },
        12..14 => Op::Send,
        14..16 => Op::Cancel(rest % 8),
        16 => Op::Hint([Hint::Online, Hint::Offline, Hint::Resumed][rest % 3]),
        17..25 => Op::Opened(link),
        25..27 => Op::Lost(link, [1006, 1006, 1011, 1008, 4000][rest % 5]),
        27 => Op::Binary(link),
        28..30 => Op::Text(link, ["{}", "[", r#"{"route":"PONG"}"#][rest % 3]),
        30..38 => Op::Answer(link, rest % 6),
        38..42 => Op::Pass(if rest.is_multiple_of(10) { 3_600_000 } else { rest as u64 % 4_000 }),
        _ => Op::Timer,
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Link {
    Opening,
    Open,
    /// Closed, or told to close.
    Over,
}

/// The client, and all that must hold of it.
struct World {
    client: Client,
    now: Instant,
    links: BTreeMap<LinkId, Link>,
    /// What was called and neither settled nor cancelled, with the number in its payload.
    unsettled: BTreeMap<CallId, u64>,
    queued_sends: BTreeSet<CallId>,
    numbers: u64,
    /// The numbers that left.
    sent: Vec<u64>,
    uuids: Vec<String>,
}

impl World {
    fn new() -> Self {
        Self {
            client: Client::new(hasty(), 3),
            now: Instant::ZERO,
            links: BTreeMap::new(),
            unsettled: BTreeMap::new(),
            queued_sends: BTreeSet::new(),
            numbers: 0,
            sent: Vec::new(),
            uuids: Vec::new(),
        }
    }

    fn run(&mut self, op: Op) {
        let now = self.now;
        match op {
            Op::Connect => self.client.connect(now),
            Op::Reconnect => self.client.reconnect(now),
            Op::Close => self.client.close(now),
            Op::Call { timeout } => self.call(timeout),
            Op::Send => self.send(),
            Op::Cancel(nth) => self.cancel(nth),
            Op::Hint(hint) => self.client.handle_hint(now, hint),
            Op::Opened(nth) => self.opened(nth),
            Op::Lost(nth, code) => self.lost(nth, code),
            Op::Binary(nth) => self.input(nth, Input::Binary(1)),
            Op::Text(nth, text) => self.input(nth, Input::Text(text.into())),
            Op::Answer(nth, which) => self.answer(nth, which),
            Op::Pass(ms) => {
                self.now = self.now + millis(ms);
                self.fire();
            }
            Op::Timer => {
                self.now = self.client.poll_timeout().unwrap_or(self.now).max(self.now);
                self.fire();
            }
        }
        self.drain();
    }

    fn message(&mut self) -> Message {
        self.numbers += 1;
        Message::new("echo", self.numbers.into())
    }

    fn call(&mut self, timeout: Option<u64>) {
        let mut options = CallOptions::default();
        options.timeout = timeout.map(millis);
        let message = self.message();
        if let Ok(call) = self.client.call_with(self.now, &message, &options) {
            assert_eq!(self.unsettled.insert(call, self.numbers), None);
        }
    }

    fn send(&mut self) {
        let message = self.message();
        if let Ok(Sent::Queued(id)) = self.client.send(self.now, &message) {
            self.queued_sends.insert(id);
        }
    }

    fn cancel(&mut self, nth: usize) {
        let Some(call) = self.unsettled.keys().nth(nth).copied() else { return };
        assert!(self.client.cancel(call));
        assert!(!self.client.cancel(call));
        self.unsettled.remove(&call);
    }

    fn opened(&mut self, nth: usize) {
        let Some((link, state)) = self.links.iter_mut().nth_back(nth) else { return };
        if *state == Link::Opening {
            *state = Link::Open;
        }
        self.client.handle_input(self.now, *link, Input::Opened);
    }

    fn lost(&mut self, nth: usize, code: u16) {
        let Some((link, state)) = self.links.iter_mut().nth_back(nth) else { return };
        *state = Link::Over;
        self.client.handle_input(self.now, *link, Input::Closed(CloseCode::new(code)));
    }

    fn input(&mut self, nth: usize, input: Input) {
        let Some((link, _)) = self.links.iter().nth_back(nth) else { return };
        self.client.handle_input(self.now, *link, input);
    }

    fn answer(&mut self, nth: usize, which: usize) {
        let Some(uuid) = self.uuids.iter().nth_back(which) else { return };
        self.input(nth, Input::Text(frame(uuid, 200)));
    }

    fn fire(&mut self) {
        self.client.handle_timeout(self.now);
        assert!(self.client.poll_timeout().is_none_or(|at| at > self.now));
    }

    fn drain(&mut self) {
        while let Some(transmit) = self.client.poll_transmit() {
            self.carry_out(transmit);
        }
        while let Some(event) = self.client.poll_event() {
            self.record(event);
        }
        if matches!(self.client.state(), SocketState::Open | SocketState::Closed(_)) {
            self.queued_sends.clear();
            assert_eq!(self.client.queued(), 0);
        }
        assert!(self.client.queued() <= CAPACITY);
        assert!(self.client.state().is_open() || self.client.in_flight() == 0);
        let owed = self.unsettled.len() + self.queued_sends.len();
        assert_eq!(self.client.queued() + self.client.in_flight(), owed);
    }

    fn carry_out(&mut self, transmit: Transmit) {
        match transmit {
            Transmit::Connect { link } => {
                assert!(self.links.values().all(|state| *state == Link::Over), "{link} beside {:?}", self.links);
                assert_eq!(self.links.insert(link, Link::Opening), None);
            }
            Transmit::Send { link, text } => {
                assert_eq!(self.links[&link], Link::Open, "a frame on {link}");
                self.left(&text);
            }
            // The last chance of a link that was told to close is to be abandoned.
            Transmit::Close { link, .. } => assert_ne!(self.links[&link], Link::Over),
            Transmit::Abandon { link } => {
                assert_ne!(self.links.insert(link, Link::Over), Some(Link::Over), "{link} is let go twice");
            }
            other => panic!("{other:?}"),
        }
    }

    fn left(&mut self, text: &str) {
        let message: Value = serde_json::from_str(text).unwrap();
        self.uuids.push(message["uuid"].as_str().unwrap().to_owned());
        if let Some(number) = message["payload"].as_u64() {
            assert!(self.sent.last().is_none_or(|last| *last < number), "{number} left after {:?}", self.sent.last());
            self.sent.push(number);
        }
    }

    fn record(&mut self, event: Event) {
        match event {
            Event::Settled { call, outcome } => {
                let number = self.unsettled.remove(&call).expect("a call that is open");
                let is_unsent = matches!(outcome, Err(CallError::NotSent(_)));
                assert_eq!(self.sent.contains(&number), !is_unsent, "{call}: {outcome:?}");
            }
            Event::Unsent { message, .. } => assert!(self.queued_sends.remove(&message)),
            Event::StateChanged(_) | Event::Push(_) | Event::Notice { .. } => {}
            other => panic!("{other:?}"),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: ProptestConfig::default().cases.max(1_000),
        // The same cases each time: a run that fails by chance is nobody's fault, and is ignored.
        rng_seed: RngSeed::Fixed(7),
        ..ProptestConfig::default()
    })]

    #[test]
    fn whatever_happens_each_call_is_settled_once_and_nothing_is_left(ops in prop::collection::vec(any::<u32>().prop_map(op), 0..80)) {
        let mut world = World::new();
        for op in ops {
            world.run(op);
        }
        world.run(Op::Close);
        prop_assert!(world.unsettled.is_empty(), "{:?}", world.unsettled);
        // The link that lingers is let go, and then nothing is due.
        world.run(Op::Timer);
        prop_assert_eq!(world.client.poll_timeout(), None);
        prop_assert_eq!((world.client.in_flight(), world.client.queued()), (0, 0));
    }
}
