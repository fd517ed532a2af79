//! What a socket is added with.

use std::fmt;
use std::rc::Rc;

use leptos_socket_core::{Incoming, SocketConfig};

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
    pub(crate) on_message: Option<Rc<dyn Fn(Incoming)>>,
    pub(crate) transport: Option<Rc<dyn Transport>>,
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
        self.on_message = Some(Rc::new(callback));
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
            .field("on_message", &self.on_message.is_some())
            .field("transport", &self.transport.is_some())
            .finish()
    }
}
