//! All of it as JSON, for a file.

use std::time::Duration;

use leptos_socket_core::Instant;
use serde::Serialize;
use serde_json::value::RawValue;

use super::Model;
use super::calls::CallLife;
use super::latency::Samples;
use super::log::{Direction, Entry};

/// What the model does not know.
#[derive(Debug)]
pub(crate) struct About {
    pub(crate) socket: String,
    /// Without its query.
    pub(crate) endpoint: Option<String>,
    pub(crate) state: String,
    pub(crate) diagnosis: Option<String>,
    pub(crate) queries: Vec<Query>,
}

#[derive(Debug, Serialize)]
pub(crate) struct Query {
    pub(crate) route: &'static str,
    pub(crate) state: &'static str,
    pub(crate) users: usize,
    pub(crate) asked_bytes: usize,
    pub(crate) fetched_ms: Option<u64>,
    pub(crate) unconfirmed_changes: usize,
    pub(crate) error: Option<String>,
}

/// Times are in milliseconds since the page was opened.
#[derive(Serialize)]
struct Export<'a> {
    socket: &'a str,
    endpoint: Option<&'a str>,
    state: &'a str,
    diagnosis: Option<&'a str>,
    now_ms: u64,
    timeline: Vec<Span>,
    gaps: Vec<(u64, u64)>,
    pings_ms: Latency,
    replies_ms: Latency,
    calls: Vec<Call<'a>>,
    queries: &'a [Query],
    messages: Vec<Line<'a>>,
    /// Those that were there and are not kept.
    messages_dropped: u64,
}

#[derive(Serialize)]
struct Span {
    state: &'static str,
    from_ms: u64,
    to_ms: u64,
}

#[derive(Serialize)]
struct Latency {
    p50: Option<f64>,
    p99: Option<f64>,
    latest: Vec<f64>,
}

#[derive(Serialize)]
struct Call<'a> {
    uuid: String,
    route: &'a str,
    queued_ms: u64,
    sent_ms: Option<u64>,
    sent_times: u32,
    deadline_ms: Option<u64>,
    ended_ms: Option<u64>,
    outcome: Option<String>,
}

#[derive(Serialize)]
struct Line<'a> {
    number: u64,
    at_ms: u64,
    direction: &'static str,
    kind: &'static str,
    route: &'a str,
    uuid: Option<String>,
    status: Option<u16>,
    headers: &'a [String],
    bytes: usize,
    is_cut: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    payload: Option<Box<RawValue>>,
    /// What is not JSON, or what the socket says.
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<&'a str>,
}

impl Model {
    pub(crate) fn export(&self, now: Instant, about: &About) -> String {
        let calls = self.calls.ended().chain(self.calls.open());
        let export = Export {
            socket: &about.socket,
            endpoint: about.endpoint.as_deref(),
            state: &about.state,
            diagnosis: about.diagnosis.as_deref(),
            now_ms: millis(now),
            timeline: self
                .timeline
                .spans(Instant::ZERO, now)
                .map(|span| Span { state: span.phase.name(), from_ms: millis(span.from), to_ms: millis(span.to) })
                .collect(),
            gaps: self.timeline.gaps(Instant::ZERO, now).map(|gap| (millis(gap.from), millis(gap.to))).collect(),
            pings_ms: latency(&self.pings),
            replies_ms: latency(&self.replies),
            calls: calls.map(call).collect(),
            queries: &about.queries,
            messages: self.log.iter().map(|entry| line(entry)).collect(),
            messages_dropped: self.log.total() - self.log.iter().len() as u64,
        };
        // There is nothing in it that does not serialise.
        serde_json::to_string_pretty(&export).unwrap_or_default()
    }
}

fn call(life: &CallLife) -> Call<'_> {
    Call {
        uuid: life.uuid.to_string(),
        route: &life.route,
        queued_ms: millis(life.queued_at),
        sent_ms: life.sent.map(|sent| millis(sent.first)),
        sent_times: life.sent.map_or(0, |sent| sent.times),
        deadline_ms: life.deadline.map(millis),
        ended_ms: life.end.as_ref().map(|end| millis(end.at)),
        outcome: life.end.as_ref().map(|end| end.how.text()),
    }
}

fn line(entry: &Entry) -> Line<'_> {
    let is_payload = entry.direction != Direction::Here && !entry.is_cut;
    let payload = is_payload.then(|| RawValue::from_string(entry.text.clone()).ok()).flatten();
    Line {
        number: entry.number,
        at_ms: millis(entry.at),
        direction: match entry.direction {
            Direction::Out => "out",
            Direction::In => "in",
            Direction::Here => "here",
        },
        kind: entry.kind.name(),
        route: &entry.route,
        uuid: entry.uuid.map(|uuid| uuid.to_string()),
        status: entry.status,
        headers: &entry.headers,
        bytes: entry.bytes,
        is_cut: entry.is_cut,
        text: payload.is_none().then_some(&entry.text),
        payload,
    }
}

fn latency(samples: &Samples) -> Latency {
    let millis = |duration: Duration| (duration.as_secs_f64() * 1e4).round() / 10.0;
    Latency {
        p50: samples.percentile(50).map(millis),
        p99: samples.percentile(99).map(millis),
        latest: samples.iter().map(millis).collect(),
    }
}

pub(crate) fn millis(at: Instant) -> u64 {
    u64::try_from(at.since_origin().as_millis()).unwrap_or(u64::MAX)
}
