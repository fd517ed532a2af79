//! What is logged. With the feature `tracing`, spans and events; without it, each warning is one line on the console.

#[cfg(feature = "tracing")]
pub(crate) use with_tracing::{CallSpan, LinkSpan, debug, warn};
#[cfg(not(feature = "tracing"))]
pub(crate) use without_tracing::{CallSpan, LinkSpan, debug, warn};

#[cfg(not(feature = "tracing"))]
mod without_tracing {
    use std::fmt::Arguments;
    use std::rc::Rc;

    use leptos_socket_core::{CloseCode, Endpoint, LinkId};
    use uuid::Uuid;

    use crate::connection::Outcome;
    use crate::transport::Transport;

    #[derive(Clone)]
    pub(crate) struct LinkSpan;

    pub(crate) struct Inside;

    impl LinkSpan {
        pub(crate) const fn new(_: &str, _: LinkId, _: &Endpoint) -> Self {
            Self
        }

        pub(crate) const fn enter(&self) -> Inside {
            Inside
        }

        pub(crate) const fn closed(&self, _: CloseCode) {}
    }

    pub(crate) struct CallSpan;

    impl CallSpan {
        pub(crate) fn new(_: &str, _: &str, _: impl FnOnce() -> Uuid, _: &Rc<dyn Transport>) -> Self {
            Self
        }

        pub(crate) const fn close(self, _: Option<&Outcome>) {}
    }

    pub(crate) const fn debug(_: &str, _: Arguments<'_>) {}

    /// There is no console on a server.
    pub(crate) fn warn(socket: &str, what: Arguments<'_>) {
        #[cfg(target_arch = "wasm32")]
        web_sys::console::warn_1(&format!("leptos-socket `{socket}`: {what}").into());
        #[cfg(not(target_arch = "wasm32"))]
        let _ = (socket, what);
    }
}

#[cfg(feature = "tracing")]
mod with_tracing {
    use std::fmt::Arguments;
    use std::rc::Rc;

    use leptos_socket_core::{CallError, CloseCode, Endpoint, Incoming, Instant, LinkId};
    use tracing::Span;
    use tracing::field::{Empty, display};
    use tracing::span::Entered;
    use uuid::Uuid;

    use crate::connection::Outcome;
    use crate::transport::Transport;

    /// From the attempt to open a link until it is gone.
    #[derive(Clone)]
    pub(crate) struct LinkSpan(Span);

    impl LinkSpan {
        pub(crate) fn new(socket: &str, link: LinkId, endpoint: &Endpoint) -> Self {
            // An endpoint shows no query.
            Self(tracing::debug_span!("link", socket, %link, %endpoint, code = Empty))
        }

        pub(crate) fn enter(&self) -> Entered<'_> {
            self.0.enter()
        }

        pub(crate) fn closed(&self, code: CloseCode) {
            self.0.record("code", code.as_u16());
        }
    }

    /// From a call to its outcome.
    pub(crate) struct CallSpan {
        span: Span,
        since: Instant,
        clock: Rc<dyn Transport>,
    }

    impl CallSpan {
        pub(crate) fn new(socket: &str, route: &str, uuid: impl FnOnce() -> Uuid, clock: &Rc<dyn Transport>) -> Self {
            let uuid = display(uuid());
            let span =
                tracing::debug_span!("call", socket, route, uuid, status = Empty, outcome = Empty, duration_ms = Empty);
            Self { span, since: clock.now(), clock: Rc::clone(clock) }
        }

        /// The call is over. `None`: it was cancelled.
        pub(crate) fn close(self, outcome: Option<&Outcome>) {
            if self.span.is_disabled() {
                return;
            }
            let reply = outcome.and_then(|outcome| outcome.as_ref().map_or_else(CallError::reply, Option::as_ref));
            if let Some(status) = reply.and_then(Incoming::status) {
                self.span.record("status", status.as_u16());
            }
            self.span.record("outcome", kind(outcome));
            self.span.record("duration_ms", (self.clock.now() - self.since).as_millis() as u64);
        }
    }

    fn kind(outcome: Option<&Outcome>) -> &'static str {
        match outcome {
            None => "cancelled",
            Some(Ok(None)) => "left",
            Some(Ok(Some(reply))) if reply.is_success() => "success",
            Some(Err(CallError::NotSent(_))) => "not sent",
            Some(Err(CallError::OutcomeUnknown(_))) => "outcome unknown",
            Some(Ok(_) | Err(_)) => "failure",
        }
    }

    pub(crate) fn debug(socket: &str, what: Arguments<'_>) {
        tracing::debug!(socket, "{what}");
    }

    pub(crate) fn warn(socket: &str, what: Arguments<'_>) {
        tracing::warn!(socket, "{what}");
    }
}
