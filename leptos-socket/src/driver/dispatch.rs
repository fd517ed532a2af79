//! Who hears of what.

use leptos_socket_core::{CallId, Event, Notice, SocketState};

use super::{Driver, Outcome};
use crate::intercept::Answered;

impl Driver {
    pub(super) fn dispatch(&self, event: Event) {
        let socket = &self.name;
        match event {
            Event::StateChanged(state) => {
                tracing::debug!(socket, %state, "state");
                if state == SocketState::Open {
                    self.queries.on_link();
                }
            }
            Event::Settled { call, outcome } => self.settle(call, outcome),
            Event::Sent { message } => {
                if let Some(entry) = self.awaiting.remove(message) {
                    entry.left(self.transport.now());
                }
            }
            Event::Push(push) => {
                self.pushes.set(self.pushes.get() + 1);
                self.listeners.tell(|callbacks| &callbacks.on_message, |callback| callback(push.clone()));
                self.listeners.tell_push(&push);
            }
            Event::Gap { link, lasted } => {
                tracing::debug!(socket, %link, ?lasted, "there is a link again");
                self.listeners.tell(|callbacks| &callbacks.on_gap, |callback| callback(lasted));
                self.queries.on_gap();
            }
            Event::Unsent { message, error } => {
                // Who awaits it needs no log.
                if let Some(entry) = self.awaiting.remove(message) {
                    return entry.settle(self.transport.now(), Err(error.into()));
                }
                tracing::warn!(socket, id = %message, %error, "a message never left");
                self.listeners.tell(|callbacks| &callbacks.on_unsent, |callback| callback(message, error.clone()));
            }
            Event::Notice { notice, count } => {
                log(socket, &notice, count);
                self.listeners.tell(|callbacks| &callbacks.on_notice, |callback| callback(notice.clone(), count));
            }
            _ => {}
        }
    }

    fn settle(&self, call: CallId, mut outcome: Outcome) {
        let Some(entry) = self.awaiting.remove(call) else { return };
        let now = self.transport.now();
        if let (Some(request), Ok(reply)) = (&entry.request, &mut outcome) {
            let answered = Answered { route: &request.route, headers: &request.headers, took: now - entry.since };
            self.sources().interceptors.reply(&answered, reply);
        }
        entry.settle(now, outcome);
    }
}

fn log(socket: &str, notice: &Notice, count: u64) {
    // The backends answer every message, also those that await no answer.
    if matches!(notice, Notice::Unawaited { .. }) {
        tracing::debug!(socket, %notice, count, "the server answered what awaits no answer");
    } else {
        tracing::warn!(socket, %notice, count, "the server did something odd");
    }
}
