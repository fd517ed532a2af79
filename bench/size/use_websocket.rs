//! A page with `use_websocket` of leptos-use, and the matching of replies by hand. It reconnects; there is no deadline, and
//! what is sent while there is no connection is dropped.

mod view;
mod wire;

use codee::string::JsonSerdeCodec;
use futures::channel::oneshot;
use leptos::prelude::*;
use leptos_use_websocket::{ConnectionReadyState, UseWebSocketOptions, UseWebSocketReturn, use_websocket_with_options};

use view::{SayHello, URL, page};
use wire::{Reply, Request, Waiting};

fn main() {
    mount_to_body(App);
}

#[component]
fn App() -> impl IntoView {
    let waiting = StoredValue::new(Waiting::new());
    let on_message = move |reply: &Reply| {
        if let Some(settle) = waiting.try_update_value(|waiting| waiting.remove(&reply.uuid)).flatten() {
            let _ = settle.send(reply.clone());
        }
    };
    let options = UseWebSocketOptions::default().on_message(on_message);
    let UseWebSocketReturn { ready_state, send, .. } =
        use_websocket_with_options::<Request, Reply, JsonSerdeCodec, _, _>(URL, options);
    let connected = Signal::derive(move || ready_state.get() == ConnectionReadyState::Open);
    let hello = Action::new(move |asked: &SayHello| {
        let request = Request::new(asked.clone());
        let (settle, reply) = oneshot::channel();
        waiting.update_value(|waiting| drop(waiting.insert(request.uuid.clone(), settle)));
        send(&request);
        async move { reply.await.map_err(|error| error.to_string())?.into_greeting() }
    });
    page(connected, hello)
}
