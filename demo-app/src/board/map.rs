//! The town, the jobs in it, and where the drivers are: drawn from the pushes of the server.

use std::collections::BTreeMap;

use leptos::prelude::*;

use super::api::{Driver, Job, JobStatus, Positions};
use super::fields::hue;
use super::use_shared;

/// How many places of a driver are shown: those of so many seconds.
const TRAIL: usize = 12;

/// The streets, as the server's drivers go along them.
const STREETS: &str = "M12 0V80 M34 0V80 M58 0V80 M84 0V80 M106 0V80 M0 12H120 M0 30H120 M0 48H120 M0 66H120";
const AVENUE: &str = "M0 72 58 48 84 30 120 8";
const RIVER: &str = "M-4 44C20 36 26 56 46 58S78 52 92 66s18 14 32 18";

/// The latest places of each driver, the current one last.
type Trails = BTreeMap<u32, Vec<(f64, f64)>>;

#[component]
pub fn Map(opened: Memo<Option<u32>>) -> impl IntoView {
    let shared = use_shared();
    let trails = shared.socket.fold(Trails::new(), |trails, Positions { positions }| {
        for at in positions {
            let trail = trails.entry(at.driver).or_default();
            trail.push((at.x, at.y));
            trail.drain(..trail.len().saturating_sub(TRAIL));
        }
    });
    let open_jobs = move || {
        let mut jobs = shared.all_jobs();
        jobs.retain(|job| job.status != JobStatus::Done || opened.get() == Some(job.id));
        jobs
    };
    let summary = move || {
        let (drivers, jobs) = (shared.all_drivers().len(), open_jobs().len());
        format!("Map of the town with {drivers} drivers and {jobs} jobs")
    };

    view! {
        <section class="card map" aria-labelledby="map">
            <h2 id="map" class="visually-hidden">"Map"</h2>
            <svg viewBox="0 0 120 80" role="img" aria-label=summary>
                <Town />
                <For each=move || shared.all_drivers() key=|driver| driver.id let:driver>
                    <Trail driver trails=trails.value() />
                </For>
                <For each=open_jobs key=|job| (job.id, job.status.class()) let:job>
                    <Pin job opened />
                </For>
                <For each=move || shared.all_drivers() key=|driver| driver.id let:driver>
                    <Dot driver trails=trails.value() />
                </For>
            </svg>
        </section>
    }
}

#[component]
fn Town() -> impl IntoView {
    view! {
        <g aria-hidden="true">
            <rect class="ground" width="120" height="80" />
            <path class="park" d="M14.5 14.5h17v13h-17zM86.5 50.5h17v13h-17z" />
            <path class="river" d=RIVER />
            <path class="street" d=STREETS />
            <path class="avenue" d=AVENUE />
        </g>
    }
}

#[component]
fn Trail(driver: Driver, trails: Signal<Trails>) -> impl IntoView {
    let points = move || {
        trails.with(|trails| {
            // It takes the dot until the next push to get to the last place.
            let places = trails.get(&driver.id).and_then(|places| places.split_last());
            let places = places.into_iter().flat_map(|(_, before)| before);
            places.map(|(x, y)| format!("{x},{y} ")).collect::<String>()
        })
    };
    view! { <polyline class=format!("trail {}", hue(driver.id)) points=points /> }
}

#[component]
fn Dot(driver: Driver, trails: Signal<Trails>) -> impl IntoView {
    let Driver { id, name, .. } = driver;
    let place = Memo::new(move |_| trails.with(|trails| trails.get(&id)?.last().copied()));
    let initial = name.chars().next().map(String::from);
    view! {
        // One that was never heard of is nowhere.
        <Show when=move || place.get().is_some()>
            <g
                class=format!("dot {}", hue(id))
                data-driver=id
                style:transform=move || place.get().map(|(x, y)| format!("translate({x}px, {y}px)"))
            >
                <circle r="3.4" />
                <text y="1.15">{initial.clone()}</text>
            </g>
        </Show>
    }
}

#[component]
fn Pin(job: Job, opened: Memo<Option<u32>>) -> impl IntoView {
    let Job { id, x, y, status, .. } = job;
    view! {
        <g
            class=format!("pin {}", status.class())
            class:is-open=move || opened.get() == Some(id)
            transform=format!("translate({x} {y})")
        >
            <path d="M0 0c-1.2-2-3.4-3.6-3.4-6.2a3.4 3.4 0 0 1 6.8 0C3.4-3.6 1.2-2 0 0z" />
            <text y="-5.2">{id}</text>
        </g>
    }
}
