//! One typed call.

use leptos::prelude::*;
use leptos_socket::{Socket, use_call};

use crate::routes::SayHello;

#[component]
pub fn Hello(socket: Memo<Option<Socket>>) -> impl IntoView {
    let name = RwSignal::new("World".to_owned());
    let hello = use_call(socket);
    let shown = move || match hello.error().get() {
        Some(error) => Some(error.to_string()),
        None => hello.value().get(),
    };

    view! {
        <section aria-labelledby="hello">
            <h2 id="hello">"Say hello"</h2>
            <form
                class="row"
                on:submit=move |event| {
                    event.prevent_default();
                    hello.call(SayHello { name: name.get() });
                }
            >
                <label>"Name" <input data-testid="hello-name" bind:value=name autocomplete="off" /></label>
                <button data-testid="say-hello" aria-busy=move || hello.pending().get().to_string()>"Say hello"</button>
                <output data-testid="hello-reply" aria-live="polite">{shown}</output>
            </form>
        </section>
    }
}
