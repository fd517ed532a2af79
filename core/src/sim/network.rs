//! What lies between a client and its server.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::{CloseCode, Endpoint, Input, Instant, LinkId, Transmit};

/// The network. Its fields are its faults, and may be changed at any time.
///
/// ```
/// use leptos_socket_core::sim::{Answer, Sim};
/// use leptos_socket_core::{Message, NotSent, SocketConfig};
/// use std::time::Duration;
///
/// let mut sim = Sim::connected(SocketConfig::default(), 7);
/// sim.server.on("save", Answer::ok(1.into()));
/// sim.network.latency = Duration::from_secs(2);
/// sim.network.duplicate_inbound = true;
/// let call = sim.call(&Message::new("save", ()))?;
/// sim.advance(Duration::from_secs(4));
/// assert!(sim.outcome(call).is_some_and(Result::is_ok));
/// assert_eq!(sim.notices().count(), 1); // the second reply
/// # Ok::<(), NotSent>(())
/// ```
#[derive(Debug)]
pub struct Network {
    /// How long anything takes one way. Default: 10 ms.
    pub latency: Duration,
    /// How the app answers when it is asked where a link should go. Default: answered at once.
    pub resolution: Resolution,
    /// What becomes of new links. Default: accepted.
    pub handshake: Handshake,
    /// Whether what the server sends is lost, while it still hears the client. Default: false.
    pub drop_inbound: bool,
    /// Whether each frame of the server arrives twice. Default: false.
    pub duplicate_inbound: bool,
    /// How long after the client let go of a link its close event comes; `None` for never. Default: 61 s, as measured in
    /// Chromium with a peer that does not answer.
    pub late_close: Option<Duration>,
    /// How many bytes wait in the link. Default: 0.
    pub buffered: usize,
    /// Whether a link takes no frame any more, as one that is closing, which nobody told the client. Default: false.
    pub refuses_frames: bool,
    /// The refresh that the app was asked for last, until it is answered or dropped.
    pub refresh: Option<u32>,
    links: BTreeMap<LinkId, Link>,
    /// What is under way, by its time and then by the order in which it left.
    under_way: BTreeMap<(Instant, u64), Delivery>,
    late: BTreeMap<(Instant, u64), Delivery>,
    sequence: u64,
}

/// How the app answers when it is asked where a link should go.
///
/// ```
/// use leptos_socket_core::sim::{Resolution, Sim};
/// use leptos_socket_core::{Diagnosis, SocketConfig};
///
/// let mut sim = Sim::new(SocketConfig::default(), 7);
/// sim.network.resolution = Resolution::Failing;
/// sim.connect();
/// sim.drive();
/// assert_eq!(sim.client().diagnosis(), Some(Diagnosis::NoEndpoint));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Resolution {
    /// It is answered after this long.
    After(Duration),
    /// It cannot be answered: the token has expired, say.
    Failing,
    /// It is never answered.
    Hanging,
}

/// What becomes of a new link.
///
/// ```
/// use leptos_socket_core::sim::{Handshake, Sim};
/// use leptos_socket_core::{CloseReason, ConfigError, SocketConfig, SocketState};
/// use std::time::Duration;
///
/// let mut sim = Sim::new(SocketConfig::builder().max_reconnect_attempts(Some(2)).build()?, 7);
/// sim.network.handshake = Handshake::Refused;
/// sim.connect();
/// sim.advance(Duration::from_secs(10));
/// assert_eq!(sim.state(), SocketState::Closed(CloseReason::GaveUp { attempts: 2 }));
/// # Ok::<(), ConfigError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Handshake {
    /// It opens after a round trip.
    Accepted,
    /// It is refused after a round trip, which a browser reports as [`CloseCode::ABNORMAL`].
    Refused,
    /// Nobody ever answers.
    Hanging,
}

/// Something that arrives.
#[derive(Clone, Debug)]
pub(super) enum Delivery {
    ToClient { link: LinkId, input: Input },
    ToServer { link: LinkId, text: String },
    CloseToServer { link: LinkId, code: CloseCode },
}

#[derive(Debug)]
struct Link {
    phase: Phase,
    cut: bool,
}

/// What the client did with a link, and was told of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Resolving,
    Opening,
    Open,
    Closing,
    Abandoned,
}

impl Default for Network {
    fn default() -> Self {
        Self {
            latency: Duration::from_millis(10),
            resolution: Resolution::After(Duration::ZERO),
            handshake: Handshake::Accepted,
            drop_inbound: false,
            duplicate_inbound: false,
            late_close: Some(Duration::from_secs(61)),
            buffered: 0,
            refuses_frames: false,
            refresh: None,
            links: BTreeMap::new(),
            under_way: BTreeMap::new(),
            late: BTreeMap::new(),
            sequence: 0,
        }
    }
}

impl Network {
    /// Whether anything is under way. The late close of a link that was let go is not waited for.
    pub(super) fn is_busy(&self) -> bool {
        !self.under_way.is_empty()
    }

    pub(super) fn next_due(&self) -> Option<Instant> {
        let first = [self.under_way.first_key_value(), self.late.first_key_value()];
        first.into_iter().flatten().map(|((at, _), _)| *at).min()
    }

    /// The next thing that has arrived by now, unless a fault swallowed it, and when it did.
    pub(super) fn take_due(&mut self, now: Instant) -> Option<(Instant, Delivery)> {
        loop {
            let queue = if self.next_due() == first(&self.late) { &mut self.late } else { &mut self.under_way };
            let entry = queue.first_entry().filter(|entry| entry.key().0 <= now)?;
            let ((at, _), delivery) = entry.remove_entry();
            if self.arrives(&delivery) {
                return Some((at, delivery));
            }
        }
    }

    /// How often something that arrives is handed over.
    pub(super) fn copies(&self, input: &Input) -> usize {
        match input {
            Input::Text(_) | Input::Binary(_) => 1 + usize::from(self.duplicate_inbound),
            Input::Resolved(_) | Input::Unresolved | Input::Opened | Input::NotTaken { .. } | Input::Closed(_) => 1,
        }
    }

    /// Does what the client wants. Hands a frame back that the link does not take.
    pub(super) fn carry_out(&mut self, now: Instant, transmit: Transmit) -> Option<(LinkId, Input)> {
        match transmit {
            Transmit::Resolve { link } => self.resolve(now, link),
            Transmit::Connect { link, .. } => self.connect(now, link),
            Transmit::Refresh { number } => self.refresh = Some(number),
            Transmit::Send { link, text, message } if self.refuses_frames => {
                let input = Input::Closed(CloseCode::ABNORMAL);
                self.schedule(now, Delivery::ToClient { link, input });
                return Some((link, Input::NotTaken { message, text }));
            }
            Transmit::Send { link, text, .. } => {
                let phase = self.links.get(&link).map(|link| link.phase);
                assert_eq!(phase, Some(Phase::Open), "a frame was sent on {link}");
                self.schedule(now + self.latency, Delivery::ToServer { link, text });
            }
            Transmit::Close { link, code } => self.close(now, link, code),
            Transmit::Abandon { link } => self.abandon(now, link),
        }
        None
    }

    /// The server answers on `link`.
    pub(super) fn answer(&mut self, leaves_at: Instant, link: LinkId, input: Input) {
        self.schedule(leaves_at + self.latency, Delivery::ToClient { link, input });
    }

    /// The server sends something on the newest link.
    pub(super) fn send_to_client(&mut self, now: Instant, input: Input) {
        let (link, _) = self.links.last_key_value().expect("there is no link yet");
        self.answer(now, *link, input);
    }

    pub(super) fn cut(&mut self) {
        let (_, link) = self.links.iter_mut().next_back().expect("there is no link yet");
        link.cut = true;
    }

    fn resolve(&mut self, now: Instant, link: LinkId) {
        let live = self.links.iter().find(|(_, link)| link.phase != Phase::Abandoned);
        assert!(live.is_none(), "{link} is opened beside {live:?}");
        self.links.insert(link, Link { phase: Phase::Resolving, cut: false });
        let endpoint = Endpoint::parse("ws://server/").map_or(Input::Unresolved, Input::Resolved);
        let (delay, input) = match self.resolution {
            Resolution::After(delay) => (delay, endpoint),
            Resolution::Failing => (Duration::ZERO, Input::Unresolved),
            Resolution::Hanging => return,
        };
        self.schedule(now + delay, Delivery::ToClient { link, input });
    }

    fn connect(&mut self, now: Instant, link: LinkId) {
        let phase = self.links.get_mut(&link).map(|link| std::mem::replace(&mut link.phase, Phase::Opening));
        assert_eq!(phase, Some(Phase::Resolving), "{link} is opened");
        let input = match self.handshake {
            Handshake::Accepted => Input::Opened,
            Handshake::Refused => Input::Closed(CloseCode::ABNORMAL),
            Handshake::Hanging => return,
        };
        self.schedule(now + self.latency * 2, Delivery::ToClient { link, input });
    }

    fn close(&mut self, now: Instant, id: LinkId, code: CloseCode) {
        let Some(link) = self.links.get_mut(&id) else { return };
        match std::mem::replace(&mut link.phase, Phase::Closing) {
            // A browser gives up a handshake at once.
            Phase::Opening => {
                let input = Input::Closed(CloseCode::ABNORMAL);
                self.schedule(now, Delivery::ToClient { link: id, input });
            }
            Phase::Resolving | Phase::Open | Phase::Closing | Phase::Abandoned => {
                self.schedule(now + self.latency, Delivery::CloseToServer { link: id, code });
            }
        }
    }

    fn abandon(&mut self, now: Instant, id: LinkId) {
        let Some(link) = self.links.get_mut(&id) else { return };
        link.phase = Phase::Abandoned;
        if let Some(delay) = self.late_close {
            self.sequence += 1;
            let input = Input::Closed(CloseCode::ABNORMAL);
            self.late.insert((now + delay, self.sequence), Delivery::ToClient { link: id, input });
        }
    }

    fn schedule(&mut self, at: Instant, delivery: Delivery) {
        self.sequence += 1;
        self.under_way.insert((at, self.sequence), delivery);
    }

    /// Whether the faults let something through; and what its arrival changes.
    fn arrives(&mut self, delivery: &Delivery) -> bool {
        let (Delivery::ToClient { link: id, .. }
        | Delivery::ToServer { link: id, .. }
        | Delivery::CloseToServer { link: id, .. }) = delivery;
        let Some(link) = self.links.get_mut(id) else { return false };
        let abandoned = link.phase == Phase::Abandoned;
        let Delivery::ToClient { input, .. } = delivery else { return !link.cut };
        match input {
            Input::Opened if link.phase == Phase::Opening => link.phase = Phase::Open,
            // The event of a link that was let go needs no network.
            Input::Closed(_) | Input::Unresolved if abandoned || !link.cut => drop(self.links.remove(id)),
            Input::Text(_) | Input::Binary(_) if self.drop_inbound => return false,
            Input::Resolved(_) | Input::Unresolved | Input::Opened => {}
            Input::NotTaken { .. } | Input::Closed(_) | Input::Text(_) | Input::Binary(_) => {}
        }
        self.links.get(id).is_none_or(|link| !link.cut)
    }
}

fn first(queue: &BTreeMap<(Instant, u64), Delivery>) -> Option<Instant> {
    queue.first_key_value().map(|((at, _), _)| *at)
}
