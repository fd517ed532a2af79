//! From a frame to its fields. Every quirk of the servers' messages lives here and nowhere else.
//!
//! - Any field may be missing, `null` or of a wrong type; keys come in any order, and of duplicates the last counts.
//! - A payload is not read, only cut out. So one that is not JSON (Python's bare `NaN`, `Infinity`) or is nested too deeply
//!   still leaves its envelope readable, and its call can be settled.
//! - `django-channels-router` answers some failures with `uuid` and `route` swapped.
//! - A ping is answered with `PING` or with `PONG`.

use std::ops::Range;
use std::sync::Arc;

use uuid::Uuid;

use crate::incoming::{Field, Incoming, Payload};
use crate::json::{digits, has_escape};
use crate::status::StatusCode;
pub(crate) use cut::Malformed;
#[cfg(feature = "record")]
pub(crate) use cut::is_number;
use cut::{Cut, Raw};

mod cut;

/// A frame that could be read.
#[derive(Debug)]
pub(crate) struct Frame {
    pub(crate) message: Incoming,
    /// The fields that were sent but could not be understood.
    pub(crate) odd_fields: Vec<&'static str>,
}

impl Frame {
    /// Reads a frame. Nothing of it is copied.
    ///
    /// # Errors
    ///
    /// The text is not a JSON object.
    pub(crate) fn read(text: String) -> Result<Self, Malformed> {
        let fields = Fields::of(&text)?;
        let mut reader = Reader { frame: Arc::new(text), odd_fields: Vec::new() };
        let message = Incoming {
            uuid: reader.field(fields.uuid, "uuid", true),
            route: reader.field(fields.route, "route", false),
            headers: reader.headers(fields.headers),
            status: reader.status(fields.status),
            payload: reader.payload(fields.payload),
        };
        Ok(Self { message, odd_fields: reader.odd_fields })
    }

    /// The uuids that the frame may answer: its own, or, if the server swapped them, what it calls the route.
    pub(crate) fn answers(&self) -> impl Iterator<Item = Uuid> {
        let fields = [&self.message.uuid, &self.message.route];
        fields.into_iter().filter_map(|field| parse_uuid(field.as_str()?))
    }

    /// Whether this is the answer to a ping, by its route, swapped or not.
    pub(crate) fn is_pong(&self) -> bool {
        let fields = [&self.message.route, &self.message.uuid];
        fields.into_iter().any(|field| matches!(field.as_str(), Some("PING" | "PONG")))
    }

    /// Whether it has a status that cannot be understood: such a reply is neither a success nor a failure.
    pub(crate) fn has_odd_status(&self) -> bool {
        self.odd_fields.contains(&"status")
    }
}

/// Understands fields, and notes those that it cannot.
struct Reader {
    frame: Arc<String>,
    odd_fields: Vec<&'static str>,
}

impl Reader {
    /// A text; or a number, as the backends echo it, if that may be.
    fn field(&mut self, raw: Option<Raw>, name: &'static str, may_be_number: bool) -> Field {
        let Some(range) = self.present(raw) else { return Field::Missing };
        let text = &self.frame[range.clone()];
        let field = match text.as_bytes()[0] {
            b'"' if !has_escape(text) => Some(Field::Part(self.part(range.start + 1..range.end - 1))),
            b'"' => serde_json::from_str(text).ok().map(Field::Copy),
            b'-' | b'0'..=b'9' if may_be_number => Some(Field::Part(self.part(range))),
            _ => None,
        };
        field.unwrap_or_else(|| {
            self.odd_fields.push(name);
            Field::Missing
        })
    }

    fn headers(&mut self, raw: Option<Raw>) -> Option<Payload> {
        let range = self.present(raw)?;
        if !self.frame[range.clone()].starts_with('{') {
            self.odd_fields.push("headers");
            return None;
        }
        Some(self.part(range))
    }

    fn status(&mut self, raw: Option<Raw>) -> Option<StatusCode> {
        let range = self.present(raw)?;
        let status = digits(self.frame[range].as_bytes()).map(StatusCode::new);
        if status.is_none() {
            self.odd_fields.push("status");
        }
        status
    }

    fn payload(&mut self, raw: Option<Raw>) -> Payload {
        let Some(raw) = raw else { return Payload::default() };
        if raw.has_bare_numbers {
            self.odd_fields.push("payload");
        }
        self.part(raw.range)
    }

    fn part(&self, range: Range<usize>) -> Payload {
        Payload::part(&self.frame, range)
    }

    /// Where a field is, unless it is missing or `null`.
    fn present(&self, raw: Option<Raw>) -> Option<Range<usize>> {
        raw.map(|raw| raw.range).filter(|range| &self.frame[range.clone()] != "null")
    }
}

/// Reads a uuid of 32 digits and four hyphens, as they are sent.
fn parse_uuid(text: &str) -> Option<Uuid> {
    let text: &[u8; 36] = text.as_bytes().try_into().ok()?;
    let (mut bytes, mut digits) = ([0; 16], 0);
    for (at, byte) in text.iter().enumerate() {
        if matches!(at, 8 | 13 | 18 | 23) {
            (*byte == b'-').then_some(())?;
        } else {
            let digit = char::from(*byte).to_digit(16)? as u8;
            bytes[digits / 2] = bytes[digits / 2] << 4 | digit;
            digits += 1;
        }
    }
    Some(Uuid::from_bytes(bytes))
}

/// Whether a text names this uuid.
pub(crate) fn names_uuid(text: Option<&str>, uuid: Uuid) -> bool {
    text.and_then(parse_uuid) == Some(uuid)
}

/// The five keys of the envelope, unread.
#[derive(Default)]
struct Fields {
    uuid: Option<Raw>,
    route: Option<Raw>,
    headers: Option<Raw>,
    payload: Option<Raw>,
    status: Option<Raw>,
}

impl Fields {
    fn of(text: &str) -> Result<Self, Malformed> {
        let mut fields = Self::default();
        let mut cut = Cut::new(text);
        if !cut.next_is(b'{') {
            return Err(cut.expected("an object"));
        }
        let mut is_over = cut.next_is(b'}');
        while !is_over {
            let key = cut.key()?;
            let value = cut.value()?;
            fields.set(&key, value);
            is_over = cut.comma_or_end()?;
        }
        cut.end()?;
        Ok(fields)
    }

    fn set(&mut self, key: &str, value: Raw) {
        let field = match key {
            "uuid" => &mut self.uuid,
            "route" => &mut self.route,
            "headers" => &mut self.headers,
            "payload" => &mut self.payload,
            "status" => &mut self.status,
            _ => return,
        };
        *field = Some(value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::StatusCode;

    fn read(text: &str) -> Frame {
        Frame::read(text.to_owned()).unwrap()
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
            assert!(Frame::read(text.to_owned()).is_err(), "{text}");
        }
    }

    #[test]
    fn a_frame_nested_100_000_deep_is_read_and_its_payload_is_an_error_on_demand() {
        let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
        let frame = read(&format!(r#"{{"uuid":"u","headers":{{"deep":{deep}}},"payload":{deep}}}"#));
        assert_eq!(frame.message.uuid(), Some("u"));
        assert!(frame.message.headers().is_empty());
        assert!(frame.message.payload().decode::<serde_json::Value>().is_err());
    }

    #[test]
    fn a_lone_surrogate_in_a_payload_leaves_the_envelope_readable() {
        let frame = read(r#"{"uuid":"u","payload":"\ud800"}"#);
        assert_eq!(frame.message.uuid(), Some("u"));
        assert!(frame.message.payload().decode::<String>().is_err());
    }
}
