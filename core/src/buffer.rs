//! What waits in the browser to leave. It takes whatever it is given, so the bound is kept here.
//!
//! What was handed over is added up. Only when that exceeds `high_water_mark` the browser is asked how much of it still waits,
//! and then again and again: it has no event for that.

use std::time::Duration;

use crate::time::Instant;

/// How often a browser that has no room is asked: a link of 1 Gbit/s has sent 2 MB by then.
const ASK_AGAIN: Duration = Duration::from_millis(20);

/// The bytes of one link.
#[derive(Debug, Default)]
pub(crate) struct Buffer {
    /// At most so many bytes wait.
    bytes: usize,
    /// What was handed over since the browser was asked, and may not be in its answer.
    since_asked: usize,
    asked: Asked,
}

#[derive(Clone, Copy, Debug, Default)]
enum Asked {
    #[default]
    No,
    /// The answer is awaited.
    Now,
    /// There was no room.
    At(Instant),
}

impl Buffer {
    /// Whether a frame of `size` bytes may follow. Into an empty buffer goes one of any size.
    pub(crate) const fn has_room(&self, size: usize, high_water_mark: usize) -> bool {
        self.bytes == 0 || self.bytes.saturating_add(size) <= high_water_mark
    }

    /// Whether it is known that something waits for room.
    pub(crate) const fn is_full(&self) -> bool {
        matches!(self.asked, Asked::Now | Asked::At(_))
    }

    pub(crate) const fn add(&mut self, size: usize) {
        self.bytes = self.bytes.saturating_add(size);
        self.since_asked = self.since_asked.saturating_add(size);
    }

    /// Something wants room. Returns whether the browser is to be asked now.
    pub(crate) const fn want_room(&mut self) -> bool {
        let ask = !self.is_full();
        if ask {
            self.ask();
        }
        ask
    }

    /// The browser is asked.
    pub(crate) const fn ask(&mut self) {
        self.since_asked = 0;
        self.asked = Asked::Now;
    }

    /// The browser answered.
    pub(crate) const fn measured(&mut self, bytes: usize) {
        self.bytes = bytes.saturating_add(self.since_asked);
        self.asked = Asked::No;
    }

    /// There still is no room.
    pub(crate) fn ask_again(&mut self, now: Instant) {
        self.asked = Asked::At(now + ASK_AGAIN);
    }

    pub(crate) const fn next_ask(&self) -> Option<Instant> {
        match self.asked {
            Asked::At(at) => Some(at),
            Asked::No | Asked::Now => None,
        }
    }
}
