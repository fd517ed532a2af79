//! The state machine under [`leptos-socket`](https://crates.io/crates/leptos-socket): calls over one JSON WebSocket.
#![forbid(unsafe_code)]
#![deny(missing_docs)]

mod backoff;
mod calls;
mod client;
mod close;
mod config;
mod error;
mod event;
mod heartbeat;
mod inbound;
mod message;
mod outbox;
mod rng;
mod route;
#[cfg(feature = "sim")]
pub mod sim;
mod state;
mod status;
mod time;

pub use client::{CallOptions, Client};
pub use close::{CloseCode, CloseReason};
pub use config::{SocketConfig, SocketConfigBuilder};
pub use error::{CallError, ConfigError, DecodeError, NotSent, OutcomeUnknown, QueueLimit, Replied};
pub use event::{CallId, Event, Hint, Input, LinkId, Notice, Sent, SocketState, Transmit};
pub use message::{Headers, Incoming, Message, Payload};
pub use route::Route;
pub use state::Timer;
pub use status::StatusCode;
pub use time::Instant;
