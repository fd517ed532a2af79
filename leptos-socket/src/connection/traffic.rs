//! What goes through a driver, for parts that show it. It is there only with the feature `inspector`.

use std::rc::Rc;

use leptos_socket_core::{CallId, Event, Input, Instant, LinkId};

use super::Driver;
use crate::calls::Outgoing;

/// Something that a driver is told or does.
pub(crate) enum Traffic<'a> {
    /// The app has submitted a message, which waits to leave.
    Submitted { id: CallId, at: Instant, message: &'a Outgoing },
    /// A frame was handed to a link: this message, or a ping.
    Sent { text: &'a str, message: Option<CallId> },
    /// The link did not take a frame, and is given up.
    NotTaken { link: LinkId },
    /// Something happened on the link that is held.
    Input { link: LinkId, input: &'a Input },
    /// The client says what became of something.
    Event(&'a Event),
    /// The app does not want this message any more.
    Cancelled { id: CallId },
}

impl Driver {
    pub(super) fn show_traffic(self: &Rc<Self>, traffic: &Traffic<'_>) {
        if let Some(socket) = self.socket.upgrade() {
            socket.parts().each(&|part| part.on_traffic(&socket, self, traffic));
        }
    }
}
