//! Messages out: each leaves once it may, in its order.

use serde::Serialize;
use uuid::Uuid;

use super::{CallOptions, Client};
use crate::calls::{Call, Wants};
use crate::error::NotSent;
use crate::event::{CallId, Event, LinkId, Transmit};
use crate::inbound::Frame;
use crate::message::{Headers, Message, Payload};
use crate::outbox::{Asked, Place};
use crate::state::State;
use crate::time::Instant;

/// How much may wait for an answer of the app's, at least.
const ASKING_CAPACITY: usize = 1_000;
const ASKING_BYTES: usize = 4 << 20;

/// What keeps a message from leaving.
enum Obstacle {
    /// There is no link.
    Absent,
    /// The app is asked for its headers, or for a new token.
    Answer,
    /// The link may have no room.
    Room,
}

impl Client {
    /// Sends or queues a message. Returns its id, and whether it was handed to a link.
    pub(super) fn submit<P: Serialize>(
        &mut self,
        now: Instant,
        message: &Message<P>,
        options: &CallOptions,
        wants: Wants,
    ) -> Result<(CallId, bool), NotSent> {
        if let State::Closed { reason, .. } = self.state {
            return Err(NotSent::Closed(reason));
        }
        if message.route().is_empty() {
            return Err(NotSent::NoRoute);
        }
        if !options.wait_for_link && self.state.open_link().is_none() {
            return Err(NotSent::NotConnected);
        }
        let (number, uuid) = self.uuids.draw();
        let id = CallId(number);
        // One pass; the payload is kept apart only where the message may be written anew.
        let text = encode(message, uuid, &self.headers, &options.headers)?;
        self.check_size(text.len())?;
        let obstacle = self.obstacle(text.len(), options);
        if wants != Wants::Departure {
            self.admit(text.len(), obstacle.as_ref())?;
        }
        let headers = headers_of(message, options);
        let draft = (obstacle.is_some() || (options.idempotent && wants == Wants::Reply))
            .then(|| draft(message, headers.clone()))
            .transpose()?;
        let mut call = Call::new(now, uuid, wants, options, headers);
        call.deadline = call.deadline.or_else(|| self.default_timeout().map(|timeout| now + timeout));
        let place = (options.priority, id);
        if let (Some(link), None) = (self.state.open_link(), &obstacle) {
            if wants == Wants::Nothing {
                self.keep_a_while(id, call);
            } else {
                self.calls.insert(id, call);
            }
            self.hand_over(link, id, text, draft.map(Box::new));
            return Ok((id, true));
        }
        self.calls.insert(id, call);
        if let Some(draft) = draft {
            self.outbox.push(place, draft, text.len());
            self.flush();
        }
        let waits = self.calls.get(id).is_some_and(|call| !call.in_flight);
        Ok((id, !waits))
    }

    fn check_size(&self, size: usize) -> Result<(), NotSent> {
        let limit = self.config.max_request_size();
        if size > limit { Err(NotSent::TooLarge { size, limit }) } else { Ok(()) }
    }

    fn obstacle(&self, size: usize, options: &CallOptions) -> Option<Obstacle> {
        let State::Open(open) = &self.state else { return Some(Obstacle::Absent) };
        if self.tokens.is_refreshing() || self.asks_headers {
            Some(Obstacle::Answer)
        } else if self.outbox.lets_pass(options.priority) && open.buffer.has_room(size, self.config.high_water_mark()) {
            None
        } else {
            Some(Obstacle::Room)
        }
    }

    /// The bounds of the queue hold for what waits for long. Whether the link has room is not known before it was asked; and while
    /// the app is asked each message waits a while, also where none shall wait for a link.
    fn admit(&self, size: usize, obstacle: Option<&Obstacle>) -> Result<(), NotSent> {
        let is_full = matches!(&self.state, State::Open(open) if open.buffer.is_full());
        let (capacity, bytes) = (self.config.queue_capacity(), self.config.queue_bytes());
        let (capacity, bytes) = match obstacle {
            None => return Ok(()),
            Some(Obstacle::Room) if !is_full => return Ok(()),
            Some(Obstacle::Room | Obstacle::Absent) => (capacity, bytes),
            Some(Obstacle::Answer) => (capacity.max(ASKING_CAPACITY), bytes.max(ASKING_BYTES)),
        };
        self.outbox.admit(size, capacity, bytes).map_err(NotSent::QueueFull)
    }

    /// Hands over all that may leave.
    pub(super) fn flush(&mut self) {
        if self.state.open_link().is_none() || self.tokens.is_refreshing() {
            return;
        }
        if self.asks_headers {
            let unasked = self.outbox.ask_headers();
            self.transmits.extend(unasked.into_iter().map(|message| Transmit::AskHeaders { message }));
        }
        while let State::Open(open) = &mut self.state
            && let Some((place, waiting)) = self.outbox.first()
        {
            if matches!(waiting.headers, Asked::Awaited | Asked::Outdated) {
                return;
            }
            let link = open.link;
            if !open.buffer.has_room(waiting.size, self.config.high_water_mark()) {
                if open.buffer.want_room() {
                    self.transmits.push_back(Transmit::Measure { link });
                }
                return;
            }
            self.leave(link, place);
        }
    }

    /// The first of what waits leaves, unless it has grown: then its size is known now.
    fn leave(&mut self, link: LinkId, place: Place) {
        let (_, id) = place;
        let Some(uuid) = self.calls.get(id).map(|call| call.uuid) else { return drop(self.outbox.remove(place)) };
        let Some(mut waiting) = self.outbox.remove(place) else { return };
        let headers = match &waiting.headers {
            Asked::Known(headers) => headers,
            Asked::NotYet | Asked::Awaited | Asked::Outdated => &self.headers,
        };
        // The headers may have grown since.
        let text = encode(&waiting.draft, uuid, headers, &Headers::new());
        let text = match text.and_then(|text| self.check_size(text.len()).map(|()| text)) {
            Ok(text) => text,
            Err(error) => return self.end(id, |_| error.into()),
        };
        if waiting.size < text.len() && !self.has_room(text.len()) {
            waiting.size = text.len();
            return self.outbox.put_back(place, waiting);
        }
        self.hand_over(link, id, text, Some(Box::new(waiting.draft)));
    }

    fn has_room(&self, size: usize) -> bool {
        matches!(&self.state, State::Open(open) if open.buffer.has_room(size, self.config.high_water_mark()))
    }

    fn hand_over(&mut self, link: LinkId, id: CallId, text: String, draft: Option<Box<Message<Payload>>>) {
        if let State::Open(open) = &mut self.state {
            open.buffer.add(text.len());
        }
        if let Some(call) = self.calls.leave(id, draft, self.tokens.current()) {
            if call.wants == Wants::Departure {
                self.events.push_back(Event::Left { message: id });
            }
            self.keep_a_while(id, call);
        }
        self.transmits.push_back(Transmit::Send { link, text, message: Some(id) });
    }

    /// A message without a reply may come back until the next one leaves, if the driver has taken it by then.
    fn keep_a_while(&mut self, id: CallId, call: Call) {
        if self.transmits.is_empty() {
            self.handed_over.clear();
        }
        self.handed_over.insert(id, call);
    }

    /// A link did not take a frame, or is lost before anybody offered it: so the message was not sent. What has ended meanwhile
    /// shall not leave any more.
    pub(super) fn take_back(&mut self, id: CallId, text: &str) {
        // It came back before, or was answered all the same and waits for a token.
        if self.calls.get(id).is_some_and(|call| !call.in_flight) {
            return;
        }
        let draft = match self.calls.come_back(id) {
            Some(call) => {
                call.times_sent = call.times_sent.saturating_sub(1);
                call.draft.take()
            }
            None => {
                self.take_back_without_reply(id);
                None
            }
        };
        let Some(call) = self.calls.get(id) else { return };
        let place = (call.priority, id);
        // Of most messages nothing is kept but their own headers: they seldom come back.
        match draft.map(|draft| *draft).or_else(|| draft_of_frame(text, call.headers.clone())) {
            Some(draft) => self.outbox.push(place, draft, text.len()),
            None => self.end(id, |_| NotSent::Unserialisable("the frame could not be read back".to_owned()).into()),
        }
    }

    fn take_back_without_reply(&mut self, id: CallId) {
        let Some(mut call) = self.handed_over.remove(&id) else { return };
        if call.wants == Wants::Departure && !self.unsay_left(id) {
            call.wants = Wants::NoWord;
        }
        self.calls.insert(id, call);
    }

    /// Takes back that it left. Returns whether nobody has heard it yet.
    fn unsay_left(&mut self, id: CallId) -> bool {
        let is_it = |event: &Event| matches!(event, Event::Left { message } if *message == id);
        self.events.iter().rposition(is_it).is_some_and(|at| self.events.remove(at).is_some())
    }

    /// Takes back all that was to be handed to a link which is there no more. Backwards, as what it does is found at the end.
    pub(super) fn take_back_unoffered(&mut self) {
        for transmit in std::mem::take(&mut self.transmits).into_iter().rev() {
            match transmit {
                Transmit::Send { message: Some(id), text, .. } => self.take_back(id, &text),
                Transmit::Send { message: None, .. } | Transmit::Measure { .. } => {}
                Transmit::Resolve { .. }
                | Transmit::Connect { .. }
                | Transmit::AskHeaders { .. }
                | Transmit::Refresh { .. }
                | Transmit::Close { .. }
                | Transmit::Abandon { .. } => self.transmits.push_front(transmit),
            }
        }
    }

    /// Asks again whether there is room.
    pub(super) fn measure(&mut self) {
        if let State::Open(open) = &mut self.state {
            open.buffer.ask();
            self.transmits.push_back(Transmit::Measure { link: open.link });
        }
    }

    pub(super) fn on_buffered(&mut self, now: Instant, bytes: usize) {
        let State::Open(open) = &mut self.state else { return };
        open.buffer.measured(bytes);
        let has_room = self
            .outbox
            .first()
            .is_none_or(|(_, waiting)| open.buffer.has_room(waiting.size, self.config.high_water_mark()));
        if has_room {
            self.flush();
        } else {
            open.buffer.ask_again(now);
        }
    }
}

fn encode<P: Serialize>(message: &Message<P>, uuid: Uuid, global: &Headers, call: &Headers) -> Result<String, NotSent> {
    message.encode(uuid, global, call).map_err(|error| NotSent::Unserialisable(error.to_string()))
}

/// All headers of a message but for the global ones.
fn headers_of<P>(message: &Message<P>, options: &CallOptions) -> Headers {
    let mut headers = message.headers().clone();
    headers.insert_all(&options.headers);
    headers
}

/// The message with its payload written.
fn draft<P: Serialize>(message: &Message<P>, headers: Headers) -> Result<Message<Payload>, NotSent> {
    let draft = message.to_raw().map_err(|error| NotSent::Unserialisable(error.to_string()))?;
    Ok(draft.with_headers(headers))
}

/// The message that a frame was written from.
fn draft_of_frame(text: &str, headers: Headers) -> Option<Message<Payload>> {
    let frame = Frame::read(text, usize::MAX).ok()?.message;
    let message = Message::new(frame.route?, frame.payload).with_headers(headers);
    Some(message.with_status(frame.status.unwrap_or_default()))
}
