//! What comes out of a client, and its digest.
//!
//! A trace holds a digest of what each operation brought, so that a replay can tell where it first differs. It is made of names in the
//! code, numbers and lengths, and never of texts for people, which may be reworded.

use std::fmt::{self, Write};

use crate::error::{CallError, NotSent, Replied};
use crate::event::{CallId, Event, Transmit};
use crate::incoming::Incoming;
use crate::notice::Notice;

/// What an operation of a trace brought.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Output {
    /// What the client told its driver to do.
    Transmit(Transmit),
    /// What the client told the app.
    Event(Event),
    /// What the app got for a message that it submitted.
    Submitted(Result<CallId, NotSent>),
    /// What the app got for a call that it cancelled: what is certain of it, or `None` if it was over.
    Cancelled(Option<CallError>),
}

/// FNV-1a, once for what a method returned and once for the events.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Digest {
    returned: Fnv,
    events: Fnv,
}

impl Default for Digest {
    fn default() -> Self {
        Self { returned: Fnv::START, events: Fnv::START }
    }
}

impl Digest {
    pub(crate) fn transmit(&mut self, transmit: Option<&Transmit>) {
        let Some(transmit) = transmit else { return };
        let to = &mut self.returned;
        to.add(format_args!("{transmit:?};"));
        if let Transmit::Send { message, .. } = transmit {
            to.add(format_args!("{message:?};"));
        }
    }

    pub(crate) fn submitted(&mut self, submitted: &Result<CallId, NotSent>) {
        self.returned.add(format_args!("{submitted:?};"));
    }

    pub(crate) fn cancelled(&mut self, cancelled: Option<&CallError>) {
        match cancelled {
            None => self.returned.add(format_args!("over;")),
            Some(error) => self.returned.error(error),
        }
    }

    pub(crate) fn event(&mut self, event: &Event) {
        let to = &mut self.events;
        match event {
            Event::Settled { call, outcome } => {
                to.add(format_args!("settled {call};"));
                to.outcome(outcome);
            }
            Event::LateReply { call, outcome } => {
                to.add(format_args!("late {call};"));
                to.outcome(outcome);
            }
            Event::Push(push) => to.incoming(push),
            Event::Notice { notice: Notice::UnreadablePush { route, .. }, count } => {
                to.add(format_args!("unreadable {route:?} {count};"));
            }
            Event::StateChanged(_)
            | Event::Unanswered { .. }
            | Event::Gap { .. }
            | Event::Sent { .. }
            | Event::Unsent { .. }
            | Event::Notice { .. } => to.add(format_args!("{event:?};")),
        }
    }

    pub(super) fn output(&mut self, output: &Output) {
        match output {
            Output::Transmit(transmit) => self.transmit(Some(transmit)),
            Output::Event(event) => self.event(event),
            Output::Submitted(submitted) => self.submitted(submitted),
            Output::Cancelled(cancelled) => self.cancelled(cancelled.as_ref()),
        }
    }

    pub(crate) const fn finish(self) -> u32 {
        let both = self.returned.0 ^ self.events.0.rotate_left(32);
        (both ^ (both >> 32)) as u32
    }
}

#[derive(Clone, Copy, Debug)]
struct Fnv(u64);

impl Fnv {
    const START: Self = Self(0xcbf2_9ce4_8422_2325);

    fn add(&mut self, what: fmt::Arguments<'_>) {
        // It takes any text.
        let _ = self.write_fmt(what);
    }

    fn outcome(&mut self, outcome: &Result<Incoming, CallError>) {
        match outcome {
            Ok(reply) => self.incoming(reply),
            Err(error) => self.error(error),
        }
    }

    fn error(&mut self, error: &CallError) {
        match error {
            CallError::Replied(Replied::Status(reply) | Replied::Undecodable { reply, .. }) => self.incoming(reply),
            CallError::NotSent(_)
            | CallError::OutcomeUnknown(_)
            | CallError::Replied(Replied::TooLarge { .. } | Replied::NoStatus) => {
                self.add(format_args!("{error:?};"));
            }
        }
    }

    fn incoming(&mut self, message: &Incoming) {
        let (uuid, route, status) = (message.uuid(), message.route(), message.status());
        let (headers, payload) = (message.headers.is_some(), message.payload().as_str().len());
        self.add(format_args!("{uuid:?} {route:?} {status:?} {headers} {payload};"));
    }
}

impl Write for Fnv {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for byte in text.bytes() {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
        Ok(())
    }
}
