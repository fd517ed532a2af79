//! What leptos-socket offers beyond the plain page, each part behind a feature.
#![allow(dead_code, unused_imports, unused_variables, clippy::unused_unit, reason = "each feature may be off")]

use std::time::Duration;

use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_socket::{
    Endpoint, Headers, Identity, Message, Push, Socket, SocketOptions, SocketProvider, SocketStatus, SocketUrl,
    UseMutationOptions, UseQueryOptions, use_mutation_with_options, use_query_with_options, use_sockets,
    use_subscription,
};
use serde::Deserialize;

use crate::view::{Greeting, SayHello, URL};

#[derive(Clone, Deserialize, Push)]
#[push("news")]
pub(crate) struct News {
    title: String,
}

#[cfg(not(feature = "url"))]
pub(crate) fn url() -> SocketUrl {
    URL.into()
}

#[cfg(feature = "url")]
pub(crate) fn url() -> SocketUrl {
    let room = RwSignal::new(1);
    let url = move || format!("{URL}?room={}", room.get());
    match location_hash() {
        Some(_) => url.into(),
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
        .on_dropped(|_, why| log(&why.to_string()))
        .on_call_error(|call, error| log(&format!("{}: {error}", call.route)));
    #[cfg(feature = "config")]
    let options = options.request_timeout(None).heartbeat_rate(Duration::from_secs(20)).tickets(["sid"]);
    #[cfg(feature = "headers")]
    let options = headers(options);
    #[cfg(feature = "identity")]
    let options = identity(options);
    #[cfg(feature = "interceptors")]
    let options = options.on_request(|message| log(message.route())).on_reply(|call, _| log(call.route));
    #[cfg(feature = "json_config")]
    let options = options.json(&location_hash().unwrap_or_default());
    #[cfg(feature = "live")]
    let options = live(options);
    #[cfg(feature = "refresh")]
    let options =
        options.refresh(|| async { location_hash().map(|hash| Headers::new().with("token", hash)).ok_or(()) });
    options
}

#[cfg(feature = "headers")]
fn headers(options: SocketOptions) -> SocketOptions {
    let token = RwSignal::new(String::new());
    options.global_headers(move || Headers::new().with("token", token.get()))
}

#[cfg(feature = "identity")]
fn identity(options: SocketOptions) -> SocketOptions {
    let token = RwSignal::new(location_hash());
    options.identity(move || Some(Identity::new("alice", Headers::new().with("token", token.get()?))))
}

pub(crate) fn view(socket: Socket) -> impl IntoView {
    #[cfg(feature = "messages")]
    messages(socket);
    #[cfg(feature = "on_push")]
    on_push(socket);
    #[cfg(feature = "pushes")]
    pushes(socket);
    (
        #[cfg(feature = "diagnosis")]
        line(move || socket.diagnosis().get().map(|diagnosis| diagnosis.to_string())),
        #[cfg(feature = "fold")]
        fold(socket),
        #[cfg(feature = "inspector")]
        view! { <leptos_socket::SocketInspector socket /> },
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
        #[cfg(feature = "use_mutation")]
        mutated(socket),
        #[cfg(feature = "use_query")]
        queried(socket),
        #[cfg(feature = "use_subscription")]
        subscribed(socket),
    )
}

#[cfg(feature = "messages")]
fn messages(socket: Socket) {
    let message = || Message::new("typing", 1).header("trace", 7);
    spawn_local(async move {
        let sent = socket.send(message()).is_ok();
        let left = socket.send_flushed(message().bulk()).await.is_ok();
        let call = socket.call(asked()).timeout(Duration::from_secs(5)).header("trace", 7).idempotent(true);
        let called = call.wait_for_link(false).anonymous().retry_unauthorized(false).await.is_ok();
        let replied = socket.send_and_wait(message()).bulk().await.is_ok();
        log(&format!("{sent} {left} {called} {replied}"));
    });
    if let Ok(call) = socket.on_response(message(), drop) {
        on_cleanup(move || socket.cancel(call));
    }
}

#[cfg(feature = "on_push")]
fn on_push(socket: Socket) {
    socket.on_push(|news: News| log(&news.title));
    socket.on_push_raw("bell", |push| log(push.payload().as_str()));
}

#[cfg(feature = "pushes")]
fn pushes(socket: Socket) {
    use futures::StreamExt;
    let mut pushes = socket.pushes::<News>();
    spawn_local(async move {
        while let Some(Ok(news)) = pushes.next().await {
            log(&news.title);
        }
    });
}

#[cfg(feature = "fold")]
fn fold(socket: Socket) -> impl IntoView {
    let news = socket.fold(0, |count, _: News| *count += 1);
    line(move || Some(format!("{} news, {} gaps", news.value().get(), news.gaps().get())))
}

#[cfg(feature = "latest")]
fn latest(socket: Socket) -> impl IntoView {
    let news = socket.latest::<News>();
    line(move || Some(format!("{}, {} missed", news.value().get()?.title, news.coalesced().get())))
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
    view! {
        <SocketProvider>
            <SocketProvider name="hall" url=URL><Rooms /></SocketProvider>
        </SocketProvider>
    }
}

#[cfg(feature = "sockets")]
#[component]
fn Rooms() -> impl IntoView {
    let sockets = use_sockets();
    let toggle = move |_| match sockets.get_socket("room").get() {
        Some(_) => drop(sockets.remove_socket("room")),
        None => drop(sockets.add_socket("room", URL, SocketOptions::new())),
    };
    (view! { <button on:click=toggle>"Join or leave"</button> }, line(move || Some(sockets.names().get().join(", "))))
}

#[cfg(feature = "status")]
fn status(socket: Socket) -> impl IntoView {
    let (status, countdown, lost) =
        (socket.status(), socket.countdown(), socket.disconnected_for(Duration::from_secs(5)));
    let left = move || countdown.get().unwrap_or_default().as_secs();
    line(move || lost.get().then(|| format!("{}, again in {} s", status.get(), left())))
}

#[cfg(feature = "use_query")]
fn queried(socket: Socket) -> impl IntoView {
    let hello = use_query_with_options(socket, asked, UseQueryOptions::new().keep_previous(true).retry(2));
    (
        view! { <button on:click=move |_| { hello.refetch(); }>"Fetch again"</button> },
        line(move || hello.data().get().map(|greeting| greeting.text)),
        line(move || hello.error().get().map(|error| error.to_string())),
        line(move || Some(format!("loading: {}, stale: {}", hello.loading().get(), hello.stale().get()))),
    )
}

/// What pushes mean for the data of queries.
#[cfg(feature = "live")]
fn live(options: SocketOptions) -> SocketOptions {
    options
        .live(|_: &SayHello, greeting: &mut Greeting, news: &News| greeting.text.clone_from(&news.title))
        .invalidate_on(|asked: &SayHello, news: &News| asked.name == news.title)
}

#[cfg(feature = "use_mutation")]
fn mutated(socket: Socket) -> impl IntoView {
    let options = UseMutationOptions::new()
        .optimistic(|change: &Rename, _: &SayHello, greeting: &mut Greeting| greeting.text.clone_from(&change.text))
        .on_error(|change, error| log(&format!("{}: {error}", change.text)))
        .warn_before_unload(true);
    let rename = use_mutation_with_options(socket, options);
    (
        view! { <button on:click=move |_| rename.dispatch(Rename { text: "Hi".to_owned() })>"Rename"</button> },
        line(move || Some(format!("{} pending, {} unsettled", rename.pending().get(), rename.unsettled().get()))),
        line(move || rename.error().get().map(|error| error.to_string())),
    )
}

#[cfg(feature = "use_mutation")]
#[derive(serde::Serialize, leptos_socket::Route)]
#[route("rename", response = ())]
struct Rename {
    text: String,
}

#[cfg(feature = "use_subscription")]
fn subscribed(socket: Socket) -> impl IntoView {
    let feed = use_subscription(socket, asked, |news: News| log(&news.title));
    line(move || feed.get().is_active().then(|| "subscribed".to_owned()))
}

#[cfg(feature = "use_subscription")]
impl leptos_socket::Subscription for SayHello {
    type Push = News;
    type Stop = Self;

    fn stop(&self) -> Self {
        self.clone()
    }
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
