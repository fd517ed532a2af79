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
//! After each thing that happens: carry out what the client wants, look at what it has to say, and wait for whatever
//! comes first, a frame or its next timeout. Here a function stands for the server, and time jumps to the next timeout:
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
//! A real driver asks a clock for `now`, and judges time by that and not by which of its timers woke it.
//!
//! # What you can rely on
//!
//! - **A call is settled exactly once**: by its reply, its deadline, the loss of its link, [`Client::close`] or
//!   [`Client::reconnect`]; or it is cancelled, and nothing more is heard of it. A reply after that is a [`Notice`].
//! - **An error says what is certain**: [`NotSent`] (the server never saw it), [`OutcomeUnknown`] (it was handed to an open
//!   link) or [`Replied`]. What was handed to a link is never sent again, unless it was declared
//!   [idempotent](Route::IDEMPOTENT): then with the same uuid and the same deadline.
//! - **Messages leave in the order of the calls**, the queue first, each with a uuid of its own. What is overdue does not
//!   leave at all.
//! - **An old link does no harm**: what it says is ignored, and one that gives no sign of life is abandoned at once. There is
//!   never more than one link.
//! - **Closed is closed**: nothing but [`Client::connect`] and [`Client::reconnect`] opens a closed socket.
//! - **Bad input is a [`Notice`] with a count**: never a panic, a lost call or a dead socket.
//! - **Any order of calls is legal**, and a run is a pure function of its inputs and one seed.
//! - **Header values never show** in `Debug`, errors or notices.
//! - **The cost of a call does not grow** with how many are in flight, but for the depth of a few maps.
//!
//! # What it does not do
//!
//! - Binary frames, several replies to one call, other protocols.
//! - Send a call again that nobody declared idempotent: what to repeat only the app knows
//!   ([`CallError::is_safe_to_retry`]).
//! - Bound what nobody takes: events and transmits wait until they are polled.
//! - Serve as a source of secrets: the uuids are unique and not unguessable.
//!
//! # Features
//!
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
pub use route::{Push, Route};
pub use state::Timer;
pub use status::StatusCode;
pub use time::Instant;

#[cfg(all(doctest, feature = "sim"))]
#[doc = include_str!("../README.md")]
struct Readme;
