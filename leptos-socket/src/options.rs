//! What a socket is added with.

use std::fmt;
use std::rc::Rc;
use std::time::Duration;

use leptos_socket_core::{CallId, Incoming, NotSent, Notice, SocketConfig};

use crate::transport::Transport;

/// Options of [`Sockets::add_socket`](crate::Sockets::add_socket).
///
/// ```
/// use leptos_socket::{SocketConfig, SocketOptions};
/// use std::time::Duration;
///
/// # fn main() -> Result<(), leptos_socket::ConfigError> {
/// let config = SocketConfig::builder().request_timeout(Duration::from_secs(15)).build()?;
/// let options = SocketOptions::new().config(config).on_message(|push| leptos::logging::log!("push: {push:?}"));
/// # Ok(())
/// # }
/// ```
#[derive(Default)]
#[must_use]
pub struct SocketOptions {
    pub(crate) config: SocketConfig,
    pub(crate) force: bool,
    pub(crate) callbacks: Callbacks,
    pub(crate) transport: Option<Rc<dyn Transport>>,
}

/// Who wants to know of what.
#[derive(Clone, Default)]
pub(crate) struct Callbacks {
    pub(crate) on_message: Option<Rc<dyn Fn(Incoming)>>,
    pub(crate) on_notice: Option<Rc<dyn Fn(Notice, u64)>>,
    pub(crate) on_unsent: Option<Rc<dyn Fn(CallId, NotSent)>>,
    pub(crate) on_gap: Option<Rc<dyn Fn(Duration)>>,
}

impl SocketOptions {
    /// The defaults.
    pub fn new() -> Self {
        Self::default()
    }

    /// Timeouts, heartbeat, limits and headers. Default: [`SocketConfig::default`].
    pub fn config(mut self, config: SocketConfig) -> Self {
        self.config = config;
        self
    }

    /// Whether to close and replace a socket of the same name. Default: false.
    pub fn force(mut self, force: bool) -> Self {
        self.force = force;
        self
    }

    /// Calls `callback` with every push of the server, in order, none dropped. Default: pushes go nowhere.
    ///
    /// It runs under the reactive owner in which the socket is added, and stops when that owner is cleaned up: with the
    /// component, say. It may call back into the socket. It never runs while rendering on a server.
    ///
    /// The JavaScript original hands every reply to its callback too; here a reply goes to its call alone.
    pub fn on_message(mut self, callback: impl Fn(Incoming) + 'static) -> Self {
        self.callbacks.on_message = Some(Rc::new(callback));
        self
    }

    /// Calls `callback` when the server does something odd: a frame that is no message, say. It gets the notice, and how
    /// often that kind of thing happened so far. No call and no link is harmed by it. Default: it is only logged.
    ///
    /// It runs and stops as that of [`on_message`](Self::on_message) does.
    pub fn on_notice(mut self, callback: impl Fn(Notice, u64) + 'static) -> Self {
        self.callbacks.on_notice = Some(Rc::new(callback));
        self
    }

    /// Calls `callback` when a message of [`send_message`](crate::Socket::send_message) that was queued will never
    /// leave: it found no link in time, or the socket was closed. Default: that is only logged.
    ///
    /// It runs and stops as that of [`on_message`](Self::on_message) does.
    pub fn on_unsent(mut self, callback: impl Fn(CallId, NotSent) + 'static) -> Self {
        self.callbacks.on_unsent = Some(Rc::new(callback));
        self
    }

    /// Calls `callback` when there is a link again, with the time for which there was none: pushes may have been missed in
    /// it. Default: nobody is told.
    ///
    /// It runs and stops as that of [`on_message`](Self::on_message) does.
    pub fn on_gap(mut self, callback: impl Fn(Duration) + 'static) -> Self {
        self.callbacks.on_gap = Some(Rc::new(callback));
        self
    }

    /// Another world than the browser's. Default: the browser's, or none while rendering on a server.
    ///
    /// Has no effect with the feature `ssr`.
    pub fn transport(mut self, transport: impl Transport) -> Self {
        self.transport = Some(Rc::new(transport));
        self
    }
}

impl fmt::Debug for SocketOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SocketOptions")
            .field("config", &self.config)
            .field("force", &self.force)
            .field("on_message", &self.callbacks.on_message.is_some())
            .field("on_notice", &self.callbacks.on_notice.is_some())
            .field("on_unsent", &self.callbacks.on_unsent.is_some())
            .field("on_gap", &self.callbacks.on_gap.is_some())
            .field("transport", &self.transport.is_some())
            .finish()
    }
}
