//! The smallest page with leptos-socket: one socket, one typed call, and whether it is connected.

mod route;
mod view;

use leptos::prelude::*;
use leptos_socket::{SocketProvider, use_socket};

use view::{SayHello, URL, page};

fn main() {
    mount_to_body(App);
}

#[component]
fn App() -> impl IntoView {
    view! { <SocketProvider url=URL><Hello /></SocketProvider> }
}

#[component]
fn Hello() -> impl IntoView {
    let socket = use_socket();
    let hello = Action::new(move |asked: &SayHello| {
        let call = socket.call(asked.clone());
        async move { call.await.map_err(|error| error.to_string()) }
    });
    page(socket.connected(), hello)
}
