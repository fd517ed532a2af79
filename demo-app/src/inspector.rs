//! The inspector of the page's socket, which people ask for.

use leptos::prelude::*;
use leptos_socket::{Socket, SocketInspector};

use crate::place::parameter;

/// A button that shows the inspector; `?inspector` in the address shows it from the start.
#[component]
pub fn InspectorButton(#[prop(into)] socket: Signal<Option<Socket>>) -> impl IntoView {
    let is_asked_for = RwSignal::new(parameter("inspector").is_some());
    let inspected = move || socket.get().filter(|_| is_asked_for.get());
    view! {
        <button
            class="as-link"
            type="button"
            data-testid="inspector"
            aria-pressed=move || is_asked_for.get().to_string()
            on:click=move |_| is_asked_for.update(|is_asked_for| *is_asked_for = !*is_asked_for)
        >
            "Inspector"
        </button>
        {move || inspected().map(|socket| view! { <SocketInspector socket open=true /> })}
    }
}
