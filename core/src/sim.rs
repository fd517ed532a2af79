//! A test kit: one client, a server that follows a script, a network with faults, and a clock that only you move.
//!
//! ```text
//!   your test ──verbs──▶ Client ──frames──▶ Network ──latency, faults──▶ Server
//!       ▲                  │  ▲                │  ▲                        │
//!       └────events────────┘  └────inputs──────┘  └────answers, pushes─────┘
//! ```
//!
//! Nothing waits, and a run is a pure function of the script and the seed. Time stands still except for
//! [`step`](Sim::step), [`drive`](Sim::drive), [`advance`](Sim::advance) and [`sleep`](Sim::sleep).
//!
//! ```
//! use leptos_socket_core::sim::{Answer, Handshake, Sim};
//! use leptos_socket_core::{CloseCode, Message, SocketConfig};
//! use serde_json::json;
//! use std::time::Duration;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! // A call that is made during an outage of 20 s gets its reply after it.
//! let mut sim = Sim::connected(SocketConfig::builder().max_reconnect_attempts(None).build()?, 7);
//! sim.server.on("sayHello", Answer::ok(json!("Hello, World!")));
//!
//! sim.network.handshake = Handshake::Refused;
//! sim.server_close(CloseCode::ABNORMAL);
//! sim.advance(Duration::from_secs(10));
//! let call = sim.call(&Message::new("sayHello", json!({ "name": "World" })))?;
//! sim.advance(Duration::from_secs(10));
//! assert!(sim.outcome(call).is_none());
//!
//! sim.network.handshake = Handshake::Accepted;
//! sim.advance(Duration::from_secs(20));
//! let reply = sim.outcome(call).expect("an outcome").as_ref().expect("a reply");
//! assert_eq!(reply.payload().as_str(), r#""Hello, World!""#);
//! # Ok(())
//! # }
//! ```
//!
//! While it runs, a simulation checks what a client promises its driver, and panics where that is broken: frames only on
//! an open link, one link at a time, each call settled once, no timer left that is due.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde::Serialize;

use crate::{
    CallError, CallId, Client, CloseCode, Event, Hint, Incoming, Input, Instant, LinkId, Message, NotSent, Notice,
    SocketConfig, SocketState,
};

mod network;
mod server;

pub use network::{Handshake, Network, Resolution};
pub use server::{Answer, Dialect, Received, Server};

use network::Delivery;

/// More steps than anything takes that comes to an end.
const MOST_STEPS: usize = 1_000_000;

/// What a call came to.
///
/// ```
/// use leptos_socket_core::sim::{Answer, Outcome, Sim};
/// use leptos_socket_core::{Message, NotSent, SocketConfig};
///
/// fn payload(outcome: &Outcome) -> Option<&str> {
///     outcome.as_ref().ok().map(|reply| reply.payload().as_str())
/// }
///
/// let mut sim = Sim::connected(SocketConfig::default(), 7);
/// sim.server.on("add", Answer::ok(3.into()));
/// let call = sim.call(&Message::new("add", [1, 2]))?;
/// sim.drive();
/// assert_eq!(sim.outcome(call).and_then(payload), Some("3"));
/// # Ok::<(), NotSent>(())
/// ```
pub type Outcome = Result<Incoming, CallError>;

/// A client and its world.
///
/// ```
/// use leptos_socket_core::sim::Sim;
/// use leptos_socket_core::{Instant, SocketConfig, SocketState};
///
/// let mut sim = Sim::new(SocketConfig::default(), 7);
/// assert_eq!(sim.state(), SocketState::Idle);
/// sim.connect();
/// sim.drive();
/// assert_eq!(sim.state(), SocketState::Open);
/// assert_eq!(sim.now(), Instant::from_millis(40)); // two round trips: the handshake, and the first ping
/// ```
#[derive(Debug)]
pub struct Sim {
    /// The network, for its faults.
    pub network: Network,
    /// The server, for its script.
    pub server: Server,
    client: Client,
    now: Instant,
    history: Vec<(Instant, Event)>,
    unsettled: BTreeSet<CallId>,
    outcomes: BTreeMap<CallId, Outcome>,
}

/// The app's verbs. Each is carried out at once.
///
/// ```
/// use leptos_socket_core::sim::Sim;
/// use leptos_socket_core::{Hint, Message, NotSent, SocketConfig, SocketState};
///
/// let mut sim = Sim::connected(SocketConfig::default(), 7);
/// let search = sim.call(&Message::new("search", "te").idempotent(true))?;
/// assert!(sim.cancel(search));
/// sim.send(&Message::new("bye", ()))?;
///
/// sim.close();
/// sim.hint(Hint::Online); // closed is closed
/// assert!(sim.state().is_closed());
/// sim.reconnect();
/// assert_eq!(sim.state(), SocketState::Connecting { attempt: 0 });
/// # Ok::<(), NotSent>(())
/// ```
impl Sim {
    /// An idle client at time zero. `seed` feeds its jitter and its uuids.
    #[must_use]
    pub fn new(config: SocketConfig, seed: u64) -> Self {
        Self {
            network: Network::default(),
            server: Server::default(),
            client: Client::new(config, seed),
            now: Instant::ZERO,
            history: Vec::new(),
            unsettled: BTreeSet::new(),
            outcomes: BTreeMap::new(),
        }
    }

    /// A client whose link is open and whose first ping is answered.
    #[must_use]
    pub fn connected(config: SocketConfig, seed: u64) -> Self {
        let mut sim = Self::new(config, seed);
        sim.connect();
        sim.drive();
        sim
    }

    /// [`Client::connect`]
    pub fn connect(&mut self) {
        self.with_client(Client::connect);
    }

    /// [`Client::reconnect`]
    pub fn reconnect(&mut self) {
        self.with_client(Client::reconnect);
    }

    /// [`Client::close`]
    pub fn close(&mut self) {
        self.with_client(Client::close);
    }

    /// [`Client::call`]
    ///
    /// # Errors
    ///
    /// As there.
    pub fn call<P: Serialize>(&mut self, message: &Message<P>) -> Result<CallId, NotSent> {
        let call = self.client.call(self.now, message)?;
        self.unsettled.insert(call);
        self.carry_out();
        Ok(call)
    }

    /// [`Client::send`]
    ///
    /// # Errors
    ///
    /// As there.
    pub fn send<P: Serialize>(&mut self, message: &Message<P>) -> Result<CallId, NotSent> {
        self.with_client(|client, now| client.send(now, message))
    }

    /// [`Client::cancel`]
    pub fn cancel(&mut self, call: CallId) -> bool {
        let cancelled = self.with_client(|client, now| client.cancel(now, call).is_some());
        if cancelled {
            self.unsettled.remove(&call);
        }
        cancelled
    }

    /// [`Client::handle_hint`]
    pub fn hint(&mut self, hint: Hint) {
        self.with_client(|client, now| client.handle_hint(now, hint));
    }
}

/// What the server and the network do of themselves, on the link that was opened last.
///
/// ```
/// use leptos_socket_core::sim::Sim;
/// use leptos_socket_core::{CloseCode, SocketConfig, SocketState};
///
/// let mut sim = Sim::connected(SocketConfig::default(), 7);
/// sim.push(r#"{ "route": "price", "payload": 9.5 }"#);
/// sim.push_binary(512); // which the protocol does not have
/// sim.drive();
/// assert_eq!((sim.pushes().count(), sim.notices().count()), (1, 1));
///
/// sim.server_close(CloseCode::RESTARTING);
/// sim.drive();
/// assert!(matches!(sim.state(), SocketState::Backoff { .. }));
///
/// let mut sim = Sim::connected(SocketConfig::default(), 7);
/// sim.cut_link(); // which nobody knows yet
/// sim.drive();
/// assert_eq!(sim.state(), SocketState::Open);
/// ```
impl Sim {
    /// The server sends a text frame, whatever is in it.
    ///
    /// # Panics
    ///
    /// Where no link was opened yet; so do the others.
    pub fn push(&mut self, text: impl Into<String>) {
        self.network.send_to_client(self.now, Input::Text(text.into()));
    }

    /// The server sends a binary frame.
    pub fn push_binary(&mut self, size: usize) {
        self.network.send_to_client(self.now, Input::Binary(size));
    }

    /// The server closes the link. With [`CloseCode::ABNORMAL`], it was killed.
    pub fn server_close(&mut self, code: CloseCode) {
        self.network.send_to_client(self.now, Input::Closed(code));
    }

    /// Nothing passes on the link any more, in either direction, and nobody is told: the laptop has changed networks. New
    /// links are not affected.
    pub fn cut_link(&mut self) {
        self.network.cut();
    }
}

/// Time.
///
/// ```
/// use leptos_socket_core::sim::Sim;
/// use leptos_socket_core::{Instant, SocketConfig};
/// use std::time::Duration;
///
/// let mut sim = Sim::new(SocketConfig::default(), 7);
/// assert!(!sim.step()); // nothing ever happens to an idle client
/// sim.connect();
/// while !sim.state().is_open() {
///     sim.step();
/// }
/// sim.drive(); // until the first ping is answered
/// sim.sleep(Duration::from_secs(8 * 3600)); // the laptop is closed over night
/// sim.advance(Duration::from_secs(1));
/// assert!(sim.state().is_open());
/// assert!(sim.now() > Instant::ZERO + Duration::from_secs(8 * 3600));
/// ```
impl Sim {
    /// What time it is.
    #[must_use]
    pub const fn now(&self) -> Instant {
        self.now
    }

    /// Goes to the next thing that happens, and does it: something arrives, or a timer of the client fires. Returns false
    /// where nothing ever will.
    pub fn step(&mut self) -> bool {
        let Some(at) = self.next() else { return false };
        self.now = self.now.max(at);
        match self.network.take_due(self.now) {
            Some((at, delivery)) => self.deliver(at, delivery),
            None => self.fire(),
        }
        true
    }

    /// Runs until nothing is under way: no frame, no handshake, no delayed answer. Timers beyond that are not waited for.
    ///
    /// # Panics
    ///
    /// Where that never happens, as with pings that come faster than their answers.
    pub fn drive(&mut self) {
        for _ in 0..MOST_STEPS {
            let is_due = self.client.poll_timeout().is_some_and(|at| at <= self.now);
            if !is_due && !self.network.is_busy() {
                return;
            }
            self.step();
        }
        panic!("at {} there is still something under way", self.now);
    }

    /// Lets this much time pass.
    pub fn advance(&mut self, by: Duration) {
        let until = self.now + by;
        while self.next().is_some_and(|at| at <= until) {
            self.step();
        }
        self.now = until;
    }

    /// The client's machine sleeps for this long: no timer fires, and what arrives is read only after it. On waking the
    /// timers come first, which is the worst case.
    pub fn sleep(&mut self, duration: Duration) {
        self.now = self.now + duration;
        self.fire();
        self.advance(Duration::ZERO);
    }
}

/// What is, and what happened.
///
/// ```
/// use leptos_socket_core::sim::{Answer, Sim};
/// use leptos_socket_core::{Message, NotSent, SocketConfig};
///
/// let mut sim = Sim::connected(SocketConfig::default(), 7);
/// sim.server.on("slow", Answer::nothing());
/// let call = sim.call(&Message::new("slow", ()))?;
/// sim.drive();
/// assert_eq!(sim.unsettled().collect::<Vec<_>>(), [call]);
/// assert_eq!(sim.client().in_flight(), 1);
/// for (at, event) in sim.history() {
///     println!("{at}: {event:?}");
/// }
/// # Ok::<(), NotSent>(())
/// ```
impl Sim {
    /// The client, for all that it can be asked.
    #[must_use]
    pub const fn client(&self) -> &Client {
        &self.client
    }

    /// [`Client::state`]
    #[must_use]
    pub const fn state(&self) -> SocketState {
        self.client.state()
    }

    /// All events so far, in their order.
    #[must_use]
    pub fn history(&self) -> &[(Instant, Event)] {
        &self.history
    }

    /// What a call came to; `None` while it is open.
    #[must_use]
    pub fn outcome(&self, call: CallId) -> Option<&Outcome> {
        self.outcomes.get(&call)
    }

    /// The calls that are neither settled nor cancelled.
    pub fn unsettled(&self) -> impl Iterator<Item = CallId> {
        self.unsettled.iter().copied()
    }

    /// All pushes so far, in their order.
    pub fn pushes(&self) -> impl Iterator<Item = &Incoming> {
        self.history.iter().filter_map(|(_, event)| if let Event::Push(push) = event { Some(push) } else { None })
    }

    /// All notices so far, in their order.
    pub fn notices(&self) -> impl Iterator<Item = &Notice> {
        self.history.iter().filter_map(|(_, event)| match event {
            Event::Notice { notice, .. } => Some(notice),
            Event::StateChanged(_)
            | Event::Settled { .. }
            | Event::Push(_)
            | Event::LateReply { .. }
            | Event::Unanswered { .. }
            | Event::Gap { .. }
            | Event::Sent { .. }
            | Event::Unsent { .. } => None,
        })
    }

    /// All states that the socket entered, in their order.
    pub fn states(&self) -> impl Iterator<Item = SocketState> {
        self.history.iter().filter_map(
            |(_, event)| {
                if let Event::StateChanged(state) = event { Some(*state) } else { None }
            },
        )
    }
}

impl Sim {
    /// Any other verb of the client, or anything that it is told, carried out at once.
    ///
    /// ```
    /// use leptos_socket_core::sim::Sim;
    /// use leptos_socket_core::{CallOptions, Message, NotSent, SocketConfig};
    ///
    /// let mut sim = Sim::connected(SocketConfig::default(), 7);
    /// let part = Message::new("upload", "abc").with_options(CallOptions::new().bounded(false));
    /// sim.with_client(|client, now| client.send(now, &part))?;
    /// sim.drive();
    /// assert_eq!(sim.server.received().count(), 1);
    /// # Ok::<(), NotSent>(())
    /// ```
    pub fn with_client<T>(&mut self, act: impl FnOnce(&mut Client, Instant) -> T) -> T {
        let result = act(&mut self.client, self.now);
        self.carry_out();
        result
    }

    fn next(&self) -> Option<Instant> {
        self.network.next_due().into_iter().chain(self.client.poll_timeout()).min()
    }

    fn deliver(&mut self, at: Instant, delivery: Delivery) {
        match delivery {
            Delivery::ToServer { link, text } => {
                for (leaves_at, input) in self.server.receive(at, link, text) {
                    self.network.answer(leaves_at, link, input);
                }
            }
            Delivery::CloseToServer { link, code } if self.server.answers_close => {
                self.network.answer(at, link, Input::Closed(code));
            }
            Delivery::CloseToServer { .. } => {}
            Delivery::ToClient { link, input } => {
                for _ in 0..self.network.copies(&input) {
                    self.hand_over(link, input.clone());
                }
            }
        }
    }

    fn hand_over(&mut self, link: LinkId, input: Input) {
        self.client.handle_input(self.now, link, input);
        self.carry_out();
    }

    fn fire(&mut self) {
        self.client.handle_timeout(self.now);
        let next = self.client.next_timer();
        assert!(next.is_none_or(|(_, at)| at > self.now), "at {} a timer is left that is due: {next:?}", self.now);
        self.carry_out();
    }

    fn carry_out(&mut self) {
        while let Some(transmit) = self.client.poll_transmit(self.now, self.network.buffered) {
            if let Some((link, input)) = self.network.carry_out(self.now, transmit) {
                self.client.handle_input(self.now, link, input);
            }
        }
        while let Some(event) = self.client.poll_event() {
            self.record(event);
        }
    }

    fn record(&mut self, event: Event) {
        if let Event::Settled { call, outcome } = &event {
            assert!(self.unsettled.remove(call), "{call} is settled, and was not open: {outcome:?}");
            self.outcomes.insert(*call, outcome.clone());
        }
        self.history.push((self.now, event));
    }
}
