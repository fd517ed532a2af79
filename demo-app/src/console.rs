//! The console: calls any route of a server, and shows all there is to know of a socket.
//!
//! `?url=` names another server, `?config=` sets the socket's options as JSON (`{"heartbeatRate":300}`).

mod calls;
mod connection;
mod hello;
mod pushes;
mod routes;
mod settings;

use leptos::prelude::*;
use leptos_socket::{AddSocketError, Incoming, Socket, SocketOptions, SocketProvider, use_sockets};

use crate::inspector::InspectorButton;
use crate::place::Place;
use calls::Calls;
use connection::Connection;
use hello::Hello;
use pushes::{Pushes, Received};
use settings::Settings;

#[component]
pub fn Console() -> impl IntoView {
    view! {
        <SocketProvider>
            <Dashboard settings=Settings::from_query() />
        </SocketProvider>
    }
}

/// Everything on the page works on the one socket that is picked.
#[component]
fn Dashboard(settings: Settings) -> impl IntoView {
    let sockets = use_sockets();
    let picked = RwSignal::new("app".to_owned());
    let received = RwSignal::new(Vec::new());
    // Without its query, which is where a token would be.
    let url = settings.url.split('?').next().unwrap_or_default().to_owned();

    let add = move |name: String, force: bool| -> Result<Socket, AddSocketError> {
        let from = name.clone();
        let options = SocketOptions::new()
            .json(&settings.config)
            .force(force)
            .on_message(move |push: Incoming| received.update(|list| list.push(Received::new(&from, &push))));
        sockets.add_socket(name, &settings.url, options)
    };
    let failed = add(picked.get_untracked(), false).err();

    let socket = Memo::new(move |_| picked.with(|name| sockets.get_socket(name.as_str())).get());

    view! {
        <header class="console-header">
            <h1>"leptos-socket"</h1>
            <p>"WebSocket routes, called like HTTP endpoints. The server is at " <code>{url}</code> "."</p>
            <p>
                <a href=Place::Board(None).href()>"To the dispatch board"</a> " · "
                <InspectorButton socket />
            </p>
            {failed.map(|error| view! { <p class="error" role="alert" data-testid="error">{error.to_string()}</p> })}
        </header>
        <main class="console-main">
            <Connection picked socket add />
            <Hello socket />
            <Pushes received />
            <Calls socket />
        </main>
    }
}
