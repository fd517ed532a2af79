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
//! use leptos_socket::{Route, SocketOptions, SocketProvider, SocketStatus, UseSocketError, use_call, use_socket};
//! use serde::Serialize;
//!
//! /// A route: the value is the payload, and the reply has a type.
//! #[derive(Serialize)]
//! struct SayHello {
//!     name: String,
//! }
//!
//! impl Route for SayHello {
//!     const ROUTE: &'static str = "sayHello";
//!     type Response = String;
//! }
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
//!     let socket = use_socket("app", "/ws/app/", SocketOptions::new())?;
//!     let hello = use_call(socket);
//!     Ok::<_, UseSocketError>(view! {
//!         <SocketStatus socket />
//!         <button on:click=move |_| hello.call(SayHello { name: "World".into() })>"Say hello"</button>
//!         <p>{hello.value()}</p>
//!         <p role="alert">{move || hello.error().get().map(|error| error.to_string())}</p>
//!     })
//! }
//! ```
//!
//! | what for | |
//! | --- | --- |
//! | a socket | [`use_socket()`], shared and counted; [`Sockets::add_socket`], kept until it is removed |
//! | a call | [`Socket::call`] in an `Action`, a `LocalResource` or `spawn_local`; [`use_call()`] for a button; [`CallOptions`] |
//! | data that stays up to date | [`use_query`] |
//! | what the server pushes | [`Socket::on_push`], [`Socket::pushes`], [`Socket::fold`], [`Socket::latest`] |
//! | much to send | [`Socket::send_when_ready`], [`Priority::Bulk`] |
//! | how it is | [`SocketStatus`], [`Socket::status`], [`Socket::lost_for`]; for a log [`Socket::state`], [`Socket::diagnosis`] |
//!
//! An error that a component returns, as that of `use_socket` here, is shown by the nearest `ErrorBoundary`.
//!
//! # Recipes
//!
//! ## One socket for many components
//!
//! Whoever calls [`use_socket()`] under a name gets the same socket, if they agree on URL and options: so let them share a function.
//! The first one opens it, and when the last one is gone it is closed, 3 s later.
//!
//! ```
//! use leptos_socket::{Socket, SocketOptions, UseSocketError, use_socket};
//!
//! fn use_app_socket() -> Result<Socket, UseSocketError> {
//!     use_socket("app", "/ws/app/", SocketOptions::new())
//! }
//! ```
//!
//! ## A call in a `Suspense`
//!
//! A call lives as long as its future, whatever becomes of the component. A resource waits for the reply to what it asked before it
//! asks for something else; [`use_query`] does not. It has to be a `LocalResource`: on a server there is nothing to wait for.
//!
//! ```
//! use leptos::prelude::*;
//! use leptos_socket::{CallOptions, Route, Socket};
//! use std::time::Duration;
//!
//! fn report<R: Route<Response = String> + Clone + 'static>(socket: Socket, route: R) -> impl IntoView {
//!     let patient = CallOptions::new().timeout(Duration::from_secs(120));
//!     let text = LocalResource::new(move || {
//!         let call = socket.call_with(route.clone(), patient.clone());
//!         async move { call.await.unwrap_or_else(|error| error.to_string()) }
//!     });
//!     view! { <Suspense fallback=|| "working ..">{move || Suspend::new(async move { text.await })}</Suspense> }
//! }
//! ```
//!
//! ## Data that stays up to date
//!
//! A query is shared by all who ask one socket for the same. It is fetched again when its arguments change, after a gap, and when a
//! push says so.
//!
//! ```
//! use leptos::prelude::*;
//! use leptos_socket::{Route, Socket, UseQueryOptions, use_query_with_options};
//! use serde::Serialize;
//!
//! #[derive(Serialize)]
//! struct GetStock {
//!     article: u32,
//! }
//!
//! impl Route for GetStock {
//!     const ROUTE: &'static str = "getStock";
//!     type Response = u32;
//! }
//!
//! #[component]
//! fn Stock(socket: Socket, #[prop(into)] article: Signal<u32>) -> impl IntoView {
//!     let sold = UseQueryOptions::<GetStock>::new()
//!         .invalidate_on("sold", |asked, push| push.payload().decode() == Ok(asked.article));
//!     let stock = use_query_with_options(socket, move || GetStock { article: article.get() }, sold);
//!     view! { <p class:stale=stock.stale()>{stock.data()} " in stock"</p> }
//! }
//! ```
//!
//! ## Pushes, none lost
//!
//! A signal is a state and no log: what it held between two looks is gone. So a list of messages is a fold, which sees each of
//! them once.
//!
//! ```
//! use leptos::prelude::*;
//! use leptos_socket::{Push, Socket, of};
//! use serde::Deserialize;
//!
//! #[derive(Clone, Deserialize)]
//! struct Said {
//!     text: String,
//! }
//!
//! impl Push for Said {
//!     const ROUTE: &'static str = "chat";
//! }
//!
//! #[component]
//! fn Chat(socket: Socket) -> impl IntoView {
//!     let said = socket.fold(of::<Said>(), Vec::new(), |all, said: Said| all.push(said.text));
//!     view! {
//!         <ol>
//!             <For each=move || said.get().into_iter().enumerate() key=|(number, _)| *number let((_, text))>
//!                 <li>{text}</li>
//!             </For>
//!         </ol>
//!     }
//! }
//! ```
//!
//! ## A token that expires
//!
//! After a 401 the socket gets a new token, once for all calls that got one, and sends each of them once more: a 401 means
//! that the server did nothing.
//!
//! ```
//! use leptos_socket::{Headers, SocketOptions};
//!
//! # async fn fetch_token() -> Result<String, String> { Ok(String::new()) }
//! fn options(token: &str) -> SocketOptions {
//!     let headers = Headers::new().with("token", token);
//!     SocketOptions::new().global_headers(headers).refresh(|| async {
//!         Ok::<_, String>(Headers::new().with("token", fetch_token().await?))
//!     })
//! }
//! ```
//!
//! Where the handshake itself wants a ticket, the URL is an async function: see [`SocketUrl`].
//!
//! ## Sending much
//!
//! What is awaited goes no faster than the network, and calls overtake it.
//!
//! ```
//! use leptos_socket::{CallOptions, Message, NotSent, Priority, Socket};
//!
//! async fn upload(socket: Socket, chunks: Vec<String>) -> Result<(), NotSent> {
//!     for chunk in chunks {
//!         let bulk = CallOptions::new().priority(Priority::Bulk);
//!         socket.send_when_ready_with(Message::new("chunk", chunk), bulk).await?;
//!     }
//!     Ok(())
//! }
//! ```
//!
//! ## Saying that something is wrong
//!
//! ```
//! use leptos::prelude::*;
//! use leptos_socket::Socket;
//! use std::time::Duration;
//!
//! #[component]
//! fn Lost(socket: Socket) -> impl IntoView {
//!     let lost = socket.lost_for(Duration::from_secs(5));
//!     let why = move || socket.diagnosis().get().map(|diagnosis| format!("Likely: {diagnosis}."));
//!     view! {
//!         <Show when=move || lost.get()>
//!             <p role="alert">"The connection is lost. " {why}</p>
//!         </Show>
//!     }
//! }
//! ```
//!
//! ## One place for all that is sent and answered
//!
//! ```
//! use leptos_socket::SocketOptions;
//!
//! let options = SocketOptions::new()
//!     .on_request(|message| {
//!         message.headers_mut().insert("client", env!("CARGO_PKG_VERSION"));
//!     })
//!     .on_reply(|call, reply| leptos::logging::log!("{}: {:?} after {:?}", call.route, reply.status(), call.took));
//! ```
//!
//! # What you can rely on
//!
//! - **Each call ends exactly once**: with its reply, or with a [`CallError`] that says whether the server never saw it
//!   ([`NotSent`]), may have seen it ([`OutcomeUnknown`]), or answered ([`Replied`]). Nothing is sent twice that was not
//!   declared [idempotent](Route::IDEMPOTENT).
//! - **Ownership is Leptos's.** [`SocketProvider`] owns the sockets. A [`Socket`] is a `Copy` handle that may outlive its
//!   socket harmlessly. A callback, a stream and a fold belong to the reactive owner under which they were made, and end with it. A
//!   call lives as long as its future: dropping that cancels it.
//! - **Whatever a server sends** harms no call and no link: it is a [`Notice`], which
//!   [`on_notice`](SocketOptions::on_notice) hears of.
//! - **Pushes come in order, none dropped**, but for what a stream that is not read [says](Lagged) it lost, and for what was
//!   pushed while there was no link, of which [`on_gap`](SocketOptions::on_gap) hears.
//! - **Header values and URL queries** appear in no `Debug`, log, span or error.
//!
//! # What it does not do
//!
//! Binary frames, replies that stream, one link for several tabs. A 401 in the handshake cannot be seen by a page: see
//! [`Diagnosis::NeverOpened`].
//!
//! # The life of a page
//!
//! There is nothing to do. A page that goes into the back-forward cache lets go of its links, without which it would not be kept,
//! and one that comes back opens new ones at once. Freezing, sleep, hiding, online and offline are noticed: whatever may have killed
//! a link makes it prove that it lives.
//!
//! # On a server
//!
//! With the feature `ssr` there is no network: every signal has its initial value, a call fails at once with
//! [`NotSent::Rendering`], and nothing is bound to a thread. So a call belongs in a `LocalResource`: what a `Resource` got on the
//! server, that error, is what the page has. With `hydrate` a socket looks the same until the page is hydrated, and then connects.
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
//! What is odd (a frame that is no message, a frame that the browser refuses, a message that never left) is one line on the console.
//! With the feature `tracing` there are spans and events instead, all at level `DEBUG` but for what is odd, which is a `WARN`. Nothing
//! of that is seen without a subscriber: in a browser that of `tracing-wasm`, say.
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
//! - `csr`, `hydrate` and `ssr` as leptos has them, exactly one of the three in an app.
//! - `tracing`: spans and events in place of lines on the console.
//! - `gloo`: gloo-net's WebSocket as a transport, `transport::gloo`.
//! - `scripted`: `transport::scripted`, for tests.
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
mod sent;
mod signals;
mod socket;
mod sockets;
mod source;
mod status;
mod trace;
pub mod transport;
mod use_call;
mod use_socket;
mod users;
mod watch;

pub use call::{Call, Sending};
pub use error::AddSocketError;
pub use intercept::{Answered, Outgoing};
pub use leptos_socket_core::{
    AfterClose, CallError, CallId, CallOptions, CloseCode, CloseReason, CloseRules, ConfigError, DecodeError,
    Diagnosis, Endpoint, HeaderValue, Headers, Incoming, Instant, InvalidUrl, Message, NotSent, Notice, OutcomeUnknown,
    Payload, Priority, Push, QueueLimit, Replied, Route, SocketConfig, SocketConfigBuilder, SocketState, StatusCode,
};
pub use options::SocketOptions;
pub use push::{Lagged, Latest, Of, PushRoute, PushStream, of};
pub use query::{Query, UseQueryOptions, use_query, use_query_with_options};
pub use sent::Sent;
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
