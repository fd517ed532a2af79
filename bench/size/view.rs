//! What every page shows, so that the pages differ in their socket only.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

#[allow(dead_code, reason = "one page has no socket")]
pub(crate) const URL: &str = "ws://127.0.0.1:8000/ws/app/";

#[derive(Clone, Debug, Serialize)]
pub(crate) struct SayHello {
    pub(crate) name: String,
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
pub(crate) struct Greeting {
    pub(crate) text: String,
    pub(crate) visits: u32,
}

pub(crate) type Hello = Action<SayHello, Result<Greeting, String>>;

/// Whether the page is connected, a button that makes a call, and the reply.
pub(crate) fn page(connected: Signal<bool>, hello: Hello) -> impl IntoView {
    let said = move || match hello.value().get()? {
        Ok(Greeting { text, visits }) => Some(format!("{text} This is visit {visits}.")),
        Err(error) => Some(error),
    };
    let click = move |_| {
        hello.dispatch(SayHello { name: "World".to_owned() });
    };
    view! {
        <p id="connected">"Connected: " {move || if connected.get() { "yes" } else { "no" }}</p>
        <button on:click=click>"Say hello"</button>
        <p id="said">{said}</p>
    }
}
