//! What the page did, and what it was told.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

use leptos_socket::{CallError, NotSent, StatusCode};
use serde::Serialize;

use crate::api::{Done, Ends};

#[derive(Default)]
pub(crate) struct Log {
    last: Cell<u32>,
    open: RefCell<BTreeMap<u32, Begun>>,
    ended: RefCell<Vec<Ended>>,
    /// What must never be.
    mistakes: RefCell<Vec<String>>,
}

/// Something that has to end exactly once.
#[derive(Clone, Serialize)]
pub(crate) struct Begun {
    pub(crate) kind: &'static str,
    pub(crate) idempotent: bool,
    pub(crate) place: String,
    pub(crate) person: String,
}

#[derive(Serialize)]
struct Ended {
    number: u32,
    #[serde(flatten)]
    begun: Begun,
    outcome: Outcome,
    text: String,
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Outcome {
    /// The reply is the one that belongs to the call.
    Replied,
    /// It is not.
    Wrong,
    /// A 401: the server did nothing.
    Unauthorized,
    NotSent,
    Unknown,
    /// By the page.
    Cancelled,
    /// A message without a reply has left.
    Sent,
}

impl Log {
    pub(crate) fn begin(&self, begun: Begun) -> u32 {
        let number = self.last.get() + 1;
        self.last.set(number);
        self.open.borrow_mut().insert(number, begun);
        number
    }

    pub(crate) fn end(&self, number: u32, (outcome, text): (Outcome, String)) {
        match self.open.borrow_mut().remove(&number) {
            Some(begun) => self.ended.borrow_mut().push(Ended { number, begun, outcome, text }),
            None => self.mistake(format!("call {number} ended a second time: {text}")),
        }
    }

    pub(crate) fn mistake(&self, what: String) {
        self.mistakes.borrow_mut().push(what);
    }

    /// What has happened since this was asked last, as JSON.
    pub(crate) fn take(&self) -> String {
        #[derive(Serialize)]
        struct News<'a> {
            ended: Vec<Ended>,
            mistakes: Vec<String>,
            open: Vec<(&'a u32, &'a Begun)>,
        }
        let open = self.open.borrow();
        let news = News { ended: self.ended.take(), mistakes: self.mistakes.take(), open: open.iter().collect() };
        serde_json::to_string(&news).unwrap_or_default()
    }
}

/// What the outcome of a call means, which the server was told to answer in this way.
pub(crate) fn judge(number: u32, ends: Ends, outcome: &Result<Done, CallError>) -> (Outcome, String) {
    let error = match outcome {
        Ok(done) if ends == Ends::Well && done.belongs_to(number) => return (Outcome::Replied, String::new()),
        Ok(done) => return (Outcome::Wrong, format!("got the reply to {}", done.number)),
        Err(error) => error,
    };
    #[expect(clippy::wildcard_enum_match_arm, reason = "whatever else an error may be, it is not expected")]
    let judged = match error {
        CallError::NotSent(_) => Outcome::NotSent,
        CallError::OutcomeUnknown(_) => Outcome::Unknown,
        _ if error.status() == Some(StatusCode::UNAUTHORIZED) => Outcome::Unauthorized,
        _ if is_as_told(number, ends, error) => Outcome::Replied,
        _ => Outcome::Wrong,
    };
    (judged, error.to_string())
}

fn is_as_told(number: u32, ends: Ends, error: &CallError) -> bool {
    match ends {
        Ends::Well => false,
        Ends::Refused => error.status() == Some(StatusCode::new(409)) && Some(number) == named_by::<u32>(error),
        Ends::Odd => Some(number.to_string()) == named_by::<String>(error),
    }
}

/// The number in the payload of the reply.
fn named_by<T: serde::de::DeserializeOwned>(error: &CallError) -> Option<T> {
    #[derive(serde::Deserialize)]
    struct Named<T> {
        number: T,
    }
    error.payload().map(|Named { number }| number)
}

pub(crate) fn not_sent(error: &NotSent) -> (Outcome, String) {
    (Outcome::NotSent, CallError::from(error.clone()).to_string())
}
