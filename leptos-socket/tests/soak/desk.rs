//! A page as a user has it, with a status, live data and an edit. `docs/guide/14-what-it-survives.md` says what it shows.
#![expect(unreachable_pub, reason = "what is exported has to be public")]

use std::cell::Cell;

use leptos::mount::mount_to_body;
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_socket::{
    Headers, Identity, Socket, SocketOptions, SocketProvider, SocketStatus, UseMutationOptions,
    use_mutation_with_options, use_query, use_socket, use_subscription,
};
use wasm_bindgen::prelude::wasm_bindgen;

use crate::api::{Ends, GetItems, Items, Put, WatchItems, Work};
use crate::line::{Live, refresh};

thread_local! {
    static SOCKET: Cell<Option<Socket>> = const { Cell::new(None) };
    static REFRESHES: Cell<u32> = const { Cell::new(0) };
}

/// What the options of the page are if a test does not say otherwise: the defaults, except that it gives up sooner.
const CONFIG: &str = r#"{
    "requestTimeout": 10000,
    "heartbeatRate": 2000,
    "heartbeatTimeoutDuration": 1000,
    "busyTimeout": 5000,
    "backoffMax": 5000
}"#;

/// Mounts the page.
#[wasm_bindgen]
pub fn desk(server: &str, config: Option<String>) {
    let url = format!("{server}/ws/one/");
    mount_to_body(move || {
        let options = SocketOptions::new()
            .json(config.as_deref().unwrap_or(CONFIG))
            .identity(Identity::new("alice", Headers::new()))
            .refresh(|| {
                REFRESHES.set(REFRESHES.get() + 1);
                refresh("alice", true)
            });
        view! { <SocketProvider url options=Live::Versioned.options(options)><Desk /></SocketProvider> }
    });
}

/// How often the page asked for a new token.
#[wasm_bindgen]
pub fn refreshes() -> u32 {
    REFRESHES.get()
}

/// Keeps the server busy for so many milliseconds.
#[wasm_bindgen]
pub fn report(ms: u32) {
    if let Some(socket) = SOCKET.get() {
        let call = socket.call(Work { number: 0, ms, ends: Ends::Well });
        spawn_local(async move { drop(call.await) });
    }
}

#[component]
fn Desk() -> impl IntoView {
    let socket = use_socket();
    SOCKET.set(Some(socket));
    use_subscription(socket, || WatchItems {}, |_| {});
    let items = use_query(socket, || GetItems {});
    let optimistic = |put: &Put, _: &GetItems, items: &mut Items| {
        if let Some(item) = items.items.get_mut(put.item) {
            *item = put.value;
        }
    };
    let put = use_mutation_with_options(socket, UseMutationOptions::new().optimistic(optimistic));
    let edit = move |value: String| put.dispatch(Put { number: 0, item: 0, value: value.parse().unwrap_or_default() });
    view! {
        <SocketStatus socket />
        <p class="diagnosis">{move || socket.diagnosis().get().map(|diagnosis| diagnosis.to_string())}</p>
        <label>"Edit " <input on:change:target=move |event| edit(event.target().value()) /></label>
        <Show when=move || put.pending().get() != 0>
            <p class="saving">"Saving .."</p>
        </Show>
        <p role="alert">{move || put.error().get().map(|error| error.to_string())}</p>
        <p class="items">{move || items.data().get().map(|data| format!("{:?}", data.items))}</p>
    }
}
