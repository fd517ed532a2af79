//! The flight recorder, as an app sees it.

use std::time::Duration;

use leptos_socket_core::record::{Recorder, Trace};

use crate::{Socket, SocketOptions};

/// With the feature `record`.
impl SocketOptions {
    /// Records what happens to the socket, so that it can be played again: at least the last `last`, in bounded memory.
    /// [`Socket::recording`] exports it. Default: nothing is recorded.
    ///
    /// Payloads and header values are recorded as their lengths.
    ///
    /// ```
    /// use leptos_socket::SocketOptions;
    /// use std::time::Duration;
    ///
    /// let options = SocketOptions::new().record(Duration::from_secs(60));
    /// ```
    pub fn record(mut self, last: Duration) -> Self {
        self.recording.last = Some(last);
        self
    }

    /// Whether [`record`](Self::record) also records payloads. Header values and the queries of URLs are never recorded. When the
    /// user changes, the recording of the previous user is forgotten. Default: false.
    ///
    /// ```
    /// use leptos_socket::SocketOptions;
    /// use std::time::Duration;
    ///
    /// let options = SocketOptions::new().record(Duration::from_secs(60)).record_payloads(cfg!(debug_assertions));
    /// ```
    pub fn record_payloads(mut self, payloads: bool) -> Self {
        self.recording.payloads = payloads;
        self
    }
}

/// What the options say of it.
#[derive(Clone, Copy, Default)]
pub(crate) struct Recording {
    last: Option<Duration>,
    payloads: bool,
}

impl Recording {
    pub(crate) fn recorder(self) -> Option<Recorder> {
        self.last.map(|last| Recorder::new(last).payloads(self.payloads))
    }
}

/// With the feature `record`.
impl Socket {
    /// What was recorded: one JSON document, of all clients that the socket had in that time; `None` without
    /// [`SocketOptions::record`], on a server, and once the socket is gone.
    ///
    /// ```
    /// use leptos_socket::Socket;
    ///
    /// fn report(socket: Socket) -> Option<String> {
    ///     socket.recording().map(|trace| trace.to_string())
    /// }
    /// ```
    #[must_use]
    pub fn recording(&self) -> Option<Trace> {
        self.with_inner(|inner| Some(inner.settings().recordings.as_ref()?.trace(inner.now()))).flatten()
    }
}
