//! A page that is rendered on a server, and live in the browser.
//!
//! On the server the socket is inert: it shows how the page looks before there is a connection, and its calls say why they
//! fail. In the browser the page hydrates, and then connects.
#![allow(clippy::must_use_candidate, reason = "the macro makes them")]

use leptos::prelude::*;
use leptos_socket::{Push, Route, SocketProvider, SocketStatus, use_query, use_socket};
use serde::{Deserialize, Serialize};

/// Says hello.
#[derive(Debug, Serialize, Route)]
#[route("sayHello", response = String)]
pub struct SayHello {
    /// To whom.
    pub name: String,
}

/// Asks when the server was started.
#[derive(Debug, Serialize, Route)]
#[route("getServer", response = Server)]
pub struct GetServer;

/// What the server says of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Server {
    /// Its name.
    pub name: String,
}

/// The server pushes one every second.
#[derive(Clone, Debug, Deserialize, Push)]
#[push("tick")]
pub struct Tick;

/// The document.
pub fn shell(options: LeptosOptions) -> impl IntoView {
    view! {
        <!DOCTYPE html>
        <html lang="en">
            <head>
                <meta charset="utf-8" />
                <meta name="viewport" content="width=device-width, initial-scale=1" />
                <title>"leptos-socket, rendered on a server"</title>
                <link rel="icon" href="data:," />
                <HydrationScripts options />
            </head>
            <body>
                <App />
            </body>
        </html>
    }
}

/// The page.
#[component]
pub fn App() -> impl IntoView {
    view! {
        <SocketProvider url="/ws/">
            <main>
                <h1>"leptos-socket, rendered on a server"</h1>
                <Dashboard />
            </main>
        </SocketProvider>
    }
}

#[component]
fn Dashboard() -> impl IntoView {
    let socket = use_socket();
    let hello = Action::new(move |name: &String| socket.call(SayHello { name: name.clone() }));
    let server = use_query(socket, || GetServer);
    let ticks = socket.fold(0, |count, _: Tick| *count += 1);
    let say_hello = move |_| {
        hello.dispatch("World".to_owned());
    };

    view! {
        <SocketStatus socket />
        <p>"State: " <code data-testid="state">{move || socket.state().get().to_string()}</code></p>
        <p>
            "Server: "
            <span data-testid="server">
                {move || server.data().get().map_or_else(|| "not asked yet".to_owned(), |server| server.name)}
            </span>
        </p>
        <p>"Ticks: " <span data-testid="ticks">{ticks.value()}</span></p>
        <button data-testid="say-hello" on:click=say_hello>"Say hello"</button>
        <p data-testid="hello">{move || hello.value().get()?.ok()}</p>
        <p role="alert" data-testid="error">{move || Some(hello.value().get()?.err()?.to_string())}</p>
    }
}

/// Takes over the markup of the server. Called by the script that this comes with.
#[cfg(feature = "hydrate")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    console_error_panic_hook::set_once();
    hydrate_body(App);
}
