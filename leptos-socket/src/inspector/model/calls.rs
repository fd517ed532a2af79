//! The life of each call: queued, sent, over.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use leptos_socket_core::Instant;
use uuid::Uuid;

/// A call, or a message without a reply.
#[derive(Clone, Debug)]
pub(crate) struct CallLife {
    /// In the order in which they were made.
    pub(crate) number: u64,
    pub(crate) uuid: Uuid,
    pub(crate) route: String,
    pub(crate) wants_reply: bool,
    pub(crate) queued_at: Instant,
    /// `None`: as long as it takes.
    pub(crate) deadline: Option<Instant>,
    /// When it was handed to a link first and last, and how often.
    pub(crate) sent: Option<Sent>,
    pub(crate) end: Option<End>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Sent {
    pub(crate) first: Instant,
    pub(crate) last: Instant,
    pub(crate) times: u32,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct End {
    pub(crate) at: Instant,
    pub(crate) how: Ending,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// With the status, if the server sent one.
    Replied(Option<u16>),
    /// A message without a reply has left.
    Left,
    Failed(String),
    Cancelled,
}

impl Ending {
    pub(crate) fn is_success(&self) -> bool {
        match self {
            Self::Replied(status) => status.is_none_or(|status| (200..300).contains(&status)),
            Self::Left => true,
            Self::Failed(_) | Self::Cancelled => false,
        }
    }

    pub(crate) fn text(&self) -> String {
        match self {
            Self::Replied(Some(status)) => status.to_string(),
            Self::Replied(None) => "replied".to_owned(),
            Self::Left => "sent".to_owned(),
            Self::Failed(why) => why.clone(),
            Self::Cancelled => "cancelled".to_owned(),
        }
    }
}

impl CallLife {
    /// From the call to its end, or until now.
    pub(crate) fn took(&self, now: Instant) -> Duration {
        self.end.as_ref().map_or(now, |end| end.at) - self.queued_at
    }

    /// How long it waited to leave.
    pub(crate) fn waited(&self, now: Instant) -> Duration {
        let until = self.sent.map(|sent| sent.first).or_else(|| self.end.as_ref().map(|end| end.at));
        until.unwrap_or(now) - self.queued_at
    }

    /// From 0 to 1: how much of the time that it has is over.
    pub(crate) fn spent(&self, now: Instant) -> Option<f64> {
        let all = (self.deadline? - self.queued_at).as_secs_f64();
        Some(if all > 0.0 { (self.took(now).as_secs_f64() / all).min(1.0) } else { 1.0 })
    }
}

#[derive(Debug, Default)]
pub(crate) struct Calls {
    open: HashMap<Uuid, CallLife>,
    ended: VecDeque<CallLife>,
    made: u64,
}

/// How many of those that are under way are kept. The rest is only counted by the socket.
const MOST_OPEN: usize = 2_000;
const MOST_ENDED: usize = 300;

impl Calls {
    pub(super) fn add(&mut self, mut life: CallLife) {
        if self.open.len() < MOST_OPEN {
            self.made += 1;
            life.number = self.made;
            self.open.insert(life.uuid, life);
        }
    }

    pub(super) fn note_sent(&mut self, uuid: Uuid, now: Instant) {
        if let Some(life) = self.open.get_mut(&uuid) {
            let first = life.sent.map_or(now, |sent| sent.first);
            let times = life.sent.map_or(0, |sent| sent.times) + 1;
            life.sent = Some(Sent { first, last: now, times });
        }
    }

    /// Returns the time from when it left to its end.
    pub(super) fn end(&mut self, uuid: Uuid, now: Instant, how: Ending) -> Option<Duration> {
        let mut life = self.open.remove(&uuid)?;
        life.end = Some(End { at: now, how });
        let took = life.sent.map(|sent| now - sent.last);
        if self.ended.len() == MOST_ENDED {
            self.ended.pop_front();
        }
        self.ended.push_back(life);
        took
    }

    pub(crate) fn get(&self, uuid: Uuid) -> Option<&CallLife> {
        self.open.get(&uuid).or_else(|| self.ended.iter().rev().find(|life| life.uuid == uuid))
    }

    /// Those under way, the oldest first.
    pub(crate) fn open(&self) -> Vec<&CallLife> {
        let mut open: Vec<_> = self.open.values().collect();
        open.sort_unstable_by_key(|life| life.number);
        open
    }

    /// Those that are over, the latest first.
    pub(crate) fn ended(&self) -> impl ExactSizeIterator<Item = &CallLife> {
        self.ended.iter().rev()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT: fn(u64) -> Instant = Instant::from_millis;

    fn call(uuid: u128, queued_at: Instant) -> CallLife {
        CallLife {
            number: 0,
            uuid: Uuid::from_u128(uuid),
            route: "add".to_owned(),
            wants_reply: true,
            queued_at,
            deadline: Some(queued_at + Duration::from_secs(2)),
            sent: None,
            end: None,
        }
    }

    #[test]
    fn a_call_waits_is_sent_and_is_over() {
        let mut calls = Calls::default();
        let uuid = Uuid::from_u128(7);
        calls.add(call(7, AT(100)));
        let waiting = calls.open()[0];
        assert_eq!((waiting.waited(AT(600)), waiting.spent(AT(600))), (Duration::from_millis(500), Some(0.25)));
        calls.note_sent(uuid, AT(700));
        calls.note_sent(uuid, AT(900));
        assert_eq!(calls.end(uuid, AT(1_000), Ending::Replied(Some(200))), Some(Duration::from_millis(100)));
        let life = calls.get(uuid).unwrap();
        assert_eq!(life.sent, Some(Sent { first: AT(700), last: AT(900), times: 2 }));
        let (waited, took) = (life.waited(AT(9_000)), life.took(AT(9_000)));
        assert_eq!((waited, took), (Duration::from_millis(600), Duration::from_millis(900)));
        assert!(calls.open().is_empty());
        // It is over once.
        assert_eq!(calls.end(uuid, AT(2_000), Ending::Cancelled), None);
        assert_eq!(calls.ended().len(), 1);
    }

    #[test]
    fn few_are_kept_however_many_there_are() {
        let mut calls = Calls::default();
        for uuid in 0..10_000 {
            calls.add(call(uuid, AT(1)));
        }
        assert_eq!(calls.open().len(), MOST_OPEN);
        for uuid in 0..10_000 {
            calls.end(Uuid::from_u128(uuid), AT(2), Ending::Cancelled);
        }
        assert_eq!((calls.open().len(), calls.ended().len()), (0, MOST_ENDED));
        assert_eq!(calls.ended().next().unwrap().number, MOST_OPEN as u64);
    }
}
