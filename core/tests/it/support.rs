//! What the tests share.

use std::fs;
use std::path::Path;
use std::time::Duration;

use leptos_socket_core::sim::{Answer, Sim};
use leptos_socket_core::{
    CallError, CallId, Client, CloseCode, Endpoint, Event, Incoming, Input, Instant, LinkId, Message, Notice,
    SocketConfig, SocketConfigBuilder, SocketState, Transmit,
};
use serde_json::{Value, json};

pub(crate) const SEED: u64 = 7;

pub(crate) const fn secs(secs: u64) -> Duration {
    Duration::from_secs(secs)
}

pub(crate) const fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// The [`defaults`], with what is set.
pub(crate) fn config(set: impl FnOnce(SocketConfigBuilder) -> SocketConfigBuilder) -> SocketConfig {
    set(SocketConfig::builder().max_reconnect_attempts(Some(5))).build().unwrap()
}

/// The defaults, except that attempts are limited as in the original: so a test can see them spent.
pub(crate) fn defaults() -> SocketConfig {
    config(|c| c)
}

/// An open socket with the [`defaults`], whose server knows `echo` and `never` (which is never answered).
pub(crate) fn connected() -> Sim {
    connected_with(defaults())
}

pub(crate) fn connected_with(config: SocketConfig) -> Sim {
    let mut sim = Sim::connected(config, SEED);
    assert!(sim.state().is_open());
    script(&mut sim);
    sim
}

/// A socket that was never told to connect.
pub(crate) fn idle_with(config: SocketConfig) -> Sim {
    let mut sim = Sim::new(config, SEED);
    script(&mut sim);
    sim
}

fn script(sim: &mut Sim) {
    sim.server.on("echo", Answer::echo());
    sim.server.on("never", Answer::nothing());
}

pub(crate) fn message(route: &str) -> Message {
    Message::new(route, json!({ "n": 1 }))
}

/// A call that must be accepted.
pub(crate) fn call(sim: &mut Sim, route: &str) -> CallId {
    sim.call(&message(route)).unwrap()
}

/// The link still does what it is there for.
#[track_caller]
pub(crate) fn assert_works(sim: &mut Sim) {
    let call = call(sim, "echo");
    sim.drive();
    assert_eq!(reply(sim, call).payload().as_str(), r#"{"n":1}"#);
    assert!(sim.state().is_open());
}

#[track_caller]
pub(crate) fn reply(sim: &Sim, call: CallId) -> &Incoming {
    sim.outcome(call).expect("an outcome").as_ref().expect("a reply")
}

#[track_caller]
pub(crate) fn error(sim: &Sim, call: CallId) -> &CallError {
    sim.outcome(call).expect("an outcome").as_ref().expect_err("an error")
}

/// The routes of what reached the server, pings left out.
pub(crate) fn routes(sim: &Sim) -> Vec<&str> {
    sim.server.received().map(|received| received.route.as_str()).collect()
}

/// A client without a world, for orders of events that no world would give.
pub(crate) struct ByHand {
    pub(crate) client: Client,
    pub(crate) now: Instant,
    /// How many bytes wait in the link.
    pub(crate) buffered: usize,
    polled: Vec<Transmit>,
}

impl ByHand {
    pub(crate) fn new(config: SocketConfig) -> Self {
        Self { client: Client::new(config, SEED), now: Instant::ZERO, buffered: 0, polled: Vec::new() }
    }

    /// With a link that is open, whose first ping left and is not answered.
    pub(crate) fn open(config: SocketConfig) -> (Self, LinkId) {
        let (mut hand, link) = Self::connecting(config);
        hand.input(link, Input::Opened);
        hand.fire();
        (hand, link)
    }

    pub(crate) fn connecting(config: SocketConfig) -> (Self, LinkId) {
        let mut hand = Self::new(config);
        hand.client.connect(hand.now);
        let link = hand.link();
        (hand, link)
    }

    /// The link that the client just asked for, which now knows where to go.
    #[track_caller]
    pub(crate) fn link(&mut self) -> LinkId {
        let resolve = self.transmits().into_iter().find_map(|transmit| match transmit {
            Transmit::Resolve { link } => Some(link),
            _ => None,
        });
        let link = resolve.expect("a new link");
        self.input(link, Input::Resolved(endpoint()));
        assert_eq!(self.transmits(), [Transmit::Connect { link, endpoint: endpoint() }]);
        link
    }

    /// The link was lost, and this is the next one, open. Its ping has left.
    #[track_caller]
    pub(crate) fn next_link(&mut self) -> LinkId {
        self.pass(secs(1));
        let link = self.link();
        self.input(link, Input::Opened);
        let ping = self.client.poll_transmit(self.now, 0);
        assert!(matches!(ping, Some(Transmit::Send { message: None, .. })), "{ping:?}");
        link
    }

    pub(crate) fn input(&mut self, link: LinkId, input: Input) {
        self.client.handle_input(self.now, link, input);
    }

    pub(crate) fn text(&mut self, link: LinkId, text: impl Into<String>) {
        self.input(link, Input::Text(text.into()));
    }

    pub(crate) fn fire(&mut self) {
        self.client.handle_timeout(self.now);
        assert!(self.client.poll_timeout().is_none_or(|at| at > self.now || self.now == Instant::END));
        self.poll();
    }

    /// Does what a driver does after everything that happens.
    fn poll(&mut self) {
        self.polled.extend(std::iter::from_fn(|| self.client.poll_transmit(self.now, self.buffered)));
    }

    /// Lets time pass, and the timers fire only at the end of it.
    pub(crate) fn pass(&mut self, duration: Duration) {
        self.poll();
        self.now = self.now + duration;
        self.fire();
    }

    pub(crate) fn call(&mut self, route: &str) -> CallId {
        self.client.call(self.now, &message(route)).unwrap()
    }

    pub(crate) fn transmits(&mut self) -> Vec<Transmit> {
        self.poll();
        std::mem::take(&mut self.polled)
    }

    /// The frames that leave, decoded.
    pub(crate) fn frames(&mut self) -> Vec<Value> {
        let texts = self.transmits().into_iter().filter_map(|transmit| match transmit {
            Transmit::Send { text, .. } => Some(text),
            _ => None,
        });
        texts.map(|text| serde_json::from_str(&text).unwrap()).collect()
    }

    /// The frames that leave, pings left out.
    pub(crate) fn messages(&mut self) -> Vec<Value> {
        self.frames().into_iter().filter(|frame| frame["route"] != "PING").collect()
    }

    /// The uuid of the one frame that leaves.
    #[track_caller]
    pub(crate) fn uuid(&mut self) -> String {
        let frames = self.frames();
        assert_eq!(frames.len(), 1, "{frames:?}");
        frames[0]["uuid"].as_str().unwrap().to_owned()
    }

    pub(crate) fn events(&mut self) -> Vec<Event> {
        std::iter::from_fn(|| self.client.poll_event()).collect()
    }

    /// The one call that was settled since the last look, and how.
    #[track_caller]
    pub(crate) fn settled(&mut self) -> (CallId, Result<Incoming, CallError>) {
        let settled = self.events().into_iter().filter_map(|event| match event {
            Event::Settled { call, outcome } => Some((call, outcome)),
            _ => None,
        });
        let mut settled: Vec<_> = settled.collect();
        assert_eq!(settled.len(), 1, "{settled:?}");
        settled.remove(0)
    }

    /// The notices since the last look, with their counts.
    pub(crate) fn notices(&mut self) -> Vec<(Notice, u64)> {
        let notices = self.events().into_iter().filter_map(|event| match event {
            Event::Notice { notice, count } => Some((notice, count)),
            _ => None,
        });
        notices.collect()
    }
}

/// The link does not take the frame that leaves next, and is gone.
pub(crate) fn refuse(hand: &mut ByHand, link: LinkId) {
    let not_taken = offered(hand);
    hand.input(link, not_taken);
    hand.input(link, Input::Closed(CloseCode::ABNORMAL));
}

/// What a driver reports if the link does not take the frame that leaves next.
pub(crate) fn offered(hand: &mut ByHand) -> Input {
    let Some(Transmit::Send { message, text, .. }) = hand.client.poll_transmit(hand.now, 0) else { panic!("a frame") };
    Input::NotTaken { message, text }
}

/// The name of a state, for tables.
pub(crate) fn name(state: SocketState) -> String {
    state.to_string().split([' ', ':']).next().unwrap_or_default().to_owned()
}

/// A reply as `django-channels-router` writes it.
pub(crate) fn frame(uuid: &str, status: u16) -> String {
    format!(r#"{{"uuid": "{uuid}", "route": "echo", "headers": null, "payload": 1, "status": {status}}}"#)
}

pub(crate) fn endpoint() -> Endpoint {
    Endpoint::parse("ws://server/").unwrap()
}

/// A page of `docs/` that is generated is as it would be generated now. `UPDATE_DOCS=1` makes it so.
#[track_caller]
pub(crate) fn assert_page(name: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs").join(name);
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&path, text).unwrap();
    }
    let page = fs::read_to_string(&path).unwrap_or_default();
    assert!(page == text, "docs/{name} is not what the code does. UPDATE_DOCS=1 writes it anew:\n{text}");
}
