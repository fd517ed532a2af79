//! What the server sends of itself.

use leptos::prelude::*;
use leptos_socket::Incoming;

/// How many pushes are shown: the latest.
const SHOWN: usize = 100;

#[derive(Clone)]
pub struct Received {
    socket: String,
    route: String,
    payload: String,
}

impl Received {
    pub fn new(socket: &str, push: &Incoming) -> Self {
        Self {
            socket: socket.to_owned(),
            route: push.route().unwrap_or("(no route)").to_owned(),
            payload: push.payload().to_string(),
        }
    }
}

#[component]
pub fn Pushes(received: RwSignal<Vec<Received>>) -> impl IntoView {
    let latest = move || {
        let list = received.read();
        let numbered = list.iter().cloned().enumerate();
        numbered.rev().take(SHOWN).collect::<Vec<_>>()
    };

    view! {
        <section aria-labelledby="pushes">
            <h2 id="pushes">"Pushes"</h2>
            <p class="muted">
                <span data-testid="push-count">{move || received.read().len()}</span>
                " so far, the latest first. The route " <code>"ticker"</code> " sends some."
            </p>
            <div class="pushes" data-testid="pushes" role="log" aria-label="Pushes" tabindex="0">
                <ol reversed>
                    <For each=latest key=|(number, _)| *number let((number, push))>
                        <li value=number + 1>
                            <span class="muted">{push.socket}</span>
                            <b>{push.route}</b>
                            <code>{push.payload}</code>
                        </li>
                    </For>
                </ol>
            </div>
        </section>
    }
}
