//! A WebSocket client that calls routes, as a state machine without I/O: replies matched to their calls, deadlines, a
//! queue, heartbeat, reconnection, pushes.
//!
//! It speaks the JSON protocol of `django-channels-router`, `django-observable-socket` and `fastapi-observable-socket`:
//! one text frame is one message `{uuid, route, headers, payload, status}`, and an answer has the uuid of its call.
//! The crate `leptos-socket` drives it in a browser. It can be driven anywhere, because it
//! knows no socket, no clock, no runtime and no source of randomness.
//!
//! ```text
//!      app                        Client                         driver                 server
//!       │  connect, call, send,  ┌────────┐  poll_transmit     ┌─────────┐
//!       │  cancel, reconnect,    │ state  │ ─────────────────▶ │ sockets │ ── frames ──▶
//!       ├───────────────────────▶│ calls  │  handle_input      │ a timer │ ◀─ frames ───
//!       │  poll_event            │ queue  │ ◀───────────────── │ a clock │
//!       │◀───────────────────────│ timers │  handle_timeout    └─────────┘
//!                                └────────┘ ◀───────────────── at poll_timeout
//! ```
//!
//! # The loop of a driver
//!
//! After everything that happens: carry out what the client wants, read its events, and wait for what comes first, a frame or the
//! next timeout. Here a function stands for the server, and time jumps to the next timeout:
//!
//! ```
//! use leptos_socket_core::{Client, Endpoint, Event, Input, Instant, Message, SocketConfig, Transmit};
//! use serde_json::{Value, json};
//! use std::collections::VecDeque;
//!
//! /// Answers `sayHello`, and a ping with a pong.
//! fn serve(frame: &str) -> String {
//!     let message: Value = serde_json::from_str(frame).expect("a client sends JSON");
//!     let payload = match message["route"].as_str() {
//!         Some("sayHello") => json!(format!("Hello, {}!", message["payload"]["name"].as_str().unwrap_or("you"))),
//!         _ => Value::Null,
//!     };
//!     json!({ "uuid": message["uuid"], "route": message["route"], "payload": payload, "status": 200 }).to_string()
//! }
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let endpoint = Endpoint::parse("wss://example.com/ws/")?;
//! let mut now = Instant::ZERO;
//! let mut client = Client::new(SocketConfig::default(), 42);
//! client.connect(now);
//! let hello = client.call(now, &Message::new("sayHello", json!({ "name": "World" })))?;
//!
//! let mut network = VecDeque::new();
//! let reply = 'reply: loop {
//!     // 1. Do what the client wants.
//!     while let Some(transmit) = client.poll_transmit(now, 0) {
//!         match transmit {
//!             Transmit::Resolve { link } => network.push_back((link, Input::Resolved(endpoint.clone()))),
//!             Transmit::Connect { link, .. } => network.push_back((link, Input::Opened)),
//!             Transmit::Send { link, text, .. } => network.push_back((link, Input::Text(serve(&text)))),
//!             Transmit::Close { link, code } => network.push_back((link, Input::Closed(code))),
//!             Transmit::Abandon { link } => network.retain(|(from, _)| *from != link),
//!             _ => {}
//!         }
//!     }
//!     // 2. Tell the app what happened.
//!     while let Some(event) = client.poll_event() {
//!         match event {
//!             Event::Settled { call, outcome } if call == hello => break 'reply outcome?,
//!             Event::StateChanged(state) => println!("{now}: {state}"),
//!             _ => {}
//!         }
//!     }
//!     // 3. Wait for a frame, or for the time that the client names, and report it.
//!     match network.pop_front() {
//!         Some((link, input)) => client.handle_input(now, link, input),
//!         None => {
//!             now = client.poll_timeout().unwrap_or(now);
//!             client.handle_timeout(now);
//!         }
//!     }
//! };
//! assert_eq!(reply.into_payload::<String>()?, "Hello, World!");
//! # Ok(())
//! # }
//! ```
//!
//! A real driver reads `now` from a clock, and does not trust the timer that woke it. It passes to `poll_transmit` how many
//! bytes wait in its socket, and reports a frame that the socket refused as [`Input::NotTaken`] before the next poll.
//!
//! # What you can rely on
//!
//! - **A call is settled exactly once**: by its reply, its deadline, the loss of its link, or one of [`Client::close`],
//!   [`Client::reconnect`] and [`Client::sign_out`]. If you [cancel](Client::cancel) it, no event mentions it any more.
//!   A reply after that is a [`Notice`].
//! - **An error says what is certain**: [`NotSent`] (the server never saw the call), [`OutcomeUnknown`] (it was handed to an open
//!   link) or [`Replied`].
//! - **A call is sent once**, with two exceptions. One that is declared [idempotent](Route::IDEMPOTENT) is sent again on the next
//!   link. One that got a 401 is sent once more with a new token, idempotent or not, if the app can
//!   [get one](Client::refresh_on_unauthorized); [`Message::retry_unauthorized`] turns that off. Both keep their uuid and
//!   their deadline.
//! - **Messages of one [priority](Priority) leave in the order in which you submit them**, each with its own uuid. A message
//!   never leaves after its deadline, because a frame is made when it is polled.
//! - **Tokens are refreshed once**: two refreshes never run at once, and after one that did not help no other starts for
//!   `refresh_cooldown`.
//! - **No message leaves with another user's token or goes to another address**, if you use one client for each user and each
//!   address: [`Client::sign_out`] ends everything at once, and [`Client::leave`] delivers what was submitted.
//! - **An old link does no harm**: its events are ignored, and a link that gives no sign of life within its bound is abandoned at
//!   once. There is never more than one link. A [`Hint`] never extends a bound.
//! - **A closed socket stays closed** until [`Client::connect`] or [`Client::reconnect`].
//! - **Bad input is a [`Notice`] with a count**: never a panic, a lost call or a dead socket.
//! - **Any order of method calls is legal**, and a run is a pure function of its inputs and one seed.
//! - **Header values and payloads never show** in `Debug`, errors or notices.
//! - **The cost of a call hardly grows** with how many are in flight: only with the depth of a few heaps.
//!
//! # What it does not do
//!
//! - It has no binary frames, no calls with several replies, and no other protocols.
//! - It does not repeat a call whose outcome is unknown, unless it is declared idempotent. Only the app knows what may be
//!   repeated ([`CallError::is_safe_to_retry`]).
//! - It does not bound the events: they wait until they are polled.
//! - Its uuids are unique, but they can be guessed: do not use them as secrets.
//!
//! # Features
//!
//! - `record`: the flight recorder. What happened to a client, without secrets, to be played again. See `record`.
//! - `sim`: a test kit with a scripted server, a network with faults and virtual time. See `sim::Sim`.
#![cfg_attr(docsrs, feature(doc_cfg))]
#![forbid(unsafe_code)]
#![deny(missing_docs)]

mod backoff;
mod calls;
mod client;
mod close;
mod config;
mod connection;
mod credentials;
mod diagnosis;
mod endpoint;
mod error;
mod event;
mod headers;
mod inbound;
mod incoming;
mod json;
mod liveness;
mod message;
mod notice;
mod options;
#[cfg(feature = "record")]
#[cfg_attr(docsrs, doc(cfg(feature = "record")))]
pub mod record;
mod rng;
mod route;
#[cfg(feature = "sim")]
#[cfg_attr(docsrs, doc(cfg(feature = "sim")))]
pub mod sim;
mod state;
mod status;
mod time;

pub use client::Client;
pub use close::{AfterClose, CloseCode, CloseReason, CloseRules};
pub use config::{SocketConfig, SocketConfigBuilder};
pub use diagnosis::Diagnosis;
pub use endpoint::{Endpoint, InvalidUrl};
pub use error::{CallError, ConfigError, DecodeError, NotSent, OutcomeUnknown, QueueLimit, Replied};
pub use event::{CallId, Event, Hint, Input, LinkId, SocketState, Transmit};
pub use headers::{HeaderValue, Headers};
pub use incoming::{Incoming, Payload};
pub use message::Message;
pub use notice::Notice;
pub use options::{CallOptions, Priority};
pub use route::{MaybeRoute, Push, Route};
pub use state::Timer;
pub use status::StatusCode;
pub use time::Instant;

#[cfg(all(doctest, feature = "sim"))]
#[doc = include_str!("../README.md")]
struct Readme;
