//! On a server there is no network, and no thread to be bound to.

use std::rc::Rc;
use std::time::Duration;

use std::future::IntoFuture;

use futures::{FutureExt, StreamExt};
use leptos::prelude::*;
use leptos_socket::transport::scripted::Scripted;
use leptos_socket::{
    AddSocketError, Call, CallError, Endpoint, Headers, Identity, Incoming, Message, NotSent, Push, Route, Socket,
    SocketInspector, SocketOptions, SocketProvider, SocketState, SocketStatus, SocketUrl, Sockets, Status,
    Subscription, UseMutationOptions, UseQueryOptions, provide_sockets, use_mutation_with_options, use_query,
    use_query_with_options, use_socket, use_sockets, use_subscription,
};
use serde::{Deserialize, Serialize};

const URL: &str = "/ws/app/";

#[derive(Serialize)]
struct SayHello;

impl Route for SayHello {
    const ROUTE: &'static str = "sayHello";
    type Response = String;
}

#[derive(Clone, Deserialize, Push)]
#[push("tick")]
struct Tick;

#[component]
fn Using() -> impl IntoView {
    let socket = use_socket();
    view! { <SocketStatus socket /> }
}

fn root() -> Owner {
    let owner = Owner::new();
    owner.set();
    owner
}

fn is_rendering<T: Unpin>(call: impl Future<Output = Result<T, CallError>>) -> bool {
    matches!(call.now_or_never(), Some(Err(CallError::NotSent(NotSent::Rendering))))
}

#[test]
fn signals_have_their_initial_values() {
    let _owner = root();
    let socket = provide_sockets().add_socket("app", URL, SocketOptions::new()).unwrap();
    assert_eq!(socket.state().get_untracked(), SocketState::Idle);
    assert!(!socket.connected().get_untracked());
    assert_eq!(socket.latency().get_untracked(), None);
    assert_eq!((socket.in_flight().get_untracked(), socket.queued().get_untracked()), (0, 0));
    assert_eq!(socket.retry_in(), None);
}

#[test]
fn calls_fail_at_once_and_say_why() {
    let _owner = root();
    let socket = provide_sockets().add_socket("app", URL, SocketOptions::new()).unwrap();
    assert!(is_rendering(socket.call(SayHello)));
    assert!(is_rendering(socket.send_and_wait(Message::new("hi", ()))));
    assert_eq!(socket.send(Message::new("hi", ())), Err(NotSent::Rendering));
    assert_eq!(socket.on_response(Message::new("hi", ()), |_| panic!("never called")), Err(NotSent::Rendering));
    socket.reconnect();
    socket.close();
    assert_eq!(socket.state().get_untracked(), SocketState::Idle);
}

#[test]
fn the_registry_works_as_in_a_browser() {
    let owner = root();
    let sockets = provide_sockets();
    let socket = sockets.add_socket("app", URL, SocketOptions::new()).unwrap();
    assert_eq!(sockets.add_socket("app", URL, SocketOptions::new()), Err(AddSocketError::Exists(socket)));
    assert!(sockets.add_socket("app", URL, SocketOptions::new().force(true)).is_ok());
    assert!(sockets.add_socket("bad", "nonsense", SocketOptions::new()).is_err());
    assert_eq!(sockets.names().get_untracked(), ["app"]);
    assert!(sockets.remove_socket("app"));
    assert_eq!(sockets.get_socket("app").get_untracked(), None);
    owner.cleanup();
    assert_eq!(sockets.add_socket("app", URL, SocketOptions::new()), Err(AddSocketError::Disposed));
}

#[test]
fn callbacks_and_transports_are_dropped_at_once() {
    let _owner = root();
    let captured = Rc::new(());
    let in_callback = Rc::clone(&captured);
    let world = Scripted::new();
    let options = SocketOptions::new().transport(world.clone()).on_message(move |_| drop(Rc::clone(&in_callback)));
    let socket = provide_sockets().add_socket("app", URL, options).unwrap();
    assert_eq!(Rc::strong_count(&captured), 1);
    let in_response = Rc::clone(&captured);
    assert!(socket.on_response(Message::new("hi", ()), move |_| drop(in_response)).is_err());
    assert_eq!(Rc::strong_count(&captured), 1);
    assert_eq!(world.link_count(), 0);
}

#[test]
fn nothing_is_bound_to_a_thread() {
    fn is_handle<T: Copy + Send + Sync + 'static>() {}
    fn is_send<T: Send + 'static>() {}
    is_handle::<Socket>();
    is_handle::<Sockets>();
    is_send::<AddSocketError>();
    is_send::<Call<Incoming>>();
    is_send::<Call<String>>();

    let owner = root();
    let sockets = provide_sockets();
    let options = SocketOptions::new().on_message(|_| ());
    let socket = sockets.add_socket("app", URL, options).unwrap();
    let call = socket.send_and_wait(Message::new("hi", ()));
    // Another thread renders on, and cleans up.
    std::thread::spawn(move || {
        assert!(is_rendering(call));
        assert!(is_rendering(owner.with(|| socket.call(SayHello))));
        assert!(sockets.add_socket("other", URL, SocketOptions::new().on_message(|_| ())).is_ok());
        owner.cleanup();
        assert!(is_rendering(socket.call(SayHello)));
    })
    .join()
    .unwrap();
}

type Use = fn(Sockets, Socket);

/// A request may be rendered on one thread and dropped on another.
#[test]
fn whatever_a_component_uses_may_be_dropped_on_another_thread() {
    let uses: [(&str, Use); 19] = [
        ("SocketProvider", |_, _| {
            let options = SocketOptions::new().on_gap(|_| ());
            drop(view! { <SocketProvider url=URL name="named" options><Using /></SocketProvider> }.to_html());
        }),
        ("on_push", |_, socket| socket.on_push_raw("tick", |_| ())),
        ("pushes", |_, socket| drop(socket.pushes::<Tick>().capacity(1))),
        ("latest", |_, socket| drop(socket.latest::<Tick>().value().get_untracked())),
        ("fold", |_, socket| _ = socket.fold(0, |_, _: Tick| ()).value().get_untracked()),
        ("use_query", |_, socket| drop(use_query(socket, || SayHello).data().get_untracked())),
        ("a query that is awaited", |_, socket| drop(use_query(socket, || SayHello).into_future().now_or_never())),
        ("refetch", |_, socket| drop(use_query(socket, || SayHello).refetch())),
        ("queries", |_, socket| {
            socket.queries().set(SayHello, String::new());
            socket.queries().invalidate::<SayHello>();
        }),
        ("use_mutation", |_, socket| {
            let not_sync = Rc::new(());
            let options = UseMutationOptions::new()
                .optimistic(|_: &SayHello, _: &SayHello, _: &mut String| ())
                .on_success(move |_, _| drop(Rc::clone(&not_sync)));
            let mutation = use_mutation_with_options(socket, options);
            mutation.dispatch(SayHello);
            mutation.cancel();
        }),
        ("use_subscription", |_, socket| {
            let not_sync = Rc::new(());
            _ = use_subscription(socket, || Watch, move |_: Tick| drop(Rc::clone(&not_sync))).get_untracked();
        }),
        ("call", |_, socket| drop(socket.call(SayHello).now_or_never())),
        ("send_flushed", |_, socket| drop(socket.send_flushed(Message::new("hi", ())).now_or_never())),
        ("on_response", |_, socket| drop(socket.on_response(Message::new("hi", ()), |_| ()))),
        ("status", |_, socket| _ = (socket.status(), socket.countdown(), socket.disconnected_for(Duration::ZERO))),
        ("signals", |_, socket| _ = (socket.state(), socket.diagnosis(), socket.queued(), socket.latency())),
        ("names", |sockets, _| _ = (sockets.names(), sockets.get_socket("app"))),
        ("SocketStatus", |_, socket| drop(view! { <SocketStatus socket /> }.to_html())),
        ("add_socket", |sockets, _| {
            let not_sync = Rc::new(());
            let (url, headers) = (RwSignal::new(URL.to_owned()), RwSignal::new(Headers::new()));
            let options = SocketOptions::new()
                .on_message(move |_| drop(Rc::clone(&not_sync)))
                .global_headers(headers)
                .refresh(|| async { Ok::<_, ()>(Headers::new()) })
                .identity(RwSignal::new(None::<Identity>))
                .on_call_error(|_, _| ())
                .on_request(|_| ())
                .on_reply(|_, _| ());
            assert!(sockets.add_socket("other", url, options).is_ok());
        }),
    ];
    for (name, uses) in uses {
        let owner = root();
        let sockets = provide_sockets();
        let socket = sockets.add_socket("app", URL, SocketOptions::new()).unwrap();
        let component = owner.child();
        component.with(|| uses(sockets, socket));
        owner.clone().unset();
        let dropped = std::thread::spawn(move || drop((component, owner))).join();
        assert!(dropped.is_ok(), "{name}");
    }
}

#[test]
fn a_query_shows_what_the_page_shows_first() {
    let _owner = root();
    let socket = provide_sockets().add_socket("app", URL, SocketOptions::new()).unwrap();
    let loading = |asked: bool| {
        let query = use_query(socket, move || asked.then_some(SayHello));
        assert!(query.data().get_untracked().is_none() && !query.stale().get_untracked());
        query.refetch();
        query.loading().get_untracked()
    };
    assert_eq!((loading(true), loading(false)), (true, false));
    let initial = UseQueryOptions::new().initial("rendered".to_owned());
    let query = use_query_with_options(socket, || SayHello, initial);
    assert_eq!((query.data().get_untracked().as_deref(), query.loading().get_untracked()), (Some("rendered"), false));
    assert!(matches!(query.into_future().now_or_never(), Some(Ok(text)) if text == "rendered"));
}

#[derive(Serialize, Route)]
#[route("watch", response = ())]
struct Watch;

impl Subscription for Watch {
    type Push = Tick;
    type Stop = Self;

    fn stop(&self) -> Self {
        Self
    }
}

/// The page that a server sends, with what it streams.
fn streamed<V: IntoView + 'static>(view: impl FnOnce() -> V) -> String {
    let _ = any_spawner::Executor::init_tokio();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async { view().into_view().to_html_stream_in_order().collect::<String>().await })
}

#[test]
fn a_query_that_is_awaited_is_its_fallback_as_the_page_shows_it_first() {
    let _owner = Owner::new_root(Some(std::sync::Arc::new(hydration_context::SsrSharedContext::new())));
    let socket = provide_sockets().add_socket("app", URL, SocketOptions::new()).unwrap();
    let query = use_query(socket, || SayHello);
    let resource = LocalResource::new(move || query.into_future());
    let in_resource = move || Suspend::new(async move { resource.await.unwrap_or_else(|error| error.to_string()) });
    let at_once = move || Suspend::new(async move { query.await.unwrap_or_else(|error| error.to_string()) });
    assert_eq!(query.into_future().now_or_never().map(|ready| ready.is_err()), Some(true));
    let html = streamed(|| view! { <Suspense fallback=|| "loading">{in_resource}</Suspense> });
    assert!(html.contains("loading") && !html.contains("not sent"), "{html}");
    let html = streamed(|| view! { <Suspense fallback=|| "loading">{at_once}</Suspense> });
    assert!(html.contains("loading") && !html.contains("not sent"), "{html}");
}

#[component]
fn Dashboard() -> impl IntoView {
    let sockets = use_sockets();
    let socket = sockets.add_socket("app", URL, SocketOptions::new().on_message(|_| ())).unwrap();
    let names = sockets.names();
    view! {
        <p>{move || socket.state().get().to_string()}</p>
        <p>{move || names.get().join(", ")}</p>
    }
}

#[test]
fn a_provider_and_its_children_are_rendered() {
    let owner = root();
    let html = view! {
        <SocketProvider>
            <Dashboard />
        </SocketProvider>
    }
    .to_html();
    assert!(html.contains("idle") && html.contains("app"), "{html}");
    owner.cleanup();
}

#[test]
fn a_render_that_awaits_a_call_does_not_hang() {
    let _owner = root();
    let socket = provide_sockets().add_socket("app", URL, SocketOptions::new()).unwrap();
    let page = async move {
        match socket.call(SayHello).await {
            Ok(hello) => hello,
            Err(error) => error.to_string(),
        }
    };
    let html = page.now_or_never().expect("it is ready at once");
    assert_eq!(html, "not sent: there is no connection while rendering on a server");
}

#[test]
fn a_status_is_rendered_as_the_page_shows_it_first() {
    let _owner = root();
    let sockets = provide_sockets();
    let socket = sockets.add_socket("app", URL, SocketOptions::new()).unwrap();
    assert_eq!(socket.status().get_untracked(), Status::Connecting);
    assert_eq!(socket.countdown().get_untracked(), None);
    assert!(!socket.disconnected_for(Duration::ZERO).get_untracked());
    let html = view! { <SocketStatus socket /> }.to_html();
    assert!(html.contains(r#"class="socket-status is-connecting""#) && html.contains(">connecting<"), "{html}");
    assert!(html.contains(r#"role="status""#) && !html.contains("<button"), "{html}");
}

#[test]
fn an_inspector_is_an_empty_element() {
    let _owner = root();
    let sockets = provide_sockets();
    let socket = sockets.add_socket("app", URL, SocketOptions::new()).unwrap();
    let html = view! { <SocketInspector socket open=true /> }.to_html();
    assert_eq!(html, "<div></div>");
    assert_eq!(socket.inspection().export(), None);
}

#[test]
fn what_a_component_uses_is_inert() {
    let _owner = root();
    let socket = provide_sockets().add_socket("app", URL, SocketOptions::new()).unwrap();
    let mut pushes = socket.pushes::<Tick>();
    assert!(matches!(pushes.next().now_or_never(), Some(None)));
    assert_eq!(socket.fold(7, |_, _: Tick| {}).value().get_untracked(), 7);
    assert!(socket.latest::<Tick>().value().get_untracked().is_none());
    socket.on_push_raw("tick", |_| panic!("never called"));
    let sending = socket.send_flushed(Message::new("hi", ()));
    assert_eq!(sending.now_or_never(), Some(Err(NotSent::Rendering)));
}

#[test]
fn a_url_that_is_asked_for_is_not_asked_for() {
    let _owner = root();
    let url = || -> std::future::Ready<Result<Endpoint, ()>> { panic!("never called") };
    assert!(provide_sockets().add_socket("app", SocketUrl::from_fn(url), SocketOptions::new()).is_ok());
}
