//! What is said about a job. Each job has a socket of its own, so a line can never end up at another one.

use leptos::html;
use leptos::prelude::*;
use leptos_socket::{Mutation, Socket, SocketProvider, UseMutationOptions, use_query, use_socket, use_subscription};

use super::api::{GetLines, Line, Said, Say, WatchChat};
use super::clock::hour_and_minute;
use super::session::Session;
use super::toasts::{Toasts, explain};
use super::{new_id, replace_when_slow, url, use_changes, use_shared};

#[component]
pub fn Chat(id: u32) -> impl IntoView {
    let options = use_shared().session.options().live(|_: &GetLines, lines: &mut Vec<Line>, Said { line }: &Said| {
        put(lines, line.clone());
    });
    view! { <SocketProvider url=url_of(id) options><Lines /></SocketProvider> }
}

#[component]
fn Lines() -> impl IntoView {
    let shared = use_shared();
    let socket = use_socket();
    replace_when_slow(socket);
    use_subscription(socket, || WatchChat {}, |_: Said| ());
    let lines = use_query(socket, || GetLines {});
    let say = use_say(socket, shared.session, shared.toasts);
    let text = RwSignal::new(String::new());
    let list = NodeRef::<html::Div>::new();
    // The newest line is in sight.
    Effect::new(move |_| {
        lines.data().track();
        if let Some(list) = list.get() {
            list.set_scroll_top(list.scroll_height());
        }
    });

    view! {
        <h3 id="chat">"Chat"</h3>
        <div class="log" role="log" aria-labelledby="chat" tabindex="0" node_ref=list>
            <ol class="lines">
                <For each=move || lines.data().get().unwrap_or_default() key=|line| line.id.clone() let:line>
                    <Said line session=shared.session />
                </For>
            </ol>
        </div>
        <Show when=move || lines.data().with(|lines| lines.as_ref().is_some_and(Vec::is_empty))>
            <p class="muted">"Nobody has said anything about this job yet."</p>
        </Show>
        <p class="error" role="alert">{move || lines.error().get().map(|error| explain(&error))}</p>
        <form
            class="inline"
            on:submit=move |event| {
                event.prevent_default();
                let said = text.get_untracked();
                if let Some(id) = new_id().filter(|_| !said.trim().is_empty()) {
                    say.dispatch(Say { id, text: said });
                    text.set(String::new());
                }
            }
        >
            <label>
                "Message"
                <input name="message" autocomplete="off" maxlength="500" bind:value=text />
            </label>
            <button>"Send"</button>
        </form>
    }
}

#[component]
fn Said(line: Line, session: Session) -> impl IntoView {
    let is_mine = session.name().as_ref() == Some(&line.author);
    view! {
        <li class:is-mine=is_mine>
            <p class="muted">{line.author} " " <time datetime=line.said_at.clone()>{hour_and_minute(&line.said_at)}</time></p>
            <p class="text">{line.text}</p>
        </li>
    }
}

/// A line is there at once, and stays when the server has it: both have the id that the page gave it.
fn use_say(socket: Socket, session: Session, toasts: Toasts) -> Mutation<Say> {
    let options = UseMutationOptions::new()
        .optimistic(move |said: &Say, _: &GetLines, lines: &mut Vec<Line>| {
            if lines.iter().all(|line| line.id != said.id) {
                let author = untrack(|| session.name()).unwrap_or_default();
                let said_at = js_sys::Date::new_0().to_iso_string().into();
                lines.push(Line { id: said.id.clone(), author, text: said.text.clone(), said_at });
            }
        })
        .on_error(move |_, error| toasts.show(format!("Your message was not sent. {}", explain(error))));
    use_changes(socket, options)
}

fn put(lines: &mut Vec<Line>, line: Line) {
    match lines.iter_mut().find(|known| known.id == line.id) {
        Some(known) => *known = line,
        None => lines.push(line),
    }
}

fn url_of(job: u32) -> String {
    let url = url();
    let (address, query) =
        url.split_once('?').map_or((&*url, String::new()), |(address, query)| (address, format!("?{query}")));
    format!("{address}jobs/{job}/chat/{query}")
}
