//! What is recorded: one operation for each method that changes a client.

use std::borrow::Cow;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::heard::Heard;
use super::outcome::Output;
use super::redact::{HeaderLengths, Text, filler};
use crate::client::Client;
use crate::close::{CloseCode, CloseReason};
use crate::endpoint::Endpoint;
use crate::error::DecodeError;
use crate::event::{CallId, Hint, Input, LinkId};
use crate::headers::Headers;
use crate::incoming::Payload;
use crate::message::Message;
use crate::options::{CallOptions, Priority};
use crate::status::StatusCode;
use crate::time::Instant;

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Op<'a> {
    Connect,
    Reconnect,
    Close,
    Reject(CloseReason),
    Leave,
    SignOut,
    Submit(Submitted<'a>),
    Cancel(CallId),
    SetGlobalHeaders(HeaderLengths),
    SetAnonymousHeaders(HeaderLengths),
    RefreshOnUnauthorized(bool),
    /// With the length of the error, which may quote the payload.
    UnreadablePush(Cow<'a, str>, usize),
    Input(LinkId, Happened),
    Hint(Hint),
    Refreshed(u32, Option<HeaderLengths>),
    Timeout,
    /// This often in a row, with so much in the link.
    Poll(u32, usize),
}

/// What happened on a link.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Happened {
    /// Without what may be secret in the URL.
    Resolved(String),
    Unresolved,
    Opened,
    NotTaken(Option<CallId>, usize),
    Text(Heard),
    Binary(usize),
    Closed(CloseCode),
}

/// A message, as it was submitted.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Submitted<'a> {
    pub(crate) route: Cow<'a, str>,
    payload: Text<'a>,
    #[serde(default, skip_serializing_if = "is_default")]
    status: StatusCode,
    pub(crate) wants_reply: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    timeout: Option<Duration>,
    #[serde(default, skip_serializing_if = "HeaderLengths::is_empty")]
    headers: HeaderLengths,
    #[serde(default, skip_serializing_if = "is_default")]
    priority: Priority,
    #[serde(default, skip_serializing_if = "is_default")]
    idempotent: bool,
    #[serde(default, skip_serializing_if = "is_default")]
    anonymous: bool,
    wait_for_link: bool,
    retry_unauthorized: bool,
    bounded: bool,
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

impl<'a> Submitted<'a> {
    pub(crate) fn new(
        route: &'a str,
        payload: Text<'a>,
        status: StatusCode,
        options: &CallOptions,
        wants_reply: bool,
    ) -> Self {
        Self {
            route: route.into(),
            payload,
            status,
            wants_reply,
            timeout: options.timeout,
            headers: HeaderLengths::of(&options.headers),
            priority: options.priority,
            idempotent: options.idempotent,
            anonymous: options.anonymous,
            wait_for_link: options.wait_for_link,
            retry_unauthorized: options.retry_unauthorized,
            bounded: options.bounded,
        }
    }

    fn size(&self) -> usize {
        self.payload.len()
    }

    fn into_message(self) -> Message<Payload> {
        let options = CallOptions {
            timeout: self.timeout,
            idempotent: self.idempotent,
            headers: self.headers.into_headers(0),
            wait_for_link: self.wait_for_link,
            priority: self.priority,
            anonymous: self.anonymous,
            retry_unauthorized: self.retry_unauthorized,
            bounded: self.bounded,
        };
        let payload = Payload::whole(self.payload.into_text());
        Message::new(self.route, payload).with_status(self.status).with_options(options)
    }
}

impl<'a> Op<'a> {
    pub(crate) fn refreshed(number: u32, headers: Option<&Headers>) -> Self {
        Self::Refreshed(number, headers.map(HeaderLengths::of))
    }

    pub(crate) fn set_global_headers(headers: &Headers) -> Self {
        Self::SetGlobalHeaders(HeaderLengths::of(headers))
    }

    pub(crate) fn set_anonymous_headers(headers: &Headers) -> Self {
        Self::SetAnonymousHeaders(HeaderLengths::of(headers))
    }

    pub(crate) const fn unreadable_push(route: &'a str, error: &DecodeError) -> Self {
        Self::UnreadablePush(Cow::Borrowed(route), error.text_len())
    }
}

impl Happened {
    pub(crate) fn new(input: &Input, keep_payload: bool) -> Self {
        match input {
            Input::Resolved(endpoint) => Self::Resolved(endpoint.to_string()),
            Input::Unresolved => Self::Unresolved,
            Input::Opened => Self::Opened,
            Input::NotTaken { message, text } => Self::NotTaken(*message, text.len()),
            Input::Text(text) => Self::Text(Heard::in_frame(text, keep_payload)),
            Input::Binary(size) => Self::Binary(*size),
            Input::Closed(code) => Self::Closed(*code),
        }
    }

    fn total(&self) -> usize {
        match self {
            Self::NotTaken(_, size) => *size,
            Self::Text(heard) => heard.total(),
            Self::Resolved(_) | Self::Unresolved | Self::Opened | Self::Binary(_) | Self::Closed(_) => 0,
        }
    }

    fn into_input(self) -> Input {
        match self {
            Self::Resolved(url) => Endpoint::parse(&url).map_or(Input::Unresolved, Input::Resolved),
            Self::Unresolved => Input::Unresolved,
            Self::Opened => Input::Opened,
            Self::NotTaken(message, size) => Input::NotTaken { message, text: filler(size, 0) },
            Self::Text(heard) => Input::Text(heard.into_frame()),
            Self::Binary(size) => Input::Binary(size),
            Self::Closed(code) => Input::Closed(code),
        }
    }
}

impl Op<'_> {
    /// How many bytes a replay has to hold for it.
    pub(crate) fn total(&self) -> usize {
        match self {
            Self::Submit(submitted) => submitted.size().saturating_add(submitted.headers.total()),
            Self::SetGlobalHeaders(headers)
            | Self::SetAnonymousHeaders(headers)
            | Self::Refreshed(_, Some(headers)) => headers.total(),
            Self::UnreadablePush(_, size) => *size,
            Self::Input(_, happened) => happened.total(),
            Self::Connect
            | Self::Reconnect
            | Self::Close
            | Self::Reject(_)
            | Self::Leave
            | Self::SignOut
            | Self::Cancel(_)
            | Self::RefreshOnUnauthorized(_)
            | Self::Hint(_)
            | Self::Refreshed(_, None)
            | Self::Timeout
            | Self::Poll(..) => 0,
        }
    }
}

impl Op<'_> {
    /// The call that it answers, if this is a frame that says so.
    pub(super) fn answers(&self, client: &Client) -> Option<CallId> {
        let Self::Input(_, Happened::Text(heard)) = self else { return None };
        client.call_with_uuid(heard.uuid()?)
    }
}

/// Gives each set of headers other fillers than the one before: headers were recorded because they were new.
#[derive(Debug, Default)]
pub(super) struct Fillers(u8);

impl Fillers {
    fn headers(&mut self, lengths: HeaderLengths) -> Headers {
        if !lengths.is_empty() {
            self.0 = (self.0 + 1) % 250;
        }
        lengths.into_headers(self.0)
    }
}

impl Op<'_> {
    /// Does it once more, and tells what came of it.
    pub(super) fn apply(self, client: &mut Client, now: Instant, fillers: &mut Fillers) -> Vec<Output> {
        let mut outputs = Vec::new();
        match self {
            Self::Connect => client.connect(now),
            Self::Reconnect => client.reconnect(now),
            Self::Close => client.close(now),
            Self::Reject(why) => client.reject(now, why),
            Self::Leave => client.leave(now),
            Self::SignOut => client.sign_out(now),
            Self::Submit(submitted) => {
                let wants_reply = submitted.wants_reply;
                let message = submitted.into_message();
                outputs.push(Output::Submitted(match wants_reply {
                    true => client.call_encoded(now, &message),
                    false => client.send_encoded(now, &message),
                }));
            }
            Self::Cancel(id) => outputs.push(Output::Cancelled(client.cancel(now, id))),
            Self::SetGlobalHeaders(headers) => client.set_global_headers(fillers.headers(headers)),
            Self::SetAnonymousHeaders(headers) => client.set_anonymous_headers(fillers.headers(headers)),
            Self::RefreshOnUnauthorized(refresh) => client.refresh_on_unauthorized(refresh),
            Self::UnreadablePush(route, error) => {
                client.report_unreadable_push(&route, DecodeError::from_text(filler(error, 0)));
            }
            Self::Hint(hint) => client.handle_hint(now, hint),
            Self::Refreshed(number, headers) => {
                let headers = headers.map(|headers| fillers.headers(headers));
                client.handle_refreshed(now, number, headers);
            }
            Self::Timeout => client.handle_timeout(now),
            Self::Poll(times, buffered) => {
                let polls = (0..times).map_while(|_| client.poll_transmit(now, buffered));
                outputs.extend(polls.map(Output::Transmit));
            }
            Self::Input(link, happened) => client.handle_input(now, link, happened.into_input()),
        }
        while let Some(event) = client.poll_event() {
            outputs.push(Output::Event(event));
        }
        outputs
    }
}
