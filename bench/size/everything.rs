//! The page `socket` with more of leptos-socket: each feature adds one thing, and `everything` all of them.

mod hooks;
mod route;
mod view;

use leptos::prelude::*;
use leptos_socket::{AddSocketError, provide_sockets};

use view::{SayHello, page};

fn main() {
    mount_to_body(App);
}

#[component]
fn App() -> impl IntoView {
    let socket = provide_sockets().add_socket("app", hooks::url(), hooks::options())?;
    let hello = Action::new(move |asked: &SayHello| {
        let call = socket.call(asked.clone());
        async move { call.await.map_err(|error| error.to_string()) }
    });
    Ok::<_, AddSocketError>((page(socket.connected(), hello), hooks::view(socket)))
}
