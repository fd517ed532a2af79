//! Messages out: each leaves once it may, in its order.

use serde::Serialize;
use uuid::Uuid;

use super::{CallOptions, Client};
use crate::calls::{Call, Wants};
use crate::error::NotSent;
use crate::event::{CallId, Event, LinkId, Transmit};
use crate::message::{Headers, Message, Payload};
use crate::outbox::{Asked, Content, Place};
use crate::state::State;
use crate::time::Instant;

/// What keeps a message from leaving.
enum Obstacle {
    /// There is no link, or a new token is awaited.
    Absent,
    /// Its own headers are asked for.
    Headers,
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
        let draft = (obstacle.is_some() || (options.idempotent && wants == Wants::Reply))
            .then(|| draft(message, &options.headers))
            .transpose()?;
        if wants != Wants::Nothing || obstacle.is_some() {
            self.remember(now, id, uuid, options, wants);
        }
        let place = (options.priority, id);
        if let (Some(link), None) = (self.state.open_link(), &obstacle) {
            self.hand_over(link, place, text, draft.map(Box::new));
            return Ok((id, true));
        }
        if let Some(draft) = draft {
            self.outbox.push(place, Content::Draft(draft), text.len());
            self.flush();
        }
        let waits = self.calls.get(id).is_some_and(|call| !call.in_flight);
        Ok((id, !waits))
    }

    fn remember(&mut self, now: Instant, id: CallId, uuid: Uuid, options: &CallOptions, wants: Wants) {
        let timeout = options.timeout.or_else(|| self.default_timeout());
        self.calls.insert(
            id,
            Call {
                uuid,
                since: now,
                deadline: timeout.map(|timeout| now + timeout),
                wants,
                priority: options.priority,
                in_flight: false,
                times_sent: 0,
                idempotent: options.idempotent,
                draft: None,
                token: 0,
                unauthorized: None,
                was_refused: false,
            },
        );
    }

    fn check_size(&self, size: usize) -> Result<(), NotSent> {
        let limit = self.config.max_request_size();
        if size > limit { Err(NotSent::TooLarge { size, limit }) } else { Ok(()) }
    }

    fn obstacle(&self, size: usize, options: &CallOptions) -> Option<Obstacle> {
        let State::Open(open) = &self.state else { return Some(Obstacle::Absent) };
        if self.tokens.is_refreshing() {
            Some(Obstacle::Absent)
        } else if self.asks_headers {
            Some(Obstacle::Headers)
        } else if self.outbox.lets_pass(options.priority) && open.buffer.has_room(size, self.config.high_water_mark()) {
            None
        } else {
            Some(Obstacle::Room)
        }
    }

    /// The bounds of the queue hold for what waits for long. Whether the link has room is not known before it was asked.
    fn admit(&self, size: usize, obstacle: Option<&Obstacle>) -> Result<(), NotSent> {
        let is_full = matches!(&self.state, State::Open(open) if open.buffer.is_full());
        match obstacle {
            None | Some(Obstacle::Headers) => Ok(()),
            Some(Obstacle::Room) if !is_full => Ok(()),
            Some(Obstacle::Room | Obstacle::Absent) => self
                .outbox
                .admit(size, self.config.queue_capacity(), self.config.queue_bytes())
                .map_err(NotSent::QueueFull),
        }
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
            if matches!(waiting.headers, Asked::Awaited) {
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
            Asked::NotYet | Asked::Awaited => &self.headers,
        };
        let text = match &mut waiting.content {
            Content::Frame(text) => Ok(std::mem::take(text)),
            Content::Draft(draft) => encode(draft, uuid, headers, &Headers::new()),
        };
        // The headers may have grown since.
        let text = match text.and_then(|text| self.check_size(text.len()).map(|()| text)) {
            Ok(text) => text,
            Err(error) => return self.end(id, |_| error.into()),
        };
        if waiting.size < text.len() && !self.has_room(text.len()) {
            waiting.size = text.len();
            return self.outbox.put_back(place, waiting);
        }
        let draft = match waiting.content {
            Content::Draft(draft) => Some(Box::new(draft)),
            Content::Frame(_) => None,
        };
        self.hand_over(link, place, text, draft);
    }

    fn has_room(&self, size: usize) -> bool {
        matches!(&self.state, State::Open(open) if open.buffer.has_room(size, self.config.high_water_mark()))
    }

    fn hand_over(&mut self, link: LinkId, (priority, id): Place, text: String, draft: Option<Box<Message<Payload>>>) {
        if let State::Open(open) = &mut self.state {
            open.buffer.add(text.len());
        }
        match self.calls.leave(id, draft, self.tokens.current()) {
            Wants::Reply => {}
            Wants::Departure => {
                self.handed_over.push((id, priority));
                self.events.push_back(Event::Left { message: id });
            }
            Wants::Nothing => self.handed_over.push((id, priority)),
        }
        self.transmits.push_back(Transmit::Send { link, text, message: Some(id) });
    }

    /// A link did not take a frame, or is lost before anybody offered it: so the message was not sent.
    pub(super) fn take_back(&mut self, now: Instant, id: CallId, text: String) {
        let size = text.len();
        let (priority, draft) = match self.calls.come_back(id) {
            Some(call) => {
                call.times_sent = call.times_sent.saturating_sub(1);
                (call.priority, call.draft.take())
            }
            None => (self.take_back_without_reply(now, id), None),
        };
        let content = draft.map_or(Content::Frame(text), |draft| Content::Draft(*draft));
        self.outbox.push((priority, id), content, size);
    }

    /// Nothing is known of a message that awaits no reply, once it has left.
    fn take_back_without_reply(&mut self, now: Instant, id: CallId) -> super::Priority {
        let events = self.events.len();
        self.events.retain(|event| !matches!(event, Event::Left { message } if *message == id));
        let wants = if self.events.len() < events { Wants::Departure } else { Wants::Nothing };
        let handed_over = self.handed_over.iter().find(|(handed_over, _)| *handed_over == id);
        let priority = handed_over.map_or_else(super::Priority::default, |(_, priority)| *priority);
        let options = CallOptions::new().priority(priority);
        self.remember(now, id, Uuid::nil(), &options, wants);
        priority
    }

    /// Takes back all that was to be handed to a link which is there no more.
    pub(super) fn take_back_unoffered(&mut self, now: Instant) {
        for transmit in std::mem::take(&mut self.transmits) {
            match transmit {
                Transmit::Send { message: Some(id), text, .. } => self.take_back(now, id, text),
                Transmit::Send { message: None, .. } | Transmit::Measure { .. } => {}
                Transmit::Resolve { .. }
                | Transmit::Connect { .. }
                | Transmit::AskHeaders { .. }
                | Transmit::Refresh
                | Transmit::Close { .. }
                | Transmit::Abandon { .. } => self.transmits.push_back(transmit),
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

/// The message with its payload written, and all headers of its own.
fn draft<P: Serialize>(message: &Message<P>, call: &Headers) -> Result<Message<Payload>, NotSent> {
    let mut draft = message.to_raw().map_err(|error| NotSent::Unserialisable(error.to_string()))?;
    for (name, value) in call.iter() {
        draft.headers_mut().insert(name, value.clone());
    }
    Ok(draft)
}
