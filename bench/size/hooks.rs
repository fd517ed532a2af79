//! What leptos-socket offers beyond the plain page, each part behind a feature.
#![allow(dead_code, unused_imports, unused_variables, clippy::unused_unit, reason = "each feature may be off")]

use std::time::Duration;

use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_socket::{
    CallOptions, Endpoint, Headers, Message, Priority, Socket, SocketOptions, SocketStatus, SocketUrl, UseQueryOptions,
    use_call, use_query_with_options, use_socket, use_sockets,
};

use crate::view::{SayHello, URL};

#[cfg(not(feature = "url"))]
pub(crate) fn url() -> SocketUrl {
    URL.into()
}

#[cfg(feature = "url")]
pub(crate) fn url() -> SocketUrl {
    let room = RwSignal::new(1);
    let url = move || format!("{URL}?room={}", room.get());
    match location_hash() {
        Some(_) => Signal::derive(url).into(),
        None => SocketUrl::from_fn(move || async move { Endpoint::parse(&url()) }),
    }
}

pub(crate) fn options() -> SocketOptions {
    let options = SocketOptions::new();
    #[cfg(feature = "callbacks")]
    let options = options
        .on_message(|push| log(push.payload().as_str()))
        .on_gap(|lasted| log(&format!("{} s", lasted.as_secs())))
        .on_notice(|notice, times| log(&format!("{notice}, {times}")))
        .on_unsent(|_, why| log(&why.to_string()));
    #[cfg(feature = "headers")]
    let options = headers(options);
    #[cfg(feature = "interceptors")]
    let options = options.on_request(|message| log(message.route())).on_reply(|call, _| log(call.route));
    #[cfg(feature = "json_config")]
    let options = options.config(serde_json::from_str(&location_hash().unwrap_or_default()).unwrap_or_default());
    #[cfg(feature = "refresh")]
    let options =
        options.refresh(|| async { location_hash().map(|hash| Headers::new().with("token", hash)).ok_or(()) });
    options
}

#[cfg(feature = "headers")]
fn headers(options: SocketOptions) -> SocketOptions {
    let token = RwSignal::new(String::new());
    options.global_headers(Signal::derive(move || Headers::new().with("token", token.get())))
}

pub(crate) fn view(socket: Socket) -> impl IntoView {
    #[cfg(feature = "messages")]
    messages(socket);
    #[cfg(feature = "on_push")]
    socket.on_push("bell", |push| log(push.payload().as_str()));
    #[cfg(feature = "pushes")]
    pushes(socket);
    (
        #[cfg(feature = "diagnosis")]
        line(move || socket.diagnosis().get().map(|diagnosis| diagnosis.to_string())),
        #[cfg(feature = "fold")]
        fold(socket),
        #[cfg(feature = "latest")]
        latest(socket),
        #[cfg(feature = "signals")]
        signals(socket),
        #[cfg(feature = "socket_status")]
        view! { <SocketStatus socket /> },
        #[cfg(feature = "sockets")]
        sockets(),
        #[cfg(feature = "status")]
        status(socket),
        #[cfg(feature = "use_call")]
        called(socket),
        #[cfg(feature = "use_query")]
        queried(socket),
        #[cfg(feature = "use_socket")]
        shared(),
    )
}

#[cfg(feature = "messages")]
fn messages(socket: Socket) {
    let message = || Message::new("typing", 1).header("trace", 7);
    let bulk = || CallOptions::new().priority(Priority::Bulk).timeout(Duration::from_secs(5)).idempotent(true);
    spawn_local(async move {
        let sent = socket.send_message(message()).is_ok() && socket.send_message_with(message(), bulk()).is_ok();
        let left = socket.send_when_ready(message()).await.is_ok()
            && socket.send_when_ready_with(message(), bulk()).await.is_ok();
        let replied = socket.send_and_wait(message()).await.is_ok()
            && socket.send_and_wait_with(message(), bulk()).await.is_ok()
            && socket.call_with(asked(), bulk()).await.is_ok();
        log(&format!("{sent} {left} {replied}"));
    });
    if let Ok(call) = socket.on_response(message(), drop) {
        on_cleanup(move || socket.cancel(call));
    }
}

#[cfg(feature = "pushes")]
fn pushes(socket: Socket) {
    use futures::StreamExt;
    let mut pushes = socket.pushes("news");
    spawn_local(async move {
        while let Some(Ok(push)) = pushes.next().await {
            log(push.payload().as_str());
        }
    });
}

#[cfg(feature = "fold")]
fn fold(socket: Socket) -> impl IntoView {
    let ticks = socket.fold("ticker", 0, |count, _| *count += 1);
    line(move || Some(format!("{} ticks", ticks.get())))
}

#[cfg(feature = "latest")]
fn latest(socket: Socket) -> impl IntoView {
    let news = socket.latest("news");
    line(move || Some(format!("{}, {} missed", news.value().get()?.payload().as_str(), news.coalesced().get())))
}

#[cfg(feature = "signals")]
fn signals(socket: Socket) -> impl IntoView {
    let toggle = move |_| if socket.connected().get() { socket.close() } else { socket.reconnect() };
    let millis = |time: Option<Duration>| time.unwrap_or_default().as_millis();
    let times = move || format!("{} {}", millis(socket.latency().get()), millis(socket.retry_in()));
    (
        view! { <button on:click=toggle>"Open or close"</button> },
        line(move || Some(format!("{}, {}", socket.state().get(), times()))),
        line(move || Some(format!("{} in flight, {} queued", socket.in_flight().get(), socket.queued().get()))),
    )
}

#[cfg(feature = "sockets")]
fn sockets() -> impl IntoView {
    let sockets = use_sockets();
    let toggle = move |_| match sockets.get_socket("room").get() {
        Some(_) => drop(sockets.remove_socket("room")),
        None => drop(sockets.add_socket("room", URL, SocketOptions::new())),
    };
    (view! { <button on:click=toggle>"Join or leave"</button> }, line(move || Some(sockets.names().get().join(", "))))
}

#[cfg(feature = "status")]
fn status(socket: Socket) -> impl IntoView {
    let (status, countdown, lost) = (socket.status(), socket.countdown(), socket.lost_for(Duration::from_secs(5)));
    let left = move || countdown.get().unwrap_or_default().as_secs();
    line(move || lost.get().then(|| format!("{}, again in {} s", status.get(), left())))
}

#[cfg(feature = "use_call")]
fn called(socket: Socket) -> impl IntoView {
    let hello = use_call(socket);
    let click = move |_| if hello.pending().get() { hello.cancel() } else { hello.call(asked()) };
    (
        view! { <button on:click=click>"Call"</button> },
        line(move || hello.value().get().map(|greeting| greeting.text)),
        line(move || hello.error().get().map(|error| error.to_string())),
    )
}

#[cfg(feature = "use_query")]
fn queried(socket: Socket) -> impl IntoView {
    let options = UseQueryOptions::new().invalidate_on("changed", |_, push| push.payload().decode() == Ok(1));
    let hello = use_query_with_options(socket, asked, options);
    (
        view! { <button on:click=move |_| hello.refetch()>"Fetch again"</button> },
        line(move || hello.data().get().map(|greeting| greeting.text)),
        line(move || hello.error().get().map(|error| error.to_string())),
        line(move || Some(format!("loading: {}, stale: {}", hello.loading().get(), hello.stale().get()))),
    )
}

#[cfg(feature = "use_socket")]
fn shared() -> impl IntoView {
    let socket = use_socket("shared", URL, SocketOptions::new());
    line(move || match socket {
        Ok(socket) => Some(socket.connected().get().to_string()),
        Err(error) => Some(error.to_string()),
    })
}

/// Shows text as the plain page does, so that a part adds little beyond itself.
fn line(text: impl Fn() -> Option<String> + Send + 'static) -> impl IntoView {
    view! { <p>{text}</p> }
}

fn asked() -> SayHello {
    SayHello { name: "World".to_owned() }
}

fn log(text: &str) {
    leptos::logging::log!("{text}");
}
