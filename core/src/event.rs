//! What goes into a client and what comes out of it.

use std::fmt;
use std::time::Duration;

use crate::close::{CloseCode, CloseReason};
use crate::endpoint::Endpoint;
use crate::error::{CallError, NotSent};
use crate::incoming::Incoming;
use crate::notice::Notice;
use crate::time::Instant;

/// One link: one underlying WebSocket. A client uses one after another, and ignores what arrives on an old one.
///
/// ```
/// use leptos_socket_core::{Client, CloseCode, Input, Instant, SocketConfig, SocketState, Transmit};
///
/// let (now, mut client) = (Instant::ZERO, Client::new(SocketConfig::default(), 42));
/// client.connect(now);
/// let Some(Transmit::Resolve { link }) = client.poll_transmit(now, 0) else { panic!("a link is wanted") };
/// assert_eq!(link.to_string(), "link-1");
///
/// client.reconnect(now); // on another one
/// client.handle_input(now, link, Input::Closed(CloseCode::NORMAL));
/// assert_eq!(client.state(), SocketState::Connecting { attempt: 0 });
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "record", derive(serde::Serialize, serde::Deserialize))]
pub struct LinkId(pub(crate) u64);

impl fmt::Display for LinkId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "link-{}", self.0)
    }
}

/// One call, or one message without a reply. A client never uses an id twice; ids are in the order of submission.
///
/// ```
/// # use leptos_socket_core::{CallId, Event, Message, NotSent, SocketConfig, sim::Sim};
/// use std::collections::HashMap;
///
/// // Keep what the user typed until it has left.
/// let mut drafts: HashMap<CallId, &str> = HashMap::new();
/// # let mut sim = Sim::connected(SocketConfig::default(), 7);
/// let id = sim.send(&Message::new("chat", "Hello"))?;
/// drafts.insert(id, "Hello");
/// # sim.drive();
/// for (_, event) in sim.history() {
///     match event {
///         Event::Sent { message } => drop(drafts.remove(message)),
///         Event::Unsent { message, error } => println!("{}: {error}", drafts[message]),
///         _ => {}
///     }
/// }
/// assert!(drafts.is_empty());
/// # Ok::<(), NotSent>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "record", derive(serde::Serialize, serde::Deserialize))]
pub struct CallId(u64);

impl CallId {
    const SLOT_BITS: u32 = 24;

    /// How many calls there may be at a time.
    pub(crate) const MOST: usize = 1 << Self::SLOT_BITS;

    /// The serial number makes it unique, and the slot says where the call is kept.
    pub(crate) const fn new(serial: u64, slot: usize) -> Self {
        Self(serial << Self::SLOT_BITS | slot as u64)
    }

    pub(crate) const fn from_number(number: u64) -> Self {
        Self(number)
    }

    pub(crate) const fn as_number(self) -> u64 {
        self.0
    }

    pub(crate) const fn serial(self) -> u64 {
        self.0 >> Self::SLOT_BITS
    }

    /// A small number that no other open call of this client has: to keep something beside it in a `Vec`.
    ///
    /// ```
    /// # use leptos_socket_core::{Client, Instant, Message, NotSent, SocketConfig};
    /// let (now, mut client) = (Instant::ZERO, Client::new(SocketConfig::default(), 42));
    /// let first = client.call(now, &Message::new("search", "te"))?;
    /// let second = client.call(now, &Message::new("search", "tea"))?;
    /// assert_eq!((first.slot(), second.slot()), (0, 1));
    /// client.cancel(now, first);
    /// assert_eq!(client.call(now, &Message::new("search", "tea p"))?.slot(), 0);
    /// # Ok::<(), NotSent>(())
    /// ```
    #[must_use]
    pub const fn slot(self) -> usize {
        self.0 as usize % Self::MOST
    }
}

impl fmt::Display for CallId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "call-{}", self.serial())
    }
}

/// What happened on a link. Given to [`Client::handle_input`](crate::Client::handle_input).
///
/// `Debug` shows the size of a frame and not its text, which may hold secrets.
///
/// ```
/// use leptos_socket_core::{Input, SocketState};
/// # use leptos_socket_core::{Client, Endpoint, Instant, SocketConfig, Transmit};
/// # let now = Instant::ZERO;
/// # let mut client = Client::new(SocketConfig::default(), 42);
/// # client.connect(now);
/// # let Some(Transmit::Resolve { link }) = client.poll_transmit(now, 0) else { panic!("a link is wanted") };
/// # client.handle_input(now, link, Input::Resolved(Endpoint::parse("wss://example.com/ws/")?));
/// # let (text, bytes, code) = (r#"{"payload": 7}"#.to_owned(), [1, 2, 3], 1012);
///
/// // What a library says of a socket, in whatever words:
/// client.handle_input(now, link, Input::Opened);
/// client.handle_input(now, link, Input::Text(text));
/// client.handle_input(now, link, Input::Binary(bytes.len()));
/// client.handle_input(now, link, Input::Closed(code.into()));
/// assert!(matches!(client.state(), SocketState::Backoff { attempt: 1, .. }));
/// assert_eq!(format!("{:?}", Input::Text("secret".to_owned())), "Text(6 bytes)");
/// # Ok::<(), leptos_socket_core::InvalidUrl>(())
/// ```
#[derive(Clone)]
#[non_exhaustive]
pub enum Input {
    /// The answer to [`Transmit::Resolve`]: open the link there.
    Resolved(Endpoint),
    /// The app has no answer to [`Transmit::Resolve`]: the attempt has failed.
    Unresolved,
    /// The handshake is done.
    Opened,
    /// The link did not take the frame that was polled last, and will be given up. The message was not sent. Report this
    /// before the next [`poll_transmit`](crate::Client::poll_transmit): that would count the frame as sent.
    NotTaken {
        /// The message, as [`Transmit::Send`] named it.
        message: Option<CallId>,
        /// The frame, as [`Transmit::Send`] gave it.
        text: String,
    },
    /// A text frame came.
    Text(String),
    /// A binary frame of this many bytes came. The protocol has no binary frames: it proves that the link is alive,
    /// and is otherwise a notice.
    Binary(usize),
    /// The link is gone, or could not be opened (with [`CloseCode::ABNORMAL`]).
    Closed(CloseCode),
}

impl fmt::Debug for Input {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Opened => f.write_str("Opened"),
            Self::Text(text) => write!(f, "Text({} bytes)", text.len()),
            Self::Binary(size) => write!(f, "Binary({size} bytes)"),
            Self::Resolved(endpoint) => f.debug_tuple("Resolved").field(endpoint).finish(),
            Self::Unresolved => f.write_str("Unresolved"),
            Self::NotTaken { message, text } => write!(f, "NotTaken({message:?}, {} bytes)", text.len()),
            Self::Closed(code) => f.debug_tuple("Closed").field(code).finish(),
        }
    }
}

/// What the page knows of the world outside the link. Given to [`Client::handle_hint`](crate::Client::handle_hint).
///
/// A hint is a reason to look, never a proof. It may bring a decision forward, and never puts one off.
///
/// ```
/// use leptos_socket_core::Hint;
///
/// /// What an event of the browser tells.
/// fn hint(event: &str, is_kept: bool) -> Option<Hint> {
///     match event {
///         "online" => Some(Hint::Online),
///         "offline" => Some(Hint::Offline),
///         "freeze" => Some(Hint::Frozen),
///         "pagehide" if is_kept => Some(Hint::Suspended),
///         "pageshow" | "resume" => Some(Hint::Resumed),
///         _ => None,
///     }
/// }
/// assert_eq!(hint("pagehide", true), Some(Hint::Suspended));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[cfg_attr(feature = "record", derive(serde::Serialize, serde::Deserialize))]
pub enum Hint {
    /// The network is back: tries at once, and asks an open link for a sign of life.
    Online,
    /// The network is gone: attempts slow down, and don't count. An open link is asked for a sign of life.
    Offline,
    /// The page will be frozen: timers that fire when it is back are stale.
    Frozen,
    /// The page goes into the back-forward cache, which keeps no page with an open link: the link is dropped at once, and
    /// this doesn't count as an attempt.
    Suspended,
    /// The page was frozen or hidden and is back: tries at once, and asks an open link for a sign of life.
    Resumed,
    /// The machine slept, and the clock of [`Instant`] may have stood still meanwhile: as [`Resumed`](Self::Resumed).
    Slept,
}

/// What the driver has to do. Taken from [`Client::poll_transmit`](crate::Client::poll_transmit).
///
/// `Debug` shows the size of a frame and not
/// its text, which holds header values.
///
/// ```
/// # use leptos_socket_core::{Client, CloseCode, Endpoint, Input, Instant, InvalidUrl, LinkId, SocketConfig, Transmit};
/// # use std::collections::BTreeMap;
/// # struct Socket(Vec<String>);
/// # impl Socket {
/// #     fn open(_url: &str) -> Self { Self(Vec::new()) }
/// #     fn send(&mut self, text: String) { self.0.push(text) }
/// #     fn close(&mut self, _code: CloseCode) {}
/// # }
/// # struct Driver { endpoint: Endpoint, sockets: BTreeMap<LinkId, Socket> }
/// # impl Driver {
/// /// Carries it out. Returns what can be reported at once.
/// fn carry_out(&mut self, transmit: Transmit) -> Option<(LinkId, Input)> {
///     match transmit {
///         Transmit::Resolve { link } => return Some((link, Input::Resolved(self.endpoint.clone()))),
///         Transmit::Connect { link, endpoint } => drop(self.sockets.insert(link, Socket::open(endpoint.url()))),
///         Transmit::Send { link, text, .. } => self.sockets.get_mut(&link)?.send(text),
///         Transmit::Close { link, code } => self.sockets.get_mut(&link)?.close(code),
///         Transmit::Abandon { link } => drop(self.sockets.remove(&link)),
///         _ => {} // a new token, if the client may ask for one
///     }
///     None
/// }
/// # }
/// # let mut driver = Driver { endpoint: Endpoint::parse("wss://example.com/ws/")?, sockets: BTreeMap::new() };
/// # let mut client = Client::new(SocketConfig::default(), 42);
/// # client.connect(Instant::ZERO);
/// # while let Some(transmit) = client.poll_transmit(Instant::ZERO, 0) {
/// #     if let Some((link, input)) = driver.carry_out(transmit) { client.handle_input(Instant::ZERO, link, input); }
/// # }
/// # let (&link, _) = driver.sockets.first_key_value().expect("a socket was opened");
/// # client.handle_input(Instant::ZERO, link, Input::Opened);
/// # client.handle_timeout(Instant::ZERO);
/// # while let Some(transmit) = client.poll_transmit(Instant::ZERO, 0) { driver.carry_out(transmit); }
/// # assert!(driver.sockets[&link].0[0].contains("PING"));
/// # Ok::<(), InvalidUrl>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Transmit {
    /// Find out where a new link should go, and report it as [`Input::Resolved`] or [`Input::Unresolved`]. The answer may
    /// take its time (to fetch a token, say), and is ignored once the attempt is over.
    Resolve {
        /// What the link is called from now on.
        link: LinkId,
    },
    /// Open the link.
    Connect {
        /// Which link.
        link: LinkId,
        /// Where to.
        endpoint: Endpoint,
    },
    /// Send a text frame.
    Send {
        /// On which link.
        link: LinkId,
        /// The frame.
        text: String,
        /// Which message it is; `None` for a ping.
        message: Option<CallId>,
    },
    /// Get a new token, and report the headers to [`Client::handle_refreshed`](crate::Client::handle_refreshed). Drop an
    /// earlier refresh that still runs, first.
    Refresh {
        /// Which refresh this is. The answer to an earlier one is ignored.
        number: u32,
    },
    /// Start the closing handshake, and report [`Input::Closed`] when it is done.
    Close {
        /// Which link.
        link: LinkId,
        /// The code to give.
        code: CloseCode,
    },
    /// Let go of a link at once. Nothing that it says later matters.
    Abandon {
        /// Which link.
        link: LinkId,
    },
}

impl fmt::Debug for Transmit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Resolve { link } => write!(f, "Resolve({link})"),
            Self::Connect { link, endpoint } => write!(f, "Connect({link}, {endpoint})"),
            Self::Send { link, text, .. } => write!(f, "Send({link}, {} bytes)", text.len()),
            Self::Refresh { number } => write!(f, "Refresh({number})"),
            Self::Close { link, code } => write!(f, "Close({link}, {code})"),
            Self::Abandon { link } => write!(f, "Abandon({link})"),
        }
    }
}

/// What happened. Taken from [`Client::poll_event`](crate::Client::poll_event).
///
/// ```
/// use leptos_socket_core::{Client, Event, Instant, Message, SocketConfig};
///
/// let mut client = Client::new(SocketConfig::default(), 42);
/// let mut log = Vec::new();
/// client.call(Instant::ZERO, &Message::new("sayHello", "World"))?;
/// client.close(Instant::ZERO);
/// while let Some(event) = client.poll_event() {
///     log.push(match event {
///         Event::StateChanged(state) => state.to_string(),
///         Event::Settled { outcome: Ok(reply), .. } => format!("reply: {}", reply.payload()),
///         Event::Settled { outcome: Err(error), .. } => error.to_string(),
///         other => format!("{other:?}"),
///     });
/// }
/// assert_eq!(log, ["closed: closed by the app", "not sent: the socket is closed: closed by the app"]);
/// # Ok::<(), leptos_socket_core::NotSent>(())
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Event {
    /// The socket is in another state.
    StateChanged(SocketState),
    /// A call is over. It comes exactly once for each call that is not cancelled.
    Settled {
        /// Which call.
        call: CallId,
        /// The reply, whatever its status, or why there is none.
        outcome: Result<Incoming, CallError>,
    },
    /// A call that has timed out or was cancelled was answered after all. It remains over.
    LateReply {
        /// Which call.
        call: CallId,
        /// The reply, or what is wrong with it.
        outcome: Result<Incoming, CallError>,
    },
    /// A call that has timed out or was cancelled will not be answered: the server has answered what was sent after it.
    Unanswered {
        /// Which call.
        call: CallId,
    },
    /// The server sent something that answers no call.
    Push(Incoming),
    /// There is a link again, after a time without one in which pushes may have been missed.
    Gap {
        /// The new link.
        link: LinkId,
        /// How long there was none.
        lasted: Duration,
    },
    /// A message without a reply was handed to a link.
    Sent {
        /// Which message.
        message: CallId,
    },
    /// A message without a reply will never leave.
    Unsent {
        /// Which message.
        message: CallId,
        /// Why.
        error: NotSent,
    },
    /// The server did something odd. No call, and no link, is harmed by it.
    Notice {
        /// What it was.
        notice: Notice,
        /// How often this kind of thing happened so far.
        count: u64,
    },
}

/// The state of a socket, as an app sees it.
///
/// ```
/// # use leptos_socket_core::{CloseReason, SocketState};
/// fn label(state: SocketState) -> String {
///     match state {
///         SocketState::Open => "Connected".to_owned(),
///         SocketState::Slow => "Connected, but the server is busy".to_owned(),
///         SocketState::Connecting { attempt: 0 } => "Connecting".to_owned(),
///         SocketState::Connecting { .. } | SocketState::Backoff { .. } => "Reconnecting".to_owned(),
///         state => format!("Not connected ({state})"),
///     }
/// }
/// let closed = SocketState::Closed(CloseReason::ByApp);
/// assert_eq!(label(closed), "Not connected (closed: closed by the app)");
/// assert!(closed.is_closed() && !closed.is_open() && SocketState::Slow.is_open());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[cfg_attr(feature = "record", derive(serde::Serialize, serde::Deserialize))]
pub enum SocketState {
    /// Not yet told to connect.
    Idle,
    /// A link is being opened.
    Connecting {
        /// Which attempt to reconnect this is; 0 for the first connection.
        attempt: u32,
    },
    /// A link is open.
    Open,
    /// A link is open, and the server has said nothing for `heartbeat_timeout_duration`, but it owes answers to calls and may
    /// be busy with one of them. The link is given up only after `busy_timeout`.
    Slow,
    /// There is no link, and the next attempt waits.
    Backoff {
        /// Which attempt to reconnect comes next, from 1 on. Attempts while offline do not count.
        attempt: u32,
        /// When it comes.
        retry_at: Instant,
    },
    /// There is no link, and none will be opened until the app says so.
    Closed(CloseReason),
}

impl SocketState {
    /// Whether a link is open: the original's `socketState`.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        matches!(self, Self::Open | Self::Slow)
    }

    /// Whether the socket is closed until the app opens it again.
    #[must_use]
    pub const fn is_closed(&self) -> bool {
        matches!(self, Self::Closed(_))
    }
}

/// The name of the state, and what more there is to say: `open`, `backoff (attempt 2)`, `closed: closed by the app`.
impl fmt::Display for SocketState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Idle => f.write_str("idle"),
            Self::Connecting { attempt: 0 } => f.write_str("connecting"),
            Self::Connecting { attempt } => write!(f, "connecting (attempt {attempt})"),
            Self::Open => f.write_str("open"),
            Self::Slow => f.write_str("open (slow)"),
            Self::Backoff { attempt, .. } => write!(f, "backoff (attempt {attempt})"),
            Self::Closed(reason) => write!(f, "closed: {reason}"),
        }
    }
}
