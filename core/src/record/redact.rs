//! Secrets become lengths, and lengths become fillers: texts that are as long, and mean nothing.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::headers::{HeaderValue, Headers};
use crate::incoming::{Field, Incoming, Payload};
use crate::status::StatusCode;

/// A payload that is longer is recorded as its length, even if payloads are asked for.
const LONGEST_KEPT: usize = 64 * 1024;

/// A text, or only how long it is.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(untagged)]
pub(crate) enum Text<'a> {
    Length(usize),
    Whole(Cow<'a, str>),
}

impl<'a> Text<'a> {
    pub(crate) const fn length_of(text: &str) -> Self {
        Self::Length(text.len())
    }

    pub(crate) const fn of(text: &'a str, keep: bool) -> Self {
        if keep && text.len() <= LONGEST_KEPT { Self::Whole(Cow::Borrowed(text)) } else { Self::length_of(text) }
    }

    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Length(length) => *length,
            Self::Whole(text) => text.len(),
        }
    }

    /// The text itself, or a JSON value in its place.
    pub(crate) fn into_text(self) -> String {
        match self {
            Self::Length(length) => filler(length, 0),
            Self::Whole(text) => text.into_owned(),
        }
    }

    /// As [`into_text`](Self::into_text), with one of Python's bare numbers in it.
    pub(crate) fn into_bare_text(self) -> String {
        match self {
            Self::Length(length) => format!("[N{}]", "0".repeat(length.saturating_sub(3))),
            Self::Whole(text) => text.into_owned(),
        }
    }
}

/// A JSON value of this many bytes. Fillers of one length and different `salt` are different.
pub(super) fn filler(length: usize, salt: u8) -> String {
    let digit = char::from(b'0' + salt % 10);
    match length {
        0 => String::new(),
        1 => digit.to_string(),
        2 => format!("1{digit}"),
        _ => {
            let letter = char::from(b'a' + salt % 26);
            format!("\"{}\"", letter.to_string().repeat(length - 2))
        }
    }
}

/// The names of headers, and how long their values are.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct HeaderLengths(BTreeMap<String, usize>);

impl HeaderLengths {
    pub(crate) fn of(headers: &Headers) -> Self {
        Self(headers.iter().map(|(name, value)| (name.to_owned(), value.as_json().len())).collect())
    }

    pub(crate) fn total(&self) -> usize {
        self.0.iter().fold(0, |total, (name, length)| total.saturating_add(*length).saturating_add(name.len()))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn into_headers(self, salt: u8) -> Headers {
        let filled = |(name, length)| (name, HeaderValue::from_json(filler(length, salt)));
        self.0.into_iter().map(filled).collect()
    }
}

/// A reply that a call keeps: what the client may look at, and how long the rest is.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct KeptReply {
    uuid: Option<String>,
    route: Option<String>,
    status: Option<StatusCode>,
    /// Names only.
    headers: Option<Vec<String>>,
    payload: usize,
}

impl KeptReply {
    pub(crate) fn of(reply: &Incoming) -> Self {
        Self {
            uuid: reply.uuid().map(str::to_owned),
            route: reply.route().map(str::to_owned),
            status: reply.status(),
            headers: reply.headers.as_ref().map(|_| header_names(reply)),
            payload: reply.payload().as_str().len(),
        }
    }

    pub(crate) const fn total(&self) -> usize {
        self.payload
    }

    pub(crate) fn into_reply(self) -> Incoming {
        let field = |text: Option<String>| text.map_or(Field::Missing, Field::Copy);
        let headers = |names: Vec<String>| Payload::whole(headers_of(&names));
        Incoming {
            uuid: field(self.uuid),
            route: field(self.route),
            status: self.status,
            headers: self.headers.map(headers),
            payload: Payload::whole(filler(self.payload, 0)),
        }
    }
}

pub(super) fn header_names(message: &Incoming) -> Vec<String> {
    message.headers().iter().map(|(name, _)| name.to_owned()).collect()
}

/// The client never looks at the values of headers that came in.
pub(super) fn headers_of(names: &[String]) -> String {
    let headers: Headers = names.iter().map(|name| (name.as_str(), 0)).collect();
    let mut json = String::new();
    headers.write_over(&Headers::new(), &mut json);
    json
}
