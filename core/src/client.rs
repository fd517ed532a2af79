//! The state machine of one socket.

use std::collections::VecDeque;

use crate::calls::Calls;
use crate::close::{CloseCode, CloseReason};
use crate::config::SocketConfig;
use crate::connection::Connection;
use crate::credentials::{Cooldown, Credentials};
use crate::event::{CallId, Event, Hint, Input, LinkId, SocketState, Transmit};
use crate::headers::Headers;
use crate::notice::Notice;
use crate::rng::{Rng, Uuids};
use crate::state::Timer;
use crate::time::Instant;

/// Writes down an operation before it changes anything, if the client is recorded. Without the feature `record` this is nothing.
macro_rules! record {
    ($client:ident, $now:expr, $op:expr) => {
        #[cfg(feature = "record")]
        if $client.tape.is_some() {
            use crate::record::Op;
            let op = $op;
            $client.write_down($now, &op);
        }
    };
}

/// Notes what the operation brings.
macro_rules! digest {
    ($client:ident, $method:ident, $output:expr) => {
        #[cfg(feature = "record")]
        if let Some(digest) = $client.tape.as_mut().and_then(|tape| tape.digest()) {
            digest.$method($output);
        }
    };
}

mod accessors;
mod ending;
mod receiving;
#[cfg(feature = "record")]
mod recording;
mod sending;
mod verbs;

use sending::Departing;

/// The state machine of one socket at one address: no I/O, no clock, no randomness of its own.
///
/// A driver carries out what the client wants and reports what happened. Any sequence of calls is legal. There are four
/// kinds of methods:
///
/// - **A. The app's verbs**: [`connect`](Self::connect), [`call`](Self::call), [`send`](Self::send),
///   [`cancel`](Self::cancel), [`reconnect`](Self::reconnect), [`leave`](Self::leave), [`close`](Self::close), and those that
///   set the [user's headers](#method.set_global_headers).
/// - **B. Reporting what happened**: [`handle_input`](Self::handle_input), [`handle_hint`](Self::handle_hint),
///   [`handle_refreshed`](Self::handle_refreshed), [`handle_timeout`](Self::handle_timeout).
/// - **C. Asking what to do**, after each of A and B, in this order: [`poll_transmit`](Self::poll_transmit) and
///   [`poll_event`](Self::poll_event) until they return `None`, then [`poll_timeout`](Self::poll_timeout).
/// - **D. Reading the state**: [`state`](Self::state), [`latency`](Self::latency), [`in_flight`](Self::in_flight),
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
/// If no answer comes, time passes until the deadline of the call:
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
    /// Whether it has left, or its person has signed out: it accepts nothing new, and does not connect again once it is closed.
    is_final: bool,
    pings: u64,
    notices: [u64; Notice::KINDS],
    #[cfg(feature = "record")]
    tape: Option<Box<crate::record::Tape>>,
}

impl Client {
    /// A client that is idle.
    ///
    /// `seed` feeds the jitter and the uuids: give each client a different one.
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
            is_final: false,
            pings: 0,
            notices: [0; Notice::KINDS],
            #[cfg(feature = "record")]
            tape: None,
        }
    }
}

/// B. What happened.
impl Client {
    /// Something happened on a link. Inputs of an old link have no effect.
    pub fn handle_input(&mut self, now: Instant, link: LinkId, input: Input) {
        record!(self, now, Op::Input(link, self.happened(&input)));
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
        self.follow(now, before, Some(self.connection.last_close_code()));
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
        record!(self, now, Op::Hint(hint));
        let before = self.connection.open_link();
        self.connection.on_hint(now, hint, &self.config);
        self.follow(now, before, Some(CloseCode::NORMAL));
    }

    /// The answer to the [`Transmit::Refresh`] with this number: the headers with the new token, or `None` if there is none.
    ///
    /// An answer that comes late still counts, unless the app was asked again or another person uses the socket.
    pub fn handle_refreshed(&mut self, now: Instant, number: u32, headers: Option<Headers>) {
        record!(self, now, Op::refreshed(number, headers.as_ref()));
        let before = self.connection.open_link();
        let is_new = headers.is_some();
        if self.credentials.on_answer(now, number, headers, self.cooldown()) {
            self.after_refresh(now, is_new);
        }
        self.follow(now, before, None);
    }

    /// Time passed. Does everything that is due, in the order in which it was due.
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
        record!(self, now, Op::Timeout);
        while let Some((timer, at)) = self.next_timer().filter(|(_, at)| *at <= now) {
            let before = self.connection.open_link();
            match timer {
                Timer::Deadline => self.end_overdue(now),
                Timer::Refresh => {
                    self.credentials.stop_waiting(now, self.cooldown());
                    self.after_refresh(now, false);
                }
                Timer::ConnectTimeout
                | Timer::Ping
                | Timer::Dead
                | Timer::Room
                | Timer::Retry
                | Timer::CloseTimeout => self.connection.on_timer(now, (at, timer), &self.config),
            }
            self.follow(now, before, Some(CloseCode::ABNORMAL));
        }
    }
}

/// C. What to do.
impl Client {
    /// The next thing that the driver has to do; `None` if there is nothing more. `buffered` is how many bytes were handed
    /// to the open link and have not left yet.
    ///
    /// A frame is made at this moment: overdue messages don't leave, and the headers are the current ones. A frame
    /// counts as sent with the next call of this, unless it is reported as [not taken](Input::NotTaken) before.
    #[must_use = "a transmit that is not carried out is lost"]
    pub fn poll_transmit(&mut self, now: Instant, buffered: usize) -> Option<Transmit> {
        record!(self, now, Op::Poll(1, buffered));
        self.confirm_departure();
        self.end_overdue(now);
        self.tidy(now);
        let transmit = self.connection.poll_transmit().or_else(|| self.credentials.poll_transmit());
        let transmit = transmit.or_else(|| self.poll_ping(now)).or_else(|| self.poll_message(now, buffered));
        digest!(self, transmit, transmit.as_ref());
        transmit
    }

    /// The next thing that happened; `None` if there is nothing more.
    #[must_use = "an event that is not looked at is lost"]
    pub fn poll_event(&mut self) -> Option<Event> {
        let event = self.events.pop_front();
        #[cfg(feature = "record")]
        if let Some((tape, event)) = self.tape.as_mut().zip(event.as_ref()) {
            tape.on_event(event);
        }
        event
    }

    /// Whether [`poll_event`](Self::poll_event) has something to tell.
    #[must_use]
    pub fn has_events(&self) -> bool {
        !self.events.is_empty()
    }

    /// Whether this message has left, and the [`Event::Sent`] that says so is still to be polled.
    #[must_use]
    pub fn has_left(&self, id: CallId) -> bool {
        self.events.iter().any(|event| matches!(event, Event::Sent { message } if *message == id))
    }

    /// When [`handle_timeout`](Self::handle_timeout) has to be called; `None` if nothing will ever be due.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.next_timer().map(|(_, at)| at)
    }

    /// [`poll_timeout`](Self::poll_timeout), with what it is for.
    #[must_use]
    pub fn next_timer(&self) -> Option<(Timer, Instant)> {
        let (link_at, timer) = self.connection.next_timer();
        let deadline = self.calls.next_deadline().map_or(Instant::END, |(at, _)| at);
        // Without a link nothing could leave, so a refresh has all the time that it takes.
        let refresh = self.credentials.refreshes_until().filter(|_| self.connection.open().is_some());
        let refresh = refresh.unwrap_or(Instant::END);
        let (at, timer) = (deadline, Timer::Deadline).min((refresh, Timer::Refresh)).min((link_at, timer));
        (at < Instant::END).then_some((timer, at))
    }
}

/// What follows from what happened.
impl Client {
    /// The one place where a change of the link reaches the calls and the app. `before` is the link that was open, and `code`
    /// is that of its loss, unless the app closed it.
    fn follow(&mut self, now: Instant, before: Option<LinkId>, code: Option<CloseCode>) {
        let after = self.connection.open_link();
        if before.is_some() && before != after {
            self.end_in_flight(code);
        }
        self.show_state();
        if let Some(link) = after.filter(|_| before != after) {
            let lasted = self.connection.take_gap(now);
            self.events.extend(lasted.map(|lasted| Event::Gap { link, lasted }));
            self.credentials.wait_anew(now, self.refresh_timeout());
        }
        if let SocketState::Closed(reason) = self.shown {
            self.credentials.stop_waiting(now, self.cooldown());
            self.end_all(reason);
        }
        self.tidy(now);
    }

    /// A client that leaves closes once everything has ended.
    fn tidy(&mut self, now: Instant) {
        let is_done = self.calls.in_flight() + self.calls.waiting() == 0;
        if self.is_final && is_done && !self.connection.state().is_closed() {
            self.close_with(now, CloseReason::Left);
        }
    }

    fn close_with(&mut self, now: Instant, reason: CloseReason) {
        let before = self.connection.open_link();
        self.connection.close(now, reason, &self.config);
        self.follow(now, before, None);
    }

    /// Says so if the state has changed as an app sees it.
    fn show_state(&mut self) {
        let state = self.connection.state();
        if std::mem::replace(&mut self.shown, state) != state {
            self.events.push_back(Event::StateChanged(state));
        }
    }

    fn cooldown(&self) -> Cooldown {
        Cooldown { lasts: self.config.refresh_cooldown(), is_earned: !self.connection.is_trying() }
    }

    fn is_over(&self) -> bool {
        self.is_final && self.shown.is_closed()
    }

    fn notice(&mut self, notice: Notice) {
        let count = &mut self.notices[notice.kind()];
        *count += 1;
        self.events.push_back(Event::Notice { notice, count: *count });
    }
}
