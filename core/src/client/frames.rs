//! Messages out and in: each call is settled exactly once.

use std::time::Duration;

use serde::Serialize;
use uuid::Uuid;

use super::Client;
use crate::calls::Call;
use crate::client::CallOptions;
use crate::close::CloseReason;
use crate::error::{CallError, NotSent, OutcomeUnknown, Replied};
use crate::event::{CallId, Event, LinkId, Notice, Transmit};
use crate::inbound::Frame;
use crate::message::{Incoming, Message};
use crate::state::State;
use crate::time::Instant;

/// Out.
impl Client {
    /// Sends or queues a message. Returns its id, and whether it was handed to a link.
    pub(super) fn submit<P: Serialize>(
        &mut self,
        now: Instant,
        message: &Message<P>,
        options: &CallOptions,
        wants_reply: bool,
    ) -> Result<(CallId, bool), NotSent> {
        if let State::Closed { reason, .. } = self.state {
            return Err(NotSent::Closed(reason));
        }
        let (number, uuid) = self.uuids.draw();
        let text = self.encode(message, uuid)?;
        let link = self.state.open_link();
        if link.is_none() {
            let (capacity, bytes) = (self.config.queue_capacity(), self.config.queue_bytes());
            self.outbox.admit(text.len(), capacity, bytes).map_err(NotSent::QueueFull)?;
        }
        let id = CallId(number);
        let timeout = options.timeout.or_else(|| self.default_timeout());
        let deadline = timeout.map(|timeout| now + timeout);
        if wants_reply || link.is_none() {
            self.calls.insert(id, Call::queued(uuid, now, deadline, wants_reply, options.idempotent));
        }
        match link {
            Some(link) => self.hand_over(link, id, text),
            None => self.outbox.push(id, text),
        }
        Ok((id, link.is_some()))
    }

    pub(super) fn hand_over(&mut self, link: LinkId, id: CallId, text: String) {
        self.calls.leave(id, &text);
        self.transmits.push_back(Transmit::Send { link, text });
    }

    fn encode<P: Serialize>(&self, message: &Message<P>, uuid: Uuid) -> Result<String, NotSent> {
        if message.route().is_empty() {
            return Err(NotSent::NoRoute);
        }
        let text = message
            .encode(uuid, self.config.global_headers())
            .map_err(|error| NotSent::Unserialisable(error.to_string()))?;
        let (size, limit) = (text.len(), self.config.max_request_size());
        if size > limit { Err(NotSent::TooLarge { size, limit }) } else { Ok(text) }
    }

    pub(super) fn default_timeout(&self) -> Option<Duration> {
        self.config.que_manager().then_some(self.config.request_timeout())
    }

    /// Ends all that is overdue.
    pub(super) fn expire(&mut self, now: Instant) {
        while let Some((_, id)) = self.calls.next_deadline().filter(|(deadline, _)| *deadline <= now) {
            self.end(id, |call| {
                let waited = now - call.since;
                match call.was_sent {
                    true => OutcomeUnknown::TimedOut { waited }.into(),
                    false => NotSent::TimedOut { waited }.into(),
                }
            });
        }
    }

    /// The link is gone: what was idempotent goes back to its place in the queue, whatever the bounds; the rest ends.
    pub(super) fn give_back_in_flight(&mut self, why: &OutcomeUnknown) {
        for id in self.calls.all_in_flight() {
            match self.calls.return_frame(id) {
                Some(frame) => self.outbox.push(id, frame),
                None => self.end(id, |_| why.clone().into()),
            }
        }
    }

    /// The socket is closed: everything ends.
    pub(super) fn settle_all(&mut self, reason: CloseReason) {
        self.give_back_in_flight(&OutcomeUnknown::Closed);
        while let Some((id, _)) = self.outbox.pop() {
            self.end(id, |call| match call.was_sent {
                true => OutcomeUnknown::Closed.into(),
                false => NotSent::Closed(reason).into(),
            });
        }
    }

    fn end(&mut self, id: CallId, why: impl FnOnce(&Call) -> CallError) {
        self.outbox.remove(id);
        let Some(call) = self.calls.remove(id) else { return };
        self.events.push_back(match why(&call) {
            CallError::NotSent(error) if !call.wants_reply => Event::Unsent { message: id, error },
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
            Some((id, uuid)) if self.calls.awaits(id, uuid) => self.on_reply(id, uuid, frame, size),
            Some((_, uuid)) if self.awaits_pong(uuid) || frame.is_pong() => self.on_pong(now, Some(uuid)),
            Some((_, uuid)) => self.notice(Notice::Unawaited { uuid }),
            None if frame.is_pong() => self.on_pong(now, None),
            // Its payload was left behind, and the notice is out.
            None if size > self.config.max_message_size() => {}
            None => self.events.push_back(Event::Push(frame.message)),
        }
    }

    fn on_reply(&mut self, id: CallId, uuid: Uuid, frame: Frame, size: usize) {
        let limit = self.config.max_message_size();
        let outcome = if size > limit {
            Err(Replied::TooLarge { size, limit }.into())
        } else if frame.has_odd_status() {
            Err(Replied::NoStatus.into())
        } else {
            Ok(unswapped(frame.message, uuid))
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
