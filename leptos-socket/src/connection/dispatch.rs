//! Who hears of what.

use std::rc::Rc;

use leptos_socket_core::{CallId, Event, Notice};

use super::{Driver, Outcome};
use crate::socket::Inner;
use crate::trace;

/// Of notices of one kind, the first ones and then every so many are logged.
const LOG_EVERY: u64 = 100;

impl Driver {
    pub(super) fn dispatch(self: &Rc<Self>, event: Event) {
        #[cfg(feature = "inspector")]
        self.show_traffic(&super::Traffic::Event(&event));
        let event = match event {
            Event::Settled { call, outcome } => return self.settle(call, outcome.map(Some)),
            Event::Sent { message } => return self.settle(message, Ok(None)),
            Event::Unsent { message, error } => match self.waiting.remove(message) {
                Some(waiter) => return waiter.settle(Err(error.into())),
                None => {
                    trace::warn(self.name(), format_args!("a message never left: {error}"));
                    Event::Unsent { message, error }
                }
            },
            event @ (Event::StateChanged(_)
            | Event::LateReply { .. }
            | Event::Unanswered { .. }
            | Event::Push(_)
            | Event::Gap { .. }
            | Event::Notice { .. }
            | _) => event,
        };
        if let Event::StateChanged(state) = &event {
            trace::debug(self.name(), format_args!("{state}"));
        }
        if let Event::Gap { link, lasted } = &event {
            trace::debug(self.name(), format_args!("{link} after {lasted:?}"));
        }
        if let Event::Notice { notice, count } = &event {
            self.log(notice, *count);
        }
        let Some(socket) = self.socket.upgrade() else { return };
        socket.parts().each(&|part| {
            if self.may_tell(&socket, &event) {
                part.on_event(&socket, self, &event);
            }
        });
    }

    /// What a retired driver hears is no news of this place, except that a message was dropped. A driver may retire while it
    /// tells: whoever comes next may belong to another person.
    pub(crate) fn may_tell(&self, socket: &Inner, event: &Event) -> bool {
        socket.is_driven_by(self) || matches!(event, Event::Unsent { .. } | Event::Notice { .. })
    }

    fn settle(&self, id: CallId, outcome: Outcome) {
        if let Some(waiter) = self.waiting.remove(id) {
            waiter.settle(outcome);
        }
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
