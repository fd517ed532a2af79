//! A panel for developers, which shows what a socket does. See [`SocketInspector`](SocketInspector()).
//!
//! `model` is what it knows: pure, bounded and without secrets. `part` tells the model what happens on a socket, and `view` shows it.
#![cfg_attr(
    not(all(target_arch = "wasm32", not(feature = "ssr"))),
    allow(dead_code, reason = "only a browser shows it")
)]

use std::fmt;

use leptos::html;
use leptos::prelude::*;

use crate::Socket;

mod model;
mod part;
mod text;
#[cfg(all(target_arch = "wasm32", not(feature = "ssr")))]
mod view;

use model::log::Limits;
pub use model::redaction::SecretKeys;
use part::Inspector;

/// A panel that shows what a socket does, for developers: its state over the last minutes, how long answers took, the calls under
/// way and their deadlines, the queries and how many components use them, and the latest messages.
///
/// It needs the feature `inspector`, and floats over the bottom of the page. People open it with its button, or with `Alt+Shift+I`.
///
/// ```
/// use leptos::prelude::*;
/// use leptos_socket::{SocketInspector, SocketProvider, use_socket};
///
/// #[component]
/// fn App() -> impl IntoView {
///     view! {
///         <SocketProvider url="/ws/app/">
///             // ..
///             <Inspector />
///         </SocketProvider>
///     }
/// }
///
/// #[component]
/// fn Inspector() -> impl IntoView {
///     view! { <SocketInspector socket=use_socket() /> }
/// }
/// ```
///
/// It looks at the socket from when it is mounted until it is unmounted, and keeps a bounded part of what it sees. While it is
/// closed, or the page is hidden, it renders nothing.
///
/// # Secrets
///
/// It never keeps the value of a header or the query of a URL, wherever the server repeats them, nor what is under the
/// [`SecretKeys`] of a payload. The rest of a payload is shown: it is a tool for developers. When another person signs in, it
/// forgets the payloads of the one before.
///
/// # Styles
///
/// It lives in a shadow tree. No style of the page reaches it, none of its own leaks, and a content security policy without
/// `unsafe-inline` allows it. It follows `prefers-color-scheme`.
///
/// # On a server
///
/// It renders an empty element, which the page fills once it is hydrated.
#[expect(unreachable_pub, reason = "the macro makes an item that is not re-exported")]
#[component]
pub fn SocketInspector(
    /// The socket.
    socket: Socket,
    /// Shows the panel where the component is, and always open.
    #[prop(optional)]
    inline: bool,
    /// Whether the panel is open at first.
    #[prop(optional)]
    open: bool,
    /// How many messages are kept at the most.
    #[prop(default = Limits::default().messages)]
    messages: usize,
    /// How many bytes they may occupy.
    #[prop(default = Limits::default().bytes)]
    bytes: usize,
    /// Which keys of payloads are secrets.
    #[prop(optional)]
    secrets: SecretKeys,
) -> impl IntoView {
    let host = NodeRef::<html::Div>::new();
    let limits = Limits { messages, bytes };
    #[cfg(all(target_arch = "wasm32", not(feature = "ssr")))]
    Effect::new(move |_| {
        if let Some(host) = host.get() {
            view::mount(&host, socket, view::Options { inline, open, limits, secrets: secrets.clone() });
        }
    });
    #[cfg(not(all(target_arch = "wasm32", not(feature = "ssr"))))]
    let _ = (socket, inline, open, limits, secrets);
    view! { <div node_ref=host></div> }
}

/// What an inspector knows of a socket. Made by [`Socket::inspection`].
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Inspection {
    socket: Socket,
}

impl Socket {
    /// Starts to look at what the socket says and hears, for as long as the socket lives. A
    /// [`SocketInspector`](SocketInspector()) does so while it is mounted: call this where you declare the socket if what happens
    /// before that matters, or if you have no panel.
    ///
    /// ```
    /// use leptos_socket::Socket;
    ///
    /// /// For the report of an error.
    /// fn attachment(socket: Socket) -> Option<String> {
    ///     socket.inspection().export()
    /// }
    /// ```
    #[must_use]
    pub fn inspection(&self) -> Inspection {
        self.with_inner(|inner| Inspector::of(inner).keep_on(inner));
        Inspection { socket: *self }
    }
}

impl Inspection {
    /// All of it as JSON, without secrets. `None` on a server, or if the socket is gone.
    #[must_use]
    pub fn export(&self) -> Option<String> {
        self.socket.with_inner(|inner| Inspector::of(inner).export(inner))
    }
}

impl fmt::Debug for Inspection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Inspection({:?})", self.socket)
    }
}
