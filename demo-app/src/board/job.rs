//! One job: its name, and what is said about it.

use leptos::html;
use leptos::prelude::*;

use super::api::{Change, EditJob};
use super::chat::Chat;
use super::fields::{DriverField, StatusField};
use super::use_shared;
use crate::place::Place;

#[component]
pub fn JobPanel(id: u32) -> impl IntoView {
    let shared = use_shared();
    let job = shared.job(id);
    let heading = NodeRef::<html::H2>::new();
    Effect::new(move |_| {
        if let Some(heading) = heading.get() {
            let _ = heading.focus();
        }
    });
    let is_missing = move || shared.jobs.data().with(Option::is_some) && job.get().is_none();

    view! {
        <section class="card panel" aria-labelledby="job">
            <div class="heading">
                <h2 id="job" tabindex="-1" node_ref=heading>{format!("Job {id}")}</h2>
                <a class="icon" href=Place::Board(None).href() aria-label="Close job">"×"</a>
            </div>
            <Show when=is_missing>
                <p class="error" role="alert">"There is no such job."</p>
            </Show>
            <Rename id />
            <p class="muted">{move || job.get().map(|job| job.address)}</p>
            <div class="pair">
                <DriverField id />
                <StatusField id />
            </div>
            <Chat id />
        </section>
    }
}

#[component]
fn Rename(id: u32) -> impl IntoView {
    let shared = use_shared();
    let job = shared.job(id);
    let title = Memo::new(move |_| job.get().map(|job| job.title).unwrap_or_default());
    let input = NodeRef::<html::Input>::new();
    let rename = move || {
        let typed = input.get_untracked().map(|input| input.value()).unwrap_or_default();
        if typed != title.get_untracked() {
            shared.edits.dispatch(EditJob { id, change: Change::Title(typed) });
        }
    };

    view! {
        <form
            class="inline"
            on:submit=move |event| {
                event.prevent_default();
                rename();
            }
        >
            <label>
                "Title"
                <input node_ref=input name="title" autocomplete="off" maxlength="80" prop:value=title />
            </label>
            <button>"Rename"</button>
        </form>
    }
}
