//! Call WebSocket routes like HTTP endpoints from Leptos: `socket.call(SayHello { .. }).await`.
//!
//! Over one JSON WebSocket: replies matched to their calls by uuid, deadlines, a queue while there is no link, heartbeat,
//! reconnect, global headers, server pushes, and every socket's state as signals. It speaks the protocol of the npm
//! package `@djanext/observable-socket`, and works with its Python backends.
//!
//! ```
//! use leptos::prelude::*;
//! use leptos_socket::{Message, SocketOptions, SocketProvider, use_sockets};
//!
//! #[component]
//! fn App() -> impl IntoView {
//!     view! {
//!         <SocketProvider>
//!             <Greeting />
//!         </SocketProvider>
//!     }
//! }
//!
//! #[component]
//! fn Greeting() -> impl IntoView {
//!     let socket = use_sockets().add_socket("app", "wss://example.com/ws/", SocketOptions::new()).expect("a valid URL");
//!     let hello = Action::new(move |(): &()| {
//!         let call = socket.send_and_wait(Message::new("sayHello", ()));
//!         async move { call.await.map_or_else(|error| error.to_string(), |reply| reply.payload().to_string()) }
//!     });
//!     view! {
//!         <p>{move || socket.state().get().to_string()}</p>
//!         <button on:click=move |_| { hello.dispatch(()); }>"Say hello"</button>
//!         <p>{move || hello.value().get()}</p>
//!     }
//! }
//! ```
//!
//! # What belongs to whom
//!
//! [`SocketProvider`] owns the sockets: they live until they are removed or the provider is unmounted, whoever added
//! them. A [`Socket`] is a `Copy` handle that may outlive its socket. A callback belongs to the reactive owner that
//! registered it, runs under it and stops with it. The future of a call, [`Call`], cancels it when it is dropped.
//!
//! # What is certain
//!
//! Each call ends exactly once: with its reply, or with a [`CallError`] that says whether the server never saw it
//! ([`NotSent`]), may have seen it ([`OutcomeUnknown`]), or answered ([`Replied`]).
//!
//! # On a server
//!
//! With the feature `ssr` there is no network: every signal has its initial value, a call fails at once with
//! [`NotSent::Rendering`], and nothing is bound to a thread.
//!
//! # In tests
//!
//! With the feature `scripted`, `transport::scripted` lets a test play the server, the network and the clock.
#![forbid(unsafe_code)]
#![deny(missing_docs)]

mod call;
mod driver;
mod error;
mod handed_out;
mod hydration;
mod intercept;
mod lifecycle;
mod listeners;
mod options;
mod owned;
mod push;
mod query;
mod signals;
mod socket;
mod sockets;
mod source;
mod status;
mod trace;
pub mod transport;
mod use_call;
mod use_socket;

pub use call::{Call, Sending};
pub use error::AddSocketError;
pub use intercept::{Answered, Outgoing};
pub use leptos_socket_core::{
    AfterClose, CallError, CallId, CallOptions, CloseCode, CloseReason, CloseRules, ConfigError, DecodeError,
    Diagnosis, Endpoint, Headers, Incoming, InvalidUrl, Message, NotSent, Notice, OutcomeUnknown, Payload, Priority,
    Push, QueueLimit, Replied, Route, Sent, SocketConfig, SocketConfigBuilder, SocketState, StatusCode,
};
pub use options::SocketOptions;
pub use push::{Lagged, Latest, Of, PushRoute, PushStream, of};
pub use query::{Query, UseQueryOptions, use_query, use_query_with_options};
pub use socket::Socket;
pub use sockets::{SocketProvider, Sockets, provide_sockets, try_use_sockets, use_sockets};
pub use source::{GlobalHeaders, SocketUrl};
pub use status::{SocketStatus, Status};
pub use use_call::{UseCall, use_call, use_call_with_options};
pub use use_socket::{UseSocketError, use_socket};

/// The code in the README compiles.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;
