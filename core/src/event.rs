//! What goes into a client and what comes out of it.

use std::fmt;
use std::time::Duration;

use crate::close::{CloseCode, CloseReason};
use crate::endpoint::Endpoint;
use crate::error::{CallError, NotSent};
use crate::message::Incoming;
use crate::notice::Notice;
use crate::time::Instant;

/// One link: one underlying WebSocket. A client uses one after another, and what an old one says is ignored.
///
/// ```
/// use leptos_socket_core::{Client, CloseCode, Input, Instant, SocketConfig, SocketState, Transmit};
///
/// let (now, mut client) = (Instant::ZERO, Client::new(SocketConfig::default(), 42));
/// client.connect(now);
/// let Some(Transmit::Resolve { link }) = client.poll_transmit() else { panic!("a link is wanted") };
/// assert_eq!(link.to_string(), "link-1");
///
/// client.reconnect(now); // on another one
/// client.handle_input(now, link, Input::Closed(CloseCode::NORMAL));
/// assert_eq!(client.state(), SocketState::Connecting { attempt: 0 });
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LinkId(pub(crate) u64);

impl fmt::Display for LinkId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "link-{}", self.0)
    }
}

/// One call, or one message that was queued. Never used twice by a client.
///
/// ```
/// # use leptos_socket_core::{CallId, Message, NotSent, Sent, SocketConfig, sim::Sim};
/// use std::collections::HashMap;
///
/// // What was typed is kept, should it never leave.
/// let mut drafts: HashMap<CallId, &str> = HashMap::new();
/// # let mut sim = Sim::new(SocketConfig::default(), 7);
/// # let sent = sim.send(&Message::new("chat", "Hello"))?;
/// if let Sent::Queued(id) = sent {
///     drafts.insert(id, "Hello");
/// }
/// // Later, when the message with that `id` is said to be unsent:
/// # let Sent::Queued(id) = sent else { panic!("there is no link") };
/// assert_eq!(drafts.remove(&id), Some("Hello"));
/// # Ok::<(), NotSent>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CallId(pub(crate) u64);

impl fmt::Display for CallId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "call-{}", self.0)
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
/// # let Some(Transmit::Resolve { link }) = client.poll_transmit() else { panic!("a link is wanted") };
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
    /// The answer to [`Transmit::Resolve`] where there is none: the attempt has failed.
    Unresolved,
    /// The handshake is done.
    Opened,
    /// The link did not take this frame of [`Transmit::Send`]; it is given up next. The message was not sent. To be said before
    /// the app hands in the next one.
    NotTaken {
        /// Which message, where it was one.
        message: Option<CallId>,
        /// The frame.
        text: String,
    },
    /// The answer to [`Transmit::Measure`]: so many bytes were handed over and have not left yet.
    Buffered(usize),
    /// A text frame came.
    Text(String),
    /// A binary frame of this many bytes came. The protocol has none: it proves life and is otherwise a notice.
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
            Self::Buffered(size) => write!(f, "Buffered({size} bytes)"),
            Self::Closed(code) => f.debug_tuple("Closed").field(code).finish(),
        }
    }
}

/// What the page knows of the world outside the link. Given to [`Client::handle_hint`](crate::Client::handle_hint).
///
/// None of them is believed: each is a reason to look.
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
pub enum Hint {
    /// The network is back: tries at once.
    Online,
    /// The network is gone: attempts slow down, and none is spent.
    Offline,
    /// The page will be frozen: what the timers say when it is back is stale.
    Frozen,
    /// The page goes into the back-forward cache, which takes none with an open link: the link is let go of at once, and no
    /// attempt is spent.
    Suspended,
    /// The page was frozen or hidden and is back: tries at once, and asks an open link for a sign of life.
    Resumed,
}

/// What the driver shall do. Taken from [`Client::poll_transmit`](crate::Client::poll_transmit).
///
/// A link may be gone by the time that this is read: then there is nothing to do. `Debug` shows the size of a frame and not
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
/// #     fn buffered(&self) -> usize { 0 }
/// # }
/// # struct Driver { endpoint: Endpoint, sockets: BTreeMap<LinkId, Socket> }
/// # impl Driver {
/// /// Carries it out. Returns what can be reported at once.
/// fn carry_out(&mut self, transmit: Transmit) -> Option<(LinkId, Input)> {
///     match transmit {
///         Transmit::Resolve { link } => return Some((link, Input::Resolved(self.endpoint.clone()))),
///         Transmit::Connect { link, endpoint } => drop(self.sockets.insert(link, Socket::open(endpoint.url()))),
///         Transmit::Send { link, text, .. } => self.sockets.get_mut(&link)?.send(text),
///         Transmit::Measure { link } => return Some((link, Input::Buffered(self.sockets.get(&link)?.buffered()))),
///         Transmit::Close { link, code } => self.sockets.get_mut(&link)?.close(code),
///         Transmit::Abandon { link } => drop(self.sockets.remove(&link)),
///         _ => {} // headers and tokens, where the client was told to ask for them
///     }
///     None
/// }
/// # }
/// # let mut driver = Driver { endpoint: Endpoint::parse("wss://example.com/ws/")?, sockets: BTreeMap::new() };
/// # let mut client = Client::new(SocketConfig::default(), 42);
/// # client.connect(Instant::ZERO);
/// # while let Some(transmit) = client.poll_transmit() {
/// #     if let Some((link, input)) = driver.carry_out(transmit) { client.handle_input(Instant::ZERO, link, input); }
/// # }
/// # let (&link, _) = driver.sockets.first_key_value().expect("a socket was opened");
/// # client.handle_input(Instant::ZERO, link, Input::Opened);
/// # client.handle_timeout(Instant::ZERO);
/// # while let Some(transmit) = client.poll_transmit() { driver.carry_out(transmit); }
/// # assert!(driver.sockets[&link].0[0].contains("PING"));
/// # Ok::<(), InvalidUrl>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Transmit {
    /// Find out where a new link shall go, and report it as [`Input::Resolved`] or [`Input::Unresolved`]. The answer may
    /// take its time (a token that is fetched), and is ignored once the attempt is over.
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
    /// Report how many bytes wait in the link, as [`Input::Buffered`].
    Measure {
        /// Which link.
        link: LinkId,
    },
    /// Find out the global headers of a message, and report them to
    /// [`Client::handle_headers`](crate::Client::handle_headers). The answer may take its time, and is ignored once the
    /// message is gone.
    AskHeaders {
        /// Which message.
        message: CallId,
    },
    /// Get a new token, and report that to [`Client::handle_refreshed`](crate::Client::handle_refreshed).
    Refresh {
        /// Which time it is asked for. An answer to an earlier one is ignored.
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
            Self::Measure { link } => write!(f, "Measure({link})"),
            Self::AskHeaders { message } => write!(f, "AskHeaders({message})"),
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
    /// The server sent something that answers no call.
    Push(Incoming),
    /// There is a link again, after a time without one in which pushes may have been missed.
    Gap {
        /// The new link.
        link: LinkId,
        /// How long there was none.
        lasted: Duration,
    },
    /// A message of [`Client::post`](crate::Client::post) was handed to a link.
    Left {
        /// Which message.
        message: CallId,
    },
    /// A message without a reply was queued, and will never leave.
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

/// What became of a message at once. Returned by `Socket::send_message` in leptos-socket, by
/// [`Client::send`](crate::Client::send) here.
///
/// ```
/// # use leptos_socket_core::{Message, NotSent, Sent, SocketConfig, sim::Sim};
/// fn note(sent: Sent) -> &'static str {
///     match sent {
///         Sent::Now => "Sent.",
///         Sent::Queued(_) => "It leaves when the connection is back.",
///         _ => "",
///     }
/// }
/// # let mut sim = Sim::new(SocketConfig::default(), 7);
/// # let without_link = sim.send(&Message::new("chat", "Hello"))?;
/// # sim.connect();
/// # sim.drive();
/// # let with_link = sim.send(&Message::new("chat", "Hello"))?;
/// assert_eq!(note(without_link), "It leaves when the connection is back.");
/// assert_eq!(note(with_link), "Sent.");
/// # Ok::<(), NotSent>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Sent {
    /// It was handed to an open link.
    Now,
    /// It waits for a link, or for room in one. Should it never leave, that is told: by `on_unsent` in leptos-socket, by an
    /// [`Event::Unsent`] here.
    Queued(CallId),
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
    /// A link is open, and calls are in flight, but the server has said nothing for `heartbeat_timeout_duration`. It may be
    /// busy with one of them. Only after `busy_timeout` the link is given up.
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
