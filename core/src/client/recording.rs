//! A client that is recorded.

use std::collections::VecDeque;

use uuid::Uuid;

use super::sending::{Departing, Encoded, PINGS};
use super::{Client, Event};
use crate::calls::Calls;
use crate::event::{CallId, Input};
use crate::record::{
    Happened, KeptReply, Op, Recorder, SavedConfig, SavedDeparting, Snapshot, Submitted, Tape, Text, Trace, TraceError,
};
use crate::time::Instant;

/// The flight recorder.
impl Client {
    /// Records from now on what happens to this client, in bounded memory: see [`record`](crate::record).
    ///
    /// A recording that runs begins anew.
    pub fn record(&mut self, now: Instant, recorder: Recorder) {
        self.tape = Tape::new(self, now, recorder).map(Box::new);
    }

    /// What was recorded; `None` if nothing is recorded.
    ///
    /// ```
    /// use leptos_socket_core::record::{Recorder, Step, replay};
    /// use leptos_socket_core::{Client, Headers, Instant, Message, SocketConfig};
    /// use std::time::Duration;
    ///
    /// let (now, mut client) = (Instant::ZERO, Client::new(SocketConfig::default(), 42));
    /// client.record(now, Recorder::new(Duration::from_secs(60)));
    /// client.call(now, &Message::new("logIn", "s3cret").header("token", "XYZ"))?;
    ///
    /// let json = client.trace().map(|trace| trace.to_string()).unwrap_or_default();
    /// assert!(!json.contains("s3cret") && !json.contains("XYZ"));
    /// assert!(replay(&json)?.all(|step| step.is_same()));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn trace(&self) -> Option<Trace> {
        self.tape.as_ref().map(|tape| tape.trace(&self.events))
    }

    /// Records no more, and forgets what was recorded. Returns it.
    pub fn stop_recording(&mut self) -> Option<Trace> {
        let trace = self.trace();
        self.tape = None;
        trace
    }

    pub(super) fn write_down(&mut self, now: Instant, op: &Op<'_>) {
        if let Some(mut tape) = self.tape.take()
            && tape.begin(self, now, op)
        {
            self.tape = Some(tape);
        }
    }

    /// The time for what happens to no particular time.
    pub(super) fn recorded_last(&self) -> Instant {
        self.tape.as_ref().map_or(Instant::ZERO, |tape| tape.now())
    }

    fn keeps_payloads(&self) -> bool {
        self.tape.as_ref().is_some_and(|tape| tape.keeps_payloads())
    }

    pub(super) fn happened(&self, input: &Input) -> Happened {
        Happened::new(input, self.keeps_payloads())
    }

    pub(super) fn submitted<'a>(&self, message: &Encoded<'a>, wants_reply: bool) -> Submitted<'a> {
        let payload = Text::of(message.payload, self.keeps_payloads());
        Submitted::new(message.route, payload, message.status, message.options, wants_reply)
    }

    /// The call that has this uuid, or had it.
    pub(crate) fn call_with_uuid(&self, uuid: &str) -> Option<CallId> {
        let number = self.uuids.number(Uuid::parse_str(uuid).ok()?)?;
        (number < PINGS).then(|| CallId::from_number(number))
    }

    pub(crate) const fn waiting_events(&self) -> &VecDeque<Event> {
        &self.events
    }
}

/// Its state.
impl Client {
    pub(crate) fn snapshot(&self) -> Snapshot {
        let departing = |departing: &Departing| SavedDeparting {
            id: departing.id,
            draft_len: departing.draft_len,
            refused: departing.refused.as_deref().map(KeptReply::of),
            was_sent: departing.was_sent,
        };
        Snapshot {
            config: SavedConfig::of(&self.config),
            uuids: self.uuids.clone(),
            connection: self.connection.clone(),
            credentials: self.credentials.save(),
            calls: self.calls.save(),
            departing: self.departing.as_ref().map(departing),
            shown: self.shown,
            is_final: self.is_final,
            pings: self.pings,
            notices: self.notices.map(|count| u32::try_from(count).unwrap_or(u32::MAX)),
        }
    }

    /// A client in the same state, with fillers for secrets, and without the events that wait to be polled.
    pub(crate) fn restore(saved: Snapshot) -> Result<Self, TraceError> {
        let departing = |departing: SavedDeparting| Departing {
            id: departing.id,
            draft_len: departing.draft_len,
            refused: departing.refused.map(|reply| Box::new(reply.into_reply())),
            was_sent: departing.was_sent,
        };
        Ok(Self {
            config: saved.config.into_config()?,
            uuids: saved.uuids,
            connection: saved.connection,
            credentials: saved.credentials.restore(),
            calls: Calls::restore(saved.calls).ok_or(TraceError::Impossible("its calls contradict each other"))?,
            departing: saved.departing.map(departing),
            events: VecDeque::new(),
            shown: saved.shown,
            is_final: saved.is_final,
            pings: saved.pings,
            notices: saved.notices.map(u64::from),
            tape: None,
        })
    }
}
