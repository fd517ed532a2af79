//! What an inspector knows of a socket. It is told what happens, and keeps a bounded part of that, without secrets.

use std::time::Duration;

use leptos_socket_core::{CloseCode, Incoming, Instant, LinkId, Message, Notice, Payload, SocketState};
use uuid::Uuid;

pub(super) mod calls;
pub(super) mod export;
pub(super) mod json;
pub(super) mod latency;
pub(super) mod log;
pub(super) mod redaction;
pub(super) mod timeline;

use calls::{CallLife, Calls, Ending};
use latency::Samples;
use log::{Direction, Entry, Kind, Limits, Log};
use redaction::{Redactor, SecretKeys};
use timeline::{Phase, Timeline};

/// How much is kept of one payload.
const LONGEST_TEXT: usize = 16 << 10;

/// A server may name a route as it likes.
const LONGEST_ROUTE: usize = 200;

#[derive(Debug, Default)]
pub(super) struct Model {
    pub(super) log: Log,
    pub(super) calls: Calls,
    pub(super) timeline: Timeline,
    /// How long pongs took.
    pub(super) pings: Samples,
    /// How long replies took, from when the call left.
    pub(super) replies: Samples,
    redactor: Redactor,
    last_ping: Option<Uuid>,
}

/// A message that was submitted.
pub(super) struct Submitted {
    pub(super) uuid: Uuid,
    pub(super) wants_reply: bool,
    pub(super) deadline: Option<Instant>,
}

/// A frame that could be read, and what is known of it.
struct Frame<'a> {
    message: &'a Incoming,
    /// That of its call.
    uuid: Option<Uuid>,
    route: String,
    bytes: usize,
}

impl Model {
    pub(super) fn set_limits(&mut self, limits: Limits, secrets: SecretKeys) {
        self.log.limits = limits;
        self.redactor.keys = secrets;
    }

    pub(super) fn submitted(&mut self, now: Instant, message: &Message<Payload>, submitted: Submitted) {
        let Submitted { uuid, wants_reply, deadline } = submitted;
        self.redactor.learn(message.headers());
        self.calls.add(CallLife {
            number: 0,
            uuid,
            route: short(message.route()),
            wants_reply,
            queued_at: now,
            deadline,
            sent: None,
            end: None,
        });
    }

    /// A frame was handed to a link: a message, or a ping.
    pub(super) fn sent(&mut self, now: Instant, text: &str, message: Option<Uuid>) {
        let kind = match message.map(|uuid| self.calls.get(uuid)) {
            None => Kind::Ping,
            Some(Some(CallLife { wants_reply: false, .. })) => Kind::Send,
            Some(_) => Kind::Call,
        };
        if let Some(uuid) = message {
            self.calls.note_sent(uuid, now);
        }
        if let Some(frame) = Incoming::read(text) {
            let uuid = frame.uuid().and_then(|uuid| Uuid::parse_str(uuid).ok());
            if kind == Kind::Ping {
                self.last_ping = uuid;
            }
            let route = short(frame.route().unwrap_or_default());
            let frame = Frame { message: &frame, uuid, route, bytes: text.len() };
            self.add_frame(now, Direction::Out, kind, &frame);
        }
    }

    /// A frame came. Returns whether it answers a ping.
    pub(super) fn received(&mut self, now: Instant, text: &str, is_own: impl Fn(Uuid) -> bool) -> bool {
        let Some(frame) = Incoming::read(text) else {
            let kept = self.redactor.redacted(text, "", LONGEST_TEXT);
            let said = Entry { is_cut: kept.is_cut, bytes: text.len(), ..said(now, Kind::Notice, kept.text) };
            self.log.add(Entry { direction: Direction::In, route: "not a message".to_owned(), ..said });
            return false;
        };
        // One of the servers swaps the two in some failures.
        let fields = [frame.uuid(), frame.route()];
        let own =
            fields.into_iter().flatten().filter_map(|field| Uuid::parse_str(field).ok()).find(|uuid| is_own(*uuid));
        let is_pong = fields.into_iter().any(|field| matches!(field, Some("PING" | "PONG")));
        let is_pong = is_pong || (own.is_some() && own == self.last_ping);
        let kind = match own {
            _ if is_pong => Kind::Ping,
            Some(_) => Kind::Reply,
            None => Kind::Push,
        };
        let route = match own.and_then(|uuid| self.calls.get(uuid)) {
            Some(life) => life.route.clone(),
            None if is_pong => "PONG".to_owned(),
            None => short(frame.route().unwrap_or_default()),
        };
        let uuid = own.or_else(|| Uuid::parse_str(frame.uuid()?).ok());
        let frame = Frame { message: &frame, uuid, route, bytes: text.len() };
        self.add_frame(now, Direction::In, kind, &frame);
        is_pong
    }

    fn add_frame(&mut self, at: Instant, direction: Direction, kind: Kind, frame: &Frame<'_>) {
        let Frame { message, uuid, route, bytes } = frame;
        let headers = message.headers();
        self.redactor.learn(&headers);
        let kept = self.redactor.redacted(message.payload().as_str(), route, LONGEST_TEXT);
        self.log.add(Entry {
            number: 0,
            at,
            direction,
            kind,
            route: route.clone(),
            uuid: *uuid,
            status: message.status().map(|status| status.as_u16()),
            headers: headers.iter().map(|(name, _)| short(name)).collect(),
            text: kept.text,
            is_cut: kept.is_cut,
            bytes: *bytes,
        });
    }

    pub(super) fn binary(&mut self, now: Instant, bytes: usize) {
        let text = format!("a binary frame of {bytes} bytes");
        self.log.add(Entry { direction: Direction::In, bytes, ..said(now, Kind::Notice, text) });
    }

    pub(super) fn opened(&mut self, now: Instant, link: LinkId) {
        self.log.add(said(now, Kind::State, format!("{link} is open")));
    }

    pub(super) fn closed(&mut self, now: Instant, link: LinkId, code: CloseCode) {
        self.log.add(said(now, Kind::State, format!("{link} was closed with {code}")));
    }

    pub(super) fn not_taken(&mut self, now: Instant, link: LinkId) {
        self.log.add(said(now, Kind::State, format!("{link} did not take a frame")));
    }

    pub(super) fn notice(&mut self, now: Instant, notice: &Notice) {
        self.log.add(said(now, Kind::Notice, notice.to_string()));
    }

    /// Of where it is now, and who uses it.
    pub(super) fn note_state(&mut self, now: Instant, state: SocketState) {
        self.timeline.note(now, Phase::of(state));
    }

    pub(super) fn state_changed(&mut self, now: Instant, state: SocketState) {
        self.note_state(now, state);
        self.log.add(said(now, Kind::State, state.to_string()));
    }

    pub(super) fn gap(&mut self, now: Instant, lasted: Duration) {
        self.timeline.note_gap(now, lasted);
        let text = format!("a gap of {:.1} s: pushes may have been missed", lasted.as_secs_f64());
        self.log.add(said(now, Kind::State, text));
    }

    pub(super) fn ended(&mut self, now: Instant, uuid: Uuid, how: Ending) {
        let is_reply = matches!(how, Ending::Replied(_));
        if let Some(took) = self.calls.end(uuid, now, how)
            && is_reply
        {
            self.replies.add(took);
        }
    }

    pub(super) fn ponged(&mut self, took: Duration) {
        self.pings.add(took);
    }

    /// Another person uses the socket now.
    pub(super) fn forget_payloads(&mut self) {
        self.log.forget_texts();
    }

    /// Forgets the messages.
    pub(super) fn clear(&mut self) {
        self.log.clear();
    }
}

/// What the socket itself says.
const fn said(at: Instant, kind: Kind, text: String) -> Entry {
    Entry {
        number: 0,
        at,
        direction: Direction::Here,
        kind,
        route: String::new(),
        uuid: None,
        status: None,
        headers: Vec::new(),
        text,
        is_cut: false,
        bytes: 0,
    }
}

fn short(name: &str) -> String {
    name.chars().take(LONGEST_ROUTE).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Instant = Instant::ZERO;

    fn uuid() -> Uuid {
        Uuid::from_u128(7)
    }

    fn called(route: &str) -> Model {
        let mut model = Model::default();
        let message = Message::new(route, ()).with_payload(Payload::default());
        let submitted = Submitted { uuid: uuid(), wants_reply: true, deadline: None };
        model.submitted(NOW, &message, submitted);
        model
    }

    fn last(model: &Model) -> &Entry {
        model.log.iter().last().unwrap()
    }

    #[test]
    fn a_reply_has_the_route_of_its_call_though_the_server_names_none_or_swaps_it() {
        for fields in [format!(r#""uuid":"{}""#, uuid()), format!(r#""uuid":"add","route":"{}""#, uuid())] {
            let mut model = called("add");
            let frame = format!(r#"{{{fields},"payload":3,"status":200,"headers":{{"token":"s3cret-s3cret"}}}}"#);
            assert!(!model.received(NOW, &frame, |own| own == uuid()));
            let entry = last(&model);
            assert_eq!((entry.kind, entry.route.as_str(), entry.uuid), (Kind::Reply, "add", Some(uuid())));
            assert_eq!((entry.text.as_str(), entry.status), ("3", Some(200)));
            assert_eq!(entry.headers, ["token"]);
        }
    }

    #[test]
    fn pushes_pongs_and_what_is_not_a_message_are_told_apart() {
        let mut model = Model::default();
        let stranger = Uuid::from_u128(8);
        for (frame, kind, is_pong) in [
            (r#"{"route":"tick","payload":{"n":1}}"#.to_owned(), Kind::Push, false),
            (format!(r#"{{"uuid":"{stranger}","route":"tick"}}"#), Kind::Push, false),
            (r#"{"route":"PONG"}"#.to_owned(), Kind::Ping, true),
            ("<html>Bad gateway".to_owned(), Kind::Notice, false),
        ] {
            assert_eq!(model.received(NOW, &frame, |_| false), is_pong, "{frame}");
            assert_eq!(last(&model).kind, kind, "{frame}");
        }
        assert_eq!(last(&model).text, "<html>Bad gateway");
    }

    #[test]
    fn a_bare_token_that_a_route_answers_with_is_not_kept() {
        let mut model = called("refreshToken");
        model.received(NOW, &format!(r#"{{"uuid":"{}","payload":"s3cret-s3cret"}}"#, uuid()), |own| own == uuid());
        assert_eq!(last(&model).text, redaction::REDACTED);
    }

    #[test]
    fn what_a_call_repeats_of_its_headers_is_not_kept() {
        let mut model = called("headers");
        let uuid = uuid();
        let sent =
            format!(r#"{{"uuid":"{uuid}","route":"headers","payload":null,"status":200,"headers":{{"x":"s3cret"}}}}"#);
        model.sent(NOW, &sent, Some(uuid));
        model.received(NOW, &format!(r#"{{"uuid":"{uuid}","payload":{{"y":"s3cret"}}}}"#), |own| own == uuid);
        model.received(NOW, "not JSON: s3cret", |_| false);
        assert!(model.log.iter().all(|entry| !format!("{entry:?}").contains("s3cret")), "{:?}", model.log);
    }
}
