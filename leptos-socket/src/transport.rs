//! What a socket needs of the world outside: links, a clock and a timer.
//!
//! In a browser that is gloo-net; while rendering on a server there is none. An app may bring another one with
//! [`SocketOptions::transport`](crate::SocketOptions::transport): in tests that of `scripted`, a feature.

use std::any::Any;
use std::rc::Weak;

pub use leptos_socket_core::Input;
use leptos_socket_core::{CloseCode, Endpoint, Instant, LinkId};

use crate::driver::Driver;

#[cfg(all(target_arch = "wasm32", not(feature = "ssr")))]
pub(crate) mod gloo;
#[cfg(feature = "scripted")]
pub mod scripted;

/// The world outside. Everything happens on the one thread that the socket lives on.
pub trait Transport: 'static {
    /// Starts to open a link. What happens on it goes to `inputs`, later, never from inside this call.
    ///
    /// # Errors
    ///
    /// A link to this endpoint can never be opened.
    fn open(&self, endpoint: &Endpoint, inputs: LinkInputs) -> Result<Box<dyn Link>, TransportError>;

    /// The time.
    fn now(&self) -> Instant;

    /// Calls `wake` once, at `at` or later, never from inside this call. Dropping what is returned prevents it.
    fn wake_at(&self, at: Instant, wake: Box<dyn FnOnce()>) -> Box<dyn Any>;
}

/// One link. Dropping it lets go of it at once.
pub trait Link: 'static {
    /// Hands over a text frame. Only called while the link is open.
    ///
    /// # Errors
    ///
    /// The link does not take it: the driver then gives the link up.
    fn send(&self, text: &str) -> Result<(), TransportError>;

    /// How many bytes were handed over and have not left yet: the browser's `bufferedAmount`. Default: 0, for a link that
    /// cannot tell.
    fn buffered(&self) -> usize {
        0
    }

    /// Starts the closing handshake. When it is done, [`Input::Closed`] is expected.
    fn close(&self, code: CloseCode);
}

/// Where a link reports what happens on it. Once the socket has moved on, nobody listens.
#[derive(Clone, Debug)]
pub struct LinkInputs {
    pub(crate) driver: Weak<Driver>,
    pub(crate) link: LinkId,
}

impl LinkInputs {
    /// Reports one input.
    pub fn report(&self, input: Input) {
        if let Some(driver) = self.driver.upgrade() {
            driver.on_input(self.link, input);
        }
    }
}

/// A transport refused. The text must hold no secrets: it is logged.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct TransportError(pub String);
