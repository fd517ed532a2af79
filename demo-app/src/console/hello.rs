//! One typed call.

use leptos::prelude::*;
use leptos_socket::Socket;

use super::routes::SayHello;

#[component]
pub fn Hello(socket: Memo<Option<Socket>>) -> impl IntoView {
    let name = RwSignal::new("World".to_owned());
    let hello = Action::new(move |name: &String| {
        let call = socket.get_untracked().map(|socket| socket.call(SayHello { name: name.clone() }));
        async move {
            let reply = call.ok_or("there is no such socket")?.await;
            reply.map_err(|error| error.to_string())
        }
    });
    let shown = move || hello.value().get().map(|reply| reply.unwrap_or_else(|error| error));

    view! {
        <section aria-labelledby="hello">
            <h2 id="hello">"Say hello"</h2>
            <form
                class="row"
                on:submit=move |event| {
                    event.prevent_default();
                    hello.dispatch(name.get());
                }
            >
                <label>"Name" <input data-testid="hello-name" bind:value=name autocomplete="off" /></label>
                <button data-testid="say-hello" aria-busy=move || hello.pending().get().to_string()>"Say hello"</button>
                <output data-testid="hello-reply" aria-live="polite">{shown}</output>
            </form>
        </section>
    }
}
