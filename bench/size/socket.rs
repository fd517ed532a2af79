//! The smallest page with leptos-socket: one socket, one typed call, and whether it is connected.

mod route;
mod view;

use leptos::prelude::*;
use leptos_socket::{AddSocketError, SocketOptions, provide_sockets};

use view::{SayHello, URL, page};

fn main() {
    mount_to_body(App);
}

#[component]
fn App() -> impl IntoView {
    let socket = provide_sockets().add_socket("app", URL, SocketOptions::new())?;
    let hello = Action::new(move |asked: &SayHello| {
        let call = socket.call(asked.clone());
        async move { call.await.map_err(|error| error.to_string()) }
    });
    Ok::<_, AddSocketError>(page(socket.connected(), hello))
}
