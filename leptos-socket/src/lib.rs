//! Call WebSocket routes like HTTP endpoints from Leptos: `socket.call(SayHello { .. }).await`.
//!
//! Over one JSON WebSocket: replies matched to their calls by uuid, deadlines, a queue while there is no link, heartbeat,
//! reconnect, headers, server pushes, queries that keep themselves up to date, and every socket's state as signals. It speaks
//! the protocol of the npm package `@djanext/observable-socket`, and works with its Python backends.
//!
//! # Quick start
//!
//! ```
//! use leptos::prelude::*;
//! use leptos_socket::{Route, SocketProvider, SocketStatus, use_socket};
//! use serde::Serialize;
//!
//! /// A route: the value is the payload, and the reply has a type.
//! #[derive(Serialize, Route)]
//! #[route("sayHello", response = String)]
//! struct SayHello {
//!     name: String,
//! }
//!
//! #[component]
//! fn App() -> impl IntoView {
//!     view! { <SocketProvider url="/ws/app/"><Greeting /></SocketProvider> }
//! }
//!
//! #[component]
//! fn Greeting() -> impl IntoView {
//!     let socket = use_socket();
//!     let hello = Action::new(move |name: &String| socket.call(SayHello { name: name.clone() }));
//!     view! {
//!         <SocketStatus socket />
//!         <button on:click=move |_| { hello.dispatch("World".into()); }>"Say hello"</button>
//!         <p>{move || hello.value().get().map(|reply| reply.unwrap_or_else(|error| error.to_string()))}</p>
//!     }
//! }
//! ```
//!
//! | what for | |
//! | --- | --- |
//! | a socket | [`SocketProvider`] declares it, [`use_socket`] finds it; [`Sockets::add_socket`] for sockets by name |
//! | a call | [`Socket::call`], in an `Action`, a `LocalResource` or `spawn_local` |
//! | data that stays up to date | [`use_query`] |
//! | pushes of the server | [`Socket::on_push`], [`Socket::pushes`], [`Socket::fold`], [`Socket::latest`] |
//! | a login, and a token that expires | [`SocketOptions::identity`], [`SocketOptions::refresh`] |
//! | a lot to send | [`Socket::send_flushed`], [`Message::bulk`] |
//! | the connection's status | [`SocketStatus`], [`Socket::status`], [`Socket::disconnected_for`]; for a log [`Socket::state`], [`Socket::diagnosis`] |
//! | what it does, for developers | `SocketInspector`, with the feature `inspector` |
//!
//! # What you can rely on
//!
//! - **Each call ends exactly once**: with its reply, or with a [`CallError`] that says whether the server never saw it
//!   ([`NotSent`]), may have seen it ([`OutcomeUnknown`]), or answered ([`Replied`]). If you drop its future, it is cancelled.
//! - **A call is sent once**, unless it is declared [idempotent](Route::IDEMPOTENT), or got a 401 while the socket has a
//!   [`refresh`](SocketOptions::refresh): the server did nothing then, so the call is sent once more, with the same uuid.
//!   [`Call::retry_unauthorized`] turns that off.
//! - **Nothing goes to the wrong place or person**: a call belongs to the place and the person that the socket had when you made
//!   the call. It is delivered there, or it fails.
//! - **Ownership follows Leptos.** [`SocketProvider`] owns its socket. A [`Socket`] is a `Copy` handle that may outlive its
//!   socket harmlessly. A callback, a stream, a fold and a query belong to the reactive owner under which
//!   they were made, and end with it. A [`Call`] belongs to no owner.
//! - **A malformed frame never breaks a connection or a call.** It is a [`Notice`], which
//!   [`on_notice`](SocketOptions::on_notice) gets.
//! - **Pushes come in order, none dropped**, with two exceptions: a stream that nobody reads [says](Lagged) how many it lost,
//!   and pushes that the server sent while there was no link are lost, which [`on_gap`](SocketOptions::on_gap) reports.
//! - **Header values, URL queries and payloads** appear in no `Debug`, log, span or error.
//!
//! # What it does not do
//!
//! It has no binary frames, no replies that stream, and no link that several tabs share. A page can't see why a server refused a
//! handshake: see [`Diagnosis::NeverOpened`].
//!
//! # The life of a page
//!
//! This needs no code of yours. A page that goes into the back-forward cache drops its links, because browsers keep no page with an
//! open link. A page that comes back opens new ones at once. After freezing, sleep, hiding, and going online or offline, an
//! open link has to prove that it is alive.
//!
//! # On a server
//!
//! With the feature `ssr` there is no network: every signal has its initial value, a call fails at once with
//! [`NotSent::Rendering`], and nothing is bound to a thread. So a call belongs in a `LocalResource`: a `Resource` would hand the
//! server's error to the page. With `hydrate` a socket looks the same until the page is hydrated, and then connects.
//! `examples/ssr` in the repository is an app with axum. In `Cargo.toml`:
//!
//! ```toml
//! [features]
//! hydrate = ["leptos/hydrate", "leptos-socket/hydrate"]
//! ssr = ["leptos/ssr", "leptos-socket/ssr"]
//! ```
//!
//! # Logs and tracing
//!
//! Each warning (a frame that is not a message, a frame that the browser refuses, a message that never left) is one line on the
//! browser's console: ``leptos-socket `app`: ..``. With the feature `tracing` there are spans and events instead. Events are
//! `DEBUG`; warnings are `WARN`. To see them, install a subscriber, such as that of `tracing-wasm` in a browser.
//!
//! | span | fields |
//! | --- | --- |
//! | `link` | `socket`, `link`, `endpoint` (without query), `code` once it is closed; what the link says happens inside |
//! | `call` | `socket`, `route`, `uuid`; at the end `outcome` (`success`, `failure`, `not sent`, `outcome unknown`, `left`, `cancelled`), `status`, `duration_ms` |
//!
//! # In tests
//!
//! With the feature `scripted`, `transport::scripted` lets a test play the server, the network and the clock.
//!
//! # Features
//!
//! - `csr`, `hydrate` and `ssr`, as in leptos: exactly one of the three in an app.
//! - `tracing`: spans and events in place of lines on the console.
//! - `inspector`: `SocketInspector`, a panel for developers.
//! - `gloo`: `transport::gloo::Gloo`, a transport that uses gloo-net. The default is the browser's own `WebSocket`, which costs
//!   a page less.
//! - `scripted`: `transport::scripted`, for tests.
//! - `record`: the flight recorder. See `SocketOptions::record`.
#![cfg_attr(docsrs, feature(doc_cfg))]
#![forbid(unsafe_code)]
#![deny(missing_docs)]

mod calls;
mod connection;
#[cfg(feature = "inspector")]
mod inspector;
mod mutations;
mod options;
mod provider;
mod pushes;
mod queries;
mod reactive;
#[cfg(feature = "record")]
mod recording;
mod rendering;
mod signal_per_owner;
mod socket;
mod sockets;
mod status;
mod subscriptions;
mod trace;
pub mod transport;

pub use calls::{Answered, Call, CallId, FailedCall, Outgoing, Sending, Sent};
#[cfg(feature = "inspector")]
pub use inspector::{Inspection, SecretKeys, SocketInspector};
#[cfg(feature = "record")]
pub use leptos_socket_core::record;
pub use leptos_socket_core::{
    AfterClose, CallError, CallOptions, CloseCode, CloseReason, CloseRules, ConfigError, DecodeError, Diagnosis,
    Endpoint, HeaderValue, Headers, Incoming, Instant, InvalidUrl, MaybeRoute, Message, NotSent, Notice,
    OutcomeUnknown, Payload, Priority, Push, QueueLimit, Replied, Route, SocketConfig, SocketConfigBuilder,
    SocketState, StatusCode,
};
pub use leptos_socket_macros::{Push, Route};
pub use mutations::{Mutation, MutationRoute, UseMutationOptions, use_mutation, use_mutation_with_options};
pub use options::{Address, Identity, SocketOptions, SocketUrl, ValueOrSignal};
pub use provider::{
    SocketName, SocketProvider, provide_sockets, try_use_socket, try_use_sockets, use_socket, use_sockets,
};
pub use pushes::{Fold, Lagged, Latest, PushStream};
pub use queries::{Fetched, Queries, Query, QueryRoute, Refetch, UseQueryOptions, use_query, use_query_with_options};
pub use socket::Socket;
pub use sockets::{AddSocketError, Sockets};
pub use status::{SocketStatus, Status};
pub use subscriptions::{Subscription, SubscriptionState, use_subscription};

/// The code in the README compiles.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;

/// The code in the guide compiles.
#[cfg(doctest)]
mod guide {
    #[doc = include_str!("../../docs/guide/01-getting-started.md")]
    struct GettingStarted;
    #[doc = include_str!("../../docs/guide/02-calls-and-errors.md")]
    struct CallsAndErrors;
    #[doc = include_str!("../../docs/guide/03-live-data.md")]
    struct LiveData;
    #[doc = include_str!("../../docs/guide/server.md")]
    struct Server;
    #[doc = include_str!("../../docs/guide/04-pushes.md")]
    struct Pushes;
    #[doc = include_str!("../../docs/guide/05-login.md")]
    struct Login;
    #[doc = include_str!("../../docs/guide/06-rooms.md")]
    struct Rooms;
    #[doc = include_str!("../../docs/guide/07-status.md")]
    struct StatusPage;
    #[doc = include_str!("../../docs/guide/08-ssr.md")]
    struct Ssr;
    #[doc = include_str!("../../docs/guide/09-testing.md")]
    struct Testing;
    #[doc = include_str!("../../docs/guide/10-troubleshooting.md")]
    struct Troubleshooting;
    #[doc = include_str!("../../docs/guide/11-coming-from.md")]
    struct ComingFrom;
    #[cfg(feature = "inspector")]
    #[doc = include_str!("../../docs/guide/12-inspector.md")]
    struct Inspector;
    #[cfg(feature = "record")]
    #[doc = include_str!("../../docs/guide/13-flight-recorder.md")]
    struct FlightRecorder;
}
