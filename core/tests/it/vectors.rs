//! What the real servers said, as it was recorded, and what the client makes of it.
//!
//! `wire-vectors.json` holds every whole frame that was recorded of `django-channels-router` 1.0.3 (dcr),
//! `django-observable-socket` 1.0.1 (dos) and `fastapi-observable-socket` 1.1.1 (fos), each once, with the uuids and
//! routes of the messages that it followed. Left out are frames that were not kept whole (megabytes of `x`, nesting of
//! 5,000; `malformed` makes its own), and a uuid of 4,096 bytes is cut to 64.
//!
//! Each is checked in two ways:
//!
//! - **Replayed**: the client makes the same calls, and the recorded uuids are replaced by its own, wherever the server put
//!   them. Then a frame is, by the rules of the protocol, which are written down here a second time:
//!   - the *reply* to the call whose uuid it has, once, with status, headers and payload as recorded; where dcr swapped
//!     uuid and route, it is put right;
//!   - a *second reply* (fos, or a uuid sent twice), which is a notice;
//!   - a *pong*, by the uuid of our ping, or by `PING` or `PONG` in either place: no event;
//!   - otherwise a *push*, as answers to what our client never sends are (uuid 0, empty, an object), with its fields.
//!
//!   A field of a wrong type, or a payload with a bare `NaN`, is a notice beside that.
//! - **As it is**: no call of ours is settled by a uuid that is not ours.
//!
//! Never a panic, and after each the link still works.

use std::collections::BTreeMap;

use leptos_socket_core::{CallId, Event, Incoming, LinkId, Notice};
use serde::Deserialize;
use serde_json::Value;

use crate::support::{ByHand, defaults, frame as reply_frame};

#[derive(Deserialize)]
struct Vector {
    case: String,
    server: String,
    calls: Vec<(String, String)>,
    frames: Vec<String>,
}

fn vectors() -> Vec<Vector> {
    serde_json::from_str(include_str!("../data/wire-vectors.json")).unwrap()
}

/// What a frame is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Reply(CallId),
    SecondReply,
    Pong,
    Push,
}

/// The client, and what it is owed.
struct Replay {
    hand: ByHand,
    link: LinkId,
    ping: String,
    /// By our uuid. Taken out by the reply.
    awaiting: BTreeMap<String, CallId>,
    /// The recorded uuid of each of ours.
    renamed: Vec<(String, String)>,
}

impl Replay {
    fn new(calls: &[(String, String)]) -> Self {
        let (mut hand, link) = ByHand::open(defaults());
        let ping = hand.uuid();
        let mut replay = Self { hand, link, ping, awaiting: BTreeMap::new(), renamed: Vec::new() };
        for (uuid, route) in calls {
            let own = match route.as_str() {
                "PING" => replay.ping.clone(),
                _ => replay.call(route),
            };
            replay.renamed.push((uuid.clone(), own));
        }
        replay.hand.events();
        replay
    }

    fn call(&mut self, route: &str) -> String {
        let call = self.hand.call(route);
        let uuid = self.hand.uuid();
        self.awaiting.insert(uuid.clone(), call);
        uuid
    }

    /// The frame with our uuids in the two places where a server puts them.
    fn rename(&self, frame: &str) -> String {
        let mut frame = frame.to_owned();
        for (recorded, own) in &self.renamed {
            for (place, space) in [("uuid", ""), ("uuid", " "), ("route", ""), ("route", " ")] {
                let of = |uuid| format!("\"{place}\":{space}\"{uuid}\"");
                frame = frame.replace(&of(recorded), &of(own));
            }
        }
        frame
    }

    fn kind(&self, fields: &Value) -> Kind {
        let texts: Vec<_> = ["uuid", "route"].into_iter().filter_map(|field| fields[field].as_str()).collect();
        if let Some(call) = texts.iter().find_map(|text| self.awaiting.get(*text)) {
            Kind::Reply(*call)
        } else if texts.iter().any(|text| [self.ping.as_str(), "PING", "PONG"].contains(text)) {
            Kind::Pong
        } else if texts.iter().any(|text| self.renamed.iter().any(|(_, own)| own == text)) {
            Kind::SecondReply
        } else {
            Kind::Push
        }
    }

    /// Feeds a frame, checks what comes of it, and returns what it was.
    fn feed(&mut self, frame: &str) -> Kind {
        let fields = readable(frame);
        let kind = self.kind(&fields);
        self.hand.text(self.link, frame);
        let mut events = self.hand.events();
        let odd: Vec<_> = events.iter().filter_map(odd_field).collect();
        assert_eq!(odd, odd_fields(frame, &fields), "{frame}");
        events.retain(|event| odd_field(event).is_none());
        match (kind, &events[..]) {
            (Kind::Reply(call), [Event::Settled { call: settled, outcome: Ok(reply) }]) => {
                assert_eq!(call, *settled, "{frame}");
                let uuid = self.awaiting.iter().find(|(_, id)| **id == call).map(|(uuid, _)| uuid.clone()).unwrap();
                assert_eq!(reply.uuid(), Some(uuid.as_str()), "{frame}");
                self.awaiting.remove(&uuid);
                assert_content(reply, frame, &fields);
            }
            (Kind::SecondReply, [Event::Notice { notice: Notice::Unawaited { .. }, .. }]) | (Kind::Pong, []) => {}
            (Kind::Push, [Event::Push(push)]) => {
                let uuid = match &fields["uuid"] {
                    Value::String(text) => Some(text.clone()),
                    Value::Number(number) => Some(number.to_string()),
                    _ => None,
                };
                assert_eq!((push.uuid(), push.route()), (uuid.as_deref(), fields["route"].as_str()), "{frame}");
                assert_content(push, frame, &fields);
            }
            other => panic!("{frame}: {other:?}"),
        }
        kind
    }

    /// The link lives, and nothing is owed but what the server did not answer.
    fn assert_works(mut self) {
        assert_eq!(self.hand.client.in_flight(), self.awaiting.len());
        let uuid = self.call("echo");
        let kind = self.feed(&reply_frame(&uuid, 200));
        assert!(matches!(kind, Kind::Reply(_)));
        assert!(self.hand.client.state().is_open());
    }
}

fn odd_field(event: &Event) -> Option<&'static str> {
    match event {
        Event::Notice { notice: Notice::OddField { field }, .. } => Some(field),
        _ => None,
    }
}

/// The fields that are of a wrong type.
fn odd_fields(frame: &str, fields: &Value) -> Vec<&'static str> {
    let (uuid, route) = (&fields["uuid"], &fields["route"]);
    let odd = [
        ("uuid", !(uuid.is_string() || uuid.is_number() || uuid.is_null())),
        ("route", !(route.is_string() || route.is_null())),
        ("payload", frame.contains("NaN") || frame.contains("Infinity")),
    ];
    odd.into_iter().filter(|(_, is_odd)| *is_odd).map(|(field, _)| field).collect()
}

/// A second way to read a frame: what `serde_json` cannot hold becomes 0 (bare numbers, a lone surrogate, deep nesting).
fn readable(frame: &str) -> Value {
    let text = frame.replace("NaN", "0").replace("Infinity", "0").replace("\"\\ud800\"", "0");
    let text = text.replace(&"[".repeat(500), "0").replace(&"]".repeat(500), "");
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{frame}: {error}"))
}

fn assert_content(message: &Incoming, frame: &str, fields: &Value) {
    assert_eq!(message.status().map(|status| u64::from(status.as_u16())), fields["status"].as_u64(), "{frame}");
    let headers: serde_json::Map<_, _> =
        message.headers().iter().map(|(name, value)| (name.to_owned(), value.decode().unwrap())).collect();
    assert_eq!(headers, fields["headers"].as_object().cloned().unwrap_or_default(), "{frame}");
    assert!(frame.contains(message.payload().as_str()));
    match message.payload().decode::<Value>() {
        Ok(payload) => assert_eq!(payload, fields["payload"], "{frame}"),
        Err(_) => assert_ne!(serde_json::from_str::<Value>(frame).ok().as_ref(), Some(fields), "{frame}"),
    }
}

#[test]
fn every_recorded_frame_is_what_it_is_to_a_client_that_made_the_calls() {
    let mut seen = BTreeMap::new();
    for vector in vectors() {
        let mut replay = Replay::new(&vector.calls);
        for frame in &vector.frames {
            let frame = replay.rename(frame);
            let kind = match replay.feed(&frame) {
                Kind::Reply(_) => "reply",
                Kind::SecondReply => "second reply",
                Kind::Pong => "pong",
                Kind::Push => "push",
            };
            *seen.entry((vector.server.clone(), kind)).or_insert(0) += 1;
        }
        replay.assert_works();
    }
    let seen: Vec<_> = seen.iter().map(|((server, kind), count)| (server.as_str(), *kind, *count)).collect();
    let dcr = [("dcr", "pong", 5), ("dcr", "push", 19), ("dcr", "reply", 76), ("dcr", "second reply", 1)];
    let dos = [("dos", "pong", 2), ("dos", "push", 7), ("dos", "reply", 71), ("dos", "second reply", 1)];
    let fos = [("fos", "pong", 4), ("fos", "push", 16), ("fos", "reply", 58), ("fos", "second reply", 2)];
    assert_eq!(seen, [dcr, dos, fos].concat());
}

#[test]
fn no_recorded_frame_settles_a_call_whose_uuid_it_has_not() {
    for vector in vectors() {
        let mut replay = Replay::new(&[]);
        replay.call("echo");
        for frame in &vector.frames {
            let kind = replay.feed(frame);
            assert!(matches!(kind, Kind::Pong | Kind::Push), "{}: {frame}", vector.case);
        }
        replay.assert_works();
    }
}

#[test]
fn every_answer_that_dcr_swaps_is_put_right() {
    let mut swapped = 0;
    for vector in vectors() {
        for (uuid, route) in vector.calls.iter().filter(|(_, route)| route != "PING") {
            let mut replay = Replay::new(&[(uuid.clone(), route.clone())]);
            for frame in vector.frames.iter().filter(|frame| readable(frame)["route"] == *uuid.as_str()) {
                let own = replay.renamed[0].1.clone();
                replay.hand.text(replay.link, replay.rename(frame));
                let reply = replay.hand.settled().1.unwrap();
                assert_eq!(reply.uuid(), Some(own.as_str()));
                // The route, or what stood for it in a message that named none.
                let route = &readable(frame)["uuid"];
                let text = route.as_str().map(str::to_owned).or_else(|| route.is_number().then(|| route.to_string()));
                assert_eq!(reply.route(), text.as_deref(), "{frame}");
                swapped += 1;
            }
        }
    }
    assert_eq!(swapped, 9);
}
