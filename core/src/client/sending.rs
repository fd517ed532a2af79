//! Messages out: each leaves once it may, in its order.

use std::time::Duration;

use super::Client;
use uuid::Uuid;

use crate::calls::{Call, OnUnauthorized, Stage};
use crate::close::CloseReason;
use crate::error::{NotSent, OutcomeUnknown, QueueLimit};
use crate::event::{CallId, Event, SocketState, Transmit};
use crate::headers::Headers;
use crate::incoming::Incoming;
use crate::json::push_string;
use crate::message::Message;
use crate::options::CallOptions;
use crate::status::StatusCode;
use crate::time::Instant;

/// How soon a link without room is looked at again: a link of 1 Gbit/s has sent 2 MB by then.
const LOOK_FOR_ROOM: Duration = Duration::from_millis(20);

/// Above the numbers of all calls.
pub(super) const PINGS: u64 = 1 << 61;

/// A message with its payload written.
pub(super) struct Encoded<'a> {
    pub(super) route: &'a str,
    pub(super) status: StatusCode,
    pub(super) payload: &'a str,
    pub(super) options: &'a CallOptions,
}

impl<'a> Encoded<'a> {
    pub(super) fn new<P>(message: &'a Message<P>, payload: &'a str) -> Self {
        Self { route: message.route(), status: message.status(), payload, options: message.options() }
    }
}

/// A message that was polled, and counts as sent unless it comes back.
#[derive(Debug)]
pub(super) struct Departing {
    pub(super) id: CallId,
    /// How much of the frame is the draft.
    pub(super) draft_len: usize,
    /// The 401 that it got before.
    pub(super) refused: Option<Box<Incoming>>,
    pub(super) was_sent: bool,
}

/// The frame up to its headers, which are written when it leaves. All five keys that the backends demand are there.
fn draft(uuid: Uuid, route: &str, payload: &str, status: StatusCode) -> String {
    let mut buffer = Uuid::encode_buffer();
    let uuid = uuid.hyphenated().encode_lower(&mut buffer);
    // With room for the rest, so that it is not copied when it leaves.
    let mut draft = String::with_capacity(payload.len() + route.len() + 160);
    for part in [r#"{"uuid":""#, uuid, r#"","route":"#] {
        draft.push_str(part);
    }
    push_string(&mut draft, route);
    for part in [r#","payload":"#, payload, r#","status":"#] {
        draft.push_str(part);
    }
    status.write(&mut draft);
    draft.push_str(r#","headers":"#);
    draft
}

impl Client {
    /// Queues a message: it leaves when the driver polls.
    pub(super) fn submit(&mut self, now: Instant, message: &Encoded<'_>, wants_reply: bool) -> Result<CallId, NotSent> {
        record!(self, now, Op::Submit(self.submitted(message, wants_reply)));
        let submitted = self.accept(now, message, wants_reply);
        digest!(self, submitted, &submitted);
        submitted
    }

    // Without the recorder there is one function, and each byte of a page is as if there were no recorder.
    #[inline(always)]
    fn accept(&mut self, now: Instant, message: &Encoded<'_>, wants_reply: bool) -> Result<CallId, NotSent> {
        let options = message.options;
        if let Some(reason) = self.refuses() {
            return Err(reason);
        }
        if message.route.is_empty() {
            return Err(NotSent::NoRoute);
        }
        if !options.wait_for_link && self.connection.open().is_none() {
            return Err(NotSent::NotConnected);
        }
        let id = self.calls.next_id().ok_or(NotSent::QueueFull(QueueLimit::Messages(CallId::MOST)))?;
        let draft = draft(self.uuid(id), message.route, message.payload, message.status);
        let size = draft.len() + self.headers_json(&options.headers, options.anonymous).len() + 1;
        if let Some(error) = self.too_large(size) {
            return Err(error);
        }
        if options.bounded {
            self.admit(draft.len())?;
        }
        let timeout = options.timeout.or_else(|| self.config.request_timeout());
        let retries_unauthorized = options.retry_unauthorized && wants_reply && !options.anonymous;
        let call = Call {
            since: now,
            deadline: timeout.map_or(Instant::END, |timeout| now + timeout),
            wants_reply,
            priority: options.priority,
            headers: options.headers.clone(),
            is_idempotent: options.idempotent && wants_reply,
            is_anonymous: options.anonymous,
            on_unauthorized: if retries_unauthorized { OnUnauthorized::Retry } else { OnUnauthorized::Settle },
            was_sent: false,
            epoch: 0,
            stage: Stage::Queued { draft, refused: None },
        };
        self.calls.insert(id, call);
        Ok(id)
    }

    fn refuses(&self) -> Option<NotSent> {
        if let SocketState::Closed(reason) = self.shown {
            return Some(NotSent::Closed(reason));
        }
        self.is_final.then_some(NotSent::Closed(CloseReason::Left))
    }

    fn headers_json(&self, own: &Headers, is_anonymous: bool) -> String {
        let mut json = String::new();
        own.write_over(self.credentials.headers_for(is_anonymous), &mut json);
        json
    }

    fn too_large(&self, size: usize) -> Option<NotSent> {
        let limit = self.config.max_request_size();
        (size > limit).then_some(NotSent::TooLarge { size, limit })
    }

    /// The queue is bounded in bytes, and while there is no link in messages too. A message that waits for nobody may wait
    /// for room.
    fn admit(&self, size: usize) -> Result<(), NotSent> {
        let has_link = self.connection.open().is_some();
        if has_link && self.calls.waiting() == 0 {
            return Ok(());
        }
        let capacity = if has_link { usize::MAX } else { self.config.queue_capacity() };
        self.calls.admit(size, capacity, self.config.queue_bytes()).map_err(NotSent::QueueFull)
    }

    pub(super) fn poll_ping(&mut self, now: Instant) -> Option<Transmit> {
        let open = self.connection.open_mut().filter(|open| open.liveness.is_ping_due())?;
        self.pings += 1;
        let uuid = self.uuids.of(PINGS | self.pings);
        open.liveness.on_ping(now, uuid, &self.config);
        let link = open.link;
        // The payload is an empty object, as the original sends it.
        let mut text = draft(uuid, "PING", "{}", StatusCode::OK);
        text.push_str(&self.headers_json(&Headers::new(), false));
        text.push('}');
        Some(Transmit::Send { link, text, message: None })
    }

    /// The next message that may leave, unless the link has no room for it, or has to prove first that it is alive: what is
    /// handed to a dead link has an unknown outcome, and what waits for the next one does not.
    pub(super) fn poll_message(&mut self, now: Instant, buffered: usize) -> Option<Transmit> {
        if self.connection.seems_cut_off() {
            return None;
        }
        loop {
            let open = self.connection.open_mut()?;
            open.look_for_room_at = None;
            let link = open.link;
            let id = self.calls.first_queued(self.credentials.refreshes_until().is_some())?;
            let call = self.calls.get(id)?;
            let Stage::Queued { draft, .. } = &call.stage else { return None };
            let headers = self.headers_json(&call.headers, call.is_anonymous);
            let size = draft.len() + headers.len() + 1;
            // The headers may have grown since it was submitted.
            if let (Some(error), Some(again)) = (self.too_large(size), self.too_large(size)) {
                self.end(id, error, OutcomeUnknown::NotSentAgain(again));
                continue;
            }
            let has_room = buffered == 0 || buffered.saturating_add(size) <= self.config.high_water_mark();
            if !has_room {
                self.connection.open_mut()?.look_for_room_at = Some(now + LOOK_FOR_ROOM);
                return None;
            }
            let text = self.depart(id, &headers)?;
            return Some(Transmit::Send { link, text, message: Some(id) });
        }
    }

    /// Takes a message out of the queue. Returns its frame.
    fn depart(&mut self, id: CallId, headers: &str) -> Option<String> {
        let (epoch, refreshes) = (self.credentials.epoch(), self.credentials.can_refresh());
        let open = self.connection.open_mut()?;
        let call = self.calls.get_mut(id)?;
        // A call that may be sent again loses nothing with its first link. If it left the second one too, a handler that is
        // slower than `busy_timeout` would never end.
        let holds_nothing = call.deadline == Instant::END || (call.is_idempotent && !call.was_sent);
        let holds_until = if holds_nothing { Instant::ZERO } else { call.deadline };
        let order = if call.wants_reply { open.liveness.on_call_sent(id, holds_until) } else { 0 };
        let was_sent = std::mem::replace(&mut call.was_sent, true);
        call.epoch = epoch;
        let is_needed_again = call.is_idempotent || (refreshes && call.on_unauthorized == OnUnauthorized::Retry);
        let in_flight = Stage::InFlight { order, draft: None };
        let Stage::Queued { draft: mut text, refused } = self.calls.enter(id, in_flight)? else { return None };
        if is_needed_again {
            self.calls.keep_draft(id, text.clone());
        }
        self.departing = Some(Departing { id, draft_len: text.len(), refused, was_sent });
        text.push_str(headers);
        text.push('}');
        Some(text)
    }

    /// The message that was polled last did not come back: it has left.
    pub(super) fn confirm_departure(&mut self) {
        let Some(Departing { id, .. }) = self.departing.take() else { return };
        if self.calls.get(id).is_some_and(|call| !call.wants_reply) {
            self.calls.remove(id);
            self.events.push_back(Event::Sent { message: id });
        }
    }

    pub(super) fn confirm_departure_of(&mut self, id: CallId) {
        if self.departing.as_ref().is_some_and(|departing| departing.id == id) {
            self.confirm_departure();
        }
    }

    /// The link did not take the frame that was polled last: the message goes back to its place.
    pub(super) fn on_not_taken(&mut self, message: Option<CallId>, mut text: String) {
        let Some(Departing { id, draft_len, refused, was_sent }) =
            self.departing.take_if(|departing| Some(departing.id) == message)
        else {
            return;
        };
        if let Some(open) = self.connection.open_mut() {
            open.liveness.on_not_taken(id);
        }
        // Not if it has ended meanwhile.
        let Some(call) = self.calls.get_mut(id) else { return };
        if call.is_over() {
            self.calls.remove(id);
            return;
        }
        call.was_sent = was_sent;
        text.truncate(draft_len);
        self.calls.enter(id, Stage::Queued { draft: text, refused });
    }
}
