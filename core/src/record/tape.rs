//! What is kept of the last while: operations after a checkpoint.
//!
//! There are two windows, the present one and the one before. When the present one is as long as asked for, it becomes the one before,
//! and the next one begins with a new checkpoint. So there is always at least that much, and at most twice as much.

use std::collections::VecDeque;
use std::time::Duration;

use serde::Serialize;

use super::op::Op;
use super::outcome::Digest;
use super::trace::{ClientTrace, Trace};
use crate::client::Client;
use crate::event::Event;
use crate::time::Instant;

/// How to record a client: [`Client::record`](crate::Client::record).
///
/// ```
/// use leptos_socket_core::record::Recorder;
/// use std::time::Duration;
///
/// let recorder = Recorder::new(Duration::from_secs(60)).payloads(cfg!(debug_assertions));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Recorder {
    last: Duration,
    payloads: bool,
    max_bytes: usize,
}

impl Recorder {
    /// Keeps at least the last `last`, and at most twice as much.
    #[must_use]
    pub const fn new(last: Duration) -> Self {
        Self { last, payloads: false, max_bytes: 4 * 1024 * 1024 }
    }

    /// Whether to record payloads, and not only how long they are. Longer ones than 64 KiB are still recorded as lengths, and
    /// header values and URL queries are never recorded. Default: false.
    #[must_use]
    pub const fn payloads(mut self, payloads: bool) -> Self {
        self.payloads = payloads;
        self
    }

    /// How many bytes to keep. A socket that is busier than that is recorded for a shorter time. Two checkpoints come on top,
    /// which are a few hundred bytes and about as many for each call that is not over. Default: 4 MiB.
    #[must_use]
    pub const fn max_bytes(mut self, max_bytes: usize) -> Self {
        self.max_bytes = max_bytes;
        self
    }

    /// Whether payloads are recorded.
    #[must_use]
    pub const fn keeps_payloads(&self) -> bool {
        self.payloads
    }

    /// How much time is kept at least.
    #[must_use]
    pub const fn last(&self) -> Duration {
        self.last
    }
}

#[derive(Debug)]
pub(crate) struct Tape {
    recorder: Recorder,
    /// The time of the last operation: not every method is told.
    now: Instant,
    before: Option<Window>,
    present: Window,
    entry: Option<Entry>,
    /// How many of the events that wait to be polled are in a digest already.
    digested: usize,
}

#[derive(Debug)]
struct Window {
    since: Instant,
    /// The state of the client, as JSON.
    start: String,
    /// Operations, as JSON, separated by commas.
    ops: String,
    /// What a replay of it has to hold.
    total: usize,
}

/// The operation that goes on.
#[derive(Debug)]
struct Entry {
    at: Instant,
    /// How often the client was polled, and with how much in the link. Other operations are written already.
    polls: Option<(u32, usize)>,
    digest: Digest,
}

/// A window ends early before a replay of it would need more.
const MOST_TOTAL: usize = 256 * 1024 * 1024;

impl Tape {
    /// `None` if there is something that cannot be written, which should not be.
    pub(crate) fn new(client: &Client, now: Instant, recorder: Recorder) -> Option<Self> {
        let present = Window::new(client, now)?;
        Some(Self { recorder, now, before: None, present, entry: None, digested: client.waiting_events().len() })
    }

    pub(crate) const fn now(&self) -> Instant {
        self.now
    }

    pub(crate) const fn keeps_payloads(&self) -> bool {
        self.recorder.payloads
    }

    /// An operation begins, before it changes anything. Returns whether it could be written down.
    pub(crate) fn begin(&mut self, client: &Client, now: Instant, op: &Op<'_>) -> bool {
        self.digest_events(client.waiting_events());
        if let Op::Poll(times, buffered) = op
            && let Some(Entry { at, polls: Some((before, with)), .. }) = &mut self.entry
            && (*at, *with) == (now, *buffered)
        {
            *before = before.saturating_add(*times);
            return true;
        }
        self.end_entry();
        self.now = now;
        let is_full = now - self.present.since >= self.recorder.last
            || self.present.ops.len() > self.recorder.max_bytes / 2
            || self.present.total.saturating_add(op.total()) > MOST_TOTAL;
        if is_full && !self.present.ops.is_empty() {
            let Some(next) = Window::new(client, now) else { return false };
            self.before = Some(std::mem::replace(&mut self.present, next));
        }
        self.present.total = self.present.total.saturating_add(op.total());
        let polls = if let Op::Poll(times, buffered) = op { Some((*times, *buffered)) } else { None };
        let is_written = polls.is_some() || self.present.begin(now, op);
        self.entry = Some(Entry { at: now, polls, digest: Digest::default() });
        is_written
    }

    /// What the operation that goes on brings.
    pub(crate) fn digest(&mut self) -> Option<&mut Digest> {
        self.entry.as_mut().map(|entry| &mut entry.digest)
    }

    /// The first event is polled.
    pub(crate) fn on_event(&mut self, event: &Event) {
        if self.digested > 0 {
            self.digested -= 1;
        } else if let Some(entry) = &mut self.entry {
            entry.digest.event(event);
        }
    }

    fn digest_events(&mut self, events: &VecDeque<Event>) {
        for event in events.iter().skip(self.digested) {
            if let Some(entry) = &mut self.entry {
                entry.digest.event(event);
            }
        }
        self.digested = events.len();
    }

    fn end_entry(&mut self) {
        if let Some(entry) = self.entry.take() {
            entry.end(&mut self.present.ops);
        }
    }

    /// What there is, with the events that are not polled yet.
    pub(crate) fn trace(&self, events: &VecDeque<Event>) -> Trace {
        let mut ops = self.present.ops.clone();
        if let Some(mut entry) = self.entry.as_ref().map(|entry| Entry { ..*entry }) {
            events.iter().skip(self.digested).for_each(|event| entry.digest.event(event));
            entry.end(&mut ops);
        }
        let start = match &self.before {
            Some(before) => {
                ops.insert_str(0, &before.ops);
                &before.start
            }
            None => &self.present.start,
        };
        Trace::of(ClientTrace::new(start.clone(), ops))
    }
}

impl Window {
    fn new(client: &Client, now: Instant) -> Option<Self> {
        let start = serde_json::to_string(&client.snapshot()).ok()?;
        Some(Self { since: now, start, ops: String::new(), total: 0 })
    }

    fn begin(&mut self, at: Instant, op: &Op<'_>) -> bool {
        self.ops.push('[');
        append(&mut self.ops, &at) && {
            self.ops.push(',');
            append(&mut self.ops, op)
        }
    }
}

impl Entry {
    /// Each operation ends with a comma, also the last one.
    fn end(self, ops: &mut String) {
        if let Some((times, buffered)) = self.polls {
            ops.push('[');
            append(ops, &self.at);
            ops.push(',');
            append(ops, &Op::Poll(times, buffered));
        }
        ops.push(',');
        ops.push_str(&self.digest.finish().to_string());
        ops.push_str("],");
    }
}

fn append<T: Serialize>(json: &mut String, value: &T) -> bool {
    // It is UTF-8, because it is JSON.
    let text = serde_json::to_string(value);
    text.is_ok_and(|text| {
        json.push_str(&text);
        true
    })
}
