//! One message, and the life of its call.

use std::time::Duration;

use leptos::prelude::*;
use leptos_socket_core::Instant;

use super::Scope;
use crate::inspector::model::calls::CallLife;
use crate::inspector::model::json::pretty;
use crate::inspector::model::log::{Direction, Entry};
use crate::inspector::text;

pub(super) fn detail(scope: Scope, entry: &Entry) -> impl IntoView + use<> {
    let title = if entry.route.is_empty() { entry.kind.name().to_owned() } else { entry.route.clone() };
    let facts = facts(scope, entry);
    let (text, is_cut) = (pretty(&entry.text), entry.is_cut);
    let uuid = entry.uuid;
    let life = move || {
        let life = scope.show(|model, inner| {
            let life = model.calls.get(uuid?)?;
            Some(steps(scope, life, inner.now()))
        });
        life.flatten().map(|steps| {
            view! {
                <h4>"The life of this call"</h4>
                <ol class="life">
                    {steps.into_iter().map(|step| view! {
                        <li class=step.class>
                            <b>{step.what}</b> " " <span>{step.when}</span>
                        </li>
                    }).collect_view()}
                </ol>
            }
        })
    };
    view! {
        <div class="detail" role="region" aria-label="The selected message">
            <header>
                <h3>{title}</h3>
                <button
                    class="quiet"
                    type="button"
                    aria-label="Close the details"
                    title="Close (Escape)"
                    on:click=move |_| scope.selected.set(None)
                >
                    <svg viewBox="0 0 16 16" aria-hidden="true"><path d="M4 4l8 8M12 4l-8 8" /></svg>
                </button>
            </header>
            <dl class="facts">
                {facts.into_iter().map(|(name, value)| view! { <div><dt>{name}</dt><dd>{value}</dd></div> }).collect_view()}
            </dl>
            {life}
            <h4>{if entry.direction == Direction::Here { "What happened" } else { "Payload" }}</h4>
            <pre tabindex="0">{text}</pre>
            {is_cut.then(|| view! { <p class="note">"Only this much of it is kept."</p> })}
        </div>
    }
}

fn facts(scope: Scope, entry: &Entry) -> Vec<(&'static str, String)> {
    let direction = match entry.direction {
        Direction::Out => "sent",
        Direction::In => "received",
        Direction::Here => "the socket",
    };
    let mut facts = vec![("Kind", format!("{}, {direction}", entry.kind.name())), ("Time", scope.time_of(entry.at))];
    facts.extend(entry.status.map(|status| ("Status", status.to_string())));
    if entry.bytes > 0 {
        facts.push(("Frame", text::size(entry.bytes)));
    }
    facts.extend(entry.uuid.map(|uuid| ("uuid", uuid.to_string())));
    if !entry.headers.is_empty() {
        let headers: Vec<_> = entry.headers.iter().map(|name| format!("{name}: •••")).collect();
        facts.push(("Headers", headers.join(", ")));
    }
    facts
}

struct Step {
    class: &'static str,
    what: String,
    when: String,
}

fn steps(scope: Scope, life: &CallLife, now: Instant) -> Vec<Step> {
    let after = |at: Instant| {
        let after = at - life.queued_at;
        if after < Duration::from_millis(1) { "at once".to_owned() } else { format!("after {}", text::duration(after)) }
    };
    let mut steps =
        vec![Step { class: "done", what: "Queued".to_owned(), when: format!("at {}", scope.time_of(life.queued_at)) }];
    match life.sent {
        Some(sent) => {
            steps.push(Step { class: "done", what: "Sent".to_owned(), when: after(sent.first) });
            if sent.times > 1 {
                let what = format!("Sent again, {} times in all", sent.times);
                steps.push(Step { class: "done", what, when: after(sent.last) });
            }
        }
        None if life.end.is_none() => {
            steps.push(Step { class: "now", what: "Waits to leave".to_owned(), when: String::new() })
        }
        None => {}
    }
    match &life.end {
        Some(end) => {
            let class = if end.how.is_success() { "done" } else { "failed" };
            let what = if life.wants_reply { ending(&end.how.text()) } else { "Nobody awaits a reply".to_owned() };
            steps.push(Step { class, what, when: format!("took {}", text::duration(life.took(now))) });
        }
        None => {
            let deadline = life.deadline.map(|deadline| format!(" of {}", text::duration(deadline - life.queued_at)));
            let when = format!("{}{}", text::duration(life.took(now)), deadline.unwrap_or_default());
            steps.push(Step { class: "now", what: "Age".to_owned(), when });
        }
    }
    steps
}

/// With the status of a reply.
fn ending(text: &str) -> String {
    match text.bytes().all(|byte| byte.is_ascii_digit()) {
        true => format!("Replied {text}"),
        false => {
            let mut letters = text.chars();
            letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
        }
    }
}
