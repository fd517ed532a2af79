//! What `tracing` gets to see: a span per link and one per call. The crate's documentation lists their fields.

use std::time::Duration;

use leptos_socket_core::{CallError, CloseCode, Endpoint, LinkId};
use tracing::Span;
use tracing::field::{Empty, display};
use uuid::Uuid;

use crate::driver::Outcome;

/// From the attempt to open a link until it is gone.
pub(crate) struct LinkSpan(Span);

impl LinkSpan {
    pub(crate) fn new(socket: &str, link: LinkId, endpoint: &Endpoint) -> Self {
        // An endpoint shows no query.
        Self(tracing::debug_span!("link", socket, %link, %endpoint, code = Empty))
    }

    pub(crate) fn in_scope<T>(&self, what: impl FnOnce() -> T) -> T {
        self.0.in_scope(what)
    }

    pub(crate) fn closed(&self, code: CloseCode) {
        self.0.record("code", code.as_u16());
    }
}

/// From a call to its outcome.
pub(crate) struct CallSpan(Span);

impl CallSpan {
    pub(crate) fn new(socket: &str, route: &str, uuid: Option<Uuid>) -> Self {
        let uuid = uuid.map(display);
        Self(tracing::debug_span!("call", socket, route, uuid, status = Empty, outcome = Empty, duration_ms = Empty))
    }

    /// A message without a reply was handed to a link.
    pub(crate) fn left(self, took: Duration) {
        self.0.record("outcome", "left");
        self.0.record("duration_ms", took.as_millis() as u64);
    }

    /// The call is over. `None`: it was cancelled.
    pub(crate) fn close(self, outcome: Option<&Outcome>, took: Duration) {
        if self.0.is_disabled() {
            return;
        }
        let reply = outcome.and_then(|outcome| outcome.as_ref().map_or_else(CallError::reply, Some));
        if let Some(status) = reply.and_then(|reply| reply.status()) {
            self.0.record("status", status.as_u16());
        }
        self.0.record("outcome", kind(outcome));
        self.0.record("duration_ms", took.as_millis() as u64);
    }
}

fn kind(outcome: Option<&Outcome>) -> &'static str {
    match outcome {
        None => "cancelled",
        Some(Ok(reply)) if reply.is_success() => "success",
        Some(Err(CallError::NotSent(_))) => "not sent",
        Some(Err(CallError::OutcomeUnknown(_))) => "outcome unknown",
        Some(Ok(_) | Err(_)) => "failure",
    }
}
