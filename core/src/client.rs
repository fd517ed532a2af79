//! The state machine of one socket.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use serde::Serialize;

use crate::calls::{Call, Calls, Wants};
use crate::close::{CloseCode, CloseReason};
use crate::config::SocketConfig;
use crate::diagnosis::{Loss, Record};
use crate::error::{CallError, NotSent, OutcomeUnknown};
use crate::event::{CallId, Event, Hint, Input, LinkId, Sent, SocketState, Transmit};
use crate::message::{Headers, Message};
use crate::notice::Notice;
use crate::outbox::Outbox;
use crate::rng::{Rng, Uuids};
use crate::state::{Connecting, Lingering, Open, State, Timer};
use crate::time::Instant;

mod frames;
mod links;
mod options;
mod outgoing;
mod tokens;
mod what_is;

pub use options::{CallOptions, Priority};
use tokens::Tokens;

/// A timer that fires this late says that the machine slept or the page was frozen: what it would judge is stale.
const OVERSLEPT: Duration = Duration::from_secs(1);

/// The state machine of one socket: no I/O, no clock, no randomness of its own.
///
/// A driver carries out what the client wants and reports what happened. Any sequence of calls is legal. The methods are
/// of four kinds:
///
/// - **A. The app's verbs**: [`connect`](Self::connect), [`call`](Self::call), [`send`](Self::send), [`post`](Self::post),
///   [`cancel`](Self::cancel), [`reconnect`](Self::reconnect), [`close`](Self::close).
/// - **B. What happened**: [`handle_input`](Self::handle_input), [`handle_hint`](Self::handle_hint),
///   [`handle_headers`](Self::handle_headers), [`handle_refreshed`](Self::handle_refreshed),
///   [`handle_timeout`](Self::handle_timeout).
/// - **C. What to do**, after each of A and B, in this order: [`poll_transmit`](Self::poll_transmit) and
///   [`poll_event`](Self::poll_event) until they return `None`, then [`poll_timeout`](Self::poll_timeout).
/// - **D. What is**: [`state`](Self::state), [`latency`](Self::latency), [`in_flight`](Self::in_flight),
///   [`queued`](Self::queued).
///
/// Step by step (the [crate's documentation](crate) has the whole loop):
///
/// ```
/// use leptos_socket_core::{Client, Endpoint, Input, Instant, Message, SocketConfig, Transmit};
///
/// let (now, mut client) = (Instant::ZERO, Client::new(SocketConfig::default(), 42));
/// client.connect(now);
/// client.call(now, &Message::new("sayHello", "World"))?;
///
/// // It wants a link, and to be told when that is open. Then the call leaves.
/// let Some(Transmit::Resolve { link }) = client.poll_transmit() else { panic!("a link is wanted") };
/// client.handle_input(now, link, Input::Resolved(Endpoint::parse("wss://example.com/ws/")?));
/// assert!(matches!(client.poll_transmit(), Some(Transmit::Connect { .. })));
/// client.handle_input(now, link, Input::Opened);
/// assert!(matches!(client.poll_transmit(), Some(Transmit::Send { text, .. }) if text.contains("sayHello")));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// And where nothing ever comes, time passes until the deadline of the call:
///
/// ```
/// # use leptos_socket_core::{Client, Event, Instant, Message, SocketConfig};
/// # let mut now = Instant::ZERO;
/// # let mut client = Client::new(SocketConfig::default(), 42);
/// # client.connect(now);
/// # client.call(now, &Message::new("sayHello", "World"))?;
/// let outcome = loop {
///     match client.poll_event() {
///         Some(Event::Settled { outcome, .. }) => break outcome,
///         Some(_) => {}
///         None => {
///             now = client.poll_timeout().unwrap_or(now);
///             client.handle_timeout(now);
///         }
///     }
/// };
/// assert!(outcome.is_err_and(|error| error.is_timeout()));
/// assert_eq!(now, Instant::from_millis(30_000));
/// # Ok::<(), leptos_socket_core::NotSent>(())
/// ```
#[derive(Debug)]
pub struct Client {
    config: SocketConfig,
    rng: Rng,
    uuids: Uuids,
    state: State,
    /// The state that the app was told last.
    shown: SocketState,
    /// What the page believes. Only slows attempts down.
    online: bool,
    /// Whether the page said that it will be frozen, and not yet that it is back.
    frozen: bool,
    /// When the last open link was lost.
    lost_at: Option<Instant>,
    record: Record,
    /// The global headers, as they are now.
    headers: Headers,
    /// Whether they are asked for, for each message.
    asks_headers: bool,
    tokens: Tokens,
    calls: Calls,
    outbox: Outbox,
    /// Messages without a reply that may still come back: those that were to be handed over last.
    handed_over: BTreeMap<CallId, Call>,
    transmits: VecDeque<Transmit>,
    events: VecDeque<Event>,
    links: u64,
    notices: [u64; Notice::KINDS],
}

/// A. The app's verbs.
impl Client {
    /// A client that is idle.
    ///
    /// `seed` feeds the jitter and the uuids: give each client another one.
    #[must_use]
    pub fn new(config: SocketConfig, seed: u64) -> Self {
        let mut rng = Rng::new(seed);
        Self {
            headers: config.global_headers().clone(),
            asks_headers: false,
            tokens: Tokens::default(),
            config,
            uuids: Uuids::new(rng.next_u64()),
            rng,
            state: State::Idle,
            shown: SocketState::Idle,
            online: true,
            frozen: false,
            lost_at: None,
            record: Record::default(),
            calls: Calls::default(),
            outbox: Outbox::default(),
            handed_over: BTreeMap::new(),
            transmits: VecDeque::new(),
            events: VecDeque::new(),
            links: 0,
            notices: [0; Notice::KINDS],
        }
    }

    /// Opens a link, if the socket is idle or closed. Otherwise that is already under way.
    pub fn connect(&mut self, now: Instant) {
        if matches!(self.state, State::Idle | State::Closed { .. }) {
            self.record.start_afresh();
            self.attempt(now, 0);
        }
    }

    /// Starts afresh from whatever state: a new link, no attempt spent.
    ///
    /// Calls in flight end with [`OutcomeUnknown::Closed`], but for idempotent ones; what is queued stays queued.
    ///
    /// ```
    /// use leptos_socket_core::{Client, Instant, SocketConfig, SocketState};
    ///
    /// let (now, mut client) = (Instant::ZERO, Client::new(SocketConfig::default(), 42));
    /// client.close(now);
    /// client.reconnect(now); // with the token of another user, say
    /// assert_eq!(client.state(), SocketState::Connecting { attempt: 0 });
    /// ```
    pub fn reconnect(&mut self, now: Instant) {
        self.take_back_unoffered();
        self.give_back_in_flight(&OutcomeUnknown::Closed);
        self.record.start_afresh();
        self.attempt(now, 0);
    }

    /// Closes the socket until [`connect`](Self::connect) or [`reconnect`](Self::reconnect). Every call is settled. A frame
    /// that [`poll_transmit`](Self::poll_transmit) has not handed out yet does not leave.
    ///
    /// ```
    /// use leptos_socket_core::{Client, CloseReason, Instant, Message, NotSent, SocketConfig};
    ///
    /// let (now, mut client) = (Instant::ZERO, Client::new(SocketConfig::default(), 42));
    /// client.connect(now);
    /// client.close(now);
    /// let error = client.call(now, &Message::new("sayHello", "World"));
    /// assert_eq!(error, Err(NotSent::Closed(CloseReason::ByApp)));
    /// ```
    pub fn close(&mut self, now: Instant) {
        self.take_back_unoffered();
        let lingering = match &self.state {
            State::Closed { .. } => return,
            State::Idle | State::Backoff { .. } => None,
            State::Connecting(Connecting { resolved: false, .. }) => {
                self.abandon();
                None
            }
            State::Connecting(Connecting { link, .. }) | State::Open(Open { link, .. }) => {
                self.transmits.push_back(Transmit::Close { link: *link, code: CloseCode::NORMAL });
                Some(Lingering { link: *link, until: now + self.config.close_timeout() })
            }
        };
        self.shut(now, CloseReason::ByApp, lingering);
    }

    /// Sends a message and awaits its reply, within `request_timeout`.
    ///
    /// Without a link the call is queued. The outcome is an [`Event::Settled`], exactly once.
    ///
    /// # Errors
    ///
    /// The message cannot be sent, and the server never sees it.
    pub fn call<P: Serialize>(&mut self, now: Instant, message: &Message<P>) -> Result<CallId, NotSent> {
        self.call_with(now, message, &CallOptions::default())
    }

    /// [`call`](Self::call) with options.
    ///
    /// ```
    /// use leptos_socket_core::{CallOptions, Client, Instant, Message, NotSent, SocketConfig};
    ///
    /// let (now, mut client) = (Instant::ZERO, Client::new(SocketConfig::default(), 42));
    /// let at_once = CallOptions::new().wait_for_link(false);
    /// let error = client.call_with(now, &Message::new("cursor", (3, 4)), &at_once);
    /// assert_eq!(error, Err(NotSent::NotConnected));
    /// ```
    ///
    /// # Errors
    ///
    /// As [`call`](Self::call).
    pub fn call_with<P: Serialize>(
        &mut self,
        now: Instant,
        message: &Message<P>,
        options: &CallOptions,
    ) -> Result<CallId, NotSent> {
        self.submit(now, message, options, Wants::Reply).map(|(id, _)| id)
    }

    /// Sends a message without awaiting a reply. One that comes all the same is a [`Notice::Unawaited`].
    ///
    /// Without a link the message is queued, within `request_timeout`.
    ///
    /// ```
    /// use leptos_socket_core::{Client, Event, Instant, Message, NotSent, Sent, SocketConfig};
    ///
    /// let (now, mut client) = (Instant::ZERO, Client::new(SocketConfig::default(), 42));
    /// let Sent::Queued(id) = client.send(now, &Message::new("chat", "Hello"))? else { panic!("there is no link") };
    /// client.handle_timeout(now + client.config().request_timeout());
    /// assert!(matches!(client.poll_event(), Some(Event::Unsent { message, .. }) if message == id));
    /// # Ok::<(), NotSent>(())
    /// ```
    ///
    /// # Errors
    ///
    /// The message cannot be sent, and the server never sees it.
    pub fn send<P: Serialize>(&mut self, now: Instant, message: &Message<P>) -> Result<Sent, NotSent> {
        self.send_with(now, message, &CallOptions::default())
    }

    /// [`send`](Self::send) with options.
    ///
    /// ```
    /// use leptos_socket_core::{CallOptions, Client, Instant, Message, NotSent, Priority, SocketConfig};
    ///
    /// let (now, mut client) = (Instant::ZERO, Client::new(SocketConfig::default(), 42));
    /// let bulk = CallOptions::new().priority(Priority::Bulk);
    /// client.send_with(now, &Message::new("telemetry", [3, 4]), &bulk)?; // calls overtake it
    /// assert_eq!(client.queued(), 1);
    /// # Ok::<(), NotSent>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send).
    pub fn send_with<P: Serialize>(
        &mut self,
        now: Instant,
        message: &Message<P>,
        options: &CallOptions,
    ) -> Result<Sent, NotSent> {
        let (id, left) = self.submit(now, message, options, Wants::Nothing)?;
        Ok(if left { Sent::Now } else { Sent::Queued(id) })
    }

    /// Sends a message without awaiting a reply, and says when it leaves: an [`Event::Left`], or an [`Event::Unsent`], exactly
    /// once.
    ///
    /// The bounds of the queue do not hold for it: who awaits one message before the next is bound enough.
    ///
    /// ```
    /// use leptos_socket_core::{CallOptions, Client, Event, Instant, Message, SocketConfig};
    /// # use leptos_socket_core::{Endpoint, Input, Transmit};
    ///
    /// # let now = Instant::ZERO;
    /// # let mut client = Client::new(SocketConfig::default(), 42);
    /// # client.connect(now);
    /// # let Some(Transmit::Resolve { link }) = client.poll_transmit() else { panic!("a link is wanted") };
    /// # client.handle_input(now, link, Input::Resolved(Endpoint::parse("wss://example.com/ws/")?));
    /// # client.handle_input(now, link, Input::Opened);
    /// # while client.poll_event().is_some() {}
    /// // A file, one part after the other:
    /// for part in ["abc", "def"] {
    ///     let id = client.post(now, &Message::new("upload", part), &CallOptions::new())?;
    ///     assert!(matches!(client.poll_event(), Some(Event::Left { message }) if message == id));
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// The message cannot be sent, and the server never sees it.
    pub fn post<P: Serialize>(
        &mut self,
        now: Instant,
        message: &Message<P>,
        options: &CallOptions,
    ) -> Result<CallId, NotSent> {
        self.submit(now, message, options, Wants::Departure).map(|(id, _)| id)
    }

    /// Forgets a call, or a queued message: nothing more is heard of it. Returns what is certain about it, or `None` where it
    /// was not open any more.
    ///
    /// A call that was only queued never leaves; of one in flight the server knows, and its answer is a
    /// [`Notice::Unawaited`].
    ///
    /// ```
    /// use leptos_socket_core::{Client, Instant, Message, NotSent, SocketConfig};
    ///
    /// let (now, mut client) = (Instant::ZERO, Client::new(SocketConfig::default(), 42));
    /// let call = client.call(now, &Message::new("search", "te"))?; // and the user types on
    /// assert!(client.cancel(call).is_some_and(|error| error.is_safe_to_retry())); // it never left
    /// assert!(client.cancel(call).is_none());
    /// # Ok::<(), NotSent>(())
    /// ```
    pub fn cancel(&mut self, id: CallId) -> Option<CallError> {
        let call = self.forget(id)?;
        // It may have been in the way of others.
        self.flush();
        Some(match call.was_sent() {
            true => OutcomeUnknown::Cancelled.into(),
            false => NotSent::Cancelled.into(),
        })
    }
}

/// B. What happened.
impl Client {
    /// Something happened on a link. What an old link says has no effect.
    pub fn handle_input(&mut self, now: Instant, link: LinkId, input: Input) {
        if self.state.link() != Some(link) {
            return;
        }
        match input {
            Input::Resolved(endpoint) => self.on_resolved(now, endpoint),
            Input::Unresolved => self.on_unresolved(now),
            Input::Opened => self.on_opened(now),
            Input::NotTaken { message: Some(message), text } if self.state.open_link().is_some() => {
                self.take_back(message, &text);
            }
            Input::NotTaken { .. } => {}
            Input::Buffered(bytes) => self.on_buffered(now, bytes),
            Input::Text(text) => self.on_text(now, &text),
            Input::Binary(size) => self.on_binary(now, size),
            Input::Closed(code) => self.on_closed(now, Loss::Closed(code)),
        }
    }

    /// The page learned something about the world.
    ///
    /// ```
    /// use leptos_socket_core::{Client, Hint, Input, Instant, SocketConfig, SocketState, Transmit};
    ///
    /// let (now, mut client) = (Instant::ZERO, Client::new(SocketConfig::default(), 42));
    /// client.connect(now);
    /// let Some(Transmit::Resolve { link }) = client.poll_transmit() else { panic!("a link is wanted") };
    /// client.handle_input(now, link, Input::Unresolved);
    /// assert!(matches!(client.state(), SocketState::Backoff { .. }));
    /// client.handle_hint(now, Hint::Online);
    /// assert_eq!(client.state(), SocketState::Connecting { attempt: 1 }); // at once
    /// ```
    pub fn handle_hint(&mut self, now: Instant, hint: Hint) {
        let was_online = self.online;
        match hint {
            Hint::Online => self.online = true,
            Hint::Offline => self.online = false,
            Hint::Frozen | Hint::Suspended => self.frozen = true,
            Hint::Resumed => self.frozen = false,
        }
        match (&self.state, hint) {
            (State::Connecting(_) | State::Open(_), Hint::Suspended) => self.suspend(now),
            // Said twice, it must not push the attempt further and further away.
            (&State::Backoff { attempt, .. }, Hint::Offline) if was_online => self.wait(now, Duration::ZERO, attempt),
            // The circumstances are new, and so is the count: a network that flaps must not use it up.
            (State::Backoff { .. }, Hint::Online | Hint::Resumed) => self.attempt(now, 1),
            // Hints in quick succession must not give a dead link ever more time.
            (State::Open(open), Hint::Online | Hint::Resumed) if !open.heartbeat.awaits_probe(now) => self.probe(now),
            (State::Idle | State::Connecting(_) | State::Open(_) | State::Backoff { .. } | State::Closed { .. }, _) => {
            }
        }
    }

    /// Time passed. Does what is due, in the order in which it was due, and nothing where nothing is.
    ///
    /// ```
    /// use leptos_socket_core::{Client, Instant, SocketConfig, SocketState};
    ///
    /// let (now, mut client) = (Instant::ZERO, Client::new(SocketConfig::default(), 42));
    /// client.connect(now);
    /// client.handle_timeout(now); // too early is no harm
    /// assert_eq!(client.state(), SocketState::Connecting { attempt: 0 });
    /// client.handle_timeout(now + client.config().connect_timeout());
    /// assert!(matches!(client.state(), SocketState::Backoff { attempt: 1, .. }));
    /// ```
    pub fn handle_timeout(&mut self, now: Instant) {
        while let Some((timer, at)) = self.next_timer().filter(|(_, at)| *at <= now) {
            let overslept = self.frozen || now - at > OVERSLEPT;
            match timer {
                Timer::Deadline => self.expire(now),
                Timer::ConnectTimeout | Timer::Dead if overslept && self.state.has_second_chance() => {
                    self.on_overslept(now);
                }
                Timer::ConnectTimeout => self.on_dead(now),
                Timer::Dead => self.on_silence(now),
                Timer::Ping if overslept => self.probe(now),
                Timer::Ping => self.ping(now, self.config.heartbeat_timeout_duration()),
                Timer::Room => self.measure(),
                Timer::Refresh => self.on_refresh_overdue(now),
                Timer::Retry => {
                    let attempt = self.state.spent(now, self.config.min_uptime());
                    self.attempt(now, attempt);
                }
                Timer::CloseTimeout => self.abandon(),
            }
        }
    }
}

/// C. What to do.
impl Client {
    /// The next thing that the driver shall do; `None` where there is nothing more.
    #[must_use = "a transmit that is not carried out is lost"]
    pub fn poll_transmit(&mut self) -> Option<Transmit> {
        self.transmits.pop_front()
    }

    /// The next thing that happened; `None` where there is nothing more.
    #[must_use = "an event that is not looked at is lost"]
    pub fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// When [`handle_timeout`](Self::handle_timeout) is wanted; `None` where nothing is due ever.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.next_timer().map(|(_, at)| at)
    }

    /// [`poll_timeout`](Self::poll_timeout), with what it is for.
    #[must_use]
    pub fn next_timer(&self) -> Option<(Timer, Instant)> {
        let deadline = self.calls.next_deadline().map(|(at, _)| (at, Timer::Deadline));
        let refresh = self.tokens.give_up_at().map(|at| (at, Timer::Refresh));
        let timers = deadline.into_iter().chain(refresh).chain(self.state.next_timer());
        timers.filter(|(at, _)| *at < Instant::END).min().map(|(at, timer)| (timer, at))
    }
}
