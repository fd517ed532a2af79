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
//! | pushes of the server | [`Socket::on_push`], [`Socket::pushes`], [`Socket::fold`], [`Socket::latest`] |
//! | a lot to send | [`Socket::send_when_ready`], [`Priority::Bulk`] |
//! | the connection's status | [`SocketStatus`], [`Socket::status`], [`Socket::lost_for`]; for a log [`Socket::state`], [`Socket::diagnosis`] |
//!
//! The nearest `ErrorBoundary` shows an error that a component returns, such as that of `use_socket` here.
//!
//! # Recipes
//!
//! ## One socket for many components
//!
//! All components that call [`use_socket()`] with one name share one socket. They must pass the same URL and options, so put
//! the call into a function. The first component opens the socket, and it closes 3 s after the last one is gone.
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
//! It has to be a `LocalResource`: on a server there is nothing to wait for. A resource waits for the reply before it calls
//! again with other arguments; [`use_query`] does not. A call lives as long as its future: unmounting the component does not
//! cancel it, and dropping the future does. To cancel a call with its component, use [`use_call()`], or spawn it with
//! [`spawn_local_scoped_with_cancellation`](leptos::task::spawn_local_scoped_with_cancellation).
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
//! Components that ask one socket for the same data share a query. It is fetched again when its arguments change, after a gap,
//! and when a push says so.
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
//! ## Every push, none lost
//!
//! A signal can skip values. To see every push, use [`fold`](Socket::fold):
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
//! After a 401 the socket gets a new token, once for all calls that got a 401, and sends each of them once more: a 401 means
//! that the server did nothing. The close code 4401, and several attempts that never opened, ask for a new token too. See
//! [`SocketOptions::refresh`].
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
//! If the handshake itself needs a ticket, make the URL an async function: see [`SocketUrl`].
//!
//! ## Sending a lot
//!
//! Awaiting each send keeps the loop no faster than the network. Calls overtake messages of [`Priority::Bulk`].
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
//! ## Telling the user that something is wrong
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
//! ## One place that sees every message and every reply
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
//!   ([`NotSent`]), may have seen it ([`OutcomeUnknown`]), or answered ([`Replied`]). If you drop its future, it is cancelled.
//! - **A call is sent once**, unless it is declared [idempotent](Route::IDEMPOTENT), or got a 401 while the socket has a
//!   [`refresh`](SocketOptions::refresh): the server did nothing then, so the call is sent once more, with the same uuid.
//!   [`CallOptions::retry_unauthorized`] turns that off.
//! - **Ownership follows Leptos.** [`SocketProvider`] owns the sockets. A [`Socket`] is a `Copy` handle that may outlive its
//!   socket harmlessly. A callback, a stream, a fold, a query and a [`use_call()`] belong to the reactive owner under which
//!   they were made, and end with it. A [`Call`] belongs to no owner.
//! - **A malformed frame never breaks a connection or a call.** It is a [`Notice`], which
//!   [`on_notice`](SocketOptions::on_notice) gets.
//! - **Pushes come in order, none dropped**, with two exceptions: a stream that nobody reads [says](Lagged) how many it lost,
//!   and pushes that the server sent while there was no link are lost, which [`on_gap`](SocketOptions::on_gap) reports.
//! - **Header values and URL queries** appear in no `Debug`, log, span or error.
//!
//! # What it does not do
//!
//! Binary frames, replies that stream, one link for several tabs. A 401 in the handshake cannot be seen by a page: see
//! [`Diagnosis::NeverOpened`].
//!
//! # The life of a page
//!
//! You have nothing to do. A page that goes into the back-forward cache drops its links, because browsers keep no page with an
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
//! - `gloo`: `transport::gloo::Gloo`, a transport that uses gloo-net. The default is the browser's own `WebSocket`, which costs
//!   a page less.
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
pub use leptos_socket_macros::{Push, Route};
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
