//! Who hears of what.

use std::rc::Rc;

use leptos_socket_core::{CallError, CallId, Event, Notice};

use super::{Driver, Outcome};
use crate::socket::Inner;
use crate::trace;

/// Of notices of one kind, the first ones and then every so many are logged.
const LOG_EVERY: u64 = 100;

impl Driver {
    pub(super) fn dispatch(self: &Rc<Self>, event: Event) {
        match &event {
            Event::StateChanged(state) => trace::debug(self.name(), format_args!("{state}")),
            Event::Gap { link, lasted } => trace::debug(self.name(), format_args!("{link} after {lasted:?}")),
            Event::Notice { notice, count } => self.log(notice, *count),
            Event::Unsent { message, error } => {
                if self.settle(*message, Err(CallError::NotSent(error.clone()))) {
                    return;
                }
                trace::warn(self.name(), format_args!("a message never left: {error}"));
            }
            Event::Sent { message } => {
                self.settle(*message, Ok(None));
                return;
            }
            Event::Settled { .. } | Event::Push(_) | _ => {}
        }
        if let Event::Settled { call, outcome } = event {
            self.settle(call, outcome.map(Some));
        } else {
            let Some(socket) = self.socket.upgrade() else { return };
            socket.parts().each(&|part| {
                if self.may_tell(&socket, &event) {
                    part.on_event(&socket, self, &event);
                }
            });
        }
    }

    /// What a retired driver hears is no news of this place, except that a message was dropped. A driver may retire while it
    /// tells: whoever comes next may belong to another person.
    pub(crate) fn may_tell(&self, socket: &Inner, event: &Event) -> bool {
        socket.is_driven_by(self) || matches!(event, Event::Unsent { .. } | Event::Notice { .. })
    }

    /// Returns whether anybody awaits it.
    fn settle(&self, id: CallId, outcome: Outcome) -> bool {
        let waiter = self.waiting.remove(id);
        let is_awaited = waiter.is_some();
        if let Some(waiter) = waiter {
            waiter.settle(outcome);
        }
        is_awaited
    }

    fn log(&self, notice: &Notice, count: u64) {
        // The backends answer every message, also those that await no answer.
        if matches!(notice, Notice::Unawaited { .. }) {
            trace::debug(self.name(), format_args!("{notice}"));
        } else if count <= 3 || count.is_multiple_of(LOG_EVERY) {
            trace::warn(self.name(), format_args!("the server did something odd: {notice} ({count} so far)"));
        }
    }
}
