//! From a frame to its fields. Every quirk of the servers' messages lives here and nowhere else.
//!
//! - Any field may be missing, `null` or of a wrong type; keys come in any order, and of duplicates the last counts.
//! - A payload that is no JSON (Python's bare `NaN`, `Infinity`) or is nested too deeply still leaves its envelope
//!   readable, so that its call can be settled.
//! - `django-channels-router` answers some failures with `uuid` and `route` swapped.
//! - A ping is answered with `PING` or with `PONG`.

use std::fmt;

use serde::de::{DeserializeOwned, Error as _, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use uuid::Uuid;

use crate::message::{Incoming, Payload};

/// A frame that could be read.
#[derive(Debug)]
pub(crate) struct Frame {
    pub(crate) message: Incoming,
    /// The fields that were sent but could not be understood.
    pub(crate) odd_fields: Vec<&'static str>,
}

impl Frame {
    /// Reads a frame of any size. The payload of one that is larger than `keep` bytes is left behind.
    ///
    /// # Errors
    ///
    /// The text is no JSON object.
    pub(crate) fn read(text: &str, keep: usize) -> serde_json::Result<Self> {
        if !text.trim_start_matches([' ', '\t', '\n', '\r']).starts_with('{') {
            // Said here, because serde_json would quote a string as a whole: it may be long, and hold secrets.
            return Err(serde_json::Error::custom("it is no JSON object"));
        }
        match serde_json::from_str(text) {
            Ok(fields) => Ok(Reader::new(text, text).read(&fields, keep)),
            Err(error) => {
                let mended = mend_bare_numbers(text).ok_or(error)?;
                let fields = serde_json::from_str(&mended)?;
                Ok(Reader::new(&mended, text).read(&fields, keep))
            }
        }
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

/// Reads single fields of a frame, and notes those that cannot be understood.
struct Reader<'a> {
    /// What the fields point into: the original, or a mended copy of it with the same offsets.
    parsed: &'a str,
    original: &'a str,
    odd_fields: Vec<&'static str>,
}

impl<'a> Reader<'a> {
    const fn new(parsed: &'a str, original: &'a str) -> Self {
        Self { parsed, original, odd_fields: Vec::new() }
    }

    fn read(mut self, fields: &Fields<'a>, keep: usize) -> Frame {
        let uuid = self.field::<Id>("uuid", fields.uuid).map(|(Id::Text(id) | Id::Number(id))| id);
        let message = Incoming {
            uuid,
            route: self.field("route", fields.route),
            headers: self.field("headers", fields.headers).unwrap_or_default(),
            status: self.field("status", fields.status),
            payload: if self.original.len() > keep { Payload::default() } else { self.payload(fields.payload) },
        };
        Frame { message, odd_fields: self.odd_fields }
    }

    fn field<T: DeserializeOwned>(&mut self, name: &'static str, raw: Option<&RawValue>) -> Option<T> {
        serde_json::from_str(self.original_text(raw?)).unwrap_or_else(|_| {
            self.odd_fields.push(name);
            None
        })
    }

    fn payload(&mut self, raw: Option<&RawValue>) -> Payload {
        let Some(raw) = raw else { return Payload::default() };
        let text = self.original_text(raw);
        if text != raw.get() {
            self.odd_fields.push("payload");
        }
        Payload::from_raw(text)
    }

    fn original_text(&self, raw: &RawValue) -> &'a str {
        let start = raw.get().as_ptr() as usize - self.parsed.as_ptr() as usize;
        &self.original[start..start + raw.get().len()]
    }
}

/// The uuid of an envelope: the backends echo numbers too.
#[derive(Deserialize)]
#[serde(untagged)]
enum Id {
    Text(String),
    #[serde(deserialize_with = "number_as_text")]
    Number(String),
}

fn number_as_text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    serde_json::Number::deserialize(deserializer).map(|number| number.to_string())
}

/// The five keys of the envelope, unread.
#[derive(Default)]
struct Fields<'a> {
    uuid: Option<&'a RawValue>,
    route: Option<&'a RawValue>,
    headers: Option<&'a RawValue>,
    payload: Option<&'a RawValue>,
    status: Option<&'a RawValue>,
}

/// Not derived, because a derived one refuses duplicate keys.
impl<'de> Deserialize<'de> for Fields<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(FieldsVisitor)
    }
}

#[derive(Deserialize)]
#[serde(field_identifier, rename_all = "lowercase")]
enum Key {
    Uuid,
    Route,
    Headers,
    Payload,
    Status,
    #[serde(other)]
    Other,
}

struct FieldsVisitor;

impl<'de> Visitor<'de> for FieldsVisitor {
    type Value = Fields<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a message as a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut fields = Fields::default();
        while let Some(key) = map.next_key()? {
            let field = match key {
                Key::Uuid => &mut fields.uuid,
                Key::Route => &mut fields.route,
                Key::Headers => &mut fields.headers,
                Key::Payload => &mut fields.payload,
                Key::Status => &mut fields.status,
                Key::Other => {
                    map.next_value::<IgnoredAny>()?;
                    continue;
                }
            };
            *field = Some(map.next_value()?);
        }
        Ok(fields)
    }
}

/// A copy of `text` in which Python's bare `NaN` and `Infinity` are numbers of the same length; `None` where there are
/// none.
fn mend_bare_numbers(text: &str) -> Option<String> {
    const BARE: [(&str, &str); 2] = [("NaN", "1e1"), ("Infinity", "1.000000")];
    let mut mended = String::with_capacity(text.len());
    let mut rest = text;
    let mut in_string = false;
    while let Some(at) = rest.find(['"', '\\', 'N', 'I']) {
        mended.push_str(&rest[..at]);
        rest = &rest[at..];
        let bare = BARE.iter().find(|(bare, _)| !in_string && rest.starts_with(bare));
        let (length, replacement) = match (bare, rest.as_bytes()[0]) {
            (Some((bare, number)), _) => (bare.len(), *number),
            // An escape hides the character after it, which may be of any length.
            (None, b'\\') => (rest.char_indices().nth(2).map_or(rest.len(), |(end, _)| end), ""),
            (None, quote) => {
                in_string ^= quote == b'"';
                (1, "")
            }
        };
        mended.push_str(if replacement.is_empty() { &rest[..length] } else { replacement });
        rest = &rest[length..];
    }
    mended.push_str(rest);
    (mended != text).then_some(mended)
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
