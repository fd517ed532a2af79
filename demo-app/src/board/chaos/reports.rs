//! What the page saw after each fault, by the signals and callbacks of its socket.

use std::time::Duration;

use leptos::prelude::*;
use leptos_socket::{Notice, Socket, SocketOptions};

use super::fault::{Fault, WRONG_ANSWERS};
use crate::board::clock::{now, time_of_day};

/// How many reports are kept.
const KEPT: usize = 20;

/// The latest report is the one that is written on.
#[derive(Clone, Copy)]
pub struct Reports {
    pub list: RwSignal<Vec<Report>>,
    last: StoredValue<u32>,
    /// How many changes the server has not confirmed.
    waiting: StoredValue<usize>,
}

#[derive(Clone)]
pub struct Report {
    pub number: u32,
    pub at: String,
    pub fault: Fault,
    /// For a switch: whether it was switched on.
    pub is_on: bool,
    began: Duration,
    /// It outlives the component in which the report was begun.
    pub seen: ArcRwSignal<Seen>,
}

/// All times are from the fault on, except where noted.
#[derive(Clone, Default)]
pub struct Seen {
    is_latest: bool,
    done: Option<Result<usize, ()>>,
    lost_after: Option<Duration>,
    /// How long there was no link.
    gap: Option<Duration>,
    new_tokens: u32,
    odd: Vec<&'static str>,
    latency: Option<Duration>,
    waiting: usize,
    saved: usize,
    saved_after: Duration,
    failed: usize,
}

impl Reports {
    pub fn new() -> Self {
        Self { list: RwSignal::default(), last: StoredValue::new(0), waiting: StoredValue::new(0) }
    }

    /// Begins a report, which everything that is seen from now on belongs to.
    pub fn begin(self, fault: Fault, is_on: bool) -> Report {
        self.write(|_, seen| seen.is_latest = false);
        let number = self.last.get_value() + 1;
        self.last.set_value(number);
        let seen = Seen { is_latest: true, waiting: self.waiting.get_value(), ..Seen::default() };
        let report = Report { number, at: time_of_day(), fault, is_on, began: now(), seen: ArcRwSignal::new(seen) };
        self.list.update(|list| {
            list.insert(0, report.clone());
            list.truncate(KEPT);
        });
        report
    }

    /// Hears what the socket calls back with.
    pub fn witness(self, options: SocketOptions) -> SocketOptions {
        options.on_gap(move |lasted| self.write(|_, seen| seen.gap = Some(lasted))).on_notice(move |notice, _| {
            let name = name(&notice);
            self.write(|_, seen| {
                if !seen.odd.contains(&name) {
                    seen.odd.push(name);
                }
            });
        })
    }

    /// Sees when the socket loses its link, and how long its pings take.
    pub fn watch(self, socket: Socket) {
        let (is_open, latency) = (Memo::new(move |_| socket.state().get().is_open()), socket.latency());
        Effect::new(move |was_open: Option<bool>| {
            let is_open = is_open.get();
            if was_open == Some(true) && !is_open {
                self.write(|began, seen| seen.lost_after = seen.lost_after.or(Some(now().saturating_sub(began))));
            }
            is_open
        });
        Effect::new(move |_| {
            let latency = latency.get();
            self.write(|_, seen| seen.latency = latency.or(seen.latency));
        });
    }

    /// How many changes of one kind are under way.
    pub fn watch_changes(self, pending: Signal<usize>) {
        Effect::new(move |before: Option<usize>| {
            let pending = pending.get();
            self.count_waiting(before.unwrap_or_default(), pending);
            pending
        });
        on_cleanup(move || self.count_waiting(pending.try_get_untracked().unwrap_or_default(), 0));
    }

    /// The server has made a change.
    pub fn on_saved(self) {
        self.write(|began, seen| {
            seen.saved += 1;
            seen.saved_after = now().saturating_sub(began);
        });
    }

    /// A change was not made.
    pub fn on_failed(self) {
        self.write(|_, seen| seen.failed += 1);
    }

    /// The page got another token for the same person.
    pub fn on_new_token(self) {
        self.write(|_, seen| seen.new_tokens += 1);
    }

    fn count_waiting(self, before: usize, now: usize) {
        let waiting = (self.waiting.get_value() + now).saturating_sub(before);
        self.waiting.set_value(waiting);
        self.write(|_, seen| seen.waiting = waiting);
    }

    fn write(self, write: impl FnOnce(Duration, &mut Seen)) {
        let latest =
            self.list.try_with_untracked(|list| list.first().map(|report| (report.began, report.seen.clone())));
        if let Some((began, seen)) = latest.flatten() {
            seen.update(|seen| write(began, seen));
        }
    }
}

impl Report {
    /// On how many links the fault acted, or that it failed.
    pub fn done(&self, done: Result<usize, ()>) {
        self.seen.update(|seen| seen.done = Some(done));
    }
}

/// What happened, in a few words.
impl Seen {
    pub fn text(&self, fault: Fault, is_on: bool) -> String {
        let parts = [
            self.act(fault, is_on),
            self.link(fault, is_on),
            self.answers(fault, is_on),
            self.tokens(fault),
            self.changes(),
        ];
        parts.into_iter().flatten().collect::<Vec<_>>().join(" · ")
    }

    /// What the proxy or the server did.
    fn act(&self, fault: Fault, is_on: bool) -> Option<String> {
        let links = match self.done? {
            Err(()) => return Some("This did not work".to_owned()),
            Ok(1) => "1 link".to_owned(),
            Ok(links) => format!("{links} links"),
        };
        Some(match (fault, is_on) {
            (Fault::Cut, _) => format!("{links} reset"),
            (Fault::HalfOpen, _) => format!("{links} silenced"),
            (Fault::Slow, true) => format!("{links} slowed down"),
            (Fault::Slow, false) => format!("{links} at full speed"),
            (Fault::Offline, true) => format!("{links} silenced, though the browser still says that it is online"),
            (Fault::Offline, false) => "New links pass".to_owned(),
            (Fault::WrongAnswers, _) => format!("{WRONG_ANSWERS} wrong messages on {links}"),
            (Fault::ExpireTokens, _) => "The server takes no token from before".to_owned(),
            (Fault::Restart, _) => "Another process answers".to_owned(),
        })
    }

    fn link(&self, fault: Fault, is_on: bool) -> Option<String> {
        let lost = match self.lost_after {
            Some(after) if after < Duration::from_millis(500) => "link lost at once".to_owned(),
            Some(after) => format!("link lost after {}", seconds(after)),
            None if self.gap.is_some() => "link lost before".to_owned(),
            None => {
                let is_awaited = fault.ends_link() && is_on && self.is_latest && self.done.is_some();
                return is_awaited.then(|| "the page has not noticed yet".to_owned());
            }
        };
        Some(match self.gap {
            Some(gap) => format!("{lost}, back after {}", seconds(gap)),
            None if self.is_latest => format!("{lost}, not back yet"),
            None => lost,
        })
    }

    fn answers(&self, fault: Fault, is_on: bool) -> Option<String> {
        if !self.odd.is_empty() {
            return Some(format!("noticed and ignored: {}", self.odd.join(", ")));
        }
        let latency = self.latency.filter(|_| fault == Fault::Slow && is_on)?;
        Some(format!("a ping took {}", seconds(latency)))
    }

    fn tokens(&self, fault: Fault) -> Option<String> {
        if self.new_tokens > 0 {
            return Some("a call was refused, and sent again with a new token".to_owned());
        }
        let is_awaited = fault == Fault::ExpireTokens && self.is_latest && matches!(self.done, Some(Ok(_)));
        is_awaited.then(|| "no call was refused yet".to_owned())
    }

    fn changes(&self) -> Option<String> {
        let changes = |count| if count == 1 { "1 change".to_owned() } else { format!("{count} changes") };
        let mut parts = Vec::new();
        if self.saved > 0 {
            parts.push(format!("{} saved after {}", changes(self.saved), seconds(self.saved_after)));
        }
        if self.failed > 0 {
            parts.push(format!("{} refused", changes(self.failed)));
        }
        if self.waiting > 0 && self.is_latest {
            parts.push(format!("{} under way", changes(self.waiting)));
        }
        (!parts.is_empty()).then(|| parts.join(", "))
    }
}

fn seconds(duration: Duration) -> String {
    format!("{:.1} s", duration.as_secs_f64())
}

/// What is odd, in a few words.
const fn name(notice: &Notice) -> &'static str {
    match notice {
        Notice::Malformed { .. } => "no JSON object",
        Notice::Binary { .. } => "a binary frame",
        Notice::Unawaited { .. } => "an answer to no call",
        Notice::UnreadablePush { .. } => "an unreadable push",
        _ => "something odd",
    }
}
