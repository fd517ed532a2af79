//! The page of somebody who is not signed in.

use leptos::prelude::*;

use super::session::Session;
use super::toasts::explain;

#[component]
pub fn SignIn(session: Session) -> impl IntoView {
    let name = RwSignal::new(String::new());
    let sign_in = Action::new_local(move |name: &String| session.sign_in(name.clone()));
    let error = move || sign_in.value().get()?.err().map(|error| explain(&error));

    view! {
        <main class="sign-in">
            <section class="card" aria-labelledby="sign-in">
                <h1 id="sign-in">"Who is dispatching today?"</h1>
                <p class="muted">
                    "Every job, every driver, live. Open this page in two tabs, and watch what you do in one appear in the other."
                </p>
                <form on:submit=move |event| {
                    event.prevent_default();
                    sign_in.dispatch(name.get());
                }>
                    <label>
                        "Your name"
                        <input name="name" autocomplete="given-name" required maxlength="40" bind:value=name />
                    </label>
                    <p class="error" role="alert">{error}</p>
                    <button class="primary" aria-busy=move || sign_in.pending().get().to_string()>"Sign in"</button>
                </form>
                <p class="muted">"It is a demo: any name will do, and there is no password."</p>
            </section>
        </main>
    }
}
