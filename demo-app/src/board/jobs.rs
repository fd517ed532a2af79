//! The list of jobs.

use leptos::html;
use leptos::prelude::*;

use super::api::JobStatus;
use super::fields::{DriverField, StatusField};
use super::toasts::explain;
use super::use_shared;
use crate::place::Place;

#[component]
pub fn Jobs(opened: Memo<Option<u32>>) -> impl IntoView {
    let shared = use_shared();
    let filter = RwSignal::new(None::<JobStatus>);
    let is_shown = move |status| filter.get().is_none_or(|wanted| wanted == status);
    let ids = Memo::new(move |_| {
        let jobs = shared.all_jobs();
        jobs.iter().filter(|job| is_shown(job.status)).map(|job| job.id).collect::<Vec<_>>()
    });
    let error = move || shared.jobs.error().get().map(|error| explain(&error));

    view! {
        <section class="card jobs" aria-labelledby="jobs">
            <div class="heading">
                <h2 id="jobs">"Today’s jobs"</h2>
                <Saving />
            </div>
            <Filters filter />
            <p class="error" role="alert">{error}</p>
            <Show when=move || shared.jobs.loading().get()>
                <p class="muted">"Loading the jobs …"</p>
            </Show>
            <ul class:stale=shared.jobs.stale()>
                <For each=move || ids.get() key=|id| *id let:id>
                    <Row id opened />
                </For>
            </ul>
            <Show when=move || !shared.jobs.loading().get() && ids.read().is_empty()>
                <p class="muted empty">"No jobs here."</p>
            </Show>
        </section>
    }
}

/// How many edits the server has not confirmed.
#[component]
fn Saving() -> impl IntoView {
    let shared = use_shared();
    let status = shared.socket.status();
    let text = move || match shared.edits.pending().get() {
        0 => None,
        _ if status.get().is_online() => Some("Saving …".to_owned()),
        1 => Some("1 change waits for the connection".to_owned()),
        count => Some(format!("{count} changes wait for the connection")),
    };
    view! { <p class="saving" role="status">{text}</p> }
}

#[component]
fn Filters(filter: RwSignal<Option<JobStatus>>) -> impl IntoView {
    let shared = use_shared();
    let count = move |wanted: Option<JobStatus>| {
        let jobs = shared.all_jobs();
        jobs.iter().filter(|job| wanted.is_none_or(|wanted| job.status == wanted)).count()
    };
    let choices = std::iter::once(None).chain(JobStatus::ALL.map(Some));

    view! {
        <div class="filters" role="group" aria-label="Show">
            {choices
                .map(|choice| view! {
                    <button
                        type="button"
                        aria-pressed=move || (filter.get() == choice).to_string()
                        on:click=move |_| filter.set(choice)
                    >
                        {choice.map_or("All", JobStatus::label)}
                        " "
                        <span class="count">{move || count(choice)}</span>
                    </button>
                })
                .collect_view()}
        </div>
    }
}

#[component]
fn Row(id: u32, opened: Memo<Option<u32>>) -> impl IntoView {
    let shared = use_shared();
    let job = shared.job(id);
    let link = NodeRef::<html::A>::new();
    let is_open = Memo::new(move |_| opened.get() == Some(id));
    let is_saving = Memo::new(move |_| shared.edits.pending_inputs().read().iter().any(|edit| edit.id == id));
    // Whoever closes a job is back where they opened it.
    Effect::new(move |was_open: Option<bool>| {
        let is_open = is_open.get();
        let is_closed = was_open == Some(true) && opened.get_untracked().is_none();
        if let Some(link) = link.get_untracked().filter(|_| is_closed) {
            let _ = link.focus();
        }
        is_open
    });

    view! {
        <li class="row" class:is-open=is_open class:is-saving=is_saving>
            <span class=move || format!("number {}", job.get().map_or("", |job| job.status.class())) aria-hidden="true">
                {id}
            </span>
            <div class="what">
                <a
                    node_ref=link
                    href=Place::Board(Some(id)).href()
                    aria-current=move || is_open.get().then_some("true")
                >
                    {move || job.get().map(|job| job.title)}
                </a>
                <p class="muted">{move || job.get().map(|job| job.address)}</p>
                <Show when=move || is_saving.get()>
                    <span class="visually-hidden">"Not saved yet"</span>
                </Show>
            </div>
            <DriverField id />
            <StatusField id />
        </li>
    }
}
