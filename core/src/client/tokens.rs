//! Headers that are asked for, and tokens that expire.

use super::Client;
use crate::error::NotSent;
use crate::event::{CallId, Event, Transmit};
use crate::message::{Headers, Incoming};
use crate::status::StatusCode;
use crate::time::Instant;

/// What is known of the token of this client.
#[derive(Debug, Default)]
pub(crate) struct Tokens {
    /// Whether the app gets a new one when the server answers 401.
    enabled: bool,
    /// How often it was asked for one so far.
    asked: u32,
    /// While it is, until when that is waited for.
    give_up_at: Option<Instant>,
    /// How often it answered so far.
    current: u32,
    /// Whether it had none, the last time.
    has_failed: bool,
    /// The calls that wait for it, each with the 401 that it got.
    waiting: Vec<CallId>,
}

impl Tokens {
    pub(super) const fn is_refreshing(&self) -> bool {
        self.give_up_at.is_some()
    }

    pub(super) const fn give_up_at(&self) -> Option<Instant> {
        self.give_up_at
    }

    pub(super) const fn current(&self) -> u32 {
        self.current
    }
}

/// The global headers, from now on.
///
/// Named once, for all messages to come:
///
/// ```
/// use leptos_socket_core::{Client, Headers, Instant, Message, SocketConfig, Transmit};
/// # use leptos_socket_core::{Endpoint, Input};
///
/// # let now = Instant::ZERO;
/// # let mut client = Client::new(SocketConfig::default(), 42);
/// # client.connect(now);
/// # let Some(Transmit::Resolve { link }) = client.poll_transmit() else { panic!("a link is wanted") };
/// # client.handle_input(now, link, Input::Resolved(Endpoint::parse("wss://example.com/ws/")?));
/// # client.handle_input(now, link, Input::Opened);
/// # while client.poll_transmit().is_some() {}
/// client.set_global_headers(Headers::new().with("token", "XYZ"));
/// client.call(now, &Message::new("sayHello", "World"))?;
/// assert!(matches!(client.poll_transmit(), Some(Transmit::Send { text, .. }) if text.contains("XYZ")));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// Or asked for, whenever a message could leave:
///
/// ```
/// use leptos_socket_core::{Client, Headers, Instant, Message, SocketConfig, Transmit};
/// # use leptos_socket_core::{Endpoint, Input};
///
/// # let now = Instant::ZERO;
/// # let mut client = Client::new(SocketConfig::default(), 42);
/// # client.connect(now);
/// # let Some(Transmit::Resolve { link }) = client.poll_transmit() else { panic!("a link is wanted") };
/// # client.handle_input(now, link, Input::Resolved(Endpoint::parse("wss://example.com/ws/")?));
/// # client.handle_input(now, link, Input::Opened);
/// # while client.poll_transmit().is_some() {}
/// client.ask_headers(true);
/// client.call(now, &Message::new("sayHello", "World"))?;
/// let Some(Transmit::AskHeaders { message }) = client.poll_transmit() else { panic!("headers are wanted") };
/// client.handle_headers(now, message, Some(Headers::new().with("token", "XYZ"))); // or None: it is not sent
/// assert!(matches!(client.poll_transmit(), Some(Transmit::Send { text, .. }) if text.contains("XYZ")));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
impl Client {
    /// Sets the headers that are merged into every message that leaves, under its own; in place of those of the config.
    ///
    /// What is queued, and an idempotent call that is sent again, leaves with the headers of that moment.
    pub fn set_global_headers(&mut self, headers: Headers) {
        self.headers = headers;
    }

    /// Whether the global headers are asked for, for each message when that could leave: see [`Transmit::AskHeaders`]. Pings
    /// have those that were named last. Default: false.
    pub fn ask_headers(&mut self, ask: bool) {
        self.asks_headers = ask;
        if !ask {
            self.outbox.stop_asking();
            self.flush();
        }
    }

    /// The answer to [`Transmit::AskHeaders`]. `None`: there is none, and the message ends as [`NotSent::NoHeaders`].
    ///
    /// One to a question of before a refresh counts for nothing, and the question is asked again.
    pub fn handle_headers(&mut self, now: Instant, message: CallId, headers: Option<Headers>) {
        // What is overdue must not leave, even if nobody has looked at the timer yet.
        self.expire(now);
        let Some(place) = self.calls.get(message).map(|call| (call.priority, message)) else { return };
        let Some(is_of_use) = self.outbox.awaits_headers(place) else { return };
        match headers {
            _ if !is_of_use => self.outbox.set_headers(place, None),
            Some(headers) => {
                self.headers = headers.clone();
                // It cannot leave now, and when it can they may be others.
                let may_leave = self.state.open_link().is_some() && !self.tokens.is_refreshing();
                self.outbox.set_headers(place, Some(headers).filter(|_| may_leave));
            }
            None => self.end(message, |_| NotSent::NoHeaders.into()),
        }
        self.flush();
    }
}

/// A token that expired.
///
/// ```
/// use leptos_socket_core::{CallOptions, Client, Headers, Input, Instant, Message, SocketConfig, Transmit};
/// # use leptos_socket_core::Endpoint;
/// # use serde_json::{Value, json};
///
/// # let now = Instant::ZERO;
/// # let mut client = Client::new(SocketConfig::default(), 42);
/// # client.connect(now);
/// # let Some(Transmit::Resolve { link }) = client.poll_transmit() else { panic!("a link is wanted") };
/// # client.handle_input(now, link, Input::Resolved(Endpoint::parse("wss://example.com/ws/")?));
/// # client.handle_input(now, link, Input::Opened);
/// # while client.poll_transmit().is_some() {}
/// client.refresh_on_unauthorized(true);
/// client.call_with(now, &Message::new("orders", ()), &CallOptions::new().idempotent(true))?;
/// let Some(Transmit::Send { text, .. }) = client.poll_transmit() else { panic!("it leaves") };
/// # let uuid = serde_json::from_str::<Value>(&text)?["uuid"].clone();
/// # let answer_401 = json!({ "uuid": uuid, "status": 401 }).to_string();
/// client.handle_input(now, link, Input::Text(answer_401));
///
/// let Some(Transmit::Refresh { number }) = client.poll_transmit() else { panic!("a token is wanted") };
/// client.set_global_headers(Headers::new().with("token", "ABC")); // the new one
/// client.handle_refreshed(now, number, true);
/// assert!(matches!(client.poll_transmit(), Some(Transmit::Send { text, .. }) if text.contains("ABC")));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
impl Client {
    /// Whether a reply with status 401 makes the app get a new token: see [`Transmit::Refresh`]. Default: false.
    ///
    /// One refresh serves all that got a 401 meanwhile, and what is called while it is under way waits for it. Idempotent calls
    /// are then sent again, once; they end with their 401 where the refresh fails, takes longer than their deadline, or does
    /// not help. Other calls end with their 401 at once. A refresh that takes longer than `request_timeout` has failed.
    pub const fn refresh_on_unauthorized(&mut self, refresh: bool) {
        self.tokens.enabled = refresh;
    }

    /// The answer to [`Transmit::Refresh`] of that number: whether there is a new token.
    pub fn handle_refreshed(&mut self, now: Instant, number: u32, refreshed: bool) {
        self.expire(now);
        if !self.tokens.is_refreshing() || self.tokens.asked != number {
            return;
        }
        self.tokens.give_up_at = None;
        self.tokens.current += 1;
        self.tokens.has_failed = !refreshed;
        if refreshed {
            self.outbox.outdate_headers();
        }
        for id in std::mem::take(&mut self.tokens.waiting) {
            if refreshed {
                self.send_again(id);
            } else {
                self.end_with_401(id);
            }
        }
        self.flush();
    }

    pub(super) fn on_refresh_overdue(&mut self, now: Instant) {
        self.handle_refreshed(now, self.tokens.asked, false);
    }

    /// A call got a 401. Hands the reply back if that is its outcome.
    pub(super) fn on_unauthorized(&mut self, now: Instant, id: CallId, reply: Incoming) -> Option<Incoming> {
        let refused = reply.status() == Some(StatusCode::UNAUTHORIZED);
        let Some(call) = self.calls.get(id).filter(|call| self.tokens.enabled && refused && !call.was_refused) else {
            return Some(reply);
        };
        // One that left before the last refresh says nothing about the token that there is, or that there is still none.
        let is_stale = call.token < self.tokens.current;
        if is_stale && self.tokens.has_failed && !self.tokens.is_refreshing() {
            return Some(reply);
        }
        let can_wait = call.draft.is_some();
        if !is_stale && !self.tokens.is_refreshing() {
            self.tokens.asked += 1;
            self.tokens.give_up_at = Some(now + self.config.request_timeout());
            self.transmits.push_back(Transmit::Refresh { number: self.tokens.asked });
        }
        let Some(call) = self.calls.come_back(id).filter(|_| can_wait) else { return Some(reply) };
        call.was_refused = true;
        call.unauthorized = Some(Box::new(reply));
        if self.tokens.is_refreshing() {
            self.tokens.waiting.push(id);
        } else {
            self.send_again(id);
            self.flush();
        }
        None
    }

    /// An idempotent call goes back to its place in the queue.
    pub(super) fn send_again(&mut self, id: CallId) {
        let Some(call) = self.calls.come_back(id) else { return };
        let place = (call.priority, id);
        if let Some(draft) = call.draft.take() {
            let size = draft.payload().as_str().len();
            self.outbox.push(place, *draft, size);
        }
    }

    fn end_with_401(&mut self, id: CallId) {
        let reply = self.calls.get(id).is_some_and(|call| call.unauthorized.is_some());
        if let Some(reply) = self.calls.remove(id).filter(|_| reply).and_then(|call| call.unauthorized) {
            self.events.push_back(Event::Settled { call: id, outcome: Ok(*reply) });
        }
    }

    /// The socket is closed: nobody waits for a token any more.
    pub(super) fn stop_refreshing(&mut self) {
        self.tokens.give_up_at = None;
        for id in std::mem::take(&mut self.tokens.waiting) {
            self.end_with_401(id);
        }
    }
}
