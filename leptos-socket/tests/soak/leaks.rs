//! The same again and again: none of it may leave anything behind.
#![expect(unreachable_pub, reason = "what is exported has to be public")]

use std::cell::Cell;

use futures::future::join_all;
use leptos::mount::mount_to;
use leptos::prelude::*;
use leptos_socket::{
    Headers, Identity, Message, Route, Socket, SocketOptions, SocketProvider, SocketStatus, UseMutationOptions,
    provide_sockets, use_mutation_with_options, use_query, use_socket, use_subscription,
};
use serde::Serialize;
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::wasm_bindgen;
use web_sys::HtmlElement;

use crate::api::{Change, GetItems, ItemChanged, Items, WatchItems};
use crate::line::{Live, refresh};

/// How many calls are under way at once.
const AT_ONCE: u32 = 100;

thread_local! {
    static MOUNTED: Cell<Option<Socket>> = const { Cell::new(None) };
}

/// Answers without a token.
#[derive(Serialize, Route)]
#[route("unwatchItems", response = ())]
struct Nothing {}

/// How much memory the module has.
#[wasm_bindgen]
pub fn memory_size() -> u32 {
    let memory: js_sys::WebAssembly::Memory = wasm_bindgen::memory().unchecked_into();
    memory.buffer().unchecked_into::<js_sys::ArrayBuffer>().byte_length()
}

/// Mounts and unmounts a component with a socket of its own and with every hook.
#[wasm_bindgen]
pub async fn mounts(server: String, times: u32) {
    for _ in 0..times {
        let Some(root) = document().create_element("div").ok().and_then(|root| root.dyn_into::<HtmlElement>().ok())
        else {
            return;
        };
        let _ = document().body().map(|body| body.append_child(&root));
        let url = format!("{server}/ws/leaks/");
        let mounted = mount_to(root.clone(), move || {
            let options = Live::Versioned
                .options(SocketOptions::new())
                .identity(Identity::new("alice", Headers::new()))
                .refresh(|| refresh("alice", true))
                .on_message(|_| {});
            view! { <SocketProvider url options><Everything /></SocketProvider> }
        });
        if let Some(socket) = MOUNTED.take() {
            let _ = socket.call(GetItems {}).await;
        }
        drop(mounted);
        root.remove();
    }
}

/// Replaces the link of a socket.
#[wasm_bindgen]
pub async fn reconnects(server: String, times: u32) {
    with_socket(&server, async |socket| {
        for _ in 0..times {
            socket.reconnect();
            let _ = socket.call(Nothing {}).await;
        }
    })
    .await;
}

#[wasm_bindgen]
pub async fn calls(server: String, times: u32) {
    with_socket(&server, async |socket| {
        for _ in 0..times / AT_ONCE {
            let replies = join_all((0..AT_ONCE).map(|_| socket.call(Nothing {}).into_future())).await;
            assert!(replies.iter().all(Result::is_ok), "each is answered");
        }
    })
    .await;
}

async fn with_socket(server: &str, use_it: impl AsyncFn(Socket)) {
    let owner = Owner::new();
    let url = format!("{server}/ws/leaks/");
    if let Ok(socket) = owner.with(|| provide_sockets().add_socket("leaks", url, SocketOptions::new())) {
        use_it(socket).await;
    }
    owner.cleanup();
}

#[component]
fn Everything() -> impl IntoView {
    let socket = use_socket();
    MOUNTED.set(Some(socket));
    use_subscription(socket, || WatchItems {}, |_| {});
    socket.on_push(|_: ItemChanged| {});
    let (latest, pushes) = (socket.latest::<ItemChanged>(), socket.pushes::<ItemChanged>());
    let count = socket.fold(0, |count, _: ItemChanged| *count += 1);
    let items = use_query(socket, || GetItems {});
    let options = UseMutationOptions::new()
        .optimistic(|change: &Change, _: &GetItems, items: &mut Items| items.add(change.item, change.by))
        .warn_before_unload(true);
    let change = use_mutation_with_options(socket, options);
    let _ = socket.on_response(Message::from(Nothing {}), move |_| drop(pushes));
    view! {
        <SocketStatus socket />
        <button on:click=move |_| change.dispatch(Change { number: 0, item: 0, by: 1 })>"Change"</button>
        <p>{move || items.data().get().map(|data| format!("{:?}", data.items))}</p>
        <p>{count.value()} {move || latest.value().get().map(|pushed| pushed.value)}</p>
        <p>{move || socket.latency().get().map(|latency| format!("{latency:?}"))}</p>
    }
}
