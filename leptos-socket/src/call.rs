//! The futures of calls and messages.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use leptos_socket_core::{CallError, CallId, Incoming, NotSent};

use crate::Socket;
use crate::driver::{Outcome, Promise};

/// A call that is under way: a future of its reply. The message left, or was queued, when the call was made.
///
/// Dropping it cancels the call: if it is still queued it never leaves, and a reply that comes is ignored. The end of a
/// reactive owner does not cancel it.
///
/// ```
/// use futures::future::try_join_all;
/// use leptos_socket::{Call, CallError, Socket};
/// # use leptos_socket::Route;
/// # #[derive(serde::Serialize)] struct GetTitle { id: u32 }
/// # impl Route for GetTitle { const ROUTE: &'static str = "getTitle"; type Response = String; }
///
/// /// All of them leave at once. Where one fails, the others are cancelled.
/// async fn titles(socket: Socket, ids: &[u32]) -> Result<Vec<String>, CallError> {
///     let calls: Vec<Call<String>> = ids.iter().map(|id| socket.call(GetTitle { id: *id })).collect();
///     try_join_all(calls).await
/// }
/// ```
#[must_use = "a call is cancelled when its future is dropped"]
pub struct Call<T> {
    pending: Pending,
    decode: fn(Incoming) -> Result<T, CallError>,
}

impl<T> Call<T> {
    pub(crate) const fn new(pending: Pending, decode: fn(Incoming) -> Result<T, CallError>) -> Self {
        Self { pending, decode }
    }
}

impl<T> Future for Call<T> {
    type Output = Result<T, CallError>;

    /// # Panics
    ///
    /// Polled again after it was ready.
    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let outcome = ready!(self.pending.poll(context));
        Poll::Ready(outcome.and_then(|reply| (self.decode)(reply.unwrap_or_default())))
    }
}

impl<T> fmt::Debug for Call<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Call({})", self.pending.name())
    }
}

/// A future that resolves when a message has left. Made by [`Socket::send_when_ready`].
///
/// Dropping it cancels it: a message that waits never leaves.
///
/// ```
/// use leptos::prelude::*;
/// use leptos_socket::{Message, Sending, Socket};
///
/// #[component]
/// fn Save(socket: Socket, text: RwSignal<String>) -> impl IntoView {
///     let draft = move || Message::new("draft", text.get_untracked());
///     let save = Action::new(move |(): &()| -> Sending { socket.send_when_ready(draft()) });
///     let click = move |_| {
///         save.dispatch(());
///     };
///     view! { <button disabled=save.pending() on:click=click>"Save"</button> }
/// }
/// ```
#[must_use = "a message that waits is cancelled when its future is dropped"]
pub struct Sending(pub(crate) Pending);

impl Future for Sending {
    type Output = Result<(), NotSent>;

    /// # Panics
    ///
    /// Polled again after it was ready.
    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        Poll::Ready(match ready!(self.0.poll(context)) {
            Err(CallError::NotSent(error)) => Err(error),
            // It awaits no reply, so that is all that can go wrong.
            Ok(_) | Err(_) => Ok(()),
        })
    }
}

impl fmt::Debug for Sending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sending({})", self.0.name())
    }
}

/// What a future awaits. Dropping it cancels the message.
pub(crate) struct Pending {
    promise: Arc<Promise>,
    /// Until it is settled, if it was submitted.
    submitted: Option<(Socket, CallId)>,
}

impl Pending {
    pub(crate) fn new(promise: Arc<Promise>, socket: Socket, submitted: Result<CallId, NotSent>) -> Self {
        let submitted = submitted.map_err(|error| promise.settle(Err(error.into()))).ok();
        Self { promise, submitted: submitted.map(|id| (socket, id)) }
    }

    fn poll(&mut self, context: &Context<'_>) -> Poll<Outcome> {
        let outcome = ready!(self.promise.poll(context));
        self.submitted = None;
        Poll::Ready(outcome)
    }

    const fn name(&self) -> &'static str {
        if self.submitted.is_some() { "pending" } else { "done" }
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        if let Some((socket, id)) = self.submitted {
            socket.cancel(id);
        }
    }
}
