//! The header: where you are, who you are, and how the connection is; and the footer.

use leptos::prelude::*;
use leptos_socket::{Socket, SocketStatus};

use super::session::Session;
use crate::inspector::InspectorButton;
use crate::place::Place;

#[component]
pub fn Top(socket: Socket, session: Session) -> impl IntoView {
    view! {
        <header class="top">
            <a class="brand" href=Place::Board(None).href()>
                <svg viewBox="0 0 24 24" aria-hidden="true">
                    <path d="M12 2 4 6v6c0 5 3.4 8.6 8 10 4.6-1.4 8-5 8-10V6z" fill="currentColor" opacity="0.2" />
                    <path d="M7.5 12.5 11 16l6-7.5" fill="none" stroke="currentColor" stroke-width="2.4" stroke-linecap="round" stroke-linejoin="round" />
                </svg>
                "Dispatch"
            </a>
            <SocketStatus socket />
            {move || session.name().map(|name| view! {
                <p class="who">
                    <span data-testid="who">{name}</span>
                    <button type="button" class="quiet" on:click=move |_| session.sign_out()>"Sign out"</button>
                </p>
            })}
        </header>
    }
}

#[component]
pub fn Bottom(socket: Socket) -> impl IntoView {
    view! {
        <footer class="bottom muted">
            "Built with leptos-socket. To see what its socket does, open the " <InspectorButton socket=Some(socket) />
            ". To call the routes of a server by hand, open the " <a href=Place::Console.href()>"console"</a> "."
        </footer>
    }
}
