//! What became of a message at once.

use leptos_socket_core::CallId;

/// What became of a message at once. Returned by [`Socket::send_message`](crate::Socket::send_message).
///
/// ```
/// use leptos_socket::Sent;
///
/// fn note(sent: Sent) -> &'static str {
///     match sent {
///         Sent::Now => "Sent.",
///         Sent::Queued(_) => "It leaves when the connection is back.",
///         _ => "",
///     }
/// }
/// assert_eq!(note(Sent::Now), "Sent.");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Sent {
    /// It was handed to an open link.
    Now,
    /// It waits: for a link, for room in one, or for a new token. If it never leaves, `on_unsent` says so.
    Queued(CallId),
}
