//! What can go wrong before a socket exists.

use std::fmt;

use leptos_socket_core::InvalidUrl;

use crate::Socket;

/// Why [`Sockets::add_socket`](crate::Sockets::add_socket) added nothing.
///
/// ```
/// use leptos_socket::AddSocketError;
///
/// fn explain(error: AddSocketError) -> String {
///     match error {
///         AddSocketError::Exists(_) => "You are in that room already.".to_owned(),
///         AddSocketError::InvalidUrl(error) => format!("That is no address of a server: {error}."),
///         error => error.to_string(),
///     }
/// }
/// ```
#[derive(Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AddSocketError {
    /// There is a socket of that name already: here it is. `options.force(true)` replaces it.
    #[error("there is a socket of that name already")]
    Exists(Socket),
    /// No link could ever be opened to the URL.
    #[error(transparent)]
    InvalidUrl(#[from] InvalidUrl),
    /// The provider of these sockets is gone.
    #[error("the provider of these sockets is gone")]
    Disposed,
}

/// By hand: a derived one brings what pretty-prints into every page.
impl fmt::Debug for AddSocketError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AddSocketError: ")?;
        fmt::Display::fmt(self, f)
    }
}
