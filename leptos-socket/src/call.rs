//! The futures of calls and messages.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures::FutureExt;
use futures::channel::oneshot;
use leptos_socket_core::{CallError, CallId, Incoming, NotSent, OutcomeUnknown};

use crate::Socket;
use crate::driver::Outcome;

/// A call that is under way: a future of its reply. The message left, or was queued, when the call was made.
///
/// Dropping it cancels the call: what is queued never leaves, and a reply that comes reaches nobody.
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
    pending: Pending<Outcome>,
    decode: fn(Incoming) -> Result<T, CallError>,
}

impl<T> Call<T> {
    pub(crate) const fn new(pending: Pending<Outcome>, decode: fn(Incoming) -> Result<T, CallError>) -> Self {
        Self { pending, decode }
    }
}

impl<T> Future for Call<T> {
    type Output = Result<T, CallError>;

    /// # Panics
    ///
    /// Polled again after it was ready.
    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        self.pending.poll(context).map(|outcome| match outcome {
            Ok(outcome) => outcome.and_then(self.decode),
            Err(Lost::Refused(error)) => Err(error.into()),
            Err(Lost::Gone) => Err(OutcomeUnknown::Closed.into()),
        })
    }
}

impl<T> fmt::Debug for Call<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Call({})", self.pending.name())
    }
}

/// A message that is to leave: a future of that. Made by [`Socket::send_when_ready`].
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
pub struct Sending(pub(crate) Pending<Result<(), NotSent>>);

impl Future for Sending {
    type Output = Result<(), NotSent>;

    /// # Panics
    ///
    /// Polled again after it was ready.
    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        self.0.poll(context).map(|outcome| match outcome {
            Ok(outcome) => outcome,
            Err(Lost::Refused(error)) => Err(error),
            Err(Lost::Gone) => Err(NotSent::Cancelled),
        })
    }
}

impl fmt::Debug for Sending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sending({})", self.0.name())
    }
}

/// What a future awaits. Dropping it cancels the message.
pub(crate) struct Pending<O>(Stage<O>);

enum Stage<O> {
    Refused(NotSent),
    Awaits { socket: Socket, id: CallId, outcome: oneshot::Receiver<O> },
    Done,
}

/// Why there is no outcome.
enum Lost {
    Refused(NotSent),
    /// The driver settles everything before it goes; this is for one that was dropped without.
    Gone,
}

impl<O> Pending<O> {
    pub(crate) const fn refused(error: NotSent) -> Self {
        Self(Stage::Refused(error))
    }

    pub(crate) const fn new(socket: Socket, id: CallId, outcome: oneshot::Receiver<O>) -> Self {
        Self(Stage::Awaits { socket, id, outcome })
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Result<O, Lost>> {
        let outcome = match &mut self.0 {
            Stage::Refused(error) => Err(Lost::Refused(error.clone())),
            Stage::Awaits { outcome, .. } => ready!(outcome.poll_unpin(context)).map_err(|_| Lost::Gone),
            Stage::Done => panic!("a future was polled after it was ready"),
        };
        self.0 = Stage::Done;
        Poll::Ready(outcome)
    }

    const fn name(&self) -> &'static str {
        match self.0 {
            Stage::Refused(_) => "refused",
            Stage::Awaits { .. } => "pending",
            Stage::Done => "done",
        }
    }
}

impl<O> Drop for Pending<O> {
    fn drop(&mut self) {
        if let Stage::Awaits { socket, id, .. } = &self.0 {
            socket.cancel(*id);
        }
    }
}
