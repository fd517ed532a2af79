//! What ends, and messages in: each call is settled exactly once.

use std::time::Duration;

use uuid::Uuid;

use super::Client;
use crate::calls::{Call, Wants};
use crate::close::CloseReason;
use crate::error::{CallError, DecodeError, NotSent, OutcomeUnknown, Replied};
use crate::event::{CallId, Event};
use crate::inbound::Frame;
use crate::message::Incoming;
use crate::notice::Notice;
use crate::state::State;
use crate::time::Instant;

/// Ends.
impl Client {
    pub(super) fn default_timeout(&self) -> Option<Duration> {
        self.config.que_manager().then_some(self.config.request_timeout())
    }

    /// Ends all that is overdue.
    pub(super) fn expire(&mut self, now: Instant) {
        while let Some((_, id)) = self.calls.next_deadline().filter(|(deadline, _)| *deadline <= now) {
            self.end(id, |call| {
                let waited = now - call.since;
                match call.was_sent() {
                    true => OutcomeUnknown::TimedOut { waited }.into(),
                    false => NotSent::TimedOut { waited }.into(),
                }
            });
        }
        // They may have been in the way of others.
        self.flush();
    }

    /// The link is gone: what was idempotent goes back to its place in the queue, whatever the bounds; the rest ends.
    pub(super) fn give_back_in_flight(&mut self, why: &OutcomeUnknown) {
        for id in self.calls.all_in_flight() {
            if self.calls.get(id).is_some_and(|call| call.draft.is_some()) {
                self.send_again(id);
            } else {
                self.end(id, |_| why.clone().into());
            }
        }
    }

    /// The socket is closed: everything ends.
    pub(super) fn settle_all(&mut self, reason: CloseReason) {
        self.give_back_in_flight(&OutcomeUnknown::Closed);
        self.stop_refreshing();
        while let Some(((_, id), _)) = self.outbox.first() {
            self.end(id, |call| match call.was_sent() {
                true => OutcomeUnknown::Closed.into(),
                false => NotSent::Closed(reason).into(),
            });
        }
    }

    /// Takes a message out, wherever it is.
    pub(super) fn forget(&mut self, id: CallId) -> Option<Call> {
        let call = self.calls.remove(id)?;
        self.outbox.remove((call.priority, id));
        Some(call)
    }

    pub(super) fn end(&mut self, id: CallId, why: impl FnOnce(&Call) -> CallError) {
        let Some(mut call) = self.forget(id) else { return };
        if let Some(reply) = call.unauthorized.take() {
            self.events.push_back(Event::Settled { call: id, outcome: Ok(*reply) });
            return;
        }
        self.events.push_back(match why(&call) {
            CallError::NotSent(error) if call.was_sent() => {
                Event::Settled { call: id, outcome: Err(OutcomeUnknown::NotSentAgain(error).into()) }
            }
            CallError::NotSent(_) if call.wants == Wants::NoWord => return,
            CallError::NotSent(error) if call.wants != Wants::Reply => Event::Unsent { message: id, error },
            error @ (CallError::NotSent(_) | CallError::OutcomeUnknown(_) | CallError::Replied(_)) => {
                Event::Settled { call: id, outcome: Err(error) }
            }
        });
    }
}

/// In.
impl Client {
    pub(super) fn on_binary(&mut self, now: Instant, size: usize) {
        if !matches!(self.state, State::Open(_)) {
            return;
        }
        self.on_life(now);
        self.notice(Notice::Binary { size });
    }

    pub(super) fn on_text(&mut self, now: Instant, text: &str) {
        if !matches!(self.state, State::Open(_)) {
            return;
        }
        self.on_life(now);
        let (size, limit) = (text.len(), self.config.max_message_size());
        if size > limit {
            self.notice(Notice::TooLarge { size, limit });
        }
        match Frame::read(text, limit) {
            Ok(frame) => self.on_frame(now, frame, size),
            Err(error) => self.notice(Notice::Malformed { size, error: error.to_string() }),
        }
    }

    /// Any frame proves life.
    fn on_life(&mut self, now: Instant) {
        if let State::Open(open) = &mut self.state {
            open.proven = true;
            open.heartbeat.on_frame(now);
            self.note_state();
        }
    }

    fn on_frame(&mut self, now: Instant, frame: Frame, size: usize) {
        for &field in &frame.odd_fields {
            self.notice(Notice::OddField { field });
        }
        let own = frame.answers().find_map(|uuid| Some((CallId(self.uuids.number(uuid)?), uuid)));
        match own {
            Some((id, uuid)) if self.calls.awaits(id, uuid) => self.on_reply(now, id, uuid, frame, size),
            Some((_, uuid)) if self.awaits_pong(uuid) || frame.is_pong() => self.on_pong(now, Some(uuid)),
            Some((_, uuid)) => self.notice(Notice::Unawaited { uuid }),
            None if frame.is_pong() => self.on_pong(now, None),
            // Its payload was left behind, and the notice is out.
            None if size > self.config.max_message_size() => {}
            None => self.events.push_back(Event::Push(frame.message)),
        }
    }

    fn on_reply(&mut self, now: Instant, id: CallId, uuid: Uuid, frame: Frame, size: usize) {
        let limit = self.config.max_message_size();
        let outcome = if size > limit {
            Err(Replied::TooLarge { size, limit }.into())
        } else if frame.has_odd_status() {
            Err(Replied::NoStatus.into())
        } else {
            match self.on_unauthorized(now, id, unswapped(frame.message, uuid)) {
                Some(reply) => Ok(reply),
                None => return,
            }
        };
        self.calls.remove(id);
        self.events.push_back(Event::Settled { call: id, outcome });
    }

    fn awaits_pong(&self, uuid: Uuid) -> bool {
        matches!(&self.state, State::Open(open) if open.heartbeat.awaits(uuid))
    }

    fn on_pong(&mut self, now: Instant, answers: Option<Uuid>) {
        if let State::Open(open) = &mut self.state {
            open.latency = open.heartbeat.on_pong(now, answers).or(open.latency);
        }
    }

    /// A push is not of the type that the app takes it for: a [`Notice::UnreadablePush`]. Only the app knows the types.
    ///
    /// ```
    /// use leptos_socket_core::{Client, Event, Payload, SocketConfig};
    /// # use leptos_socket_core::DecodeError;
    ///
    /// let mut client = Client::new(SocketConfig::default(), 42);
    /// let payload = Payload::encode("n/a")?; // of a push on the route "price"
    /// if let Err(error) = payload.decode::<f64>() {
    ///     client.report_unreadable_push("price", error);
    /// }
    /// assert!(matches!(client.poll_event(), Some(Event::Notice { count: 1, .. })));
    /// # Ok::<(), DecodeError>(())
    /// ```
    pub fn report_unreadable_push(&mut self, route: &str, error: DecodeError) {
        let route = route.chars().take(LONGEST_ROUTE).collect();
        self.notice(Notice::UnreadablePush { route, error });
    }

    fn notice(&mut self, notice: Notice) {
        let count = &mut self.notices[notice.kind()];
        *count += 1;
        self.events.push_back(Event::Notice { notice, count: *count });
    }
}

/// Puts right what `django-channels-router` swaps in some failures.
fn unswapped(mut message: Incoming, uuid: Uuid) -> Incoming {
    let names_uuid = |text: &Option<String>| text.as_deref().and_then(|text| Uuid::parse_str(text).ok()) == Some(uuid);
    if !names_uuid(&message.uuid) {
        std::mem::swap(&mut message.uuid, &mut message.route);
    }
    message
}

/// How many characters of a route that a server names a notice repeats.
const LONGEST_ROUTE: usize = 200;
