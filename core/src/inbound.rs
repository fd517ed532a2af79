//! From a frame to its fields. Every quirk of the servers' messages lives here and nowhere else.
//!
//! - Any field may be missing, `null` or of a wrong type; keys come in any order, and of duplicates the last counts.
//! - A payload is not read, only cut out. So one that is no JSON (Python's bare `NaN`, `Infinity`) or is nested too deeply
//!   still leaves its envelope readable, and its call can be settled.
//! - `django-channels-router` answers some failures with `uuid` and `route` swapped.
//! - A ping is answered with `PING` or with `PONG`.

use std::fmt;

use serde::de::{DeserializeOwned, Error as _, Visitor};
use serde::{Deserialize, Deserializer};
use uuid::Uuid;

use crate::inbound::cut::{Cut, Raw};
use crate::message::{Headers, Incoming, Payload};

mod cut;

/// A frame that could be read.
#[derive(Debug)]
pub(crate) struct Frame {
    pub(crate) message: Incoming,
    /// The fields that were sent but could not be understood.
    pub(crate) odd_fields: Vec<&'static str>,
}

impl Frame {
    /// Reads a frame of any size. Of one that is larger than `keep` bytes, payload and headers are left behind.
    ///
    /// # Errors
    ///
    /// The text is no JSON object.
    pub(crate) fn read(text: &str, keep: usize) -> serde_json::Result<Self> {
        let mut fields = Fields::of(text)?;
        if text.len() > keep {
            (fields.payload, fields.headers) = (None, None);
        }
        let mut odd_fields = Vec::new();
        let message = Incoming {
            uuid: fields.uuid.and_then(|raw| read("uuid", raw, &mut odd_fields)).map(|Id(id)| id),
            route: fields.route.and_then(|raw| read("route", raw, &mut odd_fields)),
            headers: fields.headers.and_then(|raw| read("headers", raw, &mut odd_fields)).unwrap_or_else(Headers::new),
            status: fields.status.and_then(|raw| read("status", raw, &mut odd_fields)),
            payload: fields.payload.map_or_else(Payload::default, |raw| Payload::from_raw(raw.text)),
        };
        if fields.payload.is_some_and(|raw| raw.has_bare_numbers) {
            odd_fields.push("payload");
        }
        Ok(Self { message, odd_fields })
    }

    /// The uuids that the frame may answer: its own, or, where the server swapped them, what it calls the route.
    pub(crate) fn answers(&self) -> impl Iterator<Item = Uuid> {
        let fields = [&self.message.uuid, &self.message.route];
        fields.into_iter().filter_map(|field| Uuid::parse_str(field.as_deref()?).ok())
    }

    /// Whether this is the answer to a ping, by its route, swapped or not.
    pub(crate) fn is_pong(&self) -> bool {
        let fields = [&self.message.route, &self.message.uuid];
        fields.into_iter().any(|field| matches!(field.as_deref(), Some("PING" | "PONG")))
    }

    /// Whether a status was sent that is no status: such a reply is neither success nor failure.
    pub(crate) fn has_odd_status(&self) -> bool {
        self.odd_fields.contains(&"status")
    }
}

/// Reads a field, or notes that it cannot be understood.
fn read<T: DeserializeOwned>(name: &'static str, raw: Raw<'_>, odd_fields: &mut Vec<&'static str>) -> Option<T> {
    if raw.text == "null" {
        return None;
    }
    serde_json::from_str(raw.text).map_err(|_| odd_fields.push(name)).ok()
}

/// The uuid of an envelope: the backends echo numbers too.
struct Id(String);

impl<'de> Deserialize<'de> for Id {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(IdVisitor).map(Self)
    }
}

struct IdVisitor;

impl Visitor<'_> for IdVisitor {
    type Value = String;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string or a number")
    }

    fn visit_str<E>(self, text: &str) -> Result<String, E> {
        Ok(text.to_owned())
    }

    fn visit_u64<E>(self, number: u64) -> Result<String, E> {
        Ok(number.to_string())
    }

    fn visit_i64<E>(self, number: i64) -> Result<String, E> {
        Ok(number.to_string())
    }

    fn visit_f64<E: serde::de::Error>(self, number: f64) -> Result<String, E> {
        serde_json::Number::from_f64(number).map(|number| number.to_string()).ok_or_else(|| E::custom("no number"))
    }
}

/// The five keys of the envelope, unread.
#[derive(Default)]
struct Fields<'a> {
    uuid: Option<Raw<'a>>,
    route: Option<Raw<'a>>,
    headers: Option<Raw<'a>>,
    payload: Option<Raw<'a>>,
    status: Option<Raw<'a>>,
}

impl<'a> Fields<'a> {
    fn of(text: &'a str) -> serde_json::Result<Self> {
        let mut fields = Self::default();
        let mut cut = Cut::new(text);
        if !cut.next_is(b'{') {
            return Err(serde_json::Error::custom("it is no JSON object"));
        }
        let mut is_over = cut.next_is(b'}');
        while !is_over {
            let key = cut.key()?;
            let value = cut.value()?;
            match &*key {
                "uuid" => fields.uuid = Some(value),
                "route" => fields.route = Some(value),
                "headers" => fields.headers = Some(value),
                "payload" => fields.payload = Some(value),
                "status" => fields.status = Some(value),
                _ => {}
            }
            is_over = cut.comma_or_end()?;
        }
        cut.end()?;
        Ok(fields)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::StatusCode;

    fn read(text: &str) -> Frame {
        Frame::read(text, usize::MAX).unwrap()
    }

    #[test]
    fn a_whole_envelope_is_read() {
        let frame = read(r#"{"uuid":"u-1","route":"echo","headers":{"a":1},"payload":[1, 2],"status":201}"#);
        assert_eq!(frame.message.uuid(), Some("u-1"));
        assert_eq!(frame.message.route(), Some("echo"));
        assert_eq!(frame.message.headers().get("a"), Some(&1.into()));
        assert_eq!(frame.message.payload().as_str(), "[1, 2]");
        assert_eq!(frame.message.status(), Some(StatusCode::CREATED));
        assert!(frame.odd_fields.is_empty());
    }

    #[test]
    fn every_field_may_be_missing_or_null() {
        for text in ["{}", r#"{"uuid":null,"route":null,"headers":null,"payload":null,"status":null}"#] {
            let frame = read(text);
            assert_eq!(frame.message.uuid(), None);
            assert_eq!(frame.message.route(), None);
            assert!(frame.message.headers().is_empty());
            assert_eq!(frame.message.payload().as_str(), "null");
            assert_eq!(frame.message.status(), None);
            assert!(frame.odd_fields.is_empty());
        }
    }

    #[test]
    fn a_field_of_a_wrong_type_is_odd_and_the_others_are_kept() {
        let frame = read(r#"{"uuid":{},"route":7,"headers":[],"payload":"kept","status":"ok"}"#);
        assert_eq!(frame.odd_fields, ["uuid", "route", "headers", "status"]);
        assert_eq!(frame.message.payload().as_str(), "\"kept\"");
        assert!(frame.has_odd_status());
    }

    #[test]
    fn a_uuid_may_be_a_number() {
        assert_eq!(read(r#"{"uuid":42}"#).message.uuid(), Some("42"));
    }

    #[test]
    fn the_last_of_duplicate_keys_counts_and_unknown_keys_are_skipped() {
        let frame = read(r#"{"uuid":"a","extra":{"uuid":"x"},"uuid":"b"}"#);
        assert_eq!(frame.message.uuid(), Some("b"));
    }

    #[test]
    fn a_payload_with_pythons_bare_numbers_leaves_the_envelope_readable() {
        for payload in ["NaN", "Infinity", "-Infinity", r#"{"x": [1, NaN], "NaN": "\"NaN\\"}"#, r#"["\\", NaN]"#] {
            let frame = read(&format!(r#"{{"payload": {payload}, "uuid": "NaN \" Infinity", "status": 200}}"#));
            assert_eq!(frame.message.uuid(), Some("NaN \" Infinity"));
            assert_eq!(frame.message.payload().as_str(), payload);
            assert_eq!(frame.odd_fields, ["payload"]);
            assert!(frame.message.payload().decode::<serde_json::Value>().is_err());
        }
    }

    #[test]
    fn what_is_no_json_object_is_an_error() {
        for text in ["", "{", "nope", "NaN", "[1]", "1", "\"s\"", "null", "\u{0}", r#"{"uuid":"a"} trailing"#] {
            assert!(Frame::read(text, usize::MAX).is_err(), "{text}");
        }
    }

    #[test]
    fn a_frame_nested_100_000_deep_is_read_and_its_payload_is_an_error_on_demand() {
        let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
        let frame = read(&format!(r#"{{"uuid":"u","headers":{deep},"payload":{deep}}}"#));
        assert_eq!(frame.message.uuid(), Some("u"));
        assert_eq!(frame.odd_fields, ["headers"]);
        assert!(frame.message.payload().decode::<serde_json::Value>().is_err());
    }

    #[test]
    fn a_lone_surrogate_in_a_payload_leaves_the_envelope_readable() {
        let frame = read(r#"{"uuid":"u","payload":"\ud800"}"#);
        assert_eq!(frame.message.uuid(), Some("u"));
        assert!(frame.message.payload().decode::<String>().is_err());
    }

    #[test]
    fn an_oversized_frame_gives_its_envelope_without_the_payload() {
        let frame = Frame::read(r#"{"payload":"0123456789","uuid":"u","status":200}"#, 20).unwrap();
        assert_eq!(frame.message.uuid(), Some("u"));
        assert_eq!(frame.message.payload().as_str(), "null");
    }
}
