//! The state machine of one socket.

use std::collections::VecDeque;
use std::time::Duration;

use serde::Serialize;
use uuid::Uuid;

use crate::calls::Calls;
use crate::close::{CloseCode, CloseReason};
use crate::config::SocketConfig;
use crate::connection::Connection;
use crate::credentials::Credentials;
use crate::diagnosis::Diagnosis;
use crate::error::{CallError, NotSent, OutcomeUnknown};
use crate::event::{CallId, Event, Hint, Input, LinkId, SocketState, Transmit};
use crate::headers::Headers;
use crate::incoming::Payload;
use crate::message::Message;
use crate::notice::Notice;
use crate::options::CallOptions;
use crate::rng::{Rng, Uuids};
use crate::state::Timer;
use crate::time::Instant;

mod ending;
mod receiving;
mod sending;

use sending::{Departing, Encoded};

/// The state machine of one socket at one address: no I/O, no clock, no randomness of its own.
///
/// A driver carries out what the client wants and reports what happened. Any sequence of calls is legal. There are four
/// kinds of methods:
///
/// - **A. The app's verbs**: [`connect`](Self::connect), [`call`](Self::call), [`send`](Self::send),
///   [`cancel`](Self::cancel), [`reconnect`](Self::reconnect), [`leave`](Self::leave), [`close`](Self::close), and those that
///   say [who the user is](#method.set_global_headers).
/// - **B. What happened**: [`handle_input`](Self::handle_input), [`handle_hint`](Self::handle_hint),
///   [`handle_refreshed`](Self::handle_refreshed), [`handle_timeout`](Self::handle_timeout).
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
/// // It wants a link, and to be told when that is open. Then a ping leaves, and the call.
/// let Some(Transmit::Resolve { link }) = client.poll_transmit(now, 0) else { panic!("a link is wanted") };
/// client.handle_input(now, link, Input::Resolved(Endpoint::parse("wss://example.com/ws/")?));
/// assert!(matches!(client.poll_transmit(now, 0), Some(Transmit::Connect { .. })));
/// client.handle_input(now, link, Input::Opened);
/// assert!(matches!(client.poll_transmit(now, 0), Some(Transmit::Send { text, .. }) if text.contains("PING")));
/// assert!(matches!(client.poll_transmit(now, 0), Some(Transmit::Send { text, .. }) if text.contains("sayHello")));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// And if nothing ever comes, time passes until the deadline of the call:
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
    uuids: Uuids,
    connection: Connection,
    credentials: Credentials,
    calls: Calls,
    /// The message that was polled last, which may still come back.
    departing: Option<Departing>,
    events: VecDeque<Event>,
    /// The state that the app was told last.
    shown: SocketState,
    is_leaving: bool,
    pings: u64,
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
            uuids: Uuids::new(&mut rng),
            connection: Connection::new(rng),
            credentials: Credentials::new(config.global_headers().clone()),
            config,
            calls: Calls::default(),
            departing: None,
            events: VecDeque::new(),
            shown: SocketState::Idle,
            is_leaving: false,
            pings: 0,
            notices: [0; Notice::KINDS],
        }
    }

    /// Opens a link, if the socket is idle or closed. Otherwise a link is already under way.
    pub fn connect(&mut self, now: Instant) {
        if !self.has_left() {
            let before = self.connection.open_link();
            self.connection.connect(now, &self.config);
            self.follow(now, before, &OutcomeUnknown::Closed);
        }
    }

    /// Starts afresh from whatever state: a new link, no attempt spent.
    ///
    /// Calls in flight end with [`OutcomeUnknown::Closed`], except idempotent ones; queued messages stay queued.
    ///
    /// ```
    /// use leptos_socket_core::{Client, Instant, SocketConfig, SocketState};
    ///
    /// let (now, mut client) = (Instant::ZERO, Client::new(SocketConfig::default(), 42));
    /// client.close(now);
    /// client.reconnect(now);
    /// assert_eq!(client.state(), SocketState::Connecting { attempt: 0 });
    /// ```
    pub fn reconnect(&mut self, now: Instant) {
        if !self.has_left() {
            let before = self.connection.open_link();
            self.connection.reconnect(now, &self.config);
            self.follow(now, before, &OutcomeUnknown::Closed);
        }
    }

    /// Closes the socket until [`connect`](Self::connect) or [`reconnect`](Self::reconnect). Every call is settled.
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
        self.close_with(now, CloseReason::ByApp);
    }

    /// Leaves this address for good: the client accepts nothing new, delivers what was submitted until that is answered or
    /// overdue, and then closes by itself, as [`CloseReason::Left`].
    ///
    /// So a message for one room never reaches another: a client keeps to one address, and the next one gets a new client.
    /// Messages without a deadline get one now, `busy_timeout` from here, so that it ends.
    ///
    /// ```
    /// use leptos_socket_core::{Client, CloseReason, Instant, Message, NotSent, SocketConfig, SocketState};
    ///
    /// let (now, mut client) = (Instant::ZERO, Client::new(SocketConfig::default(), 42));
    /// client.connect(now);
    /// client.call(now, &Message::new("say", "Good night"))?;
    /// client.leave(now);
    /// assert!(!client.state().is_closed()); // it still tries to deliver that
    /// assert_eq!(client.call(now, &Message::new("say", "?")), Err(NotSent::Closed(CloseReason::Left)));
    /// client.handle_timeout(now + std::time::Duration::from_secs(30));
    /// assert_eq!(client.state(), SocketState::Closed(CloseReason::Left));
    /// # Ok::<(), NotSent>(())
    /// ```
    pub fn leave(&mut self, now: Instant) {
        if !std::mem::replace(&mut self.is_leaving, true) {
            self.calls.give_deadlines(now + self.config.busy_timeout());
        }
        self.tidy(now);
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
        let payload = message.encode_payload()?;
        self.submit(now, &Encoded::new(message, &payload), options, true)
    }

    /// [`call_with`](Self::call_with) for a message whose payload is encoded already.
    ///
    /// # Errors
    ///
    /// As [`call`](Self::call).
    pub fn call_encoded(
        &mut self,
        now: Instant,
        message: &Message<Payload>,
        options: &CallOptions,
    ) -> Result<CallId, NotSent> {
        self.submit(now, &Encoded::new(message, message.payload().as_str()), options, true)
    }

    /// Sends a message without awaiting a reply, and says when it leaves: an [`Event::Sent`] or an [`Event::Unsent`],
    /// exactly once. A reply that arrives all the same is a [`Notice::Unawaited`].
    ///
    /// Without a link the message is queued, within `request_timeout`.
    ///
    /// ```
    /// use leptos_socket_core::{Client, Event, Instant, Message, NotSent, SocketConfig};
    ///
    /// let (now, mut client) = (Instant::ZERO, Client::new(SocketConfig::default(), 42));
    /// let id = client.send(now, &Message::new("chat", "Hello"))?;
    /// assert_eq!(client.queued(), 1); // there is no link
    /// client.handle_timeout(now + std::time::Duration::from_secs(30));
    /// assert!(matches!(client.poll_event(), Some(Event::Unsent { message, .. }) if message == id));
    /// # Ok::<(), NotSent>(())
    /// ```
    ///
    /// # Errors
    ///
    /// The message cannot be sent, and the server never sees it.
    pub fn send<P: Serialize>(&mut self, now: Instant, message: &Message<P>) -> Result<CallId, NotSent> {
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
    ) -> Result<CallId, NotSent> {
        let payload = message.encode_payload()?;
        self.submit(now, &Encoded::new(message, &payload), options, false)
    }

    /// [`send_with`](Self::send_with) for a message whose payload is encoded already.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send).
    pub fn send_encoded(
        &mut self,
        now: Instant,
        message: &Message<Payload>,
        options: &CallOptions,
    ) -> Result<CallId, NotSent> {
        self.submit(now, &Encoded::new(message, message.payload().as_str()), options, false)
    }

    /// Forgets a call, or a queued message: no event will mention it. Returns what is certain about it, or `None` if it was
    /// over already.
    ///
    /// A queued call never leaves. The server knows of a call in flight, and its answer is a [`Notice::Unawaited`].
    ///
    /// ```
    /// use leptos_socket_core::{Client, Instant, Message, NotSent, SocketConfig};
    ///
    /// let (now, mut client) = (Instant::ZERO, Client::new(SocketConfig::default(), 42));
    /// let call = client.call(now, &Message::new("search", "te"))?; // and the user types on
    /// assert!(client.cancel(now, call).is_some_and(|error| error.is_safe_to_retry())); // it never left
    /// assert!(client.cancel(now, call).is_none());
    /// # Ok::<(), NotSent>(())
    /// ```
    pub fn cancel(&mut self, now: Instant, id: CallId) -> Option<CallError> {
        self.confirm_departure_of(id);
        let cancelled = self.forget(id);
        self.tidy(now);
        cancelled
    }
}

/// Who the user is.
impl Client {
    /// Sets the headers that are merged into every message that leaves, under its own: a new token of the same person, say.
    /// They replace those of the config.
    ///
    /// Queued messages, and idempotent calls that are sent again, leave with the headers of that moment.
    ///
    /// ```
    /// use leptos_socket_core::{Client, Headers, Instant, Message, SocketConfig, Transmit};
    /// # use leptos_socket_core::{Endpoint, Input};
    ///
    /// # let now = Instant::ZERO;
    /// # let mut client = Client::new(SocketConfig::default(), 42);
    /// # client.connect(now);
    /// # let Some(Transmit::Resolve { link }) = client.poll_transmit(now, 0) else { panic!("a link is wanted") };
    /// # client.handle_input(now, link, Input::Resolved(Endpoint::parse("wss://example.com/ws/")?));
    /// # while client.poll_transmit(now, 0).is_some() {}
    /// # client.handle_input(now, link, Input::Opened);
    /// # while client.poll_transmit(now, 0).is_some() {}
    /// client.set_global_headers(Headers::new().with("token", "XYZ"));
    /// client.call(now, &Message::new("sayHello", "World"))?;
    /// assert!(matches!(client.poll_transmit(now, 0), Some(Transmit::Send { text, .. }) if text.contains("XYZ")));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn set_global_headers(&mut self, headers: Headers) {
        self.credentials.set_headers(headers);
    }

    /// Another person uses the socket, with these headers. Everything that is under way ends at once, as
    /// [`NotSent::IdentityChanged`] or [`OutcomeUnknown::IdentityChanged`]; the result of a refresh that runs is ignored; and
    /// the socket reconnects, also if the server had refused the last person.
    ///
    /// ```
    /// use leptos_socket_core::{Client, Event, Headers, Instant, Message, SocketConfig};
    ///
    /// let (now, mut client) = (Instant::ZERO, Client::new(SocketConfig::default(), 42));
    /// client.send(now, &Message::new("say", "from Alice"))?;
    /// client.change_identity(now, Headers::new().with("token", "Bob's"));
    /// assert!(matches!(client.poll_event(), Some(Event::Unsent { .. })));
    /// assert_eq!(client.queued(), 0);
    /// # Ok::<(), leptos_socket_core::NotSent>(())
    /// ```
    pub fn change_identity(&mut self, now: Instant, headers: Headers) {
        self.end_all(&NotSent::IdentityChanged, &OutcomeUnknown::IdentityChanged);
        self.credentials.change_person(headers);
        match self.connection.state() {
            SocketState::Idle | SocketState::Closed(CloseReason::ByApp | CloseReason::Left) => {}
            SocketState::Connecting { .. }
            | SocketState::Open
            | SocketState::Slow
            | SocketState::Backoff { .. }
            | SocketState::Closed(CloseReason::GaveUp { .. } | CloseReason::Refused(_)) => self.reconnect(now),
        }
        self.tidy(now);
    }

    /// Whether the app can get a new token when the server refuses the present one: see [`Transmit::Refresh`]. Default: false.
    ///
    /// A refresh starts after a reply with status 401, after a close code with
    /// [`AfterClose::Refresh`](crate::AfterClose::Refresh), and after several attempts that never opened, because a page sees
    /// no more than that of a handshake that is refused. One refresh serves everyone, and what is called meanwhile waits for
    /// it. A 401 means that the server did nothing: so each call that got one is then sent once more, idempotent or not. It
    /// ends with its 401 if the refresh fails, takes longer than `request_timeout` or than the call's deadline, or does not
    /// help. After a refresh no other one starts for `refresh_cooldown`, and two never run at once.
    ///
    /// ```
    /// use leptos_socket_core::{Client, Headers, Input, Instant, Message, SocketConfig, Transmit};
    /// # use leptos_socket_core::Endpoint;
    /// # use serde_json::{Value, json};
    ///
    /// # let now = Instant::ZERO;
    /// # let mut client = Client::new(SocketConfig::default(), 42);
    /// # client.connect(now);
    /// # let Some(Transmit::Resolve { link }) = client.poll_transmit(now, 0) else { panic!("a link is wanted") };
    /// # client.handle_input(now, link, Input::Resolved(Endpoint::parse("wss://example.com/ws/")?));
    /// # while client.poll_transmit(now, 0).is_some() {}
    /// # client.handle_input(now, link, Input::Opened);
    /// # while client.poll_transmit(now, 0).is_some() {}
    /// client.refresh_on_unauthorized(true);
    /// client.call(now, &Message::new("orders", ()))?;
    /// let Some(Transmit::Send { text, .. }) = client.poll_transmit(now, 0) else { panic!("it leaves") };
    /// # let uuid = serde_json::from_str::<Value>(&text)?["uuid"].clone();
    /// # let answer_401 = json!({ "uuid": uuid, "status": 401 }).to_string();
    /// client.handle_input(now, link, Input::Text(answer_401));
    ///
    /// let Some(Transmit::Refresh { number }) = client.poll_transmit(now, 0) else { panic!("a token is wanted") };
    /// client.handle_refreshed(now, number, Some(Headers::new().with("token", "ABC"))); // the new one
    /// assert!(matches!(client.poll_transmit(now, 0), Some(Transmit::Send { text, .. }) if text.contains("ABC")));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub const fn refresh_on_unauthorized(&mut self, refresh: bool) {
        self.credentials.enable_refresh(refresh);
    }
}

/// B. What happened.
impl Client {
    /// Something happened on a link. Inputs of an old link have no effect.
    pub fn handle_input(&mut self, now: Instant, link: LinkId, input: Input) {
        if self.connection.link() != Some(link) {
            return;
        }
        let before = self.connection.open_link();
        match input {
            Input::Resolved(endpoint) => self.connection.on_resolved(endpoint),
            Input::Unresolved => self.connection.on_unresolved(now, &self.config),
            Input::Opened => self.connection.on_opened(now),
            Input::NotTaken { message, text } => self.on_not_taken(message, text),
            Input::Text(text) => self.on_text(now, text),
            Input::Binary(size) => self.on_binary(now, size),
            Input::Closed(code) => self.on_closed(now, code),
        }
        self.follow(now, before, &OutcomeUnknown::LinkLost(self.connection.last_close_code()));
    }

    /// The page learned something about the world.
    ///
    /// ```
    /// use leptos_socket_core::{Client, Hint, Input, Instant, SocketConfig, SocketState, Transmit};
    ///
    /// let (now, mut client) = (Instant::ZERO, Client::new(SocketConfig::default(), 42));
    /// client.connect(now);
    /// let Some(Transmit::Resolve { link }) = client.poll_transmit(now, 0) else { panic!("a link is wanted") };
    /// client.handle_input(now, link, Input::Unresolved);
    /// assert!(matches!(client.state(), SocketState::Backoff { .. }));
    /// client.handle_hint(now, Hint::Online);
    /// assert_eq!(client.state(), SocketState::Connecting { attempt: 1 }); // at once
    /// ```
    pub fn handle_hint(&mut self, now: Instant, hint: Hint) {
        let before = self.connection.open_link();
        self.connection.on_hint(now, hint, &self.config);
        self.follow(now, before, &OutcomeUnknown::LinkLost(CloseCode::NORMAL));
    }

    /// The answer to [`Transmit::Refresh`] of that number: the headers with the new token, or `None` if there is none.
    ///
    /// An answer that comes late still counts, unless the app was asked again or another person uses the socket.
    pub fn handle_refreshed(&mut self, now: Instant, number: u32, headers: Option<Headers>) {
        let before = self.connection.open_link();
        let is_new = headers.is_some();
        if self.credentials.on_answer(now, number, headers, self.config.refresh_cooldown()) {
            self.after_refresh(now, is_new);
        }
        self.follow(now, before, &OutcomeUnknown::Closed);
    }

    /// Time passed. Does what is due, in the order in which it was due; nothing if nothing is.
    ///
    /// ```
    /// use leptos_socket_core::{Client, Instant, SocketConfig, SocketState};
    ///
    /// let (now, mut client) = (Instant::ZERO, Client::new(SocketConfig::default(), 42));
    /// client.connect(now);
    /// client.handle_timeout(now); // too early does no harm
    /// assert_eq!(client.state(), SocketState::Connecting { attempt: 0 });
    /// client.handle_timeout(now + client.config().connect_timeout());
    /// assert!(matches!(client.state(), SocketState::Backoff { attempt: 1, .. }));
    /// ```
    pub fn handle_timeout(&mut self, now: Instant) {
        while let Some((timer, at)) = self.next_timer().filter(|(_, at)| *at <= now) {
            let before = self.connection.open_link();
            match timer {
                Timer::Deadline => self.end_overdue(now),
                Timer::Refresh => {
                    self.credentials.stop_waiting(now, self.config.refresh_cooldown());
                    self.after_refresh(now, false);
                }
                Timer::ConnectTimeout
                | Timer::Ping
                | Timer::Dead
                | Timer::Room
                | Timer::Retry
                | Timer::CloseTimeout => self.connection.on_timer(now, (at, timer), &self.config),
            }
            self.follow(now, before, &OutcomeUnknown::LinkLost(CloseCode::ABNORMAL));
        }
    }
}

/// C. What to do.
impl Client {
    /// The next thing that the driver has to do; `None` if there is nothing more. `buffered` is how many bytes were handed
    /// to the open link and have not left yet.
    ///
    /// A frame is made at this moment, from what is true at `now`: what is overdue does not leave, and headers are those of
    /// now. A frame counts as sent with the next call of this, unless it is reported as [not taken](Input::NotTaken) before.
    #[must_use = "a transmit that is not carried out is lost"]
    pub fn poll_transmit(&mut self, now: Instant, buffered: usize) -> Option<Transmit> {
        self.confirm_departure();
        self.end_overdue(now);
        self.tidy(now);
        let transmit = self.connection.poll_transmit().or_else(|| self.credentials.poll_transmit());
        transmit.or_else(|| self.poll_ping(now)).or_else(|| self.poll_message(now, buffered))
    }

    /// The next thing that happened; `None` if there is nothing more.
    #[must_use = "an event that is not looked at is lost"]
    pub fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// When [`handle_timeout`](Self::handle_timeout) has to be called; `None` if nothing will ever be due.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.next_timer().map(|(_, at)| at)
    }

    /// [`poll_timeout`](Self::poll_timeout), with what it is for.
    #[must_use]
    pub fn next_timer(&self) -> Option<(Timer, Instant)> {
        let deadline = self.calls.next_deadline().map(|(at, _)| (at, Timer::Deadline));
        let refresh = self.credentials.refreshes_until().map(|at| (at, Timer::Refresh));
        let timers = deadline.into_iter().chain(refresh).chain(self.connection.next_timer());
        timers.filter(|(at, _)| *at < Instant::END).min().map(|(at, timer)| (timer, at))
    }
}

/// D. What is.
impl Client {
    /// The state of the socket.
    #[must_use]
    pub const fn state(&self) -> SocketState {
        self.shown
    }

    /// What is likely wrong; `None` while a link is open or first being opened, and if the app closed the socket.
    #[must_use]
    pub fn diagnosis(&self) -> Option<Diagnosis> {
        self.connection.diagnosis()
    }

    /// When the last link was lost, if there was one and there is none now.
    #[must_use]
    pub const fn lost_at(&self) -> Option<Instant> {
        self.connection.lost_at()
    }

    /// The time from the last answered ping of this link to its answer; `None` before that, and without a link.
    ///
    /// A server handles one message after another, so this includes what it was busy with.
    #[must_use]
    pub fn latency(&self) -> Option<Duration> {
        self.connection.open().and_then(|open| open.liveness.latency())
    }

    /// How many calls were handed to the link and await their replies.
    #[must_use]
    pub const fn in_flight(&self) -> usize {
        self.calls.in_flight()
    }

    /// How many messages wait to leave: for a link, for room in one, or for a new token.
    #[must_use]
    pub const fn queued(&self) -> usize {
        self.calls.waiting()
    }

    /// The uuid of a call: for a log.
    #[must_use]
    pub fn uuid(&self, id: CallId) -> Uuid {
        self.uuids.of(id.as_number())
    }

    /// Whether this message waits to leave.
    #[must_use]
    pub fn is_queued(&self, id: CallId) -> bool {
        self.calls.get(id).is_some_and(|call| call.is_waiting())
    }

    /// The options of this socket.
    #[must_use]
    pub const fn config(&self) -> &SocketConfig {
        &self.config
    }
}

/// What follows from what happened.
impl Client {
    /// The one place where a change of the link reaches the calls and the app. `before` is the link that was open, and `why`
    /// is what its loss means to calls in flight.
    fn follow(&mut self, now: Instant, before: Option<LinkId>, why: &OutcomeUnknown) {
        let after = self.connection.open_link();
        if before.is_some() && before != after {
            self.end_in_flight(why);
        }
        self.show_state();
        if let Some(link) = after.filter(|_| before != after) {
            let lasted = self.connection.take_gap(now);
            self.events.extend(lasted.map(|lasted| Event::Gap { link, lasted }));
        }
        if let SocketState::Closed(reason) = self.shown {
            self.credentials.stop_waiting(now, self.config.refresh_cooldown());
            self.end_all(&NotSent::Closed(reason), &OutcomeUnknown::Closed);
        }
        self.tidy(now);
    }

    /// A client that leaves closes once everything has ended.
    fn tidy(&mut self, now: Instant) {
        let is_done = self.calls.in_flight() + self.calls.waiting() == 0;
        if self.is_leaving && is_done && !self.connection.state().is_closed() {
            self.close_with(now, CloseReason::Left);
        }
    }

    fn close_with(&mut self, now: Instant, reason: CloseReason) {
        let before = self.connection.open_link();
        self.connection.close(now, reason, &self.config);
        self.follow(now, before, &OutcomeUnknown::Closed);
    }

    /// Says so if the state has changed as an app sees it.
    fn show_state(&mut self) {
        let state = self.connection.state();
        if std::mem::replace(&mut self.shown, state) != state {
            self.events.push_back(Event::StateChanged(state));
        }
    }

    fn has_left(&self) -> bool {
        self.is_leaving && self.shown.is_closed()
    }

    fn notice(&mut self, notice: Notice) {
        let count = &mut self.notices[notice.kind()];
        *count += 1;
        self.events.push_back(Event::Notice { notice, count: *count });
    }
}
