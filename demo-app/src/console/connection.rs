//! Which sockets there are, and how the picked one is.

use leptos::prelude::*;
use leptos_socket::{AddSocketError, Socket, SocketState, use_sockets};

#[component]
pub fn Connection<A>(picked: RwSignal<String>, socket: Memo<Option<Socket>>, add: A) -> impl IntoView
where
    A: Fn(String, bool) -> Result<Socket, AddSocketError> + 'static,
{
    let sockets = use_sockets();
    let names = sockets.names();
    let force = RwSignal::new(false);
    let refused = RwSignal::new(None);
    let gone = move || socket.get().is_none();

    view! {
        <section aria-labelledby="connection">
            <h2 id="connection">"Connection"</h2>
            <Status socket />
            <div class="row">
                <label>"Socket" <input data-testid="name" bind:value=picked list="names" autocomplete="off" /></label>
                <datalist id="names">
                    <For each=move || names.get() key=Clone::clone let:name>
                        <option value=name></option>
                    </For>
                </datalist>
                <button
                    data-testid="add"
                    on:click=move |_| refused.set(add(picked.get(), force.get()).err())
                >
                    "Add"
                </button>
                <label class="check">
                    <input type="checkbox" data-testid="force" bind:checked=force /> "replace"
                </label>
                <button data-testid="reconnect" disabled=gone on:click=move |_| on_picked(socket, Socket::reconnect)>
                    "Reconnect"
                </button>
                <button data-testid="close" disabled=gone on:click=move |_| on_picked(socket, Socket::close)>
                    "Close"
                </button>
                <button
                    data-testid="remove"
                    disabled=gone
                    on:click=move |_| {
                        sockets.remove_socket(&picked.get());
                    }
                >
                    "Remove"
                </button>
            </div>
            <p class="error" role="alert" data-testid="refused">
                {move || refused.get().map(|error: AddSocketError| error.to_string())}
            </p>
            <p class="muted">
                "There are: " <span data-testid="names">{move || names.get().join(", ")}</span>
            </p>
        </section>
    }
}

fn on_picked(socket: Memo<Option<Socket>>, verb: impl FnOnce(&Socket)) {
    if let Some(socket) = socket.get() {
        verb(&socket);
    }
}

/// The state as a live badge; the countdown stays out of it, or a screen reader would count aloud.
#[component]
fn Status(socket: Memo<Option<Socket>>) -> impl IntoView {
    let state = move || socket.get().map(|socket| socket.state().get());
    let text = move || state().map_or_else(|| "closed: removed".to_owned(), |state| state.to_string());
    let diagnosis = move || {
        let diagnosis = socket.get().and_then(|socket| socket.diagnosis().get());
        diagnosis.map(|diagnosis| format!("Likely: {diagnosis}."))
    };
    let countdown = move || {
        let left = socket.get().and_then(|socket| socket.countdown().get());
        left.map(|left| format!("next attempt in {} s", left.as_secs()))
    };
    let latency = move || socket.get().and_then(|socket| socket.latency().get());
    let in_flight = move || socket.get().map_or(0, |socket| socket.in_flight().get());
    let queued = move || socket.get().map_or(0, |socket| socket.queued().get());

    view! {
        <div class="row status">
            <p role="status" class=move || format!("badge {}", tone(state())) data-testid="state">{text}</p>
            <p class="muted" data-testid="countdown">{countdown}</p>
        </div>
        <p class="muted" role="status" data-testid="diagnosis">{diagnosis}</p>
        <dl class="facts">
            <div>
                <dt>"Latency"</dt>
                <dd data-testid="latency">
                    {move || latency().map_or_else(|| "–".to_owned(), |latency| format!("{} ms", latency.as_millis()))}
                </dd>
            </div>
            <div>
                <dt>"Calls in flight"</dt>
                <dd data-testid="in-flight">{in_flight}</dd>
            </div>
            <div>
                <dt>"Waiting for a link"</dt>
                <dd data-testid="queued">{queued}</dd>
            </div>
        </dl>
    }
}

fn tone(state: Option<SocketState>) -> &'static str {
    match state {
        Some(SocketState::Open) => "good",
        None | Some(SocketState::Closed(_)) => "bad",
        Some(_) => "busy",
    }
}
