//! Any route, with any payload and headers.

use leptos::prelude::*;
use leptos_socket::{CallError, Headers, Incoming, Message, Socket};
use serde_json::Value;

use super::routes::{self, EXAMPLES};

/// What came of a call.
#[derive(Clone)]
struct Answer {
    status: String,
    reply: String,
    millis: f64,
}

#[component]
pub fn Calls(socket: Memo<Option<Socket>>) -> impl IntoView {
    let (first_route, first_payload) = EXAMPLES[0];
    let route = RwSignal::new(first_route.to_owned());
    let payload = RwSignal::new(first_payload.to_owned());
    let headers = RwSignal::new("{}".to_owned());

    let send = Action::new(move |message: &Result<Message, String>| {
        let started = now();
        let call = message.clone().and_then(|message| {
            let socket = socket.get_untracked().ok_or("there is no such socket")?;
            Ok(socket.send_and_wait(message))
        });
        async move {
            let (status, reply) = match call {
                Ok(call) => shown(call.await),
                Err(error) => ("invalid".to_owned(), error),
            };
            Answer { status, reply, millis: now() - started }
        }
    });
    let pick = move |picked: String| {
        // What was typed by hand is kept.
        let untouched = route.with(|route| routes::example(route) == Some(payload.get().as_str()));
        if untouched && let Some(example) = routes::example(&picked) {
            payload.set(example.to_owned());
        }
        route.set(picked);
    };

    view! {
        <section aria-labelledby="console">
            <h2 id="console">"Console"</h2>
            <form
                class="console"
                on:submit=move |event| {
                    event.prevent_default();
                    send.dispatch(message(&route.get(), &payload.get(), &headers.get()));
                }
            >
                <label>
                    "Route"
                    <input
                        data-testid="route"
                        list="routes"
                        autocomplete="off"
                        prop:value=route
                        on:input:target=move |event| pick(event.target().value())
                    />
                </label>
                <datalist id="routes">
                    {EXAMPLES.map(|(name, _)| view! { <option value=name></option> })}
                </datalist>
                <label>"Payload" <textarea data-testid="payload" rows="4" spellcheck="false" bind:value=payload /></label>
                <label>"Headers" <textarea data-testid="headers" rows="2" spellcheck="false" bind:value=headers /></label>
                <button data-testid="send" aria-busy=move || send.pending().get().to_string()>"Send and wait"</button>
            </form>
            <Shown answer=send.value().into() />
        </section>
    }
}

/// A live region, so that a screen reader tells what came back.
#[component]
fn Shown(answer: Signal<Option<Answer>>) -> impl IntoView {
    let part = move |part: fn(&Answer) -> String| move || answer.with(|answer| answer.as_ref().map(part));

    view! {
        <div class="answer" aria-live="polite">
            <p>
                <span class="badge" data-testid="reply-status">{part(|answer| answer.status.clone())}</span>
                <span class="muted" data-testid="reply-time">{part(|answer| format!("{:.0} ms", answer.millis))}</span>
            </p>
            <pre data-testid="reply" tabindex="0">{part(|answer| answer.reply.clone())}</pre>
        </div>
    }
}

fn message(route: &str, payload: &str, headers: &str) -> Result<Message, String> {
    let payload: Value = serde_json::from_str(payload).map_err(|error| format!("The payload is not JSON: {error}."))?;
    let headers: Headers =
        serde_json::from_str(headers).map_err(|error| format!("The headers are no JSON object: {error}."))?;
    Ok(Message::new(route, payload).with_headers(headers))
}

/// The status, or the kind of error; the payload as it came, or the error as a sentence.
fn shown(outcome: Result<Incoming, CallError>) -> (String, String) {
    match outcome {
        Ok(reply) => {
            let status = reply.status().unwrap_or_default().as_u16();
            (status.to_string(), reply.payload().to_string())
        }
        Err(error) => (kind(&error).to_owned(), error.to_string()),
    }
}

fn kind(error: &CallError) -> &'static str {
    match error {
        error if error.is_timeout() => "timeout",
        CallError::NotSent(_) => "not sent",
        CallError::OutcomeUnknown(_) => "outcome unknown",
        _ => "unreadable reply",
    }
}

fn now() -> f64 {
    window().performance().map_or(0.0, |performance| performance.now())
}
