//! What the socket did, and when.

use std::collections::VecDeque;
use std::time::Duration;

use leptos_socket_core::{Instant, SocketState};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    Idle,
    Connecting,
    Open,
    Slow,
    Backoff,
    Closed,
}

impl Phase {
    pub(crate) const ALL: [Self; 6] =
        [Self::Idle, Self::Connecting, Self::Open, Self::Slow, Self::Backoff, Self::Closed];

    pub(crate) const fn of(state: SocketState) -> Self {
        match state {
            SocketState::Connecting { .. } => Self::Connecting,
            SocketState::Open => Self::Open,
            SocketState::Slow => Self::Slow,
            SocketState::Backoff { .. } => Self::Backoff,
            SocketState::Closed(_) => Self::Closed,
            SocketState::Idle | _ => Self::Idle,
        }
    }

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Idle => "idle",
            Self::Connecting => "connecting",
            Self::Open => "open",
            Self::Slow => "slow",
            Self::Backoff => "backoff",
            Self::Closed => "closed",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) phase: Phase,
    pub(crate) from: Instant,
    pub(crate) to: Instant,
}

/// A time without a link, in which pushes may have been missed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Gap {
    pub(crate) from: Instant,
    pub(crate) to: Instant,
}

#[derive(Debug, Default)]
pub(crate) struct Timeline {
    /// Each holds until the next.
    changes: VecDeque<(Instant, Phase)>,
    gaps: VecDeque<Gap>,
}

/// Of changes, and of gaps.
const MOST: usize = 400;

impl Timeline {
    pub(super) fn note(&mut self, now: Instant, phase: Phase) {
        if self.changes.back().is_some_and(|(_, last)| *last == phase) {
            return;
        }
        if self.changes.len() == MOST {
            self.changes.pop_front();
        }
        self.changes.push_back((now, phase));
    }

    pub(super) fn note_gap(&mut self, now: Instant, lasted: Duration) {
        if self.gaps.len() == MOST {
            self.gaps.pop_front();
        }
        let from = Instant::from_origin(now.since_origin().saturating_sub(lasted));
        self.gaps.push_back(Gap { from, to: now });
    }

    #[cfg(test)]
    fn phase(&self) -> Phase {
        self.changes.back().map_or(Phase::Idle, |(_, phase)| *phase)
    }

    /// What happened in this time, without holes, from where it is known.
    pub(crate) fn spans(&self, from: Instant, to: Instant) -> impl Iterator<Item = Span> {
        let ends = self.changes.iter().skip(1).map(|(at, _)| *at).chain([to]);
        let spans = self.changes.iter().zip(ends);
        let spans = spans.map(move |((at, phase), end)| Span { phase: *phase, from: from.max(*at), to: to.min(end) });
        spans.filter(|span| span.from < span.to)
    }

    pub(crate) fn gaps(&self, from: Instant, to: Instant) -> impl Iterator<Item = Gap> {
        let clipped = self.gaps.iter().map(move |gap| Gap { from: from.max(gap.from), to: to.min(gap.to) });
        clipped.filter(|gap| gap.from < gap.to)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT: fn(u64) -> Instant = Instant::from_millis;

    #[test]
    fn spans_have_no_holes_and_end_now() {
        let mut timeline = Timeline::default();
        let mut seed = 7_u64;
        for step in 1..2_000 {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            timeline.note(AT(step * 10), Phase::ALL[(seed >> 33) as usize % 6]);
            let (from, now) = (AT((seed >> 40) % (step * 10)), AT(step * 10 + 5));
            let spans: Vec<_> = timeline.spans(from, now).collect();
            assert_eq!(spans.last().map(|span| (span.to, span.phase)), Some((now, timeline.phase())));
            assert!(spans.windows(2).all(|pair| pair[0].to == pair[1].from && pair[0].phase != pair[1].phase));
            assert!(spans[0].from >= from && spans.len() <= MOST);
        }
    }

    #[test]
    fn a_gap_is_clipped_to_what_is_shown() {
        let mut timeline = Timeline::default();
        timeline.note_gap(AT(5_000), Duration::from_secs(3));
        timeline.note_gap(AT(100), Duration::from_secs(3));
        let gaps: Vec<_> = timeline.gaps(AT(4_000), AT(9_000)).collect();
        assert_eq!(gaps, [Gap { from: AT(4_000), to: AT(5_000) }]);
        assert_eq!(timeline.gaps(Instant::ZERO, AT(9_000)).count(), 2);
    }
}
