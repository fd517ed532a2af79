//! A. What an app does.

use serde::Serialize;

use super::Client;
use super::sending::Encoded;
use crate::close::CloseReason;
use crate::error::{CallError, NotSent};
use crate::event::CallId;
use crate::headers::Headers;
use crate::incoming::Payload;
use crate::message::Message;
use crate::time::Instant;

/// A. The app's verbs.
impl Client {
    /// Opens a link, if the socket is idle or closed. Otherwise a link is already under way.
    pub fn connect(&mut self, now: Instant) {
        record!(self, now, Op::Connect);
        if !self.is_over() {
            let before = self.connection.open_link();
            self.connection.connect(now, &self.config);
            self.follow(now, before, None);
        }
    }

    /// Opens a new link, whatever the state is. Earlier attempts don't count any more.
    ///
    /// Calls in flight end with [`OutcomeUnknown::Closed`](crate::OutcomeUnknown::Closed), except idempotent ones.
    /// Queued messages stay queued.
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
        record!(self, now, Op::Reconnect);
        if !self.is_over() {
            let before = self.connection.open_link();
            self.connection.reconnect(now, &self.config);
            self.follow(now, before, None);
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
        record!(self, now, Op::Close);
        self.close_with(now, CloseReason::ByApp);
    }

    /// The app cannot use this client as it is set up, because of [`CloseReason::InvalidUrl`] or
    /// [`CloseReason::InvalidConfig`]: everything ends at once, and the client is closed until [`connect`](Self::connect).
    pub fn reject(&mut self, now: Instant, why: CloseReason) {
        record!(self, now, Op::Reject(why));
        self.close_with(now, why);
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
        record!(self, now, Op::Leave);
        if !std::mem::replace(&mut self.is_final, true) {
            self.calls.give_deadlines(now + self.config.busy_timeout());
        }
        self.tidy(now);
    }

    /// The person who uses this client has signed out: everything that is under way ends at once, the result of a refresh that
    /// runs is ignored, and the client is closed for good, as [`CloseReason::SignedOut`].
    ///
    /// So no message leaves with another person's token: a client serves one person, and the next one gets a new client.
    ///
    /// ```
    /// use leptos_socket_core::{Client, CloseReason, Event, Instant, Message, NotSent, SocketConfig};
    ///
    /// let (now, mut client) = (Instant::ZERO, Client::new(SocketConfig::default(), 42));
    /// client.send(now, &Message::new("say", "from Alice"))?;
    /// client.sign_out(now);
    /// while let Some(event) = client.poll_event() {
    ///     if let Event::Unsent { error, .. } = event {
    ///         assert_eq!(error, NotSent::Closed(CloseReason::SignedOut));
    ///     }
    /// }
    /// assert_eq!(client.queued(), 0);
    /// # Ok::<(), NotSent>(())
    /// ```
    pub fn sign_out(&mut self, now: Instant) {
        record!(self, now, Op::SignOut);
        self.is_final = true;
        self.close_with(now, CloseReason::SignedOut);
    }

    /// Sends a message and awaits its reply, within `request_timeout`.
    ///
    /// Without a link the call is queued. The outcome is an [`Event::Settled`](crate::Event::Settled), exactly once.
    ///
    /// ```
    /// use leptos_socket_core::{Client, Instant, Message, NotSent, SocketConfig};
    ///
    /// let (now, mut client) = (Instant::ZERO, Client::new(SocketConfig::default(), 42));
    /// let error = client.call(now, &Message::new("cursor", (3, 4)).wait_for_link(false));
    /// assert_eq!(error, Err(NotSent::NotConnected));
    /// ```
    ///
    /// # Errors
    ///
    /// The message cannot be sent, and the server never sees it.
    pub fn call<P: Serialize>(&mut self, now: Instant, message: &Message<P>) -> Result<CallId, NotSent> {
        let payload = message.encode_payload()?;
        self.submit(now, &Encoded::new(message, &payload), true)
    }

    /// [`call`](Self::call) for a message whose payload is encoded already.
    ///
    /// # Errors
    ///
    /// As [`call`](Self::call).
    pub fn call_encoded(&mut self, now: Instant, message: &Message<Payload>) -> Result<CallId, NotSent> {
        self.submit(now, &Encoded::new(message, message.payload().as_str()), true)
    }

    /// Sends a message without awaiting a reply, and says when it leaves: an [`Event::Sent`](crate::Event::Sent) or an
    /// [`Event::Unsent`](crate::Event::Unsent), exactly once. If a reply arrives anyway, it is a
    /// [`Notice::Unawaited`](crate::Notice::Unawaited).
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
        let payload = message.encode_payload()?;
        self.submit(now, &Encoded::new(message, &payload), false)
    }

    /// [`send`](Self::send) for a message whose payload is encoded already.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send).
    pub fn send_encoded(&mut self, now: Instant, message: &Message<Payload>) -> Result<CallId, NotSent> {
        self.submit(now, &Encoded::new(message, message.payload().as_str()), false)
    }

    /// Forgets a call, or a queued message: no event will mention it. Returns what is certain about it, or `None` if it was
    /// over already.
    ///
    /// A queued call never leaves. The server knows of a call in flight, and its answer is a
    /// [`Notice::Unawaited`](crate::Notice::Unawaited).
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
        record!(self, now, Op::Cancel(id));
        self.confirm_departure_of(id);
        let cancelled = self.forget(id);
        self.tidy(now);
        digest!(self, cancelled, cancelled.as_ref());
        cancelled
    }
}

/// Who the user is.
impl Client {
    /// Sets the headers that are merged into every message that leaves, under its own: a new token of the same
    /// person, for example.
    /// They replace the global headers of the config.
    ///
    /// Queued messages, and idempotent calls that are sent again, leave with the headers that are set when they leave.
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
        // Recorded as their lengths, so the same headers again would look like new ones.
        #[cfg(feature = "record")]
        if *self.credentials.headers_for(false) == headers {
            return;
        }
        record!(self, self.recorded_last(), Op::set_global_headers(&headers));
        self.credentials.set_headers(headers);
    }

    /// Sets the headers that an [anonymous](crate::Message::anonymous) message leaves with, which carry no token.
    /// Default: none.
    pub fn set_anonymous_headers(&mut self, headers: Headers) {
        record!(self, self.recorded_last(), Op::set_anonymous_headers(&headers));
        self.credentials.set_anonymous_headers(headers);
    }

    /// Whether the app can get a new token when the server refuses the present one: see
    /// [`Transmit::Refresh`](crate::Transmit::Refresh). Default: false.
    ///
    /// A refresh starts after a reply with status 401, after a close code with
    /// [`AfterClose::Refresh`](crate::AfterClose::Refresh), and after several attempts that never opened, because a
    /// page sees
    /// no more than that of a handshake that is refused. One refresh serves everyone, and what is called meanwhile waits for
    /// it. A 401 means that the server did nothing: so each call that got one is then sent once more, idempotent or not. It
    /// ends with its 401 if the refresh fails, takes longer than `request_timeout` or than the call's deadline, or does not
    /// help. After a refresh that did not help no other one starts for `refresh_cooldown`, and two never run at once.
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
    pub fn refresh_on_unauthorized(&mut self, refresh: bool) {
        record!(self, self.recorded_last(), Op::RefreshOnUnauthorized(refresh));
        self.credentials.enable_refresh(refresh);
    }
}
