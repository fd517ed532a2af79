//! One typed call.

use leptos::prelude::*;
use leptos_socket::Socket;

use crate::routes::SayHello;

#[component]
pub fn Hello(socket: Memo<Option<Socket>>) -> impl IntoView {
    let name = RwSignal::new("World".to_owned());
    let hello = Action::new(move |name: &String| {
        let call = socket.get_untracked().map(|socket| socket.call(SayHello { name: name.clone() }));
        async move {
            match call {
                Some(call) => call.await.unwrap_or_else(|error| error.to_string()),
                None => "There is no such socket.".to_owned(),
            }
        }
    });

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
                <output data-testid="hello-reply" aria-live="polite">{move || hello.value().get()}</output>
            </form>
        </section>
    }
}
