//! The page `socket` with more of leptos-socket: each feature adds one thing, and `everything` all of them.

mod hooks;
mod route;
mod view;

use leptos::prelude::*;
use leptos_socket::{SocketProvider, use_socket};

use view::{SayHello, page};

fn main() {
    mount_to_body(App);
}

#[component]
fn App() -> impl IntoView {
    view! { <SocketProvider url=hooks::url() options=hooks::options()><Hello /></SocketProvider> }
}

#[component]
fn Hello() -> impl IntoView {
    let socket = use_socket();
    let hello = Action::new(move |asked: &SayHello| {
        let call = socket.call(asked.clone());
        async move { call.await.map_err(|error| error.to_string()) }
    });
    (page(socket.connected(), hello), hooks::view(socket))
}
