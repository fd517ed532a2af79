//! Over the real transport, in a real browser, against the server that `scripts/test-browser.sh` starts.
#![cfg(target_arch = "wasm32")]
#![allow(clippy::unwrap_used, reason = "a test may")]

mod data;
mod recording;

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::channel::oneshot;
use futures::future::{Either, select};
use gloo_timers::future::TimeoutFuture;
use leptos::mount::mount_to;
use leptos::prelude::*;
use leptos::reactive::effect::ImmediateEffect;
use leptos_socket::transport::gloo::Gloo;
use leptos_socket::{
    CallError, Incoming, Message, OutcomeUnknown, Push, Route, Sent, Socket, SocketOptions, SocketProvider,
    SocketState, SocketStatus, Sockets, provide_sockets, use_socket, use_sockets,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use wasm_bindgen::JsCast;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

/// Where nobody listens, although it is this machine and the server's port.
const NOBODY: (&str, &str) = ("127.0.0.1", "127.0.0.2");

/// The URL of a link that the server knows by this name.
fn url(name: &str) -> String {
    let Some(server) = option_env!("BROWSER_TEST_SERVER") else {
        panic!("run scripts/test-browser.sh, which starts the server");
    };
    format!("{server}/{name}")
}

/// A provider. Gone with the test.
struct Page {
    owner: Owner,
    sockets: Sockets,
}

impl Page {
    fn new() -> Self {
        let _ = any_spawner::Executor::init_wasm_bindgen();
        let owner = Owner::new();
        owner.set();
        Self { sockets: provide_sockets(), owner }
    }

    /// A socket that the server knows by its name.
    fn add(&self, name: &str, options: SocketOptions) -> Socket {
        self.sockets.add_socket(name, url(name), on_transport(options)).unwrap()
    }

    async fn open(&self, name: &str, options: SocketOptions) -> Socket {
        let socket = self.add(name, options);
        until("it is open", move || socket.connected().get()).await;
        socket
    }

    /// A socket by which the test asks the server about others.
    async fn observer(&self) -> Socket {
        self.open("observer", SocketOptions::new()).await
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        self.owner.cleanup();
    }
}

/// All tests run on each transport: `scripts/test-browser.sh` compiles its name into them.
fn on_transport(options: SocketOptions) -> SocketOptions {
    match option_env!("BROWSER_TEST_TRANSPORT") {
        Some("gloo") => options.transport(Gloo::default()),
        _ => options,
    }
}

fn impatient() -> SocketOptions {
    SocketOptions::new().request_timeout(Some(Duration::from_secs(10)))
}

fn backs_off_for(millis: u64) -> SocketOptions {
    let bound = Duration::from_millis(millis);
    impatient().backoff_base(bound).backoff_max(bound)
}

/// Waits for signals. Fails where that takes too long.
async fn until(what: &str, is_so: impl Fn() -> bool + 'static) {
    let (sender, found) = oneshot::channel();
    let sender = Cell::new(Some(sender));
    let effect = Effect::new(move |_| {
        if is_so()
            && let Some(sender) = sender.take()
        {
            let _ = sender.send(());
        }
    });
    if let Either::Right(_) = select(found, TimeoutFuture::new(10_000)).await {
        panic!("within 10 s, {what}");
    }
    effect.stop();
}

async fn ask(socket: Socket, route: &str, payload: impl Serialize) -> Value {
    let reply = socket.send_and_wait(Message::new(route, payload)).await.unwrap();
    reply.payload().decode().unwrap()
}

/// The names of the states that a socket goes through, from now on.
fn states_of(socket: Socket) -> (Arc<Mutex<Vec<String>>>, ImmediateEffect) {
    let states = Arc::<Mutex<Vec<String>>>::default();
    let log = Arc::clone(&states);
    let state = socket.state();
    let effect = ImmediateEffect::new(move || log.lock().unwrap().push(state.get().to_string()));
    (states, effect)
}

#[derive(Serialize, Route)]
#[route("echo", response = Vec<u32>)]
struct Echo(Vec<u32>);

#[derive(Clone, Deserialize, Push)]
#[push("tick")]
struct Tick {}

#[wasm_bindgen_test]
async fn a_call_gets_its_reply() {
    let page = Page::new();
    let socket = page.open("call", SocketOptions::new()).await;
    assert_eq!(socket.call(Echo(vec![1, 2, 3])).await.unwrap(), [1, 2, 3]);
}

#[wasm_bindgen_test]
async fn many_calls_at_once_get_their_own_replies() {
    let page = Page::new();
    let socket = page.add("many calls", SocketOptions::new());
    let calls = (0..500).map(|i| socket.call(Echo(vec![i])));
    let replies = futures::future::join_all(calls.collect::<Vec<_>>()).await;
    assert!(replies.into_iter().map(Result::unwrap).eq((0..500).map(|i| vec![i])));
    assert_eq!(socket.in_flight().get_untracked(), 0);
}

#[wasm_bindgen_test]
async fn what_was_queued_before_the_link_opened_leaves_in_order() {
    let page = Page::new();
    let socket = page.add("queue", SocketOptions::new());
    for i in 0..10 {
        assert!(matches!(socket.send_message(Message::new("note", i)), Ok(Sent::Queued(_))));
    }
    assert_eq!(socket.queued().get_untracked(), 10);
    assert_eq!(ask(socket, "notes", ()).await, json!(Vec::from_iter(0..10)));
}

#[wasm_bindgen_test]
async fn a_socket_whose_server_hangs_up_reconnects_and_works_again() {
    let page = Page::new();
    let socket = page.add("hang up", backs_off_for(50));
    let (states, _effect) = states_of(socket);
    until("it is open", move || socket.connected().get()).await;
    let error = socket.send_and_wait(Message::new("hangUp", 4000)).await.unwrap_err();
    assert!(
        matches!(&error, CallError::OutcomeUnknown(OutcomeUnknown::LinkLost(code)) if code.as_u16() == 4000),
        "{error}"
    );
    assert_eq!(ask(socket, "echo", "again").await, "again");
    let expected = ["connecting", "open", "backoff (attempt 1)", "connecting (attempt 1)", "open"];
    assert_eq!(*states.lock().unwrap(), expected);
}

#[wasm_bindgen_test]
async fn a_connection_that_breaks_is_made_again() {
    let page = Page::new();
    let socket = page.open("die", backs_off_for(50)).await;
    socket.send_message(Message::new("die", ())).unwrap();
    until("it is lost", move || !socket.connected().get()).await;
    assert_eq!(ask(socket, "echo", 1).await, 1);
}

#[wasm_bindgen_test]
async fn what_cannot_be_connected_to_backs_off_and_gives_up() {
    let page = Page::new();
    let urls = [
        ("nobody listens", url("nobody").replace(NOBODY.0, NOBODY.1)),
        ("the server refuses", url("refused")),
        ("the browser refuses", "ws://127.0.0.1:1/".to_owned()),
    ];
    for (name, url) in urls {
        let options = impatient().backoff_base(Duration::from_millis(5)).max_reconnect_attempts(Some(2));
        let socket = page.sockets.add_socket(name, url, on_transport(options)).unwrap();
        let (states, _effect) = states_of(socket);
        let error = socket.send_and_wait(Message::new("echo", ())).await.unwrap_err();
        assert!(error.is_safe_to_retry(), "{name}: {error}");
        let states = states.lock().unwrap();
        assert!(states.contains(&"backoff (attempt 1)".to_owned()), "{name}: {states:?}");
        assert_eq!(states.last().unwrap(), "closed: gave up after 2 attempts to reconnect", "{name}");
    }
}

#[wasm_bindgen_test]
async fn removing_replacing_and_closing_close_the_browsers_socket() {
    let page = Page::new();
    let observer = page.observer().await;
    for name in ["removed", "replaced", "closed"] {
        let socket = page.open(name, SocketOptions::new()).await;
        match name {
            "removed" => assert!(page.sockets.remove_socket(name)),
            "replaced" => {
                _ = page.sockets.add_socket(name, url("in its place"), on_transport(SocketOptions::new().force(true)))
            }
            _ => socket.close(),
        }
        assert_eq!(ask(observer, "codes", name).await, json!([1000]), "{name}");
        assert!(socket.state().get_untracked().is_closed());
    }
}

#[wasm_bindgen_test]
async fn a_socket_that_is_removed_while_it_connects_leaves_no_link() {
    let page = Page::new();
    let observer = page.observer().await;
    for _ in 0..10 {
        page.add("fleeting", SocketOptions::new());
        page.sockets.remove_socket("fleeting");
    }
    page.open("fleeting", SocketOptions::new()).await;
    page.sockets.remove_socket("fleeting");
    let codes = ask(observer, "codes", "fleeting").await;
    assert_eq!(codes.as_array().unwrap().len(), ask(observer, "opened", "fleeting").await);
}

#[wasm_bindgen_test]
async fn leaving_the_provider_leaves_no_link() {
    let outer = Page::new();
    let observer = outer.observer().await;
    let inner = Page::new();
    for i in 0..5 {
        let url = url("left behind");
        inner.sockets.add_socket(format!("socket {i}"), url, on_transport(SocketOptions::new())).unwrap();
    }
    for i in 0..5 {
        let socket = inner.sockets.get_socket(format!("socket {i}")).get_untracked().unwrap();
        until("it is open", move || socket.connected().get()).await;
    }
    drop(inner);
    outer.owner.set();
    assert_eq!(ask(observer, "codes", "left behind").await, json!([1000, 1000, 1000, 1000, 1000]));
}

#[component]
fn Saves(note: &'static str) -> impl IntoView {
    use_socket().send(Message::new("note", note)).unwrap();
}

#[wasm_bindgen_test]
async fn what_a_page_saves_before_it_is_left_is_delivered() {
    let page = Page::new();
    let observer = page.observer().await;
    let component = page.owner.child();
    let view = component.with(|| {
        let options = on_transport(SocketOptions::new());
        view! { <SocketProvider url=url("leave") options><Saves note="saved" /></SocketProvider> }
    });
    drop(view);
    component.cleanup();
    assert_eq!(ask(observer, "codes", "leave").await, json!([1000]));
    assert_eq!(ask(observer, "noted", "leave").await, json!(["saved"]));
}

#[wasm_bindgen_test]
async fn what_is_sent_in_one_room_reaches_that_room_alone() {
    let page = Page::new();
    let observer = page.observer().await;
    let room = RwSignal::new("room 1");
    let options = on_transport(SocketOptions::new());
    let socket = page.sockets.add_socket("room", move || url(room.get()), options).unwrap();
    socket.send(Message::new("note", 1)).unwrap();
    room.set("room 2");
    socket.send(Message::new("note", 2)).unwrap();
    until("it is open", move || socket.connected().get()).await;
    assert_eq!(ask(observer, "codes", "room 1").await, json!([1000]));
    assert_eq!(ask(observer, "noted", "room 1").await, json!([1]));
    page.sockets.remove_socket("room");
    assert_eq!(ask(observer, "codes", "room 2").await, json!([1000]));
    assert_eq!(ask(observer, "noted", "room 2").await, json!([2]));
}

#[wasm_bindgen_test]
async fn opening_and_removing_again_and_again_takes_no_more_memory() {
    const PAGE: usize = 1 << 16;
    let page = Page::new();
    let socket_after_socket = async |times: usize| {
        for _ in 0..times {
            let socket = page.add("again", SocketOptions::new().on_message(|_| ()));
            ask(socket, "echo", 1).await;
            page.sockets.remove_socket("again");
        }
    };
    socket_after_socket(50).await;
    let before = memory_size();
    socket_after_socket(300).await;
    let grown = memory_size() - before;
    assert!(grown <= PAGE, "{grown} bytes in 300 rounds");
}

fn memory_size() -> usize {
    let memory: js_sys::WebAssembly::Memory = wasm_bindgen::memory().unchecked_into();
    memory.buffer().unchecked_into::<js_sys::ArrayBuffer>().byte_length() as usize
}

#[wasm_bindgen_test]
async fn a_reconnect_replaces_the_link() {
    let page = Page::new();
    let observer = page.observer().await;
    let socket = page.open("reconnect", SocketOptions::new()).await;
    socket.reconnect();
    assert!(!socket.connected().get_untracked());
    assert_eq!(ask(socket, "echo", 1).await, 1);
    assert_eq!(ask(observer, "opened", "reconnect").await, 2);
    socket.close();
    assert_eq!(ask(observer, "codes", "reconnect").await.as_array().unwrap().len(), 2);
}

#[wasm_bindgen_test]
async fn a_binary_frame_is_a_notice_and_harms_nothing() {
    let page = Page::new();
    let notices = Rc::new(RefCell::new(Vec::new()));
    let log = Rc::clone(&notices);
    let options = SocketOptions::new().on_notice(move |notice, _| log.borrow_mut().push(notice.to_string()));
    let socket = page.open("binary", options).await;
    assert_eq!(ask(socket, "binary", 1000).await, Value::Null);
    assert_eq!(*notices.borrow(), ["a binary frame of 1000 bytes"]);
    assert!(socket.connected().get_untracked());
}

#[wasm_bindgen_test]
async fn five_megabytes_go_there_and_back() {
    let page = Page::new();
    let socket = page.open("large", impatient().max_request_size(1 << 24)).await;
    let text = "0123456789 äöü €\u{1F600}\"\\\n".repeat(200_000);
    assert!(text.len() > 5_000_000);
    assert!(ask(socket, "echo", &text).await == text);
}

#[wasm_bindgen_test]
async fn a_burst_of_ten_thousand_pushes_arrives_in_order() {
    let page = Page::new();
    let pushes = Rc::new(RefCell::new(Vec::new()));
    let log = Rc::clone(&pushes);
    let callback = move |push: Incoming| log.borrow_mut().push(push.payload().decode::<u32>().unwrap());
    let socket = page.open("burst", SocketOptions::new().on_message(callback)).await;
    ask(socket, "burst", 10_000).await;
    assert!(pushes.borrow().iter().copied().eq(0..10_000));
}

#[wasm_bindgen_test]
async fn the_heartbeat_measures_the_latency_and_keeps_the_link() {
    let page = Page::new();
    let beat = Duration::from_millis(30);
    let options = impatient().heartbeat_rate(beat).heartbeat_timeout_duration(beat * 20);
    let socket = page.open("heartbeat", options).await;
    let (latency, beats) = (socket.latency(), Rc::new(Cell::new(0)));
    let count = Rc::clone(&beats);
    until("ten beats are answered", move || {
        count.set(count.get() + usize::from(latency.get().is_some()));
        count.get() >= 10
    })
    .await;
    assert_eq!(socket.state().get_untracked(), SocketState::Open);
}

#[wasm_bindgen_test]
async fn a_page_that_is_online_again_tries_at_once() {
    let page = Page::new();
    let socket = page.open("online", backs_off_for(1_000_000)).await;
    socket.send_message(Message::new("die", ())).unwrap();
    until("it waits", move || matches!(socket.state().get(), SocketState::Backoff { .. })).await;
    window().dispatch_event(&web_sys::Event::new("online").unwrap()).unwrap();
    until("it is open", move || socket.connected().get()).await;
    page.owner.cleanup();
    // Nobody listens any more.
    window().dispatch_event(&web_sys::Event::new("offline").unwrap()).unwrap();
    assert!(socket.state().get_untracked().is_closed());
}

#[component]
fn Badge() -> impl IntoView {
    let socket = use_sockets().add_socket("badge", url("badge"), on_transport(SocketOptions::new())).unwrap();
    view! {
        <p>{move || socket.state().get().to_string()}</p>
        <button on:click=move |_| socket.close()>"Close"</button>
    }
}

#[wasm_bindgen_test]
async fn a_mounted_component_shows_the_state_and_takes_its_socket_with_it() {
    let page = Page::new();
    let observer = page.observer().await;
    let root = root();
    let mounted = mount_to(root.clone(), || view! { <SocketProvider><Badge /></SocketProvider> });
    let text = {
        let root = root.clone();
        move || root.query_selector("p").unwrap().unwrap().text_content().unwrap()
    };
    assert_eq!(text(), "connecting");
    shows(&root, "open").await;
    root.query_selector("button").unwrap().unwrap().unchecked_into::<web_sys::HtmlElement>().click();
    shows(&root, "closed: closed by the app").await;
    drop(mounted);
    assert_eq!(root.children().length(), 0);
    assert_eq!(ask(observer, "codes", "badge").await, json!([1000]));
    root.remove();
}

#[component]
fn State(room: u32) -> impl IntoView {
    let (socket, by_name) = (use_socket(), use_sockets().get_socket("room"));
    view! { <p>{move || format!("{room}: {}, {}", socket.state().get(), by_name.get() == Some(socket))}</p> }
}

#[wasm_bindgen_test]
async fn of_rooms_one_after_another_each_has_its_own_link_for_as_long_as_it_is_shown() {
    let page = Page::new();
    let observer = page.observer().await;
    let root = root();
    let (room, sockets) = (RwSignal::new(1), page.sockets);
    let name = |room: u32| format!("room {room} of eleven");
    let mounted = mount_to(root.clone(), move || {
        provide_context(sockets);
        // The view of the next room is built before that of the last one goes.
        move || {
            let (room, options) = (room.get(), on_transport(SocketOptions::new()));
            view! { <SocketProvider name="room" url=url(&name(room)) options><State room /></SocketProvider> }
        }
    });
    for next in 2..=11 {
        shows(&root, &format!("{}: open, true", next - 1)).await;
        assert_eq!(sockets.names().get_untracked(), ["observer", "room"]);
        room.set(next);
    }
    shows(&root, "11: open, true").await;
    drop(mounted);
    assert_eq!(sockets.names().get_untracked(), ["observer"]);
    for room in 1..=11 {
        assert_eq!(ask(observer, "codes", name(room)).await, json!([1000]));
    }
    root.remove();
}

/// An element to mount a view in.
fn root() -> web_sys::HtmlElement {
    let root: web_sys::HtmlElement = document().create_element("div").unwrap().unchecked_into();
    document().body().unwrap().append_child(&root).unwrap();
    root
}

/// Waits until the first paragraph has this text, which may be there for a few milliseconds only. A browser makes 4 of one.
async fn shows(root: &web_sys::HtmlElement, text: &str) {
    for _ in 0..2_500 {
        if root.query_selector("p").unwrap().and_then(|shown| shown.text_content()).as_deref() == Some(text) {
            return;
        }
        TimeoutFuture::new(1).await;
    }
    panic!("within 10 s, the page shows {text:?}");
}

/// The page goes into the back-forward cache, or comes out of it.
fn page_transition(name: &str) {
    let init = web_sys::PageTransitionEventInit::new();
    init.set_persisted(true);
    let event = web_sys::PageTransitionEvent::new_with_event_init_dict(name, &init).unwrap();
    window().dispatch_event(&event).unwrap();
}

#[wasm_bindgen_test]
async fn a_page_that_is_put_away_closes_its_link_at_once_and_is_live_at_once_when_it_is_back() {
    let page = Page::new();
    let observer_page = Page::new();
    // With delays like these only an attempt that is made at once comes in time.
    let socket = page.open("bfcache", backs_off_for(600_000)).await;
    page_transition("pagehide");
    assert!(matches!(socket.state().get_untracked(), SocketState::Backoff { .. }));
    page_transition("pageshow");
    until("it is open again", move || socket.connected().get()).await;
    assert_eq!(ask(socket, "echo", 1).await, 1);
    page.sockets.remove_socket("bfcache");
    let observer = observer_page.observer().await;
    assert_eq!(ask(observer, "codes", "bfcache").await, json!([1000, 1000]));
}

#[wasm_bindgen_test]
async fn a_page_that_only_goes_keeps_its_link() {
    let page = Page::new();
    let socket = page.open("goes", SocketOptions::new()).await;
    window().dispatch_event(&web_sys::PageTransitionEvent::new("pagehide").unwrap()).unwrap();
    assert!(socket.connected().get_untracked());
    let event = web_sys::Event::new("freeze").unwrap();
    document().dispatch_event(&event).unwrap();
    document().dispatch_event(&web_sys::Event::new("resume").unwrap()).unwrap();
    assert_eq!(ask(socket, "echo", 1).await, 1);
}

#[wasm_bindgen_test]
async fn what_waits_in_the_browser_stays_under_the_mark() {
    const MARK: usize = 256 * 1024;
    js_sys::eval(
        "window.mostBuffered = 0;
        const send = WebSocket.prototype.send;
        WebSocket.prototype.send = function (frame) {
            send.call(this, frame);
            window.mostBuffered = Math.max(window.mostBuffered, this.bufferedAmount);
        };",
    )
    .unwrap();
    let page = Page::new();
    let options = impatient().high_water_mark(MARK).queue_bytes(64 * 1024 * 1024);
    let socket = page.open("bulk", options).await;
    let chunk = "x".repeat(100_000);
    for _ in 0..200 {
        socket.send_message(Message::new("note", &chunk)).unwrap();
    }
    assert!(socket.queued().get_untracked() > 0, "20 MB are not gone at once");
    assert_eq!(ask(socket, "echo", "after it all").await, "after it all");
    let most = js_sys::Reflect::get(&window(), &"mostBuffered".into()).unwrap().as_f64().unwrap();
    assert!(most > 0.0 && most <= MARK as f64, "{most} bytes waited");
    socket.send_flushed(Message::new("note", &chunk)).await.unwrap();
}

/// How large the memory of this module is, which never shrinks.
fn memory() -> u32 {
    let memory: js_sys::WebAssembly::Memory = wasm_bindgen::memory().unchecked_into();
    memory.buffer().unchecked_into::<js_sys::ArrayBuffer>().byte_length()
}

/// Uses everything that listens.
#[component]
fn Listens(declared: StoredValue<Option<Socket>>) -> impl IntoView {
    let socket = use_socket();
    socket.on_push(|_: Tick| {});
    let _ = (socket.latest::<Tick>(), socket.pushes::<Tick>(), socket.status());
    declared.set_value(Some(socket));
}

#[wasm_bindgen_test]
async fn hundreds_of_mounts_and_links_leave_no_memory_behind() {
    let page = Page::new();
    let rounds = async |n: usize| {
        let part = page.owner.child();
        for _ in 0..n {
            let (component, declared) = (part.child(), StoredValue::new(None));
            let view = component.with(|| {
                let options = on_transport(SocketOptions::new().on_message(|_| {}));
                view! { <SocketProvider name="mounts" url=url("mounts") options><Listens declared /></SocketProvider> }
            });
            let socket = declared.get_value().unwrap();
            socket.send_and_wait(Message::new("echo", ())).await.unwrap();
            drop(view);
            component.cleanup();
            assert!(page.sockets.names().get_untracked().is_empty());
        }
    };
    rounds(200).await;
    let before = memory();
    rounds(1_500).await;
    assert_eq!(memory() - before, 0, "bytes more");
    let observer = page.observer().await;
    assert_eq!(ask(observer, "opened", "mounts").await, 1_700);
}

#[wasm_bindgen_test]
async fn the_status_component_says_what_is_and_a_button_tries_at_once() {
    let page = Page::new();
    let socket = page.open("status", backs_off_for(600_000)).await;
    let root: web_sys::HtmlElement = document().create_element("div").unwrap().unchecked_into();
    document().body().unwrap().append_child(&root).unwrap();
    let _mounted = mount_to(root.clone(), move || view! { <SocketStatus socket /> });
    until("it is shown", move || socket.status().get().is_online()).await;
    leptos::task::tick().await;
    let find = |selector: &str| root.query_selector(selector).unwrap();
    assert!(find(".is-online").is_some() && find("button").is_none());
    socket.send_message(Message::new("die", ())).unwrap();
    until("the loss is shown", move || !socket.status().get().is_online()).await;
    leptos::task::tick().await;
    assert_eq!(find("[role=status]").unwrap().text_content().unwrap(), "no connection, trying again");
    assert!(find(".socket-status-countdown").unwrap().text_content().unwrap().contains("next attempt in"));
    find("button").unwrap().unchecked_into::<web_sys::HtmlElement>().click();
    until("it is open again", move || socket.status().get().is_online()).await;
    leptos::task::tick().await;
    assert!(find("button").is_none());
}

#[wasm_bindgen_test]
async fn a_call_in_a_suspense_shows_the_fallback_and_then_the_reply() {
    let page = Page::new();
    let socket = page.open("suspense", SocketOptions::new()).await;
    let root: web_sys::HtmlElement = document().create_element("div").unwrap().unchecked_into();
    document().body().unwrap().append_child(&root).unwrap();
    let is_there = RwSignal::new(false);
    let _mounted = mount_to(root.clone(), move || {
        let reply = LocalResource::new(move || socket.call(Echo(vec![1, 2])));
        let shown = move || {
            Suspend::new(async move {
                let text = format!("{:?}", reply.await.unwrap());
                is_there.set(true);
                text
            })
        };
        view! { <Suspense fallback=|| "waiting">{shown}</Suspense> }
    });
    leptos::task::tick().await;
    assert_eq!(root.text_content().unwrap(), "waiting");
    until("the reply is there", move || is_there.get()).await;
    leptos::task::tick().await;
    assert_eq!(root.text_content().unwrap(), "[1, 2]");
}
