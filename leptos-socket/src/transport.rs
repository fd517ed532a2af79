//! What a socket needs from the outside: links, a clock and a timer.
//!
//! In a browser the default is its own `WebSocket`; while rendering on a server there is no transport. Choose another one with
//! [`SocketOptions::transport`](crate::SocketOptions::transport): `gloo` (gloo-net's WebSocket, behind the feature `gloo`),
//! `scripted` (for tests, behind the feature `scripted`), or your own.

use std::any::Any;
use std::rc::Weak;
use std::time::Duration;

pub use leptos_socket_core::Input;
use leptos_socket_core::{CloseCode, Endpoint, Instant, LinkId};
use uuid::Uuid;

use crate::connection::Driver;

#[cfg(all(target_arch = "wasm32", not(feature = "ssr"), feature = "gloo"))]
pub mod gloo;
#[cfg(all(target_arch = "wasm32", not(feature = "ssr")))]
pub(crate) mod listener;
#[cfg(feature = "scripted")]
pub mod scripted;
#[cfg(all(target_arch = "wasm32", not(feature = "ssr")))]
pub(crate) mod web;

/// Links, a clock and a timer. Everything happens on the thread that the socket lives on.
///
/// ```
/// use leptos_socket::transport::scripted::Scripted;
/// use leptos_socket::transport::{Link, LinkInputs, Transport, TransportError};
/// use leptos_socket::{Endpoint, Instant};
/// use std::any::Any;
///
/// /// A world in which no link ever opens.
/// struct Unplugged(Scripted);
///
/// impl Transport for Unplugged {
///     fn open(&self, _: &Endpoint, _: LinkInputs) -> Result<Box<dyn Link>, TransportError> {
///         Err(TransportError("unplugged".into()))
///     }
///
///     fn now(&self) -> Instant {
///         self.0.now()
///     }
///
///     fn wake_at(&self, at: Instant, wake: Box<dyn FnOnce()>) -> Box<dyn Any> {
///         self.0.wake_at(at, wake)
///     }
/// }
/// # use leptos::prelude::*;
/// # use leptos_socket::{SocketOptions, provide_sockets};
/// # if cfg!(feature = "ssr") { return; }
/// # let owner = Owner::new();
/// # owner.set();
/// # let options = SocketOptions::new().transport(Unplugged(Scripted::new()));
/// # let socket = provide_sockets().add_socket("app", "ws://server/", options).expect("a valid URL");
/// # assert!(socket.retry_in().is_some());
/// # owner.cleanup();
/// ```
pub trait Transport: 'static {
    /// Starts to open a link. What happens on it goes to `inputs`, later, never from inside this call.
    ///
    /// # Errors
    ///
    /// A link to this endpoint can never be opened.
    fn open(&self, endpoint: &Endpoint, inputs: LinkInputs) -> Result<Box<dyn Link>, TransportError>;

    /// The time.
    fn now(&self) -> Instant;

    /// The time by a clock that goes on while the machine sleeps, if there is one. Default: `None`.
    fn wall_clock(&self) -> Option<Duration> {
        None
    }

    /// A random number, another one at each call: it feeds the jitter and the uuids. Default: from the browser's or the system's
    /// source of randomness.
    fn random(&self) -> u64 {
        Uuid::new_v4().as_u64_pair().0
    }

    /// Calls `wake` once, at `at` or later, never from inside this call. Dropping what is returned prevents it.
    fn wake_at(&self, at: Instant, wake: Box<dyn FnOnce()>) -> Box<dyn Any>;
}

/// One link. Dropping it lets go of it at once.
///
/// ```
/// use leptos_socket::CloseCode;
/// use leptos_socket::transport::{Link, TransportError};
/// use std::cell::Cell;
/// use std::rc::Rc;
///
/// /// Counts the bytes that are sent.
/// struct Counted {
///     link: Box<dyn Link>,
///     sent: Rc<Cell<usize>>,
/// }
///
/// impl Link for Counted {
///     fn send(&self, text: &str) -> Result<(), TransportError> {
///         self.link.send(text)?;
///         self.sent.set(self.sent.get() + text.len());
///         Ok(())
///     }
///
///     fn buffered(&self) -> usize {
///         self.link.buffered()
///     }
///
///     fn close(&self, code: CloseCode) {
///         self.link.close(code);
///     }
/// }
/// # use leptos::prelude::*;
/// # use leptos_socket::transport::scripted::Scripted;
/// # use leptos_socket::transport::{LinkInputs, Transport};
/// # use leptos_socket::{Endpoint, Instant, Message, Sent, SocketOptions, provide_sockets};
/// # use std::any::Any;
/// # struct Counting(Scripted, Rc<Cell<usize>>);
/// # impl Transport for Counting {
/// #     fn open(&self, endpoint: &Endpoint, inputs: LinkInputs) -> Result<Box<dyn Link>, TransportError> {
/// #         Ok(Box::new(Counted { link: self.0.open(endpoint, inputs)?, sent: Rc::clone(&self.1) }))
/// #     }
/// #     fn now(&self) -> Instant { self.0.now() }
/// #     fn wake_at(&self, at: Instant, wake: Box<dyn FnOnce()>) -> Box<dyn Any> { self.0.wake_at(at, wake) }
/// # }
/// # if cfg!(feature = "ssr") { return; }
/// # let owner = Owner::new();
/// # owner.set();
/// # let (world, sent) = (Scripted::new(), Rc::new(Cell::new(0)));
/// # let options = SocketOptions::new().transport(Counting(world.clone(), Rc::clone(&sent)));
/// # let socket = provide_sockets().add_socket("app", "ws://server/", options).expect("a valid URL");
/// # world.accept();
/// # assert_eq!(socket.send_message(Message::new("upload", "x".repeat(100))), Ok(Sent::Now));
/// # assert!(sent.get() > 100);
/// # owner.cleanup();
/// ```
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
///
/// ```
/// use futures::StreamExt;
/// use futures::channel::mpsc::UnboundedReceiver;
/// use leptos_socket::CloseCode;
/// use leptos_socket::transport::{Input, LinkInputs};
///
/// /// The frames of a link that is a channel.
/// async fn read(mut frames: UnboundedReceiver<String>, inputs: LinkInputs) {
///     inputs.report(Input::Opened);
///     while let Some(text) = frames.next().await {
///         inputs.report(Input::Text(text));
///     }
///     inputs.report(Input::Closed(CloseCode::GOING_AWAY));
/// }
/// ```
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

    /// Reports one input from the browser's event loop.
    #[cfg(all(target_arch = "wasm32", not(feature = "ssr")))]
    pub(crate) fn report_from_event_loop(&self, input: Input) {
        if let Some(driver) = self.driver.upgrade() {
            driver.on_fresh_stack();
            driver.on_input(self.link, input);
        }
    }
}

/// A transport refused. The text must hold no secrets: it is logged.
///
/// ```
/// use futures::channel::mpsc::UnboundedSender;
/// use leptos_socket::transport::TransportError;
///
/// /// Hands a frame to a link that is a channel.
/// fn send(frames: &UnboundedSender<String>, text: &str) -> Result<(), TransportError> {
///     frames.unbounded_send(text.to_owned()).map_err(|_| TransportError("nobody reads the channel".into()))
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct TransportError(pub String);
