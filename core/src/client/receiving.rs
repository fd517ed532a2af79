//! Messages in: replies to their calls, pongs to the heartbeat, pushes to the app.

use std::time::Duration;

use uuid::Uuid;

use super::Client;
use crate::calls::{Call, OnUnauthorized, Stage};
use crate::close::{AfterClose, CloseCode};
use crate::error::{CallError, DecodeError, NotSent, OutcomeUnknown, Replied};
use crate::event::{CallId, Event};
use crate::inbound::{Frame, names_uuid};
use crate::incoming::Incoming;
use crate::notice::Notice;
use crate::status::StatusCode;
use crate::time::Instant;

/// How long a refresh may take if calls have no deadline.
const REFRESH_TIMEOUT: Duration = Duration::from_secs(30);

/// How many characters of a route that a server names a notice repeats.
const LONGEST_ROUTE: usize = 200;

/// Frames.
impl Client {
    pub(super) fn on_binary(&mut self, now: Instant, size: usize) {
        if self.connection.open().is_some() {
            self.connection.on_frame(now);
            self.notice(Notice::Binary { size });
        }
    }

    pub(super) fn on_text(&mut self, now: Instant, text: String) {
        if self.connection.open().is_none() {
            return;
        }
        self.connection.on_frame(now);
        let (size, limit) = (text.len(), self.config.max_message_size());
        if size > limit {
            self.notice(Notice::TooLarge { size, limit });
        }
        match Frame::read(text) {
            Ok(frame) => self.on_frame(now, frame, size),
            Err(error) => self.notice(Notice::Malformed { size, expected: error.expected, at: error.at }),
        }
    }

    fn on_frame(&mut self, now: Instant, frame: Frame, size: usize) {
        for &field in &frame.odd_fields {
            self.notice(Notice::OddField { field });
        }
        let own = frame.answers().find_map(|uuid| Some((CallId::from_number(self.uuids.number(uuid)?), uuid)));
        let stage = own.and_then(|(id, _)| self.calls.get(id)).map(|call| &call.stage);
        match (own, stage) {
            (Some((id, uuid)), Some(&Stage::InFlight { order, .. })) => {
                self.note_answered(order);
                self.on_reply(now, id, uuid, frame, size);
            }
            (Some((call, uuid)), Some(&Stage::Abandoned { order })) => {
                self.calls.remove(call);
                self.note_answered(order);
                self.notice(Notice::Unawaited { uuid });
                let outcome = self.read_reply(frame, uuid, size).map_err(CallError::from);
                self.events.push_back(Event::LateReply { call, outcome });
            }
            (Some((_, uuid)), _) if self.awaits_pong(uuid) || frame.is_pong() => self.on_pong(now, Some(uuid)),
            (Some((_, uuid)), _) => self.notice(Notice::Unawaited { uuid }),
            (None, _) if frame.is_pong() => self.on_pong(now, None),
            // The notice says so.
            (None, _) if size > self.config.max_message_size() => {}
            (None, _) => self.events.push_back(Event::Push(frame.message)),
        }
    }

    fn on_reply(&mut self, now: Instant, id: CallId, uuid: Uuid, frame: Frame, size: usize) {
        let outcome = match self.read_reply(frame, uuid, size) {
            Ok(reply) => match self.on_unauthorized(now, id, reply) {
                Some(reply) => Ok(reply),
                None => return,
            },
            Err(error) => Err(error.into()),
        };
        if let Ok(reply) = &outcome {
            self.judge_token(now, id, reply.status());
        }
        self.calls.remove(id);
        self.events.push_back(Event::Settled { call: id, outcome });
    }

    fn read_reply(&self, frame: Frame, uuid: Uuid, size: usize) -> Result<Incoming, Replied> {
        let limit = self.config.max_message_size();
        if size > limit {
            Err(Replied::TooLarge { size, limit })
        } else if frame.has_odd_status() {
            Err(Replied::NoStatus)
        } else {
            Ok(unswapped(frame.message, uuid))
        }
    }

    /// The servers answer in order: what left before this is not owed any more either.
    fn note_answered(&mut self, order: u64) {
        while let Some(id) = self.connection.open_mut().and_then(|open| open.liveness.next_answered(order)) {
            if self.calls.get(id).is_some_and(|call| call.is_over()) {
                self.calls.remove(id);
                self.events.push_back(Event::Unanswered { call: id });
            }
        }
    }

    fn awaits_pong(&self, uuid: Uuid) -> bool {
        self.connection.open().is_some_and(|open| open.liveness.awaits_pong(uuid))
    }

    fn on_pong(&mut self, now: Instant, answers: Option<Uuid>) {
        let order = self.connection.open_mut().and_then(|open| open.liveness.on_pong(now, answers));
        if let Some(order) = order {
            self.note_answered(order);
        }
    }

    /// Reports that a push could not be decoded into the app's type, which becomes a [`Notice::UnreadablePush`]. Only
    /// the app knows the types.
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
        record!(self, self.recorded_last(), Op::unreadable_push(route, &error));
        let route = route.chars().take(LONGEST_ROUTE).collect();
        self.notice(Notice::UnreadablePush { route, error });
    }
}

/// Tokens.
impl Client {
    /// If the reply is a 401 and a new token may help, the call waits for that or is sent again. Otherwise hands the reply
    /// back.
    fn on_unauthorized(&mut self, now: Instant, id: CallId, reply: Incoming) -> Option<Incoming> {
        let wants_token = reply.status() == Some(StatusCode::UNAUTHORIZED) && self.credentials.can_refresh();
        let retries = |call: &&mut Call| wants_token && call.on_unauthorized == OnUnauthorized::Retry;
        let Some(call) = self.calls.get_mut(id).filter(retries) else { return Some(reply) };
        // One that left before the token changed says nothing about the present one.
        let is_stale = call.epoch < self.credentials.epoch();
        let waits = !is_stale && self.credentials.want_refresh(now, self.refresh_timeout());
        let Some(call) = self.calls.get_mut(id).filter(|_| is_stale || waits) else { return Some(reply) };
        let Stage::InFlight { draft, .. } = &mut call.stage else { return Some(reply) };
        let Some(draft) = draft.take() else { return Some(reply) };
        call.on_unauthorized = OnUnauthorized::SettleAfterRetry;
        let reply = Box::new(reply);
        let stage = match waits {
            true => Stage::AwaitsToken { draft, reply },
            false => Stage::Queued { draft, refused: Some(reply) },
        };
        self.calls.enter(id, stage);
        None
    }

    /// What an answer says about the present token.
    fn judge_token(&mut self, now: Instant, id: CallId, status: Option<StatusCode>) {
        let is_current = |call: &&Call| !call.is_anonymous && call.epoch == self.credentials.epoch();
        let Some(call) = self.calls.get(id).filter(is_current) else { return };
        match (status, call.on_unauthorized) {
            (Some(StatusCode::UNAUTHORIZED), OnUnauthorized::SettleAfterRetry) => {
                self.credentials.on_refused_again(now, self.config.refresh_cooldown());
            }
            (Some(StatusCode::UNAUTHORIZED), _) => {}
            _ => self.credentials.on_accepted(),
        }
    }

    /// A link is gone, or one did not open.
    pub(super) fn on_closed(&mut self, now: Instant, code: CloseCode) {
        let timeout = self.refresh_timeout();
        if let Some(open) = self.connection.open().filter(|open| open.proven) {
            self.credentials.on_link_lasted(now, open.since, self.config.min_uptime());
        }
        if self.config.close_rules().after(code) == AfterClose::Refresh {
            self.credentials.want_refresh(now, timeout);
        }
        self.connection.on_closed(now, code, self.credentials.refreshes_until(), &self.config);
        if self.connection.may_be_unauthorized() {
            self.credentials.want_refresh(now, timeout);
        }
    }

    /// A refresh is over, with a new token or without.
    pub(super) fn after_refresh(&mut self, now: Instant, is_new: bool) {
        for id in self.calls.all(|call| matches!(call.stage, Stage::AwaitsToken { .. })) {
            if !is_new || !self.calls.requeue(id) {
                self.end(id, NotSent::Cancelled, OutcomeUnknown::Cancelled);
            }
        }
        if is_new {
            self.connection.on_refreshed(now, &self.config);
        } else {
            self.connection.on_refresh_failed(now);
        }
    }

    pub(super) fn refresh_timeout(&self) -> Duration {
        self.config.request_timeout().unwrap_or(REFRESH_TIMEOUT)
    }
}

/// Puts right what `django-channels-router` swaps in some failures.
fn unswapped(mut message: Incoming, uuid: Uuid) -> Incoming {
    if !names_uuid(message.uuid(), uuid) {
        std::mem::swap(&mut message.uuid, &mut message.route);
    }
    message
}
