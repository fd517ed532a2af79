//! What happened, in words.

use std::fmt;

use super::heard::Heard;
use super::op::{Happened, Op, Submitted};
use super::outcome::Output;
use crate::error::Seconds;
use crate::event::{CallId, Event, Hint, Transmit};
use crate::incoming::Incoming;

/// An operation, and the call that it answers, if it does.
pub(super) struct InWords<'a>(pub(super) &'a Op<'a>, pub(super) Option<CallId>);

impl fmt::Display for InWords<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Op::Connect => f.write_str("the app connects"),
            Op::Reconnect => f.write_str("the app reconnects"),
            Op::Close => f.write_str("the app closes the socket"),
            Op::Reject(why) => write!(f, "the app gave up the socket: {why}"),
            Op::Leave => f.write_str("the socket moves to another place"),
            Op::SignOut => f.write_str("the user has signed out"),
            Op::Submit(Submitted { route, wants_reply: true, .. }) => write!(f, "the app calls `{route}`"),
            Op::Submit(Submitted { route, .. }) => write!(f, "the app sends a message to `{route}`"),
            Op::Cancel(call) => write!(f, "the app cancels {call}"),
            Op::SetGlobalHeaders(_) => f.write_str("there are new headers"),
            Op::SetAnonymousHeaders(_) => f.write_str("there are new headers for anonymous messages"),
            Op::RefreshOnUnauthorized(true) => f.write_str("the app can refresh the token"),
            Op::RefreshOnUnauthorized(false) => f.write_str("the app cannot refresh the token"),
            Op::UnreadablePush(route, _) => write!(f, "a push of the route `{route}` is not of the app's type"),
            Op::Input(link, happened) => match happened {
                Happened::Resolved(url) => write!(f, "{link} goes to {url}"),
                Happened::Unresolved => write!(f, "{link} has no address"),
                Happened::Opened => write!(f, "{link} is open"),
                Happened::NotTaken(Some(call), size) => write!(f, "{link} did not take {call} ({size} bytes)"),
                Happened::NotTaken(None, size) => write!(f, "{link} did not take a ping ({size} bytes)"),
                Happened::Text(heard) => match self.1 {
                    Some(call) => write!(f, "{link} brings the answer to {call}: {heard}"),
                    None => write!(f, "{link} brings {heard}"),
                },
                Happened::Binary(size) => write!(f, "{link} brings a binary frame of {size} bytes"),
                Happened::Closed(code) => write!(f, "{link} is closed with code {code}"),
            },
            Op::Hint(hint) => f.write_str(match hint {
                Hint::Online => "the browser is online",
                Hint::Offline => "the browser is offline",
                Hint::Frozen => "the page will be frozen",
                Hint::Suspended => "the page goes into the back-forward cache",
                Hint::Resumed => "the page is back",
                Hint::Slept => "the machine slept",
            }),
            Op::Refreshed(number, Some(_)) => write!(f, "refresh {number} brought a new token"),
            Op::Refreshed(number, None) => write!(f, "refresh {number} brought no token"),
            Op::Timeout => f.write_str("a timer fires"),
            Op::Poll(_, 0) => f.write_str("the driver asks what to do"),
            Op::Poll(_, buffered) => write!(f, "the driver asks what to do, with {buffered} bytes in the link"),
        }
    }
}

impl fmt::Display for Heard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a frame of {} bytes", self.size())?;
        if let Some(route) = self.route() {
            write!(f, ", route `{route}`")?;
        }
        match self.status() {
            Some(status) => write!(f, ", status {status}"),
            None => Ok(()),
        }
    }
}

/// Payloads are shown as lengths.
impl fmt::Display for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Transmit(transmit) => f.write_str(&imperative(transmit)),
            Self::Event(event) => f.write_str(&past(event)),
            Self::Submitted(Ok(id)) => write!(f, "it is {id}"),
            Self::Submitted(Err(error)) => write!(f, "refused: {error}"),
            Self::Cancelled(Some(error)) => write!(f, "{error}"),
            Self::Cancelled(None) => f.write_str("it was over already"),
        }
    }
}

fn imperative(transmit: &Transmit) -> String {
    match transmit {
        Transmit::Resolve { link } => format!("-> find out where {link} goes"),
        Transmit::Connect { link, endpoint } => format!("-> open {link} to {endpoint}"),
        Transmit::Send { link, text, message: Some(message) } => {
            format!("-> send {message} on {link} ({} bytes)", text.len())
        }
        Transmit::Send { link, text, message: None } => format!("-> send a ping on {link} ({} bytes)", text.len()),
        Transmit::Refresh { number } => format!("-> refresh the token (refresh {number})"),
        Transmit::Close { link, code } => format!("-> close {link} with code {code}"),
        Transmit::Abandon { link } => format!("-> let go of {link}"),
    }
}

fn past(event: &Event) -> String {
    match event {
        Event::StateChanged(state) => format!("state: {state}"),
        Event::Settled { call, outcome: Ok(reply) } => format!("{call} is answered: {}", message(reply)),
        Event::Settled { call, outcome: Err(error) } => format!("{call} has failed: {error}"),
        Event::LateReply { call, outcome: Ok(reply) } => format!("{call} is answered late: {}", message(reply)),
        Event::LateReply { call, outcome: Err(error) } => format!("{call} is answered late: {error}"),
        Event::Unanswered { call } => format!("{call} will not be answered any more"),
        Event::Push(push) => format!("push: {}", message(push)),
        Event::Gap { link, lasted } => format!("{link} ends a gap of {}", Seconds(*lasted)),
        Event::Sent { message } => format!("{message} has left"),
        Event::Unsent { message, error } => format!("{message} will never leave: {error}"),
        Event::Notice { notice, count } => format!("the server is odd: {notice} (no. {count})"),
    }
}

fn message(message: &Incoming) -> String {
    let status = message.status().map_or_else(String::new, |status| format!("status {status}, "));
    let route = message.route().map_or_else(String::new, |route| format!("route `{route}`, "));
    format!("{route}{status}payload of {} bytes", message.payload().as_str().len())
}
