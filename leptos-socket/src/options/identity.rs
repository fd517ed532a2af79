//! Who is asking.

use std::fmt;

use leptos_socket_core::Headers;

use super::value_or_signal::ValueOrSignal;

/// A person who uses the socket: an id, and the headers that prove who it is. See
/// [`SocketOptions::identity`](crate::SocketOptions::identity).
///
/// They are one value, so that they change together. The same id with other headers is a new token; another id is another
/// person.
///
/// ```
/// use leptos_socket::{Headers, Identity};
///
/// let alice = Identity::new("alice", Headers::new().with("token", "s3cret"));
/// assert_eq!(alice.id(), "alice");
/// assert!(!format!("{alice:?}").contains("s3cret"));
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Identity {
    id: String,
    headers: Headers,
}

impl Identity {
    /// A person with the headers of all messages, except anonymous ones.
    pub fn new(id: impl Into<String>, headers: Headers) -> Self {
        Self { id: id.into(), headers }
    }

    /// The id, which is different for each person, such as the name of the account.
    #[must_use]
    pub const fn id(&self) -> &str {
        self.id.as_str()
    }

    /// The headers that prove who it is.
    #[must_use]
    pub const fn headers(&self) -> &Headers {
        &self.headers
    }

    pub(crate) const fn headers_mut(&mut self) -> &mut Headers {
        &mut self.headers
    }
}

/// Shows no header value.
impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity").field("id", &self.id).field("headers", &self.headers).finish()
    }
}

impl From<Option<Identity>> for ValueOrSignal<Option<Identity>> {
    fn from(identity: Option<Identity>) -> Self {
        Self::fixed(identity)
    }
}

impl From<Identity> for ValueOrSignal<Option<Identity>> {
    fn from(identity: Identity) -> Self {
        Self::fixed(Some(identity))
    }
}

impl From<Headers> for ValueOrSignal<Headers> {
    fn from(headers: Headers) -> Self {
        Self::fixed(headers)
    }
}
