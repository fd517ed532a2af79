//! What the client heard in a text frame: all that it looks at, and how long the rest is.
//!
//! A frame is recorded as what was read in it. For a replay a frame is written that is as long and in which the same is read, so a
//! replay goes through the same door as the original.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::redact::{Text, header_names, headers_of};
use crate::inbound::{Frame, Malformed, is_number};
use crate::json::push_string;
use crate::status::StatusCode;

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(untagged)]
pub(crate) enum Heard {
    Unreadable { size: usize, expected: Cow<'static, str>, at: usize },
    Message(Message),
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Message {
    size: usize,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    uuid: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    route: Option<String>,
    /// Names only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    headers: Option<Vec<String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    payload: Option<Text<'static>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    status: Option<StatusCode>,
    /// The fields that could not be understood.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    odd: Vec<Cow<'static, str>>,
}

impl Heard {
    pub(crate) fn in_frame(text: &str, keep_payload: bool) -> Self {
        let size = text.len();
        let Frame { message, odd_fields } = match Frame::read(text.to_owned()) {
            Ok(frame) => frame,
            Err(Malformed { expected, at }) => return Self::Unreadable { size, expected: expected.into(), at },
        };
        let payload = Some(message.payload().as_str()).filter(|payload| *payload != "null");
        let kept = |text: &str| match Text::of(text, keep_payload) {
            Text::Length(length) => Text::Length(length),
            Text::Whole(text) => Text::Whole(text.into_owned().into()),
        };
        Self::Message(Message {
            size,
            uuid: message.uuid().map(str::to_owned),
            route: message.route().map(str::to_owned),
            headers: message.headers.as_ref().map(|_| header_names(&message)),
            payload: payload.map(kept),
            status: message.status(),
            odd: odd_fields.into_iter().map(Cow::Borrowed).collect(),
        })
    }

    pub(crate) const fn size(&self) -> usize {
        match self {
            Self::Unreadable { size, .. } | Self::Message(Message { size, .. }) => *size,
        }
    }

    /// What a replay has to hold for it.
    pub(crate) fn total(&self) -> usize {
        let payload = match self {
            Self::Unreadable { at, .. } => *at,
            Self::Message(message) => message.payload.as_ref().map_or(0, Text::len),
        };
        self.size().saturating_add(payload)
    }

    pub(crate) fn uuid(&self) -> Option<&str> {
        match self {
            Self::Unreadable { .. } => None,
            Self::Message(message) => message.uuid.as_deref(),
        }
    }

    pub(crate) fn route(&self) -> Option<&str> {
        match self {
            Self::Unreadable { .. } => None,
            Self::Message(message) => message.route.as_deref(),
        }
    }

    pub(crate) const fn status(&self) -> Option<StatusCode> {
        match self {
            Self::Unreadable { .. } => None,
            Self::Message(message) => message.status,
        }
    }

    /// A frame in which the same is heard.
    pub(crate) fn into_frame(self) -> String {
        match self {
            Self::Unreadable { size, expected, at } => unreadable(size, &expected, at),
            Self::Message(message) => message.into_frame(),
        }
    }
}

impl Message {
    fn into_frame(self) -> String {
        let Self { size, uuid, route, headers, payload, status, odd } = self;
        let is_odd = |field: &str| odd.iter().any(|odd| odd == field);
        let uuid = uuid.map(|uuid| if is_number(&uuid) { uuid } else { quoted(uuid) });
        let payload = payload.map(|payload| match is_odd("payload") {
            true => payload.into_bare_text(),
            false => payload.into_text(),
        });
        // Each odd value is the shortest that is odd.
        let fields = [
            ("uuid", uuid, "[]"),
            ("route", route.map(quoted), "0"),
            ("headers", headers.map(|names| headers_of(&names)), "0"),
            ("payload", payload, "NaN"),
            ("status", status.map(|status| status.to_string()), "\"\""),
        ];
        let mut frame = String::from("{");
        for (name, value, odd) in fields {
            let Some(value) = value.or_else(|| is_odd(name).then(|| odd.to_owned())) else { continue };
            if frame.len() > 1 {
                frame.push(',');
            }
            for part in ["\"", name, "\":", &value] {
                frame.push_str(part);
            }
        }
        frame.push('}');
        pad(&mut frame, size, ' ');
        frame
    }
}

/// As short as the text may have been in a frame, where control characters may be bare.
fn quoted(text: String) -> String {
    if !text.bytes().any(|byte| matches!(byte, b'"' | b'\\')) {
        return format!("\"{text}\"");
    }
    let mut json = String::new();
    push_string(&mut json, &text);
    json
}

/// A text of this size that is not a message: this is expected there.
fn unreadable(size: usize, expected: &str, at: usize) -> String {
    let (start, rest) = match expected {
        "an object" => ("", ']'),
        "a key" => ("{", ']'),
        "a colon" => ("{\"\"", ']'),
        "a value" => ("{\"\":", ']'),
        "a comma or a closing brace" => ("{\"\":0", ']'),
        "nothing more" => ("{}", ']'),
        "a closing bracket" => ("{\"\":[", '0'),
        // Behind a backslash that is the last byte.
        _ if at > size => {
            let mut text = " ".repeat(size.saturating_sub(3));
            text.push_str("{\"\\");
            return text;
        }
        _ => {
            let mut text = " ".repeat(at.saturating_sub(2));
            text.push_str("{\"");
            pad(&mut text, size, '0');
            return text;
        }
    };
    let mut text = start.to_owned();
    pad(&mut text, at.min(size), ' ');
    pad(&mut text, size, rest);
    text
}

fn pad(text: &mut String, size: usize, with: char) {
    text.extend(std::iter::repeat_n(with, size.saturating_sub(text.len())));
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn shown(text: &str) -> String {
        match Frame::read(text.to_owned()) {
            Ok(Frame { message, odd_fields }) => format!(
                "{} {:?} {:?} {:?} {:?} {:?} {}",
                text.len(),
                message.uuid(),
                message.route(),
                message.headers.as_ref().map(|_| header_names(&message)),
                message.status(),
                odd_fields,
                message.payload().as_str().len(),
            ),
            Err(error) => format!("{} {error:?}", text.len()),
        }
    }

    /// Pieces of frames, so that most of what is drawn is nearly a message.
    fn any_text() -> impl Strategy<Value = String> {
        let pieces = [
            "{",
            "}",
            "[",
            "]",
            ",",
            ":",
            "\"",
            "\\",
            " ",
            "\n",
            "0",
            "-1",
            "4e2",
            "NaN",
            "Infinity",
            "null",
            "true",
            "\"uuid\":",
            "\"route\":",
            "\"payload\":",
            "\"headers\":",
            "\"status\":",
            "\"PONG\"",
            "\"\\u0075uid\":",
            "\"é\"",
            "\"a\\n\"",
            "\"\\ud800\"",
            "{\"token\":\"s3cret\"}",
            "[NaN]",
            "200",
            "99999",
            "é",
            "\"7\"",
            "7",
        ];
        let pieces = prop::collection::vec(prop::sample::select(pieces.to_vec()), 0..12);
        pieces.prop_map(|pieces| pieces.concat())
    }

    fn any_message() -> impl Strategy<Value = String> {
        let names = ["uuid", "route", "payload", "headers", "status", "other"];
        let values = [
            "1",
            "\"\"",
            "\"echo\"",
            "200",
            "-1",
            "null",
            "true",
            "NaN",
            "[]",
            "{}",
            "{\"a\":\"s3cret\",\"\\n\":[1]}",
            "[NaN]",
            "\"é\\u00e9\\\"\"",
            "\"\\ud800\"",
            "[{\"deep\":[1,2]}]",
            "9999999",
            "\"4\"",
        ];
        let field = (prop::sample::select(names.to_vec()), prop::sample::select(values.to_vec()));
        prop::collection::vec(field, 0..7).prop_map(|fields| {
            let fields: Vec<_> = fields.into_iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
            format!("{{{}}}", fields.join(","))
        })
    }

    proptest! {
        #[test]
        fn in_the_frame_of_a_replay_the_same_is_heard(text in prop_oneof![any_text(), any_message(), ".{0,20}"]) {
            let heard = Heard::in_frame(&text, false);
            let json = serde_json::to_string(&heard).unwrap();
            prop_assert!(!json.contains("s3cret"), "{}", json);
            let heard: Heard = serde_json::from_str(&json).unwrap();
            let frame = heard.into_frame();
            prop_assert_eq!(shown(&text), shown(&frame), "{} {} {}", text, json, frame);
        }

        #[test]
        fn payloads_are_kept_if_they_are_asked_for(text in any_message()) {
            let frame = Heard::in_frame(&text, true).into_frame();
            let payload = |text: String| Frame::read(text).unwrap().message.payload().as_str().to_owned();
            prop_assert_eq!(payload(text), payload(frame));
        }
    }
}
