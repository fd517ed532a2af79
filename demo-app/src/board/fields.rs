//! What can be changed of a job, wherever that is shown.

use leptos::prelude::*;

use super::api::{Change, EditJob, JobStatus};
use super::use_shared;

impl JobStatus {
    pub const ALL: [Self; 3] = [Self::Waiting, Self::Driving, Self::Done];

    pub const fn label(self) -> &'static str {
        match self {
            Self::Waiting => "Waiting",
            Self::Driving => "On the way",
            Self::Done => "Done",
        }
    }

    /// A class of the style sheet.
    pub const fn class(self) -> &'static str {
        match self {
            Self::Waiting => "is-waiting",
            Self::Driving => "is-driving",
            Self::Done => "is-done",
        }
    }
}

/// The class of a driver's colour.
pub fn hue(driver: u32) -> String {
    format!("hue-{}", driver % 5)
}

#[component]
pub fn DriverField(id: u32) -> impl IntoView {
    let shared = use_shared();
    let job = shared.job(id);
    let driver = Memo::new(move |_| job.get().and_then(|job| job.driver));
    let assign = move |value: String| {
        shared.edits.dispatch(EditJob { id, change: Change::Driver(value.parse().ok()) });
    };

    view! {
        <select
            class=move || format!("field {}", driver.get().map_or_else(|| "is-empty".to_owned(), hue))
            aria-label=move || format!("Driver of job {id}")
            on:change:target=move |event| assign(event.target().value())
        >
            <option value="" prop:selected=move || driver.get().is_none()>"No driver"</option>
            <For each=move || shared.all_drivers() key=|driver| driver.id let(one)>
                <option value=one.id prop:selected=move || driver.get() == Some(one.id)>{one.name}</option>
            </For>
        </select>
    }
}

#[component]
pub fn StatusField(id: u32) -> impl IntoView {
    let shared = use_shared();
    let job = shared.job(id);
    let status = Memo::new(move |_| job.get().map_or(JobStatus::Waiting, |job| job.status));
    let set = move |index: i32| {
        let picked = usize::try_from(index).ok().and_then(|index| JobStatus::ALL.get(index));
        if let Some(status) = picked {
            shared.edits.dispatch(EditJob { id, change: Change::Status(*status) });
        }
    };

    view! {
        <select
            class=move || format!("field pill {}", status.get().class())
            aria-label=format!("Status of job {id}")
            on:change:target=move |event| set(event.target().selected_index())
        >
            {JobStatus::ALL.map(|one| view! {
                <option prop:selected=move || status.get() == one>{one.label()}</option>
            })}
        </select>
    }
}
