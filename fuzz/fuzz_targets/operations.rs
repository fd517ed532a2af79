//! Any operations in any order of an app, a server, a network and a clock: each call is settled exactly once, after
//! `handle_timeout` the next timeout is later than now, and at rest nothing is left.

#![no_main]

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use arbitrary::Arbitrary;
use leptos_socket_core::{
    CallError, CallId, CallOptions, Client, CloseCode, Endpoint, Event, Hint, Input, Instant, LinkId, Message, Sent,
    SocketConfig, Transmit,
};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

#[derive(Arbitrary, Debug)]
enum Op {
    Connect,
    Reconnect,
    Close,
    Call {
        timeout: Option<u16>,
        idempotent: bool,
    },
    Send,
    Cancel(u8),
    Hint(u8),
    /// On one of the links, counted from the newest; so do the others.
    Resolved(u8),
    Unresolved(u8),
    Opened(u8),
    Lost(u8, u16),
    Binary(u8),
    Text(u8, String),
    /// To one of the calls that left, counted from the newest.
    Answer(u8, u8),
    Pass(u16),
    Sleep(u32),
    Timer,
}

fuzz_target!(|ops: Vec<Op>| {
    let mut world = World::new();
    for op in ops {
        world.run(op);
    }
    world.run(Op::Close);
    assert!(world.open.is_empty(), "{:?}", world.open);
    assert!(world.unsent.is_empty(), "{:?}", world.unsent);
    // The link that lingers is let go, and then nothing is due.
    world.run(Op::Timer);
    assert_eq!(world.client.poll_timeout(), None);
    assert_eq!((world.client.in_flight(), world.client.queued()), (0, 0));
});

const CAPACITY: usize = 4;

struct World {
    client: Client,
    now: Instant,
    links: Vec<LinkId>,
    /// What is neither settled nor cancelled, and its number.
    open: BTreeMap<CallId, u64>,
    /// What waits and wants no reply.
    unsent: BTreeSet<CallId>,
    numbers: u64,
    /// How often the frame of each number left.
    left: BTreeMap<u64, u32>,
    idempotent: BTreeSet<u64>,
    uuids: Vec<String>,
}

impl World {
    fn new() -> Self {
        let seconds = Duration::from_secs;
        let config = SocketConfig::builder()
            .request_timeout(seconds(3))
            .connect_timeout(seconds(2))
            .close_timeout(seconds(1))
            .min_uptime(seconds(1))
            .heartbeat_rate(seconds(2))
            .heartbeat_timeout_duration(Duration::from_millis(1_500))
            .busy_timeout(seconds(4))
            .queue_capacity(CAPACITY)
            .backoff_max(seconds(2))
            .max_reconnect_attempts(Some(3));
        Self {
            client: Client::new(config.build().expect("a config"), 3),
            now: Instant::ZERO,
            links: Vec::new(),
            open: BTreeMap::new(),
            unsent: BTreeSet::new(),
            numbers: 0,
            left: BTreeMap::new(),
            idempotent: BTreeSet::new(),
            uuids: Vec::new(),
        }
    }

    fn run(&mut self, op: Op) {
        let now = self.now;
        match op {
            Op::Connect => self.client.connect(now),
            Op::Reconnect => self.client.reconnect(now),
            Op::Close => self.client.close(now),
            Op::Call { timeout, idempotent } => self.call(timeout, idempotent),
            Op::Send => self.send(),
            Op::Cancel(nth) => self.cancel(nth),
            Op::Hint(hint) => {
                let hints = [Hint::Online, Hint::Offline, Hint::Frozen, Hint::Suspended, Hint::Resumed];
                self.client.handle_hint(now, hints[usize::from(hint) % hints.len()]);
            }
            Op::Resolved(nth) => {
                self.input(nth, Input::Resolved(Endpoint::parse("ws://server/").expect("a URL")));
            }
            Op::Unresolved(nth) => self.input(nth, Input::Unresolved),
            Op::Opened(nth) => self.input(nth, Input::Opened),
            Op::Lost(nth, code) => self.input(nth, Input::Closed(CloseCode::new(code))),
            Op::Binary(nth) => self.input(nth, Input::Binary(1)),
            Op::Text(nth, text) => self.input(nth, Input::Text(text)),
            Op::Answer(nth, which) => self.answer(nth, which),
            Op::Pass(millis) => self.pass(Duration::from_millis(millis.into())),
            Op::Sleep(seconds) => self.pass(Duration::from_secs(seconds.into())),
            Op::Timer => {
                self.now = self.client.poll_timeout().unwrap_or(now).max(now);
                self.pass(Duration::ZERO);
            }
        }
        self.look();
    }

    fn message(&mut self) -> Message {
        self.numbers += 1;
        Message::new("echo", self.numbers.into())
    }

    fn call(&mut self, timeout: Option<u16>, idempotent: bool) {
        let message = self.message();
        let mut options = CallOptions::new().idempotent(idempotent);
        options.timeout = timeout.map(|millis| Duration::from_millis(millis.into()));
        if idempotent {
            self.idempotent.insert(self.numbers);
        }
        if let Ok(call) = self.client.call_with(self.now, &message, &options) {
            assert_eq!(self.open.insert(call, self.numbers), None);
        }
    }

    fn send(&mut self) {
        let message = self.message();
        if let Ok(Sent::Queued(id)) = self.client.send(self.now, &message) {
            self.unsent.insert(id);
        }
    }

    fn cancel(&mut self, nth: u8) {
        let Some(call) = self.open.keys().nth(nth.into()).copied() else { return };
        assert!(self.client.cancel(call).is_some() && self.client.cancel(call).is_none());
        self.open.remove(&call);
    }

    fn input(&mut self, nth: u8, input: Input) {
        let Some(link) = self.links.iter().nth_back(nth.into()) else { return };
        self.client.handle_input(self.now, *link, input);
    }

    fn answer(&mut self, nth: u8, which: u8) {
        let Some(uuid) = self.uuids.iter().nth_back(which.into()) else { return };
        self.input(nth, Input::Text(format!(r#"{{"uuid": "{uuid}", "status": 200}}"#)));
    }

    fn pass(&mut self, duration: Duration) {
        self.now = self.now + duration;
        self.client.handle_timeout(self.now);
        let next = self.client.next_timer();
        assert!(next.is_none_or(|(_, at)| at > self.now), "at {} there is still {next:?}", self.now);
    }

    /// Takes all that the client has to say, and checks what must hold at any time.
    fn look(&mut self) {
        while let Some(transmit) = self.client.poll_transmit() {
            match transmit {
                Transmit::Resolve { link } => self.links.push(link),
                Transmit::Send { link, text, .. } => {
                    assert_eq!(Some(&link), self.links.last(), "only the newest link is used");
                    self.count(&text);
                }
                Transmit::Connect { .. } | Transmit::Close { .. } | Transmit::Abandon { .. } => {}
                Transmit::Measure { link } => self.client.handle_input(self.now, link, Input::Buffered(0)),
                other => panic!("{other:?}"),
            }
        }
        while let Some(event) = self.client.poll_event() {
            self.record(event);
        }
        if self.client.state().is_open() || self.client.state().is_closed() {
            self.unsent.clear();
            assert_eq!(self.client.queued(), 0);
        }
        assert!(self.client.state().is_open() || self.client.in_flight() == 0);
        assert_eq!(self.client.in_flight() + self.client.queued(), self.open.len() + self.unsent.len());
    }

    fn count(&mut self, text: &str) {
        let message: Value = serde_json::from_str(text).expect("JSON");
        let Some(number) = message["payload"].as_u64() else { return };
        self.uuids.push(message["uuid"].as_str().expect("a uuid").to_owned());
        let times = self.left.entry(number).or_default();
        *times += 1;
        assert!(*times == 1 || self.idempotent.contains(&number), "{number} left twice");
    }

    fn record(&mut self, event: Event) {
        match event {
            Event::Settled { call, outcome } => {
                let number = self.open.remove(&call).expect("a call that is open");
                let is_unsent = matches!(outcome, Err(CallError::NotSent(_)));
                assert_eq!(self.left.contains_key(&number), !is_unsent, "{call}: {outcome:?}");
            }
            Event::Unsent { message, .. } => assert!(self.unsent.remove(&message)),
            Event::StateChanged(_) | Event::Push(_) | Event::Gap { .. } | Event::Notice { .. } => {}
            other => panic!("{other:?}"),
        }
    }
}
