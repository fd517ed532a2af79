//! The last minutes at a glance: what the socket did, and how long answers took.

use std::time::Duration;

use leptos::prelude::*;
use leptos_socket_core::{Client, Instant};

use super::Scope;
use crate::inspector::model::Model;
use crate::inspector::model::latency::Samples;
use crate::inspector::model::timeline::Phase;
use crate::inspector::text;

const WINDOW: Duration = Duration::from_secs(5 * 60);

/// The width of the pictures, whatever their size on the screen.
const WIDTH: f64 = 1_000.0;
const HEIGHT: f64 = 100.0;

pub(super) fn overview(scope: Scope) -> impl IntoView {
    let counts = move || {
        let (in_flight, queued) = scope
            .show(|_, inner| (inner.with_client(Client::in_flight), inner.with_client(Client::queued)))
            .unwrap_or_default();
        format!("{} in flight, {} queued", text::count(in_flight as u64), text::count(queued as u64))
    };
    view! {
        <div class="overview">
            {timeline(scope)}
            {latency(scope, "Ping", |model| &model.pings)}
            {latency(scope, "Replies", |model| &model.replies)}
            <p class="counts">{counts}</p>
        </div>
    }
}

fn timeline(scope: Scope) -> impl IntoView {
    let path = move |phase| scope.show(|model, inner| path_of(model, phase, whole_second(inner.now())));
    let gaps = move || scope.show(|model, inner| gaps_of(model, whole_second(inner.now())));
    let lasted = move |phase| {
        let lasted = scope.show(|model, inner| time_in(model, phase, whole_second(inner.now()))).unwrap_or_default();
        (!lasted.is_zero()).then(|| format!("{} {}", phase.name(), seconds(lasted)))
    };
    let gap_count = move || {
        let count = scope.show(|model, inner| model.timeline.gaps(start(inner.now()), inner.now()).count());
        match count.unwrap_or_default() {
            0 => None,
            1 => Some("1 gap".to_owned()),
            count => Some(format!("{count} gaps")),
        }
    };
    view! {
        <figure class="timeline">
            <svg viewBox="0 0 1000 100" preserveAspectRatio="none" aria-hidden="true">
                {Phase::ALL.map(|phase| view! { <path class=phase.name() d=move || path(phase) /> })}
                <path class="gap" d=gaps />
            </svg>
            <figcaption>
                <span class="title">"Last 5 minutes"</span>
                {Phase::ALL.map(|phase| view! {
                    <Show when=move || lasted(phase).is_some()>
                        <span class="key"><i class=phase.name()></i>{move || lasted(phase)}</span>
                    </Show>
                })}
                <Show when=move || gap_count().is_some()>
                    <span class="key"><i class="gap"></i>{gap_count}</span>
                </Show>
            </figcaption>
        </figure>
    }
}

fn latency(scope: Scope, title: &'static str, which: fn(&Model) -> &Samples) -> impl IntoView {
    let line = move || scope.show(|model, _| line_of(which(model)));
    let percentile = move |percent| {
        let found = scope.show(|model, _| which(model).percentile(percent)).flatten();
        found.map_or_else(|| "–".to_owned(), text::duration)
    };
    view! {
        <figure class="latency">
            <svg viewBox="0 0 1000 100" preserveAspectRatio="none" aria-hidden="true">
                <path d=line vector-effect="non-scaling-stroke" />
            </svg>
            <figcaption>
                <span class="title">{title}</span>
                <span>"p50 " <b>{move || percentile(50)}</b></span>
                <span>"p99 " <b>{move || percentile(99)}</b></span>
            </figcaption>
        </figure>
    }
}

/// So that the picture moves once in a second.
fn whole_second(now: Instant) -> Instant {
    Instant::from_origin(Duration::from_secs(now.since_origin().as_secs() + 1))
}

fn start(now: Instant) -> Instant {
    Instant::from_origin(now.since_origin().saturating_sub(WINDOW))
}

fn x(at: Instant, now: Instant) -> f64 {
    WIDTH - (now - at).as_secs_f64() / WINDOW.as_secs_f64() * WIDTH
}

fn bar(path: &mut String, from: f64, to: f64, (top, bottom): (u32, u32)) {
    // What lasted a moment is still seen.
    let to = to.max(from + 2.0);
    path.push_str(&format!("M{from:.1} {top}H{to:.1}V{bottom}H{from:.1}Z"));
}

fn path_of(model: &Model, phase: Phase, now: Instant) -> String {
    let mut path = String::new();
    for span in model.timeline.spans(start(now), now).filter(|span| span.phase == phase) {
        bar(&mut path, x(span.from, now), x(span.to, now), (0, 100));
    }
    path
}

fn gaps_of(model: &Model, now: Instant) -> String {
    let mut path = String::new();
    for gap in model.timeline.gaps(start(now), now) {
        bar(&mut path, x(gap.from, now), x(gap.to, now), (72, 100));
    }
    path
}

fn time_in(model: &Model, phase: Phase, now: Instant) -> Duration {
    let spans = model.timeline.spans(start(now), now).filter(|span| span.phase == phase);
    spans.map(|span| span.to - span.from).sum()
}

/// Without fractions, which would flicker.
fn seconds(lasted: Duration) -> String {
    match lasted.as_secs() {
        0 => "< 1 s".to_owned(),
        seconds @ 1..60 => format!("{seconds} s"),
        seconds => format!("{} min {} s", seconds / 60, seconds % 60),
    }
}

/// The latest at the right.
fn line_of(samples: &Samples) -> String {
    let most = samples.percentile(100).unwrap_or_default().as_secs_f64().max(0.001);
    let step = WIDTH / (samples.iter().len().max(2) - 1) as f64;
    let mut line = String::new();
    for (at, took) in samples.iter().enumerate() {
        let y = HEIGHT - 8.0 - took.as_secs_f64() / most * (HEIGHT - 16.0);
        line.push_str(&format!("{}{:.0} {y:.0}", if at == 0 { 'M' } else { 'L' }, at as f64 * step));
    }
    if samples.iter().len() == 1 {
        line.push_str(&format!("H{WIDTH:.0}"));
    }
    line
}
