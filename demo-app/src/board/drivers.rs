//! The drivers, and what they have to do.

use leptos::prelude::*;

use super::api::{Driver, JobStatus};
use super::fields::hue;
use super::use_shared;

#[component]
pub fn Drivers() -> impl IntoView {
    let shared = use_shared();
    view! {
        <section class="card drivers" aria-labelledby="drivers">
            <h2 id="drivers">"Drivers"</h2>
            <ul>
                <For each=move || shared.all_drivers() key=|driver| driver.id let:driver>
                    <ShowDriver driver />
                </For>
            </ul>
        </section>
    }
}

#[component]
fn ShowDriver(driver: Driver) -> impl IntoView {
    let shared = use_shared();
    let id = driver.id;
    let load = Memo::new(move |_| {
        let jobs = shared.all_jobs();
        let open = jobs.iter().filter(|job| job.driver == Some(id) && job.status != JobStatus::Done);
        open.fold((0, None), |(count, now), job| {
            (count + 1, now.or((job.status == JobStatus::Driving).then(|| job.title.clone())))
        })
    });
    let what = move || match load.get() {
        (_, Some(title)) => format!("On the way: {title}"),
        (0, None) => "Free".to_owned(),
        (_, None) => "Ready to go".to_owned(),
    };
    let count = move || match load.get().0 {
        1 => "1 job".to_owned(),
        count => format!("{count} jobs"),
    };

    view! {
        <li>
            <Avatar driver=driver.clone() />
            <div class="what">
                <p><b>{driver.name}</b> " " <span class="muted">{driver.vehicle}</span></p>
                <p class="muted">{what}</p>
            </div>
            <p class="load">{count}</p>
        </li>
    }
}

/// The initial of a driver, in the colour that the map has for them.
#[component]
pub fn Avatar(driver: Driver) -> impl IntoView {
    let initial = driver.name.chars().next().map(String::from);
    view! { <span class=format!("avatar {}", hue(driver.id)) aria-hidden="true">{initial}</span> }
}
